"""The most likely drive past the fixes of a track, by Viterbi's algorithm."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Bools, Floats, Ints
from geo.network.graph import Network

DETOUR: Final = (0.1, 5.0)
"""Mean of what the drive is longer than the straight line: a share of it, and metres."""
SEARCH: Final = (2.0, 500.0)
"""The longest drive that is searched: a multiple of the straight line, and metres beside it."""

Drive = list[tuple[int, float, float]]
"""Edges in their order, with the offsets from and to which each is driven."""


class Spots(NamedTuple):
    """Places on roads that one fix may be of."""

    edge: Ints
    offset: Floats
    away: Floats
    """Distance from the fix, over the standard deviation of fixes."""


class Roads:
    """A network, and what is looked up in it for every drive."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.adjacency = network.adjacency(directed=True)
        tail, head, _, edge = network.arcs(directed=True)
        ends = zip(tail.tolist(), head.tolist(), strict=True)
        self.edge_of = dict(zip(ends, edge.tolist(), strict=True))

    def likeliest(
        self, xy: Floats, spots: Sequence[Spots], begins: Bools, reach: float, slack: float
    ) -> tuple[list[int], list[Drive]]:
        """Return the likeliest spot of each fix, and the drive that leads to it.

        `xy` are the fixes, (n, 2); `begins` marks where a piece of the track begins; spots lie
        within `reach` of their fix.  A fix that strays back by at most `slack` on a one-way street
        is not a drive round the block.  A drive is empty where a piece begins, or none is found.
        """
        cost = np.zeros(0)
        costs: list[Floats] = []
        steps: list[list[tuple[int, Drive]]] = []
        for t, here in enumerate(spots):
            total = np.full(len(here.edge), np.inf)
            step: list[tuple[int, Drive]] = []
            if not begins[t]:
                total, step = self._step(cost, spots[t - 1], here, xy[t - 1 : t + 1], reach, slack)
            cost = here.away**2 / 2 + (0.0 if np.isinf(total).all() else total)
            costs.append(cost)
            steps.append(step)
        chosen, drives, end = [], [], -1
        for cost, step in zip(reversed(costs), reversed(steps), strict=True):
            end = int(cost.argmin()) if end < 0 else end
            chosen.append(end)
            end, drive = step[end] if step else (-1, [])
            drives.append(drive)
        return chosen[::-1], drives[::-1]

    def _step(
        self, cost: Floats, start: Spots, end: Spots, xy: Floats, reach: float, slack: float
    ) -> tuple[Floats, list[tuple[int, Drive]]]:
        """Return the least cost of each spot of a fix, and from which spot and how it is driven."""
        straight = np.hypot(*(xy[1] - xy[0]))
        limit, usual = SEARCH[0] * straight + SEARCH[1], DETOUR[0] * straight + DETOUR[1]
        (leave, out_m), (arrive, in_m) = self._ends(start, 1), self._ends(end, -1)
        inside = np.abs(self.network.node_xy - xy[0]).max(axis=1) <= limit + reach
        near = np.union1d(np.flatnonzero(inside), np.r_[leave.ravel(), arrive.ravel()])
        source, row = np.unique(leave, return_inverse=True)
        away, by = dijkstra(
            self.adjacency[near][:, near], indices=np.searchsorted(near, source), limit=limit,
            return_predecessors=True,
        )  # fmt: skip
        row, column = row.reshape(leave.shape), np.searchsorted(near, arrive)
        # By each end of the edge that is left and of the edge that is reached: (2, 2, a, b).
        between = away[row[:, None, :, None], column[None, :, None, :]]
        ways = (out_m[:, None, :, None] + between + in_m[None, :, None, :]).reshape(
            4, *between.shape[2:]
        )
        on = self._along(start, end, slack)
        length = np.minimum(ways.min(axis=0), on)
        unlikely = np.where(length <= limit, np.abs(length - straight) / usual, np.inf)
        total = cost[:, None] + unlikely
        if np.isinf(total).all():
            return total.min(axis=0), []
        steps: list[tuple[int, Drive]] = []
        for j, i in enumerate(total.argmin(axis=0).tolist()):
            nodes: list[int] = []
            if on[i, j] > length[i, j] and np.isfinite(length[i, j]):
                out, into = divmod(int(ways[:, i, j].argmin()), 2)
                node = int(column[into, j])
                while node >= 0:
                    nodes.append(int(near[node]))
                    node = int(by[row[out, i], node])
            steps.append((i, self._drive(start, i, nodes[::-1], end, j)))
        return total.min(axis=0), steps

    def _ends(self, spots: Spots, way: int) -> tuple[Ints, Floats]:
        """Return the nodes by which spots are left, (2, k), and how far they are."""
        network, edge = self.network, spots.edge
        oneway = way * network.oneway[edge]
        ahead = np.where(oneway >= 0, network.length_m[edge] - spots.offset, np.inf)
        back = np.where(oneway <= 0, spots.offset, np.inf)
        return np.stack([network.edge_to[edge], network.edge_from[edge]]), np.stack([ahead, back])

    def _along(self, start: Spots, end: Spots, slack: float) -> Floats:
        """Return the length of drives that stay on their edge, (a, b); infinite where none does."""
        ahead = end.offset - start.offset[:, None]
        oneway = self.network.oneway[start.edge][:, None]
        stays = (start.edge[:, None] == end.edge) & ((oneway == 0) | (ahead * oneway >= -slack))
        return np.where(stays, np.abs(ahead), np.inf)

    def _drive(self, start: Spots, i: int, nodes: list[int], end: Spots, j: int) -> Drive:
        """Return the drive from one spot to another through nodes; none where it stays."""
        network = self.network
        first, last = int(start.edge[i]), int(end.edge[j])
        if not nodes:
            return [(first, start.offset[i], end.offset[j])]

        def offset(edge: int, node: int) -> float:
            return 0.0 if network.edge_from[edge] == node else float(network.length_m[edge])

        drive = [(first, start.offset[i], offset(first, nodes[0]))]
        for pair in pairwise(nodes):
            edge = self.edge_of[pair]
            begin = offset(edge, pair[0])
            drive.append((edge, begin, network.length_m[edge] - begin))
        return [*drive, (last, offset(last, nodes[-1]), end.offset[j])]
