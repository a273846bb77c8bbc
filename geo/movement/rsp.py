"""Randomised shortest paths: one family of trips from the shortest path to the random walk.

A trip is a walk from an entry to an exit.  Among all walks, those of low relative entropy to a
random walk and low expected cost are weighed against each other by one parameter, `theta`: the
probability of a walk is that of the random walk times ``exp(-theta * cost)``, normalised
(Saerens, Achbany, Fouss and Yen 2009, Neural Computation 21(8), 2363-2404; Kivimäki, Shimbo and
Saerens 2014, Physica A 393, 600-616).

The textbook form ``z = (I - W)^-1 e`` with ``W = P exp(-theta c)`` leaves the range of floating
point numbers on long walks.  This module holds only free energies ``phi = -log z``.  They are the
fixed point of ``phi_i = -log sum_j P_ij exp(-theta c_ij - phi_j)``, found by Newton's method:
a step evaluates the present transition probabilities by one sparse linear solve.  Where its range
allows, the textbook form with scaled costs gives the start, and one step confirms it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import SuperLU, splu

from geo.arrays import Bools, Floats, Ints

STEPS: Final = 200
"""Newton steps after which a solution counts as not found."""
TIE: Final = 1e-9
"""Relative difference of costs below which two shortest paths are as short as each other."""
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

    def costs_to(self, node: int, cost: Floats | None = None) -> Floats:
        """Return the least cost from every node to `node`; infinite where there is no way.

        Arcs may have another `cost`, not negative, than that of the graph.
        """
        order, first = self._by_pair
        cost = self.cost if cost is None else cost
        least = np.minimum.reduceat(cost[order], first) if len(first) else cost
        pair = order[first]
        ends = self.head[pair], self.tail[pair]
        back = csr_array((least, ends), shape=(self.n, self.n))
        return np.asarray(dijkstra(back, indices=[node])[0])

    @cached_property
    def _by_pair(self) -> tuple[Ints, Ints]:
        """Arcs sorted by head and tail, and where in that order each pair of nodes begins."""
        pair = self.head * self.n + self.tail
        order = np.argsort(pair, kind="stable")
        sorted_pair = pair[order]
        first = np.diff(sorted_pair, prepend=-1) != 0
        return order, np.flatnonzero(first)


@dataclass(frozen=True)
class Trips:
    """The randomised shortest paths to one exit."""

    graph: Graph
    probability: Floats
    """Probability of taking each arc when at its tail; 0 on arcs that no trip takes."""
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
        row = self._node[self.graph.tail]
        return np.where(row >= 0, visits[row], 0.0) * self.probability


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
    number = _numbered(inside)
    leads = (
        inside[graph.tail]
        & np.isfinite(least[graph.head])
        & (graph.tail != graph.head)
    )
    live = Graph(
        graph.n, graph.tail[leads], graph.head[leads], graph.cost[leads]
    )
    walk = _normalised(1.0 / live.cost, number[live.tail])
    if np.isfinite(theta):
        start = _first_guess(
            live, exit_node, theta, walk, np.where(inside, least, 0.0)
        )
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
    tail = number[live.tail]
    phi = phi.copy()
    for _ in range(STEPS):
        chosen = np.log(walk) - theta * live.cost - phi[live.head]
        top = np.full(len(phi), -np.inf)
        np.maximum.at(top, live.tail, chosen)
        taken = _normalised(np.exp(chosen - top[live.tail]), tail)
        spent = theta * live.cost + np.log(
            np.where(taken > 0, taken, 1.0) / walk
        )
        solver, system = factor = _factor(live, taken, number)
        new = solver.solve(
            np.bincount(tail, taken * spent, minlength=system.shape[0])
        )
        change = np.abs(new - phi[number >= 0]).max(initial=0.0)
        phi[number >= 0] = new
        if change <= PRECISION * max(1.0, float(np.abs(new).max(initial=0.0))):
            return taken, factor
    raise RSPError(
        f"no solution after {STEPS} steps at theta {theta}: costs from {live.cost.min():g} to "
        f"{live.cost.max():g} are too far apart. Fix: a theta nearer to the scale of the costs"
    )


def _first_guess(
    live: Graph, exit_node: int, theta: float, walk: Floats, least: Floats
) -> Floats:
    """Return free energies to start from: by the textbook form where its range allows."""
    low = theta * least
    toll = theta * live.cost - np.log(walk)
    least_toll = live.costs_to(
        exit_node, np.maximum(toll, np.finfo(float).tiny)
    )
    inside = np.isfinite(least_toll)
    inside[exit_node] = False
    if not inside.any() or (least_toll - low)[inside].max() > 2 * RANGE:
        return low
    middle = np.where(inside, (low + least_toll) / 2, 0.0)
    weight = np.exp(middle[live.tail] - middle[live.head] - toll)
    number = _numbered(inside)
    solver, system = _factor(live, weight, number)
    ends = live.head == exit_node
    last = np.bincount(
        number[live.tail[ends]], weight[ends], minlength=system.shape[0]
    )
    scaled = solver.solve(last)
    if not (np.isfinite(scaled) & (scaled > 0)).all():
        return low
    guess = low.copy()
    guess[inside] = middle[inside] - np.log(scaled)
    return guess


def _normalised(weight: Floats, tail: Ints) -> Floats:
    return weight / np.bincount(tail, weight)[tail]


def _transposed(solver: SuperLU, right: Floats) -> Floats:
    solved = solver.solve(right, trans="T")  # type: ignore[call-overload]  # stubs lack it
    return np.asarray(solved)


def _factor(graph: Graph, probability: Floats, number: Ints) -> Factor:
    """Return ``I - P`` on the numbered nodes, factorised and as it is."""
    size = int(number.max(initial=-1)) + 1
    tail = number[graph.tail]
    head = number[graph.head]
    inner = (tail >= 0) & (head >= 0) & (probability > 0)
    steps = csc_array(
        (probability[inner], (tail[inner], head[inner])), shape=(size, size)
    )
    system = eye_array(size, format="csc") - steps
    options = {"SymmetricMode": True, "Equil": False}
    solver = splu(
        system,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options=options,
    )
    return solver, system


@dataclass(frozen=True)
class Reduction:
    """Arcs between junctions, each a chain of the arcs that it was made from."""

    n: int
    """Number of nodes that remain."""
    tail: Ints
    """New number of the node at the tail of each chain; `head` likewise."""
    head: Ints
    chain: Ints
    """Chain that each original arc belongs to, -1 where it was cut off."""
    node: Ints
    """New number of each original node, -1 where it is left out."""

    def cost(self, cost: Floats) -> Floats:
        """Return the cost of each chain: the sum over its arcs."""
        in_chain = self.chain >= 0
        total = np.bincount(
            self.chain[in_chain], cost[in_chain], minlength=len(self.tail)
        )
        return np.asarray(total, dtype=float)

    def expand(self, flow: Floats) -> Floats:
        """Return what flows on each original arc, from what flows on each chain."""
        padded = np.append(
            flow, 0.0
        )  # the last stands for arcs that were cut off
        return padded[self.chain]


def reduce(n: int, tail: Ints, head: Ints, keep: Ints) -> Reduction:
    """Cut off dead ends and make each chain of arcs one arc.

    Net flow does not change with a dead end: who walks in walks out again.  On a chain all arcs
    carry the same net flow.  With A, C and D kept::

        A - o - o - B - C                A ------- B - C
            |       |         becomes              |
            o       D                              D

    Parameters
    ----------
    n : int
        Number of nodes.
    tail, head : (arcs,) arrays
        Nodes of each arc.
    keep : array
        Nodes that stay: entries, exits, places of interest.
    """
    fixed = np.zeros(n, dtype=bool)
    fixed[keep] = True
    alive = _without_dead_ends(n, tail, head, fixed)
    arc = np.flatnonzero(alive[tail] & alive[head] & (tail != head))
    chain = np.full(len(tail), -1)
    tail = tail[arc]
    head = head[arc]
    chain_of_arc, begin, end = _chains(tail, head, fixed)
    # A ring without a junction has no ends; a loop leads back to where it began.
    good = (begin >= 0) & (end >= 0) & (begin != end)
    begin = begin[good]
    end = end[good]
    chain[arc] = _numbered(good)[chain_of_arc]
    stays = fixed.copy()
    stays[begin] = True
    stays[end] = True
    node = _numbered(stays)
    return Reduction(int(stays.sum()), node[begin], node[end], chain, node)


def _chains(tail: Ints, head: Ints, fixed: Bools) -> tuple[Ints, Ints, Ints]:
    """Return the chain of each arc, and the nodes at which each begins and ends, -1 for none."""
    n = len(fixed)
    n_arcs = len(tail)
    first, second = _onward(n, tail, head)
    # At a node that is no junction each arc has one to go on by, and goes on from one.
    through = ~fixed
    through[head[np.bincount(first, minlength=n_arcs) != 1]] = False
    through[tail[np.bincount(second, minlength=n_arcs) != 1]] = False
    joins = through[head[first]]
    pairs = first[joins], second[joins]
    joined = csr_array((np.ones(len(pairs[0])), pairs), shape=(n_arcs, n_arcs))
    n_chains, chain_of_arc = connected_components(joined, directed=False)
    begin = np.full(n_chains, -1)
    end = np.full(n_chains, -1)
    starts = ~through[tail]
    ends = ~through[head]
    begin[chain_of_arc[starts]] = tail[starts]
    end[chain_of_arc[ends]] = head[ends]
    return chain_of_arc, begin, end


def _numbered(chosen: Bools) -> Ints:
    """Return numbers of the chosen from 0 on, -1 for the others."""
    return np.where(chosen, np.cumsum(chosen) - 1, -1)


def _without_dead_ends(n: int, tail: Ints, head: Ints, fixed: Bools) -> Bools:
    """Mark the nodes that remain when those with one neighbour are cut off, again and again."""
    away = tail != head
    ends = np.r_[tail[away], head[away]], np.r_[head[away], tail[away]]
    neighbours = csr_array((np.ones(len(ends[0])), ends), shape=(n, n)) > 0
    alive = np.ones(n, dtype=bool)
    before = -1
    while alive.sum() != before:
        before = alive.sum()
        alive &= fixed | (neighbours @ alive.astype(float) > 1)
    return alive


def _onward(n: int, tail: Ints, head: Ints) -> tuple[Ints, Ints]:
    """Return pairs of arcs whose second leads on from the first, and not back."""
    arcs = np.arange(len(tail))
    ones = np.ones(len(tail))
    into = csr_array((ones, (arcs, head)), shape=(len(arcs), n))
    out = csr_array((ones, (tail, arcs)), shape=(n, len(arcs)))
    first, second = (into @ out).nonzero()
    ahead = head[second] != tail[first]
    return first[ahead], second[ahead]
