"""Ranks of the truth among draws, over seasons whose parameters are drawn from the prior.

S. Talts and others, "Validating Bayesian inference algorithms with simulation-based calibration",
2018, arXiv 1804.06788.  T. Säilynoja, P. Bürkner, A. Vehtari, "Graphical test for discrete
uniformity and its applications", Statistics and Computing 32 (2022): bands that hold all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context

import numpy as np
import pytest
from problems.as_run import fit_as_run
from problems.seasons import LIXEL_M, Season, from_prior, grid_country
from scipy.stats import binom

from geo.intensity import fit

NIGHTS = {5: 1, 20: 1, 50: 2, 200: 4}
GRID = np.linspace(0.01, 0.99, 99)
SEASONS = 400


@dataclass(frozen=True)
class Drawn:
    """The logarithm of the relative rate at each stop of a season: draws, (d, stops), and truth."""

    logs: np.ndarray
    truth: np.ndarray

    @property
    def ranks(self) -> np.ndarray:
        """Share of draws below the truth at each stop, stops in the order of their medians.

        Given the data all are even, and so they are in any order that the data give.
        """
        order = np.median(self.logs, axis=0).argsort()
        return (self.logs < self.truth).mean(axis=0)[order]


def drawn(events: int, seed: int) -> Drawn:
    """Return what the posterior of a season says as a study fits it, beside the truth."""
    country = grid_country()
    season = from_prior(events, NIGHTS[events], seed)
    rates = fit_as_run(
        country.ways, country.stops, season.visits, season.reports,
        season.kinds, country.towns,
    ).draws(999, seed)  # fmt: skip
    return beside_truth(rates, season)


def drawn_with_sections(events: int, seed: int) -> Drawn:
    """Return the same where `fit` knows the sections and each 400 m, as no study does."""
    country = grid_country()
    season = from_prior(events, NIGHTS[events], seed)
    rates = fit(
        country.ways, country.stops, season.visits, season.reports,
        kinds=season.kinds, towns=country.towns, lixel_m=LIXEL_M,
    ).draws(999, seed)  # fmt: skip
    return beside_truth(rates, season)


def beside_truth(rates: np.ndarray, season: Season) -> Drawn:
    relative = rates / rates.mean(axis=1, keepdims=True)
    return Drawn(np.log(relative), np.log(season.relative))


def ranks_of(events: int, of: Callable[[int, int], Drawn], seed: int) -> np.ndarray:
    return of(events, seed).ranks


@cache
def ranks(
    events: int, seasons: int, of: Callable[[int, int], Drawn] = drawn
) -> np.ndarray:
    """Return the ranks of each season, (seasons, stops), on all cores."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = pool.map(partial(ranks_of, events, of), range(seasons), chunksize=10)
        return np.array([*found])


def farthest(shares: np.ndarray) -> float:
    """Return the largest deviation of their distribution from the uniform one."""
    below = (shares.ravel()[:, None] <= GRID).mean(axis=0)
    return float(np.abs(below - GRID).max())


def covered(shares: np.ndarray) -> np.ndarray:
    """Return the share of stops whose 90 % interval holds the truth, in each season."""
    return ((shares > 0.05) & (shares < 0.95)).mean(axis=1)


def least_chance(counts: np.ndarray, n: int) -> np.ndarray:
    """Return the smaller tail of each binomial count, the least over the grid."""
    low = binom.cdf(counts, n, GRID)
    high = binom.sf(counts - 1, n, GRID)
    return np.minimum(low, high).min(axis=-1)


@cache
def limit(n: int) -> float:
    """Return the chance that 95 % of uniform samples stay above everywhere."""
    uniform = np.sort(np.random.default_rng(1).random((1000, n)), axis=1)
    counts = np.array([np.searchsorted(row, GRID) for row in uniform])
    return float(np.quantile(least_chance(counts, n), 0.05))


def outside_bands(shares: np.ndarray) -> bool:
    """Return whether shares leave the bands that hold 95 % of uniform samples everywhere."""
    counts = np.searchsorted(np.sort(shares), GRID)
    return bool(least_chance(counts, len(shares)) < limit(len(shares)))


def test_bands_hold_uniform_samples_and_no_others() -> None:
    rng = np.random.default_rng(2)
    left = [outside_bands(rng.random(200)) for _ in range(40)]
    assert np.mean(left) < 0.15
    assert outside_bands(rng.beta(2, 2, 200))


def spoilt(one: Drawn, stretch: float, shift: float) -> Drawn:
    """Return draws that lie nearer to the mean of the stops, or are moved by so many deviations."""
    middle = one.logs.mean()
    moved = middle + stretch * (one.logs - middle)
    return replace(one, logs=moved + shift * one.logs.std(axis=0))


def is_right(shares: np.ndarray) -> bool:
    """Return whether few seasons leave it possible that means and widths are right.

    Draws that lie too near to the mean of all stops, or not near enough, have the truth too high in
    one half of the stops and too low in the other.
    """
    low, high = np.array_split(shares, 2, axis=1)
    return bool(
        covered(shares).mean() > 0.8
        and abs(shares.mean() - 0.5) < 0.1
        and abs(high.mean() - low.mean()) < 0.16
    )


def test_means_and_widths_are_right_in_few_seasons() -> None:
    """Of the method; it fails where either is wrong by a half."""
    seasons = [drawn_with_sections(50, seed) for seed in range(8)]

    def shares(stretch: float = 1.0, shift: float = 0.0) -> np.ndarray:
        ranks_of_all = [spoilt(one, stretch, shift).ranks for one in seasons]
        return np.array(ranks_of_all)

    assert is_right(shares())
    assert not is_right(shares(shift=0.5))
    assert not is_right(shares(shift=-0.5))
    assert not is_right(shares(stretch=0.5))
    assert not is_right(shares(stretch=1.5))


@pytest.mark.proof
def test_draws_of_a_study_differ_too_much_between_stops() -> None:
    """The short form of the proof below: without sections the truth lies nearer to the mean.

    Where a study passes sections this fails: then `is_right` holds of it.
    """
    shares = np.array([drawn(50, seed).ranks for seed in range(8)])
    low, high = np.array_split(shares, 2, axis=1)
    assert covered(shares).mean() > 0.8
    assert abs(shares.mean() - 0.5) < 0.1
    assert -0.3 < high.mean() - low.mean() < -0.1


@pytest.mark.proof
@pytest.mark.parametrize("events", [5, 20, 50, 200])
def test_ranks_of_the_truth_are_nearly_even_as_a_study_fits_it(events: int) -> None:
    """Of 400 seasons each: the largest deviation, the share covered at 90 %, the mean rank.

    As a study calls it, without sections: 5 events: 0.092, 0.908 ± 0.010, 0.549.
    20: 0.077, 0.904 ± 0.010, 0.545.  50: 0.080, 0.898 ± 0.009, 0.545.
    200: 0.066, 0.879 ± 0.008, 0.535.  So intervals are as wide as they say but for many events,
    and ranks are not even: with sections the deviations are 0.008 to 0.022.
    """
    shares = ranks(events, SEASONS)
    cover = covered(shares)
    error = 2 * cover.std() / np.sqrt(SEASONS)
    print(
        f"{events} events, {SEASONS} seasons: farthest {farthest(shares):.3f}, "
        f"covered {cover.mean():.3f} ± {error:.3f}, mean rank {shares.mean():.4f}"
    )
    assert farthest(shares) < 0.11
    assert 0.87 - error < cover.mean() < 0.92 + error


@pytest.mark.proof
@pytest.mark.parametrize("events", [5, 20, 50, 200])
def test_ranks_of_the_truth_stay_within_the_bands(events: int) -> None:
    """Of the method, with sections, which no study passes.

    One stop of each season at a time, so that ranks are of seasons apart; each stop in its turn.

    Of samples that are uniform one in twenty leaves its bands, so of 24 no more than 3 do in 97 of
    100 cases.  None do with 5 and with 20 events, 3 with 50, 2 with 200, where the mean rank is
    0.509.  Of the 0.009 with 50 events 0.003 is that draws are not skewed, and 0.001 that
    deviations of the field end at 0.33: paired, 30 seasons, errors 0.0003.
    """
    shares = ranks(events, SEASONS, drawn_with_sections)
    season = np.arange(SEASONS)
    stops = shares.shape[1]
    left = [
        outside_bands(shares[season, (season + first) % stops])
        for first in range(stops)
    ]
    assert sum(left) <= binom.ppf(0.95, stops, 0.05)
