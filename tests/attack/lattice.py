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
from geo.chance.nulls import spread_in
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
    guess = np.array(world.window([t.middle for t in found]).bounds)
    for unit in _units(world, guess):
        fitted = _fit(xy, unit, guess)
        if fitted is not None:
            return _origin(xy, unit, *fitted, world, found)
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
    xy: Floats, unit: Unit, size: Floats, place: Floats, world: World, found: list[Target]
) -> Floats:
    """Return the bounds, of those that the lattice allows the ones that give the points again.

    The lattice repeats itself every 70 m or so.  The points are a sample by a known seed: the
    window that the bounds belong to is filled and sampled anew, as the public code does it.
    """
    guess = np.array(world.window([t.middle for t in found]).bounds)
    short = _reduced(unit, size) * size
    start = place - unit.shift * size
    nearest = np.round((guess[:2] - start) @ np.linalg.inv(short))
    turns = np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), axis=-1).reshape(-1, 2)
    corners = start + (nearest + turns) @ short
    corners = corners[np.abs(corners - guess[:2]).max(axis=1) <= 150]
    options = [np.array([*corner, *(corner + size)]) for corner in corners]
    off = [_off(xy, _outermost(bounds, world, found), world) for bounds in options]
    return options[int(np.argmin(off))] if options else guess


def _off(xy: Floats, at: Floats, world: World) -> float:
    """Return how far the points lie from those of a window about positions, west to east.

    A window that is a little wrong holds some more places or fewer: each is then mistaken for one
    of the next in number, which lie next to it from west to east, though not from south to north.
    """
    params = world.params.corridors
    spread = spread_in(world.window(list(at)), params.null_points, params.seed)
    rng = np.random.default_rng(params.seed)
    for _ in range(params.nulls.index("uniform") + 1):
        drawn = rng.choice(len(spread), min(len(xy), len(spread)), replace=False, shuffle=False)
    return float(np.median(np.abs(spread[drawn, 0] - xy[: len(drawn), 0])))


def _outermost(bounds: Floats, world: World, found: list[Target]) -> Floats:
    """Return positions of the sightings, the outermost such that the window has these bounds."""
    at = np.array([t.middle for t in found])
    for _ in range(60):
        off = bounds - np.array(world.window(list(at)).bounds)
        for side in range(4):
            axis, sign = side % 2, -1 if side < 2 else 1
            at[np.argmax(sign * at[:, axis]), axis] += off[side] / 2
        if np.abs(off).max() < 0.01:
            break
    return at


def _placed(bounds: Floats, world: World, found: list[Target]) -> Guess:
    """Return where the outermost sightings were, so that the window about them has these bounds."""
    at = _outermost(bounds, world, found)
    outer = {int(np.argmax(s * at[:, a])) for a in (0, 1) for s in (-1, 1)}
    guess = {}
    for i in outer:
        target, known = found[i], []
        for axis in (0, 1):
            edge = i in (int(np.argmax(at[:, axis])), int(np.argmin(at[:, axis])))
            known.append(edge and abs(at[i, axis] - target.middle[axis]) <= 80)
        if all(known):
            guess[target.id] = near(target, at[i])
        elif any(known):
            axis = known.index(True)
            off_m = np.abs(target.xy[:, axis] - at[i, axis])
            bands = [(off_m <= max(w, target.step_m / 2)).astype(float) for w in (1.0, 3.0, 15.0)]
            guess[target.id] = np.sum([b / max(b.sum(), 1) for b in bands], axis=0)
    return guess
