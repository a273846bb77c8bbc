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
from typing import Final, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    dijkstra,
)
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
FAR_APART: Final = (
    "costs are too far apart. Fix: a theta nearer to the scale of the costs"
)
"""Why a solution is not found."""


class RSPError(ValueError):
    """Trips cannot be computed."""


@dataclass(frozen=True)
class Approach:
    """The arcs that lead to an exit, made ready for any costs.

    Nodes have numbers in an order of elimination with little fill, the exit the last.
    """

    node: Ints
    """Number of each node; -1 where the exit cannot be reached."""
    n_arcs: int
    """Number of all arcs."""
    arc: Ints
    """The arcs that lead to the exit, sorted by head, then by tail."""
    tail: Ints
    """Number of the node at the tail of each of `arc`; `head` likewise."""
    head: Ints
    exit: int
    """Number of the exit, and how many nodes come before it."""

    def expand(self, value: Floats) -> Floats:
        """Return values of `arc` as values of all arcs, 0 for those that lead nowhere."""
        values = np.zeros(self.n_arcs)
        values[self.arc] = value
        return values

    def least(self, cost: Floats) -> Floats:
        """Return the least cost to the exit from each node, by number; `cost` by `arc`, above 0."""
        back = self._by_head(np.minimum, cost)
        return np.asarray(dijkstra(back, indices=[self.exit])[0])

    def shares(self, weight: Floats) -> Floats:
        """Return weights of arcs as shares of those that leave the same node."""
        return weight / np.bincount(self.tail, weight)[self.tail]

    def system(self, probability: Floats) -> csc_array:
        """Return ``I - P`` on the nodes before the exit."""
        steps = self._by_head(np.add, probability)[: self.exit, : self.exit].T
        system: csc_array = eye_array(self.exit, format="csc") - steps
        return system

    def _by_head(self, together: np.ufunc, value: Floats) -> csr_array:
        """Return heads by tails: a value of each arc, those of parallel arcs put together."""
        first, tail, begin = self._pairs
        size = self.exit + 1
        values = together.reduceat(value, first)
        return csr_array((values, tail, begin), shape=(size, size))

    @cached_property
    def _pairs(self) -> tuple[Ints, Ints, Ints]:
        """Return the first arc of each pair of nodes, its tail, and where pairs of a head begin."""
        pair = self.head * (self.exit + 1) + self.tail
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        heads = np.arange(self.exit + 2)
        return first, self.tail[first], np.searchsorted(self.head[first], heads)


@dataclass(frozen=True)
class Factor:
    """The factors of ``diag(scale) (I - P) diag(scale)^-1``, by which ``I - P`` is solved."""

    solver: SuperLU
    scale: Floats | float = 1.0

    def solve(self, right: Floats) -> Floats:
        """Return ``(I - P)^-1 right``."""
        solved = self.solver.solve(right * self.scale)
        return np.asarray(solved / self.scale)

    def solve_transposed(self, right: Floats) -> Floats:
        """Return ``(I - P)^-T right``."""
        scaled = right / self.scale
        solved = self.solver.solve(scaled, trans="T")  # type: ignore[call-overload]  # stubs lack it
        return np.asarray(solved * self.scale)


@dataclass(frozen=True)
class Trips:
    """The randomised shortest paths to one exit."""

    approach: Approach
    taken: Floats
    """Probability of taking each arc of the approach when at its tail."""
    _factor: Factor

    @property
    def probability(self) -> Floats:
        """Probability of taking each arc when at its tail; 0 on arcs that no trip takes."""
        return self.approach.expand(self.taken)

    def passages(self, entering: Floats) -> Floats:
        """Return how often each arc is expected to be passed, by the trips that start at each node.

        Inflow plus `entering` equals outflow at every node but the exit.
        """
        approach = self.approach
        source = np.zeros(approach.exit + 1)
        reached = approach.node >= 0
        source[approach.node[reached]] = entering[reached]
        source = source[: approach.exit]
        back = approach.system(self.taken).T
        visits = self._factor.solve_transposed(source)
        visits += self._factor.solve_transposed(source - back @ visits)
        return approach.expand(visits[approach.tail] * self.taken)


def trips(approach: Approach, cost: Floats, theta: float) -> Trips:
    """Return the randomised shortest paths to an exit.

    The reference random walk takes an arc with probability inverse to its cost among the arcs
    from which the exit can be reached.  On a chain of edges that walk does not depend on how the
    chain is cut into edges.

    A walk that costs ``1 / theta`` more is e times less likely, against the random walk: theta 0
    is the random walk itself, infinity the shortest paths, equal ones with a share each.  No trip
    passes through the exit.  Raises `RSPError` where no solution is found.

    Parameters
    ----------
    approach : Approach
    cost : (arcs,) array
        Cost of each arc, above 0.
    theta : float
    """
    cost = cost[approach.arc]
    least = approach.least(cost)
    walk = approach.shares(1.0 / cost)
    if np.isfinite(theta):
        toll = theta * cost - np.log(walk)
        guess = _first_guess(approach, toll, theta * least)
        taken, factor = _solution(approach, toll, *guess)
    else:
        longest = least[approach.tail] * (1 + TIE)
        shortest = cost + least[approach.head] <= longest
        taken = approach.shares(walk * shortest)
        factor = _factor(approach, taken)
    return Trips(approach, taken, factor)


def _first_guess(
    approach: Approach, toll: Floats, low: Floats
) -> tuple[Floats, Factor | None]:
    """Return free energies to start from: by the textbook form where its range allows.

    The textbook form is solved with scaled weights, and their factors solve ``I - P`` as well.
    """
    least_toll = approach.least(np.maximum(toll, np.finfo(float).tiny))
    if not (least_toll - low).max() <= 2 * RANGE:
        return low, None
    middle = (low + least_toll) / 2
    weight = np.exp(middle[approach.tail] - middle[approach.head] - toll)
    ends = approach.head == approach.exit
    last = np.bincount(
        approach.tail[ends], weight[ends], minlength=approach.exit
    )
    solver = _factorised(approach.system(weight))
    scaled = solver.solve(last)
    if not (np.isfinite(scaled) & (scaled > 0)).all():
        return low, None
    return middle - np.log(np.append(scaled, 1.0)), Factor(solver, scaled)


def _solution(
    approach: Approach, toll: Floats, phi: Floats, factor: Factor | None
) -> tuple[Floats, Factor]:
    """Return transition probabilities, by Newton's method from the free energies `phi`."""
    phi = phi.copy()
    for _ in range(STEPS):
        gain = phi[approach.tail] - phi[approach.head] - toll
        top = np.full(approach.exit, -np.inf)
        np.maximum.at(top, approach.tail, gain)
        weight = np.exp(gain - top[approach.tail])
        total = np.bincount(approach.tail, weight)
        taken = weight / total[approach.tail]
        factor = factor or _factor(approach, taken)
        change = factor.solve(-top - np.log(total))
        phi[: approach.exit] += change
        limit = PRECISION * max(1.0, np.abs(phi).max())
        if np.abs(change).max(initial=0.0) <= limit:
            return taken, factor
        factor = None
    raise RSPError(f"no solution after {STEPS} steps: {FAR_APART}")


def _factor(approach: Approach, taken: Floats) -> Factor:
    return Factor(_factorised(approach.system(taken)))


def _factorised(
    matrix: csc_array, order: Literal["NATURAL", "MMD_AT_PLUS_A"] = "NATURAL"
) -> SuperLU:
    """Return the factors of a sparse matrix whose pivots are its diagonal."""
    try:
        # Ways have few neighbours in common: blocks of columns would hold little but zeros.
        factors: SuperLU = splu(
            matrix,
            permc_spec=order,
            diag_pivot_thresh=0.0,
            relax=1,
            panel_size=1,
            options={"SymmetricMode": True, "Equil": False},
        )
    except RuntimeError as error:  # exactly singular
        raise RSPError(f"{error}: {FAR_APART}") from error
    return factors


def approach_to(n: int, tail: Ints, head: Ints, exit_node: int) -> Approach:
    """Return the arcs that lead to an exit; parallel arcs are different ways to go.

    Parameters
    ----------
    n : int
        Number of nodes.
    tail, head : (arcs,) arrays
        Nodes of each arc.
    exit_node : int
    """
    back = csr_array((np.ones(len(tail)), (head, tail)), shape=(n, n))
    reached = breadth_first_order(back, exit_node, return_predecessors=False)
    before_exit = reached[1:]
    node = np.full(n, -1)
    node[before_exit] = np.arange(len(before_exit))
    leads = (node[tail] >= 0) & (tail != head)
    node[exit_node] = len(before_exit)
    arc = np.flatnonzero(leads & (node[head] >= 0))
    node[before_exit] = _places(
        node[tail[arc]], node[head[arc]], node[exit_node]
    )
    arc = arc[np.lexsort((node[tail[arc]], node[head[arc]]))]
    return Approach(
        node,
        len(tail),
        arc,
        node[tail[arc]],
        node[head[arc]],
        exit=len(before_exit),
    )


def _places(tail: Ints, head: Ints, size: int) -> Ints:
    """Return the place of each of the first nodes in an order of elimination, by least degree."""
    inner = head < size
    ends = tail[inner], head[inner]
    links = csc_array((np.ones(len(ends[0])), ends), shape=(size, size))
    # The diagonal exceeds all that stands beside it, so that every order is possible.
    diagonal = (1.0 + len(tail)) * eye_array(size, format="csc")
    return np.asarray(_factorised(diagonal - links, "MMD_AT_PLUS_A").perm_c)


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
