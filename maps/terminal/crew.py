"""Which languages patrols are likely to hear and who speaks them; nights of practice."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from geo.brief.languages import Expected
from geo.params.patrols import Person
from geo.practice import Drill
from maps.terminal.console import Columns
from maps.words.catalogue import MONTHLY, known, percent, word

HEAD: Final = (
    "night",
    "shift",
    "vehicle",
    "on board",
    "on the telephone",
    "understood",
)
_LIKELY: Final = 4
"""Languages that are named."""


def lines(
    found: Expected,
    assigned: pd.DataFrame,
    kept: pd.DataFrame,
    people: Sequence[Person],
) -> list[str | Columns]:
    """Return the likely languages, and for each patrol who rides along and how many they reach.

    `assigned` and `kept` are as from `geo.brief.languages.crews_of` and `kept_to_a_bank`.
    """
    basis = f"as {found.groups} groups in the log named them, by the months in which a shift met"
    if found.rests_on == "origins":
        basis = (
            "assumed from the report's countries of origin for all shifts alike, since too few "
            f"groups named one ({found.groups} in the log)"
        )
    shares = found.of(assigned["shift"].unique()).round(2).drop_duplicates().iterrows()
    likely = [
        f"Likely languages{'' if found.by_shift.empty else f', {shift}'}: "
        + ", ".join(
            f"{_language(one)} {percent(share)} %"
            for one, share in own.sort_values(ascending=False).head(_LIKELY).items()
        )
        for shift, own in shares
    ]
    rows = [
        (
            trip["night"],
            trip["shift"],
            trip["vehicle"],
            _named(people, trip["riders"]),
            _named(people, trip["phone"]),
            f"{percent(trip['understood'])} in 100",
        )
        for trip in assigned.to_dict("records")
    ]
    whole = np.average(
        assigned["understood"], weights=assigned["need"].clip(lower=1e-9)
    )
    nowhere = {*range(len(people))} - {
        *assigned["riders"].explode(),
        *assigned["phone"].explode(),
    }
    return [
        "INTERNAL: it says who works when. It is printed here only, in no file of a plan.",
        f"Languages {basis}.",
        *likely,
        Columns.of(HEAD, rows),
        f"All groups, by the need that each patrol serves: {percent(whole)} in 100.",
        f"With no patrol: {_named(people, nowhere)}. They add no language where they may serve, "
        "which is on the bank of every stop of a patrol.",
        *(
            f"If night {row['night']}, {row['shift']}, vehicle {row['vehicle']} kept to the "
            f"{row['bank']} (without {', '.join(row['names'])}: {percent(row['lost'])} in 100 of "
            f"its need), {percent(row['understood'])} in 100 of all groups would be understood, "
            f"not {percent(row['before'])}. Weigh it: water and first aid need no language."
            for row in kept.to_dict("records")
        ),
    ]


def practice(nights: Sequence[Drill]) -> list[str | Columns]:
    """Return what a plan met in the last of some made-up nights, and the score of all so far."""
    night, rows = nights[-1], nights[-1].stops.astype({"minutes": int, "met": int})
    met, passed = sum(one.met for one in nights), sum(one.passed for one in nights)
    return [
        "PRACTICE: everything here is made up at random. It says nothing of any real night.",
        Columns.of(
            [*rows.columns], rows.itertuples(index=False), f"Night {night.night}"
        ),
        "",
        f"Met in night {night.night}: {night.met} of {night.passed} groups that were on the way.",
        f"Score of {len(nights)} nights: {met} of {passed} groups, {percent(met / max(1, passed))} "
        "in 100. Another plan meets the same groups: change the plan, and play the same seed.",
    ]


def _named(people: Sequence[Person], who: Iterable[int]) -> str:
    named = (
        f"{people[p].role.replace('_', ' ')} ({', '.join(map(_language, people[p].languages))})"
        for p in who
    )
    return "; ".join(named) or "nobody"


def _language(code: object) -> str:
    key = f"{MONTHLY}lang.{code}"
    return word(key, "en") if known(key) else str(code)
