"""Named sections of public corridors: the least that minutes and models are told of.

A corridor is the railway, or the main roads of one number or name.  It is cut at the places that
it comes near to: stations cut the railway, towns the roads, crossings both.  A section is what
hangs together between them, at least 1 km long.  Paths, tracks and minor streets belong to no
section.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
from geo.evidence_line import told
from geo.network.graph import Network, from_lines
from geo.params import CorridorParams
from geo.schema import MAIN_ROADS
from geo.sections.official_crossings import nearest_crossing

ROADS: Final = (*MAIN_ROADS, "tertiary", "tertiary_link")
"""Classes of road that make sections."""
PIECE_M: Final = 200.0
"""Corridors are cut to pieces of at most this length before they are put together to sections."""
CUT_M: Final = 400.0
"""A corridor is cut over this distance on both sides of a place, so that both carriageways part."""
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
)
"""What is found of each section."""


@told
@dataclass(frozen=True)
class Sections:
    """Corridor sections and the pieces of way that they are made of."""

    table: gpd.GeoDataFrame
    """A row a section: ``section``, ``name``, ``corridor``, ``road``, ``from_place``, ``to_place``
    (from south to north), ``near_place``, ``length_m``, the lines, and as from `nearest_crossing`
    ``crossing`` and ``crossing_m``."""
    piece: Objects
    """Lines."""
    section: Ints
    """Row of `table`, -1 where the piece belongs to none."""


def corridor_sections(
    roads: gpd.GeoDataFrame,
    railways: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: CorridorParams,
) -> Sections:
    """Cut the corridors into named sections.

    One corridor that comes near to the places A, B and C; each digit is a piece::

             A                 B  C
        000000000000000000000000000000    pieces of at most 200 m
        00000...11111111111...2...3333    1. near a place they are cut out; parts remain
        000000001111111111111122233333    2. each piece cut out goes to the nearest part
        000000001111111111111111133333    3. a part under 1 km goes to its longest neighbour

    A short part without a neighbour belongs to no section.

    Parameters
    ----------
    roads, railways : geopandas.GeoDataFrame, table `WAYS`, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
        Stations, towns and crossings cut corridors.
    params : geo.params.CorridorParams
        ``anchor_m``: how near a place cuts; ``section_m``: the shortest section.

    Returns
    -------
    Sections

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, not in metres, or differs.
    """
    require_metric(roads=roads, railways=railways, places=places)
    lines, labels = _lines(roads, railways)
    network = _pieces(from_lines(lines.drop(columns="oneway")))
    names, corridor = np.unique(labels[network.line].astype(str), return_inverse=True)
    anchors = Anchors.of(places, params.anchor_m)
    cut = CutCorridors(network, names, corridor)

    part, touches = _long_parts(cut, anchors, params)
    section = np.full(len(part), -1)
    parts, section[part >= 0] = np.unique(part[part >= 0], return_inverse=True)
    table = _table(cut, section, touches[parts], anchors)
    table = table.join(nearest_crossing(table, places))
    return Sections(table, network.geometry, section)


def _long_parts(
    cut: CutCorridors, anchors: Anchors, params: CorridorParams
) -> tuple[Ints, Bools]:
    """Return the part that each piece goes to, -1 for none, and (parts, places) that they meet."""
    anchor = _cut_out(cut, anchors)
    part, touches = _parts(cut, anchor, len(anchors.name))
    part = _adopted(cut, part)
    adopted = (anchor >= 0) & (part >= 0)
    touches[part[adopted], anchor[adopted]] = True
    return _merge(cut, part, touches, params.section_m)


def _table(
    cut: CutCorridors, section: Ints, touches: Bools, anchors: Anchors
) -> gpd.GeoDataFrame:
    """Return the table of `Sections`; sections of one name are numbered."""
    rows = [
        _described(
            cut, np.flatnonzero(section == number), anchors, np.flatnonzero(touched)
        )
        for number, touched in enumerate(touches)
    ]
    table = gpd.GeoDataFrame(
        rows, columns=COLUMNS, geometry="geometry", crs=cut.network.crs
    )
    of_name = table.groupby("name").cumcount() + 1
    numbered = table["name"] + " (" + of_name.astype(str) + ")"
    table["name"] = table["name"].where(of_name == 1, numbered)
    ids = [f"section-{number + 1:03d}" for number in range(len(table))]
    table.insert(0, "section", ids)
    return table


@dataclass(frozen=True)
class CutCorridors:
    """Corridors cut to pieces, the edges of a network."""

    network: Network
    names: npt.NDArray[np.str_]
    """Names of the corridors."""
    corridor: Ints
    """Number of the corridor of each piece."""

    @cached_property
    def middle(self) -> Floats:
        """Half way between the ends of each piece, (pieces, 2)."""
        start = self.network.start
        first = self.network.xy[start[:-1]]
        last = self.network.xy[start[1:] - 1]
        return (first + last) / 2


@dataclass(frozen=True)
class Anchors:
    """Places that cut corridors."""

    kind: Objects
    name: Objects
    xy: Floats
    """(places, 2), metres."""
    reach_m: Floats
    """How near a corridor comes to be cut."""

    @classmethod
    def of(cls, places: gpd.GeoDataFrame, reach_m: float) -> Anchors:
        """Return stations, towns and crossings; one that is not well known reaches farther."""
        chosen = places[places["kind"].isin(["station", "town", "crossing"])]
        uncertainty_m = chosen["uncertainty_m"].fillna(0).to_numpy(float)
        return cls(
            kind=chosen["kind"].to_numpy(object),
            name=anchor_names(chosen).to_numpy(object),
            xy=chosen.get_coordinates().to_numpy(),
            reach_m=np.maximum(uncertainty_m, reach_m),
        )


def _adopted(cut: CutCorridors, part: Ints) -> Ints:
    """Return parts in which each piece cut out goes to the nearest part of its corridor."""
    result = part.copy()
    is_cut = part < 0
    for number in np.unique(cut.corridor[is_cut]):
        on_corridor = cut.corridor == number
        whole = on_corridor & ~is_cut
        lost = on_corridor & is_cut
        if whole.any():
            _, nearest = KDTree(cut.middle[whole]).query(cut.middle[lost])
            result[lost] = part[whole][nearest]
    return result


def anchor_names(places: gpd.GeoDataFrame) -> pd.Series:
    """Return short English names: of a station or crossing, the name of its place."""
    tail = r"\s+(?:railway (?:station|halt)|crossing(?: \(.*\))?)$"
    return places["name_en"].str.replace(tail, "", regex=True)


def _lines(
    roads: gpd.GeoDataFrame, railways: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Objects]:
    """Return the ways that corridors are made of, and the corridor of each."""
    main = roads[roads["highway"].isin(ROADS)]
    both = pd.concat([railways, main], ignore_index=True)
    labels = np.concatenate([[RAILWAY] * len(railways), _labels(main)])
    return gpd.GeoDataFrame(both, crs=roads.crs), labels


def _labels(roads: gpd.GeoDataFrame) -> Objects:
    """Return what a road is called: its first number, else its name, else its class."""
    ref = roads["ref"].str.split(";").str[0].str.strip()
    kind = roads["highway"].str.removesuffix("_link") + UNNUMBERED
    label = ("road " + ref).fillna(roads["name"]).fillna(kind)
    return label.to_numpy(object)


def _pieces(network: Network) -> Network:
    """Return the corridors cut to pieces of at most `PIECE_M`, equal ones of each edge."""
    count = np.maximum(np.ceil(network.length_m / PIECE_M).astype(int), 1)
    edge = np.repeat(np.arange(network.n_edges), count - 1)
    first = np.repeat(np.cumsum(count - 1) - (count - 1), count - 1)
    order = np.arange(len(edge)) - first + 1
    offset = network.length_m[edge] * order / count[edge]
    return network.split_at(edge, offset) if len(edge) else network


def _cut_out(cut: CutCorridors, anchors: Anchors) -> Ints:
    """Return the place at which each piece is cut out of its corridor, -1 at most cut."""
    result = np.full(len(cut.corridor), -1)
    nearest_m = np.full(len(result), np.inf)
    for number in range(len(cut.names)):
        rows = np.flatnonzero(cut.corridor == number)
        for anchor, piece in _cuts(cut, number, rows, anchors):
            beside_m = np.hypot(*(cut.middle[rows] - cut.middle[piece]).T)
            close = rows[beside_m <= CUT_M]
            away_m = np.hypot(*(cut.middle[close] - anchors.xy[anchor]).T)
            nearer = away_m < nearest_m[close]
            result[close[nearer]] = anchor
            nearest_m[close[nearer]] = away_m[nearer]
    return result


def _cuts(
    cut: CutCorridors, number: int, rows: Ints, anchors: Anchors
) -> Iterator[tuple[int, int]]:
    """Yield each place that cuts a corridor, with the piece of it, of `rows`, that is nearest."""
    not_cutting = "town" if cut.names[number] == RAILWAY else "station"
    cutting = np.flatnonzero(anchors.kind != not_cutting)
    tree = KDTree(cut.middle[rows])
    distance, nearest = tree.query(anchors.xy[cutting])
    within = distance <= anchors.reach_m[cutting]
    pieces = rows[np.asarray(nearest)[within]]
    yield from zip(cutting[within].tolist(), pieces.tolist(), strict=True)


# One graph: the parts and the places have its nodes as columns.
def _parts(cut: CutCorridors, anchor: Ints, n_anchors: int) -> tuple[Ints, Bools]:
    """Return the part of its corridor that each piece hangs together with, -1 where it is cut out.

    Then, (parts, places), the parts that meet a piece cut out at a place.
    """
    whole = anchor < 0
    corridor = cut.corridor
    ends = np.stack([cut.network.edge_from, cut.network.edge_to])
    # Corridors that share a node stay apart: each has its own.
    of_corridor = ends * (corridor.max(initial=0) + 1) + corridor
    nodes, flat = np.unique(of_corridor, return_inverse=True)
    node = flat.reshape(ends.shape)
    size = len(nodes)
    tail, head = node[:, whole]
    graph = csr_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    part = np.full(len(anchor), -1)
    parts, part[whole] = np.unique(component[tail], return_inverse=True)

    def ends_of(number: Ints, rows: Bools, count: int) -> csr_array:
        """Return which node is an end of which part or place."""
        owner = np.tile(number[rows], 2)
        at_node = node[:, rows].ravel()
        ones = np.ones(len(owner))
        return csr_array((ones, (owner, at_node)), shape=(count, size))

    of_parts = ends_of(part, whole, len(parts))
    of_places = ends_of(anchor, ~whole, n_anchors)
    return part, (of_parts @ of_places.T).toarray() > 0


def _merge(
    cut: CutCorridors, part: Ints, touches: Bools, least_m: float
) -> tuple[Ints, Bools]:
    """Give parts that are too short to the longest neighbour on their corridor, else to none."""
    touches = touches.copy()
    inside = part >= 0
    count = len(touches)
    length_m = cut.network.length_m
    total_m = np.bincount(part[inside], length_m[inside], minlength=count)
    corridor = np.zeros(count, dtype=int)
    corridor[part[inside]] = cut.corridor[inside]
    goes_to = np.arange(count)
    for short in np.argsort(total_m, kind="stable"):
        if total_m[short] >= least_m:
            break
        neighbours = (touches & touches[short]).any(axis=1)
        neighbours &= (corridor == corridor[short]) & (total_m > 0)
        neighbours[short] = False
        if not neighbours.any():
            continue
        longest = int(np.where(neighbours, total_m, -1.0).argmax())
        goes_to[goes_to == short] = longest
        touches[longest] |= touches[short]
        total_m[longest] += total_m[short]
        total_m[short] = 0.0
    goes_to[total_m[goes_to] < least_m] = -1
    result = part.copy()
    result[inside] = goes_to[part[inside]]
    return result, touches


def _described(
    cut: CutCorridors, rows: Ints, anchors: Anchors, ends: Ints
) -> dict[str, Any]:
    """Return the row of a section: from the southern to the northern of its two farthest places.

    `ends` are the `anchors` that it meets; of a section without any the nearest is named.
    """
    network = cut.network
    corridor = str(cut.names[cut.corridor[rows[0]]])
    is_named = corridor != RAILWAY and not corridor.endswith(UNNUMBERED)
    merged = shapely.line_merge(shapely.MultiLineString(list(network.geometry[rows])))
    section: dict[str, Any] = {
        "name": corridor,
        "corridor": RAILWAY if corridor == RAILWAY else "main_road",
        "road": corridor.removeprefix("road ") if is_named else pd.NA,
        "length_m": float(network.length_m[rows].sum()),
        "geometry": shapely.MultiLineString(list(shapely.get_parts(merged))),
        **dict.fromkeys(("from_place", "to_place", "near_place"), pd.NA),
    }
    if not len(ends):
        away = anchors.xy - shapely.get_coordinates(section["geometry"].centroid)
        for nearest in anchors.name[np.hypot(*away.T).argsort()[:1]]:
            section |= {"name": f"{corridor}, near {nearest}", "near_place": nearest}
        return section
    xy = anchors.xy[ends]
    gap_m = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
    farthest = np.unravel_index(gap_m.argmax(), gap_m.shape)
    south, north = sorted(farthest, key=lambda end: xy[end, 1])
    start, end = anchors.name[ends[[south, north]]]
    if start == end:
        return section | {"name": f"{corridor}, by {start}", "near_place": start}
    return section | {
        "name": f"{corridor}, {start} to {end}",
        "from_place": start,
        "to_place": end,
    }
