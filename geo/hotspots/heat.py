"""The heat kernel on a network, exact along every edge.

Density spreads from each event as heat does: ``du/dt = u''/2`` on the edges, continuous at nodes,
nothing lost there (Kirchhoff), for a time ``t = sigma²`` (McSwiggan, Baddeley and Nair 2017).  No
lixel length and no time step enters the solution.  For each complex rate ``z`` the Laplace
transform of the density has a closed form on every edge, with ``κ = √(2z)``::

    tail o----------*-----------------o head        x from the tail, L the length
                  event
         e^{-κ|x - event|} / κ                      direct part: on the event's own edge only
         A e^{-κx} + B e^{-κ(L-x)}                  reflected part: from both ends of each edge

``A`` and ``B`` follow from the values at the nodes, one sparse symmetric system.  The inverse
transform is a sum over a few points ``z`` of a hyperbola (Weideman and Trefethen 2007, Parabolic
and hyperbolic contours for computing the Bromwich integral), with an error near ``exp(-2.3 n)`` for
``n`` points.  The inverse of the direct part is the Gaussian itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csc_array
from scipy.sparse.linalg import SuperLU, splu
from scipy.special import ndtr

from geo.arrays import Each, Floats, Ints
from geo.network.compiling import compiled, in_threads
from geo.network.graph import Network, Positions
from geo.network.lixels import Lixels, reached
from geo.network.source_lines import NetworkError

Complexes = npt.NDArray[np.complex128]

DIGITS = 13
"""Digits of the peak to which the contour holds."""
REACH = 6.0
"""Reach of the kernel in standard deviations: 2e-9 of its mass lies beyond."""
MANY = 10_000
"""Edges from which on the points of the contour are shared between threads."""


class Lower(NamedTuple):
    """The factors ``L D Lᵀ`` of a symmetric system, ``L`` by columns; loops take it."""

    first: Ints
    row: Ints
    value: Complexes
    pivot: Complexes
    """The diagonal of ``D``."""


class System(NamedTuple):
    """Kirchhoff's system at a point of the contour, factorised."""

    kappa: complex
    decay: Complexes
    """``e^{-κL}`` of each edge."""
    echo: Complexes
    """``1 / (1 - e^{-2κL})``: how often a wave on the edge comes by, all its rounds together."""
    factor: SuperLU


@dataclass(frozen=True)
class Sources:
    """Events on a network, each with its weight and the standard deviation of its kernel."""

    edge: Ints
    offset_m: Floats
    weight: Floats
    sigma_m: Floats

    def take(self, events: Ints) -> "Sources":
        """Return some of the events."""
        return Sources(
            self.edge[events],
            self.offset_m[events],
            self.weight[events],
            self.sigma_m[events],
        )

    @property
    def reach_m(self) -> float:
        """How far from an event its kernel is followed."""
        return REACH * float(self.sigma_m.max(initial=0.0))


def heat_density(sources: Sources, lixels: Lixels) -> Floats:
    """Return the mean heat-kernel density on each lixel.

    Parameters
    ----------
    sources : Sources
        On edges that `lixels` cuts.
    lixels : geo.network.lixels.Lixels
        The edges followed; ends of the set reflect.  `geo.network.lixels.reached` with
        ``sources.reach_m`` gives what the kernel reaches.

    Returns
    -------
    (k,) float array, 1/m
        Times lixel length it sums to the sum of the weights, to about 1e-12 of it.  Raises
        `NetworkError` if a bandwidth is not positive.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from geo.network import graph, lixels
    >>> line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (4000, 0)])], crs="EPSG:9141")
    >>> road = lixels.lixelize(graph.from_lines(line), 1000.0)
    >>> event = Sources(np.array([0]), np.array([1500.0]), np.ones(1), np.array([250.0]))
    >>> (1000 * heat_density(event, road)).round(3).tolist()
    [0.023, 0.954, 0.023, 0.0]
    """
    require_bandwidths(sources)
    if not len(sources.edge):
        return np.zeros(len(lixels))
    edge = np.searchsorted(lixels.edges, sources.edge)
    solver = Resolvent(lixels.network, lixels.edges)
    rates, weights = contour(sources.sigma_m**2)
    mass = _direct_mass(sources, lixels)
    strength, size_m = weights * sources.weight, solver.length / lixels.pieces

    def at_rate(k: int) -> Floats:
        kappa = np.sqrt(2 * rates[k])
        system = solver.factorised(kappa)
        ahead, behind = solver.waves(system, edge, sources.offset_m, strength[k])
        change = np.expm1(-kappa * size_m)
        share = -change / kappa
        return _wave_mass(ahead * share, behind * share, 1 + change, lixels.first)

    each: Each = in_threads if len(lixels.edges) > MANY else map
    for part in each(at_rate, range(len(rates))):
        mass += part
    # What rounding leaves below zero, about 1e-15 of the peak, is not a density.
    return np.asarray(np.maximum(mass, 0.0) / lixels.length_m)


def require_bandwidths(sources: Sources) -> None:
    """Raise `NetworkError` for a bandwidth that is not a finite length above 0."""
    good = (sources.sigma_m > 0) & np.isfinite(sources.sigma_m)
    if not good.all():
        bad = int(np.flatnonzero(~good)[0])
        raise NetworkError(
            f"event {bad} has bandwidth {sources.sigma_m[bad]} m. Fix: give the standard deviation "
            "of its kernel in metres, above 0"
        )


# One formula: all rates share the waves and the positions that the inner function reads.
def at_events(
    network: Network, positions: Positions, sigmas_m: Floats
) -> tuple[Floats, Floats]:
    """Return the density at each event for (s,) bandwidths, and its own part in it, (s, n), 1/m."""
    t = np.asarray(sigmas_m, dtype=float) ** 2
    rates, weights = contour(t)
    edges = reached(
        network, positions.edge, positions.offset_m, REACH * float(np.sqrt(t.max()))
    )
    edge, offset = np.searchsorted(edges, positions.edge), positions.offset_m
    solver = Resolvent(network, edges)
    n = len(positions)
    total = np.zeros((len(t), n))
    by_itself = np.zeros((len(t), n))

    def at_rate(z: complex) -> tuple[Complexes, Complexes]:
        kappa = np.sqrt(2 * z)
        from_tail = np.exp(-kappa * offset)
        from_head = np.exp(-kappa * (solver.length[edge] - offset))
        system = solver.factorised(kappa)
        ahead, behind = solver.waves(system, edge, offset, np.ones(n, dtype=complex))
        of_all = ahead[edge] * from_tail + behind[edge] * from_head
        return of_all, solver.returned(system, edge, offset)

    each: Each = in_threads if len(edges) > MANY else map
    for weight, (of_all, of_itself) in zip(weights, each(at_rate, rates), strict=True):
        total += np.outer(weight, of_all).real
        by_itself += np.outer(weight, of_itself).real
    total += _direct_at_events(edge, offset, np.sqrt(t))
    return total, by_itself + 1 / np.sqrt(2 * np.pi * t)[:, None]


def contour(t: Floats) -> tuple[Complexes, Complexes]:
    """Return the points that invert the Laplace transform for times `t`, and their weights.

    ``f(t) = Re Σ_k w_k(t) F(z_k)``.  Weights, (k, len(t)), are scaled so that ``F(z) = 1/z``, total
    mass, comes out as 1.
    """
    ratio = t.max() / t.min()

    def width(phi: float) -> float:
        numerator = (np.pi - 2 * phi) * ratio + 4 * phi - np.pi
        return float(np.arccosh(numerator / ((4 * phi - np.pi) * np.sin(phi))))

    def rate(phi: float) -> float:
        return (np.pi**2 - 2 * np.pi * phi) / width(phi)

    best = minimize_scalar(
        lambda phi: -rate(phi),
        bounds=(np.pi / 4 + 1e-6, np.pi / 2 - 1e-6),
        method="bounded",
    )
    phi = float(best.x)
    n = int(np.ceil(DIGITS * np.log(10) / rate(phi)))
    step = width(phi) / n
    mu = (4 * np.pi * phi - np.pi**2) / width(phi) * n / t.max()
    u = (np.arange(n) + 0.5) * step
    z = mu * (1 + np.sin(1j * u - phi))
    c = step / np.pi * mu * np.cos(1j * u - phi)
    raw = c[:, None] * np.exp(np.outer(z, t))
    return z, np.asarray(raw / (raw / z[:, None]).real.sum(axis=0))


class Resolvent:
    """Kirchhoff's system of a set of edges, factorised anew at each contour point."""

    def __init__(self, network: Network, edges: Ints) -> None:
        self.length = network.length_m[edges]
        ends = np.stack([network.edge_from[edges], network.edge_to[edges]])
        nodes, flat = np.unique(ends, return_inverse=True)
        self.n_nodes = len(nodes)
        self.tail, self.head = flat.reshape(2, -1)
        # An order of elimination with little fill is found once and serves every point.
        self._slots = self._pattern()
        pattern = self._matrix(
            np.full(len(edges), 1.5 + 0j), np.full(len(edges), -1.0 + 0j)
        )
        order = splu(
            abs(pattern),
            "MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        ).perm_c.astype(np.int64)
        self.tail, self.head = order[self.tail], order[self.head]
        self._slots = self._pattern()

    def factorised(self, kappa: complex) -> System:
        """Return the factorised system.

        Row: ``κ Σ_e (u_a coth κL - u_b / sinh κL)`` equals the flux that sources send to node a.
        """
        decay = np.exp(-kappa * self.length)
        echo = 1 / (1 - decay**2)
        options = {"SymmetricMode": True, "Equil": False}
        matrix = self._matrix(kappa * (2 * echo - 1), -2 * kappa * decay * echo)
        factor = splu(
            matrix, "NATURAL", diag_pivot_thresh=0.0, panel_size=1, options=options
        )
        return System(kappa, decay, echo, factor)

    def _pattern(self) -> tuple[Ints, Ints, Ints]:
        """Return rows and beginnings of the columns of the matrix, and the place of each entry."""
        row = np.r_[self.tail, self.head, self.tail, self.head]
        column = np.r_[self.tail, self.head, self.head, self.tail]
        entry, place = np.unique(column * self.n_nodes + row, return_inverse=True)
        begin = np.searchsorted(entry // self.n_nodes, np.arange(self.n_nodes + 1))
        return entry % self.n_nodes, begin, place

    def _matrix(self, at_ends: Complexes, across: Complexes) -> csc_array:
        """Return the matrix: `at_ends` of each edge at both its nodes, `across` between them."""
        row, begin, place = self._slots
        value = _add_at(place, np.r_[at_ends, at_ends, across, across], len(row))
        return csc_array((value, row, begin), shape=(self.n_nodes, self.n_nodes))

    def waves(
        self, system: System, edge: Ints, offset: Floats, strength: Complexes
    ) -> tuple[Complexes, Complexes]:
        """Return ``A``, ``B`` of the reflected part ``A e^{-κx} + B e^{-κ(L-x)}`` of each edge.

        Parameters
        ----------
        system
            What `factorised` returns for κ.
        edge, offset, strength
            (n,): sources of this strength lie so many metres from the tail of an edge, which is
            given by its position in the set.
        """
        kappa, decay, echo, factor = system
        at_tail = strength * np.exp(-kappa * offset) / kappa
        at_head = strength * np.exp(-kappa * (self.length[edge] - offset)) / kappa
        # Direct part at the two ends of each edge, and the flux it brings to the nodes.
        direct_tail = _add_at(edge, at_tail, len(self.length))
        direct_head = _add_at(edge, at_head, len(self.length))
        gain = 2 * kappa * echo
        flux_tail = gain * (direct_tail - decay * direct_head)
        flux_head = gain * (direct_head - decay * direct_tail)
        ends = np.r_[self.tail, self.head]
        u = factor.solve(
            _add_at(ends, np.concatenate([flux_tail, flux_head]), self.n_nodes)
        )
        ahead, behind = u[self.tail] - direct_tail, u[self.head] - direct_head
        return (ahead - decay * behind) * echo, (behind - decay * ahead) * echo

    def returned(self, system: System, edge: Ints, offset: Floats) -> Complexes:
        """Return at each position the reflected part of a unit source at that very position.

        The source sends a flux to the two ends of its edge only, and only those two are needed.
        """
        kappa = system.kappa
        decay = system.decay[edge]
        echo = system.echo[edge]
        from_tail = np.exp(-kappa * offset)
        from_head = np.exp(-kappa * (self.length[edge] - offset))
        # With both ends held at 0, and the flux that this source sends to each end.
        both = from_tail**2 + from_head**2
        fixed = (2 * decay * from_tail * from_head - both) * echo / kappa
        ends = np.stack([self.tail[edge], self.head[edge]], axis=1)
        to_tail = (from_tail - decay * from_head) * echo
        to_head = (from_head - decay * from_tail) * echo
        share = np.stack([to_tail, to_head], axis=1)
        factor = system.factor.L
        first, row = (factor.indptr.astype(np.int64), factor.indices.astype(np.int64))
        lower = Lower(first, row, factor.data, system.factor.U.diagonal())
        return np.asarray(
            fixed + 2 * _solved_at(lower, system.factor.perm_r[ends], share)
        )


def _add_at(index: Ints, value: Complexes, size: int) -> Complexes:
    real = np.bincount(index, value.real, minlength=size)
    return np.asarray(real + 1j * np.bincount(index, value.imag, minlength=size))


def _direct_at_events(edge: Ints, offset: Floats, sigmas: Floats) -> Floats:
    """Return the Gaussians of the events on the same edge at each event, (s, n)."""
    density = np.zeros((len(sigmas), len(edge)))
    for event, (own_edge, own_offset) in enumerate(zip(edge, offset, strict=True)):
        same = np.flatnonzero(edge == own_edge)
        u = (offset[same] - own_offset) / sigmas[:, None]
        kernels = np.exp(-(u**2) / 2) / (sigmas[:, None] * np.sqrt(2 * np.pi))
        density[:, event] = kernels.sum(axis=1)
    return density


def _direct_mass(sources: Sources, lixels: Lixels) -> Floats:
    """Return the mass of each event's own Gaussian on the lixels of its own edge."""
    event, lixel = lixels.on(sources.edge)
    start = lixels.from_m[lixel] - sources.offset_m[event]
    sigma = sources.sigma_m[event]
    # From the near tail, so that far lixels keep their relative precision.
    low, high = start / sigma, (start + lixels.length_m[lixel]) / sigma
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    part = (ndtr(high) - ndtr(low)) * sources.weight[event]
    return np.bincount(lixel, part, minlength=len(lixels)).astype(float)


@compiled
def _wave_mass(
    at_start: Complexes, at_end: Complexes, ratio: Complexes, first: Ints
) -> Floats:
    """Return the real part of ``A e^{-κx} + B e^{-κ(L-x)}``, integrated over each lixel.

    `near` and `far` are their integrals over the first and the last lixel of an edge; each further
    one is `ratio` times the one before, since lixels of an edge are equal.
    """
    mass = np.zeros(first[-1])
    for edge in range(len(ratio)):
        begin, end = first[edge], first[edge + 1]
        ahead, behind = at_start[edge], at_end[edge]
        for k in range(end - begin):
            mass[begin + k] += ahead.real
            mass[end - 1 - k] += behind.real
            ahead *= ratio[edge]
            behind *= ratio[edge]
    return mass


@compiled
def _solved_at(lower: Lower, ends: Ints, share: Complexes) -> Complexes:
    """Return ``sᵀ A⁻¹ s`` for vectors s that are 0 but for their `share` at two nodes.

    ``A = L D Lᵀ``, so that is the sum of ``y² / D`` with ``L y = s``.  Elimination moves the value
    of a node to later ones, of which the nearest is the next that has a value; so few nodes do.
    """
    n = len(lower.pivot)
    solved = np.zeros(len(ends), dtype=np.complex128)
    y = np.zeros(n, dtype=np.complex128)
    for i in range(len(ends)):
        first_node, second_node = ends[i]
        y[first_node] += share[i, 0]
        y[second_node] += share[i, 1]
        while min(first_node, second_node) < n:
            node = min(first_node, second_node)
            later = n
            value = y[node]
            y[node] = 0.0
            solved[i] += value * value / lower.pivot[node]
            for k in range(lower.first[node], lower.first[node + 1]):
                row = lower.row[k]
                if row > node:
                    y[row] -= lower.value[k] * value
                    later = min(later, row)
            first_node = later if first_node == node else first_node
            second_node = later if second_node == node else second_node
    return solved
