r"""Where a sighting's true place may be: the distribution of its true position.

A reported place lies in a cell of a grid, anywhere in it alike; the true place lies about the
reported one, uniform on a disc (a place described in words) or Gaussian (a device).  The law of the
true place about the middle of the cell is therefore the sum of the two.  It depends only on the
side of the cell and the uncertainty, so all sightings of one law share their nodes::

        +-------------+
        |             |      + the point: middle of the cell
        |      +      |      r the reported place: anywhere in the cell alike
        |        r    |      t the true place: within the uncertainty of r
        +---------\--+
                   t

Without a grid the law is the disc or the Gaussian; without uncertainty too, the point.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import ndtr

from geo.arrays import Floats, Ints, Objects
from geo.crs import Frame, as_frame
from geo.network.segments import points_xy
from geo.schema import GAUSSIAN_KINDS

DEVICE_SHARE: Final = 0.95
"""A device's `uncertainty_m` holds the position with this probability (`geo.schema`)."""
NODES: Final = 16
"""Nodes of the quadrature along each axis, where figures are reported.  Their error is about 0.01
of a probability, at worst 0.012 (`tests/geo/sightings/test_geo_laws.py`).  For 0.005 it takes 32
nodes and 3.3 times the time, more than distances from such coarse positions are worth."""
_TAIL_SIGMA: Final = 3.5
"""Standard deviations along each axis to which a Gaussian is followed: 0.1 % of it lies beyond, and
is added back in proportion."""
_DENSER: Final = 1.4
"""Nodes along an axis of a Gaussian for each one of a disc: it reaches farther for its width."""
_TABLE: Final = 100
"""Steps from a point to its reach in which a density is kept."""
_FINE: Final = 8
"""Points along each axis that stand for a square when it is laid over a disc."""


EXACT: Final = (
    "every position is exact: neither a column uncertainty_m nor a number was given"
)


class UncertaintyError(ValueError):
    """How far a sighting's true place may lie from its point is not known."""


class IdError(ValueError):
    """Two rows have one id."""


@dataclass(frozen=True)
class Places:
    """Nodes that stand for a law, each with the square that it stands for."""

    xy: Floats
    """Displacements from the point."""
    weight: Floats
    step_m: float
    """Side of each node's square; 0 for a single exact place."""

    def within(self, distance: Floats, band_m: float) -> Floats:
        """Return the share of each node's square within a band, from the distance of its middle."""
        if self.step_m == 0:
            return (distance <= band_m).astype(float)
        share = np.clip((band_m - distance) / self.step_m + 0.5, 0.0, 1.0)
        if band_m < self.step_m / 2:
            # The square may reach across the line and out of the band on its other side.
            share -= np.clip(0.5 - (band_m + distance) / self.step_m, 0.0, 1.0)
        return share


@dataclass(frozen=True)
class Law:
    """The law of a true place about its point."""

    cell_m: float
    """Side of the cell whose middle the point is; 0 without a grid."""
    radius_m: float
    """Radius of the disc, or of that which holds 95 % of a Gaussian."""
    gaussian: bool

    @cached_property
    def reach_m(self) -> float:
        """How far from its point the law is followed along each axis."""
        sigma = axis_sigma(self.radius_m)
        return self.cell_m / 2 + (
            _TAIL_SIGMA * sigma if self.gaussian else self.radius_m
        )

    def places(self, n: int = NODES) -> Places:
        """Return nodes that stand for the law, at least `n` to an axis, on a grid about its point.

        Where the point is the middle of a cell, the nodes halve its side again and again, so that
        laws about neighbouring cells share their nodes.
        """
        if self.reach_m == 0:
            return Places(np.zeros((1, 2)), np.ones(1), 0.0)
        step = 2 * self.reach_m / (_DENSER * n if self.gaussian else n)
        if self.cell_m > 0:
            step = self.cell_m * 2.0 ** np.floor(np.log2(step / self.cell_m))
        half = int(np.ceil(self.reach_m / step - 1e-9))
        offsets = (np.arange(-half, half) + 0.5) * step
        x, y = (a.ravel() for a in np.meshgrid(offsets, offsets))
        weight = self._mass(x, y, step)
        has_mass = weight > 0
        xy = np.stack([x[has_mass], y[has_mass]], axis=1)
        return Places(xy, weight[has_mass] / weight.sum(), step)

    def report(self, true: Floats, rng: np.random.Generator) -> Floats:
        """Return the points that reports of true places would have: an error, then the grid."""
        return middle(true + self.draw_errors(len(true), rng), self.cell_m)

    def draw(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return a true place for each point, at random by the law."""
        inside = (rng.random(points.shape) - 0.5) * self.cell_m
        return points + inside + self.draw_errors(len(points), rng)

    def draw_errors(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `n` displacements between a true and a reported place."""
        if self.gaussian:
            return rng.normal(0.0, axis_sigma(self.radius_m), (n, 2))
        radius, angle = (
            self.radius_m * np.sqrt(rng.random(n)),
            rng.uniform(0, 2 * np.pi, n),
        )
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    def density(self, displacement: Floats) -> Floats:
        """Return the relative density of the law at displacements (k, 2) from its point."""
        x, y = np.abs(displacement.T)
        if self.reach_m == 0:
            return np.asarray(((x == 0) & (y == 0)).astype(float))
        if self.cell_m == 0 and not self.gaussian:
            return np.asarray((np.hypot(x, y) <= self.radius_m).astype(float))
        step = self.reach_m / _TABLE
        column, row = (np.minimum(along / step, _TABLE).astype(int) for along in (x, y))
        return np.asarray(self._table[row, column])

    @cached_property
    def _table(self) -> Floats:
        """Density at steps from the point along each axis; 0 from the reach on."""
        step = self.reach_m / _TABLE
        x, y = np.meshgrid(*[(np.arange(_TABLE) + 0.5) * step] * 2)
        density = self._about(x.ravel(), y.ravel(), max(self.cell_m, step)).reshape(
            x.shape
        )
        return np.pad(density, (0, 1))

    def _mass(self, x: Floats, y: Floats, step: float) -> Floats:
        """Return the relative mass of squares of side `step`, with a grid by 3 by 3 points each."""
        if self.cell_m == 0:
            return self._about(x, y, step)
        third = np.array([-1.0, 0.0, 1.0]) * step / 3
        parts = (
            self._about(x + dx, y + dy, self.cell_m) for dx in third for dy in third
        )
        return np.asarray(sum(parts))

    def _about(self, x: Floats, y: Floats, side: float) -> Floats:
        """Return the share of a square about each displacement that the error alone reaches."""
        half = side / 2
        if self.radius_m == 0:
            return ((np.abs(x) <= half) & (np.abs(y) <= half)).astype(float)
        if self.gaussian:
            sigma = axis_sigma(self.radius_m)
            across = ndtr((x + half) / sigma) - ndtr((x - half) / sigma)
            return across * (ndtr((y + half) / sigma) - ndtr((y - half) / sigma))
        # The smaller of the two is laid out in points, so that none of it is missed.
        points = ((np.arange(_FINE) + 0.5) / _FINE - 0.5) * min(side, 2 * self.radius_m)
        dx, dy = (a.ravel() for a in np.meshgrid(points, points))
        if side > 2 * self.radius_m:
            disc = np.hypot(dx, dy) <= self.radius_m
            dx, dy = dx[disc], dy[disc]
        inside = np.zeros(len(x))
        for a, b in zip(dx, dy, strict=True):
            if side > 2 * self.radius_m:
                inside += (np.abs(x + a) <= half) & (np.abs(y + b) <= half)
            else:
                inside += np.hypot(x + a, y + b) <= self.radius_m
        return inside / len(dx)


def axis_sigma(radius_m: float) -> float:
    """Return the standard deviation per axis of a Gaussian with 95 per cent in a radius."""
    return float(radius_m / np.sqrt(-2 * np.log(1 - DEVICE_SHARE)))


def middle(xy: Floats, cell_m: float) -> Floats:
    """Return the middle of the cell of a grid that each position lies in; itself without a grid."""
    if cell_m == 0:
        return np.asarray(xy, dtype=float)
    return (np.floor(xy / cell_m) + 0.5) * cell_m


def laws_of(sightings: pd.DataFrame) -> tuple[tuple[Law, ...], Ints]:
    """Return the distinct laws of sightings, and the law of each; exact discs by default."""
    if "uncertainty_m" not in sightings:
        raise UncertaintyError(
            "sightings have no column uncertainty_m. Fix: sightings['uncertainty_m'] = 0 for exact "
            "positions"
        )
    given = sightings["uncertainty_m"]
    radius = pd.to_numeric(given, errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    unknown = ~(np.isfinite(radius) & (radius >= 0))
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise UncertaintyError(
            f"uncertainty_m of sighting {sightings.index[row]!r} is {given.iloc[row]}. Fix: "
            "give it in metres, 0 for an exact position, or leave the sighting out and say so"
        )
    cell = device = np.zeros(len(sightings))
    if "cell_m" in sightings:
        cell = sightings["cell_m"].to_numpy(float)
    if "located_kind" in sightings:
        device = np.asarray(sightings["located_kind"].isin(GAUSSIAN_KINDS), dtype=float)
    rows, which = np.unique(
        np.stack([cell, radius, device], axis=1), axis=0, return_inverse=True
    )
    laws = tuple(Law(float(c), float(r), bool(g) and r > 0) for c, r, g in rows)
    return laws, which.reshape(-1)


def cells_of(sightings: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the middle of each sighting's cell, (n, 2), and its side; exact places have side 0."""
    laws, law = laws_of(sightings)
    middles = points_xy(sightings)
    sides_m = np.array([law_of_row.cell_m for law_of_row in laws])[law]
    for side_m in np.unique(sides_m):
        rows = sides_m == side_m
        middles[rows] = middle(middles[rows], side_m)
    return middles, sides_m


def as_sightings(
    points: Frame, uncertainty_m: float | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return points with the uncertainty of their positions, and what was assumed for it.

    A number holds for all of them; without one their column does, else every position is exact.
    One that is missing, empty or no point raises `GeometryError`.
    """
    frame = as_frame(points)
    points_xy(points)
    if uncertainty_m is None and "uncertainty_m" in frame:
        return frame, ()
    if isinstance(uncertainty_m, str):
        raise UncertaintyError(
            f"uncertainty_m is the text {uncertainty_m!r}. Fix: metres, as 50.0"
        )
    radius = 0.0 if uncertainty_m is None else float(uncertainty_m)
    if not 0 <= radius < np.inf:
        raise UncertaintyError(
            f"uncertainty_m is {radius}. Fix: metres, 0 for exact positions"
        )
    assumed = () if uncertainty_m is not None else (EXACT,)
    return frame.assign(uncertainty_m=radius), assumed


def ids_of(rows: pd.DataFrame, name: str = "sightings") -> Objects:
    """Return the ids of rows, by default sightings; where they have none, their labels.

    Raises `IdError` if an id stands twice: whatever is said of it would be of two rows.
    """
    labels = pd.Series(list(map(str, rows.index)), dtype="string")
    ids, what, of = labels, "label", f"the index of {name}"
    fix = f"{name} = {name}.reset_index(drop=True)"
    if "id" in rows:
        ids = rows["id"].astype("string").reset_index(drop=True).fillna(labels)
        what, of, fix = ("id", name, f"{name} = {name}.assign(id=range(len({name})))")
    if not ids.is_unique:
        first = ids[ids.duplicated()].iloc[0]
        shown = repr(first) if what == "id" else first
        places = ", ".join(map(str, np.flatnonzero(ids == first)[:5]))
        raise IdError(f"{what} {shown} stands in rows {places} of {of}. Fix: {fix}")
    return ids.to_numpy(object)
