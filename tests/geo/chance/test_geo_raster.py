"""The null model of a raster: its shares are those of the weights, and its errors say the fix."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from shapely import LineString, box

from geo import chance, corridors
from geo.crs import CRSError
from geo.network.segments import GeometryError
from geo.params import CorridorParams
from geo.records import Raster

CELL_M = 50.0
TRANSFORM = (CELL_M, 0.0, 1000.0, 0.0, -CELL_M, 9000.0)
SHAPE = (4, 6)
WEIGHTS = arrays.arrays(float, SHAPE, elements=st.floats(0, 100)).filter(
    lambda w: w.sum() > 1e-3
)


def shares_of(xy: np.ndarray) -> np.ndarray:
    """Return the share of positions in each cell."""
    column = np.floor((xy[:, 0] - 1000) / CELL_M).astype(int)
    row = np.floor((9000 - xy[:, 1]) / CELL_M).astype(int)
    counts = np.zeros(SHAPE)
    np.add.at(counts, (row, column), 1)
    return counts / len(xy)


@given(WEIGHTS)
def test_positions_lie_in_cells_by_their_weights(weights: np.ndarray) -> None:
    null = chance.on_raster(Raster(weights, TRANSFORM, "EPSG:9141"), n=2000)
    # Evenly through the weights: no cell is off by more than two positions.
    np.testing.assert_allclose(
        shares_of(null.xy), weights / weights.sum(), atol=2 / 2000
    )


def test_draws_follow_the_weights() -> None:
    weights = np.arange(24.0).reshape(SHAPE)
    null = chance.on_raster(Raster(weights, TRANSFORM, "EPSG:9141"), n=100)
    drawn = null.draw(40_000, np.random.default_rng(4))
    np.testing.assert_allclose(shares_of(drawn), weights / weights.sum(), atol=0.006)


def test_unknown_cells_and_those_outside_the_window_have_no_weight() -> None:
    weights = np.ones(SHAPE)
    weights[0, 0] = np.nan
    window = box(1000, 8900, 1100, 9000)
    null = chance.on_raster(Raster(weights, TRANSFORM, "EPSG:9141"), window, n=3000)
    expected = np.zeros(SHAPE)
    expected[[0, 1, 1], [1, 0, 1]] = 1 / 3
    np.testing.assert_allclose(shares_of(null.xy), expected, atol=1e-3)


def test_sightings_that_follow_people_are_not_near_the_road_by_it() -> None:
    """All people live along one road: reports there are no finding once the raster is the null."""
    road = gpd.GeoDataFrame(
        {"highway": ["primary"]},
        geometry=[LineString([(0, 8975), (9000, 8975)])],
        crs="EPSG:9141",
    )
    people = np.zeros((180, 180))
    people[0] = 1.0
    raster = Raster(people, (CELL_M, 0.0, 0.0, 0.0, -CELL_M, 9000.0), "EPSG:9141")
    null = chance.on_raster(raster, n=2000)
    seen = gpd.GeoSeries.from_xy(
        *null.draw(30, np.random.default_rng(1)).T, crs="EPSG:9141"
    )
    params = CorridorParams(
        bands_m=(250.0,), primary_band_m=250.0, primary_kind="road", simulations=99
    )
    area = box(0, 0, 9000, 9000)
    told = {
        name: corridors.compare_with_chance(
            seen, {"road": road}, window=area, params=params, effort=effort, uncertainty_m=0
        ).bands["verdict"].iloc[0]
        for name, effort in (("people", null), ("even", chance.uniform(area, n=2000)))
    }  # fmt: skip
    assert told["even"] == "nearer"
    assert told["people"] != "nearer"


@pytest.mark.parametrize(
    ("values", "crs", "error", "text"),
    [
        (np.ones((2, 2)), "EPSG:4326", CRSError, "distances need metres"),
        (np.array([[1.0, -2.0]]), "EPSG:9141", GeometryError, "row 0, column 1 is -2"),
        (
            np.zeros((2, 2)),
            "EPSG:9141",
            GeometryError,
            "no cell in the window has a weight",
        ),
        (np.ones((3, 2, 2)), "EPSG:9141", GeometryError, r"values\[0\]"),
    ],
)
def test_errors_name_what_was_found(
    values: np.ndarray, crs: str, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        chance.on_raster(Raster(values, TRANSFORM, crs))
