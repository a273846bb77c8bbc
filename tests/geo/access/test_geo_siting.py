"""Sites for a service point: by hand, by trying all of them, and figures of another solver."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.access.siting import SitingError, maximal_cover, minutes_to_sites
from layers.readers import bundled
from layers.schema import METRIC


@pytest.fixture(scope="module")
def random_walks() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(7)
    walk = pd.DataFrame(rng.uniform(1, 60, (40, 8)), columns=list("abcdefgh"))
    return walk, pd.Series(rng.integers(1, 9, 40).astype(float))


@pytest.mark.parametrize(("sites", "covered"), [(1, 56.0), (2, 101.0), (3, 127.0)])
def test_as_another_solver(
    random_walks: tuple[pd.DataFrame, pd.Series], sites: int, covered: float
) -> None:
    """Compare with spopt 0.7 and PuLP's CBC.

    MCLP.from_cost_matrix(walk, need, 15, sites).solve(pulp.PULP_CBC_CMD(msg=False)):
    ``problem.objective.value()``.
    """
    walk, need = random_walks
    cover = maximal_cover(walk, need, sites=sites, within_min=15)
    assert cover.covered * need.sum() == pytest.approx(covered)
    assert len(cover.sites) == sites


@given(seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_no_other_choice_is_better(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    walk = pd.DataFrame(rng.uniform(1, 60, (rng.integers(2, 25), 6)), columns=list("abcdef"))
    walk = walk.where(rng.random(walk.shape) < 0.9, np.inf)
    need = pd.Series(rng.exponential(1e-4, len(walk)))
    choices = [list(choice) for choice in itertools.combinations(walk.columns, count)]
    shares = [need[(walk[choice] <= 15).any(axis=1)].sum() / need.sum() for choice in choices]
    best = maximal_cover(walk, need, sites=count, within_min=15)
    assert best.covered == pytest.approx(max(shares))
    assert len(best.sites) == count


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


def test_faulty_questions_are_refused() -> None:
    walk = pd.DataFrame({"a": [1.0, np.inf]})
    need = pd.Series([1.0, 1.0])
    with pytest.raises(SitingError, match="2 sites are to be chosen of 1 candidates"):
        maximal_cover(walk, need, sites=2, within_min=15)
    with pytest.raises(SitingError, match="need must not be negative or missing"):
        maximal_cover(walk, pd.Series([1.0]), sites=1, within_min=15)


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
    assert 0 < one.covered <= two.covered < 1, "Gate 1 is beyond any walk"
    assert "town_mitrovica_north" in two.sites
