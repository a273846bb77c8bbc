"""The need surface and its parts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import need
from geo.network import from_lines
from layers.schema import HOTSPOTS, METRIC, NEED_PARTS, PLACES
from tests.roads_fixture import box


def points(*rows: tuple[float, float, float]) -> gpd.GeoDataFrame:
    at = [shapely.Point(x, y) for x, y, _ in rows]
    return gpd.GeoDataFrame({"weight": [w for *_, w in rows]}, geometry=at, crs=METRIC)


def test_each_part_adds_up_to_1_within_the_outline() -> None:
    parts = {
        "observed": points((0, 0, 3), (9, 0, 1)),
        "advised": points((5, 5, 1), (500, 5, 1)),
        "movement": points((700, 7, 9)),
    }
    found = need.surface(parts, box(-10, -10, 10, 10))
    assert list(found.columns) == [*NEED_PARTS, "geometry"]
    assert found["observed"].tolist() == [0.75, 0.25, 0]
    assert found["advised"].tolist() == [0, 0, 1]
    assert found[["movement", "far_from_help"]].eq(0).all(axis=None)
    assert found.crs == METRIC


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(need.NeedError, match="there is no part rumours; parts are observed"):
        need.surface({"rumours": points((0, 0, 1))}, box(-1, -1, 1, 1))


def test_effort_about_a_hotspot_is_relative_to_the_network() -> None:
    """Two edges of 100 m: three quarters of the reports on the first, a quarter on the other."""
    lines = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 1000)], crs=METRIC
    )
    network = from_lines(lines)
    rows = [{"geometry": shapely.MultiLineString([[(x, 5), (x + 9, 5)]])} for x in (0, 1000, 9000)]
    hotspots = HOTSPOTS.geoframe(pd.DataFrame(rows, index=[7, 8, 9]), crs=METRIC)
    found = need.effort_near(hotspots, network, np.array([0.0075, 0.0025]), 50)
    assert found.to_dict() == pytest.approx({7: 1.5, 8: 0.5, 9: need.LEAST_EFFORT})


def test_observed_hotspots_are_corrected_for_effort() -> None:
    rows = pd.DataFrame(
        {
            "share": [0.6, 0.4],
            "geometry": [
                shapely.MultiLineString([[(0, 0), (100, 0)]]),
                shapely.MultiLineString([[(0, 9), (1, 9)], [(5, 9), (6, 9)]]),
            ],
        }
    )
    hotspots = HOTSPOTS.geoframe(rows, crs=METRIC)
    assert need.observed(hotspots)["weight"].tolist() == [0.6, 0.4]
    assert need.observed(hotspots).geometry.iloc[0] == shapely.Point(50, 0)
    seen = need.observed(hotspots, pd.Series([3.0, 1.0]))
    np.testing.assert_allclose(seen["weight"], [0.2, 0.4])
    with pytest.raises(need.NeedError, match="effort of hotspot 1 is nan"):
        need.observed(hotspots, pd.Series([3.0]))


def test_a_hotspot_at_a_junction_is_about_its_middle() -> None:
    """Three arms whose common middle is (0, 40): nearest of them is the arm that goes up."""
    arms = [[(0, 0), (-90, 0)], [(0, 0), (0, 160)], [(0, 0), (90, 0)]]
    hotspots = HOTSPOTS.geoframe(
        [{"share": 1.0, "geometry": shapely.MultiLineString(arms)}], crs=METRIC
    )
    (point,) = need.observed(hotspots).geometry
    assert shapely.get_coordinates(point)[0] == pytest.approx([0, 160 * 80 / 340])


def test_advised_places_have_equal_weight() -> None:
    frame = pd.DataFrame(
        {"status": ["advised", "open"], "geometry": [shapely.Point(1, 1), shapely.Point(2, 2)]}
    )
    assert need.advised(PLACES.geoframe(frame, crs=METRIC))["weight"].tolist() == [1.0]


def test_sections_are_need_along_their_length() -> None:
    """1200 m of a share of 2 and, in two parts, 300 m of a share of 1."""
    lines = [
        shapely.MultiLineString([[(0, 0), (1200, 0)]]),
        shapely.MultiLineString([[(0, 99), (100, 99)], [(500, 99), (700, 99)]]),
    ]
    sections = gpd.GeoDataFrame(
        {"share_mean": [2.0, 1.0], "far_min": [30.0, np.nan]}, geometry=lines, crs=METRIC
    )
    flow = need.movement(sections)
    assert flow["weight"].tolist() == [800, 800, 800, 100, 200]
    assert [(p.x, p.y) for p in flow.geometry] == [
        (200, 0), (600, 0), (1000, 0), (50, 99), (600, 99),
    ]  # fmt: skip
    assert need.far_from_help(sections)["weight"].tolist() == [12_000, 12_000, 12_000, 0, 0]
