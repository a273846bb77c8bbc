"""Which languages patrols are likely to hear and who speaks them; nights of practice."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from geo.brief.exercise import Night
from geo.brief.languages import Expected
from geo.params.people import Person
from maps.terminal.grid import Grid
from maps.words.catalogue import MONTHLY, known, percent, word

HEAD: Final = ("night", "shift", "vehicle", "on board", "on the telephone", "understood")
_LIKELY: Final = 4
"""Languages that are named."""


def lines(found: Expected, assigned: pd.DataFrame, people: Sequence[Person]) -> list[str | Grid]:
    """Return the likely languages, and for each patrol who rides along and how many they reach.

    `assigned` is as from `geo.brief.languages.crews_of`.
    """
    shares = found.shares.head(_LIKELY).items()
    likely = ", ".join(f"{_language(one)} {percent(share)} %" for one, share in shares)
    basis = "as groups in the log named them"
    if found.rests_on == "origins":
        basis = "assumed from the report's countries of origin, since too few groups named one"
    rows = [
        (night, shift, vehicle, _said(people, riders), _said(people, phone),
         f"{percent(understood)} in 100")
        for night, shift, vehicle, _, riders, phone, understood in assigned.itertuples(index=False)
    ]  # fmt: skip
    nowhere = {*range(len(people))} - {*assigned["riders"].explode(), *assigned["phone"].explode()}
    return [
        "INTERNAL: it says who works when. It is printed here only, in no file of a plan.",
        f"Likely languages, {basis} ({found.groups} in the log): {likely}.",
        "Every shift is expected to meet the same: the log ties no language to an hour or a place.",
        Grid.of(HEAD, rows),
        f"With no patrol: {_said(people, nowhere)}. They add no language where they may serve, "
        "which is on the bank of every stop of a patrol.",
    ]


def practice(nights: Sequence[Night]) -> list[str | Grid]:
    """Return what a plan met in the last of some made-up nights, and the score of all so far."""
    night, rows = nights[-1], nights[-1].stops.astype({"minutes": int, "met": int})
    table = Grid.of([*rows.columns], rows.itertuples(index=False))
    met, passed = sum(one.met for one in nights), sum(one.passed for one in nights)
    return [
        "PRACTICE: everything here is made up at random. It says nothing of any real night.",
        replace(table, title=f"Night {night.night}"),
        "",
        f"Met in night {night.night}: {night.met} of {night.passed} groups that were on the way.",
        f"Score of {len(nights)} nights: {met} of {passed} groups, {percent(met / max(1, passed))} "
        "in 100. Another plan meets the same groups: change the plan, and play the same seed.",
    ]


def _said(people: Sequence[Person], who: Iterable[int]) -> str:
    named = (
        f"{people[p].role.replace('_', ' ')} ({', '.join(map(_language, people[p].languages))})"
        for p in who
    )
    return "; ".join(named) or "nobody"


def _language(code: object) -> str:
    key = f"{MONTHLY}lang.{code}"
    return word(key, "en") if known(key) else str(code)
