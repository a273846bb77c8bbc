"""Global envelopes: whether a whole curve strays from what simulations give.

Most curves leave a pointwise band of 95 % somewhere.  One curve in twenty leaves a global envelope,
and its test has one p-value for the whole curve.

References
----------
Myllymäki, M., Mrkvička, T., Grabarnik, P., Seijo, H., Hahn, U. (2017). Global envelope tests for
spatial processes. Journal of the Royal Statistical Society B 79, 381-404.
Narisetty, N. N., Nair, V. N. (2016). Extremal depth for functional data and applications. Journal
of the American Statistical Association 111, 1705-1714.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arguments import ArgumentError
from geo.arrays import Floats
from geo.evidence_line import told

Alternative = Literal["two-sided", "greater"]


@told
@dataclass(frozen=True)
class Envelope:
    """A global envelope and the test that belongs to it; arrays of (k,)."""

    low: Floats
    """Minus infinity where only high curves count."""
    high: Floats
    central: Floats
    """Median of the simulated curves."""
    p: float
    """Share of the curves, the observed among them, that are at least as extreme as it."""


def envelope(
    observed: npt.ArrayLike,
    simulated: npt.ArrayLike,
    *,
    level: float = 0.05,
    alternative: Alternative = "two-sided",
) -> Envelope:
    """Return the global envelope of simulated curves by extreme rank length.

    Each curve is ranked at each argument from its extreme side; curves are ordered by their
    smallest ranks, how often they occur, then by the next.  The observed curve is ranked among the
    simulated ones, so the test is exact:
    ``p = (b + 1) / (m + 1)``, with b of m simulated curves at least as extreme as the observed one.
    It leaves the envelope if and only if ``p <= level``.

    Parameters
    ----------
    observed : (k,) array
    simulated : (m, k) array
        Curves under the null, at the same arguments.
    level : float
        Of the test; the envelope holds ``1 - level`` of the curves.
    alternative : {'two-sided', 'greater'}
        Which way a curve is extreme.

    Returns
    -------
    Envelope

    Raises `ValueError` if the shapes do not match, a value is not finite, or there are too few
    curves for `level`.

    Examples
    --------
    >>> simulated = [[1, 1], [2, 2], [3, 3], [4, 4]]
    >>> found = envelope([9, 9], simulated, level=0.2, alternative="greater")
    >>> found.p, found.high.tolist()
    (0.2, [4.0, 4.0])
    """
    seen, curves = np.asarray(observed, float), np.asarray(simulated, float)
    if (
        seen.ndim != 1
        or curves.ndim != 2
        or curves.shape[1] != len(seen)
        or not len(seen)
    ):
        raise ArgumentError(
            f"observed has shape {seen.shape} and simulated {curves.shape}; expected (k,) and "
            "(m, k) with k at least 1. Fix: simulated = simulated.T, or curves of as many values "
            "as observed"
        )
    if not (np.isfinite(seen).all() and np.isfinite(curves).all()):
        raise ArgumentError(
            "observed and simulated hold values that are not finite. Fix: leave those values out"
        )
    if not 0 < level < 1:
        raise ArgumentError(
            f"level is {level}; it is a share between 0 and 1. Fix: level=0.05"
        )
    if level * (len(curves) + 1) < 1:
        raise ArgumentError(
            f"{len(curves)} simulations cannot reach the level {level}; at least "
            f"{int(np.ceil(1 / level)) - 1} are needed. Fix: simulations=999"
        )
    every = np.vstack([seen, curves])
    ordered = np.sort(_ranks(every, alternative), axis=1)
    _, place, times = np.unique(
        ordered, axis=0, return_inverse=True, return_counts=True
    )
    # `share` of a curve: curves at least as extreme as it, itself among them.
    share = np.cumsum(times)[place.reshape(-1)] / len(every)
    inside = every[share > level]
    low, high = inside.min(axis=0), inside.max(axis=0)
    if alternative == "greater":
        low = np.full_like(low, -np.inf)
    return Envelope(low, high, np.median(curves, axis=0), float(share[0]))


def _ranks(curves: Floats, alternative: Alternative) -> Floats:
    """Return pointwise ranks from the extreme side, ties averaged; 1 is the most extreme."""
    from_low = pd.DataFrame(curves).rank().to_numpy()
    from_high = len(curves) + 1 - from_low
    return from_high if alternative == "greater" else np.minimum(from_low, from_high)
