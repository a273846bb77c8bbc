"""Cell intersection: of each figure, which places would give it if it were made from exact ones.

Every method supposes that a figure rests on the exact place, runs the measure on each place of the
cell, and keeps those that give the figure to its printed precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import least_squares, nnls
from scipy.special import ndtr

from attack.folder import Floats, Folder
from attack.targets import Guess, Target, near
from attack.world import World
from geo import heat, lixels
from geo.laws import Law
from geo.sightings.door import UNCERTAINTY_M

STEPS = (50.0, 25.0, 10.0, 5.0, 1.0, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4)
"""Steps in which a column of figures may be printed."""

NODES = 12
"""Nodes along each axis that stand for a disc."""

SPOT_M = 10.0
"""Places on the network that the density of lixels tells apart."""

THIN_M = 5.0
"""Squares in which figures of discs are compared: they change little over so few metres."""

QUANTILES = {"distance_low_m": 0.05, "distance_m": 0.5, "distance_high_m": 0.95}


def step_of(values: pd.Series) -> float:
    """Return the widest step of which all values are multiples; 0.0001 where there is none."""
    known = values.dropna().to_numpy(float)
    for step in STEPS:
        if np.abs(known - np.round(known / step) * step).max(initial=0.0) < 1e-6:
            return step
    return STEPS[-1]


def distances(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places whose distances to the corridors are those of the table."""
    table = folder.rows("proximity")
    if "distance_m" not in table:
        return {}
    step = step_of(table["distance_m"])
    guess = {t.id: np.ones(len(t.xy)) for t in found}
    for target, kind, row in _rows(table, found):
        if kind in world.corridors and pd.notna(row["distance_m"]):
            away, _ = world.corridors[kind].segments.nearest(target.xy)
            # A place stands for its square, any of whose places may be the one.
            slack = step / 2 + target.step_m * np.sqrt(0.5)
            guess[target.id] = guess[target.id] * (np.abs(away - row["distance_m"]) <= slack)
    return guess


def discs(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places whose disc has the shares within bands and the quantiles of the table.

    The radius of the disc is any that the table's step of uncertainty allows.
    """
    return kept_discs(folder.rows("proximity"), world, found)


def kept_discs(table: pd.DataFrame, world: World, found: list[Target]) -> Guess:
    """Do as `discs` with any table of shares and quantiles."""
    bands = {n: float(n[2:-1].replace("_", ".")) for n in table if str(n).startswith("p_")}
    steps = {n: step_of(table[n]) for n in table if n in bands or n in QUANTILES}
    guess = {}
    for target in found:
        rows = [(kind, row) for t, kind, row in _rows(table, [target]) if kind in world.corridors]
        some, which = _thinned(target)
        weight = np.zeros(len(some))
        for radius in _radii(target.uncertainty_m):
            kept = np.ones(len(some))
            places = Law(0.0, radius, gaussian=False).places(NODES)
            for kind, row in rows:
                away = _away(world, kind, some, places.xy)
                for name, step in steps.items():
                    if pd.isna(row[name]):
                        continue
                    if name in bands:
                        value = places.within(away, bands[name]) @ places.weight
                        slack = step / 2 + 0.03 + THIN_M / 2 / max(radius, THIN_M)
                    else:
                        value = np.quantile(away, QUANTILES[name], axis=1)
                        slack = step / 2 + radius / NODES + THIN_M
                    kept *= np.abs(value - row[name]) <= slack
            weight += kept
        guess[target.id] = weight[which]
    return guess


def _thinned(target: Target) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the middles of squares of `THIN_M` of a cell, and the one of each place."""
    square = np.floor((target.xy - target.xy.min(axis=0)) / THIN_M)
    some, which = np.unique(square, axis=0, return_inverse=True)
    return (some + 0.5) * THIN_M + target.xy.min(axis=0), which.reshape(-1)


def _away(world: World, kind: str, xy: Floats, disc: Floats) -> Floats:
    """Return the distances to a corridor of the nodes of the disc about each place, (k, nodes)."""
    about = (xy[:, None, :] + disc[None]).reshape(-1, 2)
    away, _ = world.corridors[kind].segments.nearest(about)
    return away.reshape(len(xy), -1)


def _radii(step_m: float) -> Floats:
    """Return radii that are raised to a step of uncertainty."""
    if step_m == 0:
        return np.zeros(1)
    below = UNCERTAINTY_M[UNCERTAINTY_M.index(step_m) - 1]
    return np.linspace(below, step_m, 4)[1:]


def curves(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places whose distance to a corridor is one at which its observed curve rises."""
    table = folder.rows("corridor_curves")
    if table.empty:
        return {}
    guess = {t.id: np.ones(len(t.xy)) for t in found}
    for kind, curve in table.drop_duplicates(["corridor", "distance_m"]).groupby("corridor"):
        if kind not in world.corridors:
            continue
        at, share = (curve[c].to_numpy(float) for c in ("distance_m", "observed"))
        rises = [
            (low, high)
            for (low, a), (high, b) in pairwise(zip(at, share, strict=True))
            if b - a >= 0.5 / len(found)
        ]
        for target in found:
            away, _ = world.corridors[str(kind)].segments.nearest(target.xy)
            inside = np.zeros(len(away))
            for low, high in rises:
                inside += (away > low - target.step_m) & (away <= high + target.step_m)
            within = (away >= at.min()) & (away <= at.max())
            if rises and within.all():
                guess[target.id] = guess[target.id] * inside
    return {name: weight for name, weight in guess.items() if np.ptp(weight) > 0}


def intersection(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places that distances, discs and curves keep together, where some are left."""
    guess = {t.id: np.ones(len(t.xy)) for t in found}
    for method in (distances, discs, curves):
        for name, weight in method(folder, world, found).items():
            both = guess[name] * weight
            guess[name] = both if both.sum() > 0 else guess[name]
    return guess


def surface(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Fit the places whose Gaussians add up to the raster of density."""
    raster = folder.raster("density")
    if raster is None or not found:
        return {}
    values, x, y = raster
    sigma, cell = world.params.hotspots.bandwidth_m, abs(x[1] - x[0])
    values = np.nan_to_num(values)
    start = np.array([t.middle for t in found])

    def off(flat: Floats) -> Floats:
        at = flat.reshape(-1, 2)
        across = [_mass(axis, at[:, k], cell, sigma) for k, axis in enumerate((x, y))]
        made = np.einsum("ni,nj->ij", across[1], across[0])
        return (made / made.sum() - values / values.sum()).ravel() * len(at)

    fitted = least_squares(off, start.ravel(), x_scale=sigma, max_nfev=40)
    at = fitted.x.reshape(-1, 2)
    return {t.id: near(t, p) for t, p in zip(found, at, strict=True)}


def _mass(axis: Floats, at: Floats, cell: float, sigma: float) -> Floats:
    """Return the share of each Gaussian in each column of cells."""
    edges = np.r_[axis - np.sign(axis[1] - axis[0]) * cell / 2]
    far = edges + np.sign(axis[1] - axis[0]) * cell
    high, low = np.maximum(edges, far), np.minimum(edges, far)
    return np.asarray(ndtr((high - at[:, None]) / sigma) - ndtr((low - at[:, None]) / sigma))


def densities(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Weigh the places on the network whose heat kernels add up to the density of the lixels.

    Every place of a cell is moved to the nearest edge; the kernels of those, least squares without
    negative weights.
    """
    table = folder.layer("lixels")
    if table.empty:
        return {}
    net, sigma = world.lines, world.params.hotspots.bandwidth_m
    key = {k: i for i, k in enumerate(zip(table["edge"], table["from_m"].round(1), strict=True))}
    columns, owners = [], []
    for number, target in enumerate(found):
        snaps = net.snap(gpd.GeoSeries(shapely.points(target.xy), crs=net.crs))
        spots = snaps.assign(spot=(snaps["offset_m"] / SPOT_M).round())
        for _, group in spots.groupby(["edge", "spot"]):
            at = np.array([group["edge"].iloc[0]]), np.array([group["offset_m"].mean()])
            sources = heat.Sources(*at, np.ones(1), np.full(1, sigma))
            cut = lixels.cut(net, world.params.hotspots.lixel_m,
                             lixels.reached(net, *at, sources.reach_m))  # fmt: skip
            column = np.zeros(len(table))
            rows = [key.get(k, -1) for k in zip(cut.edge, cut.from_m.round(1), strict=True)]
            column[np.maximum(rows, 0)] = np.where(
                np.array(rows) >= 0, heat.on_lixels(sources, cut) * 1000, 0.0
            )
            columns.append(column)
            owners.append((number, group.index.to_numpy()))
    weights, _ = nnls(np.stack(columns, axis=1), table["density_per_km"].to_numpy(float))
    guess = {t.id: np.zeros(len(t.xy)) for t in found}
    for (number, places), weight in zip(owners, weights, strict=True):
        guess[found[number].id][places] += weight / len(places)
    return guess


def snapped(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places that are moved to the middle of a hotspot, or to a point of observed need."""
    hotspots, need = folder.layer("hotspots"), folder.layer("need")
    points = []
    if not hotspots.empty:
        for line in hotspots.to_crs(world.lines.crs).geometry:
            whole = shapely.line_merge(line)
            points.append(shapely.line_interpolate_point(whole, 0.5, normalized=True))
    if not need.empty:
        points += list(need[need["observed"] > 0].to_crs(world.lines.crs).geometry)
    return _moved_to(world, found, shapely.get_coordinates(np.array(points)))


def _moved_to(world: World, found: list[Target], points: Floats) -> Guess:
    """Return the places whose nearest place on the network is one of some points."""
    guess: dict[str, Floats] = {}
    points = points.reshape(-1, 2)
    for target in found:
        snaps = world.snapped(target.xy)
        low, high = snaps.min(axis=0) - 25, snaps.max(axis=0) + 25
        about = points[((points >= low) & (points <= high)).all(axis=1)]
        if not len(about):
            continue
        away = shapely.distance(shapely.points(snaps), shapely.multipoints(about))
        inside = [(away <= r + target.step_m / 2).astype(float) for r in (2.0, 8.0, 25.0)]
        guess[target.id] = np.sum([i / max(i.sum(), 1) for i in inside], axis=0)
    return guess


def _rows(table: pd.DataFrame, found: list[Target]) -> Iterator[tuple[Target, str, pd.Series]]:
    """Return the rows of the table of nearness, each with its target and corridor kind."""
    known = {t.id: t for t in found}
    for _, row in table.iterrows():
        if row["sighting"] in known:
            yield known[row["sighting"]], str(row["corridor"]), row


Method = Callable[[Folder, World, list[Target]], Guess]
