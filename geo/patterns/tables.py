"""The network measures on plain tables of nodes, edges and points, as other programs write them.

``nodes``: ``node``, ``x``, ``y``.  ``edges``: ``edge``, ``from``, ``to``, ``length``.  ``points``:
``seg``, an ``edge`` of the edge table, and ``tp``, the share of its length from its ``from`` end.
One unit of length throughout, whatever it is.  Without a column ``edge`` edges count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

import numpy as np
import pandas as pd
from pyproj import CRS

from geo.arrays import Floats
from geo.hotspots import heat
from geo.hotspots.heat import Sources
from geo.network.graph import Network, NetworkError
from geo.network.kernels import Kernel
from geo.network.positions import Positions
from geo.patterns import bandwidths, equal_split, split_paths
from geo.patterns import k as network_k
from geo.patterns.density import sources_at
from geo.patterns.k import Correction

PLAIN: Final = 'LOCAL_CS["plain table",UNIT["unit of the table",1]]'
"""CRS of a network from plain tables: flat, in no known place."""


def from_tables(nodes: pd.DataFrame, edges: pd.DataFrame) -> Network:
    """Build a network from a node table and an edge table, as other programs write them.

    Edges are drawn straight between their nodes; their given lengths are what counts.  The
    coordinates and lengths share one unit, whatever it is; the CRS says no more than that.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node``, the number or name that edges use; ``x``, ``y``.
    edges : pandas.DataFrame
        ``from``, ``to``, ``length``; loops and parallel edges are kept.

    Returns
    -------
    Network
        Nodes and edges in the order of the tables.

    Raises
    ------
    NetworkError
        If a node is named twice or is not in the table, or a length is not positive.
    """
    ids = pd.Index(nodes["node"])
    length = edges["length"].to_numpy(float)
    ends = np.stack([ids.get_indexer(edges[c]) for c in ("from", "to")]) if ids.is_unique else None
    if ends is None:
        raise NetworkError(f"node {ids[ids.duplicated()][0]} is in the node table twice")
    faults = [
        f"edge row {row}: {column} is {edges[column].iloc[row]}, not in the node table"
        for column, end in zip(("from", "to"), ends, strict=True)
        for row in np.flatnonzero(end < 0)
    ] + [
        f"edge row {row}: length is {length[row]}; make its two nodes one node"
        for row in np.flatnonzero(~(length > 0))
    ]
    if faults:
        raise NetworkError("; ".join(faults))
    xy = nodes[["x", "y"]].to_numpy(float)
    return Network(
        node_xy=xy,
        edge_from=ends[0].astype(np.int64),
        edge_to=ends[1].astype(np.int64),
        length_m=length,
        line=np.arange(len(edges), dtype=np.int64),
        oneway=np.zeros(len(edges), dtype=np.int64),
        xy=xy[ends.T.reshape(-1)],
        start=2 * np.arange(len(edges) + 1, dtype=np.int64),
        crs=CRS(PLAIN),
    )


def load(
    nodes: pd.DataFrame, edges: pd.DataFrame, points: pd.DataFrame
) -> tuple[Network, Positions]:
    """Return the network and the positions that the tables describe.

    Raises
    ------
    NetworkError
        If the tables contradict each other; the message names the rows.
    """
    network = from_tables(nodes, edges)
    names = pd.Index(edges["edge"]) if "edge" in edges else pd.RangeIndex(1, len(edges) + 1)
    edge = names.get_indexer(pd.Index(points["seg"]))
    share = points["tp"].to_numpy(float)
    faults = [
        f"point row {row}: seg is {points['seg'].iloc[row]}, not in the edge table"
        for row in np.flatnonzero(edge < 0)
    ] + [
        f"point row {row}: tp is {share[row]}; it is a share of the edge, from 0 to 1"
        for row in np.flatnonzero(~((share >= 0) & (share <= 1)))
    ]
    if faults:
        raise NetworkError("; ".join(faults))
    edge = edge.astype(np.int64)
    return network, Positions(edge, share * network.length_m[edge])


def pair_distances(nodes: pd.DataFrame, edges: pd.DataFrame, points: pd.DataFrame) -> Floats:
    """Return the (n, n) shortest distances along the network between the points."""
    return network_k.pair_distances(*load(nodes, edges, points))


def k_function(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    points: pd.DataFrame,
    r: Sequence[float] | Floats,
    correction: Correction = "none",
) -> Floats:
    """Return the network K function at distances `r`; `correction` is ``none`` or ``ang``."""
    return network_k.k_function(*load(nodes, edges, points), r, correction)


def cross_k(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    points: pd.DataFrame,
    others: pd.DataFrame,
    r: Sequence[float] | Floats,
    *,
    correction: Correction = "none",
) -> Floats:
    """Return the network cross K function from `points` to `others` at distances `r`."""
    network, positions = load(nodes, edges, points)
    return network_k.cross_k(network, positions, load(nodes, edges, others)[1], r, correction)


def density_at_points(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    points: pd.DataFrame,
    sigma: float,
    estimator: Literal["heat", "esc", "esd"] = "heat",
    *,
    kernel: Kernel = "epanechnikov",
    leave_one_out: bool = False,
    delta: float | None = None,
) -> pd.Series:
    """Return the density at each point, on the index of `points`.

    Parameters
    ----------
    sigma : float
        Standard deviation of the kernel.
    estimator : {"heat", "esc", "esd"}
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
        Of the equal-split estimators.
    leave_one_out : bool
        Without the point's own part.
    delta : float, optional
        Step of the equal-split wave.  Without it the equal-split kernels list every path: exact,
        for networks and bandwidths of a few thousand paths.
    """
    network, at = load(nodes, edges, points)
    if not len(at):
        return pd.Series(dtype=float, index=points.index, name="density")
    sources = sources_at(at, sigma)
    if estimator == "heat":
        total, own = heat.at_events(network, at, np.array([sigma]))
        value, itself = total[0], own[0]
    else:
        value, itself = _split(
            network, at, sources, kernel=kernel, continuous=estimator == "esc", delta=delta,
            leave_one_out=leave_one_out,
        )  # fmt: skip
    return pd.Series(value - itself if leave_one_out else value, index=points.index, name="density")


def _split(
    network: Network,
    at: Positions,
    sources: Sources,
    *,
    kernel: Kernel,
    continuous: bool,
    delta: float | None,
    leave_one_out: bool,
) -> tuple[Floats, Floats]:
    """Return the equal-split density at the points and, where asked, each one's own part."""
    if delta is None:
        matrix = split_paths.matrix(network, sources, at, kernel, continuous=continuous)
        return matrix.sum(axis=1), np.diag(matrix)
    wave = partial(
        equal_split.at_points, network, kernel=kernel, continuous=continuous, delta_m=delta
    )
    each = np.arange(len(at))[:, None] if leave_one_out else ()
    own = np.array([wave(sources.take(i), at.take(i))[0] for i in each])
    return wave(sources, at), own


def bandwidth_scores(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    points: pd.DataFrame,
    sigmas: Sequence[float] | Floats,
    distance: Literal["network", "plane"] = "plane",
) -> pd.Series:
    """Return the cross-validation score of each bandwidth; ``plane`` is that of `bw.lppl`."""
    return bandwidths.likelihood_scores(*load(nodes, edges, points), sigmas, distance)
