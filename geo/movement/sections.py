"""Named sections of public corridors: what the model of movement may be published for.

A corridor is the railway, or the main roads of one number or name.  It is cut at the places that
it comes near to: stations cut the railway, towns the roads, crossings both.  A section is what
hangs together between them, at least 1 km long.  Paths, tracks and minor streets belong to no
section.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geo.arrays import Bools, Floats, Ints, Objects
from geo.crs import require_metric
from geo.movement.crossings import nearest_crossing
from geo.network.graph import Network, from_lines
from geo.params import MovementParams
from geo.schema import MAIN_ROADS

ROADS: Final = (*MAIN_ROADS, "tertiary", "tertiary_link")
"""Classes of road that make sections."""
PIECE_M: Final = 200.0
"""Corridors are cut to pieces of at most this length before they are put together to sections."""
CUT_M: Final = 400.0
"""A corridor is cut over this distance on both sides of a place, so that both carriageways part."""
TOUCH_M: Final = 0.01
"""A point this near to a line lies on it."""
RAILWAY: Final = "railway"
UNNUMBERED: Final = " road without number"
"""After the class, what a road is called that has neither number nor name."""
COLUMNS: Final = (
    "name",
    "corridor",
    "road",
    "from_place",
    "to_place",
    "near_place",
    "length_m",
    "geometry",
    "heading",
)
"""What is found of each section."""


@dataclass(frozen=True)
class Sections:
    """Corridor sections and the pieces of way that they are made of."""

    table: gpd.GeoDataFrame
    """A row a section: ``section``, ``name``, ``corridor``, ``road``, ``from_place``, ``to_place``
    (from south to north), ``near_place``, ``length_m``, the lines, and as from `nearest_crossing`
    ``crossing`` and ``crossing_m``."""
    piece: Objects
    """Lines."""
    way: Objects
    """Identifier of the way that each piece is of."""
    section: Ints
    """Row of `table`, -1 where the piece belongs to none."""
    heading: Floats
    """(sections, 2), metres from ``from_place`` to ``to_place``; NaN where there are no two."""

    def edges(self, network: Network, way: Objects) -> Ints:
        """Return the edge of a network, of these ways, that each piece lies on, else -1."""
        result = np.full(len(self.piece), -1)
        middle = shapely.line_interpolate_point(self.piece, 0.5, normalized=True)
        piece, edge = network.tree.query(middle, predicate="dwithin", distance=TOUCH_M)
        same = way[network.line[edge]] == self.way[piece]
        result[piece[same]] = edge[same]
        return result


def corridor_sections(
    roads: gpd.GeoDataFrame,
    railways: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: MovementParams,
) -> Sections:
    """Cut the corridors into named sections.

    One corridor that comes near to the places A, B and C; each digit is a piece::

             A                 B  C
        000000000000000000000000000000    pieces of at most 200 m
        00000...11111111111...2...3333    1. near a place they are cut out; parts remain
        000000001111111111111122233333    2. each piece cut out goes to the nearest part
        000000001111111111111111133333    3. a part under 1 km goes to its longest neighbour

    A short part without a neighbour belongs to no section.

    Roads, railways and places are tables `WAYS` and `PLACES` in one projected CRS in metres, else
    `geo.crs.CRSError`.
    """
    crs = require_metric(roads=roads, railways=railways, places=places)
    main = roads[roads["highway"].isin(ROADS)]
    lines = gpd.GeoDataFrame(pd.concat([railways, main], ignore_index=True), crs=crs)
    label = np.concatenate(
        [np.full(len(railways), RAILWAY, dtype=object), _labels(main)]
    )
    network = _pieces(from_lines(lines.drop(columns="oneway")))
    names, corridor = np.unique(label[network.line].astype(str), return_inverse=True)
    anchors = places[places["kind"].isin(["station", "town", "crossing"])].reset_index(
        drop=True
    )
    anchors = anchors[["kind", "uncertainty_m", "geometry"]].assign(
        name=anchor_names(anchors)
    )

    middle = (network.xy[network.start[:-1]] + network.xy[network.start[1:] - 1]) / 2
    anchor = _cut_out(middle, corridor, names == RAILWAY, anchors, params.anchor_m)
    part, touches = _parts(network, corridor, anchor, len(anchors))
    whole = part >= 0
    for number in np.unique(
        corridor[~whole]
    ):  # each piece cut out goes to the nearest part
        own, cut = (corridor == number) & whole, (corridor == number) & ~whole
        if own.any():
            part[cut] = part[own][KDTree(middle[own]).query(middle[cut])[1]]
    adopted = (anchor >= 0) & (part >= 0)
    touches[part[adopted], anchor[adopted]] = True
    part, touches = _merge(part, touches, corridor, network.length_m, params.section_m)

    kept, section = np.unique(np.append(part, -1), return_inverse=True)
    kept, section = kept[1:], section[:-1] - 1
    label, title = names[corridor], anchors["name"].to_numpy(object)
    xy = anchors.get_coordinates().to_numpy()
    described = partial(_described, network, label, xy, title)
    rows = [described(section == k, touches[kept[k]]) for k in range(len(kept))]
    table = gpd.GeoDataFrame(rows, columns=COLUMNS, geometry="geometry", crs=crs)
    heading = np.array(table.pop("heading").to_list(), dtype=float).reshape(-1, 2)
    twin = table.groupby("name").cumcount() + 1
    table["name"] = table["name"].where(
        twin == 1, table["name"] + " (" + twin.astype(str) + ")"
    )
    table.insert(0, "section", [f"section-{k + 1:03d}" for k in range(len(table))])
    way = lines["id"].to_numpy(object)[network.line]
    table = table.join(nearest_crossing(table, places))
    return Sections(table, network.geometry, way, section, heading)


def anchor_names(places: gpd.GeoDataFrame) -> pd.Series:
    """Return short English names: of a station or crossing, the name of its place."""
    tail = r"\s+(?:railway (?:station|halt)|crossing(?: \(.*\))?)$"
    return places["name_en"].str.replace(tail, "", regex=True)


def _labels(roads: gpd.GeoDataFrame) -> Objects:
    """Return what a road is called: its first number, else its name, else its class."""
    ref = roads["ref"].str.split(";").str[0].str.strip()
    kind = roads["highway"].str.removesuffix("_link") + UNNUMBERED
    label = ("road " + ref).fillna(roads["name"]).fillna(kind)
    return label.to_numpy(object)


def _pieces(network: Network) -> Network:
    count = np.maximum(np.ceil(network.length_m / PIECE_M).astype(int), 1)
    edge = np.repeat(np.arange(network.n_edges), count - 1)
    first = np.repeat(np.cumsum(count - 1) - (count - 1), count - 1)
    order = np.arange(len(edge)) - first + 1
    offset = network.length_m[edge] * order / count[edge]
    return network.split_at(edge, offset) if len(edge) else network


def _cut_out(
    middle: Floats,
    corridor: Ints,
    rail: Bools,
    anchors: gpd.GeoDataFrame,
    reach_m: float,
) -> Ints:
    """Return the place at which each piece is cut out of its corridor, -1 at most pieces."""
    result = np.full(len(middle), -1)
    best = np.full(len(middle), np.inf)
    xy, kind = anchors.get_coordinates().to_numpy(), anchors["kind"].to_numpy(object)
    reach = np.maximum(anchors["uncertainty_m"].fillna(0).to_numpy(float), reach_m)
    for number, is_rail in enumerate(rail):
        own = np.flatnonzero(corridor == number)
        cutting = np.flatnonzero(kind != ("town" if is_rail else "station"))
        distance, nearest = (
            np.asarray(a) for a in KDTree(middle[own]).query(xy[cutting])
        )
        near = distance <= reach[cutting]
        for k, piece in zip(cutting[near], nearest[near], strict=True):
            close = own[np.hypot(*(middle[own] - middle[own[piece]]).T) <= CUT_M]
            far = np.hypot(*(middle[close] - xy[k]).T)
            nearer = far < best[close]
            result[close[nearer]], best[close[nearer]] = k, far[nearer]
    return result


def _parts(
    network: Network, corridor: Ints, anchor: Ints, n_anchors: int
) -> tuple[Ints, Bools]:
    """Return the part of its corridor that each piece hangs together with, -1 where it is cut out.

    Then, (parts, places), the parts that meet a piece cut out at a place.
    """
    whole = anchor < 0
    nodes = np.stack([network.edge_from, network.edge_to])
    # Corridors that share a node stay apart: each has its own.
    _, node = np.unique(
        nodes * (corridor.max(initial=0) + 1) + corridor, return_inverse=True
    )
    node = node.reshape(nodes.shape)
    size = int(node.max(initial=-1)) + 1
    graph = csr_array((np.ones(whole.sum()), tuple(node[:, whole])), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    part = np.full(network.n_edges, -1)
    found, part[whole] = np.unique(component[node[0, whole]], return_inverse=True)

    def met(of: Ints, those: Bools, count: int) -> csr_array:
        rows = np.tile(of[those], 2), node[:, those].ravel()
        return csr_array((np.ones(len(rows[0])), rows), shape=(count, size))

    touches = met(part, whole, len(found)) @ met(anchor, ~whole, n_anchors).T
    return part, touches.toarray() > 0


def _merge(
    part: Ints, touches: Bools, corridor: Ints, length_m: Floats, least_m: float
) -> tuple[Ints, Bools]:
    """Give parts that are too short to the longest neighbour on their corridor, else to none."""
    touches, inside = touches.copy(), part >= 0
    total = np.bincount(part[inside], length_m[inside], minlength=len(touches))
    of_part = np.zeros(len(touches), dtype=int)
    of_part[part[inside]] = corridor[inside]
    goes_to = np.arange(len(touches))
    for short in np.argsort(total, kind="stable"):
        if total[short] >= least_m:
            break
        near = (
            (touches & touches[short]).any(axis=1)
            & (of_part == of_part[short])
            & (total > 0)
        )
        near[short] = False
        if not near.any():
            continue
        into = int(np.where(near, total, -1.0).argmax())
        goes_to[goes_to == short] = into
        touches[into] |= touches[short]
        total[into] += total[short]
        total[short] = 0.0
    goes_to[total[goes_to] < least_m] = -1
    return np.append(goes_to, -1)[part], touches  # part -1 takes the last


def _described(
    network: Network,
    label: npt.NDArray[np.str_],
    xy: Floats,
    names: Objects,
    own: Bools,
    touched: Bools,
) -> dict[str, Any]:
    """Return the row of a section: from the southern to the northern of its two farthest places."""
    pieces = np.flatnonzero(own)
    name = str(label[pieces[0]])
    named = name != RAILWAY and not name.endswith(UNNUMBERED)
    merged = shapely.line_merge(shapely.MultiLineString(list(network.geometry[pieces])))
    row: dict[str, Any] = {
        "corridor": RAILWAY if name == RAILWAY else "main_road",
        "road": name.removeprefix("road ") if named else pd.NA,
        "length_m": float(network.length_m[pieces].sum()),
        "geometry": shapely.MultiLineString(list(shapely.get_parts(merged))),
        "heading": (np.nan, np.nan),
        **dict.fromkeys(("from_place", "to_place", "near_place"), pd.NA),
    }
    if not touched.any():
        away = shapely.distance(shapely.points(xy), row["geometry"].centroid)
        nearest = names[away.argsort()[:1]]
        title = ", near ".join([name, *nearest])
        return {**row, "name": title, "near_place": next(iter(nearest), pd.NA)}
    xy, names = xy[touched], names[touched]
    gap = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    south, north = sorted(
        np.unravel_index(gap.argmax(), gap.shape), key=lambda k: xy[k, 1]
    )
    if names[south] == names[north]:
        return {**row, "name": f"{name}, by {names[south]}", "near_place": names[south]}
    title = f"{name}, {names[south]} to {names[north]}"
    ends = {"from_place": names[south], "to_place": names[north]}
    return {**row, "name": title, **ends, "heading": xy[north] - xy[south]}
