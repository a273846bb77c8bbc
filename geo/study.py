"""The study: one pure function from data and parameters to findings.

What patrols met is tested and mapped apart from reports.  The effort behind it is measured: where
crews waited, minute by minute.  That behind reports is assumed.  So the two have different null
models, and neither enters the tests of the other.  They join in the need only.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import omissions, sightings
from geo.access.walking import walking_access
from geo.arrays import Each
from geo.chance.nulls import (
    Null,
    Observers,
    Window,
    about,
    assumed_efforts,
    reporting_effort,
)
from geo.corridors.bands import WITHOUT_AREA, band_areas, bands_of
from geo.corridors.comparison import compare_with_chance, window_about
from geo.corridors.distance import Corridor, corridors_of
from geo.corridors.expected_range import with_expected
from geo.corridors.per_sighting import distance_quantiles, per_sighting
from geo.crs import to_metric
from geo.hotspots import ranking, surface
from geo.intensity.need import Reported, need_at_places
from geo.network import graph as network
from geo.params import Params
from geo.patrols.proposal import replan
from geo.patrols.stops import OutsideError, UnusableError
from geo.presence.sight import minutes_by_section
from geo.presence.tracks import minutes_of_tracks
from geo.presence.visits import measured_effort, stop_table
from geo.records import StudyData
from geo.results import Access, Findings, Hotspots, Omission, Patrolled, Patrols
from geo.routing.driving import OffRoadError
from geo.schema import LEGS, RECORDS, SIZE_CLASSES, STOPS, WGS84
from geo.sections.cutting import Sections, corridor_sections
from geo.tiles import proximity_in_parts

__all__ = ["STATIONS", "StudyError", "patrolled", "reported", "run", "with_log"]

STATIONS = ("station", "railway_station", "bus_station")
"""Kinds of places and facilities where an observer may have stood."""

SIZES: Final = dict(zip(SIZE_CLASSES, (1, 5, 10, 20), strict=False))
"""Least size of each class."""


class StudyError(ValueError):
    """What is given is not the data of a study."""


# A study in order: each stage reads what several before it found.
def run(
    data: StudyData,
    params: Params | None = None,
    *,
    stage: Callable[[str], None] = lambda _name: None,
    each: Each = map,
) -> Findings:
    """Measure corridors and hotspots, model access, and propose patrols.

    Parameters
    ----------
    data : geo.records.StudyData, EPSG:4326
    params : geo.params.Params, optional
    stage : callable, optional
        Called with the name of each stage as it begins: proximity, access, hotspots, patrols.
    each : geo.arrays.Each, optional
        Runs the parts of nearness and the surfaces of walking time; by default one after the
        other.  Whatever it is, the findings are the same, bit for bit.

    Returns
    -------
    geo.results.Findings
        Frames in EPSG:9141, or outside Kosovo in the local UTM zone.

    Raises `geo.sightings.CoarseningError` if the sightings are not coarse, ValueError if a layer or
    a parameter cannot be used; the message names it and the fix.
    """
    _require_study(data)
    region, params = to_metric(data), params or Params()
    sightings.check(region.sightings, region.places, params.privacy)
    events, excluded = sightings.events_of(region.sightings)
    kinds, lines, effort = _networks(region)

    stage("proximity")
    nearness = proximity_in_parts(events, kinds, params.corridors.bands_m, each=each)
    efforts = _efforts(region, lines, events, params) or (effort,)
    nearness = with_expected(nearness, events, kinds, efforts)
    omitted = omissions.of_study(region, events, params)
    parts_left_out = {omission.part for omission in omitted}
    told_apart = {
        kind: ways for kind, ways in kinds.items() if kind not in WITHOUT_AREA
    }
    # Areas and hotspots are needed last: they are found beside the model.
    with ThreadPoolExecutor(max_workers=2) as beside:
        areas = beside.submit(band_areas, told_apart, params.corridors.bands_m)
        hotspots = beside.submit(_hotspots, region, lines, events, efforts, params)
        sections, walk = _sections(region, params), None
        if "access" not in parts_left_out:
            stage("access")
            walk = _walk(region, sections, params, each)
        stage("hotspots")
        hot = hotspots.result()
    quantiles = distance_quantiles(nearness.table, kinds)
    bands = bands_of(nearness, areas.result())
    nearness = replace(nearness, bands=bands, quantiles=quantiles)
    patrol_meetings = _met(region, kinds, lines, sections, params)
    reports = Reported(events, effort, _stations(region))
    need_table = need_at_places(region, reports, sections, params, walk=walk)
    without_need = omissions.of_need(need_table, params.need)
    patrols: Patrols | None = None
    without_plan: tuple[Omission, ...] = ()
    if "patrols" not in parts_left_out and not without_need:
        stage("patrols")
        patrols, without_plan = _proposed(region, need_table, params, hot.table)
    crs = str(events.crs)
    if patrols is None:
        patrols = Patrols(STOPS.geoframe(crs=crs), LEGS.geoframe(crs=crs))
    return Findings(
        source=region.layers.source,
        sightings=events,
        excluded=excluded,
        proximity=nearness,
        hotspots=hot,
        patrols=patrols,
        access=walk,
        need=need_table,
        privacy=params.privacy,
        omitted=omitted + without_need + without_plan,
        patrolled=patrol_meetings,
        measured=per_sighting(events, nearness, kinds, region.places),
    )


def reported(data: StudyData, params: Params | None = None) -> Hotspots:
    """Find hotspots and densities alone, as `run` does, where a study is too large for the rest.

    Parameters
    ----------
    data, params
        As for `run`.

    Returns
    -------
    geo.results.Hotspots

    Raises `geo.sightings.CoarseningError` if the sightings are not coarse.
    """
    _require_study(data)
    region, params = to_metric(data), params or Params()
    sightings.check(region.sightings, region.places, params.privacy)
    events, _ = sightings.events_of(region.sightings)
    _, lines, effort = _networks(region)
    efforts = _efforts(region, lines, events, params) or (effort,)
    return _hotspots(region, lines, events, efforts, params)


def _efforts(
    region: StudyData, lines: network.Network, events: gpd.GeoDataFrame, params: Params
) -> tuple[Null, ...]:
    """Return the assumptions on where observers stand about the events; none without events."""
    if events.empty:
        return ()
    window = window_about(events, region.boundary, params.corridors.window_reach_m)
    return assumed_efforts(
        _observed_from(region), _stations(region), window, lines.junctions
    )


def _hotspots(
    region: StudyData,
    lines: network.Network,
    events: gpd.GeoDataFrame,
    efforts: Sequence[Null],
    params: Params,
) -> Hotspots:
    """Return the hotspots of a study, and its densities as surfaces."""
    spots = params.hotspots
    hot = ranking.find(lines, events, region.places, spots, assumed=efforts)
    surfaces = surface.density_surfaces(lines, events, spots)
    return replace(hot, surfaces=surfaces)


def _proposed(
    region: StudyData,
    need: gpd.GeoDataFrame,
    params: Params,
    hotspots: gpd.GeoDataFrame,
) -> tuple[Patrols | None, tuple[Omission, ...]]:
    """Return the patrols of a study, or why its roads and places admit none."""
    try:
        return replan(region, need, params, hotspots=hotspots), ()
    except (OffRoadError, OutsideError):
        return None, (omissions.OFF_ROAD_DEPOT,)
    except UnusableError:
        return None, (omissions.NO_USABLE_STOP,)


def with_log(
    findings: Findings, data: StudyData, params: Params | None = None
) -> Findings:
    """Return findings with what patrols met since: as a part of its own, and in the need.

    Parameters and errors are as for `run`.  Without a visit in the log `findings` stay as they are.
    """
    _require_study(data)
    if data.log.visits.empty:
        return findings
    region, params = to_metric(data), params or Params()
    kinds, lines, effort = _networks(region)
    sections = _sections(region, params)
    patrol_meetings = _met(region, kinds, lines, sections, params)
    reports = Reported(findings.sightings, effort, _stations(region))
    need_table = need_at_places(region, reports, sections, params, walk=findings.access)
    return replace(findings, need=need_table, patrolled=patrol_meetings)


def _require_study(data: object) -> None:
    """Raise `StudyError` for what is not the data of a study, such as one of its layers."""
    if not isinstance(data, StudyData):
        raise StudyError(
            f"data is {type(data).__name__}, no StudyData. "
            "Fix: data = layers.readers.study.read().data()[0]"
        )


def _networks(region: StudyData) -> tuple[dict[str, Corridor], network.Network, Null]:
    """Return the corridors, the ways, and where reports are likely along all of them."""
    layers = region.layers
    kinds = corridors_of(layers.roads, layers.paths, layers.railways, layers.waterways)
    lines = network.of_layers(layers)
    bounds = np.r_[lines.xy.min(axis=0), lines.xy.max(axis=0)]
    return kinds, lines, _effort(region, about(bounds, Observers()))


def _met(
    region: StudyData,
    kinds: dict[str, Corridor],
    lines: network.Network,
    sections: Sections,
    params: Params,
) -> Patrolled | None:
    if region.log.visits.empty:
        return None
    return patrolled(region, kinds, lines, sections.table, params)


def _sections(region: StudyData, params: Params) -> Sections:
    layers = region.layers
    return corridor_sections(
        layers.roads, layers.railways, region.places, params.corridors
    )


def _stations(region: StudyData) -> gpd.GeoDataFrame:
    stops = pd.concat([region.places, region.layers.facilities])
    return stops[stops["kind"].isin(STATIONS)]


def _effort(region: StudyData, window: Window) -> Null:
    """Return where reports are likely in a window, whoever passes."""
    return reporting_effort(_observed_from(region), _stations(region), window)


def _observed_from(region: StudyData) -> gpd.GeoDataFrame:
    """Return the ways along which observers stand: roads, else paths, else railways."""
    layers = region.layers
    ways = (layers.roads, layers.paths, layers.railways)
    return next((lines for lines in ways if len(lines)), layers.roads)


def _walk(region: StudyData, sections: Sections, params: Params, each: Each) -> Access:
    """Return the walking time to help."""
    return walking_access(
        region.layers,
        region.places,
        sections,
        region.terrain,
        params=params.access,
        each=each,
    )


def patrolled(
    region: StudyData,
    kinds: dict[str, Corridor],
    lines: network.Network,
    sections: gpd.GeoDataFrame,
    params: Params,
) -> Patrolled | None:
    """Return what patrols met, tested against where they waited; None where no visit is known.

    All groups and visits count; tests and need rest on the stops at which it is known how long
    crews waited.

    Parameters
    ----------
    region : geo.records.StudyData, projected CRS in metres
        The layers of its log may be in another CRS.
    kinds, lines, sections
        The corridors, ways and named sections of the study, in the CRS of the region.
    params : geo.params.Params
    """
    log, spots = region.log, params.hotspots
    visits = log.timed
    groups = log.groups[log.groups["stop"].isin(visits["stop"])]
    if visits.empty:
        return None
    stops = log.stops.to_crs(str(lines.crs))
    centre = region.boundary.to_crs(WGS84).union_all().centroid
    table = stop_table(visits, groups, params.patrols.time_zone, centre.x, centre.y)
    effort = measured_effort(table, stops)
    events = _events(groups, stops, region, params)
    tests = None
    if len(events):
        window = window_about(stops, None, params.corridors.window_reach_m)
        tests = compare_with_chance(events, kinds, effort, window, params.corridors)
    minutes = minutes_by_section(_presence(region, lines, params), lines, sections)
    return Patrolled(
        met=len(log.groups),
        visits=len(log.made),
        hours=float(table["minutes"].sum() / 60),
        tests=tests,
        hotspots=ranking.find(lines, events, region.places, spots, effort=effort),
        minutes=gpd.GeoDataFrame(sections.merge(minutes, on="section")),
    )


def _presence(
    region: StudyData, lines: network.Network, params: Params
) -> pd.DataFrame:
    """Return the presence of crews on these ways by month, of new tracks too."""
    log = region.log
    in_log = log.presence[log.presence["network"] == region.layers.source.id]
    new, _ = minutes_of_tracks(region, lines, params.patrols.time_zone)
    presence = pd.concat([in_log, new], ignore_index=True)
    return presence.assign(
        month=presence["date"].str[:7], edge=presence["edge"].astype(int)
    )


def _events(
    groups: pd.DataFrame, stops: gpd.GeoDataFrame, region: StudyData, params: Params
) -> gpd.GeoDataFrame:
    """Return groups met as coarse sightings at the stops where crews met them."""
    where = stops.set_index("stop").loc[groups["stop"]].reset_index()
    degrees = where.geometry.to_crs(WGS84)
    size = groups["size_class"].map(SIZES).to_numpy(float, na_value=np.nan)
    month = pd.to_datetime(groups["month"], format="%Y-%m").to_numpy()
    facts = {
        "id": groups["group_id"].to_numpy(),
        "kind": "sighting",
        "lat": degrees.y,
        "lon": degrees.x,
        "uncertainty_m": 0.0,
        "group_min": size,
        "group_max": size,
        "date_from": month,
        "date_to": month + pd.Timedelta(days=27),
    }
    rows = gpd.GeoDataFrame(facts, geometry=where.geometry)
    coarse = sightings.coarsen(RECORDS.geoframe(rows), region.places, params.privacy)
    return sightings.events_of(coarse.sightings)[0]
