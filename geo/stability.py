"""How sure the ranking of hotspots is, given where the sightings may really have been."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np

from geo.hotspots import segments_above
from geo.network import Floats, Ints, Network
from geo.positions import Positions
from geo.replicas import Replicas, densities


def redraws(
    network: Network, points: gpd.GeoSeries, uncertainty_m: Floats, *, draws: int, seed: int
) -> list[Positions]:
    """Draw each sighting anew on the disc that holds it, and place it on the network.

    Uniform on the disc for every kind of sighting: hotspots are made from exported positions,
    whose discs hold the recorded ones and no longer tell a device's error.

    Parameters
    ----------
    network : geo.network.Network
    points : geopandas.GeoSeries of Point, in the network's CRS
    uncertainty_m : (n,) float array
        Radius of each disc.
    draws, seed : int

    Returns
    -------
    list of geo.positions.Positions
    """
    rng = np.random.default_rng(seed)
    n = len(points)
    radius = np.tile(uncertainty_m, draws) * np.sqrt(rng.random(n * draws))
    angle = 2 * np.pi * rng.random(n * draws)
    x = np.tile(points.x.to_numpy(), draws) + radius * np.cos(angle)
    y = np.tile(points.y.to_numpy(), draws) + radius * np.sin(angle)
    at = Positions.of(network, network.snap(gpd.GeoSeries.from_xy(x, y, crs=points.crs)))
    return [at.take(np.arange(k * n, (k + 1) * n)) for k in range(draws)]


def left_out(positions: Positions, weights: Floats) -> tuple[list[Positions], list[Floats]]:
    """Return the patterns that lack one event each, and their weights."""
    rest = [np.delete(np.arange(len(positions)), k) for k in range(len(positions))]
    return [positions.take(r) for r in rest], [weights[r] for r in rest]


def share_in_top(
    network: Network,
    patterns: Sequence[Positions],
    weights: Sequence[Floats],
    segment: Sequence[tuple[Ints, Floats, Floats]],
    *,
    sigma_m: float,
    lixel_m: float,
    threshold: float,
    top: int,
) -> Floats:
    """Return for each segment in how many of the patterns it is among the `top` hotspots.

    A segment is among them if it shares a stretch with one.

    Parameters
    ----------
    network : geo.network.Network
    patterns, weights
        As for `geo.replicas.densities`.
    segment : sequence of (edge, from_m, to_m)
        Stretches that make up each segment.
    sigma_m, lixel_m, threshold
        As for the hotspots themselves.
    top : int

    Returns
    -------
    (len(segment),) float array, from 0 to 1; not a number without patterns
    """
    if not len(patterns):
        return np.full(len(segment), np.nan)
    found = densities(network, patterns, weights, sigma_m, lixel_m)
    hot = _in_top(found, len(patterns), threshold, top)
    lixels = found.lixels
    edge, pattern = found.original[hot], found.pattern[hot]
    begin, end = lixels.from_m[hot], (lixels.from_m + lixels.length_m)[hot]
    share = [
        len(np.unique(pattern[_touching(edge, begin, end, stretch)])) / len(patterns)
        for stretch in segment
    ]
    return np.array(share)


def _in_top(found: Replicas, patterns: int, threshold: float, top: int) -> Ints:
    """Return the lixels of the `top` densest segments of every pattern."""
    level = threshold * found.peaks(patterns)[found.pattern]
    label = segments_above(found.lixels, found.density, level)
    hot = np.flatnonzero(label >= 0)
    peak = np.zeros(label.max(initial=-1) + 1)
    np.maximum.at(peak, label[hot], found.density[hot])
    owner = np.zeros(len(peak), dtype=np.int64)
    owner[label[hot]] = found.pattern[hot]
    order = np.lexsort((-peak, owner))
    first = np.searchsorted(owner[order], owner[order])
    rank = np.empty(len(peak), dtype=np.int64)
    rank[order] = np.arange(len(peak)) - first
    return hot[rank[label[hot]] < top]


def _touching(edge: Ints, begin: Floats, end: Floats, stretch: tuple[Ints, Floats, Floats]) -> Ints:
    """Return which lixels overlap one of the stretches."""
    hit = [
        np.flatnonzero((edge == e) & (begin < to) & (end > start))
        for e, start, to in zip(*stretch, strict=True)
    ]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *hit]))
