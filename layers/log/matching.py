"""Tracks of a log onto the roads of a study, once: minutes of crews by edge stay, tracks may go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from geo.crs import metric_crs
from geo.network.graph import from_lines
from geo.presence import Matched, in_sight, match, where_crew_was
from layers.log import store
from layers.records import Log, StudyData
from layers.schema import LOG_PRESENCE

FAULTS: Final = {
    "clock": "fixes with a time that is not after the one before",
    "jump": "fixes that no crew can have driven to",
    "far": "fixes far from every road",
}
"""What is wrong with fixes, as `geo.presence.match` calls it."""


def match_tracks(path: Path | None, data: StudyData, time_zone: str) -> tuple[StudyData, list[str]]:
    """Match the tracks that are not matched yet, and keep crews' minutes in the log.

    Returns the data with the minutes, and what is wrong with tracks.
    """
    log = data.log
    here = log.presence["network"] == data.layers.source.id
    new = log.tracks[~log.tracks["track_id"].isin(log.presence[here]["track_id"])]
    if new.empty:
        return data, []
    crs = metric_crs(data.boundary)
    roads = from_lines(data.layers.roads.to_crs(crs))
    # All that a crew may see, in the order in which `geo.study` numbers edges.
    seen = (data.layers.roads, data.layers.paths, data.layers.railways)
    ways = from_lines(pd.concat([way.to_crs(crs) for way in seen], ignore_index=True))
    notes: list[str] = []
    parts: list[pd.DataFrame] = []
    rows = new.drop(columns="geometry").to_dict("records")
    for row, found in zip(rows, match(roads, new.to_crs(crs)), strict=True):
        notes += [f"Track of {row['date']}: {fault}" for fault in _faults(found)]
        if found.elsewhere or found.path.empty:
            continue
        minutes = in_sight(ways, where_crew_was(roads, found.path), time_zone)
        of = {str(name): row[name] for name in ("track_id", "date", "shift", "vehicle")}
        parts.append(LOG_PRESENCE.frame(minutes.assign(**of, network=data.layers.source.id)))

    def keep(now: Log) -> tuple[Log | None, None]:
        keys = ["track_id", "network", "edge", "time_class"]
        both = pd.concat([now.presence, *parts], ignore_index=True).drop_duplicates(keys)
        return (None if len(both) == len(now.presence) else replace(now, presence=both)), None

    store.change(store.at(path), keep)
    presence = pd.concat([log.presence, *parts], ignore_index=True)
    return replace(data, log=replace(log, presence=presence)), notes


def _faults(found: Matched) -> Iterator[str]:
    if found.elsewhere:
        yield "most of it lies far from every road of this network; it is not used"
        return
    counts = found.fixes["fault"].value_counts()
    for fault, words in FAULTS.items():
        if counts.get(fault, 0):
            yield f"{counts[fault]} {words}; they are left out"
    if len(found.gaps):
        lost = found.gaps["to_s"].sum() - found.gaps["from_s"].sum()
        yield f"{len(found.gaps)} gaps, {lost / 60:.0f} minutes in all, in which it is not known"
