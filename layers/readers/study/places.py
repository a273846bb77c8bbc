"""The named places of a study, from a table that a planner keeps in a spreadsheet."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.faults import Fault, UnreadableError
from layers.readers.sightings.rowchecks import missing
from layers.readers.sightings.rows import Reader, of_the_table
from layers.readers.sightings.values import Conventions, decimal_mark
from layers.schema import PLACES, WGS84

REQUIRED: Final = tuple(column.name for column in PLACES.columns if column.required)
NAMES: Final = ("name_en", "name_sq", "name_sr_cyrl", "name_sr_latn")

_ID: Final = re.compile(r"\w[\w.-]{0,63}")


class PlacesError(ValueError):
    """A table of places cannot be used; each line of the message is a fault."""


def read(path: Path) -> gpd.GeoDataFrame:
    """Return the places of a file, table `PLACES`, in EPSG:4326.

    CSV or XLSX, as for sightings, with the columns `REQUIRED` and any others of `PLACES`.  A place
    without an English name is called by another name, or by its id.  Raises `PlacesError` with
    every fault: its row, the column, what was found and how to mend it.
    """
    try:
        table = open_table(content_of(path), path.name, _recognised, None)
    except UnreadableError as error:
        raise PlacesError(f"{path}: {error}") from error
    at = {header.strip().casefold(): k for k, header in enumerate(table.header)}
    absent = [name for name in REQUIRED if name not in at]
    if absent:
        raise PlacesError(
            f"{path} has no column {', '.join(absent)}; it has {', '.join(table.header)}. "
            f"Fix: add the column; the first line names the columns"
        )
    columns = {c: table.columns[at[c.name]] for c in PLACES.columns if c.name in at}
    mark = decimal_mark((cells, c) for c, cells in columns.items() if c.dtype == "float64")
    reader = Reader(table, Conventions(mark))
    for column in columns:
        reader.take(column, reader.cells(at[column.name]))
    values = pd.DataFrame(reader.values, index=reader.index)
    faults = [
        *of_the_table(table),
        *reader.faults,
        *missing(values, reader.faulty, PLACES),
        *_ids(values["id"].dropna()),
    ]
    if faults:
        named = (replace(f, file=path.name) for f in sorted(faults, key=lambda fault: fault.row))
        raise PlacesError("\n".join(map(str, named)))
    names = values.reindex(columns=list(NAMES)).bfill(axis=1)["name_en"]
    values["name_en"] = names.fillna(values["id"])
    points = gpd.points_from_xy(values["lon"], values["lat"], crs=WGS84)
    return PLACES.geoframe(gpd.GeoDataFrame(values.reset_index(drop=True), geometry=points))


def _recognised(headers: list[str]) -> int:
    return sum(header.strip('"\ufeff ').casefold() in PLACES.names for header in headers)


def _ids(ids: pd.Series) -> Iterator[Fault]:
    """Yield the ids that stand twice, or cannot name a file or a parameter."""
    seen: dict[str, int] = {}
    for row, one in zip(ids.index.tolist(), ids.tolist(), strict=True):
        if not _ID.fullmatch(one):
            yield Fault(row, "id", one, "this is no id", "use letters, digits and _ only")
        elif one in seen:
            yield Fault(row, "id", one, f"row {seen[one]} has this id already",
                        "give each place its own id")  # fmt: skip
        seen.setdefault(one, row)
