"""Scores of counts in closed form, bets that cannot be won by chance, sums that name no stop."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.following import Records
from geo.review import (
    OURS,
    RIVALS,
    crps,
    e_value,
    expect,
    judged,
    law,
    pit,
    scored,
)
from geo.review.judging import BINS, LEAST_NIGHTS, PROOF
from geo.schema import METRIC

MEANS = st.floats(0.05, 30)


def test_the_score_is_that_of_the_definition() -> None:
    """The mean distance to a draw, less half of that between two (Gneiting and Raftery 2007)."""
    counts = np.arange(200)
    for mean, met in ((0.3, 0), (3.0, 5), (12.0, 2)):
        chance = law(mean).pmf(counts)
        to_met = chance @ np.abs(counts - met)
        apart = chance @ np.abs(np.subtract.outer(counts, counts)) @ chance
        assert crps(mean, met) == pytest.approx(to_met - apart / 2, abs=1e-8)


@given(mean=MEANS, other=MEANS)
def test_nothing_scores_better_on_average_than_the_truth(
    mean: float, other: float
) -> None:
    counts = np.arange(120)
    chance = law(mean).pmf(counts)
    of_truth, of_other = (
        chance @ [crps(expected, met) for met in counts.tolist()]
        for expected in (mean, other)
    )
    assert of_truth <= of_other + 1e-9


@given(mean=MEANS, rival=MEANS)
def test_a_bet_against_the_truth_is_lost_on_average_and_never_more_than_its_stake(
    mean: float, rival: float
) -> None:
    counts = np.arange(150)
    factors = np.array([e_value(mean, rival, met) for met in counts.tolist()])
    assert factors.min() >= 0.5 - 1e-9
    assert law(rival).pmf(counts) @ factors <= 1 + 1e-7
    assert law(mean).pmf(counts) @ factors >= 1 - 1e-7


def test_evidence_for_the_worse_seldom_ever_exceeds_its_bound() -> None:
    """In 400 seasons of 200 counts, looked at after each: at most 1 in 20."""
    rng = np.random.default_rng(3)
    counts = law(2.0).rvs((400, 200), random_state=rng)
    factor = [e_value(3.0, 2.0, met) for met in range(counts.max() + 1)]
    most = np.cumprod(np.array(factor)[counts], axis=1).max(axis=1)
    assert (most >= PROOF).mean() <= 0.05
    right = [e_value(2.0, 3.0, met) for met in range(counts.max() + 1)]
    found = np.cumprod(np.array(right)[counts], axis=1)[:, -1] >= PROOF
    assert found.mean() > 0.5


@given(mean=MEANS)
def test_bins_of_the_law_itself_are_alike(mean: float) -> None:
    counts = np.arange(200)
    each = np.array([pit(mean, met, BINS) for met in counts.tolist()])
    assert each.sum(axis=1) == pytest.approx(1)
    assert law(mean).pmf(counts) @ each == pytest.approx(1 / BINS, abs=1e-6)


def test_what_is_expected_adds_up_to_what_was_met() -> None:
    """Two stops are a kilometre apart, one far off was never visited."""
    stops = gpd.GeoDataFrame(
        {"stop": ["mill", "ford", "far"]},
        geometry=gpd.points_from_xy([0, 1000, 90_000], [0, 0, 0]),
        crs=METRIC,
    )
    by_stop = pd.DataFrame(
        {"minutes": [600.0, 1200.0], "groups": [20, 10]},
        pd.Index(["mill", "ford"], name="stop"),
    )
    by_month = pd.DataFrame(
        {
            "stop": ["mill", "mill", "ford"],
            "month": ["2026-10", "2026-11", "2026-10"],
            "minutes": [300.0, 300.0, 1200.0],
            "groups": [4, 16, 10],
        }
    )
    table = expect(
        stops,
        [3.0, 1.0, 1.0],
        Records(by_stop, by_month),
        pd.Series({"mill": 7, "ford": 1}),
    )
    hours = np.array([10.0, 20.0, 0.0])
    assert list(table) == [OURS, *RIVALS]
    for rule in (OURS, "alike", "fixed"):
        assert hours @ table[rule] == pytest.approx(30)
    assert table["alike"].tolist() == pytest.approx([1, 1, 1])
    assert (table[OURS] / table[OURS]["ford"]).tolist() == [3, 1, 1]
    assert (table["fixed"] / table["fixed"]["ford"]).tolist() == [5, 1, 1 / 3]
    # Of last month: 16 groups in 5 hours, beside 4 hours at the rate of all.
    assert table["lately"]["mill"] == pytest.approx((16 + 4 * 30.5 / 30) / 9)
    # Where nobody stood within 2 km both know the rate of all stops only.
    assert table["lately"]["far"] == pytest.approx(30.5 / 30)
    assert table["kernel"]["far"] == pytest.approx(30.5 / 30)
    near = np.exp(-0.125)
    assert table["kernel"]["mill"] == pytest.approx(
        (20 + near * 10 + 4 * 30.5 / 30) / (10 + near * 20 + 4)
    )


def units(met: list[int], ours: list[float], theirs: float) -> pd.DataFrame:
    table = pd.DataFrame(dict.fromkeys(RIVALS, theirs), range(len(met)))
    return table.assign(
        **{OURS: ours}, met=met, probability=[0.5] + [np.nan] * (len(met) - 1)
    )


def test_a_month_is_sums_and_no_verdict_is_given_before_it_can_be_one() -> None:
    month = units([0, 9, 4, 0] * 5, [0.5, 8.0, 4.0, 0.5] * 5, 3.0)
    score = scored("2026-11", month, 30)
    assert (score["units"], score["met"], score["nights"]) == (20, 65, 30)
    assert score["expected"][OURS] == pytest.approx(65)
    assert sum(score["pit"]) == pytest.approx(20)
    assert (score["lots"], score["weight"]) == (1, 2)
    assert score["lots_crps"][OURS] == pytest.approx(2 * crps(0.5, 0))
    early = judged([score] * 3)
    assert {one.verdict for one in early} == {"early"}
    assert {one.lacking for one in early} == {LEAST_NIGHTS - 90}
    for one in judged([score] * 4):
        assert one.ours < one.theirs
        assert (one.lacking, one.verdict) == (0, "better")
        assert one.evidence > PROOF > 1 > one.against
        assert one.by_lot == pytest.approx((crps(0.5, 0), crps(3.0, 0)))
    assert judged([]) == []


def test_of_a_rule_that_foretells_as_well_nothing_is_said() -> None:
    rng = np.random.default_rng(6)
    met = law(3.0).rvs(40, random_state=rng).tolist()
    months = [scored("2026-11", units(met, [3.0] * 40, 3.0), 30)] * 5
    assert {one.verdict for one in judged(months)} == {"open"}
