"""Files of any format as raw tables: text, GeoJSON, GeoPackage, GeoParquet, servers' answers."""

import codecs
import csv
import io
import json
import re
import sqlite3
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from statistics import median_low, mode
from tempfile import NamedTemporaryFile
from typing import Any, Final, TypeGuard

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyarrow import parquet

from geo.schema import WGS84
from layers import package_data
from layers.complaints import NO_FILE, require_exists
from layers.readers.sightings import tables
from layers.readers.sightings.heading import Heading
from layers.readers.sightings.parsing import EDGES, Cell, UnreadableError, tidy
from layers.readers.sightings.workbooks import OLD, read_workbook

MOST_BYTES: Final = 512_000_000
"""Size of a file that is read."""

SERVERS: Final = package_data.toml("lists", "form_servers.toml")
"""What the servers add to every export, and in which form they answer."""

_GEOPACKAGE: Final = b"SQLite format 3\x00"
_GEOPARQUET: Final = b"PAR1"
"""How these files begin."""

_WORKBOOKS: Final = (OLD, b"[Content_Types].xml", b"opendocument.spreadsheet")
"""What stands in a workbook, in XLS, XLSX and ODS."""

_VIEWS: Final = "SELECT name FROM sqlite_master WHERE type = 'view'"

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LOOKED_AT: Final = 20
"""Lines by which the separator of a text is told."""
_STATED: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
"""First line of a text that says its separator, as Excel writes it."""
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
"""What parts the columns of text."""

_NO_POINT: Final = "not a point"


def content_of(path: Path) -> bytes:
    """Return the bytes of a regular file of at most `MOST_BYTES`; refuse all else unread."""
    require_exists(path)
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise UnreadableError(*NO_FILE)
    if about.st_size > MOST_BYTES:
        raise UnreadableError(
            f"it has {about.st_size:,} bytes, and at most {MOST_BYTES:,} are read",
            "cut it into several files",
        )
    return path.read_bytes()


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
    if data.startswith((b"PK", OLD)):
        if not any(mark in data for mark in _WORKBOOKS):
            raise UnreadableError(
                "this is a ZIP archive, and no workbook",
                "unpack the archive and give the files in it",
            )
        return read_workbook(data, sheet, heading)
    if data.startswith(_GEOPACKAGE):
        return _damaged("GeoPackage", lambda: _geopackage(data, sheet))
    if data.startswith(_GEOPARQUET):
        return _damaged("GeoParquet", lambda: _geoparquet(data))
    if _is_json(data, name):
        return _damaged("GeoJSON", lambda: _geojson(data))
    return _delimited(data, heading or Heading())


def is_layer(data: bytes, name: str) -> bool:
    """Return whether a file holds a layer or JSON, not a table, by its content or name."""
    return data.startswith((_GEOPACKAGE, _GEOPARQUET)) or _is_json(data, name)


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


def are_records(items: Any) -> TypeGuard[list[dict[Any, Any]]]:
    """Return whether a value of JSON is a list of objects."""
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


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


def _delimited(data: bytes, heading: Heading) -> tables.FileTable:
    """Return the rows of comma, semicolon or tab separated text.  Raises `UnreadableError`.

    The text is UTF-8, UTF-16 with a byte order mark, or Windows-1250.
    """
    text, encoding = _decoded(data)
    lines = io.StringIO(text, newline=None)
    first = [*islice((line for line in lines if line.strip()), LOOKED_AT)]
    for mark in _SEPARATORS:
        tables.check_size(
            columns="".join(first[:1]).count(mark) + 1, cells=text.count(mark)
        )
    notes = []
    if encoding == "cp1250":
        notes.append("not UTF-8, so read as Windows-1250")
    rows, note = _cut(text, first)
    headed = heading.of(tables.filled(rows))
    body = headed.rows
    if _above(first) is not None:
        body = _cut_again(body, len(headed.names))
    return tables.build_table(headed.names, body, (*notes, *note, *headed.notes))


def _cut(text: str, first: list[str]) -> tuple[Iterator[tables.Row], tuple[str, ...]]:
    """Return the rows of a text, and what was decided by a rule.

    A spreadsheet whose country has the semicolon leaves a header of commas in one cell, and
    writes semicolons between the cells that were filled in under it.
    """
    if stated := _STATED.match(text):
        rest = text[stated.end() :]
        return _rows(rest, stated[1], 2), (_separated(stated[1]),)
    separator, above = _separator(first), _above(first)
    if above is None or above == separator:
        said = () if separator == "," else (_separated(separator),)
        return _rows(text, separator), said
    head, _, rest = text.partition("\n")
    header = _rows(head.rstrip(f"\r{separator} "), above)
    note = (
        f"the header is separated by {_SEPARATORS[above]}, the rows by "
        f"{_SEPARATORS[separator]}"
    )
    return chain(header, _rows(rest, separator, 2)), (note,)


def _separated(separator: str) -> str:
    return f"columns separated by {_SEPARATORS[separator]}"


def _count(line: str, mark: str) -> int:
    """Return how often a mark stands in a line, outside quotation marks."""
    return re.sub(r'"[^"]*"', "", line).count(mark)


def _above(lines: list[str]) -> str | None:
    """Return the mark of a header most of whose rows have another one; None where it has not."""
    if len(lines) < 2:
        return None
    header = lines[0].rstrip("\r\n; ")
    for mark, other in ((",", ";"), (";", ","), (",", "\t")):
        cuts = _count(header, mark)
        below = [_count(line, other) for line in lines[1:]]
        is_other = cuts > 1 and not _count(header, other)
        if is_other and 2 * below.count(cuts) > len(below):
            return mark
    return None


def _separator(lines: list[str]) -> str:
    """Return the mark that stands most often both in the header and in most rows.

    So neither commas of decimals, nor those of the words of a header, cut a semicolon file.  Where
    the first line is a title, or has another mark, it is the mark that most lines have alike.
    """

    def often(mark: str) -> tuple[int, int]:
        header, *rows = [_count(line, mark) for line in lines] or [0]
        return min(header, median_low(rows or [header])), header

    def alike(mark: str) -> tuple[int, int]:
        counts = [_count(line, mark) for line in lines[1:]]
        usual = mode([count for count in counts if count] or [0])
        return (counts.count(usual) if usual else 0), usual

    is_apart = _above(lines) is not None
    best = max(_SEPARATORS, key=often)
    if often(best)[0] and not is_apart:
        return best
    return max(_SEPARATORS, key=lambda mark: (*alike(mark), often(mark)))


def _cut_again(rows: Iterator[tables.Row], width: int) -> Iterator[tables.Row]:
    """Yield rows; one that stands in its first cell as text with commas is cut there."""
    for number, cells in rows:
        alone = cells[0] if cells.count(None) == len(cells) - 1 else None
        if width > 2 and isinstance(alone, str) and alone.count(",") >= width - 1:
            _, parts = next(_rows(alone, ","))
            yield number, parts if len(parts) == width else cells
        else:
            yield number, cells


def _rows(text: str, separator: str, first: int = 1) -> Iterator[tables.Row]:
    """Yield each row with its number: a row counts once, also where a cell holds line breaks."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, first):
            yield number, [cell.strip().strip(EDGES) or None for cell in cells]
    except csv.Error as error:
        raise UnreadableError(
            f"line {reader.line_num} cannot be cut into cells",
            "look there, and above it, for a quotation mark that is opened and not closed",
        ) from error


def _decoded(data: bytes) -> tuple[str, str]:
    """Return all of it as text, and the encoding."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1250"]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            refused = error
    byte = refused.start + 1
    problem = f"this is not text: byte {byte} fits neither UTF-8 nor Windows-1250"
    if marked:
        problem = f"this is no {marked} text, though it begins with its mark: {refused.reason}"
    raise UnreadableError(problem, "save the file again as CSV UTF-8") from refused
