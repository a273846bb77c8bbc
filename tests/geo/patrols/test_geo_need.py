"""The need surface and its parts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from roads_fixture import box

from geo.chance.nulls import Null
from geo.network.graph import Network, from_lines
from geo.patrols import need
from layers.schema import METRIC, NEED_PARTS, PLACES, SIGHTINGS


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


def two_roads() -> Network:
    """Two straight roads of 2 km, 10 km apart."""
    lines = [shapely.LineString([(0, y), (2000, y)]) for y in (0, 10_000)]
    return from_lines(gpd.GeoDataFrame(geometry=lines, crs=METRIC))


def reports(*shares: float) -> Null:
    """Return reports along the two roads, evenly on each, in these shares."""
    at = [
        np.column_stack(
            [np.linspace(0, 2000, round(1000 * share)), np.full(round(1000 * share), y)]
        )
        for share, y in zip(shares, (0, 10_000), strict=True)
    ]
    xy = np.concatenate(at)
    return Null("effort", xy, lambda n, rng: xy[rng.integers(0, len(xy), n)])


def test_effort_about_a_place_is_relative_to_the_network() -> None:
    """Three quarters of the reports on the first road, a quarter on the other, none elsewhere."""
    at = np.array([[1000.0, 0.0], [1000.0, 10_000.0], [1000.0, 90_000.0]])
    found = need.effort_near(at, two_roads(), reports(0.75, 0.25))
    assert found == pytest.approx([1.5, 0.5, need.LEAST_EFFORT], rel=0.04)


def test_observed_sightings_count_by_cell_and_are_corrected_for_effort() -> None:
    at = [(1050, 50), (1050, 10_050), (1050, 50)]
    seen = SIGHTINGS.geoframe([{"geometry": shapely.Point(xy)} for xy in at], crs=METRIC)
    plain = need.observed(seen, two_roads())
    assert dict(zip(plain.geometry.y, plain["weight"], strict=True)) == {50.0: 2.0, 10_050.0: 1.0}
    raised = need.observed(seen, two_roads(), reports(0.75, 0.25))
    assert dict(zip(raised.geometry.y, raised["weight"], strict=True)) == pytest.approx(
        {50.0: 2 / 1.5, 10_050.0: 1 / 0.5}, rel=0.04
    )


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
    flow = need.along(sections, "share_mean")
    assert flow["weight"].tolist() == [800, 800, 800, 100, 200]
    assert [(p.x, p.y) for p in flow.geometry] == [
        (200, 0), (600, 0), (1000, 0), (50, 99), (600, 99),
    ]  # fmt: skip
    assert need.along(sections, "far_min")["weight"].tolist() == [12_000, 12_000, 12_000, 0, 0]
