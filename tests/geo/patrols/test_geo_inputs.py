"""Parameters that no night can fulfil are named, with the smallest change that would help."""

from __future__ import annotations

import pandas as pd
import pytest

from geo.params import PatrolParams, Shift
from geo.patrols.clock import DAY_S, next_time_s, shift_span_s
from geo.patrols.inputs import require_feasible
from geo.routing.problem import ProblemError


def stops(service_min: float = 20, drive_min: float = 30) -> pd.DataFrame:
    """Return a depot and two stations, one twice as far as the other."""
    return pd.DataFrame(
        {
            "name": ["Depot", "Near", "Far"],
            "kind": ["depot", "station", "station"],
            "service_s": [0.0, service_min * 60, service_min * 60],
            "round_trip_s": [0.0, drive_min * 60, 2 * drive_min * 60],
        }
    )


def one_shift(**of_shift: object) -> PatrolParams:
    return PatrolParams(
        shifts=(Shift("late", "22:00", "01:00", **{"buffer_min": 0, **of_shift}),)
    )


def test_times_of_a_night_count_on_past_midnight() -> None:
    assert shift_span_s(Shift("late", "22:00", "01:00")) == (79_200, 3_600 + DAY_S)
    assert shift_span_s(Shift("day", "08:00", "09:30")) == (28_800, 34_200)
    assert next_time_s("00:30", 79_200) == 1_800 + DAY_S
    assert next_time_s("22:00", 79_200) == 79_200


@pytest.mark.parametrize(
    "of_shift",
    [
        {},
        {"break_min": 20},
        {"break_min": 20, "break_from": "00:40"},
        {"break_min": 20, "break_to": "22:00"},
        {"break_min": 20, "break_from": "23:00", "break_to": "00:15"},
    ],
)
def test_what_can_be_done_passes(of_shift: dict[str, object]) -> None:
    require_feasible(stops(), one_shift(**of_shift))
    require_feasible(stops().iloc[:1], one_shift(**of_shift))


@pytest.mark.parametrize(
    ("of_shift", "text"),
    [
        (
            {"break_min": 180},
            "takes 180 min and the shift has 180 min. Smallest change: a break 1",
        ),
        ({"break_min": 20, "break_from": "00:50"}, "let it begin 10 min earlier"),
        (
            {"break_min": 20, "break_from": "23:30", "break_to": "23:00"},
            "is not a time within the shift. Smallest change: let it begin 30 min later than 23:00",
        ),
    ],
)
def test_a_break_that_does_not_fit_is_refused(
    of_shift: dict[str, object], text: str
) -> None:
    with pytest.raises(ProblemError, match=r"the break of late") as error:
        require_feasible(stops(), one_shift(**of_shift))
    assert text in str(error.value)


def test_a_service_longer_than_the_shift_is_refused() -> None:
    require_feasible(stops(service_min=150), one_shift())
    with pytest.raises(
        ProblemError, match="a station takes 200 min and the longest shift has 180"
    ):
        require_feasible(stops(service_min=200), one_shift())


def test_a_shift_in_which_nothing_can_be_reached_is_refused() -> None:
    with pytest.raises(ProblemError) as error:
        require_feasible(stops(service_min=20, drive_min=170), one_shift())
    assert "Near, the quickest, takes 190 min" in str(error.value)
    assert "Smallest change: a shift 10 min longer" in str(error.value)
    with pytest.raises(ProblemError, match="has 150 min without its break"):
        require_feasible(stops(service_min=20, drive_min=140), one_shift(break_min=30))


def test_the_smallest_change_does_help() -> None:
    with pytest.raises(ProblemError, match="a shift 10 min longer"):
        require_feasible(stops(drive_min=170), one_shift())
    longer = PatrolParams(shifts=(Shift("late", "22:00", "01:10", buffer_min=0),))
    require_feasible(stops(drive_min=170), longer)


def test_all_faults_are_named_together() -> None:
    with pytest.raises(ProblemError) as error:
        require_feasible(stops(service_min=200), one_shift(break_min=400))
    assert len(str(error.value).splitlines()) == 2
