"""What visits brought, what a visit may bring, who stays away, and lots."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.records import Log
from geo.schema import LOG_GROUPS, LOG_VISITS, METRIC
from mitrovica.adaptation import (
    accepted_share,
    lots,
    near_away,
    persists,
    records_of,
    stays_away,
    weighed_need,
)
from mitrovica.adaptation.avoidance import CHANCE


def log() -> Log:
    """Return five visits to two stops, one skipped, in two months."""
    visits = pd.DataFrame(
        {
            "visit_id": list("abcde"),
            "stop": ["mill", "mill", "mill", "ford", "ford"],
            "date": ["2026-10-01", "2026-10-02", "2026-11-01", "2026-11-01", "2026-11-02"],
            "arrived_at": pd.Timestamp("2026-10-01 18:00", tz="UTC"),
            "left_at": pd.Timestamp("2026-10-01 18:30", tz="UTC"),
            "outcome": ["done", "done", "done", "done", "skipped"],
        }
    )  # fmt: skip
    groups = pd.DataFrame(
        {
            "group_id": list("uvwx"),
            "stop": ["mill", "mill", "ford", "mill"],
            "month": ["2026-10", "2026-10", "2026-11", "2026-11"],
            "help": ["accepted", "not_offered", "refused", pd.NA],
        }
    )
    return Log.of(visits=LOG_VISITS.frame(visits), groups=LOG_GROUPS.frame(groups))


def test_records_add_up_by_stop_and_month() -> None:
    records = records_of(log())
    table = records.by_stop
    assert table.loc["mill"].to_dict() == {
        "visits": 3, "nights": 3, "minutes": 90.0, "last": "2026-11",
        "groups": 3, "asked": 1, "accepted": 1,
    }  # fmt: skip
    assert table.loc["ford", ["visits", "groups", "asked", "accepted"]].tolist() == [
        1,
        1,
        1,
        0,
    ]
    assert len(records.by_month) == 3
    whole_months = records_of(log(), before="2026-11").by_stop
    assert whole_months.index.tolist() == ["mill"]
    assert whole_months.loc["mill", ["visits", "groups"]].tolist() == [2, 2]


@given(
    asked=st.lists(st.integers(0, 500), min_size=2, max_size=8), part=st.floats(0, 1)
)
def test_a_share_of_few_is_near_that_of_all(asked: list[int], part: float) -> None:
    number = pd.Series(asked)
    accepted = (number * part).round().astype(int)
    share = accepted_share(number, accepted)
    assert share.between(0, 1).all()
    if number.sum():
        overall = accepted.sum() / number.sum()
        # Where nobody was asked a stop is like all.
        assert share[number == 0].to_numpy() == pytest.approx(overall)


def test_draws_have_the_interval_that_is_given() -> None:
    n = 20_000
    need, low, high = np.full(n, 0.1), np.full(n, 0.05), np.full(n, 0.2)
    drawn = weighed_need(need, low, high, rule="draw", seed=1)
    assert np.mean((drawn > low / 1.1) & (drawn < high * 1.1)) > 0.9
    assert drawn.mean() == pytest.approx(0.1, rel=0.02)
    assert (weighed_need(need, low, high, rule="mean", seed=1) == need).all()


def test_of_two_stops_of_equal_need_the_less_known_has_the_higher_bound() -> None:
    need = np.array([0.1, 0.1])
    low, high = np.array([0.09, 0.03]), np.array([0.11, 0.3])
    sure, unsure = weighed_need(need, low, high, rule="upper", seed=1)
    assert sure != unsure
    median = need[1] * np.exp(-((np.log(10) / 3.29) ** 2) / 2)
    assert unsure > median


def test_equal_rates_are_seldom_taken_for_staying_away() -> None:
    rng = np.random.default_rng(1)
    stops = np.repeat([f"stop {k}" for k in range(2000)], 2)
    # The variance of a month is twice its mean.
    groups = rng.poisson(40 * rng.gamma(40, 1 / 40, len(stops)))
    table = pd.DataFrame(
        {
            "stop": stops,
            "month": ["2026-10", "2026-11"] * 2000,
            "minutes": 600.0,
            "groups": groups,
        }
    )
    assert len(stays_away(table)) / 2000 < CHANCE
    fallen = table["groups"].where(table["month"] == "2026-10", groups // 4)
    assert len(stays_away(table.assign(groups=fallen))) / 2000 > 0.8


def by_month(
    groups: np.ndarray, minutes: float = 120.0, months: int = 2
) -> pd.DataFrame:
    """Return as many stops as `groups` has rows, visited in each month for as long."""
    rows = [
        (f"stop {stop}", f"2026-1{month}", minutes, met)
        for stop, of_stop in enumerate(groups)
        for month, met in enumerate(of_stop[:months])
    ]
    names = ["stop", "month", "minutes", "groups"]
    return pd.DataFrame(rows, columns=names)


def test_few_groups_at_each_of_many_stops_tell_together_that_they_stay_away() -> None:
    rng = np.random.default_rng(4)
    few = rng.poisson([2.0, 0.6], (36, 2))
    alone = [stays_away(by_month(few[[k]])) for k in range(36)]
    assert not any(alone)
    assert len(stays_away(by_month(few))) == 36
    # One that many come to as before is told apart from the others.
    with_one = np.vstack([few, [40, 41]])
    assert "stop 36" not in stays_away(by_month(with_one))


@pytest.mark.parametrize(
    ("rates", "least", "most"), [((3, 3), 0.9, 1), ((3, 1), 0, 0.02)]
)
def test_that_people_keep_coming_is_found_where_they_do(
    rates: tuple[float, float], least: float, most: float
) -> None:
    rng = np.random.default_rng(5)
    groups = rng.poisson(rates * rng.gamma(3, 1 / 3, (200, 20, 2)))
    found = np.mean([persists(by_month(one)) for one in groups])
    assert least <= found <= most


def test_that_people_keep_coming_is_not_known_of_one_month_or_few_groups() -> None:
    many = np.full((20, 2), 3)
    assert persists(by_month(many))
    assert not persists(by_month(many, months=1))
    assert not persists(by_month(many[:2]))
    assert not persists(by_month(many[:0]))


def test_what_lies_beside_is_within_five_kilometres() -> None:
    stops = gpd.GeoSeries.from_xy([0, 4000, 6000], [0, 0, 0], crs=METRIC).to_frame(
        "geometry"
    )
    away = np.array([True, False, False])
    assert near_away(stops, away).tolist() == [True, True, False]
    assert not near_away(stops, ~away & away).any()


@given(
    n=st.integers(0, 40),
    number=st.integers(1, 90),
    nights=st.integers(1, 20),
    seed=st.integers(0, 99),
)
def test_each_stop_is_drawn_within_the_nights_that_are_said(
    n: int, number: int, nights: int, seed: int
) -> None:
    months = ["", "2026-10", "2026-11"]
    last = [months[k % 3] for k in range(n)]
    drawn = lots(range(n), last, nights=nights, number=number, seed=seed)
    assert all(len(set(stops)) == len(stops) for stops in drawn.by_night)
    sizes = [len(stops) for stops in drawn.by_night]
    assert sum(sizes) == min(number, n * nights)
    assert max(sizes) - min(sizes) <= 1
    stops = [stop for night in drawn.by_night for stop in night]
    # None is drawn again before all others were drawn.
    times = [stops.count(stop) for stop in range(n)]
    assert max(times, default=0) - min(times, default=0) <= 1
    if nights >= drawn.within_nights:
        assert set(stops) == set(range(n))
    waited = [last[stop] for stop in stops[:n]]
    assert waited == sorted(waited)


@pytest.mark.parametrize("number", [8, 18])
def test_lots_have_the_probability_that_is_recorded(number: int) -> None:
    last = ["", "", "", "2026-10", "2026-10", "2026-10", "2026-10"]
    often = np.zeros((7, 4))
    for seed in range(2000):
        drawn = lots(range(7), last, nights=4, number=number, seed=seed)
        for night, stops in enumerate(drawn.by_night):
            often[list(stops), night] += 1 / 2000
    told = drawn.table
    for stop, night, probability in told.itertuples(index=False):
        assert often[stop, night - 1] == pytest.approx(probability, abs=0.04)
