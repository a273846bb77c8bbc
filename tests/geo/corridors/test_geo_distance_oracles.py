"""Distances to lines beside R spatstat: of points and lines of our own, and of `copper`."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from folders import DATA, NO_SHARED, SHARED

from geo.network.segments import segments_of


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [(DATA / "oracles", "plane"), (SHARED / "oracles" / "copper", "copper")],
    ids=["ours", "copper"],
)
def test_distances_as_spatstat_has_them(folder, prefix) -> None:
    if not folder.is_dir():
        pytest.skip(NO_SHARED)
    points = pd.read_csv(folder / f"{prefix}_points.csv")
    ends = pd.read_csv(folder / f"{prefix}_lines.csv")[
        ["x0", "y0", "x1", "y1"]
    ].to_numpy()
    lines = gpd.GeoSeries(shapely.linestrings(ends.reshape(-1, 2, 2)))
    distance, _ = segments_of(lines).nearest(points[["x", "y"]].to_numpy())
    # nncross(points, lines, what = "dist")
    np.testing.assert_allclose(distance, points["dist"], atol=1e-9, rtol=0)
