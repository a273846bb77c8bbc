"""The rest of a night by the command: what changed, whom to tell, map and sheets."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tools.command_line import NIGHT, call, passed

from mitrovica.log import store


def told(town_run: tuple[Path, str], out: Path, *options: object) -> str:
    """Return what the command says in the middle of the night of the town."""
    run, _ = town_run
    study = ("--from", run, "--study", run.parent / "study")
    result = passed("plan", *study, "--out", out, *options)
    return " ".join(result.output.split())


@pytest.mark.proof
def test_a_broken_vehicle_leaves_a_map_and_sheets_of_the_others(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    planned = pd.read_csv(town_run[0] / "patrol_plan.csv", dtype={"stop": str})
    vehicle = int(planned["vehicle"].iloc[0])
    out = tmp_path / "tonight"
    said = told(town_run, out, "--now", "18:30", "--out-of-use", vehicle)
    assert f"Evening, vehicle {vehicle}: out of use" in said
    assert ", not made: " in said
    assert "no crew" in said
    if (out / "patrol_plan.csv").is_file():
        rest = pd.read_csv(out / "patrol_plan.csv")
        assert vehicle not in set(rest["vehicle"])
        report = (out / "report.md").read_text("utf-8")
        # What changed stands before what was found.
        assert report.index("Call its crew") < report.index("of the need")
        for page in ("map.html", "crew.html"):
            text = (out / page).read_text("utf-8")
            assert "Rest of the night, from 18:30" in text
            assert "no crew" in text


@pytest.mark.proof
def test_where_nothing_happened_nobody_is_left_waiting(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    said = told(town_run, tmp_path / "tonight", "--now", "18:30")
    assert "Nobody is left waiting" in said
    assert "overdue from" in said
    rest = pd.read_csv(tmp_path / "tonight" / "patrol_plan.csv")
    assert (rest["departure_s"] > 18.5 * 3600).all()


@pytest.mark.proof
def test_the_rest_of_a_night_is_its_plan_in_the_log(
    town_run: tuple[Path, str], night: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.gpkg"
    of_night = ("--driven", night, "--date", NIGHT, "--log", log)
    told(town_run, tmp_path / "tonight", "--now", "18:30", *of_night)
    rest = pd.read_csv(tmp_path / "tonight" / "patrol_plan.csv")
    entered = store.read(log).planned
    assert set(entered["date"]) == {NIGHT}
    assert entered["stop"].tolist() == rest.loc[rest["service_s"] > 0, "stop"].tolist()


def test_a_cancelled_night_names_all_stops_to_come_and_writes_nothing(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    planned = pd.read_csv(town_run[0] / "patrol_plan.csv")
    said = told(town_run, tmp_path / "tonight", "--now", "17:00", "--cancelled")
    assert said.startswith("The night is cancelled.")
    assert said.count("no crew") == int((planned["service_s"] > 0).sum())
    assert not (tmp_path / "tonight").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--now", "25:00"), "Fix: HH:MM, such as 21:40"),
        (("--now", "20:00", "--late", "x"), "as --late 2=25"),
        (("--now", "20:00", "--out-of-use", "9"), "vehicle 9 drives no patrol"),
    ],
)
def test_what_cannot_be_read_is_refused(
    town_run: tuple[Path, str], tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    run, _ = town_run
    study = ("--from", run, "--study", run.parent / "study")
    result = call("plan", *study, "--out", tmp_path / "tonight", *options)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
