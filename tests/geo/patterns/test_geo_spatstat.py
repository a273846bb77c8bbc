"""Figures of R spatstat on its network `chicago` (feet); the calls are in ../shared/oracles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import split_paths
from network_fixture import from_tables, pair_distances, positions_in

from geo.hotspots import heat
from geo.network.graph import Network
from geo.network.lixels import cut
from geo.network.positions import Positions
from geo.patterns import equal_split
from geo.patterns.density import sources_at
from geo.patterns.k import k_function


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "oracles" / "chicago"


@pytest.fixture(scope="module")
def net(folder: Path) -> Network:
    return from_tables(*(pd.read_csv(folder / f"{name}.csv") for name in ("nodes", "edges")))


@pytest.fixture(scope="module")
def crimes(folder: Path, net: Network) -> Positions:
    return positions_in(net, pd.read_csv(folder / "points.csv"))


@pytest.fixture(scope="module")
def values(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "values_at_points_s60.csv")


def test_length_and_pair_distances(net, crimes, folder):
    # volume(domain(X)); sum(pairdist(X)); nndist(X)
    assert net.length_m.sum() == pytest.approx(31150.2101534, abs=1e-7)
    distance = pair_distances(net, crimes, crimes)
    assert distance.sum() == pytest.approx(8068350.859976, abs=1e-6)
    np.fill_diagonal(distance, np.inf)
    nearest = pd.read_csv(folder / "nndist.csv")["nndist"]
    np.testing.assert_allclose(distance.min(axis=1), nearest, atol=1e-9)


@pytest.mark.parametrize(("correction", "file"), [("none", "none"), ("ang", "Ang")])
def test_k_function(net, crimes, folder, correction, file):
    # linearK(X, correction = "none" and "Ang")
    expected = pd.read_csv(folder / f"linearK_{file}.csv")
    found = k_function(net, crimes, expected["r"].to_numpy(), correction)
    np.testing.assert_allclose(found, expected["est"], atol=1e-8)


def test_k_function_at_chosen_distances(net, crimes):
    none, ang = (k_function(net, crimes, [100.0, 200.0, 400.0], c) for c in ("none", "ang"))
    np.testing.assert_allclose(none, [990.0816, 2988.9257, 9186.2764], atol=1e-4)
    np.testing.assert_allclose(ang, [205.4063, 346.2643, 594.2039], atol=1e-4)


@pytest.mark.parametrize("estimator", ["esc", "esd"])
def test_equal_split_by_paths(net, crimes, values, estimator):
    # densityEqualSplit(X, sigma = 60, kernel = "epanechnikov", continuous =, at = "points")
    found = split_paths.at_points(
        net, crimes, crimes, 60.0, "epanechnikov", continuous=estimator == "esc"
    )
    density = found.sum(axis=1)
    np.testing.assert_allclose(density, values[f"{estimator}_epanechnikov"], atol=1e-15)
    others = density - np.diag(found)
    np.testing.assert_allclose(others, values[f"{estimator}_epanechnikov_loo"], atol=1e-15)


@pytest.mark.parametrize(("estimator", "tolerance"), [("esc", 1.7e-5), ("esd", 1e-12)])
def test_equal_split_by_paths_quartic(net, crimes, values, estimator, tolerance):
    # spatstat cuts off tiny tails of the continuous quartic ("biweight")
    found = split_paths.at_points(
        net, crimes, crimes, 60.0, "quartic", continuous=estimator == "esc"
    )
    np.testing.assert_allclose(found.sum(axis=1), values[f"{estimator}_biweight"], rtol=tolerance)


@pytest.mark.parametrize("continuous", [True, False])
def test_the_wave_converges_to_the_paths(net, crimes, continuous):
    lixels = cut(net, 10.0)
    exact = split_paths.on_lixels(lixels, crimes, 60.0, "epanechnikov", continuous=continuous)
    error = [
        abs(equal_split.on_lixels(
            sources_at(crimes, 60.0), lixels, continuous=continuous, step_m=step
        ) - exact).max()
        for step in (2.0, 0.5, 0.125)
    ]  # fmt: skip
    assert error[0] < 2e-5
    assert error[1] < error[0] / 5
    assert error[2] < error[1] / 5


def test_heat_at_the_points(net, crimes, folder):
    # A converged finite-volume solution, good to some 3e-5 itself.
    expected = pd.read_csv(folder / "heat_s60_points_finite_volume.csv")["heat_fv"]
    found, _ = heat.at_events(net, crimes, np.array([60.0]))
    np.testing.assert_allclose(found[0], expected, rtol=1e-4)


def test_the_gaussian_wave_is_the_heat_kernel(net, crimes):
    # Two roads to one truth: paths with their signs, and the resolvent.
    lixels, sources = cut(net, 10.0), sources_at(crimes, 60.0)
    wave = equal_split.on_lixels(sources, lixels, "gaussian", step_m=0.5)
    warm = heat.heat_density(sources, lixels)
    np.testing.assert_allclose(wave, warm, rtol=1e-6, atol=1e-6 * warm.max())
