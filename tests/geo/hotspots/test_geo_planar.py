"""The planar surface: mass and cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.hotspots.heat import CELL_M, planar_density
from geo.network.lines import NetworkError
from layers.schema import METRIC, SIGHTINGS

MIDDLES = np.array([[7489150.0, 4749950.0], [7489250.0, 4749950.0], [7491950.0, 4747550.0]])


def sightings(xy: np.ndarray) -> gpd.GeoDataFrame:
    return SIGHTINGS.geoframe([{"geometry": point} for point in shapely.points(xy)], crs=METRIC)


def test_the_cells_hold_every_sighting() -> None:
    found = planar_density(sightings(MIDDLES), 250.0)
    assert found is not None
    assert found.transform[0] == -found.transform[4] == CELL_M
    assert found.per_km2.sum() * 0.01 == pytest.approx(3.0, rel=1e-12)
    row, column = np.unravel_index(found.per_km2.argmax(), found.per_km2.shape)
    x, y = found.transform[2] + (column + 0.5) * 100, found.transform[5] - (row + 0.5) * 100
    assert np.hypot(*(MIDDLES[:2] - (x, y)).T).max() < 200
    assert found.crs == METRIC


def test_sightings_of_one_cell_add_up() -> None:
    one = planar_density(sightings(MIDDLES), 250.0)
    many = planar_density(sightings(np.repeat(MIDDLES, 40, axis=0)), 250.0)
    assert one is not None
    assert many is not None
    np.testing.assert_allclose(many.per_km2, 40 * one.per_km2, rtol=1e-12)


def test_no_sightings_no_surface_and_no_bandwidth_is_refused() -> None:
    assert planar_density(sightings(np.empty((0, 2))), 250.0) is None
    with pytest.raises(NetworkError, match=r"bandwidth_m 0\.0"):
        planar_density(sightings(MIDDLES), 0.0)


def test_small_cells_hold_every_sighting_too() -> None:
    found = planar_density(sightings(MIDDLES), 150.0, cell_m=20.0)
    assert found is not None
    assert found.transform[0] == 20
    assert found.per_km2.sum() * 0.0004 == pytest.approx(3, rel=1e-12)
    with pytest.raises(NetworkError, match="cell_m 0"):
        planar_density(sightings(MIDDLES), 1.0, cell_m=0)
