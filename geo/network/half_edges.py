"""Half-edges: each edge in both directions, as the loops that walk a network use them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.graph import Network


class HalfEdges(NamedTuple):
    """A set of edges in both directions: half-edge ``2e`` runs forth, ``2e + 1`` back.

    Half-edge ``h`` ends where ``h ^ 1`` starts.  A named tuple, because compiled loops take it.
    """

    edges: Ints
    """The set, sorted; ``e`` is the position in it."""
    length: Floats
    start: Ints
    """Node at which each half-edge starts, numbered within the set."""
    pointer: Ints
    leaving: Ints
    """Half-edges that leave node v: ``leaving[pointer[v]:pointer[v + 1]]``; a loop leaves twice."""

    def position(self, edge: Ints) -> Ints:
        """Return the position in the set of each edge, which must be in it."""
        return np.asarray(np.searchsorted(self.edges, edge), dtype=np.int64)


def half_edges(network: Network, edges: Ints | None = None) -> HalfEdges:
    """Return the half-edges of a sorted set of edges; of all edges by default."""
    chosen = np.arange(network.n_edges) if edges is None else np.asarray(edges)
    ends = np.stack([network.edge_from[chosen], network.edge_to[chosen]], axis=1)
    nodes, start = np.unique(ends, return_inverse=True)
    start = start.reshape(-1).astype(np.int64)
    pointer = np.r_[0, np.cumsum(np.bincount(start, minlength=len(nodes)))]
    return HalfEdges(
        edges=chosen.astype(np.int64),
        length=network.length_m[chosen],
        start=start,
        pointer=pointer.astype(np.int64),
        leaving=np.argsort(start, kind="stable").astype(np.int64),
    )
