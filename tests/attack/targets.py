"""What the table of sightings tells by itself, and how much better a guess is.

A sighting's reported place is anywhere in its cell alike, as far as the table tells.  An attack
gives weights to the places of a fine lattice in the cell.  Its score is what a gambler wins who
bets by these weights against fair odds.  If the folder tells nothing but the cell, the expected win
is 1, and a win of `ENOUGH` has a probability of at most 1 / `ENOUGH` (Markov): whatever wins more
knows more (Shafer 2021, Testing by betting, JRSS A 184).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from attack.folder import Floats, Folder
from layers.schema import METRIC

ENOUGH = 1000.0
"""A gambler who wins so many times the stake knows more than the table."""

STAKES = (0.1, 0.5, 0.9)
"""Parts of the purse that are bet by the weights, a third of the purse each; what is kept is bet
on all places of the cell alike, which wins nothing."""


@dataclass(frozen=True)
class Target:
    """A sighting of the table, and the places where it may have been reported."""

    id: str
    uncertainty_m: float
    step_m: float
    """Side of the squares that the places stand for."""
    xy: Floats
    """(k, 2) places, EPSG:9141."""

    @property
    def middle(self) -> Floats:
        return np.asarray(self.xy.mean(axis=0))


Guess = Mapping[str, Floats]
"""Weights of the places of some targets, by id."""


@dataclass(frozen=True)
class Score:
    """How much better a guess is than the table."""

    won: float
    """Times the stake."""
    sightings: int
    error_m: float
    """Median distance from the guess to the truth."""
    table_m: float
    """The same from the middle of the cell."""

    @property
    def leaks(self) -> bool:
        return self.won >= ENOUGH


def targets(folder: Folder, step_m: float = 5.0) -> list[Target]:
    """Return the sightings of the table of a folder, each with its cell as places."""
    return cells(folder.sightings, step_m)


def cells(table: gpd.GeoDataFrame, step_m: float) -> list[Target]:
    """Return the rows of a table of sightings, each with its cell as places."""
    if table.empty:
        return []
    side = table["cell_m"].to_numpy(float)
    points = shapely.get_coordinates(table.to_crs(METRIC).geometry.values)
    corner = np.round(points / side[:, None] - 0.5) * side[:, None]
    boxes = [_lattice(c, s, step_m) for c, s in zip(corner, side, strict=True)]
    return [
        Target(str(name), float(u), step_m, xy)
        for name, u, xy in zip(table["id"], table["uncertainty_m"], boxes, strict=True)
    ]


def _lattice(corner: Floats, side_m: float, step_m: float) -> Floats:
    x, y = np.meshgrid(*(np.arange(c, c + side_m, step_m) + step_m / 2 for c in corner))
    return np.stack([x.ravel(), y.ravel()], axis=1)


NEAR_M = (0.5, 4.0, 20.0)
"""A guessed point may be so far from the truth; each alike."""


def near(target: Target, points: npt.ArrayLike) -> Floats:
    """Return weights of places by their distance to any of some points: even mix of `NEAR_M`."""
    at = np.asarray(points, dtype=float).reshape(-1, 2)
    weight = np.zeros(len(target.xy))
    if len(at):
        distance = shapely.distance(shapely.points(target.xy), shapely.multipoints(at))
        for radius in NEAR_M:
            inside = distance <= max(radius, target.step_m)
            weight += inside / max(inside.sum(), 1)
    return weight


def score(found: list[Target], guess: Guess, truth: Mapping[str, Floats]) -> Score:
    """Return what the guess wins, and its error beside that of the table.

    Parameters
    ----------
    found : list of Target
    guess : mapping of (k,) float arrays by id
        A target that is absent, or whose weights are all 0, is not bet on.
    truth : mapping of (2,) float arrays by id
        Reported places, EPSG:9141.
    """
    odds, errors, table = [], [], []
    for target in found:
        weight = guess.get(target.id, np.zeros(1))
        if not weight.sum() > 0:
            continue
        share = weight / weight.sum()
        at = int(np.argmin(np.hypot(*(target.xy - truth[target.id]).T)))
        odds.append(share[at] * len(share))
        likeliest = target.xy[share >= share.max() * (1 - 1e-9)].mean(axis=0)
        errors.append(float(np.hypot(*(likeliest - truth[target.id]))))
        table.append(float(np.hypot(*(target.middle - truth[target.id]))))
    if not odds:
        return Score(1.0, 0, np.nan, np.nan)
    won = np.mean([np.exp(np.log1p(s * (np.array(odds) - 1)).sum()) for s in STAKES])
    return Score(float(won), len(odds), float(np.median(errors)), float(np.median(table)))
