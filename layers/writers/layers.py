"""The layers that a run writes: what goes into each, under which name, with which ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from geo import sightings
from geo.results import Findings, Patrols
from layers import schema
from layers.records import StudyData
from layers.schema import WGS84, Table

KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "lixels": ("edge", "from_m"),
        "hotspots": ("rank",),
        "movement_sections": ("section",),
        "access_sections": ("section",),
        "help_places": ("help", "id"),
        "patrol_stops": ("night", "shift", "vehicle", "order", "kind"),
        "patrol_legs": ("night", "shift", "vehicle", "order"),
    }
)
"""Columns that name a feature, for layers whose table has no ``id`` or repeats it."""

DECIMALS: Final = 6
"""Decimals that numbers keep, in every format."""

SHARE_DECIMALS: Final = 10
"""The same in the need surface, whose thousands of shares add up to 1 and are planned on again."""


@dataclass(frozen=True)
class Layer:
    """One layer as it leaves the toolkit."""

    name: str
    """Name of the file and of the layer in the GeoPackage."""
    table: Table
    frame: gpd.GeoDataFrame
    """EPSG:4326; a text column ``id`` and the columns of `table`."""


def map_layers(findings: Findings, data: StudyData) -> tuple[Layer, ...]:
    """Return the layers of a run, from the bottom of a map to its top.

    Raises `geo.sightings.CoarseningError` if the sightings are not coarse.
    """
    sightings.check(findings.sightings, data.places, findings.privacy)
    ways, tests = data.layers, findings.tests
    placed = {table.name: rows for table, rows in placed_tables(findings)}
    chance = schema.NULL_POINTS.geoframe() if tests is None else tests.nulls
    return (
        _layer("boundary", schema.BOUNDARY, data.boundary),
        _layer("waterways", schema.WAYS, ways.waterways),
        _layer("paths", schema.WAYS, ways.paths),
        _layer("roads", schema.WAYS, ways.roads),
        _layer("railways", schema.WAYS, ways.railways),
        _layer("facilities", schema.FACILITIES, ways.facilities),
        _layer("help_places", schema.HELP, placed[schema.HELP.name]),
        _layer("places", schema.PLACES, data.places),
        _layer("access_sections", schema.ACCESS_SECTIONS, placed[schema.ACCESS_SECTIONS.name]),
        _layer("movement_sections", schema.SECTIONS, placed[schema.SECTIONS.name]),
        _layer("null_points", schema.NULL_POINTS, chance),
        _layer("lixels", schema.LIXELS, findings.hotspots.lixels),
        _layer("hotspots", schema.HOTSPOTS, findings.hotspots.segments),
        _layer("need", schema.NEED, findings.need),
        _layer("sightings", schema.SIGHTINGS, findings.sightings),
        *patrol_layers(findings.patrols),
    )


def patrol_layers(patrols: Patrols) -> tuple[Layer, ...]:
    """Return the layers of a plan: its drives, and on them its stops."""
    return (
        _layer("patrol_legs", schema.LEGS, patrols.legs),
        _layer("patrol_stops", schema.STOPS, patrols.stops),
    )


def placed_tables(findings: Findings) -> tuple[tuple[Table, gpd.GeoDataFrame], ...]:
    """Return the tables that `findings.json` holds without the geometry that their layers have.

    Those of a model that is left out are empty.
    """
    flow, walk = findings.movement, findings.access
    return (
        (schema.HOTSPOTS, findings.hotspots.segments),
        (schema.SECTIONS, schema.SECTIONS.geoframe() if flow is None else flow.sections),
        (
            schema.ACCESS_SECTIONS,
            schema.ACCESS_SECTIONS.geoframe() if walk is None else walk.sections,
        ),
        (schema.HELP, schema.HELP.geoframe() if walk is None else walk.places),
    )


def plain_tables(
    findings: Findings, contradictions: pd.DataFrame
) -> tuple[tuple[Table, pd.DataFrame], ...]:
    """Return the tables of a run that have no place on a map, as GeoPackage and JSON hold them."""
    tests, moved = findings.tests, findings.movement
    bands = findings.proximity.totals["band_m"].unique()
    models = [model.assumptions for model in (moved, findings.access) if model is not None]
    kinds = (
        schema.CORRIDOR_TESTS, schema.CORRIDOR_BANDS, schema.CORRIDOR_CURVES,
        schema.CORRIDOR_EXPLAINED,
    )  # fmt: skip
    tested = (
        [table.frame() for table in kinds]
        if tests is None
        else [tests.tests, tests.bands, tests.curves, tests.explained]
    )
    return (
        (schema.proximity_table(bands), findings.proximity.table),
        (schema.PROXIMITY_TOTALS, findings.proximity.totals),
        *zip(kinds, tested, strict=True),
        *patrol_tables(findings.patrols),
        (schema.ORIGINS, schema.ORIGINS.frame() if moved is None else moved.origins),
        (schema.MOVEMENT_CHECK, schema.MOVEMENT_CHECK.frame() if moved is None else moved.check),
        (schema.ASSUMPTIONS, pd.concat([schema.ASSUMPTIONS.frame(), *models], ignore_index=True)),
        (schema.EXCLUDED, findings.excluded),
        (schema.SENSITIVITY, findings.sensitivity),
        (schema.CONTRADICTIONS, contradictions),
    )


def patrol_tables(patrols: Patrols) -> tuple[tuple[Table, pd.DataFrame], ...]:
    """Return the tables of one night's plan that have no place on a map."""
    return (
        (schema.LEFT_OUT, patrols.left_out),
        (schema.HOTSPOT_STOPS, patrols.hotspot_stops),
        (schema.STOP_NEED, patrols.stop_need),
        (schema.PATROL_MEASURES, patrols.measures),
        (schema.TRADE_OFF, patrols.trade_off),
    )


def _layer(name: str, table: Table, frame: gpd.GeoDataFrame) -> Layer:
    """Return the layer with the columns of `table` only, and an id for every feature."""
    decimals = SHARE_DECIMALS if table is schema.NEED else DECIMALS
    rows = table.geoframe(frame.to_crs(WGS84)).round(decimals)
    if name in KEYS or "id" not in table.names:
        ids = _ids(name, rows)
        rows = rows.drop(columns="id", errors="ignore")
        rows.insert(0, "id", ids)
    return Layer(name, table, rows.reset_index(drop=True))


def _ids(name: str, rows: gpd.GeoDataFrame) -> pd.Series:
    """Return ids made of the layer's name and its key columns, or of the place in the file."""
    ids = pd.Series(name, index=rows.index, dtype="string")
    for key in KEYS.get(name, ()):
        column = rows[key]
        ids += "-" + (column.round(1) if column.dtype.kind == "f" else column).astype("string")
    if name not in KEYS:
        ids += "-" + pd.Series(range(1, len(rows) + 1), index=rows.index).astype("string")
    return ids
