"""Tests against a null that is named, on the bundled data, and bad input."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon
from studies.bundled_region import bundled_region

from geo import chance, corridors, schema, sightings
from geo.arguments import ArgumentError
from geo.network.segments import GeometryError
from geo.params import CorridorParams
from geo.records import StudyData
from geo.results import CorridorTests
from geo.sightings.laws import UncertaintyError

QUICK = CorridorParams(simulations=99)
TWO_BANDS = replace(QUICK, bands_m=(100.0, 250.0))


@pytest.fixture(scope="module")
def data() -> StudyData:
    return bundled_region()


def kinds_of(data: StudyData) -> dict[str, corridors.Corridor]:
    layers = data.layers
    return corridors.corridors_of(
        layers.roads, layers.paths, layers.railways, layers.waterways
    )


def answers(
    data: StudyData,
    events: gpd.GeoDataFrame,
    params: CorridorParams = TWO_BANDS,
    window: Polygon | MultiPolygon | None = None,
    *,
    even: bool = True,
) -> CorridorTests:
    """Return the tests against an even plane, or against assumed effort."""
    about = window or corridors.window_about(
        events, data.boundary, params.window_reach_m
    )
    null = chance.uniform(about, n=1000)
    if not even:
        stations = data.places[data.places["kind"] == "station"]
        null = chance.reporting_effort(data.layers.roads, stations, about, n=1000)
    return corridors.compare_with_chance(events, kinds_of(data), null, about, params)


@pytest.fixture(scope="module")
def events(data: StudyData) -> gpd.GeoDataFrame:
    return sightings.events_of(data.sightings)[0]


@pytest.fixture(scope="module")
def found(data: StudyData, events: gpd.GeoDataFrame) -> CorridorTests:
    return answers(data, events, QUICK, even=False)


def planted(
    data: StudyData, events: gpd.GeoDataFrame, n: int, *, on: str = "main_road"
) -> gpd.GeoDataFrame:
    """Return sightings on one kind of corridor, within 3 km of the events."""
    ways = kinds_of(data)[on].lines.clip(events.union_all().convex_hull.buffer(3000))
    line = shapely.line_merge(shapely.union_all(ways.geometry.values))
    at = np.linspace(0.05, 0.95, n)
    points = shapely.line_interpolate_point(line, at, normalized=True)
    frame = gpd.GeoDataFrame(geometry=points, crs=events.crs)
    return frame.assign(id=[f"S{k + 1}" for k in range(n)], uncertainty_m=0.0)


def test_tables_are_those_of_the_schema(found: CorridorTests) -> None:
    assert list(found.tests) == schema.CORRIDOR_TESTS.names
    assert list(found.bands) == schema.BAND_TESTS.names
    assert list(found.curves) == schema.CORRIDOR_CURVES.names
    assert set(found.bands["null"]) == {"effort"}


def test_one_hypothesis_is_primary(found: CorridorTests) -> None:
    (primary,) = found.bands[found.bands["primary"]].to_dict("records")
    assert (primary["corridor"], primary["band_m"]) == ("railway", 250.0)
    assert primary["p_adjusted"] == primary["p"]


def test_another_hypothesis_can_be_named(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    other = replace(TWO_BANDS, primary_kind="river", primary_band_m=100.0)
    primary = answers(data, events, other).bands.query("primary")
    assert primary[["corridor", "band_m"]].to_numpy().tolist() == [["river", 100.0]]


def test_what_was_located_from_a_kind_is_left_out_of_its_tests(
    found: CorridorTests,
) -> None:
    """Two of the five were placed at railway stations."""
    railway = found.bands[found.bands["corridor"] == "railway"]
    assert set(railway["left_out"]) == {2}
    assert set(railway["sightings"]) == {3}
    assert set(found.bands.loc[found.bands["corridor"] == "river", "left_out"]) == {0}


def test_adjusted_p_are_no_smaller(found: CorridorTests) -> None:
    bands = found.bands
    assert (bands["p_adjusted"] >= bands["p"] - 3 * bands["p_error"]).all()
    assert (bands["smallest_p"] <= bands["p_adjusted"]).all()
    worlds = QUICK.simulations + 1
    assert bands["p"].between(1 / worlds, 1).all()


def test_a_fragile_verdict_says_which_sighting_it_depends_on(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    bands = answers(data, events, QUICK).bands
    fragile = bands["verdict"] == "fragile"
    assert fragile.any()
    assert bands.loc[fragile, "depends_on"].isin(events["id"]).all()
    assert bands.loc[~fragile, "depends_on"].isna().all()


def test_the_same_seed_gives_the_same_answer(
    data: StudyData, events: gpd.GeoDataFrame, found: CorridorTests
) -> None:
    again = answers(data, events, QUICK, even=False)
    for name in ("tests", "bands", "curves"):
        assert getattr(again, name).equals(getattr(found, name)), name


def test_one_sighting_is_answered(data: StudyData, events: gpd.GeoDataFrame) -> None:
    one = answers(data, events.iloc[[2]])
    assert set(one.bands["sightings"]) <= {0, 1}
    assert "nearer" not in set(one.bands["verdict"])


def test_all_located_from_the_kind_cannot_be_decided(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    both = answers(data, events[events["located_kind"] == "railway"])
    railway = both.bands[both.bands["corridor"] == "railway"]
    assert set(railway["sightings"]) == {0}
    assert set(railway["verdict"]) == {"cannot_be_decided"}
    assert railway["p"].isna().all()


def test_sightings_outside_the_window_are_named(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    middle = events.geometry.iloc[2]
    found = answers(data, events, window=middle.buffer(600))
    far = events.loc[events.distance(middle) > 600, "id"]
    assert len(far)
    assert set(found.outside) == set(far)
    assert found.bands["sightings"].max() == len(events) - len(far)


def test_on_the_network_nothing_is_nearer_to_roads_and_paths(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    """Where positions are exact; a cell reaches off the road that its report came from."""
    exact = events.assign(cell_m=0.0, uncertainty_m=0.0)
    kinds = kinds_of(data)
    null = chance.on_network(kinds["road_or_path"].lines)
    bands = corridors.compare_with_chance(exact, kinds, null, params=TWO_BANDS).bands
    roads = bands[bands["corridor"] == "road_or_path"]
    assert set(roads["verdict"]) == {"cannot_be_decided"}


def test_unknown_uncertainty_cannot_be_tested(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    with pytest.raises(UncertaintyError, match=r"uncertainty_m of sighting .* is nan"):
        answers(data, events.assign(uncertainty_m=np.nan))


def test_a_null_must_be_named(data: StudyData, events: gpd.GeoDataFrame) -> None:
    with pytest.raises(ArgumentError, match=r"effort is GeoDataFrame.* Fix: "):
        corridors.compare_with_chance(events, kinds_of(data), data.layers.roads)


def test_uncertainty_wider_than_the_window_shows_nothing(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    wide = answers(data, events.assign(uncertainty_m=20_000.0))
    assert "nearer" not in set(wide.bands["verdict"])


def test_no_sightings_have_no_window(data: StudyData, events: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeometryError, match="no sightings"):
        answers(data, events.iloc[:0])


def test_no_sighting_in_the_window_gives_empty_tables(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    window = corridors.window_about(events, data.boundary, 2000)
    away = events.assign(geometry=events.translate(100_000, 0))
    found = answers(data, away, window=window)
    assert len(found.bands) == len(found.tests) == len(found.curves) == 0
    assert list(found.bands) == schema.BAND_TESTS.names
    assert set(found.outside) == set(events["id"])


def test_a_kind_without_ways_is_passed_over(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    kinds = kinds_of(data)
    kinds["railway"] = corridors.Corridor("railway", kinds["railway"].lines.iloc[:0])
    null = chance.uniform(corridors.window_about(events), n=1000)
    found = corridors.compare_with_chance(events, kinds, null, params=TWO_BANDS)
    assert "railway" not in set(found.bands["corridor"])
    assert not found.bands["primary"].any()


def test_a_plain_frame_is_studied(data: StudyData, events: gpd.GeoDataFrame) -> None:
    """Only geometry and uncertainty: no id, no grid, no kind of place."""
    plain = events[["geometry", "uncertainty_m"]]
    assert set(answers(data, plain).bands["left_out"]) == {0}
    found = answers(data, plain, window=plain.geometry.iloc[2].buffer(600))
    assert set(found.outside) < {str(label) for label in plain.index}
    assert len(found.outside)


def test_many_on_a_road_lie_nearer_to_it(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    found = answers(data, planted(data, events, 30), even=False)
    bands = found.bands.set_index(["corridor", "band_m"])
    assert bands.loc[("main_road", 100.0), "verdict"] == "nearer"
