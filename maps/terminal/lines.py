"""What a run or a plan ends with: what to do, what was found, the plan in tables, what changed."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.params import Params
from geo.patrols.before import last_plan, visits_before_and_after
from geo.patrols.edited import Edited
from geo.patrols.holding import LEAST, not_held
from geo.patrols.nights import night_of
from geo.patrols.timetable import changes
from geo.records import StudyData
from geo.results import Findings, Patrols
from layers.complaints import UserError
from layers.files.filenames import CREW, FORM_STOPS_FILE, FORMS, MAP, REPORT, VISIT_FORM
from maps.panels import plan_quality
from maps.summary import hotspots_sentence
from maps.terminal.columns import Columns
from maps.terminal.log import weight_lines
from maps.words import quantities
from maps.words.about import omitted
from maps.words.catalogue import number, word
from maps.words.corridor_answers import (
    at_best,
    distances_in_words,
    in_few_words,
    tested,
)
from maps.words.names import patrol_name, place_names, shift_name
from maps.words.phrases import of_text

LANGUAGE: Final = "en"
OFTENER: Final = 5
"""Stops that are named, of those that a plan visits more often than another."""


def left_out(findings: Findings, *parts: str) -> UserError:
    """Return the error of a command that needs parts which a run leaves out: what adds them."""
    lines = [line.forms[LANGUAGE] for part in parts for line in omitted(findings, part)]
    run_again = "Fix: add what is named here, then `mitrovica run`"
    return UserError("\n".join([*lines, run_again]))


def of_run(
    findings: Findings, out: Path, inside: Path | None, again: str, noted: Iterable[str]
) -> list[str]:
    """Return the lines with which a run ends: what to open, and the next command, at last.

    `inside` is the folder of what never leaves, `again` the command that plans another night;
    `noted` is what else the run has to say.
    """
    what = "What never leaves (rows not used, which record is which, your files)"
    return [
        what_to_do(findings),
        *found(findings),
        at_best(findings.n_sightings, LANGUAGE),
        *noted,
        *([] if inside is None else [f"{what}: {inside}"]),
        *_left_out(findings),
        *_files(out, findings.patrols),
        *([] if findings.patrols.stops.empty else [f"Next: {again} --date YYYY-MM-DD"]),
    ]


def of_plan(
    findings: Findings, out: Path, more: Iterable[str], log_used: Iterable[str]
) -> list[str | Columns]:
    """Return what a plan ends with: its timetables, what they cover, and what `more` says."""
    patrols = findings.patrols
    tables = [visits(patrols)] if len(patrols.visits) else timetables(patrols)
    form = (
        f"Form for the crews: {out / FORMS / VISIT_FORM}, with {FORM_STOPS_FILE} as its media "
        "file. What they fill in and their tracks: mitrovica log add FILES"
    )
    return [
        what_to_do(findings),
        *log_used,
        *tables,
        "",
        *briefly(patrols),
        *unserved(patrols),
        *more,
        *_files(out, findings.patrols),
        *([form] if patrols.stops["date"].notna().any() else []),
        at_best(findings.n_sightings, LANGUAGE),
    ]


PARTS: Final = MappingProxyType(
    {
        "outline": "an outline of its own",
        "sightings": "tests and hotspots",
        "movement": "the movement model",
        "access": "walking time to help",
        "patrols": "patrols",
    }
)
"""What a run may leave out."""


def _left_out(findings: Findings) -> list[str]:
    """Return in a line what the report says how to add; nothing where all is there."""
    parts = [
        PARTS[part] for part in dict.fromkeys(one.part for one in findings.omitted)
    ]
    return (
        [f"Left out: {', '.join(parts)}. The report says how to add each."]
        if parts
        else []
    )


def _files(out: Path, patrols: Patrols) -> list[str]:
    taken = f"; crews take {out / CREW}" if len(patrols.stops) else ""
    report = (
        f"Report: {out / REPORT}, with tables, all reasons, and what all of it rests on"
    )
    return [f"Map: {out / MAP}{taken}", report]


def what_to_do(findings: Findings) -> str:
    """Return which patrol leaves first, when, and where it stops first."""
    stops = findings.patrols.stops
    if stops.empty:
        why = omitted(findings, "patrols")
        return " ".join(one.forms[LANGUAGE] for one in why) or word(
            "no_patrols", LANGUAGE
        )
    night = stops[stops["night"] == stops["night"].min()]
    starts = night[night["order"] == 0]
    start = starts.loc[starts["departure_s"].idxmin()]
    own = (night["shift"] == start["shift"]) & (night["vehicle"] == start["vehicle"])
    stop = night[own & (night["service_s"] > 0)].sort_values("order").iloc[0]
    when = "" if pd.isna(start["date"]) else f" on {start['date']}"
    who = patrol_name(str(start["shift"]), int(start["vehicle"]), LANGUAGE)
    return (
        f"First patrol: {who}, leaves {start['name']}{when} at {start['departure']}. "
        f"First stop: {stop['name']}, {stop['arrival']}-{stop['departure']}."
    )


def found(findings: Findings) -> list[str]:
    """Return what was found of corridors and hotspots, and what the patrols do, a line each."""
    plan = " ".join(briefly(findings.patrols))
    answers = [plan, *unserved(findings.patrols), hotspots_sentence(findings, LANGUAGE)]
    return [line for line in (*answers, _corridors(findings)) if line]


def _corridors(findings: Findings) -> str:
    """Return how near the sightings lie to each kind of corridor, and for which it is proved."""
    near = distances_in_words(findings, LANGUAGE)
    if not near:
        return word("line.no_nearest", LANGUAGE)
    answers = "; ".join(in_few_words(row, LANGUAGE) for row in tested(findings.tests))
    answers = f"{answers}." if answers else word("line.no_chance", LANGUAGE)
    return f"Distance of the sightings (median): {', '.join(near)}. {answers}"


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
    several = pd.concat([before["night"], after["night"]]).nunique() > 1
    lines = []
    for row in changes(before, after).to_dict("records"):
        night = f"night {row['night']}, " if several else ""
        shift = shift_name(str(row["shift"]), LANGUAGE)
        lines.append(f"{night}{shift}: {row['name']} {_change(row)}")
    nights = [set(table["night"]) for table in (before, after)]
    more = {"first": len(nights[0] - nights[1]), "second": len(nights[1] - nights[0])}
    return [
        *(lines or ["No difference."]),
        *(
            f"Only the {which} has {n} more night{'s' * (n > 1)}."
            for which, n in more.items()
            if n
        ),
    ]


def edit_lines(
    before: Edited, after: Edited, faults: list[str], *, night: int | None = None
) -> list[str]:
    """Return what an edit of a night's timetable breaks, changes and costs, and how to plan so.

    `night` is its number where it is one of several.
    """
    kept = ["The edited plan keeps every rule."]
    broken = ["The edited plan has these faults:", *faults]
    both = before.measures.merge(
        after.measures, on="shift", suffixes=("_before", "_after")
    )
    return [
        *(broken if faults else kept),
        *change_lines(before.patrols.stops, after.patrols.stops),
        *(
            f"{shift_name(str(row['shift']), LANGUAGE)}: {_from_to(row, 'need_share', 100)} % of "
            f"all need, {_from_to(row, 'driving_min')} min of driving, "
            f"{_from_to(row, 'driven_km')} km, {_from_to(row, 'stops')} stops."
            for row in both.to_dict("records")
        ),
        f"The night: {number(100 * before.need_share, LANGUAGE, 1)} -> "
        f"{number(100 * after.need_share, LANGUAGE, 1)} % of all need.",
        *([] if faults else _order_lines(after.patrols.stops, night)),
    ]


def _order_lines(stops: pd.DataFrame, night: int | None) -> list[str]:
    """Return the lines of a parameter file with which `mitrovica plan` drives these stops."""
    served = stops[stops["service_s"] > 0].groupby(["shift", "vehicle"], sort=False)[
        "stop"
    ]
    orders = [
        f'  {{shift = "{shift}", vehicle = {vehicle}, stops = {json.dumps(own.tolist())}}},'
        for (shift, vehicle), own in served
    ]
    head = (
        "To plan it so, save these lines as change.toml, then mitrovica plan --config"
    )
    table = (
        ["[patrols]"]
        if night is None
        else ["[[patrols.some_nights]]", f"nights = [{night}]"]
    )
    return ["", f"{head} change.toml:", *table, "lock_order = [", *orders, "]"]


def _from_to(row: dict[Any, Any], measure: str, factor: float = 1) -> str:
    digits = 1 if factor == 100 else 0
    values = (factor * row[f"{measure}_{when}"] for when in ("before", "after"))
    return " -> ".join(number(value, LANGUAGE, digits) for value in values)


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
    the log, else beside `before`, the timetable in whose place it comes; None without any.
    """
    earlier, name = found.patrols.stops, "the plan of the run"
    logged = last_plan(data.log, params.patrols.date)
    in_log = nights > 1 and len(logged) > 0
    if in_log:
        earlier, name = (
            logged,
            f"the last plan in the log, from {logged['date'].min()} on",
        )
    elif nights > 1 and before is not None:
        earlier, name = before, "the nights before"
    return [
        change_line(earlier, patrols, name, in_log=in_log),
        *(oftener_lines(earlier, patrols.stops) if nights > 1 else []),
        *weight_lines(found, params.need),
        *not_visited_lines(params.patrols.named("add_stops"), patrols),
        *suspended_lines(params.patrols.of_night(nights).suspend_stops, data),
    ]


def oftener_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return which stops the nights that two plans share visit more and less often."""
    shared = set(before["night"]) & set(after["night"])
    table = visits_before_and_after(
        *(each[each["night"].isin(shared)] for each in (before, after))
    )
    more = table["after"] > table["before"]
    lines = []
    for how, rows in (("More", table[more]), ("Less", table[~more])):
        named = [
            f"{row['name']} {row['before']} -> {row['after']}"
            for row in rows.head(OFTENER).to_dict("records")
        ]
        if named:
            lines.append(f"{how} often, of {len(shared)} nights: {', '.join(named)}.")
    return lines


def not_visited_lines(wanted: Collection[str], after: Patrols) -> list[str]:
    """Return why stops that were asked for by their ids (``add_stops``) are not in a plan."""
    rows = after.left_out[after.left_out["stop"].isin(wanted)]
    named = pd.concat(
        [after.stops[["stop", "name"]], rows[["stop", "name"]]]
    ).to_numpy()
    names = {str(stop): of_text(str(stop), str(name)) for stop, name in named}
    why = plan_quality.left_out(replace(after, left_out=rows), names)
    return [
        f"Asked for and not visited: {stop.name.forms[LANGUAGE]}, {stop.why.forms[LANGUAGE]}. "
        f"What would admit it: {stop.admits.forms[LANGUAGE]}."
        for stop in why
    ]


def suspended_lines(suspended: Collection[str], data: StudyData) -> list[str]:
    """Return that stops are suspended, and where the sheet is that recalls their cards."""
    if not suspended:
        return []
    known = place_names(data.places, data.layers.facilities)
    names = [known[stop].forms[LANGUAGE] for stop in suspended if stop in known]
    return [
        f"Suspended: {', '.join(names)}. Hang there the sheets that recall the cards, the first of "
        "stop_cards.pdf. A plan without suspend_stops visits them again."
    ]


def change_line(
    before: gpd.GeoDataFrame, after: Patrols, name: str, *, in_log: bool = False
) -> str:
    """Return in one line how a plan differs from another timetable: in the nights of that one.

    One that is in the log only has no folder that `plan --compare` could read.
    """
    several = before["night"].nunique() > 1
    different = changes(before, after.stops if several else night_of(after, 1).stops)
    if different.empty:
        return f"No difference from {name}."
    n = different["change"].value_counts()
    counted = [f"{n[kind]} {text}" for kind, text in CHANGES.items() if kind in n]
    each = "" if in_log else " Each: plan --compare RUN PLAN"
    return f"Against {name}, visits: {', '.join(counted)}.{each}"


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


def timetables(patrols: Patrols) -> list[Columns]:
    """Return the timetable of each vehicle in each shift of a night."""
    grids = []
    for _, rows in patrols.stops.groupby(["shift", "vehicle"], sort=False):
        first, last, between = rows.iloc[0], rows.iloc[-1], rows.iloc[1:-1]
        names = between["name"].where(between["kind"] != "break", "break")
        title = (
            f"{patrol_name(first['shift'], first['vehicle'], LANGUAGE)}: leaves {first['name']} "
            f"{first['departure']}, back {last['arrival']}, "
            f"{number(rows['drive_m'].sum() / 1000, LANGUAGE)} km"
        )
        cells = zip(between["arrival"], between["departure"], names, strict=True)
        grids.append(Columns.of(("from", "to", "stop"), cells, title))
    return grids


def visits(patrols: Patrols) -> Columns:
    """Return how often, and at what hours, each stop of several nights is visited."""
    table = patrols.visits[patrols.visits["visits"] > 0].sort_values(
        ["visits", "stop"], ascending=[False, True]
    )
    table = table.assign(usual=table["usual"].str.replace("_", " "))
    rows = table[["visits", "name", "usual"]].itertuples(index=False)
    nights = patrols.stops["night"].nunique()
    title = f"{nights} nights, visits to each stop and when in each shift:"
    return Columns.of(("visits", "stop", "when, in each shift"), rows, title)


def briefly(patrols: Patrols) -> list[str]:
    """Return what each shift of a night does, or what several nights do."""
    if len(patrols.visits):
        return _several(patrols)
    return [f"{line.forms[LANGUAGE]}." for line in plan_quality.briefly(patrols)]


def unserved(patrols: Patrols) -> list[str]:
    """Return what no stop reaches, and why a plan is small or each night the same, a line each."""
    said = (*plan_quality.beyond(patrols), *plan_quality.why_so(patrols))
    return [f"{line.forms[LANGUAGE]}." for line in said]


def more(patrols: Patrols) -> list[str]:
    """Return how many crews a plan takes, and what an hour or a vehicle more would add."""
    offers = plan_quality.trade_off(patrols.trade_off)
    lines = [] if offers is None else [offers.forms[LANGUAGE]]
    if patrols.crews and patrols.crews > patrols.stops["vehicle"].max():
        why = "as each rests between two shifts (patrols.rest_h)"
        lines.insert(0, f"It takes {patrols.crews} crews, {why}.")
    return lines


def _several(patrols: Patrols) -> list[str]:
    """Return what several nights do."""
    visits, made = patrols.visits, patrols.measures
    made = made[(made["plan"] == "proposed") & made["shift"].notna()]
    short = visits[visits["visits"] < visits["quota"]]
    minimums = (
        "every minimum is met" if short.empty else f"{len(short)} minimums are not met"
    )
    bound = made["more_share"].max()
    at_most = "" if pd.isna(bound) else quantities.share_at_most(bound).forms[LANGUAGE]
    more = at_most and f"; at most {at_most} more could be served"
    kept = (visits["at_usual_time"] * visits["visits"]).sum() / max(
        visits["visits"].sum(), 1
    )
    explored = (made["explored_share"] * made["stopping_min"]).sum() / max(
        made["stopping_min"].sum(), 1.0
    )
    share, late = made["need_share"], made["need_late"].min()
    least, most = _percent(share.min()), _percent(share.max())
    covered = f"{most} of all need"
    if least != most:
        covered = f"{least} to {covered}, on average {_percent(share.mean())}"
    return [
        f"A shift covers {covered} ({_percent(made['need_low'].min())} at least if travel times "
        f"and need are off, {_percent(late)} if it starts 20 min late){more} "
        f"in any; {minimums}; {_percent(kept)} of the visits at their usual time; "
        f"{_percent(explored)} of stop time where little is known, in "
        f"{(made['exploration_short'] > 0).sum()} of {len(made)} shifts less than aimed at.",
        *_that_do_not_hold(patrols.measures),
        "The map shows every night, one at a time; printed, all of them."
        if patrols.stops["date"].notna().all()
        else "The map shows every night by its number.  Nights without a date have no calendar "
        "and no cards.",
    ]


def _that_do_not_hold(measures: pd.DataFrame) -> list[str]:
    """Return how many nights of each shift lose much need by a late start or slower roads."""
    lines = []
    for shift, row in not_held(measures).iterrows():
        if row["late"] or row["low"] or row["below_greedy"]:
            lines.append(
                f"{shift_name(str(shift), LANGUAGE)}: of {row['nights']:.0f} nights "
                f"{row['late']:.0f} keep less than {_percent(LEAST)} of their need if they start "
                f"20 min late ({_percent(row['late_mean'])} on average, the worst "
                f"{_percent(row['late_worst'])}), {row['low']:.0f} in the lower draws of travel "
                f"times and need; {row['below_greedy']:.0f} are worth less than greedy insertion."
            )
    return lines


def _percent(share: float) -> str:
    return f"{number(100 * share, LANGUAGE)} %"
