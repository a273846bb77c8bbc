"""Where along a corridor sightings were reported: kilometre from a named end, and side.

Linear referencing on the longest line of a railway or road: of the ways that hang together, the
longest of the shortest ways between two ends, found by two searches (exact on a tree; Handler,
Minimax location of a facility in an undirected tree graph, 1973).  Branches have no kilometre, nor
have roads without number and name.
"""

from itertools import pairwise
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Floats, Ints
from geo.corridors.distance import Corridor
from geo.crs import Frame, require_metric
from geo.network.graph import Network, from_lines
from geo.network.segments import points_xy
from geo.network.source_lines import tag
from geo.sections.cutting import anchor_names

BESIDE_M: Final = 100.0
"""A point is on a line that is at most so much farther from it than the nearest way of its kind:
tracks and carriageways lie side by side."""
RAILWAY: Final = "railway"
ENDS: Final = {True: ("crossing", "station"), False: ("crossing", "town")}
"""Kinds of place that the end of a railway, and of a road, is named after."""
DTYPES: Final = {"km": "float64", "from": "string", "side": "string"}
LEAST_M: Final = 1.0
"""Kilometres of exact positions are rounded to this."""


class MainLine(NamedTuple):
    """The longest line of a railway or road, drawn from its southern end."""

    line: shapely.LineString
    begins: str
    """Name of the place nearest to the southern end; empty where there is none."""


def main_line(ways: Frame, places: gpd.GeoDataFrame) -> MainLine:
    """Return the longest line of ways that hang together, from its southern end.

    It is empty where there are no two ends: of a ring that begins and ends at one node.

    Ways and places (``name_en``) are in one projected CRS in metres, else `geo.crs.CRSError`.

    Examples
    --------
    >>> track = shapely.LineString([(0, 9000), (0, 5000), (0, 0)])
    >>> branch = shapely.LineString([(0, 5000), (70, 5000)])
    >>> town = gpd.GeoSeries.from_xy([10], [-50], crs=9141)
    >>> places = gpd.GeoDataFrame({"name_en": ["Southend"]}, geometry=town)
    >>> found = main_line(gpd.GeoDataFrame(geometry=[track, branch], crs=9141), places)
    >>> found.begins, found.line.length
    ('Southend', 9000.0)
    """
    require_metric(ways=ways, places=places)
    network = from_lines(ways.geometry)
    one_end, _ = _farthest(network, int(network.edge_from[0]))
    other_end, previous = _farthest(network, one_end)
    xy = _path(network, other_end, previous)
    if xy[0, 1] > xy[-1, 1]:
        xy = xy[::-1]
    names = anchor_names(places).to_numpy(object)
    distance_m = places.distance(shapely.Point(xy[0])).to_numpy()
    begins = str(names[distance_m.argmin()]) if len(places) else ""
    return MainLine(shapely.LineString(xy if len(xy) > 1 else None), begins)


def _farthest(network: Network, node: int) -> tuple[int, Ints]:
    """Return the node farthest from a node along the network, and the node before each."""
    graph = network.adjacency()
    distance_m, previous = dijkstra(graph, indices=[node], return_predecessors=True)
    reached_m = np.where(np.isfinite(distance_m[0]), distance_m[0], -1.0)
    return int(reached_m.argmax()), previous[0].astype(int)


def _path(network: Network, node: int, previous: Ints) -> Floats:
    """Return the coordinates of the shortest way that ends at a node, from there back."""
    nodes = [node]
    while previous[nodes[-1]] >= 0:
        nodes.append(int(previous[nodes[-1]]))
    tail, head, _, edge_of_arc = network.arcs()
    edges = dict(
        zip(zip(tail.tolist(), head.tolist(), strict=True), edge_of_arc, strict=True)
    )
    pieces = [network.node_xy[nodes[:1]]]
    for here, there in pairwise(nodes):
        edge = edges[here, there]
        xy = network.xy[network.start[edge] : network.start[edge + 1]]
        pieces.append(xy if network.edge_from[edge] == here else xy[::-1])
    return np.concatenate(pieces)


def along(
    sightings: gpd.GeoDataFrame, corridor: Corridor, places: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return where along a corridor each sighting lies.

    A road is all ways of one number, or else of one name, that hang together; a railway is all
    that hang together.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
    corridor : Corridor
    places : geopandas.GeoDataFrame, table `PLACES`, the same CRS, else `geo.crs.CRSError`

    Returns
    -------
    pandas.DataFrame
        On the caller's index ``km``, from the place ``from`` and rounded to the sighting's cell;
        ``side``, left or right of the line as seen from there, null where the sighting may have
        been on both; all null on a branch, beside a ring, and where the corridor has no ways.

    Examples
    --------
    >>> track = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (0, 9000)])], crs=9141)
    >>> town = gpd.GeoSeries.from_xy([10], [-50], crs=9141)
    >>> places = gpd.GeoDataFrame({"kind": "crossing", "name_en": ["Southend"]}, geometry=town)
    >>> cell = {"cell_m": [100.0], "uncertainty_m": [50.0]}
    >>> point = gpd.GeoSeries.from_xy([250], [4350], crs=9141)
    >>> seen = gpd.GeoDataFrame(cell, geometry=point)
    >>> along(seen, Corridor("railway", track), places).values.tolist()
    [[4.4, 'Southend', 'right']]
    """
    require_metric(sightings=sightings, ways=corridor.lines, places=places)
    nowhere = pd.DataFrame(
        {"km": np.nan, "from": pd.NA, "side": pd.NA}, sightings.index
    )
    if corridor.lines.empty or sightings.empty:
        return nowhere.astype(DTYPES)
    nearest_m, segment = corridor.segments.nearest(points_xy(sightings))
    ways, which = (
        corridor.lines.geometry.reset_index(drop=True),
        corridor.segments.line[segment],
    )
    part = _parts(corridor, which)
    ends = places[places["kind"].isin(ENDS[corridor.kind == RAILWAY])]
    rows = [nowhere.set_axis(range(len(nowhere)))]
    for number in np.unique(part[which]):
        if number < 0:
            continue
        road = main_line(ways[part == number], ends)
        if road.line.is_empty:
            continue
        rows_of_part = np.flatnonzero(part[which] == number)
        seen = sightings.iloc[rows_of_part]
        places_on_road = _on(seen, road, nearest_m[rows_of_part])
        rows.append(places_on_road.set_axis(rows_of_part))
    table = pd.concat(rows).astype(DTYPES)
    table = table[~table.index.duplicated(keep="last")]
    return table.sort_index().set_axis(sightings.index)


def _parts(corridor: Corridor, wanted: Ints) -> Ints:
    """Return which road or railway each way is of, by number.

    It is -1 for ways without a name, and where none of that name is `wanted`.
    """
    ways = corridor.lines
    label = tag(ways, "ref").fillna(tag(ways, "name"))
    if corridor.kind == RAILWAY:
        label = pd.Series(RAILWAY, index=ways.index, dtype="string")
    names, part = np.unique(
        label.fillna("").to_numpy(object).astype(str), return_inverse=True
    )
    result = np.full(len(ways), -1)
    for number in np.unique(part[wanted]):
        if not names[number]:
            continue
        ways_of_name = np.flatnonzero(part == number)
        network = from_lines(ways.take(ways_of_name)[["geometry"]])
        component = network.components()[network.edge_from]
        result[ways_of_name[network.line]] = component + result.max() + 1
    return result


def _on(sightings: gpd.GeoDataFrame, road: MainLine, nearest_m: Floats) -> pd.DataFrame:
    """Return ``km``, ``from`` and ``side`` of sightings on one line."""
    points = np.asarray(sightings.geometry.to_numpy())
    at_m = shapely.line_locate_point(road.line, points)
    away_m = shapely.distance(road.line, points)
    cell_m = sightings["cell_m"].to_numpy(float)
    step_m = np.maximum(cell_m, LEAST_M)
    off_m = sightings["uncertainty_m"].to_numpy(float) + cell_m / np.sqrt(2)
    left = pd.Series(_is_left(road.line, at_m, points))
    rows = pd.DataFrame(
        {
            "km": np.round(at_m / step_m) * step_m / 1000,
            "from": pd.Series([road.begins or pd.NA] * len(points), dtype="string"),
            "side": left.map({True: "left", False: "right"}).where(away_m > off_m),
        }
    )
    return rows.where(pd.Series(away_m <= nearest_m + BESIDE_M))


def _is_left(line: shapely.LineString, at_m: Floats, points: Any) -> Any:
    """Return which points lie left of the line as it is drawn, at these distances along it."""
    before = shapely.line_interpolate_point(line, np.maximum(at_m - LEAST_M, 0))
    after = shapely.line_interpolate_point(
        line, np.minimum(at_m + LEAST_M, line.length)
    )
    ahead = shapely.get_coordinates(after) - shapely.get_coordinates(before)
    aside = shapely.get_coordinates(points) - shapely.get_coordinates(before)
    return ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0] > 0
