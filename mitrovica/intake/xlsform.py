"""The forms for the field, as XLSForms: sightings, and visits to the stops of a plan.

The sightings reader takes an export of the first as it is, the log one of the second.  Both work
in KoboToolbox, ODK Collect and Enketo, in English, Albanian and Serbian.  The questions about
sightings have the names of `geo.schema.RECORDS`.  They ask for nothing that identifies a person,
and record visits where nobody was met: effort cannot be corrected without them.

To change a question or an answer, edit ``form_survey.csv`` or ``form_choices.csv`` in
``mitrovica/assets/forms``: their columns are those of XLSForm (https://xlsform.org).

A crew fills one page of the visit form a stop.  Every question stands once in
``forms/visit_survey.csv``, those of a group with ``#`` for its number; the form holds
`FORM_GROUPS` of them, not a repeat, which the servers' plain exports leave out.  It asks for no
name, number, picture or free text.  The list in the form has a label in each language.  A night
that is not in it is looked up in the attachment ``stops.csv``, so that the next plan needs no new
form.
"""

import csv
import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.records import StudyData
from geo.schema import FORM_GROUPS, FORM_STOPS, LOG_NIGHTS, LOG_PLANS, WGS84
from layers.files import atomic
from layers.files.filenames import FORM_STOPS_FILE, FORMS, VISIT_FORM, form_id
from layers.files.handling import Handling
from layers.writers import formats
from maps.page.escaping import asset

FORM_VERSION: Final = "5.2"
"""Servers take a form anew where this differs."""

MADE_AT: Final = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
"""What a workbook says of when it was written."""

NAMES: Final = ("name_en", "name_sq", "name_sr_latn")
"""Columns of table `PLACES` for the languages of the form."""


def write_form(path: Path, form_id: str = "sightings") -> Path:
    """Write the form as an XLSForm workbook, whole or not at all, and return the path.

    The name of `path` ends in ``.xlsx``; its folder is made where it is missing.  By `form_id` a
    server tells it from other forms (`layers.readers.study.Study.form_id`).
    """
    sheets = {title: rows(f"form_{title}") for title in ("survey", "choices")}
    return save(path, "Sightings", form_id, sheets)


def save(
    path: Path,
    title: str,
    form_id: str,
    sheets: Mapping[str, Iterable[Sequence[str]]],
    about: str = "",
) -> Path:
    """Write the sheets of a form as a workbook, and return the path.

    Parameters
    ----------
    path
        The file; equal forms are equal files.
    title, form_id
        What people and servers call the form.
    sheets
        The rows of each sheet, its header first.
    about
        Describes the workbook.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    settings = [
        ["form_title", "form_id", "version", "default_language"],
        [title, form_id, FORM_VERSION, "English (en)"],
    ]
    for name, lines in {**sheets, "settings": settings}.items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
    book.properties.description = about
    written = BytesIO()
    book.save(written)
    # Without the time at which it was made: equal forms are equal files.
    with (
        atomic.file(path) as part,
        zipfile.ZipFile(written) as book_file,
        zipfile.ZipFile(part, "w") as same,
    ):
        for name in book_file.namelist():
            timeless = MADE_AT.sub(b"", book_file.read(name))
            same.writestr(zipfile.ZipInfo(name), timeless, zipfile.ZIP_DEFLATED)
    return path


def rows(file: str) -> list[list[str]]:
    """Return the rows of a table in ``mitrovica/assets/forms``, its header first."""
    return list(csv.reader(asset(f"forms/{file}.csv", "mitrovica").splitlines()))


def choices(file: str, question: str) -> list[list[str]]:
    """Return the rows of `rows` with the answers to a question."""
    return [row for row in rows(file) if row[0] == question]


def visit_choices(places: pd.DataFrame) -> list[list[str]]:
    """Return the rows with the answers of the visit form; groups come from towns of `places`."""
    names, towns = _names(places), places.loc[places["kind"] == "town", "id"]
    return [
        *rows("visit_choices"),
        *choices("form_choices", "needs"),
        *(["direction", town, *names.loc[town]] for town in towns),
    ]


def _names(places: pd.DataFrame) -> pd.DataFrame:
    """Return the names of places by id, a column a language of the form."""
    return places.set_index("id")[list(NAMES)].T.ffill().T


def attach(
    folder: Path,
    stops: gpd.GeoDataFrame,
    data: StudyData,
    time_zone: str,
    handling: Handling,
) -> dict[str, list[str]]:
    """Write the visit form of a plan with a date into its folder, and return where each table is.

    Parameters
    ----------
    folder
        Of the plan.
    stops
        Table `STOPS`.
    data
        What it was planned on.
    time_zone
        Of the local times.
    handling
        What the form says.
    """
    listed = stops_of(stops, data.about.name, time_zone)
    if listed.empty:
        return {}
    write_visit_form(folder / FORMS, listed, data.places, handling)
    return {FORM_STOPS.name: [f"{FORMS}/{FORM_STOPS_FILE}"]}


def write_visit_form(
    folder: Path, stops: pd.DataFrame, places: pd.DataFrame, handling: Handling
) -> Path:
    """Write the form and its attachment, and return the path of the form.

    Parameters
    ----------
    folder
        Where both are written.
    stops
        Table `FORM_STOPS`, as `stops_of` gives them.
    places
        Table `PLACES`, with names in the languages of the form, and the towns that groups may come
        from.
    handling
        What both say.
    """
    labels, shared_label = _labels(stops, _names(places))
    planned = zip(stops["name"], *labels, stops["night"], strict=True)
    head, *fixed = visit_choices(places)
    answers = [[*head, "night"], *(["stop", *row] for row in planned), *fixed]
    sheets = {"survey": list(_survey()), "choices": answers}
    areas = stops["area"].unique()
    id_ = form_id("visit", areas[0] if len(areas) else "")
    form = save(folder / VISIT_FORM, "Stop", id_, sheets, handling.line())
    attached = stops.assign(label=shared_label)
    formats.csv(FORM_STOPS, attached, folder / FORM_STOPS_FILE, handling)
    return form


def _survey() -> Iterator[list[str]]:
    """Yield the rows of the survey, those of a group once for each."""
    lines = rows("visit_survey")
    first = [row[1] for row in lines].index("group_#")
    last = [row[0] for row in lines].index("end_group")
    yield from lines[:first]
    for number in range(1, FORM_GROUPS + 1):
        for row in lines[first : last + 1]:
            yield [cell.replace("#", str(number)) for cell in row]
    yield from lines[last + 1 :]


def _labels(
    stops: pd.DataFrame, place_names: pd.DataFrame
) -> tuple[list[pd.Series], pd.Series]:
    """Return what a crew reads in each language, and, with all names, in the attachment."""
    times_of_day = choices("form_choices", "time_of_day")
    clock = pd.Series(_local_times(stops), stops.index) + " · "
    order = stops["order"].astype("string")
    patrol = stops["vehicle"].astype("string") + " · " + order + ". "
    names = []
    labels = []
    for place, column in enumerate(NAMES, 2):
        shifts = {row[1]: row[place] for row in times_of_day}
        shift = stops["shift"].map(shifts).fillna(stops["shift"].str.replace("_", " "))
        name = stops["stop"].map(place_names[column]).fillna(stops["stop_name"])
        names.append(name)
        labels.append(clock + shift + " " + patrol + name)
    every = [" / ".join(dict.fromkeys(row)) for row in zip(*names, strict=True)]
    return labels, clock + patrol + pd.Series(every, stops.index)


def _local_times(stops: pd.DataFrame) -> list[str]:
    """Return the hour and minute of each arrival by the clock of the study."""
    arrivals = zip(stops["arrive"], stops["time_zone"], strict=True)
    return [f"{pd.Timestamp(utc).tz_convert(zone):%H:%M}" for utc, zone in arrivals]


def stops_of(stops: gpd.GeoDataFrame, area: str, time_zone: str) -> pd.DataFrame:
    """Return the stops of a plan, table `FORM_STOPS`, still without labels; none without a date.

    `stops` is table `STOPS`; departures, breaks and returns are left out.  `area` is the title of
    the study, `time_zone` that of the local times.
    """
    rows = stops[
        stops["date"].notna() & (stops["service_s"] > 0) & (stops["kind"] != "break")
    ]
    points = rows.geometry.to_crs(WGS84)
    planned = rows.drop(columns="name").assign(
        night=rows["date"],
        stop_name=rows["name"].fillna(rows["stop"]),
        arrive=rows["starts_at"].map(_in_utc),
        depart=rows["ends_at"].map(_in_utc),
        lon=points.x.round(6),
        lat=points.y.round(6),
        area=area,
        time_zone=time_zone,
    )
    listed = FORM_STOPS.frame(planned.reset_index(drop=True))
    content = listed.to_csv(index=False, lineterminator="\n")
    listed["plan_id"] = hashlib.sha256(content.encode()).hexdigest()[:12]
    listed["name"] = names_of(listed.rename(columns={"night": "date"}))
    return listed


def names_of(stops: pd.DataFrame) -> pd.Series:
    """Return what the visit form calls planned stops: night, patrol, order and plan."""
    parts = stops[["date", "shift", "vehicle", "order", "plan_id"]].astype("string")
    parts["shift"] = parts["shift"].str.replace(r"\W+", "_", regex=True)
    return parts["date"].str.cat(parts.iloc[:, 1:], sep="_")


def _in_utc(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat()


def tables_of(stops: pd.DataFrame) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the rows that a plan's stops, table `FORM_STOPS`, add to `nights` and to `plans`."""
    rows = stops.assign(date=stops["night"], name=stops["stop_name"])
    nights = rows.drop_duplicates(["plan_id", "date"])
    placed = rows.assign(
        geometry=gpd.points_from_xy(rows["lon"], rows["lat"], crs=WGS84)
    )
    return (
        LOG_NIGHTS.frame(nights).reset_index(drop=True),
        LOG_PLANS.geoframe(placed).reset_index(drop=True),
    )
