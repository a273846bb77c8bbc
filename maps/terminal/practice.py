"""Nights of practice: what plans meet in made-up seasons, and when counting tells them apart."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from geo.paired import SURE, Paired
from geo.practice import Drill
from maps.words.catalogue import percent
from maps.words.columns import Columns

MADE_UP: Final = (
    "PRACTICE: everything here is made up at random. "
    "It says nothing of any real night."
)
MOST_GROUPS: Final = 100_000
"""More groups a night are too many to play with."""


def night(nights: Sequence[Drill]) -> list[str | Columns]:
    """Return what a plan met in the last of some made-up nights, and the score of all so far."""
    last = nights[-1]
    rows = last.stops.astype({"minutes": int, "met": int})
    meetings = sum(drill.met for drill in nights)
    passed = sum(drill.passed for drill in nights)
    share = percent(meetings / max(1, passed))
    return [
        MADE_UP,
        Columns.of(
            [*rows.columns], rows.itertuples(index=False), f"Night {last.night}"
        ),
        "",
        f"Met in night {last.night}: {last.met} of {last.passed} groups that were on the way.",
        f"Score of {len(nights)} nights: {meetings} of {passed} groups, {share} in 100. "
        "Another plan meets the same groups: --against PLAN.",
    ]


def both(
    one: Sequence[Drill], other: Sequence[Drill], paired: Paired, seed: int
) -> list[str | Columns]:
    """Return two plans beside each other: as counted in one season, and as expected in many.

    Parameters
    ----------
    one, other : sequence of Drill
        The nights of each plan in the season of the seed.
    paired : geo.paired.Paired
        Of the same two plans.
    seed : int
    """
    counted = [sum(drill.met for drill in drills) for drills in (one, other)]
    here, mean = paired.expected.loc[seed], paired.expected.mean()
    difference, low, high = paired.interval()
    ahead = float(np.mean(paired.more > 0))
    nights, seasons = paired.nights, len(paired.expected)
    rows = [
        (name, counted[n], f"{here.iloc[n]:.1f}", f"{mean.iloc[n]:.1f}")
        for n, name in enumerate(("the plan", "the other"))
    ]
    head = (
        "groups met",
        f"counted, season {seed}",
        f"expected, season {seed}",
        f"expected, {seasons} seasons",
    )
    title = f"{nights} nights, {paired.groups_per_night:g} groups a night"
    return [
        MADE_UP,
        Columns.of(head, rows, title),
        "",
        "Expected: over all walks of a season, without the luck of single groups; both plans have "
        "the same seasons.",
        f"Over {seasons} seasons the other is expected to meet {abs(difference):.2f} groups "
        f"{'more' if difference > 0 else 'fewer'} (95 % interval of the mean: {low:+.2f} to "
        f"{high:+.2f}); it is ahead in {percent(ahead)} of 100 seasons.",
        *_apart(paired, seed),
    ]


def _apart(paired: Paired, seed: int) -> list[str]:
    """Return how often counting tells the plans apart, and with how many groups it would."""
    needed = paired.groups_to_tell(seed)
    nights = paired.nights
    if needed > MOST_GROUPS:
        return [
            f"In season {seed} both are expected to meet as many: counting never tells them apart."
        ]
    groups = int(np.ceil(needed / 10) * 10)
    told = (
        f"Who counts {nights} nights of season {seed} sees the better plan ahead in "
        f"{percent(paired.counted(seed))} of 100 plays"
    )
    if groups <= paired.groups_per_night:
        return [
            f"{told}: this is a season in which the plans can be told apart."
        ]
    return [
        f"{told}. With --groups {groups} counting tells them apart in {SURE:.0%} of them."
    ]
