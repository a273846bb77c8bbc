"""Sites for a service point: by hand, by trying all of them, and figures of another solver."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.access.siting import (
    SitingError,
    best_sites,
    maximal_cover,
    minutes_to_sites,
    need_scenarios,
    p_median,
    share_within_walk,
)
from geo.params import NeedParams
from layers.readers import bundled
from layers.schema import METRIC, NEED


@pytest.fixture(scope="module")
def random_walks() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(7)
    walk = pd.DataFrame(rng.uniform(1, 60, (40, 8)), columns=list("abcdefgh"))
    return walk, pd.Series(rng.integers(1, 9, 40).astype(float))


@pytest.mark.parametrize(
    ("sites", "covered", "walked"),
    [(1, 56.0, 4799.946207716425), (2, 101.0, 3007.7101197234983), (3, 127.0, 2224.399030829047)],
)
def test_as_another_solver(
    random_walks: tuple[pd.DataFrame, pd.Series], sites: int, covered: float, walked: float
) -> None:
    """Compare with spopt 0.7 and PuLP's CBC.

    MCLP.from_cost_matrix(walk, need, 15, sites).solve(pulp.PULP_CBC_CMD(msg=False)) and
    PMedian.from_cost_matrix(walk, need, sites), likewise: ``problem.objective.value()``.
    """
    walk, need = random_walks
    cover = maximal_cover(walk, need, sites=sites, within_min=15)
    assert cover.value * need.sum() == pytest.approx(covered)
    assert len(cover.sites) == sites
    median = p_median(walk, need, sites=sites)
    assert median.value * need.sum() == pytest.approx(walked)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_no_other_choice_is_better(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    walk = pd.DataFrame(rng.uniform(1, 60, (rng.integers(2, 25), 6)), columns=list("abcdef"))
    walk = walk.where(rng.random(walk.shape) < 0.9, np.inf)
    walk["f"] = rng.uniform(30, 60, len(walk))  # every point reaches some site
    need = pd.Series(rng.exponential(1e-4, len(walk)))
    choices = [list(choice) for choice in itertools.combinations(walk.columns, count)]
    cover = [need[(walk[choice] <= 15).any(axis=1)].sum() / need.sum() for choice in choices]
    assert maximal_cover(walk, need, sites=count, within_min=15).value == pytest.approx(max(cover))
    mean = [(need @ walk[choice].min(axis=1)) / need.sum() for choice in choices]
    median = p_median(walk, need, sites=count)
    assert median.value == pytest.approx(min(mean))
    assert len(median.sites) == count
    assert p_median(walk, need, sites=count) == median


def test_every_part_of_the_need_is_a_scenario_and_their_weighted_sum() -> None:
    need = NEED.frame([{"observed": 0.25, "advised": 1.0}, {"observed": 0.75, "advised": 0.0}])
    need = need.fillna(0.0)
    found = need_scenarios(need, NeedParams(observed=2, advised=1, movement=5))
    assert list(found) == ["observed", "advised", "weighted"]
    assert found["weighted"].tolist() == [1.5, 1.5]


def test_walks_by_hand() -> None:
    """A path of 1 km and a point 100 m beside it, at 5 km/h."""
    ways = gpd.GeoDataFrame(
        {"oneway": [1]}, geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=METRIC
    )
    need = gpd.GeoDataFrame(
        geometry=[shapely.Point(1000, 0), shapely.Point(500, 100)], index=["x", "y"], crs=METRIC
    )
    sites = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(0, 0)], crs=METRIC)
    walk = minutes_to_sites(ways, need, sites)
    assert walk.index.tolist() == ["x", "y"]
    assert walk.columns.tolist() == ["a"]
    np.testing.assert_allclose(walk["a"], [12.0, 7.2])


def test_scenarios_and_their_worst_cases() -> None:
    walk = pd.DataFrame({"south": [5, 5, 40], "north": [40, 5, 5]}, index=list("pqr"))
    pictures = {
        "south": pd.Series([3.0, 1, 0], index=list("pqr")),
        "north": pd.Series([1.0, 1, 2], index=list("pqr")),
    }
    shares = share_within_walk(walk, pictures, within_min=15)
    assert shares.columns.tolist() == ["south", "north"]
    np.testing.assert_allclose(shares, [[1.0, 0.25], [0.5, 0.75]])
    found = best_sites(walk, pictures, sites=1, within_min=15)
    assert found["sites"].to_dict() == {"south": "south", "north": "north"}
    np.testing.assert_allclose(found["covered"], [1.0, 0.75])
    np.testing.assert_allclose(found["worst"], [0.5, 0.25])


def test_faulty_questions_are_refused() -> None:
    walk = pd.DataFrame({"a": [1.0, np.inf]})
    need = pd.Series([1.0, 1.0])
    with pytest.raises(SitingError, match="2 sites are to be chosen of 1 candidates"):
        maximal_cover(walk, need, sites=2, within_min=15)
    with pytest.raises(SitingError, match="need must not be negative or missing"):
        maximal_cover(walk, pd.Series([1.0]), sites=1, within_min=15)
    with pytest.raises(SitingError, match="point 1 reaches no site on foot"):
        p_median(walk, need, sites=1)
    apart = pd.DataFrame({"a": [1.0, np.inf], "b": [np.inf, 1.0]})
    with pytest.raises(SitingError, match="no 1 sites together are in reach of every point"):
        p_median(apart, need, sites=1)
    assert p_median(apart, need, sites=2).value == pytest.approx(1.0)


def test_service_points_in_mitrovica() -> None:
    places = bundled.places().to_crs(METRIC)
    layers = bundled.network()
    ways = pd.concat([layers.roads, layers.paths], ignore_index=True).to_crs(METRIC)
    sites = places[places["id"].isin(
        ["town_mitrovica", "town_mitrovica_north", "reception_belvedere"]
    )]  # fmt: skip
    need = places[places["status"] == "advised"].set_index("id")
    walk = minutes_to_sites(ways, need, sites)
    assert np.isfinite(walk.to_numpy()).all()
    equal = pd.Series(1.0, index=walk.index)
    one = maximal_cover(walk, equal, sites=1, within_min=15)
    two = maximal_cover(walk, equal, sites=2, within_min=15)
    assert 0 < one.value <= two.value < 1, "Gate 1 is beyond any walk"
    assert "town_mitrovica_north" in two.sites
