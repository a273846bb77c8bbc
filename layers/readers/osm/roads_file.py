"""Roads, railways and waterways from any file that GDAL reads, by a mapping of its columns.

Mappings of the files of Geofabrik, QuickOSM and OSMnx stand in
``layers/data/lists/roads_files.toml``, which says what a mapping holds; a user gives one for any
other file.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError
from shapely import MultiPolygon, Polygon

from geo.records import Layers, Source
from geo.schema import DRIVABLE, WALKABLE, WATERWAYS, WGS84
from layers import shipped
from layers.complaints import UserError, require_exists
from layers.readers import config
from layers.readers.osm import tags

SUFFIXES: Final = (".shp", ".gpkg", ".zip", ".fgb")
"""Names of files that `read` takes without a mapping of the user's end in one of these."""

KNOWN: Final = shipped.toml("lists", "roads_files.toml")

_COLUMNS: Final = (
    "id",
    "class",
    "name",
    "ref",
    "oneway",
    "bridge",
    "tunnel",
    "maxspeed",
    "surface",
)
_KEY_OF_CLASS: Final = {
    **dict.fromkeys((*DRIVABLE, *WALKABLE), "highway"),
    **dict.fromkeys((*tags.IN_USE, "disused", "abandoned"), "railway"),
    **dict.fromkeys(WATERWAYS, "waterway"),
}
_KEYS: Final = {"columns", "values", "both_ways", "licence"}
_FIX: Final = (
    'Fix: give the mapping of its columns with --mapping FILE.toml, such as columns = { id = "nr", '
    'class = "type" }, values.class = { "Magjistrale" = "primary" } and licence = "whose it is"'
)


def read(
    path: Path, area: Polygon | MultiPolygon | None, mapping: Path | None = None
) -> Layers:
    """Read the lines of a file; in one of several layers, those of each layer with a class.

    Lines that intersect the area, in EPSG:4326, are kept whole; None keeps all.  ``left_out`` in
    the source's provenance counts the lines whose class is none of the study's.  Raises
    `UserError` if the file or the mapping is unreadable, no layer has lines and classes, the
    CRS is missing, or no road or path lies in the area.
    """
    given = None if mapping is None else _mapping(mapping)
    lines = tags.in_area(
        _lines(path, [given] if given else list(KNOWN.values())), area
    )
    class_ = lines["class"]
    key = class_.map(_KEY_OF_CLASS)
    repeat = lines.groupby("id").cumcount() + 1
    numbered = lines["id"].where(
        repeat == 1, lines["id"] + "-" + repeat.astype("string")
    )
    features = lines.assign(
        id="way/" + numbered,
        **{
            tag: class_.where(key.eq(tag))
            for tag in ("highway", "railway", "waterway")
        },
    )
    about = _source(path, area, class_[key.isna()], given)
    layers = tags.layers(features, about)
    if not tags.has_ways(layers):
        raise UserError(
            f"{path.name} holds no road, path or railway in the area. Classes found: "
            f"{', '.join(sorted(class_.dropna().unique())[:12]) or 'none'}. "
            "Fix: another area, another file, or with --mapping what these classes are"
        )
    return layers


def _mapping(path: Path) -> dict[str, Any]:
    """Return the mapping in a TOML file of the user's."""
    try:
        mapping = config.read(path)
    except UserError as error:
        raise UserError(f"{error}. {_FIX}") from error
    columns, values = mapping.get("columns", {}), mapping.get("values", {})
    unknown = sorted({*mapping} - _KEYS | ({*columns, *values} - {*_COLUMNS}))
    if (
        unknown
        or "class" not in columns
        or not isinstance(mapping.get("licence"), str)
    ):
        what = "lacks class or licence"
        if unknown:
            what = f"has {', '.join(unknown)}, which is not a key"
        raise UserError(f"{path} {what}. {_FIX}")
    return mapping


def _lines(path: Path, mappings: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the lines of every layer whose id and class a mapping has."""
    require_exists(path)
    lines, seen = [], []
    try:
        for layer, kind in pyogrio.list_layers(path):
            fields = list(pyogrio.read_info(path, layer=layer)["fields"])
            seen += fields
            fits = [
                mapping
                for mapping in mappings
                if _fits(mapping["columns"], fields)
            ]
            if kind and "LineString" in kind and fits:
                lines.append(
                    _with_columns(gpd.read_file(path, layer=layer), fits[0])
                )
    except DataSourceError as error:
        raise UserError(
            f"{path.name} is not a file that GDAL reads: {error}"
        ) from error
    if not lines:
        raise UserError(
            f"{path.name} has no layer of lines with columns that are known; it has "
            f"{', '.join(dict.fromkeys(seen)) or 'no columns'}. {_FIX}"
        )
    return pd.concat(lines, ignore_index=True)


def _fits(columns: Mapping[str, Any], fields: list[str]) -> bool:
    """Return whether a layer has a class, and an id where the mapping names one."""
    return all(
        _named(columns[name], fields)
        for name in ("id", "class")
        if name in columns
    )


def _named(column: str | list[str], fields: list[str]) -> list[str]:
    return [
        name
        for name in ([column] if isinstance(column, str) else column)
        if name in fields
    ]


def _with_columns(
    lines: gpd.GeoDataFrame, mapping: Mapping[str, Any]
) -> gpd.GeoDataFrame:
    """Return the lines in EPSG:4326 with `_COLUMNS` as strings, null where the file has none."""
    if lines.crs is None:
        raise UserError(
            "the file states no coordinate reference system. Fix: add the .prj file that "
            "belongs to a shapefile"
        )
    values = pd.DataFrame(
        index=lines.index, columns=list(_COLUMNS), dtype="string"
    )
    for name in _COLUMNS:
        for column in _named(
            mapping["columns"].get(name, name), list(lines.columns)
        ):
            # OSMnx writes the values of several ways that it has joined as a list.
            text = (
                lines[column]
                .astype("string")
                .str.replace(r"^\[['\"]?([^,'\"\]]*).*", r"\1", regex=True)
            )
            values[name] = values[name].fillna(text.replace({"": pd.NA}))
        meant = mapping.get("values", {}).get(name, {})
        values[name] = values[name].replace(
            {str(k): str(v) for k, v in meant.items()}
        )
    places = pd.Series(range(1, len(lines) + 1), index=lines.index).astype(
        "string"
    )
    values["id"] = values["id"].fillna(places)
    frame = gpd.GeoDataFrame(
        values, geometry=lines.geometry.values, crs=lines.crs
    )
    if mapping.get("both_ways"):
        frame = frame[~frame.geometry.normalize().to_wkb().duplicated()]
    return frame.to_crs(WGS84).explode(ignore_index=True)


def _source(
    path: Path,
    area: Polygon | MultiPolygon | None,
    left_out: pd.Series,
    given: Mapping[str, Any] | None,
) -> Source:
    """Describe the file; a shapefile is hashed with the files that belong to it."""
    parts = (
        sorted(path.parent.glob(f"{path.stem}.*"))
        if path.suffix == ".shp"
        else [path]
    )
    content = b"".join(part.read_bytes() for part in parts) + (
        repr(given).encode() if given else b""
    )
    digest = hashlib.sha256(content).hexdigest()
    counts = left_out.fillna("no class").value_counts()
    named = (
        ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
    )
    about = tags.file_source(
        path, path.stem, area, digest, reader="roads_file", left_out=named
    )
    about |= {"licence": given["licence"]} if given else {}
    return Source(title=f"Roads file {path.name}", **about)
