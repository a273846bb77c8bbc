"""Whether events near in space come near in time: Knox and Mantel tests; trends of hotspots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from geo.network import Floats, NetworkError
from geo.power import Gate, gate

ALPHA: Final = 0.05
Trend = Literal["intensifying", "diminishing", "persistent", "new", "sporadic", "none"]


@dataclass(frozen=True)
class Interaction:
    """A space-time statistic and how often shuffled dates reach it.

    Attributes
    ----------
    statistic, expected : float
        Observed, and the mean under shuffled dates.
    p_value : float
    gate : geo.power.Gate
        Whether so many events allow a test, and the least that it could have found.
    """

    statistic: float
    expected: float
    p_value: float
    gate: Gate


def knox(
    distance_m: Floats, days: Floats, near_m: float, near_days: float, *, shuffles: int, seed: int
) -> Interaction:
    """Return the number of pairs near in space and in time (Knox 1964).

    Parameters
    ----------
    distance_m : (n, n) float array
        From `geo.network_k.pair_distances`, or in the plane.
    days : (n,) float array
    near_m, near_days : float
        What counts as near.
    shuffles, seed : int
        Random assignments of the dates to the places.
    """
    pair = np.triu_indices(len(days), 1)
    close = np.flatnonzero(distance_m[pair] <= near_m)
    first, second = pair[0][close], pair[1][close]

    def statistic(when: Floats) -> float:
        return float((abs(when[first] - when[second]) <= near_days).sum())

    return _shuffled(statistic, days, shuffles, seed, "more than {:.0f} close pairs")


def mantel(distance_m: Floats, days: Floats, *, shuffles: int, seed: int) -> Interaction:
    """Return Mantel's correlation of closeness in space and in time (Mantel 1967).

    Closeness is ``1 / (1 + distance)``; pairs not joined by the network have none in space.
    """
    pair = np.triu_indices(len(days), 1)
    space = 1 / (1 + distance_m[pair])

    def statistic(when: Floats) -> float:
        time = 1 / (1 + abs(when[pair[0]] - when[pair[1]]))
        if np.ptp(space) == 0 or np.ptp(time) == 0:
            return 0.0
        return float(np.corrcoef(space, time)[0, 1])

    return _shuffled(statistic, days, shuffles, seed, "a correlation above {:.3f}")


def _shuffled(
    statistic: Callable[[Floats], float], days: Floats, shuffles: int, seed: int, least: str
) -> Interaction:
    """Return a statistic with its mean, p-value and least finding under shuffled dates."""
    if len(days) < 3 or not np.isfinite(days).all():
        raise NetworkError("a space-time test needs three dated events or more, none without date")
    rng = np.random.default_rng(seed)
    found = statistic(days)
    null = np.array([statistic(rng.permutation(days)) for _ in range(shuffles)])
    p = (1 + (null >= found - 1e-12).sum()) / (shuffles + 1)
    # The k-th greatest of s shuffles is exceeded by chance with probability k / (s + 1).
    allowed = int(ALPHA * (shuffles + 1))
    detects = (
        least.format(np.sort(null)[-allowed]) + " would exceed chance"
        if allowed
        else f"{shuffles} shuffles cannot reach {ALPHA:g}"
    )
    return Interaction(found, float(null.mean()), float(p), gate("space_time", len(days), detects))


def trend(counts: Floats, hot: npt.NDArray[np.bool_], alpha: float = 0.05) -> Trend:
    """Return the category of a place from its counts and from when it was a hotspot.

    The trend is Mann and Kendall's test, Kendall's tau of counts against time.  ``new``: hot in
    the last period only.  Hot in nine tenths of the periods: ``intensifying``, ``diminishing`` or,
    without a trend, ``persistent``.  Hot at times: ``sporadic``.

    Parameters
    ----------
    counts : (t,) float array
        Events in each period.
    hot : (t,) bool array
        Whether the place was a hotspot in that period.
    alpha : float
    """
    if not hot.any():
        return "none"
    if hot[-1] and not hot[:-1].any():
        return "new"
    if hot.mean() < 0.9:
        return "sporadic"
    test = kendalltau(np.arange(len(counts)), counts)
    if not test.pvalue <= alpha:
        return "persistent"
    return "intensifying" if test.statistic > 0 else "diminishing"
