"""Sightings from the field: every row used or rejected with its reasons, none lost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import shapely
from folders import DATA
from studies.example import OPTIONS

from geo.schema import EMPTY_VISITS, RECORDS, REJECTED
from layers import package_data
from layers.readers import bundled
from mitrovica.intake import report as sightings
from mitrovica.intake.options import FileOptions
from mitrovica.intake.personal import MASK
from mitrovica.intake.report import SightingsReport

GOOD = {
    "id": "A1", "kind": "sighting", "lat": "42.8930", "lon": "20.8748", "uncertainty_m": "200",
    "located_kind": "railway", "place": "by the old mill", "group_min": "3", "group_max": "5",
    "date_from": "2024-03-01", "date_to": "2024-03-02",
}  # fmt: skip

Write = Callable[..., Path]


def written(
    folder: Path, *changes: dict[str, str], sep: str = ",", encoding: str = "utf-8"
) -> Path:
    """Write rows, good but for what each one changes, as CSV."""
    rows = [{**GOOD, "id": f"A{i}", **change} for i, change in enumerate(changes, 1)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=sep, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "sightings.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return partial(written, tmp_path)


def read(*files: Path, options: FileOptions = OPTIONS) -> SightingsReport:
    """Read files as the bundled study reads them."""
    return sightings.read(*files, options=options)


def assert_whole(report: SightingsReport) -> SightingsReport:
    """Check what holds of every report."""
    assert report.rows == len(report.accepted) + len(report.visits) + len(
        report.rejected
    )
    assert list(report.accepted.columns) == [*RECORDS.names, "geometry"]
    assert list(report.visits.columns) == [*EMPTY_VISITS.names, "geometry"]
    assert list(report.rejected.columns) == REJECTED.names
    assert report.accepted.crs == report.visits.crs == "EPSG:4326"
    assert report.accepted["id"].is_unique
    assert report.rejected[["problem", "fix"]].notna().all().all()
    assert not report.rejected.duplicated(["file", "row"]).any()
    return report


def test_the_bundled_sightings_read_as_the_bundle_does(tmp_path: Path) -> None:
    path = tmp_path / "sightings.csv"
    path.write_bytes((package_data.STUDY / "sightings.csv").read_bytes())
    report = assert_whole(read(path))
    assert not report.faults
    pd.testing.assert_frame_equal(report.accepted, bundled.records())


def test_twelve_bad_rows_among_thirty_good() -> None:
    report = assert_whole(read(DATA / "sightings_twelve_bad.csv"))
    assert (report.rows, len(report.accepted), len(report.rejected)) == (42, 30, 12)
    rows = [5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38]
    assert report.rejected["row"].tolist() == rows
    assert report.lines()[0] == "42 rows: 30 used, 12 rejected"
    assert len({fault.problem for fault in report.faults}) >= 12


BAD = [
    ({"relates_to": "A1"}, "relates_to", "relates to itself", "another"),
    ({"lat": "142.893"}, "lat", "above 90", "-90 to 90"),
    (
        {"lat": "20.8748", "lon": "42.8930"},
        "lat, lon",
        "swapped",
        "lat 42.893, lon 20.8748",
    ),
    (
        {"lat": "48.2082", "lon": "16.3738"},
        "lat, lon",
        "far from the study region",
        "digits",
    ),
    ({"lat": ""}, "lat", "is empty", "latitude"),
    ({"lat": "inf"}, "lat", "not a number", "degrees"),
    ({"lon": "NaN"}, "lon", "not a number", "degrees"),
    ({"uncertainty_m": "-1"}, "uncertainty_m", "below 0", "metres"),
    ({"uncertainty_m": "ca. 200"}, "uncertainty_m", "not a number", "metres"),
    ({"group_min": "-4"}, "group_min", "below 1", "whole number of persons"),
    (
        {"group_min": "2.5"},
        "group_min",
        "not a whole number",
        "whole number of persons",
    ),
    ({"group_min": "7"}, "group_min, group_max", "group_min is above", "exchange"),
    (
        {"age_min": "40", "age_max": "20"},
        "age_min, age_max",
        "age_min is above",
        "exchange",
    ),
    ({"date_to": "2024-02-28"}, "date_from, date_to", "end is before", "exchange"),
    (
        {"date_from": "31.02.2024"},
        "date_from",
        "no such day in the calendar",
        "2021-10-31",
    ),
    ({"date_from": "in spring"}, "date_from", "not a date", "2021-10-31"),
    ({"date_from": "1024-03-01"}, "date_from", "year 1024", "check the year"),
    ({"kind": "rumour"}, "kind", "no such value", "sighting, interview, visit"),
    ({"kind": ""}, "kind", "is empty", "what was recorded"),
    ({"located_kind": "lake"}, "located_kind", "no such value", "railway"),
    ({"heading": "up"}, "heading", "no such value", "north"),
    ({"needs": "water gold"}, "needs", "no such value", "phone_charging"),
    ({"relates_to": "B9"}, "relates_to", "no row has this id", "leave it empty"),
]
"""What each row changes, and what is said of it."""


@pytest.fixture(scope="module")
def of_bad(tmp_path_factory: pytest.TempPathFactory) -> SightingsReport:
    """Return what is said of the bad rows, and of one that is good."""
    changes = [change for change, *_ in BAD]
    return assert_whole(read(written(tmp_path_factory.mktemp("bad"), *changes, {})))


@pytest.mark.parametrize("row", range(len(BAD)))
def test_a_bad_row_is_named_with_column_value_and_fix(
    of_bad: SightingsReport, row: int
) -> None:
    _, column, problem, fix = BAD[row]
    (fault,) = (fault for fault in of_bad.faults if fault.row == row + 2)
    assert (fault.file, fault.column) == ("sightings.csv", column)
    assert problem in fault.problem
    assert fix in fault.fix
    assert of_bad.accepted["id"].tolist() == [f"A{len(BAD) + 1}"]


def test_all_faults_of_a_row_are_gathered(write: Write) -> None:
    path = write({"lat": "x", "group_min": "0", "kind": "", "date_from": "soon"})
    report = assert_whole(read(path))
    assert {fault.column for fault in report.faults} == {
        "lat",
        "group_min",
        "kind",
        "date_from",
    }
    assert len(report.rejected) == 1
    assert set(report.rejected["column"].item().split("; ")) == {
        f.column for f in report.faults
    }


def test_an_id_used_twice_names_the_first_row(write: Write) -> None:
    report = assert_whole(read(write({"id": "X1"}, {"id": "X1"})))
    assert "sightings.csv, row 2" in report.faults[0].problem
    assert report.faults[0].row == 3


def test_a_relation_may_point_forward_and_to_a_rejected_row(write: Write) -> None:
    report = read(write({"relates_to": "A2"}, {"lat": "x"}, {"relates_to": "A1"}))
    assert report.accepted["relates_to"].tolist() == ["A2", "A1"]


def test_files_are_judged_together(write: Write, tmp_path: Path) -> None:
    first = write({}, {}).rename(tmp_path / "first.csv")
    second = write({}, {"id": "B2", "relates_to": "A2"})
    report = assert_whole(read(first, second))
    assert report.rows == 4
    assert report.accepted["id"].tolist() == ["A1", "A2", "B2"]
    assert report.rejected["file"].tolist() == ["sightings.csv"]


def test_the_same_file_twice_uses_each_row_once(write: Write) -> None:
    path = write({}, {})
    report = assert_whole(read(path, path))
    assert report.accepted["id"].tolist() == ["A1", "A2"]
    assert report.rejected["column"].tolist() == ["id", "id"]


def test_files_of_one_name_are_numbered(write: Write, tmp_path: Path) -> None:
    path = write({"lat": "x"})
    (tmp_path / "b").mkdir()
    other = path.rename(tmp_path / "b" / path.name)
    report = assert_whole(read(other, write({"id": "B1", "lat": "x"})))
    assert report.rejected["file"].tolist() == [
        "sightings.csv (1)",
        "sightings.csv (2)",
    ]


def test_an_empty_visit_with_a_group_is_a_fault(write: Write) -> None:
    (fault,) = read(write({"kind": "visit"})).faults
    assert fault.column == "group_min, group_max"
    assert "enter it as a sighting" in fault.fix


def test_a_visit_in_a_file_of_the_needed_columns_alone(tmp_path: Path) -> None:
    path = tmp_path / "visit.csv"
    path.write_text("id,kind,lat,lon,uncertainty_m\nA1,visit,42.8912,20.8745,100\n")
    report = assert_whole(read(path))
    assert report.faults == []
    assert report.visits["lat"].tolist() == [42.8912]


def test_faults_of_whole_files_come_before_those_of_rows(tmp_path: Path) -> None:
    rows, empty = tmp_path / "a.csv", tmp_path / "b.csv"
    rows.write_text("id,kind,lat,lon,uncertainty_m\nA1,sighting,95,20.87,9\n")
    empty.touch()
    faults = read(rows, empty).faults
    assert [(f.file, f.row) for f in faults] == [("b.csv", 0), ("a.csv", 2)]


def test_an_empty_cell_shows_no_value(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("id,kind,lat,lon,uncertainty_m\nA1,sighting,42.89,20.87,\n")
    (fault,) = read(path).faults
    assert fault.value == ""


def test_missing_columns_are_gathered_and_reject_every_row(tmp_path: Path) -> None:
    path = tmp_path / "thin.csv"
    path.write_text("id,lat,remark\nA1,42.9,x\n\nA2,42.8,y\n")
    report = assert_whole(read(path))
    (fault,) = report.faults
    assert fault.row == 0
    assert fault.column == "kind, lon, uncertainty_m"
    assert "the file has id, lat, remark" in fault.problem
    assert report.rejected["row"].tolist() == [2, 4]


def test_columns_that_no_table_knows_are_listed_and_not_taken_in(write: Write) -> None:
    report = read(write({"weather": "rain"}))
    assert report.ignored_columns == ["sightings.csv: weather"]
    assert len(report.accepted) == 1


def test_text_about_people_is_masked(write: Write) -> None:
    change = {
        "heading": "towards his cousin",
        "note": "a secret",
        "place": "a house",
        "lat": "?",
    }
    report = read(write(change))
    text_of_report = "\n".join(report.lines()) + report.rejected.to_csv()
    assert MASK in text_of_report
    for text in ("cousin", "secret", "house"):
        assert text not in text_of_report


def test_a_visit_where_nobody_was_met_is_kept_apart(write: Write) -> None:
    report = assert_whole(
        read(write({}, {"kind": "visit", "group_min": "", "group_max": ""}))
    )
    assert report.visits["id"].tolist() == ["A2"]
    assert report.lines()[0] == "2 rows: 1 used, 1 of nobody met, 0 rejected"


@pytest.mark.parametrize(("place", "cells"), [("by the mill, north,", 12), ("", 10)])
def test_a_row_cut_wrongly_is_rejected(write: Write, place: str, cells: int) -> None:
    path = write({}, {})
    path.write_text(path.read_text().replace("by the old mill,", place, 1))
    report = assert_whole(read(path))
    assert f"{cells} cells, the header 11" in report.faults[0].problem
    assert report.accepted["id"].tolist() == ["A2"]


def test_a_quotation_mark_that_is_not_closed_loses_nothing_in_silence(
    write: Write,
) -> None:
    path = write({}, {})
    path.write_text(path.read_text().replace("by the", '"by the', 1))
    report = assert_whole(read(path))
    assert report.accepted.empty
    assert "quotation mark" in report.faults[0].fix


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04 s.csv", "ZIP archive"),
        (b"PK\x03\x04 [Content_Types].xml", "no workbook that can"),
        (b"SQLite format 3\x00", "no GeoPackage"),
        (b"\xd0\xcf\x11\xe0", "no workbook that can"),
        (b"{", "no GeoJSON"),
        (b"[1]", "no GeoJSON FeatureCollection"),
        (b'{"features": [], "crs": {"name": "EPSG:9141"}}', "knows only WGS 84"),
    ],
    ids=str,
)
def test_what_a_file_is_if_not_sightings(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    (fault,) = assert_whole(read(path)).faults
    assert problem in fault.problem
    assert fault.fix


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\x00\x81\xff"])
def test_an_empty_or_foreign_file_is_a_fault_and_no_traceback(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    report = assert_whole(read(path))
    assert report.rows == 0
    assert len(report.faults) == 1


def test_geojson_points_carry_the_position(tmp_path: Path) -> None:
    def feature(name: str, geometry: object) -> dict[str, object]:
        properties = {k: v for k, v in GOOD.items() if k not in {"lat", "lon"}}
        return {
            "type": "Feature",
            "geometry": geometry,
            "properties": {**properties, "id": name},
        }

    point = {"type": "Point", "coordinates": [20.8748, 42.893]}
    line = {"type": "LineString", "coordinates": [[20.8, 42.8], [20.9, 42.9]]}
    features = [feature("A1", point), feature("A2", line), feature("A3", None)]
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    report = assert_whole(read(path))
    assert report.accepted["lat"].tolist() == [42.893]
    assert report.rejected["row"].tolist() == [2, 3]
    assert "not one point" in report.faults[0].problem


def test_a_property_and_a_geometry_that_disagree_are_a_fault(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [20.8748, 42.8939]}
    feature = {"type": "Feature", "geometry": point, "properties": GOOD}
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (fault,) = read(path).faults
    assert "the property says 42.893, the geometry 42.8939" in fault.problem


def test_another_region_is_an_option(write: Write) -> None:
    path = write({"lat": "48.2082", "lon": "16.3738"})
    report = read(path, options=FileOptions(region=shapely.box(16.0, 48.0, 17.0, 49.0)))
    assert len(report.accepted) == 1


def test_a_file_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent.csv")


def test_the_ids_of_field_servers_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "server.csv"
    ids = ["uuid:5f1c0b9a-7c1d-4b0e-9a52-0a9d5c7f2e11", "2026/11/A-07", "Š1"]
    rows = "\n".join(f"{code},sighting,42.8912,20.8734,100" for code in ids)
    path.write_text(f"id,kind,lat,lon,uncertainty_m\n{rows}\n", "utf-8")
    assert list(read(path).accepted["id"]) == ids
