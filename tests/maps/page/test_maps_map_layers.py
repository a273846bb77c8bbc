"""Layers of a page: CRS, coordinates, shapes."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from shapely import MultiPolygon, Point, box
from tools.packed import parts

from geo.crs import CRSError
from layers.palette import Symbol
from maps.page.map_layers import SCALE, Drawing, LayerSpec, packed_shape

LINE = Symbol("line", "#000000")


def test_a_layer_in_metres_is_refused_with_the_fix() -> None:
    spec = LayerSpec("roads", "ground", "layer.main_roads", LINE)
    with pytest.raises(CRSError, match=r"Fix: \.to_crs"):
        Drawing(spec, gpd.GeoSeries([Point(0, 0)], crs="EPSG:9141"))


@given(
    hnp.arrays(
        np.float64, st.tuples(st.integers(1, 30), st.just(2)),
        elements=st.floats(-180, 180, allow_nan=False),
    )
)  # fmt: skip
def test_coordinates_come_back_to_a_metre(lonlat: np.ndarray) -> None:
    line = shapely.linestrings([lonlat]) if len(lonlat) > 1 else shapely.points(lonlat)
    (back,) = parts(packed_shape(np.atleast_1d(line)))
    kept = np.rint(lonlat * SCALE) / SCALE
    moved = np.r_[True, np.any(np.diff(kept, axis=0) != 0, axis=1)]
    assert np.allclose(back, kept[moved], atol=1e-9)


def test_polygons_keep_their_holes() -> None:
    ring = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    shapes = np.array(
        [MultiPolygon([ring, box(5, 5, 6, 6)]), None, Point(7, 8), Point()]
    )
    point, *rings = parts(packed_shape(shapes))
    assert len(rings) == 3
    assert point.tolist() == [[7, 8]]
    assert all(ring[0] == pytest.approx(ring[-1]) for ring in rings)
