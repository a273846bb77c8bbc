"""The layers that a run writes: what goes into each, under which name, with which ids."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Final

import geopandas as gpd
import pandas as pd

from geo import schema, sightings
from geo.records import StudyData
from geo.results import Findings, Patrols
from geo.schema import LIST, WGS84, Table

DECIMALS: Final = 6
"""Decimals that numbers keep, in every format."""

SHARE_DECIMALS: Final = 10
"""The same in the need surface, whose thousands of shares add up to 1 and are planned on again."""


MOST_FEATURES: Final = 500_000
"""A layer of more is left out of GeoPackage and GeoJSON, which readers hold whole in memory: it is
written as GeoParquet."""

MOST_POINTS: Final = 50_000
"""The same of `_MANY`, which nobody reads one by one."""

_MANY: Final = (schema.NEED, schema.PROXIMITY_LINES)

_RESULTS: Final = (
    schema.CORRIDOR_BANDS,
    schema.HELP,
    schema.ACCESS_SECTIONS,
    schema.LIXELS,
    schema.HOTSPOTS,
    schema.NEED,
    schema.PROXIMITY_LINES,
    schema.MEASURED,
    schema.LEGS,
    schema.STOPS,
)
"""Layers of the findings, from the bottom of a map to its top."""

Tables = tuple[tuple[Table, pd.DataFrame], ...]


@dataclass(frozen=True)
class Layer:
    """One layer as it leaves the toolkit."""

    name: str
    """Name of the file and of the layer in the GeoPackage."""
    table: Table
    frame: gpd.GeoDataFrame
    """EPSG:4326; a text column ``id`` and the columns of `table`."""

    @property
    def is_large(self) -> bool:
        """Whether it is written as GeoParquet only, see `MOST_FEATURES`."""
        return len(self.frame) > (MOST_POINTS if self.table in _MANY else MOST_FEATURES)


def map_layers(findings: Findings, data: StudyData) -> tuple[Layer, ...]:
    """Return the layers of a run, from the bottom of a map to its top.

    Raises `geo.sightings.CoarseningError` if the sightings are not coarse.
    """
    sightings.check(findings.sightings, data.places, findings.privacy)
    ways = data.layers
    drawn = findings
    if findings.measured.empty:
        drawn = replace(findings, measured=findings.sightings)
    coarse = drawn.measured[[*schema.SIGHTINGS.names, "geometry"]]
    sightings.check(gpd.GeoDataFrame(coarse), data.places, findings.privacy)
    return (
        layer_of(schema.BOUNDARY, data.boundary),
        layer_of(schema.WAYS, ways.waterways, "waterways"),
        layer_of(schema.WAYS, ways.paths, "paths"),
        layer_of(schema.WAYS, ways.roads, "roads"),
        layer_of(schema.WAYS, ways.railways, "railways"),
        layer_of(schema.FACILITIES, ways.facilities),
        layer_of(schema.PLACES, data.places),
        *(layer_of(table, table.of(drawn)) for table in _RESULTS),
    )


def patrol_layers(patrols: Patrols) -> tuple[Layer, ...]:
    """Return the layers of a plan: its drives, and on them its stops."""
    return layer_of(schema.LEGS, patrols.legs), layer_of(schema.STOPS, patrols.stops)


def placed_tables(findings: Findings) -> Tables:
    """Return the tables that `findings.json` holds without the geometry that their layers have."""
    placed = (schema.HOTSPOTS, schema.ACCESS_SECTIONS, schema.HELP)
    return tuple((table, table.of(findings)) for table in placed)


def plain_tables(findings: Findings, contradictions: pd.DataFrame) -> Tables:
    """Return the tables of a run that have no place on a map, as GeoPackage and JSON hold them."""
    bands = findings.proximity.totals["band_m"].unique()
    return (
        (schema.proximity_table(bands), findings.proximity.table),
        *((table, table.of(findings)) for table in _plain(schema.OUTPUTS)),
        (schema.CONTRADICTIONS, contradictions),
    )


def patrol_tables(patrols: Patrols) -> Tables:
    """Return the tables of a plan that have no place on a map."""
    plan = SimpleNamespace(patrols=patrols)
    return tuple((table, table.of(plan)) for table in _plain(schema.PLAN_OUTPUTS))


def _plain(outputs: Iterable[Table]) -> list[Table]:
    """Return the parts of the findings without a place on a map, but for the one of many bands."""
    return [
        t
        for t in outputs
        if t.part and not t.geometry and t.name != schema.PROXIMITY.name
    ]


def layer_of(table: Table, frame: gpd.GeoDataFrame, name: str = "") -> Layer:
    """Return the layer with the columns of `table` only, and an id for every feature."""
    name = name or table.layer or table.name
    decimals = SHARE_DECIMALS if table is schema.NEED else DECIMALS
    rows = table.geoframe(frame.to_crs(WGS84)).round(decimals)
    if table.key or "id" not in table.names:
        ids = _ids(name, table.key, rows)
        rows = rows.drop(columns="id", errors="ignore")
        rows.insert(0, "id", ids)
    return Layer(name, table, rows.reset_index(drop=True))


def lists_as_json(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose lists are JSON, for formats that hold texts only."""
    lists = [column.name for column in table.columns if column.dtype == LIST]
    return in_json(frame, lists)


def in_json(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return a frame with columns of these names as texts in JSON."""
    texts = {
        name: frame[name].map(json.dumps, na_action="ignore").astype("string")
        for name in names
    }
    return frame.assign(**texts)


def _ids(name: str, keys: Iterable[str], rows: gpd.GeoDataFrame) -> pd.Series:
    """Return ids made of the layer's name and its key columns, or of the place in the file."""
    ids = pd.Series(name, index=rows.index, dtype="string")
    for key in keys:
        column = rows[key]
        ids += "-" + (column.round(1) if column.dtype.kind == "f" else column).astype(
            "string"
        )
    if not keys:
        ids += "-" + pd.Series(range(1, len(rows) + 1), index=rows.index).astype(
            "string"
        )
    return ids
