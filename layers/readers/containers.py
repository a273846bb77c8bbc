"""Workbooks, GeoJSON and GeoPackages as raw tables."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from io import BytesIO
from tempfile import NamedTemporaryFile
from typing import Any, Final

import openpyxl
import pyogrio
import shapely

from layers.readers.delimited import read_delimited
from layers.readers.rawtable import (
    POINT_LAT,
    POINT_LON,
    Cell,
    RawTable,
    UnreadableError,
    raw_table,
    tidy,
)
from layers.schema import WGS84

_REPEATS: Final = (
    "it holds a repeat group, one record for several groups of people, whose place and time "
    "cannot be told apart"
)
REPEAT_CURE: Final = (
    "Export the records without the repeat, or enter each group as a record of its own; the "
    "form that `mitrovica sightings form` writes does so"
)


def open_table(
    data: bytes, name: str, recognise: Callable[[list[str]], int], sheet: str | None
) -> RawTable:
    """Return the rows of a file, told by its content and not by its name.

    Parameters
    ----------
    data : bytes
        An XLSX workbook, a GeoPackage, GeoJSON, or delimited text.
    name : str
        Name of the file, used where content alone does not decide.
    recognise : callable
        How many of these headers have a meaning.
    sheet : str, optional
        Sheet of a workbook, or layer of a GeoPackage.

    Raises
    ------
    UnreadableError
        If the content is none of these, is damaged, or a sheet must be named.
    """
    if data.startswith(b"PK") and b"[Content_Types].xml" not in data:
        raise UnreadableError(
            "this is a ZIP archive or an ODS workbook",
            "Unpack the archive and give the files in it; save an ODS workbook as XLSX",
        )
    if data.startswith(b"PK"):
        return _damaged("XLSX workbook", lambda: _workbook(data, sheet))
    if data.startswith(b"SQLite format 3\x00"):
        return _damaged("GeoPackage", lambda: _geopackage(data, sheet))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("this is a workbook of the old XLS format", "Save it as XLSX")
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if is_json or name.lower().endswith("json"):
        return _damaged("GeoJSON", lambda: _geojson(data))
    return read_delimited(data, recognise)


def _damaged(what: str, read: Callable[[], RawTable]) -> RawTable:
    """Run a third party's parser; whatever it stumbles over is a fault of the file."""
    try:
        with warnings.catch_warnings():
            # openpyxl warns of drop-down lists and styles, GDAL of oddities of the container.
            # Neither touches the rows, and every row is judged.
            warnings.simplefilter("ignore")
            return read()
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(
            f"this is no {what} that can be read ({type(error).__name__})",
            "Open it in the program that made it, and save or export it again",
        ) from error


def _workbook(data: bytes, sheet: str | None) -> RawTable:
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    filled = {page.title: rows for page in book.worksheets if (rows := _filled_rows(page))}
    headers = [rows[0][1] for rows in filled.values()]
    repeats = any("_parent_index" in cells or "PARENT_KEY" in cells for cells in headers)
    (_, header), *rows = filled[_choose("sheet", list(filled), sheet, repeats)]
    return raw_table(header, rows)


def _filled_rows(page: Any) -> list[tuple[int, list[Cell]]]:
    page.reset_dimensions()  # some exporters state a wrong size, and rows beyond it would be lost
    rows = ((n, [tidy(cell) for cell in row]) for n, row in enumerate(page.values, 1))
    return [(n, cells) for n, cells in rows if any(cell is not None for cell in cells)]


def _choose(what: str, found: list[str], asked: str | None, repeats: bool = False) -> str:
    """Return the one sheet or layer to read; which of several is for the user to say."""
    if repeats:
        raise UnreadableError(_REPEATS, REPEAT_CURE)
    if not found:
        raise UnreadableError("there is nothing in it", "Check that this is the file you mean")
    if asked is not None and asked not in found:
        raise UnreadableError(
            f"it has no {what} {asked!r}", f"Name one of: {', '.join(map(repr, found))}"
        )
    if asked is None and len(found) > 1:
        raise UnreadableError(
            f"it has {len(found)} {what}s with content: {', '.join(map(repr, found))}",
            "Say with --sheet which one holds the sightings",
        )
    return asked or found[0]


def _geopackage(data: bytes, layer: str | None) -> RawTable:
    with NamedTemporaryFile(suffix=".gpkg") as copy:  # GDAL warns of any other ending
        copy.write(data)
        copy.flush()
        names = [str(n) for n, _ in pyogrio.list_layers(copy.name) if n != "layer_styles"]
        frame = pyogrio.read_dataframe(copy.name, layer=_choose("layer", names, layer))
    points: list[Any] = [None] * len(frame)
    if "geometry" in frame:
        if frame.crs is None:
            raise UnreadableError("its layer has no CRS", "Set the layer's CRS and save it again")
        points = list(frame.geometry.to_crs(WGS84))
    fields = frame.drop(columns="geometry", errors="ignore").astype(object)
    return _features(fields.where(fields.notna(), None).to_dict("records"), points)


def _geojson(data: bytes) -> RawTable:
    content = json.loads(data.decode("utf-8-sig"))
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise UnreadableError(
            "this is JSON, but no GeoJSON FeatureCollection",
            "Export the sightings as GeoJSON points in WGS 84",
        )
    if "crs" in content and "CRS84" not in json.dumps(content["crs"]):
        raise UnreadableError(
            "it names a CRS of its own, and GeoJSON knows only WGS 84 (RFC 7946)",
            "Export it in longitude and latitude, WGS 84",
        )
    properties = [f.get("properties") or {} for f in features]
    return _features(
        [
            {"id": f["id"], **p} if "id" in f else p
            for f, p in zip(features, properties, strict=True)
        ],
        [_point(f.get("geometry")) for f in features],
    )


def _point(geometry: Any) -> shapely.Point | None:
    """Return a GeoJSON point, or an empty one where the geometry is something else."""
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return shapely.Point()
    lon, lat = geometry["coordinates"][:2]
    return shapely.Point(float(lon), float(lat))


def _features(records: list[dict[Any, Any]], points: list[Any]) -> RawTable:
    header = list(dict.fromkeys(str(name) for record in records for name in record))
    has_points = any(point is not None for point in points)
    rows = []
    for number, (record, point) in enumerate(zip(records, points, strict=True), 1):
        named = {str(name): value for name, value in record.items()}
        cells = [tidy(named.get(name)) for name in header]
        rows.append((number, cells + _lat_lon(point) if has_points else cells))
    return raw_table([*header, POINT_LAT, POINT_LON] if has_points else header, rows)


def _lat_lon(point: Any) -> list[Cell]:
    if point is None:
        return [None, None]
    if point.geom_type != "Point" or point.is_empty:
        return ["not a point", "not a point"]
    return [tidy(point.y), tidy(point.x)]
