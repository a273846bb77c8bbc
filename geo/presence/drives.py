"""The most likely drive past the fixes of a track, by Viterbi's algorithm."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Bools, Floats, Ints
from geo.network.graph import Network

DETOUR: Final = (0.1, 5.0)
"""Mean of what the drive is longer than the straight line: a share of it, and metres."""
SEARCH: Final = (2.0, 500.0)
"""The longest drive that is searched: a multiple of the straight line, and metres beside it."""

Piece = tuple[int, int, float, float]
"""The fix that a drive leads to, an edge, the offsets from and to which it is driven."""


def likeliest(
    network: Network, xy: Floats, spots: pd.DataFrame, begins: Bools, slack: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the likeliest spot of each fix, and the drives between them.

    `xy` are the fixes, (n, 2); `begins` marks where a piece of the track begins.  `spots`, sorted
    by ``fix``, are the places that each may be of: ``edge``, ``offset_m`` and ``away``, the
    distance over the standard deviation of fixes.  A fix that strays back by at most `slack` on a
    one-way street is not a drive round the block.  Drives are ``fix``, ``edge``, ``from_m``,
    ``to_m`` in their order; none leads to a fix where a piece begins, or where none is found.
    """
    ways = _Ways(network, spots, xy, slack)
    away = [own.to_numpy() ** 2 / 2 for _, own in spots.groupby("fix")["away"]]
    came: list[Ints] = []
    costs: list[Floats] = []
    for t, here in enumerate(away):
        total, best = np.full(len(here), np.inf), np.full(len(here), -1)
        if not begins[t]:
            steps = costs[-1][:, None] + ways.unlikely(t)
            total, best = steps.min(axis=0), steps.argmin(axis=0)
        if np.isinf(total).all():
            total, best = np.zeros(len(here)), np.full(len(here), -1)
        costs.append(here + total)
        came.append(best)
    chosen = np.zeros(len(away), dtype=np.int64)
    last = -1
    for t in range(len(away) - 1, -1, -1):
        chosen[t] = last if last >= 0 else costs[t].argmin()
        last = int(came[t][chosen[t]])
    found = [came[t][j] >= 0 for t, j in enumerate(chosen)]
    at = ways.first[:-1] + chosen
    pieces = [
        piece
        for t in np.flatnonzero(found).tolist()
        for piece in ways.drive(t, *at[t - 1 : t + 1].tolist())
    ]
    drives = pd.DataFrame(pieces, columns=["fix", "edge", "from_m", "to_m"])
    return spots.iloc[at], drives.astype({"fix": int, "edge": int, "from_m": float, "to_m": float})


class _Ways:
    """A network with a node at every spot."""

    def __init__(self, network: Network, spots: pd.DataFrame, xy: Floats, slack: float) -> None:
        self.xy, self.slack = xy, slack
        self.first = np.searchsorted(spots["fix"], np.arange(len(xy) + 1))
        self.edge = spots["edge"].to_numpy(np.int64)
        self.offset = spots["offset_m"].to_numpy(float)
        self.roads, self.node = network.insert(spots)
        self.adjacency = self.roads.adjacency(directed=True)
        tail, head, _, self.piece_of = self.roads.arcs(directed=True)
        self.arcs = tail * self.roads.n_nodes + head
        # Pieces lie in the order of their edges: of each its edge, and where on it it begins.
        end, whole = np.cumsum(self.roads.length_m), np.cumsum(network.length_m)
        self.parent = np.searchsorted(whole, end - self.roads.length_m / 2)
        self.begin = end - self.roads.length_m - (whole - network.length_m)[self.parent]

    def unlikely(self, t: int) -> Floats:
        """Return how unlikely the drive from each spot of the fix before to each spot is."""
        a, b, c = self.first[t - 1 : t + 2]
        straight = np.hypot(*(self.xy[t] - self.xy[t - 1]))
        length, _, near = self._search(t, self.node[a:b])
        length = length[:, np.searchsorted(near, self.node[b:c])]
        back = np.abs(self.offset[b:c] - self.offset[a:b, None])
        strays = (self.edge[b:c] == self.edge[a:b, None]) & (back <= self.slack)
        length = np.where(strays, np.minimum(back, length), length)
        return np.asarray(np.abs(length - straight) / (DETOUR[0] * straight + DETOUR[1]))

    def drive(self, t: int, start: int, end: int) -> Iterator[Piece]:
        """Yield the drive to a fix, from one spot to another."""
        edge = int(self.edge[end])
        if self.edge[start] == edge and abs(self.offset[end] - self.offset[start]) <= self.slack:
            yield t, edge, self.offset[start], self.offset[end]
            return
        _, by, near = self._search(t, self.node[[start]])
        path = [np.searchsorted(near, self.node[end])]
        while by[0, path[-1]] >= 0:
            path.append(by[0, path[-1]])
        yield t, edge, self.offset[end], self.offset[end]
        for tail, head in pairwise(near[path[::-1]].tolist()):
            piece = self.piece_of[np.searchsorted(self.arcs, tail * self.roads.n_nodes + head)]
            ends = self.begin[piece] + np.array([0.0, self.roads.length_m[piece]])
            from_m, to_m = ends if self.roads.edge_from[piece] == tail else ends[::-1]
            yield t, int(self.parent[piece]), from_m, to_m

    def _search(self, t: int, start: Ints) -> tuple[Floats, Ints, Ints]:
        """Return distances from nodes to those near a fix, the nodes before, and which are near."""
        straight = np.hypot(*(self.xy[t] - self.xy[t - 1]))
        limit = SEARCH[0] * straight + SEARCH[1]
        inside = np.abs(self.roads.node_xy - self.xy[t - 1]).max(axis=1) <= limit
        spots = self.node[self.first[t - 1] : self.first[t + 1]]
        near = np.union1d(np.flatnonzero(inside), spots)
        length, by = dijkstra(
            self.adjacency[near][:, near], indices=np.searchsorted(near, start), limit=limit,
            return_predecessors=True,
        )  # fmt: skip
        return length, by.astype(np.int64), near.astype(np.int64)
