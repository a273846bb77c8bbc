"""Randomised shortest paths: one family of trips from the shortest path to the random walk.

A trip is a walk from an entry to an exit.  Among all walks, those of low relative entropy to a
random walk and low expected cost are weighed against each other by one parameter, `theta`: the
probability of a walk is that of the random walk times ``exp(-theta * cost)``, normalised
(Saerens, Achbany, Fouss and Yen 2009, Neural Computation 21(8), 2363-2404; Kivimäki, Shimbo and
Saerens 2014, Physica A 393, 600-616).

The textbook form ``z = (I - W)^-1 e`` with ``W = P exp(-theta c)`` leaves the range of floating
point numbers on long walks.  Here only free energies ``phi = -log z`` are held.  They are the
fixed point of ``phi_i = -log sum_j P_ij exp(-theta c_ij - phi_j)``, found by Newton's method:
a step evaluates the present transition probabilities by one sparse linear solve.  Where its range
allows, the textbook form with scaled costs gives the start, and one step confirms it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import SuperLU, splu

from geo.arrays import Bools, Floats, Ints

STEPS: Final = 200
"""Newton steps after which a solution counts as not found."""
TIE: Final = 1e-9
"""Relative difference of costs below which two shortest paths are as short as each other."""
CHUNK: Final = 50
"""Sets of arcs whose probability of use is solved for at once."""
NEGLIGIBLE: Final = 1e-4
"""Expected passages up to which they stand for the probability of use, which they bound."""
RANGE: Final = 600.0
"""Natural logarithms this far from 0 are safe in double precision."""
PRECISION: Final = 1e-10
"""Relative change of the free energies at which Newton's method stops."""

Factor = tuple[SuperLU, csc_array]
"""A sparse matrix, factorised and as it is."""


class RSPError(ValueError):
    """Trips cannot be computed."""


@dataclass(frozen=True)
class Graph:
    """A directed graph with positive costs; parallel arcs are different ways to go."""

    n: int
    """Number of nodes."""
    tail: Ints
    head: Ints
    cost: Floats

    def costs_to(self, node: int) -> Floats:
        """Return the least cost from every node to `node`; infinite where there is no way."""
        order = np.lexsort((self.cost, self.tail, self.head))
        tail, head = self.tail[order], self.head[order]
        first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)][: len(order)]
        order = order[first]
        ends = self.head[order], self.tail[order]
        back = csr_array((self.cost[order], ends), shape=(self.n, self.n))
        return np.asarray(dijkstra(back, indices=[node])[0])


@dataclass(frozen=True)
class Trips:
    """The randomised shortest paths to one exit."""

    graph: Graph
    probability: Floats
    """Of taking each arc when at its tail; 0 on arcs that no trip takes."""
    _node: Ints
    _solver: SuperLU
    _system: csc_array

    def passages(self, entering: Floats) -> Floats:
        """Return how often each arc is expected to be passed, by the trips that start at each node.

        Inflow plus `entering` equals outflow at every node but the exit.
        """
        source = entering[self._node >= 0]
        visits = _transposed(self._solver, source)
        visits += _transposed(self._solver, source - self._system.T @ visits)
        at = self._node[self.graph.tail]
        return np.asarray(np.where(at >= 0, visits[at], 0.0) * self.probability)

    def uses(self, sets: Sequence[Ints], passages: Floats) -> Floats:
        """Return the probability that a trip takes any arc of each set at least once.

        Removing the arcs of a set changes the fundamental matrix by as many ranks (Woodbury's
        formula), so that one solve an arc suffices; for many arcs see `share`.
        """
        taken = [np.unique(arcs[passages[arcs] > 0]) for arcs in sets]
        result = np.array([passages[arcs].sum() for arcs in taken])
        solved = np.flatnonzero(result > NEGLIGIBLE)
        for begin in range(0, len(solved), CHUNK):
            chunk = solved[begin : begin + CHUNK]
            arcs = np.concatenate([taken[k] for k in chunk])
            unit = np.zeros((self._system.shape[0], len(arcs)))
            unit[self._node[self.graph.tail[arcs]], np.arange(len(arcs))] = self.probability[arcs]
            head = self._node[self.graph.head[arcs]]
            # From the head of each arc, the expected passages of every arc.
            visits = np.where(head[:, None] >= 0, self._solver.solve(unit)[head], 0.0)
            owner = np.repeat(chunk, [len(taken[k]) for k in chunk])
            for k in chunk:
                own = owner == k
                inner = np.eye(int(own.sum())) + visits[np.ix_(own, own)]
                result[k] = np.linalg.solve(inner.T, passages[arcs[own]]).sum()
        return np.asarray(np.clip(result, 0.0, 1.0))

    def share(self, marked: Bools, entering: Floats) -> float:
        """Return the share of the trips, by where they start, that take any marked arc."""
        inside, size = self._node >= 0, self._system.shape[0]
        solver, _ = _factor(self.graph, np.where(marked, 0.0, self.probability), self._node)
        tail = self._node[self.graph.tail]
        takes = marked & (tail >= 0)
        hit = solver.solve(np.bincount(tail[takes], self.probability[takes], minlength=size))
        return float(entering[inside] @ hit / entering.sum())


def trips(graph: Graph, exit_node: int, theta: float) -> Trips:
    """Return the randomised shortest paths to `exit_node`.

    The reference random walk takes an arc with probability inverse to its cost among the arcs
    from which the exit can be reached.  On a chain of edges that walk does not depend on how the
    chain is cut into edges.

    A walk that costs ``1 / theta`` more is e times less likely, against the random walk: theta 0
    is the random walk itself, infinity the shortest paths, equal ones with a share each.  No trip
    passes through the exit.  Raises `RSPError` where no solution is found.
    """
    least = graph.costs_to(exit_node)
    inside = np.isfinite(least)
    inside[exit_node] = False
    number = np.where(inside, np.cumsum(inside) - 1, -1)
    leads = inside[graph.tail] & np.isfinite(least[graph.head]) & (graph.tail != graph.head)
    live = Graph(graph.n, graph.tail[leads], graph.head[leads], graph.cost[leads])
    walk = _normalised(1.0 / live.cost, number[live.tail])
    if np.isfinite(theta):
        start = _first_guess(live, exit_node, theta, walk, np.where(inside, least, 0.0))
        taken, factor = _solution(live, theta, walk, number, start)
    else:
        shortest = live.cost + least[live.head] <= least[live.tail] * (1 + TIE)
        taken = _normalised(walk * shortest, number[live.tail])
        factor = _factor(live, taken, number)
    probability = np.zeros(len(graph.cost))
    probability[leads] = taken
    return Trips(graph, probability, number, *factor)


def _solution(
    live: Graph, theta: float, walk: Floats, number: Ints, phi: Floats
) -> tuple[Floats, Factor]:
    """Return transition probabilities, by Newton's method from the free energies `phi`."""
    tail, phi = number[live.tail], phi.copy()
    for _ in range(STEPS):
        chosen = np.log(walk) - theta * live.cost - phi[live.head]
        top = np.full(len(phi), -np.inf)
        np.maximum.at(top, live.tail, chosen)
        taken = _normalised(np.exp(chosen - top[live.tail]), tail)
        spent = theta * live.cost + np.log(np.where(taken > 0, taken, 1.0) / walk)
        solver, system = factor = _factor(live, taken, number)
        new = solver.solve(np.bincount(tail, taken * spent, minlength=system.shape[0]))
        change = np.abs(new - phi[number >= 0]).max(initial=0.0)
        phi[number >= 0] = new
        if change <= PRECISION * max(1.0, float(np.abs(new).max(initial=0.0))):
            return taken, factor
    raise RSPError(
        f"no solution after {STEPS} steps at theta {theta}: costs from {live.cost.min():g} to "
        f"{live.cost.max():g} are too far apart. Fix: a theta nearer to the scale of the costs"
    )


def _first_guess(live: Graph, exit_node: int, theta: float, walk: Floats, least: Floats) -> Floats:
    """Return free energies to start from: by the textbook form where its range allows.

    They lie between those of the least cost and of the likeliest walk; halfway is the scale.
    """
    low = theta * least
    toll = theta * live.cost - np.log(walk)
    toll_graph = Graph(live.n, live.tail, live.head, np.maximum(toll, np.finfo(float).tiny))
    likely = toll_graph.costs_to(exit_node)
    inside = np.isfinite(likely)
    inside[exit_node] = False
    if not inside.any() or (likely - low)[inside].max() > 2 * RANGE:
        return low
    middle = np.where(inside, (low + likely) / 2, 0.0)
    weight = np.exp(middle[live.tail] - middle[live.head] - toll)
    number = np.where(inside, np.cumsum(inside) - 1, -1)
    solver, system = _factor(live, weight, number)
    ends = live.head == exit_node
    last = np.bincount(number[live.tail[ends]], weight[ends], minlength=system.shape[0])
    scaled = solver.solve(last)
    if not (np.isfinite(scaled) & (scaled > 0)).all():
        return low
    guess = low.copy()
    guess[inside] = middle[inside] - np.log(scaled)
    return guess


def _normalised(weight: Floats, tail: Ints) -> Floats:
    return np.asarray(weight / np.bincount(tail, weight)[tail])


def _transposed(solver: SuperLU, right: Floats) -> Floats:
    solved = solver.solve(right, trans="T")  # type: ignore[call-overload]  # stubs lack it
    return np.asarray(solved)


def _factor(graph: Graph, probability: Floats, number: Ints) -> Factor:
    """Return ``I - P`` on the numbered nodes, factorised and as it is.

    It is a diagonally dominant M-matrix: no pivoting is needed.
    """
    size = int(number.max(initial=-1)) + 1
    tail, head = number[graph.tail], number[graph.head]
    inner = (tail >= 0) & (head >= 0) & (probability > 0)
    steps = csc_array((probability[inner], (tail[inner], head[inner])), shape=(size, size))
    system = eye_array(size, format="csc") - steps
    options = {"SymmetricMode": True, "Equil": False}
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    return solver, system
