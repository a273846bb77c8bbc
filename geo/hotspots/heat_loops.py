"""The compiled loop of `geo.hotspots.heat`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled

Complexes = npt.NDArray[np.complex128]


@compiled
def add_waves(
    mass: Floats, kappa: complex, ahead: Complexes, behind: Complexes, step: Floats, first: Ints
) -> None:
    """Add to each lixel the real part of the integral of ``A e^{-κx} + B e^{-κ(L-x)}``.

    The lixels of an edge are equal, so that each integral is the one before times ``e^{-κ step}``.
    """
    for edge in range(len(step)):
        ratio = np.exp(-kappa * step[edge])
        share = (1 - ratio) / kappa
        if abs(kappa) * step[edge] < 1e-4:
            share = step[edge] * (1 - kappa * step[edge] / 2 * (1 - kappa * step[edge] / 3))
        near, far = ahead[edge] * share, behind[edge] * share
        begin, end = first[edge], first[edge + 1]
        for k in range(end - begin):
            mass[begin + k] += near.real
            mass[end - 1 - k] += far.real
            near *= ratio
            far *= ratio
