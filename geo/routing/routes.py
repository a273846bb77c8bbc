"""Routes of a night that know how early and how late each stop can be, so that a check is quick.

An *offer* is a visit that may be made: a stop in a shift, in some windows, by some vehicles.  A
route keeps when its vehicle is free after each visit, and when it must be there at the latest for
the rest to be in time.  A visit fits between two others if it is free before the second must be
reached.  Where a break is to be taken, both times are kept twice: before it and after it.

References
----------
Savelsbergh (1992), The vehicle routing problem with time windows: minimizing route duration, ORSA
Journal on Computing 4, 146-154.
"""

from copy import deepcopy
from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing.lean import inlined, lean
from geo.routing.objective import Worth, serve, unserved, value

NEVER: Final = 10**9
"""A time that no route reaches."""
NONE: Final = -1
"""Stands for the number of a vehicle or an offer where there is none."""
TAKEN, AHEAD = 0, 1
"""The state of a break."""
REQUIRED: Final = 1e9
"""What a required visit counts, in seconds: more than all else."""


class Night(NamedTuple):
    """The offers and vehicles of a night as arrays: n places, m offers, v vehicles."""

    travel_s: Ints
    """(n, n)"""
    nearest: Ints
    """(n, n): the places by their distance from each."""
    place: Ints
    """(m,): number of each offer's place."""
    visit: Ints
    """(m,): number of its visit in `worth`; of two offers of one visit, a plan takes one."""
    service_s: Ints
    """(m,)"""
    minutes: Floats
    """(m,): minutes that a visit counts for."""
    windows: Ints
    """(m, w, 2): when service may begin; the first is later than the second where there is none."""
    opens: Ints
    """(m,): when the first window begins."""
    closes: Ints
    """(m,): when the last window ends."""
    able: Bools
    """(m, v): whether a vehicle may make a visit."""
    required: Bools
    """(m,)"""
    span: Ints
    """(v, 2): when each vehicle starts, and when it must be at its end."""
    ends: Ints
    """(v, 2): places where it starts and ends."""
    fixed: Bools
    """(v,): whether its route is given."""
    pause: Ints
    """(v, 3): length of its break, when it may begin at first and at last; a negative length where
    it takes none."""
    costs: Ints
    """(l, n, n): what each drive adds to a limited sum."""
    most: Ints
    """(v, l): the largest sums of each vehicle."""
    worth: Worth


class Plan(NamedTuple):
    """The routes of a night; offer k of vehicle v is ``route[v, k]``."""

    route: Ints
    """(v, longest)"""
    length: Ints
    """(v,): number of offers of each route."""
    free: Ints
    """(v, longest + 1, 2): when a vehicle is free after each visit, its break `TAKEN` or `AHEAD`.
    """
    latest: Ints
    """(v, longest + 1, 2): when it must arrive at the latest, its break `TAKEN` before or `AHEAD`.
    """
    soonest: Ints
    """(v, longest + 1): the earlier of the times of `free`."""
    last: Ints
    """(v, longest + 1): the later of those of `latest`."""
    spent: Ints
    """(v, l): what its drives add to each limited sum."""
    version: Ints
    """(v,): another number for another route."""
    versions: Ints
    """(1,): how many numbers are given away, to a plan and all its copies."""
    vehicle: Ints
    """The vehicle that makes each visit, `NONE` if none does."""
    served: Floats
    """(s + 1, p): see `geo.routing.objective.value`."""
    score: Floats
    """(1,): worth less driving, in seconds."""


def empty(night: Night, longest: int) -> Plan:
    """Return the plan in which no vehicle drives."""
    vehicles, sums = night.most.shape
    times = (vehicles, longest + 1, 2)
    plan = Plan(
        route=np.zeros((vehicles, longest), dtype=np.int64),
        length=np.zeros(vehicles, dtype=np.int64),
        free=np.zeros(times, dtype=np.int64),
        latest=np.zeros(times, dtype=np.int64),
        soonest=np.zeros(times[:2], dtype=np.int64),
        last=np.zeros(times[:2], dtype=np.int64),
        spent=np.zeros((vehicles, sums), dtype=np.int64),
        version=np.arange(vehicles),
        versions=np.array([vehicles]),
        vehicle=np.full(len(night.worth.shift), NONE),
        served=unserved(night.worth),
        score=np.zeros(1),
    )
    for vehicle in range(vehicles):
        retime(night, plan, vehicle)
    return plan


def copied(plan: Plan) -> Plan:
    """Return a copy of a plan."""
    return deepcopy(plan)._replace(versions=plan.versions)


@lean
def copy(source: Plan, target: Plan) -> None:
    """Make a plan equal to one of which it was a copy."""
    for vehicle in range(len(source.version)):
        if target.version[vehicle] != source.version[vehicle]:
            _copy_route(source, target, vehicle)
    for visit in range(len(source.vehicle)):
        target.vehicle[visit] = source.vehicle[visit]
    for shift in range(len(source.served)):
        for point in range(source.served.shape[1]):
            target.served[shift, point] = source.served[shift, point]
    target.score[0] = source.score[0]


@inlined
def _copy_route(source: Plan, target: Plan, vehicle: int) -> None:
    target.length[vehicle] = source.length[vehicle]
    target.version[vehicle] = source.version[vehicle]
    for k in range(source.length[vehicle] + 1):
        target.soonest[vehicle, k] = source.soonest[vehicle, k]
        target.last[vehicle, k] = source.last[vehicle, k]
        for state in (TAKEN, AHEAD):
            target.free[vehicle, k, state] = source.free[vehicle, k, state]
            target.latest[vehicle, k, state] = source.latest[vehicle, k, state]
    for k in range(source.length[vehicle]):
        target.route[vehicle, k] = source.route[vehicle, k]
    for limit in range(source.spent.shape[1]):
        target.spent[vehicle, limit] = source.spent[vehicle, limit]


@inlined
def best_place(night: Night, plan: Plan, vehicle: int, offer: int) -> tuple[int, int]:
    """Return the least seconds of driving that a visit adds to a route, and before which visit.

    The seconds are `NEVER` where it fits nowhere.

    Parameters
    ----------
    night, plan : Night, Plan
    vehicle, offer : int
        Whose route, and the visit that may be put in.
    """
    least, best = NEVER, 0
    soonest, last = plan.soonest[vehicle], plan.last[vehicle]
    opens, service = night.opens[offer], night.service_s[offer]
    for position in range(plan.length[vehicle] + 1):
        if soonest[position] > night.closes[offer]:
            break
        if max(soonest[position], opens) + service > last[position]:
            continue
        seconds = detour(night, plan, vehicle, position, offer)
        if seconds < least and _fits(night, plan, vehicle, offer, position):
            least, best = seconds, position
    return least, best


@inlined
def detour(night: Night, plan: Plan, vehicle: int, position: int, offer: int) -> int:
    """Return the seconds of driving that a visit adds before the one at `position`.

    Parameters
    ----------
    night, plan : Night, Plan
    vehicle, position : int
        The route, and the number of a visit in it, from 0.
    offer : int
        The visit that may be put in.
    """
    before = place(night, plan, vehicle, position - 1)
    after = place(night, plan, vehicle, position)
    here, travel = night.place[offer], night.travel_s
    seconds = travel[before, here] + travel[here, after]
    if plan.length[vehicle] > 0:
        seconds -= travel[before, after]
    return int(seconds)


@inlined
def place(night: Night, plan: Plan, vehicle: int, position: int) -> int:
    """Return the place of a visit; before the first and after the last, that of the vehicle.

    Parameters
    ----------
    night, plan : Night, Plan
    vehicle, position : int
        The route, and the number of a visit in it, from 0.
    """
    if position < 0:
        return int(night.ends[vehicle, 0])
    if position >= plan.length[vehicle]:
        return int(night.ends[vehicle, 1])
    return int(night.place[plan.route[vehicle, position]])


@inlined
def _fits(night: Night, plan: Plan, vehicle: int, offer: int, position: int) -> bool:
    """Return whether a visit fits into a route before the one at `position`."""
    before = place(night, plan, vehicle, position - 1)
    after = place(night, plan, vehicle, position)
    here, service = night.place[offer], night.service_s[offer]
    onward = night.travel_s[here, after]
    free, latest = plan.free[vehicle, position], plan.latest[vehicle, position]
    drive = night.travel_s[before, here]
    done = begins(night, offer, free[TAKEN] + drive) + service
    in_time = done + onward <= latest[TAKEN]
    if not in_time and night.pause[vehicle, 0] >= 0:
        done = begins(night, offer, free[AHEAD] + drive) + service
        rested = _rested(night, vehicle, done)
        in_time = done + onward <= latest[AHEAD]
        in_time = in_time or rested + onward <= latest[TAKEN]
    if not in_time:
        return False
    for limit in range(len(night.costs)):
        cost = night.costs[limit]
        spent = plan.spent[vehicle, limit] + cost[before, here] + cost[here, after]
        if plan.length[vehicle] > 0:
            spent -= cost[before, after]
        if spent > night.most[vehicle, limit]:
            return False
    return True


@inlined
def begins(night: Night, offer: int, arrival: int) -> int:
    """Return when service begins; `NEVER` if the arrival is too late for every window."""
    first = NEVER
    for early, late in night.windows[offer]:
        if early <= late and arrival <= late:
            first = min(first, max(arrival, early))
    return first


@inlined
def _arrives(night: Night, offer: int, begin: int) -> int:
    """Return the latest arrival for service to begin by a time; negative if there is none."""
    latest = -NEVER
    for early, late in night.windows[offer]:
        if early <= late and early <= begin:
            latest = max(latest, min(late, begin))
    return latest


@inlined
def _rested(night: Night, vehicle: int, done: int) -> int:
    """Return when a break ends that follows a service; `NEVER` if it would begin too late."""
    length, early, late = night.pause[vehicle]
    begin = max(done, early)
    return int(begin + length) if begin <= late else NEVER


# Forth and back along a route: both loops read the same break and night.
@lean
def retime(night: Night, plan: Plan, vehicle: int) -> bool:
    """Give a route a new number, times and sums; return whether it is in time and limits."""
    plan.versions[0] += 1
    plan.version[vehicle] = plan.versions[0]
    pauses, length = night.pause[vehicle, 0] >= 0, plan.length[vehicle]
    free, latest = plan.free[vehicle], plan.latest[vehicle]
    start, end = night.span[vehicle]
    free[0, TAKEN] = NEVER if pauses else start
    free[0, AHEAD] = start if pauses else NEVER
    for position in range(length):
        offer = plan.route[vehicle, position]
        service = night.service_s[offer]
        drive = _drive(night, plan, vehicle, position)
        done = begins(night, offer, free[position, TAKEN] + drive) + service
        ahead = begins(night, offer, free[position, AHEAD] + drive) + service
        if pauses:
            done = min(done, _rested(night, vehicle, ahead))
        free[position + 1, TAKEN] = min(done, NEVER)
        free[position + 1, AHEAD] = min(ahead, NEVER)
    latest[length, TAKEN], latest[length, AHEAD] = end, -NEVER
    rest, early, late = night.pause[vehicle]
    for position in range(length - 1, -1, -1):
        offer = plan.route[vehicle, position]
        drive = _drive(night, plan, vehicle, position + 1)
        leaves = latest[position + 1, TAKEN] - drive
        leaves_ahead = latest[position + 1, AHEAD] - drive
        if pauses and early <= leaves - rest:
            leaves_ahead = max(leaves_ahead, min(leaves - rest, late))
        service = night.service_s[offer]
        latest[position, TAKEN] = _arrives(night, offer, leaves - service)
        latest[position, AHEAD] = _arrives(night, offer, leaves_ahead - service)
    for position in range(length + 1):
        plan.soonest[vehicle, position] = min(
            free[position, TAKEN], free[position, AHEAD]
        )
        plan.last[vehicle, position] = max(
            latest[position, TAKEN], latest[position, AHEAD]
        )
    plan.spent[vehicle] = 0
    if length == 0:
        return True
    back = free[length, TAKEN] + _drive(night, plan, vehicle, length)
    fits = bool(back <= end)
    for limit in range(len(night.costs)):
        for position in range(length + 1):
            before = place(night, plan, vehicle, position - 1)
            after = place(night, plan, vehicle, position)
            plan.spent[vehicle, limit] += night.costs[limit, before, after]
        fits &= bool(plan.spent[vehicle, limit] <= night.most[vehicle, limit])
    return fits


@inlined
def _drive(night: Night, plan: Plan, vehicle: int, position: int) -> int:
    """Return the seconds of the drive to a visit, or after the last one to the end."""
    before = place(night, plan, vehicle, position - 1)
    after = place(night, plan, vehicle, position)
    return int(night.travel_s[before, after])


@lean
def insert(night: Night, plan: Plan, vehicle: int, position: int, offer: int) -> None:
    """Put a visit into a route before the one at `position`.

    Parameters
    ----------
    night, plan : Night, Plan
        The plan is changed.
    vehicle, position : int
        The route, and the number of a visit in it, from 0.
    offer : int
        The visit that is put in.
    """
    plan.score[0] += gain(night, plan, offer)
    plan.score[0] -= detour(night, plan, vehicle, position, offer)
    for k in range(plan.length[vehicle], position, -1):
        plan.route[vehicle, k] = plan.route[vehicle, k - 1]
    plan.route[vehicle, position] = offer
    plan.length[vehicle] += 1
    plan.vehicle[night.visit[offer]] = vehicle
    serve(night.worth, night.visit[offer], night.minutes[offer], plan.served)
    retime(night, plan, vehicle)


@lean
def remove(night: Night, plan: Plan, vehicle: int, position: int) -> None:
    """Take the visit at `position` out of a route, of which the times are to be set anew.

    Parameters
    ----------
    night, plan : Night, Plan
        The plan is changed.
    vehicle, position : int
        The route, and the number of a visit in it, from 0.
    """
    offer = plan.route[vehicle, position]
    plan.length[vehicle] -= 1
    for k in range(position, plan.length[vehicle]):
        plan.route[vehicle, k] = plan.route[vehicle, k + 1]
    plan.vehicle[night.visit[offer]] = NONE
    serve(night.worth, night.visit[offer], -night.minutes[offer], plan.served)
    plan.score[0] -= gain(night, plan, offer)
    plan.score[0] += detour(night, plan, vehicle, position, offer)


@inlined
def gain(night: Night, plan: Plan, offer: int) -> float:
    """Return what a visit that is not made would add to the score, without its drives."""
    visit, minutes = night.visit[offer], night.minutes[offer]
    gained = value(night.worth, visit, minutes, plan.served)
    return gained + REQUIRED if night.required[offer] else gained


@lean
def follow(night: Night, plan: Plan, wanted: Ints) -> None:
    """Put visits at the ends of routes, in order, and pass over those that do not fit.

    ``wanted[k]`` are a vehicle and an offer; of the offers of one visit the first that fits is
    made.
    """
    for vehicle, offer in wanted:
        position = plan.length[vehicle]
        if (
            plan.vehicle[night.visit[offer]] == NONE
            and night.able[offer, vehicle]
            and _fits(night, plan, vehicle, offer, position)
        ):
            insert(night, plan, vehicle, position, offer)
