"""Tracks of crews: GPX of a phone or GeoJSON of EarthRanger's patrols, and once into minutes.

A track is a line whose z is the time of each fix, in seconds since 1970-01-01 UTC.  Nothing is
repaired: a track of another night or area is named and not taken, one with a few wrong fixes is
named and taken.  The minutes of crews by edge stay, tracks may go.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import metric_crs, to_metric
from geo.network.graph import of_layers
from geo.presence.tracks import Whereabouts, fix_faults, minutes_of_tracks, too_fast
from geo.records import Log, StudyData, stayed_s
from geo.schema import LOG_PRESENCE, WGS84
from layers.readers.tabular.parsing import Fault, UnreadableError
from mitrovica.log import store

NEAR_M: Final = 1_000.0
"""A track is of the patrol to whose stops it comes near, if any; the nearest, where several do."""

FAR_M: Final = 10_000.0
"""A track that stays farther than this from every stop of its night is of another area."""

MOST_WRONG: Final = 0.1
"""A track of whose fixes more than this share cannot be true is not taken."""

LONGEST: Final = timedelta(hours=24)
"""A track of one night is shorter."""

NOON: Final = timedelta(hours=12)
"""A night goes from noon to noon: what is recorded before noon belongs to the day before."""

CLOCK_FIX: Final = "check the clock of the phone and that of this computer"

FIX: Final = "record the track with the time of each fix, and export it as GPX"

Fixes = tuple[int, list[tuple[float, float]], list[str | None]]
"""Number of a track in its file, its positions (longitude, latitude), their times."""

Track = tuple[int, shapely.LineString]
"""Number of a track in its file, and its line."""

_NOT_READ: Final = (
    ET.ParseError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    RecursionError,
)
"""What a file that is damaged, or is something else, makes a parser raise."""

FAULTS: Final = {
    "clock": "fixes with a time that is not after the one before",
    "jump": "fixes that no crew can have driven to",
    "far": "fixes far from every road",
}
"""What is wrong with fixes, as `geo.presence.where_crew_was` calls it."""
AT_STOP_M: Final = 300.0
"""A crew that stays within this distance of a stop for `AT_STOP_S` was at it."""
AT_STOP_S: Final = 300.0


def is_tracks(data: bytes) -> bool:
    """Return whether a file holds tracks: GPX, or GeoJSON with lines."""
    head = _head(data)
    is_lines = (
        head.startswith(b"{")
        and b'"FeatureCollection"' in data
        and b'LineString"' in data
    )
    return is_lines or (head.startswith(b"<") and b"<gpx" in head)


def read(data: bytes) -> tuple[list[Track], list[Fault]]:
    """Return the tracks of a file, and a fault for each that cannot be used.

    Raises `UnreadableError` if the file is neither GPX nor GeoJSON that can be read.
    """
    try:
        recorded = list(_geojson(data) if _head(data)[:1] == b"{" else _gpx(data))
    except UnreadableError:
        raise
    except _NOT_READ as error:
        raise UnreadableError(
            f"this is no GPX or GeoJSON that can be read ({type(error).__name__})",
            "export it again from the program that recorded it",
        ) from error
    if not recorded:
        raise UnreadableError("there is no track in it, only other things", FIX)
    lines = []
    faults = []
    for number, places, times in recorded:
        line, problem = _line(places, times)
        if problem:
            faults.append(Fault(number, "time", None, problem, FIX))
        if line is not None:
            lines.append((number, line))
    return lines, faults


def _head(data: bytes) -> bytes:
    """Return how a file begins, without a mark of its encoding and without blanks."""
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")


def _line(
    places: list[tuple[float, float]], times: list[str | None]
) -> tuple[shapely.LineString | None, str]:
    """Return the fixes that have a place and a time as a line, and what is wrong with others."""
    if len(times) != len(places):
        return None, f"it has {len(times)} times for its {len(places)} fixes"
    plain = (time if str(time).isascii() else None for time in times)
    text = pd.Series(plain, dtype="string")
    # pandas reads "today" as a time.
    text = text.where(text.str.match(r"\d{4}-", na=False))
    moments = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    fixes = pd.DataFrame(places, columns=["lon", "lat"], dtype=float)
    fixes["s"] = moments.astype("datetime64[ms, UTC]").astype("int64") / 1000
    on_earth = fixes["lon"].between(-180, 180) & fixes["lat"].between(-90, 90)
    whole = fixes[on_earth & moments.notna()]
    if len(whole) < 2:
        return (None, f"of its {len(fixes)} fixes {len(whole)} have a place and a time")
    line = shapely.LineString(whole.to_numpy())
    lost = len(fixes) - len(whole)
    if not lost:
        return line, ""
    problem = f"{lost} of its {len(fixes)} fixes lack a place or a time"
    return line, f"{problem}; the others are taken"


def _gpx(data: bytes) -> Iterator[Fixes]:
    for number, track in enumerate(ET.fromstring(data).iterfind("{*}trk"), 1):
        fixes = list(track.iterfind("{*}trkseg/{*}trkpt"))
        places = [
            (float(fix.get("lon", "nan")), float(fix.get("lat", "nan")))
            for fix in fixes
        ]
        yield number, places, [fix.findtext("{*}time") for fix in fixes]


def _geojson(data: bytes) -> Iterator[Fixes]:
    """Yield the lines of a collection; their times stand in ``coordinateProperties``."""
    features = json.loads(data.decode("utf-8-sig"))["features"]
    if not isinstance(features, list):
        raise UnreadableError("its features are no list of features", FIX)
    for number, feature in enumerate(features, 1):
        geometry = _member(feature, "geometry")
        about = _member(feature, "properties")
        times = (_member(about, "coordinateProperties") or about).get("times") or []
        lines = geometry.get("coordinates") or []
        match geometry.get("type"):
            case "LineString":
                lines = [lines]
                times = [times]
            case "MultiLineString":
                times = times or [[]] * len(lines)
            case _:
                continue
        for line, line_times in zip(lines, times, strict=True):
            if not isinstance(line_times, list):
                problem = f"the times of track {number} are no list of times"
                raise UnreadableError(problem, FIX)
            places = [(float(lon), float(lat)) for lon, lat, *_ in line]
            yield number, places, line_times or [None] * len(line)


def _member(of: Any, name: str) -> dict[str, Any]:
    """Return a member of a JSON object that is an object too; an empty one where it is not."""
    member = of.get(name) if isinstance(of, dict) else None
    return member if isinstance(member, dict) else {}


def span_of(track: shapely.LineString) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the moments of a track's first and last fix."""
    first, *_, last = track.coords
    return _moment(first), _moment(last)


def _moment(fix: tuple[float, ...]) -> pd.Timestamp:
    """Return when a fix was taken."""
    return pd.Timestamp(fix[2], unit="s", tz="UTC")


def night_of(track: shapely.LineString, time_zone: str) -> str:
    """Return the day on which the night of a track's first fix begins, YYYY-MM-DD."""
    local = _moment(track.coords[0]).tz_convert(time_zone)
    return f"{(local.tz_localize(None) - NOON).date()}"


def judged(
    track: shapely.LineString, night: str, planned: gpd.GeoDataFrame, now: datetime
) -> tuple[str, str]:
    """Return why a track cannot be of any patrol of its night, and the fix; empty where it can.

    Parameters
    ----------
    track
        With the time of each fix as z, in seconds since 1970-01-01 UTC; EPSG:4326.
    night
        As `night_of` gives it.
    planned
        The stops of the night, table `LOG_PLANS`.
    now
        A later fix is by a wrong clock.
    """
    times = shapely.get_coordinates(track, include_z=True)[:, 2]
    if times.max() > now.timestamp():
        until = pd.Timestamp(times.max(), unit="s")
        problem = f"it has fixes in the future, up to {until:%Y-%m-%d %H:%M} UTC"
        return problem, CLOCK_FIX
    if np.ptp(times) > LONGEST.total_seconds():
        days = np.ptp(times) / timedelta(days=1).total_seconds()
        problem = (
            f"it was recorded over {days:.0f} days, and a night's patrol takes less "
            "than one"
        )
        return problem, f"{CLOCK_FIX}, and cut it into a track for each night"
    if planned.empty:
        problem = f"it begins in the night of {night}, for which the log has no plan"
        fix = (
            "if the clock of the phone is right, add that night's forms/stops.csv first"
        )
        return problem, fix
    away_km = _away(track, planned).min() / 1000
    if away_km > FAR_M / 1000:
        problem = (
            f"it stays {away_km:.0f} km or more from every stop planned for {night}"
        )
        return problem, "if it is of a patrol, add the plan of its area first"
    wrong = wrong_fixes(track)
    if wrong > MOST_WRONG * len(track.coords):
        problem = f"{wrong} of its {len(track.coords)} fixes jump, or go back in time"
        return problem, FIX
    return "", ""


def wrong_fixes(track: shapely.LineString) -> int:
    """Return how many fixes of a track are not after the one before, or where no car can have got.

    >>> wrong_fixes(shapely.LineString([(20, 42, 0), (21, 42, 10), (21, 42, 20), (21, 42, 15)]))
    2
    """
    line = gpd.GeoSeries([track], crs=WGS84)
    fixes = line.to_crs(metric_crs(line)).get_coordinates(include_z=True).to_numpy()
    good = fixes[fix_faults(fixes[:, :2], fixes[:, 2]).isna()]
    return len(fixes) - len(good) + int(too_fast(good[:, :2], good[:, 2]).sum())


def patrol_of(
    track: shapely.LineString, planned: gpd.GeoDataFrame
) -> tuple[object, object]:
    """Return shift and vehicle of the patrol of a night that a track is of; nulls if of none.

    `planned` holds the stops of the night, table `LOG_PLANS`.  It is the patrol at
    work while the track was recorded whose stops have the least median distance from the track.
    """
    started_at, ended_at = span_of(track)
    patrols = planned.groupby(["shift", "vehicle"], sort=False)
    first_arrival = patrols["arrive"].transform("min")
    last_departure = patrols["depart"].transform("max")
    during = (first_arrival <= ended_at) & (last_departure >= started_at)
    at_work = planned[during]
    if at_work.empty:
        return pd.NA, pd.NA
    away = _away(track, at_work)
    middle = away.groupby([at_work["shift"], at_work["vehicle"]], sort=False).median()
    if middle.min() > NEAR_M:
        return pd.NA, pd.NA
    shift, vehicle = middle.index[int(middle.argmin())]
    return shift, vehicle


def _away(track: shapely.LineString, stops: gpd.GeoDataFrame) -> pd.Series:
    """Return how far each stop lies from a track, in metres."""
    crs = metric_crs(stops)
    line = gpd.GeoSeries([shapely.force_2d(track)], crs=WGS84).to_crs(crs).iloc[0]
    return stops.geometry.to_crs(crs).distance(line)


def with_minutes(
    path: Path | None, data: StudyData, time_zone: str
) -> tuple[StudyData, list[str]]:
    """Make minutes of the tracks that have none yet, and keep them in the log.

    Returns the data with the minutes in place of tracks, and what is wrong with tracks.
    """
    log = data.log
    if log.tracks.empty and log.presence.empty:
        return data, []
    region = to_metric(data)
    new, crews = minutes_of_tracks(region, of_layers(region.layers), time_zone)
    here = log.presence["network"] == data.layers.source.id
    had_before = log.presence[here]["track_id"]
    crs = str(region.boundary.crs)
    tried = log.tracks[~log.tracks["track_id"].isin(had_before)].to_crs(crs)
    notes = _notes(tried, crews, log)
    usable = [*had_before, *new["track_id"], *log.tracks["track_id"]]
    lost = log.presence[~log.presence["track_id"].isin(usable)]
    if len(lost):
        notes.append(
            f"Crews' minutes are left out for {', '.join(sorted(set(lost['date'])))}: they are on "
            f"the roads of {', '.join(sorted(set(lost['network'])))}, and their tracks are purged. "
            "Fix: run on that network, with --snapshot"
        )

    def keep(now: Log) -> tuple[Log, None]:
        there = new[new["track_id"].isin(now.tracks["track_id"])]
        both = pd.concat([now.presence, there], ignore_index=True)
        return replace(now, presence=both.drop_duplicates(LOG_PRESENCE.key)), None

    if len(new):
        store.change(store.at(path), keep)
    presence = pd.concat([log.presence, new], ignore_index=True)
    return replace(
        data, log=replace(log, presence=presence, tracks=log.tracks.head(0))
    ), notes


def _notes(
    tracks: gpd.GeoDataFrame, crews: Iterable[Whereabouts], log: Log
) -> list[str]:
    """Return what is wrong with each track, in a CRS in metres."""
    notes = []
    for track, crew in zip(tracks.to_dict("records"), crews, strict=True):
        stood = _not_stood(track, log, str(tracks.crs))
        faults = [*_faults(crew), *stood]
        notes += [f"Track of {track['date']}: {fault}" for fault in faults]
    return notes


def _faults(crew: Whereabouts) -> Iterator[str]:
    if crew.elsewhere:
        yield "most of it lies far from every road of this network; it is not used"
        return
    counts = crew.fault.value_counts()
    for fault, words in FAULTS.items():
        if counts.get(fault, 0):
            yield f"{counts[fault]} {words}; they are left out"
    if len(crew.gaps):
        lost = crew.gaps["to_s"].sum() - crew.gaps["from_s"].sum()
        yield f"{len(crew.gaps)} gaps, {lost / 60:.0f} minutes in all, in which it is not known"


def _not_stood(track: dict[Any, Any], log: Log, crs: str) -> Iterator[str]:
    """Yield at which stops, made while it was recorded as pages say, a track did not stay."""
    visits = log.visits
    stopped = (visits["outcome"] == "done") & (stayed_s(visits) >= AT_STOP_S)
    stopped &= visits["arrived_at"] >= track["started_at"]
    stopped &= visits["left_at"] <= track["ended_at"]
    for name in ("date", "shift", "vehicle"):
        stopped &= visits[name] == track[name]
    there = visits.loc[stopped.fillna(value=False), "stop"]
    stops = log.stops[log.stops["stop"].isin(there)].to_crs(crs)
    fixes = shapely.get_coordinates(track["geometry"], include_z=True)
    places = shapely.points(fixes[:, :2])
    apart = []
    for name, place in zip(
        stops["name"].fillna(stops["stop"]), stops.geometry, strict=True
    ):
        at_s = fixes[shapely.distance(places, place) <= AT_STOP_M, 2]
        if not len(at_s) or np.ptp(at_s) < AT_STOP_S:
            apart.append(name)
    if apart:
        yield (
            f"it was not for 5 minutes within {AT_STOP_M:g} m of {', '.join(apart)}, where pages "
            "say that a stop was made: it has a gap there, or a page is of another stop or night"
        )
