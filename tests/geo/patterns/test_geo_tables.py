"""Figures of R spatstat on its network `chicago` (feet); the calls are in ../shared/oracles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.network.graph import NetworkError
from geo.patterns import tables

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "oracles" / "chicago"


@pytest.fixture(scope="module")
def chicago(folder: Path) -> Tables:
    nodes, edges, points = (pd.read_csv(folder / f"{n}.csv") for n in ("nodes", "edges", "points"))
    return nodes, edges, points


@pytest.fixture(scope="module")
def values(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "values_at_points_s60.csv")


def test_length_and_pair_distances(chicago, folder):
    # volume(domain(X)); sum(pairdist(X)); nndist(X)
    network, _ = tables.load(*chicago)
    assert network.length_m.sum() == pytest.approx(31150.2101534, abs=1e-7)
    distance = tables.pair_distances(*chicago)
    assert distance.sum() == pytest.approx(8068350.859976, abs=1e-6)
    np.fill_diagonal(distance, np.inf)
    nearest = pd.read_csv(folder / "nndist.csv")["nndist"]
    np.testing.assert_allclose(distance.min(axis=1), nearest, atol=1e-9)


@pytest.mark.parametrize(("correction", "file"), [("none", "none"), ("ang", "Ang")])
def test_k_function(chicago, folder, correction, file):
    # linearK(X, correction = "none" and "Ang")
    expected = pd.read_csv(folder / f"linearK_{file}.csv")
    found = tables.k_function(*chicago, expected["r"].to_numpy(), correction)
    np.testing.assert_allclose(found, expected["est"], atol=1e-8)


def test_k_function_at_chosen_distances(chicago):
    r = [100.0, 200.0, 400.0]
    none, ang = (tables.k_function(*chicago, r, c) for c in ("none", "ang"))
    np.testing.assert_allclose(none, [990.0816, 2988.9257, 9186.2764], atol=1e-4)
    np.testing.assert_allclose(ang, [205.4063, 346.2643, 594.2039], atol=1e-4)


def test_cross_k(chicago):
    # linearKcross(chicago, "burglary", "theft", correction = "none") at 100
    nodes, edges, points = chicago
    burglary, theft = (points[points["type"] == kind] for kind in ("burglary", "theft"))
    found = tables.cross_k(nodes, edges, burglary, theft, [100.0])
    assert found[0] == pytest.approx(1639.485, abs=1e-3)


@pytest.mark.parametrize("leave_one_out", [False, True])
@pytest.mark.parametrize("estimator", ["esc", "esd"])
def test_equal_split_by_paths(chicago, values, estimator, leave_one_out):
    # densityEqualSplit(X, sigma = 60, kernel = "epanechnikov", continuous =, at = "points")
    found = tables.density_at_points(*chicago, 60.0, estimator, leave_one_out=leave_one_out)
    expected = values[f"{estimator}_epanechnikov" + "_loo" * leave_one_out]
    np.testing.assert_allclose(found, expected, atol=1e-15)


@pytest.mark.parametrize(("estimator", "tolerance"), [("esc", 1.7e-5), ("esd", 1e-12)])
def test_equal_split_by_paths_quartic(chicago, values, estimator, tolerance):
    # spatstat cuts off tiny tails of the continuous quartic ("biweight")
    found = tables.density_at_points(*chicago, 60.0, estimator, kernel="quartic")
    np.testing.assert_allclose(found, values[f"{estimator}_biweight"], rtol=tolerance)


@pytest.mark.parametrize("estimator", ["esc", "esd"])
@pytest.mark.parametrize("leave_one_out", [False, True])
def test_the_wave_converges_to_the_paths(chicago, estimator, leave_one_out):
    exact = tables.density_at_points(*chicago, 60.0, estimator, leave_one_out=leave_one_out)
    error = [
        abs(tables.density_at_points(
            *chicago, 60.0, estimator, delta=delta, leave_one_out=leave_one_out
        ) - exact).max()
        for delta in (2.0, 0.5, 0.125)
    ]  # fmt: skip
    assert error[0] < 2e-5
    assert error[1] < error[0] / 5
    assert error[2] < error[1] / 5


def test_heat_at_the_points(chicago, folder):
    # A converged finite-volume solution, good to some 3e-5 itself.
    expected = pd.read_csv(folder / "heat_s60_points_finite_volume.csv")["heat_fv"]
    found = tables.density_at_points(*chicago, 60.0, "heat")
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_gaussian_wave_is_the_heat_kernel(chicago):
    # Two roads to one truth: paths with their signs, and the resolvent.
    heat = tables.density_at_points(*chicago, 60.0, "heat")
    wave = tables.density_at_points(*chicago, 60.0, "esc", kernel="gaussian", delta=0.5)
    np.testing.assert_allclose(wave, heat, rtol=1e-6)


def test_cross_validation(chicago):
    # bw.lppl(X, sigma = seq(40, 220, by = 6))
    score = tables.bandwidth_scores(*chicago, np.arange(40.0, 221.0, 6.0))
    expected = [-625.7876, -619.7237, -617.0830, -616.1179, -616.0015, -616.3187, -616.8473]
    np.testing.assert_allclose(score.head(7), expected, rtol=1e-3)
    assert score.idxmax() == 64.0


def test_faults_of_the_tables_are_named():
    nodes = pd.DataFrame({"node": [1, 2], "x": [0.0, 9.0], "y": [0.0, 0.0]})
    edges = pd.DataFrame({"edge": [1], "from": [1], "to": [2], "length": [9.0]})
    points = pd.DataFrame({"seg": [1, 5], "tp": [1.5, 0.5]})
    with pytest.raises(NetworkError, match=r"point row 1: seg is 5.*point row 0: tp is 1\.5"):
        tables.load(nodes, edges, points)
    with pytest.raises(NetworkError, match="edge row 0: to is 3, not in the node table"):
        tables.load(nodes, edges.assign(to=3), points)
    with pytest.raises(NetworkError, match=r"edge row 0: length is 0\.0; make its two nodes one"):
        tables.load(nodes, edges.assign(length=0.0), points)
    with pytest.raises(NetworkError, match="node 1 is in the node table twice"):
        tables.load(nodes.assign(node=1), edges, points)


def test_no_points():
    nodes = pd.DataFrame({"node": [1, 2], "x": [0.0, 9.0], "y": [0.0, 0.0]})
    edges = pd.DataFrame({"from": [1], "to": [2], "length": [9.0]})
    none = pd.DataFrame({"seg": [], "tp": []})
    assert tables.pair_distances(nodes, edges, none).shape == (0, 0)
    assert np.isnan(tables.k_function(nodes, edges, none, [1.0])).all()
    assert not len(tables.density_at_points(nodes, edges, none, 5.0))
