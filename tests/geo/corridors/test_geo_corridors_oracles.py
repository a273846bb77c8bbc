"""Berman's tests beside R spatstat: on points and lines of our own, and on `copper`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from folders import DATA, NO_SHARED, SHARED

from geo.corridors import berman_test

STATISTICS = ["z1_poisson", "z1_binomial", "z2", "d", "mean_distance", "window_mean_distance"]


@pytest.mark.parametrize(
    ("folder", "prefix", "window", "expected"),
    [
        # berman.csv: integrals over pixels of 0.5 m.
        (DATA / "oracles", "plane", (0.0, 0.0, 1000.0, 800.0), None),
        # The integrals by exact quadrature on 2048 x 2048 pixels.
        (
            SHARED / "oracles" / "copper", "copper", (-0.335, 0.19, 35.0, 158.233),
            [0.4735, 0.7523, 1.0125, 0.09843, 1.88116, 1.740674],
        ),
    ],
    ids=["ours", "copper"],
)  # fmt: skip
def test_berman_as_spatstat_has_it(folder, prefix, window, expected) -> None:
    if not folder.is_dir():
        pytest.skip(NO_SHARED)
    points = pd.read_csv(folder / f"{prefix}_points.csv")
    lines = pd.read_csv(folder / f"{prefix}_lines.csv")[["x0", "y0", "x1", "y1"]].to_numpy()
    if expected is None:
        expected = pd.read_csv(folder / "berman.csv").iloc[0].to_list()
    found = berman_test(points[["x", "y"]].to_numpy(), lines, window)
    assert found.n == len(points)
    # nncross(points, lines, what = "dist")
    np.testing.assert_allclose(found.distance, points["dist"], atol=1e-9, rtol=0)
    values = [getattr(found, name) for name in STATISTICS]
    np.testing.assert_allclose(values[:4], expected[:4], rtol=1e-3)
    np.testing.assert_allclose(values[4:], expected[4:], rtol=1e-5)
