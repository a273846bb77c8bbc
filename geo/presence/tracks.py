"""A crew's track as it was recorded: which fixes can be used, and where the crew stood.

A fix that cannot be used keeps its row and gets a fault; nothing is moved or filled in.
"""

from typing import Final

import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints

FASTEST_MS: Final = 50.0
"""No patrol drives faster: 180 km/h."""
GAP_S: Final = 300.0
"""The drive between two fixes farther apart in time is not known."""
STAND_M: Final = 100.0
"""A crew that stays within so many metres stands: it walks about its vehicle, and fixes stray."""
STAND_S: Final = 300.0
"""A shorter halt is traffic."""


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
    fast = np.r_[False, _fast(xy[good], at_s[good]), False]
    fault[good[fast[:-1] & fast[1:]]] = "jump"
    return fault


def pieces_of(xy: Floats, at_s: Floats) -> tuple[Ints, pd.DataFrame]:
    """Return the number of the piece that each usable fix belongs to, and what parts the pieces.

    The table has ``fault`` (``gap``: longer than `GAP_S`; ``jump``: faster than `FASTEST_MS`),
    ``from_s``, ``to_s`` and ``length_m``.  A crew that stood through a gap leaves none.
    """
    fast, away = _fast(xy, at_s), np.hypot(*np.diff(xy, axis=0).T)
    parted = fast | ((np.diff(at_s) > GAP_S) & (away > STAND_M))
    fault = np.where(fast[parted], "jump", "gap")
    gaps = {"from_s": at_s[:-1][parted], "to_s": at_s[1:][parted], "length_m": away[parted]}
    return np.cumsum(np.r_[False, parted][: len(xy)]), pd.DataFrame({"fault": fault, **gaps})


def _fast(xy: Floats, at_s: Floats) -> Bools:
    """Mark where the speed from one fix to the next is impossible, (n - 1,)."""
    most = STAND_M + FASTEST_MS * np.diff(at_s)
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T) > most)


def anchors_of(xy: Floats, at_s: Floats, piece: Ints, apart: float) -> Ints:
    """Return the number of the anchor that each fix belongs to, -1 for none.

    What a route rests on: each stand, and of other fixes those that lie apart from the one before.
    A stand is the longest run of fixes within `STAND_M` of its first that lasts `STAND_S`
    (Li et al. 2008, Mining user similarity based on location history, algorithm of stay points).
    """
    where, at = (xy[:, 0] + 1j * xy[:, 1]).tolist(), at_s.tolist()
    found = np.full(len(where), -1)
    number, first, last = 0, 0, -1
    while first < len(where):
        after = first + 1
        while after < len(where) and abs(where[after] - where[first]) <= STAND_M:
            if piece[after] != piece[first]:
                break
            after += 1
        stood = at[after - 1] - at[first] >= STAND_S
        new = last < 0 or piece[first] != piece[last] or abs(where[first] - where[last]) >= apart
        end = after if stood else first + 1
        if stood or new:
            found[first:end] = number
            number += 1
            last = -1 if stood else first
        first = end
    return found
