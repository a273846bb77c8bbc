"""Tracks to roads: the hidden Markov model of Newson and Krumm (2009).

A fix lies about the true place by a Gaussian; the drive between two fixes is about as long as the
straight line between them, the difference being exponential.  The most likely places follow by
Viterbi's algorithm; routes are shortest ones that obey one-way streets, searched no farther than
such a drive can be.  Fixes of a stand are one, and those near to the one before are left out.  A
fix that cannot be used keeps its row and gets a fault; nothing is moved or filled in.

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
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
from geo.presence.drives import Roads, Spots
from geo.presence.sight import in_sight, where_crew_was
from layers.records import StudyData
from layers.schema import LOG_PRESENCE

FASTEST_MS: Final = 50.0
"""No patrol drives faster: 180 km/h."""
GAP_S: Final = 300.0
"""The drive between two fixes farther apart in time is not known."""
STAND_M: Final = 100.0
"""A crew that stays within this distance stands: it walks about its vehicle, and fixes stray."""
STAND_S: Final = 300.0
"""A shorter halt is traffic."""


def faults_of(xy: Floats, at_s: Floats) -> pd.Series:
    """Return the fault of each fix, null for none.

    ``clock``: its time is missing, or not after that of every fix before it; ``jump``: the crew
    would have driven faster than `FASTEST_MS` both to it and on from it.

    >>> xy = np.array([[0.0, 0], [90, 0], [9e4, 0], [270, 0], [280, 0]])
    >>> faults_of(xy, np.array([0.0, 10, 20, 30, 25])).fillna("").tolist()
    ['', '', 'jump', '', 'clock']
    """
    fault = pd.Series(pd.NA, index=range(len(xy)), dtype="string")
    latest = np.fmax.accumulate(np.r_[-np.inf, at_s])[:-1]
    fault[~(at_s > latest)] = "clock"
    good = np.flatnonzero(fault.isna())
    fast = np.r_[False, _fast(xy[good], at_s[good]), False]
    fault[good[fast[:-1] & fast[1:]]] = "jump"
    return fault


def pieces_of(xy: Floats, at_s: Floats) -> tuple[Ints, pd.DataFrame]:
    """Return the number of the piece that each usable fix belongs to, and what parts the pieces.

    The table has ``fault`` (``gap``: longer than `GAP_S`; ``jump``: faster than `FASTEST_MS`),
    ``from_s``, ``to_s`` and ``length_m``.  A crew that stood through a gap leaves none.
    """
    fast, away = _fast(xy, at_s), np.hypot(*np.diff(xy, axis=0).T)
    parted = fast | ((np.diff(at_s) > GAP_S) & (away > STAND_M))
    fault = np.where(fast[parted], "jump", "gap")
    gaps = {"from_s": at_s[:-1][parted], "to_s": at_s[1:][parted], "length_m": away[parted]}
    return np.cumsum(np.r_[False, parted][: len(xy)]), pd.DataFrame({"fault": fault, **gaps})


def _fast(xy: Floats, at_s: Floats) -> Bools:
    """Mark where the speed from one fix to the next is impossible, (n - 1,)."""
    most = STAND_M + FASTEST_MS * np.diff(at_s)
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T) > most)


def anchors_of(xy: Floats, at_s: Floats, piece: Ints, apart: float) -> Ints:
    """Return the number of the anchor that each fix belongs to, -1 for none.

    What a route rests on: each stand, and of other fixes those that lie apart from the one before.
    A stand is the longest run of fixes within `STAND_M` of its first that lasts `STAND_S`
    (Li et al. 2008, Mining user similarity based on location history, algorithm of stay points).
    """
    where, at = (xy[:, 0] + 1j * xy[:, 1]).tolist(), at_s.tolist()
    found = np.full(len(where), -1)
    number, first, last = 0, 0, -1
    while first < len(where):
        after = first + 1
        while after < len(where) and abs(where[after] - where[first]) <= STAND_M:
            if piece[after] != piece[first]:
                break
            after += 1
        stood = at[after - 1] - at[first] >= STAND_S
        new = last < 0 or piece[first] != piece[last] or abs(where[first] - where[last]) >= apart
        end = after if stood else first + 1
        if stood or new:
            found[first:end] = number
            number += 1
            last = -1 if stood else first
        first = end
    return found


NOISE_M: Final = (5.0, 50.0)
"""Least and greatest standard deviation of a fix, per axis, that is reckoned with."""
REACH_M: Final = 100.0
"""A road within this distance, or four standard deviations, may be the one driven."""
CANDIDATES: Final = 12
"""Roads that are tried for one fix: the nearest."""
APART: Final = 4.0
"""A fix within this many standard deviations of the one before says nothing on the route."""


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
    roads = Roads(network)
    return [
        _matched(roads, shapely.get_coordinates(track, include_z=True)) for track in tracks.geometry
    ]


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


def _matched(roads: Roads, fixes: Floats) -> Matched:
    """Return a track, (n, 3): x, y, seconds, on a network."""
    xy, at_s = fixes[:, :2], fixes[:, 2]
    fault = faults_of(xy, at_s)
    good = np.flatnonzero(fault.isna())
    _, away = roads.network.tree.query_nearest(
        shapely.points(xy[good]), return_distance=True, all_matches=False
    )
    noise = float(np.clip(1.4826 * np.median(away), *NOISE_M)) if len(good) else NOISE_M[0]
    reach = max(REACH_M, 4 * noise)
    fault[good[away > reach]] = "far"
    good = good[away <= reach]
    xy, at_s = xy[good], at_s[good]
    piece, gaps = pieces_of(xy, at_s)
    rows = pd.DataFrame({"piece": piece, "x": xy[:, 0], "y": xy[:, 1], "start_s": at_s})
    by = rows.assign(end_s=at_s).groupby(anchors_of(xy, at_s, piece, APART * noise))
    how = {"piece": "first", "x": "median", "y": "median", "start_s": "first", "end_s": "last"}
    anchors = by.agg(how).drop(index=-1, errors="ignore")
    path, lost = _driven(roads, anchors, noise, reach)
    gaps = pd.concat([gaps, lost], ignore_index=True).sort_values("from_s", ignore_index=True)
    return Matched(pd.DataFrame({"fault": fault}), path, gaps)


def _driven(
    roads: Roads, anchors: pd.DataFrame, noise: float, reach: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the path along the anchors, and the drives that were not found."""
    xy = anchors[["x", "y"]].to_numpy(float)
    start_s, end_s = anchors["start_s"].to_numpy(float), anchors["end_s"].to_numpy(float)
    begins = anchors["piece"].diff().ne(0).to_numpy()
    spots = _near(roads.network, xy, noise, reach)
    chosen, drives = roads.likeliest(xy, spots, begins, reach, slack=3 * noise)
    columns = ["edge", "from_m", "to_m"]
    path = pd.DataFrame([piece for drive in drives for piece in drive], columns=columns)
    path = path.astype({"edge": np.int64, "from_m": float, "to_m": float})
    path["fix"] = np.repeat(np.arange(len(drives)), list(map(len, drives)))
    length = (path["to_m"] - path["from_m"]).abs()
    by_fix = length.groupby(path["fix"])
    share = (length / by_fix.transform("sum")).fillna(0.0)
    left_s, took_s = end_s[path["fix"] - 1], start_s[path["fix"]] - end_s[path["fix"] - 1]
    before = (by_fix.cumsum() - length) / by_fix.transform("sum")
    path = path.assign(start_s=left_s + before.fillna(0.0) * took_s, duration_s=share * took_s)
    at = [(one.edge[k], one.offset[k], one.offset[k]) for one, k in zip(spots, chosen, strict=True)]
    stands = pd.DataFrame(at, columns=columns).assign(start_s=start_s, duration_s=end_s - start_s)
    path = pd.concat([path.drop(columns="fix"), stands])
    path = path[path["duration_s"] > 0].sort_values("start_s", kind="stable", ignore_index=True)
    lost = np.flatnonzero(~begins & np.array([not drive for drive in drives], dtype=bool))
    straight = np.hypot(*(xy[lost] - xy[lost - 1]).T)
    gaps = {"from_s": end_s[lost - 1], "to_s": start_s[lost], "length_m": straight}
    return path, pd.DataFrame({"fault": "no_route", **gaps})


def _near(network: Network, xy: Floats, noise: float, reach: float) -> list[Spots]:
    """Return the nearest place on each of the nearest roads of each point."""
    points = np.asarray(shapely.points(xy))
    which, edge = network.tree.query(points, predicate="dwithin", distance=reach)
    away = shapely.distance(points[which], network.geometry[edge])
    order = np.lexsort((edge, away, which))
    which, edge, away = which[order], edge[order].astype(np.int64), away[order]
    offset = shapely.line_locate_point(network.geometry[edge], points[which])
    offset = np.minimum(offset / network.drawn_ratio[edge], network.length_m[edge])
    first = np.searchsorted(which, np.arange(len(xy) + 1))
    return [
        Spots(edge[a:b], offset[a:b], away[a:b] / noise)
        for a, b in zip(first[:-1], np.minimum(first[1:], first[:-1] + CANDIDATES), strict=True)
    ]
