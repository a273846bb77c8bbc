"""Which of several vehicles that are alike drives which route: the longest by who drove least.

Where need lies far on one side, one vehicle of a shift drives many times as long as the other, and
no exchange of stops at equal need shortens that.  So over several nights vehicles take turns.
"""

from collections.abc import Mapping
from dataclasses import replace

from geo.patrols.timetable import PlannedShift


def in_turns(planned: PlannedShift, driven_s: Mapping[int, float]) -> PlannedShift:
    """Return a shift whose longer routes are driven by the vehicles that drove less so far.

    Parameters
    ----------
    planned : PlannedShift
    driven_s : mapping of int to float
        Seconds that each vehicle, from 0, drove in such shifts before.
    """
    routes = list(planned.routes)
    for vehicles in planned.problem.exchangeable:
        waiting = sorted(vehicles, key=lambda vehicle: driven_s[vehicle])
        longest_first = sorted(
            (planned.routes[vehicle] for vehicle in vehicles),
            key=lambda route: -planned.problem.driving_s(route, vehicles[0]),
        )
        for vehicle, route in zip(waiting, longest_first, strict=True):
            routes[vehicle] = route
    return replace(planned, routes=tuple(routes))
