"""What moved the hours of stops, and why, in words: for the office."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from geo.following.away import NEAR_M
from geo.params import Params
from geo.results import Patrols

NAMED: Final = 5
"""Stops that are named, of those whose hours moved alike."""
WORST: Final = 0.1
"""Share of the need whose service is told apart."""
SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stays_away": "Fewer groups come in an hour than in its first month. Whether they stay "
        "away or fewer are on their way is not known: hours fall towards the announced minimum, "
        f"and no stop within {NEAR_M / 1000:g} km opens. Ask the crews.",
        "less_help": "In the time that it takes, with the drive, more help is expected to be "
        "accepted elsewhere.",
        "closed": "In the time that it takes, with the drive, more help is expected to be accepted "
        "elsewhere; its card comes down.",
        "more_help": "Help was accepted here more often than on average.",
        "room": "There is room on the way.",
        "opened": "Patrols that came by lot found that help is accepted; its card is new.",
    }
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
    if announced.sum():
        first = (
            f"{announced.sum()} visits were announced: {withdrawn} withdrawn (at most "
            f"{100 * params.fortnight.moves:.0f} % may be), {added} new. Hours follow help "
            "accepted, not people met."
        )
    moved = table[table["why"].isin(SAID)]
    told = [
        _moved(row)
        for why in SAID
        for row in _largest(moved[moved["why"] == why]).to_dict("records")
    ]
    others = len(moved) - len(told)
    return [
        first,
        *told,
        *(
            [f"{others} more stops moved: table patrol_followed."]
            * bool(others)
        ),
        *_not_kept(table),
        *_lots(patrols),
        *_worst(patrols, params),
        *(f"Not as promised: {breach}." for breach in patrols.not_kept),
        "The plan of the need alone: follow = false under [patrols]; side by side: "
        "plan --compare ONE OTHER.",
    ]


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the stops whose visits changed most."""
    change = (rows["visits"] - rows["announced"]).abs()
    return rows.loc[change.sort_values(ascending=False).index].head(NAMED)


def _moved(row: Mapping[Any, Any]) -> str:
    """Return why the hours of one stop moved."""
    met = "What visits there brought is told when their month is over."
    if row["nights_made"]:
        groups = _some(row["groups"], "group") if row["groups"] else "nobody"
        met = f"{_some(row['nights_made'], 'night')} there met {groups}"
        if row["groups"] and not pd.isna(row["accepted"]):
            met += f", {row['accepted'] or 'none'} accepted help"
        met += "."
    change = f"{row['announced']} -> {row['visits']} visits"
    return f"{row['name']}, {change}. {met} {SAID[row['why']]}"


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
    """Return the service of the tenth of the need that has least of it."""
    need = patrols.stop_need.set_index("stop")["need"]
    table = patrols.followed.assign(need=patrols.followed["stop"].map(need))
    table = table[(table["need"] > 0) & (table["why"] != "out_of_reach")]
    table = table.sort_values("served_min")
    if table.empty:
        return []
    share = table["need"].cumsum() / table["need"].sum()
    worst = table[(share - table["need"] / table["need"].sum()) < WORST]
    of_all, of_worst = (
        (rows["served_min"] * rows["need"]).sum() / rows["need"].sum()
        for rows in (table, worst)
    )
    names = ", ".join(worst["name"].head(NAMED))
    far = patrols.followed["name"][patrols.followed["why"] == "out_of_reach"]
    closed = f"Closed or too far in every shift: {', '.join(far)}."
    return [
        *([closed] * bool(len(far))),
        f"The tenth of the need with least service has {of_worst:.0f} min of visits in "
        f"{params.fortnight.nights} nights, the mean is {of_all:.0f} min: {names}.",
    ]
