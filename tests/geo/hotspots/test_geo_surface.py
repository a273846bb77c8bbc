"""Densities on a grid: closed forms, another program's figures, totals."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, norm
from shapely import LineString

from geo import hotspots, network
from geo.hotspots import surface
from geo.network.source_lines import NetworkError
from geo.params import HotspotParams

PLACES = st.lists(
    st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=1, max_size=20
)


def points(xy: list[tuple[float, float]], **columns: float) -> gpd.GeoDataFrame:
    x, y = zip(*xy, strict=True)
    geometry = gpd.points_from_xy(x, y, crs="EPSG:9141")
    return gpd.GeoDataFrame(
        {"uncertainty_m": 0.0, **columns}, index=range(len(x)), geometry=geometry
    )


@given(PLACES, st.sampled_from([0.0, 100.0, 500.0]), st.floats(50, 800))
def test_each_band_holds_every_sighting(
    xy: list[tuple[float, float]], side_m: float, bandwidth_m: float
) -> None:
    seen = points(xy, cell_m=side_m)
    density = hotspots.planar_density(seen, [bandwidth_m, 2 * bandwidth_m])
    area_km2 = (density.transform[0] / 1000) ** 2
    totals = np.nansum(density.values, axis=(1, 2)) * area_km2
    # What lies beyond the grid, and in faint cells.
    np.testing.assert_allclose(totals, len(xy), rtol=0.02)
    assert (totals <= len(xy) * (1 + 1e-9)).all()


def test_a_cell_holds_the_integral_of_its_kernel() -> None:
    density = hotspots.planar_density(points([(730.0, 410.0)]), [200.0], cell_m=100)
    side, _, west, _, _, north = density.transform
    rows, columns = density.values.shape[1:]
    in_columns = np.diff(norm.cdf(west + side * np.arange(columns + 1), 730, 200))
    in_rows = -np.diff(norm.cdf(north - side * np.arange(rows + 1), 410, 200))
    expected = np.outer(in_rows, in_columns) / 0.1**2
    known = np.isfinite(density.values[0])
    np.testing.assert_allclose(density.values[0][known], expected[known], rtol=1e-6)
    assert expected[~known].max() <= 0.001 * expected.max()


def test_small_cells_have_the_density_of_scipy() -> None:
    """``scipy.stats.gaussian_kde(xy.T, bw_method)`` with equal variances along both axes."""
    xy = np.array([(0.0, 0.0), (100.0, 100.0), (0.0, 100.0), (100.0, 0.0)])
    bandwidth_m = 80.0
    density = hotspots.planar_density(
        points([*map(tuple, xy)]), [bandwidth_m], cell_m=5
    )
    kernel = gaussian_kde(xy.T, bw_method=bandwidth_m / xy[:, 0].std(ddof=1))
    side, _, west, _, _, north = density.transform
    row, column = np.nonzero(density.values[0] > 0.5 * np.nanmax(density.values))
    middles = np.stack([west + side * (column + 0.5), north - side * (row + 0.5)])
    expected = 4 * kernel(middles) * 1e6
    np.testing.assert_allclose(density.values[0][row, column], expected, rtol=1e-3)


def test_a_wide_cell_spreads_its_sighting() -> None:
    """Through a kernel much narrower than it, a cell of 1 km has one sighting a km²."""
    density = hotspots.planar_density(points([(500.0, 500.0)], cell_m=1000.0), [20.0])
    side, _, west, _, _, north = density.transform
    row, column = int((north - 500) // side), int((500 - west) // side)
    assert density.values[0][row, column] == pytest.approx(1.0, rel=1e-9)


def test_cells_grow_where_sightings_lie_far_apart() -> None:
    density = hotspots.planar_density(
        points([(7_450_000.0, 4_660_000.0), (7_560_000.0, 4_790_000.0)])
    )
    assert density.values[0].size <= 400_000
    assert np.log2(density.transform[0] / 100) % 1 == 0
    assert density.transform[2] % density.transform[0] == 0


def test_on_the_network_a_cell_has_the_highest_density_of_its_ways() -> None:
    street = gpd.GeoSeries([LineString([(0, 50), (9000, 50)])], crs="EPSG:9141")
    density = hotspots.network_density(street, points([(4525.0, 50.0)]), [200.0, 400.0])
    # The mean of the Gaussian over the lixel of 50 m about the sighting, per km.
    for band, sigma_m in zip(density.values, density.bandwidths_m, strict=True):
        peak = (2 * norm.cdf(25 / sigma_m) - 1) / 0.05
        assert np.nanmax(band) == pytest.approx(peak, rel=1e-9)
    side, _, _, _, _, north = density.transform
    on_street = int((north - 50) // side)
    assert np.isnan(np.delete(density.values, on_street, axis=1)).all()


def test_a_study_has_both_surfaces_at_three_bandwidths() -> None:
    street = network.from_lines(
        gpd.GeoSeries([LineString([(0, 50), (9000, 50)])], crs="EPSG:9141")
    )
    params = HotspotParams(bandwidth_m=200.0)
    surfaces = surface.density_surfaces(street, points([(4525.0, 50.0)]), params)
    assert {name: one.bandwidths_m for name, one in surfaces.items()} == {
        "planar": (100.0, 200.0, 400.0),
        "network": (100.0, 200.0, 400.0),
    }
    assert surface.density_surfaces(street, points([(0.0, 90_000.0)]), params) == {}


def test_faults_are_named() -> None:
    with pytest.raises(NetworkError, match="no sighting"):
        hotspots.planar_density(points([(0.0, 0.0)]).iloc[:0])
    with pytest.raises(NetworkError, match="found -3"):
        hotspots.planar_density(points([(0.0, 0.0)]), [-3.0])
    with pytest.raises(NetworkError, match="no bandwidth"):
        hotspots.planar_density(points([(0.0, 0.0)]), [])


def test_rows_in_another_order_give_the_same_surface() -> None:
    seen = points([(0.0, 0.0), (700.0, 300.0), (0.0, 0.0)])
    moved = pd.concat([seen.iloc[[2]], seen.iloc[:2]])
    np.testing.assert_array_equal(
        hotspots.planar_density(seen).values,
        hotspots.planar_density(gpd.GeoDataFrame(moved)).values,
    )
