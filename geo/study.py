"""The study: one pure function from data and parameters to findings."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd

from geo import corridors, hotspots, network, patrols
from geo.crs import metric_crs
from geo.exports import exported_sightings
from geo.params import Params
from geo.results import Findings, Hotspots, Proximity, StudyData
from layers.schema import EXCLUDED, SENSITIVITY


def run(data: StudyData, params: Params | None = None) -> Findings:
    """Measure corridor proximity and hotspots, and propose patrol routes.

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
    near = corridors.proximity(events, kinds, params.corridors.bands_m)

    walked = pd.concat([layers.roads, layers.paths, layers.railways], ignore_index=True)
    lines = network.from_lines(walked)
    hot = hotspots.hotspots(lines, events, region.places, params.hotspots)

    routes = patrols.plan(
        layers.roads,
        region.boundary,
        region.places,
        layers.facilities,
        hot.segments,
        params,
        generalised=layers.source.generalised,
    )

    # A record that is no event and repeats none is counted once, by name, to see what changes.
    unmatched = excluded.loc[excluded["relates_to"].isna(), "id"]
    checks = [
        _sensitivity(str(name), region, events, kinds, lines, params, near, hot)
        for name in unmatched
    ]
    return Findings(
        source=layers.source,
        sightings=events,
        exported=exported_sightings(events, region.places),
        excluded=excluded,
        proximity=near,
        hotspots=hot,
        patrols=routes,
        sensitivity=pd.concat(checks, ignore_index=True) if checks else SENSITIVITY.frame(),
    )


def to_metric(data: StudyData) -> StudyData:
    """Return the data with every layer in the CRS in which the study is measured.

    EPSG:9141 where the outline lies in Kosovo, else the UTM zone of its middle.
    """
    crs = metric_crs(data.boundary)

    def moved(record: object) -> dict[str, gpd.GeoDataFrame]:
        frames = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}  # type: ignore[arg-type]
        return {k: v.to_crs(crs) for k, v in frames.items() if isinstance(v, gpd.GeoDataFrame)}

    layers = dataclasses.replace(data.layers, **moved(data.layers))  # type: ignore[arg-type]
    return dataclasses.replace(data, layers=layers, **moved(data))  # type: ignore[arg-type]


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
    name: str,
    region: StudyData,
    events: gpd.GeoDataFrame,
    kinds: dict[str, gpd.GeoDataFrame],
    lines: network.Network,
    params: Params,
    near: Proximity,
    hot: Hotspots,
) -> pd.DataFrame:
    """Return what changes when the record `name` counts as an event: table `SENSITIVITY`."""
    extra = region.sightings[region.sightings["id"] == name]
    more = gpd.GeoDataFrame(pd.concat([events, extra]), crs=events.crs)
    near_more = corridors.proximity(more, kinds, params.corridors.bands_m)
    hot_more = hotspots.hotspots(lines, more, region.places, params.hotspots)
    measure = (
        near.totals["corridor"]
        + ": expected within "
        + near.totals["band_m"].astype("int64").astype("string")
        + " m"
    )
    totals = pd.DataFrame(
        {
            "measure": measure,
            "without": near.totals["expected_within"],
            "with_record": near_more.totals["expected_within"],
        }
    )
    counts = pd.DataFrame(
        {
            "measure": ["hotspots", "highest density, 1/km"],
            "without": [len(hot.segments), hot.segments["peak_per_km"].max()],
            "with_record": [len(hot_more.segments), hot_more.segments["peak_per_km"].max()],
        }
    )
    return SENSITIVITY.frame(pd.concat([totals, counts], ignore_index=True).assign(record=name))
