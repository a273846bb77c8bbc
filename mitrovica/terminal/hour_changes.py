"""What moved the hours of stops, and why, in words: for the office."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from geo.params import Params
from geo.results import Patrols
from maps.words.broken_rules import breach
from mitrovica.adaptation.avoidance import NEAR_M
from mitrovica.adaptation.course_rules import LEAST_NIGHTS
from mitrovica.adaptation.equity import least_served

LANGUAGE: Final = "en"
NAMED: Final = 5
"""Stops that are named, of those whose hours moved alike."""
SIDE_BY_SIDE: Final = 10
"""Stops whose visits stand beside those of the plan of the need alone."""
UNREACHED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "suspended": "Suspended or dropped",
        "never_open": "Closed in every shift",
        "too_far": "Too far for every shift",
    }
)
SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stays_away": "Fewer groups come in an hour than in its first month. Whether they stay "
        "away or fewer are on their way is not known: hours fall towards the announced minimum, "
        f"and no stop within {NEAR_M / 1000:g} km opens. Ask the crews.",
        "less_help": "By this, by what is assumed and by the drive, the same time is expected to "
        "bring more help elsewhere.",
        "closed": "By this, by what is assumed and by the drive, the same time is expected to "
        "bring more help elsewhere; its card comes down.",
        "more_help": "Help was accepted here more often than on average.",
        "minimum": "It has a minimum of visits: it is advised, it was asked for, or it is of those "
        "that are served least.",
        "room": "A patrol comes by with time to spare.",
        "opened": "Patrols that came by lot found that help is accepted; its card is new.",
    }
)
LAST_VISITS: Final = (
    "Help was accepted here more often than on average, but the last of so many visits, with their "
    "drive, are expected to bring less than visits elsewhere."
)


def lines(patrols: Patrols, params: Params) -> list[str]:
    """Return what a plan of several nights follows; nothing where it follows nothing."""
    table = patrols.followed
    if table.empty:
        return []
    announced, visits = table["announced"], table["visits"]
    withdrawn = (announced - visits).clip(lower=0).sum()
    added = (visits - announced).clip(lower=0).sum()
    first = "No plan before announced hours: from this one on they stay."
    if patrols.stops["night"].nunique() < LEAST_NIGHTS:
        first = (
            f"A plan of fewer than {LEAST_NIGHTS} nights announces no hours "
            "that later plans keep."
        )
    if announced.sum():
        first = (
            f"{announced.sum()} visits were announced: {withdrawn} withdrawn (at most "
            f"{100 * params.fortnight.moves:.0f} % may be), {added} new. Hours follow help "
            "accepted, not people met."
        )
    return [
        first,
        *of_stops(table),
        *_closed_to_new(patrols),
        *_not_kept(table),
        *_lots(patrols),
        *_worst(patrols, params),
        *(f"Not as promised: {breach(found)(LANGUAGE)}." for found in patrols.not_kept),
        *_beside_fixed(table),
    ]


def of_stops(table: pd.DataFrame) -> list[str]:
    """Return why hours of stops moved, table `FOLLOWED`: a line a stop, those that moved most.

    None moved where none were announced.
    """
    if not table["announced"].any():
        return []
    moved = table[table["why"].isin(SAID)]
    brought = "groups" if table["accepted"].isna().all() else "accepted"
    everywhere = table[brought].sum(), table["hours_made"].sum()
    told = [
        _moved(row, brought, everywhere)
        for why in SAID
        for row in _largest(moved[moved["why"] == why]).to_dict("records")
    ]
    others = len(moved) - len(told)
    if others:
        told.append(f"{others} more stops moved: table patrol_followed.")
    return told


def _beside_fixed(table: pd.DataFrame) -> list[str]:
    """Return how to plan on the need alone; of the first plan that follows, what differs."""
    if table["fixed"].isna().all():
        return [
            "The plan of the need alone: follow = false under [patrols]; side by side: "
            "plan --compare ONE OTHER."
        ]
    change = (table["visits"] - table["fixed"]).abs()
    order = change.sort_values(ascending=False, kind="stable").index
    rows = table.loc[order[change[order] > 0]].head(SIDE_BY_SIDE)
    names = "; ".join(
        f"{row['name']} {row['fixed']} | {row['visits']}"
        for row in rows.to_dict("records")
    )
    both = table[["fixed", "visits"]].sum()
    return [
        "This is the first plan that follows the log. Visits of the plan of the need alone, as "
        f"searched quickly, and of this one, those by lot apart: {both['fixed']} | "
        f"{both['visits']} in all; {names or 'no stop differs'}. To stay with the need alone: "
        "follow = false under [patrols]."
    ]


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the stops whose visits changed most."""
    change = (rows["visits"] - rows["announced"]).abs()
    return rows.loc[change.sort_values(ascending=False).index].head(NAMED)


def _in_ten_hours(number: float, hours: float) -> str:
    return f"{10 * number / hours:.1f}" if hours else "0"


def _moved(
    row: Mapping[Any, Any], brought: str, everywhere: tuple[float, float]
) -> str:
    """Return why the hours of one stop moved.

    How often help was accepted there, or groups were met where no answer is known, stands beside
    how often it was at all stops, in so many hours.
    """
    why = SAID[row["why"]]
    number, hours = everywhere
    often = row[brought] * hours > number * row["hours_made"]
    if row["why"] == "less_help" and often:
        why = LAST_VISITS
    met = "What visits there brought is told when their month is over."
    if row["nights_made"]:
        groups = _some(row["groups"], "group") if row["groups"] else "nobody"
        met = f"{_some(row['nights_made'], 'night')} there met {groups}"
        if row["groups"] and not pd.isna(row["accepted"]):
            met += f", {row['accepted'] or 'none'} accepted help"
        here = _in_ten_hours(row[brought], row["hours_made"])
        all_stops = _in_ten_hours(number, hours)
        met += f": {here} in ten hours of visits, {all_stops} at all stops."
    change = f"{row['announced']} -> {row['visits']} visits"
    return f"{row['name']}, {change}. {met} {why}"


def _closed_to_new(patrols: Patrols) -> list[str]:
    """Return why no stop opens, where none may."""
    if patrols.may_open:
        return []
    return [
        "No stop opens: visits of two months have not shown yet that as many groups keep coming "
        "to the stops there are."
    ]


def _not_kept(table: pd.DataFrame) -> list[str]:
    """Return the stops at which announced visits found no room."""
    rows = table[table["why"] == "not_kept"]
    if rows.empty:
        return []
    names = ", ".join(
        f"{row['name']} {row['announced']} -> {row['visits']}"
        for row in _largest(rows).to_dict("records")
    )
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return [
        f"Announced visits without room in these nights, as the new cards say: {names}{more}."
    ]


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _lots(patrols: Patrols) -> list[str]:
    """Return how many stops were drawn by lot."""
    drawn = (patrols.followed["by_lot"] > 0).sum()
    if not drawn:
        return []
    return [
        f"{_some(drawn, 'stop')} drawn by lot, on no card: every other stop is drawn within "
        f"{_some(patrols.within_nights, 'night')}; with which probability, in table "
        "patrol_followed."
    ]


def _worst(patrols: Patrols, params: Params) -> list[str]:
    """Return the service of the tenth of the need that has least of it, in all and by bank."""
    need = patrols.stop_need.set_index("stop")["need"]
    table = patrols.followed.assign(need=patrols.followed["stop"].map(need))
    lines = []
    for why, words in UNREACHED.items():
        names = table["name"][table["why"] == why]
        if len(names):
            lines.append(f"{words}: {', '.join(names)}.")
    for least in least_served(table):
        where = f", {least.bank} bank," if least.bank else ""
        lines.append(
            f"The tenth of the need with least service{where} has {least.minutes:.0f} min of "
            f"visits in {params.fortnight.nights} nights, the mean is {least.mean_min:.0f} min: "
            f"{', '.join(least.names[:NAMED])}."
        )
    return lines
