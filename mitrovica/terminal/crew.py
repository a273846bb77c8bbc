"""Which languages patrols are likely to hear and who speaks them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.params.patrols import Person, Team
from maps.words.catalogue import MONTHLY, known, percent, word
from maps.words.text_tables import Columns
from mitrovica.brief.crews import by_telephone, duties
from mitrovica.brief.languages import Expected

HEAD: Final = (
    "night",
    "shift",
    "vehicle",
    "drives",
    "on board too",
    "on the telephone",
    "understood",
)
DUTY: Final = (
    "who",
    "patrols",
    "drives",
    "hours",
    "most in 7 nights",
    "shortest rest, h",
    "nights off",
)
_LIKELY: Final = 4
"""Languages that are named."""


def lines(found: Expected, assigned: pd.DataFrame, team: Team) -> list[str | Columns]:
    """Return the likely languages, who rides with each patrol, and what that asks of each person.

    `assigned` is as from `mitrovica.brief.crews.crews_of`.
    """
    people, shares = team.people, found.of(assigned["shift"].unique())
    whole = np.average(
        assigned["understood"], weights=assigned["need"].clip(lower=1e-9)
    )
    language, by_phone = by_telephone(assigned, team, shares)
    undriven = int(assigned["driver"].isna().sum())
    hours = duties(assigned, people)
    idle = hours.index[hours["patrols"] == 0]
    return [
        "INTERNAL: it says who works when. It is printed here only, in no file of a plan.",
        *_likely(found, shares),
        Columns.of(HEAD, [_patrol(people, row) for row in assigned.to_dict("records")]),
        f"All groups, by the need that each patrol serves: {percent(whole)} in 100.",
        f"First of all a line on the telephone: with {_language(language)}, {percent(by_phone)} in "
        "100 would be understood.",
        Columns.of(DUTY, [_duty(people, n, row) for n, row in hours.iterrows()]),
        f"At most {team.duty.week_h:g} hours in any 7 nights, {team.duty.rest_h:g} hours of rest, "
        f"{team.duty.nights_off} of 7 nights off; nobody rides twice a night.",
        *([] if not undriven else [_undriven(undriven)]),
        f"With no patrol: {_named(people, idle)}. They drive none, and add no language where they "
        "may serve, which is on the bank of every stop of a patrol.",
    ]


def _likely(found: Expected, shares: pd.DataFrame) -> list[str]:
    """Return on what the languages rest, and the likely ones of each shift."""
    basis = f"as {found.groups} groups in the log named them, by the months in which a shift met"
    if found.rests_on == "origins":
        basis = (
            "assumed from the report's countries of origin for all shifts alike, since too few "
            f"groups named one ({found.groups} in the log)"
        )
    lines = [f"Languages {basis}."]
    for shift, by_language in shares.round(2).drop_duplicates().iterrows():
        first = by_language.sort_values(ascending=False).head(_LIKELY)
        named = ", ".join(
            f"{_language(g)} {percent(share)} %" for g, share in first.items()
        )
        of_shift = "" if found.by_shift.empty else f", {shift}"
        lines.append(f"Likely languages{of_shift}: {named}")
    return lines


def _patrol(people: Sequence[Person], row: dict[Any, Any]) -> tuple[Any, ...]:
    nobody = pd.isna(row["driver"])
    others = [number for number in row["riders"] if nobody or number != row["driver"]]
    return (
        row["night"],
        row["shift"],
        row["vehicle"],
        "NOBODY" if nobody else _named(people, [row["driver"]]),
        _named(people, others),
        _named(people, row["phone"]),
        f"{percent(row['understood'])} in 100",
    )


def _duty(people: Sequence[Person], number: Any, row: pd.Series) -> tuple[Any, ...]:
    rest = "" if pd.isna(row["rest_h"]) else f"{row['rest_h']:.0f}"
    return (
        _named(people, [number]),
        row["patrols"],
        row["driven"],
        f"{row['hours']:.0f}",
        f"{row['week_h']:.0f}",
        rest,
        row["nights_off"],
    )


def _undriven(patrols: int) -> str:
    return (
        f"NOBODY DRIVES {patrols} of the patrols: too few drive, or rest and hours allow no more. "
        "Fix: a driver more in people.toml, drives = true where somebody may, or fewer patrols"
    )


def _named(people: Sequence[Person], who: Iterable[int]) -> str:
    """Return roles and languages, with a number where several have the role."""
    roles = [person.role for person in people]
    named = []
    for n in who:
        role = roles[n].replace("_", " ")
        number = (
            f" {roles[: n + 1].count(roles[n])}" if roles.count(roles[n]) > 1 else ""
        )
        spoken = ", ".join(map(_language, people[n].languages))
        named.append(f"{role}{number} ({spoken})")
    return "; ".join(named) or "nobody"


def _language(code: object) -> str:
    key = f"{MONTHLY}lang.{code}"
    return word(key, "en") if known(key) else str(code)
