"""A night in which every vehicle keeps to one bank of the river, so that its crew may serve there.

It costs need, which `geo.brief.crews` sets beside the groups that are then understood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geo.params import Shift
from geo.params.patrols import Bank
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import (
    Terms,
    by_routes,
    night_by_rule,
    plan_night,
)
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import DEPOT, Problem, ProblemError, Route, Routes


def vehicles_by_bank(
    inputs: PlanningInputs, banks: Mapping[Bank, Sequence[str]]
) -> dict[Bank, list[int]]:
    """Return the vehicles of each bank, from 1: as its share of the need, at least one each.

    Raises `geo.routing.ProblemError` with fewer vehicles than banks.
    """
    number = inputs.params.vehicles
    need = inputs.reach.by_stop["need"].to_numpy(float)
    if number < len(banks):
        raise ProblemError(
            f"{number} vehicle cannot keep to {len(banks)} banks. Smallest change: "
            f"vehicles = {len(banks)} under [patrols]"
        )
    worth = {
        bank: need[inputs.stops["stop"].isin(list(stops))].sum()
        for bank, stops in banks.items()
    }
    counts = dict.fromkeys(banks, 1)
    for _ in range(number - len(banks)):
        fewest = max(banks, key=lambda bank: worth[bank] / counts[bank])
        counts[fewest] += 1
    vehicles: dict[Bank, list[int]] = {}
    first = 1
    for bank, count in counts.items():
        vehicles[bank] = list(range(first, first + count))
        first += count
    return vehicles


def plan_by_bank(
    inputs: PlanningInputs, banks: Mapping[Bank, Sequence[str]]
) -> list[PlannedShift]:
    """Return the plan of one night in which each vehicle keeps to one bank.

    Parameters
    ----------
    inputs : PlanningInputs
    banks : mapping of bank to sequence of str
        The stops on each bank; at one of no known bank nobody stops.

    Returns
    -------
    list of PlannedShift
        The shifts of the night.  The bank of more need is planned first; what it serves counts no
        more on the other.

    Raises `geo.routing.ProblemError` with fewer vehicles than banks, or where a shift admits no
    plan.
    """
    vehicles = vehicles_by_bank(inputs, banks)
    remaining = np.ones(len(inputs.reach.need))
    routes: dict[tuple[str, int], Route] = {}
    for bank in sorted(banks, key=lambda bank: -len(vehicles[bank])):
        of_bank = _of_bank(inputs, banks[bank], vehicles[bank])
        planned = plan_night(of_bank, Terms(remaining=remaining))
        for shift in planned:
            for vehicle, route in zip(
                vehicles[bank], shift.routes, strict=True
            ):
                routes[shift.name, vehicle] = route
            remaining[inputs.reach.served(shift.visited)] = 0.0

    def both_banks(shift: Shift, problem: Problem) -> Routes:
        return tuple(
            routes[shift.name, vehicle]
            for vehicle in range(1, len(problem.vehicles) + 1)
        )

    return night_by_rule(inputs, by_routes(inputs, both_banks))


def _of_bank(
    inputs: PlanningInputs, stops: Sequence[str], vehicles: Sequence[int]
) -> PlanningInputs:
    """Return the inputs with the stops of one bank and its vehicles, and nothing locked."""
    elsewhere = ~inputs.stops["stop"].isin(list(stops))
    elsewhere[DEPOT] = False
    shifts = tuple(
        replace(shift, vehicles=tuple(shift.vehicles[k - 1] for k in vehicles))
        if shift.vehicles
        else shift
        for shift in inputs.params.shifts
    )
    params = replace(
        inputs.params,
        drop_stops=(
            *inputs.params.drop_stops,
            *inputs.stops["stop"][elsewhere],
        ),
        vehicles=len(vehicles),
        shifts=shifts,
        lock_stops=(),
        lock_order=(),
    )
    return replace(inputs, params=params)
