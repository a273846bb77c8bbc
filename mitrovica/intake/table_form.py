"""A table to be filled in with a spreadsheet: XLSX with lists to choose from, or CSV.

The reader of sightings, of places or of visits takes it as it is, in each of its languages.
"""

import csv
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from geo.schema import PLACES
from layers.complaints import UserError
from layers.files import atomic
from maps.page.escaping import asset
from mitrovica.intake.xlsform import choices

LANGUAGES: Final = ("en", "sq", "sr")
Of = Literal["sightings", "places"]
"""What the rows of a table are."""
ROWS: Final = 1000
"""Rows in which a cell is chosen from a list."""
CHOSEN: Final = ("kind", "located_kind")
_WIDTH: Final = 22


def write(path: Path, language: str, of: Of = "sightings") -> Path:
    """Write the table, whole or not at all, and return the path.

    Raises `UserError` if the file is to be neither XLSX nor CSV, or the language is not known.
    """
    content = content_of(path.suffix, language, of)
    atomic.write(path, content)
    return path


def content_of(suffix: str, language: str, of: Of = "sightings") -> bytes:
    """Return the table as a file: ``.xlsx``, or ``.csv`` with semicolons, for spreadsheets here."""
    words, example_texts = texts_of(of, language)
    if of == "places":
        # Its reader knows columns by their names in the schema; the words are a remark below.
        headers = {name: name for name in words}
        answers = {"kind": list(PLACES["kind"].values)}
        remarks = [list(words.values())]
    else:
        headers = words
        answers = {name: _answers(name, language) for name in CHOSEN}
        remarks = []
    example = {name: said[0] for name, said in answers.items()}
    example |= example_texts
    remarks.append([example.get(name, "") for name in words])
    return written(suffix, Filling(headers, remarks, answers))


def texts_of(of: str, language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the words of a table in a language, and its example."""
    if language not in LANGUAGES:
        raise UserError(
            f"there is no table in {language}. Fix: one of {', '.join(LANGUAGES)}"
        )
    texts = tomllib.loads(asset(f"{of}_table.toml", "mitrovica"))
    return texts[language], texts.get("example", {})


@dataclass(frozen=True)
class Filling:
    """What stands in a table before somebody fills it in."""

    headers: Mapping[str, str]
    """By what a column holds."""
    remarks: Sequence[Sequence[str]]
    """Rows that no reader reads."""
    answers: Mapping[str, Sequence[str]]
    """What a cell is chosen from, by its column."""
    rows: Sequence[Sequence[str]] = ()


def written(suffix: str, filling: Filling) -> bytes:
    """Return a table as a file of an ending; raise `UserError` if that is of none."""
    if suffix not in _FORMATS:
        raise UserError(
            f"a table is no {suffix or 'file without an ending'}. Fix: a name in .xlsx or .csv"
        )
    return _FORMATS[suffix](filling)


def _answers(question: str, language: str) -> list[str]:
    """Return what the answers to a question of the form are called."""
    place = 2 + LANGUAGES.index(language)
    return [answer[place] for answer in choices("form_choices", question)]


def _csv(filling: Filling) -> bytes:
    text = StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    header = filling.headers.values()
    rows.writerows([header, *filling.remarks, *filling.rows])
    # A spreadsheet reads UTF-8 by the mark in front.
    return text.getvalue().encode("utf-8-sig")


def _xlsx(filling: Filling) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    headers, remarks = filling.headers, filling.remarks
    book = Workbook()
    sheet: Any = book.active
    for cells in (headers.values(), *remarks, *filling.rows):
        sheet.append(list(cells))
    sheet.freeze_panes = "A2"
    for place, name in enumerate(headers, 1):
        cell = sheet.cell(1, place)
        cell.font = Font(bold=True)
        for row in range(2, len(remarks) + 2):
            sheet.cell(row, place).font = Font(italic=True)
        sheet.column_dimensions[cell.column_letter].width = _WIDTH
        # As text: a spreadsheet would make a date of 10-15.
        texts = ROWS if name == "group" else len(filling.rows)
        for row in range(2, texts + len(remarks) + 2 if texts else 2):
            sheet.cell(row, place).number_format = "@"
        if name in filling.answers:
            # A comma would part an answer in two.
            answers = filling.answers[name]
            said = ",".join(answer.replace(",", "") for answer in answers)
            listed = DataValidation("list", f'"{said}"', allow_blank=True)
            listed.add(f"{cell.column_letter}2:{cell.column_letter}{ROWS + 1}")
            sheet.add_data_validation(listed)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


_FORMATS: Final[Mapping[str, Callable[[Filling], bytes]]] = MappingProxyType(
    {".xlsx": _xlsx, ".csv": _csv}
)
