"""Sightings as a tidy table: the columns of `RECORDS`, a row each; what is not tidy is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.schema import RECORDS, WGS84
from layers.readers.tabular.parsing import Fault, by_row, faults_of, printable
from layers.readers.tabular.rows import outside
from layers.readers.tabular.table_file import read_table, require_none

_PAIRS: Final = (("group_min", "group_max"), ("age_min", "age_max"))


def read(
    *files: Path, region: BaseGeometry | None = None, zone: str = "UTC"
) -> gpd.GeoDataFrame:
    """Return the sightings of files, table `RECORDS`, in EPSG:4326.

    Parameters
    ----------
    *files
        CSV or XLSX with the required columns of `RECORDS`, and any others of them.  Ids are
        unique, and relations known, over all files together.
    region
        Where sightings may lie, EPSG:4326; by default anywhere.
    zone
        Time zone of the study: times that state an offset become local.

    Raises
    ------
    UserError
        With every fault of a file: its row, the column and how to mend it.  No cell is shown: it
        may describe people.

    Examples
    --------
    >>> from layers import package_data
    >>> read(package_data.STUDY / "sightings.csv")["kind"].value_counts().to_dict()
    {'sighting': 5, 'interview': 2}
    """

    def alone(values: pd.DataFrame) -> Iterator[Fault]:
        yield from outside(values[["lat", "lon"]].dropna(), region)
        yield from compared(values)

    rows = {
        name: read_table(path, RECORDS, alone, zone=zone)
        for name, path in zip(names_of(files), files, strict=True)
    }
    values = pd.concat(rows or {"": RECORDS.frame()}, names=["file", "row"])
    values = values.reindex(columns=RECORDS.names)
    require_none([replace(fault, value=None) for fault in of_ids(values)])
    frame = RECORDS.frame(values.reset_index(drop=True))
    points = gpd.points_from_xy(frame["lon"], frame["lat"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=WGS84)


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return the files' names; those of one name are numbered in their order.

    >>> names_of([Path("a.csv"), Path("more/a.csv")])
    ['a.csv (1)', 'a.csv (2)']
    """
    names = [printable(path.name) for path in paths]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def compared(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield what is wrong with the values of a row beside each other."""
    # Of a column that the file has not each value is null.
    pairs = values.reindex(columns=RECORDS.names)
    for low, high in _PAIRS:
        yield from _reversed(pairs[low], pairs[high])
    dates = pairs[["date_from", "date_to"]].astype("datetime64[us]")
    yield from _ends_before(dates["date_from"], dates["date_to"])


def _reversed(low: pd.Series, high: pd.Series) -> list[Fault]:
    pairs = pd.DataFrame({"low": low, "high": high})[low > high]
    both = [f"{pair.low:.0f}, {pair.high:.0f}" for pair in pairs.itertuples()]
    return faults_of(
        pd.Series(both, pairs.index, dtype=object),
        f"{low.name}, {high.name}",
        f"{low.name} is above {high.name}",
        "exchange them, or correct one",
    )


def _ends_before(start: pd.Series, end: pd.Series) -> list[Fault]:
    """Return the rows that end before they begin, by the hour where both have one."""
    first, last = start.dt.normalize(), end.dt.normalize()
    is_timed = (start != first) & (end != last)
    both = start.dt.strftime("%Y-%m-%d") + ", " + end.dt.strftime("%Y-%m-%d")
    return faults_of(
        both[(last < first) | (is_timed & (end < start))],
        "date_from, date_to",
        "the end is before the start",
        "exchange them, or correct one",
    )


def of_ids(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield what is wrong with rows beside all others: ids used twice, unknown relations."""
    ids, relations = values["id"].dropna(), values["relates_to"].dropna()
    is_repeated = ids.duplicated()
    repeats = ids[is_repeated]
    first = ids[~is_repeated & ids.isin(repeats)]
    place_of = dict(zip(first, first.index, strict=True))
    for (file, row), value in by_row(repeats):
        earlier_file, earlier = place_of[value]
        problem = f"this id is used already ({earlier_file}, row {earlier})"
        yield Fault(row, "id", value, problem, "give each row its own id", file)
    to_itself = relations[ids.reindex(relations.index) == relations]
    for (file, row), value in by_row(to_itself):
        problem = "the row relates to itself"
        yield Fault(row, "relates_to", value, problem, "name another", file)
    for (file, row), value in by_row(relations[~relations.isin(ids)]):
        problem, fix = "no row has this id", "correct it or leave it empty"
        yield Fault(row, "relates_to", value, problem, fix, file)
