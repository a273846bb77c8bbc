"""A year of months and quarters: counted anew, told apart by the test of months; coincidences."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from geo.records import Log
from geo.schema import LOG_GROUPS, LOG_VISITS
from mitrovica.brief import year_as_released, year_of
from mitrovica.brief.changes import LEVEL

MONTHS = [str(pd.Period("2026-01", "M") + k) for k in range(15)]
"""January 2026 to March 2027."""
STOPS = [f"stop_{k}" for k in range(12)]
WHAT = {"en": "New hours"}


@cache
def visits(months: tuple[str, ...]) -> pd.DataFrame:
    """Return ten visits of an hour a month at each stop."""
    rows = []
    for month in months:
        for stop in STOPS:
            for day in range(1, 11):
                at = pd.Timestamp(f"{month}-{day:02d}T18:00+01:00")
                rows.append(
                    {
                        "visit_id": f"{stop}{month}{day}",
                        "stop": stop,
                        "shift": "evening",
                        "date": f"{month}-{day:02d}",
                        "outcome": "done",
                        "arrived_at": at,
                        "left_at": at + pd.Timedelta("1h"),
                    }
                )
    return LOG_VISITS.frame(rows)


def log_of(rates: list[float], seed: int = 1, missing: tuple[str, ...] = ()) -> Log:
    """Return a log of these visits, with Poisson groups."""
    rng = np.random.default_rng(seed)
    rate_of = dict(zip(MONTHS, rates, strict=True))
    months = tuple(month for month in MONTHS if month not in missing)
    groups = [
        {"stop": stop, "shift": "evening", "month": month}
        for month in months
        for stop in STOPS
        for _ in range(rng.poisson(10 * rate_of[month]))
    ]
    ids = [{"group_id": f"g{k}", **row} for k, row in enumerate(groups)]
    return Log.of(visits=visits(months), groups=LOG_GROUPS.frame(ids))


def test_months_and_quarters_are_those_of_the_log() -> None:
    log = log_of([0.5] * 15)
    year = year_of(log, "2027-03")
    assert year is not None
    assert year.months["period"].tolist() == MONTHS[3:]
    counted = log.groups.groupby("month").size()
    assert year.months["groups"].tolist() == counted[MONTHS[3:]].tolist()
    assert year.months["hours"].tolist() == [120.0] * 12
    assert year.quarters["period"].tolist() == [
        "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"
    ]  # fmt: skip
    assert year.quarters["groups"].sum() == year.months["groups"].sum()
    inside = year.months["rate"].between(year.months["low"], year.months["high"])
    assert inside.all()
    assert np.isnan(year.months["p"][0])


def test_a_doubling_is_told_and_coincided_and_a_change_without_one_is_not() -> None:
    rates = [0.5] * 9 + [1.0] * 6
    changes = [("2026-10", WHAT), ("2026-06", WHAT), ("2025-01", WHAT)]
    year = year_of(log_of(rates), "2027-03", changes=changes)
    assert year is not None
    table = year.months.set_index("period")
    assert table["p"]["2026-10"] <= LEVEL
    assert (table["p"].drop("2026-10").dropna() > LEVEL).all()
    quarters = year.quarters.set_index("period")["p"]
    assert quarters["2026-Q4"] <= LEVEL < quarters["2027-Q1"]
    october, june = year.coincided
    assert (october.month, october.shown) == ("2026-10", True)
    assert 1.5 < october.ratio < 2.5
    assert (june.month, june.shown) == ("2026-06", False)


@pytest.mark.parametrize("years", [30, pytest.param(400, marks=pytest.mark.proof)])
def test_a_year_of_one_rate_has_hardly_an_alarm(years: int) -> None:
    alarms = 0
    for seed in range(years):
        year = year_of(log_of([0.3] * 15, seed), "2027-03", changes=[("2026-09", WHAT)])
        assert year is not None
        # Months, quarters and changes each hold the level.
        for p in (
            year.months["p"],
            year.quarters["p"],
            pd.Series([one.p for one in year.coincided]),
        ):
            alarms += int((p <= LEVEL).any())
    assert alarms / (3 * years) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / (3 * years))


def test_of_a_quarter_that_the_log_lacks_a_release_tells() -> None:
    log = log_of([0.5] * 15, missing=("2026-04", "2026-05", "2026-06"))
    released = {"2026-Q2": 40, "2026-Q3": 5}
    year = year_of(log, "2027-03", released)
    assert year is not None
    second, third, *_ = year.quarters.to_dict("records")
    assert (second["groups"], second["released"]) == (40, True)
    assert np.isnan(second["hours"])
    assert np.isnan(third["p"])
    # What the log has is exact.
    assert third["groups"] > 5
    assert not third["released"]


def test_a_change_at_the_edge_and_a_short_log_are_not_compared() -> None:
    missing = tuple(MONTHS[:5])
    year = year_of(
        log_of([0.5] * 15, missing=missing), "2027-03", changes=[("2026-06", WHAT)]
    )
    assert year is not None
    [one] = year.coincided
    assert np.isnan(one.p)
    assert not one.shown
    assert year_of(log_of([0.5] * 15), "2026-02") is None
    assert year_of(Log.of(), "2026-12") is None


def test_a_partner_has_the_quarters_it_was_given() -> None:
    given = {"2026-Q2": 40, "2026-Q3": 25, "2027-Q1": 30, "2020-Q1": 5}
    year = year_as_released(given, "2027-Q1")
    assert year is not None
    assert year.months.empty
    assert year.quarters["period"].tolist() == [
        "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"
    ]  # fmt: skip
    assert year.quarters["groups"].fillna(-1).tolist() == [40, 25, -1, 30]
    assert year.quarters["p"].isna().all()
    assert year_as_released({"2026-Q2": 40}, "2027-Q1") is None
