"""Tables that LibreOffice opens and writes in a Serbian locale, in and out."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from tools.clients import program

from layers.readers.study.files import places
from mitrovica.intake import questions, table_form
from mitrovica.intake.options import FileOptions
from mitrovica.intake.uploads import Handed

MESSY = Path(__file__).parents[1] / "data" / "messy"
OPTIONS = FileOptions(region=shapely.box(20, 42, 22, 44), today=date(2025, 12, 31))
SERBIAN = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>sr-Latn-RS</value></prop></item></oor:items>"""
HTML = "HTML (StarCalc):9242 1"
"""Reads cells as Serbian in Latin letters (9242), numbers and days as such."""
DAY = 'd.m.yyyy"."'
"""How a day shows that somebody types in this locale."""
SEMICOLONS = "csv:Text - txt - csv (StarCalc):59,34,76,1"
"""Semicolons, quotation marks, UTF-8."""


class Office:
    """LibreOffice without a window, in a Serbian locale."""

    def __init__(self, home: Path) -> None:
        self.program = program("soffice", "libreoffice-calc-nogui")
        self.home = home
        user = home / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(SERBIAN, "utf-8")

    def convert(self, to: str, files: Sequence[Path], *more: str) -> Path:
        """Open files and save them in another format; return the folder of these."""
        out = self.home / to.partition(":")[0]
        line = [
            self.program,
            f"-env:UserInstallation={(self.home / 'profile').as_uri()}",
            "--headless",
            *more,
            "--convert-to",
            to,
            "--outdir",
            out,
            *files,
        ]
        done = subprocess.run(
            line, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return out


def filled(content: bytes, rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a table with more rows."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        if isinstance(cell.value, datetime):
            cell.number_format = DAY
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(path: Path) -> list[tuple[str, ...]]:
    """Return what the desk reads of a file, a row each; none is rejected."""
    looked = questions.look(Handed(path.name, path.read_bytes()), OPTIONS)
    assert looked.unsettled == 0, looked.rows
    return [row.values for row in looked.rows]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def ours(office: Office) -> Path:
    """Our tables of sightings and places in Serbian, as somebody fills them in."""
    empty = table_form.content_of(".xlsx", "sr")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(empty)).active
    kind, located = sheet["C2"].value, sheet["G2"].value
    days = (datetime(2025, 11, 2), "3.11.2025.", datetime(2025, 11, 30))
    sightings = [
        [n, day, kind, 42.893 + n / 1000, 20.8748, 200, located, group]
        for n, (day, group) in enumerate(zip(days, ("10-15", 4, "7"), strict=True))
    ]
    place = ["stanica", "public_stop", "", "", "", "Stanica", 42.893, 20.8748, 20]
    (office.home / "sightings.xlsx").write_bytes(filled(empty, sightings))
    of_places = table_form.content_of(".xlsx", "sr", "places")
    (office.home / "places.xlsx").write_bytes(filled(of_places, [place]))
    return office.home


@pytest.mark.parametrize("to", ["xlsx", SEMICOLONS])
def test_our_tables_are_read_after_libreoffice_saved_them(
    office: Office, ours: Path, to: str
) -> None:
    files = [ours / "sightings.xlsx", ours / "places.xlsx"]
    out = office.convert(to, files)
    suffix = to.partition(":")[0]
    before = read(ours / "sightings.xlsx")
    assert len(before) == 3
    assert read(out / f"sightings.{suffix}") == before
    (place,) = places(out / f"places.{suffix}", None).geometry
    assert (place.x, place.y) == (20.8748, 42.893)
    if suffix == "csv":
        # As a spreadsheet writes it here: a decimal comma, and days with dots.
        text = (out / "sightings.csv").read_text("utf-8")
        assert "42,893" in text
        assert "2.11.2025" in text


def test_workbooks_that_libreoffice_writes_are_read_as_those_beside_the_tests(
    office: Office,
) -> None:
    names = ("patrola", "dezurni")
    pages = [MESSY / f"{name}.html" for name in names]
    out = office.convert("xlsx", pages, f"--infilter={HTML}")
    for name in names:
        new, old = (
            questions.look(Handed("a.xlsx", path.read_bytes()), OPTIONS)
            for path in (out / f"{name}.xlsx", MESSY / f"{name}.xlsx")
        )
        assert new.rows == old.rows
        assert new.columns == old.columns
