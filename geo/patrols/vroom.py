"""Shifts as problems that VROOM solves, and its solutions as rows of a timetable.

VROOM has no notion that two stops serve the same need: a stop's priority is its worth with no other
visited.  What a solution is worth, and which rules it breaks, says
`geo.patrols.edited.weigh`.

References
----------
J. Coupey, J.-M. Nicod, C. Varnier, "VROOM, Vehicle Routing Open-source Optimization Machine",
Verso, 2024.  https://github.com/VROOM-Project/vroom/blob/master/docs/API.md
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.patrols.clock import DAY_S
from geo.patrols.edited import as_edited
from geo.patrols.inputs import PlanningInputs
from geo.patrols.timetable import BREAK, PlannedShift

MOST: Final = 99
"""Priority of the stop that is worth most; a stop that must be visited has one more."""

NOTE: Final = "VROOM cannot share need: what two stops reach counts at both; see `plan check`"
"""What each problem says of itself; VROOM passes over it."""


def problems(
    inputs: PlanningInputs, rows: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    """Return the problem of each shift of a night, as VROOM's JSON takes it.

    `rows` is table `STOPS` of the night: what a shift serves counts no more in the next.
    """
    night = int(rows["night"].min())
    return {
        each.name: _problem(inputs, each, night)
        for each in as_edited(inputs, rows)
    }


def _problem(
    inputs: PlanningInputs, planned: PlannedShift, night: int
) -> dict[str, Any]:
    problem, names = planned.problem, inputs.stops["stop"].tolist()
    highest = float(problem.prize.max()) or 1.0
    priority = np.ceil(problem.prize / highest * MOST).astype(int)
    priority[list(problem.required)] = MOST + 1
    jobs = [
        {
            "id": stop,
            "description": names[stop],
            "location_index": stop,
            "service": int(problem.service_s[stop]),
            "priority": int(priority[stop]),
            "time_windows": [
                [window.early, window.late]
                for window in problem.windows_of(stop)
            ]
            or [[0, 2 * DAY_S]],
        }
        for stop in problem.stops
        if priority[stop]
    ]
    matrices, most = {"durations": problem.travel_s.tolist()}, {}
    for limit in problem.limits:
        if np.array_equal(limit.cost, problem.travel_s):
            most["max_travel_time"] = limit.most
        else:
            matrices["distances"], most["max_distance"] = (
                limit.cost.tolist(),
                limit.most,
            )
    pause = problem.pause
    breaks = pause and [
        {
            "id": 1,
            "time_windows": [[pause.early, pause.late]],
            "service": pause.length_s,
        }
    ]
    vehicles = [
        {
            "id": number,
            "description": f"{night}|{planned.name}",
            "profile": "car",
            "start_index": problem.ends_of(number - 1)[0],
            "end_index": problem.ends_of(number - 1)[1],
            "time_window": list(span),
            **({"breaks": breaks} if breaks else {}),
            **most,
        }
        for number, span in enumerate(problem.vehicles, 1)
    ]
    return {
        "note": NOTE,
        "vehicles": vehicles,
        "jobs": jobs,
        "matrices": {"car": matrices},
    }


def rows_of(solution: Mapping[str, Any]) -> pd.DataFrame:
    """Return stops and breaks: columns ``night``, ``shift``, ``vehicle``, ``stop`` and ``kind``.

    A break before the first stop is taken at that stop, as no crew rests at the depot.  Raises
    KeyError or ValueError if it is not a solution of a problem that `problems` made.
    """
    rows = []
    for route in solution["routes"]:
        night, shift = str(route["description"]).split("|")
        who = {
            "night": int(night),
            "shift": shift,
            "vehicle": int(route["vehicle"]),
        }
        steps = [
            step for step in route["steps"] if step["type"] in ("job", "break")
        ]
        if steps and steps[0]["type"] == "break":
            steps[:2] = steps[1::-1]
        stop = ""
        for step in steps:
            is_break = step["type"] == "break"
            stop = stop if is_break else str(step["description"])
            rows.append(
                {**who, "stop": stop, "kind": BREAK if is_break else ""}
            )
    return pd.DataFrame(
        rows, columns=["night", "shift", "vehicle", "stop", "kind"]
    )
