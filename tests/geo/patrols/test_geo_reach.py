"""Which stops serve which need."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.params import NeedParams
from geo.patrols.reach import NeedError, reach_of
from geo.schema import METRIC, NEED


def stops_at(*xs: float) -> gpd.GeoDataFrame:
    """Return the depot at 0 and stops along a line."""
    return gpd.GeoDataFrame(
        geometry=[shapely.Point(x, 0) for x in (0, *xs)], crs=METRIC
    )


def need_at(**parts: dict[float, float]) -> gpd.GeoDataFrame:
    rows = [
        {name: share, "geometry": shapely.Point(x, 0)}
        for name, points in parts.items()
        for x, share in points.items()
    ]
    return NEED.geoframe(pd.DataFrame(rows), crs=METRIC).fillna(0.0)


ALL = NeedParams(far_from_help=1, advised=1, reach_m=350)


def test_need_within_reach_is_weighed_and_a_share_of_what_any_stop_reaches() -> None:
    need = need_at(observed={400: 0.6, 900: 0.2}, far_from_help={450: 0.1, 9000: 0.9})
    found = reach_of(stops_at(0, 400, 900), need, replace(ALL, far_from_help=2.0))
    np.testing.assert_allclose(found.by_stop["need"], [0, 0, 0.8, 0.2])
    np.testing.assert_allclose(found.by_stop["far_from_help"], [0, 0, 0.2, 0])
    assert found.need.sum() == pytest.approx(1)
    assert found.reached.round(9).to_dict() == {
        "observed": 0.8, "far_from_help": 0.1, "advised": 0,
    }  # fmt: skip
    assert found.little_known.tolist() == [False, True, False, False]
    assert found.of_all.sum() == pytest.approx(1.0 / 2.8)


def test_a_stop_that_is_taken_out_leaves_the_whole_as_it_is() -> None:
    need = need_at(far_from_help={400: 0.6, 900: 0.2}, observed={450: 0.1, 900: 0.3})
    with_it = reach_of(stops_at(0, 400, 900), need, ALL)
    without = reach_of(stops_at(0, 400), need, ALL, stops_at(900).iloc[1:])
    np.testing.assert_allclose(without.by_stop["need"], with_it.by_stop["need"][:3])
    assert without.need.sum() == pytest.approx((0.6 + 0.1) / 1.2)


def test_the_interval_of_a_share_ends_below_all_of_it() -> None:
    """The west holds three parts of four; however much it may hold, that is of the sum with it."""
    need = need_at(observed={1000: 0.3, 5000: 0.1, 20_000: 0.6})
    ends = {"low": [0.1, 0.05, 0.1], "high": [0.9, 0.3, 0.9]}
    found = reach_of(stops_at(1000, 5000), need.assign(**ends), ALL).by_stop
    np.testing.assert_allclose(found["need"], [0, 0.75, 0.25])
    np.testing.assert_allclose(found["low"], [0, 0.1 / 0.2, 0.05 / 0.35])
    np.testing.assert_allclose(found["high"], [0, 0.9 / 1.0, 0.3 / 0.6])


def test_need_far_from_every_stop_is_served_by_none() -> None:
    need = need_at(observed={5100: 0.5, 6000: 0.5})
    found = reach_of(stops_at(5000, 9000), need, ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])
    assert found.of_all.sum() == pytest.approx(0.5)


def test_an_advised_place_is_served_at_that_place_only() -> None:
    found = reach_of(stops_at(1000, 1200), need_at(advised={1000: 1.0}), ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])
    assert found.little_known.tolist() == [False, False, True]


def test_little_is_known_where_little_was_found_and_nothing_is_advised() -> None:
    need = need_at(
        observed={0: 0.2, 3000: 0.1, 6000: 0.1, 9000: 0.0},
        far_from_help={0: 0.8, 3000: 0.9, 6000: 0.9, 9000: 1.0},
        advised={3000: 0.1},
    )
    found = reach_of(stops_at(0, 3000, 6000, 9000), need, ALL)
    assert found.little_known.tolist() == [False, False, False, True, True]
    assert found.advised.tolist() == [False, False, True, False, False]


def test_a_little_known_place_is_worth_its_price_once() -> None:
    """Two of four stops are little known and lie together: one visit explores both."""
    found = reach_of(
        stops_at(0, 3000, 6000, 6100), need_at(advised={0: 0.5, 3000: 0.5}), ALL
    )
    little = found.little_known
    extra = found.exploring(little, 2.0)
    np.testing.assert_allclose(found.reaches @ extra, [0, 0, 0, 2 * 2 / 4, 2 * 2 / 4])
    assert extra[found.served([3, 4])].sum() == pytest.approx(2 * 2 / 4)
    assert found.cover().served(((3, 4),)) == 0
    once = found.exploring(little & np.array([0, 1, 1, 1, 0], dtype=bool), 2.0)
    np.testing.assert_allclose(found.reaches @ once, [0, 0, 0, 2 / 4, 2 / 4])


@pytest.mark.parametrize("name", ["far_from_help", "advised"])
def test_any_part_works_alone(name: str) -> None:
    none = NeedParams(far_from_help=0, advised=0)
    weights = replace(none, **{name: 0.3})
    need = need_at(**{"far_from_help": {1: 1.0}, name: {0: 1.0}})
    found = reach_of(stops_at(0), need, weights)
    assert found.by_stop.loc[1, [name, "need"]].tolist() == [1.0, 1.0]


def test_without_weight_in_reach_there_is_nothing_to_plan_for() -> None:
    with pytest.raises(
        NeedError, match=r"all prizes are 0.*to a part that is at hand: advised"
    ):
        reach_of(stops_at(0), need_at(advised={0: 1.0}), NeedParams(advised=0))
    with pytest.raises(
        NeedError, match=r"none is, so a place of status advised, .* need\.reach_m"
    ):
        reach_of(stops_at(0), need_at(far_from_help={9000: 1.0}), ALL)
