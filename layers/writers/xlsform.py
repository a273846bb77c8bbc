"""The form for the field: an XLSForm whose export the sightings reader takes as it is.

It works in KoboToolbox, ODK Collect and Enketo, in English, Albanian and Serbian.  Its questions
have the names of `layers.schema.RECORDS`.  It asks for nothing that identifies a person, and it
records visits where nobody was met: effort cannot be corrected without them.

To change a question or an answer, edit ``form_survey.csv`` or ``form_choices.csv`` in
``layers/data/forms``: their columns are those of XLSForm (https://xlsform.org).
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from layers import atomic, shipped
from layers.schema import SCHEMA_VERSION

MADE_AT: Final = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
"""What a workbook says of when it was written."""


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
    """Write the sheets of a form; `about` describes the workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    settings = [
        ["form_title", "form_id", "version", "default_language"],
        [title, form_id, SCHEMA_VERSION, "English (en)"],
    ]
    for name, lines in {**sheets, "settings": settings}.items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
    book.properties.description = about
    written = BytesIO()
    book.save(written)
    with atomic.file(path) as part:
        _without_time(written, part)
    return path


def _without_time(book: BytesIO, path: Path) -> None:
    """Write a workbook that does not say when it was made: equal forms are equal files."""
    with zipfile.ZipFile(book) as made, zipfile.ZipFile(path, "w") as same:
        for name in made.namelist():
            timeless = MADE_AT.sub(b"", made.read(name))
            same.writestr(zipfile.ZipInfo(name), timeless, zipfile.ZIP_DEFLATED)


def rows(file: str) -> list[list[str]]:
    """Return the rows of a table in ``layers/data/forms``, its header first."""
    return list(csv.reader(shipped.text("forms", f"{file}.csv").splitlines()))
