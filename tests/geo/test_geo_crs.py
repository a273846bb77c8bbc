"""The coordinate reference system in which lengths are measured."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Point

from geo.crs import CRSError, metric_crs, require_metric


def points(lon: float, lat: float, crs: str | None = "EPSG:4326") -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(lon, lat)], crs=crs)


def test_kosovo_is_measured_in_kosovaref01() -> None:
    assert metric_crs(points(20.87, 42.89)).to_epsg() == 9141


@pytest.mark.parametrize(
    ("lon", "lat", "utm"), [(13.4, 52.5, 32633), (151.2, -33.9, 32756)]
)
def test_elsewhere_the_local_utm_zone(lon: float, lat: float, utm: int) -> None:
    assert metric_crs(points(lon, lat)).to_epsg() == utm


def test_a_degree_of_latitude_is_its_length_on_the_ellipsoid() -> None:
    """111 092.738 m by `pyproj.Geod(ellps="GRS80").inv(21, 42.5, 21, 43.5)`, scale 0.9999."""
    ends = gpd.GeoSeries([Point(21, 42.5), Point(21, 43.5)], crs=4326).to_crs(
        "EPSG:9141"
    )
    assert ends.iloc[0].distance(ends.iloc[1]) == pytest.approx(
        0.9999 * 111_092.73841508, rel=1e-9
    )


def test_degrees_are_refused_with_the_fix() -> None:
    with pytest.raises(
        CRSError, match=r"sightings is in EPSG:4326 \(degree\).*to_crs\('EPSG:9141"
    ):
        require_metric(sightings=points(20.87, 42.89))


def test_a_missing_crs_is_refused_with_the_fix() -> None:
    with pytest.raises(CRSError, match=r"roads has no CRS.*set_crs\('EPSG:4326'\)"):
        require_metric(roads=points(20.87, 42.89, crs=None))


def test_mixed_crs_name_both_layers() -> None:
    metric = points(20.87, 42.89).to_crs(9141)
    utm = points(20.87, 42.89).to_crs(32634)
    with pytest.raises(
        CRSError, match="places is in EPSG:32634 but roads is in EPSG:9141"
    ):
        require_metric(roads=metric, places=utm)


def test_feet_are_refused() -> None:
    with pytest.raises(CRSError, match="US survey foot"):
        require_metric(roads=gpd.GeoSeries([Point(0, 0)], crs="EPSG:2263"))
