"""Parameters check themselves, from Python and from TOML alike."""

from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from geo.params import HotspotParams, Params, Shift, from_mapping


def faults(toml: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        from_mapping(tomllib.loads(toml))
    return {".".join(map(str, e["loc"])): e["msg"] for e in caught.value.errors()}


def test_an_empty_file_gives_the_defaults() -> None:
    assert from_mapping({}) == Params()


def test_one_line_changes_one_value() -> None:
    params = from_mapping(
        tomllib.loads("[patrols]\nvehicles = 3\n[patrols.service_min]\nstation = 9")
    )
    assert params.patrols.vehicles == 3
    assert params.patrols.service_min["station"] == 9
    same = Params().patrols.service_min["monitoring_point"]
    assert params.patrols.service_min["monitoring_point"] == same


def test_shifts_are_a_list_of_tables() -> None:
    toml = '[[patrols.shifts]]\nname = "night"\nstart = "22:00"\nend = "02:00"'
    assert from_mapping(tomllib.loads(toml)).patrols.shifts == (Shift("night", "22:00", "02:00"),)


def test_all_faults_are_gathered() -> None:
    found = faults(
        "[hotspots]\nlixel_m = -1\nthreshold = 2\n[patrols]\nvehicles = 0\n"
        "[patrols.service_min]\nstaton = 1\n[patrol]\n"
    )
    assert set(found) == {
        "hotspots.lixel_m",
        "hotspots.threshold",
        "patrols.vehicles",
        "patrols.service_min",
        "patrol",
    }
    assert "unknown staton; known here: monitoring_point" in found["patrols.service_min"]


@pytest.mark.parametrize("clock", ["25:00", "6pm", "18:60", "18:5", ""])
def test_a_shift_needs_clock_times(clock: str) -> None:
    with pytest.raises(ValidationError, match="no local time HH:MM"):
        Shift("evening", clock, "23:00")


def test_python_is_checked_like_toml() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        HotspotParams(bandwidth_m=0)


def test_parameters_are_frozen() -> None:
    with pytest.raises(Exception, match="cannot assign"):
        Params().patrols = Params().patrols  # type: ignore[misc]


def test_a_full_run_only_takes_more_time() -> None:
    """More simulations, draws, nulls and cells; nothing of what is asked changes."""
    params = Params(hotspots=HotspotParams(bandwidth_m=300))
    full = params.in_full()
    assert full.patrols == params.patrols
    assert full.hotspots.bandwidth_m == 300
    assert full.hotspots.simulations == 999
    assert full.movement.draws == 200
    assert set(full.corridors.nulls) > set(params.corridors.nulls)
