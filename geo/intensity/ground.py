"""Where the rate is asked for: nodes of the ways, and the points of the ways that stops see."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geo.arrays import Floats, Ints, Objects
from geo.network.graph import Network, from_lines
from geo.network.lixels import lixelize

REACH_M: Final = 1000.0
"""Groups come to a stop from each kind of way within this distance; a judgement."""
OTHER: Final = "way"
"""Kind of a way that names none."""


@dataclass(frozen=True)
class Ground:
    """The network in short pieces, and what each stop sees of it."""

    network: Network
    kinds: tuple[str, ...]
    km: Floats
    """(n, kinds): kilometres of each kind of way that belong to each node."""
    points: pd.DataFrame
    """A row for each kind of way near each stop, at its nearest point: ``stop``, ``kind``, as
    numbers; ``node``."""

    @property
    def kind_at_nodes(self) -> Floats:
        """Share of each kind of way at each node, (n, kinds)."""
        whole = self.km.sum(axis=1, keepdims=True)
        return np.asarray(self.km / np.maximum(whole, 1e-9))

    @property
    def kind_at_points(self) -> Floats:
        """One for the kind of each point, (p, kinds)."""
        return np.eye(len(self.kinds))[self.points["kind"]]

    @property
    def field_at_points(self) -> csr_array:
        """The node of each point, (p, n)."""
        return one_of(self.points["node"].to_numpy(), self.network.n_nodes)


def one_of(columns: Ints, size: int) -> csr_array:
    """Return a matrix with a one in each row, in the column given."""
    rows = np.arange(len(columns))
    return csr_array(
        (np.ones(len(columns)), (rows, columns)), (len(columns), size)
    )


def ground_of(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, lixel_m: float
) -> Ground:
    """Return the ways with a node at each point that a stop sees, and no farther apart."""
    whole = from_lines(ways)
    kind_of_way = _kind_of(ways)
    kinds = tuple(sorted(set(kind_of_way[whole.line])))
    points = _points(whole, stops, kind_of_way[whole.line], kinds)
    network, points["node"] = whole.insert(points)
    network = lixelize(network, lixel_m).as_network
    kind = kind_of_way[network.line]
    km = [_at_nodes(network, (kind == name) / 1000) for name in kinds]
    return Ground(network, kinds, np.column_stack(km), points)


def _kind_of(ways: gpd.GeoDataFrame) -> Objects:
    """Return the kind of each way."""
    if "corridor" not in ways:
        return np.full(len(ways), OTHER, dtype=object)
    return ways["corridor"].fillna(OTHER).to_numpy(object)


def _points(
    network: Network,
    stops: gpd.GeoDataFrame,
    kind_of_edge: Objects,
    kinds: tuple[str, ...],
) -> pd.DataFrame:
    """Return the nearest point of each kind of way in reach of each stop, or of any way."""
    tables = []
    for number, name in enumerate(kinds):
        of_kind = kind_of_edge == name
        table = network.keep(of_kind).snap(stops)
        table["edge"] = np.flatnonzero(of_kind)[table["edge"]]
        tables.append(table.assign(stop=range(len(stops)), kind=number))
    points = pd.concat(tables, ignore_index=True)
    nearest_m = points.groupby("stop")["snap_m"].transform("min")
    near = points["snap_m"] <= np.maximum(nearest_m, REACH_M)
    return points[near].reset_index(drop=True)


def _at_nodes(network: Network, per_m: Floats) -> Floats:
    """Return what belongs to each node, half of each of its edges."""
    half = network.length_m * per_m / 2
    size = network.n_nodes
    first = np.bincount(network.edge_from, half, size)
    return np.asarray(first + np.bincount(network.edge_to, half, size))
