"""The tables to fill in: a filled one of places is read as it is, in each language and format."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from geo.schema import PLACES
from layers.readers.study.files import places
from mitrovica.intake import table_form

ROW = {
    "id": "bus_station",
    "kind": "public_stop",
    "name_sq": "Stacioni i autobusëve",
    "lat": "42,8930",
    "lon": "20,8748",
    "uncertainty_m": "20",
}


def filled(content: bytes, suffix: str) -> bytes:
    """Return a table with one row more."""
    out = io.BytesIO()
    if suffix == ".xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        sheet = book.worksheets[0]
        header = [cell.value for cell in sheet[1]]
        sheet.append([ROW.get(str(name)) for name in header])
        book.save(out)
        return out.getvalue()
    header = next(csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=";"))
    row = ";".join(ROW.get(name, "") for name in header)
    return content + f"{row}\r\n".encode()


@pytest.mark.parametrize("language", table_form.LANGUAGES)
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_filled_table_of_places_is_read(
    tmp_path: Path, language: str, suffix: str
) -> None:
    path = tmp_path / f"places{suffix}"
    table_form.write(path, language, "places")
    path.write_bytes(filled(path.read_bytes(), suffix))
    read = places(path, None)
    assert list(read["id"]) == ["bus_station"]
    assert read["name_sq"].item() == ROW["name_sq"]
    assert (read.geometry.x.item(), read.geometry.y.item()) == (20.8748, 42.893)


def test_the_kinds_of_places_are_a_list_to_choose_from() -> None:
    content = table_form.content_of(".xlsx", "sr", "places")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    (listed,) = sheet.data_validations.dataValidation
    assert listed.formula1.strip('"').split(",") == list(PLACES["kind"].values)
    assert sheet["B2"].value == "Vrsta"
