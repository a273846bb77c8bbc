"""The simple network kernel density: the kernel of the shortest distance.

``density(u) = Σ_i k(d(u, x_i))``.  Easy to grasp and quick, but at every junction mass is
multiplied by the number of ways on: its integral exceeds the number of events, and `on_lixels`
does not hide that.  It is for comparison with tools that know no other.
"""

from __future__ import annotations

import numpy as np

from geo.arrays import Floats
from geo.hotspots.heat import Sources
from geo.network import kernels, reach_loops
from geo.network.half_edges import half_edges
from geo.network.kernels import Kernel
from geo.network.lixels import Lixels


def on_lixels(sources: Sources, lixels: Lixels, kernel: Kernel = "epanechnikov") -> Floats:
    """Return the mean simple density on each lixel.

    Parameters
    ----------
    sources : geo.hotspots.heat.Sources
        Bandwidths may differ.
    lixels : geo.network.lixels.Lixels
        Must hold every edge that the kernel reaches; `geo.network.lixels.reached` tells which.
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}

    Returns
    -------
    (k,) float array, 1/m

    Raises
    ------
    NetworkError
        If a bandwidth is not positive or the kernel is unknown.
    """
    if not len(sources.edge):
        return np.zeros(len(lixels))
    ratio = kernels.half_width(kernel, 1.0)
    kernels.half_width(kernel, float(sources.sigma_m.min()))
    half = half_edges(lixels.network, lixels.edges)
    mass = reach_loops.shortest_on_lixels(
        half.position(sources.edge), sources.offset_m, sources.weight, sources.sigma_m * ratio,
        kernels.code(kernel), half.length, half.start, half.pointer, half.leaving, lixels.first,
        lixels.pieces,
    )  # fmt: skip
    return np.asarray(mass / lixels.length_m)
