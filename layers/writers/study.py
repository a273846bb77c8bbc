"""The folder of a new study: every key of `study.toml`, and an example in each table."""

import csv
import json
from pathlib import Path
from typing import Final

import geopandas as gpd

from layers import atomic
from layers.schema import PLACE_KINDS, PLACES, RECORDS, Table

SETTINGS: Final = "study.toml"
PLACES_FILE: Final = "places.csv"
SIGHTINGS_FILE: Final = "sightings.csv"
BOUNDARY_FILE: Final = "boundary.geojson"

_SETTINGS: Final = """\
# A study: this file, and the files that it names, all in this folder.
# Keep the folder where only your office can read it: it holds sightings as they were reported.
# Run it:  mitrovica run FOLDER

title = {title}
{boundary}boundary = "boundary.geojson"  # a polygon; without it: as far as the ways reach
places = "places.csv"  # kinds: {kinds}
sightings = ["sightings.csv"]  # check them: mitrovica sightings check --study FOLDER

# snapshot = "ID"  # of `mitrovica snapshots`; without it the newest that covers the boundary
# network = "network.geojson"  # ways of your own: lines with layer = road, path, rail or river
# fetch_bounds = [15.8, 44.7, 16.0, 44.9]  # west, south, east, north: fetch this part only
# entry_points = "entry_points.csv"  # columns period, entry_point, persons: how many enter where
# report_tables = "report_tables"  # tables of a report, named as those in layers/data
# report_country = "Bosnia and Herzegovina"  # whose asylum seekers that report counts
# outline = "Outline of the canton"  # what the legend calls the boundary
# footnote = "One line under every map"
# credit = "Whom to credit for places and boundary"
# way_out = "town"  # id of a place of kind town; the map says when each patrol comes by it
# form_id = "sightings_canton"  # of the form for the field; by default made of the title
# check_in_min = 15  # a crew not heard of so long after its return is overdue
# overdue_call = "Whom to call then, with the number"
# run_by = "Who runs the patrols, for the stop cards"
# phone = "+383 …"  # for the stop cards; without it a line is left to write it on
# card_languages = ["ar", "sq", "sr", "en"]  # of the stop cards; fa, ps, ur, fr are drafts
# offers = ["water_food", "first_aid", "information", "registration", "charging"]  # on the cards
# card_words = "words.toml"  # corrected texts of the stop cards, as card_texts.html saves them
# A text can be a table by language instead:  title = {{en = "…", sq = "…", sr = "…"}}

[parameters.patrols]
time_zone = "Europe/Belgrade"  # of all local times
# depot = "office"  # id of a row of places.csv: where patrols start and end; none, no patrols
# vehicles = 2

# [parameters.movement]  # the model of movement runs where entries and exits are named
# entries = {{"By the bridge" = "bridge"}}  # entry_point = id of a place
# exits = {{crossing = 1.0}}  # id of a place of kind crossing = its weight
# waypoint = "town"  # a place that most are said to pass
"""

_PLACE: Final = {
    "id": "# office", "kind": "institution", "name_en": "Office of the team", "lat": 44.8169,
    "lon": 15.8708, "uncertainty_m": 20, "status": "open", "note": "an example; not read",
}  # fmt: skip
_SIGHTING: Final = {
    "id": "# S1", "kind": "sighting", "lat": 44.8172, "lon": 15.8725, "uncertainty_m": 100,
    "located_kind": "railway", "group_min": 4, "group_max": 6, "date_from": "2026-05-01",
    "date_to": "2026-05-02", "note": "an example; not read",
}  # fmt: skip


class NewStudyError(ValueError):
    """A file stands where a new study is to be written."""


def write(folder: Path, title: str, outline: gpd.GeoDataFrame | None) -> list[Path]:
    """Write the folder of a new study, and return its files.

    Only its owner may read it.  The example rows begin with ``# ``, which no reader reads.

    `outline` is the boundary, as `layers.readers.areas.resolve` gives it.  Raises `NewStudyError`
    if one of the files is there already: nothing is written.
    """
    names = [SETTINGS, PLACES_FILE, SIGHTINGS_FILE, BOUNDARY_FILE]
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise NewStudyError(
            f"{folder} holds {', '.join(there)} already, and nothing is overwritten. Fix: name "
            "another folder"
        )
    settings = _SETTINGS.format(
        title=json.dumps(title, ensure_ascii=False),
        boundary="# " if outline is None else "",
        kinds=", ".join(PLACE_KINDS),
    )
    with atomic.owner_only():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS).write_text(settings, "utf-8")
        _table(folder / PLACES_FILE, PLACES, _PLACE)
        _table(folder / SIGHTINGS_FILE, RECORDS, _SIGHTING)
        if outline is not None:
            (folder / BOUNDARY_FILE).write_text(outline.to_json(drop_id=True), "utf-8")
    return [folder / name for name in names if (folder / name).exists()]


def _table(path: Path, table: Table, example: dict[str, object]) -> None:
    """Write a table's header and its example; a spreadsheet reads UTF-8 by the mark in front."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictWriter(stream, table.names, lineterminator="\n")
        rows.writeheader()
        rows.writerow(example)
