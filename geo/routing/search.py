"""The large-neighbourhood search: take visits out, put others in, go on from what is good.

A move takes out strings of visits near each other, or a few of any, and puts in what gains, in an
order that is partly random; now and then it passes over a vehicle, as the place that costs least
may block a better one.  The plan to go on from may be worse than the one before, by much at first
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

from geo.arrays import Floats, Ints
from geo.routing.lean import inlined, lean
from geo.routing.routes import (
    NEVER,
    NONE,
    REQUIRED,
    Night,
    Plan,
    best_place,
    copied,
    copy,
    gain,
    insert,
    place,
    remove,
    retime,
)

FIRST_ROUND: Final = 750
"""Moves of the first round."""
SCATTERED: Final = 0.3
"""How often a move takes out a few visits, any ones."""
FEW: Final = 6
"""The most that it takes out then."""
REMOVED: Final = 5
"""Visits that another move takes out, on average at most."""
STRING: Final = 10
"""The longest string that is taken out of a route."""
BLINK: Final = 0.02
"""How often a vehicle is passed over where a visit is put in: its best place may block others."""
FIRST: Final = 0
"""Position of the first visit.  In a call it is `int(FIRST)`, as `int(NONE)`: numba compiles a loop
anew for a number by itself."""
HOT: Final = 0.5
"""What may be lost at first on average, in parts of an average visit, and what at the end."""
COLD: Final = 0.0005


class Places(NamedTuple):
    """The best place of each offer in each route, as last worked out."""

    detour: Ints
    """(m, v): seconds of driving that it adds."""
    position: Ints
    """(m, v): before which visit."""
    version: Ints
    """(m, v): of which version of the route."""
    score: Floats
    """(m,): what comes first where visits are put in; 0 and less is not put in."""


def search(night: Night, plan: Plan, moves: int, seed: int) -> None:
    """Improve a plan by so many moves; it never ends worse.

    Parameters
    ----------
    night : Night
    plan : Plan
        Improved in place.
    moves : int
    seed : int
    """
    random = np.random.default_rng(seed).integers(1, 2**62, 1)
    current, trial = copied(plan), copied(plan)
    _search(night, plan, current, trial, no_places(night), moves, random)


def fill(night: Night, plan: Plan) -> None:
    """Put in the visit that gains most a second, again and again until none gains."""
    _fill(night, plan, no_places(night), np.ones(1, dtype=np.int64))


def no_places(night: Night) -> Places:
    """Return the places of offers before any is worked out."""
    detour, position, version = np.full((3, *night.able.shape), NONE)
    return Places(detour, position, version, np.zeros(len(night.place)))


@lean
def _search(
    night: Night,
    plan: Plan,
    current: Plan,
    trial: Plan,
    places: Places,
    moves: int,
    rng: Ints,
) -> None:
    begin, end = 0, FIRST_ROUND
    for move in range(moves):
        if move == end:
            begin, end = end, 2 * end
            copy(plan, current)
        cooled = (move - begin) / (end - begin)
        worth = abs(plan.score[0] - REQUIRED * np.rint(plan.score[0] / REQUIRED))
        of_visit = worth / max(plan.length.sum(), 1)
        heat = of_visit * HOT * (COLD / HOT) ** cooled
        copy(current, trial)
        _take_out(night, trial, rng)
        _put_in(night, trial, places, rng)
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


@inlined
def _below(state: Ints, most: float) -> int:
    """Return a whole number from 0 to below `most`, any with the same chance."""
    return int(_draw(state) * most)


@lean
def _take_out(night: Night, plan: Plan, rng: Ints) -> None:
    """Take out a few visits, any ones, or strings of visits near a place, one out of a route."""
    before, vehicles = plan.versions[0], len(plan.length)
    scattered = _draw(rng) < SCATTERED
    # One number: for each that stands in a call the loop would be compiled anew.
    string = 1 if scattered else STRING
    if scattered:
        for _ in range(1 + _below(rng, FEW)):
            vehicle = _below(rng, vehicles)
            if plan.length[vehicle] > 0 and not night.fixed[vehicle]:
                position = _below(rng, plan.length[vehicle])
                _take_string(night, plan, rng, vehicle, position, string)
        return
    longest = min(STRING, plan.length.sum() / vehicles)
    strings = 1 + _below(rng, 4 * REMOVED / (1 + longest))
    centre = night.place[_below(rng, len(night.place))]
    for near in night.nearest[centre]:
        for vehicle in range(vehicles):
            if night.fixed[vehicle] or plan.version[vehicle] > before:
                continue
            for position in range(plan.length[vehicle]):
                if place(night, plan, vehicle, position) == near:
                    _take_string(night, plan, rng, vehicle, position, string)
                    strings -= 1
                    break
        if strings <= 0:
            return


@lean
def _take_string(
    night: Night, plan: Plan, rng: Ints, vehicle: int, position: int, longest: int
) -> None:
    """Take out visits in a row, that at `position` among them; all where the rest is late."""
    length = plan.length[vehicle]
    size = 1 + _below(rng, min(longest, length))
    first = max(0, min(position - _below(rng, size), length - size))
    for _ in range(size):
        remove(night, plan, vehicle, first)
    while not retime(night, plan, vehicle):
        remove(night, plan, vehicle, int(FIRST))


@lean
def _put_in(night: Night, plan: Plan, places: Places, rng: Ints) -> None:
    """Put in visits that gain, by what they gain, in all or a second, and by chance."""
    by_time, spread = _draw(rng) < 0.5, _draw(rng)
    forced = _below(rng, 5 * len(night.place))
    score = places.score
    for offer in range(len(score)):
        gains, seconds, _ = best_vehicle(night, plan, places, offer, forced, BLINK, rng)
        if by_time:
            gains /= max(seconds + night.service_s[offer], 1)
        score[offer] = gains * (1 - spread * _draw(rng))
    offer = int(np.argmax(score))
    while score[offer] > 0:
        gains, _, vehicle = best_vehicle(night, plan, places, offer, forced, BLINK, rng)
        if gains > 0:
            position = places.position[offer, vehicle]
            insert(night, plan, vehicle, position, offer)
        score[offer] = 0
        offer = int(np.argmax(score))


@inlined
def best_vehicle(
    night: Night,
    plan: Plan,
    places: Places,
    offer: int,
    forced: int,
    blink: float,
    rng: Ints,
) -> tuple[float, int, int]:
    """Return what an offer gains in its best place, the seconds that it adds, and the vehicle.

    It gains less than nothing where no vehicle can make it.

    Parameters
    ----------
    night, plan
        What can be visited, and what is.
    places
        Best place of each offer on each vehicle; brought up to date where a route has changed.
    offer
        Position of the offer.
    forced
        Position of a visit that has to be in the plan whatever it gains.
    blink
        Probability that one vehicle, drawn at random, is passed over.
    rng
        (1,): state of the generator; changed.
    """
    least, best = NEVER, NONE
    if plan.vehicle[night.visit[offer]] != NONE:
        return -1.0, least, best
    vehicles = len(plan.length)
    skipped = int(_draw(rng) * vehicles / blink) if blink > 0 else NONE
    for vehicle in range(vehicles):
        if not night.able[offer, vehicle] or vehicle == skipped:
            continue
        if places.version[offer, vehicle] != plan.version[vehicle]:
            seconds, position = best_place(night, plan, vehicle, offer)
            places.detour[offer, vehicle] = seconds
            places.position[offer, vehicle] = position
            places.version[offer, vehicle] = plan.version[vehicle]
        if places.detour[offer, vehicle] < least:
            least, best = places.detour[offer, vehicle], vehicle
    if best == NONE:
        return -1.0, least, best
    gains = gain(night, plan, offer) - least
    return gains + REQUIRED if offer == forced else gains, least, best


@lean
def _fill(night: Night, plan: Plan, places: Places, rng: Ints) -> None:
    offer, vehicle = _gains_most(night, plan, places, rng)
    while offer != NONE:
        position = places.position[offer, vehicle]
        insert(night, plan, vehicle, position, offer)
        offer, vehicle = _gains_most(night, plan, places, rng)


@inlined
def _gains_most(night: Night, plan: Plan, places: Places, rng: Ints) -> tuple[int, int]:
    """Return the visit that gains most a second, and by which vehicle; `NONE` if none gains."""
    best, of_vehicle, most = NONE, NONE, 0.0
    for offer in range(len(night.place)):
        gains, seconds, vehicle = best_vehicle(
            night, plan, places, offer, int(NONE), 0.0, rng
        )
        rate = gains / max(seconds + night.service_s[offer], 1)
        if rate > most:
            best, of_vehicle, most = offer, vehicle, rate
    return best, of_vehicle
