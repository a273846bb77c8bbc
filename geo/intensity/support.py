"""Where the rate is asked for: nodes of the ways, and the points of the ways that stops see."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array

from geo.arrays import Ints, Objects
from geo.network.graph import Network, from_lines
from geo.network.lixels import lixelize

REACH_M: Final = 500.0
"""Groups come to a stop from each kind of way within this distance; a judgement."""
OTHER: Final = "way"
"""Kind of a way that names none."""


@dataclass(frozen=True)
class Ground:
    """The network in short pieces, and what each stop sees of it."""

    network: Network
    classes: pd.DataFrame
    """A row for each ``kind`` of way and named ``section``; "" for none."""
    km: csr_array
    """(n, classes): kilometres of each that belong to each node."""
    points: pd.DataFrame
    """A row for each class near each stop, at its nearest point: ``stop`` and ``class``, as
    numbers; ``node``."""

    @property
    def share(self) -> csr_array:
        """Share of each class at each node, (n, classes)."""
        whole = np.asarray(self.km.sum(axis=1))
        return csr_array(diags_array(1 / np.maximum(whole, 1e-9)) @ self.km)

    @property
    def class_at_points(self) -> csr_array:
        """The class of each point, (p, classes)."""
        return one_of(self.points["class"].to_numpy(), len(self.classes))

    @property
    def field_at_points(self) -> csr_array:
        """The node of each point, (p, n)."""
        return one_of(self.points["node"].to_numpy(), self.network.n_nodes)

    def effects(self, column: str) -> csr_array:
        """Return which effect each class has, that of its ``kind`` or ``section``, (classes, e).

        Of names that are all the same there is none.
        """
        names = self.classes[column]
        distinct = sorted(set(names) - {""})
        number = pd.Index(distinct).get_indexer(pd.Index(names))
        effects = one_of(number[number >= 0], len(distinct))
        of_class = one_of(np.flatnonzero(number >= 0), len(names)).T @ effects
        return csr_array(of_class[:, : len(distinct) if len(distinct) > 1 else 0])


def one_of(columns: Ints, size: int) -> csr_array:
    """Return a matrix with a one in each row, in the column given."""
    rows = np.arange(len(columns))
    return csr_array((np.ones(len(columns)), (rows, columns)), (len(columns), size))


def ground_of(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, lixel_m: float, reach_m: float
) -> Ground:
    """Return the ways with a node at each point that a stop sees, and no farther apart.

    Parameters
    ----------
    ways : GeoDataFrame of LineString, metric CRS
    stops : GeoDataFrame of Point, metric CRS
        Public stops, with the ways that each sees.
    lixel_m : float
        Nodes lie no farther apart, metres.
    reach_m : float
        How far a patrol at a stop sees, metres.
    """
    whole = from_lines(ways)
    of_ways = pd.DataFrame(
        {
            "kind": _names(ways, "corridor", OTHER),
            "section": _names(ways, "section", ""),
        }
    )
    rows = of_ways.groupby(["kind", "section"])
    class_of_way = np.asarray(rows.ngroup(), dtype=np.int64)
    points = _points(whole, stops, class_of_way[whole.line], reach_m)
    network, points["node"] = whole.insert(points)
    network = lixelize(network, lixel_m).as_network
    return Ground(
        network,
        rows.size().reset_index()[["kind", "section"]],
        _km(network, class_of_way[network.line]),
        points,
    )


def _names(ways: gpd.GeoDataFrame, column: str, without: str) -> Objects:
    """Return the name that each way has in a column, if there is one."""
    if column not in ways:
        return np.full(len(ways), without, dtype=object)
    return ways[column].fillna(without).to_numpy(object)


def _points(
    network: Network, stops: gpd.GeoDataFrame, class_of_edge: Ints, reach_m: float
) -> pd.DataFrame:
    """Return the nearest point of each class in reach of each stop, or of any way."""
    _, near = network.tree.query(stops.geometry, predicate="dwithin", distance=reach_m)
    nearest = network.snap(stops)["edge"].to_numpy()
    tables = []
    for number in np.unique(class_of_edge[np.r_[near, nearest]]):
        of_class = class_of_edge == number
        table = network.keep(of_class).snap(stops)
        table["edge"] = np.flatnonzero(of_class)[table["edge"]]
        table["class"] = number
        tables.append(table.assign(stop=range(len(stops))))
    points = pd.concat(tables, ignore_index=True)
    nearest_m = points.groupby("stop")["snap_m"].transform("min")
    in_reach = points["snap_m"] <= np.maximum(nearest_m, reach_m)
    return points[in_reach].reset_index(drop=True)


def _km(network: Network, class_of_edge: Ints) -> csr_array:
    """Return the kilometres of each class at each node, half of each of its edges, (n, classes)."""
    half = network.length_m / 2000
    shape = (network.n_nodes, class_of_edge.max() + 1)
    first = csr_array((half, (network.edge_from, class_of_edge)), shape)
    last = csr_array((half, (network.edge_to, class_of_edge)), shape)
    return csr_array(first + last)
