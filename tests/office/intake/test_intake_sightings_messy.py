"""Tables as people make them: sixty rows of six files, of which none could be used without this.

Two of the files are workbooks of LibreOffice, made in a Serbian locale of what lies beside them:
``soffice --headless --infilter="HTML (StarCalc):9242 1" --convert-to xlsx patrola.html``.  Of one
the same program made an XLS and an ODS.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.schema import RECORDS
from layers.complaints import UserError
from layers.readers.tabular.parsing import RefusedError, UnreadableError, number
from mitrovica.intake import mapping, questions, report
from mitrovica.intake.containers import open_table
from mitrovica.intake.heading import Heading
from mitrovica.intake.mapping import FormMapping
from mitrovica.intake.options import FileOptions
from mitrovica.intake.quantities import bounds, degrees, point, value_of

MESSY = Path(__file__).parents[2] / "data" / "messy"
REGION = shapely.box(20, 42, 22, 44)
OPTIONS = FileOptions(region=REGION, today=date(2025, 12, 31))
USED = {
    "dezurni.xlsx": (0, 12),
    "excel_locale.csv": (8, 10),
    "kobo_labels.csv": (7, 8),
    "patrola.xlsx": (7, 12),
    "patrola_cirilica.txt": (6, 8),
    "patrulla.csv": (8, 10),
}
"""Rows that are used by the words of the program alone, of how many."""
ASKED: dict[str, dict[str, Any]] = {
    "dezurni.xlsx": {
        "columns": {
            "Kad": "date_from",
            "y": "lat",
            "x": "lon",
            "Koliko ih je bilo": "group",
            "Gde smo bili": "",
            "Ko prijavljuje": "",
        },
        "fill": {"id": "row", "kind": "sighting", "uncertainty_m": "500"},
        "dates": "dmy",
    },
    "patrulla.csv": {"columns": {}, "words": {"kind": {"kalimtarë": "sighting"}}},
    "excel_locale.csv": {"columns": {}, "decimal": ","},
    "patrola.xlsx": {"columns": {}, "decimal": ","},
}
"""What a user answers once."""
MENDED = {
    "dezurni.xlsx": {(7, 2): "42,8900", (7, 3): "20,8700", (9, 4): "8-10"},
    "excel_locale.csv": {(6, 4): "500 m"},
    "kobo_labels.csv": {(9, 9): "600"},
    "patrola.xlsx": {
        (10, 5): "600",
        (14, 5): "500",
        (15, 3): "42,8930",
        (15, 4): "20,8748",
        (16, 1): "30.11.2025",
    },
    "patrola_cirilica.txt": {(6, 5): "500", (7, 5): "1 km"},
    "patrulla.csv": {(12, 5): "8-12"},
}
"""Cells that are mended in place, by row and place."""


def handed(name: str, **done: Any) -> questions.Handed:
    return questions.Handed(name, (MESSY / name).read_bytes(), **done)


def good(looked: questions.Looked) -> tuple[int, int]:
    counts = looked.report.files[0]
    return counts.used + counts.of_nobody, counts.rows


def test_known_words_are_read_and_what_is_open_is_asked() -> None:
    """No row was used before; what is left is asked for, and mended in place."""
    first = {name: questions.look(handed(name), OPTIONS) for name in USED}
    assert {name: good(looked) for name, looked in first.items()} == USED
    assert sum(rows for _, rows in USED.values()) == 60
    assert first["patrulla.csv"].words == {"kind": ("kalimtarë",)}
    assert first["dezurni.xlsx"].missing == (
        "id", "kind", "lat", "lon", "uncertainty_m",
    )  # fmt: skip
    said = {
        name: FormMapping(**ASKED[name]) if name in ASKED else None for name in USED
    }
    asked = {
        name: questions.look(handed(name, mapping=said[name]), OPTIONS) for name in USED
    }
    assert sum(good(looked)[0] for looked in asked.values()) == 49
    mended = [
        questions.look(
            handed(name, mapping=said[name], cells=MENDED.get(name, {})), OPTIONS
        )
        for name in USED
    ]
    assert [good(looked)[1] - good(looked)[0] for looked in mended] == [0] * 6


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_a_workbook_is_the_same_in_other_formats(suffix: str) -> None:
    xlsx = open_table((MESSY / "patrola.xlsx").read_bytes(), "patrola.xlsx")
    data = (MESSY / f"patrola.{suffix}").read_bytes()
    table = open_table(data, f"patrola.{suffix}")
    assert table.header == xlsx.header
    pd.testing.assert_frame_equal(table.cells, xlsx.cells)


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_workbook_that_is_cut_off_is_refused(suffix: str) -> None:
    data = (MESSY / f"patrola.{suffix}").read_bytes()
    with pytest.raises(UnreadableError, match="no workbook that can be read"):
        open_table(data[:6000], f"patrola.{suffix}")


def test_no_column_of_persons_is_shown_or_read() -> None:
    looked = questions.look(handed("dezurni.xlsx"), OPTIONS)
    shown = repr((looked.columns, looked.rows, looked.headings))
    assert "Petrović" not in shown
    assert [one.personal for one in looked.columns] == [False] * 5 + [True]


def test_a_mapping_is_kept_as_a_file_and_read_again(tmp_path: Path) -> None:
    kept = FormMapping(
        title="A form",
        **{**ASKED["dezurni.xlsx"], "words": {"kind": {'a "b"\\': "visit"}}},
    )
    path = tmp_path / "form.toml"
    path.write_text(mapping.to_toml(kept), "utf-8")
    assert mapping.read(path) == kept
    found = report.read(
        MESSY / "dezurni.xlsx", options=FileOptions(mappings=(kept,), region=REGION)
    )
    assert len(found.accepted) == 10
    assert "dezurni.xlsx: read as files of the form A form" in found.notes
    other = report.read(MESSY / "patrulla.csv", options=FileOptions(mappings=(kept,)))
    assert other.files[0].used == 7
    path.write_text('[columns]\n"x" = "longitude"\n')
    with pytest.raises(UserError, match="a column can be"):
        mapping.read(path)


@given(st.floats(0, 89.9), st.integers(0, 2), st.sampled_from(["", "N", "С"]))
def test_degrees_minutes_and_seconds_are_the_degrees_that_they_say(
    value: float, parts: int, letter: str
) -> None:
    whole, rest = int(value), (value - int(value)) * 60
    minutes, seconds = int(rest), (rest - int(rest)) * 60
    text = {
        0: f"{value:.9f}°",
        1: f"{whole}°{min(rest, 59.99999):.5f}'",
        2: f"{whole}° {minutes}' {min(seconds, 59.999):.3f}\"",
    }[parts]
    assert degrees(text + letter, "lat") == [pytest.approx(value, abs=1e-5)]


@given(st.integers(1, 999), st.integers(0, 999))
def test_sizes_of_groups_are_the_bounds_that_they_say(a: int, b: int) -> None:
    low, high = sorted((a, a + b))
    assert bounds(f"{low}-{high}") == (low, high)
    assert bounds(f"od {low} do {high} osoba") == (low, high)
    assert bounds(f"{low}+") == (low, None)
    assert bounds(f"rreth {low}") is None


def test_a_position_in_one_cell_is_cut_where_it_can_be_cut_in_one_way() -> None:
    assert point("42.8930,20.8748") == ("42.8930", "20.8748")
    assert point("42,8930") is None
    assert degrees("42.8930", "lat") == []
    assert degrees("N 42°53' N", "lat") == []


def test_what_has_two_readings_is_refused() -> None:
    lat, radius = RECORDS["lat"], RECORDS["uncertainty_m"]
    moment = RECORDS["date_from"]
    with pytest.raises(RefusedError, match="sever"):
        value_of("42°53' S", lat, FileOptions())
    assert value_of("42°53' S", lat, FileOptions(region=REGION)) > 42
    assert value_of("42°53' N", lat, FileOptions()) > 42
    with pytest.raises(RefusedError, match="not a number"):
        value_of("42°73'", lat, FileOptions())
    with pytest.raises(RefusedError, match="reads as"):
        value_of("1.500 m", radius, FileOptions())
    with pytest.raises(RefusedError, match="not a number"):
        value_of("oko 200 m", radius, FileOptions())
    assert value_of("1.500 m", radius, FileOptions(decimal=",")) == 1500
    assert value_of("do 0,5 km", radius, FileOptions()) == 500
    assert value_of("2.11.26.", moment, FileOptions()).date() == date(2026, 11, 2)
    assert value_of("2. nëntor 2026", moment, FileOptions()).date() == date(2026, 11, 2)
    with pytest.raises(RefusedError, match="first or last"):
        value_of("02.11.26", moment, FileOptions())
    assert value_of("02.11.26", moment, FileOptions(dates="dmy")).date() == date(
        2026, 11, 2
    )
    with pytest.raises(RefusedError, match="reads as"):
        value_of("02/11/26", moment, FileOptions())


@pytest.mark.parametrize("sign", [" ", "1", "°", "1 ", "- ", ", ", "x", "1,"])
def test_a_long_cell_takes_no_long_time(sign: str) -> None:
    """Each form of a quantity is refused at once; looked at in all ways it would take minutes."""
    text = f"1{sign * 50_000}!"
    lat, radius = RECORDS["lat"], RECORDS["uncertainty_m"]
    for column in (lat, radius):
        with pytest.raises(RefusedError):
            number(text, column, FileOptions())
    assert bounds(text) is None
    assert point(text) is None


def test_labels_that_a_server_joins_are_parted() -> None:
    labels = "Drinking water Food Medical help Shoes, clothing Charging phones"
    text = (
        f'id,kind,lat,lon,uncertainty_m,needs\na,grupa,42.9123,20.9123,200,"{labels}"\n'
    )
    table = open_table(text.encode(), "s.csv")
    found = report.of_tables({"s.csv": table})
    assert list(found.accepted["needs"]) == [
        "water; food; medical; shoes_clothing; phone_charging"
    ]


def test_a_header_is_found_below_titles_and_under_merged_cells() -> None:
    rows = "Title;;;\n;;;\nDatum;Pozicija;;Vrsta\n;Širina;Dužina;\n"
    body = "".join(f"{n}.11.2025;42,9;20,9;grupa\n" for n in range(1, 9))
    table = open_table((rows + body).encode(), "s.csv")
    assert table.header == ("Datum", "Širina", "Dužina", "Vrsta")
    assert table.cells.index[0] == 5
    named = open_table((rows + body).encode(), "s.csv", None, Heading(row=1))
    assert named.header[0] == "Title"


def test_two_columns_that_could_be_one_are_neither(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "id,kind,lat,lon,uncertainty_m,Datum,Dan\n"
        "a,sighting,42.9123,20.9123,200,1.2.2025,2.2.2025\n"
    )
    found = report.read(path)
    assert found.accepted["date_from"].isna().all()
    assert any("could each be date_from" in note for note in found.notes)
