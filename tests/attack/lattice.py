"""Lattice inversion: an even lattice over a window tells the window's bounds.

Positions of a null model lie on a Fibonacci lattice, stretched over the bounds of a window that was
drawn about the sightings.  The lattice of the unit square is public, the seed that shifts it too;
four numbers are left, and two thousand points give them to millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from attack.folder import Floats, Folder
from attack.targets import Guess, Target, near
from attack.world import World

from layers.schema import METRIC, WGS84

FITS_M = 1.0
"""A lattice fits points that lie no farther from it; their coordinates are rounded to a metre."""


@dataclass(frozen=True)
class Unit:
    """A Fibonacci lattice in the unit square: places k (1, step) / many + shift, modulo 1."""

    many: int
    step: int
    shift: Floats

    def vector(self, k: Floats) -> Floats:
        return np.stack([k / self.many, k * self.step % self.many / self.many], axis=1)


def invert(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Return where the sightings at the edge of the window were, from the lattice that fills it."""
    bounds = measured(folder, world, found)
    return {} if bounds is None else _placed(bounds, world, found)


def measured(folder: Folder, world: World, found: list[Target]) -> Floats | None:
    """Return west, south, east and north of the window of a lattice; None where none fits."""
    layer = folder.layer("null_points")
    if not layer.empty:
        layer = layer[layer["null"] == "uniform"]
    lonlat = shapely.get_coordinates(layer.geometry.values)
    if not len(lonlat):
        lonlat = folder.map_points("null_uniform")
    if len(lonlat) < 100 or not found:
        return None
    points = gpd.GeoSeries(shapely.points(lonlat), crs=WGS84).to_crs(METRIC)
    xy = shapely.get_coordinates(points.values)
    window = world.window([t.middle for t in found])
    guess = np.array(window.bounds)
    for unit in _units(world, guess):
        fitted = _fit(xy, unit, guess)
        if fitted is not None:
            return _origin(xy, unit, *fitted, window, world)
    return None


def _units(world: World, bounds: Floats) -> list[Unit]:
    """Return the lattices that the public code may have laid over such bounds."""
    n, seed = world.params.corridors.null_points, world.params.corridors.seed
    area = np.prod(bounds[2:] - bounds[:2])
    shift = np.random.default_rng(seed).random(2)
    step, many, units = 1, 2, []
    while many < 8 * n:
        if many >= 0.5 * n and area > 0:
            units.append(Unit(many, step, shift))
        step, many = many, step + many
    return units


def _fit(xy: Floats, unit: Unit, guess: Floats) -> tuple[Floats, Floats] | None:
    """Return the sides of the window and a place of the lattice, grown from the middle outwards.

    Near one point the lattice is known although the sides are not: its vectors there are short.
    With each fit the sides are known better, and points farther away can be named.
    """
    size = guess[2:] - guess[:2]
    away = np.hypot(*(xy - np.median(xy, axis=0)).T)
    order = np.argsort(np.hypot(*(xy - xy[np.argmin(away)]).T))
    sorted_xy = xy[order] - xy[order[0]]
    short = _reduced(unit, size)
    reach, origin = 500.0, np.zeros(2)
    while True:
        inside = np.hypot(*sorted_xy.T) <= reach
        basis = short * size
        whole = np.round((sorted_xy[inside] - origin) @ np.linalg.inv(basis))
        vector = whole @ short
        if inside.sum() >= 4:
            for axis in (0, 1):
                design = np.stack([vector[:, axis], np.ones(inside.sum())], axis=1)
                (side, start), *_ = np.linalg.lstsq(design, sorted_xy[inside, axis], rcond=None)
                size[axis], origin[axis] = side, start
            off = sorted_xy[inside] - origin - vector * size
            if np.abs(off).max() > FITS_M or not (size > 0).all():
                return None
        if inside.all():
            return size, origin + xy[order[0]]
        reach *= 1.3


def _reduced(unit: Unit, size: Floats) -> Floats:
    """Return the two shortest independent vectors of the unit lattice, as its window stretches it.

    By Lagrange's reduction.
    """
    a, b = np.array([1.0, unit.step]) / unit.many, np.array([0.0, 1.0])
    while True:
        if np.hypot(*(a * size)) > np.hypot(*(b * size)):
            a, b = b, a
        turn = round(float((a * size) @ (b * size) / ((a * size) @ (a * size))))
        if turn == 0:
            return np.stack([a, b])
        b = b - turn * a


def _origin(
    xy: Floats, unit: Unit, size: Floats, place: Floats, window: shapely.Geometry, world: World
) -> Floats:
    """Return the bounds, of those that the lattice allows the ones that fit the order of points.

    The lattice repeats itself every 70 m or so.  The points are a sample by a known seed: the
    number of each in the lattice must rank as the sample's draws do.
    """
    guess, area = np.array(window.bounds), window.area
    short = _reduced(unit, size)
    start = place - unit.shift * size
    nearest = np.round((guess[:2] - start) @ np.linalg.inv(short * size))
    best, bounds = -1.0, guess
    rank = _drawn(len(xy), round(unit.many * area / float(np.prod(size))), world)
    for i in range(-4, 5):
        for j in range(-4, 5):
            corner = start + (nearest + [i, j]) @ (short * size)
            if np.abs(corner - guess[:2]).max() > 150:
                continue
            k = np.round(((xy[:, 0] - corner[0]) / size[0] - unit.shift[0]) % 1 * unit.many)
            # Rounded coordinates tell k roughly; which of the near ones the other axis settles.
            k = _settled(k, (xy[:, 1] - corner[1]) / size[1] - unit.shift[1], unit)
            right = float((np.abs(np.argsort(np.argsort(k)) - rank) <= 3).mean())
            if right > best:
                best, bounds = right, np.array([*corner, *(corner + size)])
    return bounds


def _settled(k: Floats, y: Floats, unit: Unit) -> Floats:
    """Return for each point the number near `k` whose other coordinate agrees best."""
    options = (k[:, None] + np.arange(-12, 13)) % unit.many
    off = (options * unit.step % unit.many / unit.many - y[:, None]) % 1
    return options[np.arange(len(k)), np.argmin(np.minimum(off, 1 - off), axis=1)]


def _drawn(n: int, many: int, world: World) -> Floats:
    """Return how the sample's draws of `n` rank; of how many they are need be known roughly only."""
    rng = np.random.default_rng(world.params.corridors.seed)
    models = world.params.corridors.nulls
    for _ in range(models.index("uniform") + 1):
        drawn = rng.choice(many, n, replace=False, shuffle=False)
    return np.asarray(np.argsort(np.argsort(drawn)), dtype=float)


def _placed(bounds: Floats, world: World, found: list[Target]) -> Guess:
    """Return where the outermost sightings were, so that the window about them has these bounds."""
    at = np.array([t.middle for t in found])
    for _ in range(20):
        off = bounds - np.array(world.window(list(at)).bounds)
        for side in range(4):
            axis, sign = side % 2, -1 if side < 2 else 1
            at[np.argmax(sign * at[:, axis]), axis] += off[side]
    outer = {int(np.argmax(s * at[:, a])) for a in (0, 1) for s in (-1, 1)}
    guess = {}
    for i in outer:
        target, known = found[i], []
        for axis in (0, 1):
            edge = i in (int(np.argmax(at[:, axis])), int(np.argmin(at[:, axis])))
            known.append(edge and abs(at[i, axis] - target.middle[axis]) <= 80)
        if all(known):
            guess[target.id] = near(target, at[i], (1.0, 3.0, 10.0, 30.0))
        elif any(known):
            axis = known.index(True)
            off_m = np.abs(target.xy[:, axis] - at[i, axis])
            bands = [(off_m <= max(w, target.step_m / 2)).astype(float) for w in (1.0, 3.0, 15.0)]
            guess[target.id] = np.sum([b / max(b.sum(), 1) for b in bands], axis=0)
    return guess
