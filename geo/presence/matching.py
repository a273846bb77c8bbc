"""Tracks to roads: the hidden Markov model of Newson and Krumm (2009).

A fix lies about the true place by a Gaussian; the drive between two fixes is about as long as the
straight line between them, the difference being exponential.  The most likely places follow by
Viterbi's algorithm; routes are shortest ones that obey one-way streets, searched no farther than
such a drive can be.  Fixes of a stand are one, and those near to the one before are left out.  A
fix that cannot be used keeps its row and gets a fault; nothing is moved or filled in.

Newson, P. and Krumm, J. (2009). Hidden Markov map matching through noise and sparseness.  17th ACM
SIGSPATIAL, 336-343.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Bools, Floats, Ints
from geo.crs import Frame, require_metric
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
from geo.presence.sight import in_sight, where_crew_was
from geo.records import StudyData
from geo.schema import LOG_PRESENCE

FASTEST_MS: Final = 50.0
"""No patrol drives faster: 180 km/h."""
GAP_S: Final = 300.0
"""The drive between two fixes farther apart in time is not known."""
STAND_M: Final = 100.0
"""A crew that stays within this distance stands: it walks about its vehicle, and fixes stray."""
STAND_S: Final = 300.0
"""A shorter halt is traffic."""
NOISE_M: Final = (5.0, 50.0)
"""Least and greatest standard deviation of a fix, per axis, that matching takes."""
REACH_M: Final = 100.0
"""A road within this distance, or four standard deviations, may be the one driven."""
CANDIDATES: Final = 12
"""Roads that are tried for one fix: the nearest."""
APART: Final = 4.0
"""A fix within this many standard deviations of the one before says nothing on the route."""

DETOUR: Final = (0.1, 5.0)
"""Mean of what the drive is longer than the straight line: a share of it, and metres."""
SEARCH: Final = (2.0, 500.0)
"""The longest drive that is searched: a multiple of the straight line, and metres beside it."""
Piece = tuple[int, int, float, float]
"""The fix that a drive leads to, an edge, the offsets from and to which it is driven."""


def fix_faults(xy: Floats, at_s: Floats) -> pd.Series:
    """Return the fault of each fix, null for none.

    ``clock``: its time is missing, or not after that of every fix before it; ``jump``: the crew
    would have driven faster than `FASTEST_MS` both to it and on from it.

    >>> xy = np.array([[0.0, 0], [90, 0], [9e4, 0], [270, 0], [280, 0]])
    >>> fix_faults(xy, np.array([0.0, 10, 20, 30, 25])).fillna("").tolist()
    ['', '', 'jump', '', 'clock']
    """
    fault = pd.Series(pd.NA, index=range(len(xy)), dtype="string")
    latest = np.fmax.accumulate(np.r_[-np.inf, at_s])[:-1]
    fault[~(at_s > latest)] = "clock"
    good = np.flatnonzero(fault.isna())
    fast = np.r_[False, too_fast(xy[good], at_s[good]), False]
    fault[good[fast[:-1] & fast[1:]]] = "jump"
    return fault


def too_fast(xy: Floats, at_s: Floats) -> Bools:
    """Mark where the speed from one fix to the next is impossible, (n - 1,)."""
    most = STAND_M + FASTEST_MS * np.diff(at_s)
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T) > most)


@dataclass(frozen=True)
class Matched:
    """A track on a network."""

    fault: pd.Series
    """What is wrong with each fix: ``clock``, ``jump``, ``far`` or null."""
    path: pd.DataFrame
    """A row for each piece of edge in the order of the drive: ``edge``, ``from_m``, ``to_m``,
    ``start_s`` (from 1970, UTC), ``duration_s``.  A stand has two equal offsets."""
    gaps: pd.DataFrame
    """Where the drive is not known: ``fault`` (``gap``: longer than `GAP_S`, ``jump``: faster than
    `FASTEST_MS`, ``no_route``), ``from_s``, ``to_s``.  A crew that stood through a gap leaves none.
    """

    @property
    def elsewhere(self) -> bool:
        """Whether more than half of the usable fixes lie far from every road: another area."""
        return bool((self.fault == "far").sum() > self.fault.isna().sum())


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
    # A faulty fix may lie anywhere, so of tracks only the CRS is checked, not where they lie.
    is_layer = isinstance(tracks, (gpd.GeoDataFrame, gpd.GeoSeries))
    of_tracks = gpd.GeoSeries([], crs=tracks.crs) if is_layer else tracks
    require_metric(network=gpd.GeoSeries([], crs=network.crs), tracks=of_tracks)
    if not network.n_edges:
        raise NetworkError(
            "the network has no edges. Fix: roads of the region of the tracks"
        )
    return [
        _matched(network, shapely.get_coordinates(track, include_z=True))
        for track in tracks.geometry
    ]


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
    tables = [LOG_PRESENCE.frame()]
    about = tracks[["track_id", "date", "shift", "vehicle"]].assign(network=source)
    for match_of_track, row in zip(matched, about.to_dict("records"), strict=True):
        if not match_of_track.elsewhere and len(match_of_track.path):
            minutes = in_sight(
                lines, where_crew_was(roads, match_of_track.path), time_zone
            )
            of = {str(name): value for name, value in row.items()}
            tables.append(LOG_PRESENCE.frame(minutes.assign(**of)))
    return pd.concat(tables, ignore_index=True), matched


def _matched(roads: Network, fixes: Floats) -> Matched:
    """Return a track, (n, 3): x, y, seconds, on a network."""
    fault = fix_faults(fixes[:, :2], fixes[:, 2])
    good = np.flatnonzero(fault.isna())
    _, away = roads.tree.query_nearest(
        shapely.points(fixes[good, :2]), return_distance=True, all_matches=False
    )
    noise = (
        float(np.clip(1.4826 * np.median(away), *NOISE_M)) if len(good) else NOISE_M[0]
    )
    reach = max(REACH_M, 4 * noise)
    fault[good[away > reach]] = "far"
    anchors = _anchors(fixes[good[away <= reach]], APART * noise)
    xy, start_s, end_s = (
        anchors[n].to_numpy(float) for n in (["x", "y"], "start_s", "end_s")
    )
    begins = np.r_[True, anchors["fault"][1:] != ""][: len(anchors)]
    spots, drives = likeliest(
        roads, xy, _spots(roads, xy, noise, reach), begins, 3 * noise
    )
    to, length = drives["fix"], (drives["to_m"] - drives["from_m"]).abs()
    by_fix = length.groupby(to)
    left_s, whole = end_s[to - 1], by_fix.transform("sum")
    took_s = start_s[to] - left_s
    driven = drives.drop(columns="fix").assign(
        start_s=left_s + ((by_fix.cumsum() - length) / whole).fillna(0.0) * took_s,
        duration_s=(length / whole).fillna(0.0) * took_s,
    )
    stands = {
        "edge": spots["edge"],
        "from_m": spots["offset_m"],
        "to_m": spots["offset_m"],
    }
    path = pd.concat(
        [
            driven,
            pd.DataFrame(stands).assign(start_s=start_s, duration_s=end_s - start_s),
        ]
    )
    path = path[path["duration_s"] > 0].sort_values(
        "start_s", kind="stable", ignore_index=True
    )
    why = anchors["fault"].mask(~begins & ~anchors.index.isin(to), "no_route")
    gaps = pd.DataFrame(
        {"fault": why, "from_s": anchors["end_s"].shift(), "to_s": start_s}
    )
    return Matched(fault, path, gaps[why != ""].reset_index(drop=True))


def _anchors(fixes: Floats, apart: float) -> pd.DataFrame:
    """Return what a route rests on: each stand, and of other fixes those that lie apart.

    ``x``, ``y``, ``start_s``, ``end_s``, and ``fault``: why the drive from the one before is not
    known, if so.  A stand is a run of fixes within `STAND_M` of their mean that lasts `STAND_S`
    (after Li et al. 2008, Mining user similarity based on location history).
    """
    xy, at_s = fixes[:, :2], fixes[:, 2]
    away = np.hypot(*np.diff(xy, axis=0).T)
    gap = (np.diff(at_s) > GAP_S) & (away > STAND_M)
    why = np.r_[[""], np.select([too_fast(xy, at_s), gap], ["jump", "gap"], "")][
        : len(xy)
    ]
    piece, where = np.cumsum(why != ""), xy @ [1, 1j]
    anchor, last, first = np.full(len(xy), -1), -1, 0
    while first < len(xy):
        after, mean = first + 1, where[first]
        while (
            after < len(xy)
            and piece[after] == piece[first]
            and abs(where[after] - mean) <= STAND_M
        ):
            after += 1
            mean += (where[after - 1] - mean) / (after - first)
        stood = at_s[after - 1] - at_s[first] >= STAND_S
        if not stood:
            after = first + 1
        beside_last = (
            last >= 0
            and piece[first] == piece[last]
            and abs(where[first] - where[last]) < apart
        )
        if stood or not beside_last:
            anchor[first:after] = first
            last = -1 if stood else first
        first = after
    rows = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "start_s": at_s, "end_s": at_s})
    how = {"x": "median", "y": "median", "start_s": "first", "end_s": "last"}
    anchors = rows.groupby(anchor).agg(how).drop(index=-1, errors="ignore")
    return anchors.assign(fault=why[anchors.index]).reset_index(drop=True)


def _spots(network: Network, xy: Floats, noise: float, reach: float) -> pd.DataFrame:
    """Return the nearest place on each of the nearest roads of each point."""
    points, tree = np.asarray(shapely.points(xy)), network.tree
    fixes_and_edges = (
        tree.query(points, predicate="dwithin", distance=reach),
        tree.query_nearest(points),
    )
    fix, edge = np.unique(np.hstack(fixes_and_edges), axis=1)
    line = network.geometry[edge]
    offset = shapely.line_locate_point(line, points[fix]) / network.drawn_ratio[edge]
    spots = pd.DataFrame(
        {
            "fix": fix,
            "edge": edge,
            "offset_m": np.minimum(offset, network.length_m[edge]),
            "away": shapely.distance(points[fix], line) / noise,
        }
    )
    spots = spots.sort_values(["fix", "away"], kind="stable")
    return spots.groupby("fix").head(CANDIDATES).reset_index(drop=True)


def likeliest(
    network: Network, xy: Floats, spots: pd.DataFrame, begins: Bools, slack: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the likeliest spot of each fix, and the drives between them.

    `xy` are the fixes, (n, 2); `begins` marks where a piece of the track begins.  `spots`, sorted
    by ``fix``, are the places that each may be of: ``edge``, ``offset_m`` and ``away``, the
    distance over the standard deviation of fixes.  A fix that strays back by at most `slack` on a
    one-way street is not a drive round the block.  Drives are ``fix``, ``edge``, ``from_m``,
    ``to_m`` in their order; none leads to a fix where a piece begins, or where none is found.
    """
    ways = _Drives(network, spots, xy, slack)
    away = [of_fix.to_numpy() ** 2 / 2 for _, of_fix in spots.groupby("fix")["away"]]
    came: list[Ints] = []
    costs: list[Floats] = []
    for t, here in enumerate(away):
        total, best = np.full(len(here), np.inf), np.full(len(here), -1)
        if not begins[t]:
            steps = costs[-1][:, None] + ways.unlikely(t)
            total, best = steps.min(axis=0), steps.argmin(axis=0)
        if np.isinf(total).all():
            total, best = np.zeros(len(here)), np.full(len(here), -1)
        costs.append(here + total)
        came.append(best)
    chosen = np.zeros(len(away), dtype=int)
    last = -1
    for t in range(len(away) - 1, -1, -1):
        chosen[t] = last if last >= 0 else costs[t].argmin()
        last = int(came[t][chosen[t]])
    has_drive = [came[t][j] >= 0 for t, j in enumerate(chosen)]
    chosen_rows = ways.first[:-1] + chosen
    pieces = [
        piece
        for t in np.flatnonzero(has_drive).tolist()
        for piece in ways.drive(t, *chosen_rows[t - 1 : t + 1].tolist())
    ]
    drives = pd.DataFrame(pieces, columns=["fix", "edge", "from_m", "to_m"])
    return spots.iloc[chosen_rows], drives.astype(
        {"fix": int, "edge": int, "from_m": float, "to_m": float}
    )


class _Drives:
    """A network with a node at every spot."""

    def __init__(
        self, network: Network, spots: pd.DataFrame, xy: Floats, slack: float
    ) -> None:
        self.xy, self.slack = xy, slack
        self.first = np.searchsorted(spots["fix"], np.arange(len(xy) + 1))
        self.edge = spots["edge"].to_numpy(int)
        self.offset = spots["offset_m"].to_numpy(float)
        self.roads, self.node = network.insert(spots)
        self.adjacency = self.roads.adjacency(directed=True)
        tail, head, _, self.piece_of = self.roads.arcs(directed=True)
        self.arcs = tail * self.roads.n_nodes + head
        # Pieces lie in the order of their edges: of each its edge, and where on it it begins.
        end, whole = np.cumsum(self.roads.length_m), np.cumsum(network.length_m)
        self.parent = np.searchsorted(whole, end - self.roads.length_m / 2)
        self.begin = end - self.roads.length_m - (whole - network.length_m)[self.parent]

    def unlikely(self, t: int) -> Floats:
        """Return how unlikely the drive from each spot of the fix before to each spot is."""
        a, b, c = self.first[t - 1 : t + 2]
        straight = np.hypot(*(self.xy[t] - self.xy[t - 1]))
        length, _, nodes = self._search(t, self.node[a:b])
        length = length[:, np.searchsorted(nodes, self.node[b:c])]
        back = np.abs(self.offset[b:c] - self.offset[a:b, None])
        strays = (self.edge[b:c] == self.edge[a:b, None]) & (back <= self.slack)
        length = np.where(strays, np.minimum(back, length), length)
        return np.asarray(
            np.abs(length - straight) / (DETOUR[0] * straight + DETOUR[1])
        )

    def drive(self, t: int, start: int, end: int) -> Iterator[Piece]:
        """Yield the drive to a fix, from one spot to another."""
        edge = int(self.edge[end])
        if (
            self.edge[start] == edge
            and abs(self.offset[end] - self.offset[start]) <= self.slack
        ):
            yield t, edge, self.offset[start], self.offset[end]
            return
        _, by, nodes = self._search(t, self.node[[start]])
        path = [np.searchsorted(nodes, self.node[end])]
        while by[0, path[-1]] >= 0:
            path.append(by[0, path[-1]])
        yield t, edge, self.offset[end], self.offset[end]
        for tail, head in pairwise(nodes[path[::-1]].tolist()):
            piece = self.piece_of[
                np.searchsorted(self.arcs, tail * self.roads.n_nodes + head)
            ]
            ends = self.begin[piece] + np.array([0.0, self.roads.length_m[piece]])
            from_m, to_m = ends if self.roads.edge_from[piece] == tail else ends[::-1]
            yield t, int(self.parent[piece]), from_m, to_m

    def _search(self, t: int, start: Ints) -> tuple[Floats, Ints, Ints]:
        """Return distances from nodes to those near a fix, the nodes before, and which are near."""
        straight = np.hypot(*(self.xy[t] - self.xy[t - 1]))
        limit = SEARCH[0] * straight + SEARCH[1]
        inside = np.abs(self.roads.node_xy - self.xy[t - 1]).max(axis=1) <= limit
        spots = self.node[self.first[t - 1] : self.first[t + 1]]
        nodes = np.union1d(np.flatnonzero(inside), spots)
        length, by = dijkstra(
            self.adjacency[nodes][:, nodes],
            indices=np.searchsorted(nodes, start),
            limit=limit,
            return_predecessors=True,
        )
        return length, by.astype(int), nodes
