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
from typing import Final, Literal, NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import splu

from geo.arrays import Bools, Floats, Ints
from geo.hotspots.heat import Sources
from geo.network.compiling import compiled, in_threads
from geo.network.half_edges import HalfEdges, half_edges_of
from geo.network.lixels import Lixels, reached
from geo.network.source_lines import NetworkError

Kernel = Literal["epanechnikov", "quartic", "triangular", "gaussian"]

KERNELS: Final[tuple[Kernel, ...]] = (
    "epanechnikov",
    "quartic",
    "triangular",
    "gaussian",
)
"""Names in the order of the codes that compiled loops use."""
_RATIO: Final = (math.sqrt(5.0), math.sqrt(7.0), math.sqrt(6.0), 6.0)
"""Half-width in standard deviations; the Gaussian is cut off there and renormalised."""
_GAUSS_INSIDE: Final = math.erf(6.0 / math.sqrt(2.0))
STEPS: Final = 256
"""Steps to a half-width, where none is given."""
REACH: Final = 1.05
"""How far edges are followed, in half-widths: interpolation looks a few steps past the end."""
PART: Final = 1000
"""Events from west to east that a thread takes at a time: few enough for the processor's cache."""
BEFORE: Final = 3
"""Columns before the first step, always 0, so that interpolation there sees no end."""
_MARGIN: Final = 4
"""Steps followed past the half-width, so that interpolation there sees no end."""


class Arrivals(NamedTuple):
    """What arrives from events at the ends of their own edges, in the order of steps."""

    half_edge: Ints
    step: Ints
    mass: Floats


class Factors(NamedTuple):
    """A sparse system, factorised: where columns begin, rows and values, and the two orders."""

    lower: Ints
    lower_row: Ints
    lower_value: Floats
    upper: Ints
    upper_row: Ints
    upper_value: Floats
    row_order: Ints
    column_order: Ints


def half_width(kernel: Kernel, sigma_m: float) -> float:
    """Return the distance at which a kernel of standard deviation `sigma_m` ends, in metres.

    Epanechnikov ``√5 σ``, quartic ``√7 σ``, triangular ``√6 σ``, Gaussian cut off at ``6 σ``.  A
    bandwidth that is not positive raises `NetworkError`.
    """
    if not 0 < sigma_m < math.inf:
        raise NetworkError(
            f"sigma_m is {sigma_m}; a bandwidth is a length in metres above 0"
        )
    return _RATIO[code(kernel)] * sigma_m


def sigma_of(kernel: Kernel, half_width_m: float) -> float:
    """Return the standard deviation of the kernel that ends at `half_width_m`, in metres.

    Parameters
    ----------
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    half_width_m : float, metres

    Returns
    -------
    float, metres

    Examples
    --------
    >>> round(sigma_of("epanechnikov", 500.0), 1)
    223.6
    """
    return half_width_m / half_width(kernel, 1.0)


def code(kernel: Kernel) -> int:
    """Return the number by which compiled loops know a kernel."""
    if kernel not in KERNELS:
        raise NetworkError(
            f"kernel {kernel!r} is unknown; use one of {', '.join(KERNELS)}. "
            f"Fix: kernel={KERNELS[0]!r}"
        )
    return KERNELS.index(kernel)


@compiled
def kernel_mass(kernel: int, d: float) -> float:
    """Return the mass of the kernel between 0 and `d` half-widths."""
    u = min(d, 1.0)
    if kernel == 0:
        return 0.75 * u - 0.25 * u**3
    if kernel == 1:
        return 0.9375 * u - 0.625 * u**3 + 0.1875 * u**5
    if kernel == 2:
        return u - 0.5 * u**2
    return 0.5 * math.erf(6.0 * u / math.sqrt(2.0)) / _GAUSS_INSIDE


@compiled
def add_ray(
    lixels: Floats,
    length: float,
    kernel: int,
    h: float,
    weight: float,
    place: float,
    until: float,
    away: float,
) -> None:
    """Add the kernel mass along an edge between two places to its lixels.

    The first place is `away` from an event; `until` lies to its left or right.

    Parameters
    ----------
    lixels : (l,) floats
        Of the edge; added to.
    length : float
        Of a lixel, metres.
    kernel : int
        Number of the kernel.
    h : float
        Bandwidth, metres.
    weight : float
        Of the event, after the splits on the way.
    place, until : float
        Metres along the edge.
    away : float
        Metres from the event to `place`.
    """
    if away >= h:
        return
    size = length / len(lixels)
    low = max(min(place, until), place - (h - away))
    high = min(max(place, until), place + (h - away))
    before = kernel_mass(kernel, (away + abs(low - place)) / h)
    for piece in range(int(low / size), len(lixels)):
        right = min((piece + 1) * size, high)
        after = kernel_mass(kernel, (away + abs(right - place)) / h)
        lixels[piece] += weight * abs(after - before)
        before = after
        if right == high:
            return


def on_lixels(
    sources: Sources,
    lixels: Lixels,
    kernel: Kernel = "epanechnikov",
    *,
    continuous: bool = True,
    step_m: float | None = None,
) -> Floats:
    """Return the mean equal-split density on each lixel, 1/m; ESC where `continuous`, else ESD.

    Parameters
    ----------
    sources : geo.hotspots.heat.Sources
        Events, all of one bandwidth.
    lixels : geo.network.lixels.Lixels
        They hold every edge that the kernel reaches, to `REACH` half-widths.
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    continuous : bool
    step_m : float, optional
        Step in metres in which the kernel is solved; by default one by the half-width.

    Raises
    ------
    NetworkError
        If bandwidths differ or are not positive, or the step is not above 0 and within the
        half-width.
    """
    if not len(sources.edge):
        return np.zeros(len(lixels))
    if (sources.sigma_m != sources.sigma_m[0]).any():
        raise NetworkError(
            "equal-split kernels take one bandwidth for all events; found "
            f"{sources.sigma_m.min()} to {sources.sigma_m.max()} m. Fix: estimator='heat'"
        )
    reach = half_width(kernel, float(sources.sigma_m[0]))
    step = step_m or reach / STEPS
    if not 0 < step <= reach:
        raise NetworkError(
            f"step_m is {step}; a step is above 0 and at most the half-width {reach} m"
        )

    def mass(part: Ints) -> Floats:
        events = sources.take(part)
        edges = reached(lixels.network, events.edge, events.offset_m, REACH * reach)
        near_edges = np.intersect1d(edges, lixels.edges, assume_unique=True)
        near_lixels = lixels.keep(near_edges)
        _, numbers_of_near = lixels.on(near_edges)
        on_lixels = np.zeros(len(lixels))
        on_lixels[numbers_of_near] = _spread(
            events, near_lixels, kernel, reach, step, continuous
        )
        return on_lixels

    west = lixels.network.node_xy[lixels.network.edge_from[sources.edge], 0]
    parts = np.array_split(np.argsort(west, kind="stable"), 1 + len(west) // PART)
    if len(parts) == 1:
        total = _spread(sources, lixels, kernel, reach, step, continuous)
    else:
        total = np.asarray(sum(in_threads(mass, parts)))
    return np.asarray(total / lixels.length_m)


def _spread(
    sources: Sources,
    lixels: Lixels,
    kernel: Kernel,
    reach: float,
    step: float,
    continuous: bool,
) -> Floats:
    """Return the kernel mass of events on each lixel."""
    half = half_edges_of(lixels.network, lixels.edges)
    edge = np.searchsorted(lixels.edges, sources.edge)
    steps = int(np.ceil(reach / step)) + _MARGIN
    arrivals = _arrivals(half, edge, sources, steps, step)
    steps_long = np.repeat(half.length / step, 2)
    delay, weights = _on_grid(steps_long, steps_long >= 2)
    short = np.flatnonzero(delay == 0)
    shares = _shares(half, continuous=continuous)
    factors = _factors(half, short, weights[short, 0], *shares)
    inflow = np.zeros((len(half.start), BEFORE + steps))
    first_inflow = _inflow(
        half, delay, weights, arrivals, short, factors, *shares, inflow
    )
    return _mass(
        half,
        inflow,
        first_inflow,
        step,
        edge,
        sources.offset_m,
        sources.weight,
        lixels.first,
        code(kernel),
        reach,
    )


def _arrivals(
    half: HalfEdges, edge: Ints, sources: Sources, steps: int, step_m: float
) -> Arrivals:
    """Return what arrives from the events at the ends of their own edges."""
    way = np.r_[half.length[edge] - sources.offset_m, sources.offset_m] / step_m
    first, part = _on_grid(way, way >= 1)
    step = (first[:, None] + np.arange(4)).ravel()
    mass = (part * np.r_[sources.weight, sources.weight][:, None]).ravel()
    order = np.argsort(step, kind="stable")
    order = order[step[order] < steps]
    return Arrivals(
        np.repeat(np.r_[2 * edge, 2 * edge + 1], 4)[order], step[order], mass[order]
    )


def _factors(
    half: HalfEdges, short: Ints, passing: Floats, onward: Floats, turned: Floats
) -> Factors:
    """Return the factors of the system of half-edges shorter than a step.

    Mass passes through them within the step.  What enters, ``x``, is ``c + junctions (passing x)``,
    where ``c`` enters from elsewhere.
    """
    if not len(short):
        none = np.zeros(0, dtype=np.int64)
        return Factors(none, none, np.zeros(0), none, none, np.zeros(0), none, none)
    junctions = _junctions(half, short, onward, turned)
    system = splu(csc_array(eye_array(len(short)) - junctions @ diags_array(passing)))
    lower = _columns(system.L)
    upper = _columns(system.U)
    return Factors(
        *lower, *upper, system.perm_r.astype(np.int64), system.perm_c.astype(np.int64)
    )


def _columns(factor: csc_array) -> tuple[Ints, Ints, Floats]:
    pointer = factor.indptr.astype(np.int64)
    row = factor.indices.astype(np.int64)
    return pointer, row, factor.data


# One loop: each step reads the arrays that the steps before it filled.
@compiled
def _inflow(
    half: HalfEdges,
    delay: Ints,
    weights: Floats,
    arrivals: Arrivals,
    short: Ints,
    factors: Factors,
    onward: Floats,
    turned: Floats,
    inflow: Floats,
) -> Ints:
    """Fill in the mass that enters each half-edge after each step, (2m, `BEFORE` + steps).

    Returns the first column of each half-edge in which mass enters.
    """
    n_half = len(half.start)
    n_nodes = len(onward)
    columns = inflow.shape[1]
    ends = half.start[np.arange(n_half) ^ 1]
    first_inflow = np.full(n_half, columns)
    arriving = np.zeros(n_half)
    total = np.zeros(n_nodes)
    awake = np.zeros(n_nodes, dtype=np.bool_)
    flowing = np.empty(n_half, dtype=np.int64)
    count = 0
    source = 0
    passed = np.empty(len(short))
    for step in range(BEFORE, columns):
        arriving[:] = 0.0
        total[:] = 0.0
        for h in flowing[:count]:
            back = step - delay[h]
            mass = 0.0
            if back < first_inflow[h]:
                continue
            for tap in range(4):
                mass += weights[h, tap] * inflow[h, back - tap]
            arriving[h] = mass
            total[ends[h]] += mass
            awake[ends[h]] = True
        while source < len(arrivals.step) and arrivals.step[source] + BEFORE == step:
            h = arrivals.half_edge[source]
            arriving[h] += arrivals.mass[source]
            total[ends[h]] += arrivals.mass[source]
            awake[ends[h]] = True
            source += 1
        for k in range(len(short)):
            node = half.start[short[k]]
            passed[k] = (
                onward[node] * total[node] - turned[node] * arriving[short[k] ^ 1]
            )
        _solve(factors, passed)
        for k in range(len(short)):
            h = short[k]
            arriving[h] += weights[h, 0] * passed[k]
            total[ends[h]] += weights[h, 0] * passed[k]
            awake[ends[h]] |= passed[k] != 0.0
        for node in range(n_nodes):
            if not awake[node]:
                continue
            for h in half.leaving[half.pointer[node] : half.pointer[node + 1]]:
                mass = onward[node] * total[node] - turned[node] * arriving[h ^ 1]
                inflow[h, step] = mass
                if first_inflow[h] == columns and mass != 0.0:
                    first_inflow[h] = step
                    flowing[count] = h
                    count += 1
    return first_inflow


@compiled
def _solve(factors: Factors, value: Floats) -> None:
    """Solve a factorised system in place."""
    lower = factors.lower
    upper = factors.upper
    n = len(value)
    x = np.empty(n)
    x[factors.row_order] = value
    for column in range(n):
        for k in range(lower[column], lower[column + 1]):
            row = factors.lower_row[k]
            if row > column and x[column] != 0.0:
                x[row] -= factors.lower_value[k] * x[column]
    for column in range(n - 1, -1, -1):
        if x[column] == 0.0:
            continue
        for k in range(upper[column], upper[column + 1]):
            if factors.upper_row[k] == column:
                x[column] /= factors.upper_value[k]
        for k in range(upper[column], upper[column + 1]):
            row = factors.upper_row[k]
            if row < column:
                x[row] -= factors.upper_value[k] * x[column]
    value[:] = x[factors.column_order]


# Loops that fill one array: own edges first, then what enters.
@compiled
def _mass(
    half: HalfEdges,
    inflow: Floats,
    first_inflow: Ints,
    step_m: float,
    event_edge: Ints,
    offset: Floats,
    weight: Floats,
    first: Ints,
    kernel: int,
    h: float,
) -> Floats:
    """Return the kernel mass on each lixel: along the events' own edges, and of what enters."""
    on_lixels = np.zeros(first[-1])
    for i in range(len(event_edge)):
        edge = event_edge[i]
        length = half.length[edge]
        lixels = on_lixels[first[edge] : first[edge + 1]]
        add_ray(lixels, length, kernel, h, weight[i], offset[i], 0.0, 0.0)
        add_ray(lixels, length, kernel, h, weight[i], offset[i], length, 0.0)
    last = min(inflow.shape[1], BEFORE + int(np.ceil(h / step_m)))
    for way in range(len(inflow)):
        edge = way >> 1
        pieces = first[edge + 1] - first[edge]
        # From its start on a half-edge runs up the lixels, or down.
        begin = first[edge] if way % 2 == 0 else first[edge + 1] - 1
        onward = 1 if way % 2 == 0 else -1
        size = half.length[edge] / pieces / h
        for column in range(first_inflow[way], last):
            mass = inflow[way, column]
            if mass == 0.0:
                continue
            away = (column - BEFORE) * step_m / h
            before = kernel_mass(kernel, away)
            for piece in range(min(pieces, int((1 - away) / size) + 1)):
                after = kernel_mass(kernel, away + (piece + 1) * size)
                on_lixels[begin + onward * piece] += mass * (after - before)
                before = after
    return on_lixels


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


def _shares(half: HalfEdges, *, continuous: bool) -> tuple[Floats, Floats]:
    """Return what share enters each half-edge of a node: of all that arrives, less of its own."""
    degree = np.diff(half.pointer)
    if continuous:
        return 2 / degree, np.ones(len(degree))
    others = (degree > 1) / np.maximum(degree - 1, 1)
    return others, others


def _junctions(
    half: HalfEdges, short: Ints, onward: Floats, turned: Floats
) -> csr_array:
    """Return the share of what arrives by each of some half-edges that enters each other, (s, s).

    They are both directions of some edges.
    """
    position = np.arange(len(short))
    ones = np.ones(len(short))
    size = (len(onward), len(short))
    end = half.start[short ^ 1]
    starts = csr_array((ones, (half.start[short], position)), size)
    ends = csr_array((ones, (end, position)), size)
    back = csr_array((turned[end], (position ^ 1, position)), (len(short), len(short)))
    return csr_array(starts.T @ diags_array(onward) @ ends - back)
