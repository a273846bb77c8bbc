"""What field offices save: dialects, encodings, exports, ambiguities, personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from studies.example import OPTIONS

from mitrovica.intake import report as sightings
from mitrovica.intake.options import FileOptions
from mitrovica.intake.personal import header_suspicion, masked, value_suspicion
from mitrovica.intake.record_rows import WIDENED
from mitrovica.intake.report import SightingsReport

HEADER = "id,kind,lat,lon,uncertainty_m,place,date_from"
ROW = "A1,sighting,42.8930,20.8748,200,Urë e vjetër,2024-03-01"


def read(
    path: Path, *lines: str, encoding: str = "utf-8", options: FileOptions | None = None
) -> SightingsReport:
    path.mkdir(exist_ok=True)
    file = path / "s.csv"
    file.write_bytes("\r\n".join(lines).encode(encoding))
    report = sightings.read(file, options=options or OPTIONS)
    assert report.rows == len(report.accepted) + len(report.visits) + len(
        report.rejected
    )
    return report


def text_of(report: SightingsReport) -> str:
    """Return everything that a report lets out."""
    return "\n".join(
        [*report.lines(), report.rejected.to_csv(), str(report.ignored_columns)]
    )


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [
        pytest.param(
            encoding,
            mark,
            marks=[] if mark == "," or encoding == "utf-8" else pytest.mark.proof,
        )
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250")
        for mark in (",", ";", "\t")
    ],
)
def test_encodings_and_separators(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    lines = [line.replace(",", separator) for line in (HEADER, ROW)]
    report = read(tmp_path, *lines, encoding=encoding)
    assert report.accepted["place"].tolist() == ["Urë e vjetër"]
    assert report.accepted["lat"].tolist() == [42.893]
    assert any("Windows-1250" in note for note in report.notes) == (
        encoding == "cp1250"
    )


def test_commas_in_quotation_marks_part_no_columns(tmp_path: Path) -> None:
    header = (
        f'{HEADER.replace(",", ";")};"seen, heard, said, found, lost, met, told, asked"'
    )
    row = f'{ROW.replace(",", ";")};"a, b, c, d, e, f, g, h, i, j, k, l"'
    report = read(tmp_path, header, row)
    assert report.accepted["place"].tolist() == ["Urë e vjetër"]
    assert "s.csv: columns separated by semicolon" in report.notes


def test_commas_in_a_header_without_quotation_marks_part_no_columns(
    tmp_path: Path,
) -> None:
    header = HEADER.replace(",", ";")
    header += ";notes (seen, heard, said, found, lost, met, told, asked)"
    row = f"{ROW.replace(',', ';')};they asked"
    report = read(tmp_path, header, row)
    assert report.accepted["place"].tolist() == ["Urë e vjetër"]


def test_windows_1250_letters(tmp_path: Path) -> None:
    report = read(
        tmp_path, HEADER, ROW.replace("Urë e vjetër", "Šipolje"), encoding="cp1250"
    )
    assert report.accepted["place"].tolist() == ["Šipolje"]


def test_decimal_commas_in_a_semicolon_file(tmp_path: Path) -> None:
    rows = [
        HEADER.replace(",", ";"),
        "A1;sighting;42,8930;20,8748;150,5;most;01.03.2024",
        "A2;sighting;42,893;20,8742;1,250;most;1. 3. 2024.",
    ]
    report = read(tmp_path, *rows)
    assert report.accepted["lat"].tolist() == [42.893, 42.893]
    assert report.accepted["uncertainty_m"].tolist() == [150.5, 1.25]
    assert report.accepted["date_from"].tolist() == [datetime(2024, 3, 1)] * 2
    assert "s.csv: numbers have a decimal comma" in report.notes


@pytest.mark.parametrize(
    ("options", "uncertainty_m"),
    [(None, None), (FileOptions(decimal="."), 1500), (FileOptions(decimal=","), 1.5)],
)
def test_a_number_with_two_readings_is_a_fault_until_the_user_decides(
    tmp_path: Path, options: FileOptions | None, uncertainty_m: float | None
) -> None:
    row = 'A1,sighting,42.8930,20.8748,"1,500",most,2024-03-01'
    report = read(tmp_path, HEADER, row, options=options)
    if uncertainty_m is None:
        (fault,) = report.faults
        assert (
            "1500 with a decimal point and as 1.5 with a decimal comma" in fault.problem
        )
        assert "--decimal" in fault.fix
    else:
        assert report.accepted["uncertainty_m"].tolist() == [uncertainty_m]


def test_numbers_with_two_readings_do_not_tell_the_mark_of_a_file(
    tmp_path: Path,
) -> None:
    row = 'A1,sighting,43,21,"60,000",most,2024-03-01'
    (fault,) = read(tmp_path, HEADER, row).faults
    assert "60000 with a decimal point and as 60 with" in fault.problem


@pytest.mark.parametrize(
    ("options", "day"),
    [
        (None, None),
        (FileOptions(dates="dmy"), datetime(2024, 4, 3)),
        (FileOptions(dates="mdy"), datetime(2024, 3, 4)),
    ],
)
def test_a_date_with_two_readings_is_a_fault_until_the_user_decides(
    tmp_path: Path, options: FileOptions | None, day: datetime | None
) -> None:
    report = read(
        tmp_path, HEADER, ROW.replace("2024-03-01", "03/04/2024"), options=options
    )
    if day is None:
        (fault,) = report.faults
        assert "3 April 2024 and as 4 March 2024" in fault.problem
        assert "2024-04-03 or 2024-03-04" in fault.fix
    else:
        assert report.accepted["date_from"].tolist() == [day]


def dated(*texts: str) -> list[str]:
    """Return a row for each day."""
    return [
        ROW.replace("A1", f"A{n}").replace("2024-03-01", text)
        for n, text in enumerate(texts)
    ]


def test_days_with_one_reading(tmp_path: Path) -> None:
    days = {
        "2024-03-09": datetime(2024, 3, 9),
        "2024-3-9": datetime(2024, 3, 9),
        "2024-03-09T22:30:00.000+01:00": datetime(2024, 3, 9, 22, 30),
        "09.03.2024": datetime(2024, 3, 9),
        "9. 3. 2024.": datetime(2024, 3, 9),
        "09.03.2024 22:30": datetime(2024, 3, 9, 22, 30),
        "31/03/2024": datetime(2024, 3, 31),
        "04/04/2024": datetime(2024, 4, 4),
    }
    report = read(tmp_path, HEADER, *dated(*days))
    assert report.accepted["date_from"].tolist() == [*days.values()]


def test_days_with_no_reading(tmp_path: Path) -> None:
    days = ["09.03.24", "2024-13-01", "32.01.2024", "30/02/2024", "20240309"]
    assert len(read(tmp_path, HEADER, *dated(*days)).rejected) == len(days)


def test_a_geopoint_and_its_accuracy(tmp_path: Path) -> None:
    header = "_uuid;visit/kind;visit/gps;start"
    report = read(
        tmp_path, header, '"u-1";sighting;42.893 20.8748 510.2 5.5;2024-03-01'
    )
    assert report.accepted["id"].tolist() == ["u-1"]
    assert report.accepted["uncertainty_m"].item() == pytest.approx(5.5 * 1.6214623)
    assert report.accepted["located_kind"].tolist() == ["device"]
    assert any("1.62 times" in note for note in report.notes)


def test_the_group_prefix_of_a_split_geopoint(tmp_path: Path) -> None:
    header = (
        "_id;location/_gps_latitude;location/_gps_longitude;location/_gps_precision;info/kind;"
        "info/uncertainty_m"
    )
    report = read(tmp_path, header, "7;42.893;20.8748;4;interview;100")
    assert report.accepted["lat"].tolist() == [42.893]
    assert report.accepted["uncertainty_m"].item() == pytest.approx(100 + WIDENED * 4)


def test_device_radius_holds_95_per_cent() -> None:
    # R 4.3: qchisq(0.95, 2) / qchisq(0.68, 2) = 2.62914, its root 1.62146
    assert pytest.approx(16.2146, abs=1e-4) == WIDENED * 10


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        ("lat,lon,gps", "42.9,20.9,42.8 20.8 500 5", "a position given twice"),
        ("a/gps,b/gps2", "42.9 20.9 500 4,42.8 20.8 500 5", "several geopoints"),
        ("a/gps,b/gps", "42.9 20.9 500 4,42.8 20.8 500 5", "several geopoints"),
        ("lat,lon,x/place,y/place", "42.9,20.9,Trepča,Zvečan", "two columns for place"),
        ("lat,lon,people[1]/seen", "42.9,20.9,3", "a repeat group"),
        ("lat,lon,SET-OF-people", "42.9,20.9,3", "a repeat group"),
        ("lat,lon,PARENT_KEY", "42.9,20.9,uuid:1", "a repeat group"),
    ],
)
def test_a_header_with_two_readings_is_a_fault(
    tmp_path: Path, header: str, row: str, problem: str
) -> None:
    report = read(tmp_path, f"id,kind,uncertainty_m,{header}", f"A1,sighting,100,{row}")
    assert problem in report.faults[0].problem
    assert len(report.rejected) == 1


@pytest.mark.parametrize(
    ("header", "row", "needs"),
    [
        ("needs", "food  water", "water; food"),
        ('needs', '"food, water"', "water; food"),
        ("needs/water,needs/food,needs/money", "1,1,0", "water; food"),
        ("g/needs,g/needs/water,g/needs/food", "water food,True,TRUE", "water; food"),
    ],
)  # fmt: skip
def test_select_multiple(tmp_path: Path, header: str, row: str, needs: str) -> None:
    report = read(tmp_path, f"{HEADER},{header}", f"{ROW},{row}")
    assert report.accepted["needs"].tolist() == [needs]


def test_select_multiple_that_disagrees_with_itself(tmp_path: Path) -> None:
    report = read(
        tmp_path, f"{HEADER},needs,needs/water,needs/food", f"{ROW},water,0,1"
    )
    (fault,) = report.faults
    assert "lists water, its columns tick food" in fault.problem


class TestWorkbooks:
    def book(self, path: Path, **sheets: list[Sequence[object]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(path / "s.xlsx")
        return path / "s.xlsx"

    header = (*HEADER.split(","),)
    row = ("A1", "sighting", 42.893, 20.8748, 200, "most", datetime(2024, 3, 1))

    def test_typed_cells_and_rows_as_the_program_shows_them(
        self, tmp_path: Path
    ) -> None:
        bad = ["A2", "sighting", 95, *self.row[3:]]
        report = sightings.read(
            self.book(tmp_path, s=[[], self.header, self.row, [], bad])
        )
        assert report.accepted["date_from"].tolist() == [datetime(2024, 3, 1)]
        assert [fault.row for fault in report.faults] == [5]

    def test_one_of_several_sheets_is_for_the_user_to_name(
        self, tmp_path: Path
    ) -> None:
        path = self.book(
            tmp_path, data=[self.header, self.row], notes=[["x"]], blank=[]
        )
        (fault,) = sightings.read(path).faults
        assert "2 sheets with content: 'data', 'notes'" in fault.problem
        assert (
            len(sightings.read(path, options=FileOptions(sheet="data")).accepted) == 1
        )
        (fault,) = sightings.read(path, options=FileOptions(sheet="dta")).faults
        assert "no sheet 'dta'" in fault.problem

    def test_repeats_are_refused_with_an_explanation(self, tmp_path: Path) -> None:
        path = self.book(
            tmp_path,
            main=[self.header, self.row],
            people=[["seen", "_parent_index"], [3, 1]],
        )
        (fault,) = sightings.read(path).faults
        assert "several groups of people" in fault.problem
        assert "a record of its own" in fault.fix


class TestFilesWithPoints:
    def frame(self, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
        rows = [{"id": "A1", "kind": "sighting", "uncertainty_m": 200, "group_min": None},
                {"id": "A2", "kind": "sighting", "uncertainty_m": -1, "group_min": 3}]  # fmt: skip
        points = gpd.points_from_xy([20.8748, 20.87], [42.893, 42.89], crs="EPSG:4326")
        return gpd.GeoDataFrame(rows, geometry=points).to_crs(crs)

    @pytest.mark.parametrize(
        ("kind", "crs"),
        [
            ("gpkg", "EPSG:4326"),
            ("gpkg", "EPSG:9141"),
            ("parquet", "EPSG:3857"),
            pytest.param("gpkg", "EPSG:3857", marks=pytest.mark.proof),
            pytest.param("parquet", "EPSG:4326", marks=pytest.mark.proof),
            pytest.param("parquet", "EPSG:9141", marks=pytest.mark.proof),
        ],
    )
    def test_points_in_any_crs(self, tmp_path: Path, crs: str, kind: str) -> None:
        if kind == "gpkg":
            self.frame(crs).to_file(tmp_path / "s.gpkg", layer="s")
        else:
            self.frame(crs).to_parquet(tmp_path / "s.parquet", write_covering_bbox=True)
        report = sightings.read(tmp_path / f"s.{kind}")
        assert not report.ignored_columns
        assert report.accepted["lat"].tolist() == pytest.approx([42.893], abs=1e-9)
        assert [(fault.row, fault.column) for fault in report.faults] == [
            (2, "uncertainty_m")
        ]

    def test_one_of_several_layers_is_for_the_user_to_name(
        self, tmp_path: Path
    ) -> None:
        for layer in ("a", "b"):
            self.frame().to_file(tmp_path / "s.gpkg", layer=layer)
        (fault,) = sightings.read(tmp_path / "s.gpkg").faults
        assert "2 layers" in fault.problem
        report = sightings.read(tmp_path / "s.gpkg", options=FileOptions(sheet="a"))
        assert len(report.accepted) == 1


PERSONAL = (
        ("first_name", "names"), ("FirstName", "names"), ("location-first_name", "names"),
        ("group/Emri", "names"), ("Mbiemri", "names"), ("prezime", "names"),
        ("Име и презиме", "names"),
        ("phone", "phone numbers"), ("Kontakti", "phone numbers"),
        ("Numri i telefonit", "phone numbers"), ("Број телефона", "phone numbers"),
        ("e-mail", "e-mail addresses"),
        ("PassportNo", "document or registration numbers"),
        ("numri_personal", "document or registration numbers"),
        ("Број личне карте", "document or registration numbers"),
        ("broj pasoša", "document or registration numbers"),
        ("UNHCR case", "document or registration numbers"), ("DOB", "birth dates"),
        ("Datëlindja", "birth dates"), ("datum rođenja", "birth dates"),
        ("Датум рођења", "birth dates"), ("username", "user names"), ("Adresa", "addresses"),
)  # fmt: skip
"""Headers that look like personal data, and like which."""


@pytest.mark.parametrize(("header", "what"), PERSONAL)
def test_headers_that_look_like_personal_data(header: str, what: str) -> None:
    assert header_suspicion(header) == what


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(
            header,
            marks=[] if header in {"e-mail", "Име и презиме"} else pytest.mark.proof,
        )
        for header, _ in PERSONAL
    ],
)
def test_a_header_that_looks_like_personal_data_stops_the_file(
    tmp_path: Path, header: str
) -> None:
    report = read(tmp_path, f"{HEADER},{header}", f"{ROW},secret")
    assert report.accepted.empty
    assert header in report.faults[0].problem + report.faults[0].column
    assert "--drop-personal" in report.faults[0].fix
    assert "secret" not in text_of(report)


def test_all_headers_that_look_like_personal_data_are_named(tmp_path: Path) -> None:
    headers = [header for header, _ in PERSONAL]
    report = read(
        tmp_path, ",".join([HEADER, *headers]), ROW + ",secret" * len(headers)
    )
    assert report.accepted.empty
    assert {fault.column for fault in report.faults} == {*headers}
    assert all("--drop-personal" in fault.fix for fault in report.faults)
    assert "secret" not in text_of(report)


@pytest.mark.parametrize(
    "header",
    ["weather", "place_name", "contact/weather", "Posta", "team", "Emri i vendit", "ime mesta",
     "river", "kohe", "vreme", "rainfall_mm", "id_of_stop", "number_of_cars", "time"],
)  # fmt: skip
def test_headers_that_do_not(header: str) -> None:
    assert header_suspicion(header) is None


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["ask at info@example.org"], "e-mail addresses"),
        (["+383 44 123 456"], "phone numbers"),
        (["call 044/123-456 later"], "phone numbers"),
        (["00383(44)123456"], "phone numbers"),
        (["38344123456"], "phone numbers"),
        (["1207985712345"], "document or registration numbers"),
        (["has K01234567"], "document or registration numbers"),
        (["123-45C67890"], "document or registration numbers"),
        (["Besim Krasniqi", "Ana Marković", "Ahmad al-Hassan"], "names"),
        (["12.07.1985", "1990-01-01"], "birth dates"),
    ],
)
def test_content_that_looks_like_personal_data(
    tmp_path: Path, values: list[str], what: str
) -> None:
    rows = [f"{ROW.replace('A1', f'A{i}')},{value}" for i, value in enumerate(values)]
    report = read(tmp_path, f"{HEADER},more", *rows)
    (fault,) = report.faults
    assert fault.column == "more"
    assert f"looks like {what} of persons" in fault.problem
    assert report.accepted.empty
    assert not any(value in text_of(report) for value in values)
    dropped = read(
        tmp_path, f"{HEADER},more", *rows, options=FileOptions(drop_personal=True)
    )
    assert len(dropped.accepted) == len(values)
    assert "s.csv: more" in dropped.ignored_columns
    assert not any(value in text_of(dropped) for value in values)


@pytest.mark.parametrize(
    "value",
    ["42.8930", "2024-03-01", "01.03.2024", "S3", "b3f0-12", "12345", "0.000123456",
     "uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"],
)  # fmt: skip
def test_content_that_does_not(value: str) -> None:
    assert value_suspicion(value) is None
    assert masked(value, sensitive=False) == value


def test_personal_data_inside_a_known_column_stops_the_file_too(tmp_path: Path) -> None:
    row = ROW.replace("Urë e vjetër", "call 044 123 456")
    report = read(tmp_path, HEADER, row)
    assert report.faults[0].column == "place"
    assert "123" not in text_of(report)
    report = read(tmp_path, HEADER, row, options=FileOptions(drop_personal=True))
    assert report.accepted["place"].isna().all()


def test_personal_data_where_no_header_is(tmp_path: Path) -> None:
    report = read(tmp_path, "Besim,+383 44 123 456,x", "Ana,+383 44 654 321,y")
    assert "123" not in text_of(report)


@pytest.mark.parametrize(
    "value",
    [
        *("K01234567", "Ahmad.Karimi.b.1998-04-03"),
        *(
            pytest.param(value, marks=pytest.mark.proof)
            for value in ("Besim Krasniqi", "044 123 456", "F000001", "Ahmad")
        ),
    ],
)
def test_any_id_is_taken_and_is_in_no_message(tmp_path: Path, value: str) -> None:
    header = f"{HEADER},relates_to"
    good, own = (f"{ROW.replace('A1', value)},", f"{ROW.replace('A1', 'B1')},{value}")
    taken = read(tmp_path, header, good, own).accepted
    assert taken["id"].tolist() == [value, "B1"]
    assert taken["relates_to"].tolist()[1] == value
    bad = f"{ROW.replace('A1', value).replace('42.8930', '95')},{value}"
    again = read(tmp_path, header, good, good, bad, own.replace(value, f"{value}?"))
    assert {fault.column for fault in again.faults} == {"id", "relates_to", "lat"}
    assert [fault.row for fault in again.faults] == [3, 4, 4, 4, 5]
    assert value not in text_of(again)


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    report = read(tmp_path, HEADER, ROW.replace("sighting", "\x1b[31mred\u202e"))
    assert "\x1b" not in text_of(report)
    assert "\u202e" not in text_of(report)
