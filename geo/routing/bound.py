"""How much need any plan of a shift could serve at most: a linear relaxation, solved by HiGHS.

Stops may be visited in part.  For every drive from stop i to stop j, with travel time c and
service time s::

    x_ij   how much of the drive is made, 0 to 1
    t_ij   x_ij times the seconds from the start of the shift to the arrival, breaks not counted

    sum over j of x_ij  =  sum over j of x_ji  =  y_i             a stop that is visited is left
    sum over j of t_ij  >= sum over j of t_ji + (s_i + c_ij) x_ij  time passes; so no tour apart
    first_ij x_ij  <=  t_ij  <=  last_ij x_ij                     windows, and back in time
    sum over i of y_i that reach a point  >=  z_p                 share served, 0 to 1

The sum of z_p, each times its worth, is as large as possible: no plan serves more.

References
----------
Gavish and Graves (1978), The travelling salesman problem and related problems, MIT working paper
OR-078-78.  Fischetti, Salazar Gonzalez and Toth (1998), Solving the orienteering problem through
branch-and-cut, INFORMS Journal on Computing 10, 133-148.
"""

from typing import Any, Final, cast

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_array, csr_array, diags_array, eye_array

from geo.arrays import Floats, Ints
from geo.routing.problem import DEPOT, Problem

MOST_DRIVES: Final = 4000
"""HiGHS takes longer than all planning with more drives than this, those of some 65 stops; then
there is no bound."""


# One linear program: each block of its matrix has its name.
def most_served(problem: Problem) -> float:
    """Return a bound on what the visits of a shift are worth, each point once.

    It is in the unit of need; nan where HiGHS ends without an optimum, or would take long.  It
    leaves aside required stops, shares of windows and the place of a break, but not the break's
    time.  Every vehicle has the time of the longest shift.
    """
    begin = min(start for start, _ in problem.vehicles)
    pause_s = problem.pause.length_s if problem.pause else 0
    shift_s = max(end - start for start, end in problem.vehicles) - pause_s
    i, j, first, last = _drives(problem, begin, shift_s)
    worth = problem.worth
    n, drives, points = len(problem.prize), len(i), len(worth.worth_s)
    if not drives:
        return 0.0
    if drives > MOST_DRIVES:
        return np.nan
    number = np.arange(drives)
    leaves = csr_array((np.ones(drives), (i, number)), shape=(n, drives))
    enters = csr_array((np.ones(drives), (j, number)), shape=(n, drives))
    takes = csr_array(
        (problem.service_s[i] + problem.travel_s[i, j], (i, number)),
        shape=(n, drives),
    )
    unit, stops = eye_array(drives), slice(1, n)
    reaches = csr_array(
        (np.ones(len(worth.point)), worth.point, worth.first),
        shape=(n, points),
    )
    reach = reaches.T @ leaves
    limits = [
        csr_array(cost[i, j][None, :].astype(float))
        for cost, _ in problem.limits
    ]
    rows: list[list[Any]] = [
        [takes[stops], (enters - leaves)[stops], None],
        [diags_array(first.astype(float)), -unit, None],
        [-diags_array(last.astype(float)), unit, None],
        [leaves[stops], None, None],
        [leaves[:1], None, None],
        [-reach, None, eye_array(points)],
        *([limit, None, None] for limit in limits),
    ]
    vehicles = len(problem.vehicles)
    found = cast("Any", linprog)(  # the stubs know no sparse arrays
        np.concatenate([np.zeros(2 * drives), -worth.worth_s[:, 1]]),
        A_ub=block_array(rows, format="csr"),
        b_ub=np.concatenate(
            [
                np.zeros(n - 1 + 2 * drives),
                np.ones(n - 1),
                [vehicles],
                np.zeros(points),
                [vehicles * most for _, most in problem.limits],
            ]
        ),
        A_eq=block_array(
            [[(leaves - enters)[stops], csr_array((n - 1, drives + points))]]
        ),
        b_eq=np.zeros(n - 1),
        bounds=np.repeat(
            [[0, 1], [0, None], [0, 1]], [drives, drives, points], axis=0
        ),
        method="highs-ipm",
    )
    return -float(found.fun) / problem.unit if found.status == 0 else np.nan


def _drives(
    problem: Problem, begin: int, shift_s: int
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return from, to, first and last arrival of every drive that a shift has time for."""
    travel, service = problem.travel_s, problem.service_s
    usable = (problem.prize > 0) | (np.arange(len(problem.prize)) == DEPOT)
    latest = shift_s - service - travel[:, DEPOT]
    latest[DEPOT] = shift_s
    for stop in problem.stops:
        late = max(
            (window.late for window in problem.windows_of(stop)), default=None
        )
        if late is not None:
            latest[stop] = min(latest[stop], late - begin)
    first = (travel[DEPOT] + service)[:, None] + travel
    possible = (
        usable[:, None]
        & usable
        & (first <= latest)
        & ~np.eye(len(usable), dtype=bool)
    )
    i, j = np.nonzero(possible)
    return i, j, first[i, j].astype(float), latest[j].astype(float)
