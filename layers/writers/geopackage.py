"""All layers and tables in one GeoPackage, each layer with its QGIS style."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
import pyogrio

from geo.schema import MOMENT, Table
from layers import package_data
from layers.files.handling import Handling
from layers.writers import qgis
from layers.writers.layer_tables import Layer, lists_as_json

GEOMETRY: Final = "geom"


def write(
    layers: Sequence[Layer],
    tables: Sequence[tuple[Table, pd.DataFrame]],
    path: Path,
    *,
    handling: Handling,
    now: datetime,
) -> None:
    """Write the layers with their styles, and the tables, into a new GeoPackage.

    Parameters
    ----------
    layers, tables
        From the bottom of a map to its top; tables without a place on it.
    path
        The file.
    handling
        What the file says of itself and of each layer.
    now
        Entered as the time of last change, so that equal input gives equal files.
    """
    of_layers = [(layer.name, layer.table, layer.frame) for layer in layers]
    of_tables = [(table.name, table, table.frame(rows)) for table, rows in tables]
    with _gdal({"OGR_CURRENT_DATE": _utc(now)}):
        # A GIS that opens all layers puts the last one at the bottom.
        for name, table, frame in (*reversed(of_layers), *of_tables):
            add(path, name, table, frame, described(table, handling))
    held = (*of_layers, *of_tables)
    require_held(path, {name: len(frame) for name, _, frame in held})
    columns = [
        (name, column.name, column.title, column.meaning)
        for name, table, _ in (*of_layers, *of_tables)
        for column in table.columns
    ]
    meta = {
        "members": handling.of_package(),
        "layers": list(map(_styled, layers)),
        "columns": columns,
    }
    values = {
        name: json.dumps(value, ensure_ascii=False) for name, value in meta.items()
    }
    values |= {"now": _utc(now), "geometry": GEOMETRY}
    with closing(sqlite3.connect(path)) as gpkg, gpkg:
        for statement in package_data.text("templates", "geopackage.sql").split(";\n"):
            gpkg.execute(statement, values)


def _styled(layer: Layer) -> dict[str, str]:
    drawn = qgis.first_of(layer.name)
    return {
        "name": layer.name,
        "meaning": layer.table.meaning,
        "qml": qgis.qml(drawn, layer.table, layer.frame),
    }


def add(path: Path, name: str, table: Table, frame: pd.DataFrame, about: str) -> None:
    """Add a layer or a table to a GeoPackage, made where it is missing.

    Whether all of them are there `require_held` tells.

    Parameters
    ----------
    path
        The GeoPackage.
    name
        Of the layer.
    table, frame
        Its columns and its rows.
    about
        Describes it.
    """
    options = {"DESCRIPTION": about}
    if table.geometry:
        options["GEOMETRY_NAME"] = GEOMETRY
    # No flush to the disk after each layer: a file half-written in a crash is not an output.
    with _gdal({"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "MEMORY"}):
        pyogrio.write_dataframe(
            _as_held(table, frame),
            path,
            driver="GPKG",
            layer=name,
            geometry_type=table.geometry or None,
            use_arrow=True,
            layer_options=options,
            promote_to_multi=table.geometry.startswith("Multi"),
        )


def require_held(path: Path, rows: Mapping[str, int]) -> None:
    """Raise OSError where a table is not in its file, with so many rows, by its name.

    Of a full disk GDAL does not always tell.
    """
    with closing(sqlite3.connect(path)) as gpkg:
        listed = gpkg.execute("SELECT table_name FROM gpkg_contents")
        names = {name for (name,) in listed}
        for name, number in rows.items():
            counted = (
                gpkg.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                if name in names
                else None
            )
            if counted != (number,):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _as_held(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as a GeoPackage holds it: moments in UTC, lists as JSON."""
    texts = [column.name for column in table.columns if column.unit == MOMENT]
    return lists_as_json(table, frame).assign(
        **{
            n: pd.to_datetime(frame[n], utc=True, format="ISO8601").dt.as_unit("ms")
            for n in texts
        }
    )


def described(table: Table, handling: Handling) -> str:
    """Return what a layer or table holds, how it is to be handled, and whose it is."""
    sentences = (
        table.meaning,
        handling.of_rows(table.origin).credit,
        handling.line().removesuffix("."),
    )
    return f"{'. '.join(filter(None, sentences))}."


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
