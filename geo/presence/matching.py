"""Tracks to roads: the hidden Markov model of Newson and Krumm (2009).

A fix lies about the true place by a Gaussian; the drive between two fixes is about as long as the
straight line between them, the difference being exponential.  The most likely places follow by
Viterbi's algorithm; routes are shortest ones that obey one-way streets, searched no farther than
such a drive can be.  Fixes of a stand are one, and those near to the one before are left out.

Newson, P. and Krumm, J. (2009). Hidden Markov map matching through noise and sparseness.  17th ACM
SIGSPATIAL, 336-343.
"""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools, Floats, Ints
from geo.crs import Frame, require_metric
from geo.network.compiled import compiled
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
from geo.presence.sight import in_sight, where_crew_was
from geo.presence.tracks import Complexes, faults_of, pieces_of, stands
from geo.presence.viterbi_loops import Arcs, Candidates, Search, routes, viterbi
from layers.records import StudyData
from layers.schema import LOG_PRESENCE

NOISE_M: Final = (5.0, 50.0)
"""Least and greatest standard deviation of a fix, per axis, that is reckoned with."""
REACH_M: Final = 100.0
"""A road within so many metres, or four standard deviations, may be the one driven."""
CANDIDATES: Final = 12
"""Roads that are tried for one fix: the nearest."""
APART: Final = 4.0
"""Fixes within so many standard deviations of the one before say nothing on the route."""
DETOUR: Final = (0.1, 5.0)
"""Mean of what the drive is longer than the straight line: a share of it, and metres."""
SEARCH: Final = (2.0, 500.0)
"""A drive is searched up to so many times the straight line, and so many metres more."""


@dataclass(frozen=True)
class Matched:
    """A track on a network."""

    fixes: pd.DataFrame
    """A row for each fix: ``fault``: ``clock``, ``jump``, ``far`` or null."""
    path: pd.DataFrame
    """A row for each piece of edge in the order of the drive: ``edge``, ``from_m``, ``to_m``,
    ``start_s`` (from 1970, UTC), ``duration_s``.  Of a stand both offsets are equal."""
    gaps: pd.DataFrame
    """Where the drive is not known: ``fault`` (``gap``, ``jump``, ``no_route``), ``from_s``,
    ``to_s``, ``length_m``."""

    @property
    def elsewhere(self) -> bool:
        """Whether more than half of the usable fixes lie far from every road: another area."""
        fault = self.fixes["fault"]
        return bool((fault == "far").sum() > fault.isna().sum())


def match(network: Network, tracks: Frame) -> list[Matched]:
    """Return the roads that tracks were driven on, and all of them that is not known.

    Parameters
    ----------
    network : geo.network.graph.Network
        Roads, with their directions.
    tracks : GeoDataFrame or GeoSeries of LineString Z, in the network's CRS
        As in table `LOG_TRACKS`: z is the instant of each fix, seconds since 1970-01-01 UTC, NaN
        where it is not known.  Fixes are in the order of the record.

    Raises `geo.crs.CRSError`, `NetworkError` if the tracks are not in the network's CRS, or the
    network has no edges.

    Examples
    --------
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (3000, 0)])], crs=9141)
    >>> track = shapely.LineString([(100, 5, 0), (700, -5, 60), (1300, 5, 120)])
    >>> driven = match(network.from_lines(street), gpd.GeoSeries([track], crs=9141))[0]
    >>> driven.path[["from_m", "to_m", "duration_s"]].values.tolist()
    [[100.0, 700.0, 60.0], [700.0, 1300.0, 60.0]]
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), tracks=tracks)
    if not network.n_edges:
        raise NetworkError("the network has no edges. Fix: roads of the region of the tracks")
    arcs = _arcs(network)
    lines = np.asarray(tracks.geometry.values, dtype=object)
    return [_matched(network, arcs, shapely.get_coordinates(one, include_z=True)) for one in lines]


def ways_of(region: StudyData) -> Network:
    """Return all that a crew may see: roads, paths, railways.  Its edges number crews' minutes."""
    layers = region.layers
    seen = [layers.roads, layers.paths, layers.railways]
    return from_lines(pd.concat(seen, ignore_index=True))


def matched_tracks(
    region: StudyData, lines: Network, time_zone: str
) -> tuple[pd.DataFrame, list[Matched]]:
    """Return table `LOG_PRESENCE` of the tracks that it lacks on the ways of a study.

    Beside it what became of each of these tracks.
    """
    log, source = region.log, region.layers.source.id
    there = log.presence.loc[log.presence["network"] == source, "track_id"]
    tracks = log.tracks[~log.tracks["track_id"].isin(there)].to_crs(lines.crs)
    if tracks.empty:
        return LOG_PRESENCE.frame(), []
    roads = from_lines(region.layers.roads)
    matched = match(roads, tracks)
    found = [LOG_PRESENCE.frame()]
    about = tracks[["track_id", "date", "shift", "vehicle"]].assign(network=source)
    for one, row in zip(matched, about.to_dict("records"), strict=True):
        if not one.elsewhere and len(one.path):
            minutes = in_sight(lines, where_crew_was(roads, one.path), time_zone)
            of = {str(name): value for name, value in row.items()}
            found.append(LOG_PRESENCE.frame(minutes.assign(**of)))
    return pd.concat(found, ignore_index=True), matched


def _matched(network: Network, arcs: Arcs, fixes: Floats) -> Matched:
    """Return a track, (n, 3): x, y, seconds, on a network."""
    xy, at_s = fixes[:, :2], fixes[:, 2]
    fault = faults_of(xy, at_s)
    good = np.flatnonzero(fault.isna())
    _, away = network.tree.query_nearest(
        shapely.points(xy[good]), return_distance=True, all_matches=False
    )
    noise = float(np.clip(1.4826 * np.median(away), *NOISE_M)) if len(good) else NOISE_M[0]
    reach = max(REACH_M, 4 * noise)
    fault[good[away > reach]] = "far"
    good = good[away <= reach]
    xy, at_s = xy[good], at_s[good]
    piece, gaps = pieces_of(xy, at_s)
    anchors = _anchors(xy, at_s, stands(xy, at_s), piece, APART * noise)
    path, lost = _driven(network, arcs, anchors, noise, reach)
    gaps = pd.concat([gaps, lost], ignore_index=True).sort_values("from_s", ignore_index=True)
    return Matched(pd.DataFrame({"fault": fault}), path, gaps)


def _anchors(xy: Floats, at_s: Floats, stand: Ints, piece: Ints, apart: float) -> pd.DataFrame:
    """Return what the route rests on: each stand, and of other fixes those that lie apart."""
    kept = _kept(xy[:, 0] + 1j * xy[:, 1], stand, piece, apart)
    used = kept | (stand >= 0)
    rows = pd.DataFrame({"piece": piece, "x": xy[:, 0], "y": xy[:, 1]})
    by = rows.assign(start_s=at_s, end_s=at_s)[used].groupby((np.cumsum(kept) - 1)[used])
    how = {"piece": "first", "x": "median", "y": "median", "start_s": "first", "end_s": "last"}
    return by.agg(how)


@compiled
def _kept(where: Complexes, stand: Ints, piece: Ints, apart: float) -> Bools:
    """Mark the first fix of each stand, and those far from the one marked before them."""
    kept = np.zeros(len(where), dtype=np.bool_)
    last = 0
    for i in range(len(where)):
        same = i > 0 and stand[i] == stand[last] and piece[i] == piece[last]
        if same and (stand[i] >= 0 or abs(where[i] - where[last]) < apart):
            continue
        kept[i] = True
        last = i
    return kept


def _driven(
    network: Network, arcs: Arcs, anchors: pd.DataFrame, noise: float, reach: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the path along the anchors, and the drives that were not found."""
    xy = anchors[["x", "y"]].to_numpy(float)
    start_s, end_s = anchors["start_s"].to_numpy(float), anchors["end_s"].to_numpy(float)
    straight = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)][: len(xy)]
    piece = anchors["piece"].to_numpy()
    begins = np.r_[1, np.diff(piece) != 0][: len(xy)].astype(np.int64)
    limit = SEARCH[0] * straight + SEARCH[1]
    places = _near(network, xy, reach)
    size = network.n_nodes
    search = Search(np.full(size, np.inf), np.zeros(size, np.int64), np.zeros(size, np.int64))
    detour = DETOUR[0] * straight + DETOUR[1]
    chosen, lost = viterbi(arcs, places, begins, straight, limit, detour, noise, search)
    fix, edge, from_m, to_m = routes(arcs, places, chosen, lost, limit, 3 * noise, search)
    length = np.abs(to_m - from_m)
    whole = np.bincount(fix, length, minlength=len(xy))
    share = np.divide(length, whole[fix], out=np.zeros(len(fix)), where=whole[fix] > 0)
    took = start_s[fix] - end_s[fix - 1]
    begin_s = end_s[fix - 1] + _before(fix, share) * took
    stood = np.flatnonzero(end_s > start_s)
    at, stay_s = chosen[stood], (end_s - start_s)[stood]
    drives = edge, from_m, to_m, begin_s, share * took
    stands = places.edge[at], places.offset[at], places.offset[at], start_s[stood], stay_s
    columns = ["edge", "from_m", "to_m", "start_s", "duration_s"]
    parts = [dict(zip(columns, part, strict=True)) for part in (drives, stands)]
    path = pd.concat(map(pd.DataFrame, parts))
    path = path[path["duration_s"] > 0].sort_values("start_s", kind="stable", ignore_index=True)
    none = np.flatnonzero((lost == 1) & (begins == 0))
    lost_drives = {"from_s": end_s[none - 1], "to_s": start_s[none], "length_m": straight[none]}
    return path, pd.DataFrame({"fault": "no_route", **lost_drives})


def _before(fix: Ints, share: Floats) -> Floats:
    """Return the sum of the shares of the rows of the same fix before each row."""
    total = np.cumsum(share) - share
    return np.asarray(total - total[np.searchsorted(fix, fix)])


def _near(network: Network, xy: Floats, reach: float) -> Candidates:
    """Return the nearest place on each of the nearest roads of each point."""
    points = np.asarray(shapely.points(xy))
    which, edge = network.tree.query(points, predicate="dwithin", distance=reach)
    away = shapely.distance(points[which], network.geometry[edge])
    order = np.lexsort((edge, away, which))
    which, edge, away = which[order], edge[order], away[order]
    near = np.arange(len(which)) - np.searchsorted(which, which) < CANDIDATES
    which, edge, away = which[near], edge[near].astype(np.int64), away[near]
    offset = shapely.line_locate_point(network.geometry[edge], points[which])
    offset = np.minimum(offset / network.drawn_ratio[edge], network.length_m[edge])
    first = np.searchsorted(which, np.arange(len(xy) + 1)).astype(np.int64)
    return Candidates(first, edge, offset, away)


def _arcs(network: Network) -> Arcs:
    """Return the network as the loops take it."""
    tail, head, cost, edge = network.arcs(directed=True)
    pointer = np.searchsorted(tail, np.arange(network.n_nodes + 1)).astype(np.int64)
    ends = (network.edge_from, network.edge_to, network.length_m, network.oneway)
    return Arcs(pointer, head, cost, edge, *ends)
