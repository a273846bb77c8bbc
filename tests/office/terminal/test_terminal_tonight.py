"""What a dispatcher hears of a night that changes."""

from __future__ import annotations

import pandas as pd
import pytest
from studies import small_study

from geo.records import About
from geo.schema import STOPS
from mitrovica.dispatch.rest_of_night import Happened, not_done, to_tell
from mitrovica.terminal import dispatch_lines

ABOUT = About(check_in_min=20, overdue_call={"en": "Duty officer, 112"})


@pytest.fixture
def stops() -> pd.DataFrame:
    return pd.DataFrame(small_study.findings().patrols.stops)


def test_where_nothing_changes_every_crew_hears_its_next_stop(
    stops: pd.DataFrame,
) -> None:
    happened = Happened(18 * 3600 + 600)
    said = dispatch_lines.lines(stops, not_done(stops, happened), happened, ABOUT)
    assert len(said) <= dispatch_lines.MOST
    assert said[0].startswith("18:10: of ")
    assert any("on the way to, then at Bus station until 18:50" in one for one in said)
    assert any("back 19:30, overdue from 19:50" in one for one in said)
    assert not any("not made" in one for one in said)


def test_a_vehicle_out_of_use_has_a_crew_to_fetch_and_a_number_to_call(
    stops: pd.DataFrame,
) -> None:
    happened = Happened(18 * 3600 + 600, frozenset({1}))
    said = dispatch_lines.lines(stops, STOPS.frame(), happened, ABOUT)
    (out,) = [one for one in said if one.startswith("Evening, vehicle 1")]
    assert "out of use, on the way to Bus station" in out
    assert "no answer: Duty officer, 112" in out
    assert any("not made: Bus station 18:30" in one for one in said)


def test_whom_to_tell_of_a_cancelled_night(stops: pd.DataFrame) -> None:
    coming = not_done(stops, Happened(17 * 3600))
    (table,) = dispatch_lines.waiting(to_tell(coming, STOPS.frame()))
    assert table.rows[0][-1] == "no crew"
    assert len(table.rows) == int((stops["service_s"] > 0).sum())
    assert dispatch_lines.waiting(to_tell(coming, coming)) == [
        "Nobody is left waiting: every announced stop is made near its hour."
    ]


def test_crews_that_are_out_are_called_back_where_the_night_is_cancelled(
    stops: pd.DataFrame,
) -> None:
    early = dispatch_lines.cancelled(stops, Happened(17 * 3600))
    assert early == ["The night is cancelled."]
    said = dispatch_lines.cancelled(stops, Happened(18 * 3600 + 600))
    assert "Evening, vehicle 1: call it back, on the way to Bus station by" in said[1]


def test_ten_lines_are_the_most(stops: pd.DataFrame) -> None:
    many = pd.concat([stops.assign(vehicle=n) for n in range(1, 20)], ignore_index=True)
    happened = Happened(17 * 3600)
    said = dispatch_lines.lines(many, not_done(many, happened), happened, ABOUT)
    assert len(said) == dispatch_lines.MOST
    assert said[-1].endswith("see the map.")
