"""Whether all stops that a plan must visit can be visited: a proof that they cannot.

For every set of these stops the least cost of a drive through them is found by dynamic
programming.  A set fits a vehicle that has time for it and keeps every limit.  Where no choice of
such sets, one a vehicle, holds them all, no plan does, and no search need look for one.

It leaves aside windows, which vehicle a stop is locked to and the place of a break; every vehicle
has the longest shift and the nearest ends.  So what it refutes is refuted; what it does not may
be impossible all the same.

References
----------
Held and Karp (1962), A dynamic programming approach to sequencing problems, Journal of the Society
for Industrial and Applied Mathematics 10(1), 196-210.
"""

from typing import Final

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing.problem import Problem

MOST_DUTIES: Final = 13
"""With more stops the proof would take as long as the search that it spares."""


def has_room(problem: Problem) -> bool:
    """Return whether the vehicles may have room for all stops that a plan must visit."""
    duties = np.array(sorted(problem.duties), dtype=np.int64)
    if len(duties) > MOST_DUTIES:
        return True
    largest = _largest(_fits_a_vehicle(problem, duties))
    held = largest
    for _ in problem.vehicles[1:]:
        held = np.unique(held[:, None] | largest)
    return bool(held[-1] == 2 ** len(duties) - 1)


def _largest(fits: Bools) -> Ints:
    """Return the sets of stops that fit a vehicle and would not with any stop more."""
    sets = np.arange(len(fits))
    bits = 1 << np.arange(len(fits).bit_length() - 1)
    larger = sets[:, None] | bits
    can_grow = (fits[larger] & (larger > sets[:, None])).any(axis=1)
    return np.flatnonzero(fits & ~can_grow)


def _fits_a_vehicle(problem: Problem, duties: Ints) -> Bools:
    """Return whether each set of stops fits a vehicle; bit k of its number is for stop k."""
    pause_s = problem.pause.length_s if problem.pause else 0
    longest_s = max(end - start for start, end in problem.vehicles)
    holds = np.arange(2 ** len(duties))[:, None] >> np.arange(len(duties)) & 1
    service_s = holds @ problem.service_s[duties]
    driving_s = _least_costs(problem, duties, problem.travel_s)
    fits = driving_s + service_s <= longest_s - pause_s
    for cost, most in problem.limits:
        fits &= _least_costs(problem, duties, cost) <= most
    fits[0] = True
    return fits


def _least_costs(problem: Problem, duties: Ints, cost: Ints) -> Floats:
    """Return the least cost of a drive through each set of stops and back, other stops between."""
    size = len(duties)
    least_cost = cost.astype(float)
    for stop in problem.stops:
        by_stop = least_cost[:, [stop]] + least_cost[[stop]]
        least_cost = np.minimum(least_cost, by_stop)
    starts, ends = np.transpose(
        [problem.ends_of(vehicle) for vehicle in range(len(problem.vehicles))]
    )
    out = least_cost[np.ix_(starts, duties)].min(axis=0)
    back = least_cost[np.ix_(duties, ends)].min(axis=1)
    between = least_cost[np.ix_(duties, duties)]
    # To the last stop of each set, by set and stop; sets of few stops first.
    to_last = np.full((2**size, size), np.inf)
    sets, bits = np.arange(2**size), 1 << np.arange(size)
    to_last[bits, np.arange(size)] = out
    held = (sets[:, None] & bits > 0).sum(axis=1)
    for many in range(1, size):
        for stop, bit in enumerate(bits):
            others = sets[(held == many) & (sets & bit == 0)]
            onward = to_last[others] + between[:, stop]
            to_last[others | bit, stop] = onward.min(axis=1)
    return np.asarray((to_last + back).min(axis=1, initial=np.inf))
