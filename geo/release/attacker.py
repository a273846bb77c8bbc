"""An attacker who has the files of a release, the public map and the code, and looks for groups.

The attacker bets on a few places of every source of evidence: a layer, a column of figures, a
raster, pairs of numbers in a text; on the heaviest first.  How many bets are won is compared with
the same attack on the files of a twin (`geo.release.twin`), which know the cells only.  Bets that
are equal for both tell nothing beyond the cells, whatever they rest on: no sampling error stands
between.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.special import betaincinv

from geo.arrays import Bools, Floats

CONFIDENCE: Final = 0.95
BETS: Final = 5
"""Places that the attacker bets on, of one source."""
SAME_M: Final = 2.0
"""A place this near to one of the public map is taken for that place."""


@dataclass(frozen=True)
class Evidence:
    """Places that stand in a release, or follow from it."""

    source: str
    """The file, and what of it."""
    xy: Floats
    """(n, 2), metres."""
    weight: Floats
    """(n,), what the release says of each: the more, the likelier that a group is there."""
    link: str = ""
    """Month, day or size class that the release says of these places."""


Bets = Mapping[tuple[str, str], Floats]
"""Places by source of evidence and link."""


def attack(
    evidence: Iterable[Evidence], public: Floats, radius_m: float
) -> Bets:
    """Return the places that the attacker bets on: at most `BETS` of each source.

    The heaviest come first.  No two lie within `radius_m` of each other, where one does for both.
    All lie in the region of the public map, (n, 2) with n of at least 1, and none is a place of it.

    Parameters
    ----------
    evidence : iterable of Evidence
        What a folder tells of places.
    public : (n, 2) float array, metres
        Points of the public map.
    radius_m : float, metres
        Within which two bets are one.

    Returns
    -------
    mapping of (str, str) to float array, metres
        Places, (k, 2), by source.
    """
    public_places = cKDTree(public)
    low = public.min(axis=0)
    high = public.max(axis=0)
    bets = {}
    for evidence_of_source in evidence:
        xy = evidence_of_source.xy[
            np.argsort(-evidence_of_source.weight, kind="stable")
        ]
        xy = xy[((xy >= low) & (xy <= high)).all(axis=1)]
        is_new = (
            public_places.query(xy, distance_upper_bound=SAME_M)[0] > SAME_M
        )
        bets[evidence_of_source.source, evidence_of_source.link] = _apart(
            xy[is_new], radius_m
        )
    return bets


def gain(
    bets: Bets, of_twin: Bets, truth: Callable[[str], Floats], radius_m: float
) -> pd.DataFrame:
    """Return how much more often bets are won than on the files of a twin, by source and link.

    Parameters
    ----------
    bets, of_twin : mapping
        From `attack`, on a release and on that of a twin.
    truth : callable
        Gives, of a link, where the groups were reported of which it is true, (k, 2) in metres; of
        an empty link, all groups.
    radius_m : float
        A bet is won if such a group lies within this distance.

    Returns
    -------
    pandas.DataFrame
        ``bets``, their number; ``success`` and ``success_twin``, shares of them; ``gain_high``, how
        far the upper 95 % bound of ``success`` (Clopper and Pearson 1934) exceeds
        ``success_twin``, 0 where the bets are the same.
    """
    rows = {}
    for (source, link), places in bets.items():
        other = of_twin.get((source, link), np.zeros((0, 2)))
        groups = cKDTree(truth(link).reshape(-1, 2))
        won = _within(groups, places, radius_m)
        won_on_twin = _within(groups, other, radius_m)
        n = len(won)
        wins = int(won.sum())
        chance = float(won_on_twin.mean()) if len(other) else 0.0
        is_same = not n or np.array_equal(places, other)
        rows[source, link] = {
            "bets": n,
            "success": wins / n if n else 0.0,
            "success_twin": chance,
            "gain_high": 0.0 if is_same else _upper(wins, n) - chance,
        }
    names = ["bets", "success", "success_twin", "gain_high"]
    index = pd.MultiIndex.from_tuples(rows, names=["source", "link"])
    table = pd.DataFrame(rows.values(), index, names, dtype=float)
    return table.sort_values(
        ["gain_high", "success", "bets"], ascending=False, kind="stable"
    )


def _upper(wins: int, bets: int) -> float:
    """Return the upper bound of the share of bets that are won."""
    if wins == bets:
        return 1.0
    return float(betaincinv(wins + 1, bets - wins, CONFIDENCE))


def _within(groups: cKDTree, places: Floats, radius_m: float) -> Bools:
    """Mark the places within a radius of a group."""
    away_m, _ = groups.query(places)
    return np.atleast_1d(away_m <= radius_m)


def _apart(xy: Floats, radius_m: float) -> Floats:
    """Return the first `BETS` places, no two within a radius of each other."""
    chosen: list[int] = []
    free = np.ones(len(xy), dtype=bool)
    while free.any() and len(chosen) < BETS:
        chosen.append(int(free.argmax()))
        free &= np.hypot(*(xy - xy[chosen[-1]]).T) > radius_m
    return xy[chosen]
