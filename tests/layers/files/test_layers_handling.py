"""Every file of a run and of a plan says who it is for and until when it holds."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pypdf
import rasterio
from icalendar import Calendar
from studies import small_study

from geo.params import Params, PrivacyParams
from layers.files.handling import Handling
from maps.cards import cards

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DATED = replace(Params(), patrols=replace(Params().patrols, date=date(2026, 11, 30)))


def test_the_line_says_who_it_is_for_and_until_when() -> None:
    line = Handling.of(date(2026, 11, 26), PrivacyParams()).line()
    assert line == (
        "For those who bring help, for that purpose only; do not forward. It says where people "
        "were reported, never where they are. Holds until 2027-02-24."
    )
    internal = Handling(date(2026, 11, 27), internal=True).line()
    assert internal.startswith("INTERNAL: exact positions. It never leaves the office")
    assert internal.endswith("Holds until 2026-11-27.")


def handling_words(path: Path) -> set[str]:
    """Return what a file says of its handling, wherever its format keeps that."""
    match path.suffix:
        case ".geojson" | ".json":
            return {json.loads(path.read_text("utf-8"))["handling"]}
        case ".gpkg":
            with closing(sqlite3.connect(path)) as gpkg:
                found = gpkg.execute(
                    "SELECT description FROM gpkg_contents WHERE table_name != 'layer_styles'"
                ).fetchall()
            assert found
            return {text[text.index("For those") :] for (text,) in found}
        case ".tif":
            with rasterio.open(path) as raster:
                return {raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]}
        case ".gpx":
            return {ET.parse(path).findtext("{*}metadata/{*}desc") or ""}
        case ".kml":
            whole = ET.parse(path).findtext("{*}Document/{*}description") or ""
            return {whole.partition(" Roads: ")[0]}
        case ".qgz":
            with zipfile.ZipFile(path) as archive:
                project = ET.fromstring(archive.read("project.qgs"))
            whole = project.findtext("projectMetadata/abstract") or ""
            return {whole.partition(" ©")[0]}
        case ".parquet":
            attributes = pq.read_metadata(path).metadata[b"PANDAS_ATTRS"]
            return {json.loads(attributes)["handling"]}
        case ".fgb":
            return {pyogrio.read_info(path)["layer_metadata"]["handling"]}
        case ".ics":
            return {str(Calendar.from_ical(path.read_bytes())["x-wr-caldesc"])}
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return {row["handling"] for row in csv.DictReader(file)}
        case ".md":
            return {path.read_text("utf-8").split("\n\n")[1]}
        case ".xlsx":
            return {openpyxl.load_workbook(path).properties.description}
        case ".html":
            head = path.read_text("utf-8").split('<meta name="handling" content="')[1]
            return {head.split('">')[0]}
    raise AssertionError(f"no file of this kind is looked at: {path}")


def test_every_file_of_a_run_and_of_a_plan_carries_the_words(
    town_run: tuple[Path, str], night: Path
) -> None:
    made = json.loads((town_run[0] / "manifest.json").read_text("utf-8"))["written"]
    handling = Handling.of(datetime.fromisoformat(made).date(), PrivacyParams())
    # A style of colours and limits holds nothing; cards have their own words.
    without = {".qml", ".pdf", ".graphml", ".pmtiles"}
    written = [
        p for here in (town_run[0], night) for p in here.rglob("*") if p.is_file()
    ]
    written = [path for path in written if path.suffix not in without]
    assert {path.suffix for path in written} == {
        ".csv", ".fgb", ".geojson", ".gpkg", ".gpx", ".html", ".ics", ".json", ".kml", ".md",
        ".parquet", ".qgz", ".tif", ".xlsx",
    }  # fmt: skip
    for path in written:
        # A crew's table is one sheet: its first row says it.
        blank = (
            {""} if path.suffix == ".csv" and path.parent.name == "patrols" else set()
        )
        assert handling_words(path) - blank == {handling.line()}, path


def test_stop_cards_say_that_they_are_public_and_until_when_they_hold(
    tmp_path: Path,
) -> None:
    found, data = small_study.findings(), small_study.data()
    pdf = cards(found.patrols, data, DATED, made=NOW.date()).pdf()
    assert pdf is not None
    (tmp_path / "cards.pdf").write_bytes(pdf)
    with pypdf.PdfReader(tmp_path / "cards.pdf") as printed:
        assert printed.metadata is not None
        assert (
            printed.metadata.subject
            == "Public, to hang up at the stop. Holds until 2027-02-24."
        )
