"""Weights of sightings beside corridors: sums, and p by every permutation there is."""

from __future__ import annotations

from itertools import permutations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import corridors
from geo.network import NetworkError

RAIL = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
ROAD = RAIL.translate(0, 3000)
AWAY_M = [40, 90, 200, 600, 900, 2900]
SEEN = gpd.GeoDataFrame(
    {"located_kind": [None, None, None, None, None, "railway"]},
    geometry=gpd.points_from_xy(range(1000, 7000, 1000), AWAY_M),
    crs=9141,
)
NEAR = corridors.proximity(
    SEEN, {"railway": RAIL, "main_road": ROAD}, [100, 250], uncertainty_m=0
)


def test_weights_within_each_band_are_summed() -> None:
    table = corridors.weigh(NEAR, [5, 4, 3, 2, 1, 9], simulations=19)
    railway = table[table["corridor"] == "railway"]
    assert railway["sightings"].tolist() == [5, 5], "one was located from it"
    assert railway["weight_within"].tolist() == [9.0, 12.0]
    assert railway["share_of_weight"].tolist() == [0.6, 0.8]
    assert railway["share_of_sightings"].tolist() == [0.4, 0.6]
    road = table[table["corridor"] == "main_road"]
    assert road["sightings"].tolist() == [6, 6]
    assert road["weight_within"].tolist() == [9.0, 9.0]


def test_p_is_that_of_all_permutations() -> None:
    weights = np.array([6.0, 5, 1, 2, 3, 9])
    table = corridors.weigh(NEAR, weights, simulations=20_000)
    within = np.array(AWAY_M[:5]) <= 250
    nearer = np.r_[within - within.mean(), 0.0]
    sums = np.array([np.array(w) @ nearer for w in permutations(weights)])
    exact = (sums >= weights @ nearer - 1e-9).mean()
    (p,) = table.loc[(table["corridor"] == "railway") & (table["band_m"] == 250), "p"]
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))
    assert (table["p_adjusted"] >= table["p"] - 1e-12).all()


def test_equal_weights_say_nothing_and_their_unit_does_not_matter() -> None:
    equal = corridors.weigh(NEAR, [2] * 6, simulations=99)
    assert equal["p"].tolist() == [1.0] * 4
    assert equal["share_of_weight"].tolist() == pytest.approx(
        equal["share_of_sightings"].tolist()
    )
    persons = corridors.weigh(NEAR, [5, 4, 3, 2, 1, 9], simulations=99)
    dozens = corridors.weigh(NEAR, [60, 48, 36, 24, 12, 108], simulations=99)
    assert dozens["p"].tolist() == persons["p"].tolist()


def test_weights_of_other_number_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"weights has shape \(2,\)"):
        corridors.weigh(NEAR, [1, 2])
