"""Hotspots, ranked and named: the best windows of a network scan, with what each rests on."""

from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Each, Floats, Ints, Objects
from geo.chance.nulls import Null, on_network
from geo.crs import Frame, require_metric
from geo.hotspots import heat, scan
from geo.hotspots.heat import Sources
from geo.network.cells import Placing, distinct
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
from geo.network.lixels import Lixels, lixelize, reached
from geo.params import HotspotParams
from geo.results import Gate, Hotspots
from geo.schema import HOTSPOTS
from geo.sightings.laws import Law, as_sightings, cells_of, ids_of, laws_of

MOST: Final = 10
"""The largest number of hotspots that is returned."""
TOP: Final = 3
"""A ranking is stable if the same hotspots stay among the first three."""
ALPHA: Final = 0.05

EVERY_METRE: Final = (
    "reports are as likely from every metre of the network: no reporting effort was given, so a "
    "hotspot may only be where many observers are"
)


def find(
    network: Network | Frame,
    sightings: Frame,
    places: gpd.GeoDataFrame | None = None,
    params: HotspotParams | None = None,
    *,
    effort: Null | None = None,
    uncertainty_m: float | None = None,
    each: Each = map,
) -> Hotspots:
    """Return the density of sightings along the network, and the hotspots that a scan finds.

    Each sighting is one event, spread by length over the edges in reach of its cell.  There is no
    hotspot where fewer than two sightings can be placed.

    Parameters
    ----------
    network : geo.network.graph.Network, or lines that make one
        Roads, paths and tracks together.
    sightings : GeoDataFrame or GeoSeries of Point, in the network's CRS
        Events only; columns as for `geo.corridors.proximity`.
    places : geopandas.GeoDataFrame of Point, in the network's CRS, optional
        ``name_en`` or ``name``, and ``id`` where there is: what hotspots are named after.
    params : geo.params.HotspotParams, optional
    effort : geo.chance.nulls.Null, optional
        Where reports are likely, whoever passes, as from `geo.chance.reporting_effort`: the null of
        every score and p-value.  By default every metre of the network alike, and
        ``Hotspots.assumed`` says so: then a hotspot may be where observers are.
    uncertainty_m : float, metres, optional
        As for `geo.corridors.proximity`.
    each : geo.arrays.Each, optional
        Runs blocks of simulations; by default one after the other.

    Raises `geo.crs.CRSError`, `geo.sightings.laws.UncertaintyError`,
    `geo.network.lines.NetworkError` if the frames are not in the network's CRS, or an uncertainty
    is not known; if hardly any report by effort lies near the network, or places have no names.

    Examples
    --------
    >>> from geo import chance
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([950, 1000, 1050, 5000], [20] * 4, crs=9141)
    >>> hot = find(street, seen, effort=chance.reporting_effort(street), uncertainty_m=0)
    >>> hot.table[["radius_m", "reported", "n_sightings"]].iloc[0].tolist()
    [150.0, 3.0, 3.0]
    >>> str(hot.gate).startswith("descriptive only: 4 of at least 10")
    True
    """
    network = network if isinstance(network, Network) else from_lines(network)
    params, (seen, assumed) = (
        params or HotspotParams(),
        as_sightings(sightings, uncertainty_m),
    )
    require_metric(
        network=gpd.GeoSeries([], crs=network.crs), sightings=seen, places=places
    )
    if effort is None:
        assumed = (*assumed, EVERY_METRE)
    found = _found(network, seen, params, effort, each)
    named = _named(found.table, places)
    return replace(
        found, table=named, assumed=(*assumed, *(effort.assumed if effort else ()))
    )


def _found(
    network: Network,
    sightings: gpd.GeoDataFrame,
    params: HotspotParams,
    effort: Null | None,
    each: Each,
) -> Hotspots:
    """Return the density and the hotspots, which have no names yet."""
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    laws, law = laws_of(sightings)
    ids = ids_of(sightings)
    xy, side_m = cells_of(sightings)
    placed = placing.placed(xy, side_m)
    sources = sources_of(placing, xy[placed], side_m[placed], params.bandwidth_m)
    reach = max(sources.reach_m, 2 * params.radii_m[-1])
    edges = reached(network, sources.edge, sources.offset_m, reach)
    exported = lixelize(network, params.lixel_m, edges)
    density = heat.heat_density(sources, exported)
    lixels = lixelize(network, params.lixel_m)
    rank, rows, least = np.zeros(len(lixels), np.int64), HOTSPOTS.frame(), ""
    if placed.sum() > 1:
        lines = gpd.GeoSeries(network.geometry, crs=network.crs)
        null = effort or on_network(lines, seed=params.seed)
        own = [np.flatnonzero(placed & (law == number)) for number in range(len(laws))]
        rank, rows, least = _scanned(
            placing, lixels, laws, own, xy, ids, params, null, each
        )
    rank = rank[lixels.holding(exported.edge, exported.middle_m)]
    segments, gate = (
        _segments(rows, exported, rank),
        Gate("hotspots", int(placed.sum()), least),
    )
    return Hotspots(
        exported.frame(density, rank),
        segments,
        gate,
        params.simulations,
        params.draws,
        unplaced=tuple(ids[~placed]),
    )


def sources_of(placing: Placing, xy: Floats, side_m: Floats, sigma_m: float) -> Sources:
    """Return cells as sources of the density: their pieces, joined on each lixel."""
    where, side, number = distinct(xy, side_m)
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
    laws: tuple[Law, ...],
    own: list[Ints],
    xy: Floats,
    ids: Objects,
    params: HotspotParams,
    effort: Null,
    each: Each,
) -> tuple[Ints, pd.DataFrame, str]:
    """Return the hotspot of each lixel, the figures of each, and what could have been found.

    `own` has the rows of the sightings of each law that can be placed, in `xy` and `ids`.
    """
    pool_seed, chance_seed, redraw_seed = np.random.SeedSequence(params.seed).spawn(3)
    points, row = tuple(xy[rows] for rows in own), np.concatenate(own)
    reports = scan.reports_by_effort(
        placing, lixels, laws, points, effort, np.random.default_rng(pool_seed)
    )
    weight = reports.weight(np.concatenate(reports.both))
    windows = scan.windows_about(
        lixels, np.flatnonzero(weight), np.array(params.radii_m)
    )
    with_pool, counts = (
        windows.counts(weight),
        windows.counts(reports.weight(reports.observed)),
    )
    mean = scan.expected(with_pool, counts, reports.each)
    score = scan.scores(counts, mean, reports.n)
    maxima = scan.null_maxima(
        windows, reports, with_pool, params.simulations, chance_seed, each
    )
    chosen = windows.best(score, MOST)
    rank, sightings = np.zeros(len(lixels), dtype=np.int64), []
    for k, window in enumerate(chosen):
        held = windows.lixels(window)
        rank[held] = k + 1
        on = np.asarray(reports.on_lixels[:, held].sum(axis=1))[reports.observed] > 0
        sightings.append(ids[np.sort(row[on])])
    redrawn = scan.top_redrawn(
        windows,
        placing,
        lixels,
        reports,
        rank,
        draws=params.draws,
        top=TOP,
        seed=redraw_seed,
    )
    reported, usual = counts.flat[chosen], mean.flat[chosen]
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(chosen) + 1),
            "radius_m": windows.radii_m[
                np.array(chosen, dtype=np.int64) % len(windows.radii_m)
            ],
            "length_m": np.bincount(rank, lixels.length_m, len(chosen) + 1)[1:],
            "reported": reported,
            "expected": usual,
            "ratio": reported / usual,
            "score": score.flat[chosen],
            "p_value": scan.familywise_p(score.flat[chosen], maxima),
            "in_top_redrawn": redrawn,
            "share": reported / len(ids),
            "sightings": ["; ".join(own) for own in sightings],
            "n_sightings": [len(own) for own in sightings],
        }
    )
    return rank, rows, _detects(mean[:, 0], reports.n, maxima, params.radii_m[0])


def _detects(mean: Floats, n: int, maxima: Floats, radius_m: float) -> str:
    """Return how many reports in a window where effort is usual would exceed chance."""
    level = maxima[int(np.ceil((1 - ALPHA) * (len(maxima) + 1) - 1e-9)) - 1]
    # Usual is the median over the reports that effort would bring, not over the length of roads.
    rising = np.sort(mean)
    usual = rising[np.searchsorted(np.cumsum(rising), rising.sum() / 2)]
    possible = np.arange(2.0, n + 1)
    enough = possible[scan.scores(possible, np.full(len(possible), usual), n) > level]
    if not len(enough):
        return "no number of so few would exceed chance where effort is usual"
    return f"{enough[0]:.0f} within {radius_m:g} m would exceed chance where effort is usual"


def _segments(rows: pd.DataFrame, lixels: Lixels, rank: Ints) -> gpd.GeoDataFrame:
    pieces = lixels.as_network.geometry
    merged = [
        shapely.line_merge(shapely.union_all(pieces[rank == k])) for k in rows["rank"]
    ]
    lines = [shapely.MultiLineString([*shapely.get_parts(line)]) for line in merged]
    geometry = gpd.GeoSeries(lines, index=rows.index)
    return HOTSPOTS.geoframe(
        gpd.GeoDataFrame(rows, geometry=geometry, crs=lixels.network.crs)
    )


def _named(
    hotspots: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return hotspots with the name, id and distance of the nearest place, where there are any."""
    if places is None or hotspots.empty or places.empty:
        return hotspots
    column = next((name for name in ("name_en", "name") if name in places), None)
    if column is None:
        raise NetworkError(
            f"places have no column name_en or name, only {', '.join(map(str, places.columns))}. "
            "Fix: places = places.rename(columns={...: 'name'}), or no places"
        )
    lines, points = (
        np.asarray(f.geometry.values, dtype=object) for f in (hotspots, places)
    )
    away = shapely.distance(lines[:, None], points)
    nearest = away.argmin(axis=1)
    return HOTSPOTS.geoframe(
        hotspots.assign(
            name=places[column].to_numpy(object)[nearest],
            place=ids_of(places, "places")[nearest],
            place_distance_m=away.min(axis=1),
        )
    )
