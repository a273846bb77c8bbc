"""The planar surface that leaves the toolkit: mass, cells, and that it tells no exact position."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geo import planar
from geo.exports import exported_sightings
from geo.network import NetworkError
from layers.schema import EXPORTED_SIGHTINGS, METRIC, PLACES, SIGHTINGS, WGS84

RECORDED = np.array([[20.8661, 42.8912], [20.8668, 42.8909], [20.9014, 42.8701]])


def exported(lonlat: np.ndarray):
    rows = pd.DataFrame({"id": [f"S{k}" for k in range(len(lonlat))], "uncertainty_m": 100.0})
    rows = rows.assign(geometry=list(shapely.points(lonlat)))
    seen = SIGHTINGS.geoframe(rows, crs=WGS84).to_crs(METRIC)
    return exported_sightings(seen, PLACES.geoframe(crs=METRIC))


def test_the_cells_hold_every_sighting():
    found = planar.surface(exported(RECORDED), METRIC, 250.0)
    assert found is not None
    assert found.transform[0] == -found.transform[4] == planar.SURFACE_CELL_M >= 100.0
    assert found.per_km2.sum() * 0.01 == pytest.approx(3.0, rel=1e-12)
    row, column = np.unravel_index(found.per_km2.argmax(), found.per_km2.shape)
    x, y = found.transform[2] + (column + 0.5) * 100, found.transform[5] - (row + 0.5) * 100
    two = exported(RECORDED).geometry.to_crs(METRIC)[:2]
    assert two.distance(shapely.Point(x, y)).max() < 200
    assert found.crs == METRIC


def test_it_tells_no_more_than_the_exported_positions():
    moved = RECORDED + np.array([[2e-4, -3e-4], [1e-4, 4e-4], [-4e-4, 3e-4]])
    assert (np.round(moved, 3) == np.round(RECORDED, 3)).all()
    one, two = (planar.surface(exported(xy), METRIC, 250.0) for xy in (RECORDED, moved))
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one.per_km2, two.per_km2)
    assert one.transform == two.transform


def test_no_sightings_no_surface_and_no_bandwidth_is_refused():
    assert planar.surface(EXPORTED_SIGHTINGS.geoframe(crs=WGS84), METRIC, 250.0) is None
    with pytest.raises(NetworkError, match=r"sigma_m 0\.0"):
        planar.surface(exported(RECORDED), METRIC, 0.0)
