"""What a sightings file can have wrong without looking wrong, and files that are too large."""

from __future__ import annotations

import json
import math
import os
import re
import socket
import sqlite3
import struct
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from studies.example import OPTIONS

from layers.readers.tabular.parsing import Fault, day, local_time
from layers.readers.tabular.table_file import MOST_BYTES
from layers.readers.tabular.tables import MOST_CELLS, MOST_COLUMNS
from mitrovica.intake import report as sightings
from mitrovica.intake.options import FileOptions
from mitrovica.intake.record_rows import least_uncertainty_m
from mitrovica.intake.report import SightingsReport

HEADER = "id,kind,lat,lon,uncertainty_m,date_from"
ROW = "A1,sighting,42.8930,20.8748,200,2024-03-01"
ZONE = "Europe/Belgrade"
POINT = {"type": "Point", "coordinates": [20.8748, 42.893]}


def read(path: Path, *lines: str, options: FileOptions = OPTIONS) -> SightingsReport:
    file = path / "s.csv"
    file.write_text("\n".join(lines), "utf-8")
    return sightings.read(file, options=options)


def only(report: SightingsReport) -> Fault:
    """Return the one fault of a report in which nothing is used."""
    (fault,) = report.faults
    assert report.accepted.empty
    return fault


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("gps", "42.8930 20.8748 510 0"),
        ("gps,uncertainty_m", "42.8930 20.8748 510 0.0,50"),
        ("_gps_latitude,_gps_longitude,_gps_precision", "42.8930,20.8748,0"),
    ],
)
def test_a_device_that_states_0_m_is_not_believed(
    tmp_path: Path, header: str, row: str
) -> None:
    fault = only(read(tmp_path, f"id,kind,{header}", f"A1,sighting,{row}"))
    assert fault.column == "uncertainty_m"
    assert "accuracy of 0 m" in fault.problem
    assert "leave it empty" in fault.fix


@pytest.mark.parametrize(
    ("header", "decision", "words"),
    [
        ("_validation_status", "validation_status_not_approved", "not approved"),
        ("_validation_status", "Not Approved", "not approved"),
        ("_validation_status", "validation_status_on_hold", "on hold"),
        ("_validation_status", '"{""uid"": ""validation_status_not_approved"", ""label"": ""x""}"',
         "not approved"),
        ("ReviewState", "rejected", "rejected"),
        ("__system-reviewState", "hasIssues", "having issues"),
    ],
)  # fmt: skip
def test_what_a_reviewer_kept_out_stays_out(
    tmp_path: Path, header: str, decision: str, words: str
) -> None:
    good = ROW.replace("A1", "A2")
    report = read(tmp_path, f"{HEADER},{header}", f"{ROW},{decision}", f"{good},")
    assert report.accepted["id"].tolist() == ["A2"]
    assert report.lines()[0] == "2 rows: 1 used, 1 rejected"
    (fault,) = report.faults
    assert (fault.row, fault.column) == (2, header)
    assert f"marked this submission as {words}" in fault.problem


def test_what_a_reviewer_let_pass_is_used(tmp_path: Path) -> None:
    decisions = [
        "",
        "approved",
        "validation_status_approved",
        "edited",
        "received",
        "{}",
    ]
    rows = [
        f"{ROW.replace('A1', f'A{n}')},{decision}"
        for n, decision in enumerate(decisions)
    ]
    report = read(tmp_path, f"{HEADER},_validation_status", *rows)
    assert len(report.accepted) == len(decisions)


def test_a_decision_in_unknown_words_is_a_fault(tmp_path: Path) -> None:
    fault = only(read(tmp_path, f"{HEADER},ReviewState", f"{ROW},odbijeno"))
    assert "not known" in fault.problem
    assert "not their labels" in fault.fix


def test_a_time_with_an_offset_becomes_local(tmp_path: Path) -> None:
    local = {
        "2024-03-01T23:30Z": datetime(2024, 3, 2, 0, 30),
        "2024-07-01T22:30:00.000Z": datetime(2024, 7, 2, 0, 30),
        "2024-03-01T23:30+01:00": datetime(2024, 3, 1, 23, 30),
        "2024-03-01 23:30 -0500": datetime(2024, 3, 2, 5, 30),
        "2024-03-01T00:30:00+05:30": datetime(2024, 2, 29, 20),
        "2024-03-01T23:30": datetime(2024, 3, 1, 23, 30),
    }
    rows = [
        ROW.replace("A1", f"A{n}").replace("2024-03-01", text)
        for n, text in enumerate(local)
    ]
    assert read(tmp_path, HEADER, *rows).accepted["date_from"].tolist() == [
        *local.values()
    ]


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_names_the_same_moment_however_it_is_written(
    moment: datetime, ahead: int
) -> None:
    moment = moment.replace(second=0, microsecond=0)
    shifted = moment + pd.Timedelta(minutes=ahead)
    sign, (hours, minutes) = "-" if ahead < 0 else "+", divmod(abs(ahead), 60)
    text = f"{shifted:%Y-%m-%dT%H:%M}{sign}{hours:02}:{minutes:02}"
    assert day(text, FileOptions(zone=ZONE)) == local_time(
        moment.replace(tzinfo=UTC), ZONE
    )


def test_an_offset_that_no_place_has_is_refused(tmp_path: Path) -> None:
    fault = only(
        read(tmp_path, HEADER, ROW.replace("2024-03-01", "2024-03-01T10:00+99:00"))
    )
    assert "offset of +99:00" in fault.problem


def test_a_geopackage_that_states_utc_is_read_in_local_time(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["A1"], "kind": ["sighting"], "uncertainty_m": [200],
         "date_from": pd.to_datetime(["2024-03-01T23:30:00Z"])},
        geometry=gpd.points_from_xy([20.8748], [42.893]), crs="EPSG:4326",
    )  # fmt: skip
    frame.to_file(tmp_path / "s.gpkg")
    report = sightings.read(tmp_path / "s.gpkg", options=FileOptions(zone=ZONE))
    assert report.accepted["date_from"].tolist() == [datetime(2024, 3, 2, 0, 30)]


@pytest.mark.parametrize("column", ["date_from", "date_to"])
def test_a_day_to_come_is_a_fault(tmp_path: Path, column: str) -> None:
    options = FileOptions(today=date(2024, 3, 1))
    header, row = HEADER.replace("date_from", column), ROW.rpartition(",")[0]
    assert (
        len(read(tmp_path, header, f"{row},2024-03-01T23:00", options=options).accepted)
        == 1
    )
    fault = only(read(tmp_path, header, f"{row},2024-03-02", options=options))
    assert fault.column == column
    assert "in the future: today is 2024-03-01" in fault.problem


@pytest.mark.parametrize(
    ("lat", "lon", "stated", "least"),
    [
        ("42.89", "20.87", "5", 556),
        ("42.89", "20.87", "555", 556),
        ("42.893", "20.87", "50", 56),
        ("42,893", "20,875", "0", 56),
        ("42.9", "21.0", "1000", 5560),
        ("43", "21", "20000", 55_598),
    ],
)
def test_a_position_is_known_no_better_than_its_decimals(
    tmp_path: Path, lat: str, lon: str, stated: str, least: int
) -> None:
    # Half of the last decimal of a degree of latitude, 111.195 km.
    def row(uncertainty_m: object) -> str:
        return f'A1,sighting,"{lat}","{lon}",{uncertainty_m},2024-03-01'

    fault = only(read(tmp_path, HEADER, row(stated)))
    assert fault.column == "uncertainty_m"
    assert f"no better than {least} m" in fault.problem
    assert f"at least {least}" in fault.fix
    assert len(read(tmp_path, HEADER, row(least)).accepted) == 1


@pytest.mark.parametrize(
    ("lat", "lon"), [("42.8930", "20.875"), ("42.893", "20.8750"), ("42.8900", "20.8700"),
                     ("42.893", "20.8748")]
)  # fmt: skip
def test_a_zero_that_is_written_counts_as_a_decimal(
    tmp_path: Path, lat: str, lon: str
) -> None:
    assert (
        len(read(tmp_path, HEADER, f"A1,sighting,{lat},{lon},6,2024-03-01").accepted)
        == 1
    )


@given(
    lat=st.integers(41_900_000, 43_200_000), lon=st.integers(20_100_000, 21_700_000),
    decimals=st.tuples(st.integers(0, 6), st.integers(0, 6)), stated=st.integers(0, 70_000),
)  # fmt: skip
def test_the_decimals_of_a_feature_are_those_of_its_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    lat: int,
    lon: int,
    decimals: tuple[int, int],
    stated: int,
) -> None:
    at = [round(x / 1e6, d) for x, d in zip((lon, lat), decimals, strict=True)]
    longest = max(len(f"{x:.6f}".rstrip("0").partition(".")[2]) for x in at)
    path = tmp_path_factory.getbasetemp() / "decimals.geojson"
    properties = {"id": "A1", "kind": "sighting", "uncertainty_m": stated}
    feature = {
        "geometry": {"type": "Point", "coordinates": at},
        "properties": properties,
    }
    path.write_text(json.dumps({"features": [feature]}))
    report = sightings.read(path, options=FileOptions(region=shapely.box(0, 0, 90, 90)))
    assert bool(report.faults) == (
        longest <= 3 and stated < least_uncertainty_m(longest)
    )


def test_a_feature_without_a_point_costs_its_row_only(tmp_path: Path) -> None:
    none = [None, {"type": "Point"}, {"type": "Point", "coordinates": []},
            {"type": "Point", "coordinates": None},
            {"type": "Point", "coordinates": ["20.8", "42.8"]},
            {"type": "Point", "coordinates": [1e999, 42.8]},
            {"type": "Point", "coordinates": [10**400, 42.8]},
            {"type": "MultiPoint", "coordinates": [[20.8, 42.8]]}, "here", []]  # fmt: skip
    properties = {"kind": "sighting", "uncertainty_m": 200}
    features = [
        {"id": f"A{n}", "geometry": geometry, "properties": properties}
        for n, geometry in enumerate([POINT, *none, POINT], 1)
    ]
    path = tmp_path / "s.geojson"
    text = json.dumps({"type": "FeatureCollection", "features": features})
    path.write_text(text, "utf-8-sig")  # with the mark that some programs put before it
    report = sightings.read(path)
    assert report.accepted["id"].tolist() == ["A1", f"A{len(features)}"]
    assert {fault.row for fault in report.faults} == set(range(2, len(features)))


class TestWorkbooks:
    def book(self, path: Path, *rows: str) -> openpyxl.Workbook:
        book = openpyxl.Workbook()
        for row in (HEADER, *rows):
            book.worksheets[0].append([cell or None for cell in row.split(",")])
        return book

    def read(self, book: openpyxl.Workbook, path: Path) -> SightingsReport:
        book.save(path / "s.xlsx")
        return sightings.read(path / "s.xlsx")

    def test_what_a_workbook_hides_is_read_as_all_else(self, tmp_path: Path) -> None:
        book = self.book(tmp_path, ROW, ROW.replace("A1", "A2"))
        book.worksheets[0].row_dimensions[3].hidden = True
        book.worksheets[0].column_dimensions["E"].hidden = True
        report = self.read(book, tmp_path)
        assert report.accepted["id"].tolist() == ["A1", "A2"]

    def test_rows_beyond_the_size_that_a_workbook_states_are_read(
        self, tmp_path: Path
    ) -> None:
        """Some exporters state one row."""
        path = tmp_path / "s.xlsx"
        self.book(tmp_path, ROW, ROW.replace("A1", "A2")).save(path)
        parts = {}
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                part = book.read(name)
                parts[name] = re.sub(
                    rb'<dimension ref="[^"]+"', b'<dimension ref="A1:B1"', part
                )
        with zipfile.ZipFile(path, "w") as book:
            for name, part in parts.items():
                book.writestr(name, part)
        assert sightings.read(path).accepted["id"].tolist() == ["A1", "A2"]

    def test_an_empty_cell_at_the_right_is_no_missing_cell(
        self, tmp_path: Path
    ) -> None:
        book = self.book(
            tmp_path, ROW.replace("2024-03-01", ""), ROW.replace("A1", "A2")
        )
        report = self.read(book, tmp_path)
        assert report.accepted["id"].tolist() == ["A1", "A2"]

    def test_what_unpacks_to_more_than_is_read_is_refused_before(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "s.xlsx"
        self.book(tmp_path, ROW).save(path)
        data = bytearray(path.read_bytes())
        for at in range(
            len(data)
        ):  # the directory at the end states what each part unpacks to
            if data[at : at + 4] == b"PK\x01\x02":
                data[at + 24 : at + 28] = struct.pack("<I", 900_000_000)
        path.write_bytes(data)
        fault = only(sightings.read(path))
        assert "at most 1,000,000,000 are read" in fault.problem

    def test_cells_far_apart_are_counted_as_a_table(self, tmp_path: Path) -> None:
        path = tmp_path / "s.xlsx"
        self.book(tmp_path, ROW).save(path)
        rows = "".join(
            f'<row r="{r}"><c r="{place}{r}"><v>1</v></c></row>'
            for r, place in ((1, "A"), (1_048_576, "XFD"))
        )
        sheet = ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                 f"<sheetData>{rows}</sheetData></worksheet>")  # fmt: skip
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name, part in parts.items():
                new.writestr(
                    name, sheet if name == "xl/worksheets/sheet1.xml" else part
                )
        assert path.stat().st_size < 100_000
        assert f"more than {MOST_CELLS:,} cells" in only(sightings.read(path)).problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"id,kind\n" + b"," * (MOST_CELLS + 1), "cells"),
        (b"a," * MOST_COLUMNS + b"b\n1,2\n", f"{MOST_COLUMNS:,} columns"),
    ],
    ids=["cells", "columns"],
)
def test_a_table_that_is_too_large_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(content)
    fault = only(sightings.read(path))
    assert problem in fault.problem
    assert "Fix: cut it into several files" in str(fault)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    assert f"at most {MOST_BYTES:,} are read" in only(sightings.read(path)).problem


def test_what_is_no_file_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in (
            tmp_path / "pipe",
            tmp_path / "socket",
            tmp_path,
            Path("/dev/zero"),
        ):
            assert "no file" in only(sightings.read(path)).problem


def test_a_layer_that_is_a_query_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.gpkg"
    frame = gpd.GeoDataFrame(
        {"id": ["A1"]},
        geometry=gpd.points_from_xy([20.8748], [42.893]),
        crs="EPSG:4326",
    )
    frame.to_file(path, layer="s")
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT i AS id FROM n"
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('endless', 'attributes', 'endless')"
        )
    database.close()
    fault = only(sightings.read(path, options=FileOptions(sheet="endless")))
    assert "'endless' is a view" in fault.problem


def test_ten_rows_of_each_fault_are_listed_and_the_others_counted(
    tmp_path: Path,
) -> None:
    rows = [ROW.replace("A1", f"A{i}") for i in range(40)]
    rows[5:30] = [
        row.replace("42.8930", f"{i + 91}") for i, row in enumerate(rows[5:30])
    ]
    rows[35] = rows[35].replace("sighting", "rumour")
    report = read(tmp_path, HEADER, *rows)
    above = [line for line in report.lines() if "cannot be above 90" in line]
    assert len(report.faults) == len(report.rejected) == 26
    assert len(above) == 11
    assert above[:2] == [str(fault) for fault in report.faults[:2]]
    assert "lat: 15 more rows of this kind, down to row 31" in above[-1]
    assert len(report.lines()) == 13


@given(
    st.lists(
        st.sampled_from(["42.8912", "x", "42.89123", "", "95", "20.8748"]), max_size=60
    )
)
def test_no_row_is_lost_between_those_listed_and_those_counted(
    tmp_path_factory: pytest.TempPathFactory, lats: list[str]
) -> None:
    rows = [f"A{i},sighting,{lat},20.8748,200,2024-03-01" for i, lat in enumerate(lats)]
    report = read(tmp_path_factory.getbasetemp(), HEADER, *rows)
    bad = sum(lat not in {"42.8912", "42.89123"} for lat in lats)
    assert len(report.rejected) == bad
    listed = [line for line in report.lines()[1:] if "more rows" not in line]
    counted = [
        int(line.split(": ")[1].split()[0])
        for line in report.lines()
        if "more rows" in line
    ]
    assert len(listed) + sum(counted) == bad
    assert len(listed) <= 10 * 4
    assert math.isclose(len(report.accepted) + bad, len(lats))
