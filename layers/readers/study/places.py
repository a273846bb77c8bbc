"""The named places of a study, from a table that a planner keeps in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from layers.readers.sightings.cells import Cell
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.faults import Fault, RefusedError, UnreadableError
from layers.readers.sightings.tables import FileTable
from layers.readers.sightings.values import Conventions, decimal_mark, number, word
from layers.schema import PLACES, WGS84, Column

REQUIRED: Final = ("id", "kind", "lat", "lon")
NAMES: Final = ("name_en", "name_sq", "name_sr_cyrl", "name_sr_latn")

_ID: Final = re.compile(r"\w[\w.-]{0,63}")
_NUMBERS: Final = ("lat", "lon", "uncertainty_m")


class PlacesError(ValueError):
    """A table of places cannot be used; each line of the message is a fault."""


def read(path: Path) -> gpd.GeoDataFrame:
    """Return the places of a file, table `PLACES`, in EPSG:4326.

    Parameters
    ----------
    path : pathlib.Path
        CSV or XLSX, as for sightings, with the columns `REQUIRED` and any others of `PLACES`.
        A place without an English name is called by another name, or by its id.

    Raises
    ------
    PlacesError
        Holds every fault: its row, the column, what was found and how to mend it.
    """
    try:
        table = open_table(content_of(path), path.name, _recognised, None)
    except UnreadableError as error:
        raise PlacesError(f"{path}: {error}") from error
    at = {header.strip().casefold(): k for k, header in enumerate(table.header)}
    missing = [name for name in REQUIRED if name not in at]
    if missing:
        raise PlacesError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(table.header)}. "
            f"Fix: add the column; the first line names the columns"
        )
    columns = {c.name: table.columns[at[c.name]] for c in PLACES.columns if c.name in at}
    mark = decimal_mark((columns[n], PLACES[n]) for n in _NUMBERS if n in columns)
    values, faults = _values(table, columns, Conventions(mark))
    if faults:
        raise PlacesError("\n".join(str(replace(f, file=path.name)) for f in faults))
    names = values.reindex(columns=list(NAMES)).bfill(axis=1)["name_en"]
    values["name_en"] = names.fillna(values["id"])
    points = gpd.points_from_xy(values["lon"].astype(float), values["lat"].astype(float), crs=WGS84)
    return PLACES.geoframe(gpd.GeoDataFrame(values, geometry=points))


def none() -> gpd.GeoDataFrame:
    """Return the table without a place."""
    return PLACES.geoframe()


def _recognised(headers: list[str]) -> int:
    return sum(header.strip('"\ufeff ').casefold() in PLACES.names for header in headers)


def _values(
    table: FileTable, columns: dict[str, pd.Series], conventions: Conventions
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the values of the columns, and the faults in the order of the rows."""
    faults = [
        Fault(int(table.numbers[k]), "", None, f"the row has {n} cells, the header "
              f"{len(table.header)}", "put text that holds a separator in quotation marks")
        for k, n in table.cut.items()
    ]  # fmt: skip
    read: dict[str, list[object]] = {name: [] for name in columns}
    for name, cells in columns.items():
        for row, cell in zip(table.numbers.tolist(), cells.tolist(), strict=True):
            value, fault = _value(row, None if pd.isna(cell) else cell, PLACES[name], conventions)
            read[name].append(value)
            faults += [fault] if fault else []
    faults += _ids(table.numbers.tolist(), read["id"])
    return pd.DataFrame(read), sorted(faults, key=lambda fault: fault.row)


def _value(
    row: int, cell: Cell, column: Column, conventions: Conventions
) -> tuple[object, Fault | None]:
    if cell is None:
        if column.name not in REQUIRED:
            return None, None
        return None, Fault(row, column.name, None, "the cell is empty", f"enter the {column.name}")
    try:
        if column.dtype == "float64":
            return number(cell, column, conventions), None
        return word(cell, column), None
    except RefusedError as error:
        return None, Fault(row, column.name, cell, error.problem, error.fix)


def _ids(rows: list[int], ids: list[object]) -> Iterator[Fault]:
    """Yield the ids that stand twice, or cannot name a file or a parameter."""
    seen: dict[object, int] = {}
    for row, one in zip(rows, ids, strict=True):
        if one is None:
            continue
        if not _ID.fullmatch(str(one)):
            yield Fault(row, "id", str(one), "this is no id", "use letters, digits and _ only")
        elif one in seen:
            yield Fault(row, "id", str(one), f"row {seen[one]} has this id already",
                        "give each place its own id")  # fmt: skip
        seen.setdefault(one, row)
