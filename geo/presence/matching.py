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
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Bools, Floats, Ints
from geo.crs import Frame, require_metric
from geo.network.graph import Network, from_lines
from geo.network.source_lines import NetworkError
from geo.presence.sight import in_sight, where_crew_was
from geo.records import StudyData
from geo.schema import LOG_PRESENCE
from geo.told import told

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


@told
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

    Returns
    -------
    list of Matched
        One for each track.

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
    flat = np.flatnonzero(~shapely.has_z(tracks.geometry.to_numpy()))
    if len(flat):
        raise NetworkError(
            f"track {tracks.index[flat[0]]} has no third coordinate, the instant of each fix. "
            "Fix: tracks of shapely.LineString([(x, y, seconds), ...])"
        )
    matches = []
    for track in tracks.geometry:
        x, y, at_s = shapely.get_coordinates(track, include_z=True).T
        matches.append(_matched(network, np.column_stack([x, y]), at_s))
    return matches


def matched_tracks(
    region: StudyData, lines: Network, time_zone: str
) -> tuple[pd.DataFrame, list[Matched]]:
    """Return table `LOG_PRESENCE` of the tracks that it lacks on the ways of a study.

    Beside it what became of each of these tracks.
    """
    log, source = region.log, region.layers.source.id
    matched_before = log.presence.loc[
        log.presence["network"] == source, "track_id"
    ]
    tracks = log.tracks[~log.tracks["track_id"].isin(matched_before)].to_crs(
        lines.crs
    )
    if tracks.empty:
        return LOG_PRESENCE.frame(), []
    roads = from_lines(region.layers.roads)
    matches = match(roads, tracks)
    facts = tracks[["track_id", "date", "shift", "vehicle"]].assign(
        network=source
    )
    tables = [LOG_PRESENCE.frame()]
    for of_track, track in zip(matches, facts.to_dict("records"), strict=True):
        if not of_track.elsewhere and len(of_track.path):
            crew = where_crew_was(roads, of_track.path)
            minutes = in_sight(lines, crew, time_zone)
            values = {str(name): value for name, value in track.items()}
            tables.append(LOG_PRESENCE.frame(minutes.assign(**values)))
    return pd.concat(tables, ignore_index=True), matches


# Whole, since it tells the steps of matching in their order.
def _matched(roads: Network, xy: Floats, at_s: Floats) -> Matched:
    """Return a track on a network: its fixes, (n, 2), and their instants, (n,)."""
    fault = fix_faults(xy, at_s)
    good = np.flatnonzero(fault.isna())
    _, away_m = roads.tree.query_nearest(
        shapely.points(xy[good]), return_distance=True, all_matches=False
    )
    noise_m = NOISE_M[0]
    if len(good):
        noise_m = float(np.clip(1.4826 * np.median(away_m), *NOISE_M))
    reach_m = max(REACH_M, 4 * noise_m)
    fault[good[away_m > reach_m]] = "far"
    usable = good[away_m <= reach_m]
    anchors = _anchors(xy[usable], at_s[usable], APART * noise_m)
    begins = np.asarray((anchors["fault"] != "") | (anchors.index == 0))
    where = anchors[["x", "y"]].to_numpy(float)
    spots = _spots(roads, where, noise_m, reach_m)
    chosen, drives = likeliest(roads, where, spots, begins, 3 * noise_m)
    path = pd.concat([_driven(drives, anchors), _stood(chosen, anchors)])
    path = path[path["duration_s"] > 0]
    path = path.sort_values("start_s", kind="stable", ignore_index=True)
    no_route = ~begins & ~anchors.index.isin(drives["fix"])
    gaps = pd.DataFrame(
        {
            "fault": anchors["fault"].mask(no_route, "no_route"),
            "from_s": anchors["end_s"].shift(),
            "to_s": anchors["start_s"].astype(float),
        }
    )
    return Matched(
        fault, path, gaps[gaps["fault"] != ""].reset_index(drop=True)
    )


def _driven(drives: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """Return drives with their times: at even speed from anchor to anchor."""
    fix = drives["fix"]
    length_m = (drives["to_m"] - drives["from_m"]).abs()
    of_fix = length_m.groupby(fix)
    before_m, whole_m = of_fix.cumsum() - length_m, of_fix.transform("sum")
    left_s = anchors["end_s"].to_numpy(float)[fix - 1]
    took_s = anchors["start_s"].to_numpy(float)[fix] - left_s
    return drives.drop(columns="fix").assign(
        start_s=left_s + (before_m / whole_m).fillna(0.0) * took_s,
        duration_s=(length_m / whole_m).fillna(0.0) * took_s,
    )


def _stood(spots: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """Return the stand of each anchor at its spot; a fix that is no stand takes no time."""
    start_s, end_s = (
        anchors[name].to_numpy(float) for name in ("start_s", "end_s")
    )
    return pd.DataFrame(
        {
            "edge": spots["edge"],
            "from_m": spots["offset_m"],
            "to_m": spots["offset_m"],
            "start_s": start_s,
            "duration_s": end_s - start_s,
        }
    )


# Whole, since each step of the loop reads what the one before left.
def _anchors(xy: Floats, at_s: Floats, apart_m: float) -> pd.DataFrame:
    """Return what a route rests on: each stand, and of other fixes those that lie apart.

    ``x``, ``y``, ``start_s``, ``end_s``, and ``fault``: why the drive from the one before is not
    known, if so.  A stand is a run of fixes within `STAND_M` of their mean that lasts `STAND_S`
    (after Li et al. 2008, Mining user similarity based on location history).
    """
    n = len(xy)
    step_m = np.hypot(*np.diff(xy, axis=0).T)
    gap = (np.diff(at_s) > GAP_S) & (step_m > STAND_M)
    faults = np.select([too_fast(xy, at_s), gap], ["jump", "gap"], "")
    fault = np.r_[[""], faults][:n]
    run = np.cumsum(fault != "")
    where = np.asarray(xy @ [1, 1j], dtype=np.complex128)
    anchor = np.full(n, -1)
    previous, first = -1, 0
    while first < n:
        after = _end_of_stand(run, where, first)
        stands = at_s[after - 1] - at_s[first] >= STAND_S
        if not stands:
            after = first + 1
        goes_on = previous >= 0 and run[first] == run[previous]
        if (
            stands
            or not goes_on
            or abs(where[first] - where[previous]) >= apart_m
        ):
            anchor[first:after] = first
            previous = -1 if stands else first
        first = after
    rows = pd.DataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "start_s": at_s, "end_s": at_s}
    )
    how = {"x": "median", "y": "median", "start_s": "first", "end_s": "last"}
    anchors = rows.groupby(anchor).agg(how).drop(index=-1, errors="ignore")
    return anchors.assign(fault=fault[anchors.index]).reset_index(drop=True)


def _end_of_stand(
    run: Ints, where: npt.NDArray[np.complex128], first: int
) -> int:
    """Return the fix after those of one run that lie within `STAND_M` of their mean."""
    after, mean = first + 1, where[first]
    while after < len(run) and run[after] == run[first]:
        if abs(where[after] - mean) > STAND_M:
            break
        after += 1
        mean += (where[after - 1] - mean) / (after - first)
    return after


def _spots(
    network: Network, xy: Floats, noise_m: float, reach_m: float
) -> pd.DataFrame:
    """Return the nearest place on each of the nearest roads of each point."""
    points, tree = np.asarray(shapely.points(xy)), network.tree
    in_reach = tree.query(points, predicate="dwithin", distance=reach_m)
    nearest = tree.query_nearest(points)
    fix, edge = np.unique(np.hstack([in_reach, nearest]), axis=1)
    line = network.geometry[edge]
    offset = (
        shapely.line_locate_point(line, points[fix]) / network.drawn_ratio[edge]
    )
    spots = pd.DataFrame(
        {
            "fix": fix,
            "edge": edge,
            "offset_m": np.minimum(offset, network.length_m[edge]),
            "away": shapely.distance(points[fix], line) / noise_m,
        }
    )
    spots = spots.sort_values(["fix", "away"], kind="stable")
    return spots.groupby("fix").head(CANDIDATES).reset_index(drop=True)


def likeliest(
    network: Network,
    xy: Floats,
    spots: pd.DataFrame,
    begins: Bools,
    slack_m: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the likeliest spot of each fix, and the drives between them.

    Parameters
    ----------
    network : geo.network.graph.Network
    xy : (n, 2) array, metres
        The fixes.
    spots : pandas.DataFrame
        Sorted by ``fix``, the places that each may be of: ``edge``, ``offset_m`` and ``away``, the
        distance over the standard deviation of fixes.
    begins : (n,) array of bool
        Where a piece of the track begins.
    slack_m : float
        A fix that strays back by at most so much on a one-way street is not a drive round the
        block.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Rows of `spots`; drives in their order, ``fix``, ``edge``, ``from_m``, ``to_m``: none leads
        to a fix where a piece begins, or where none is found.
    """
    ways = _Drives(network, spots, xy, slack_m)
    away = spots["away"].to_numpy(float)
    costs: list[Floats] = []
    came_from: list[Ints] = []
    for fix in range(len(xy)):
        cost = away[ways.spots_of(fix)] ** 2 / 2
        origin = np.full(len(cost), -1)
        if not begins[fix]:
            steps = costs[-1][:, None] + ways.unlikely(fix)
            if np.isfinite(steps).any():
                cost, origin = cost + steps.min(axis=0), steps.argmin(axis=0)
        costs.append(cost)
        came_from.append(origin)
    chosen = np.zeros(len(xy), dtype=int)
    origin_of_next = -1
    for fix in reversed(range(len(xy))):
        chosen[fix] = (
            origin_of_next if origin_of_next >= 0 else costs[fix].argmin()
        )
        origin_of_next = int(came_from[fix][chosen[fix]])
    rows = ways.first[:-1] + chosen
    pieces: list[Piece] = []
    for fix in range(len(xy)):
        if came_from[fix][chosen[fix]] >= 0:
            pieces += ways.drive(fix, int(rows[fix - 1]), int(rows[fix]))
    columns = {"fix": int, "edge": int, "from_m": float, "to_m": float}
    drives = pd.DataFrame(pieces, columns=[*columns])
    return spots.iloc[rows], drives.astype(columns)


class _Drives:
    """A network with a node at every spot."""

    def __init__(
        self, network: Network, spots: pd.DataFrame, xy: Floats, slack_m: float
    ) -> None:
        self.xy, self.slack_m = xy, slack_m
        self.first = np.searchsorted(spots["fix"], np.arange(len(xy) + 1))
        self.edge = spots["edge"].to_numpy(int)
        self.offset = spots["offset_m"].to_numpy(float)
        numbered = replace(network, line=np.arange(network.n_edges))
        self.roads, self.node = numbered.insert(spots)
        self.adjacency = self.roads.adjacency(directed=True)
        tail, head, _, self.piece_of = self.roads.arcs(directed=True)
        self.arcs = tail * self.roads.n_nodes + head
        # Pieces lie in the order of their edges; of each, where on its edge it begins.
        before = np.cumsum(self.roads.length_m) - self.roads.length_m
        edges_before = np.cumsum(network.length_m) - network.length_m
        self.begin = before - edges_before[self.roads.line]

    def spots_of(self, fix: int) -> slice:
        """Return which rows are the spots of a fix."""
        return slice(self.first[fix], self.first[fix + 1])

    def unlikely(self, fix: int) -> Floats:
        """Return how unlikely the drive from each spot of the fix before to each spot is."""
        before, here = self.spots_of(fix - 1), self.spots_of(fix)
        straight = self._straight(fix)
        length, _, nodes = self._search(fix, self.node[before])
        length = length[:, np.searchsorted(nodes, self.node[here])]
        back = np.abs(self.offset[here] - self.offset[before, None])
        same_edge = self.edge[here] == self.edge[before, None]
        strays = same_edge & (back <= self.slack_m)
        length = np.where(strays, np.minimum(back, length), length)
        share, metres = DETOUR
        return np.abs(length - straight) / (share * straight + metres)

    def drive(self, fix: int, start: int, end: int) -> Iterator[Piece]:
        """Yield the drive to a fix, from one spot to another."""
        edge = int(self.edge[end])
        from_m, to_m = self.offset[start], self.offset[end]
        if self.edge[start] == edge and abs(to_m - from_m) <= self.slack_m:
            yield fix, edge, from_m, to_m
            return
        _, predecessors, nodes = self._search(fix, self.node[[start]])
        path = [np.searchsorted(nodes, self.node[end])]
        while predecessors[0, path[-1]] >= 0:
            path.append(predecessors[0, path[-1]])
        yield fix, edge, to_m, to_m
        for tail, head in pairwise(nodes[path[::-1]].tolist()):
            arc = np.searchsorted(self.arcs, tail * self.roads.n_nodes + head)
            piece = self.piece_of[arc]
            begin = self.begin[piece]
            end_m = begin + self.roads.length_m[piece]
            forth = self.roads.edge_from[piece] == tail
            ends = (begin, end_m) if forth else (end_m, begin)
            yield fix, int(self.roads.line[piece]), *ends

    def _straight(self, fix: int) -> float:
        """Return the straight line from the fix before, metres."""
        return float(np.hypot(*(self.xy[fix] - self.xy[fix - 1])))

    def _search(self, fix: int, start: Ints) -> tuple[Floats, Ints, Ints]:
        """Return distances from nodes to those near a fix, the nodes before, and which are near."""
        times, metres = SEARCH
        limit = times * self._straight(fix) + metres
        away = np.abs(self.roads.node_xy - self.xy[fix - 1]).max(axis=1)
        spots = self.node[self.first[fix - 1] : self.first[fix + 1]]
        nodes = np.union1d(np.flatnonzero(away <= limit), spots)
        length, predecessors = dijkstra(
            self.adjacency[nodes][:, nodes],
            indices=np.searchsorted(nodes, start),
            limit=limit,
            return_predecessors=True,
        )
        return length, predecessors, nodes
