"""Classical tests of points against lines in a window: Berman's Z1 and Z2, Kolmogorov-Smirnov.

References
----------
Berman, M. (1986). Testing for spatial association between a point process and another stochastic
process. Applied Statistics 35, 54-62.
Baddeley, A., Rubak, E., Turner, R. (2015). Spatial Point Patterns, section 10.5. CRC Press.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from geo.arrays import Floats
from geo.chance.nulls import Window, as_polygon, even_points
from geo.crs import require_metric
from geo.network.segments import GeometryError, Lines, Points, Segments, from_lines, points_xy

NODES: Final = 1_000_000
"""Positions in the window at which the distance is measured."""


@dataclass(frozen=True)
class BermanTest:
    """Result of `berman_test`; p-values are two-sided and, but for D, asymptotic."""

    n: int
    distance: Floats
    """(n,): from each point to the nearest line."""
    mean_distance: float
    window_mean_distance: float
    z1_poisson: float
    """Z1 for a Poisson number of points: variance ``n mean(z^2)``."""
    z1_binomial: float
    """Z1 for a given number of points: variance ``n var(z)``."""
    z2: float
    d: float
    """Of Kolmogorov and Smirnov."""
    p_z1_poisson: float
    p_z1_binomial: float
    p_z2: float
    p_d: float


def berman_test(points: Points, lines: Lines, window: Window) -> BermanTest:
    """Test whether points lie nearer to lines than points anywhere in the window would.

    Any planar unit will do, the same for all three.  Lines outside the window count as far as they
    are nearest.

    Parameters
    ----------
    points : GeoDataFrame or GeoSeries of Point, or (n, 2) array
    lines : GeoDataFrame, GeoSeries or sequence of LineString, or (s, 4) array x0, y0, x1, y1
    window : (x0, y0, x1, y1), a polygon, or a frame of polygons

    Returns
    -------
    BermanTest
        Negative Z1 and Z2 say nearer than chance.  The distances of the window are measured at a
        million positions; the statistics are within 0.1 % of their limit.

    Raises `geo.crs.CRSError`, `GeometryError` if layers have a CRS that is geographic, not in
    metres, or differs; if a geometry cannot be measured, there are no points or lines, or a point
    is outside the window.

    Examples
    --------
    >>> near = berman_test([[2, 3], [8, 2]], [[0, 2, 10, 2]], window=(0, 0, 10, 4))
    >>> near.distance.tolist(), round(near.z1_binomial, 2), round(near.p_z1_binomial, 2)
    ([1.0, 0.0], -1.22, 0.22)
    """
    from scipy import stats  # noqa: PLC0415 - slow to load, and no run needs it

    xy, segments = _checked(points, lines, window)
    distance, _ = segments.nearest(xy)
    reference = np.sort(segments.nearest(even_points(window, NODES))[0])
    n, mean = len(xy), float(reference.mean())
    excess = distance.sum() - n * mean
    rank = rank_in(distance, reference)
    z = {
        "z1_poisson": excess / np.sqrt(n * (reference**2).mean()),
        "z1_binomial": excess / np.sqrt(n * reference.var()),
        "z2": np.sqrt(12 / n) * (rank.sum() - n / 2),
    }
    ks = stats.ks_1samp(rank, stats.uniform.cdf, method="exact")
    return BermanTest(
        n, distance, float(distance.mean()), mean, d=float(ks.statistic), p_d=float(ks.pvalue),
        **{name: float(value) for name, value in z.items()},
        **{f"p_{name}": float(2 * stats.norm.sf(abs(value))) for name, value in z.items()},
    )  # fmt: skip


def _checked(points: Points, lines: Lines, window: Window) -> tuple[Floats, Segments]:
    """Return points and lines as arrays; `GeometryError` where there are none in the window."""
    layers: dict[str, Any] = {"points": points, "lines": lines, "window": window}
    frames = {k: v for k, v in layers.items() if getattr(v, "crs", None) is not None}
    if frames:
        require_metric(**frames)
    xy, segments = points_xy(points), from_lines(lines)
    if not len(xy):
        raise GeometryError("there are no points to test")
    if not len(segments):
        raise GeometryError("there are no lines to measure distances to")
    outside = ~shapely.intersects_xy(as_polygon(window), xy[:, 0], xy[:, 1])
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise GeometryError(
            f"{outside.sum()} of {len(xy)} points lie outside the window, first row {row} at "
            f"{xy[row].tolist()}. Fix: a wider window, or drop them and say so"
        )
    return xy, segments


def rank_in(distance: Floats, reference: Floats) -> Floats:
    """Return the share of sorted reference distances below each distance; ties count half."""
    low = np.searchsorted(reference, distance, side="left")
    high = np.searchsorted(reference, distance, side="right")
    return np.asarray((low + high) / (2 * len(reference)))
