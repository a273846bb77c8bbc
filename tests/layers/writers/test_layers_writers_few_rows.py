"""Every table with no row, one or two that hold only what must be there, in every format."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geo import schema
from geo.schema import Column, Table
from layers.files.handling import Handling
from layers.writers import formats, geopackage
from layers.writers.layer_tables import layer_of

TABLES = {table.name: table for table in (*schema.OUTPUTS, *schema.PLAN_OUTPUTS)}
HANDLING = Handling(date(2027, 3, 3))
LINE = shapely.LineString([(20.8, 42.8), (20.9, 42.9)])
SHAPES = {
    "Point": shapely.Point(20.8, 42.8),
    "LineString": LINE,
    "LineString Z": shapely.force_3d(LINE, 600.0),
    "MultiLineString": shapely.MultiLineString([LINE]),
    "Polygon": LINE.buffer(0.01),
    "MultiPolygon": shapely.MultiPolygon([LINE.buffer(0.01)]),
}


def least(column: Column, number: int) -> object:
    """Return a value that a column may hold."""
    if column.values:
        return column.values[0]
    return f"x{number}" if column.dtype == "string" else number + (column.minimum or 0)


def rows_of(table: Table, n: int) -> pd.DataFrame:
    """Return rows with a value where one must be, or tells a row from others; else with none."""
    rows = [
        {
            column.name: least(column, number)
            for column in table.columns
            if column.required or column.name in (*table.key, "id")
        }
        for number in range(n)
    ]
    if not table.geometry:
        return table.frame(rows)
    return table.geoframe(
        pd.DataFrame(rows, index=range(n)).assign(geometry=[SHAPES[table.geometry]] * n)
    )


def refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("name", [*TABLES])
def test_few_rows_of_every_table_are_read_again(
    name: str, n: int, tmp_path: Path
) -> None:
    table = TABLES[name]
    frame = rows_of(table, n)
    formats.csv(table, frame, tmp_path / "a.csv", HANDLING)
    back = pd.read_csv(tmp_path / "a.csv", comment="#", dtype=str)
    assert len(back) == n or not back.notna().any(axis=None)
    layers = [layer_of(schema.BOUNDARY, rows_of(schema.BOUNDARY, 1))]
    plain: list[tuple[Table, pd.DataFrame]] = [(table, frame)]
    if isinstance(frame, gpd.GeoDataFrame):
        name = "roads" if table is schema.WAYS else table.layer or name
        layers, plain = [layer_of(table, frame, name)], []
        formats.geojson(layers[0], tmp_path / "a.geojson", HANDLING)
        text = (tmp_path / "a.geojson").read_text("utf-8")
        features = json.loads(text, parse_constant=refused)["features"]
        kept = frame.drop(columns="geometry").dropna(axis=1, how="all")
        for feature in features:
            assert set(feature["properties"]) == set(kept) - {"id"}
        assert len(pyogrio.read_dataframe(tmp_path / "a.geojson")) == n
        both = frozenset({"parquet", "flatgeobuf"})
        formats.more(layers, tmp_path, both, HANDLING)
        of_layer = tmp_path / layers[0].name
        assert len(gpd.read_parquet(of_layer.with_suffix(".parquet"))) == n
        assert len(pyogrio.read_dataframe(of_layer.with_suffix(".fgb"))) == n
    now = datetime(2026, 12, 3, tzinfo=UTC)
    geopackage.write(layers, plain, tmp_path / "a.gpkg", handling=HANDLING, now=now)
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer=name)["features"] == n
