"""Files of any format as raw tables: text, GeoJSON, GeoPackage, GeoParquet, servers' answers."""

import json
import sqlite3
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from tempfile import NamedTemporaryFile
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyarrow import parquet

from geo.schema import WGS84
from layers.readers.study.files import are_records
from layers.readers.tabular import tables
from layers.readers.tabular.parsing import Cell, UnreadableError, tidy
from layers.readers.tabular.text import read_text
from layers.readers.tabular.workbooks import read_workbook
from maps.page.escaping import asset
from mitrovica.intake.heading import Heading

SERVERS: Final = tomllib.loads(asset("form_servers.toml", "mitrovica"))
"""What the servers add to every export, and in which form they answer."""

_GEOPACKAGE: Final = b"SQLite format 3\x00"
_GEOPARQUET: Final = b"PAR1"
"""How these files begin."""

_MARKS: Final = (
    tables.WORKBOOKS[1],
    b"[Content_Types].xml",
    b"opendocument.spreadsheet",
)
"""What stands in a workbook, in XLS, XLSX and ODS."""

_VIEWS: Final = "SELECT name FROM sqlite_master WHERE type = 'view'"

_NO_POINT: Final = "not a point"


def open_table(
    data: bytes, name: str, sheet: str | None = None, heading: Heading | None = None
) -> tables.FileTable:
    """Return the table in a file, by its content: workbook, GeoPackage, GeoParquet, JSON or text.

    Parameters
    ----------
    data
        Content of the file.
    name
        Its name, used where the content does not decide.
    sheet
        The sheet or layer to read; None where there is one.
    heading
        How the row is found that names the columns of a workbook or of text.

    Raises
    ------
    UnreadableError
        If the content is none of these, is damaged, or a sheet or layer must be named.
    """
    how = (heading or Heading()).of
    if data.startswith(tables.WORKBOOKS):
        if not any(mark in data for mark in _MARKS):
            raise UnreadableError(
                "this is a ZIP archive, and no workbook",
                "unpack the archive and give the files in it",
            )
        return read_workbook(data, sheet, how)
    if data.startswith(_GEOPACKAGE):
        return _damaged("GeoPackage", lambda: _geopackage(data, sheet))
    if data.startswith(_GEOPARQUET):
        return _damaged("GeoParquet", lambda: _geoparquet(data))
    if _is_json(data, name):
        return _damaged("GeoJSON", lambda: _geojson(data))
    return read_text(data, how)


def _is_json(data: bytes, name: str) -> bool:
    first = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return first in (b"{", b"[") or name.lower().endswith("json")


def _damaged(what: str, read: Callable[[], tables.FileTable]) -> tables.FileTable:
    """Run another library's parser; every error that it raises is a fault of the file."""
    try:
        with warnings.catch_warnings():
            # GDAL warns of oddities of the container, which touch no row; every row is judged.
            warnings.simplefilter("ignore")
            return read()
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(
            f"this is no {what} that can be read ({type(error).__name__})",
            "open it in the program that made it, and save or export it again",
        ) from error


def _geopackage(data: bytes, layer: str | None) -> tables.FileTable:
    with NamedTemporaryFile(suffix=".gpkg") as copy:  # GDAL warns of any other ending
        copy.write(data)
        copy.flush()
        names = [
            str(n) for n, _ in pyogrio.list_layers(copy.name) if n != "layer_styles"
        ]
        chosen = tables.choose("layer", names, layer)
        _refuse_view(copy.name, chosen)
        with pyogrio.open_arrow(
            copy.name, layer=chosen, batch_size=tables.BATCH, use_pyarrow=True
        ) as (about, batches):
            shape = about["geometry_type"] and (
                about["geometry_name"] or "wkb_geometry"
            )
            return _batches(batches, list(about["fields"]), shape, about["crs"])


def _geoparquet(data: bytes) -> tables.FileTable:
    """Return the rows of a GeoParquet, or of a Parquet without geometry, in their order."""
    file = parquet.ParquetFile(pa.BufferReader(data))
    about = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    shape = about.get("primary_column")
    shapes = about["columns"][shape] if shape else {}
    covering = shapes.get("covering", {}).get("bbox", {}).values()
    unread = {shape, *(column for column, _ in covering)}
    names = [name for name in file.schema_arrow.names if name not in unread]
    return _batches(
        file.iter_batches(tables.BATCH), names, shape, shapes.get("crs", WGS84)
    )


def _batches(
    batches: Iterable[pa.RecordBatch], names: list[str], shape: str | None, crs: Any
) -> tables.FileTable:
    """Return the rows of Arrow batches; `shape` is the column of their geometries as WKB."""

    def rows() -> Iterator[Sequence[Cell]]:
        for batch in batches:
            columns = [list(map(tidy, batch[name].to_pylist())) for name in names]
            if shape:
                wkb = batch[shape].to_numpy(zero_copy_only=False)
                columns += _positions(gpd.GeoSeries.from_wkb(wkb, crs=crs))
            yield from zip(*columns, strict=True)

    header = [*names, tables.POINT_LAT, tables.POINT_LON] if shape else names
    return tables.build_table(header, enumerate(rows(), 1))


def _positions(shapes: gpd.GeoSeries) -> list[list[Cell]]:
    """Return the latitudes and longitudes, a text where a geometry is not one point."""
    if shapes.crs is None:
        raise UnreadableError(
            "its layer has no CRS", "set the layer's CRS and save it again"
        )
    points = shapes.to_crs(WGS84).to_numpy()
    lat, lon = shapely.get_y(points), shapely.get_x(points)
    is_point = np.isfinite(lat + lon)
    otherwise = np.where(
        shapes.isna(), np.array(None), np.array(_NO_POINT, dtype=object)
    )
    return [np.where(is_point, axis, otherwise).tolist() for axis in (lat, lon)]


def _refuse_view(path: str, layer: str) -> None:
    """Refuse a layer that is a query: it can have any number of rows, whatever the file's size."""
    with closing(sqlite3.connect(path)) as database:
        views = [name for (name,) in database.execute(_VIEWS)]
    if layer.casefold() in (name.casefold() for name in views):
        raise UnreadableError(
            f"its layer {layer!r} is a view, not a table",
            "export it to a file of its own",
        )


def _geojson(data: bytes) -> tables.FileTable:
    content = json.loads(data.decode("utf-8-sig"))
    if isinstance(content, dict) and isinstance(content.get("data"), dict):
        content = content["data"]
    listed = content if isinstance(content, dict) else {}
    for name, count, following in SERVERS["answers"]:
        records = listed.get(name)
        if are_records(records):
            return _submissions(records, listed.get(count), listed.get(following))
    features = listed.get("features")
    if not are_records(features):
        raise UnreadableError(
            "this is JSON, but no GeoJSON FeatureCollection",
            "export the sightings as GeoJSON points in WGS 84",
        )
    if "crs" in content and "CRS84" not in json.dumps(content["crs"]):
        raise UnreadableError(
            "it names a CRS of its own, and GeoJSON knows only WGS 84 (RFC 7946)",
            "export it in longitude and latitude, WGS 84",
        )
    records = []
    for feature in features:
        properties = feature.get("properties")
        record = {"id": feature["id"]} if "id" in feature else {}
        if isinstance(properties, dict):
            record |= properties
        records.append(_answers(record) | _position(feature.get("geometry")))
    return _features(records)


def _submissions(
    records: list[dict[Any, Any]], count: Any, more: Any
) -> tables.FileTable:
    """Return what a server's address of submissions or events answers, see `SERVERS`."""
    table = _features([_answers(record) for record in records])
    if not more and count in (None, len(records)):
        return table
    in_all = "more" if count is None else count
    page = f"this is a page of {len(records)} of {in_all} submissions"
    return replace(table, notes=(*table.notes, f"{page}; save the others as well"))


def _answers(record: dict[Any, Any]) -> dict[str, Any]:
    """Return the answers of a record, those of groups by their full names, a point in its parts.

    Of an event of EarthRanger only what its form asks for is taken, with its id, place and time.
    """
    events = SERVERS["events"]
    if set(events["mark"]) <= record.keys():
        taken = events["taken"].items()
        record = {ours: record[name] for name, ours in taken if name in record}
    return dict(_named(record))


def _named(record: dict[Any, Any], groups: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        full = f"{groups}{name}"
        match value:
            case {"type": "Point", "coordinates": [lon, lat, *_]}:
                properties = value.get("properties") or {}
                yield from ((f"{full}-Latitude", lat), (f"{full}-Longitude", lon))
                yield f"{full}-Accuracy", properties.get("accuracy")
            case {"latitude": lat, "longitude": lon}:
                yield from ((f"{full}-Latitude", lat), (f"{full}-Longitude", lon))
            case dict() if str(name).casefold() not in SERVERS["columns"]:
                yield from _named(value, f"{full}/")
            case _:
                yield full, value


def _position(geometry: Any) -> dict[str, Cell]:
    """Return latitude and longitude of a GeoJSON geometry, or a text where it is not one point."""
    lat: Cell = _NO_POINT
    lon: Cell = _NO_POINT
    match geometry:
        case None:
            return {}
        case {
            "type": "Point",
            "coordinates": [int() | float() as x, int() | float() as y, *_],
        }:
            lat, lon = tidy(y), tidy(x)
            if not (isinstance(lat, float) and isinstance(lon, float)):
                lat, lon = _NO_POINT, _NO_POINT
    return {tables.POINT_LAT: lat, tables.POINT_LON: lon}


def _features(records: list[dict[str, Any]]) -> tables.FileTable:
    header = list(dict.fromkeys(chain.from_iterable(records)))
    rows = [[tidy(record.get(name)) for name in header] for record in records]
    return tables.build_table(header, enumerate(rows, 1))
