"""The need surface and its parts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from problems.roads import box

from geo.chance.nulls import Null
from geo.network.graph import Network, from_lines
from geo.params import NeedParams
from geo.patrols import need
from geo.patrols.need import NeedError, reach_of
from geo.schema import METRIC, NEED, NEED_PARTS, PLACES, SIGHTINGS


def points(*rows: tuple[float, float, float]) -> gpd.GeoDataFrame:
    at = [shapely.Point(x, y) for x, y, _ in rows]
    return gpd.GeoDataFrame(
        {"weight": [w for *_, w in rows]}, geometry=at, crs=METRIC
    )


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
            [
                np.linspace(0, 2000, round(1000 * share)),
                np.full(round(1000 * share), y),
            ]
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


def test_observed_sightings_count_by_cell_and_are_corrected_for_effort() -> (
    None
):
    at = [(1050, 50), (1050, 10_050), (1050, 50)]
    seen = SIGHTINGS.geoframe(
        [{"geometry": shapely.Point(xy)} for xy in at], crs=METRIC
    )
    plain = need.observed(seen, two_roads())
    assert dict(zip(plain.geometry.y, plain["weight"], strict=True)) == {
        50.0: 2.0,
        10_050.0: 1.0,
    }
    raised = need.observed(seen, two_roads(), reports(0.75, 0.25))
    assert dict(
        zip(raised.geometry.y, raised["weight"], strict=True)
    ) == pytest.approx({50.0: 2 / 1.5, 10_050.0: 1 / 0.5}, rel=0.04)


def test_advised_places_have_equal_weight() -> None:
    frame = pd.DataFrame(
        {
            "status": ["advised", "open"],
            "geometry": [shapely.Point(1, 1), shapely.Point(2, 2)],
        }
    )
    assert need.advised(PLACES.geoframe(frame, crs=METRIC))[
        "weight"
    ].tolist() == [1.0]


def test_sections_are_need_along_their_length() -> None:
    """1200 m of a share of 2 and, in two parts, 300 m of a share of 1."""
    lines = [
        shapely.MultiLineString([[(0, 0), (1200, 0)]]),
        shapely.MultiLineString([[(0, 99), (100, 99)], [(500, 99), (700, 99)]]),
    ]
    sections = gpd.GeoDataFrame(
        {"share_mean": [2.0, 1.0], "far_min": [30.0, np.nan]},
        geometry=lines,
        crs=METRIC,
    )
    flow = need.along(sections, "share_mean")
    assert flow["weight"].tolist() == [800, 800, 800, 100, 200]
    assert [(p.x, p.y) for p in flow.geometry] == [
        (200, 0), (600, 0), (1000, 0), (50, 99), (600, 99),
    ]  # fmt: skip
    assert need.along(sections, "far_min")["weight"].tolist() == [
        12_000,
        12_000,
        12_000,
        0,
        0,
    ]


# --- Which stops serve which need.


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


ALL = NeedParams(
    observed=1, movement=1, far_from_help=1, advised=1, reach_m=350
)


def test_need_within_reach_is_weighed_by_what_any_stop_reaches() -> None:
    need = need_at(
        observed={400: 0.6, 900: 0.2}, movement={450: 0.1, 9000: 0.9}
    )
    found = reach_of(stops_at(0, 400, 900), need, ALL)
    # Half of the weight is movement, all of it at 450 m; observed is 3 : 1.
    np.testing.assert_allclose(
        found.by_stop["need"], [0, 0, 0.375 + 0.5, 0.125]
    )
    np.testing.assert_allclose(found.by_stop["movement"], [0, 0, 0.5, 0])
    assert found.need.sum() == pytest.approx(1)
    assert found.reached.round(9).to_dict() == {
        "observed": 0.8, "movement": 0.1, "far_from_help": 0, "advised": 0,
    }  # fmt: skip
    assert found.little_known.tolist() == [False, True, False, False]


def test_a_stop_that_is_taken_out_leaves_the_whole_as_it_is() -> None:
    need = need_at(
        far_from_help={400: 0.6, 900: 0.2}, movement={450: 0.1, 900: 0.3}
    )
    with_it = reach_of(stops_at(0, 400, 900), need, ALL)
    without = reach_of(stops_at(0, 400), need, ALL, stops_at(900).iloc[1:])
    np.testing.assert_allclose(
        without.by_stop["need"], with_it.by_stop["need"][:3]
    )
    assert without.need.sum() == pytest.approx(0.75 / 2 + 0.25 / 2)


def test_a_hotspot_without_a_stop_near_is_served_by_the_nearest() -> None:
    found = reach_of(stops_at(5000, 9000), need_at(observed={6000: 1.0}), ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])


def test_an_advised_place_is_served_at_that_place_only() -> None:
    found = reach_of(stops_at(1000, 1200), need_at(advised={1000: 1.0}), ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])
    assert found.little_known.tolist() == [False, False, True]


def test_what_is_known_does_not_hang_on_the_weights() -> None:
    need = need_at(
        observed={0: 1.0}, advised={3000: 1.0}, movement={0: 0.5, 6000: 0.5}
    )
    only = NeedParams(
        observed=0, movement=1, far_from_help=0, advised=0, reach_m=350
    )
    for weights in (ALL, only):
        found = reach_of(stops_at(0, 3000, 6000), need, weights)
        assert found.little_known.tolist() == [False, False, False, True]
        assert found.advised.tolist() == [False, False, True, False]


def test_a_little_known_place_is_worth_its_price_once() -> None:
    """Two of four stops are little known and lie together: one visit explores both."""
    found = reach_of(
        stops_at(0, 3000, 6000, 6100), need_at(advised={0: 0.5, 3000: 0.5}), ALL
    )
    little = found.little_known
    extra = found.exploring(little, 2.0)
    np.testing.assert_allclose(
        found.reaches @ extra, [0, 0, 0, 2 * 2 / 4, 2 * 2 / 4]
    )
    assert extra[found.served([3, 4])].sum() == pytest.approx(2 * 2 / 4)
    assert found.cover().served(((3, 4),)) == 0
    once = found.exploring(little & np.array([0, 1, 1, 1, 0], dtype=bool), 2.0)
    np.testing.assert_allclose(found.reaches @ once, [0, 0, 0, 2 / 4, 2 / 4])


@pytest.mark.parametrize(
    "name", ["observed", "movement", "far_from_help", "advised"]
)
def test_any_part_works_alone(name: str) -> None:
    weights = NeedParams(
        **{**dict.fromkeys(need_at().columns[:4], 0.0), name: 0.3}
    )
    need = need_at(**{"movement": {1: 1.0}, name: {0: 1.0}})
    found = reach_of(stops_at(0), need, weights)
    assert found.by_stop.loc[1, [name, "need"]].tolist() == [1.0, 1.0]


def test_without_weight_in_reach_there_is_nothing_to_plan_for() -> None:
    with pytest.raises(
        NeedError, match=r"all prizes are 0.*to a part that is at hand: advised"
    ):
        reach_of(stops_at(0), need_at(advised={0: 1.0}), NeedParams(advised=0))
    with pytest.raises(NeedError, match=r"none is, so a greater need\.reach_m"):
        reach_of(stops_at(0), need_at(movement={9000: 1.0}), ALL)
