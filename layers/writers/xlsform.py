"""The form for the field: an XLSForm whose export the sightings reader takes as it is.

It works in KoboToolbox, ODK Collect and Enketo, in English, Albanian and Serbian.  Its questions
have the names of `layers.schema.RECORDS`.  It asks for nothing that identifies a person, and it
records visits where nobody was met: effort cannot be corrected without them.

To change a question or an answer, edit ``layers/data/form_survey.csv`` or ``form_choices.csv``:
their columns are those of XLSForm (https://xlsform.org).
"""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

from openpyxl import Workbook

from layers import atomic
from layers.schema import SCHEMA_VERSION


def write_form(path: Path) -> Path:
    """Write the form as an XLSForm workbook, whole or not at all, and return the path.

    Parameters
    ----------
    path : Path
        File to write, its name ending in ``.xlsx``; its folder is made where it is missing.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for title in ("survey", "choices"):
        sheet = book.create_sheet(title)
        for row in rows(title):
            sheet.append(row)
    sheet = book.create_sheet("settings")
    sheet.append(["form_title", "form_id", "version", "default_language"])
    sheet.append(["Sightings", "mitrovica_sightings", SCHEMA_VERSION, "English (en)"])
    with atomic.file(path) as part:
        book.save(part)
    return path


def rows(sheet: str) -> list[list[str]]:
    """Return the rows of the sheet ``survey`` or ``choices``, its header first."""
    file = resources.files("layers").joinpath("data", f"form_{sheet}.csv")
    return list(csv.reader(file.read_text("utf-8").splitlines()))
