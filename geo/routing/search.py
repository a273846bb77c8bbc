"""The large-neighbourhood search: take visits out, put others in, go on from what is good.

A move takes out strings of visits near each other, or any, and puts in what gains, in an order
that is partly random.  The plan to go on from may be worse than the one before, by much at first
and by little later (simulated annealing).  The search begins anew from the best in rounds, each as
long as all before it: more moves repeat what fewer do and go on, so they never end worse.

References
----------
Christiaens and Vanden Berghe (2020), Slack induction by string removals for vehicle routing
problems, Transportation Science 54, 417-433.  Pisinger and Ropke (2019), Large neighborhood
search, Handbook of Metaheuristics, 99-127.
"""

from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Ints
from geo.network.compiling import compiled
from geo.routing.compiling import inlined, lean
from geo.routing.routes import (
    NEVER,
    NONE,
    REQUIRED,
    Night,
    Plan,
    best_place,
    copy,
    insert,
    remove,
    retime,
)
from geo.routing.worth import value

FIRST_ROUND: Final = 750
"""Moves of the first round."""
STRING: Final = 10
"""The longest string that is taken out of a route."""
MOST: Final = 12
"""The most visits that are taken out one by one."""
HOT: Final = 0.02
"""What may be lost at first on average, as a share of the plan's score, and what at the end."""
COLD: Final = 0.00001


class Places(NamedTuple):
    """The best place of each offer in each route, as last worked out."""

    detour: Ints
    """(m, v): seconds of driving that it adds."""
    position: Ints
    """(m, v): before which visit."""
    version: Ints
    """(m, v): of which version of the route."""


@compiled
def search(night: Night, plan: Plan, moves: int, rng: Ints) -> None:
    """Improve a plan by so many moves; it never ends worse."""
    places, current, trial = no_places(night), _copied(plan), _copied(plan)
    version = int(plan.version.max()) + 1
    begin, end = 0, FIRST_ROUND
    for move in range(moves):
        if move == end:
            begin, end = end, 2 * end
            copy(plan, current)
        cooled = (move - begin) / (end - begin)
        worth = abs(
            plan.score[0] - REQUIRED * np.rint(plan.score[0] / REQUIRED)
        )
        heat = worth * HOT * (COLD / HOT) ** cooled
        copy(current, trial)
        version = _take_out(night, trial, rng, version)
        version = _put_in(night, trial, places, rng, version, False)
        if trial.score[0] > plan.score[0] + 1e-6:
            copy(trial, plan)
        if trial.score[0] > current.score[0] + heat * np.log(_draw(rng)):
            copy(trial, current)


@inlined
def _draw(state: Ints) -> float:
    """Return the next number of a xorshift sequence, from 0 to 1."""
    state[0] ^= state[0] << 13
    state[0] ^= (state[0] >> 7) & 0x1FFFFFFFFFFFFFF
    state[0] ^= state[0] << 17
    return float((state[0] & 0xFFFFFFFFFFFFF) / 2.0**52)


@compiled
def no_places(night: Night) -> Places:
    """Return the places of offers before any is worked out."""
    shape = night.able.shape
    unknown = np.full(shape, NONE)
    return Places(
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        unknown,
    )


@compiled
def _copied(plan: Plan) -> Plan:
    return Plan(
        plan.route.copy(), plan.length.copy(), plan.free.copy(), plan.free_hungry.copy(),
        plan.latest.copy(), plan.latest_hungry.copy(), plan.spent.copy(), plan.version.copy(),
        plan.vehicle.copy(), plan.served.copy(), plan.score.copy(),
    )  # fmt: skip


@compiled
def _take_out(night: Night, plan: Plan, rng: Ints, version: int) -> int:
    """Take out strings of visits near a random place, or any visits; return the next version."""
    visits = 0
    for vehicle in range(len(plan.length)):
        if not night.fixed[vehicle]:
            visits += plan.length[vehicle]
    if visits == 0:
        return version
    touched = np.zeros(len(plan.length), dtype=np.bool_)
    if _draw(rng) < 0.35:
        _take_strings(night, plan, rng, version, visits, touched)
    else:
        _take_any(night, plan, rng, version, visits, touched)
    for vehicle in range(len(touched)):
        if touched[vehicle] and not retime(night, plan, vehicle):
            while plan.length[vehicle] > 0:
                remove(night, plan, vehicle, plan.length[vehicle] - 1, version)
            retime(night, plan, vehicle)
    return version + len(touched)


@lean
def _take_strings(
    night: Night,
    plan: Plan,
    rng: Ints,
    version: int,
    visits: int,
    touched: Bools,
) -> None:
    vehicles = len(plan.length)
    longest = min(STRING, visits / vehicles)
    strings = 1 + int(_draw(rng) * (40 / (1 + longest)))
    centre = night.place[int(_draw(rng) * len(night.place))]
    for place in night.nearest[centre]:
        for vehicle in range(vehicles):
            if touched[vehicle] or night.fixed[vehicle]:
                continue
            for position in range(plan.length[vehicle]):
                if night.place[plan.route[vehicle, position]] == place:
                    length = plan.length[vehicle]
                    size = 1 + int(_draw(rng) * min(STRING, length))
                    size = min(size, length)
                    first = position - int(_draw(rng) * size)
                    first = max(0, min(first, length - size))
                    for _ in range(size):
                        remove(night, plan, vehicle, first, version + vehicle)
                    touched[vehicle] = True
                    strings -= 1
                    break
        if strings <= 0:
            return


@lean
def _take_any(
    night: Night,
    plan: Plan,
    rng: Ints,
    version: int,
    visits: int,
    touched: Bools,
) -> None:
    size = min(visits, 1 + int(_draw(rng) * min(MOST, visits)))
    for k in range(size):
        nth = int(_draw(rng) * (visits - k))
        for vehicle in range(len(plan.length)):
            if night.fixed[vehicle]:
                continue
            if nth < plan.length[vehicle]:
                remove(night, plan, vehicle, nth, version + vehicle)
                touched[vehicle] = True
                break
            nth -= plan.length[vehicle]


@compiled
def _put_in(
    night: Night,
    plan: Plan,
    places: Places,
    rng: Ints,
    version: int,
    stepwise: bool,
) -> int:
    """Put in visits that gain, best first; return the next version.

    The order is that of what they gain, or of what they gain a second, and partly random.  Where it
    goes `stepwise`, it is by the second, not random, and set anew after each visit.
    """
    offers = len(night.place)
    forced, by_time, spread = NONE, True, 0.0
    if not stepwise:
        by_time, spread = _draw(rng) < 0.5, 0.8 * _draw(rng)
        if _draw(rng) < 0.2:
            forced = int(_draw(rng) * offers)
    score = np.zeros(offers)
    going = True
    while going:
        for offer in range(offers):
            score[offer] = 0.0
            if plan.vehicle[night.visit[offer]] == NONE:
                gain, detour, _ = best_vehicle(
                    night, plan, places, offer, forced
                )
                if by_time:
                    gain /= max(detour + night.service_s[offer], 1)
                score[offer] = gain * (1 - spread * _draw(rng))
        going = False
        for offer in np.argsort(-score):
            if score[offer] <= 0:
                break
            if plan.vehicle[night.visit[offer]] != NONE:
                continue
            gain, _, vehicle = best_vehicle(night, plan, places, offer, forced)
            if gain > 0:
                position = places.position[offer, vehicle]
                insert(night, plan, vehicle, position, offer, version)
                version += 1
                if stepwise:
                    going = True
                    break
    return version


@inlined
def best_vehicle(
    night: Night, plan: Plan, places: Places, offer: int, forced: int
) -> tuple[float, int, int]:
    """Return what an offer gains in its best place, the seconds that it adds, and the vehicle.

    It gains less than nothing where no vehicle can make it.
    """
    least, best = NEVER, NONE
    for vehicle in range(len(plan.length)):
        if not night.able[offer, vehicle]:
            continue
        if places.version[offer, vehicle] != plan.version[vehicle]:
            detour, position = best_place(night, plan, vehicle, offer)
            places.detour[offer, vehicle], places.position[offer, vehicle] = (
                detour,
                position,
            )
            places.version[offer, vehicle] = plan.version[vehicle]
        if places.detour[offer, vehicle] < least:
            least, best = places.detour[offer, vehicle], vehicle
    if best == NONE:
        return -1.0, least, best
    gain = value(night.worth, offer, night.minutes[offer], plan.served) - least
    if offer == forced or night.required[offer]:
        gain += REQUIRED
    return gain, least, best


@compiled
def fill(night: Night, plan: Plan) -> None:
    """Put in the visit that gains most a second, again and again until none gains."""
    random, version = np.ones(1, dtype=np.int64), int(plan.version.max()) + 1
    _put_in(night, plan, no_places(night), random, version, True)
