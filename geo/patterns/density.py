"""Density of events along a network, by one of four estimators."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.hotspots import heat
from geo.hotspots.heat import Sources
from geo.network import kernels
from geo.network.graph import Network, NetworkError
from geo.network.kernels import Kernel
from geo.network.lixels import Lixels, cut, reached
from geo.network.positions import Positions
from geo.patterns import equal_split, shortest

Estimator = Literal["heat", "esc", "esd", "simple"]

ESTIMATORS: Final[tuple[Estimator, ...]] = ("heat", "esc", "esd", "simple")


def density(
    network: Network,
    positions: Positions,
    sigma_m: float | Floats,
    lixel_m: float,
    estimator: Estimator = "heat",
    *,
    kernel: Kernel = "epanechnikov",
    weights: Floats | None = None,
    delta_m: float | None = None,
) -> tuple[Lixels, Floats]:
    """Return the lixels that the bandwidth reaches and the mean density on each.

    ===========  ========================================================  ==================
    estimator    what it is                                                its integral
    ===========  ========================================================  ==================
    ``heat``     heat kernel, `geo.hotspots.heat`; Gaussian, `kernel` plays no part  exactly n
    ``esc``      equal split, continuous, `geo.patterns.equal_split`                 n
    ``esd``      equal split, discontinuous; lost at dead ends              at most n
    ``simple``   kernel of the shortest distance, `geo.patterns.shortest`   grows at junctions
    ===========  ========================================================  ==================

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    sigma_m : float or (n,) float array
        Standard deviation of the kernel, metres; one for each event with ``heat`` and ``simple``.
        `geo.network.kernels.sigma_of` converts a half-width.
    lixel_m : float, metres
    estimator : {"heat", "esc", "esd", "simple"}
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    weights : (n,) float array, optional
        Marks that count; 1 by default.
    delta_m : float, optional
        Step of the equal-split wave; see `geo.patterns.equal_split`.

    Returns
    -------
    lixels : geo.network.lixels.Lixels
    density : (k,) float array, 1/m

    Raises
    ------
    NetworkError
        If the estimator or kernel is unknown or a length is not positive.
    """
    sources = sources_at(positions, sigma_m, weights)
    if estimator not in ESTIMATORS:
        raise NetworkError(
            f"estimator {estimator!r} is unknown; use one of {', '.join(ESTIMATORS)}"
        )
    largest = float(sources.sigma_m.max(initial=0.0))
    reach = sources.reach_m
    if estimator != "heat" and largest > 0:
        # The equal-split wave looks a few grid steps past its end.
        reach = 1.05 * kernels.half_width(kernel, largest) + 8 * (delta_m or 0.0)
    lixels = cut(network, lixel_m, reached(network, positions.edge, positions.offset_m, reach))
    if estimator == "heat":
        return lixels, heat.heat_density(sources, lixels)
    if estimator == "simple":
        return lixels, shortest.on_lixels(sources, lixels, kernel)
    continuous = estimator == "esc"
    return lixels, equal_split.on_lixels(
        sources, lixels, kernel, continuous=continuous, delta_m=delta_m
    )


def sources_at(
    positions: Positions, sigma_m: float | Floats, weights: Floats | None = None
) -> Sources:
    """Return events at positions with their bandwidths and weights, 1 by default."""
    n = len(positions)
    return Sources(
        positions.edge,
        positions.offset_m,
        np.ones(n) if weights is None else np.asarray(weights, dtype=float),
        np.broadcast_to(np.asarray(sigma_m, dtype=float), (n,)).copy(),
    )


def over_bandwidths(
    network: Network, positions: Positions, sigmas_m: Floats, lixel_m: float
) -> pd.DataFrame:
    """Return the heat-kernel density for many bandwidths, for a plot of what each one shows.

    Returns
    -------
    pandas.DataFrame, (lixels within reach of the largest, bandwidths), 1/m
        Columns are the bandwidths in metres; the index is ``edge`` and ``from_m``.
    """
    widest = heat.REACH * float(np.max(sigmas_m))
    lixels = cut(network, lixel_m, reached(network, positions.edge, positions.offset_m, widest))
    found = {s: heat.heat_density(sources_at(positions, s), lixels) for s in np.asarray(sigmas_m)}
    index = pd.MultiIndex.from_arrays([lixels.edge, lixels.from_m], names=["edge", "from_m"])
    return pd.DataFrame(found, index=index)
