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

from geo.arrays import Bools, Floats
from geo.chance.envelopes import Envelope, envelope
from geo.evidence_line import told
from geo.network.graph import Events, Network, Positions, positions_of
from geo.network.source_lines import NetworkError
from geo.network.weights import Marks, require_weights
from geo.patterns.pairs import Pairs, Weights
from geo.results import Gate

Correction = Literal["none", "ang"]

BLOCK: Final = 50
"""Simulated patterns that share a seed."""
ROUNDING: Final = 1e-12
PERMUTED: Final = "permuted"
"""The null model of weights: each event may have any of them."""


def k_function(
    network: Network,
    positions: Events,
    r_m: Sequence[float] | Floats,
    correction: Correction = "ang",
    *,
    weights: Marks | None = None,
    to_weights: Marks | None = None,
) -> Floats:
    """Return the network K function.

    With weights ``u`` of the events that pairs begin at and ``v`` of those they end at it is
    ``K(r) = |L| / Σ_{i≠j} u_i v_j Σ_{i≠j} u_i v_j 1{d_ij <= r} w_ij``.  Marks 1 and 0 make it cross
    K, ``1 / λ`` the inhomogeneous K.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.graph.Positions, or points in the network's CRS
        Points are moved to the nearest position, 500 m at most; `Network.snap` says how far.
    r_m : (k,) rising floats, metres
    correction : {"ang", "none"}
    weights : (n,) floats of 0 or more, optional
        Weight of each event, as of a group of several; by default 1.
    to_weights : (n,) floats of 0 or more, optional
        Weight of each event as the end of a pair; by default `weights`.

    Returns
    -------
    (k,) float array, metres; not a number where no two positions make a pair that weighs
        Raises `NetworkError` if the correction is unknown, `r_m` does not rise from 0 or more,
        points lie more than 500 m from the network, or weights are not one number of 0 or more
        for each event.

    Examples
    --------
    Three events on a street of 1 km; two of them are 50 m apart.

    >>> import geopandas as gpd, shapely
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([100, 150, 900], [0] * 3, crs=9141)
    >>> streets = network.from_lines(street)
    >>> k_function(streets, seen, [40.0, 60.0], "none").round(1).tolist()
    [0.0, 333.3]

    Cross K: how near do events of one kind lie to those of another?

    >>> first, other = [True, False, False], [False, True, True]
    >>> k_function(streets, seen, [60.0], "none", weights=first, to_weights=other).tolist()
    [500.0]
    """
    events = positions_of(network, positions)
    pairs = pairs_of(network, r_m, correction)
    marks = marks_of(len(events), weights, to_weights)
    return np.asarray(k_of_patterns(pairs, [events], marks)[0])


def marks_of(n: int, weights: Marks | None, to_weights: Marks | None) -> Weights | None:
    """Return the weights of `n` events, None where none are given; raises as `k_function`."""
    if weights is None and to_weights is None:
        return None
    begin = np.ones(n)
    if weights is not None:
        begin = require_weights("weights", n, weights)
    if to_weights is None:
        return Weights(begin, begin)
    return Weights(begin, require_weights("to_weights", n, to_weights))


def pairs_of(
    network: Network,
    r_m: Sequence[float] | Floats,
    correction: Correction,
    *,
    from_edges: Bools | None = None,
    shortest_m: float | None = None,
) -> Pairs:
    """Return the count of pairs on a network; raises as `k_function`.

    Parameters
    ----------
    network : geo.network.graph.Network
    r_m : (k,) rising floats, metres
    correction : {"ang", "none"}
    from_edges : (m,) bool array, optional
        Edges whose events pairs begin at; by default all.
    shortest_m : float, optional
        The shortest edge in metres, where the network is a part of another.
    """
    if correction not in ("none", "ang"):
        raise NetworkError(
            f"correction {correction!r} is unknown. Fix: correction='none', or 'ang'"
        )
    r = np.atleast_1d(np.array(r_m, dtype=float))
    rising = np.isfinite(r).all() and (np.diff(r) > 0).all()
    if np.ndim(r_m) != 1 or not len(r) or not rising or r[0] < 0 or r[-1] <= 0:
        fix = f"r_m=[{r_m}]" if np.ndim(r_m) == 0 else "r_m=[50, 100, 250]"
        raise NetworkError(
            f"r_m is {r_m}; it must be distances in metres, from 0 up, in rising order. Fix: {fix}"
        )
    return Pairs(network, r, correction == "ang", from_edges, shortest_m)


def k_of_patterns(
    pairs: Pairs, patterns: Sequence[Positions], marks: Weights | None = None
) -> Floats:
    """Return K of patterns of as many events each, (p, k), metres.

    `marks` are those of all patterns, one after the other; each has the same, in any order.
    """
    n = len(patterns[0])
    total = float(n * (n - 1))
    if marks is not None:
        begin = marks.begin[:n]
        end = marks.end[:n]
        every = float(begin.sum() * end.sum())
        total = every - float(begin @ end)
        # What rounding leaves of pairs of an event with itself.
        total = total if n > 1 and total > ROUNDING * every else 0.0
    if not total > 0:
        return np.full((len(patterns), len(pairs.r_m)), np.nan)
    scale = float(pairs.network.length_m.sum()) / total
    sums = pairs.sums(patterns, marks)
    return np.asarray(scale * np.cumsum(sums, axis=1))


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
    """Return K of patterns of `n` events drawn on the network, (simulations, k), metres.

    Each block of `BLOCK` patterns has a seed of its own.

    Parameters
    ----------
    network
        A network of `geo.network`.
    n
        Events of a pattern.
    r_m
        (k,), metres: the distances.
    correction
        As of `k_function`.
    simulations
        Number of patterns.
    seed
        Of the draws.
    intensity
        (edges,): events fall on an edge in proportion to this; without it, to its length.
    """
    pairs = pairs_of(network, r_m, correction)

    def block(number: int) -> Floats:
        drawn = patterns(network.length_m, n, number, seed, intensity)
        block_patterns = islice(drawn, min(BLOCK, simulations - number * BLOCK))
        return k_of_patterns(pairs, list(block_patterns))

    return np.concatenate([block(k) for k in range(-(-simulations // BLOCK))])


def patterns(
    length_m: Floats, n: int, block: int, seed: int, intensity: Floats | None = None
) -> Iterator[Positions]:
    """Yield the `BLOCK` patterns of a block of simulations, on edges by length.

    Each block has a seed of its own, so that it may be drawn without those before.

    Parameters
    ----------
    length_m : (m,) float array
        Length of each edge.
    n : int
        Events of a pattern.
    block, seed : int
        Number of the block, and the seed of all blocks.
    intensity : (m,) float array, optional
        Relative intensity per metre of each edge; by default even.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
    for _ in range(BLOCK):
        yield Positions.along(length_m, n, rng, intensity)


def permuted_k(
    pairs: Pairs, events: Positions, marks: Weights, times: int, seed: int
) -> Floats:
    """Return K of the events with their weights permuted, (times, k), metres.

    Parameters
    ----------
    pairs
        Pairs of places on the network, of `pairs_of`.
    events
        (n,): where the events lie.
    marks
        (n,): their weights.
    times
        Number of permutations.
    seed
        Of the draws.
    """
    rng = np.random.default_rng(seed)
    curves = []
    for begin in range(0, times, BLOCK):
        size = min(BLOCK, times - begin)
        order = [rng.permutation(len(events)) for _ in range(size)]
        rows = np.concatenate(order)
        dealt = Weights(marks.begin[rows], marks.end[rows])
        curves.append(k_of_patterns(pairs, [events] * size, dealt))
    return np.concatenate(curves)


@told
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
    snap_m: Floats | None = None
    """(n,), metres: how far each point was moved to the network; None where none was given."""


def k_envelopes(
    network: Network,
    positions: Events,
    r_m: Sequence[float] | Floats,
    nulls: Mapping[str, Floats | None] | None = None,
    correction: Correction = "ang",
    *,
    weights: Marks | None = None,
    to_weights: Marks | None = None,
    simulations: int = 999,
    level: float = 0.05,
    seed: int = 1,
) -> KTest:
    """Return K and its global envelope, by extreme rank length, under each null model.

    Without weights the question is whether events cluster.  With weights it is whether events that
    weigh more lie nearer to each other, or to those of `to_weights`, than if the weights were dealt
    to the events at random (Baddeley, Rubak and Turner 2015, Spatial Point Patterns, 14.7.5): the
    events stay, the weights are permuted, those of an event together.

    Parameters
    ----------
    network, positions, r_m, correction, weights, to_weights
        As for `k_function`.
    nulls : mapping, optional
        By name the relative chance of a report per metre of each edge, as from
        `geo.chance.effort_per_metre`; None is even along the network.  By default that one only,
        ``even``: then events may cluster because observers do.  With weights the null is
        ``permuted``, and no other may be given.
    simulations, level, seed
        Patterns of each null; level of each envelope, not adjusted for one another.

    Returns
    -------
    KTest

    Raises `NetworkError` as `k_function`, and if nulls are given with weights; ValueError if there
    are too few simulations for `level`.

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
    events = positions_of(network, positions)
    n = len(events)
    r = np.array(r_m, dtype=float)
    marks = marks_of(n, weights, to_weights)
    if marks is not None and nulls is not None:
        raise NetworkError(
            "nulls say where events may lie, and with weights events stay where they are. "
            "Fix: leave out nulls, or weights and to_weights"
        )
    if nulls is None:
        nulls = {"even" if marks is None else PERMUTED: None}
    observed = k_function(
        network, events, r, correction, weights=weights, to_weights=to_weights
    )
    if np.isnan(observed).all():
        gates = {name: Gate(n) for name in nulls}
        return KTest(r, observed, {}, gates, events.snap_m)
    envelopes = {}
    for name, intensity in nulls.items():
        if marks is None:
            curves = simulate_k(
                network,
                n,
                r,
                correction,
                simulations=simulations,
                seed=seed,
                intensity=intensity,
            )
        else:
            pairs = pairs_of(network, r, correction)
            curves = permuted_k(pairs, events, marks, simulations, seed)
        envelopes[name] = envelope(observed, curves, level=level)
    gates = {name: Gate(n, _detects(r, band)) for name, band in envelopes.items()}
    return KTest(r, observed, envelopes, gates, events.snap_m)


def _detects(r: Floats, band: Envelope) -> str:
    """Return the least multiple of the null's median K that leaves the envelope upwards."""
    usual = band.central > 0
    if not usual.any():
        return "chance gives hardly a pair within these distances"
    times = band.high[usual] / band.central[usual]
    lowest = int(times.argmin())
    least = f"K above {times[lowest]:.1f} times chance, at {r[usual][lowest]:.0f} m"
    return f"{least}, would leave the envelope"
