"""Parameters check themselves, from Python and from TOML alike."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest
from pydantic import ValidationError

from geo.params import CorridorParams, HotspotParams, Params, PatrolParams, Shift


def faults(toml: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Params(**tomllib.loads(toml))
    return {".".join(map(str, e["loc"])): e["msg"] for e in caught.value.errors()}


def test_one_line_changes_one_value() -> None:
    params = Params(patrols={"vehicles": 3, "service_min": {"station": 9}})
    assert params.patrols.vehicles == 3
    assert params.patrols.service_min["station"] == 9
    same = Params().patrols.service_min["monitoring_point"]
    assert params.patrols.service_min["monitoring_point"] == same


def test_shifts_are_a_list_of_tables() -> None:
    toml = '[[patrols.shifts]]\nname = "night"\nstart = "22:00"\nend = "02:00"'
    assert Params(**tomllib.loads(toml)).patrols.shifts == (
        Shift("night", "22:00", "02:00"),
    )


def test_all_faults_are_gathered() -> None:
    found = faults(
        "[hotspots]\nlixel_m = -1\nradii_m = [250, 150]\n[patrols]\nvehicles = 0\n"
        "[patrols.service_min]\nstaton = 1\n[patrol]\n"
    )
    assert set(found) == {
        "hotspots.lixel_m",
        "hotspots.radii_m",
        "patrols.vehicles",
        "patrols.service_min",
        "patrol",
    }
    assert (
        "unknown staton; known here: monitoring_point" in found["patrols.service_min"]
    )


@pytest.mark.parametrize("clock", ["25:00", "6pm", "18:60", "18:5", ""])
def test_a_shift_needs_clock_times(clock: str) -> None:
    with pytest.raises(ValidationError, match="not a local time HH:MM"):
        Shift("evening", clock, "23:00")


def test_python_is_checked_like_toml() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        HotspotParams(bandwidth_m=0)


def test_parameters_are_frozen() -> None:
    with pytest.raises(Exception, match="cannot assign"):
        Params().patrols = Params().patrols  # type: ignore[misc]


def test_a_full_run_only_takes_more_time() -> None:
    """More simulations and cells; no question changes."""
    params = Params(hotspots=HotspotParams(bandwidth_m=300))
    full = params.in_full()
    assert full.patrols == params.patrols
    assert full.hotspots.bandwidth_m == 300
    assert full.hotspots.simulations == 999
    assert full.corridors.simulations == 9999


@pytest.mark.parametrize(
    ("line", "key", "message"),
    [
        ('patrols.stop_kinds = ["staton"]', "patrols.stop_kinds.0", "Did you mean station?"),
        ('patrols.facility_kinds = ["Bus_Station"]', "patrols.facility_kinds.0",
         "Did you mean bus_station?"),
        ('patrols.facility_kinds = ["tram"]', "patrols.facility_kinds.0",
         "Known: border_control, bus_station"),
        ('access.barriers = ["rivers"]', "access.barriers.0", "Did you mean river?"),
    ],
)  # fmt: skip
def test_a_kind_with_a_typing_error_is_refused_with_the_known_ones(
    line: str, key: str, message: str
) -> None:
    found = faults(line)
    assert list(found) == [key]
    assert message in found[key]


@pytest.mark.parametrize(
    "line",
    [
        "patrols.vehicles = true", "patrols.seed = true", "patrols.access_m = true",
        "patrols.service_min.station = true", "corridors.bands_m = [true]",
        "corridors.simulations = true", "corridors.level = true", "hotspots.bandwidth_m = false",
        "access.walk_kph.road = true", "need.advised = true", "need.far_from_help = false",
        "fortnight.nights = true", "fortnight.visits.a = true", "fortnight.advised_visits = true",
        "access.margin_m = true", "access.off_path = true", "privacy.grid_m = true",
        "privacy.least_reports = true", "speeds.kph.primary = true",
        'patrols.shifts = [{name = "a", start = "18:00", end = "20:00", break_min = true}]',
        'patrols.shifts = [{name = "a", start = "18:00", end = "20:00", days_later = true}]',
    ],
)  # fmt: skip
def test_true_is_no_number(line: str) -> None:
    assert set(faults(line).values()) == {
        "Value error, a number is needed, not true or false"
    }


def test_no_numeric_parameter_takes_true() -> None:
    """Also of those that nobody thought of above."""
    for table, params in (
        (f.name, f.default_factory()) for f in dataclasses.fields(Params)
    ):  # type: ignore[operator]
        for field in dataclasses.fields(params):
            value = getattr(params, field.name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                with pytest.raises(ValidationError, match="a number is needed"):
                    Params(**{table: {field.name: True}})


def test_a_level_that_no_simulation_can_reach_is_refused() -> None:
    found = faults("corridors.level = 0.0005")["corridors"]
    assert "smallest p is 0.001" in found
    assert "simulations = 1999, or level = 0.001 or more" in found
    assert CorridorParams(level=0.0005, simulations=1999).level == 0.0005
    with pytest.raises(ValidationError, match="simulations = 1999"):
        CorridorParams(level=0.0005, simulations=1998)


@pytest.mark.parametrize("year", [1999, 2100, 9999])
def test_a_date_that_nobody_means_is_refused(year: int) -> None:
    assert list(faults(f"patrols.date = {year}-12-31")) == ["patrols.date"]
    assert list(faults(f'patrols.date = "{year}-12-31"')) == ["patrols.date"]


@pytest.mark.parametrize("seed", [-1, 2**32, 2**63, 2**70])
def test_a_seed_that_the_solver_cannot_take_is_refused(seed: int) -> None:
    for table in ("patrols", "corridors", "hotspots"):
        assert list(faults(f"{table}.seed = {seed}")) == [f"{table}.seed"]
    assert PatrolParams(seed=2**32 - 1).seed == 2**32 - 1


@pytest.mark.parametrize(("start", "end"), [("20:00", "18:00"), ("18:00", "18:00")])
def test_a_shift_longer_than_any_crew_works_is_refused_with_what_was_read(
    start: str, end: str
) -> None:
    with pytest.raises(
        ValidationError, match=rf"read as from {start} to {end} on the next day, 2"
    ):
        Shift("evening", start, end)
    assert Shift("evening", "18:00", "10:00").end == "10:00"


@pytest.mark.parametrize("clock", ["sunset+99:00", "sunset+12:01", "sunrise-13:00"])
def test_a_time_half_a_day_from_the_sun_is_refused(clock: str) -> None:
    with pytest.raises(ValidationError, match=r"more than 12:00 from (sunset|sunrise)"):
        Shift("evening", clock, "23:00")
    assert Shift("evening", "sunset+12:00", "sunrise-12:00").start == "sunset+12:00"
