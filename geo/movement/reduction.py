"""A smaller graph with the same trips: dead ends cut off, chains made one arc."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Reduction:
    """Arcs between junctions, each a chain of the arcs that it was made from."""

    n: int
    """Number of nodes that remain."""
    tail: Ints
    """Of each chain, by new number; `head` too."""
    head: Ints
    chain: Ints
    """Chain that each original arc belongs to, -1 where it was cut off."""
    node: Ints
    """New number of each original node, -1 where it is left out."""

    def cost(self, cost: Floats) -> Floats:
        """Return the cost of each chain: the sum over its arcs."""
        kept = self.chain >= 0
        total = np.bincount(self.chain[kept], cost[kept], minlength=len(self.tail))
        return np.asarray(total, dtype=float)

    def expand(self, flow: Floats) -> Floats:
        """Return what flows on each original arc, from what flows on each chain."""
        padded = np.append(flow, 0.0)  # the last stands for arcs that were cut off
        return np.asarray(padded[self.chain])


def reduce(n: int, tail: Ints, head: Ints, keep: Ints) -> Reduction:
    """Cut off dead ends and make each chain of arcs one arc.

    Net flow does not change with a dead end: who walks in walks out again.  On a chain all arcs
    carry the same net flow.  With A, C and D kept::

        A - o - o - B - C                A ------- B - C
            |       |         becomes              |
            o       D                              D

    The nodes of `keep` stay: entries, exits, places of interest.
    """
    fixed = np.zeros(n, dtype=bool)
    fixed[keep] = True
    alive = _without_dead_ends(n, tail, head, fixed) & (tail != head)
    arc = np.flatnonzero(alive)
    tail, head = tail[arc], head[arc]
    through = _pass_through(n, tail, head) & ~fixed
    follows = _followers(n, tail, head, through)
    first, second = np.flatnonzero(follows >= 0), follows[follows >= 0]
    joined = csr_array((np.ones(len(first)), (first, second)), shape=(len(arc), len(arc)))
    n_chains, of_arc = connected_components(joined, directed=False)
    start, end = ~through[tail], ~through[head]
    chain_tail, chain_head = np.full((2, n_chains), -1, dtype=np.int64)
    chain_tail[of_arc[start]] = tail[start]
    chain_head[of_arc[end]] = head[end]
    # A ring without a junction has no ends; a loop leads back to where it began.
    good = (chain_tail >= 0) & (chain_head >= 0) & (chain_tail != chain_head)
    number = np.where(good, np.cumsum(good) - 1, -1)
    chain = np.full(len(alive), -1, dtype=np.int64)
    chain[arc] = number[of_arc]
    stays = fixed.copy()
    stays[np.r_[chain_tail[good], chain_head[good]]] = True
    node = np.where(stays, np.cumsum(stays) - 1, -1)
    return Reduction(int(stays.sum()), node[chain_tail[good]], node[chain_head[good]], chain, node)


def _without_dead_ends(n: int, tail: Ints, head: Ints, fixed: Bools) -> Bools:
    """Mark the arcs that remain when nodes with one neighbour are cut off, again and again."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    pair, of_arc = np.unique(low * n + high, return_inverse=True)
    a, b = pair // n, pair % n
    alive = a != b
    while True:
        degree = np.bincount(a[alive], minlength=n) + np.bincount(b[alive], minlength=n)
        dead = (degree == 1) & ~fixed
        cut = alive & (dead[a] | dead[b])
        if not cut.any():
            return np.asarray(alive[of_arc])
        alive &= ~cut


def _pass_through(n: int, tail: Ints, head: Ints) -> Bools:
    """Mark the nodes at which an arc that comes in has just one to go on by.

    ::

        a <-> o <-> b    both ways between two neighbours
        a --> o --> b    or one way
    """
    out, into = np.bincount(tail, minlength=n), np.bincount(head, minlength=n)
    low_in, high_in = _least_greatest(n, head, tail)
    low_out, high_out = _least_greatest(n, tail, head)
    two_way = (into == 2) & (out == 2) & (low_in < high_in)
    two_way &= (low_in == low_out) & (high_in == high_out)
    one_way = (into == 1) & (out == 1) & (low_in != low_out)
    return np.asarray(two_way | one_way)


def _least_greatest(n: int, node: Ints, neighbour: Ints) -> tuple[Ints, Ints]:
    """Return the least and the greatest neighbour of each node."""
    least, greatest = np.full(n, n), np.full(n, -1)
    np.minimum.at(least, node, neighbour)
    np.maximum.at(greatest, node, neighbour)
    return least, greatest


def _followers(n: int, tail: Ints, head: Ints, through: Bools) -> Ints:
    """Return the arc that goes on from each arc at a pass-through node, else -1."""
    order = np.argsort(tail, kind="stable")
    begin = np.searchsorted(tail[order], np.arange(n))
    follows = np.full(len(tail), -1, dtype=np.int64)
    arc = np.flatnonzero(through[head])
    for k in (0, 1):
        at = np.minimum(begin[head[arc]] + k, len(order) - 1)
        candidate = order[at]
        fits = (tail[candidate] == head[arc]) & (head[candidate] != tail[arc])
        follows[arc[fits]] = candidate[fits]
    return follows
