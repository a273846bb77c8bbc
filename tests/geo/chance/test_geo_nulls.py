"""Null models: where they put positions, and what they refuse."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon

from geo.chance import nulls
from geo.crs import CRSError
from geo.network.segments import GeometryError
from geo.schema import METRIC, WAYS, WGS84

BOX = (0.0, 0.0, 4000.0, 1000.0)


def roads() -> gpd.GeoDataFrame:
    street, main = (
        LineString([(0, 100), (4000, 100)]),
        LineString([(0, 900), (1000, 900)]),
    )
    rows = [
        {"id": "a", "layer": "road", "highway": "residential", "geometry": street},
        {"id": "b", "layer": "road", "highway": "primary", "geometry": main},
    ]
    return WAYS.geoframe(rows, crs=METRIC)


def stations(*at: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(p) for p in at], crs=METRIC)


def test_uniform_gives_each_part_its_share() -> None:
    xy = nulls.uniform(BOX, n=5000).xy
    assert len(xy) >= 5000
    assert (xy[:, 0] < 1000).mean() == pytest.approx(0.25, abs=2e-3)
    disc = Point(2000, 500).buffer(300, quad_segs=64)
    inside = shapely.contains_xy(disc, xy[:, 0], xy[:, 1]).mean()
    assert inside == pytest.approx(disc.area / 4e6, abs=2e-3)


def test_uniform_stays_in_a_polygon_with_a_hole() -> None:
    window = Point(0, 0).buffer(100).difference(Point(0, 0).buffer(50))
    xy = nulls.uniform(window, n=3000).xy
    r = np.hypot(*xy.T)
    assert r.min() >= 49
    assert r.max() <= 100
    assert (r < np.sqrt(6250)).mean() == pytest.approx(0.5, abs=0.01)


def test_on_the_network_every_metre_is_alike() -> None:
    xy = nulls.on_network(roads(), BOX, n=5000).xy
    assert set(np.round(xy[:, 1])) == {100, 900}
    assert (xy[:, 1] < 500).mean() == pytest.approx(0.8, abs=1e-3)


def test_the_network_is_cut_at_the_window() -> None:
    xy = nulls.on_network(roads(), (0.0, 0.0, 500.0, 1000.0), n=1000).xy
    assert xy[:, 0].max() <= 500
    assert (xy[:, 1] < 500).mean() == pytest.approx(0.5, abs=2e-3)


def test_effort_is_the_mixture_that_it_names() -> None:
    observers = nulls.Observers(
        residential=0.5, main_roads=0.25, stations=0.25, sight_m=1.0
    )
    xy = nulls.reporting_effort(
        roads(), stations((3000, 500)), BOX, observers, n=20_000
    ).xy
    y = xy[:, 1]
    assert (np.abs(y - 100) < 10).mean() == pytest.approx(0.5, abs=0.01)
    assert (np.abs(y - 900) < 10).mean() == pytest.approx(0.25, abs=0.01)
    assert (np.hypot(xy[:, 0] - 3000, y - 500) < 10).mean() == pytest.approx(
        0.25, abs=0.01
    )


def test_effort_without_stations_goes_to_the_roads() -> None:
    xy = nulls.reporting_effort(roads(), stations(), BOX, n=2000).xy
    assert len(xy) > 1000
    assert shapely.contains_xy(shapely.box(*BOX), xy[:, 0], xy[:, 1]).all()


def test_nobody_can_report_from_an_empty_window() -> None:
    with pytest.raises(GeometryError, match="nobody could have reported"):
        nulls.reporting_effort(roads(), stations(), (9e5, 9e5, 9.1e5, 9.1e5))
    with pytest.raises(GeometryError, match="no line runs through the window"):
        nulls.on_network(roads(), (9e5, 9e5, 9.1e5, 9.1e5))


def test_the_rules_of_crs() -> None:
    with pytest.raises(CRSError, match="EPSG:4326"):
        nulls.on_network(roads().set_crs(WGS84, allow_override=True), BOX)
    with pytest.raises(CRSError, match="stations"):
        nulls.reporting_effort(roads(), gpd.GeoSeries([Point(0, 0)]), BOX)


@pytest.mark.parametrize(
    "window",
    [
        Polygon(),
        LineString([(0, 0), (1, 1)]),
        Polygon([(0, 0), (1, 1), (0, 1), (1, 0)]),
    ],
)
def test_windows_without_area_are_refused(window: object) -> None:
    with pytest.raises(GeometryError, match="window"):
        nulls.uniform(window)  # type: ignore[arg-type]
