"""What a page needs to time and weigh an edit of one night by the rules of `geo.patrols.edited`.

Only the stops of the plan are in it, by their ids, and the need that they reach, without a place.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geo.params import Shift
from geo.patrols.survey import PlanningInputs
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import DEPOT


def desk(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> dict[str, Any]:
    """Return drives, services, windows, breaks, reach and need of a night, as plain JSON.

    Stops count as in ``stops``, the depot first; seconds as in table `STOPS`.
    """
    stops = [DEPOT, *sorted({stop for shift in planned for stop in shift.visited})]
    number = {stop: n for n, stop in enumerate(stops)}
    reaches = inputs.reach.reaches[stops]
    points = np.flatnonzero(reaches.any(axis=0))
    by_kind = {window.stop for window in inputs.opening}
    by_kind -= {window.stop for window in inputs.params.windows}
    travel_s = planned[0].problem.travel_s if planned else inputs.matrix.time_s
    return {
        "stops": inputs.stops["stop"].iloc[stops].tolist(),
        "service_s": inputs.stops["service_s"].iloc[stops].tolist(),
        "walk_s": inputs.stops["walk_s"].iloc[stops].tolist(),
        "by_kind": inputs.stops["stop"].iloc[stops].isin(by_kind).tolist(),
        "stays": [[stay.stop, stay.minutes] for stay in inputs.params.stays],
        "travel_s": travel_s[np.ix_(stops, stops)].tolist(),
        "reach": [np.flatnonzero(row).tolist() for row in reaches[:, points]],
        "need": inputs.reach.need[points].round(7).tolist(),
        "drop_stops": list(inputs.params.drop_stops),
        "shifts": [
            _shift(inputs, shift, own, number)
            for shift, own in zip(inputs.params.shifts, planned, strict=True)
        ],
    }


def _shift(
    inputs: PlanningInputs, shift: Shift, planned: PlannedShift, number: dict[int, int]
) -> dict[str, Any]:
    """Return one shift: its span, break and windows, and what each vehicle does."""
    problem, ids = planned.problem, inputs.stops["stop"]
    ordered = {lock.patrol for lock in inputs.params.lock_order}
    locks = {lock.patrol: lock.stops for lock in inputs.params.lock_stops}
    vehicles = [
        {
            "vehicle": vehicle,
            "start": problem.vehicles[vehicle - 1][0],
            "end": problem.vehicles[vehicle - 1][1],
            "route": [number[stop] for stop in route],
            "ordered": (shift.name, vehicle) in ordered,
            "locked": [number[s] for s in route if ids[s] in locks.get((shift.name, vehicle), ())],
        }
        for vehicle, route in enumerate(planned.routes, 1)
    ]
    return {
        "name": shift.name,
        "pause": list(problem.pause) if problem.pause else None,
        "windows": [
            [[early, late] for early, late, _ in problem.windows_of(stop)] for stop in number
        ],
        "vehicles": vehicles,
    }
