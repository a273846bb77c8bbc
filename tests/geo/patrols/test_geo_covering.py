"""Which stops serve which need, and plans that count need once."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from problem_fixture import euclidean, routes_of_sets

from geo.params import NeedParams
from geo.patrols import covering
from geo.patrols.covering import Cover, reach, solve_covering
from geo.patrols.need import NeedError
from geo.routing.problem import Problem, Window
from geo.routing.solver import solve
from layers.schema import METRIC, NEED


def stops_at(*xs: float) -> gpd.GeoDataFrame:
    """Return the depot at 0 and stops along a line."""
    return gpd.GeoDataFrame(geometry=[shapely.Point(x, 0) for x in (0, *xs)], crs=METRIC)


def need_at(**parts: dict[float, float]) -> gpd.GeoDataFrame:
    rows = [
        {name: share, "geometry": shapely.Point(x, 0)}
        for name, points in parts.items()
        for x, share in points.items()
    ]
    return NEED.geoframe(pd.DataFrame(rows), crs=METRIC).fillna(0.0)


ALL = NeedParams(observed=1, movement=1, far_from_help=1, advised=1, reach_m=350)


def test_need_within_reach_is_weighed_by_what_any_stop_reaches() -> None:
    need = need_at(observed={400: 0.6, 900: 0.2}, movement={450: 0.1, 9000: 0.9})
    found = reach(stops_at(0, 400, 900), need, ALL)
    # Half of the weight is movement, all of it at 450 m; observed is 3 : 1.
    np.testing.assert_allclose(found.by_stop["need"], [0, 0, 0.375 + 0.5, 0.125])
    np.testing.assert_allclose(found.by_stop["movement"], [0, 0, 0.5, 0])
    assert found.need.sum() == pytest.approx(1)
    assert found.reached.round(9).to_dict() == {
        "observed": 0.8, "movement": 0.1, "far_from_help": 0, "advised": 0,
    }  # fmt: skip
    assert found.little_known.tolist() == [False, True, False, False]


def test_a_hotspot_without_a_stop_near_is_served_by_the_nearest() -> None:
    found = reach(stops_at(5000, 9000), need_at(observed={6000: 1.0}), ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])


def test_an_advised_place_is_served_at_that_place_only() -> None:
    found = reach(stops_at(1000, 1200), need_at(advised={1000: 1.0}), ALL)
    np.testing.assert_allclose(found.by_stop["need"], [0, 1, 0])
    assert found.little_known.tolist() == [False, False, True]


def test_what_is_known_does_not_hang_on_the_weights() -> None:
    need = need_at(observed={0: 1.0}, advised={3000: 1.0}, movement={0: 0.5, 6000: 0.5})
    only = NeedParams(observed=0, movement=1, far_from_help=0, advised=0, reach_m=350)
    for weights in (ALL, only):
        found = reach(stops_at(0, 3000, 6000), need, weights)
        assert found.little_known.tolist() == [False, False, False, True]
        assert found.advised.tolist() == [False, False, True, False]


def test_a_little_known_place_is_worth_its_price_once() -> None:
    """Two of four stops are little known and lie together: one visit explores both."""
    found = reach(stops_at(0, 3000, 6000, 6100), need_at(advised={0: 0.5, 3000: 0.5}), ALL)
    cover = found.cover(price=2.0)
    np.testing.assert_allclose(cover.prize, [0, 0.5, 0.5, 2 * 2 / 4, 2 * 2 / 4])
    assert cover.served(((3, 4),)) == pytest.approx(2 * 2 / 4)
    assert found.cover().served(((3, 4),)) == 0
    once = found.cover(price=2.0, unexplored=np.array([False, True, True, True, False]))
    np.testing.assert_allclose(once.prize, [0, 0.5, 0.5, 2 / 4, 2 / 4])


@pytest.mark.parametrize("name", ["observed", "movement", "far_from_help", "advised"])
def test_any_part_works_alone(name: str) -> None:
    weights = NeedParams(**{**dict.fromkeys(need_at().columns[:4], 0.0), name: 0.3})
    found = reach(stops_at(0), need_at(**{name: {0: 1.0}}, movement={1: 1.0}) if name != "movement"
                  else need_at(movement={0: 1.0}), weights)  # fmt: skip
    assert found.by_stop.loc[1, [name, "need"]].tolist() == [1.0, 1.0]


def test_without_weight_in_reach_there_is_nothing_to_plan_for() -> None:
    with pytest.raises(NeedError, match=r"all prizes are 0.*to a part that is at hand: advised"):
        reach(stops_at(0), need_at(advised={0: 1.0}), NeedParams(advised=0))
    with pytest.raises(NeedError, match=r"none is, so a greater need\.reach_m"):
        reach(stops_at(0), need_at(movement={9000: 1.0}), ALL)


def test_need_of_two_stops_counts_once() -> None:
    table = np.array([[0, 0], [1, 1], [1, 0], [0, 0]], dtype=bool)
    cover = Cover(table, np.array([0.75, 0.25]), np.array([0, 0, 0, 0.1]))
    np.testing.assert_allclose(cover.prize, [0, 1, 0.75, 0.1])
    assert cover.served(((1, 2),)) == pytest.approx(1)
    np.testing.assert_allclose(cover.marginal(((2,),)), [0, 0.25, 0.75, 0.1])
    np.testing.assert_allclose(cover.marginal(((1, 2),)), [0, 0.625, 0.375, 0.1])


def overlapping(seed: int) -> tuple[Problem, Cover]:
    """Return a problem of 8 stops that reach 20 points at random."""
    rng = np.random.default_rng(seed)
    reaches = rng.random((9, 20)) < 0.25
    reaches[0] = False
    cover = Cover(reaches, rng.random(20), np.zeros(9))
    return euclidean(seed, 8, 1).with_prizes(cover.prize), cover


def test_of_two_stops_with_the_same_need_one_is_visited() -> None:
    """Stops 1 and 2 reach the same need of 0.6, stop 3 another of 0.4; there is time for two."""
    reaches = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], dtype=bool)
    cover = Cover(reaches, np.array([0.6, 0.4]), np.zeros(4))
    problem = Problem(
        travel_s=np.full((4, 4), 100) - 100 * np.eye(4, dtype=int),
        prize=cover.prize,
        service_s=np.array([0, 300, 300, 300]),
        vehicles=((0, 1000),),
    )
    assert set(solve(problem, iterations=50, seed=0)[0]) == {1, 2}
    routes = solve_covering(problem, cover, iterations=50, seed=0)
    assert 3 in routes[0]
    assert cover.served(routes) == pytest.approx(1)


def test_plans_beat_additive_and_greedy_ones_and_come_near_the_best() -> None:
    gaps = []
    for seed in range(20):
        problem, cover = overlapping(seed)
        best = max(
            problem.unit * cover.served((tuple(stops),)) - drive
            for stops, drive in routes_of_sets(problem).items()
        )
        routes = solve_covering(problem, cover, iterations=100, seed=seed)
        value = covering.covering_value(problem, cover, routes)
        assert value <= best + len(routes[0])  # worths are rounded to whole seconds
        for other in (solve(problem, iterations=100, seed=seed), covering.greedy(problem, cover)):
            assert covering.covering_value(problem, cover, other) <= value
        gaps.append(1 - value / best)
    assert np.mean(gaps) < 0.01


def test_the_greedy_plan_never_takes_a_stop_that_serves_nobody_more() -> None:
    for seed in range(5):
        problem, cover = overlapping(seed)
        [route] = covering.greedy(problem, cover)
        grown = [cover.served((tuple(sorted(route)[:n]),)) for n in range(len(route) + 1)]
        assert all(a <= b for a, b in pairwise(grown))
        assert (cover.marginal((route,))[list(route)] > 0).all()


def test_required_and_exclusive_stops_and_windows_are_kept() -> None:
    for seed in range(10):
        problem, cover = overlapping(seed)
        windows = tuple(() if s % 2 else (Window(0, 4000), Window(0, 10**6, 0.5)) for s in range(9))
        asked = Problem(
            problem.travel_s, problem.prize, problem.service_s, problem.vehicles, windows,
            required=frozenset({5}), exclusive=(frozenset({1, 2}), frozenset({3, 4})),
        )  # fmt: skip
        [route] = solve_covering(asked, cover, iterations=60, seed=seed)
        assert 5 in route
        assert not {1, 2} <= set(route)
        assert not {3, 4} <= set(route)
        assert asked.schedule(0, route)


def test_a_plan_known_before_is_a_start_as_good_as_any() -> None:
    problem, cover = overlapping(3)
    best = solve_covering(problem, cover, iterations=200, seed=0)
    again = solve_covering(problem, cover, iterations=1, seed=0, rounds=1, known=[best])
    assert covering.covering_value(problem, cover, again) >= covering.covering_value(
        problem, cover, best
    )
