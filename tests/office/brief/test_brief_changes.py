"""Whether a month differs from the one before: closed forms, false alarms of years, power."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from folders import PROOF
from scipy.stats import binomtest, norm

from geo.arrays import Floats
from geo.records import Log
from geo.schema import LOG_GROUPS, LOG_VISITS
from mitrovica.brief.changes import LEVEL, YEAR, changed, compared

CELLS = 34
"""Stops and shifts of a month, as the shipped plan has them."""


def months(
    rng: np.random.Generator,
    mean: float,
    dispersion: float,
    unlike: float,
    now: float = 1.0,
) -> tuple[Floats, Floats]:
    """Return groups and hours of a year and a month; `now` times as many in the newest month.

    Counts have `dispersion` times the variance of Poisson counts; stops are unlike by that
    standard deviation of the logarithm of their rate.
    """
    rate = mean * np.exp(rng.normal(0, unlike, (CELLS, 1)))
    hours = rng.uniform(0.5, 2, (CELLS, YEAR + 1)) * rng.integers(
        1, 6, (CELLS, YEAR + 1)
    )
    expected = rate * hours
    expected[:, 0] *= now
    if dispersion > 1:
        clusters = rng.gamma(expected / (dispersion - 1), dispersion - 1)
        expected = clusters
    return rng.poisson(expected).astype(float), hours


def has_alarm(groups: Floats, hours: Floats) -> bool:
    """Return whether any month of a year is called changed, each when it ends."""
    return any(compared(groups[:, k:], hours[:, k:])[0] <= LEVEL for k in range(YEAR))


def test_a_year_without_a_change_has_hardly_an_alarm() -> None:
    """The short form of the proof: three times the variance, stops unlike."""
    rng = np.random.default_rng(5)
    alarms = [has_alarm(*months(rng, 0.5, 3.0, 1.0)) for _ in range(60)]
    assert np.mean(alarms) <= 0.1


def test_a_doubling_is_found_as_often_as_is_told() -> None:
    rng, found, told = np.random.default_rng(6), [], []
    for _ in range(200):
        groups, hours = months(rng, 0.5, 2.0, 0.0, now=2.0)
        p, power = compared(groups[:, :2], hours[:, :2])
        found.append(p <= LEVEL)
        told.append(power)
    assert np.mean(found) == pytest.approx(np.mean(told), abs=0.1)
    assert 0.3 < np.mean(found) < 0.7


@pytest.mark.proof
def test_false_alarms_of_years_and_power_of_a_doubling() -> None:
    """400 years each, variance over mean from 1 to 4: at most 5 % of years have an alarm."""
    rows = []
    for unlike in (0.0, 1.0):
        for mean in (0.1, 0.5):
            for dispersion in (1.0, 2.0, 3.0, 4.0):
                rng = np.random.default_rng(7)
                like = (mean, dispersion, unlike)
                alarms = [has_alarm(*months(rng, *like)) for _ in range(400)]
                pairs = []
                for _ in range(400):
                    groups, hours = months(rng, *like, now=2.0)
                    pairs.append(compared(groups[:, :2], hours[:, :2]))
                p, power = np.array(pairs).T
                rows.append(
                    {
                        "unlike": unlike,
                        "groups_per_h": mean,
                        "dispersion": dispersion,
                        "years_with_alarm": np.mean(alarms),
                        "doubling_found": (p <= LEVEL).mean(),
                        "power_told": np.nanmean(power),
                    }
                )
    table = pd.DataFrame(rows)
    PROOF.mkdir(parents=True, exist_ok=True)
    table.to_csv(PROOF / "changes.csv", index=False)
    error = (0.05 * 0.95 / 400) ** 0.5
    assert (table["years_with_alarm"] <= 0.05 + 2 * error).all(), table
    off = (table["doubling_found"] - table["power_told"]).abs()
    assert (off <= 0.12).all(), table


def test_poisson_counts_are_as_by_the_exact_test_of_two_rates() -> None:
    """Many stops of one rate and few groups: given both counts, one is binomial."""
    rng = np.random.default_rng(8)
    hours = np.ones((400, 2))
    groups = rng.poisson([0.35, 0.25], (400, 2)).astype(float)
    p, _ = compared(groups, hours)
    now, before = groups.sum(axis=0).astype(int)
    exact = binomtest(int(now), int(now + before), 0.5).pvalue
    assert norm.isf(p / YEAR / 2) == pytest.approx(norm.isf(exact / 2), abs=0.2)


def test_hours_and_not_groups_are_compared() -> None:
    """Three times the groups in three times the hours is no change."""
    before = np.array([4.0, 2.0, 7.0, 3.0, 5.0])
    groups = np.column_stack([3 * before, before])
    hours = np.column_stack([np.full(5, 6.0), np.full(5, 2.0)])
    assert compared(groups, hours)[0] == 1.0
    assert compared(groups, hours[:, ::-1])[0] < LEVEL


@pytest.mark.parametrize("cells", [0, 1])
def test_of_one_stop_nothing_is_said(cells: int) -> None:
    p, power = compared(np.ones((cells, 2)), np.ones((cells, 2)))
    assert p == 1.0
    assert np.isnan(power)


def log_of(rates: dict[str, int]) -> Log:
    """Return a log with so many groups at each of six stops in each month, in two hours."""
    visits, groups = [], []
    for month, n in rates.items():
        begin = pd.Timestamp(f"{month}-10 18:00", tz="UTC")
        for stop in "abcdef":
            visits.append(
                {
                    "visit_id": f"{month}{stop}",
                    "date": f"{month}-10",
                    "stop": stop,
                    "shift": "evening",
                    "outcome": "done",
                    "arrived_at": begin,
                    "left_at": begin + pd.Timedelta(hours=2),
                }
            )
            groups += [
                {
                    "group_id": f"{month}{stop}{k}",
                    "stop": stop,
                    "shift": "evening",
                    "month": month,
                }
                for k in range(n + (stop > "c"))
            ]
    return Log.of(visits=LOG_VISITS.frame(visits), groups=LOG_GROUPS.frame(groups))


def test_a_log_is_compared_by_stop_and_shift() -> None:
    log = log_of({"2026-01": 1, "2026-02": 20, "2026-03": 20})
    rose = changed(log, "2026-02")
    same = changed(log, "2026-03")
    assert rose is not None
    assert same is not None
    assert rose.shown
    assert same.p == 1.0
    assert not same.seasons
    assert changed(log, "2026-01") is None
    assert changed(log, "2026-05") is None
    assert changed(Log.of(), "2026-05") is None


def test_a_season_can_be_told_from_two_years_on() -> None:
    long = changed(log_of({"2024-02": 1, "2026-01": 5, "2026-02": 5}), "2026-02")
    short = changed(log_of({"2024-03": 1, "2026-01": 5, "2026-02": 5}), "2026-02")
    assert long is not None
    assert short is not None
    assert long.seasons
    assert not short.seasons
