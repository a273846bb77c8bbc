"""Small tables of a study: services, press, totals of others."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from studies import example

from layers.complaints import UserError
from layers.readers import study
from layers.readers.study import files


def opened(tmp_path: Path, **tables: str) -> study.Study:
    named = {key: f"{key}.csv" for key in tables}
    example.copy(tmp_path, **named)
    for key, text in tables.items():
        (tmp_path / f"{key}.csv").write_text(text, "utf-8")
    return study.read(tmp_path)


def place_of(tmp_path: Path) -> str:
    return str(study.read(example.copy(tmp_path)).places["id"].iloc[0])


def test_what_a_table_does_not_ask_for_is_not_read(tmp_path: Path) -> None:
    """A press report that says where people went next is kept without it."""
    place = place_of(tmp_path)
    text = f"month,place,source,heading,then_seen_at\n2026-11,{place},A paper,north,the bridge\n"
    found = opened(tmp_path, press=text).table("press")
    assert found.columns.tolist() == ["month", "place", "source"]
    assert "bridge" not in found.to_csv()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-13,{place},A paper", "this is not a month"),
        ("2026-11,moon,A paper", "no such place"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, row: str, says: str) -> None:
    row = row.format(place=place_of(tmp_path))
    with pytest.raises(UserError, match=f"{says}.*Fix: |Fix: .*{says}"):
        opened(tmp_path, press=f"month,place,source\n{row}\n").table("press")


def test_a_step_that_is_missing_is_named(tmp_path: Path) -> None:
    text = "need,step,service,organisation\nmedical,,health_care,A house\n"
    with pytest.raises(UserError, match="step"):
        opened(tmp_path, services=text).table("services")


def test_a_table_may_lack_a_column_that_it_need_not_have(tmp_path: Path) -> None:
    text = "need,step,service,source\nmedical,1,health_care,the office\n"
    [place] = opened(tmp_path, services=text).table("services")["place"]
    assert place is pd.NA


def test_a_study_without_them_has_empty_ones(tmp_path: Path) -> None:
    found = study.read(example.copy(tmp_path))
    assert all(found.table(key).empty for key in ("services", "press", "others"))
    assert found.data()[0].services.empty


HEAD = "need,step,service,organisation,place,hours,contact,source"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("safe_house,A house,{place},,+383 38 111", "place"),
        ("safe_house,A house,,,42.8912 20.8660", "contact"),
        ('guardian,A guardian,,,"42,8912 N"', "contact"),
        ("safe_house,A house,,,geo:42.9", "contact"),
        ("safe_house,A house,,,https://maps.example/x", "contact"),
        ("safe_house,A house,,,8FXR+7Q", "contact"),
        ("safe_house,A house,,,34TDN 12345 67890", "contact"),
        ("safe_house,House in Station Road 5,,,+383 38 111", "organisation"),
        ("safe_house,A house,,ring at rr. Nëna Terezë 5,+383 38 111", "hours"),
        ("guardian,Kuća,,,ul. Kralja Petra 5", "contact"),
        ("guardian,Кућа,,,улица Краља Петра", "contact"),
        ("guardian,Haus,,,Bahnhofstraße 5", "contact"),
        ("guardian,A house,,,no. 5", "contact"),
    ],
)
def test_where_a_safe_house_is_stands_nowhere(
    tmp_path: Path, row: str, column: str
) -> None:
    text = f"{HEAD}\nviolence,1,{row.format(place=place_of(tmp_path))},source\n"
    with pytest.raises(
        UserError, match=f"column {column}.*Fix: leave it out|{column}.*Fix: "
    ):
        opened(tmp_path, services=text).table("services")


@pytest.mark.parametrize("column", ["lat", "Longitude", "address", "Adresa"])
def test_services_have_no_column_for_a_place_but_its_id(
    tmp_path: Path, column: str
) -> None:
    text = f"need,step,service,source,{column}\nviolence,1,safe_house,s,1\n"
    with pytest.raises(UserError, match=f"has the column {column}, .*Fix: take it out"):
        opened(tmp_path, services=text).table("services")


@pytest.mark.parametrize(
    "contact", ["+383 38 111 222", "044 123 456", "DCAM duty desk, ext. 12"]
)
def test_a_contact_for_referral_is_read_and_goes_no_further(
    tmp_path: Path, contact: str
) -> None:
    text = f'{HEAD}\nviolence,1,safe_house,A house,,,"{contact}",source\n'
    found = opened(tmp_path, services=text)
    assert found.table("services")["contact"].tolist() == [contact]
    drawn = found.data()[0].services
    assert contact not in drawn.to_csv()
    assert "A house" not in drawn.to_csv()


def test_a_text_that_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    """Half of a pair of UTF-16, as JSON may escape it."""
    ring = [[20, 42], [21, 42], [21, 43], [20, 42]]
    feature = {
        "type": "Feature",
        "properties": {"name": "\ud800"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "boundary.geojson"
    path.write_text(json.dumps({"features": [feature]}))
    with pytest.raises(
        UserError, match=r"a text that cannot be read .* Fix: export it"
    ):
        files.outline(path, "A study")
