"""Equal-split kernel density: a wave of kernel mass that splits at every node.

From each event the kernel runs both ways along its edge.  At a node of degree ``d`` it goes on:

- *continuous* (ESC): ``2/d`` into every edge, less 1 into the one it came by (McSwiggan et al.
  2017), so that density is continuous and no mass is lost;
- *discontinuous* (ESD): ``1/(d - 1)`` into every other edge, nothing back (Okabe and Sugihara
  2012, section 9.2); what reaches a dead end is lost.  An event at a node is taken as
  the limit along the edge that it is given on, as spatstat does.

Paths multiply exponentially with distance, so they are not listed.  The mass that enters each
edge is kept as a function of the distance it has come, on a grid of step ``delta``: one sweep
over the grid serves all events at once, and along the edge the density is exact.  A length that
is no multiple of the step is a fractional delay, by Lagrange interpolation over four grid points
(two on edges shorter than two steps).  `geo.patterns.split_paths` lists the paths after all, as the
exact answer on small networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from geo.arrays import Floats, Ints
from geo.hotspots.heat import Sources
from geo.network import kernels
from geo.network.graph import Network, NetworkError
from geo.network.half_edges import HalfEdges, half_edges
from geo.network.kernels import Kernel
from geo.network.lixels import Lixels, reached
from geo.network.positions import Positions
from geo.patterns import split_loops

STEPS = 256
"""Grid steps to a half-width, where no step is given."""

_MARGIN = 4
"""Grid steps followed past the half-width, so that interpolation there sees no end."""


@dataclass(frozen=True)
class Wave:
    """Mass that enters each half-edge after each step, summed over the events.

    Attributes
    ----------
    half : geo.network.half_edges.HalfEdges
    inflow : (2m, s) float array
    delta_m : float
    at : (n,) int array
        Position in ``half`` of each event's edge.
    """

    half: HalfEdges
    inflow: Floats
    delta_m: float
    at: Ints


def on_lixels(
    sources: Sources,
    lixels: Lixels,
    kernel: Kernel = "epanechnikov",
    *,
    continuous: bool = True,
    delta_m: float | None = None,
) -> Floats:
    """Return the mean equal-split density on each lixel.

    Parameters
    ----------
    sources : geo.hotspots.heat.Sources
        Of one bandwidth.
    lixels : geo.network.lixels.Lixels
        Must hold every edge that the kernel reaches; `geo.network.lixels.reached` tells which.
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    continuous : bool
        ESC, else ESD.
    delta_m : float, optional
        Step of the grid, metres; by default the half-width over `STEPS`.

    Returns
    -------
    (k,) float array, 1/m

    Raises
    ------
    NetworkError
        If bandwidths differ or are not positive, or the step is not positive.
    """
    if not len(sources.edge):
        return np.zeros(len(lixels))
    reach = half_width_of(sources, kernel)
    wave = propagate(
        lixels.network, sources, reach, continuous=continuous, delta_m=delta_m or reach / STEPS
    )
    position = np.searchsorted(lixels.edges, wave.half.edges)
    number = kernels.code(kernel)
    found = np.zeros(len(lixels))
    split_loops.deposit(
        found, wave.inflow, wave.delta_m, wave.half.length, lixels.first[position],
        lixels.pieces[position], number, reach,
    )  # fmt: skip
    split_loops.deposit_direct(
        found, sources.offset_m, sources.weight, wave.half.length[wave.at],
        lixels.first[position][wave.at], lixels.pieces[position][wave.at], number, reach,
    )  # fmt: skip
    return np.asarray(found / lixels.length_m)


def at_points(
    network: Network,
    sources: Sources,
    positions: Positions,
    kernel: Kernel = "epanechnikov",
    *,
    continuous: bool = True,
    delta_m: float | None = None,
) -> Floats:
    """Return the equal-split density at positions, 1/m; parameters as for `on_lixels`."""
    if not len(sources.edge):
        return np.zeros(len(positions))
    reach = half_width_of(sources, kernel)
    wave = propagate(
        network, sources, reach, continuous=continuous, delta_m=delta_m or reach / STEPS
    )
    edge, offset = positions.edge, positions.offset_m
    found = np.zeros(len(edge))
    inside = np.isin(edge, wave.half.edges)
    at, number = wave.half.position(edge[inside]), kernels.code(kernel)
    found[inside] = split_loops.values(
        wave.inflow, wave.delta_m, wave.half.length, at, offset[inside], number, reach
    )
    order = np.argsort(wave.at, kind="stable")
    found[inside] += split_loops.direct_values(
        at, offset[inside], wave.at[order], sources.offset_m[order],
        sources.weight[order], number, reach,
    )  # fmt: skip
    return found


def half_width_of(sources: Sources, kernel: Kernel) -> float:
    """Return the half-width of the sources' one bandwidth, metres."""
    if (sources.sigma_m != sources.sigma_m[0]).any():
        raise NetworkError(
            "equal-split kernels take one bandwidth for all events; found "
            f"{sources.sigma_m.min()} to {sources.sigma_m.max()} m. Cure: use the heat kernel"
        )
    return kernels.half_width(kernel, float(sources.sigma_m[0]))


def propagate(
    network: Network, sources: Sources, reach_m: float, *, continuous: bool, delta_m: float
) -> Wave:
    """Run the wave from all sources to `reach_m` in steps of `delta_m`."""
    if not 0 < delta_m <= reach_m:
        raise NetworkError(
            f"delta_m is {delta_m}; the step lies above 0 and at most at the half-width {reach_m} m"
        )
    steps = int(np.ceil(reach_m / delta_m)) + _MARGIN
    edges = reached(network, sources.edge, sources.offset_m, (steps + 1) * delta_m)
    half = half_edges(network, edges)
    at = half.position(sources.edge)
    delay, taps = _delays(half.length / delta_m)
    inflow = np.zeros((2 * len(edges), steps))
    arrivals = _arrivals(half, at, sources, delta_m, steps)
    short = np.flatnonzero(np.repeat(delay == 0, 2))
    solved = _short_inverse(half, short, taps[:, 0], continuous=continuous)
    split_loops.sweep(
        inflow, delay, taps, half.start, half.pointer, half.leaving, *arrivals, short,
        solved.indptr.astype(np.int64), solved.indices.astype(np.int64), solved.data, continuous,
    )  # fmt: skip
    return Wave(half, inflow, delta_m, at)


def _delays(steps: Floats) -> tuple[Ints, Floats]:
    """Return the least delay of each edge in whole steps and the weights of the four from it."""
    whole = np.floor(steps).astype(np.int64)
    return _interpolated(whole, steps - whole, whole >= 2)


def _interpolated(whole: Ints, part: Floats, cubic: npt.NDArray[np.bool_]) -> tuple[Ints, Floats]:
    """Return first grid point and weights that place unit mass at ``whole + part``."""
    f = part
    four = [
        -f * (f - 1) * (f - 2) / 6,
        (f + 1) * (f - 1) * (f - 2) / 2,
        -(f + 1) * f * (f - 2) / 2,
        (f + 1) * f * (f - 1) / 6,
    ]
    two = [1 - f, f, np.zeros_like(f), np.zeros_like(f)]
    weights = np.where(cubic, four, two).T
    return whole - cubic, np.ascontiguousarray(weights)


def _arrivals(
    half: HalfEdges,
    at: Ints,
    sources: Sources,
    delta_m: float,
    steps: int,
) -> tuple[Ints, Ints, Floats]:
    """Return half-edge, step and mass of the first arrivals at nodes, sorted by step."""
    offset, weight = sources.offset_m, sources.weight
    way = np.r_[half.length[at] - offset, offset] / delta_m
    whole = np.floor(way).astype(np.int64)
    first, weights = _interpolated(whole, way - whole, whole >= 1)
    step = (first[:, None] + np.arange(4)).reshape(-1)
    arriving = np.repeat(np.r_[2 * at, 2 * at + 1], 4)
    mass_in = (weights * np.r_[weight, weight][:, None]).reshape(-1)
    order = np.argsort(step, kind="stable")
    order = order[step[order] < steps]
    return arriving[order], step[order], mass_in[order]


def _short_inverse(half: HalfEdges, short: Ints, stay: Floats, *, continuous: bool) -> csr_array:
    """Return the matrix that sums the passes through edges shorter than a step.

    Mass leaves such an edge within the step in which it entered: ``x = c + W x``, solved once for
    each cluster of them.
    """
    if not len(short):
        return csr_array((0, 0))
    position = np.full(len(half.start), -1, dtype=np.int64)
    position[short] = np.arange(len(short))
    end = half.start[short ^ 1]
    count = np.diff(half.pointer)[end]
    column = np.repeat(np.arange(len(short)), count)
    slot = np.repeat(half.pointer[end], count) + _ramp(count)
    leaving = half.leaving[slot]
    degree = np.repeat(count, count)
    back = leaving == (short ^ 1)[column]
    onward = np.where(back, 0.0, 1 / np.maximum(degree - 1, 1))
    share = 2 / degree - back if continuous else onward
    inside = position[leaving] >= 0
    row, column, share = position[leaving][inside], column[inside], share[inside]
    passed = share * stay[short[column] >> 1]
    size = (len(short), len(short))
    component = connected_components(coo_array((np.ones(len(row)), (row, column)), shape=size))[1]
    whole = csr_array((passed, (row, column)), shape=size)
    rows, columns, values = [], [], []
    by_component = np.argsort(component, kind="stable")
    for members in np.split(by_component, np.flatnonzero(np.diff(component[by_component])) + 1):
        block = np.linalg.inv(np.eye(len(members)) - whole[members][:, members].toarray())
        rows.append(np.repeat(members, len(members)))
        columns.append(np.tile(members, len(members)))
        values.append(block.reshape(-1))
    joined = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(joined, shape=size)


def _ramp(count: Ints) -> Ints:
    """Return 0, 1, ... anew for each run of the given length."""
    return np.asarray(np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count))
