"""K and densities beside R spatstat: on a town of our own (metres) and on `chicago` (feet).

The calls for the town are in ``tests/data/oracles/make.R``, those for `chicago`, which lies beside
the checkout where at all, in ``../shared/oracles``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from folders import DATA, NO_SHARED, SHARED
from problems import split_paths
from problems.networks import from_tables, pair_distances, positions_in

from geo.hotspots import heat
from geo.network.graph import Network, Positions
from geo.network.lixels import lixelize
from geo.patterns import equal_split
from geo.patterns.estimators import bandwidth_scores, sources_at
from geo.patterns.k import k_function

TOWN = DATA / "oracles"
CHICAGO = SHARED / "oracles" / "chicago"


@dataclass(frozen=True)
class Oracle:
    """A network with points, and what spatstat finds on it."""

    net: Network
    points: Positions
    sigma: float
    nearest: pd.Series
    k: pd.DataFrame
    """``r`` and K: ``none``, ``ang``."""
    values: pd.DataFrame
    """Densities at the points: ``heat``; ``esc_`` or ``esd_`` and the kernel, ``_loo`` without the
    point itself."""
    wave_error: float
    """Of the Gaussian wave in steps of half a unit, as a share of the highest density."""


def read(folder: Path, **figures: object) -> Oracle:
    nodes, edges, points = (
        pd.read_csv(folder / f"{n}.csv") for n in ("nodes", "edges", "points")
    )
    net = from_tables(nodes, edges)
    return Oracle(net, positions_in(net, points), **figures)  # type: ignore[arg-type]


def town() -> Oracle:
    heat, split, nearest, k = (
        pd.read_csv(TOWN / f"{name}.csv")
        for name in ("heat", "equal_split", "distances", "k")
    )
    return read(
        TOWN,
        sigma=40.0,
        nearest=nearest["nndist"],
        k=k,
        values=split.join(heat),
        wave_error=1e-5,
    )


def chicago() -> Oracle:
    if not CHICAGO.is_dir():
        pytest.skip(NO_SHARED)
    none, ang, nearest, values, warm = (
        pd.read_csv(CHICAGO / f"{name}.csv")
        for name in ("linearK_none", "linearK_Ang", "nndist", "values_at_points_s60",
                     "heat_s60_points_finite_volume")
    )  # fmt: skip
    k = pd.DataFrame({"r": none["r"], "none": none["est"], "ang": ang["est"]})
    values = values.assign(heat=warm["heat_fv"])
    return read(
        CHICAGO,
        sigma=60.0,
        nearest=nearest["nndist"],
        k=k,
        values=values,
        wave_error=1e-6,
    )


@pytest.fixture(scope="module", params=[town, chicago], ids=["town", "chicago"])
def oracle(request: pytest.FixtureRequest) -> Oracle:
    return request.param()


def test_pair_distances_and_nearest_neighbours(oracle):
    # pairdist(X), nndist(X)
    distance = pair_distances(oracle.net, oracle.points, oracle.points)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_allclose(distance.min(axis=1), oracle.nearest, atol=1e-9)


def test_mean_distances_in_the_town():
    town_ = town()
    distance = pair_distances(town_.net, town_.points, town_.points)
    mean = distance.sum(axis=1) / (len(town_.points) - 1)
    expected = pd.read_csv(TOWN / "distances.csv")["mean_m"]
    np.testing.assert_allclose(mean, expected, atol=1e-9)


def test_length_and_sum_of_distances_in_chicago():
    # volume(domain(X)), sum(pairdist(X))
    chicago_ = chicago()
    assert chicago_.net.length_m.sum() == pytest.approx(31150.2101534, abs=1e-7)
    distance = pair_distances(chicago_.net, chicago_.points, chicago_.points)
    assert distance.sum() == pytest.approx(8068350.859976, abs=1e-6)


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_k_function(oracle, correction):
    # linearK(X, correction = "none" and "Ang")
    found = k_function(oracle.net, oracle.points, oracle.k["r"].to_numpy(), correction)
    np.testing.assert_allclose(found, oracle.k[correction], atol=1e-8)


def test_k_function_at_chosen_distances_in_chicago():
    chicago_ = chicago()
    r = [100.0, 200.0, 400.0]
    none, ang = (
        k_function(chicago_.net, chicago_.points, r, c) for c in ("none", "ang")
    )
    np.testing.assert_allclose(none, [990.0816, 2988.9257, 9186.2764], atol=1e-4)
    np.testing.assert_allclose(ang, [205.4063, 346.2643, 594.2039], atol=1e-4)


def by_paths(oracle: Oracle, kernel: str, estimator: str) -> np.ndarray:
    """Return the density of each point at each point."""
    return split_paths.at_points(
        oracle.net,
        oracle.points,
        oracle.points,
        oracle.sigma,
        kernel,
        continuous=estimator == "esc",
    )


@pytest.mark.parametrize("estimator", ["esc", "esd"])
def test_equal_split_by_paths(oracle, estimator):
    # densityEqualSplit(X, sigma, kernel = "epanechnikov", continuous =, at = "points")
    found = by_paths(oracle, "epanechnikov", estimator)
    density = found.sum(axis=1)
    np.testing.assert_allclose(
        density, oracle.values[f"{estimator}_epanechnikov"], atol=1e-15
    )
    others = density - np.diag(found)
    np.testing.assert_allclose(
        others, oracle.values[f"{estimator}_epanechnikov_loo"], atol=1e-15
    )


@pytest.mark.parametrize(("estimator", "tolerance"), [("esc", 1.7e-5), ("esd", 1e-12)])
def test_equal_split_by_paths_quartic(oracle, estimator, tolerance):
    # spatstat cuts off tiny tails of the continuous quartic ("biweight")
    density = by_paths(oracle, "quartic", estimator).sum(axis=1)
    np.testing.assert_allclose(
        density, oracle.values[f"{estimator}_biweight"], rtol=tolerance
    )


@pytest.mark.parametrize(
    "continuous", [True, pytest.param(False, marks=pytest.mark.proof)]
)
def test_the_wave_converges_to_the_paths(oracle, continuous):
    lixels, sigma = lixelize(oracle.net, 10.0), oracle.sigma
    exact = split_paths.on_lixels(
        lixels, oracle.points, sigma, "epanechnikov", continuous=continuous
    )
    error = [
        abs(equal_split.on_lixels(
            sources_at(oracle.points, sigma), lixels, continuous=continuous, step_m=step
        ) - exact).max()
        for step in (2.0, 0.5, 0.125)
    ]  # fmt: skip
    assert error[0] < 5e-5
    assert error[1] < error[0] / 5
    assert error[2] < error[1] / 5


def test_heat_at_the_points(oracle):
    # Converged finite-volume solutions, good to some 3e-5 themselves.
    found, _ = heat.at_events(oracle.net, oracle.points, np.array([oracle.sigma]))
    np.testing.assert_allclose(found[0], oracle.values["heat"], rtol=1e-4)


def test_the_gaussian_wave_is_the_heat_kernel(oracle):
    # Two roads to one truth: paths with their signs, and the resolvent.
    lixels, sources = (
        lixelize(oracle.net, 10.0),
        sources_at(oracle.points, oracle.sigma),
    )
    wave = equal_split.on_lixels(sources, lixels, "gaussian", step_m=0.5)
    warm = heat.heat_density(sources, lixels)
    np.testing.assert_allclose(
        wave, warm, rtol=1e-6, atol=oracle.wave_error * warm.max()
    )


def test_scores_are_those_of_bw_lppl_but_for_the_even_event():
    # bw.lppl(X, distance = "path", sigma = c(20, 60, 80, 120), dx = 2), spatstat.linnet 3.2-5: its
    # bandwidths and scores, from which it takes the number of events; at 21 m it says -Inf.
    sigma = np.array([60.06219, 80.16109, 120.12438])
    cv = [-383.3523, -371.0676, -362.1563]
    here = town()
    total, own = heat.at_events(here.net, here.points, sigma)
    plain = np.log(total - own).sum(axis=1)
    np.testing.assert_allclose(plain - len(here.points), cv, rtol=0.005)
    even = np.log(total - own + 1 / here.net.length_m.sum()).sum(axis=1)
    np.testing.assert_allclose(bandwidth_scores(here.net, here.points, sigma), even)


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_cross_and_inhomogeneous_k_are_those_of_spatstat(correction):
    # linearKcross(kind, "first", "other"), linearKinhom(X, intensity, normalise = FALSE)
    town_of = town()
    theirs = pd.read_csv(TOWN / "k_weighted.csv")
    first = np.arange(60) < 20
    cross = k_function(
        town_of.net,
        town_of.points,
        theirs["r"],
        correction,
        weights=first,
        to_weights=~first,
    )
    np.testing.assert_allclose(cross, theirs[f"cross_{correction}"], rtol=1e-9)
    inverse = 1000 / np.arange(1, 61)
    inhom = k_function(
        town_of.net, town_of.points, theirs["r"], correction, weights=inverse
    )
    # Theirs has the square of the length below it, ours the weights of the pairs.
    pairs = inverse.sum() ** 2 - (inverse**2).sum()
    inhom *= pairs / town_of.net.length_m.sum() ** 2
    np.testing.assert_allclose(inhom, theirs[f"inhom_{correction}"], rtol=1e-9)
