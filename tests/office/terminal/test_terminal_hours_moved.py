"""From the page alone one can say why hours moved: five cases, and what was drawn by lot."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from studies import small_study

from geo.breaches import Breach
from geo.params import Params
from geo.results import Patrols
from geo.schema import FOLLOWED, STOP_NEED
from maps.words.told import told
from mitrovica.terminal import hour_changes

FIVE = [
    (
        {"announced": 14, "visits": 20, "why": "more_help", "groups": 9, "accepted": 4},
        "Taxi stands, 14 -> 20 visits. 12 nights there met 9 groups, 4 accepted help: 6.7 in ten "
        "hours of visits, 4.4 at all stops. Help was accepted here more often than on average.",
    ),
    (
        {"announced": 14, "visits": 9, "why": "less_help", "groups": 9, "accepted": 0},
        "Taxi stands, 14 -> 9 visits. 12 nights there met 9 groups, none accepted help: 0.0 in "
        "ten hours of visits, 0.0 at all stops. By this, by what is assumed and by the drive, the "
        "same time is expected to bring more help elsewhere.",
    ),
    (
        {"announced": 28, "visits": 4, "why": "stays_away", "groups": 30, "accepted": 8},
        "Taxi stands, 28 -> 4 visits. 12 nights there met 30 groups, 8 accepted help: 13.3 in ten "
        "hours of visits, 8.9 at all stops. Fewer groups come in an hour than in its first month. "
        "Whether they stay away or fewer are on their way is not known: hours fall towards "
        "the announced minimum, and no stop within 5 km opens. Ask the crews.",
    ),
    (
        {"announced": 0, "visits": 6, "why": "opened", "groups": 1, "accepted": 1},
        "Taxi stands, 0 -> 6 visits. 12 nights there met 1 group, 1 accepted help: 1.7 in ten "
        "hours of visits, 1.1 at all stops. Patrols that came by lot found that help is accepted; "
        "its card is new.",
    ),
    (
        {"announced": 5, "visits": 0, "why": "closed", "groups": 0, "accepted": 0},
        "Taxi stands, 5 -> 0 visits. 12 nights there met nobody: 0.0 in ten hours of visits, 0.0 "
        "at all stops. By this, by what is assumed and by the drive, the same time is expected to "
        "bring more help elsewhere; its card comes down.",
    ),
]  # fmt: skip


def plan(**row: object) -> Patrols:
    """Return a plan in which one stop moved, and another was drawn by lot."""
    rows = [
        {"stop": "a", "name": "Taxi stands", "nights_made": 12, "by_lot": 0,
         "hours_made": 6.0, "served_min": 300} | row,
        {"stop": "b", "name": "Mill", "announced": 0, "visits": 0, "by_lot": 1,
         "why": "by_lot", "nights_made": 6, "hours_made": 3.0, "groups": 0, "accepted": 0,
         "served_min": 20},
    ]  # fmt: skip
    if row.get("why") == "opened":
        announced = {"announced": 5, "visits": 5, "why": "kept", "by_lot": 0}
        rows.append(rows[1] | announced | {"stop": "c", "hours_made": 0.0})
    need = [{"stop": "a", "need": 0.8}, {"stop": "b", "need": 0.2}]
    return replace(
        small_study.findings().patrols,
        followed=FOLLOWED.frame(pd.DataFrame(rows)),
        stop_need=STOP_NEED.frame(pd.DataFrame(need)),
        within_nights=6,
    )


def lines(patrols: Patrols, params: Params) -> list[str]:
    """Return what is said; the desk says all of it in every language."""
    found = hour_changes.lines(patrols, params)
    assert [line for line in found if isinstance(told(line), str)] == []
    return found


@pytest.mark.parametrize(("row", "said"), FIVE)
def test_why_hours_moved_is_said_in_words(row: dict[str, object], said: str) -> None:
    assert said in lines(plan(**row), Params())


def test_where_more_help_than_on_average_gets_fewer_visits_that_is_explained() -> None:
    row = {"announced": 28, "visits": 18, "why": "less_help"}
    said = hour_changes.lines(plan(**row, groups=9, accepted=4), Params())
    (of_stop,) = [line for line in said if line.startswith("Taxi")]
    assert "6.7 in ten hours of visits, 4.4 at all stops. Help was" in of_stop
    assert "the last of so many visits" in of_stop


def test_where_nothing_was_announced_no_stop_is_said_to_have_opened() -> None:
    asked = plan(announced=0, visits=6, why="more_help", groups=1, accepted=1)
    table = asked.followed.assign(why=["opened", "by_lot"])
    asked = replace(asked, followed=table)
    week = pd.concat([asked.stops.assign(night=night) for night in range(1, 8)])
    for stops, first in (
        (week, "No plan before announced hours"),
        (asked.stops, "A plan of fewer than 7 nights announces no hours"),
    ):
        said = hour_changes.lines(replace(asked, stops=stops), Params())
        assert said[0].startswith(first)
        assert not any("came by lot" in line for line in said)


def test_lots_the_worst_served_and_what_is_not_kept_are_told() -> None:
    asked = plan(announced=14, visits=13, why="not_kept", groups=2, accepted=2)
    found = lines(
        replace(asked, not_kept=[Breach("in_reach", {"stop": "mill"})]), Params()
    )
    text = "\n".join(found)
    assert "14 visits were announced: 1 withdrawn (at most 20 % may be), 0 new." in text
    assert "Announced visits without room in these nights" in text
    assert "Taxi stands 14 -> 13." in text
    assert (
        "1 stop drawn by lot, on no card: every other stop is drawn within 6 nights"
        in text
    )
    assert (
        "The tenth of the need with least service has 20 min of visits in 14 nights, the mean is "
        "244 min: Mill." in text
    )
    assert "Not as promised: mill: said to be too far, and it is not." in text


def test_of_a_month_that_is_not_over_no_count_is_told() -> None:
    row = {"announced": 14, "visits": 9, "why": "less_help", "nights_made": 0}
    (said,) = [
        line
        for line in lines(plan(**row, groups=0, accepted=0), Params())
        if line.startswith("Taxi")
    ]
    assert "told when their month is over" in said
    assert "met" not in said


def test_the_first_plan_that_follows_stands_beside_that_of_the_need_alone() -> None:
    row = {"announced": 14, "visits": 9, "why": "less_help"}
    row |= {"groups": 9, "accepted": 0}
    later = "\n".join(lines(plan(**row), Params()))
    assert "plan --compare ONE OTHER" in later
    asked = plan(**row)
    both = asked.followed.assign(fixed=pd.array([14, 0], dtype="Int64"))
    said = lines(replace(asked, followed=both), Params())[-1]
    assert "14 | 9 in all; Taxi stands 14 | 9. To stay with" in said


def test_that_no_stop_may_open_is_told() -> None:
    asked = plan(announced=14, visits=13, why="kept")
    text = "No stop opens: visits of two months have not shown yet"
    for may_open in (True, False):
        told = lines(replace(asked, may_open=may_open), Params())
        assert any(text in line for line in told) == (not may_open)


def test_reasons_and_banks_are_told() -> None:
    asked = plan(announced=14, visits=13, why="kept", bank="south")
    table = asked.followed.assign(bank=["south", "north"])
    unreached = table.assign(
        why=["kept", "too_far"], by_lot=pd.array([0, 0], dtype="Int64")
    )
    text = "\n".join(lines(replace(asked, followed=table), Params()))
    assert "least service, south bank, has 300 min" in text
    assert "least service, north bank, has 20 min" in text
    text = "\n".join(lines(replace(asked, followed=unreached), Params()))
    assert "Too far for every shift: Mill." in text
    assert "north bank" not in text


def test_a_plan_that_follows_nothing_says_nothing() -> None:
    assert lines(small_study.findings().patrols, Params()) == []
