"""Reporting effort along a network: where a report is likely whoever passes.

Places of `geo.chance.nulls.reporting_effort` are placed on the nearest edge and counted, so that
the null model of the corridors, of the hotspots and of the K function rest on the same named
weights, `geo.chance.nulls.Effort`.
"""

from __future__ import annotations

import numpy as np

from geo.arrays import Floats
from geo.chance.nulls import Null
from geo.network.cells import Placing
from geo.network.graph import Network, NetworkError


def effort_per_metre(network: Network, effort: Null, *, snap_limit_m: float = np.inf) -> Floats:
    """Return the relative chance of a report per metre of each edge.

    Parameters
    ----------
    network : geo.network.graph.Network
        Roads, paths and tracks, as the sightings are placed on it.
    effort : geo.chance.nulls.Null
        In the network's CRS; assumed, not surveyed.  An edge that holds a share s of its n
        positions is known to ``1 / sqrt(n s)``.
    snap_limit_m : float, metres
        Positions farther than this from every edge count nowhere.

    Returns
    -------
    (m,) float array, 1/m
        Times the edges' lengths they add up to 1.

    Raises
    ------
    NetworkError
        If no position lies near enough to an edge.
    """
    at, away = Placing(network, snap_limit_m, np.inf).nearest(effort.xy)
    near = np.isfinite(away) & (away <= snap_limit_m)
    if not near.any():
        raise NetworkError(
            f"no place of an observer lies within {snap_limit_m:g} m of the network. Fix: a "
            "network of the same region"
        )
    count = np.bincount(at.edge[near], minlength=network.n_edges)
    return np.asarray(count / near.sum() / network.length_m)
