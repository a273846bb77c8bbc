"""What a folder tells whoever reads all of it: places with weights, and words of time.

Every file is read for what it is, without knowing which program wrote it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from pyogrio.errors import DataSourceError

from geo.release import Evidence
from layers.schema import WGS84

_VECTOR: Final = (".geojson", ".gpkg", ".fgb", ".shp", ".parquet", ".kml", ".gpx")
_NUMBER: Final = re.compile(r"-?\d{1,3}\.\d{4,}")
_UNITS: Final = re.compile(r"\[(\d{6,7}),(\d{6,7})\b")
"""A point of a map, in units of 0.00001 degree."""
_WORDS: Final = re.compile(r"\b(?:(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?|[0-9a-f]{40,64})\b")
"""Months, days and digests."""
_NEAR: Final = 24
"""Two numbers so few characters apart may be a pair of coordinates."""


def places(folder: Path, crs: str) -> list[Evidence]:
    """Return the places in the files of a folder, in a metric CRS, by file and column."""
    found: list[Evidence] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix in _VECTOR:
            found += _layers(path, name, crs)
        elif path.suffix == ".tif":
            found += _raster(path, name, crs)
        if path.suffix not in (".gpkg", ".tif", ".parquet"):
            found += _numbers(path, name, crs)
    return found


def words(folder: Path) -> dict[str, set[str]]:
    """Return the months, days and digests in the files of a folder, as they are written there."""
    return {
        path.relative_to(folder).as_posix(): set(
            _WORDS.findall(path.read_bytes().decode("utf-8", "replace"))
        )
        for path in _files(folder)
    }


def unequal(folder: Path, other: Path) -> list[str]:
    """Return the files that are not the same, byte for byte, in two folders."""
    both = {path.relative_to(root) for root in (folder, other) for path in _files(root)}
    return sorted(
        name.as_posix()
        for name in both
        if not ((folder / name).is_file() and (other / name).is_file())
        or (folder / name).read_bytes() != (other / name).read_bytes()
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _layers(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    """Yield the vertices of each layer, and its middles weighted by each of its columns."""
    try:
        layers = [layer for layer, kind in pyogrio.list_layers(path) if kind]
    except DataSourceError:
        return
    for layer in layers:
        frame = gpd.read_file(path, layer=layer)
        frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(crs)
        xy = shapely.get_coordinates(frame.geometry.values)
        yield Evidence(f"{name}: {layer}", xy, np.zeros(len(xy)))
        middle = shapely.get_coordinates(frame.geometry.representative_point().values)
        for column in frame.select_dtypes("number"):
            weight = frame[column].fillna(-np.inf).to_numpy(float)
            yield Evidence(f"{name}: {layer}, {column}", middle, weight)


def _raster(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    with rasterio.open(path) as opened:
        values = opened.read(1, masked=True).filled(-np.inf).astype(float)
        rows, columns = np.indices(values.shape)
        x, y = rasterio.transform.xy(opened.transform, rows.ravel(), columns.ravel())
        at = gpd.GeoSeries.from_xy(x, y, crs=opened.crs).to_crs(crs)
    yield Evidence(name, shapely.get_coordinates(at.values), values.ravel())


def _numbers(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    """Yield the pairs of numbers of a text that can be degrees of the region, in either order."""
    text = path.read_bytes().decode("utf-8", "replace")
    found = [(m.start(), m.end(), float(m[0])) for m in _NUMBER.finditer(text)]
    pairs = [(a[2], b[2]) for a, b in pairwise(found) if b[0] - a[1] <= _NEAR]
    pairs += [(int(a) / 1e5, int(b) / 1e5) for a, b in _UNITS.findall(text)]
    both = np.array(pairs, dtype=float).reshape(-1, 2)
    for order, lonlat in (("lon lat", both), ("lat lon", both[:, ::-1])):
        at = gpd.GeoSeries(shapely.points(lonlat), crs=WGS84).to_crs(crs)
        xy = shapely.get_coordinates(at.values)
        xy = xy[np.isfinite(xy).all(axis=1)]
        yield Evidence(f"{name}: {order}", xy, np.zeros(len(xy)))
