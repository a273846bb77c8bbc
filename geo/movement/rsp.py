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

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array
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


class RSPError(ValueError):
    """Trips cannot be computed as asked."""


@dataclass(frozen=True)
class Arcs:
    """A directed graph; parallel arcs are kept and are different ways to go.

    Attributes
    ----------
    n : int
        Number of nodes.
    tail, head : (m,) int arrays
    cost : (m,) float array
        Positive.
    """

    n: int
    tail: Ints
    head: Ints
    cost: Floats

    def __post_init__(self) -> None:
        """Check the costs."""
        bad = np.flatnonzero(~(np.isfinite(self.cost) & (self.cost > 0)))
        if len(bad):
            raise RSPError(
                f"arc {bad[0]} costs {self.cost[bad[0]]}; costs must be positive and finite "
                f"({len(bad)} of {len(self.cost)} are not). Cure: check speeds and weights"
            )

    def costs_to(self, node: int) -> Floats:
        """Return the least cost from every node to `node`; infinite where there is no way."""
        order = np.lexsort((self.cost, self.tail, self.head))
        tail, head = self.tail[order], self.head[order]
        first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)][: len(order)]
        order = order[first]
        back = csr_array(
            (self.cost[order], (self.head[order], self.tail[order])), shape=(self.n, self.n)
        )
        return np.asarray(dijkstra(back, indices=[node])[0])


@dataclass(frozen=True)
class Trips:
    """The randomised shortest paths to one exit.

    Attributes
    ----------
    arcs : Arcs
    exit : int
    theta : float
    probability : (m,) float array
        Of taking each arc when at its tail; 0 on arcs that no trip takes.
    free_energy : (n,) float array
        Of the trips from each node, in units of cost where theta is positive and finite:
        the free energy distance to the exit.  Infinite where there is no way; NaN elsewhere
        when theta is 0.
    """

    arcs: Arcs
    exit: int
    theta: float
    probability: Floats
    free_energy: Floats
    _node: Ints
    _solver: SuperLU
    _system: csc_array

    def passages(self, entering: Floats) -> Floats:
        """Return how often each arc is expected to be passed.

        Parameters
        ----------
        entering : (n,) float array
            Trips that start at each node.

        Returns
        -------
        (m,) float array
            Inflow plus `entering` equals outflow at every node but the exit.

        Raises
        ------
        RSPError
            If a trip starts where there is no way to the exit.
        """
        inside = self._node >= 0
        lost = np.flatnonzero((entering != 0) & ~inside)
        lost = lost[lost != self.exit]
        if len(lost):
            raise RSPError(
                f"there is no way from node {lost[0]} to exit node {self.exit}. "
                "Cure: check that both lie on one connected network"
            )
        source = np.zeros(self._system.shape[0])
        source[self._node[inside]] = entering[inside]
        visits = _transposed(self._solver, source)
        visits += _transposed(self._solver, source - self._system.T @ visits)
        at = self._node[self.arcs.tail]
        return np.asarray(np.where(at >= 0, visits[at], 0.0) * self.probability)

    def uses(self, sets: Sequence[Ints], passages: Floats) -> Floats:
        """Return the probability that a trip takes any arc of each set at least once.

        Removing the arcs of a set changes the fundamental matrix by as many ranks (Woodbury's
        formula), so that one solve an arc suffices.  For few arcs a set; for many see `share`.

        Parameters
        ----------
        sets : sequence of int arrays
            Such as the two arcs of an edge.
        passages : (m,) float array
            As from `passages`, for trips that sum to 1.

        Returns
        -------
        (sets,) float array
        """
        taken = [np.unique(arcs[passages[arcs] > 0]) for arcs in sets]
        result = np.array([passages[arcs].sum() for arcs in taken])
        taken = [
            arcs if bound > NEGLIGIBLE else arcs[:0]
            for arcs, bound in zip(taken, result, strict=True)
        ]
        flat = np.concatenate([np.zeros(0, dtype=np.int64), *taken])
        owner = np.repeat(np.arange(len(taken)), [len(arcs) for arcs in taken])
        # Which arc is reached again how often, once the tail of another is left by it.
        for begin in range(0, len(taken), CHUNK):
            chosen = flat[(owner >= begin) & (owner < begin + CHUNK)]
            whose = owner[(owner >= begin) & (owner < begin + CHUNK)]
            visits = self._visits_before(chosen)
            for k in np.unique(whose):
                own = whose == k
                inner = np.eye(int(own.sum())) + visits[np.ix_(own, own)]
                result[k] = np.linalg.solve(inner.T, passages[chosen[own]]).sum()
        return np.asarray(np.clip(result, 0.0, 1.0))

    def _visits_before(self, arcs: Ints) -> Floats:
        """Return, from the head of each arc, the expected passages of every arc."""
        unit = np.zeros((self._system.shape[0], len(arcs)))
        unit[self._node[self.arcs.tail[arcs]], np.arange(len(arcs))] = self.probability[arcs]
        column = self._solver.solve(unit)
        head = self._node[self.arcs.head[arcs]]
        return np.asarray(np.where(head[:, None] >= 0, column[head], 0.0))

    def share(self, marked: Bools, entering: Floats) -> float:
        """Return the share of the trips that take any marked arc.

        Parameters
        ----------
        marked : (m,) bool array
        entering : (n,) float array
            Trips that start at each node.
        """
        inside = self._node >= 0
        left = np.where(marked, 0.0, self.probability)
        solver, system = _factor(self.arcs, left, self._node, self._system.shape[0])
        tail = self._node[self.arcs.tail]
        takes = marked & (tail >= 0)
        leaves = np.bincount(tail[takes], self.probability[takes], minlength=self._system.shape[0])
        hit = solver.solve(leaves) if system.shape[0] else leaves
        return float(entering[inside] @ hit[self._node[inside]] / entering.sum())


def trips(arcs: Arcs, exit_node: int, theta: float) -> Trips:
    """Return the randomised shortest paths to `exit_node`.

    The reference random walk takes an arc with probability inverse to its cost among the arcs
    from which the exit can be reached.  On a chain of edges that walk does not depend on how the
    chain is cut into edges.

    Parameters
    ----------
    arcs : Arcs
    exit_node : int
        Where every trip ends: it is never passed through.
    theta : float
        A walk that costs ``1 / theta`` more is e times less likely, against the random walk.
        0 is the random walk itself, infinity the shortest paths, equal ones with a share each.

    Raises
    ------
    RSPError
        If theta is negative or the solution is not found.
    """
    if not theta >= 0:
        raise RSPError(f"theta is {theta}; it must be 0 (random walk) or more")
    least = arcs.costs_to(exit_node)
    inside = np.isfinite(least)
    inside[exit_node] = False
    number = np.where(inside, np.cumsum(inside) - 1, -1)
    size = int(inside.sum())
    live = inside[arcs.tail] & np.isfinite(least[arcs.head]) & (arcs.tail != arcs.head)
    tail = number[arcs.tail[live]]
    walk = _normalised(1.0 / arcs.cost[live], tail, size)
    probability = np.zeros(len(arcs.cost))
    least_live = np.where(inside | (np.arange(arcs.n) == exit_node), least, 0.0)
    if not np.isfinite(theta):
        cost, head_least = arcs.cost[live], least_live[arcs.head[live]]
        tail_least = least_live[arcs.tail[live]]
        shortest = cost + head_least <= tail_least * (1 + TIE)
        probability[live] = _normalised(walk * shortest, tail, size)
        solver, system = _factor(arcs, probability, number, size)
        return Trips(arcs, exit_node, theta, probability, least, number, solver, system)

    phi = _first_guess(arcs, exit_node, theta, walk=walk, live=live, least=least_live)
    for _ in range(STEPS):
        chosen = np.log(walk) - theta * arcs.cost[live] - phi[arcs.head[live]]
        top = np.full(size, -np.inf)
        np.maximum.at(top, tail, chosen)
        probability[live] = _normalised(np.exp(chosen - top[tail]), tail, size)
        solver, system = _factor(arcs, probability, number, size)
        p = probability[live]
        spent = theta * arcs.cost[live] + np.log(np.where(p > 0, p, 1.0) / walk)
        new = solver.solve(np.bincount(tail, p * spent, minlength=size)) if size else phi[inside]
        change = np.abs(new - phi[inside]).max(initial=0.0)
        phi[inside] = new
        if change <= PRECISION * max(1.0, float(np.abs(new).max(initial=0.0))):
            distance = np.full(arcs.n, np.inf)
            distance[inside] = phi[inside] / theta if theta > 0 else np.nan
            distance[exit_node] = 0.0
            return Trips(arcs, exit_node, theta, probability, distance, number, solver, system)
    raise RSPError(
        f"no solution after {STEPS} steps at theta {theta}: costs from {arcs.cost.min():g} to "
        f"{arcs.cost.max():g} are too far apart. Cure: a theta nearer to the scale of the costs"
    )


def _first_guess(
    arcs: Arcs, exit_node: int, theta: float, *, walk: Floats, live: Bools, least: Floats
) -> Floats:
    """Return free energies to start from: by the textbook form where its range allows.

    They lie between those of the least cost and of the likeliest walk.  Halfway between the two
    as a scale, the form can be solved as long as both differ by less than twice `RANGE`.
    """
    tail, head = arcs.tail[live], arcs.head[live]
    low = theta * least
    toll = theta * arcs.cost[live] - np.log(walk)
    likely = Arcs(arcs.n, tail, head, np.maximum(toll, np.finfo(float).tiny)).costs_to(exit_node)
    inside = np.isfinite(likely)
    inside[exit_node] = False
    if not inside.any() or (likely - low)[inside].max() > 2 * RANGE:
        return low
    middle = np.where(inside, (low + likely) / 2, 0.0)
    weight = np.exp(middle[tail] - middle[head] - toll)
    number = np.where(inside, np.cumsum(inside) - 1, -1)
    size = int(inside.sum())
    solver, _ = _factor(Arcs(arcs.n, tail, head, arcs.cost[live]), weight, number, size)
    ends = head == exit_node
    scaled = solver.solve(np.bincount(number[tail[ends]], weight[ends], minlength=size))
    if not (np.isfinite(scaled) & (scaled > 0)).all():
        return low
    guess = low.copy()
    guess[inside] = middle[inside] - np.log(scaled)
    return guess


def _normalised(weight: Floats, tail: Ints, size: int) -> Floats:
    return np.asarray(weight / np.bincount(tail, weight, minlength=size)[tail])


def _transposed(solver: SuperLU, right: Floats) -> Floats:
    solved = solver.solve(right, trans="T")  # type: ignore[call-overload]  # stubs lack it
    return np.asarray(solved)


def _factor(arcs: Arcs, probability: Floats, number: Ints, size: int) -> tuple[SuperLU, csc_array]:
    """Factorise ``I - P`` on the numbered nodes.

    It is a diagonally dominant M-matrix: no pivoting is needed.
    """
    tail, head = number[arcs.tail], number[arcs.head]
    inner = (tail >= 0) & (head >= 0) & (probability > 0)
    diagonal = np.arange(size)
    system = csc_array(
        (
            np.concatenate([np.ones(size), -probability[inner]]),
            (
                np.concatenate([diagonal, tail[inner]]),
                np.concatenate([diagonal, head[inner]]),
            ),
        ),
        shape=(size, size),
    )
    options = {"SymmetricMode": True, "Equil": False}
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    return solver, system
