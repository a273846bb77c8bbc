"""Named sections of public corridors: what the model of movement may be published for.

A corridor is the railway, or the main roads of one number or name.  It is cut at the places that
it comes near to: stations cut the railway, towns the roads, crossings both.  A section is what
hangs together between them, at least 1 km long; shorter pieces go to a neighbour or are left out.
Paths, tracks and minor streets belong to no section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from geo.network.graph import Network, from_lines
from geo.params import MovementParams
from layers.schema import MAIN_ROADS

ROADS: Final = (*MAIN_ROADS, "tertiary", "tertiary_link")
"""Classes of road that make sections."""

PIECE_M: Final = 200.0
"""Corridors are cut to pieces of at most this length before they are put together to sections."""

CUT_M: Final = 400.0
"""A corridor is cut over this distance on both sides of a place: both carriageways part."""

TOUCH_M: Final = 0.01
"""A point this near to a line lies on it."""

NOWHERE: Final = (np.nan, np.nan)

UNNUMBERED: Final = " road without number"
"""After the class, what a road is called that has neither number nor name."""

COLUMNS: Final = (
    "section", "name", "corridor", "road", "from_place", "to_place", "near_place", "length_m",
)  # fmt: skip
"""Of the table of sections."""


@dataclass(frozen=True)
class Anchors:
    """Places that corridors are cut at: ``(k, 2)`` positions and arrays of ``k``."""

    xy: Floats
    kind: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    uncertainty_m: Floats


@dataclass(frozen=True)
class Sections:
    """Corridor sections and the pieces of way that they are made of.

    Attributes
    ----------
    table : geopandas.GeoDataFrame
        `COLUMNS` and the lines, a row a section; places from south to north.
    piece : (p,) object array of shapely LineString
    way : (p,) object array of str
        Identifier of the way that each piece is of.
    section : (p,) int array
        Row of `table`, -1 where the piece belongs to none.
    heading : (sections, 2) float array
        From ``from_place`` to ``to_place``, metres; NaN where the section has no two ends.
    """

    table: gpd.GeoDataFrame
    piece: npt.NDArray[np.object_]
    way: npt.NDArray[np.object_]
    section: Ints
    heading: Floats

    def edges(self, network: Network, way: npt.NDArray[np.object_]) -> Ints:
        """Return the edge of a network that each piece lies on, -1 where it lies on none.

        Parameters
        ----------
        network : geo.network.graph.Network, in the CRS of the sections
        way : (lines,) object array of str
            Identifier of each source line.

        Returns
        -------
        (p,) int array
        """
        result = np.full(len(self.piece), -1, dtype=np.int64)
        middle = shapely.line_interpolate_point(self.piece, 0.5, normalized=True)
        piece, edge = network.tree.query(middle, predicate="dwithin", distance=TOUCH_M)
        same = way[network.line[edge]] == self.way[piece]
        result[piece[same]] = edge[same]
        return result


def sections(
    roads: gpd.GeoDataFrame,
    railways: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: MovementParams,
) -> Sections:
    """Cut the corridors into named sections.

    Parameters
    ----------
    roads, railways : geopandas.GeoDataFrame, table `WAYS`, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, the same CRS
    params : geo.params.MovementParams

    Raises
    ------
    geo.crs.CRSError
        If the layers are not in one projected CRS in metres.
    """
    crs = require_metric(roads=roads, railways=railways, places=places)
    main = roads[roads["highway"].isin(ROADS)]
    lines = gpd.GeoDataFrame(pd.concat([railways, main], ignore_index=True), crs=crs)
    if lines.empty:
        return _none(lines)
    label = np.concatenate([np.full(len(railways), "railway", dtype=object), _labels(main)])
    network = _pieces(from_lines(lines.drop(columns="oneway")))
    names, key = np.unique(label[network.line].astype(str), return_inverse=True)
    rail = names == "railway"
    anchors = _anchors(places[places["kind"].isin(["station", "town", "crossing"])])

    middle = (network.xy[network.start[:-1]] + network.xy[network.start[1:] - 1]) / 2
    anchor = _cuts(middle, key, rail, anchors, params.anchor_m)
    part, n_parts = _parts(network, key, anchor)
    touches = _touches(network, key, part, anchor)
    touches = np.pad(touches, ((0, 0), (0, len(anchors.kind) - touches.shape[1])))
    part = _adopt(middle, key, part)
    adopted = (anchor >= 0) & (part >= 0)
    touches[part[adopted], anchor[adopted]] = True
    part = _merge(part, touches, network.length_m, _first(part, key, n_parts), params.section_m)

    kept, section = np.unique(part, return_inverse=True)
    section = section - int((kept < 0).any())
    kept = kept[kept >= 0]
    rows = [
        _row(network, np.flatnonzero(section == k), names[key], touches[kept[k]], anchors)
        for k in range(len(kept))
    ]
    table = gpd.GeoDataFrame(
        [row[:-1] for row in rows], columns=[*COLUMNS[1:], "geometry"], geometry="geometry", crs=crs
    )
    heading = np.array([row[-1] for row in rows], dtype=float).reshape(-1, 2)
    twin = table.groupby("name").cumcount() + 1
    table["name"] = table["name"].where(twin == 1, table["name"] + " (" + twin.astype(str) + ")")
    table.insert(0, "section", [f"section-{k + 1:03d}" for k in range(len(table))])
    way = lines["id"].to_numpy(object)[network.line]
    return Sections(table, network.geometry, way, section, heading)


def _none(lines: gpd.GeoDataFrame) -> Sections:
    """Return no section at all."""
    table = gpd.GeoDataFrame(columns=[*COLUMNS, "geometry"], geometry="geometry", crs=lines.crs)
    nothing = np.zeros(0, dtype=object)
    return Sections(table, nothing, nothing, np.zeros(0, dtype=np.int64), np.zeros((0, 2)))


def place_names(places: gpd.GeoDataFrame) -> pd.Series:
    """Return short English names: of a station or crossing, the name of its place."""
    tail = r"\s+(?:railway (?:station|halt)|crossing(?: \(.*\))?)$"
    return places["name_en"].str.replace(tail, "", regex=True)


def _anchors(places: gpd.GeoDataFrame) -> Anchors:
    return Anchors(
        places.get_coordinates().to_numpy(),
        places["kind"].to_numpy(object),
        place_names(places).to_numpy(object),
        places["uncertainty_m"].fillna(0).to_numpy(float),
    )


def _labels(roads: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return what a road is called: its first number, else its name, else its class."""
    ref = roads["ref"].str.split(";").str[0].str.strip()
    kind = roads["highway"].str.removesuffix("_link") + UNNUMBERED
    label = ("road " + ref).fillna(roads["name"]).fillna(kind)
    return np.asarray(label.to_numpy(object))


def _pieces(network: Network) -> Network:
    """Return the network cut into pieces of at most `PIECE_M`."""
    count = np.maximum(np.ceil(network.length_m / PIECE_M).astype(np.int64), 1)
    edge = np.repeat(np.arange(network.n_edges), count - 1)
    first = np.repeat(np.cumsum(count - 1) - (count - 1), count - 1)
    order = np.arange(len(edge)) - first + 1
    return network.cut(edge, network.length_m[edge] * order / count[edge]) if len(edge) else network


def _cuts(
    middle: Floats,
    key: Ints,
    rail: npt.NDArray[np.bool_],
    anchors: Anchors,
    reach_m: float,
) -> Ints:
    """Return the place at which each piece is cut out of its corridor, -1 at most pieces."""
    result = np.full(len(middle), -1, dtype=np.int64)
    best = np.full(len(middle), np.inf)
    reach = np.maximum(anchors.uncertainty_m, reach_m)
    kind, xy = anchors.kind, anchors.xy
    if not len(kind):
        return result
    for corridor in range(len(rail)):
        own = np.flatnonzero(key == corridor)
        cutting = np.flatnonzero(kind != ("town" if rail[corridor] else "station"))
        distance, nearest = (np.asarray(a) for a in KDTree(middle[own]).query(xy[cutting]))
        near = distance <= reach[cutting]
        for k, piece in zip(cutting[near], nearest[near], strict=True):
            close = own[np.hypot(*(middle[own] - middle[own[piece]]).T) <= CUT_M]
            far = np.hypot(*(middle[close] - xy[k]).T)
            nearer = far < best[close]
            result[close[nearer]], best[close[nearer]] = k, far[nearer]
    return result


def _parts(network: Network, key: Ints, anchor: Ints) -> tuple[Ints, int]:
    """Return the connected part of its corridor of each piece that is not cut out."""
    whole = np.flatnonzero(anchor < 0)
    keys = int(key.max(initial=0)) + 1
    ends = [end[whole] * keys + key[whole] for end in (network.edge_from, network.edge_to)]
    nodes, number = np.unique(np.concatenate(ends), return_inverse=True)
    one, two = number[: len(whole)], number[len(whole) :]
    graph = csr_array((np.ones(len(whole)), (one, two)), shape=(len(nodes), len(nodes)))
    count, of_node = connected_components(graph, directed=False)
    part = np.full(network.n_edges, -1, dtype=np.int64)
    part[whole] = of_node[one]
    return part, int(count)


def _touches(network: Network, key: Ints, part: Ints, anchor: Ints) -> npt.NDArray[np.bool_]:
    """Return which parts meet the pieces cut out at which place: (parts, places)."""
    keys = int(key.max(initial=0)) + 1
    node = np.concatenate([network.edge_from, network.edge_to]) * keys + np.tile(key, 2)
    both = pd.DataFrame({"node": node, "part": np.tile(part, 2), "anchor": np.tile(anchor, 2)})
    met = both[both["part"] >= 0].merge(both[both["anchor"] >= 0], on="node")
    result = np.zeros((int(part.max(initial=-1)) + 1, int(anchor.max(initial=-1)) + 1), dtype=bool)
    result[met["part_x"], met["anchor_y"]] = True
    return result


def _adopt(middle: Floats, key: Ints, part: Ints) -> Ints:
    """Give each piece that was cut out to the nearest part of its corridor."""
    result = part.copy()
    for corridor in np.unique(key[part < 0]):
        own, cut = (key == corridor) & (part >= 0), (key == corridor) & (part < 0)
        if own.any():
            _, nearest = KDTree(middle[own]).query(middle[cut])
            result[cut] = part[own][nearest]
    return result


def _first(part: Ints, key: Ints, n_parts: int) -> Ints:
    """Return the corridor of each part."""
    result = np.full(n_parts, -1, dtype=np.int64)
    result[part[part >= 0]] = key[part >= 0]
    return result


def _merge(
    part: Ints, touches: npt.NDArray[np.bool_], length_m: Floats, corridor: Ints, least_m: float
) -> Ints:
    """Give parts that are too short to the longest neighbour on their corridor, else to none.

    Neighbours share a place; the neighbour then touches the places of both.
    """
    total = np.bincount(part[part >= 0], length_m[part >= 0], minlength=len(touches))
    goes_to = np.arange(len(touches))
    for short in np.argsort(total, kind="stable"):
        if total[short] >= least_m:
            break
        near = (touches & touches[short]).any(axis=1) & (corridor == corridor[short])
        near &= (goes_to == np.arange(len(touches))) & (total > 0)
        near[short] = False
        if not near.any():
            goes_to[short] = -1
            continue
        into = int(np.where(near, total, -1.0).argmax())
        goes_to[goes_to == short] = into
        touches[into] |= touches[short]
        total[into] += total[short]
        total[short] = 0.0
    remaining = np.bincount(goes_to[goes_to >= 0], total[goes_to >= 0], minlength=len(touches))
    goes_to[(goes_to >= 0) & (remaining[goes_to] < least_m)] = -1
    return np.where(part >= 0, goes_to[part], -1)


def _row(
    network: Network,
    pieces: Ints,
    label: npt.NDArray[np.str_],
    touched: npt.NDArray[np.bool_],
    anchors: Anchors,
) -> tuple[object, ...]:
    corridor = str(label[pieces[0]])
    merged = shapely.line_merge(shapely.MultiLineString(list(network.geometry[pieces])))
    geometry = shapely.MultiLineString(list(shapely.get_parts(merged)))
    length = float(network.length_m[pieces].sum())
    kind = "railway" if corridor == "railway" else "main_road"
    named = kind == "main_road" and not corridor.endswith(UNNUMBERED)
    road = corridor.removeprefix("road ") if named else pd.NA
    at = np.flatnonzero(touched)
    if not len(at):
        middle = shapely.get_coordinates(geometry.centroid)
        nearest = np.hypot(*(anchors.xy - middle).T).argsort()[:1]
        title = ", near ".join([corridor, *anchors.name[nearest]])
        near = next(iter(anchors.name[nearest]), pd.NA)
        return title, kind, road, pd.NA, pd.NA, near, length, geometry, NOWHERE
    xy, names = anchors.xy[at], anchors.name[at]
    gap = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    ends = np.unravel_index(gap.argmax(), gap.shape)
    south, north = sorted(ends, key=lambda k: xy[k, 1])
    if names[south] == names[north]:
        title = f"{corridor}, by {names[south]}"
        return title, kind, road, pd.NA, pd.NA, names[south], length, geometry, NOWHERE
    title = f"{corridor}, {names[south]} to {names[north]}"
    heading = xy[north] - xy[south]
    return title, kind, road, names[south], names[north], pd.NA, length, geometry, heading
