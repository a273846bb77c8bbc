"""Tracks of a log onto the roads of a study, once: minutes of crews by edge stay, tracks may go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from geo.crs import to_metric
from geo.presence.matching import STAND_S, Matched, matched_tracks, ways_of
from layers.log import store
from layers.records import Log, StudyData
from layers.schema import LOG_PRESENCE, current

FAULTS: Final = {
    "clock": "fixes with a time that is not after the one before",
    "jump": "fixes that no crew can have driven to",
    "far": "fixes far from every road",
}
"""What is wrong with fixes, as `geo.presence.match` calls it."""

AT_STOP_M: Final = 300.0
"""A crew that stands within this distance of a stop is at it."""


def match_tracks(path: Path | None, data: StudyData, time_zone: str) -> tuple[StudyData, list[str]]:
    """Match the tracks that are not matched yet, and keep crews' minutes in the log.

    Returns the data with the minutes in place of tracks, and what is wrong with tracks.
    """
    log = data.log
    if log.tracks.empty and log.presence.empty:
        return data, []
    region = to_metric(data)
    new, matched = matched_tracks(region, ways_of(region), time_zone)
    here = log.presence["network"] == data.layers.source.id
    on_roads = {*log.presence[here]["track_id"], *new["track_id"]}
    tried = log.tracks[~log.tracks["track_id"].isin(log.presence[here]["track_id"])]
    tried = tried.to_crs(str(region.boundary.crs))
    notes = [
        f"Track of {track['date']}: {fault}"
        for track, found in zip(tried.to_dict("records"), matched, strict=True)
        for fault in (*_faults(found), *_not_stood(track, log, str(tried.crs)))
    ]
    lost = log.presence[~log.presence["track_id"].isin([*on_roads, *log.tracks["track_id"]])]
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
    return replace(data, log=replace(log, presence=presence, tracks=log.tracks.head(0))), notes


def _faults(found: Matched) -> Iterator[str]:
    if found.elsewhere:
        yield "most of it lies far from every road of this network; it is not used"
        return
    counts = found.fault.value_counts()
    for fault, words in FAULTS.items():
        if counts.get(fault, 0):
            yield f"{counts[fault]} {words}; they are left out"
    if len(found.gaps):
        lost = found.gaps["to_s"].sum() - found.gaps["from_s"].sum()
        yield f"{len(found.gaps)} gaps, {lost / 60:.0f} minutes in all, in which it is not known"


def _not_stood(track: dict[Any, Any], log: Log, crs: str) -> Iterator[str]:
    """Yield at which stops, made while it was recorded as pages say, a track did not stay."""
    visits, plans = current(log.visits), log.plans.drop_duplicates("stop", keep="last")
    stayed_s = (visits["left_at"] - visits["arrived_at"]).dt.total_seconds()
    made = (visits["outcome"] == "done") & (stayed_s >= STAND_S)
    made &= visits["arrived_at"] >= track["started_at"]
    made &= visits["left_at"] <= track["ended_at"]
    for name in ("date", "shift", "vehicle"):
        made &= visits[name] == track[name]
    stops = plans[plans["stop"].isin(visits.loc[made.fillna(value=False), "stop"])].to_crs(crs)
    fixes = shapely.get_coordinates(track["geometry"], include_z=True)
    places = shapely.points(fixes[:, :2])
    apart = []
    for name, place in zip(stops["name"].fillna(stops["stop"]), stops.geometry, strict=True):
        at_s = fixes[shapely.distance(places, place) <= AT_STOP_M, 2]
        if not len(at_s) or np.ptp(at_s) < STAND_S:
            apart.append(name)
    if apart:
        yield (
            f"it was not for 5 minutes within {AT_STOP_M:g} m of {', '.join(apart)}, where pages "
            "say that a stop was made: it has a gap there, or a page is of another stop or night"
        )
