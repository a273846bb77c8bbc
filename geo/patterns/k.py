"""Network K function, cross K and pair correlation: do events keep company on the network.

``K(r) = |L| / (n (n - 1)) Σ_{i≠j} 1{d_ij <= r} w_ij`` with network distances ``d``.  Uncorrected
(Okabe and Yamada 2001) ``w = 1``, and K depends on the shape of the network.  With the correction
of Ang, Baddeley and Nair (2012) ``w_ij = 1 / m(x_i, d_ij)``, the number of places on the network at
that distance from ``x_i``; then ``K(r) = r`` for events at random on any network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Floats, Ints
from geo.network import kernels, reach_loops
from geo.network.graph import Network, NetworkError
from geo.network.half_edges import HalfEdges, half_edges
from geo.network.positions import Positions
from geo.patterns import k_loops

Correction = Literal["none", "ang"]

_ALL_NODES: Final = 3000
"""Up to so many nodes, all node-to-node distances are kept."""

_TIE: Final = 0.001
"""A distance within this share of the shortest edge from a node's is the node's, as in spatstat."""


def pair_distances(
    network: Network, positions: Positions, others: Positions | None = None, limit_m: float = np.inf
) -> Floats:
    """Return the network distances between positions, infinite where further than `limit_m`.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions, others : geo.network.positions.Positions
        Rows and columns; without `others` the positions themselves.
    limit_m : float, metres

    Returns
    -------
    (n, t) float array, metres
    """
    half, to = half_edges(network), others or positions
    return reach_loops.all_pairs(
        positions.edge, positions.offset_m, to.edge, to.offset_m, limit_m,
        half.length, half.start, half.pointer, half.leaving,
    )  # fmt: skip


def near_pairs(network: Network, positions: Positions, limit_m: float) -> csr_array:
    """Return the distances of pairs within `limit_m` as a sparse (n, n) array, zeros kept.

    The work follows what the limit reaches, not the number of pairs.
    """
    half = half_edges(network)
    order = np.argsort(positions.edge, kind="stable")
    first = np.searchsorted(positions.edge[order], np.arange(network.n_edges + 1))
    rows, columns, values = reach_loops.near_pairs(
        positions.edge, positions.offset_m, limit_m, half.length, half.start, half.pointer,
        half.leaving, first, order,
    )  # fmt: skip
    size = (len(positions), len(positions))
    return csr_array((np.array(values, dtype=float), (rows, columns)), shape=size)


class PairCounter:
    """K functions on one network, for many patterns; what they share is prepared once."""

    def __init__(
        self, network: Network, r_m: Sequence[float] | Floats, correction: Correction
    ) -> None:
        if correction not in ("none", "ang"):
            raise NetworkError(f"correction {correction!r} is unknown; use 'none' or 'ang'")
        self.r = np.asarray(r_m, dtype=float)
        if not len(self.r) or (np.diff(self.r) <= 0).any() or self.r[0] < 0 or self.r[-1] <= 0:
            raise NetworkError("r_m must be distances in metres, from 0 up, in rising order")
        self.ang = correction == "ang"
        self.total = float(network.length_m.sum())
        self.half: HalfEdges = half_edges(network)
        self.tie = _TIE * float(network.length_m.min(initial=np.inf))
        few = self.half.n_nodes <= _ALL_NODES
        self.nodes = (
            dijkstra(network.walking)[np.ix_(self.half.nodes, self.half.nodes)]
            if few
            else np.zeros((0, 0))
        )

    def sums(self, positions: Positions, kind: Ints | None = None) -> Floats:
        """Return the sums of pair weights that fall to each distance of `r`."""
        both = np.full(len(positions), 2, dtype=np.int64)
        kinds = both if kind is None else kind
        return k_loops.pair_sums(
            positions.edge, positions.offset_m, kinds, self.r, self.nodes, self.ang, self.tie,
            self.half.length, self.half.start, self.half.pointer, self.half.leaving,
        )  # fmt: skip

    def k(self, positions: Positions) -> Floats:
        """Return K at each distance; not a number where fewer than two positions are given."""
        n = len(positions)
        if n < 2:
            return np.full(len(self.r), np.nan)
        return np.asarray(self.total / (n * (n - 1)) * np.cumsum(self.sums(positions)))

    def cross_k(self, positions: Positions, others: Positions) -> Floats:
        """Return cross K from `positions` to `others` at each distance."""
        n, m = len(positions), len(others)
        if not n or not m:
            return np.full(len(self.r), np.nan)
        kind = np.repeat([0, 1], [n, m])
        return np.asarray(self.total / (n * m) * np.cumsum(self.sums(positions + others, kind)))


def k_function(
    network: Network,
    positions: Positions,
    r_m: Sequence[float] | Floats,
    correction: Correction = "ang",
) -> Floats:
    """Return the network K function.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    r_m : (k,) rising floats, metres
    correction : {"ang", "none"}

    Returns
    -------
    (k,) float array, metres

    Raises
    ------
    NetworkError
        If the correction is unknown or `r_m` does not rise from 0 or more.
    """
    return PairCounter(network, r_m, correction).k(positions)


def cross_k(
    network: Network,
    positions: Positions,
    others: Positions,
    r_m: Sequence[float] | Floats,
    correction: Correction = "ang",
) -> Floats:
    """Return the network cross K function from `positions` to `others`; see `k_function`."""
    return PairCounter(network, r_m, correction).cross_k(positions, others)


def pair_correlation(
    network: Network, positions: Positions, r_m: Sequence[float] | Floats, sigma_m: float
) -> Floats:
    """Return the pair correlation, the Ang-corrected density of pairs by distance; 1 is chance.

    Smoothed by an Epanechnikov kernel of standard deviation `sigma_m`, mirrored at distance 0.
    """
    n, r = len(positions), np.asarray(r_m, dtype=float)
    h = kernels.half_width("epanechnikov", sigma_m)
    if n < 2:
        return np.full(len(r), np.nan)
    fine = np.linspace(0, r[-1] + h, 2048)
    sums = PairCounter(network, fine, "ang").sums(positions)
    u = (r[:, None] - fine) / h, (r[:, None] + fine) / h
    weight = sum(np.where(abs(x) < 1, 0.75 * (1 - x**2) / h, 0.0) for x in u)
    return np.asarray(float(network.length_m.sum()) / (n * (n - 1)) * (weight @ sums))


def simulate_k(
    network: Network,
    n: int,
    r_m: Sequence[float] | Floats,
    correction: Correction = "ang",
    *,
    simulations: int,
    seed: int,
    intensity: Floats | None = None,
) -> Floats:
    """Return K of patterns drawn at random on the network.

    Parameters
    ----------
    n : int
        Events in each pattern.
    simulations, seed : int
    intensity : (m,) float array, optional
        Relative chance of an event per metre of each edge, such as reporting effort; even
        along the network by default.

    Returns
    -------
    (simulations, k) float array, metres
    """
    counter = PairCounter(network, r_m, correction)
    rng = np.random.default_rng(seed)
    drawn = [Positions.random(network, n, rng, intensity) for _ in range(simulations)]
    return np.array([counter.k(positions) for positions in drawn]).reshape(simulations, -1)
