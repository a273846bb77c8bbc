"""Cutting a network into tiles by edges, each with a halo by network distance.

Edges are cut in the order of a Hilbert curve through the middles of their boxes, so that each tile
has as many edges, lies in one place, and is a part of a file sorted by that key.  METIS cuts at a
fifth of the nodes, but needs the whole graph in one process, and saves 4 to 12 per cent of the
edges that tiles hold with their halo (`notebooks/how_to.md`)::

    ....a---b====c====d====e---f....      ==  own edges of the tile
        |<->|              |<->|          --  halo: any part within reach of an own edge
        reach              reach          ..  of other tiles, not held
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from geo.arrays import Bools, Ints
from geo.network.graph import Network, Positions
from geo.network.lines import NetworkError
from geo.network.lixels import reached

EDGES = 20_000
"""Edges of a tile: some 100 MB with a halo of a few kilometres."""
_SLACK_M = 0.01
"""Added to each reach, so that what lies just at its end is held."""


@dataclass(frozen=True)
class Tile:
    """Edges that a tile owns, and those within reach of them."""

    network: Network
    """Own edges and halo, and the nodes of these only."""
    edges: Ints
    """Number of each edge in the whole network, rising."""
    own: Bools
    """(edges,)"""

    def held(self, positions: Positions) -> tuple[Positions, Ints]:
        """Return the positions on edges of the tile, by its own numbers, and which they are."""
        at = np.searchsorted(self.edges, positions.edge)
        at[at == len(self.edges)] = 0
        which = np.flatnonzero(self.edges[at] == positions.edge) if len(self.edges) else at[:0]
        return Positions(at[which].astype(np.int64), positions.offset_m[which]), which


def owners(network: Network, edges: int = EDGES) -> Ints:
    """Return the tile that owns each edge; tiles own up to so many edges, all nearly as many."""
    if edges < 1:
        raise NetworkError(f"edges is {edges}; give how many edges a tile may own, 1 or more")
    n = network.n_edges
    key = gpd.GeoSeries(network.geometry, crs=network.crs).hilbert_distance().to_numpy()
    tile = np.empty(n, dtype=np.int64)
    tile[np.argsort(key, kind="stable")] = np.arange(n) * -(-n // edges) // max(n, 1)
    return tile


def cut(network: Network, reach_m: float, edges: int = EDGES) -> Iterator[Tile]:
    """Yield the tiles of a network, each with a halo of `reach_m` along the network.

    Parameters
    ----------
    network : geo.network.graph.Network
    reach_m : float, metres
        How far the measure reaches, as from `density_reach`; for K the largest of its distances.
    edges : int
        Edges that a tile owns, at most.

    Raises `NetworkError` if `edges` is not positive.

    Examples
    --------
    >>> import shapely
    >>> from geo import network
    >>> rows = [shapely.LineString([(x, 0), (x + 9, 0)]) for x in range(0, 36, 9)]
    >>> [t.edges.tolist() for t in cut(network.from_lines(gpd.GeoSeries(rows, crs=9141)), 5.0, 2)]
    [[0, 1, 2], [1, 2, 3]]
    """
    owner = owners(network, edges)
    for number in range(owner.max(initial=-1) + 1):
        yield tile_of(network, np.arange(network.n_edges), owner == number, reach_m)


def tile_of(network: Network, edges: Ints, own: Bools, reach_m: float) -> Tile:
    """Return the tile of some own edges, (m,), of a network or of a part of one.

    A part holds at least all that lies within `reach_m` of the own edges in the plane: no way along
    a network is shorter.  `edges`, (m,) rising, are the numbers of its edges in the whole.
    """
    which = np.flatnonzero(own)
    ends = np.r_[np.zeros(len(which)), network.length_m[which]]
    near = reached(network, np.r_[which, which], ends, reach_m + _SLACK_M)
    held = np.zeros(network.n_edges, dtype=bool)
    held[near] = True
    part = network.keep(held)
    nodes, flat = np.unique(np.r_[part.edge_from, part.edge_to], return_inverse=True)
    tail, head = flat.astype(np.int64).reshape(2, -1)
    part = replace(part, node_xy=part.node_xy[nodes], edge_from=tail, edge_to=head)
    return Tile(part, edges[near], own[near])
