"""Whether a hotspot is denser than chance makes somewhere on the network.

The same number of events is drawn at random on the network, evenly or by reporting effort, again
and again; each time the highest density anywhere is kept.  A hotspot whose peak exceeds all but a
share ``alpha`` of these maxima is more than chance, whichever of the many stretches it lies on
(family-wise: Baddeley, Rubak and Turner 2015, chapter 10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.network import Floats, Network, NetworkError
from geo.positions import Positions
from geo.replicas import densities

_EVENTS_AT_ONCE = 20_000


@dataclass(frozen=True)
class NullPeaks:
    """Highest densities that chance alone makes.

    Attributes
    ----------
    peaks_per_m : (s,) float array, sorted
    alone_per_m : float
        Median peak of a single event of weight 1 placed at random.
    """

    peaks_per_m: Floats
    alone_per_m: float

    def level(self, alpha: float) -> float:
        """Return the density that chance exceeds with probability `alpha` at most, 1/m.

        Infinite where there are too few simulations for `alpha`.
        """
        n = len(self.peaks_per_m)
        rank = int(np.ceil((1 - alpha) * (n + 1) - 1e-9))
        return float(self.peaks_per_m[rank - 1]) if rank <= n else float("inf")

    def p_value(self, peak_per_m: Floats) -> Floats:
        """Return how often chance alone makes a peak as high somewhere, (1 + k) / (s + 1)."""
        higher = len(self.peaks_per_m) - np.searchsorted(self.peaks_per_m, peak_per_m)
        return np.asarray((1 + higher) / (len(self.peaks_per_m) + 1))

    def detectable(self, alpha: float) -> float:
        """Return how many events on one spot it takes to exceed `level`."""
        level = self.level(alpha)
        return float(np.floor(level / self.alone_per_m)) + 1 if np.isfinite(level) else level


def null_peaks(
    network: Network,
    weights: Floats,
    sigma_m: float,
    lixel_m: float,
    *,
    simulations: int,
    seed: int,
    intensity: Floats | None = None,
) -> NullPeaks:
    """Simulate the highest density of events placed at random.

    Parameters
    ----------
    network : geo.network.Network
    weights : (n,) float array
        Weight of each event; a simulation has the same.
    sigma_m, lixel_m : float, metres
        As for the density that is to be judged.
    simulations, seed : int
    intensity : (m,) float array, optional
        Relative chance of a report per metre of each edge; even by default.

    Raises
    ------
    NetworkError
        If there is nothing to simulate.
    """
    n = len(weights)
    if not n or simulations < 1:
        raise NetworkError(f"found {n} events and {simulations} simulations; both start at 1")
    rng = np.random.default_rng(seed)
    drawn = [Positions.random(network, n, rng, intensity) for _ in range(simulations)]
    batch = max(1, _EVENTS_AT_ONCE // n)
    peaks = [
        densities(network, part, [weights] * len(part), sigma_m, lixel_m).peaks(len(part))
        for part in (drawn[k : k + batch] for k in range(0, simulations, batch))
    ]
    single = [Positions.random(network, 1, rng, intensity) for _ in range(min(simulations, 199))]
    alone = densities(network, single, [np.ones(1)] * len(single), sigma_m, lixel_m)
    return NullPeaks(np.sort(np.concatenate(peaks)), float(np.median(alone.peaks(len(single)))))
