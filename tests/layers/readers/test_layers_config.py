"""Parameters of a run from TOML, and of a plan from what changes since the run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from geo.params import Params
from layers.complaints import UserError
from layers.readers import config
from mitrovica.intake import report


def of_run(**tables: object) -> dict[str, object]:
    """Return the parameters of a run as its manifest holds them."""
    return json.loads(json.dumps(to_jsonable_python(Params(**tables))))


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "changes.toml"


def test_without_a_file_a_run_has_the_defaults_and_a_plan_those_of_the_run() -> None:
    assert config.for_run(None) == Params()
    run = of_run(patrols={"vehicles": 3}, hotspots={"simulations": 25})
    params, several = config.for_plan(run, None)
    assert params == Params(
        **{"patrols": {"vehicles": 3}, "hotspots": {"simulations": 25}}
    )
    assert not several


def test_one_line_changes_one_value(toml: Path) -> None:
    toml.write_text("patrols.service_min.station = 10\n")
    run = of_run(patrols={"vehicles": 3, "service_min": {"crossing": 25}})
    patrols = config.for_plan(run, toml)[0].patrols
    assert patrols.vehicles == 3
    assert (
        dict(patrols.service_min) | {"station": 10.0, "crossing": 25.0}
        == patrols.service_min
    )


def test_a_shift_says_only_what_differs_and_the_list_says_which_there_are(
    toml: Path,
) -> None:
    toml.write_text('patrols.shifts = [{name = "evening", end = "22:00"}]\n')
    (shift,) = config.for_plan(of_run(), toml)[0].patrols.shifts
    assert (shift.name, shift.start, shift.end) == ("evening", "18:00", "22:00")
    toml.write_text(
        'patrols.shifts = [{name = "early_morning"}, '
        '{name = "noon", start = "11:00", end = "13:00"}]\n'
    )
    dawn, noon = config.for_plan(of_run(), toml)[0].patrols.shifts
    assert (dawn.start, dawn.end, noon.end) == ("03:30", "08:00", "13:00")


def test_another_list_takes_the_place_of_the_run_s(toml: Path) -> None:
    toml.write_text('patrols.drop_stops = ["b"]\n')
    run = of_run(patrols={"drop_stops": ["a"]})
    assert config.for_plan(run, toml)[0].patrols.drop_stops == ("b",)


def test_visits_go_with_the_nights_unless_the_file_says_another(toml: Path) -> None:
    toml.write_text("fortnight.recovery_nights = 3\n")
    for nights, least in ((14, 7), (5, 3), (2, 1), (28, 14)):
        assert (
            config.for_plan(of_run(), toml, nights=nights)[0].fortnight.advised_visits
            == least
        )
    toml.write_text("fortnight.nights = 5\n")
    assert config.for_plan(of_run(), toml)[0].fortnight.advised_visits == 3
    toml.write_text("fortnight.advised_visits = 4\n")
    assert config.for_plan(of_run(), toml, nights=5)[0].fortnight.advised_visits == 4


def test_a_date_and_several_nights(toml: Path) -> None:
    toml.write_text('patrols.shifts = [{name = "evening", start = "sunset+01:00"}]\n')
    params, several = config.for_plan(of_run(), toml, date="2026-11-30", nights=3)
    assert str(params.patrols.date) == "2026-11-30"
    assert (params.fortnight.nights, several) == (3, True)
    assert not config.for_plan(of_run(), toml, date="2026-11-30", nights=1)[1]
    toml.write_text("[fortnight]\nadvised_visits = 2\n")
    params, several = config.for_plan(of_run(), toml)
    assert (params.fortnight.nights, several) == (14, True)
    with pytest.raises(
        UserError, match=r"^--date 30\.11\.2026: a day is written YYYY-MM-DD"
    ):
        config.for_plan(of_run(), None, date="30.11.2026")
    with pytest.raises(ValidationError, match="date"):
        config.for_plan(of_run(), None, date="2026-02-30")


@pytest.mark.parametrize(
    "line", ["hotspots.bandwidth_m = 300", "corridors.seed = 5", "access.cell_m = 100"]
)
def test_what_only_a_run_reckons_is_refused(toml: Path, line: str) -> None:
    toml.write_text(line)
    table = line.partition(".")[0]
    with pytest.raises(UserError, match=rf"\[{table}\] changes the analysis.*--config"):
        config.for_plan(of_run(), toml)
    same = of_run(
        corridors={"seed": 5}, hotspots={"bandwidth_m": 300}, access={"cell_m": 100}
    )
    assert config.for_plan(same, toml)[0] == Params(**same)


def test_what_is_not_toml_is_refused(toml: Path) -> None:
    toml.write_text("[patrols\n")
    with pytest.raises(UserError, match=r"changes\.toml is not valid TOML in UTF-8"):
        config.for_run(toml)


def test_a_byte_order_mark_is_passed_over(toml: Path) -> None:
    toml.write_bytes(b"\xef\xbb\xbfpatrols.vehicles = 3\r\n")
    assert config.for_run(toml).patrols.vehicles == 3


@pytest.mark.parametrize(
    "text",
    ["patrols.seed = " + "9" * 5000, "a = " + "[" * 5000, "patrols.vehicles = 1\x00"],
)
def test_toml_that_python_cannot_hold_is_refused(toml: Path, text: str) -> None:
    toml.write_text(text)
    with pytest.raises(UserError, match=r"changes\.toml is not valid TOML"):
        config.for_run(toml)


def test_a_file_without_end_is_refused(toml: Path) -> None:
    with pytest.raises(
        UserError, match=r"/dev/zero: this is a folder, a pipe or a device"
    ):
        config.read(Path("/dev/zero"))
    toml.write_text("# " * 500_001)
    with pytest.raises(UserError, match=r"is larger than 1,000,000 bytes"):
        config.read(toml)


def test_so_many_nights_that_no_calendar_has_them_are_refused(toml: Path) -> None:
    with pytest.raises(ValidationError, match=r"fortnight\.nights"):
        config.for_plan(of_run(), None, nights=10**400)
    toml.write_text("fortnight.nights = true\n")
    with pytest.raises(ValidationError, match="a number is needed"):
        config.for_plan(of_run(), toml)


@pytest.mark.parametrize("date", ["9999-12-31", "0001-01-01"])
def test_a_date_that_no_night_has_is_refused(date: str) -> None:
    with pytest.raises(ValidationError, match=r"patrols\.date"):
        config.for_plan(of_run(), None, date=date)


@pytest.mark.parametrize("reader", [config.for_run, report.read])
def test_a_missing_file_is_named_with_the_folder(
    reader: Callable[[Path], object],
) -> None:
    where = re.escape(str(Path.cwd()))
    with pytest.raises(
        FileNotFoundError, match=rf"^nope does not exist: looked in {where}\."
    ):
        reader(Path("nope"))
