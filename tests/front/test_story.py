"""The story, called as a notebook calls it: it prints nothing, and tells what a command shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from folders import DATA
from studies import example
from tools.command_line import call

from layers.complaints import UserError
from mitrovica import story

BAD = DATA / "sightings_twelve_bad.csv"

pytestmark = pytest.mark.usefixtures("town")


def texts(outcome: story.Outcome) -> list[str]:
    return [part for part in outcome.shown if isinstance(part, str)]


def test_a_check_tells_what_its_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = story.check_sightings(story.CheckSightings(files=[BAD]))
    assert capsys.readouterr() == ("", "")
    assert not outcome.passed
    assert "42 rows: 30 used, 12 rejected" in texts(outcome)
    printed = call("run", "check", BAD)
    assert printed.exit_code == 1
    assert all(line in printed.output for line in texts(outcome))


def test_two_plans_are_compared_without_a_command(
    one_night: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    run, plan = (one_night[0] / name for name in ("run", "plan"))
    outcome = story.compare(story.Plan(compare=[run, plan]))
    assert capsys.readouterr() == ("", "")
    assert texts(outcome) == call("plan", "--compare", run, plan).stdout.splitlines()
    same = story.Plan(compare=[run, run])
    assert texts(story.compare(same)) == ["No difference."]


def test_what_is_wrong_is_told_before_the_error(tmp_path: Path) -> None:
    """A caller hears of the rows although nothing comes back."""
    folder = shutil.copytree(example.EXAMPLE, tmp_path / "study")
    head, first = (folder / "sightings.csv").read_text("utf-8").splitlines()[:2]
    cells = dict(zip(head.split(","), first.split(","), strict=True))
    wrong = ",".join({**cells, "lat": "north"}.values())
    (folder / "sightings.csv").write_text(f"{head}\n{wrong}\n")
    steps: list[str] = []
    warned: list[str] = []
    watch = story.Watch(steps.append, warned.extend)
    asked = story.Run(folder=folder, out=tmp_path / "out", no_log=True)
    with pytest.raises(UserError, match="row"):
        story.run(asked, watch)
    assert steps == ["network"]
    assert "sightings.csv, row 2, lat" in warned[0]
    assert not (tmp_path / "out").exists()


def test_two_folders_of_one_study_are_refused() -> None:
    asked = story.Run(folder=Path("a"), study=Path("b"))
    with pytest.raises(
        UserError, match=r"two studies, a and b\. Fix: name one of them"
    ):
        story.run(asked)
