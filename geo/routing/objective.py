"""What visits are worth: `value`, all that search, objective and bound know of need.

A visit serves a share of every point that it reaches.  Within a shift the shares of a point add up
to 1 at most; each further shift that serves it adds less.  So `value` is concave in the minutes of
a visit, and a visit adds the less, the more others have served.
"""

from typing import NamedTuple

import numpy as np

from geo.arrays import Floats, Ints
from geo.routing.lean import inlined


class Worth(NamedTuple):
    """What the visits of a night reach: m visits, p points, s shifts."""

    point: Ints
    """Points that visit i reaches: ``point[first[i]:first[i + 1]]``."""
    first: Ints
    """(m + 1,)"""
    shift: Ints
    """(m,): the shift of each visit, from 0."""
    whole_min: Floats
    """(m,): minutes of a whole visit; a shorter one serves less."""
    worth_s: Floats
    """(p, s + 1): worth in seconds of driving of a point that 0, 1, 2... shifts serve."""


def unserved(of: Worth) -> Floats:
    """Return `served` before any visit is made."""
    return np.zeros(of.worth_s.shape[::-1])


@inlined
def value(of: Worth, visit: int, minutes: float, served: Floats) -> float:
    """Return what a visit adds, in seconds of driving, where others have `served` (s + 1, p).

    A row of `served` holds the share of each point that visits of a shift serve; the last row is
    the sum of the others, each at most 1.

    Parameters
    ----------
    of : Worth
    visit : int
        Its number in `of`.
    minutes : float
        How long it would last.
    served : (s + 1, p) floats
        As above.
    """
    shift, part = of.shift[visit], share(of, visit, minutes)
    gained = 0.0
    for point in of.point[of.first[visit] : of.first[visit + 1]]:
        before = min(served[shift, point], 1.0)
        more = min(before + part, 1.0) - before
        level = served[-1, point]
        gained += _worth(of, point, level + more) - _worth(of, point, level)
    return gained


@inlined
def serve(of: Worth, visit: int, minutes: float, served: Floats) -> None:
    """Note in `served` that a visit is made; negative minutes take it back.

    Parameters
    ----------
    of : Worth
    visit : int
        Its number in `of`.
    minutes : float
        How long it lasts.
    served : (s + 1, p) floats
        Changed; see `value`.
    """
    shift, part = of.shift[visit], share(of, visit, minutes)
    for point in of.point[of.first[visit] : of.first[visit + 1]]:
        before = min(served[shift, point], 1.0)
        served[shift, point] += part
        served[-1, point] += min(served[shift, point], 1.0) - before


@inlined
def share(of: Worth, visit: int, minutes: float) -> float:
    """Return the share of each point that a visit of some minutes serves."""
    return float(min(minutes / of.whole_min[visit], 1.0))


@inlined
def _worth(of: Worth, point: int, level: float) -> float:
    """Return the worth of a point that so many shifts serve, in parts between whole numbers."""
    most = of.worth_s.shape[1] - 1
    whole = min(int(level), most)
    worth = of.worth_s[point, whole]
    if whole < most:
        worth += (level - whole) * (of.worth_s[point, whole + 1] - worth)
    return float(worth)
