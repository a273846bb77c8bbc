"""Rows of a GeoPackage of ours, by way of SQLite: GDAL takes ten times as long to open one.

Who reads several tables opens it once: SQLite reads the schema of all of them each time.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import shapely


def opened(path: Path) -> closing[sqlite3.Connection]:
    """Open a GeoPackage, and close it at the end of ``with``."""
    return closing(sqlite3.connect(path))


def names(gpkg: sqlite3.Connection) -> set[str]:
    """Return the names of its layers and tables; errors as of `rows`."""
    listed = pd.read_sql("SELECT table_name FROM gpkg_contents", gpkg)
    return set(listed["table_name"])


def rows(gpkg: sqlite3.Connection, name: str) -> pd.DataFrame:
    """Return the rows of a table, those of a layer with its shapes as ``geometry``.

    Raises `pandas.errors.DatabaseError` if they cannot be read.
    """
    table: pd.DataFrame = pd.read_sql(f'SELECT * FROM "{name}"', gpkg)
    if "geom" in table:
        # Behind a head of 8 bytes and a box of 0 to 64 lies the WKB (OGC 12-128r19, 2.1.3).
        wkb = [b and b[8 + (0, 32, 48, 48, 64)[b[3] >> 1 & 7] :] for b in table["geom"]]
        table["geometry"] = shapely.from_wkb(wkb)
    return table
