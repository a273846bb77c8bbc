"""How much need any plan of a shift could serve at most: a linear relaxation, solved by HiGHS.

A *call* is a stop in one of its windows.  Where there are many drives, they may be made in part.
For every drive from call i to call j, with travel time c and service time s::

    x_ij   how much of the drive is made, 0 to 1
    t_ij   x_ij times the seconds from the start of the shift to the service, breaks not counted

    sum over j of x_ij  =  sum over j of x_ji                     a call that is made is left
    sum over j of t_ij  >= sum over j of t_ji + (s_i + c_ij) x_ij  time passes; so no tour apart
    first_ij x_ij  <=  t_ij  <=  last_j x_ij                      windows, and back in time
    y_k  =  sum over i, j of x_ij, calls i of stop k  <=  1       a stop is visited once
    y_k  =  1                                                    for a required stop
    sum over k of y_k that reach a point  >=  z_p                 share served, 0 to 1

The sum of z_p, each times its worth, is as large as possible: no plan serves more.

References
----------
Gavish and Graves (1978), The travelling salesman problem and related problems, MIT working paper
OR-078-78.  Fischetti, Salazar Gonzalez and Toth (1998), Solving the orienteering problem through
branch-and-cut, INFORMS Journal on Computing 10, 133-148.
"""

from typing import Any, Final, NamedTuple, cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_array, csr_array, diags_array, eye_array

from geo.arrays import Floats, Ints
from geo.routing.problem import DEPOT, Problem, Span, Window

MOST_DRIVES: Final = 4000
"""HiGHS takes longer than all planning with more drives than this, those of some 65 calls; then
there is no bound."""

WHOLE_DRIVES: Final = 250
"""Up to so many drives each is made as a whole or not at all; with more, that takes too long."""
MOST_NODES: Final = 100
"""Nodes of the search for it; the bound at its end holds, too."""
GAP: Final = 0.02
"""How far above the best plan the bound may be there."""


class Calls(NamedTuple):
    """Stops in one of their windows; the first call is the depot."""

    stop: Ints
    """(c,)"""
    opens: Floats
    """(c,): when service may begin, in seconds from the start of the shift."""
    closes: Floats
    """(c,)"""


class Drives(NamedTuple):
    """The drives from call to call that a shift has time for."""

    origin: Ints
    """(d,): number of a call."""
    target: Ints
    takes: Floats
    """(d,): seconds of the service at the origin and of the way."""
    first: Floats
    """(d,): earliest service at the target, in seconds from the start of the shift."""
    last: Floats


# One linear program: each block of its matrix has its name.
def most_served(problem: Problem) -> float:
    """Return a bound on what the visits of a shift are worth, each point once.

    It is in the unit of need; nan where HiGHS ends without a bound, or would take long.  It
    leaves aside shares of windows, which vehicle a stop is locked to, and the place of a break, but
    not the break's time.  Every vehicle has the time of the longest shift, and the nearest ends.
    """
    calls = _calls(problem)
    drives = _drives(problem, calls)
    worth = problem.worth
    stops, n, points = len(problem.prize), len(calls.stop), len(worth.worth_s)
    d = len(drives.origin)
    if not d:
        return 0.0
    if d > MOST_DRIVES:
        return np.nan
    number, ones = np.arange(d), np.ones(d)
    leaves = csr_array((ones, (drives.origin, number)), shape=(n, d))
    enters = csr_array((ones, (drives.target, number)), shape=(n, d))
    takes = csr_array((drives.takes, (drives.origin, number)), shape=(n, d))
    of_stop = csr_array(
        (np.ones(n), (calls.stop, np.arange(n))), shape=(stops, n)
    )
    visits = of_stop @ leaves
    reaches = csr_array(
        (np.ones(len(worth.point)), worth.point, worth.first),
        shape=(stops, points),
    )
    limits = [
        csr_array(
            _between(_nearest_ends(problem, cost), calls, drives)[
                None, :
            ].astype(float)
        )
        for cost, _ in problem.limits
    ]
    duties = sorted(problem.duties.intersection(calls.stop.tolist()))
    whole = d <= WHOLE_DRIVES
    unit, made = eye_array(d), slice(1, n)
    rows: list[list[Any]] = [
        [takes[made], (enters - leaves)[made], None],
        [diags_array(drives.first), -unit, None],
        [-diags_array(drives.last), unit, None],
        [visits, None, None],
        [-visits[duties], None, None],
        [-(reaches.T @ visits), None, eye_array(points)],
        *([limit, None, None] for limit in limits),
    ]
    vehicles = len(problem.vehicles)
    goal = np.concatenate([np.zeros(2 * d), -worth.worth_s[:, 1]])
    at_most = block_array(rows, format="csr")
    most_of_rows = np.concatenate(
        [
            np.zeros(n - 1 + 2 * d),
            [vehicles],
            np.ones(stops - 1),
            -np.ones(len(duties)),
            np.zeros(points),
            [vehicles * most for _, most in problem.limits],
        ]
    )
    leaves_as_enters = block_array(
        [[(leaves - enters)[made], csr_array((n - 1, d + points))]]
    )
    highest = np.repeat([1, np.inf, 1], [d, d, points])
    if whole:
        found = cast("Any", milp)(
            goal,
            integrality=np.repeat([1, 0, 0], [d, d, points]),
            bounds=Bounds(0, highest),
            constraints=[
                LinearConstraint(at_most, ub=most_of_rows),
                LinearConstraint(leaves_as_enters, 0, 0),
            ],
            options={"mip_rel_gap": GAP, "node_limit": MOST_NODES},
        )
        most = found.mip_dual_bound
    else:
        found = cast("Any", linprog)(  # the stubs know no sparse arrays
            goal,
            A_ub=at_most,
            b_ub=most_of_rows,
            A_eq=leaves_as_enters,
            b_eq=np.zeros(n - 1),
            bounds=np.column_stack([np.zeros(len(highest)), highest]),
            method="highs-ipm",
        )
        most = found.fun if found.status == 0 else None
    if most is None or not np.isfinite(most):
        return np.nan
    return -float(most) / problem.unit


def _calls(problem: Problem) -> Calls:
    """Return the calls that some vehicle can make by itself, its break at any time."""
    starts = [start for start, _ in problem.vehicles]
    pause_s = problem.pause.length_s if problem.pause else 0
    shift_s = max(end - start for start, end in problem.vehicles) - pause_s
    travel = _nearest_ends(problem, problem.travel_s)
    rows = [(DEPOT, 0, shift_s)]
    for stop in np.flatnonzero(problem.prize > 0).tolist():
        in_time = shift_s - problem.service_s[stop] - travel[stop, DEPOT]
        for early, late in _spans(problem, stop):
            opens = max(travel[DEPOT, stop], early - max(starts) - pause_s)
            closes = min(in_time, late - min(starts))
            if opens <= closes:
                rows.append((stop, opens, closes))
    stop, opens, closes = np.array(rows).T
    return Calls(stop, opens.astype(float), closes.astype(float))


def _spans(problem: Problem, stop: int) -> list[Span]:
    """Return when a stop is open; windows that overlap are one."""
    always = min(problem.vehicles)[0], max(end for _, end in problem.vehicles)
    spans: list[Span] = []
    for early, late, _ in sorted(problem.windows_of(stop)) or [Window(*always)]:
        if spans and early <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], late)
        else:
            spans.append((early, late))
    return spans


def _nearest_ends(problem: Problem, cost: Ints) -> Ints:
    """Return what drives cost where the depot is the nearest start, and end, of any vehicle."""
    vehicles = range(len(problem.vehicles))
    starts, targets = zip(*map(problem.ends_of, vehicles), strict=True)
    nearest = cost.copy()
    nearest[DEPOT] = cost[[*starts]].min(axis=0)
    nearest[:, DEPOT] = cost[:, [*targets]].min(axis=1)
    return nearest


def _drives(problem: Problem, calls: Calls) -> Drives:
    """Return the drives between calls of two stops that are in time for the second."""
    travel = _nearest_ends(problem, problem.travel_s)
    service = problem.service_s[calls.stop]
    takes = service[:, None] + travel[np.ix_(calls.stop, calls.stop)]
    arrives = calls.opens[:, None] + takes
    apart = calls.stop[:, None] != calls.stop
    i, j = np.nonzero((arrives <= calls.closes) & apart)
    first = np.maximum(arrives, calls.opens)[i, j]
    first = np.where(j == 0, arrives[i, j], first)
    return Drives(i, j, takes[i, j].astype(float), first, calls.closes[j])


def _between(cost: Ints, calls: Calls, drives: Drives) -> Ints:
    """Return what each drive costs."""
    return cost[calls.stop[drives.origin], calls.stop[drives.target]]
