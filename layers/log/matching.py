"""Tracks of a log onto the roads of a study, once: minutes of crews by edge stay, tracks may go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from geo.crs import to_metric
from geo.presence.matching import Matched, matched_tracks, ways_of
from layers.log import store
from layers.records import Log, StudyData

FAULTS: Final = {
    "clock": "fixes with a time that is not after the one before",
    "jump": "fixes that no crew can have driven to",
    "far": "fixes far from every road",
}
"""What is wrong with fixes, as `geo.presence.match` calls it."""


def match_tracks(path: Path | None, data: StudyData, time_zone: str) -> tuple[StudyData, list[str]]:
    """Match the tracks that are not matched yet, and keep crews' minutes in the log.

    Returns the data with the minutes in place of tracks, and what is wrong with tracks.
    """
    log = data.log
    if log.tracks.empty and log.presence.empty:
        return data, []
    region = to_metric(data)
    new, matched = matched_tracks(region, ways_of(region), time_zone)
    dates = log.tracks.set_index("track_id")["date"]
    here = log.presence["network"] == data.layers.source.id
    on_roads = {*log.presence[here]["track_id"], *new["track_id"]}
    tried = dates[~dates.index.isin(log.presence[here]["track_id"])]
    notes = [
        f"Track of {day}: {fault}"
        for day, found in zip(tried, matched, strict=True)
        for fault in _faults(found)
    ]
    lost = log.presence[~log.presence["track_id"].isin([*on_roads, *dates.index])]
    if len(lost):
        notes.append(
            f"Crews' minutes are left out for {', '.join(sorted(set(lost['date'])))}: they are on "
            f"the roads of {', '.join(sorted(set(lost['network'])))}, and their tracks are purged. "
            "Fix: run on that network, with --snapshot"
        )

    def keep(now: Log) -> tuple[Log | None, None]:
        keys = ["track_id", "network", "edge", "time_class"]
        both = pd.concat([now.presence, new], ignore_index=True).drop_duplicates(keys)
        return (None if len(both) == len(now.presence) else replace(now, presence=both)), None

    if len(new):
        store.change(store.at(path), keep)
    presence = pd.concat([log.presence, new], ignore_index=True)
    return replace(data, log=replace(log, presence=presence, tracks=log.tracks.head(0))), notes


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
