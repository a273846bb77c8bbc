"""What the attacker reads: every file of a folder, as tables, numbers and text."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio

Floats = npt.NDArray[np.float64]

TEXT = {".csv", ".geojson", ".gpx", ".html", ".ics", ".json", ".md", ".toml", ".txt", ".xml"}


@dataclass(frozen=True)
class Folder:
    """A folder that a run or a plan wrote."""

    path: Path
    run: Path | None = None
    """Where the table of sightings is, if not here: the folder of the run that a plan rests on."""

    @cached_property
    def files(self) -> list[Path]:
        return sorted(file for file in self.path.rglob("*") if file.is_file())

    @cached_property
    def content(self) -> dict[str, bytes]:
        """Every file by its name; what a PDF or gzip packs stands unpacked behind it."""
        return {
            str(file.relative_to(self.path)): (raw := file.read_bytes()) + _unpacked(raw)
            for file in self.files
        }

    @cached_property
    def texts(self) -> dict[str, str]:
        return {
            name: raw.decode("utf-8", "replace")
            for name, raw in self.content.items()
            if Path(name).suffix in TEXT
        }

    @cached_property
    def findings(self) -> dict[str, Any]:
        path = self.path / "findings.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    def rows(self, name: str) -> pd.DataFrame:
        """Return a table of the findings, else of the GeoPackage; empty where neither has it."""
        found = self.findings.get(name)
        if isinstance(found, list) and found:
            return pd.DataFrame(found)
        return self.tables.get(name, pd.DataFrame())

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of the GeoPackage by name, without their geometry."""
        path = self.path / "mitrovica.gpkg"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(path)) as gpkg:
            names = [row[0] for row in gpkg.execute("SELECT table_name FROM gpkg_contents")]
            found = {n: pd.read_sql_query(f'SELECT * FROM "{n}"', gpkg) for n in names}
        return {n: t.drop(columns=["geom", "geometry"], errors="ignore") for n, t in found.items()}

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a map layer, EPSG:4326; empty where there is none."""
        path = self.path / "layers" / f"{name}.geojson"
        if not path.exists() or not json.loads(path.read_text("utf-8"))["features"]:
            return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
        return gpd.read_file(path)

    @property
    def sightings(self) -> gpd.GeoDataFrame:
        """The table of sightings, EPSG:4326."""
        return Folder(self.run or self.path).layer("sightings")

    def map_points(self, key: str) -> Floats:
        """Return the points of a layer of ``map.html``, (n, 2) lon and lat; empty if it has none.

        The page holds latitude and longitude in units of 0.00001 degree (`maps.encode`).
        """
        page = self.texts.get("map.html", "")
        found = re.search(rf'"key":"{key}".{{0,600}}?"shapes":\[(\[\[.*?\]\])\]', page, re.DOTALL)
        if not found:
            return np.zeros((0, 2))
        pairs = [point[:2] for point in json.loads(found[1])]
        return np.array(pairs, dtype=float)[:, ::-1] / 1e5

    def raster(self, name: str) -> tuple[Floats, Floats, Floats] | None:
        """Return values, and x and y of the middles of the cells, of a raster; None without one."""
        path = self.path / "rasters" / f"{name}.tif"
        if not path.exists():
            return None
        with rasterio.open(path) as opened:
            values, (a, _, c, _, e, f) = opened.read(1).astype(float), opened.transform[:6]
        y, x = (np.arange(size) + 0.5 for size in values.shape)
        return values, c + a * x, f + e * y


def _unpacked(raw: bytes) -> bytes:
    """Return what the streams of a PDF, or a gzip file, hold."""
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    if raw[:4] != b"%PDF":
        return b""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL)
    return b"\n".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"\x78")
