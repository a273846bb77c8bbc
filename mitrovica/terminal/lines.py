"""What a run or a plan ends with: what to do, what was found, the plan in tables, what changed."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.params import Params
from geo.patrols.nights import night_of
from geo.patrols.timetable import changes
from geo.records import StudyData
from geo.results import Findings, Patrols
from layers.complaints import UserError
from layers.files.filenames import CREW, FORM_STOPS_FILE, FORMS, MAP, REPORT, VISIT_FORM
from maps.panels import plan_quality
from maps.plan_summary import InShort
from maps.view import Shown
from maps.words import about
from maps.words.broken_rules import breach
from maps.words.catalogue import number
from maps.words.names import place_names, shift_name
from maps.words.phrases import Phrase, Spoken, same
from maps.words.text_tables import Columns
from mitrovica.adaptation.predecessor import last_plan, visits_before_and_after
from mitrovica.dispatch.edits import Edited
from mitrovica.terminal import hour_changes
from mitrovica.terminal.log import need_lines

LANGUAGE: Final = "en"
OFTENER: Final = 5
"""Stops that are named, of those that a plan visits more often than another."""


def left_out(findings: Findings, *parts: str) -> UserError:
    """Return the error of a command that needs parts which a run leaves out: what adds them."""
    why = about.left_out(findings)
    lines = [line(LANGUAGE) for part in parts for line in why.get(part, [])]
    lines.append("Fix: add what is named here, then `mitrovica run`")
    return UserError("\n".join(lines))


def of_run(
    shown: Shown, out: Path, inside: Path | None, again: str, noted: Iterable[str]
) -> list[str]:
    """Return the lines with which a run ends: what to open, and the next command, at last.

    Parameters
    ----------
    shown : maps.view.Shown
    out : pathlib.Path
        The folder of the run.
    inside : pathlib.Path or None
        The folder of what never leaves, if there is one.
    again : str
        The command that plans another night.
    noted : iterable of str
        What else the run has to say.
    """
    short = shown.short
    spaced = [part for line in short.covered for part in (" ", line)]
    lines = [short.to_do, Spoken(*spaced[1:]), *short.unserved, *short.found]
    lines = [line for line in lines if line]
    lines += [short.at_best, *noted]
    if inside is not None:
        what = "What never leaves (rows not used, which record is which, your files)"
        lines.append(f"{what}: {inside}")
    if short.parts_left_out:
        parts = ", ".join(PARTS[part] for part in short.parts_left_out)
        lines.append(f"Left out: {parts}. The report says how to add each.")
    lines += _files(out, short)
    if short.has_stops:
        lines.append(f"Next: {again} --date YYYY-MM-DD")
    return lines


def of_plan(
    shown: Shown, out: Path, more: Iterable[str], log_used: Iterable[str]
) -> list[str | Columns]:
    """Return what a plan ends with: its timetables, what they cover, and what `more` says.

    Parameters
    ----------
    shown : maps.view.Shown
    out : pathlib.Path
        The folder of the plan.
    more : iterable of str
        How it differs from an earlier one, and on what it rests.
    log_used : iterable of str
        That the command used the log.
    """
    short = shown.short
    tables = short.timetables if short.visits is None else [short.visits]
    lines: list[str | Columns] = [short.to_do, *log_used]
    lines += tables
    lines += ["", *short.covered, *short.unserved, *more, *_files(out, short)]
    if short.has_dates:
        lines.append(
            f"Form for the crews: {out / FORMS / VISIT_FORM}, with {FORM_STOPS_FILE} as its "
            "media file. What they fill in and their tracks: mitrovica log add FILES"
        )
    return [*lines, short.at_best]


PARTS: Final = MappingProxyType(
    {
        "outline": "an outline of its own",
        "sightings": "hotspots",
        "access": "walking time to help",
        "patrols": "patrols",
    }
)
"""What a run may leave out."""


def _files(out: Path, short: InShort) -> list[str]:
    taken = f"; crews take {out / CREW}" if short.has_stops else ""
    report = "with tables, all reasons, and what all of it rests on"
    return [f"Map: {out / MAP}{taken}", f"Report: {out / REPORT}, {report}"]


CHANGES: Final = MappingProxyType(
    {
        "added": "added",
        "dropped": "dropped",
        "other_vehicle": "by another vehicle",
        "moved": "at another time",
    }
)


def change_lines(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> list[str]:
    """Return what differs between two timetables, table `STOPS`, a line for each visit.

    Then how many nights only one of them has.
    """
    first, second = set(before["night"]), set(after["night"])
    several = len(first | second) > 1
    lines = []
    for row in changes(before, after).to_dict("records"):
        night = f"night {row['night']}, " if several else ""
        shift = shift_name(row["shift"])(LANGUAGE)
        lines.append(f"{night}{shift}: {row['name']} {_change(row)}")
    lines = lines or ["No difference."]
    for which, n in (("first", len(first - second)), ("second", len(second - first))):
        if n:
            lines.append(f"Only the {which} has {n} more night{'s' * (n > 1)}.")
    return lines


def edit_lines(
    before: Edited, after: Edited, faults: list[str], *, night: int | None = None
) -> list[str]:
    """Return what an edit of a night's timetable breaks, changes and costs, and how to plan so.

    Parameters
    ----------
    before, after : mitrovica.dispatch.edits.Edited
    faults : list of str
        What the edit breaks.
    night : int, optional
        Its number where it is one of several.
    """
    lines = ["The edited plan keeps every rule."]
    if faults:
        lines = ["The edited plan has these faults:", *faults]
    lines += change_lines(before.patrols.stops, after.patrols.stops)
    lines += _cost_lines(before.measures, after.measures)
    shares = {"need_before": before.need_share, "need_after": after.need_share}
    lines.append(f"The night: {_from_to(shares, 'need', 100)} % of the need index.")
    if not faults:
        lines += order_lines(after.patrols.stops, night)
    return lines


def faults(edited: Edited) -> list[str]:
    """Return the rules that an edited plan breaks, in words."""
    return [breach(found)(LANGUAGE) for found in edited.faults]


def order_lines(stops: pd.DataFrame, night: int | None) -> list[str]:
    """Return the lines of a parameter file with which `mitrovica plan` drives these stops."""
    lines = [
        "",
        "To plan it so, save these lines as change.toml, then mitrovica plan --config "
        "change.toml:",
    ]
    if night is None:
        lines.append("[patrols]")
    else:
        lines += ["[[patrols.some_nights]]", f"nights = [{night}]"]
    lines.append("lock_order = [")
    served = stops[stops["service_s"] > 0]
    for (shift, vehicle), rows in served.groupby(["shift", "vehicle"], sort=False):
        names = json.dumps(rows["stop"].tolist())
        lines.append(f'  {{shift = "{shift}", vehicle = {vehicle}, stops = {names}}},')
    return [*lines, "]"]


def _cost_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return what each shift that two plans have serves and drives, by their measures."""
    both = before.merge(after, on="shift", suffixes=("_before", "_after"))
    return [
        f"{shift_name(row['shift'])(LANGUAGE)}: {_from_to(row, 'need_share', 100)} % of "
        f"the need index, {_from_to(row, 'driving_min')} min of driving, "
        f"{_from_to(row, 'driven_km')} km, {_from_to(row, 'stops')} stops."
        for row in both.to_dict("records")
    ]


def _from_to(row: Mapping[Any, Any], measure: str, factor: float = 1) -> str:
    digits = 1 if factor == 100 else 0
    before = number(factor * row[f"{measure}_before"], LANGUAGE, digits)
    after = number(factor * row[f"{measure}_after"], LANGUAGE, digits)
    return f"{before} -> {after}"


def new_in_plan(
    found: Findings,
    patrols: Patrols,
    data: StudyData,
    params: Params,
    nights: int,
    before: gpd.GeoDataFrame | None,
) -> list[str]:
    """Return how a plan of some nights differs from an earlier one, and on what it rests.

    The plan of one night is set beside that of the run; a plan of several beside the last one in
    the log, else beside `before`.

    Parameters
    ----------
    found : geo.results.Findings
        Of the run.
    patrols : geo.results.Patrols
        The plan.
    data : geo.records.StudyData
    params : geo.params.Params
    nights : int
        How many are planned.
    before : geopandas.GeoDataFrame or None
        Timetable of a plan of nights in whose place it comes; None without any.
    """
    earlier, name = found.patrols.stops, "the plan of the run"
    logged = last_plan(data.log, params.patrols.date)
    in_log = nights > 1 and len(logged) > 0
    if in_log:
        first = logged["date"].min()
        earlier, name = logged, f"the last plan in the log, from {first} on"
    elif nights > 1 and before is not None:
        earlier, name = before, "the nights before"
    different = nights == 1 and len(changes(earlier, patrols.stops)) > 0
    return [
        change_line(earlier, patrols, name, in_log=in_log),
        *(_cost_lines(found.patrols.of_shifts, patrols.of_shifts) if different else ()),
        *(oftener_lines(earlier, patrols.stops) if nights > 1 else []),
        *hour_changes.lines(patrols, params),
        *need_lines(found),
        *not_visited_lines(params.patrols.named("add_stops"), patrols),
        *suspended_lines(params.patrols.of_night(nights).suspend_stops, data),
    ]


def oftener_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return which stops the nights that two plans share visit more and less often."""
    shared = set(before["night"]) & set(after["night"])
    table = visits_before_and_after(
        before[before["night"].isin(shared)], after[after["night"].isin(shared)]
    )
    more = table["after"] > table["before"]
    lines = []
    for how, rows in (("More", table[more]), ("Less", table[~more])):
        names = [
            f"{row['name']} {row['before']} -> {row['after']}"
            for row in rows.head(OFTENER).to_dict("records")
        ]
        if names:
            lines.append(f"{how} often, of {len(shared)} nights: {', '.join(names)}.")
    return lines


def not_visited_lines(wanted: Collection[str], after: Patrols) -> list[str]:
    """Return why stops that were asked for by their ids (``add_stops``) are not in a plan."""
    rows = after.left_out[after.left_out["stop"].isin(wanted)]
    named = pd.concat([after.stops[["stop", "name"]], rows[["stop", "name"]]])
    names = {
        stop: Phrase(same(name))
        for stop, name in zip(named["stop"], named["name"].astype(str), strict=True)
    }
    lines = []
    for stop in plan_quality.left_out(replace(after, left_out=rows), names):
        why, admits = stop.why(LANGUAGE), stop.admits(LANGUAGE)
        lines.append(
            f"Asked for and not visited: {stop.name(LANGUAGE)}, {why}. "
            f"What would admit it: {admits}."
        )
    return lines


def suspended_lines(suspended: Collection[str], data: StudyData) -> list[str]:
    """Return that stops are suspended, and where the sheet is that recalls their cards."""
    if not suspended:
        return []
    places = place_names(data.places, data.layers.facilities)
    names = [places[stop](LANGUAGE) for stop in suspended if stop in places]
    return [
        f"Suspended: {', '.join(names)}. Hang there the sheets that recall the cards, the first of "
        "stop_cards.pdf. A plan without suspend_stops visits them again."
    ]


def change_line(
    before: gpd.GeoDataFrame, after: Patrols, name: str, *, in_log: bool = False
) -> str:
    """Return in one line how a plan differs from another timetable: in the nights of that one.

    Parameters
    ----------
    before : geopandas.GeoDataFrame, table `STOPS`
    after : geo.results.Patrols
    name : str
        Of the other timetable.
    in_log : bool
        It is in the log only, and has no folder that `plan --compare` could read.
    """
    several = before["night"].nunique() > 1
    different = changes(before, after.stops if several else night_of(after, 1).stops)
    if different.empty:
        return f"No difference from {name}."
    n = different["change"].value_counts()
    counted = [f"{n[kind]} {text}" for kind, text in CHANGES.items() if kind in n]
    compare = "" if in_log else " Each: plan --compare RUN PLAN"
    return f"Against {name}, visits: {', '.join(counted)}.{compare}"


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
