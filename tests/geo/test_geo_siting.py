"""Sites are the best of all choices of as many; what is open counts; the firmness is that drawn."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import siting
from geo.siting import SitingError, best_sites


def by_hand(
    serves: np.ndarray, weight: np.ndarray, is_open: np.ndarray, number: int
) -> float:
    """Return the largest need that any choice serves."""
    new = np.flatnonzero(~is_open)
    return max(
        float(weight @ serves[:, [*np.flatnonzero(is_open), *chosen]].any(1))
        for chosen in combinations(new, number)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 7), st.integers(0, 10**6))
def test_no_other_choice_serves_more(points: int, sites: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Whole numbers, so that some walks take the longest time, and some points have no need.
    minutes = pd.DataFrame(
        rng.integers(12, 19, (points, sites)), columns=list("ABCDEFG"[:sites])
    )
    need = pd.Series(rng.integers(0, 4, points).astype(float))
    need[0] = 1.0
    is_open = rng.random(sites) < 0.2
    chosen = best_sites(
        minutes, need, open_already=minutes.columns[is_open].tolist(), most=3, draws=2
    )
    serves, weight = minutes.to_numpy() <= 15, need.to_numpy() / need.sum()
    assert len(chosen) == min(3, (~is_open).sum()) + 1
    shares = zip(chosen["sites"], chosen["need_share"], strict=True)
    for number, (new, share) in enumerate(shares):
        best = by_hand(serves, weight, is_open, number)
        assert share == pytest.approx(best)
        assert len(new) == number
        columns = [*new, *minutes.columns[is_open]]
        served = serves[:, minutes.columns.isin(columns)].any(axis=1)
        assert weight @ served == pytest.approx(best)
    assert chosen["need_share"].is_monotonic_increasing


@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 10**6))
def test_the_best_of_each_draw_is_that_of_a_program(
    points: int, sites: int, seed: int
) -> None:
    """Choices of few sites are tried one by one, of many a program is solved for each draw."""
    rng = np.random.default_rng(seed)
    minutes = pd.DataFrame(
        rng.integers(12, 20, (points, sites)), columns=list("ABCDEFG"[:sites])
    )
    need = pd.Series(rng.uniform(0.1, 1, points))
    is_open = minutes.columns[rng.random(sites) < 0.2].tolist()
    tried = best_sites(minutes, need, is_open, draws=10, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siting, "MOST_CHOICES", -1)
        solved = best_sites(minutes, need, is_open, draws=10, seed=seed)
    pd.testing.assert_frame_equal(tried, solved, atol=1e-9)


def test_a_choice_is_firm_where_nothing_rivals_it_and_loose_where_two_are_alike() -> (
    None
):
    minutes = pd.DataFrame({"A": [1.0, 99, 99], "B": [99, 1.0, 99]})
    firm = best_sites(minutes, pd.Series([10.0, 1, 1]), most=1)
    assert firm[["best_share", "behind"]].to_numpy()[1].tolist() == [1.0, 0.0]
    loose = best_sites(minutes, pd.Series([1.0, 1, 1]), most=1, draws=2000)
    assert loose["best_share"].to_numpy()[1] == pytest.approx(0.5, abs=0.04)
    # At most 1.3 against .7 of 2.7.
    assert loose["behind"].between(0.1, 0.6 / 2.7).tolist() == [False, True]


def test_the_same_seed_draws_the_same() -> None:
    rng = np.random.default_rng(3)
    minutes = pd.DataFrame(rng.uniform(0, 30, (30, 6)), columns=list("ABCDEF"))
    need = pd.Series(rng.uniform(0, 1, 30))
    first, again = (best_sites(minutes, need, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    ("need", "open_already", "says"),
    [
        (pd.Series([1.0]), (), "need has 1 rows and minutes 2"),
        (pd.Series([0.0, 0.0]), (), "0 at all"),
        (pd.Series([-1.0, 2.0]), (), "negative"),
        (pd.Series([1.0, 2.0]), ("Z",), "Z is no column of minutes"),
    ],
)
def test_what_does_not_fit_is_refused(
    need: pd.Series, open_already: tuple[str, ...], says: str
) -> None:
    minutes = pd.DataFrame({"A": [1.0, 2.0]})
    with pytest.raises(SitingError, match=says):
        best_sites(minutes, need, open_already=open_already)


def test_where_no_place_is_public_nothing_is_served() -> None:
    minutes = pd.DataFrame(index=["p", "q"])
    none = best_sites(minutes, pd.Series(1.0, index=minutes.index))
    assert none.to_numpy().tolist() == [[[], 0.0, 1.0, 0.0]]
