"""A crew's track as it was recorded: which fixes can be used, and where the crew stood.

A fix that cannot be used keeps its row and gets a fault; nothing is moved or filled in.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Bools, Floats, Ints
from geo.network.compiled import compiled

FASTEST_MS: Final = 50.0
"""No patrol drives faster: 180 km/h."""
GAP_S: Final = 300.0
"""The drive between two fixes farther apart in time is not known."""
STAND_M: Final = 100.0
"""A crew that stays within so many metres stands: it walks about its vehicle, and fixes stray."""
STAND_MIN: Final = 5.0
"""A shorter halt is traffic."""

Complexes = npt.NDArray[np.complex128]


def faults_of(xy: Floats, at_s: Floats) -> pd.Series:
    """Return the fault of each fix, null for none.

    ``clock``: its time is missing, or not after that of every fix before it; ``jump``: the crew
    would have driven faster than `FASTEST_MS` both to it and on from it.

    >>> xy = np.array([[0.0, 0], [90, 0], [9e4, 0], [270, 0], [280, 0]])
    >>> faults_of(xy, np.array([0.0, 10, 20, 30, 25])).fillna("").tolist()
    ['', '', 'jump', '', 'clock']
    """
    fault = pd.Series(pd.NA, index=range(len(xy)), dtype="string")
    latest = np.fmax.accumulate(np.r_[-np.inf, at_s])[:-1]
    fault[~(at_s > latest)] = "clock"
    good = np.flatnonzero(fault.isna())
    fast = _fast(xy[good], at_s[good])
    fault[good[fast[:-1] & fast[1:]]] = "jump"
    return fault


def pieces_of(xy: Floats, at_s: Floats) -> tuple[Ints, pd.DataFrame]:
    """Return the number of the piece that each usable fix belongs to, and what parts the pieces.

    The table has ``fault`` (``gap``: longer than `GAP_S`; ``jump``: faster than `FASTEST_MS`),
    ``from_s``, ``to_s`` and ``length_m``.  A crew that stood through a gap leaves none.
    """
    fast = _fast(xy, at_s)[1:-1]
    away = np.hypot(*np.diff(xy, axis=0).T)
    silent = (np.diff(at_s) > GAP_S) & (away > STAND_M)
    parted = np.flatnonzero(fast | silent)
    table = pd.DataFrame({"fault": np.where(fast[parted], "jump", "gap")})
    table = table.assign(from_s=at_s[parted], to_s=at_s[parted + 1], length_m=away[parted])
    piece = np.zeros(len(xy), dtype=np.int64)
    piece[parted + 1] = 1
    return np.cumsum(piece), table


def _fast(xy: Floats, at_s: Floats) -> Bools:
    """Mark where the speed from one fix to the next is impossible, (n + 1,), False at both ends."""
    most = STAND_M + FASTEST_MS * np.diff(at_s)
    return np.asarray(np.r_[False, np.hypot(*np.diff(xy, axis=0).T) > most, False])


def stands(xy: Floats, at_s: Floats) -> Ints:
    """Return the number of the stand that each fix belongs to, -1 for none.

    A stand is the longest run of fixes within `STAND_M` of its first that lasts `STAND_MIN`
    (Li et al. 2008, Mining user similarity based on location history, algorithm of stay points).
    """
    return _stands(xy[:, 0] + 1j * xy[:, 1], at_s)


@compiled
def _stands(where: Complexes, at_s: Floats) -> Ints:
    found = np.full(len(where), -1)
    first, number = 0, 0
    while first < len(where):
        after = first + 1
        while after < len(where) and abs(where[after] - where[first]) <= STAND_M:
            after += 1
        if at_s[after - 1] - at_s[first] >= 60 * STAND_MIN:
            found[first:after] = number
            number += 1
            first = after
        else:
            first += 1
    return found
