"""The rest of a night that is being driven, planned anew from where crews are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layers import readers
from layers.complaints import UserError
from layers.files import filenames
from mitrovica import terminal
from mitrovica.story.outcome import SILENT, Analysed, Watch
from mitrovica.story.patrol_plans import (
    Plan,
    Replanned,
    params_of,
    study_of,
    with_patrols,
    written,
)
from mitrovica.story.run_and_plan import make_ready

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from geo.params import Params
    from geo.results import Patrols
    from layers.readers.earlier_run import Results
    from layers.readers.study import Study
    from maps.words.text_tables import Columns
    from mitrovica.dispatch.rest_of_night import Happened

CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
LATE = re.compile(r"(\d+)=(\d+)")
BEFORE_S = 2 * 3600
"""A night counts as the present one from so many seconds before its first departure."""


def tonight(asked: Plan, watch: Watch = SILENT) -> Analysed:
    """Plan the rest of a night from where its crews are at ``asked.now``, and say whom to tell.

    Parameters
    ----------
    asked : Plan
        With ``now``; vehicles out of use or whose crew is overdue, minutes by which others are
        late, roads that are closed, or that the night is cancelled.
    watch : Watch, optional
        Hears each stage.

    Returns
    -------
    Analysed
        What changed, in ten lines, and the announced stops at which nobody comes in time.  The rest
        is entered in the log as the plan of the night.

    Raises
    ------
    layers.complaints.UserError
        If the folder holds no night that is being driven, or a time or a vehicle cannot be read.
    geo.routing.problem.ProblemError
        If a closed road cuts off a crew.
    """
    earlier = asked.read_earlier()
    study = study_of(asked, earlier)
    params = _params(asked, earlier, study)
    night = _night(asked, params)
    happened = _happened(asked, night)
    from geo.patrols.clock import hhmm
    from mitrovica.dispatch.rest_of_night import not_done, to_tell

    announced = set(study.settings.hung_out) or None
    if asked.cancelled:
        told = to_tell(not_done(night, happened), night.iloc[:0], announced)
        said = terminal.dispatch_lines.cancelled(night, happened)
        return Analysed([*said, *terminal.dispatch_lines.waiting(told)])
    watch.step("network")
    data = earlier.data(study, params, asked.snapshot)
    watch.step("patrols")
    rest = _rest(earlier, data, params, night, happened, announced)
    told = to_tell(not_done(night, happened), rest.stops, announced)
    rest = replace(rest, since=hhmm(happened.now_s), waiting=told)
    findings = with_patrols(earlier.findings, data, rest)
    said = terminal.dispatch_lines.lines(night, rest.stops, happened, data.about)
    shown: list[str | Columns] = [*said, *terminal.dispatch_lines.waiting(told)]
    if len(rest.stops):
        new = Replanned(findings, data, params, {"runs": 1}, said)
        make_ready(asked.target, "plan", watch)
        watch.step("map")
        drawn, edited = written(asked, new, earlier, watch)
        shown += [*drawn.late, *edited, _files(asked.target)]
    return Analysed(shown, findings=findings, data=data)


def _params(asked: Plan, earlier: Results, study: Study) -> Params:
    """Return the parameters of the run, with roads that are closed and stops not safe by now."""
    params = params_of(asked, earlier, study)
    roads = (*params.patrols.closed_roads, *(asked.closed or ()))
    return replace(params, patrols=replace(params.patrols, closed_roads=roads))


def _files(folder: Path) -> str:
    """Return the line that says where the map is, and what crews take."""
    taken = f"crews take {folder / filenames.CREW}"
    return f"Map: {folder / filenames.MAP}; {taken}"


def _rest(
    earlier: Results,
    data: Any,
    params: Params,
    night: gpd.GeoDataFrame,
    happened: Happened,
    announced: set[str] | None,
) -> Patrols:
    """Return the rest of the night, with what its stops are worth."""
    from geo.patrols.inputs import prepare
    from mitrovica.dispatch.rest_of_night import rest_of_night

    number = int(night["night"].iloc[0])
    inputs = prepare(data, earlier.findings.need, params).of_night(number)
    stops = night.to_crs(str(inputs.stops.crs))
    rest = rest_of_night(inputs, stops, happened, announced)
    return replace(rest, stop_need=earlier.findings.patrols.stop_need)


def _night(asked: Plan, params: Params) -> gpd.GeoDataFrame:
    """Return the timetable of the night that is being driven."""
    plan = asked.from_ / "plan"
    newest = plan if (plan / filenames.MANIFEST).is_file() else asked.from_
    folder = asked.driven or newest
    stops = readers.earlier_run.timetable(folder)
    if asked.date is not None and stops["date"].notna().any():
        stops = stops[stops["date"] == str(params.patrols.date)]
    if stops.empty:
        raise UserError(
            f"{folder} holds no night of {asked.date or 'any date'}. Fix: --driven with the folder "
            "of the plan that crews drive, and --date with the day on which its night begins"
        )
    if stops["night"].nunique() > 1:
        raise UserError(
            f"{folder} holds {stops['night'].nunique()} nights. Fix: --date with the day on which "
            "the night that is being driven begins"
        )
    return stops


def _happened(asked: Plan, night: gpd.GeoDataFrame) -> Happened:
    """Return what happened until now, as the options say it."""
    from geo.patrols.clock import next_time_s
    from mitrovica.dispatch.rest_of_night import Happened

    if asked.now is None or not CLOCK.fullmatch(asked.now):
        raise UserError(f"--now {asked.now}: not a time. Fix: HH:MM, such as 21:40")
    late_s = {}
    for text in asked.late or ():
        parts = LATE.fullmatch(text)
        if parts is None:
            raise UserError(
                f"--late {text}: not VEHICLE=MINUTES. Fix: such as --late 2=25"
            )
        late_s[int(parts[1])] = 60 * int(parts[2])
    out = frozenset(asked.out_of_use or ())
    unknown = sorted((out | set(late_s)) - set(night["vehicle"]))
    if unknown:
        there = ", ".join(map(str, sorted(set(night["vehicle"]))))
        raise UserError(
            f"vehicle {unknown[0]} drives no patrol of this night. Fix: one of {there}"
        )
    first_s = int(night["departure_s"].min()) - BEFORE_S
    now_s = next_time_s(asked.now.zfill(5), first_s)
    return Happened(now_s, out, late_s, roads_closed=bool(asked.closed))
