"""Where crews were: straight lines between the good fixes of their phones.

Between fixes of a minute a road hardly leaves the straight line by as much as one sees, so no route
is looked for.  A fix that cannot be used keeps its row and gets a fault; nothing is moved or filled
in.
"""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools, Floats
from geo.crs import Frame, require_metric
from geo.evidence_line import told
from geo.network.graph import Network
from geo.network.source_lines import NetworkError
from geo.presence.sight import in_sight
from geo.records import StudyData
from geo.schema import LOG_PRESENCE

FASTEST_MS: Final = 50.0
"""No patrol drives faster: 180 km/h."""
GAP_S: Final = 300.0
"""Where a crew was between two fixes farther apart in time is not known, unless it stayed."""
STAYED_M: Final = 100.0
"""A crew that is still within this distance stayed."""
REACH_M: Final = 100.0
"""A fix farther than this from every road is not used."""
STEP_S: Final = 10.0
"""Time between the points at which a drive counts."""


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
    most = STAYED_M + FASTEST_MS * np.diff(at_s)
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T) > most)


@told
@dataclass(frozen=True)
class Whereabouts:
    """Where the crew of a track was."""

    fault: pd.Series
    """What is wrong with each fix: ``clock``, ``jump``, ``far`` or null."""
    points: pd.DataFrame
    """Points in the order of the drive: ``x``, ``y`` in metres; ``at_s``, seconds since 1970-01-01
    UTC; ``minutes`` that the crew spent about it."""
    gaps: pd.DataFrame
    """Where it is not known: ``fault`` (``gap``: longer than `GAP_S`, ``jump``: faster than
    `FASTEST_MS`), ``from_s``, ``to_s``.  A crew that stayed through a gap leaves none."""

    @property
    def elsewhere(self) -> bool:
        """Whether more than half of the usable fixes lie far from every road: another area."""
        return bool((self.fault == "far").sum() > self.fault.isna().sum())


def where_crew_was(roads: Frame, tracks: Frame) -> list[Whereabouts]:
    """Return where the crew of each track was, and all of it that is not known.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame of lines, projected CRS in metres
        Fixes far from all of them are not used.
    tracks : geopandas.GeoDataFrame of LineString Z, in the same CRS
        z is the time of each fix, in seconds since 1970-01-01 UTC.

    Returns
    -------
    list of Whereabouts
        One for each track.

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, not in metres, or differs.
    geo.network.NetworkError
        If there are no roads, or a track has no times.

    Examples
    --------
    >>> road = gpd.GeoSeries([shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> fixes = [(0, 2, 1.8e9), (110, -3, 1.8e9 + 10), (110, 4, 1.8e9 + 610)]
    >>> crew, = where_crew_was(road, gpd.GeoSeries([shapely.LineString(fixes)], crs=9141))
    >>> crew.points["minutes"].sum().round(2)
    np.float64(10.17)
    """
    # A track may lie anywhere, so of tracks only the CRS is checked, not where they lie.
    is_layer = isinstance(tracks, (gpd.GeoDataFrame, gpd.GeoSeries))
    of_tracks = gpd.GeoSeries([], crs=tracks.crs) if is_layer else tracks
    require_metric(roads=roads, tracks=of_tracks)
    if roads.empty:
        raise NetworkError("there are no roads. Fix: roads of the region of the tracks")
    flat = np.flatnonzero(~shapely.has_z(tracks.geometry.to_numpy()))
    if len(flat):
        raise NetworkError(
            f"track {tracks.index[flat[0]]} has no third coordinate, the instant of each fix. "
            "Fix: tracks of shapely.LineString([(x, y, seconds), ...])"
        )
    return [_whereabouts(roads, track) for track in tracks.geometry]


def minutes_of_tracks(
    region: StudyData, lines: Network, time_zone: str
) -> tuple[pd.DataFrame, list[Whereabouts]]:
    """Return table `LOG_PRESENCE` of the tracks that it lacks on the ways of a study.

    Beside it what became of each of these tracks.
    """
    log, source = region.log, region.layers.source.id
    known = log.presence.loc[log.presence["network"] == source, "track_id"]
    tracks = log.tracks[~log.tracks["track_id"].isin(known)].to_crs(lines.crs)
    if tracks.empty:
        return LOG_PRESENCE.frame(), []
    crews = where_crew_was(region.layers.roads, tracks)
    facts = tracks[["track_id", "date", "shift", "vehicle"]].assign(network=source)
    tables = [LOG_PRESENCE.frame()]
    for crew, track in zip(crews, facts.to_dict("records"), strict=True):
        if not crew.elsewhere and len(crew.points):
            minutes = in_sight(lines, crew.points, time_zone)
            values = {str(name): value for name, value in track.items()}
            tables.append(LOG_PRESENCE.frame(minutes.assign(**values)))
    return pd.concat(tables, ignore_index=True), crews


def _whereabouts(roads: Frame, track: shapely.Geometry) -> Whereabouts:
    x, y, at_s = shapely.get_coordinates(track, include_z=True).T
    xy = np.column_stack([x, y])
    fault = fix_faults(xy, at_s)
    good = np.flatnonzero(fault.isna())
    near, _ = roads.sindex.query(
        shapely.points(xy[good]), predicate="dwithin", distance=REACH_M
    )
    fault[np.setdiff1d(good, good[near])] = "far"
    usable = np.unique(good[near])
    xy, at_s = xy[usable], at_s[usable]
    away = np.hypot(*np.diff(xy, axis=0).T) > STAYED_M
    gap = away & (np.diff(at_s) > GAP_S)
    why = np.select([too_fast(xy, at_s), gap], ["jump", "gap"], "")
    gaps = pd.DataFrame({"fault": why, "from_s": at_s[:-1], "to_s": at_s[1:]})
    gaps = gaps[why != ""].reset_index(drop=True)
    return Whereabouts(fault, _points(xy, at_s, why == ""), gaps)


def _points(xy: Floats, at_s: Floats, known: Bools) -> pd.DataFrame:
    """Return a point for each `STEP_S`, on the straight line from fix to fix where it is known."""
    if not len(at_s):
        columns = ["x", "y", "at_s", "minutes"]
        return pd.DataFrame(columns=columns, dtype=float)
    moments = np.arange(at_s[0] + STEP_S / 2, at_s[-1], STEP_S)
    step = np.searchsorted(at_s, moments, side="right") - 1
    moments = moments[known[step]]
    return pd.DataFrame(
        {
            "x": np.interp(moments, at_s, xy[:, 0]),
            "y": np.interp(moments, at_s, xy[:, 1]),
            "at_s": moments,
            "minutes": STEP_S / 60,
        }
    )
