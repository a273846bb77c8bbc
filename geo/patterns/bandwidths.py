"""Choice of bandwidth by likelihood cross-validation.

The score of a bandwidth is ``Σ_i log f_{-i}(x_i)``, the log-likelihood of each event under the
density of all others; their integral, one number for all bandwidths, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from scipy.special import ndtr

from geo.arrays import Floats
from geo.hotspots import heat
from geo.network.graph import Network, NetworkError
from geo.network.positions import Positions

_CHUNK = 256


def likelihood_scores(
    network: Network,
    positions: Positions,
    sigmas_m: Sequence[float] | Floats,
    distance: Literal["network", "plane"] = "network",
) -> pd.Series:
    """Return the cross-validated log-likelihood of each bandwidth.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    sigmas_m : (s,) floats
        Standard deviations to try, metres.
    distance : {"network", "plane"}
        ``network``: the heat kernel.  ``plane``: a Gaussian in the plane, over its integral along
        the network around the point (Rakshit et al. 2019), which is what `bw.lppl` of spatstat
        does by default; it takes nearness across a river for nearness.

    Returns
    -------
    pandas.Series named ``score`` on the index ``sigma_m``
        The bandwidth to take is ``scores.idxmax()``; at an end of the grid, the grid is too short.
        Minus infinity where an event has no other within reach.

    Raises
    ------
    NetworkError
        If fewer than two events are given or a bandwidth is not positive.
    """
    sigmas = np.asarray(sigmas_m, dtype=float)
    if len(positions) < 2:
        raise NetworkError(f"cross-validation needs two events or more; found {len(positions)}")
    if not len(sigmas) or not (sigmas > 0).all():
        raise NetworkError(f"bandwidths are lengths in metres above 0; found {sigmas.tolist()}")
    others = (_others_by_heat if distance == "network" else _others_in_plane)(
        network, positions, sigmas
    )
    with np.errstate(divide="ignore"):
        score = np.log(others).sum(axis=1)
    return pd.Series(score, index=pd.Index(sigmas, name="sigma_m"), name="score")


def _others_by_heat(network: Network, positions: Positions, sigmas: Floats) -> Floats:
    """Return the heat-kernel density of all other events at each event, (s, n)."""
    total, own = heat.at_events(network, positions, sigmas)
    # Below this the difference is rounding: no other event is within reach.
    return np.where(total - own > 1e-11 * total, total - own, 0.0)


def _others_in_plane(network: Network, positions: Positions, sigmas: Floats) -> Floats:
    """Return the planar density of all other events at each event, per length, (s, n)."""
    xy = positions.points(network)
    inner = np.ones(len(network.xy) - 1, dtype=bool)
    inner[network.start[1:-1] - 1] = False
    begin, end = network.xy[:-1][inner], network.xy[1:][inner]
    found = np.empty((len(sigmas), len(xy)))
    for first in range(0, len(xy), _CHUNK):
        at = xy[first : first + _CHUNK]
        apart = ((at[:, None] - xy) ** 2).sum(axis=2)
        apart[np.arange(len(at)), first + np.arange(len(at))] = np.inf
        for k, sigma in enumerate(sigmas):
            kernel = np.exp(-apart / (2 * sigma**2)) / (2 * np.pi * sigma**2)
            along = _gaussian_along(at, begin, end, sigma)
            found[k, first : first + _CHUNK] = kernel.sum(axis=1) / along
    return found


def _gaussian_along(at: Floats, begin: Floats, end: Floats, sigma: float) -> Floats:
    """Return the integral of the planar Gaussian around each point along all segments."""
    total = np.zeros(len(at))
    near = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([begin, end], axis=1))))
    point, segment = near.query(shapely.points(at), predicate="dwithin", distance=8 * sigma)
    way = end[segment] - begin[segment]
    length = np.hypot(*way.T)
    unit = way / length[:, None]
    to = at[point] - begin[segment]
    along = (to * unit).sum(axis=1)
    across = to[:, 0] * unit[:, 1] - to[:, 1] * unit[:, 0]
    inside = ndtr((length - along) / sigma) - ndtr(-along / sigma)
    part = inside * np.exp(-(across**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    return np.asarray(total + np.bincount(point, part, minlength=len(at)))
