"""Hotspots, ranked and named: the best windows of a network scan, with what each rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arguments import require_params
from geo.arrays import Bools, Each, Floats, Ints, Objects
from geo.chance.nulls import Null, on_network, require_null
from geo.crs import Frame, require_metric
from geo.hotspots import heat, scan
from geo.hotspots.heat import Sources
from geo.network.cells import Placing, distinct
from geo.network.graph import Network, from_lines
from geo.network.lixels import Lixels, lixelize, reached
from geo.network.source_lines import NetworkError
from geo.params import HotspotParams
from geo.results import Hotspots
from geo.schema import HOTSPOTS
from geo.sightings.laws import Law, as_sightings, cells_of, ids_of, laws_of

MOST: Final = 10
"""The largest number of hotspots that is returned."""
DIRECTIONS: Final = HOTSPOTS["place_direction"].values
"""From the north by the east."""

EVERY_METRE: Final = (
    "reports are as likely from every metre of the network: no assumption on where observers stand "
    "was given, so a hotspot may only be where many observers are"
)


def find(
    network: Network | Frame,
    sightings: Frame,
    places: gpd.GeoDataFrame | None = None,
    params: HotspotParams | None = None,
    *,
    effort: Null | None = None,
    assumed: Sequence[Null] = (),
    uncertainty_m: float | None = None,
    each: Each = map,
) -> Hotspots:
    """Return the density of sightings along the network, and the hotspots that a scan finds.

    A hotspot is where more was reported than effort would bring.  Its p-value is given where the
    effort is: measured, or named by the analyst.  Without, what is expected is a range over the
    assumptions on effort, and nothing is tested.

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
        Where reports are likely, whoever passes: the null of every score and p-value.
    assumed : sequence of geo.chance.nulls.Null, optional
        Without `effort`: assumptions on it, as from `geo.chance.assumed_efforts`, the first of
        which scores.  By default every metre of the network alike; ``Hotspots.assumed`` says so.
    uncertainty_m : float, metres, optional
        As for `geo.corridors.proximity`.
    each : geo.arrays.Each, optional
        Runs blocks of simulations; by default one after the other.

    Returns
    -------
    geo.results.Hotspots

    Raises `geo.crs.CRSError`, `geo.sightings.laws.UncertaintyError`,
    `geo.network.NetworkError` if the frames are not in the network's CRS, or an uncertainty
    is not known; if hardly any report by effort lies near the network, or places have no names.

    Examples
    --------
    >>> from geo import chance
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([950, 1000, 1050, 5000], [20] * 4, crs=9141)
    >>> hot = find(street, seen, effort=chance.reporting_effort(street), uncertainty_m=0)
    >>> hot.table[["radius_m", "reported", "n_sightings", "p_value"]].iloc[0].tolist()
    [150.0, 3.0, 3.0, 0.005]
    >>> find(street, seen, uncertainty_m=0).table["p_value"].tolist()
    [nan]
    """
    network = network if isinstance(network, Network) else from_lines(network)
    params = params or HotspotParams()
    require_params(params, HotspotParams)
    require_null(effort)
    seen, notes = as_sightings(sightings, uncertainty_m)
    on_network_crs = gpd.GeoSeries([], crs=network.crs)
    require_metric(network=on_network_crs, sightings=sightings, places=places)
    efforts = [*assumed] if effort is None else [effort]
    if not efforts:
        notes = (*notes, EVERY_METRE)
        lines = gpd.GeoSeries(network.geometry, crs=network.crs)
        efforts = [on_network(lines, seed=params.seed)]
    simulations = 0 if effort is None else params.simulations
    placed = _placed(network, seen, params)
    found = _density_and_hotspots(placed, params, efforts, simulations, each)
    return replace(
        found, table=named(found.table, places), assumed=(*notes, *efforts[0].assumed)
    )


@dataclass(frozen=True)
class Placed:
    """Sightings and which of them can be placed on a network."""

    placing: Placing
    xy: Floats
    side_m: Floats
    ids: Objects
    laws: tuple[Law, ...]
    law: Ints
    """Number of the law of each sighting."""
    on_network: Bools
    away_m: Floats
    """From the middle of each cell to the nearest edge."""

    @property
    def rows_by_law(self) -> list[Ints]:
        """Rows of the sightings of each law that can be placed."""
        numbers = range(len(self.laws))
        return [np.flatnonzero(self.on_network & (self.law == k)) for k in numbers]


def _placed(
    network: Network, sightings: gpd.GeoDataFrame, params: HotspotParams
) -> Placed:
    """Return sightings, and which of them lie near the network."""
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    laws, law = laws_of(sightings)
    xy, side_m = cells_of(sightings)
    away_m = placing.away_m(xy)
    on_network = placing.in_reach(away_m, side_m)
    return Placed(placing, xy, side_m, ids_of(sightings), laws, law, on_network, away_m)


def _density_and_hotspots(
    placed: Placed,
    params: HotspotParams,
    efforts: Sequence[Null],
    simulations: int,
    each: Each,
) -> Hotspots:
    """Return the density and the hotspots, which have no names yet."""
    network = placed.placing.network
    on_network = placed.on_network
    xy = placed.xy[on_network]
    side_m = placed.side_m[on_network]
    sources = sources_of(placed.placing, xy, side_m, params.bandwidth_m)
    reach_m = max(sources.reach_m, 2 * params.radii_m[-1])
    edges = reached(network, sources.edge, sources.offset_m, reach_m)
    exported = lixelize(network, params.lixel_m, edges)
    density = heat.heat_density(sources, exported)
    n = int(on_network.sum())
    rank = np.zeros(len(exported), np.int64)
    rows = HOTSPOTS.frame()
    if n > 1:
        lixels = lixelize(network, params.lixel_m)
        rank_of_lixel, rows = _scanned(
            placed, lixels, params, efforts, simulations, each
        )
        rank = rank_of_lixel[lixels.holding(exported.edge, exported.middle_m)]
    return Hotspots(
        exported.frame(density, rank),
        _segments(rows, exported, rank),
        n,
        simulations,
        unplaced=tuple(placed.ids[~on_network]),
        snap_m=pd.Series(placed.away_m, placed.ids, name="snap_m"),
    )


def sources_of(placing: Placing, xy: Floats, side_m: Floats, sigma_m: float) -> Sources:
    """Return cells as sources of the density: their pieces, joined on each lixel.

    Parameters
    ----------
    placing : Placing
        Where on the network reports of each cell may lie.
    xy : (n, 2) floats
        Middles of the cells, metres.
    side_m : float
        Side of a cell, metres.
    sigma_m : float
        Bandwidth of the density, metres.
    """
    cells, sides_m, cell_of_sighting = distinct(xy, side_m)
    pieces = placing.pieces(cells, sides_m)
    count = np.bincount(cell_of_sighting, minlength=len(cells))
    weight = count[pieces.cell] * pieces.share
    lixel = np.floor(pieces.offset_m / placing.piece_m).astype(np.int64)
    key = np.stack([pieces.edge, lixel])
    lixels, source = np.unique(key, axis=1, return_inverse=True)
    source = source.reshape(-1)
    edge = lixels[0]
    mass = np.bincount(source, weight, len(edge)).astype(float)
    moment = np.bincount(source, weight * pieces.offset_m, len(edge))
    return Sources(edge, np.asarray(moment / mass), mass, np.full(len(edge), sigma_m))


# The scan in order: its windows, reports and scores are read to the end.
def _scanned(
    placed: Placed,
    lixels: Lixels,
    params: HotspotParams,
    efforts: Sequence[Null],
    simulations: int,
    each: Each,
) -> tuple[Ints, pd.DataFrame]:
    """Return the hotspot of each lixel and the figures of each; p where there are simulations."""
    pool_seed, chance_seed, range_seed = np.random.SeedSequence(params.seed).spawn(3)
    points = tuple(placed.xy[rows] for rows in placed.rows_by_law)
    about = placed.placing, lixels, placed.laws, points
    rng = np.random.default_rng(pool_seed)
    reports = scan.reports_by_effort(*about, efforts[0], rng)
    weight = reports.weight(np.concatenate(reports.both))
    radii_m = np.array(params.radii_m)
    windows = scan.windows_about(lixels, np.flatnonzero(weight), radii_m)
    with_pool = windows.counts(weight)
    counts = windows.counts(reports.weight(reports.observed))
    expected = scan.expected(with_pool, counts, reports.each)
    score = scan.scores(counts, expected, reports.n)
    best = windows.best(score, MOST)
    rank = np.zeros(len(lixels), dtype=np.int64)
    for number, window in enumerate(best, 1):
        rank[windows.lixels(window)] = number
    p_value = np.full(len(best), np.nan)
    if simulations:
        maxima = scan.null_maxima(
            windows, reports, with_pool, simulations, chance_seed, each
        )
        p_value = scan.familywise_p(score.flat[best], maxima)
    rng = np.random.default_rng(range_seed)
    usual = expected.flat[best]
    by_effort = [usual]
    for effort in efforts[1:]:
        others = scan.reports_by_effort(*about, effort, rng, scan.SMALL_POOL)
        by_effort.append(scan.expected_within(windows, best, others))
    ids = [_ids_in(window, windows, reports, placed) for window in best]
    reported = counts.flat[best]
    # Windows are numbered by centre, and for each centre by radius.
    _, radius = np.divmod(np.array(best, dtype=np.int64), len(radii_m))
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(best) + 1),
            "radius_m": radii_m[radius],
            "length_m": np.bincount(rank, lixels.length_m, len(best) + 1)[1:],
            "reported": reported,
            "expected": usual,
            "expected_low": np.min(by_effort, axis=0),
            "expected_high": np.max(by_effort, axis=0),
            "ratio": reported / usual,
            "score": score.flat[best],
            "p_value": p_value,
            "share": reported / len(placed.ids),
            "sightings": [list(in_window) for in_window in ids],
            "n_sightings": [len(in_window) for in_window in ids],
        }
    )
    return rank, rows


def _ids_in(
    window: int, windows: scan.Windows, reports: scan.Reports, placed: Placed
) -> Objects:
    """Return the ids of the sightings whose cells reach into a window, in their order."""
    on_window = reports.on_lixels[:, windows.lixels(window)].sum(axis=1)
    inside = np.asarray(on_window)[reports.observed] > 0
    rows = np.concatenate(placed.rows_by_law)[inside]
    return placed.ids[np.sort(rows)]


def _segments(rows: pd.DataFrame, lixels: Lixels, rank: Ints) -> gpd.GeoDataFrame:
    pieces = lixels.as_network.geometry
    lines = []
    for number in rows["rank"]:
        line = shapely.line_merge(shapely.union_all(pieces[rank == number]))
        lines.append(shapely.MultiLineString([*shapely.get_parts(line)]))
    geometry = gpd.GeoSeries(lines, index=rows.index)
    hotspots = gpd.GeoDataFrame(rows, geometry=geometry, crs=lixels.network.crs)
    return HOTSPOTS.geoframe(hotspots)


def named(
    hotspots: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return hotspots with the nearest place, its distance and direction, if there are places."""
    if places is None or hotspots.empty or places.empty:
        return hotspots
    column = next((name for name in ("name_en", "name") if name in places), None)
    if column is None:
        raise NetworkError(
            f"places have no column name_en or name, only {', '.join(map(str, places.columns))}. "
            "Fix: places = places.rename(columns={...: 'name'}), or no places"
        )
    lines = np.asarray(hotspots.geometry.values, dtype=object)
    points = np.asarray(places.geometry.values, dtype=object)
    distance_m = shapely.distance(lines[:, None], points)
    nearest = distance_m.argmin(axis=1)
    from_place = shapely.shortest_line(points[nearest], lines)
    x, y = np.diff(
        shapely.get_coordinates(from_place).reshape(-1, 2, 2), axis=1
    ).T.reshape(2, -1)
    eighth = np.round(np.arctan2(x, y) / (np.pi / 4)).astype(int) % 8
    direction = np.array(DIRECTIONS, dtype=object)[eighth]
    direction[(x == 0) & (y == 0)] = None
    with_place = hotspots.assign(
        name=places[column].to_numpy(object)[nearest],
        place=ids_of(places, "places")[nearest],
        place_distance_m=distance_m.min(axis=1),
        place_direction=direction,
    )
    return HOTSPOTS.geoframe(with_place)
