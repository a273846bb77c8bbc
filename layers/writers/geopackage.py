"""All layers and tables in one GeoPackage, each layer with its QGIS style."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
import pyogrio

from layers import shipped
from layers.handling import Handling
from layers.schema import Table
from layers.writers import qml
from layers.writers.layers import Layer

GEOMETRY: Final = "geom"


def write(
    layers: Sequence[Layer],
    tables: Sequence[tuple[Table, pd.DataFrame]],
    path: Path,
    *,
    handling: Handling,
    now: datetime,
) -> None:
    """Write the layers with their styles, and the tables, into a new GeoPackage at `path`.

    `now` is entered as the time of last change, so that equal input gives equal files.
    """
    with _gdal({"OGR_CURRENT_DATE": _utc(now)}):
        for layer in layers:
            add(path, layer.name, layer.table, layer.frame, _described(layer.table, handling))
        for table, rows in tables:
            add(path, table.name, table, table.frame(rows), _described(table, handling))
    _write_styles(layers, path, now)


def add(path: Path, name: str, table: Table, frame: pd.DataFrame, about: str) -> None:
    """Add a layer or a table to a GeoPackage, made where it is missing; `about` describes it."""
    options = {"DESCRIPTION": about}
    if table.geometry:
        options["GEOMETRY_NAME"] = GEOMETRY
    # No flush to the disk after each layer: a file that a crash leaves half-written is no output.
    with _gdal({"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "MEMORY"}):
        pyogrio.write_dataframe(
            frame, path, driver="GPKG", layer=name, geometry_type=table.geometry or None,
            promote_to_multi=table.geometry.startswith("Multi"), use_arrow=True,
            layer_options=options,
        )  # fmt: skip


def _described(table: Table, handling: Handling) -> str:
    """Return what a layer or table holds, and the handling words."""
    return f"{table.meaning}. {handling.line()}"


def _write_styles(layers: Sequence[Layer], path: Path, now: datetime) -> None:
    """Add the table of styles, and its entries in the lists of contents."""
    stamp = _utc(now)
    styles = [
        ("", "", layer.name, GEOMETRY, layer.name, qml.style(layer), layer.table.meaning, stamp)
        for layer in layers
    ]
    with closing(sqlite3.connect(path)) as gpkg, gpkg:
        gpkg.execute(shipped.text("templates", "layer_styles.sql"))
        gpkg.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES (?, ?, ?, ?, ?, ?, '', 1, ?, '', ?)",
            styles,
        )
        gpkg.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (stamp,),
        )
        gpkg.execute(
            "INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES ('layer_styles', ?)",
            (len(styles),),
        )


@contextmanager
def _gdal(options: dict[str, str]) -> Iterator[None]:
    """Set options of GDAL for as long as the block lasts."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _utc(now: datetime) -> str:
    """Return the time as a GeoPackage holds it."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
