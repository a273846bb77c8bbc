"""Who rides with which patrol: against every assignment, and by the hours of a fortnight."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.params.patrols import Duty, Person, Team
from mitrovica.brief.crews import assign, by_telephone, crews_of, duties
from mitrovica.brief.languages import UNKNOWN, Expected

HOUR_S = 3600
EVENING, MORNING = (18 * HOUR_S, 23 * HOUR_S), (27.5 * HOUR_S, 32 * HOUR_S)
TRIPS = pd.DataFrame({
    "night": 1, "shift": ["evening", "evening", "early_morning"], "vehicle": [1, 2, 1],
    "date": "2026-11-30", "banks": [{"south"}, {"north", "south"}, {"north"}],
    "need": [0.2, 0.5, 0.3], "begin_s": [EVENING[0], EVENING[0], MORNING[0]],
    "end_s": [EVENING[1], EVENING[1], MORNING[1]],
})  # fmt: skip
SHARES = pd.DataFrame(
    {"ar": [0.5, 0.1], "ku": [0.2, 0.3], "fa": [0.1, 0.4], UNKNOWN: 0.2},
    index=["evening", "early_morning"],
)
DRIVER = Person("driver", ("sq", "sr"))


def fortnight(nights: int = 14, vehicles: int = 2) -> pd.DataFrame:
    """Return the evenings of some nights, five hours each."""
    rows = [
        {
            "night": night,
            "shift": "evening",
            "vehicle": vehicle,
            "date": str(datetime.date(2026, 11, 29) + datetime.timedelta(night)),
            "banks": {"south"},
            "need": 1.0,
            "begin_s": 86_400 * (night - 1) + EVENING[0],
            "end_s": 86_400 * (night - 1) + EVENING[1],
        }
        for night in range(1, nights + 1)
        for vehicle in range(1, vehicles + 1)
    ]
    return pd.DataFrame(rows)


PEOPLE = st.lists(
    st.builds(
        Person,
        role=st.just("interpreter"),
        languages=st.sets(st.sampled_from(["ar", "ku", "fa", "sq"]), min_size=1).map(
            tuple
        ),
        shifts=st.sampled_from([(), ("evening",), ("early_morning",)]),
        bank=st.sampled_from(["north", "south", "both"]),
        phone=st.booleans(),
        drives=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(PEOPLE, st.integers(1, 3))
@settings(deadline=None)
def test_no_assignment_has_more_drivers_and_then_more_groups_understood(
    people: list[Person], seats: int
) -> None:
    found = assign(TRIPS, Team(tuple(people), Duty(seats=seats)), SHARES)
    trips = TRIPS.to_dict("records")
    ride = [
        [None, *(v for v, trip in enumerate(trips)
                 if not one.phone and one.works(trip["shift"])
                 and (one.bank == "both" or trip["banks"] == {one.bank}))]
        for one in people
    ]  # fmt: skip
    best = (-1, 0.0)
    for choice in product(*ride):
        if any(choice.count(v) > seats for v in range(3)):
            continue
        worth, driven = 0.0, 0
        for v, trip in enumerate(trips):
            on_board = [one for one, at in zip(people, choice, strict=True) if at == v]
            driven += any(one.may_drive for one in on_board)
            by_phone = [one for one in people if one.phone and one.works(trip["shift"])]
            heard = {g for one in (*on_board, *by_phone) for g in one.languages}
            worth += trip["need"] * sum(
                SHARES.loc[trip["shift"], g] for g in heard & {"ar", "ku", "fa"}
            )
        best = max(best, (driven, worth))
    assert found["driver"].notna().sum() == best[0]
    # A patrol fewer of whoever rides with most may cost 1 in 1,000 groups.
    assert found["understood"] @ found["need"] == pytest.approx(best[1], abs=2e-3)
    for row in found.to_dict("records"):
        assert len(row["riders"]) <= seats
        assert pd.isna(row["driver"]) or people[row["driver"]].may_drive
        for p in row["riders"]:
            assert people[p].works(row["shift"])
            assert people[p].bank == "both" or row["banks"] == {people[p].bank}
    taken = [p for riders in found["riders"] for p in riders]
    assert len(taken) == len(set(taken))


def test_who_may_not_serve_on_a_bank_does_not_ride_there() -> None:
    arabic = Person("interpreter", ("ar",), bank="south")
    found = assign(TRIPS, Team((arabic,)), SHARES)
    assert found["riders"].tolist() == [[0], [], []]
    by_phone = assign(TRIPS, Team((replace(arabic, phone=True),)), SHARES)
    assert by_phone["understood"].tolist() == [0.5, 0.5, 0.1]
    assert by_phone["driver"].isna().all()


def test_two_of_four_drivers_go_each_night_and_share_a_fortnight() -> None:
    team = Team((DRIVER,) * 4)
    found = assign(fortnight(), team, SHARES)
    made = duties(found, team.people)
    assert found["driver"].notna().all()
    assert made["patrols"].tolist() == [7, 7, 7, 7]
    assert made["driven"].tolist() == [7, 7, 7, 7]
    assert made["hours"].tolist() == [35.0] * 4
    assert made["nights_off"].tolist() == [7] * 4
    assert (made["rest_h"] >= 19).all()


@pytest.mark.parametrize(
    ("duty", "driven"),
    [
        (Duty(nights_off=0, week_h=100, rest_h=0), 14),
        (Duty(nights_off=1, week_h=100, rest_h=0), 12),
        # Five evenings of five hours are 25 in any week.
        (Duty(nights_off=0, week_h=25, rest_h=0), 10),
        # From 23:00 to 18:00 there are 19 hours.
        (Duty(nights_off=0, week_h=100, rest_h=19), 14),
        (Duty(nights_off=0, week_h=100, rest_h=19.1), 7),
    ],
)
def test_one_driver_drives_as_often_as_hours_rest_and_nights_off_allow(
    duty: Duty, driven: int
) -> None:
    found = assign(fortnight(vehicles=1), Team((DRIVER,), duty), SHARES)
    (made,) = duties(found, [DRIVER]).to_dict("records")
    assert made["driven"] == driven == found["driver"].notna().sum()
    assert made["week_h"] <= duty.week_h
    assert made["rest_h"] >= duty.rest_h


def test_a_day_off_is_kept_and_nobody_drives_where_nobody_is_left() -> None:
    away = replace(DRIVER, days_off=(datetime.date(2026, 12, 1),))
    found = assign(fortnight(3, 1), Team((away,)), SHARES)
    assert found["driver"].isna().tolist() == [False, True, False]
    undated = assign(fortnight(3, 1).assign(date=None), Team((away,)), SHARES)
    assert undated["driver"].notna().all()


def test_who_adds_nothing_does_not_ride_along() -> None:
    team = Team((DRIVER, DRIVER, Person("volunteer", ("en",))))
    found = assign(fortnight(1, 1), team, SHARES)
    assert [len(riders) for riders in found["riders"]] == [1]


def test_a_stop_of_no_known_bank_is_for_those_of_both() -> None:
    stops = pd.DataFrame({
        "night": 1, "shift": "evening", "vehicle": [1, 1, 1, 2], "stop": ["a", "b", "depot", "b"],
        "service_s": [600, 600, 0, 600], "prize": [0.1, 0.5, 0.0, 0.2], "date": None,
        "name": ["A", "B", "D", "B"], "arrival_s": EVENING[0], "departure_s": EVENING[0] + 600,
    })  # fmt: skip
    driver, banks = (Person("driver", ("ar",), bank="south"), {"south": ("b", "depot")})
    spoken = Expected(pd.Series({"ar": 0.5, "fa": 0.5}), "log", 10, pd.DataFrame())
    found = crews_of(stops, banks, Team((driver,)), spoken)
    assert found["banks"].tolist() == [{UNKNOWN, "south"}, {"south"}]
    assert found["riders"].tolist() == [[], [0]]
    assert found["understood"].tolist() == [0, 0.5]


def test_the_line_that_helps_most_is_the_one_that_an_assignment_with_it_gains() -> None:
    team = Team((Person("interpreter", ("ar",), bank="south"),))
    found = assign(TRIPS, team, SHARES)
    language, share = by_telephone(found, team, SHARES)
    gained = {}
    for other in ("ar", "ku", "fa"):
        line = Person("interpreter", (other,), phone=True)
        more = assign(TRIPS, Team((*team.people, line)), SHARES)
        gained[other] = float(more["understood"] @ more["need"])
    assert language == max(gained, key=gained.__getitem__) == "ar"
    assert share == pytest.approx(gained["ar"])
