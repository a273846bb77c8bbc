"""What a plan that follows visits promises, read again from its timetable."""

from collections.abc import Iterator, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.breaches import Breach, Kind
from geo.params import FortnightParams, Shift
from geo.patrols.audit import ALWAYS, Spans, breaches_of_unusable, windows_by_stop
from geo.patrols.clock import DAY_S, break_span_s, shift_span_s, vehicle_spans_s
from geo.patrols.inputs import PlanningInputs
from geo.patrols.reach import Reach
from geo.results import Patrols
from mitrovica.adaptation.avoidance import NEAR_M
from mitrovica.adaptation.equity import UNREACHED, least_served

REFUTED: Final[Mapping[str, Kind]] = {
    "suspended": "not_suspended",
    "never_open": "not_closed",
    "too_far": "in_reach",
}
"""What is wrong where a reason for which no visit was planned is not true."""
LEAST_ON: Final[Mapping[str | None, Kind]] = {
    None: "least_served",
    "north": "least_served_north",
    "south": "least_served_south",
}
"""What is wrong where the service of the need that has least of it is too little, by bank."""
LEAST_ANNOUNCED: Final = 0.7
"""Share of stop time that is announced, at least."""
SERVICE_MIN: Final = 0.5
"""Minutes of service that may differ from those told."""


def broken_promises(
    patrols: Patrols, inputs: PlanningInputs, params: FortnightParams
) -> list[Breach]:
    """Return what a plan that follows a log does not keep of what was promised.

    Visits are counted again from the timetable.  Roads that were closed since, or stops that are
    suspended, may leave announced visits no room: a breach is told, and no plan is refused for it.

    Parameters
    ----------
    patrols : Patrols
        The plan.
    inputs : PlanningInputs
        What it was planned on.
    params : FortnightParams
    """
    table = patrols.followed.set_index("stop")
    if table.empty:
        return []
    rows = patrols.stops[patrols.stops["service_s"] > 0]
    made = rows["stop"].value_counts().reindex(table.index, fill_value=0)
    minutes = rows.groupby("stop")["service_s"].sum() / 60
    regular = made - table["by_lot"]
    return [
        *_about_announced(table, regular, minutes, params),
        *_about_away(table, regular, rows),
        *_about_new(patrols, table, regular),
        *_about_service(patrols, minutes, params, inputs.reach),
        *_about_unvisited(patrols, table[made == 0], inputs, params),
        *breaches_of_unusable(inputs),
    ]


def _about_announced(
    table: pd.DataFrame, regular: pd.Series, minutes: pd.Series, params: FortnightParams
) -> Iterator[Breach]:
    """Yield announced visits beyond what may move, counts that differ, too much that is hidden."""
    announced = table["announced"]
    lost = (announced - regular).clip(lower=0).sum()
    if lost > params.moves * announced.sum():
        visits = {"lost": lost, "announced": announced.sum()}
        yield Breach("withdrawn", {**visits, "most_share": params.moves})
    for stop in table.index[regular != table["visits"]]:
        visits = {"stop": stop, "visits": regular[stop]}
        yield Breach("visits_not_told", visits)
    by_lot = table.index[(table["by_lot"] > 0) & (table["visits"] == 0)]
    hidden = minutes.reindex(by_lot).sum() / minutes.sum()
    if hidden > 1 - LEAST_ANNOUNCED:
        shares = {"share": hidden, "most_share": 1 - LEAST_ANNOUNCED}
        yield Breach("on_no_card", shares)


def _about_new(
    patrols: Patrols, table: pd.DataFrame, regular: pd.Series
) -> Iterator[Breach]:
    """Yield stops that open where none may, but for those of which a minimum is asked."""
    announced = table["announced"]
    if patrols.may_open or not announced.any():
        return
    asked = patrols.visits.set_index("stop")["quota"]
    asked = asked.reindex(table.index, fill_value=0)
    for stop in table.index[(announced == 0) & (regular > 0) & (asked == 0)]:
        yield Breach("opens_too_soon", {"stop": stop})


def _about_unvisited(
    patrols: Patrols,
    table: pd.DataFrame,
    inputs: PlanningInputs,
    params: FortnightParams,
) -> Iterator[Breach]:
    """Yield stops without a visit in their nights, or with a reason for it that is not true."""
    nights = patrols.stops["night"].nunique()
    for stop, why in zip(table.index, table["why"], strict=True):
        if why not in UNREACHED and nights >= patrols.within_nights:
            within = {"nights": nights, "within_nights": patrols.within_nights}
            yield Breach("not_visited", {"stop": stop, **within})
        elif why in UNREACHED and why != _why_unreached(stop, inputs, params):
            yield Breach(REFUTED[why], {"stop": stop})


def _why_unreached(stop: str, inputs: PlanningInputs, params: FortnightParams) -> str:
    """Return why no vehicle can visit a stop, of `UNREACHED`; nothing where one can."""
    if stop in {*inputs.params.drop_stops, *inputs.params.suspend_stops}:
        return "suspended"
    windows = windows_by_stop(inputs.in_force).get(stop, ALWAYS)
    if _can_visit(stop, windows, inputs, params):
        return ""
    if _can_visit(stop, ALWAYS, inputs, params):
        return "never_open"
    return "too_far"


def _can_visit(
    stop: str, windows: Spans, inputs: PlanningInputs, limits: FortnightParams
) -> bool:
    """Return whether a vehicle can visit a stop, and no other, in any shift."""
    for shift in inputs.params.shifts:
        spans = vehicle_spans_s(shift, inputs.params.vehicles)
        for vehicle, span in enumerate(spans, 1):
            drives = _drives_to(stop, vehicle, shift, inputs, limits)
            if drives and _fits(stop, windows, shift, span, drives, inputs):
                return True
    return False


def _drives_to(
    stop: str,
    vehicle: int,
    shift: Shift,
    inputs: PlanningInputs,
    limits: FortnightParams,
) -> tuple[float, float] | None:
    """Return the seconds to a stop and back; None if that is farther than a shift may be driven."""
    matrix, at = inputs.matrix, inputs.number[stop]
    begin, end = (inputs.number[place] for place in inputs.params.ends_of(vehicle))
    there, home = (begin, at), (at, end)
    out_s, back_s = np.round([matrix.time_s[there], matrix.time_s[home]])
    metres = matrix.distance_m[there] + matrix.distance_m[home]
    shift_start, shift_end = shift_span_s(shift)
    most_s = limits.most_driving_share * (shift_end - shift_start)
    if out_s + back_s > most_s or metres > 1000 * limits.most_km:
        return None
    return float(out_s), float(back_s)


def _fits(
    stop: str,
    windows: Spans,
    shift: Shift,
    span: tuple[int, int],
    drives: tuple[float, float],
    inputs: PlanningInputs,
) -> bool:
    """Return whether a vehicle can serve a stop within its hours and be back in time."""
    (start, end), (out_s, back_s) = span, drives
    service_s = int(inputs.stops["service_s"][inputs.number[stop]])
    for early, late in windows:
        for day in (-DAY_S, 0, DAY_S):
            begin = max(start + out_s, early + day)
            free = _after_break(begin + service_s, shift)
            if begin <= late + day and free + back_s <= end:
                return True
    return False


def _after_break(served: float, shift: Shift) -> float:
    """Return when a vehicle drives on that has its break after its only visit."""
    if not shift.break_min:
        return served
    early, late = break_span_s(shift)
    begin = max(served, early)
    return begin + 60 * shift.break_min if begin <= late else np.inf


def _about_service(
    patrols: Patrols, minutes: pd.Series, params: FortnightParams, reach: Reach
) -> Iterator[Breach]:
    """Yield stops with other minutes of service than told, and where the least is too little."""
    table = patrols.followed
    by_stop = minutes.reindex(table["stop"], fill_value=0.0).to_numpy(float)
    of_stop = reach.reaches[1:] * reach.need
    at_points = by_stop @ reach.reaches[1:]
    served_min = of_stop @ at_points / np.maximum(of_stop.sum(axis=1), 1e-12)
    told_min = table["served_min"].to_numpy(float)
    for k in np.flatnonzero(np.abs(served_min - told_min) > SERVICE_MIN):
        times = {"minutes": served_min[k], "told_minutes": told_min[k]}
        yield Breach("service_not_told", {"stop": table["stop"][k], **times})
    needs = table.assign(served_min=served_min, need=of_stop.sum(axis=1))
    for least in least_served(needs):
        if least.minutes < params.least_served * least.mean_min:
            times = {"minutes": least.minutes, "mean_minutes": least.mean_min}
            of_mean = {"least_share": params.least_served, **times}
            yield Breach(LEAST_ON[least.bank], of_mean)


def _about_away(
    table: pd.DataFrame, regular: pd.Series, rows: gpd.GeoDataFrame
) -> Iterator[Breach]:
    """Yield stops whose hours do not fall though people stay away, and those that open beside."""
    announced = table["announced"]
    away = table.index[table["why"] == "stays_away"]
    for stop in away[regular[away] >= announced[away]]:
        yield Breach("hours_do_not_fall", {"stop": stop})
    opened = table.index[(announced == 0) & (regular > 0)]
    at = rows.drop_duplicates("stop").set_index("stop")["geometry"]
    for stop in opened if announced.any() else ():
        near_m = at[at.index.isin(away)].distance(at[stop])
        if (near_m <= NEAR_M).any():
            yield Breach("opens_near", {"stop": stop, "km": near_m.min() / 1000})
