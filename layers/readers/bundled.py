"""The study's own data, shipped with the package: no network, no path, no download."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.params import PrivacyParams
from geo.sightings import coarsen
from layers.readers import report
from layers.records import Layers, Source, StudyData
from layers.schema import FACILITIES, PLACES, RECORDS, WAYS, WGS84, Table

SOURCE: Final = Source(
    kind="bundled",
    id="bundled",
    title="Bundled reference network",
    licence="© OpenStreetMap contributors, ODbL 1.0",
    generalised=True,
    tolerance_m=60.0,
)
"""What the bundled network is: generalised to 60 m, 10 m inside Mitrovica town."""

_LAYER: Final = {"road": "road", "path": "path", "rail": "railway", "river": "waterway"}


def file(*parts: str) -> Traversable:
    """Return a bundled file by its name below ``layers/data``."""
    return resources.files("layers").joinpath("data", *parts)


def study_data(privacy: PrivacyParams | None = None) -> StudyData:
    """Return everything a study reads, from the bundled files, in EPSG:4326.

    Parameters
    ----------
    privacy : geo.params.PrivacyParams, optional
        How the sightings are coarsened.
    """
    reference, tables, named = network(), report.read(), places()
    crs = metric_crs(boundary())
    coarse = coarsen(records().to_crs(crs), named.to_crs(crs), privacy)
    return StudyData(
        layers=reference,
        places=named,
        boundary=boundary(),
        sightings=coarse.sightings.to_crs(WGS84),
        corridor=reference,
        entry_points=tables.entry_points,
        totals=report.applicants(tables, "2020"),
    )


def places() -> gpd.GeoDataFrame:
    """Return the named places of the study, table `PLACES`, in EPSG:4326."""
    return _points("places.csv", PLACES)


def records() -> gpd.GeoDataFrame:
    """Return the five sightings and two interviews as recorded, table `RECORDS`, in EPSG:4326.

    Examples
    --------
    >>> records()["kind"].value_counts().to_dict()
    {'sighting': 5, 'interview': 2}
    """
    return _points("sightings.csv", RECORDS)


def boundary() -> gpd.GeoDataFrame:
    """Return the outline of Kosovo* that patrols stay inside: one polygon, in EPSG:4326.

    The outline is generalised to about 150 m; crossings lie up to 230 m outside it.
    """
    return _geojson("boundary.geojson")[["name", "geometry"]]


def network() -> Layers:
    """Return the generalised reference network: four frames of table `WAYS`, in EPSG:4326.

    It holds no facilities and records no one-way street.
    """
    ways = _geojson("network.geojson")
    rail = ways["layer"] == "rail"
    disused = ways["railway"].isin(["disused", "abandoned"])
    ways["status"] = ways["railway"].where(disused, "active").where(rail)
    ways["bridge"] = ways["bridge"] == "yes"
    ways["layer"] = ways["layer"].map(_LAYER)
    table = WAYS.geoframe(ways)
    road, path, railway, waterway = (
        table[table["layer"] == layer].reset_index(drop=True) for layer in _LAYER.values()
    )
    return Layers(road, path, railway, waterway, FACILITIES.geoframe(), SOURCE)


def _points(name: str, table: Table) -> gpd.GeoDataFrame:
    with file(name).open("rb") as stream:
        rows = pd.read_csv(stream)
    rows["geometry"] = gpd.points_from_xy(rows["lon"], rows["lat"], crs=WGS84)
    return table.geoframe(rows)


def _geojson(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(BytesIO(file(name).read_bytes()))
