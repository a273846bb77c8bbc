"""How good the plan is: its nights and measures, what more would add, what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.params import NeedParams
from geo.patrols import repeats
from geo.patrols.nights import by_night, night_of
from geo.patrols.reach import LITTLE
from geo.results import Patrols
from geo.schema import PLANS
from maps.overlays import need_layers as need_of_stops
from maps.panels.patrol_panel import Patrol
from maps.words import phrased_numbers
from maps.words.catalogue import known, percent, short_day
from maps.words.names import PlaceNames, patrol_name, shift_name, signed
from maps.words.phrases import Joined, Phrase, Text, listed, same

ROWS: Final[Mapping[str, Callable[[float], str]]] = MappingProxyType(
    {
        "need_share": phrased_numbers.share,
        "need_late": phrased_numbers.share,
        "worth_share": phrased_numbers.share,
        "advised_share": phrased_numbers.share,
        "explored_share": phrased_numbers.share,
        "exploration_short": phrased_numbers.share,
        "stops": "{:g}".format,
        "driving_min": phrased_numbers.minutes,
        "stopping_min": phrased_numbers.minutes,
        "waiting_min": phrased_numbers.minutes,
        "break_min": phrased_numbers.minutes,
        "driven_km": phrased_numbers.kilometres,
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
    away_h: Text | None
    """Hours of the drive there and back; None where it is not known."""


class Option(NamedTuple):
    """What a night covers with so many vehicles and hours."""

    kind: str
    """``planned``, or with one ``hour`` or one ``vehicle`` more."""
    share: float

    @property
    def told(self) -> Phrase:
        """The share in words."""
        return Phrase(f"more.{self.kind}", share=percent(self.share))


MORE: Final = MappingProxyType({(0, 0): "planned", (0, 1): "hour", (1, 0): "vehicle"})
"""Kinds of `Option` that are told, by vehicles and hours more."""

ByChange = dict[Phrase, dict[Phrase, list[LeftOut]]]


class Waiting(NamedTuple):
    """An announced stop that no crew makes near its hour."""

    name: Phrase
    announced: str
    now: Phrase
    """When a crew comes instead, or that none does."""


class RestOfNight(NamedTuple):
    """What is said where a night has begun."""

    since: Phrase
    waiting: tuple[Waiting, ...]


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
        return self._replace(
            patrols=tuple(patrol.for_crew() for patrol in self.patrols),
            brief=(),
            measures=None,
        )


class Quality(NamedTuple):
    """How good a plan is."""

    nights: list[NightPage]
    covered: list[Phrase]
    """What each shift of a night does."""
    unserved: list[Phrase]
    """What no stop reaches; why a patrol makes one stop, or all nights are alike."""
    options: list[Option]
    """The night as planned, then with an hour or a vehicle more; none where nothing is compared."""
    trade_off: Phrase | None
    """The same in a sentence; None where nothing is compared."""
    beside: dict[int, list[Phrase]]
    """What each night is worth beside simpler ways to plan it."""
    left_out: list[LeftOut]
    """The stops that no patrol visits."""
    rest: RestOfNight | None = None
    """From when on a night that has begun is planned, and whom to tell; None of whole nights."""

    def left_out_by_change(self) -> ByChange:
        """Return the stops that no patrol visits, by what would admit them, then by why."""
        by_change: ByChange = {}
        for stop in self.left_out:
            by_reason = by_change.setdefault(stop.admits, {})
            by_reason.setdefault(stop.why, []).append(stop)
        return by_change

    def for_crew(self) -> Quality:
        """Return the nights alone, without what they achieve."""
        nights = [night.for_crew() for night in self.nights]
        return Quality(nights, [], [], [], None, {}, [], self.rest)


def quality(
    timetables: Sequence[Patrol],
    proposed: Patrols,
    names: PlaceNames,
    *,
    few: bool = False,
) -> Quality:
    """Return how good a plan is.

    Parameters
    ----------
    timetables : sequence of maps.panels.patrol_panel.Patrol
        Of the proposed patrols, by night.
    proposed : geo.results.Patrols
    names : mapping of str to Phrase
        Names of places, facilities and stops, by id.
    few : bool
        Whether the need rests on few reports and no visit.
    """
    days = [day for day, _ in by_night(proposed.stops)]
    patrols = {
        n: tuple(rows) for n, rows in groupby(timetables, lambda patrol: patrol.night)
    }
    plans = [proposed] if len(days) == 1 else [night_of(proposed, n) for n in patrols]
    nights, worth, more = [], {}, options(proposed.trade_off)
    for (n, rows), plan, day in zip(patrols.items(), plans, days, strict=True):
        title = Phrase("night.number", n=n)
        if day is not None:
            title = Phrase(partial(short_day, day))
        # Whether all nights are alike is told on each.
        whole = replace(plan, stops=proposed.stops)
        lines = [*briefly(plan), *beyond(plan), *why_so(whole)]
        if lines:
            lines.append(Phrase("plan.whole"))
        nights.append(NightPage(n, title, rows, tuple(lines), measures(plan)))
        worth[n] = beside(plan)
    return Quality(
        nights=nights,
        covered=briefly(proposed),
        unserved=[
            *beyond(proposed),
            *found(proposed.stop_need, few=few),
            *why_so(proposed),
        ],
        options=more,
        trade_off=trade_off(more),
        beside=worth,
        left_out=left_out(proposed, names),
        rest=rest_of_night(proposed, names) if proposed.since else None,
    )


def rest_of_night(patrols: Patrols, names: PlaceNames) -> RestOfNight:
    """Return from when on a night that has begun is planned, and whom to tell."""
    waiting = [
        Waiting(
            names[row["stop"]],
            f"{row['arrival']}–{row['departure']}",
            Phrase("tonight.no_crew")
            if pd.isna(row["now"])
            else Phrase("tonight.now", time=row["now"]),
        )
        for row in patrols.waiting.to_dict("records")
    ]
    since = Phrase("tonight.since", time=patrols.since)
    return RestOfNight(since, tuple(waiting))


def measures(patrols: Patrols) -> Measures | None:
    """Return what the plan of a night does; None where nothing was measured."""
    table = _proposed(patrols)
    if table.empty:
        return None
    rows = []
    for column, in_words in ROWS.items():
        figures = table[column]
        if (figures.fillna(0) != 0).any():
            cells = [
                NOTHING if pd.isna(figure) else in_words(figure) for figure in figures
            ]
            rows.append((f"measure.{column}", tuple(cells)))
    if table["need_low"].notna().any():
        ranges = map(_range, table["need_low"], table["need_high"])
        rows.insert(1, ("measure.range", tuple(ranges)))
    columns = ["whole_night" if pd.isna(s) else shift_name(s) for s in table["shift"]]
    return Measures(tuple(columns), tuple(rows))


def briefly(patrols: Patrols) -> list[Phrase]:
    """Return what each shift of a night does, in a line."""
    return [
        Phrase(
            "plan.brief",
            shift=shift_name(row["shift"]),
            share=percent(row["need_share"]),
            reach=_reach(patrols),
            stops=Phrase("stops", n=int(row["stops"])),
            km=phrased_numbers.figure(row["driven_km"]),
        )
        for row in patrols.of_shifts.to_dict("records")
    ]


def _reach(patrols: Patrols) -> Phrase:
    """Return how far people walk to a stop."""
    if patrols.beyond.empty:
        return phrased_numbers.metres(NeedParams().reach_m)
    return phrased_numbers.metres(patrols.beyond["reach_m"].iloc[0])


def beyond(patrols: Patrols) -> list[Phrase]:
    """Return what no stop reaches: of all need, with the place that would, and which hotspots."""
    table = patrols.beyond
    need = table[table["what"] == "need"].to_dict("records")
    proposed = table[table["what"] == "proposed"].to_dict("records")
    hotspots = table[table["what"] == "hotspot"].to_dict("records")
    lines = []
    if any(percent(row["need_share"]) != percent(0.0) for row in need):
        lost = Phrase(
            "plan.beyond", share=percent(need[0]["need_share"]), reach=_reach(patrols)
        )
        lines.append(_with_proposal(lost, proposed))
    if hotspots:
        # Several may be named by the same place: the number is that on the map.
        names = [signed(f"{row['id']} ({row['name']})") for row in hotspots]
        metres = phrased_numbers.figure(hotspots[0]["reach_m"])
        listing = listed(names)
        lines.append(Phrase("plan.hotspots_beyond", metres=metres, names=listing))
    return lines


def _with_proposal(lost: Phrase, proposed: list[dict[Hashable, Any]]) -> Phrase:
    """Return what share is lost, and which public place would reach most of it."""
    if not proposed:
        return Phrase("plan.none_proposed", beyond=lost)
    place = proposed[0]
    kind = f"facility.{place['kind']}"
    called: Text = Phrase(kind) if known(kind) else same(str(place["kind"]))
    if not pd.isna(place["name"]):
        name = signed(place["name"])
        is_told = called("en").casefold() in name("en").casefold()
        is_plain = is_told or not known(kind)
        called = name if is_plain else Joined(" ", [called, name])
    return Phrase(
        "plan.proposed", beyond=lost, place=called, share=percent(place["need_share"])
    )


def why_so(patrols: Patrols) -> list[Phrase]:
    """Return which patrols drive out for one stop, whether all nights are alike, and why."""
    why = Phrase("plan.why.all")
    others_left = repeats.usable_left_out(patrols)
    if others_left:
        why = Phrase("plan.why.left", n=others_left)
    lines = [
        Phrase(
            "plan.lone",
            patrol=patrol_name(row["shift"], row["vehicle"]),
            stop=signed(row["name"]),
            km=phrased_numbers.figure(row["drive_m"] / 1000, 1),
            why=why,
        )
        for row in repeats.lone_stops(patrols).to_dict("records")
    ]
    if repeats.are_alike(patrols):
        n = patrols.stops["night"].nunique()
        lines.append(Phrase("plan.alike", n=n, why=why))
    return lines


def beside(patrols: Patrols) -> list[Phrase]:
    """Return what a night is worth beside simpler ways to plan it; nothing where unknown."""
    whole = patrols.measures[patrols.measures["shift"].isna()]
    shares = dict(zip(whole["plan"], whole["worth_share"].map(percent), strict=True))
    if not set(PLANS) <= set(shares):
        return []
    return [Phrase("plan.beside", **shares)]


def found(stop_need: pd.DataFrame, *, few: bool = False) -> list[Phrase]:
    """Return how much of the need at stops was found, and how sure the largest need is.

    Nothing without need.  Where there is no visit (`few`), no share is told.
    """
    whole = stop_need["need"].sum()
    if not whole:
        return []
    share = stop_need["observed"].sum() / whole
    key = "plan.assumed" if share < LITTLE else "plan.found"
    if few:
        key = "plan.few"
    learnt = Phrase(key, share=percent(share))
    (most,) = stop_need.nlargest(1, "need").to_dict("records")
    with_largest = [
        Phrase(
            "plan.most_needed",
            learnt=learnt,
            name=most["name"],
            need=phrased_numbers.figure(100 * most["need"], 1),
            between=between,
        )
        for between in need_of_stops.between(most)
    ]
    return with_largest or [learnt]


def _proposed(patrols: Patrols) -> pd.DataFrame:
    """Return the measures of the plan: of the whole night first, then of each shift."""
    table = patrols.measures[patrols.measures["plan"] == PLANS[0]]
    return table.sort_values("shift", key=pd.notna, kind="stable")


def _range(low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return NOTHING
    n = f"{percent(low)}–{percent(high)}"
    return Phrase("percent", n=n)


def options(table: pd.DataFrame) -> list[Option]:
    """Return what the night covers as planned, and with one hour or one vehicle more.

    In table `TRADE_OFF` the night as planned is first.  Nothing where there is nothing to compare.
    """
    if len(table) < 2:
        return []
    vehicles = table["vehicles"] - table["vehicles"].iloc[0]
    more = zip(vehicles, table["more_hours"], table["need_share"], strict=True)
    return [
        Option(MORE[vehicles, hours], share)
        for vehicles, hours, share in more
        if (vehicles, hours) in MORE
    ]


def trade_off(compared: Sequence[Option]) -> Phrase | None:
    """Return what one hour more and one vehicle more would add; None where nothing is."""
    if not compared:
        return None
    planned = percent(compared[0].share)
    told = [
        option.told
        for option in compared
        if option.kind == "planned" or percent(option.share) != planned
    ]
    return Phrase("more.sentence", options=told)


def _effect(change: Phrase, row: Mapping[Hashable, Any], names: PlaceNames) -> Phrase:
    """Return a change with what it does to the night: need served, stops dropped."""
    points = round(100 * row["admit_need"], 1)
    sign = "more" if points > 0 else "less" if points < 0 else "same"
    effect = Phrase(
        f"admit.{sign}", change=change, points=phrased_numbers.figure(abs(points), 1)
    )
    dropped = [names[stop] for stop in row["admit_drops"].split(", ") if stop]
    if not dropped:
        return effect
    return Phrase("admit.drops", effect=effect, stops=dropped)


def left_out(patrols: Patrols, names: PlaceNames) -> list[LeftOut]:
    """Return the stops that no patrol visits, with the reason and what would admit each.

    First come those that a small change would admit.
    """

    def text_of(value: Any, as_text: Callable[[Any], Any]) -> Any:
        return NOTHING if pd.isna(value) else as_text(value)

    small: list[LeftOut] = []
    none: list[LeftOut] = []
    for row in patrols.left_out.to_dict("records"):
        drive_s = row["round_trip_s"]
        why = Phrase(
            f"left.{row['reason']}",
            metres=text_of(row["detail_m"], phrased_numbers.figure),
            minutes=text_of(drive_s / 60, phrased_numbers.figure),
            place=text_of(row["served_at"], names.__getitem__),
            shift=text_of(row["served_shift"], shift_name),
        )
        change = "nothing" if pd.isna(row["admits"]) else row["admits"]
        admits = Phrase(
            f"admit.{change}",
            shift=text_of(row["admit_shift"], shift_name),
            minutes=text_of(row["admit_min"], phrased_numbers.figure),
        )
        if pd.notna(row["admit_need"]):
            admits = _effect(admits, row, names)
        away_h = None if pd.isna(drive_s) else phrased_numbers.figure(drive_s / 3600, 1)
        stop = LeftOut(row["stop"], names[row["stop"]], why, admits, away_h)
        (none if change == "nothing" else small).append(stop)
    return [*small, *none]
