"""Walking time to help: least-cost surfaces on the terrain, and minutes by corridor section.

A model with assumptions, all of them in the parameter table ``[access]``.  On roads, paths and
railways people walk at the network's speed, elsewhere slower; both change with the slope in the
direction of travel.  Rivers are crossed at bridges and fords only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.access.grid import (
    MOVES,
    Bits,
    Floats32,
    Grid,
    elevation_on,
    grid_over,
    least_minutes,
    tobler,
)
from geo.arrays import Bools, Each, Floats, Ints
from geo.crs import require_metric
from geo.network.compiling import in_threads
from geo.network.graph import from_lines
from geo.params import AccessParams
from geo.records import Layers, Terrain, is_closed
from geo.results import Access, assumption_table
from geo.schema import ACCESS_SECTIONS, HELP, HELP_KINDS
from geo.sections.cutting import Sections
from geo.sightings.laws import IdError, ids_of

STEEPEST: Final = 1.0
"""Slopes beyond 45 degrees count as that."""
MIN_PER_H: Final = 60.0
M_PER_KM: Final = 1000.0
SLOPES: Final = 20_001
"""Slopes at which the walking function is tabulated: every 0.0001."""


@dataclass(frozen=True)
class Rule:
    """Help of one kind: `kinds` of places; `amenities` of places, or kinds of facilities."""

    kinds: tuple[str, ...] = ()
    amenities: tuple[str, ...] = ()


RULES: Final[Mapping[str, Rule]] = {
    "water": Rule((), ("drinking_water",)),
    "health": Rule(("health",), ("hospital", "clinic", "pharmacy")),
    "reception": Rule(("reception_centre",)),
    "police": Rule(("police", "institution")),  # those of the study alone
    "station": Rule(("station",), ("bus_station", "railway_station")),
    "community": Rule((), ("community_centre", "place_of_worship", "social_facility")),
}
"""What counts as help of each kind of `geo.schema.HELP_KINDS`."""


@dataclass(frozen=True)
class WalkingCells:
    """What a walker finds on each cell: arrays of (rows, columns)."""

    grid: Grid
    elevation_m: Floats32
    """NaN where it is unknown."""
    factor: Floats32
    """Minutes on the cell over those that the walking function gives."""
    barred: Bits
    """Moves that would cross a river away from bridges and fords, as bits."""


def walking_access(
    layers: Layers,
    places: gpd.GeoDataFrame,
    sections: Sections,
    terrain: Terrain | None,
    *,
    params: AccessParams,
    each: Each = in_threads,
) -> Access:
    """Return minutes on foot to the nearest help of each kind, as rasters and by section.

    Sections farther than ``known_m`` from all health care in the data are left out.

    Parameters
    ----------
    layers, places, sections
        In one projected CRS in metres; `places` is table `PLACES`.
    terrain : geo.records.Terrain or None, any CRS
        Without terrain, and where it has no elevation, people walk as on level ground.
    params : geo.params.AccessParams
    each : geo.arrays.Each, optional
        Makes the surface of each kind of help; by default as many at a time as there are
        processors.

    Returns
    -------
    geo.results.Access

    Raises `geo.crs.CRSError`, `geo.access.grid.GridError` if the layers are not in one projected
    CRS in metres, or the terrain's CRS is unknown; if there is no section, or the grid would be too
    large.
    """
    require_metric(roads=layers.roads, places=places, sections=sections.table)
    help_table = help_places(places, layers.facilities)
    is_known = np.ones(len(sections.table), dtype=bool)
    health = help_table[help_table["help"] == "health"]
    if len(health):
        away_m = sections.table.distance(health.geometry.union_all())
        is_known = np.asarray(away_m <= params.known_m)
    extent = pd.concat([sections.table.geometry[is_known], help_table.geometry])
    grid = grid_over(gpd.GeoSeries(extent), params.cell_m, params.margin_m)
    walking = cells_on(grid, layers, terrain, params)
    starts = {}
    for kind in HELP_KINDS:
        cells = grid.cells(help_table[help_table["help"] == kind].geometry)
        if len(cells):
            starts[kind] = cells
    surfaces = each(partial(walking_minutes, walking), starts.values())
    minutes = {
        kind: np.where(np.isfinite(surface), surface, np.float32(np.nan))
        for kind, surface in zip(starts, surfaces, strict=True)
    }
    unknown = float(np.isnan(walking.elevation_m).mean())
    return Access(
        minutes,
        grid.transform,
        grid.crs.to_string(),
        _by_section(sections, is_known, grid, minutes),
        places=help_table,
        assumptions=assumption_table(params),
        note=_note(terrain, params.cell_m, unknown),
        level_share=unknown,
    )


def help_places(
    places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the places and facilities that are help, without closed ones; table `HELP`."""
    open_places = places[~is_closed(places)].rename(columns={"name_en": "name"})
    rows = []
    for kind, rule in RULES.items():
        of_kind = open_places["kind"].isin(rule.kinds)
        of_amenity = open_places["amenity"].isin(rule.amenities)
        mapped = facilities[facilities["kind"].isin(rule.amenities)]
        rows.append(open_places[of_kind | of_amenity].assign(help=kind))
        rows.append(mapped.assign(help=kind))
    return HELP.geoframe(pd.concat(rows, ignore_index=True), crs=str(places.crs))


def cells_on(
    grid: Grid, layers: Layers, terrain: Terrain | None, params: AccessParams
) -> WalkingCells:
    """Return what a walker finds on each cell of the grid.

    On a network generalised for small scales a way that crosses a river is taken to do so on a
    bridge: the tag may have moved along the line.

    Parameters
    ----------
    grid
        The cells, in metres.
    layers
        Roads, paths, railways and rivers in the same CRS.
    terrain
        Heights in metres; none means level ground.
    params
        How fast people walk on the ways, how much slower off them, and what stops them.
    """
    level = float(tobler(0.0))
    factor = np.full(grid.shape, 1.0 / params.off_path, dtype=np.float32)
    by_layer = {"road": layers.roads, "path": layers.paths, "railway": layers.railways}
    for name, ways in by_layer.items():
        on_way = MIN_PER_H / (params.walk_kph[name] * M_PER_KM) / level
        on_cells = grid.burn(ways.geometry)
        factor[on_cells] = np.minimum(factor[on_cells], on_way)
    ways = pd.concat(by_layer.values(), ignore_index=True)
    rivers = layers.waterways[layers.waterways["waterway"].isin(params.barriers)]
    gates = [ways.loc[ways["bridge"] | ways["ford"], "geometry"]]
    if layers.source.generalised:
        river, way = ways.sindex.query(rivers.geometry, predicate="intersects")
        crossed = rivers.geometry.take(river)
        gates.append(ways.geometry.take(way).intersection(crossed, align=False))
    walls = grid.walls(rivers.geometry, gpd.GeoSeries(pd.concat(gates), crs=grid.crs))
    elevation = np.full(grid.shape, np.nan, dtype=np.float32)
    if terrain is not None:
        elevation = elevation_on(grid, terrain)
    return WalkingCells(grid, elevation, factor, walls)


def walking_minutes(
    walking: WalkingCells, start: Ints, function: Callable[[Floats], Floats] = tobler
) -> Floats32:
    """Return the least minutes on foot from every cell to the nearest start cell.

    Start cells are given by flat number; `function` gives minutes per metre at slopes.  Minutes are
    infinite where there is no way.
    """
    row, column = np.array(MOVES, dtype=np.int64).T.copy()
    pace = function(np.linspace(-STEEPEST, STEEPEST, SLOPES))
    return least_minutes(
        walking.elevation_m,
        walking.factor,
        walking.barred,
        start,
        row,
        column,
        pace,
        STEEPEST,
        walking.grid.cell_m,
    )


def _means(minutes: Floats, length: Floats, section: Ints, sections: int) -> pd.Series:
    """Return the mean minutes of each section over its pieces that are reached, by length."""
    is_reached = np.isfinite(minutes)
    reached = section[is_reached]
    weighted = (minutes * length)[is_reached]
    total = np.bincount(reached, weighted, minlength=sections)
    whole = np.bincount(reached, length[is_reached], minlength=sections)
    means: pd.Series = total / pd.Series(whole)
    return means


def _by_section(
    sections: Sections, is_known: Bools, grid: Grid, minutes: Mapping[str, Floats32]
) -> gpd.GeoDataFrame:
    """Return the mean minutes over each known section, piece by piece, the farthest first."""
    # Pieces of no section have the number -1.
    in_known = (sections.section >= 0) & np.append(is_known, False)[sections.section]
    pieces = sections.piece[in_known]
    section = sections.section[in_known]
    size = len(sections.table)
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    row, column = grid.rows_columns(shapely.get_coordinates(middle))
    length = shapely.length(pieces)
    means = pd.DataFrame(index=sections.table.index)
    for kind, surface in minutes.items():
        value = surface[row, column].astype(float)
        means[f"{kind}_min"] = _means(value, length, section, size)
    table = sections.table.assign(**means, far_min=means.mean(axis=1))[is_known]
    table["rank"] = (
        table["far_min"].rank(ascending=False, method="first").astype("Int64")
    )
    table = table.sort_values("rank").reset_index(drop=True)
    return ACCESS_SECTIONS.geoframe(table, crs=str(sections.table.crs))


def _note(terrain: Terrain | None, cell_m: float, unknown: float) -> str:
    if terrain is None:
        return "No terrain: people walk as on level ground everywhere."
    note = (
        f"Terrain: {terrain.source}. Cells of {cell_m:g} m cut from data whose real detail is "
        f"about {terrain.detail_m:g} m: the smaller cells add no truth."
    )
    if unknown:
        note += (
            f" {unknown:.1%} of the cells have no elevation and are walked as level."
        )
    return note


def minutes_to_sites(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the minutes of the shortest walk from each point of need to each site.

    Roads and paths are walked in both directions at 5 km/h; the way to the nearest of them is
    walked in a straight line.

    Layers are in one projected CRS in metres: `ways` are lines of roads and paths together, `sites`
    points with ``id``.  The table is on the index of `need`, a column per site id; infinite where
    there is no way.

    Parameters
    ----------
    ways : geopandas.GeoDataFrame of lines, projected CRS in metres
        Roads and paths together.
    need : geopandas.GeoDataFrame of Point, the same CRS
        From where people walk.
    sites : geopandas.GeoDataFrame of Point, the same CRS
        Where they walk to, with ``id``.

    Returns
    -------
    pandas.DataFrame
        Minutes on the index of `need`, a column per site id; infinite where there is no way.

    Examples
    --------
    >>> ways = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (5000, 0)])], crs=9141)
    >>> at = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.Point(2500, 0)], crs=9141)
    >>> minutes_to_sites(ways, at.translate(2500).to_frame("geometry"), at)["A"].tolist()
    [30.0]
    """
    require_metric(ways=ways, need=need, sites=sites)
    if "id" not in sites:
        raise IdError(
            f"sites have no column id, only {', '.join(map(str, sites.columns))}. "
            "Fix: sites = sites.assign(id=range(len(sites)))"
        )
    ids = pd.Index(ids_of(sites, "sites"), name="id")
    network = from_lines(ways[["geometry"]])
    positions = network.snap(
        gpd.GeoSeries(pd.concat([need.geometry, sites.geometry], ignore_index=True))
    )
    network, nodes = network.insert(positions)
    apart_m = network.distances(nodes[len(need) :])[:, nodes[: len(need)]].T
    off_m = positions["snap_m"].to_numpy()
    total_m = apart_m + off_m[: len(need), None] + off_m[None, len(need) :]
    return pd.DataFrame(total_m / (5000 / 60), index=need.index, columns=ids)


def minutes_to_nearest(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: Sequence[gpd.GeoSeries]
) -> list[Floats]:
    """Return the minutes of the shortest walk from each point of need to the nearest site.

    As the least of `minutes_to_sites`, in one run of Dijkstra's algorithm for each set of sites,
    however many there are.

    Parameters
    ----------
    ways : geopandas.GeoDataFrame of lines, projected CRS in metres
        Roads and paths together.
    need : geopandas.GeoDataFrame of Point, the same CRS
        From where people walk.
    sites : sequence of geopandas.GeoSeries of Point, the same CRS
        Sets of places to walk to.

    Returns
    -------
    list of (n,) array
        For each set of sites; infinite where there is no way, or no site.

    >>> ways = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (5000, 0)])], crs=9141)
    >>> at = gpd.GeoSeries.from_xy([0, 5000], [0, 0], crs=9141)
    >>> minutes_to_nearest(ways, at.to_frame("geometry"), [at[:1], at])
    [array([ 0., 60.]), array([0., 0.])]
    """
    require_metric(ways=ways, need=need)
    network = from_lines(ways[["geometry"]])
    every = gpd.GeoSeries(
        pd.concat([need.geometry, *sites], ignore_index=True), crs=need.crs
    )
    positions = network.snap(every)
    network, nodes = network.insert(positions)
    off_m = positions["snap_m"].to_numpy(float)
    minutes, first = [], len(need)
    for some in sites:
        of_set = slice(first, first + len(some))
        first += len(some)
        away_m = _from_any(network.walking, nodes[of_set], off_m[of_set])
        total_m = away_m[nodes[: len(need)]] + off_m[: len(need)]
        minutes.append(total_m / (5000 / 60))
    return minutes


def _from_any(walking: csr_array, nodes: Ints, off_m: Floats) -> Floats:
    """Return the metres to each node from the nearest of some, each with a way to it before."""
    size = walking.shape[0]
    if not len(nodes):
        return np.full(size, np.inf)
    # One node more, from which a way leads to each of them, a metre longer: of length 0 is no way.
    ends = 1 + pd.Series(off_m).groupby(nodes).min()
    ways = walking.tocoo()
    tails = np.r_[ways.row, np.full(len(ends), size)]
    heads = np.r_[ways.col, ends.index.to_numpy(int)]
    lengths = np.r_[ways.data, ends.to_numpy()]
    graph = csr_array((lengths, (tails, heads)), shape=(size + 1, size + 1))
    found = dijkstra(graph, directed=True, indices=np.array([size]))
    return np.asarray(found[0, :size] - 1)
