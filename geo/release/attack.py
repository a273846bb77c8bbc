"""An attacker who has the files of a release, the network and the code, and looks for groups.

Of every source of evidence, a layer, a column of figures, a raster, pairs of numbers in a text, the
attacker bets on a few places, the heaviest first.  How many bets are won is compared with the same
attack on the files of a twin (`geo.release.twins`), which know the cells only.  Bets that are equal
for both tell nothing beyond the cells, whatever they rest on: no sampling error stands between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import beta

from geo.arrays import Bools, Floats

CONFIDENCE: Final = 0.95
BETS: Final = 5
"""Places that the attacker bets on, of one source."""
MOST: Final = 20_000
"""Heaviest places of one source of evidence among which the attacker chooses."""
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


def attack(evidence: Iterable[Evidence], public: Floats, radius_m: float) -> dict[str, Floats]:
    """Return the places that the attacker bets on, by source of evidence: at most `BETS` of each.

    The heaviest come first.  No two lie within `radius_m` of each other, where one does for both.
    All lie in the region of the public map, (n, 2) with n of at least 1, and none is a place of it.
    """
    known, low, high = cKDTree(public), public.min(axis=0), public.max(axis=0)
    bets = {}
    for each in evidence:
        order = np.argsort(-each.weight, kind="stable")
        xy = each.xy[order]
        xy = xy[((xy >= low) & (xy <= high)).all(axis=1)][:MOST]
        if len(xy):
            xy = xy[known.query(xy, distance_upper_bound=SAME_M)[0] > SAME_M]
        bets[each.source] = _apart(xy, radius_m)
    return bets


def gain(
    bets: Mapping[str, Floats], of_twin: Mapping[str, Floats], truth: Floats, radius_m: float
) -> pd.DataFrame:
    """Return how much more often bets are won than on the files of a twin, by source.

    Parameters
    ----------
    bets, of_twin : mapping of str to (n, 2) array
        From `attack`, on the release and on its twin.
    truth : (k, 2) array
        Where the groups were reported.
    radius_m : float
        A bet is won if a group lies so near.

    Returns
    -------
    pandas.DataFrame
        Index: source of evidence.  ``bets``, their number; ``success`` and ``success_twin``, shares
        of them; ``gain``, the difference; ``gain_high``, the same with the upper 95 % bound of
        ``success`` (Clopper and Pearson 1934), 0 where the bets are the same.
    """
    rows = {}
    for source, places in bets.items():
        other = of_twin.get(source, np.zeros((0, 2)))
        won, before = _won(truth, places, radius_m), _won(truth, other, radius_m)
        n, wins, chance = len(won), int(won.sum()), float(before.mean()) if len(before) else 0.0
        same = np.array_equal(places, other) or not n
        success = wins / n if n else 0.0
        high = 1.0 if wins == n else float(beta.ppf(CONFIDENCE, wins + 1, n - wins))
        rows[source] = (n, success, chance, success - chance, 0.0 if same else high - chance)
    names = ["bets", "success", "success_twin", "gain", "gain_high"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=float)
    order = ["gain_high", "success", "bets"]
    return table.sort_values(order, ascending=False, kind="stable").rename_axis("source")


def _apart(xy: Floats, radius_m: float) -> Floats:
    """Return the first `BETS` places of which no two lie within a radius."""
    chosen: list[int] = []
    if len(xy):
        free, tree = np.ones(len(xy), dtype=bool), cKDTree(xy)
        for k in range(len(xy)):
            if free[k] and len(chosen) < BETS:
                chosen.append(k)
                free[tree.query_ball_point(xy[k], radius_m)] = False
    return xy[chosen]


def _won(truth: Floats, places: Floats, radius_m: float) -> Bools:
    if not len(places) or not len(truth):
        return np.zeros(len(places), dtype=bool)
    return np.asarray(cKDTree(truth).query(places)[0] <= radius_m)
