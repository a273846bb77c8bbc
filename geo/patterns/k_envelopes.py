"""Whether events keep company on a network: K with its global envelope under each null model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo.arrays import Floats
from geo.chance.envelopes import Envelope, envelope
from geo.network.graph import Network
from geo.network.positions import Positions
from geo.patterns.k import Correction, k_function, simulate_k
from geo.results import Gate, gate


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
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    r_m : (k,) rising floats, metres
    nulls : mapping
        By name the relative chance of a report per metre of each edge, as from
        `geo.chance.effort.effort_per_metre`; None is even along the network.
    correction : {"ang", "none"}
    simulations : int
        Patterns of each null.
    level : float
        Of each envelope; they are not adjusted for one another.
    seed : int

    Returns
    -------
    KTest

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
