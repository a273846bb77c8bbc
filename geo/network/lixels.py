"""Lixels: the pieces of network on which density is given, as pixels are in the plane."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Floats, Ints
from geo.evidence_line import told
from geo.network.graph import Network, require_network
from geo.network.source_lines import NetworkError
from geo.schema import LIXELS

M_PER_KM = 1000.0


@told
@dataclass(frozen=True)
class Lixels:
    """Equal pieces of chosen edges, edge after edge, each from start to end."""

    network: Network
    edges: Ints
    """The edges that are cut, in order."""
    pieces: Ints
    """Number of lixels on each of them."""

    def __len__(self) -> int:
        """Return the number of lixels."""
        return int(self.pieces.sum())

    def keep(self, edges: Ints) -> "Lixels":
        """Return the lixels of some of the edges, in order."""
        return Lixels(
            self.network, edges, self.pieces[np.searchsorted(self.edges, edges)]
        )

    @cached_property
    def first(self) -> Ints:
        """Number of the first lixel of each edge of `edges`; one more entry closes the last."""
        return np.asarray(np.r_[0, np.cumsum(self.pieces)], dtype=np.int64)

    @cached_property
    def edge(self) -> Ints:
        """Edge of each lixel."""
        return np.repeat(self.edges, self.pieces)

    @cached_property
    def order(self) -> Ints:
        """Place of each lixel on its edge, from 0."""
        return np.arange(len(self)) - np.repeat(self.first[:-1], self.pieces)

    @cached_property
    def length_m(self) -> Floats:
        """Length of each lixel."""
        return np.repeat(self.network.length_m[self.edges] / self.pieces, self.pieces)

    @cached_property
    def from_m(self) -> Floats:
        """Start of each lixel along its edge."""
        return np.asarray(self.order * self.length_m)

    @property
    def middle_m(self) -> Floats:
        """Middle of each lixel along its edge."""
        return np.asarray((self.order + 0.5) * self.length_m)

    @cached_property
    def as_network(self) -> Network:
        """The network whose edges are the lixels, in the same order."""
        is_cut = np.zeros(self.network.n_edges, dtype=bool)
        is_cut[self.edges] = True
        position = np.cumsum(is_cut) - 1
        inner = self.order > 0
        cut_edge = position[self.edge[inner]]
        cut_offset = self.from_m[inner]
        return self.network.keep(is_cut).split_at(cut_edge, cut_offset)

    def holding(self, edge: Ints, offset: Floats) -> Ints:
        """Return the number of the lixel that holds each position; its edge must be cut."""
        position = np.searchsorted(self.edges, edge)
        step = np.floor(offset / (self.network.length_m[edge] / self.pieces[position]))
        return np.asarray(
            self.first[position] + np.clip(step, 0, self.pieces[position] - 1),
            dtype=int,
        )

    def on(self, edge: Ints) -> tuple[Ints, Ints]:
        """Return every pair of an edge, by its position in `edge`, and a lixel on it."""
        position = np.searchsorted(self.edges, edge)
        which = np.repeat(np.arange(len(edge)), self.pieces[position])
        before = np.r_[0, np.cumsum(self.pieces[position])]
        return which, np.arange(len(which)) + (self.first[position] - before[:-1])[
            which
        ]

    def frame(self, density_per_m: Floats, hotspot: Ints) -> gpd.GeoDataFrame:
        """Return table `LIXELS`, with density, 1/m, and rank of the hotspot of each, 0 for none."""
        rows = pd.DataFrame({"edge": self.edge, "from_m": self.from_m})
        rows = rows.assign(
            to_m=self.from_m + self.length_m,
            density_per_km=density_per_m * M_PER_KM,
            hotspot=pd.Series(hotspot).replace(0, pd.NA),
        )
        geometry = gpd.GeoSeries(self.as_network.geometry, crs=self.network.crs)
        return gpd.GeoDataFrame(LIXELS.frame(rows), geometry=geometry)


def lixelize(network: Network, lixel_m: float, edges: Ints | None = None) -> Lixels:
    """Cut edges into equal pieces no longer than `lixel_m`.

    `edges` are distinct edge numbers; all edges by default.  Raises `NetworkError` if `lixel_m` is
    not positive and finite.

    Parameters
    ----------
    network : geo.network.Network
    lixel_m : float, metres
        The longest piece.
    edges : (e,) int array, optional
        Distinct numbers of edges; by default all.

    Returns
    -------
    Lixels

    Examples
    --------
    >>> from shapely import LineString
    >>> from geo import network
    >>> street = gpd.GeoSeries([LineString([(0, 0), (70, 0)])], crs=9141)
    >>> lixelize(network.from_lines(street), 50.0).length_m.tolist()
    [35.0, 35.0]
    """
    require_network(network)
    if not 0 < lixel_m < np.inf:
        raise NetworkError(
            f"lixel_m is {lixel_m}; it is a length in metres above 0. Fix: lixel_m=50"
        )
    chosen = np.arange(network.n_edges) if edges is None else np.sort(edges)
    # A hair of tolerance: 100 m cut by 0.1 m is 1000 pieces, not 1001.
    pieces = np.ceil(network.length_m[chosen] / lixel_m - 1e-9)
    return Lixels(
        network, chosen.astype(np.int64), np.maximum(pieces, 1).astype(np.int64)
    )


def reached(network: Network, edge: Ints, offset: Floats, reach_m: float) -> Ints:
    """Return the edges with any part within a distance of a position, sorted.

    Parameters
    ----------
    network : geo.network.graph.Network
    edge, offset : (n,) arrays
        Positions: the edge of each, and metres from its start.
    reach_m : float
    """
    first = np.full(network.n_nodes, np.inf)
    np.minimum.at(first, network.edge_from[edge], offset)
    np.minimum.at(first, network.edge_to[edge], network.length_m[edge] - offset)
    # One search from a source beside the network, joined to the ends of the positions' edges.  A
    # sparse matrix drops arcs of length 0, so each of its arcs is one metre longer.
    ends = np.flatnonzero(np.isfinite(first))
    walking = network.walking
    size = network.n_nodes + 1
    arcs = np.r_[walking.data, first[ends] + 1.0], np.r_[walking.indices, ends]
    pointer = np.r_[walking.indptr, walking.nnz + len(ends)]
    joined = csr_array((*arcs, pointer), shape=(size, size))
    distance_m = (
        dijkstra(joined, directed=True, indices=[size - 1], limit=reach_m + 1.0)[0, :-1]
        - 1.0
    )
    hit = (distance_m[network.edge_from] < reach_m) | (
        distance_m[network.edge_to] < reach_m
    )
    hit[edge] = True
    return np.flatnonzero(hit)
