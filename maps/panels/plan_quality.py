"""How good the plan is: its nights and measures, what more would add, what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.patrols import repeats
from geo.patrols.nights import by_night, night_of
from geo.results import Patrols
from geo.schema import PLANS
from maps.panels.timetable import Patrol
from maps.words import quantities
from maps.words.catalogue import (
    known,
    listed,
    number,
    percent,
    short_day,
    word,
    written,
)
from maps.words.names import PlaceNames, patrol_name, shift_name
from maps.words.phrases import Phrase, of_count, of_word, phrase

ROWS: Final[Mapping[str, Callable[[float], str]]] = MappingProxyType(
    {
        "need_share": quantities.share,
        "more_share": quantities.share_at_most,
        **dict.fromkeys(
            ("need_late", "worth_share", "advised_share"), quantities.share
        ),
        **dict.fromkeys(("explored_share", "exploration_short"), quantities.share),
        "stops": "{:g}".format,
        **dict.fromkeys(("driving_min", "stopping_min"), quantities.minutes),
        **dict.fromkeys(("waiting_min", "break_min"), quantities.minutes),
        "driven_km": quantities.kilometres,
    }
)
"""Columns of table `PATROL_MEASURES` in the order in which they are read, and how each is said."""

NOTHING: Final = "–"


class Measures(NamedTuple):
    """What a night does: each measure, with a figure for the whole night and for each shift."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


class LeftOut(NamedTuple):
    """A stop that no patrol visits."""

    stop: str
    name: Phrase
    why: Phrase
    admits: Phrase


def measures(patrols: Patrols) -> Measures | None:
    """Return what the plan of a night does; None where nothing was measured."""
    table = _proposed(patrols)
    if table.empty:
        return None
    rows = [
        (
            f"measure.{column}",
            tuple(NOTHING if pd.isna(v) else in_words(v) for v in table[column]),
        )
        for column, in_words in ROWS.items()
        if (table[column].fillna(0) != 0).any()
    ]
    if table["need_low"].notna().any():
        low_high = zip(table["need_low"], table["need_high"], strict=True)
        rows.insert(1, ("measure.range", tuple(_range(*pair) for pair in low_high)))
    columns = ("whole_night" if pd.isna(s) else _shift(str(s)) for s in table["shift"])
    return Measures(tuple(columns), tuple(rows))


def briefly(patrols: Patrols) -> list[Phrase]:
    """Return what each shift of a night does, in a line."""
    return [
        of_word(
            f"brief.of.{row['shift']}",
            "plan.brief",
            shift=_shift(row["shift"]),
            share=percent(row["need_share"]),
            stops=of_count("stops", "stops", int(row["stops"])),
            km=quantities.figure(row["driven_km"]),
        )
        for row in _proposed(patrols).dropna(subset="shift").to_dict("records")
    ]


def beyond(patrols: Patrols) -> list[Phrase]:
    """Return what no stop reaches: of all need, with the place that would, and which hotspots."""
    rows = {
        what: own.to_dict("records") for what, own in patrols.beyond.groupby("what")
    }
    lines = []
    if any(percent(row["need_share"]) != percent(0.0) for row in rows.get("need", [])):
        share = percent(rows["need"][0]["need_share"])
        lost = of_word("plan.beyond.share", "plan.beyond", share=share)
        lines.append(_with_proposal(lost, rows.get("proposed", [])))
    hotspots = rows.get("hotspot", [])
    if hotspots:
        # Several may be named by the same place: the number is that on the map.
        named = [f"{one['id']} ({one['name']})" for one in hotspots]
        names = phrase(
            "plan.hotspots_beyond.names",
            lambda language: listed(
                [written(name, language) for name in named], language
            ),
        )
        metres = quantities.figure(hotspots[0]["reach_m"])
        key = "plan.hotspots_beyond"
        lines.append(of_word(f"{key}.all", key, metres=metres, names=names))
    return lines


def _called(place: dict[Hashable, Any], language: str) -> str:
    """Return the name of a proposed place, or what kind of place it is."""
    if not pd.isna(place["name"]):
        return written(place["name"], language)
    key = f"facility.{place['kind']}"
    return word(key, language) if known(key) else str(place["kind"])


def why_so(patrols: Patrols) -> list[Phrase]:
    """Return which patrols drive out for one stop, whether all nights are alike, and why."""
    left = repeats.usable_left_out(patrols)
    why = of_word("plan.why.none", "plan.why.all")
    if left:
        why = of_count("plan.why.n", "plan.why.left", left)
    lines = [
        of_word(
            f"plan.lone.{row['shift']}.{row['vehicle']}.{row['stop']}",
            "plan.lone",
            patrol=phrase("", partial(patrol_name, row["shift"], row["vehicle"])),
            stop=phrase("", partial(written, row["name"])),
            km=phrase("", partial(number, row["drive_m"] / 1000, digits=1)),
            why=why,
        )
        for row in repeats.lone_stops(patrols).to_dict("records")
    ]
    if repeats.are_alike(patrols):
        n = str(patrols.stops["night"].nunique())
        lines.append(of_word("plan.alike.all", "plan.alike", n=n, why=why))
    return lines


def _with_proposal(lost: Phrase, proposed: list[dict[Hashable, Any]]) -> Phrase:
    """Return what share is lost, and which public place would reach most of it."""
    if not proposed:
        return of_word("plan.none_proposed.all", "plan.none_proposed", beyond=lost)
    place = proposed[0]
    return of_word(
        "plan.proposed.first",
        "plan.proposed",
        beyond=lost,
        place=phrase("plan.proposed.place", partial(_called, place)),
        id=place["id"],
        share=percent(place["need_share"]),
    )


def beside(patrols: Patrols) -> list[Phrase]:
    """Return what the night is worth beside simpler ways to plan it; nothing where unknown."""
    whole = patrols.measures[patrols.measures["shift"].isna()]
    shares = {
        plan: percent(v) for plan, v in whole.set_index("plan")["worth_share"].items()
    }
    if not set(PLANS) <= set(shares):
        return []
    return [
        of_word(
            "plan.of.night", "plan.beside", **{str(k): v for k, v in shares.items()}
        )
    ]


def _proposed(patrols: Patrols) -> pd.DataFrame:
    """Return the measures of the plan: of the whole night first, then of each shift."""
    table = patrols.measures[patrols.measures["plan"] == PLANS[0]]
    return table.sort_values("shift", key=pd.notna, kind="stable")


def _shift(shift: str) -> Phrase:
    return phrase(f"shift.of.{shift}", partial(shift_name, shift))


def _range(low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return NOTHING
    n = f"{percent(low)}–{percent(high)}"
    return of_word(f"percent.{n}", "percent", n=n)


def trade_off(table: pd.DataFrame) -> Phrase | None:
    """Return what one hour more and one vehicle more would cover.

    In table `TRADE_OFF` the night as planned is first.  None where there is nothing to compare.
    """
    if len(table) < 2:
        return None
    planned = table.iloc[0]
    fleet, later = table["vehicles"] - planned["vehicles"], table["more_hours"]
    adds = table["need_share"].map(percent) != percent(planned["need_share"])
    shares = [
        ("planned", planned["need_share"]),
        *(
            ("hour", n)
            for n in table.loc[adds & (fleet == 0) & (later == 1), "need_share"]
        ),
        *(
            ("vehicle", n)
            for n in table.loc[adds & (fleet == 1) & (later == 0), "need_share"]
        ),
    ]

    def text(language: str) -> str:
        options = (
            word(f"more.{n}", language, share=percent(value)) for n, value in shares
        )
        return word("more.sentence", language, options=", ".join(options))

    return phrase("more.of.night", text)


def left_out(patrols: Patrols, names: PlaceNames) -> list[LeftOut]:
    """Return the stops that no patrol visits, with the reason and what would admit each.

    First come those that a small change would admit.
    """

    def text_of(value: Any, as_text: Callable[[Any], str]) -> str:
        return NOTHING if pd.isna(value) else as_text(value)

    rows = patrols.left_out.to_dict("records")
    return [
        LeftOut(
            row["stop"],
            names[row["stop"]],
            of_word(
                f"left.of.{row['stop']}",
                f"left.{row['reason']}",
                metres=text_of(row["detail_m"], quantities.figure),
                minutes=text_of(row["round_trip_s"] / 60, quantities.figure),
                place=text_of(row["served_at"], names.__getitem__),
                shift=text_of(row["served_shift"], _shift),
            ),
            of_word(
                f"admit.of.{row['stop']}",
                f"admit.{text_of(row['admits'], str).replace(NOTHING, 'nothing')}",
                shift=text_of(row["admit_shift"], _shift),
                minutes=text_of(row["admit_min"], quantities.figure),
            ),
        )
        for row in sorted(
            rows, key=lambda row: pd.isna(row["admits"]) or row["admits"] == "nothing"
        )
    ]


class NightPage(NamedTuple):
    """One night."""

    number: int
    title: Phrase
    """The day on which it begins, or its number where that is not known."""
    patrols: tuple[Patrol, ...]
    brief: tuple[Phrase, ...]
    """What each shift does, in a line."""
    measures: Measures | None
    """The same in figures; None where nothing was measured."""

    def for_crew(self) -> NightPage:
        """Return the night without what it achieves: those are shares of need."""
        return self._replace(brief=(), measures=None)


def nights(timetables: Sequence[Patrol], proposed: Patrols) -> list[NightPage]:
    """Return the nights of a plan in order.

    The timetables are those of the proposed patrols, by night.
    """
    days = [day for day, _ in by_night(proposed.stops)]
    by_number = groupby(timetables, lambda patrol: patrol.night)
    found = []
    for (n, patrols), day in zip(by_number, days, strict=True):
        name = of_word(f"night.of.{n}", "night.number", n=n)
        title = name if day is None else phrase(name, partial(short_day, day))
        own = proposed if len(days) == 1 else night_of(proposed, n)
        said = (
            *briefly(own),
            *beyond(own),
            *why_so(replace(own, stops=proposed.stops)),
        )
        lines = [Phrase(f"{one}.{n}", one.forms) for one in said]
        lines += [of_word("brief.whole", "plan.whole")] if lines else []
        found.append(NightPage(n, title, tuple(patrols), tuple(lines), measures(own)))
    return found
