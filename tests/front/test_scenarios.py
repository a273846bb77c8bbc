"""`plan --compare` with scenarios, as a user calls it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from folders import digests
from tools.command_line import call

from layers.complaints import UserError
from mitrovica.scenarios import scenario_files as scenarios

pytestmark = pytest.mark.usefixtures("town")

QUICK = "iterations = 5\n"


@pytest.fixture
def run(one_night: tuple[Path, str]) -> Path:
    return one_night[0] / "run"


def test_scenarios_are_set_beside_each_other_and_the_run_stays_as_it_was(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "now.toml").write_text(f"[patrols]\n{QUICK}")
    (tmp_path / "one.toml").write_text(
        '[scenario]\nassumed = "One in <b>repair</b>"\n'
        f"[patrols]\nvehicles = 1\n{QUICK}"
    )
    before, out = digests(run), tmp_path / "out"
    files = (tmp_path / "now.toml", tmp_path / "one.toml")
    done = call("plan", "--from", run, "--no-log", "--compare", *files, "--out", out)
    assert done.exit_code == 0, done.output
    assert digests(run) == before
    assert {*digests(out)} == {"scenarios.md", "one.html"}
    assert done.stdout.startswith("Assumed, never forecast")
    assert re.search(r"one beside now, by (bank|section)", done.output)
    page = (out / "one.html").read_text("utf-8")
    assert page.count('class="folium-map"') == 2
    assert "One in &lt;b&gt;repair&lt;/b&gt;" in page
    assert "For those who bring help" in page
    assert "forecast" not in page.replace("never forecast", "")
    report = (out / "scenarios.md").read_text("utf-8")
    assert "| scenario | stops | km |" in report


def test_one_scenario_is_set_beside_the_run(run: Path, tmp_path: Path) -> None:
    (tmp_path / "night.toml").write_text(f"[patrols]\n{QUICK}vehicles = 1\n")
    done = call(
        *("plan", "--from", run, "--no-log", "--out", tmp_path / "out"),
        *("--compare", tmp_path / "night.toml"),
    )
    assert done.exit_code == 0, done.output
    assert "night beside as in the run" in done.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[access]\ncell_m = 50.0\n", "[access]: a scenario says"),
        ("[need]\nadvised = 1.0\n", "[need]: a scenario says"),
        ("[crossings]\nclosed = ['x']\n", "[crossings]: a scenario says"),
        ("trains = 0\n", "[trains]: a scenario says"),
        ("[patrols]\nclosed_crossings = ['x']\n", "patrols.closed_crossings: a"),
        ("[scenario]\nclosed_crossings = []\n", "scenario.closed_crossings: a"),
        ("[fortnight]\nnights = 3\n", "one night is compared"),
        ("[patrol]\nvehicles = 1\n", "Did you mean patrols?"),
        ("[scenario]\nopen = 'x'\n", "a list of ids"),
        ("[scenario]\nassumed = 3\n", "a text of one line"),
        ("scenario = 3\n", "a table is needed"),
    ],
)
def test_what_is_not_the_offices_to_change_is_refused_with_the_reason(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(UserError, match=re.escape(says)):
        scenarios.read(tmp_path / "odd.toml", tmp_path)


def test_a_scenario_is_found_by_its_name_in_the_study(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "winter.toml").write_text("[patrols]\nseed = 4\n")
    found = scenarios.read(Path("winter"), tmp_path)
    assert (found.name, found.changes) == ("winter", ["patrols.seed = 4"])
    with pytest.raises(UserError, match=r"Did you mean winter\?"):
        scenarios.read(Path("wintr"), tmp_path)


@pytest.mark.parametrize("name", ["today", "winter", "one_vehicle", "belvedere"])
def test_the_shipped_scenarios_are_scenarios(name: str) -> None:
    from studies.town import ORIGINAL

    found = scenarios.read(Path(name), ORIGINAL)
    assert found.assumed
    assert bool(found.changes) == (name != "today")


def test_folders_and_scenarios_are_not_mixed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[patrols]\nvehicles = 1\n")
    mixed = call("plan", "--compare", run, tmp_path / "a.toml")
    assert mixed.exit_code == 2
    assert "Fix: name two folders, or files of scenarios alone" in mixed.output


def test_a_scenario_is_a_file_that_a_plan_takes(run: Path, tmp_path: Path) -> None:
    from layers import readers

    earlier = readers.earlier_run.read(run)
    text = '[scenario]\nassumed = "x"\n[patrols]\nvehicles = 1\n'
    (tmp_path / "a.toml").write_text(text)
    params, _ = readers.config.for_plan(earlier.parameters, tmp_path / "a.toml")
    assert params.patrols.vehicles == 1
