"""Roads, railways and waterways from the shapefiles and GeoPackages of Geofabrik.

These are cut from OpenStreetMap (``gis_osm_roads_free_1.shp`` and its like).  ``osm_id`` and
``fclass`` (the class, as in OpenStreetMap) must be there.  ``oneway`` is F with the drawing
direction, T against it, B both ways; ``bridge`` and ``tunnel`` are T or F; ``maxspeed`` is in km/h,
0 where it is not mapped.  ``track_grade1`` to ``track_grade5`` are tracks.
"""

import hashlib
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError
from shapely import MultiPolygon, Polygon

from layers.complaints import require_exists
from layers.readers.osm import tags
from layers.records import Layers, Source
from layers.schema import DRIVABLE, WALKABLE, WATERWAYS, WGS84

SUFFIXES: Final = (".shp", ".gpkg", ".zip")
"""Names of files that `read` takes end in one of these."""

_COLUMNS: Final = (
    "osm_id", "fclass", "name", "ref", "oneway", "bridge", "tunnel", "maxspeed", "surface",
)  # fmt: skip
_KEY_OF_CLASS: Final = {
    **dict.fromkeys((*DRIVABLE, *WALKABLE), "highway"),
    **dict.fromkeys((*tags.TRACKS, "disused", "abandoned"), "railway"),
    **dict.fromkeys(WATERWAYS, "waterway"),
}
_ONEWAY: Final = {"F": "yes", "T": "-1", "B": "no"}
_FLAG: Final = {"T": "yes", "F": "no"}


class RoadsFileError(ValueError):
    """A file of roads cannot be read, or lacks the columns."""


def read(path: Path, area: Polygon | MultiPolygon | None) -> Layers:
    """Read the lines of a file; in one of several layers, those of each layer with a class.

    Lines that intersect the area, in EPSG:4326, are kept whole; None keeps all.  ``left_out`` in
    the source's provenance counts the lines whose class is none of the study's.  Raises
    `RoadsFileError` if the file is unreadable, no layer has lines and classes, the CRS is missing,
    or no road or path lies in the area.
    """
    lines = tags.in_area(_lines(path), area)
    class_ = lines["fclass"].str.replace(r"^track_grade\d$", "track", regex=True)
    key = class_.map(_KEY_OF_CLASS)
    features = lines.assign(
        id="way/" + lines["osm_id"],
        oneway=lines["oneway"].replace(_ONEWAY),
        **{flag: lines[flag].replace(_FLAG) for flag in ("bridge", "tunnel")},
        **{tag: class_.where(key.eq(tag)) for tag in ("highway", "railway", "waterway")},
    )
    layers = tags.layers(features, _source(path, area, class_[key.isna()]))
    if not tags.has_ways(layers):
        raise RoadsFileError(
            f"{path.name} holds no road, path or railway in the area. Classes found: "
            f"{', '.join(sorted(class_.dropna().unique())[:12]) or 'none'}. "
            "Fix: another area, or another file"
        )
    return layers


def _lines(path: Path) -> gpd.GeoDataFrame:
    """Return the lines of every layer that has a class."""
    require_exists(path)
    found, seen = [], []
    try:
        for layer, kind in pyogrio.list_layers(path):
            fields = list(pyogrio.read_info(path, layer=layer)["fields"])
            seen += fields
            if kind and "LineString" in kind and {"osm_id", "fclass"} <= {*fields}:
                found.append(_with_columns(gpd.read_file(path, layer=layer)))
    except DataSourceError as error:
        raise RoadsFileError(f"{path.name} is no file that GDAL reads: {error}") from error
    if not found:
        raise RoadsFileError(
            f"{path.name} has no layer of lines with the columns 'osm_id' and 'fclass'; it has "
            f"{', '.join(dict.fromkeys(seen)) or 'no columns'}. "
            "Fix: rename its columns as in the files of Geofabrik"
        )
    return pd.concat(found, ignore_index=True)


def _with_columns(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the lines in EPSG:4326 with `_COLUMNS` as strings, null where the file has none."""
    if lines.crs is None:
        raise RoadsFileError(
            "the file states no coordinate reference system. Fix: add the .prj file that "
            "belongs to a shapefile"
        )
    values = lines.reindex(columns=list(_COLUMNS)).astype("string").replace({"": pd.NA})
    found = gpd.GeoDataFrame(values, geometry=lines.geometry.values, crs=lines.crs)
    return found.to_crs(WGS84).explode(ignore_index=True)


def _source(path: Path, area: Polygon | MultiPolygon | None, left_out: pd.Series) -> Source:
    """Describe the file; a shapefile is hashed with the files that belong to it."""
    parts = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix == ".shp" else [path]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    counts = left_out.fillna("no class").value_counts()
    named = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
    about = tags.file_source(path, path.stem, area, digest, reader="roads_file", left_out=named)
    return Source(title=f"Roads file {path.name}", **about)
