"""Sightings as servers answer them, and as tagged tables."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tools.clients import module

from mitrovica.intake import report
from mitrovica.intake.report import SightingsReport

PLACES = ((42.8914, 20.8660), (42.9012, 20.8441), (42.8807, 20.8795))
DAYS = ("2026-03-02", "2026-03-09", "2026-04-01")
CSV = "id,kind,lat,lon,uncertainty_m,group_min,group_max,date_from,date_to\n" + "".join(
    f"s{n},sighting,{lat},{lon},{50 + n},{n + 2},{n + 4},{day},{day}\n"
    for n, ((lat, lon), day) in enumerate(zip(PLACES, DAYS, strict=True))
)


def rows(found: SightingsReport) -> list[tuple[Any, ...]]:
    assert found.faults == [], found.fault_lines()
    columns = ["lat", "lon", "uncertainty_m", "group_min", "date_from"]
    frame = found.accepted[columns].assign(
        date_from=found.accepted["date_from"].dt.strftime("%F")
    )
    return [tuple(row) for row in frame.itertuples(index=False)]


@pytest.fixture
def expected(tmp_path: Path) -> list[tuple[Any, ...]]:
    path = tmp_path / "plain.csv"
    path.write_text(CSV)
    return rows(report.read(path))


def answers() -> list[dict[str, Any]]:
    frame = pd.read_csv(io.StringIO(CSV)).drop(columns=["id", "lat", "lon"])
    return json.loads(frame.to_json(orient="records"))


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(content))
    return path


def test_kobo_api_answers_are_read(
    tmp_path: Path, expected: list[tuple[Any, ...]]
) -> None:
    results = [
        {
            "_id": n, "_uuid": f"u{n}", "_submitted_by": "crew1", "_attachments": [],
            "_validation_status": {}, "_geolocation": [lat, lon],
            **{f"met/{name}": value for name, value in one.items() if name != "kind"},
            "kind": one["kind"], "where/lat": lat, "where/lon": lon,
        }
        for n, (one, (lat, lon)) in enumerate(zip(answers(), PLACES, strict=True))
    ]  # fmt: skip
    whole = {"count": 3, "next": None, "previous": None, "results": results}
    assert rows(report.read(written(tmp_path, whole))) == expected
    part = report.read(written(tmp_path, whole | {"count": 30, "next": "?start=3"}))
    assert any("a page of 3 of 30" in note for note in part.notes)


def test_odk_central_odata_is_read(tmp_path: Path) -> None:
    value = [
        {
            "__id": f"uuid:{n}",
            "__system": {
                "submissionDate": "2026-05-01T10:00:00Z", "submitterId": "22",
                "submitterName": "Arta Krasniqi", "attachmentsPresent": 0, "reviewState": None,
            },
            "meta": {"instanceID": f"uuid:{n}"},
            "kind": one["kind"],
            "where": {
                "location": {
                    "type": "Point", "coordinates": [lon, lat, 512.5],
                    "properties": {"accuracy": 10.0},
                }
            },
            "met": {k: one[k] for k in ("group_min", "group_max", "date_from", "date_to")},
        }
        for n, (one, (lat, lon)) in enumerate(zip(answers(), PLACES, strict=True))
    ]  # fmt: skip
    content = {
        "@odata.context": "https://odk/x.svc/$metadata#Submissions",
        "value": value,
    }
    found = report.read(written(tmp_path, content))
    assert [row[:2] for row in rows(found)] == list(PLACES)
    assert found.accepted["id"].tolist() == ["uuid:0", "uuid:1", "uuid:2"]
    assert (found.accepted["uncertainty_m"] >= 10).all()
    assert "Arta" not in " ".join([*found.lines(), found.accepted.to_csv()])
    more = content | {"@odata.nextLink": "https://odk/x.svc/Submissions?$skiptoken=1"}
    assert any(
        "a page of 3 of more" in note
        for note in report.read(written(tmp_path, more)).notes
    )
    value[1]["__system"]["reviewState"] = "rejected"
    assert "rejected" in str(report.read(written(tmp_path, content)).faults[0])


@pytest.mark.parametrize("as_geojson", [True, False])
def test_events_of_earthranger_are_read_without_who_reported_them(
    tmp_path: Path, expected: list[tuple[Any, ...]], *, as_geojson: bool
) -> None:
    events = [
        {
            "id": f"e{n}", "serial_number": n, "event_type": "group_met", "priority": 0,
            "time": f"{one.pop('date_from')}T21:30:00+01:00", "state": "active", "title": None,
            "reported_by": {"name": "Ranger Ana", "username": "ana"}, "event_details": one,
        }
        for n, one in enumerate(answers())
    ]  # fmt: skip
    if as_geojson:
        content: object = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": event,
                 "geometry": {"type": "Point", "coordinates": [lon, lat]}}
                for event, (lat, lon) in zip(events, PLACES, strict=True)
            ],
        }  # fmt: skip
    else:
        for event, (lat, lon) in zip(events, PLACES, strict=True):
            event["location"] = {"latitude": lat, "longitude": lon}
        content = {
            "data": {"count": 3, "next": None, "results": events},
            "status": {"code": 200},
        }
    found = report.read(written(tmp_path, content))
    assert rows(found) == expected
    assert "Ana" not in " ".join([*found.lines(), found.accepted.to_csv()])


@pytest.mark.parametrize("with_header", [True, False])
def test_what_libhxl_writes_is_read_by_its_tags(
    tmp_path: Path, expected: list[tuple[Any, ...]], *, with_header: bool
) -> None:
    hxl = module("hxl", "libhxl")
    tags = ["#meta+id", "#event+type", "#geo+lat+v_wgs84", "#geo +lon", "#geo+uncertainty+m",
            "#affected+min+i", "#affected+max", "#date+start", "#date +end"]  # fmt: skip
    lines = [line.split(",") for line in CSV.splitlines()]
    header = [f"Column {n}" for n in range(len(tags))]
    source = hxl.data([header, tags, *lines[1:]], hxl.InputOptions(allow_local=True))
    path = tmp_path / "tagged.csv"
    path.write_text("".join(source.gen_csv(show_headers=with_header)))
    assert rows(report.read(path)) == expected


def test_a_column_with_a_name_of_ours_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text(CSV.replace("date_to\n", "date_to\n,,,#geo+lat,#geo+lon,,,,\n", 1))
    assert [row[:2] for row in rows(report.read(path))] == list(PLACES)
