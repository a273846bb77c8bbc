"""Need surface, cover, and plans that count need once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import csr_array

from geo import need
from geo.need import Cover
from geo.orienteering import Problem
from geo.params import NeedParams
from geo.solver import solve
from layers.schema import HOTSPOTS, METRIC, PLACES
from tests.test_geo_orienteering import euclidean
from tests.test_geo_solver_quality import routes_of_sets


def points(*rows: tuple[float, float, float]) -> gpd.GeoDataFrame:
    at = [shapely.Point(x, y) for x, y, _ in rows]
    return gpd.GeoDataFrame({"weight": [w for *_, w in rows]}, geometry=at, crs=METRIC)


def test_parts_are_scaled_weighted_and_stay_visible() -> None:
    parts = {
        "observed": points((0, 0, 3), (9, 0, 1)),
        "advised": points((5, 5, 1)),
        "movement": points((7, 7, 9)),
    }
    found = need.surface(parts, NeedParams(observed=2.0, advised=1.0, movement=0.0))
    assert list(found.columns) == ["observed", "geometry", "advised", "need"]
    np.testing.assert_allclose(found["need"], [1 / 2, 1 / 6, 1 / 3])
    np.testing.assert_allclose(found["observed"], [1 / 2, 1 / 6, 0])


@pytest.mark.parametrize("name", ["observed", "movement", "far_from_help", "advised"])
def test_any_part_works_alone(name: str) -> None:
    weights = NeedParams(**{"observed": 0, "advised": 0, name: 0.3})
    found = need.surface({name: points((0, 0, 2), (1, 1, 2))}, weights)
    assert found["need"].tolist() == [0.5, 0.5]


def test_without_a_weighted_part_there_is_no_surface() -> None:
    with pytest.raises(
        need.NeedError, match=r"give a weight in \[need\] to a part that is at hand"
    ):
        need.surface({"movement": points((0, 0, 1))}, NeedParams())
    with pytest.raises(need.NeedError, match="there is no weight for rumours"):
        need.surface({"rumours": points((0, 0, 1))}, NeedParams())


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


def test_need_within_reach_counts_once() -> None:
    stops = points((0, 0, 0), (0, 0, 0), (100, 0, 0), (9000, 0, 0))
    surface = need.surface({"observed": points((50, 0, 3), (-300, 0, 1))}, NeedParams())
    found = need.cover(stops, surface, 350)
    np.testing.assert_allclose(found.prize, [0, 1, 0.75, 0])
    assert found.served(((1, 2),)) == pytest.approx(1)
    np.testing.assert_allclose(found.marginal(((2,),)), [0, 0.25, 0.75, 0])
    np.testing.assert_allclose(found.marginal(((1, 2),)), [0, 0.625, 0.375, 0])


def test_of_two_stops_with_the_same_need_one_is_visited() -> None:
    """Stops 1 and 2 reach the same need of 0.6, stop 3 another of 0.4; there is time for two."""
    problem = Problem(
        travel_s=np.full((4, 4), 100) - 100 * np.eye(4, dtype=int),
        prize=np.array([0.0, 1, 1, 1]),
        service_s=np.array([0, 300, 300, 300]),
        vehicles=((0, 1000),),
    )
    covering = Cover(csr_array(np.array([[0, 0], [1, 0], [1, 0], [0, 1.0]])), np.array([0.6, 0.4]))
    additive = solve(problem.with_prizes(covering.prize), iterations=50, seed=0)
    assert set(additive[0]) == {1, 2}
    routes = need.solve_covering(problem, covering, iterations=50, seed=0)
    assert 3 in routes[0]
    assert covering.served(routes) == pytest.approx(1)


def test_covering_plans_beat_additive_ones_and_come_near_the_best() -> None:
    gaps = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        problem = euclidean(seed, 8, 1)
        reaches = (rng.random((9, 20)) < 0.25).astype(float)
        reaches[0] = 0
        covering = Cover(csr_array(reaches), rng.random(20))
        priced = problem.with_prizes(covering.prize)
        best = max(
            priced.unit * covering.served((tuple(stops),)) - drive
            for stops, drive in routes_of_sets(problem).items()
        )
        routes = need.solve_covering(problem, covering, iterations=100, seed=seed)
        value = need.covering_value(priced, covering, routes)
        additive = solve(priced, iterations=100, seed=seed)
        assert need.covering_value(priced, covering, additive) - 1e-6 <= value <= best + 1e-6
        gaps.append(1 - value / best)
    assert np.mean(gaps) < 0.01
