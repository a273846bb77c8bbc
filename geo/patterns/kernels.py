"""Kernels on a line, by their standard deviation or their half-width.

Every bandwidth in the toolkit is ``sigma``, the kernel's standard deviation, as in spatstat.
Tools that speak of the half-width, the distance at which the kernel ends, convert with
`half_width` and `sigma_of`.
"""

import math
from typing import Final, Literal

from geo.network.compiled import compiled
from geo.network.lines import NetworkError

Kernel = Literal["epanechnikov", "quartic", "triangular", "gaussian"]

KERNELS: Final[tuple[Kernel, ...]] = ("epanechnikov", "quartic", "triangular", "gaussian")
"""In the order of the codes that compiled loops use."""
_RATIO: Final = (math.sqrt(5.0), math.sqrt(7.0), math.sqrt(6.0), 6.0)
"""Half-width in standard deviations; the Gaussian is cut off there and renormalised."""
_GAUSS_INSIDE: Final = math.erf(6.0 / math.sqrt(2.0))


def half_width(kernel: Kernel, sigma_m: float) -> float:
    """Return the distance at which a kernel of standard deviation `sigma_m` ends, in metres.

    Epanechnikov ``√5 σ``, quartic ``√7 σ``, triangular ``√6 σ``, Gaussian cut off at ``6 σ``.  A
    bandwidth that is not positive raises `NetworkError`.
    """
    if not sigma_m > 0:
        raise NetworkError(f"sigma_m is {sigma_m}; a bandwidth is a length in metres above 0")
    return _RATIO[code(kernel)] * sigma_m


def sigma_of(kernel: Kernel, half_width_m: float) -> float:
    """Return the standard deviation of the kernel that ends at `half_width_m`, in metres.

    Examples
    --------
    >>> round(sigma_of("epanechnikov", 500.0), 1)
    223.6
    """
    return half_width_m / half_width(kernel, 1.0)


def code(kernel: Kernel) -> int:
    """Return the number by which compiled loops know a kernel."""
    if kernel not in KERNELS:
        raise NetworkError(f"kernel {kernel!r} is unknown; use one of {', '.join(KERNELS)}")
    return KERNELS.index(kernel)


@compiled
def kernel_mass(kernel: int, d: float, h: float) -> float:
    """Return the mass of the kernel between 0 and `d`; one half from ``d = h`` on."""
    u = d / h
    if u >= 1.0:
        return 0.5
    if kernel == 0:
        return 0.75 * u - 0.25 * u**3
    if kernel == 1:
        return 0.9375 * u - 0.625 * u**3 + 0.1875 * u**5
    if kernel == 2:
        return u - 0.5 * u * u
    return 0.5 * math.erf(6.0 * u / math.sqrt(2.0)) / _GAUSS_INSIDE
