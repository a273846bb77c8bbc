"""What patrols met, tested and mapped apart from reports.

The effort behind what patrols met is measured: where crews waited, minute by minute.  That behind
reports is assumed.  So the two have different null models, and neither enters the tests of the
other.  They join in the need only (`_observed` in `geo.study`).
"""

from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.corridors.analysis import compare_with_chance, window_about
from geo.corridors.distance import Corridor
from geo.hotspots import ranking
from geo.network.graph import Network
from geo.params import Params
from geo.patrols import need
from geo.presence.matching import matched_tracks
from geo.presence.sight import minutes_by_section
from geo.presence.visits import measured_effort, stop_table
from geo.results import Patrolled
from geo.sightings.coarsening import coarsen, events_of
from layers.records import StudyData
from layers.schema import RECORDS, SIZE_CLASSES, WGS84, current

SIZES: Final = dict(zip(SIZE_CLASSES, (1, 5, 10, 20), strict=False))
"""Least size of each class."""


def patrolled(
    region: StudyData, kinds: dict[str, Corridor], lines: Network, sections: gpd.GeoDataFrame,
    params: Params,
) -> Patrolled | None:  # fmt: skip
    """Return what patrols met, tested against where they waited; None where no visit is known.

    `kinds`, `lines` and `sections` are the corridors, ways and named sections of the study, in the
    CRS of the region, in metres; the layers of its log may be in another.
    """
    log = region.log
    visits, groups = current(log.visits), current(log.groups).dropna(subset=["stop"])
    visits = visits[(visits["outcome"] == "done") & visits["stop"].isin(log.plans["stop"])]
    visits = visits[visits["left_at"] > visits["arrived_at"]]
    groups = groups[groups["stop"].isin(visits["stop"])]
    if visits.empty:
        return None
    stops = log.plans.drop_duplicates("stop", keep="last").to_crs(str(lines.crs))
    centre = region.boundary.to_crs(WGS84).union_all().centroid
    table = stop_table(visits, groups, params.patrols.time_zone, centre.x, centre.y)
    effort = measured_effort(table, stops)
    events = _events(groups, stops, region, params)
    tests = None
    if len(events):
        window = window_about(stops, None, params.corridors.window_reach_m)
        # The effort given takes the place of the null of this name.
        own = replace(params.corridors, nulls=("effort",), vary=False)
        tests = compare_with_chance(events, kinds, window=window, params=own, effort=effort)
    known = log.presence[log.presence["network"] == region.layers.source.id]
    new, _ = matched_tracks(region, lines, params.patrols.time_zone)
    presence = pd.concat([known, new], ignore_index=True)
    presence = presence.assign(month=presence["date"].str[:7], edge=presence["edge"].astype(int))
    return Patrolled(
        len(groups), len(visits), float(table["minutes"].sum() / 60), tests,
        hotspots=ranking.find(lines, events, region.places, params.hotspots, effort=effort),
        observed=need.observed(events, lines, effort),
        minutes=gpd.GeoDataFrame(
            sections.merge(minutes_by_section(presence, lines, sections), on="section")
        ),
    )  # fmt: skip


def _events(
    groups: pd.DataFrame, stops: gpd.GeoDataFrame, region: StudyData, params: Params
) -> gpd.GeoDataFrame:
    """Return groups met as coarse sightings at the stops where crews met them."""
    where = stops.set_index("stop").loc[groups["stop"]].reset_index()
    degrees = where.geometry.to_crs(WGS84)
    size = groups["size_class"].map(SIZES).to_numpy(float, na_value=np.nan)
    month = pd.to_datetime(groups["month"], format="%Y-%m").to_numpy()
    facts = {
        "id": groups["group_id"].to_numpy(), "kind": "sighting", "lat": degrees.y,
        "lon": degrees.x, "uncertainty_m": 0.0, "group_min": size, "group_max": size,
        "date_from": month, "date_to": month + pd.Timedelta(days=27),
    }  # fmt: skip
    rows = gpd.GeoDataFrame(facts, geometry=where.geometry)
    coarse = coarsen(RECORDS.geoframe(rows), region.places, params.privacy)
    return events_of(coarse.sightings)[0]
