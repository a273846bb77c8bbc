"""Clusters of events by distance along the network, with scikit-learn."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.cluster import DBSCAN, HDBSCAN  # type: ignore[import-untyped,unused-ignore]

from geo.arrays import Floats
from geo.network.graph import Network, NetworkError
from geo.network.positions import Positions
from geo.patterns import k as network_k
from geo.results import Gate, gate

NOISE = -1


def clusters(
    network: Network,
    positions: Positions,
    reach_m: float,
    min_events: int = 3,
    method: Literal["dbscan", "hdbscan"] = "dbscan",
) -> pd.Series:
    """Return the cluster of each event, `NOISE` where it is in none.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    reach_m : float, metres
        DBSCAN: events within it of each other are neighbours.  HDBSCAN: events farther apart
        are never joined.
    min_events : int
        Events that make a cluster, itself counted.
    method : {"dbscan", "hdbscan"}

    Returns
    -------
    pandas.Series of int, named ``cluster``, in the order of the positions

    Raises
    ------
    NetworkError
        If the reach is not positive or `min_events` is under 2.
    """
    if not reach_m > 0 or min_events < 2:
        raise NetworkError(
            f"reach_m is {reach_m} and min_events {min_events}; give a length above 0 and 2 or more"
        )
    n = len(positions)
    if n < min_events:
        return pd.Series(np.full(n, NOISE), name="cluster")
    if method == "dbscan":
        near = _with_self(network_k.near_pairs(network, positions, reach_m))
        fit = DBSCAN(eps=reach_m, min_samples=min_events, metric="precomputed").fit(near)
    else:
        # What lies beyond the reach is put too far to be joined before everything else is.
        apart = network_k.pair_distances(network, positions, limit_m=reach_m)
        apart[~np.isfinite(apart)] = 1e6 * reach_m
        fit = HDBSCAN(min_cluster_size=min_events, metric="precomputed", copy=True).fit(apart)
    return pd.Series(fit.labels_, name="cluster")


def cluster_gate(
    network: Network,
    n: int,
    reach_m: float,
    min_events: int = 3,
    *,
    intensity: Floats | None = None,
    alpha: float = 0.05,
    simulations: int = 199,
    seed: int = 1,
) -> Gate:
    """Return the gate of `clusters` by DBSCAN, with the least cluster that exceeds chance.

    As many events are drawn at random; the largest cluster of each pattern is kept.

    Parameters
    ----------
    network, reach_m, min_events
        As for `clusters`.
    n : int
        Number of events.
    intensity : (m,) float array, optional
        Relative chance of a report per metre of each edge; even by default.
    alpha : float
        How often chance may make a cluster as large.
    simulations, seed : int
    """
    rng = np.random.default_rng(seed)
    drawn = (Positions.random(network, n, rng, intensity) for _ in range(simulations))
    found = (clusters(network, at, reach_m, min_events).to_numpy() for at in drawn)
    largest = np.array([np.bincount(c[c != NOISE], minlength=1).max() for c in found], dtype=int)
    allowed = int(alpha * (simulations + 1))
    if not allowed:
        return gate("clusters", n, f"{simulations} patterns cannot reach {alpha:g}")
    least = max(int(np.sort(largest)[-allowed]) + 1, min_events)
    could = f"a cluster of {least} would exceed chance" if least <= n else "no cluster could"
    return gate("clusters", n, could)


def space_time_clusters(
    network: Network,
    positions: Positions,
    days: pd.Series,
    *,
    reach_m: float,
    reach_days: float,
    min_events: int = 3,
) -> pd.Series:
    """Return clusters of events near along the network and in time.

    ST-DBSCAN of Birant and Kut (2007), by distance and date.

    Parameters
    ----------
    days : pandas.Series of float
        When each event was, in days from any one day.
    reach_m, reach_days : float
        Neighbours lie within both.
    """
    near = network_k.near_pairs(network, positions, reach_m).tocoo()
    when = days.to_numpy(float)
    both = abs(when[near.row] - when[near.col]) <= reach_days
    shape = (len(positions), len(positions))
    kept = csr_array((near.data[both], (near.row[both], near.col[both])), shape=shape)
    fit = DBSCAN(eps=reach_m, min_samples=min_events, metric="precomputed").fit(_with_self(kept))
    return pd.Series(fit.labels_, name="cluster", index=days.index)


def _with_self(near: csr_array) -> csr_array:
    """Return the distances with each event a neighbour of itself, zeros kept."""
    pairs = near.tocoo()
    each = np.arange(near.shape[0])
    data = np.concatenate([pairs.data, np.zeros(len(each))])
    where = (np.concatenate([pairs.row, each]), np.concatenate([pairs.col, each]))
    return csr_array((data, where), shape=near.shape)
