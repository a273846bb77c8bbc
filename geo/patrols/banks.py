"""A night in which every vehicle keeps to one bank of the river, so that its crew may serve there.

It costs need, which `geo.brief.crews` sets beside the groups that are then understood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geo.arrays import Floats
from geo.params import Shift
from geo.params.patrols import Bank
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import Terms, plan_night
from geo.patrols.shifts import shift_problem
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import DEPOT, ProblemError, Routes


def vehicles_by_bank(
    inputs: PlanningInputs, banks: Mapping[Bank, Sequence[str]]
) -> dict[Bank, list[int]]:
    """Return the vehicles of each bank, from 1: as its share of the need, at least one each.

    Raises `geo.routing.ProblemError` with fewer vehicles than banks.
    """
    number, need = (
        inputs.params.vehicles,
        inputs.reach.by_stop["need"].to_numpy(float),
    )
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
    params, remaining = inputs.params, np.ones(len(inputs.reach.need))
    routes: dict[str, dict[int, tuple[int, ...]]] = {
        shift.name: {} for shift in params.shifts
    }
    for bank in sorted(banks, key=lambda bank: -len(vehicles[bank])):
        planned = plan_night(
            _of_bank(inputs, banks[bank], vehicles[bank]),
            Terms(remaining=remaining),
        )
        for shift in planned:
            routes[shift.name] |= dict(
                zip(vehicles[bank], shift.routes, strict=True)
            )
        visited = [stop for shift in planned for stop in shift.visited]
        served = inputs.reach.served(visited)
        remaining = np.where(served, 0.0, remaining)
    return _joined(inputs, routes)


def _of_bank(
    inputs: PlanningInputs, stops: Sequence[str], vehicles: Sequence[int]
) -> PlanningInputs:
    """Return the inputs with the stops of one bank and its vehicles."""
    elsewhere = ~inputs.stops["stop"].isin(list(stops)).to_numpy(bool)
    elsewhere[DEPOT] = False
    dropped = (*inputs.params.drop_stops, *inputs.stops["stop"][elsewhere])
    shifts = tuple(
        replace(
            shift,
            vehicles=tuple(shift.vehicles[vehicle - 1] for vehicle in vehicles),
        )
        if shift.vehicles
        else shift
        for shift in inputs.params.shifts
    )
    params = replace(
        inputs.params,
        drop_stops=dropped,
        vehicles=len(vehicles),
        shifts=shifts,
        lock_stops=(),
        lock_order=(),
    )
    return replace(inputs, params=params)


def _joined(
    inputs: PlanningInputs, routes: Mapping[str, Mapping[int, tuple[int, ...]]]
) -> list[PlannedShift]:
    """Return the shifts of all vehicles together, each on the need that those before it left."""
    remaining = np.ones(len(inputs.reach.need))
    joined = []
    for shift in inputs.params.shifts:
        of_all: Routes = tuple(
            routes[shift.name][vehicle]
            for vehicle in sorted(routes[shift.name])
        )
        planned = _shift(inputs, shift, of_all, remaining)
        joined.append(planned)
        served = inputs.reach.served(planned.visited)
        remaining = np.where(
            served, remaining * inputs.params.repeat, remaining
        )
    return joined


def _shift(
    inputs: PlanningInputs, shift: Shift, routes: Routes, remaining: Floats
) -> PlannedShift:
    cover = inputs.reach.cover(remaining=remaining)
    problem = shift_problem(inputs, shift, cover)
    return PlannedShift(shift, problem, routes, remaining)
