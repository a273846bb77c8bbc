"""A study of one's own at the command line: made, filled in, fetched, checked, run, planned."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from studies import example, kinds, valley
from tools.command_line import call, passed

from geo import omissions
from geo.crs import to_metric
from geo.params import Params
from geo.schema import METRIC, WGS84
from geo.sightings import check
from layers.complaints import UserError
from layers.readers import bundled, earlier_run, study
from maps.view import put_together
from mitrovica import terminal
from mitrovica.intake import study_sightings


def command_in(text: str, before: str) -> list[str]:
    """Return the words of a command of this program as a shell takes them, from one line."""
    program, *words = shlex.split(text.partition(before)[2].splitlines()[0])
    assert program == "mitrovica"
    return words


def test_a_study_from_an_empty_folder_to_its_sightings(tmp_path: Path) -> None:
    """What the tutorial says, step by step."""
    folder, store = tmp_path / "my luka", tmp_path / "my store"
    of_study = ["--study", str(folder), "--store", str(store)]
    outline = example.EXAMPLE / "boundary.geojson"
    made = passed("init", folder, "--area", outline, "--title", "Donja Luka")
    assert command_in(made.output, "then ") == ["fetch", "--study", str(folder)]
    assert call("init", folder).exit_code == 2

    none = call("run", folder, "--store", store)
    assert none.exit_code == 2
    assert command_in(none.output, "no network for this study. Fix: ") == [
        "fetch",
        *of_study,
    ]
    address = call("fetch", "--from", "https://example.org/a.osm.pbf", *of_study)
    asked = ["fetch", *of_study, "--from", "a.osm.pbf"]
    assert command_in(address.output, "curl, then ") == asked
    file = kinds.extract(example.EXAMPLE / "network.geojson", tmp_path / "valley.osm")
    fetched = passed("fetch", "--study", folder, "--from", file, "--store", store)
    assert command_in(fetched.output, "Next: ") == [
        "run",
        str(folder),
        "--store",
        str(store),
    ]

    for name in ("places.csv", "sightings.csv"):
        shutil.copy(example.EXAMPLE / name, folder)
    checked = passed("run", "check", "--study", folder)
    assert "13 rows: 13 used, 0 rejected" in checked.output


def test_a_run_of_another_study_is_refused(town_run: tuple[Path, str]) -> None:
    wrong = call("plan", "--from", town_run[0], "--study", example.EXAMPLE)
    assert wrong.exit_code == 2
    assert "the run was of the study 'Mitrovica region'" in wrong.output
    assert "Fix: name the folder of its study with --study" in wrong.output


def test_sightings_are_checked_against_the_region_of_the_study(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    rows = "A1,sighting,42.8901,20.8702,100\nB1,sighting,44.3101,18.0002,100\n"
    file.write_text("id,kind,lat,lon,uncertainty_m\n" + rows)
    far = "this lies far from the study region"
    ours = call("run", "check", file, "--study", example.EXAMPLE)
    assert (ours.exit_code, ours.output.count(far)) == (1, 1)
    assert "row 2" in ours.output
    shipped = call("run", "check", file)
    assert (shipped.exit_code, shipped.output.count(far)) == (1, 1)
    assert "row 3" in shipped.output


@pytest.mark.parametrize("command", [("run", "FOLDER"), ("fetch", "--study", "FOLDER"),
                                     ("run", "check", "--study", "FOLDER"),
                                     ("plan", "--study", "FOLDER")])  # fmt: skip
def test_a_folder_of_no_study_is_named_in_one_line(
    tmp_path: Path, town_run: tuple[Path, str], command: tuple[str, ...]
) -> None:
    given = [str(tmp_path) if word == "FOLDER" else word for word in command]
    more = (
        ["--from", str(town_run[0]), "--out", str(tmp_path / "plan")]
        if "plan" in given
        else []
    )
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


HULL = (
    "No outline of its own: the hull of the ways stands for it. To add it: boundary = "
)
LEFT_OUT = "Left out: an outline of its own"


def test_without_a_boundary_it_is_said_what_stands_for_it(
    unbounded: Path, tmp_path: Path
) -> None:
    checked = call("run", "check", "--study", unbounded, "--store", tmp_path)
    assert checked.output.count("this lies far from the study region") == 1
    opened = study.read(unbounded)
    with pytest.raises(UserError, match=r"row 15, lat, lon: .* far from the study"):
        opened.data()
    accepted = study_sightings.check(opened.on(opened.network())).accepted
    data = to_metric(opened.data(accepted)[0])
    assert (data.sightings.crs, len(data.sightings)) == ("EPSG:32735", 13)
    left_out = omissions.of_study(data, data.sightings, Params())
    findings = replace(valley.found_without(valley.PAIRWISE[0]), omitted=left_out)
    shown = put_together(findings, valley.study_data(valley.PAIRWISE[0]), date.today())
    lines = terminal.lines.of_run(shown, tmp_path, None, "", [])
    assert [line for line in lines if line.startswith(LEFT_OUT)]


@pytest.mark.proof
def test_without_a_boundary_the_first_lines_and_the_report_say_what_stands_for_it(
    unbounded: Path, tmp_path: Path, quick_config: Path
) -> None:
    folder, out = unbounded, tmp_path / "out"
    ran = passed(
        "run", folder, "--config", quick_config, "--out", out, "--store", tmp_path
    )
    assert ran.stdout.count(LEFT_OUT) == 1
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
    expected = {
        None: "mitrovica_sightings",
        example.EXAMPLE: "sightings_donja_luka_a_made_up_town",
    }
    for folder, form_id in expected.items():
        options = ("--study", folder) if folder else ()
        assert call("init", "form", path, *options).exit_code == 0
        rows = list(openpyxl.load_workbook(path)["settings"].values)
        assert dict(zip(*rows, strict=True))["form_id"] == form_id


def test_the_shipped_study_is_used_without_a_folder() -> None:
    assert "7 rows: 7 used" in call("run", "check").output
    assert bundled.opened().region.bounds[0] < 20.02
