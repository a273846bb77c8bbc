"""What of all need is reached, and which public place is proposed where no stop is near."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from studies.bundled_region import at_home, bundled_inputs, bundled_region

from geo.params import NeedParams, Params, PatrolParams
from geo.patrols.coverage import beyond_reach
from geo.patrols.proposal import replan
from geo.patrols.reach import all_need, reach_of
from geo.records import StudyData
from geo.schema import FACILITIES, HOTSPOTS, METRIC, NEED

PARAMS = at_home(Params(patrols=PatrolParams(iterations=20, vehicles=1)))
REACH_M = PARAMS.need.reach_m


def stops_at(*xs: float) -> gpd.GeoDataFrame:
    """Return the depot at 0 and stops along a line."""
    return gpd.GeoDataFrame(
        geometry=[shapely.Point(x, 0) for x in (0, *xs)], crs=METRIC
    )


def need_of(xs: list[float], shares: list[float]) -> gpd.GeoDataFrame:
    rows = [
        {"observed": share, "geometry": shapely.Point(x, 0)}
        for x, share in zip(xs, shares, strict=True)
    ]
    return NEED.geoframe(pd.DataFrame(rows), crs=METRIC).fillna(0.0)


def test_need_far_from_every_stop_is_of_all_need_and_served_by_none() -> None:
    need = need_of([10_000, 10_400, 30_000], [0.2, 0.09, 0.71])
    reach = reach_of(stops_at(10_000), need, NeedParams())
    assert reach.need.sum() == pytest.approx(1)
    assert reach.need[reach.served([1])].sum() == pytest.approx(1)
    assert reach.of_all[reach.served([1])].sum() == pytest.approx(0.29)


def test_each_part_counts_by_its_weight_wherever_it_lies() -> None:
    rows = [
        {"observed": 1.0, "geometry": shapely.Point(10_000, 0)},
        {"far_from_help": 0.25, "geometry": shapely.Point(10_100, 0)},
        {"far_from_help": 0.75, "geometry": shapely.Point(50_000, 0)},
    ]
    need = NEED.geoframe(pd.DataFrame(rows), crs=METRIC).fillna(0.0)
    weights = NeedParams(far_from_help=3.0)
    np.testing.assert_allclose(all_need(need, weights), [1 / 4, 3 / 16, 9 / 16])
    assert reach_of(stops_at(10_000), need, weights).of_all.sum() == pytest.approx(
        7 / 16
    )


@given(
    st.lists(st.floats(0, 20_000), min_size=1, max_size=6),
    st.lists(
        st.tuples(st.floats(0, 20_000), st.floats(0.01, 1)), min_size=1, max_size=12
    ),
)
def test_what_is_reached_is_a_plain_sum(
    stops: list[float], points: list[tuple[float, float]]
) -> None:
    points = [*points, (stops[0], 0.5)]
    whole = sum(weight for _, weight in points)
    need = need_of([x for x, _ in points], [weight / whole for _, weight in points])
    reach = reach_of(stops_at(*stops), need, NeedParams())
    for visited in ([1], [*range(1, len(stops) + 1)]):
        by_hand = sum(
            weight / whole
            for x, weight in points
            if any(abs(x - stops[stop - 1]) <= NeedParams().reach_m for stop in visited)
        )
        assert reach.of_all[reach.served(visited)].sum() == pytest.approx(by_hand)


def far_need(region: StudyData, far: shapely.Point) -> gpd.GeoDataFrame:
    """Return need of which 29 % lies at a stop, and the rest at a point."""
    inputs = bundled_inputs(PARAMS)
    rows = [
        {"observed": 0.29, "geometry": inputs.stops.geometry.iloc[1]},
        {"observed": 0.71, "geometry": far},
    ]
    return NEED.geoframe(pd.DataFrame(rows), crs=str(region.places.crs)).fillna(0.0)


@pytest.fixture(scope="module")
def far() -> shapely.Point:
    """Return a point on a road inside the boundary, far from every stop."""
    inputs = bundled_inputs(PARAMS)
    near = inputs.stops.buffer(3 * REACH_M).union_all()
    lines = inputs.matrix.drive.network.geometry
    ends = shapely.get_point(lines, 0)
    inside = shapely.within(ends, inputs.boundary.geometry.union_all().buffer(-100))
    return ends[inside & ~shapely.within(ends, near)][0]


def with_facilities(region: StudyData, *rows: tuple[str, shapely.Point]) -> StudyData:
    added = [
        {"id": f"{kind}/1", "kind": kind, "name": kind.title(), "geometry": at}
        for kind, at in rows
    ]
    facilities = FACILITIES.geoframe(pd.DataFrame(added), crs=str(region.places.crs))
    return replace(region, layers=replace(region.layers, facilities=facilities))


def beside(point: shapely.Point, metres: float) -> shapely.Point:
    return shapely.Point(point.x + metres, point.y)


def test_a_public_place_near_the_rest_is_proposed_and_none_of_the_police(
    far: shapely.Point,
) -> None:
    region = with_facilities(
        bundled_region(), ("police", far), ("clinic", beside(far, 60)),
        ("pharmacy", beside(far, 2 * REACH_M)),
    )  # fmt: skip
    found = replan(region, far_need(region, far), PARAMS)
    rows = found.beyond.set_index("what")
    assert rows.loc["need", "need_share"] == pytest.approx(0.71)
    assert rows.loc["proposed", ["id", "name"]].tolist() == ["clinic/1", "Clinic"]
    assert rows.loc["proposed", "need_share"] == pytest.approx(0.71)
    assert "clinic/1" not in set(found.stops["stop"])
    shown = found.measures[found.measures["plan"] == "proposed"]["need_share"]
    assert shown.max() <= 0.29 + 1e-9


def test_where_the_data_hold_no_public_place_near_the_rest_none_is_proposed(
    far: shapely.Point,
) -> None:
    region = with_facilities(bundled_region(), ("police", far))
    inputs, none = bundled_inputs(PARAMS), HOTSPOTS.geoframe(crs=METRIC)
    found = beyond_reach(region, inputs, far_need(region, far), PARAMS, none)
    assert found["what"].tolist() == ["need"]


def test_a_place_far_from_every_road_is_not_proposed(far: shapely.Point) -> None:
    region = with_facilities(bundled_region(), ("clinic", beside(far, 60)))
    inputs, none = bundled_inputs(PARAMS), HOTSPOTS.geoframe(crs=METRIC)
    at_roads = replace(inputs.params, access_m=1.0, access_generalised_m=1.0)
    need = far_need(region, far)
    for used, whats in (
        (inputs, ["need", "proposed"]),
        (replace(inputs, params=at_roads), ["need"]),
    ):
        found = beyond_reach(region, used, need, PARAMS, none)
        assert found["what"].tolist() == whats


def test_a_hotspot_without_a_stop_in_reach_is_named(far: shapely.Point) -> None:
    region, inputs = bundled_region(), bundled_inputs(PARAMS)
    at = [far, beside(inputs.stops.geometry.iloc[1], REACH_M - 5)]
    rows = {
        "rank": [1, 2], "name": ["Far", "Near"],
        "geometry": [shapely.MultiLineString([[(p.x, p.y), (p.x + 1, p.y)]]) for p in at],
    }  # fmt: skip
    hotspots = HOTSPOTS.geoframe(pd.DataFrame(rows), crs=str(region.places.crs))
    found = beyond_reach(region, inputs, far_need(region, far), PARAMS, hotspots)
    named = found[found["what"] == "hotspot"]
    assert named[["id", "name"]].to_numpy().tolist() == [["1", "Far"]]
    assert named["reach_m"].tolist() == [REACH_M]
