"""The study: one pure function from data and parameters to findings."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd

from geo import (
    access,
    corridors,
    hotspots,
    movement,
    need,
    network,
    patrols,
    planar,
    sections,
)
from geo.effort import effort_per_metre
from geo.evidence import hotspot_evidence
from geo.exports import exported_sightings, shown
from geo.params import Params
from geo.proposal import corridor_of, propose
from geo.region import to_metric
from geo.results import (
    Access,
    CorridorTests,
    Findings,
    HotspotEvidence,
    Hotspots,
    Movement,
    Proximity,
    StudyData,
)
from layers.schema import EXCLUDED, SENSITIVITY

STATIONS = ("station", "railway_station", "bus_station")
"""Kinds of places and facilities where an observer may have stood."""


def run(data: StudyData, params: Params | None = None) -> Findings:
    """Measure corridors and hotspots, model movement and access, and propose patrols.

    Parameters
    ----------
    data : geo.results.StudyData, EPSG:4326
    params : geo.params.Params, optional
        The defaults, if not given.

    Returns
    -------
    geo.results.Findings
        Frames in EPSG:9141, or outside Kosovo in the local UTM zone.

    Raises
    ------
    ValueError
        If a layer or a parameter cannot be used; the message names it and the cure.
    """
    params = params or Params()
    region = to_metric(data)
    events, excluded = events_of(region.sightings)
    layers = region.layers

    kinds = corridors.corridors_of(layers.roads, layers.paths, layers.railways, layers.waterways)
    walked = pd.concat([layers.roads, layers.paths, layers.railways], ignore_index=True)
    lines = network.from_lines(walked)

    # What is drawn of densities rests on the positions that may be shown: a hotspot of one
    # sighting would else give its recorded position back.
    def measured(sightings: gpd.GeoDataFrame) -> tuple[Proximity, Hotspots]:
        near = corridors.proximity(sightings, kinds, params.corridors.bands_m)
        seen = shown(sightings, region.places)
        return near, hotspots.hotspots(lines, seen, region.places, params.hotspots)

    near, hot = measured(events)
    exported = exported_sightings(events, region.places)
    surface = planar.surface(exported, lines.crs, params.hotspots.bandwidth_m)
    hot = dataclasses.replace(hot, raster=surface)
    effort = None if events.empty else _effort(region, lines, params)
    tests, evidence = _against_chance(region, events, kinds, lines, hot, effort, params)
    flow, walk = _models(region, events, params)

    parts = {
        "observed": need.observed(hot.segments, _effort_near(hot, lines, effort)),
        "movement": need.movement(flow.sections),
        "far_from_help": need.far_from_help(walk.sections),
        "advised": need.advised(region.places),
    }
    where = need.surface(parts, region.boundary)
    surveyed = patrols.survey(layers, region.boundary, region.places, where, hot.segments, params)
    routes = propose(surveyed, region.boundary, corridor_of(layers))

    # A record that is no event and repeats none is counted once, by name, to see what changes.
    checks = [SENSITIVITY.frame()]
    for name in excluded.loc[excluded["relates_to"].isna(), "id"]:
        extra = region.sightings[region.sightings["id"] == name]
        changed = measured(pd.concat([events, extra]))
        checks.append(_sensitivity(name, (near, hot), changed))

    return Findings(
        source=layers.source,
        sightings=events,
        exported=exported,
        excluded=excluded,
        proximity=near,
        hotspots=hot,
        patrols=routes,
        sensitivity=pd.concat(checks, ignore_index=True),
        tests=tests,
        evidence=evidence,
        movement=flow,
        access=walk,
        need=where,
    )


def _against_chance(
    region: StudyData,
    events: gpd.GeoDataFrame,
    kinds: dict[str, corridors.Corridor],
    lines: network.Network,
    hot: Hotspots,
    effort: network.Floats | None,
    params: Params,
) -> tuple[CorridorTests | None, HotspotEvidence]:
    """Ask whether corridors and hotspots are more than where someone could have reported."""
    seen = shown(events, region.places)
    if events.empty:
        return None, hotspot_evidence(lines, seen, hot, params.hotspots)
    window = corridors.window_about(events, region.boundary, params.corridors.window_reach_m)
    tests = corridors.study(events, kinds, _stations(region), window, params.corridors)
    return tests, hotspot_evidence(lines, seen, hot, params.hotspots, intensity=effort)


def _stations(region: StudyData) -> gpd.GeoDataFrame:
    """Return where an observer may have stood."""
    stops = pd.concat([region.places, region.layers.facilities])
    return stops[stops["kind"].isin(STATIONS)]


def _effort(region: StudyData, lines: network.Network, params: Params) -> network.Floats:
    """Return how likely a report is, per metre of each edge."""
    return effort_per_metre(
        lines,
        region.layers.roads,
        _stations(region),
        snap_limit_m=params.hotspots.snap_limit_m,
    )


def _effort_near(
    hot: Hotspots, lines: network.Network, effort: network.Floats | None
) -> pd.Series | None:
    """Return how likely reports are about each hotspot; None where there is none."""
    if effort is None:
        return None
    return need.effort_near(hot.segments, lines, effort, need.EFFORT_M)


def _models(region: StudyData, events: gpd.GeoDataFrame, params: Params) -> tuple[Movement, Access]:
    """Model movement along named sections, and walking time to help."""
    # The study's own ways carry the models where they reach from the entries to the exits.
    reach = movement.spans(region.layers.roads, region.places, params.movement)
    ways = region.layers if reach else region.corridor
    flow = movement.movement(
        ways,
        region.places,
        events,
        table4=region.entry_points,
        totals=region.totals,
        params=params.movement,
        ride_kph=params.speeds.kph,
    )
    walk = access.access(
        dataclasses.replace(ways, facilities=region.layers.facilities),
        region.places,
        sections.sections(ways.roads, ways.railways, region.places, params.movement),
        region.terrain,
        params=params.access,
        walk_kph=params.movement.walk_kph,
    )
    return flow, walk


def events_of(records: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Split the records into events and those that are none.

    A row of kind ``sighting`` is one event, whatever the size of the group.  An interview that
    repeats a sighting never counts; one that matches none enters only as a named check.

    Parameters
    ----------
    records : geopandas.GeoDataFrame, table `SIGHTINGS`

    Returns
    -------
    events : geopandas.GeoDataFrame, on the caller's index
    excluded : pandas.DataFrame, table `EXCLUDED`
    """
    is_event = records["kind"] == "sighting"
    rest = records.loc[~is_event]
    reason = ("repeats " + rest["relates_to"]).fillna("no sighting of its own")
    return records.loc[is_event], EXCLUDED.frame(rest.assign(reason=reason))


def _sensitivity(
    record: str, without: tuple[Proximity, Hotspots], with_record: tuple[Proximity, Hotspots]
) -> pd.DataFrame:
    """Return what changes when `record` counts as an event: table `SENSITIVITY`."""
    figures = {"without": _figures(*without), "with_record": _figures(*with_record)}
    return SENSITIVITY.frame(
        pd.DataFrame(figures).rename_axis("measure").reset_index().assign(record=record)
    )


def _figures(near: Proximity, hot: Hotspots) -> pd.Series:
    """Return the figures that a sensitivity check compares, by name."""
    band = near.totals["band_m"].map("{:g} m".format)
    name = near.totals["corridor"] + ": expected within " + band
    expected = pd.Series(near.totals["expected_within"].to_numpy(), index=name)
    peak = hot.segments["peak_per_km"].max()
    return pd.concat([expected, pd.Series({"hotspots": len(hot.segments), "peak per km": peak})])
