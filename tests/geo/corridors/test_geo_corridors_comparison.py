"""The corridor study on the bundled data, and bad input."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon
from studies.bundled_region import bundled_region

from geo import corridors, schema, sightings
from geo.chance import Observers, reporting_effort
from geo.network.segments import GeometryError
from geo.params import CorridorParams, Params
from geo.records import StudyData
from geo.results import CorridorTests
from geo.sightings.laws import UncertaintyError

# The study on the bundled data.

QUICK = CorridorParams(simulations=99, null_points=1000)
UNIFORM = replace(QUICK, nulls=("uniform",), bands_m=(100.0, 250.0))


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
    params: CorridorParams = QUICK,
    window: Polygon | MultiPolygon | None = None,
) -> CorridorTests:
    stations = data.places[data.places["kind"] == "station"]
    about = window or corridors.window_about(
        events, data.boundary, params.window_reach_m
    )
    return corridors.compare_with_chance(
        events, kinds_of(data), stations, about, params
    )


@pytest.fixture(scope="module")
def events(data: StudyData) -> gpd.GeoDataFrame:
    return sightings.events_of(data.sightings)[0]


@pytest.fixture(scope="module")
def found(data: StudyData, events: gpd.GeoDataFrame) -> CorridorTests:
    return answers(data, events)


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
    assert list(found.explained) == schema.CORRIDOR_EXPLAINED.names
    for table in (found.bands, found.explained):
        assert table["corridor"].notna().all()


def test_one_hypothesis_is_primary_under_each_null(found: CorridorTests) -> None:
    primary = found.bands[found.bands["primary"]]
    assert primary["null"].tolist() == ["effort", "uniform"]
    assert set(primary["corridor"]) == {"railway"}
    assert set(primary["band_m"]) == {250.0}
    assert (primary["p_adjusted"] == primary["p"]).all()


def test_another_hypothesis_can_be_named(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    other = replace(UNIFORM, primary_kind="river", primary_band_m=100.0)
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


def test_five_sightings_decide_nothing_against_reporting_effort(
    found: CorridorTests,
) -> None:
    effort = found.bands[found.bands["null"] == "effort"]
    assert "nearer" not in set(effort["verdict"])
    assert set(found.explained["explained_by"]) <= {"undecided", "cannot_be_decided"}


def test_adjusted_p_are_no_smaller(found: CorridorTests) -> None:
    bands = found.bands
    assert (bands["p_adjusted"] >= bands["p"] - 3 * bands["p_error"]).all()
    assert (bands["smallest_p"] <= bands["p_adjusted"]).all()
    worlds = QUICK.simulations + 1
    assert bands["p"].between(1 / worlds, 1).all()
    adjusted = bands["p_adjusted"]
    assert (
        bands["p_error"] >= np.sqrt(adjusted * (1 - adjusted) / worlds) - 1e-12
    ).all()


def test_a_fragile_verdict_says_what_it_depends_on(found: CorridorTests) -> None:
    fragile = found.bands["verdict"] == "fragile"
    assert fragile.any()
    supports = found.bands.loc[fragile, "depends_on"]
    assert supports.isin([*(f"S{k}" for k in range(1, 6)), "reporting effort"]).all()
    assert found.bands.loc[~fragile, "depends_on"].isna().all()


def test_no_ratio_of_one_or_less_stands_beside_nearer(found: CorridorTests) -> None:
    nearer = found.bands[found.bands["verdict"] == "nearer"]
    assert len(nearer)
    assert (nearer["tipping_ratio"].isna() | (nearer["tipping_ratio"] > 1)).all()
    assert (nearer["p_left_out"] <= QUICK.level).all()


def test_shares_of_explanations_sum_to_one(found: CorridorTests) -> None:
    assert found.explained.groupby("sighting")[
        "share"
    ].sum().to_numpy() == pytest.approx(1)


def test_the_same_seed_gives_the_same_answer(
    data: StudyData, events: gpd.GeoDataFrame, found: CorridorTests
) -> None:
    again = answers(data, events)
    for name in ("tests", "bands", "curves", "explained", "nulls"):
        assert getattr(again, name).equals(getattr(found, name)), name


def test_one_sighting_is_answered(data: StudyData, events: gpd.GeoDataFrame) -> None:
    one = answers(data, events.iloc[[2]], UNIFORM)
    assert set(one.bands["sightings"]) <= {0, 1}
    assert "nearer" not in set(one.bands["verdict"])


def test_all_located_from_the_kind_cannot_be_decided(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    both = answers(data, events[events["located_kind"] == "railway"], UNIFORM)
    railway = both.bands[both.bands["corridor"] == "railway"]
    assert set(railway["sightings"]) == {0}
    assert set(railway["verdict"]) == {"cannot_be_decided"}
    assert railway["p"].isna().all()


def test_sightings_outside_the_window_are_named(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    middle = events.geometry.iloc[2]
    found = answers(data, events, UNIFORM, middle.buffer(600))
    far = events.loc[events.distance(middle) > 600, "id"]
    assert len(far)
    assert set(found.outside) == set(far)
    assert found.bands["sightings"].max() == len(events) - len(far)


def test_on_the_network_nothing_is_nearer_to_roads_and_paths(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    """Where positions are exact; a cell reaches off the road that its report came from."""
    exact = events.assign(cell_m=0.0, uncertainty_m=0.0)
    params = replace(UNIFORM, nulls=("network",))
    bands = answers(data, exact, params).bands
    roads = bands[bands["corridor"] == "road_or_path"]
    assert set(roads["verdict"]) == {"cannot_be_decided"}


def test_unknown_uncertainty_cannot_be_tested(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    with pytest.raises(UncertaintyError, match=r"uncertainty_m of sighting .* is nan"):
        answers(data, events.assign(uncertainty_m=np.nan))


def test_uncertainty_wider_than_the_window_shows_nothing(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    wide = answers(data, events.assign(uncertainty_m=20_000.0), UNIFORM)
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
    assert len(found.bands) == len(found.tests) == len(found.explained) == 0
    assert list(found.bands) == schema.BAND_TESTS.names
    assert set(found.outside) == set(events["id"])


def test_a_kind_without_ways_is_passed_over(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    kinds = kinds_of(data)
    kinds["railway"] = corridors.Corridor("railway", kinds["railway"].lines.iloc[:0])
    window = corridors.window_about(events, data.boundary, 5000)
    stations = data.places[data.places["kind"] == "station"]
    found = corridors.compare_with_chance(events, kinds, stations, window, UNIFORM)
    assert "railway" not in set(found.bands["corridor"])
    assert not found.bands["primary"].any()


def test_a_plain_frame_is_studied(data: StudyData, events: gpd.GeoDataFrame) -> None:
    """Only geometry and uncertainty: no id, no grid, no kind of place."""
    plain = events[["geometry", "uncertainty_m"]]
    found = answers(data, plain, UNIFORM)
    assert set(found.bands["left_out"]) == {0}
    names = {str(label) for label in plain.index} | {"all"}
    assert set(found.explained["sighting"]) == names


def test_a_plain_frame_outside_the_window_is_named_by_its_index(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    plain = events[["geometry", "uncertainty_m"]]
    window = plain.geometry.iloc[2].buffer(600)
    found = answers(data, plain, UNIFORM, window)
    assert set(found.outside) < {str(label) for label in plain.index}
    assert len(found.outside)


def test_a_strong_result_survives_other_assumptions(
    data: StudyData, events: gpd.GeoDataFrame
) -> None:
    many = planted(data, events, 30)
    params = replace(UNIFORM, nulls=("effort",))
    bands = answers(data, many, params).bands.set_index(["corridor", "band_m"])
    assert bands.loc[("main_road", 100.0), "verdict"] == "nearer"


@pytest.mark.parametrize("measured", [False, True])
def test_other_assumptions_are_tried_where_effort_is_assumed(measured: bool) -> None:
    """Six of seven lie along the main road: seldom by chance, unless most observers stood there."""
    streets = [shapely.LineString([(0, y), (9000, y)]) for y in range(0, 10_000, 2000)]
    roads = gpd.GeoDataFrame(
        {"highway": ["residential"] * 4 + ["primary"]}, geometry=streets, crs=9141
    )
    canal = roads.geometry.iloc[[-1]]
    rows = np.array([8050] * 6 + [4050])
    seen = gpd.GeoSeries.from_xy(np.linspace(1000, 8000, 7), rows, crs=9141)
    params = replace(QUICK, nulls=("effort",), bands_m=(250,), primary_kind="canal")
    area = shapely.box(-1000, -1000, 10_000, 9000)
    effort = reporting_effort(roads, window=area) if measured else None
    tests = corridors.compare_with_chance(
        seen,
        {"canal": canal},
        window=area,
        params=params,
        roads=roads,
        uncertainty_m=0,
        effort=effort,
    )
    (band,) = tests.bands.to_dict("records")
    assert band["p"] <= params.level
    assert band["verdict"] == ("nearer" if measured else "fragile")
    says = str(band["depends_on"])
    assert measured or says.startswith("reporting effort: residential 0.2")


def test_stations_that_report_twice_as_much_make_no_railway_nearer() -> None:
    """The short form of the proof: a hundred reports, three times, stations along the railway."""
    streets = [shapely.LineString([(0, y), (9000, y)]) for y in (1000, 3000)]
    streets += [shapely.LineString([(x, 0), (x, 9000)]) for x in (2000, 8000)]
    roads = gpd.GeoDataFrame(
        {"highway": ["residential", "residential", "primary", "primary"]},
        geometry=streets,
        crs=9141,
    )
    railway = gpd.GeoSeries([shapely.LineString([(0, 6000), (9000, 6000)])], crs=9141)
    stations = gpd.GeoSeries.from_xy([1000, 4000, 6000], [6000] * 3, crs=9141)
    area = shapely.box(0, 0, 9000, 9000)
    truth = reporting_effort(roads, stations, area, Observers(stations=0.4))
    params = replace(QUICK, nulls=("effort",), bands_m=(250.0,))
    rng, bands = np.random.default_rng(3), []
    for _ in range(3):
        seen = gpd.GeoSeries.from_xy(*truth.draw(100, rng).T, crs=9141)
        tests = corridors.compare_with_chance(
            seen,
            {"railway": railway},
            stations,
            area,
            params,
            roads=roads,
            uncertainty_m=50,
        )
        bands += tests.bands.to_dict("records")
    few = [band for band in bands if band["p"] <= params.level]
    assert few
    assert {band["verdict"] for band in few} == {"fragile"}
    assert all("stations 0.4" in band["depends_on"] for band in few)


def test_parameters_are_checked() -> None:
    with pytest.raises(ValueError, match="nulls"):
        Params(corridors={"nulls": ["guess"]})
