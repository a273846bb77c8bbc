"""The loops of the large-neighbourhood search for plans that count need once.

A plan is an array (vehicles, stops) of stop numbers, filled up with zeros.
"""

from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.network.compiling import compiled

LABELS: Final = 16
"""Ways to meet the windows of a route and to place its pause that are followed side by side."""
REQUIRED: Final = 1e12
"""What a required stop counts, in seconds: more than all else."""


class ShiftArrays(NamedTuple):
    """A problem and its need as arrays: n stops with the depot, p points of need, v vehicles."""

    travel_s: Ints
    service_s: Ints
    vehicles: Ints
    """(v, 2): start and end of each."""
    windows: Ints
    """(n, w, 2): when service may begin; the first is later than the second where there is none."""
    shares: Floats
    """(n, w): share of the prize that a visit in each window earns."""
    always: Bools
    """(n,): whether service may begin at any time."""
    pause: Ints
    """(3,): length, first and last begin; length -1 if there is none."""
    costs: Ints
    """(l, n, n): what each drive adds to a limited sum."""
    most: Ints
    """(l,): the largest sum of one vehicle."""
    reached: Ints
    """Points that stop s reaches: ``reached[first[s]:first[s + 1]]``."""
    first: Ints
    """(n + 1,)"""
    need: Floats
    """(p,): worth in seconds of each point of need."""
    own: Floats
    """(n,): worth in seconds of a visit beside need."""
    usable: Bools
    """(n,): whether a stop may be visited."""
    required: Bools
    """(n,): whether it must be."""


@compiled
def search(
    shift: ShiftArrays, plan: Ints, draws: Floats, most: int, near: float
) -> Ints:
    """Return the best plan found by taking stops out at random and putting others in.

    `draws` (moves, 4 + n) are uniform random numbers.  A move takes at most `most` stops out; its
    plan is kept to go on from if it is worth at least a share of the best, which rises from `near`
    at the first move to 1 at the last.  Every fourth move puts one stop in, gain or not: another
    may need the break that is taken at it.
    """
    worth, unserved = np.zeros(len(shift.own)), np.zeros(len(shift.need))
    best, now = plan, plan
    record = _value(shift, best, worth, unserved)
    for move in range(len(draws)):
        trial = now.copy()
        _take_out(trial, draws[move], most)
        must = shift.required.copy()
        if draws[move, 2] >= 0.75:
            must[1 + int(draws[move, 3] * (len(must) - 1))] = True
        put_in(shift, trial, draws[move], must, worth, unserved)
        value = _value(shift, trial, worth, unserved)
        if value > record:
            record, best = value, trial
        # What required stops count is no part of the share.
        share = (1 - near) * (1 - move / len(draws))
        if value > record - share * abs(record - REQUIRED * np.rint(record / REQUIRED)):
            now = trial
    return best


@compiled
def kept(shift: ShiftArrays, plan: Ints) -> Ints:
    """Return what crews serve who keep the order of a plan and pass over what does not fit."""
    served = np.zeros_like(plan)
    none = np.zeros(len(shift.own))
    for vehicle in range(len(plan)):
        length = 0
        for k in range(_length(plan[vehicle])):
            served[vehicle, length] = plan[vehicle, k]
            if _earned(shift, vehicle, served[vehicle], length + 1, none) >= 0:
                length += 1
            else:
                served[vehicle, length] = 0
    return served


@compiled
def _take_out(plan: Ints, draw: Floats, most: int) -> None:
    """Take out some stops, any ones."""
    visits = int(np.count_nonzero(plan))
    for _ in range(min(visits, 1 + int(draw[0] * min(most, visits)))):
        least, vehicle_out, at_out = np.inf, 0, 0
        for vehicle in range(len(plan)):
            for k in range(_length(plan[vehicle])):
                if draw[4 + plan[vehicle, k]] < least:
                    least, vehicle_out, at_out = draw[4 + plan[vehicle, k]], vehicle, k
        for k in range(at_out, plan.shape[1] - 1):
            plan[vehicle_out, k] = plan[vehicle_out, k + 1]


@compiled
def put_in(
    shift: ShiftArrays,
    plan: Ints,
    draw: Floats,
    must: Bools,
    worth: Floats,
    unserved: Floats,
) -> None:
    """Put in the stop of the best score, again and again until none gains.

    The score is what a stop gains, or that for each second that it takes, more or less at random.
    Stops of `must` come first, gain or not.
    """
    n = len(shift.own)
    by_time, random = draw[1] >= 0.5, draw[1] >= 0.25
    waiting = shift.usable.copy()
    for vehicle in range(len(plan)):
        for k in range(_length(plan[vehicle])):
            waiting[plan[vehicle, k]] = False
    while True:
        _share(shift, plan, worth, unserved)
        top, vehicle_in, at_in, stop_in = 0.0, -1, 0, 0
        for stop in range(1, n):
            if not waiting[stop]:
                continue
            worth[stop] = shift.own[stop]
            for p in shift.reached[shift.first[stop] : shift.first[stop + 1]]:
                worth[stop] += unserved[p]
            noise = 0.7 + 0.6 * draw[4 + stop] if random else 1.0
            for vehicle in range(len(plan)):
                score, at = _place(
                    shift,
                    vehicle,
                    plan[vehicle],
                    stop,
                    worth,
                    must,
                    by_time,
                    top / noise,
                )
                if score * noise > top:
                    top, vehicle_in, at_in, stop_in = score * noise, vehicle, at, stop
        if vehicle_in < 0:
            return
        for k in range(plan.shape[1] - 1, at_in, -1):
            plan[vehicle_in, k] = plan[vehicle_in, k - 1]
        plan[vehicle_in, at_in] = stop_in
        waiting[stop_in] = False


@compiled
def _place(
    shift: ShiftArrays,
    vehicle: int,
    route: Ints,
    stop: int,
    worth: Floats,
    must: Bools,
    by_time: bool,
    least: float,
) -> tuple[float, int]:
    """Return score and place of the best insertion into a route; -1 if none beats `least`."""
    length = _length(route)
    travel = shift.travel_s
    spare = shift.vehicles[vehicle, 1] - shift.vehicles[vehicle, 0]
    spare -= _driving(travel, route, length)
    for k in range(length):
        spare -= shift.service_s[route[k]]
    earned, top, best = -1.0, -1.0, 0
    trial = np.empty(length + 1, dtype=np.int64)
    for at in range(length + 1):
        before = route[at - 1] if at > 0 else 0
        after = route[at] if at < length else 0
        detour = travel[before, stop] + travel[stop, after] - travel[before, after]
        longer = detour + shift.service_s[stop]
        scale = 1.0 / max(longer, 1) if by_time else 1.0
        gain = worth[stop] - detour + (REQUIRED if must[stop] else 0.0)
        if longer > spare or gain * scale <= least:
            continue
        for k in range(length + 1):
            trial[k] = route[k] if k < at else stop if k == at else route[k - 1]
        earns = _earned(shift, vehicle, trial, length + 1, worth)
        if earns >= 0:
            if earned < 0:
                earned = _earned(shift, vehicle, route, length, worth)
            score = (gain - worth[stop] + earns - earned) * scale
            if score > least:
                least, top, best = score, score, at
    return top, best


@compiled
def _share(shift: ShiftArrays, plan: Ints, worth: Floats, unserved: Floats) -> None:
    """Set what each stop of a plan is worth, and the worth of the need that none serves."""
    times = np.zeros(len(unserved))
    for vehicle in range(len(plan)):
        for stop in plan[vehicle, : _length(plan[vehicle])]:
            for p in shift.reached[shift.first[stop] : shift.first[stop + 1]]:
                times[p] += 1
    for p in range(len(unserved)):
        unserved[p] = 0.0 if times[p] > 0 else shift.need[p]
    for vehicle in range(len(plan)):
        for k in range(_length(plan[vehicle])):
            stop = plan[vehicle, k]
            worth[stop] = shift.own[stop]
            for p in shift.reached[shift.first[stop] : shift.first[stop + 1]]:
                worth[stop] += shift.need[p] / times[p]


@compiled
def _value(shift: ShiftArrays, plan: Ints, worth: Floats, unserved: Floats) -> float:
    """Return the worth of a plan less its driving; minus infinity if it does not fit the shift."""
    _share(shift, plan, worth, unserved)
    value = 0.0
    for vehicle in range(len(plan)):
        length = _length(plan[vehicle])
        earned = _earned(shift, vehicle, plan[vehicle], length, worth)
        if earned < 0:
            return -np.inf
        value += earned - _driving(shift.travel_s, plan[vehicle], length)
        for k in range(length):
            if shift.required[plan[vehicle, k]]:
                value += REQUIRED
    return value


@compiled
def _length(route: Ints) -> int:
    """Return the number of stops of a route."""
    length = 0
    while length < len(route) and route[length] > 0:
        length += 1
    return length


@compiled
def _driving(cost: Ints, route: Ints, length: int) -> int:
    """Return the cost of the drives along a route, from the depot and back."""
    driven, last = 0, 0
    for k in range(length):
        driven += cost[last, route[k]]
        last = route[k]
    return int(driven + cost[last, 0])


@compiled
def _earned(
    shift: ShiftArrays, vehicle: int, route: Ints, length: int, worth: Floats
) -> float:
    """Return the most that a route earns; -1 if it does not fit shift, windows, pause or limits."""
    if length == 0:
        return 0.0
    for limit in range(len(shift.most)):
        if _driving(shift.costs[limit], route, length) > shift.most[limit]:
            return -1.0
    by_labels, earned = shift.pause[0] >= 0, 0.0
    back = shift.vehicles[vehicle, 0] + _driving(shift.travel_s, route, length)
    for stop in route[:length]:
        by_labels |= not shift.always[stop]
        earned += worth[stop]
        back += shift.service_s[stop]
    if by_labels:
        return _by_labels(shift, vehicle, route[:length], worth)
    return earned if back <= shift.vehicles[vehicle, 1] else -1.0


@compiled
def _by_labels(shift: ShiftArrays, vehicle: int, route: Ints, worth: Floats) -> float:
    """Follow labels (time, earned, pause taken) as `geo.routing.problem.Problem.schedule` does."""
    # Labels and how many they are, by turns in the first and the second row.
    time = np.empty((2, LABELS), dtype=np.int64)
    earned = np.empty((2, LABELS))
    paused = np.empty((2, LABELS), dtype=np.bool_)
    start, end = shift.vehicles[vehicle]
    time[0, 0], earned[0, 0], paused[0, 0] = start, 0.0, shift.pause[0] < 0
    count, last, row = np.array([1, 0]), 0, 0
    for stop in route:
        count[1 - row] = 0
        for label in range(count[row]):
            arrival = time[row, label] + shift.travel_s[last, stop]
            for w in range(shift.windows.shape[1]):
                early, late = shift.windows[stop, w, 0], shift.windows[stop, w, 1]
                if early > late or arrival > late:
                    continue
                done = max(arrival, early) + shift.service_s[stop]
                gained = earned[row, label] + worth[stop] * shift.shares[stop, w]
                for pausing in range(1 if paused[row, label] else 2):
                    free = done
                    if pausing:
                        begin = max(done, shift.pause[1])
                        free = begin + shift.pause[0]
                        if begin > shift.pause[2]:
                            continue
                    over = paused[row, label] or pausing == 1
                    _add(time, earned, paused, count, 1 - row, free, gained, over)
        last, row = stop, 1 - row
    best = -1.0
    for label in range(count[row]):
        if paused[row, label] and time[row, label] + shift.travel_s[last, 0] <= end:
            best = max(best, earned[row, label])
    return best


@compiled
def _add(
    time: Ints,
    earned: Floats,
    paused: Bools,
    count: Ints,
    row: int,
    t: int,
    e: float,
    over: bool,
) -> None:
    """Add a label unless another beats it, and drop those that it beats."""
    kept = 0
    for k in range(count[row]):
        if time[row, k] <= t and earned[row, k] >= e and (paused[row, k] or not over):
            return
    for k in range(count[row]):
        if not (
            t <= time[row, k] and e >= earned[row, k] and (over or not paused[row, k])
        ):
            time[row, kept] = time[row, k]
            earned[row, kept] = earned[row, k]
            paused[row, kept] = paused[row, k]
            kept += 1
    if kept < time.shape[1]:
        time[row, kept], earned[row, kept], paused[row, kept] = t, e, over
        kept += 1
    count[row] = kept
