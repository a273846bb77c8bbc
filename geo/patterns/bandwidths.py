"""Choice of bandwidth by likelihood cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.hotspots import heat
from geo.network.graph import Network, NetworkError
from geo.network.positions import Positions


def bandwidth_scores(
    network: Network, positions: Positions, sigmas_m: Sequence[float] | Floats
) -> pd.Series:
    """Return the cross-validated log-likelihood of each bandwidth of the heat kernel.

    ``Σ_i log(λ_{-i}(x_i) + 1/|L|)``: each event under the density of all others and of one more
    event that may be anywhere on the network alike.  Without the latter, a single event beyond
    the reach of all others makes every score minus infinity, and the choice rests on that one
    event alone (Silverman 1986, Density Estimation, section 3.4.4).

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    sigmas_m : (s,) floats
        Standard deviations to try, metres.

    Returns
    -------
    pandas.Series named ``score`` on the index ``sigma_m``
        The bandwidth to take is ``scores.idxmax()``; at an end of the grid, the grid is too short.

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
    total, own = heat.at_events(network, positions, sigmas)
    others = np.maximum(total - own, 0.0)
    score = np.log(others + 1 / network.length_m.sum()).sum(axis=1)
    return pd.Series(score, index=pd.Index(sigmas, name="sigma_m"), name="score")
