"""Probability that an uncertain position lies within a band of lines, exactly.

Two error models: the position is uniform on a disc (a place described in words), or Gaussian
about the recorded point (a device).  Both are round, with radial distribution function ``G(r)``;
by Green's theorem the probability of a region ``A`` is an integral along its outline::

    P(A) = 1 / (2 pi)  *  closed integral of  G(r) d(theta)

in polar coordinates about the recorded point.  The outline of a band around lines is straight
pieces and arcs (`geo.outline`), so the integral has a closed form for the disc, and is integrated
to rounding by Gauss and Legendre's rule for the Gaussian.

Every outline is checked to be closed: what its pieces add to a coordinate must sum to nothing.
Where lines overlap so that it is not, the vertices are moved by a ten-millionth of the disc's
radius and the outline is made anew.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from geo.outline import Outline, Problem, arcs_inside, outline
from geo.segments import Bools, Floats, Ints, Segments

DEVICE_SHARE: Final = 0.95
"""A device's `uncertainty_m` holds the position with this probability (`layers.schema`)."""

TAIL_SIGMA: Final = 8.0
"""A Gaussian is followed so far out: 1.3e-14 of it lies beyond."""

TOLERANCE: Final = 1e-7
"""Largest gap in an outline, as a share of the disc's radius; the error of P is smaller."""

ATTEMPTS: Final = 4
"""How often an outline that does not close is made anew."""

AT_ONCE: Final = 500
"""Problems solved together."""


class DiscError(ArithmeticError):
    """An outline does not close, so no probability can be vouched for."""


def sigma_of(radius: Floats) -> Floats:
    """Return the standard deviation per axis of a Gaussian with 95 per cent in `radius`."""
    return np.asarray(radius / np.sqrt(-2 * np.log(1 - DEVICE_SHARE)))


def probability_within(
    xy: Floats, uncertainty: Floats, segments: Segments, band: Floats, gaussian: Bools
) -> Floats:
    """Return the probability that each position lies within its band of the segments.

    Parameters
    ----------
    xy : (n, 2) float array
        Recorded positions, in the units of the segments.
    uncertainty : (n,) float array
        Radius of the disc, or the radius that holds 95 % of a Gaussian; 0 for an exact position.
        NaN, for a position of unknown accuracy, gives NaN.
    segments : Segments
    band : (n,) float array
        Half-width of the band about the segments.
    gaussian : (n,) bool array
        Which positions are a device's; the others are uniform on the disc.

    Returns
    -------
    (n,) float array
        Within 1e-6 of the true value; 0 where there are no segments.

    Raises
    ------
    ValueError
        If an uncertainty or band is negative.
    DiscError
        If an outline does not close.
    """
    uncertainty, band = np.asarray(uncertainty, float), np.asarray(band, float)
    if (uncertainty < 0).any() or not (band >= 0).all():
        raise ValueError("uncertainty and band must not be negative")
    gaussian = np.asarray(gaussian, dtype=bool)
    sigma = np.where(gaussian, sigma_of(uncertainty), np.nan)
    disc = np.where(gaussian, TAIL_SIGMA * sigma, uncertainty)
    nearest, _ = segments.nearest(xy)
    out = np.where(np.isnan(uncertainty), np.nan, np.where(nearest <= band, 1.0, 0.0))
    with np.errstate(invalid="ignore"):
        open_ = np.flatnonzero((nearest - disc < band) & (nearest + disc > band) & (band > 0))
    for k in range(0, len(open_), AT_ONCE):
        some = open_[k : k + AT_ONCE]
        problem = _problem(xy[some], disc[some], band[some], segments)
        value, gap = _closed(problem, sigma[some])
        if (gap > TOLERANCE * disc[some]).any():
            worst = some[int(np.argmax(gap / disc[some]))]
            raise DiscError(
                f"the outline of the band of {band[worst]} about position {worst} at "
                f"{xy[worst].tolist()} does not close; look there for lines drawn on one another"
            )
        out[some] = np.clip(value, 0.0, 1.0)
    return out


def _problem(xy: Floats, disc: Floats, band: Floats, segments: Segments) -> Problem:
    """Gather the segments that come near each disc, with its centre as the origin."""
    group, segment = segments.within(xy, disc + band)
    start, end = segments.start[segment] - xy[group], segments.end[segment] - xy[group]
    return Problem(start, end, group, band, disc)


def _closed(problem: Problem, sigma: Floats) -> tuple[Floats, Floats]:
    """Return probabilities and gaps; outlines that do not close have been made anew."""
    value, gap = _probability(problem, sigma)
    for attempt in range(ATTEMPTS):
        bad = gap > TOLERANCE * problem.disc
        if not bad.any():
            break
        value_again, gap_again = _probability(_shaken(problem, bad, attempt), sigma)
        value, gap = np.where(bad, value_again, value), np.where(bad, gap_again, gap)
    return value, gap


def _probability(problem: Problem, sigma: Floats) -> tuple[Floats, Floats]:
    """Return the probability of each group's band, and how far its outline is from closed."""
    n = len(problem.band)
    edge = outline(problem)
    edge_group, low, high = arcs_inside(problem)
    disc, band = problem.disc, problem.band[edge.arc_group]
    arc_start = edge.arc_centre + band[:, None] * _unit(edge.arc_from)
    arc_end = edge.arc_centre + band[:, None] * _unit(edge.arc_to)
    edge_start, edge_end = (disc[edge_group][:, None] * _unit(a) for a in (low, high))
    closing = np.zeros((n, 4))
    for group, start, end in (
        (edge.line_group, edge.line_from, edge.line_to),
        (edge.arc_group, arc_start, arc_end),
        (edge_group, edge_start, edge_end),
    ):
        np.add.at(closing, group, _probe(end, disc[group]) - _probe(start, disc[group]))
    total = np.bincount(edge_group, (high - low), minlength=n)
    uniform = np.isnan(sigma)
    swept = _swept_uniform(edge, band, n) / disc**2
    if not uniform.all():
        swept = np.where(uniform, swept, _swept_gaussian(edge, band, sigma, n))
    return (swept + total) / (2 * np.pi), np.abs(closing).max(axis=1)


def _probe(xy: Floats, disc: Floats) -> Floats:
    """Return four functions of position; along a closed outline the changes of each sum to 0.

    The two that bend tell an edge that is counted twice on both sides, which as vectors cancels.
    """
    x, y = xy.T / disc
    bend = (np.sin(2.1 * x + 1.7 * y), np.cos(1.3 * x - 2.9 * y))
    return np.stack([x, y, *bend], axis=1) * disc[:, None]


def _swept_uniform(edge: Outline, band: Floats, n: int) -> Floats:
    """Return the integral of ``r^2 d(theta)`` along each group's outline."""
    lines = _cross(edge.line_from, edge.line_to)
    arcs = band**2 * (edge.arc_to - edge.arc_from) + band * _cross(
        edge.arc_centre, _unit(edge.arc_to) - _unit(edge.arc_from)
    )
    return np.asarray(
        np.bincount(edge.line_group, lines, minlength=n)
        + np.bincount(edge.arc_group, arcs, minlength=n)
    )


def _swept_gaussian(edge: Outline, band: Floats, sigma: Floats, n: int) -> Floats:
    """Return the integral of ``(1 - exp(-r^2 / (2 sigma^2))) d(theta)`` along each outline."""
    node, weight = np.polynomial.legendre.leggauss(16)
    step = edge.line_to - edge.line_from
    group, which, t, dt = _pieces(edge.line_group, np.hypot(*step.T), sigma, node)
    at = edge.line_from[which][:, None, :] + t[..., None] * step[which][:, None, :]
    turned = _cross(at, step[which][:, None, :])
    value = (_gauss(at, turned, sigma[group]) @ weight) * dt / 2
    total = np.bincount(group, value, minlength=n)

    span = edge.arc_to - edge.arc_from
    length = np.maximum(band * span, 0.5 * span * sigma[edge.arc_group])
    group, which, t, dt = _pieces(edge.arc_group, length, sigma, node)
    angle = edge.arc_from[which][:, None] + t * span[which][:, None]
    at = edge.arc_centre[which][:, None, :] + band[which][:, None, None] * _unit(angle)
    along = (band * span)[which][:, None, None] * _unit(angle + np.pi / 2)
    value = (_gauss(at, _cross(at, along), sigma[group]) @ weight) * dt / 2
    return np.asarray(total + np.bincount(group, value, minlength=n))


def _pieces(
    group: Ints, length: Floats, sigma: Floats, node: Floats
) -> tuple[Ints, Ints, Floats, Floats]:
    """Cut parts of the outline of Gaussian groups to at most two sigma; place nodes on them."""
    wanted = np.flatnonzero(~np.isnan(sigma[group]))
    k = np.maximum(np.ceil(length[wanted] / (2 * sigma[group[wanted]])), 1).astype(np.int64)
    which = np.repeat(wanted, k)
    number = np.arange(k.sum()) - np.repeat(np.cumsum(k) - k, k)
    dt = 1.0 / np.repeat(k, k)
    t = (number[:, None] + (node + 1) / 2) * dt[:, None]
    return group[which], which, t, dt


def _gauss(at: Floats, turned: Floats, sigma: Floats) -> Floats:
    """Return ``(1 - exp(-r^2 / (2 sigma^2))) / r^2 * turned`` at nodes; sigma by row."""
    half = (at**2).sum(axis=-1) / (2 * sigma[:, None] ** 2)
    tiny = half < 1e-300
    ratio = np.where(tiny, 1.0, -np.expm1(-half) / np.where(tiny, 1.0, half))
    return np.asarray(ratio * turned / (2 * sigma[:, None] ** 2))


def _shaken(problem: Problem, bad: Bools, attempt: int) -> Problem:
    """Return the problem with the vertices of the bad groups moved by 1e-7 of the disc."""
    rng = np.random.default_rng(attempt)
    xy = np.concatenate([problem.start, problem.end])
    group = np.concatenate([problem.group, problem.group])
    _, vertex = np.unique(xy, axis=0, return_inverse=True)
    move = rng.uniform(-1e-7, 1e-7, (vertex.max() + 1, 2))[vertex.reshape(-1)]
    xy = xy + np.where(bad[group], problem.disc[group], 0.0)[:, None] * move
    n = len(problem.start)
    return Problem(xy[:n], xy[n:], problem.group, problem.band, problem.disc)


def _unit(angle: Floats) -> Floats:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
