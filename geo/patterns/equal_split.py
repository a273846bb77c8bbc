"""Equal-split kernel density: a wave of kernel mass that splits at every node.

From each event the kernel runs both ways along its edge.  At a node of degree ``d`` it goes on:

- *continuous* (ESC): ``2/d`` into every edge, less 1 into the one it came by (McSwiggan et al.
  2017), so that density is continuous and no mass is lost;
- *discontinuous* (ESD): ``1/(d - 1)`` into every other edge, nothing back (Okabe and Sugihara
  2012, section 9.2); what reaches a dead end is lost.  An event at a node is taken as
  the limit along the edge that it is given on, as spatstat does.

Paths multiply exponentially with distance, so they are not listed.  The mass that enters each
half-edge is kept as a function of the distance it has come, on a grid of equal steps: one sweep
over the grid serves all events at once, and along the edge the density is exact::

                                   ^
                                   | 2/3         What entered edge `a` as many steps ago as `a` is
        event ----- a ------> node +--> 2/3      long arrives at the node now, and enters the three
              <--- -1/3 ----                     half-edges that leave it.
"""

import math
from typing import Any, Final, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import splu

from geo.arrays import Bools, Floats, Ints
from geo.hotspots.heat import Sources
from geo.network.compiling import elementwise
from geo.network.half_edges import HalfEdges, half_edges_of
from geo.network.lines import NetworkError
from geo.network.lixels import Lixels

Kernel = Literal["epanechnikov", "quartic", "triangular", "gaussian"]

KERNELS: Final[tuple[Kernel, ...]] = ("epanechnikov", "quartic", "triangular", "gaussian")
"""Names in the order of the codes that compiled loops use."""
_RATIO: Final = (math.sqrt(5.0), math.sqrt(7.0), math.sqrt(6.0), 6.0)
"""Half-width in standard deviations; the Gaussian is cut off there and renormalised."""
_GAUSS_INSIDE: Final = math.erf(6.0 / math.sqrt(2.0))
STEPS: Final = 256
"""Steps to a half-width, where none is given."""
_MARGIN: Final = 4
"""Steps followed past the half-width, so that interpolation there sees no end."""


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


@elementwise
def kernel_mass(kernel: int, d: Any, h: float) -> Any:
    """Return the mass of the kernel between 0 and `d`, below 0 on the other side."""
    u = min(max(d / h, -1.0), 1.0)
    if kernel == 0:
        return 0.75 * u - 0.25 * u**3
    if kernel == 1:
        return 0.9375 * u - 0.625 * u**3 + 0.1875 * u**5
    if kernel == 2:
        return u - 0.5 * u * abs(u)
    return 0.5 * math.erf(6.0 * u / math.sqrt(2.0)) / _GAUSS_INSIDE


def on_lixels(
    sources: Sources, lixels: Lixels, kernel: Kernel = "epanechnikov", *, continuous: bool = True,
    step_m: float | None = None,
) -> Floats:  # fmt: skip
    """Return the mean equal-split density on each lixel, 1/m; ESC where `continuous`, else ESD.

    `lixels` hold every edge that the kernel reaches.  Raises `NetworkError` if bandwidths differ or
    are not positive, or the step is not above 0 and within the half-width.
    """
    if not len(sources.edge):
        return np.zeros(len(lixels))
    if (sources.sigma_m != sources.sigma_m[0]).any():
        raise NetworkError(
            "equal-split kernels take one bandwidth for all events; found "
            f"{sources.sigma_m.min()} to {sources.sigma_m.max()} m. Fix: use the heat kernel"
        )
    reach = half_width(kernel, float(sources.sigma_m[0]))
    step = step_m or reach / STEPS
    if not 0 < step <= reach:
        raise NetworkError(
            f"step_m is {step}; a step is above 0 and at most the half-width {reach} m"
        )
    half, number = half_edges_of(lixels.network, lixels.edges), code(kernel)
    at = np.searchsorted(lixels.edges, sources.edge)
    steps = int(np.ceil(reach / step)) + _MARGIN
    inflow = _inflow(half, at, sources, steps, step, continuous=continuous)
    # Along its own edge an event's kernel runs to the ends, whatever comes back.
    event, lixel = lixels.on(sources.edge)
    begin = lixels.from_m[lixel] - sources.offset_m[event]
    end = begin + lixels.length_m[lixel]
    part = kernel_mass(number, end, reach) - kernel_mass(number, begin, reach)
    mass = np.bincount(lixel, sources.weight[event] * part, len(lixels))
    edge = np.repeat(np.arange(len(lixels.edges)), lixels.pieces)
    # From the start of a lixel on each half-edge of its edge.
    begin = np.stack([lixels.from_m, half.length[edge] - lixels.from_m - lixels.length_m])
    for k, entered in enumerate(inflow.reshape(len(inflow), -1, 2)):
        way = begin + k * step
        part = kernel_mass(number, way + lixels.length_m, reach) - kernel_mass(number, way, reach)
        mass += (entered[edge].T * part).sum(axis=0)
    return np.asarray(mass / lixels.length_m)


def _inflow(
    half: HalfEdges, at: Ints, sources: Sources, steps: int, step_m: float, *, continuous: bool
) -> Floats:
    """Return the mass that enters each half-edge after each step, (steps, 2m).

    Through a half-edge shorter than a step mass passes within the step: what enters, ``x``, is
    ``junctions (arriving + passing x)``, one sparse system for all steps.
    """
    steps_long = np.repeat(half.length / step_m, 2)
    delay, weights = _on_grid(steps_long, steps_long >= 2)
    passing = np.where(delay == 0, weights[:, 0], 0.0)
    weights[delay == 0, 0] = 0.0
    junctions = _junctions(half, continuous=continuous)
    solver = splu(csc_array(eye_array(len(delay)) - junctions @ diags_array(passing)))
    # Row 0 is empty: what entered before the start.  A row holds what arrives from the events until
    # its turn comes, then what enters.
    inflow = np.zeros((steps + 1, len(delay)))
    way = np.r_[half.length[at] - sources.offset_m, sources.offset_m] / step_m
    first, part = _on_grid(way, way >= 1)
    row, column = first[:, None] + np.arange(4) + 1, np.r_[2 * at, 2 * at + 1]
    part *= np.r_[sources.weight, sources.weight][:, None]
    soon = row <= steps
    np.add.at(inflow, (row[soon], np.repeat(column, 4).reshape(-1, 4)[soon]), part[soon])
    back, each = delay[:, None] + np.arange(4), np.arange(len(delay))[:, None]
    for step in range(1, steps + 1):
        entered = inflow[np.maximum(step - back, 0), each]
        arriving = inflow[step] + (weights * entered).sum(axis=1)
        inflow[step] = solver.solve(junctions @ arriving)
    return inflow[1:]


def _on_grid(steps: Floats, cubic: Bools) -> tuple[Ints, Floats]:
    """Return the first of four grid points that stand for a length in steps, and their weights."""
    whole = np.floor(steps).astype(np.int64)
    f = steps - whole
    four = [
        -f * (f - 1) * (f - 2) / 6,
        (f + 1) * (f - 1) * (f - 2) / 2,
        -(f + 1) * f * (f - 2) / 2,
        (f + 1) * f * (f - 1) / 6,
    ]
    two = [1 - f, f, np.zeros_like(f), np.zeros_like(f)]
    return whole - cubic, np.where(cubic, four, two).T.copy()


def _junctions(half: HalfEdges, *, continuous: bool) -> csr_array:
    """Return the share of what arrives by each half-edge that enters each other, (2m, 2m)."""
    each, degree = np.arange(len(half.start)), np.diff(half.pointer)
    starts = csr_array((np.ones(len(each)), (half.start, each)), (len(degree), len(each)))
    ends = starts[:, each ^ 1]
    onward = 2 / degree if continuous else (degree > 1) / np.maximum(degree - 1, 1)
    back = np.ones(len(each)) if continuous else onward[half.start[each ^ 1]]
    turned = csr_array((back, (each ^ 1, each)), (len(each), len(each)))
    return csr_array(starts.T @ diags_array(onward) @ ends - turned)
