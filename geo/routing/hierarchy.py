"""Travel times between many positions at once, on a network prepared for it.

`prepare` eliminates nodes, those of least fill-in first and no two neighbours in one round, and
joins their neighbours by shortcuts, as in Gaussian elimination with (min, +) in the place of
(+, x).  What is left is a small core, whose all-pairs times are kept.  A query sweeps from the
positions up to the core, across it, and down again: exact, as every fastest path climbs and
falls in the order of elimination.

References
----------
Geisberger, Sanders, Schultes and Delling (2008), Contraction hierarchies, WEA 2008.
Delling, Goldberg, Nowatzyk and Werneck (2013), PHAST, JPDC 73(7), 940-952.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Bools, Floats, Ints
from geo.network.graph import VERTEX_GRID_M
from geo.routing.driving import Drive

CORE_NODES: Final = 256
"""Elimination ends when so few nodes are left."""


@dataclass(frozen=True)
class _Arcs:
    """Arcs as three arrays of one length."""

    tail: Ints
    head: Ints
    cost: Floats

    def __getitem__(self, which: Bools | Ints) -> _Arcs:
        return _Arcs(self.tail[which], self.head[which], self.cost[which])

    @property
    def turned(self) -> _Arcs:
        """The arcs in the opposite direction."""
        return _Arcs(self.head, self.tail, self.cost)


@dataclass(frozen=True)
class Prepared:
    """A drive network with its nodes eliminated in rounds; made by `prepare`."""

    drive: Drive
    _up: list[_Arcs]
    """Per round, the arcs out of its nodes."""
    _down: list[_Arcs]
    """Per round, the arcs into its nodes."""
    _core: Ints
    _core_s: Floats

    def times(self, positions: pd.DataFrame) -> Floats:
        """Return the seconds of the fastest drive between each two positions.

        Parameters
        ----------
        positions : pandas.DataFrame
            ``edge`` and ``offset_m``, as from `geo.network.graph.Network.snap`.

        Returns
        -------
        (k, k) float array
            From row to column; infinite where there is no way.
        """
        out, back = self._ends(positions)
        climbing = self._reached(out.head, self._up)
        falling = self._reached(back.tail, [arcs.turned for arcs in self._down])
        row = np.cumsum(climbing | falling) - 1
        time_s = np.full((int(row[-1]) + 1, len(positions)), np.inf)
        np.minimum.at(time_s, (row[out.head], out.tail), out.cost)
        for arcs in self._up:
            _relax(time_s, arcs[climbing[arcs.tail]], row)
        self._cross_core(time_s, row, climbing, falling)
        for arcs in reversed(self._down):
            used = falling[arcs.head] & (climbing | falling)[arcs.tail]
            _relax(time_s, arcs[used], row)
        found = np.full((len(positions), len(positions)), np.inf)
        reach = time_s[row[back.tail]] + back.cost[:, None]
        np.minimum.at(found, back.head, reach)
        return np.asarray(np.minimum(found.T, self._along_one_edge(positions)))

    def _ends(self, positions: pd.DataFrame) -> tuple[_Arcs, _Arcs]:
        """Return the arcs from positions to the ends of their edges, and from the ends to them.

        A position at an end of its edge is the node there: it is left and reached at no cost.
        """
        network = self.drive.network
        edge = positions["edge"].to_numpy(np.int64)
        offset = positions["offset_m"].to_numpy(float)
        before_s, after_s, forth, backwards = self._on_edge(positions)
        a, b = network.edge_from[edge], network.edge_to[edge]
        at_a, at_b = offset <= VERTEX_GRID_M, offset >= network.length_m[edge] - VERTEX_GRID_M
        number, free = np.arange(len(edge)), np.zeros(len(edge))

        def joined(node: tuple[Ints, ...], cost: tuple[Floats, ...], *which: Bools) -> _Arcs:
            pairs = list(zip(node, cost, which, strict=True))
            return _Arcs(
                np.concatenate([number[mark] for *_, mark in pairs]),
                np.concatenate([end[mark] for end, _, mark in pairs]),
                np.concatenate([seconds[mark] for _, seconds, mark in pairs]),
            )

        ends = (b, a, a, b)
        out = joined(ends, (after_s, before_s, free, free), forth, backwards, at_a, at_b)
        back = joined(ends, (after_s, before_s, free, free), backwards, forth, at_a, at_b)
        return out, back.turned

    def _on_edge(self, positions: pd.DataFrame) -> tuple[Floats, Floats, Bools, Bools]:
        """Return seconds to the start and the end of the edge, and which ways may be driven."""
        network = self.drive.network
        edge = positions["edge"].to_numpy(np.int64)
        share = positions["offset_m"].to_numpy(float) / network.length_m[edge]
        time_s = self.drive.time_s[edge]
        oneway = network.oneway[edge]
        return share * time_s, (1 - share) * time_s, oneway >= 0, oneway <= 0

    def _along_one_edge(self, positions: pd.DataFrame) -> Floats:
        """Return the seconds between positions on one edge without leaving it, else infinity."""
        edge = positions["edge"].to_numpy(np.int64)
        before_s, _, forth, backwards = self._on_edge(positions)
        step = before_s[None, :] - before_s[:, None]
        driven = np.where(step >= 0, forth[:, None], backwards[:, None]) | (step == 0)
        return np.where((edge[:, None] == edge) & driven, np.abs(step), np.inf)

    def _reached(self, nodes: Ints, rounds: list[_Arcs]) -> Bools:
        """Mark the nodes, and those above them."""
        marked = np.zeros(self.drive.network.n_nodes, dtype=bool)
        marked[nodes] = True
        for arcs in rounds:
            marked[arcs.head[marked[arcs.tail]]] = True
        return marked

    def _cross_core(
        self,
        time_s: Floats,
        row: Ints,
        climbing: Bools,
        falling: Bools,
    ) -> None:
        """Carry the times at the core nodes that were reached to those that are needed."""
        start = np.flatnonzero(climbing[self._core])
        end = np.flatnonzero(falling[self._core])
        reached = time_s[row[self._core[start]]]
        best = time_s[row[self._core[end]]]
        for across_s, from_s in zip(self._core_s[start], reached, strict=True):
            np.minimum(best, across_s[end, None] + from_s, out=best)
        time_s[row[self._core[end]]] = best


def prepare(drive: Drive) -> Prepared:
    """Eliminate the nodes of a drive network for queries of many positions.

    Parameters
    ----------
    drive : geo.routing.driving.Drive

    Returns
    -------
    Prepared
    """
    n = drive.network.n_nodes
    arcs = _Arcs(*drive.network.arcs(drive.time_s, directed=True)[:3])
    arcs = arcs[arcs.tail != arcs.head]
    active = np.zeros(n, dtype=bool)
    active[np.r_[arcs.tail, arcs.head]] = True
    up, down = [], []
    while active.sum() > CORE_NODES:
        chosen = _independent(arcs, active)
        out, into = arcs[chosen[arcs.tail]], arcs[chosen[arcs.head]]
        up.append(_sorted(out))
        down.append(_sorted(into))
        rest = arcs[~(chosen[arcs.tail] | chosen[arcs.head])]
        arcs = _cheapest(rest, _shortcuts(into, out, n), n)
        active &= ~chosen
    core = np.flatnonzero(active)
    number = np.zeros(n, dtype=np.int64)
    number[core] = np.arange(len(core))
    shape = (len(core), len(core))
    graph = csr_array((arcs.cost, (number[arcs.tail], number[arcs.head])), shape=shape)
    return Prepared(drive, up, down, core, np.asarray(dijkstra(graph)))


def _independent(arcs: _Arcs, active: Bools) -> Bools:
    """Mark active nodes of little fill-in, no two of them neighbours."""
    n = len(active)
    into, out = np.bincount(arcs.head, minlength=n), np.bincount(arcs.tail, minlength=n)
    fill = into * out - into - out
    # Ties are broken by a fixed scatter of the numbers, so that rounds are large.
    rank = fill * float(n) + (np.arange(n) * 2_654_435_761 % 2**32) / 2**32 * n
    least = np.full(n, np.inf)
    np.minimum.at(least, arcs.tail, rank[arcs.head])
    np.minimum.at(least, arcs.head, rank[arcs.tail])
    few = fill <= np.median(fill[active])
    return np.asarray(active & few & (rank < least))


def _shortcuts(into: _Arcs, out: _Arcs, n: int) -> _Arcs:
    """Return an arc for every way into and out of an eliminated node."""
    into = into[np.argsort(into.head, kind="stable")]
    out = out[np.argsort(out.tail, kind="stable")]
    outs = np.bincount(out.tail, minlength=n)
    first = np.cumsum(outs) - outs
    repeats = outs[into.head]
    which_in = np.repeat(np.arange(len(into.head)), repeats)
    place = np.arange(len(which_in)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    which_out = first[into.head[which_in]] + place
    cost = into.cost[which_in] + out.cost[which_out]
    made = _Arcs(into.tail[which_in], out.head[which_out], cost)
    return made[made.tail != made.head]


def _cheapest(some: _Arcs, others: _Arcs, n: int) -> _Arcs:
    """Return the cheapest arc from each node to each other."""
    tail, head = np.r_[some.tail, others.tail], np.r_[some.head, others.head]
    cost = np.r_[some.cost, others.cost]
    order = np.lexsort((cost, tail * n + head))
    key = (tail * n + head)[order]
    order = order[np.r_[True, key[1:] != key[:-1]][: len(order)]]
    return _Arcs(tail[order], head[order], cost[order])


def _sorted(arcs: _Arcs) -> _Arcs:
    """Return the arcs by their heads, as `_relax` needs them."""
    return arcs[np.argsort(arcs.head, kind="stable")]


def _relax(time_s: Floats, arcs: _Arcs, row: Ints) -> None:
    """Lower the times at the heads of arcs, sorted by head, to those by way of their tails."""
    if not len(arcs.head):
        return
    start = np.flatnonzero(np.r_[True, arcs.head[1:] != arcs.head[:-1]])
    by_way = np.minimum.reduceat(time_s[row[arcs.tail]] + arcs.cost[:, None], start, axis=0)
    heads = row[arcs.head[start]]
    time_s[heads] = np.minimum(time_s[heads], by_way)
