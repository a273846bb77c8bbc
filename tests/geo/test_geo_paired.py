"""Two plans on the same made-up seasons: what is expected is the mean of what is played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from studies.season import SECTIONS, plan

from geo.paired import SURE, Paired, play_paired
from geo.practice import paths_of, play, season, shares_of

NIGHTS = 7
WHOLE = plan()
LESS = replace(WHOLE, stops=WHOLE.stops[WHOLE.stops["stop"] != "b"])


@pytest.fixture(scope="module")
def paired() -> Paired:
    return play_paired(SECTIONS, (WHOLE, LESS), NIGHTS)


@pytest.mark.parametrize(
    "weeks", [20, pytest.param(2000, marks=pytest.mark.proof)]
)
def test_what_is_expected_is_the_mean_of_what_is_played(
    paired: Paired, weeks: int
) -> None:
    paths = paths_of(SECTIONS)
    for seed in (1, 2, 3):
        share = shares_of(len(paths), np.random.default_rng(seed))
        drawn = season(paths, WHOLE, weeks * NIGHTS, seed=seed, share=share)
        expected = weeks * paired.expected["first"][seed]
        # Meetings are seldom, so their number is about Poisson; walks and nights are shared by a
        # quadrature that is true to a hundredth.
        off = 4 * np.sqrt(expected) + 0.01 * expected
        assert abs(len(drawn.log.groups) - expected) < off


def test_a_night_that_is_played_has_the_use_of_its_season() -> None:
    met = sum(night.met for night in play(SECTIONS, WHOLE, NIGHTS, seed=5))
    one = play_paired(SECTIONS, (WHOLE, LESS), NIGHTS, seeds=[5])
    expected = one.expected["first"][5]
    assert abs(met - expected) < 4 * np.sqrt(expected)


def test_the_same_seed_gives_the_use_of_the_same_season(
    paired: Paired,
) -> None:
    one = play_paired(SECTIONS, (WHOLE, LESS), NIGHTS, seeds=[7])
    np.testing.assert_allclose(one.expected.loc[7], paired.expected.loc[7])
    busy = play_paired(
        SECTIONS, (WHOLE, LESS), NIGHTS, groups_per_night=300, seeds=[7]
    )
    np.testing.assert_allclose(busy.expected, 10 * one.expected)


def test_fewer_stops_never_meet_more(paired: Paired) -> None:
    assert (paired.more <= 0).all()
    mean, low, high = paired.interval()
    assert low < mean < high < 0


def test_a_plan_beside_itself_is_never_told_apart() -> None:
    same = play_paired(SECTIONS, (WHOLE, WHOLE), NIGHTS, seeds=range(1, 9))
    assert (same.more == 0).all()
    assert same.interval() == (0, 0, 0)
    assert np.isinf(same.groups_to_tell(3))
    assert same.counted(3) == 0.5


def test_with_so_many_groups_counting_tells_plans_apart(
    paired: Paired,
) -> None:
    """By theory here, by play in the proof."""
    groups = paired.groups_to_tell(2)
    assert groups > paired.groups_per_night
    busy = play_paired(
        SECTIONS, (WHOLE, LESS), NIGHTS, groups_per_night=groups, seeds=[2]
    )
    assert ndtri(busy.counted(2)) == pytest.approx(1.96 + ndtri(SURE), abs=0.01)


@pytest.mark.proof
def test_so_many_plays_tell_plans_apart() -> None:
    one = play_paired(SECTIONS, (WHOLE, LESS), NIGHTS, seeds=[2])
    groups = one.groups_to_tell(2)
    paths = paths_of(SECTIONS)
    share = shares_of(len(paths), np.random.default_rng(2))
    busy = play_paired(
        SECTIONS, (WHOLE, LESS), NIGHTS, groups_per_night=groups, seeds=[2]
    )
    spread = np.sqrt(busy.spread[0])
    told = []
    for number in range(200):
        counted = [
            len(
                season(
                    paths, of, NIGHTS, groups, seed=number, share=share
                ).log.groups
            )
            for of in (WHOLE, LESS)
        ]
        told.append((counted[0] - counted[1]) / spread > 1.96)
    # 200 plays: within 4 standard errors of what is promised.
    error = np.sqrt(SURE * (1 - SURE) / 200)
    assert abs(np.mean(told) - SURE) < 4 * error
