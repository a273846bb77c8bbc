"""How good the plan is: its measures, what more would add, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Final

import pandas as pd

from geo.results import Patrols
from layers.schema import PLANS
from maps.words import names, quantities
from maps.words.catalogue import LANGUAGES, number, word
from maps.words.names import Texts

WIDTH: Final = 340
HEIGHT: Final = 130
"""Size of the chart, in its own units."""

SHARES: Final = ("need_share", "worth_share", "advised_share", "explored_share")
MINUTES: Final = ("driving_min", "stopping_min", "waiting_min", "break_min")
KILOMETRES: Final = ("driven_km", "observed_km")
SHOWN: Final = (
    "need_share",
    "worth_share",
    "advised_share",
    "explored_share",
    "stops",
    *MINUTES,
    *KILOMETRES,
)
"""Columns of table `PATROL_MEASURES`, in the order in which they are read."""

NOTHING: Final = "–"

LEAST: Final = 0.1
"""Percent of all need; less is told as less than this."""


@dataclass(frozen=True)
class Cell:
    """One figure: the key of its text, or plain text."""

    key: str = ""
    text: str = ""


@dataclass(frozen=True)
class Measures:
    """What one shift does, beside simpler ways to plan it."""

    title: str
    """Key of the shift's name."""
    plans: tuple[str, ...]
    """Keys of the names of the plans."""
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Key of each measure, and its figure in each plan."""


@dataclass(frozen=True)
class Line:
    """Coverage by hours added, with so many vehicles."""

    name: str
    """Key of the number of vehicles."""
    points: tuple[tuple[float, float], ...]
    planned: int
    """Position of the night as planned among the points; -1 if it is not on this line."""
    dash: str

    @property
    def path(self) -> str:
        """The line as an SVG path."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in self.points)


@dataclass(frozen=True)
class TradeOff:
    """The chart of coverage against one more hour or vehicle."""

    said: str
    """Key of the same in words."""
    lines: tuple[Line, ...]
    hours: tuple[tuple[float, str], ...]
    """Ticks across: place and text."""
    shares: tuple[tuple[float, str], ...]
    """Ticks up: place and text."""


@dataclass(frozen=True)
class LeftOut:
    """A stop that no patrol visits; all are keys."""

    name: str
    why: str
    admits: str


def measures(patrols: Patrols, texts: Texts) -> list[Measures]:
    """Return a table for the whole night and each shift; none where nothing was measured.

    Parameters
    ----------
    patrols : geo.results.Patrols
    texts : names.Texts
        Names and figures are added to it.
    """
    table = patrols.measures.assign(whole=patrols.measures["shift"].isna())
    table = table.sort_values("whole", ascending=False, kind="stable")
    found = []
    for key, group in table.groupby("shift", sort=False, dropna=False):
        mine = pd.DataFrame(group.set_index("plan"))
        plans = [plan for plan in PLANS if plan in mine.index]
        rows = [
            (
                f"measure.{column}",
                tuple(_cell(texts, column, float(mine[column][p])) for p in plans),
            )
            for column in SHOWN
            if (mine[column].fillna(0) != 0).any()
        ]
        if mine["need_low"].notna().any():
            ranges = tuple(
                _range(texts, *mine.loc[plan, ["need_low", "need_high"]]) for plan in plans
            )
            rows.insert(1, ("measure.range", ranges))
        title = "whole_night"
        if isinstance(key, str):
            forms = {g: names.shift_name(key, g) for g in LANGUAGES}
            title = names.add(texts, f"shift.of.{key}", forms)
        found.append(Measures(title, tuple(f"plan.{plan}" for plan in plans), tuple(rows)))
    return found


def _cell(texts: Texts, column: str, value: float) -> Cell:
    if pd.isna(value):
        return Cell(text=NOTHING)
    if column in SHARES:
        return Cell(quantities.percent(texts, value))
    if column in MINUTES:
        return Cell(quantities.minutes(texts, value))
    if column in KILOMETRES:
        return Cell(quantities.kilometres(texts, value))
    return Cell(text=f"{value:g}")


def _range(texts: Texts, low: float, high: float) -> Cell:
    if pd.isna(low) or pd.isna(high):
        return Cell(text=NOTHING)
    return Cell(quantities.percent_range(texts, low, high))


def trade_off(table: pd.DataFrame, texts: Texts) -> TradeOff | None:
    """Return the chart of coverage against more hours, a line for each number of vehicles.

    Parameters
    ----------
    table : pandas.DataFrame, table `TRADE_OFF`
        The night as planned first.
    texts : names.Texts
        Its texts are added to it.

    Returns
    -------
    TradeOff, or None where there is nothing to compare
    """
    if len(table) < 2:
        return None
    most = max(float(table["more_hours"].max()), 1e-9)
    low = floor(10 * float(table["need_share"].min())) / 10
    high = max(low + 0.1, ceil(10 * float(table["need_share"].max())) / 10)
    places = table.assign(
        x=(WIDTH * table["more_hours"] / most).round(1),
        y=(HEIGHT * (high - table["need_share"]) / (high - low)).round(1),
    )
    lines = []
    for order, vehicles in enumerate(sorted(table["vehicles"].unique().tolist())):
        mine = places[places["vehicles"] == vehicles]
        ordered = mine.sort_values("more_hours", kind="stable")
        planned = ordered.index.get_indexer(table.index[:1])[0]
        name = names.add_count(texts, f"vehicles.{vehicles}", "vehicles", vehicles)
        points = tuple(zip(ordered["x"].tolist(), ordered["y"].tolist(), strict=True))
        lines.append(Line(name, points, int(planned), ("", "7 3", "2 3")[order % 3]))
    hours = [(round(WIDTH * h / most, 1), f"+{h:g}") for h in sorted(table["more_hours"].unique())]
    ticks = (low, (low + high) / 2, high)
    shares = [(HEIGHT * k / 2, f"{100 * share:.0f} %") for k, share in enumerate(reversed(ticks))]
    return TradeOff(_more_said(table, texts), tuple(lines), tuple(hours), tuple(shares))


def _more_said(table: pd.DataFrame, texts: Texts) -> str:
    """Return the key of what one hour more and one vehicle more would cover."""
    planned = table.iloc[0]
    fleet, later = table["vehicles"] - planned["vehicles"], table["more_hours"]
    options = [
        ("planned", planned),
        *(("hour", row) for _, row in table[(fleet == 0) & (later == 1)].iterrows()),
        *(("vehicle", row) for _, row in table[(fleet == 1) & (later == 0)].iterrows()),
    ]

    def said(language: str) -> str:
        shares = [
            word(f"more.{name}", language, share=number(100 * row["need_share"], language))
            for name, row in options
        ]
        return word("more.said", language, options=", ".join(shares))

    return names.add(texts, "more.of.night", {g: said(g) for g in LANGUAGES})


def left_out(patrols: Patrols, texts: Texts) -> list[LeftOut]:
    """Return the stops that no patrol visits, with the reason and what would admit each.

    Parameters
    ----------
    patrols : geo.results.Patrols
    texts : names.Texts
        Must hold the names of the places; the reasons are added to it.
    """
    table = patrols.left_out
    for stops in (table, patrols.stops):
        names.add_named(texts, stops["stop"], stops["name"])
    return [
        LeftOut(
            f"place.{row['stop']}",
            names.add(
                texts, f"left.of.{row['stop']}", {g: _reason(row, texts[g], g) for g in LANGUAGES}
            ),
            names.add(texts, f"admit.of.{row['stop']}", {g: _admits(row, g) for g in LANGUAGES}),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip


def _reason(row: dict[Any, Any], said: dict[str, str], language: str) -> str:
    place = row["served_at"]
    trip = row["round_trip_s"]
    return word(
        f"left.{row['reason']}", language,
        metres=NOTHING if pd.isna(row["detail_m"]) else number(row["detail_m"], language),
        minutes=NOTHING if pd.isna(trip) else number(trip / 60, language),
        place=NOTHING if pd.isna(place) else said[f"place.{place}"],
    )  # fmt: skip


def _admits(row: dict[Any, Any], language: str) -> str:
    """Return the smallest changes that would each admit a stop."""
    whole = {
        "outside_boundary": "nothing", "far_from_road": "road", "no_two_way_road": "two_way",
        "no_need_in_reach": "reach", "need_has_no_weight": "weight",
    }  # fmt: skip
    if row["reason"] in whole:
        return word(f"admit.{whole[row['reason']]}", language)
    ways = [word("admit.window", language)] if row["reason"] == "outside_window" else []
    if not pd.isna(row["short_s"]) and row["short_s"] > 0:
        longer = number(-(-int(row["short_s"]) // 60), language)
        ways.append(word("admit.longer", language, minutes=longer))
    if not pd.isna(row["prize_short"]):
        percent = 100 * row["prize_short"]
        more = (
            number(percent, language, 1) if percent >= LEAST else f"< {number(LEAST, language, 1)}"
        )
        ways.append(word("admit.need", language, share=more))
    return f", {word('or', language)} ".join(ways) or NOTHING
