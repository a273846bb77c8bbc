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

from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.network.compiling import compiled
from geo.routing.compiling import inlined, lean
from geo.routing.worth import Worth, serve, value

NEVER: Final = 10**9
"""A time that no route reaches."""
NONE: Final = -1
"""Stands for the number of a vehicle or an offer where there is none."""
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
    """(m,): offers of one number exclude each other: one stop in one shift."""
    service_s: Ints
    """(m,)"""
    minutes: Floats
    """(m,): minutes that a visit offers."""
    windows: Ints
    """(m, w, 2): when service may begin; the first is later than the second where there is none."""
    able: Bools
    """(m, v): whether a vehicle may make a visit."""
    required: Bools
    """(m,)"""
    start_s: Ints
    """(v,): when each vehicle starts."""
    end_s: Ints
    """(v,): when it must be at its end."""
    origin: Ints
    """(v,): place where it starts."""
    target: Ints
    """(v,): place where it ends."""
    fixed: Bools
    """(v,): whether its route is given."""
    pause_s: Ints
    """(v,): length of its break; negative where it takes none."""
    pause_early: Ints
    """(v,): the break begins at or after it."""
    pause_late: Ints
    """(v,): the break begins at or before it."""
    costs: Ints
    """(l, n, n): what each drive adds to a limited sum."""
    most: Ints
    """(l, v): the largest sum of each vehicle."""
    worth: Worth


class Plan(NamedTuple):
    """The routes of a night; offer k of vehicle v is ``route[v, k]``."""

    route: Ints
    """(v, longest)"""
    length: Ints
    """(v,): number of offers of each route."""
    free: Ints
    """(v, longest + 1): when a vehicle is free after each visit, its break taken."""
    free_hungry: Ints
    """The same, its break to come."""
    latest: Ints
    """(v, longest + 1): when it must arrive at the latest, its break taken before."""
    latest_hungry: Ints
    """The same, its break to come."""
    spent: Ints
    """(l, v): what its drives add to each limited sum."""
    version: Ints
    """(v,): another number for another route."""
    vehicle: Ints
    """The vehicle that makes each visit, `NONE` if none does."""
    served: Floats
    """(s + 1, p): see `geo.routing.worth.value`."""
    score: Floats
    """(1,): worth less driving, in seconds."""


def empty(night: Night, longest: int) -> Plan:
    """Return the plan in which no vehicle drives."""
    vehicles = len(night.start_s)
    points, shifts = night.worth.worth_s.shape
    times = (vehicles, longest + 1)
    plan = Plan(
        route=np.zeros((vehicles, longest), dtype=np.int64),
        length=np.zeros(vehicles, dtype=np.int64),
        free=np.zeros(times, dtype=np.int64),
        free_hungry=np.zeros(times, dtype=np.int64),
        latest=np.zeros(times, dtype=np.int64),
        latest_hungry=np.zeros(times, dtype=np.int64),
        spent=np.zeros((len(night.most), vehicles), dtype=np.int64),
        version=np.arange(vehicles),
        vehicle=np.full(int(night.visit.max(initial=0)) + 1, NONE),
        served=np.zeros((shifts, points)),
        score=np.zeros(1),
    )
    for vehicle in range(vehicles):
        retime(night, plan, vehicle)
    return plan


@compiled
def copy(source: Plan, target: Plan) -> None:
    """Make one plan equal to another."""
    target.route[:] = source.route
    target.length[:] = source.length
    target.free[:] = source.free
    target.free_hungry[:] = source.free_hungry
    target.latest[:] = source.latest
    target.latest_hungry[:] = source.latest_hungry
    target.spent[:] = source.spent
    target.version[:] = source.version
    target.vehicle[:] = source.vehicle
    target.served[:] = source.served
    target.score[:] = source.score


@inlined
def best_place(
    night: Night, plan: Plan, vehicle: int, offer: int
) -> tuple[int, int]:
    """Return the least seconds of driving that a visit adds to a route, and before which visit.

    The seconds are `NEVER` where it fits nowhere.
    """
    least, best = NEVER, 0
    travel, here = night.travel_s, night.place[offer]
    length = plan.length[vehicle]
    before = night.origin[vehicle]
    for position in range(length + 1):
        after = night.target[vehicle]
        if position < length:
            after = night.place[plan.route[vehicle, position]]
        detour = travel[before, here] + travel[here, after]
        if length > 0:
            detour -= travel[before, after]
        if detour < least and _fits(
            night, plan, vehicle, offer, position, before, after
        ):
            least, best = detour, position
        before = after
    return least, best


@inlined
def _fits(
    night: Night,
    plan: Plan,
    vehicle: int,
    offer: int,
    position: int,
    before: int,
    after: int,
) -> bool:
    """Return whether a visit fits into a route, between two places."""
    here = night.place[offer]
    onward = night.service_s[offer] + night.travel_s[here, after]
    latest, latest_hungry = (
        plan.latest[vehicle, position],
        plan.latest_hungry[vehicle, position],
    )
    drive = night.travel_s[before, here]
    begin = begins(night, offer, plan.free[vehicle, position] + drive)
    in_time = begin + onward <= latest
    if not in_time and night.pause_s[vehicle] >= 0:
        begin = begins(
            night, offer, plan.free_hungry[vehicle, position] + drive
        )
        rested = _rested(night, vehicle, begin + night.service_s[offer])
        in_time = begin + onward <= latest_hungry
        in_time = in_time or rested + night.travel_s[here, after] <= latest
    if not in_time:
        return False
    for limit in range(len(night.most)):
        cost = night.costs[limit]
        spent = (
            plan.spent[limit, vehicle] + cost[before, here] + cost[here, after]
        )
        if plan.length[vehicle] > 0:
            spent -= cost[before, after]
        if spent > night.most[limit, vehicle]:
            return False
    return True


@inlined
def begins(night: Night, offer: int, arrival: int) -> int:
    """Return when service begins; `NEVER` if the arrival is too late for every window."""
    first = NEVER
    for window in range(night.windows.shape[1]):
        early, late = night.windows[offer, window]
        if early <= late and arrival <= late:
            first = min(first, max(arrival, early))
    return first


@inlined
def _arrives(night: Night, offer: int, begin: int) -> int:
    """Return the latest arrival for service to begin by a time; negative if there is none."""
    latest = -NEVER
    for window in range(night.windows.shape[1]):
        early, late = night.windows[offer, window]
        if early <= late and early <= begin:
            latest = max(latest, min(late, begin))
    return latest


@inlined
def _rested(night: Night, vehicle: int, done: int) -> int:
    """Return when a break ends that follows a service; `NEVER` if it would begin too late."""
    begin = max(done, night.pause_early[vehicle])
    if begin > night.pause_late[vehicle]:
        return NEVER
    return int(begin + night.pause_s[vehicle])


@lean
def retime(night: Night, plan: Plan, vehicle: int) -> bool:
    """Set the times and sums of a route; return whether it is in time and within its limits."""
    pauses, length = night.pause_s[vehicle] >= 0, plan.length[vehicle]
    start, end = night.start_s[vehicle], night.end_s[vehicle]
    plan.free[vehicle, 0] = NEVER if pauses else start
    plan.free_hungry[vehicle, 0] = start if pauses else NEVER
    plan.spent[:, vehicle] = 0
    before = night.origin[vehicle]
    for position in range(length):
        offer = plan.route[vehicle, position]
        here, service = night.place[offer], night.service_s[offer]
        drive = night.travel_s[before, here]
        done = (
            begins(night, offer, plan.free[vehicle, position] + drive) + service
        )
        hungry = (
            begins(night, offer, plan.free_hungry[vehicle, position] + drive)
            + service
        )
        if pauses:
            done = min(done, _rested(night, vehicle, hungry))
        plan.free[vehicle, position + 1] = min(done, NEVER)
        plan.free_hungry[vehicle, position + 1] = min(hungry, NEVER)
        for limit in range(len(night.most)):
            plan.spent[limit, vehicle] += night.costs[limit, before, here]
        before = here
    target = night.target[vehicle]
    plan.latest[vehicle, length] = end
    plan.latest_hungry[vehicle, length] = -NEVER
    if length == 0:
        return True
    back = plan.free[vehicle, length] + night.travel_s[before, target]
    fits = bool(back <= end)
    for limit in range(len(night.most)):
        plan.spent[limit, vehicle] += night.costs[limit, before, target]
        fits &= bool(plan.spent[limit, vehicle] <= night.most[limit, vehicle])
    after = target
    for position in range(length - 1, -1, -1):
        offer = plan.route[vehicle, position]
        here, service = night.place[offer], night.service_s[offer]
        drive = night.travel_s[here, after]
        leaves = plan.latest[vehicle, position + 1] - drive
        leaves_hungry = plan.latest_hungry[vehicle, position + 1] - drive
        if pauses:
            rests = leaves - night.pause_s[vehicle]
            if night.pause_early[vehicle] <= rests:
                leaves_hungry = max(
                    leaves_hungry, min(rests, night.pause_late[vehicle])
                )
        plan.latest[vehicle, position] = _arrives(
            night, offer, leaves - service
        )
        plan.latest_hungry[vehicle, position] = _arrives(
            night, offer, leaves_hungry - service
        )
        after = here
    return fits


@lean
def insert(
    night: Night,
    plan: Plan,
    vehicle: int,
    position: int,
    offer: int,
    version: int,
) -> bool:
    """Put a visit into a route before the one at `position`; return whether it is in time."""
    driven = driving(night, plan, vehicle)
    length = plan.length[vehicle]
    for k in range(length, position, -1):
        plan.route[vehicle, k] = plan.route[vehicle, k - 1]
    plan.route[vehicle, position] = offer
    plan.length[vehicle] = length + 1
    plan.vehicle[night.visit[offer]] = vehicle
    plan.version[vehicle] = version
    minutes = night.minutes[offer]
    plan.score[0] += value(night.worth, offer, minutes, plan.served)
    serve(night.worth, offer, minutes, plan.served)
    plan.score[0] -= driving(night, plan, vehicle) - driven
    if night.required[offer]:
        plan.score[0] += REQUIRED
    return retime(night, plan, vehicle)


@lean
def remove(
    night: Night, plan: Plan, vehicle: int, position: int, version: int
) -> None:
    """Take the visit at `position` out of a route; its times are to be set anew."""
    driven = driving(night, plan, vehicle)
    offer = plan.route[vehicle, position]
    for k in range(position, plan.length[vehicle] - 1):
        plan.route[vehicle, k] = plan.route[vehicle, k + 1]
    plan.length[vehicle] -= 1
    plan.vehicle[night.visit[offer]] = NONE
    plan.version[vehicle] = version
    minutes = night.minutes[offer]
    serve(night.worth, offer, -minutes, plan.served)
    plan.score[0] -= value(night.worth, offer, minutes, plan.served)
    plan.score[0] -= driving(night, plan, vehicle) - driven
    if night.required[offer]:
        plan.score[0] -= REQUIRED


@lean
def append(
    night: Night, plan: Plan, vehicle: int, offer: int, version: int
) -> bool:
    """Put a visit at the end of a route if it fits there; return whether it does."""
    position, before = plan.length[vehicle], night.origin[vehicle]
    if position > 0:
        before = night.place[plan.route[vehicle, position - 1]]
    if not _fits(
        night, plan, vehicle, offer, position, before, night.target[vehicle]
    ):
        return False
    return insert(night, plan, vehicle, position, offer, version)


@lean
def follow(night: Night, plan: Plan, wanted: Ints) -> None:
    """Put visits at the ends of routes, in order, and pass over those that do not fit.

    ``wanted[v, k]`` are offers of the same stop, of which the first that fits is made; `NONE`
    stands where there is none.
    """
    version = len(plan.length)
    vehicles, most, choices = wanted.shape
    for vehicle in range(vehicles):
        for k in range(most):
            for choice in range(choices):
                offer, version = wanted[vehicle, k, choice], version + 1
                if offer == NONE or not night.able[offer, vehicle]:
                    continue
                if append(night, plan, vehicle, offer, version):
                    break


@lean
def driving(night: Night, plan: Plan, vehicle: int) -> int:
    """Return the seconds that a vehicle drives; an idle one does not."""
    if plan.length[vehicle] == 0:
        return 0
    driven, before = 0, night.origin[vehicle]
    for position in range(plan.length[vehicle]):
        here = night.place[plan.route[vehicle, position]]
        driven += night.travel_s[before, here]
        before = here
    return int(driven + night.travel_s[before, night.target[vehicle]])
