"""A study of one's own at the command line: made, filled in, fetched, checked, run, planned."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from folders import digests
from studies import example, valley
from tools.command_line import SHORT, call

from geo import omissions
from geo.crs import to_metric
from geo.params import Params
from geo.sightings import check
from layers.readers import bundled, earlier_run, study
from layers.schema import METRIC, WGS84
from maps import terminal


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    config = tmp_path / "quick.toml"
    config.write_text(SHORT)
    return config


def extract(path: Path) -> Path:
    """Write the ways of the made-up town as an OpenStreetMap file."""
    ways = json.loads((example.EXAMPLE / "network.geojson").read_text("utf-8"))["features"]
    root, nodes = ET.Element("osm", version="0.6"), {}
    lines = []
    for n, way in enumerate(ways, 1):
        line = ET.Element("way", id=str(n), version="1")
        for lon, lat in way["geometry"]["coordinates"]:
            node = nodes.setdefault((lon, lat), str(len(nodes) + 1))
            ET.SubElement(line, "nd", ref=node)
        for key, value in way["properties"].items():
            if key != "layer":
                ET.SubElement(line, "tag", k=key, v=value)
        lines.append(line)
    for (lon, lat), node in nodes.items():
        ET.SubElement(root, "node", id=node, version="1", lon=str(lon), lat=str(lat))
    root.extend(lines)
    ET.ElementTree(root).write(path, "utf-8", xml_declaration=True)
    return path


def command_in(text: str, before: str) -> list[str]:
    """Return the words of a command of this program as a shell takes them, from one line."""
    program, *words = shlex.split(text.partition(before)[2].splitlines()[0])
    assert program == "mitrovica"
    return words


def timetable(folder: Path) -> pd.DataFrame:
    """Return the timetable of a folder, without the words about its use and the prizes."""
    rows = pd.read_csv(folder / "patrol_plan.csv", dtype=str)
    return rows.drop(columns=["handling", "prize"])


def test_a_study_from_an_empty_folder_to_a_plan(tmp_path: Path, quick: Path) -> None:
    """What the tutorial says, step by step."""
    folder, store, out = tmp_path / "my luka", tmp_path / "my store", tmp_path / "my out"
    of_study = ["--study", str(folder), "--store", str(store)]
    outline = example.EXAMPLE / "boundary.geojson"
    made = call("init", folder, "--area", outline, "--title", "Donja Luka")
    assert made.exit_code == 0, made.output
    assert command_in(made.output, "then ") == ["fetch", "--study", str(folder)]
    assert call("init", folder).exit_code == 2

    none = call("run", folder, "--store", store)
    assert none.exit_code == 2
    assert command_in(none.output, "no network for this study. Fix: ") == ["fetch", *of_study]
    address = call("fetch", "--from", "https://example.org/a.osm.pbf", *of_study)
    asked = ["fetch", *of_study, "--from", "a.osm.pbf"]
    assert command_in(address.output, "curl, then ") == asked
    file = extract(tmp_path / "valley.osm")
    fetched = call("fetch", "--study", folder, "--from", file, "--store", store)
    assert fetched.exit_code == 0, fetched.output
    assert command_in(fetched.output, "Next: ") == ["run", str(folder), "--store", str(store)]

    for name in ("places.csv", "sightings.csv"):
        shutil.copy(example.EXAMPLE / name, folder)
    checked = call("sightings", "check", "--study", folder)
    assert checked.exit_code == 0, checked.output
    assert "13 rows: 13 used, 0 rejected" in checked.output
    settings = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(settings.replace('# depot = "office"', 'depot = "office"'))

    options = ("--store", store, "--config", quick, "--out", out)
    ran = call("run", folder, *options)
    assert ran.exit_code == 0, ran.output
    first, *others = ran.stdout.splitlines()
    assert first.startswith("First patrol: ")
    (rows,) = [line for line in others if line.startswith("Sightings: 13 rows: 13 used")]
    assert command_in(rows, "Row by row: ") == ["sightings", "check", *of_study]
    again = ["plan", "--from", str(out), *of_study, "--date", "YYYY-MM-DD"]
    assert command_in(ran.stdout, "Next: ") == again
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    assert record["study"] == "Donja Luka"
    assert record["source"]["kind"] == "snapshot"
    assert json.loads((out / "findings.json").read_text("utf-8"))["n_sightings"] == 12
    for path in out.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(folder).encode() not in content, path
            assert b"Mitrovica region" not in content, path

    # Without its boundary the plan keeps that of the run.
    settings = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(settings.replace("boundary =", "# boundary ="))
    before = digests(out)
    planned = call("plan", "--from", out, "--study", folder, "--store", store)
    assert planned.exit_code == 0, planned.output
    assert "No difference from the plan" in planned.output
    assert before.items() <= digests(out).items()
    record_of_plan = json.loads((out / "plan" / "manifest.json").read_text("utf-8"))
    assert [record_of_plan[key] for key in ("study", "source")] == ["Donja Luka", record["source"]]
    pd.testing.assert_frame_equal(*map(timetable, (out, out / "plan")))
    wrong = call("plan", "--from", out, "--store", store)
    assert wrong.exit_code == 2
    assert "the run was of the study 'Donja Luka'" in wrong.output
    assert "Fix: name the folder of its study with --study" in wrong.output
    assert "Traceback" not in wrong.output


def test_sightings_are_checked_against_the_region_of_the_study(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    rows = "A1,sighting,42.8901,20.8702,100\nB1,sighting,44.3101,18.0002,100\n"
    file.write_text("id,kind,lat,lon,uncertainty_m\n" + rows)
    far = "this lies far from the study region"
    ours = call("sightings", "check", file, "--study", example.EXAMPLE)
    assert (ours.exit_code, ours.output.count(far)) == (1, 1)
    assert "row 2" in ours.output
    shipped = call("sightings", "check", file)
    assert (shipped.exit_code, shipped.output.count(far)) == (1, 1)
    assert "row 3" in shipped.output


@pytest.mark.parametrize("command", [("run", "FOLDER"), ("fetch", "--study", "FOLDER"),
                                     ("sightings", "check", "--study", "FOLDER"),
                                     ("plan", "--study", "FOLDER")])  # fmt: skip
def test_a_folder_of_no_study_is_named_in_one_line(
    tmp_path: Path, town_run: tuple[Path, str], command: tuple[str, ...]
) -> None:
    given = [str(tmp_path) if word == "FOLDER" else word for word in command]
    more = ["--from", str(town_run[0]), "--out", str(tmp_path / "plan")] if "plan" in given else []
    result = call(*given, *more)
    assert result.exit_code == 2
    assert "is not the folder of a study: it has no study.toml" in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("east", "north", "crs"),
    [(0.0, 0.0, "EPSG:32634"), (-0.02, 0.0, "EPSG:32633"), (10.0, -70.0, "EPSG:32735"),
     (2.5, -1.0, METRIC)],
    ids=["east of a zone's edge", "west of it", "southern hemisphere", "touching Kosovo"],
)  # fmt: skip
def test_the_grid_is_that_of_the_boundary_wherever_it_lies(
    tmp_path: Path, east: float, north: float, crs: str
) -> None:
    """The made-up town lies on the edge of two zones; its sightings lie on both sides of it."""
    folder = example.copy(tmp_path)
    example.shift(folder, east, north)
    opened = study.read(folder)
    data, _ = opened.data()
    assert len(data.sightings) == 13
    assert data.sightings.crs == WGS84
    region = to_metric(data)
    assert region.sightings.crs == crs
    check(region.sightings, region.places)


@pytest.fixture
def unbounded(tmp_path: Path) -> Path:
    """Return a study without a boundary, in the southern hemisphere, with a sighting far away."""
    folder = example.copy(tmp_path / "study", boundary=None)
    example.shift(folder, 10.0, -70.0)
    with (folder / "sightings.csv").open("a") as stream:
        stream.write("FAR,sighting,46.00011,18.00011,100,,,,,,\n")
    return folder


HULL = "No outline of its own: the hull of the ways stands for it. To add it: boundary = "


def test_without_a_boundary_it_is_said_what_stands_for_it(unbounded: Path, tmp_path: Path) -> None:
    checked = call("sightings", "check", "--study", unbounded, "--store", tmp_path)
    assert checked.output.count("this lies far from the study region") == 1
    opened = study.read(unbounded)
    data = to_metric(opened.data()[0])
    assert (data.sightings.crs, len(data.sightings)) == ("EPSG:32735", 13)
    left_out = omissions.of_study(data, data.sightings, Params())
    findings = replace(valley.found_without(valley.PAIRWISE[0]), omitted=left_out)
    lines = terminal.lines.of_run(findings, tmp_path, None, "", [])
    assert "\n".join(map(str, lines)).count(HULL) == 1


@pytest.mark.proof
def test_without_a_boundary_the_first_lines_and_the_report_say_what_stands_for_it(
    unbounded: Path, tmp_path: Path, quick: Path
) -> None:
    folder, out = unbounded, tmp_path / "out"
    ran = call("run", folder, "--config", quick, "--out", out, "--store", tmp_path)
    assert ran.exit_code == 0, ran.output
    assert ran.stdout.count(HULL) == 1
    assert HULL in (out / "report.md").read_text("utf-8")
    assert ran.stderr.splitlines()[0].startswith("sightings.csv, row 15, lat, lon: ")
    assert ran.stdout.startswith("First patrol: ")
    assert "Sightings: 14 rows: 13 used, 1 rejected." in ran.stdout
    findings = earlier_run.read(out).findings
    assert findings.n_sightings == 12
    assert findings.sightings.crs == "EPSG:32735"
    assert len(findings.patrols.stops)


def test_the_form_carries_the_id_of_the_study(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    expected = {None: "mitrovica_sightings", example.EXAMPLE: "sightings_donja_luka_a_made_up_town"}
    for folder, form_id in expected.items():
        options = ("--study", folder) if folder else ()
        assert call("sightings", "form", path, *options).exit_code == 0
        rows = list(openpyxl.load_workbook(path)["settings"].values)
        assert dict(zip(*rows, strict=True))["form_id"] == form_id


def test_the_shipped_study_is_used_without_a_folder() -> None:
    assert "7 rows: 7 used" in call("sightings", "check").output
    assert bundled.opened().region.bounds[0] < 20.02
