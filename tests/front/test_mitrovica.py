"""The command line, as a user meets it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
from folders import DATA, digests
from servers.overpass_server import Server, serving
from tools.command_line import SHORT, call, passed

pytestmark = pytest.mark.usefixtures("town")

FILES = {
    "map.html", "crew.html", "study.gpkg", "patrol_plan.csv", "findings.json", "data_dictionary.md",
    "manifest.json", "layers", "patrols", "stop_cards.pdf", "report.md",
}  # fmt: skip


EACH_RUN = pytest.mark.parametrize(
    "made", ["bundled_run", pytest.param("installed_run", marks=pytest.mark.proof)]
)


@EACH_RUN
def test_a_run_leaves_everything_that_the_readme_promises(
    made: str, request: pytest.FixtureRequest
) -> None:
    out, _ = request.getfixturevalue(made)
    assert {path.name for path in out.iterdir()} >= FILES
    assert json.loads((out / "findings.json").read_text("utf-8"))["n_sightings"] == 5


@EACH_RUN
def test_a_run_ends_with_what_to_do_what_was_found_where_and_on_what_it_rests(
    made: str, request: pytest.FixtureRequest
) -> None:
    out, output = request.getfixturevalue(made)
    lines = output.strip().splitlines()
    if made == "bundled_run":
        # The user's own file of parameters.
        assert lines.pop(-4).startswith("What never leaves (")
    assert len(lines) == 10, output
    assert lines[0].startswith("First patrol: Evening, vehicle 1, leaves DCAM regional")
    assert lines[-4].startswith("5 sightings prove little")
    assert lines[-3:] == [
        f"Map: {out / 'map.html'}; crews take {out / 'crew.html'}",
        f"Report: {out / 'report.md'}, with tables, all reasons, and what all of it rests on",
        f"Next: mitrovica plan --from {out} --date YYYY-MM-DD",
    ]
    # All else that was found is in the report.
    report = (out / "report.md").read_text("utf-8")
    for line in json.loads((out / "findings.json").read_text("utf-8"))["summary"][:-1]:
        assert line in report


TWICE = (
    ("A1", "42.8930,20.8748,50", "10,10,2026-05-01,2026-05-01"),
    ("A2", "42.8931,20.8749,60", "10,10,2026-05-01,2026-05-01"),
    ("A3", "42.9099,20.8452,60", "4,4,2026-05-09,2026-05-09"),
    # Past the crossing, where the reader still takes it and no test has a window for it.
    ("X9", "43.0201,20.8502,100", ",,,"),
)
"""Id, place, and size and days of four sightings, two of them probably of one group."""

Ran = tuple[Path, str, Path]


@pytest.fixture(scope="module")
def ran(town: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ran]:
    """Return what makes a run on a file with bad rows and `TWICE`, with a choice for duplicates.

    It gives the folder, what was printed, and the file of sightings; parameters lie beside it.
    """

    @cache
    def run(choice: str) -> Ran:
        home = tmp_path_factory.mktemp(choice)
        rows = pd.read_csv(DATA / "sightings_twelve_bad.csv", dtype=str)
        names = [
            "lat",
            "lon",
            "uncertainty_m",
            "group_min",
            "group_max",
            "date_from",
            "date_to",
        ]
        more = [
            {
                "id": id_,
                "kind": "sighting",
                **dict(zip(names, f"{at},{what}".split(","), strict=True)),
            }
            for id_, at, what in TWICE
        ]
        file, config = home / "field.csv", home / "bands.toml"
        pd.concat([rows, pd.DataFrame(more)]).to_csv(file, index=False)
        # Patrols take long, and nothing here is about them.
        config.write_text(
            SHORT.replace("[250]", "[75, 300], primary_band_m = 300").replace(
                "vehicles", 'depot = "", vehicles'
            )
        )
        result = passed(
            "run", "--sightings", file, "--duplicates", choice, "--snapshot", "own",
            "--config", config, "--out", home / "out",
        )  # fmt: skip
        return home / "out", result.output, file

    return run


def test_bad_rows_are_named_and_kept_inside_and_the_others_are_used(
    ran: Callable[[str], Ran], data_home: Path
) -> None:
    out, output, file = ran("merge")
    assert "46 rows: 34 used, 12 rejected" in output
    (line,) = [
        line for line in output.splitlines() if line.startswith("What never leaves")
    ]
    inside = Path(line.split("): ")[1])
    assert inside.parent == data_home / "mitrovica" / "runs"
    assert (inside / "rejected_sightings.csv").read_text("utf-8").count("\n") == 13
    # A sighting or interview each, without the twelve bad rows, visits, and what was merged.
    assert (inside / "sighting_ids.csv").read_text("utf-8").count("\n") == 34
    named = json.loads((inside / "inputs.json").read_text("utf-8"))["inputs"]
    assert [Path(entry["file"]).name for entry in named] == [file.name, "bands.toml"]
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    assert record["inputs"] == {"sightings files": 1, "parameter files": 1, "logs": 0}
    left = [path for path in out.rglob("*") if path.is_file()]
    for trace in (file.name, "bands.toml", *(entry["sha256"] for entry in named)):
        assert not [path for path in left if trace.encode() in path.read_bytes()], trace
    assert not [path for path in left if path.name.startswith("rejected")]


@pytest.mark.proof
@pytest.mark.parametrize(
    "rows",
    [
        "A1,sighting,42.8901,20.8702,100\nX9,sighting,43.0201,20.8502,100\n",
        "X9,sighting,43.0201,20.8502,100\n",
    ],
)
def test_sightings_beyond_the_boundary_are_counted(
    tmp_path: Path, quick_config: Path, rows: str
) -> None:
    """Past the crossing, where the reader still takes them."""
    file = tmp_path / "sightings.csv"
    file.write_text("id,kind,lat,lon,uncertainty_m\n" + rows)
    options = ("--snapshot", "own", "--config", quick_config, "--out", tmp_path / "out")
    passed("run", "--sightings", file, *options)
    found = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    assert found["n_sightings"] == rows.count("sighting")


def test_checking_tells_by_its_exit_code(tmp_path: Path) -> None:
    assert call("run", "check", DATA / "sightings_twelve_bad.csv").exit_code == 1
    good = tmp_path / "good.csv"
    good.write_text("id,kind,lat,lon,uncertainty_m\nA1,sighting,42.8901,20.8702,100\n")
    assert call("run", "check", good).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["run", "--config", "missing.toml"], "missing.toml"),
        (["run", "--snapshot", "no-such"], "no-such"),
        (["run", "--sightings", "missing.csv"], "missing.csv"),
        (["fetch", "--from", "missing.osm.pbf"], "missing.osm.pbf"),
        (["fetch", "--area", "missing.geojson"], "missing.geojson"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_message(
    arguments: list[str], name: str, tmp_path: Path
) -> None:
    result = call(*arguments, "--store", tmp_path)
    assert result.exit_code == 2, result.output
    assert name in result.output
    assert "Traceback" not in result.output


def test_a_wrong_parameter_is_named_with_what_was_found(tmp_path: Path) -> None:
    config = tmp_path / "study.toml"
    config.write_text("[patrols]\nvehicles = 0\n[hotspot]\n")
    result = call("run", "--config", config, "--store", tmp_path)
    assert result.exit_code == 2
    assert "patrols.vehicles: found 0" in result.output
    config.write_bytes('depot = "Prishtinë"'.encode("latin-1"))
    assert "is not valid TOML in UTF-8" in call("run", "--config", config).output
    config.write_text("[patrols\n")
    assert (
        "is not valid TOML in UTF-8"
        in call("run", "--config", config, "--store", tmp_path).output
    )


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """Return a store with a snapshot, of a server that answers as Overpass does; fetched twice."""
    store = tmp_path / "store"
    with serving(Server()) as server:
        places = (
            "--store",
            store,
            "--cache",
            tmp_path / "cache",
            "--area",
            "mitrovica",
        )
        servers = ("--server", "http://127.0.0.1:9/api", "--server", server.url)
        first = call("fetch", *servers, *places)
        requests = len(server.requests)
        again = call("fetch", *servers, *places)
        assert first.exit_code == again.exit_code == 0, first.output
        assert "127.0.0.1:9: " in first.output
        assert "this server is given up\n" in first.output
        assert "given up" not in again.output
        assert 0 < requests == len(server.requests), "a second fetch makes no request"
    return store


def test_what_is_fetched_from_overpass_is_listed(fetched: Path) -> None:
    assert "2026-11-20" in call("fetch", "list", "--store", fetched).output


def osm_file(path: Path, railway: str, *more: tuple[float, float]) -> Path:
    """Write a railway of 2 km near Mitrovica, and a road through more points, as OpenStreetMap."""
    ends = [(20.85, 42.88), (20.85, 42.898)]
    with osmium.SimpleWriter(path) as out:
        for id_, at in enumerate([*ends, *more], 1):
            out.add_node(osmium.osm.mutable.Node(id=id_, location=at, version=1))
        tags = {"railway": railway, "name": "Ibar"}
        out.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2], tags=tags, version=1))
        if more:
            nodes, tags = [1, *range(3, 3 + len(more))], {"highway": "primary"}
            out.add_way(osmium.osm.mutable.Way(id=2, nodes=nodes, tags=tags, version=1))
    return path


def test_fetch_says_what_changed_since_another_snapshot(tmp_path: Path) -> None:
    store = ("--store", tmp_path / "store")
    before = osm_file(tmp_path / "before.osm", "disused")
    now = osm_file(tmp_path / "now.osm", "rail", (20.86, 42.88))
    first = call("fetch", "--from", before, *store).output.split()[1]
    result = passed("fetch", "--from", now, "--compare", first, *store)
    said = [line.split() for line in result.output.splitlines()]
    at = said.index(["layer", "kind", "change", "features", "km"])
    assert said[at + 1 : at + 3] == [
        ["railways", "rail", "disused", "to", "active", "1", "2.00"],
        ["roads", "primary", "added", "1", "0.82"],
    ]
    unknown = call("fetch", "--from", now, "--compare", "nothing", *store)
    assert unknown.exit_code == 2
    assert "no snapshot 'nothing'" in unknown.output


@pytest.mark.proof
def test_fetch_from_overpass_then_run_and_plan_the_same_again(
    fetched: Path, tmp_path: Path, quick_config: Path
) -> None:
    store, out = fetched, tmp_path / "out"
    passed("run", "--store", store, "--config", quick_config, "--out", out)
    source = json.loads((out / "manifest.json").read_text("utf-8"))["source"]
    assert source["kind"] == "snapshot"
    assert source["osm_date"].startswith("2026-11-20")
    before = digests(out)
    planned = passed("plan", "--from", out, "--store", store)
    assert "No difference from the plan of the run." in planned.output
    assert f"Map: {out / 'plan' / 'map.html'}" in planned.output
    assert before.items() <= digests(out).items()
    again, first = (
        pd.read_csv(folder / "patrol_plan.csv", dtype=str)
        for folder in (out / "plan", out)
    )
    prize = [table.pop("prize").astype(float) for table in (again, first)]
    until = [table.pop("handling") for table in (again, first)]
    assert all((words.str.contains("Holds until")).all() for words in until)
    pd.testing.assert_frame_equal(again, first)
    assert np.abs(prize[0] - prize[1]).max() < 1e-5
    assert (
        json.loads((out / "plan" / "manifest.json").read_text("utf-8"))["source"]
        == source
    )


@pytest.mark.proof
def test_fetch_from_an_extract_then_run(
    shared: Path, tmp_path: Path, quick_config: Path
) -> None:
    store, out = tmp_path / "store", tmp_path / "out"
    extract = shared / "data" / "osm" / "mitrovica_core.osm.pbf"
    assert call("fetch", "--from", extract, "--store", store).exit_code == 0
    passed("run", "--store", store, "--config", quick_config, "--out", out)
    assert "mitrovica_core" in (out / "report.md").read_text("utf-8")


def test_terrain_lies_beside_the_snapshot(shared: Path, tmp_path: Path) -> None:
    osm = shared / "data" / "osm" / "mitrovica_core.osm.pbf"
    dem = shared / "data" / "dem" / "mitrovica_dem_7p5s_coarse.tif"
    terrain = ("--terrain", dem, "--terrain-cell", 200, "--terrain-detail", 500)
    result = passed("fetch", "--from", osm, *terrain, "--store", tmp_path)
    assert "cells of 200 m" in result.output
    assert len(list(tmp_path.glob("*/terrain.tif"))) == 1


@pytest.mark.parametrize(
    ("choice", "n"), [("merge", 30), pytest.param("keep", 31, marks=pytest.mark.proof)]
)
def test_probable_duplicates_are_merged_by_choice_and_one_beyond_the_boundary_is_named(
    ran: Callable[[str], Ran], choice: str, n: int
) -> None:
    out, output, _ = ran(choice)
    outcome = {"merge": "merged", "keep": "kept"}[choice]
    assert f"A1 and A2 may be one group, 14 m apart, score 0.80: {outcome}" in output
    assert ("Merged into other rows: 1" in output) == (choice == "merge")
    assert ("--duplicates merge" in output) == (choice == "keep")
    findings = json.loads((out / "findings.json").read_text("utf-8"))
    assert findings["n_sightings"] == n
    # Other bands reach the findings.
    row = findings["proximity"][0]
    assert {name for name in row if name.startswith("p_")} == {"p_75m", "p_300m"}
    assert row["p_300m"] is not None
    sightings = (
        gpd.read_file(out / "layers" / "sightings.geojson").set_index("id").geometry.y
    )
    assert (sightings > 43).sum() == 1
    manifest = (out / "manifest.json").read_text("utf-8")
    merged = {"choice": choice, "merged_records": int(choice == "merge")}
    assert json.loads(manifest)["duplicates"] == merged
    assert "A1" not in manifest


# The output folder


def test_a_folder_in_use_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    result = call("run", "--sightings", tmp_path / "missing.csv", "--out", out)
    os.close(handle)
    assert result.exit_code == 2
    assert f"{out} is in use" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "plan", "map"])
def test_a_manifest_without_outputs_is_refused_in_one_line(
    town_run: tuple[Path, str], tmp_path: Path, command: str
) -> None:
    copy = tmp_path / "out"
    shutil.copytree(town_run[0], copy)
    record = json.loads((copy / "manifest.json").read_text("utf-8"))
    del record["outputs"]
    (copy / "manifest.json").write_text(json.dumps(record))
    result = call(command, "--out" if command == "run" else "--from", copy)
    assert result.exit_code == 2
    assert "has no list of outputs" in result.output
    assert len(result.output.splitlines()) == 1


def test_the_form_is_written(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    assert call("init", "form", path).exit_code == 0
    assert path.read_bytes().startswith(b"PK")


@pytest.mark.parametrize("option", [("--decimal", ";"), ("--dates", "ymd")])
def test_an_unknown_value_of_an_option_is_named(option: tuple[str, str]) -> None:
    result = call("run", "--sightings", DATA / "sightings_twelve_bad.csv", *option)
    assert result.exit_code == 2
    assert f"{option[0]} {option[1]} is not known. Fix: say " in result.output


def test_another_choice_for_duplicates_is_refused() -> None:
    result = call("run", "--duplicates", "perhaps")
    assert result.exit_code == 2
    assert "'perhaps' is not one of 'keep', 'merge'" in " ".join(result.output.split())
