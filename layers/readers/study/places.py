"""The named places of a study, from a table that a planner keeps in a spreadsheet."""

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from layers.readers.sightings.cells import Fault
from layers.readers.sightings.plain import read_table
from layers.schema import PLACES, WGS84

REQUIRED: Final = tuple(column.name for column in PLACES.columns if column.required)
NAMES: Final = ("name_en", "name_sq", "name_sr_cyrl", "name_sr_latn")

_ID: Final = re.compile(r"\w[\w.-]{0,63}")


def read(path: Path) -> gpd.GeoDataFrame:
    """Return the places of a file, table `PLACES`, in EPSG:4326.

    CSV or XLSX, as for sightings, with the columns `REQUIRED` and any others of `PLACES`.  A place
    without an English name is called by another name, or by its id.  Raises `UserError` with
    every fault: its row, the column, what was found and how to mend it.
    """
    values = read_table(path, PLACES, _ids).reset_index(drop=True)
    names = values.reindex(columns=list(NAMES)).bfill(axis=1)["name_en"]
    values["name_en"] = names.fillna(values["id"])
    points = gpd.points_from_xy(values["lon"], values["lat"], crs=WGS84)
    return PLACES.geoframe(gpd.GeoDataFrame(values, geometry=points))


def of_places(known: Collection[str]) -> Callable[[pd.DataFrame], Iterator[Fault]]:
    """Return a check that each ``place`` is one of the study, and each ``month`` a month."""

    def check(values: pd.DataFrame) -> Iterator[Fault]:
        for row, value in values["place"].dropna().items():
            if value not in known:
                yield Fault(int(str(row)), "place", value, "the study has no such place",
                            "name the id of a row of its places")  # fmt: skip
        for row, value in values.get("month", pd.Series(dtype="string")).dropna().items():
            if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
                yield Fault(int(str(row)), "month", value, "this is not a month", "write YYYY-MM")

    return check


def _ids(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield the ids that stand twice, or cannot name a file or a parameter."""
    ids, seen = values["id"].dropna(), dict[str, int]()
    for row, one in zip(ids.index.tolist(), ids.tolist(), strict=True):
        if not _ID.fullmatch(one):
            yield Fault(row, "id", one, "this is not an id", "use letters, digits and _ only")
        elif one in seen:
            yield Fault(row, "id", one, f"row {seen[one]} has this id already",
                        "give each place its own id")  # fmt: skip
        seen.setdefault(one, row)
