"""A plan in the terminal: timetables, what they do, what is left out, what changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.patrols.timetable import changes
from geo.results import Patrols
from maps.words.catalogue import number, word
from maps.words.names import patrol_name, shift_name
from maps.words.sample_size import what_n_can_show

LANGUAGE: Final = "en"
FEW: Final = 5
"""Stops left out that are named."""

CHANGES: Final = MappingProxyType(
    {
        "added": "added", "dropped": "dropped", "other_vehicle": "by another vehicle",
        "moved": "at another time",
    }
)  # fmt: skip


def plan_lines(patrols: Patrols, n_sightings: int) -> list[str]:
    """Return a plan of one night or several, line by line, and what its sightings can show."""
    several = len(patrols.visits) > 0
    tables = _visits(patrols) if several else _timetables(patrols.stops)
    what = _several(patrols) if several else [*_measures(patrols), *_more(patrols.trade_off)]
    return [*tables, "", *what, *_left_out(patrols), what_n_can_show(n_sightings, LANGUAGE)]


def change_lines(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> list[str]:
    """Return what differs between two timetables, table `STOPS`, a line for each visit."""
    several = pd.concat([before["night"], after["night"]]).nunique() > 1
    lines = []
    for row in changes(before, after).to_dict("records"):
        night = f"night {row['night']}, " if several else ""
        shift = shift_name(str(row["shift"]), LANGUAGE)
        lines.append(f"{night}{shift}: {row['name']} {_change(row)}")
    return lines or ["No difference."]


def only_in_one_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return how many nights only one of two timetables, table `STOPS`, has."""
    first, second = (set(stops["night"]) for stops in (before, after))
    sides = (("first", first - second), ("second", second - first))
    return [
        f"Only the {which} has {len(nights)} more night{'s' if len(nights) > 1 else ''}."
        for which, nights in sides
        if nights
    ]


def change_line(changes: pd.DataFrame, other: str) -> str:
    """Return in one line how a plan differs from another one: table `PLAN_CHANGES` from it."""
    if changes.empty:
        return f"No difference from {other}."
    n = changes["change"].value_counts()
    counted = [f"{n[kind]} {text}" for kind, text in CHANGES.items() if kind in n]
    return f"Against {other}, visits: {', '.join(counted)}."


def scenario_lines(name: str, without: pd.DataFrame, stops: pd.DataFrame) -> list[str]:
    """Return which stops a scenario of `geo.params.SCENARIOS` brings in, and which it pushes out.

    The tables `STOPS` are of the plan without the scenario, and with it.
    """
    before, after = (
        dict(zip(plan["stop"], plan["name"], strict=True))
        for plan in (table[table["service_s"] > 0] for table in (without, stops))
    )
    brought = [name_ for stop, name_ in after.items() if stop not in before]
    pushed = [name_ for stop, name_ in before.items() if stop not in after]
    return [
        f"Scenario {name!r}: a model with assumptions that nothing confirms weighs in the need.",
        f"Stops that hang on it: {', '.join(brought) or 'none'}.",
        f"Stops that it pushes out: {', '.join(pushed) or 'none'}.",
    ]


def _change(row: dict[Any, Any]) -> str:
    if row["change"] == "added":
        return f"is added, at {row['arrival_after']}, vehicle {row['vehicle_after']}"
    if row["change"] == "dropped":
        return f"is dropped, was at {row['arrival_before']}, vehicle {row['vehicle_before']}"
    moved = f"{row['arrival_before']} -> {row['arrival_after']}"
    if row["change"] == "other_vehicle":
        return f"goes from vehicle {row['vehicle_before']} to {row['vehicle_after']}, {moved}"
    minutes = round(abs(row["later_s"]) / 60)
    return f"is {minutes} min {'later' if row['later_s'] > 0 else 'earlier'}, {moved}"


def _timetables(stops: pd.DataFrame) -> list[str]:
    """Return the timetable of each vehicle in each shift."""
    lines = []
    for _, rows in stops.groupby(["shift", "vehicle"], sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        lines += [
            f"{patrol_name(first['shift'], first['vehicle'], LANGUAGE)}: leaves {first['name']} "
            f"{first['departure']}, back {last['arrival']}, "
            f"{number(rows['drive_m'].sum() / 1000, LANGUAGE)} km",
            *(
                f"  {arrival}-{departure}  {'break' if kind == 'break' else name}"
                for arrival, departure, kind, name in rows.iloc[1:-1][
                    ["arrival", "departure", "kind", "name"]
                ].itertuples(index=False)
            ),
        ]
    return lines or [word("no_patrols", LANGUAGE)]


def _visits(patrols: Patrols) -> list[str]:
    """Return how often, and at what hours, each stop of several nights is visited."""
    table = patrols.visits[patrols.visits["visits"] > 0].sort_values(
        ["visits", "stop"], ascending=[False, True]
    )
    nights = patrols.stops["night"].nunique()
    return [
        f"{nights} nights, visits to each stop and when in each shift:",
        *(
            f"  {row['visits']:>3}  {row['name']}: {str(row['usual']).replace('_', ' ')}"
            for row in table.to_dict("records")
        ),
    ]


def _measures(patrols: Patrols) -> list[str]:
    """Return what each shift covers, and what the night is worth beside simpler plans."""
    made = patrols.measures
    lines = [
        f"{shift_name(str(plan['shift']), LANGUAGE)} covers {_percent(plan['need_share'])} of "
        f"the need that any stop reaches ({_percent(plan['need_low'])} to "
        f"{_percent(plan['need_high'])} if travel times and need are off). "
        f"{_advised(plan['advised_share'])}"
        f"{_percent(plan['explored_share'])} of stop time where little is known."
        for plan in made[(made["plan"] == "proposed") & made["shift"].notna()].to_dict("records")
    ]
    whole = made[made["shift"].isna()].set_index("plan")["worth_share"]
    if len(whole):
        lines.append(
            f"The night is worth {_percent(whole['proposed'])} of serving everything in every "
            f"shift; greedy insertion {_percent(whole['greedy'])}, the plain round trip "
            f"{_percent(whole['round_trip'])}."
        )
    return lines


def _advised(share: float) -> str:
    return "" if pd.isna(share) else f"{_percent(share)} of the advised places visited, "


def _more(trade_off: pd.DataFrame) -> list[str]:
    """Return what more vehicles or hours would cover."""
    if trade_off.empty:
        return []
    now = trade_off.iloc[0]
    lines = [f"The night covers {_percent(now['need_share'])} of the need"]
    for row in trade_off.iloc[1:].to_dict("records"):
        hours, vehicles = row["more_hours"], row["vehicles"] - now["vehicles"]
        ways = [f"{hours:g} h more"] if hours else []
        ways += [f"{vehicles:g} more vehicle{'s' if vehicles > 1 else ''}"] if vehicles else []
        lines.append(f"with {' and '.join(ways)} {_percent(row['need_share'])}")
    return ["; ".join(lines) + "."]


def _several(patrols: Patrols) -> list[str]:
    """Return what several nights do."""
    made, visits = patrols.measures, patrols.visits
    short = visits[visits["visits"] < visits["quota"]]
    minimums = "every minimum is met" if short.empty else f"{len(short)} minimums are not met"
    kept = (visits["at_usual_time"] * visits["visits"]).sum() / max(visits["visits"].sum(), 1)
    explored = (made["explored_share"] * made["stopping_min"]).sum() / max(
        made["stopping_min"].sum(), 1.0
    )
    return [
        f"A shift covers {_percent(made['need_share'].min())} to "
        f"{_percent(made['need_share'].max())} of the need that any stop reaches; {minimums}; "
        f"{_percent(kept)} of the visits at their usual time; {_percent(explored)} of stop time "
        "where little is known.",
        "The map shows every night, one at a time; printed, all of them."
        if patrols.stops["date"].notna().all()
        else "The map shows every night by its number.  Nights without a date have no calendar "
        "and no cards.",
    ]


def _left_out(patrols: Patrols) -> list[str]:
    """Return how many stops are left out, and why the first few are: monitoring points lead."""
    table, names = patrols.left_out, patrols.stops.drop_duplicates("stop").set_index("stop")["name"]
    table = table.assign(served_at=table["served_at"].map(names))
    if table.empty:
        return ["No candidate stop is left out."]
    order = table.assign(other=table["kind"] != "monitoring_point").sort_values(
        ["other", "prize_short"], ascending=[True, False], kind="stable"
    )
    lines = [
        f"Left out are {len(table)} candidate stops (all in patrol_left_out, with what would admit "
        "each if the rest of the plan stays as it is); the first:"
    ]
    for row in order.head(FEW).to_dict("records"):
        admits = "" if pd.isna(row["admits"]) else f"; would admit it: {row['admits']}"
        lines.append(f"  {row['name']}: {_reason(row)}{admits}")
    return lines


def _reason(row: dict[Any, Any]) -> str:
    trip, away = row["round_trip_s"], row["detail_m"]
    return word(
        f"left.{row['reason']}", LANGUAGE,
        metres="?" if pd.isna(away) else number(away, LANGUAGE),
        minutes="?" if pd.isna(trip) else number(trip / 60, LANGUAGE),
        place=row["served_at"],
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{number(100 * share, LANGUAGE)} %"
