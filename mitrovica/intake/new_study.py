"""The folder of a new study: every key of `study.toml`, and an example in each table."""

import csv
import json
from pathlib import Path
from string import Template
from typing import Final

import geopandas as gpd

from geo.schema import PLACE_KINDS, PLACES, RECORDS, Table
from layers import package_data
from layers.complaints import UserError
from layers.files import atomic

SETTINGS: Final = "study.toml"
PLACES_FILE: Final = "places.csv"
SIGHTINGS_FILE: Final = "sightings.csv"
BOUNDARY_FILE: Final = "boundary.geojson"

_EXAMPLES: Final = package_data.toml("templates", "examples.toml")
"""A row for each table, which no reader reads."""


def write(folder: Path, title: str, outline: gpd.GeoDataFrame | None) -> list[Path]:
    """Write the folder of a new study, and return its files.

    Only its owner may read it.  No reader reads the example rows: they begin with ``#``.

    `outline` is the boundary, as `layers.readers.areas.area_of` gives it.  Raises `UserError`
    if one of the files is there already: nothing is written.
    """
    names = [SETTINGS, PLACES_FILE, SIGHTINGS_FILE, BOUNDARY_FILE]
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise UserError(
            f"{folder} holds {', '.join(there)} already, and nothing is overwritten. Fix: name "
            "another folder"
        )
    settings = Template(package_data.text("templates", "new_study.txt")).substitute(
        title=json.dumps(title, ensure_ascii=False),
        boundary="# " if outline is None else "",
        kinds=", ".join(PLACE_KINDS),
    )
    with atomic.owner_only(), atomic.aside(folder / SETTINGS) as aside:
        aside.mkdir()
        (aside / SETTINGS).write_text(settings, "utf-8")
        _table(aside / PLACES_FILE, PLACES, _EXAMPLES["places"])
        _table(aside / SIGHTINGS_FILE, RECORDS, _EXAMPLES["sightings"])
        if outline is not None:
            (aside / BOUNDARY_FILE).write_text(outline.to_json(drop_id=True), "utf-8")
        atomic.sync(aside)
        atomic.put({file: folder / file.name for file in aside.iterdir()})
    return [folder / name for name in names if (folder / name).exists()]


def _table(path: Path, table: Table, example: dict[str, object]) -> None:
    """Write a table's header and its example; a spreadsheet reads UTF-8 by the mark in front."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictWriter(stream, table.names, lineterminator="\n")
        rows.writeheader()
        rows.writerow(example)
