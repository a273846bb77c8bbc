"""Hotspots, ranked and named: the best windows of a network scan, with what each rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Bools, Floats, Ints
from geo.chance.nulls import Null
from geo.crs import require_metric
from geo.hotspots import heat, scan
from geo.hotspots.heat import Sources
from geo.network.cells import Placing, distinct
from geo.network.graph import Network
from geo.network.lixels import Lixels, cut, reached
from geo.params import HotspotParams
from geo.results import Hotspots, gate
from geo.sightings.laws import Law, laws_of, middle
from layers.schema import HOTSPOTS

MOST: Final = 10
"""No more hotspots than so many."""

TOP: Final = 3
"""A ranking is stable if the same hotspots stay among the first so many."""

ALPHA: Final = 0.05


@dataclass(frozen=True)
class _Events:
    """The sightings that can be placed on the network, law by law."""

    laws: tuple[Law, ...]
    points: tuple[Floats, ...]
    """(n_l, 2) each: middles of their cells."""
    row: Ints
    """(n,): row of each in the table of sightings."""
    placed: Bools
    """(all,): which of all they are."""


def find(
    network: Network,
    sightings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: HotspotParams,
    *,
    effort: Null,
) -> Hotspots:
    """Return the density of sightings along the network, and the hotspots that a scan finds.

    Each sighting is one event, spread by length over the edges in reach of its cell.

    Parameters
    ----------
    network : geo.network.graph.Network
        Roads, paths and tracks together.
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, in the network's CRS
        The events.
    places : geopandas.GeoDataFrame, table `PLACES`, in the network's CRS
    params : geo.params.HotspotParams
    effort : geo.chance.nulls.Null
        True places under reporting effort: the null of every score and p-value.

    Returns
    -------
    geo.results.Hotspots
        Without hotspots where fewer than two sightings can be placed.

    Raises
    ------
    geo.crs.CRSError, geo.sightings.laws.UncertaintyError
        If the frames are not in the network's CRS, or an uncertainty is not known.
    geo.network.graph.NetworkError
        If hardly any report by effort lies near the network.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26, 1481-1496.
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), sightings=sightings, places=places)
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    events = _events(placing, sightings)
    ids = sightings["id"].astype(str).to_numpy()
    sources = _sources(placing, events, params.bandwidth_m)
    reach = max(sources.reach_m, 2 * params.radii_m[-1])
    exported = cut(network, params.lixel_m, reached(network, sources.edge, sources.offset_m, reach))
    density = heat.heat_density(sources, exported)
    lixels = cut(network, params.lixel_m)
    rank, rows, least = np.zeros(len(lixels), np.int64), HOTSPOTS.frame(), ""
    if len(events.row) > 1:
        rank, rows, least = _scanned(placing, lixels, events, ids, params, effort)
    rank = rank[lixels.holding(exported.edge, exported.middle_m)]
    return Hotspots(
        lixels=exported.frame(density, rank),
        segments=_segments(rows, exported, rank, places),
        gate=gate("hotspots", len(events.row), least),
        simulations=params.simulations,
        draws=params.draws,
        unplaced=tuple(ids[~events.placed]),
    )


def _events(placing: Placing, sightings: gpd.GeoDataFrame) -> _Events:
    """Return the sightings that can be placed, by the law of their positions."""
    laws, law = laws_of(sightings)
    xy = shapely.get_coordinates(sightings.geometry.values)
    for number, own in enumerate(laws):
        xy[law == number] = middle(xy[law == number], own.cell_m)
    placed = placing.placed(xy, np.array([own.cell_m for own in laws])[law])
    rows = [np.flatnonzero(placed & (law == number)) for number in range(len(laws))]
    none = np.zeros(0, dtype=np.int64)
    return _Events(laws, tuple(xy[r] for r in rows), np.concatenate([none, *rows]), placed)


def _sources(placing: Placing, events: _Events, sigma_m: float) -> Sources:
    """Return the events as sources of the density: their pieces, joined on each lixel."""
    xy = np.concatenate([np.zeros((0, 2)), *events.points])
    sides = np.repeat([law.cell_m for law in events.laws], [len(p) for p in events.points])
    where, side, number = distinct(xy, sides)
    pieces = placing.pieces(where, side)
    weight = np.bincount(number, minlength=len(where))[pieces.cell] * pieces.share
    lixel = np.floor(pieces.offset_m / placing.piece_m)
    key = np.stack([pieces.edge, lixel.astype(np.int64)])
    kept, joined = np.unique(key, axis=1, return_inverse=True)
    edge, joined = kept[0], joined.reshape(-1)
    mass = np.bincount(joined, weight, len(edge)).astype(float)
    offset = np.asarray(np.bincount(joined, weight * pieces.offset_m, len(edge)) / mass)
    return Sources(edge, offset, mass, np.full(len(edge), sigma_m))


def _scanned(
    placing: Placing,
    lixels: Lixels,
    events: _Events,
    ids: npt.NDArray[np.object_],
    params: HotspotParams,
    effort: Null,
) -> tuple[Ints, pd.DataFrame, str]:
    """Return the hotspot of each lixel, the figures of each, and what could have been found."""
    pool_seed, chance_seed, redraw_seed = np.random.SeedSequence(params.seed).spawn(3)
    reports = scan.reports_by_effort(
        placing, lixels, events.laws, events.points, effort, np.random.default_rng(pool_seed)
    )
    weight = reports.weight(np.concatenate(reports.both))
    windows = scan.windows_about(lixels, np.flatnonzero(weight), np.array(params.radii_m))
    with_pool, counts = windows.counts(weight), windows.counts(reports.weight(reports.observed))
    mean = scan.expected(with_pool, counts, reports.each)
    score = scan.scores(counts, mean, reports.n)
    maxima = scan.null_maxima(windows, reports, with_pool, params.simulations, chance_seed)
    chosen = windows.best(score, MOST)
    rank, sightings = np.zeros(len(lixels), dtype=np.int64), []
    for k, window in enumerate(chosen):
        held = windows.lixels(window)
        rank[held] = k + 1
        on = np.asarray(reports.on_lixels[:, held].sum(axis=1))[reports.observed] > 0
        sightings.append(ids[np.sort(events.row[on])])
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(chosen) + 1),
            "radius_m": windows.radii_m[np.array(chosen, dtype=np.int64) % len(windows.radii_m)],
            "length_m": np.bincount(rank, lixels.length_m, len(chosen) + 1)[1:],
            "reported": counts.flat[chosen],
            "expected": mean.flat[chosen],
            "ratio": counts.flat[chosen] / mean.flat[chosen],
            "score": score.flat[chosen],
            "p_value": scan.p_value(score.flat[chosen], maxima),
            "in_top_redrawn": scan.top_redrawn(
                windows, placing, lixels, reports, rank,
                draws=params.draws, top=TOP, seed=redraw_seed,
            ),
            "in_top_left_out": scan.top_left_out(windows, reports, counts, mean, rank, TOP),
            "share": counts.flat[chosen] / len(ids),
            "sightings": ["; ".join(own) for own in sightings],
            "n_sightings": [len(own) for own in sightings],
        }
    )  # fmt: skip
    return rank, rows, _detects(mean[:, 0], reports.n, maxima, params.radii_m[0])


def _detects(mean: Floats, n: int, maxima: Floats, radius_m: float) -> str:
    """Return how many reports in a window where effort is usual would exceed chance.

    Usual is the median over the reports that effort would bring, not over the length of roads.
    """
    level = maxima[int(np.ceil((1 - ALPHA) * (len(maxima) + 1) - 1e-9)) - 1]
    rising = np.sort(mean)
    usual = rising[np.searchsorted(np.cumsum(rising), rising.sum() / 2)]
    possible = np.arange(2.0, n + 1)
    enough = possible[scan.scores(possible, np.full(len(possible), usual), n) > level]
    if not len(enough):
        return "no number of so few would exceed chance where effort is usual"
    return f"{enough[0]:.0f} within {radius_m:g} m would exceed chance where effort is usual"


def _segments(
    rows: pd.DataFrame, lixels: Lixels, rank: Ints, places: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the hotspots as table `HOTSPOTS`: the network that each holds, the nearest place."""
    pieces = lixels.as_network.geometry
    merged = [shapely.line_merge(shapely.union_all(pieces[rank == k])) for k in rows["rank"]]
    lines = [shapely.MultiLineString([*shapely.get_parts(line)]) for line in merged]
    if lines and len(places):
        away = shapely.distance(np.array(lines)[:, None], np.asarray(places.geometry.values))
        nearest = places.iloc[away.argmin(axis=1)]
        rows = rows.assign(
            name=nearest["name_en"].to_numpy(),
            place=nearest["id"].to_numpy(),
            place_distance_m=away.min(axis=1),
        )
    geometry = gpd.GeoSeries(lines, index=rows.index)
    return HOTSPOTS.geoframe(gpd.GeoDataFrame(rows, geometry=geometry, crs=lixels.network.crs))
