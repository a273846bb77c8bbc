"""The network K function and its global envelopes: do events cluster along the network.

``K(r) = |L| / (n (n - 1)) Σ_{i≠j} 1{d_ij <= r} w_ij`` with network distances ``d``.  Uncorrected
(Okabe and Yamada 2001) ``w = 1``, and K depends on the shape of the network.  With the correction
of Ang, Baddeley and Nair (2012) ``w_ij = 1 / m(x_i, d_ij)``, the number of places on the network at
that distance from ``x_i``; then ``K(r) = r`` for events at random on any network.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import numpy as np

from geo.arrays import Each, Floats, Ints
from geo.chance.envelopes import Envelope, envelope
from geo.network.compiling import compiled
from geo.network.graph import Events, Network, Positions, positions_of
from geo.network.half_edges import HalfEdges, between, half_edges_of, walk
from geo.network.lines import NetworkError
from geo.results import Gate

Correction = Literal["none", "ang"]

BLOCK: Final = 50
"""Simulated patterns that share a seed."""
_TIE: Final = 0.001
"""A distance within this share of the shortest edge from a node's is the node's, as in spatstat."""


def k_function(
    network: Network, positions: Events, r_m: Sequence[float] | Floats,
    correction: Correction = "ang",
) -> Floats:  # fmt: skip
    """Return the network K function.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.graph.Positions, or points in the network's CRS
        Points are moved to the nearest position on the network.
    r_m : (k,) rising floats, metres
    correction : {"ang", "none"}

    Returns
    -------
    (k,) float array, metres; not a number where fewer than two positions are given
        Raises `NetworkError` if the correction is unknown or `r_m` does not rise from 0 or more.

    Examples
    --------
    Three events on a street of 1 km; two of them are 50 m apart.

    >>> import geopandas as gpd, shapely
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([100, 150, 900], [0] * 3, crs=9141)
    >>> k_function(network.from_lines(street), seen, [40.0, 60.0], "none").round(1).tolist()
    [0.0, 333.3]
    """
    if correction not in ("none", "ang"):
        raise NetworkError(f"correction {correction!r} is unknown; use 'none' or 'ang'")
    r = np.array(r_m, dtype=float)
    if not len(r) or (np.diff(r) <= 0).any() or r[0] < 0 or r[-1] <= 0:
        raise NetworkError("r_m must be distances in metres, from 0 up, in rising order")
    at = positions_of(network, positions)
    n = len(at)
    if n < 2:
        return np.full(len(r), np.nan)
    sums = pair_weights(network, at, r, correction)
    return np.asarray(float(network.length_m.sum()) / (n * (n - 1)) * np.cumsum(sums))


def pair_weights(
    network: Network, at: Positions, r: Floats, correction: Correction, *,
    origins: int | None = None, shortest_m: float | None = None,
) -> Floats:  # fmt: skip
    """Return the weights of ordered pairs by the first `r` at or above their distance, (k,).

    Pairs count from the first `origins` positions, from all by default, to every other.
    `shortest_m` is the shortest edge, where the network is a part of another.
    """
    half = half_edges_of(network)
    tie = _TIE * float(network.length_m.min() if shortest_m is None else shortest_m)
    first = len(at) if origins is None else origins
    return pair_sums(half, at.edge, at.offset_m.astype(float), first, r, correction == "ang", tie)


def simulate_k(
    network: Network, n: int, r_m: Sequence[float] | Floats, correction: Correction = "ang",
    *, simulations: int, seed: int, intensity: Floats | None = None, each: Each = map,
) -> Floats:  # fmt: skip
    """Return K of patterns of `n` events drawn on the network, (simulations, k), metres.

    Blocks of `BLOCK` patterns may run in any order and place, by `each`.
    """

    def block(number: int) -> Floats:
        drawn = patterns(network.length_m, n, number, seed, intensity)
        some = islice(drawn, min(BLOCK, simulations - number * BLOCK))
        return np.array([k_function(network, at, r_m, correction) for at in some])

    return np.concatenate([*each(block, range(-(-simulations // BLOCK)))])


def patterns(
    length_m: Floats, n: int, block: int, seed: int, intensity: Floats | None = None
) -> Iterator[Positions]:
    """Yield the `BLOCK` patterns of `n` events of a block of simulations, on edges by length.

    Each block has a seed of its own, so that it may be drawn without those before.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
    for _ in range(BLOCK):
        yield Positions.along(length_m, n, rng, intensity)


@dataclass(frozen=True)
class KTest:
    """The network K function of a pattern and what chance gives, by null model."""

    r_m: Floats
    observed: Floats
    """(k,), metres"""
    envelopes: Mapping[str, Envelope]
    """Empty with fewer than two events."""
    gates: Mapping[str, Gate]
    """Whether there are enough events for a test, and the least clustering that it could find."""


def k_envelopes(
    network: Network, positions: Events, r_m: Sequence[float] | Floats,
    nulls: Mapping[str, Floats | None] | None = None, correction: Correction = "ang", *,
    simulations: int = 999, level: float = 0.05, seed: int = 1, each: Each = map,
) -> KTest:  # fmt: skip
    """Return K and its global envelope, by extreme rank length, under each null model.

    Parameters
    ----------
    network, positions, r_m, correction
        As for `k_function`.
    nulls : mapping, optional
        By name the relative chance of a report per metre of each edge, as from
        `geo.chance.effort_per_metre`; None is even along the network.  By default that one only,
        ``even``: then events may cluster because observers do.
    simulations, level, seed
        Patterns of each null; level of each envelope, not adjusted for one another.
    each : geo.arrays.Each, optional
        Runs blocks of patterns; by default one after the other.

    Raises `NetworkError` as `k_function`, ValueError if there are too few simulations for `level`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([100, 105, 110, 900], [0] * 4, crs=9141)
    >>> test = k_envelopes(network.from_lines(street), seen, [10, 20, 40], simulations=99)
    >>> print(test.gates["even"].descriptive_only, test.envelopes["even"].p)
    True 0.01
    """
    at, r = positions_of(network, positions), np.array(r_m, dtype=float)
    nulls, n = {"even": None} if nulls is None else nulls, len(at)
    observed = k_function(network, at, r, correction)
    if n < 2:
        return KTest(r, observed, {}, {name: Gate("network_k", n) for name in nulls})
    found = {}
    for name, intensity in nulls.items():
        curves = simulate_k(
            network, n, r, correction, simulations=simulations, seed=seed, intensity=intensity,
            each=each,
        )  # fmt: skip
        found[name] = envelope(observed, curves, level=level)
    gates = {name: Gate("network_k", n, _detects(r, band)) for name, band in found.items()}
    return KTest(r, observed, found, gates)


def _detects(r: Floats, band: Envelope) -> str:
    """Return the least multiple of the null's median K that leaves the envelope upwards."""
    usual = band.central > 0
    if not usual.any():
        return "chance gives hardly a pair within these distances"
    times = band.high[usual] / band.central[usual]
    at = int(times.argmin())
    least = f"K above {times[at]:.1f} times chance, at {r[usual][at]:.0f} m"
    return f"{least}, would leave the envelope"


@compiled
def pair_sums(
    half: HalfEdges, edge: Ints, at: Floats, origins: int, r: Floats, ang: bool, tie: float
) -> Floats:
    """Return the sum over pairs from the first `origins` to all, by the first `r` at or above."""
    found = np.zeros(len(r))
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    away = np.empty(len(edge))
    for i in range(origins):
        count = walk(half, edge[i], at[i], r[-1], distance, touched)
        near = 0
        for j in range(len(edge)):
            d = between(half, edge[i], at[i], edge[j], at[j], distance)
            if j != i and d <= r[-1]:
                away[near] = d
                near += 1
        ordered = np.sort(away[:near])
        places = np.ones(near)
        if ang:
            places = places_at(ordered, half, edge[i], at[i], distance, touched[:count], tie)
        for m in range(near):
            found[np.searchsorted(r, ordered[m])] += 1 / places[m]
        distance[touched[:count]] = np.inf
    return found


@compiled
def places_at(
    ordered: Floats, half: HalfEdges, edge: int, at: float, distance: Floats, touched: Ints,
    tie: float,
) -> Floats:  # fmt: skip
    """Return the number of places at each of the sorted distances from a position x.

    A ray runs from x both ways.  At the first node that it reaches it dies, and a ray is born along
    every other edge there.  Two rays that meet within an edge both die::

                b===m===c         distance   up to a   a to b, c   b, c to m   from m on
                |       |         places     2         2 + 1       4           2
        ---x----a-------+
                                  (to the left of x one ray goes on; at `a` one dies, two are born)

    The changes of the number are counted by node and entered in the sorted list.  A node is one
    place for distances within `tie` of its own, and its rays are born after that.
    """
    change = np.zeros(len(ordered) + 1)
    change[0] = 2.0
    for node in touched:
        d, born, dead = distance[node], 0, 0
        for k in range(half.pointer[node], half.pointer[node + 1]):
            leaving = half.leaving[k]
            here = leaving >> 1
            # The other end of the way: the node across the edge, or x itself on its own edge.
            other, length = distance[half.start[leaving ^ 1]], half.length[here]
            if here == edge:
                other, length = 0.0, at if leaving % 2 == 0 else length - at
            if other + length <= d + 2 * tie:
                dead += 1
                continue
            born += 1
            if d + length > other + 2 * tie:
                meet = np.searchsorted(ordered, (d + other + length) / 2)
                change[meet] -= 2 if here == edge else 1
        change[np.searchsorted(ordered, d - tie)] += 1 - dead
        change[np.searchsorted(ordered, d + tie)] += born - 1
    return np.maximum(np.cumsum(change)[: len(ordered)], 1.0)
