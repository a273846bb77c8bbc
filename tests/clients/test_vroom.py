"""Shifts solved by VROOM, and its solutions weighed by the checker of every plan."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import vroom
from tools.command_line import call, passed

from layers.complaints import UserError
from layers.readers import earlier_run


@pytest.fixture(scope="module")
def problems(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with the shifts of a run as problems."""
    run, _ = town_run
    folder = tmp_path_factory.mktemp("vroom")
    passed(
        "plan", "check", run / "patrol_plan.csv", "--from", run, "--study", run.parent / "study",
        "--vroom", folder, "--no-log",
    )  # fmt: skip
    return folder


def test_a_solution_of_vroom_keeps_every_rule(
    town_run: tuple[Path, str], problems: Path, tmp_path: Path
) -> None:
    run, _ = town_run
    plan = pd.read_csv(run / "patrol_plan.csv", dtype={"stop": str})
    files = sorted(problems.glob("*.json"))
    assert {path.stem for path in files} == set(plan["shift"])
    for path in files:
        solved = tmp_path / path.name
        assert "cannot share need" in json.loads(path.read_text())["note"]
        problem = vroom.Input.from_json(path)
        solution = problem.solve(exploration_level=5, nb_threads=1).to_dict()
        assert any(
            step["type"] == "job"
            for route in solution["routes"]
            for step in route["steps"]
        )
        solved.write_text(json.dumps(solution))
        done = call(
            "plan",
            "check",
            solved,
            "--from",
            run,
            "--study",
            run.parent / "study",
            "--no-log",
        )
        assert "keeps every rule" in done.output, done.output
        assert done.exit_code == 0


def test_our_plan_is_feasible_for_vroom_with_the_same_times(
    town_run: tuple[Path, str], problems: Path
) -> None:
    """Each stop of our plan has its drive and its service in the matrix and the jobs given out."""
    run, _ = town_run
    plan = pd.read_csv(run / "patrol_plan.csv", dtype={"stop": str})
    for shift, rows in plan.groupby("shift"):
        given = json.loads((problems / f"{shift}.json").read_text())
        jobs = {job["description"]: job for job in given["jobs"]}
        durations = given["matrices"]["car"]["durations"]
        for _, route in rows[rows["kind"] != "break"].groupby("vehicle"):
            at = [
                jobs[stop]["id"] if stop in jobs else 0
                for stop in route["stop"]
            ]
            drives = [durations[a][b] for a, b in pairwise(at)]
            assert drives == route["drive_s"].tolist()[1:]
            served = route[route["service_s"] > 0]
            # A job's service has the walk from the road in it, both ways.
            services = [jobs[stop]["service"] for stop in served["stop"]]
            assert (services >= served["service_s"]).all()


def test_what_is_no_solution_is_refused_in_one_line(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    run, _ = town_run
    planned, path = earlier_run.timetable(run), tmp_path / "solved.json"
    for text in ("{", "[]", '{"routes": [{"vehicle": 1}]}'):
        path.write_text(text)
        with pytest.raises(UserError, match="is not a solution of VROOM"):
            earlier_run.edited(path, planned)
    done = call(
        "plan",
        "check",
        path,
        "--from",
        run,
        "--study",
        run.parent / "study",
        "--no-log",
    )
    assert done.exit_code == 2
    assert "is not a solution of VROOM" in done.output
