"""`findings.json`, the plan, the data dictionary and the manifest."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from studies import small_study

from geo import schema
from geo.params import Params, PrivacyParams
from geo.results import Findings
from layers import package_data
from layers.files.handling import Handling
from layers.readers import bundled
from layers.writers import findings_json, formats
from mitrovica.brief import report_tables

HANDLING = Handling(date(2026, 5, 30))


@pytest.fixture(scope="module")
def json_schema() -> dict[str, Any]:
    path = resources.files("layers.data") / "findings.schema.json"
    return json.loads(path.read_text("utf-8"))


@cache
def contradictions() -> pd.DataFrame:
    """Return those of the bundled report, which nobody changes."""
    return report_tables.contradictions(report_tables.read(bundled.opened()))


def rendered(n: int = 5, *, patrols: bool = True) -> dict[str, Any]:
    return rendered_of(small_study.findings(n, patrols=patrols))


def rendered_of(made: Findings) -> dict[str, Any]:
    found = findings_json.render(
        made,
        small_study.data(),
        contradictions=contradictions(),
        ten_lines=["five sightings"],
        handling=HANDLING,
    )
    return json.loads(json.dumps(found, allow_nan=False))


@pytest.mark.parametrize(
    ("n", "patrols"),
    [(5, True), (0, False), pytest.param(1, True, marks=pytest.mark.proof)],
)
def test_the_findings_keep_to_their_schema(
    json_schema: dict[str, Any], n: int, patrols: bool
) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema)
    jsonschema.Draft202012Validator(json_schema).validate(rendered(n, patrols=patrols))


def test_the_schema_refuses_what_is_not_in_it(json_schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(json_schema)
    spoilt = rendered()
    for change in ({"schema_version": "9.9"}, {"note": "x"}, {"n_sightings": -1}):
        assert not validator.is_valid(spoilt | change)
    spoilt["proximity"][0]["age_min"] = 18
    assert not validator.is_valid(spoilt)


def test_the_schema_names_the_columns_of_the_tables(
    json_schema: dict[str, Any],
) -> None:
    assert json_schema["properties"]["schema_version"]["const"] == schema.SCHEMA_VERSION
    tables_of = {table.name: table for table in schema.OUTPUTS}
    defined = set(json_schema["$defs"]) - {"tour"}
    assert defined <= tables_of.keys()
    for name in defined:
        table, rows = tables_of[name], json_schema["$defs"][name]["properties"]
        fixed = [column for column in table.names if not column.startswith("p_")]
        bands = json_schema["$defs"][name].get("patternProperties", {})
        assert list(rows) == (fixed if bands else table.names)
        for column, row in rows.items():
            assert tuple(row.get("enum", [None])[:-1]) == table[column].values


def test_numbers_and_nulls_come_out_as_such() -> None:
    found = rendered()
    assert found["n_sightings"] == 5
    assert found["counts"]["places"] == 9
    first = found["proximity"][0]
    assert (first["sighting"], first["distance_m"], first["p_100m"]) == (
        "S1",
        100.0,
        None,
    )
    assert first["located_from_kind"] is True
    assert found["hotspots"][0]["sightings"] == ["S1", "S2", "S3"]
    assert [row["relates_to"] for row in found["excluded_records"]] == ["S1", None]


def test_models_and_tests_name_their_assumptions() -> None:
    found = rendered()
    assert found["placed_sightings"] == 5
    assert found["proximity_totals"][0]["by_effort_high"] == 1.3
    walked = found["access"]
    assert walked["label"] == "model with assumptions"
    assert (walked["kinds"], walked["cell_m"]) == (["health"], 400.0)
    assert [row["parameter"] for row in found["assumptions"]] == ["off_path"]


def test_no_sighting_leaves_no_number_that_json_does_not_know() -> None:
    found = rendered(0)
    assert found["proximity_totals"][0]["by_effort_high"] is None
    assert found["periods"] == [None, None]


@pytest.mark.parametrize(
    ("periods", "span"),
    [
        (["2021-10"], ["2021-10", "2021-10"]),
        (["2021-Q4", "2021-11", None], ["2021-10", "2021-12"]),
        (["2022-01", "2019-Q1"], ["2019-01", "2022-01"]),
        ([None], [None, None]),
    ],
)
def test_the_periods_span_from_the_first_month_to_the_last(
    periods: list[str | None], span: list[str | None]
) -> None:
    made = small_study.findings(len(periods))
    dated = made.sightings.assign(period=pd.array(periods, dtype="string"))
    assert rendered_of(replace(made, sightings=dated))["periods"] == span


def test_what_the_grid_costs_is_given_in_metres() -> None:
    """The mean is checked against the middle of a fine lattice over the cell."""
    side = (np.arange(1000) + 0.5) / 1000 - 0.5
    mean = np.hypot(*np.meshgrid(side, side)).mean()
    made = small_study.findings()
    wide = small_study.findings()
    wide = replace(
        wide, sightings=wide.sightings[:0], privacy=PrivacyParams(grid_m=300.0)
    )
    for found, grid_m in ((made, 100.0), (wide, 300.0)):
        privacy = rendered_of(found)["privacy"]
        assert privacy["grid_m"] == grid_m
        assert privacy["off_at_most_m"] == pytest.approx(grid_m / 2**0.5, abs=0.05)
        assert privacy["off_on_average_m"] == pytest.approx(mean * grid_m, abs=0.05)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_the_small_sample_note_says_what_one_more_could_do(n: int) -> None:
    sample = findings_json.small_sample(n)
    assert sample["one_more_could_move_a_share_by"] == pytest.approx(
        1 / (n + 1), abs=5e-5
    )


def test_the_plan_is_a_csv_with_the_tables_columns(tmp_path: Path) -> None:
    stops = small_study.findings().patrols.stops
    formats.csv(schema.STOPS, stops, tmp_path / "plan.csv", HANDLING)
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*schema.STOPS.names, "handling"]
    assert {row["handling"] for row in rows} == {HANDLING.line()}
    assert len(rows) == len(stops)
    assert (rows[1]["name"], rows[1]["arrival_s"]) == ("Bus station", "66600")


@pytest.mark.parametrize(
    ("name", "cell"),
    [("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+383", "'+383"), ("-1", "'-1"), ("@x", "'@x"),
     ("\t=1", "'=1"), ("\r|cmd", "'|cmd"), ("a\r\nb", "a b"), ("＝1", "'＝1"), ("＋1", "'＋1"),
     ("－1", "'－1"), ("＠x", "'＠x"), ("a;=1;@b", "a;'=1;'@b"), ("a; \u200b-1", "a; \u200b'-1"),
     ("a\t=1", "a =1"), ("Rr. 1-2; M-2", "Rr. 1-2; M-2")],
)  # fmt: skip
def test_a_spreadsheet_runs_no_name_as_a_formula(
    tmp_path: Path, name: str, cell: str
) -> None:
    stops = small_study.findings(name=name).patrols.stops
    formats.csv(schema.STOPS, stops, tmp_path / "plan.csv", HANDLING)
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        assert {row["name"] for row in csv.DictReader(file)} == {cell}


def test_numbers_below_zero_stay_numbers(tmp_path: Path) -> None:
    rows = schema.CORRIDOR_TESTS.frame(pd.DataFrame({"null": ["effort"], "p": [-0.5]}))
    formats.csv(schema.CORRIDOR_TESTS, rows, tmp_path / "a.csv", HANDLING)
    assert (tmp_path / "a.csv").read_text().splitlines()[1].startswith("effort,,,,-0.5")


def dictionary(where: dict[str, list[str]]) -> str:
    return package_data.filled(
        "dictionary.md",
        handling=HANDLING.line(),
        tables=schema.OUTPUTS,
        where=where,
        others={},
    )


def test_the_dictionary_describes_every_exported_column_and_no_other() -> None:
    text = dictionary({"patrol_plan": ["patrol_plan.csv"]})
    for table in schema.OUTPUTS:
        section = text.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        listed = [
            line.split("`")[1]
            for line in section.splitlines()
            if line.startswith("| `")
        ]
        assert listed == table.names
        assert table.meaning in section
    assert "In `patrol_plan.csv`." in text
    assert "clothing" not in text


def test_every_row_of_the_dictionary_has_five_cells() -> None:
    lines = [line for line in dictionary({}).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


def test_the_manifest_fingerprints_every_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for path, content in ((out / "a.txt", "a"), (out / "layers" / "b.txt", "b")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    params = Params(patrols={"seed": 7})
    record = findings_json.manifest(
        out,
        made_by="run",
        study="A town",
        source=small_study.SOURCE,
        params=params,
        handling=HANDLING,
        inputs={"sightings files": 1},
        now=datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))),
    )
    assert [entry["file"] for entry in record["outputs"]] == ["a.txt", "layers/b.txt"]
    assert record["outputs"][0]["sha256"] == hashlib.sha256(b"a").hexdigest()
    assert record["inputs"] == {"sightings files": 1}
    assert record["handling"] == HANDLING.line()
    assert record["study"] == "A town"
    assert record["holds_until"] == "2026-05-30"
    assert (record["written"], record["made_by"]) == (
        "2026-03-01T12:00:00+00:00",
        "run",
    )
    assert record["parameters"]["patrols"]["seed"] == 7
    assert "seed" not in record, "each part has its own, among the parameters"


def test_the_parameters_of_a_manifest_can_be_used_again(tmp_path: Path) -> None:
    record = findings_json.manifest(
        tmp_path, made_by="run", study="A town", source=small_study.SOURCE, params=Params(),
        handling=HANDLING, inputs={}, now=datetime.now(UTC),
    )  # fmt: skip
    assert Params(**json.loads(json.dumps(record["parameters"]))) == Params()
