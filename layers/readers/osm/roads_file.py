"""Roads, railways and waterways from a shapefile or GeoPackage, by a mapping of its columns.

The default mapping, `GEOFABRIK`, is that of the shapefiles and GeoPackages which Geofabrik cuts
from OpenStreetMap (``gis_osm_roads_free_1.shp`` and its like):

=============  ==========  ==============================================================
here           there       values
=============  ==========  ==============================================================
``id``         osm_id      number of the way
``class``      fclass      road, railway or waterway class, as in OpenStreetMap
``name``       name
``ref``        ref
``oneway``     oneway      F with the drawing direction, T against it, B both ways
``bridge``     bridge      T or F
``tunnel``     tunnel      T or F
``maxspeed``   maxspeed    posted limit in km/h, 0 where it is not mapped
``surface``                as in OpenStreetMap; Geofabrik's files have none
=============  ==========  ==============================================================

Only ``id`` and ``class`` must be there.  Values of OpenStreetMap itself (yes, no, -1) are read
too.  ``track_grade1`` to ``track_grade5`` are tracks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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

GEOFABRIK: Final[Mapping[str, str]] = {
    "id": "osm_id",
    "class": "fclass",
    "name": "name",
    "ref": "ref",
    "oneway": "oneway",
    "bridge": "bridge",
    "tunnel": "tunnel",
    "maxspeed": "maxspeed",
    "surface": "surface",
}

_KEY_OF_CLASS: Final = {
    **dict.fromkeys((*DRIVABLE, *WALKABLE), "highway"),
    **dict.fromkeys((*tags.TRACKS, "disused", "abandoned"), "railway"),
    **dict.fromkeys(WATERWAYS, "waterway"),
}
_ONEWAY: Final = {"F": "yes", "T": "-1", "B": "no"}
_FLAG: Final = {"T": "yes", "F": "no", "1": "yes", "0": "no", "true": "yes", "false": "no"}


class RoadsFileError(ValueError):
    """A file of roads cannot be read, or lacks what the mapping names."""


def read(
    path: Path,
    area: Polygon | MultiPolygon | None,
    *,
    columns: Mapping[str, str] = GEOFABRIK,
) -> Layers:
    """Read the lines of a file; in one of several layers, those of each layer with a class.

    Parameters
    ----------
    path : pathlib.Path
        A file that ends in one of `SUFFIXES`.
    area : shapely Polygon or MultiPolygon in EPSG:4326, or None
        Lines that intersect it are kept whole; None keeps all.
    columns : mapping
        The file's column for each name of the table above that it has.

    Returns
    -------
    layers.records.Layers
        Without facilities.  ``left_out`` in the source's provenance counts the lines whose
        class is none of the study's, by class.

    Raises
    ------
    RoadsFileError
        If the file is unreadable, no layer has lines and the column of ``class``, the CRS is
        missing, or no road or path lies in the area.
    FileNotFoundError
        If there is no such file.
    """
    lines = tags.in_area(_lines(path, columns), area)
    class_ = lines["class"].str.replace(r"^track_grade\d$", "track", regex=True)
    key = class_.map(_KEY_OF_CLASS)
    features = lines.assign(
        id="way/" + lines["id"],
        oneway=lines["oneway"].replace(_ONEWAY),
        **{flag: lines[flag].replace(_FLAG) for flag in ("bridge", "tunnel")},
        **{tag: class_.where(key.eq(tag)) for tag in ("highway", "railway", "waterway")},
    )
    layers = tags.layers(features, _source(path, area, class_[key.isna()]))
    if not tags.has_ways(layers):
        raise RoadsFileError(
            f"{path.name} holds no road, path or railway in the area. Classes found: "
            f"{', '.join(sorted(class_.dropna().unique())[:12]) or 'none'}. "
            "Fix: another area, or the mapping of the column that holds the class"
        )
    return layers


def _lines(path: Path, columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return the lines of every layer that has a class, with our names for the columns."""
    require_exists(path)
    found, seen = [], []
    try:
        for layer, kind in pyogrio.list_layers(path):
            fields = list(pyogrio.read_info(path, layer=layer)["fields"])
            seen += fields
            if kind and "LineString" in kind and {columns["id"], columns["class"]} <= {*fields}:
                found.append(_renamed(gpd.read_file(path, layer=layer), columns))
    except DataSourceError as error:
        raise RoadsFileError(f"{path.name} is no file that GDAL reads: {error}") from error
    if not found:
        raise RoadsFileError(
            f"{path.name} has no layer of lines with the columns {columns['id']!r} and "
            f"{columns['class']!r}; it has {', '.join(dict.fromkeys(seen)) or 'no columns'}. "
            "Fix: give the mapping of its columns"
        )
    return pd.concat(found, ignore_index=True)


def _renamed(lines: gpd.GeoDataFrame, columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    if lines.crs is None:
        raise RoadsFileError(
            "the file states no coordinate reference system. Fix: add the .prj file that "
            "belongs to a shapefile"
        )
    named = {
        name: lines[columns[name]].astype("string")
        if columns.get(name) in lines
        else pd.Series(pd.NA, index=lines.index, dtype="string")
        for name in GEOFABRIK
    }
    renamed = gpd.GeoDataFrame(named, geometry=lines.geometry.values, crs=lines.crs)
    return renamed.to_crs(WGS84).explode(ignore_index=True).replace({"": pd.NA})


def _source(path: Path, area: Polygon | MultiPolygon | None, left_out: pd.Series) -> Source:
    """Describe the file; a shapefile is hashed with the files that belong to it."""
    parts = sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix == ".shp" else [path]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    key = hashlib.sha256(digest.encode() + (area.wkb if area is not None else b"")).hexdigest()
    counts = left_out.fillna("no class").value_counts()
    return Source(
        kind="snapshot",
        id=f"{path.stem}-{key[:8]}",
        title=f"Roads file {path.name}",
        licence=tags.LICENCE,
        provenance={
            "reader": "roads_file",
            "file": path.name,
            "sha256": digest,
            "left_out": ", ".join(f"{name} {count}" for name, count in counts.items()) or "none",
        },
    )
