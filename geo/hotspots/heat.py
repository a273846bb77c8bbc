"""The heat kernel on a network, exact along every edge.

Density spreads from each event as heat does: ``du/dt = u''/2`` on the edges, continuous at
nodes, nothing lost there (Kirchhoff), for a time ``t = sigma²`` (McSwiggan, Baddeley and Nair
2017).  In place of time steps on a grid, the heat equation is solved by its Laplace transform.
For a complex rate ``z`` the resolvent on a network has a closed form, ``exp(±κx)`` with
``κ = √(2z)`` on every edge, and Kirchhoff's law joins the edges in one sparse symmetric system
of the size of the node set.  The inverse transform is a sum over a few points of a hyperbola
(Weideman and Trefethen 2007, Parabolic and hyperbolic contours for computing the Bromwich
integral), with an error near ``exp(-2.3 n)`` for ``n`` points: 13 of them give 13 digits.
No lixel length and no time step enters the solution.  On the event's own edge the direct path
is the Gaussian itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csc_array
from scipy.sparse.linalg import SuperLU, splu
from scipy.special import ndtr

from geo.arrays import Floats, Ints
from geo.hotspots.heat_loops import add_waves
from geo.network.graph import Network, NetworkError
from geo.network.lixels import Lixels, reached
from geo.network.positions import Positions

Complexes = npt.NDArray[np.complex128]
Numbers = Floats | Complexes

DIGITS = 13
"""Digits of the peak to which the contour holds."""

REACH = 6.0
"""Reach of the kernel in standard deviations: 2e-9 of its mass lies beyond."""

_BATCH = 64
"""Right-hand sides solved at a time."""


@dataclass(frozen=True)
class Contour:
    """Points and weights that invert the Laplace transform for times in a range.

    ``f(t) = Re Σ_k c_k exp(z_k t) F(z_k)``, the weights scaled so that ``F(z) = 1/z``, which is
    total mass, comes out as 1 for a single time.
    """

    z: Complexes
    c: Complexes

    def weights(self, t: Floats) -> Complexes:
        """Return the weight of each point for each time, (k, len(t))."""
        raw = self.c[:, None] * np.exp(np.outer(self.z, t))
        return np.asarray(raw / (raw / self.z[:, None]).real.sum(axis=0))


def contour(t_min: float, t_max: float, points: int | None = None) -> Contour:
    """Return the hyperbola of Weideman and Trefethen (2007) for times from `t_min` to `t_max`.

    Parameters
    ----------
    t_min, t_max : float
    points : int, optional
        Points above the real axis; by default as many as `DIGITS` asks for.
    """
    ratio = t_max / t_min

    def spread(phi: float) -> float:
        numerator = (np.pi - 2 * phi) * ratio + 4 * phi - np.pi
        return float(np.arccosh(numerator / ((4 * phi - np.pi) * np.sin(phi))))

    def rate(phi: float) -> float:
        return (np.pi**2 - 2 * np.pi * phi) / spread(phi)

    best = minimize_scalar(
        lambda phi: -rate(phi), bounds=(np.pi / 4 + 1e-6, np.pi / 2 - 1e-6), method="bounded"
    )
    phi = float(best.x)
    n = points or int(np.ceil(DIGITS * np.log(10) / rate(phi)))
    step = spread(phi) / n
    mu = (4 * np.pi * phi - np.pi**2) / spread(phi) * n / t_max
    u = (np.arange(n) + 0.5) * step
    return Contour(z=mu * (1 + np.sin(1j * u - phi)), c=step / np.pi * mu * np.cos(1j * u - phi))


@dataclass(frozen=True)
class Sources:
    """Events on a network, each with its weight and the standard deviation of its kernel."""

    edge: Ints
    offset_m: Floats
    weight: Floats
    sigma_m: Floats

    def take(self, which: Ints) -> Sources:
        """Return the chosen events."""
        return Sources(
            self.edge[which], self.offset_m[which], self.weight[which], self.sigma_m[which]
        )

    @property
    def reach_m(self) -> float:
        """How far from an event its kernel is followed."""
        return REACH * float(self.sigma_m.max(initial=0.0))


class Resolvent:
    """Kirchhoff's system of a set of edges, factorised anew at each contour point.

    Nodes at which the set of edges ends reflect, so that no mass is lost.
    """

    def __init__(self, network: Network, edges: Ints) -> None:
        self.length = network.length_m[edges]
        ends = np.stack([network.edge_from[edges], network.edge_to[edges]])
        self.nodes, flat = np.unique(ends, return_inverse=True)
        self.tail, self.head = flat.reshape(2, -1)
        # An order of elimination with little fill is found once and serves every point.
        order = _eliminated(self._matrix(np.full(len(edges), 1.5), np.full(len(edges), -1.0)))
        self.nodes = self.nodes[np.argsort(order)]
        self.tail, self.head = order[self.tail], order[self.head]
        del self._pattern

    @cached_property
    def _pattern(self) -> tuple[Ints, Ints, Ints]:
        """Return CSC row indices, column starts, and the slot of each assembled entry."""
        n, tail, head = len(self.nodes), self.tail, self.head
        row = np.r_[tail, head, tail, head]
        column = np.r_[tail, head, head, tail]
        key, slot = np.unique(column * n + row, return_inverse=True)
        starts = np.searchsorted(key // n, np.arange(n + 1))
        return key % n, starts, slot

    def factorised(self, kappa: complex) -> SuperLU:
        """Return the factorised system for unknowns in the order of `nodes`.

        Row: ``κ Σ_e (u_a coth κL - u_b / sinh κL)`` equals the flux that sources send to node a.
        """
        decay = np.exp(-kappa * self.length)
        through = 2 * decay / (1 - decay**2)
        own = (1 + decay**2) / (1 - decay**2)
        return splu(
            self._matrix(kappa * own, -kappa * through),
            permc_spec="NATURAL",
            diag_pivot_thresh=0.0,
            panel_size=1,
            options={"SymmetricMode": True, "Equil": False},
        )

    def _matrix(self, own: Numbers, across: Numbers) -> csc_array:
        """Return the matrix with `own` of each edge at both its nodes and `across` between them."""
        rows, starts, slot = self._pattern
        value = np.r_[own, own, across, across]
        data = np.bincount(slot, value.real).astype(value.dtype)
        if np.iscomplexobj(value):
            data += 1j * np.bincount(slot, value.imag)
        return csc_array((data, rows, starts), shape=(len(self.nodes), len(self.nodes)))

    def waves(
        self,
        kappa: complex,
        edge: Ints,
        offset: Floats,
        strength: Complexes,
        factor: SuperLU | None = None,
    ) -> tuple[Complexes, Complexes]:
        """Return ``A``, ``B`` of the reflected part ``A e^{-κx} + B e^{-κ(L-x)}`` of each edge.

        Parameters
        ----------
        kappa : complex
        edge : (n,) int array
            Position in the set of edges.
        offset : (n,) float array
        strength : (n,) complex array
        factor : scipy.sparse.linalg.SuperLU, optional
            `factorised`, where it is at hand.

        Returns
        -------
        (m,) complex arrays
        """
        at_tail = strength * np.exp(-kappa * offset) / kappa
        at_head = strength * np.exp(-kappa * (self.length[edge] - offset)) / kappa
        # Direct part at the two ends of each edge, and the flux it brings to the nodes.
        direct_tail = _add_at(edge, at_tail, len(self.length))
        direct_head = _add_at(edge, at_head, len(self.length))
        decay = np.exp(-kappa * self.length)
        gain = 2 * kappa / (1 - decay**2)
        flux_tail = gain * (direct_tail - decay * direct_head)
        flux_head = gain * (direct_head - decay * direct_tail)
        ends = np.r_[self.tail, self.head]
        flux = _add_at(ends, np.concatenate([flux_tail, flux_head]), len(self.nodes))
        u = (factor or self.factorised(kappa)).solve(flux)
        ahead, behind = u[self.tail] - direct_tail, u[self.head] - direct_head
        divisor = 1 - decay**2
        return (ahead - decay * behind) / divisor, (behind - decay * ahead) / divisor

    def returned(self, kappa: complex, edge: Ints, offset: Floats, factor: SuperLU) -> Complexes:
        """Return at each position the reflected part of a unit source at that very position.

        The source sends a flux to the two ends of its edge only, and only those two are needed.
        """
        decay = np.exp(-kappa * self.length[edge])
        near, far = np.exp(-kappa * offset), np.exp(-kappa * (self.length[edge] - offset))
        # With both ends held at 0, and the flux that this source sends to each end.
        held = -(near**2 - 2 * decay * near * far + far**2) / (kappa * (1 - decay**2))
        ends = np.stack([self.tail[edge], self.head[edge]])
        share = np.stack([near - decay * far, far - decay * near]) / (1 - decay**2)
        value = np.zeros(len(edge), dtype=complex)
        for begin in range(0, len(edge), _BATCH):
            batch = np.arange(begin, min(begin + _BATCH, len(edge)))
            flux = np.zeros((len(self.nodes), len(batch)), dtype=complex)
            for end in (0, 1):
                flux[ends[end, batch], np.arange(len(batch))] += 2 * share[end, batch]
            u = factor.solve(flux)
            for end in (0, 1):
                value[batch] += share[end, batch] * u[ends[end, batch], np.arange(len(batch))]
        return np.asarray(held + value)


def _eliminated(matrix: csc_array) -> Ints:
    """Return the place of each node in an order of elimination with little fill."""
    factor = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return np.asarray(factor.perm_c, dtype=np.int64)


def _add_at(index: Ints, value: Complexes, size: int) -> Complexes:
    """Return the sums of `value` by `index`."""
    real = np.bincount(index, value.real, minlength=size)
    return np.asarray(real + 1j * np.bincount(index, value.imag, minlength=size))


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
        Times lixel length it sums to the sum of the weights, to about 1e-12 of it.

    Raises
    ------
    NetworkError
        If a bandwidth is not positive.
    """
    _check(sources)
    if not len(sources.edge):
        return np.zeros(len(lixels))
    edge = np.searchsorted(lixels.edges, sources.edge)
    solver = Resolvent(lixels.network, lixels.edges)
    t = sources.sigma_m**2
    path = contour(t.min(), t.max())
    weights = path.weights(t) * sources.weight
    mass = _direct_mass(sources, lixels)
    step = lixels.network.length_m[lixels.edges] / lixels.pieces
    for z, strength in zip(path.z, weights, strict=True):
        kappa = np.sqrt(2 * z)
        ahead, behind = solver.waves(kappa, edge, sources.offset_m, strength)
        add_waves(mass, kappa, ahead, behind, step, lixels.first)
    # What rounding leaves below zero, about 1e-15 of the peak, is no density.
    return np.asarray(np.maximum(mass, 0.0) / lixels.length_m)


def at_points(network: Network, sources: Sources, positions: Positions) -> Floats:
    """Return the heat-kernel density at positions, 1/m; errors as for `heat_density`."""
    _check(sources)
    found = np.zeros(len(positions))
    if not len(sources.edge):
        return found
    edges = reached(network, sources.edge, sources.offset_m, sources.reach_m)
    inside = np.isin(positions.edge, edges)
    at, offset = np.searchsorted(edges, positions.edge[inside]), positions.offset_m[inside]
    edge = np.searchsorted(edges, sources.edge)
    solver = Resolvent(network, edges)
    t = sources.sigma_m**2
    path = contour(t.min(), t.max())
    weights = path.weights(t) * sources.weight
    density = _direct_at(sources, edge, at, offset)
    for z, strength in zip(path.z, weights, strict=True):
        kappa = np.sqrt(2 * z)
        ahead, behind = solver.waves(kappa, edge, sources.offset_m, strength)
        near, far = np.exp(-kappa * offset), np.exp(-kappa * (solver.length[at] - offset))
        density += (ahead[at] * near + behind[at] * far).real
    found[inside] = np.maximum(density, 0.0)
    return found


def at_events(network: Network, positions: Positions, sigmas_m: Floats) -> tuple[Floats, Floats]:
    """Return the density at each event for many bandwidths, and its own part in it.

    One contour serves all bandwidths, so that each further one costs a weighted sum.  The own
    parts take one solution for each event.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.positions.Positions
    sigmas_m : (s,) float array, metres

    Returns
    -------
    all_events, own : (s, n) float arrays, 1/m
    """
    t = np.asarray(sigmas_m, dtype=float) ** 2
    path = contour(t.min(), t.max())
    weights = path.weights(t)
    edges = reached(network, positions.edge, positions.offset_m, REACH * float(np.sqrt(t.max())))
    edge, offset = np.searchsorted(edges, positions.edge), positions.offset_m
    solver = Resolvent(network, edges)
    n = len(positions)
    total, own = np.zeros((len(t), n)), np.zeros((len(t), n))
    for z, weight in zip(path.z, weights, strict=True):
        kappa = np.sqrt(2 * z)
        near, far = np.exp(-kappa * offset), np.exp(-kappa * (solver.length[edge] - offset))
        factor = solver.factorised(kappa)
        ahead, behind = solver.waves(kappa, edge, offset, np.ones(n, dtype=complex), factor)
        total += np.outer(weight, ahead[edge] * near + behind[edge] * far).real
        own += np.outer(weight, solver.returned(kappa, edge, offset, factor)).real
    sources = [Sources(positions.edge, offset, np.ones(n), np.full(n, s)) for s in np.sqrt(t)]
    total += np.array([_direct_at(s, edge, edge, offset) for s in sources])
    return total, own + 1 / np.sqrt(2 * np.pi * t)[:, None]


def _direct_at(sources: Sources, edge: Ints, at: Ints, offset: Floats) -> Floats:
    """Return the events' own Gaussians at positions on the same edge."""
    order = np.argsort(edge, kind="stable")
    low = np.searchsorted(edge[order], at, side="left")
    count = np.searchsorted(edge[order], at, side="right") - low
    which = np.repeat(np.arange(len(at)), count)
    event = order[np.arange(len(which)) - np.repeat(np.cumsum(count) - count - low, count)]
    sigma = sources.sigma_m[event]
    u = (offset[which] - sources.offset_m[event]) / sigma
    value = sources.weight[event] * np.exp(-(u**2) / 2) / (sigma * np.sqrt(2 * np.pi))
    return np.bincount(which, value, minlength=len(at)).astype(float)


def _direct_mass(sources: Sources, lixels: Lixels) -> Floats:
    """Return the mass of each event's own Gaussian on the lixels of its own edge."""
    at = np.searchsorted(lixels.edges, sources.edge)
    count = lixels.pieces[at]
    event = np.repeat(np.arange(len(at)), count)
    order = np.arange(len(event)) - np.repeat(np.r_[0, np.cumsum(count)[:-1]], count)
    lixel = lixels.first[at][event] + order
    start = lixels.from_m[lixel] - sources.offset_m[event]
    sigma = sources.sigma_m[event]
    # From the near tail, so that far lixels keep their relative precision.
    low, high = start / sigma, (start + lixels.length_m[lixel]) / sigma
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    part = (ndtr(high) - ndtr(low)) * sources.weight[event]
    return np.bincount(lixel, part, minlength=len(lixels)).astype(float)


def _check(sources: Sources) -> None:
    if not (sources.sigma_m > 0).all():
        bad = int(np.flatnonzero(~(sources.sigma_m > 0))[0])
        raise NetworkError(
            f"event {bad} has bandwidth {sources.sigma_m[bad]} m; a bandwidth is the standard "
            "deviation of the kernel in metres, above 0"
        )
