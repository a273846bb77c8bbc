"""The network K function and its global envelopes: do events cluster along the network.

``K(r) = |L| / (n (n - 1)) Σ_{i≠j} 1{d_ij <= r} w_ij`` with network distances ``d``.  Uncorrected
(Okabe and Yamada 2001) ``w = 1``, and K depends on the shape of the network.  With the correction
of Ang, Baddeley and Nair (2012) ``w_ij = 1 / m(x_i, d_ij)``, the number of places on the network at
that distance from ``x_i``; then ``K(r) = r`` for events at random on any network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from geo.arrays import Floats
from geo.chance.envelopes import Envelope, envelope
from geo.network.graph import Network, NetworkError
from geo.network.half_edges import half_edges
from geo.network.positions import Positions
from geo.patterns import k_loops
from geo.results import Gate, gate

Correction = Literal["none", "ang"]

_TIE: Final = 0.001
"""A distance within this share of the shortest edge from a node's is the node's, as in spatstat."""


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
    (k,) float array, metres; not a number where fewer than two positions are given

    Raises
    ------
    NetworkError
        If the correction is unknown or `r_m` does not rise from 0 or more.

    Examples
    --------
    Three events on a street of 1 km; two of them are 50 m apart.

    >>> import geopandas as gpd, numpy as np, shapely
    >>> from geo import network
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> events = network.Positions(np.array([0, 0, 0]), np.array([100.0, 150.0, 900.0]))
    >>> k_function(network.from_lines(street), events, [40.0, 60.0], "none").round(1).tolist()
    [0.0, 333.3]
    """
    if correction not in ("none", "ang"):
        raise NetworkError(f"correction {correction!r} is unknown; use 'none' or 'ang'")
    r = np.asarray(r_m, dtype=float)
    if not len(r) or (np.diff(r) <= 0).any() or r[0] < 0 or r[-1] <= 0:
        raise NetworkError("r_m must be distances in metres, from 0 up, in rising order")
    n = len(positions)
    if n < 2:
        return np.full(len(r), np.nan)
    sums = k_loops.pair_sums(
        half_edges(network), positions.edge, positions.offset_m, r, correction == "ang",
        _TIE * float(network.length_m.min()),
    )  # fmt: skip
    return np.asarray(float(network.length_m.sum()) / (n * (n - 1)) * np.cumsum(sums))


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
    """Return K of patterns of `n` events drawn at random on the network, (simulations, k), metres.

    `intensity` is the relative chance of an event per metre of each edge; even by default.
    """
    rng = np.random.default_rng(seed)
    drawn = [Positions.random(network, n, rng, intensity) for _ in range(simulations)]
    return np.array([k_function(network, positions, r_m, correction) for positions in drawn])


@dataclass(frozen=True)
class KTest:
    """The network K function of a pattern and what chance gives.

    Attributes
    ----------
    r_m : (k,) float array
    observed : (k,) float array, metres
    envelopes : mapping of geo.chance.envelopes.Envelope by null model
        Empty with fewer than two events.
    gates : mapping of geo.results.Gate by null model
        Whether so many events allow a test, and the least clustering that it could have found.
    """

    r_m: Floats
    observed: Floats
    envelopes: Mapping[str, Envelope]
    gates: Mapping[str, Gate]


def k_envelopes(
    network: Network,
    positions: Positions,
    r_m: Sequence[float] | Floats,
    nulls: Mapping[str, Floats | None],
    correction: Correction = "ang",
    *,
    simulations: int = 999,
    level: float = 0.05,
    seed: int = 1,
) -> KTest:
    """Return K and its global envelope, by extreme rank length, under each null model.

    Parameters
    ----------
    network, positions, r_m, correction
        As for `k_function`.
    nulls : mapping
        By name the relative chance of a report per metre of each edge, as from
        `geo.chance.effort_per_metre`; None is even along the network.
    simulations : int
        Patterns of each null.
    level : float
        Of each envelope; they are not adjusted for one another.
    seed : int

    Raises
    ------
    NetworkError
        If the correction is unknown or `r_m` does not rise from 0 or more.
    ValueError
        If there are too few simulations for `level`.
    """
    r, n = np.asarray(r_m, dtype=float), len(positions)
    observed = k_function(network, positions, r, correction)
    if n < 2:
        return KTest(r, observed, {}, {name: gate("network_k", n) for name in nulls})
    found = {
        name: envelope(
            observed,
            simulate_k(
                network, n, r, correction, simulations=simulations, seed=seed, intensity=intensity
            ),
            level=level,
        )
        for name, intensity in nulls.items()
    }
    gates = {name: gate("network_k", n, _detects(r, band)) for name, band in found.items()}
    return KTest(r, observed, found, gates)


def _detects(r: Floats, band: Envelope) -> str:
    """Return the least multiple of the null's median K that leaves the envelope upwards."""
    usual = band.central > 0
    if not usual.any():
        return "chance gives hardly a pair within these distances"
    times = band.high[usual] / band.central[usual]
    at = int(times.argmin())
    return (
        f"K above {times[at]:.1f} times chance, at {r[usual][at]:.0f} m, would leave the envelope"
    )
