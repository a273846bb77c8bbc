"""Scenarios: what the office would do, on one and the same need."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.access import minutes_to_nearest, minutes_to_sites
from geo.params import Params
from geo.patrols.reach import all_need
from geo.records import StudyData
from layers import readers
from mitrovica.scenarios import assumptions as scenarios
from mitrovica.scenarios.assumptions import (
    Compared,
    Scenario,
    ScenarioError,
    by_area,
    compare_nights,
)

Of = tuple[StudyData, gpd.GeoDataFrame, Params, Mapping[str, Sequence[str]]]


@pytest.fixture(scope="module")
def of_run(one_night: tuple[Path, str], town: None) -> Of:
    """Return data, need, quick parameters and banks of the town drawn by hand."""
    earlier = readers.earlier_run.read(one_night[0] / "run")
    study = readers.study.read(None).again(earlier.study, earlier.boundary)
    params, _ = readers.config.for_plan(
        earlier.parameters, {"patrols": {"iterations": 5}}
    )
    data = earlier.data(study, params, None)
    return data, earlier.findings.need, params, study.settings.banks


@pytest.fixture(scope="module")
def compared(of_run: Of) -> Compared:
    data, need, params, banks = of_run
    return compare_nights(data, need, _three(params), banks)


def _three(params: Params) -> list[Scenario]:
    one = replace(params, patrols=replace(params.patrols, vehicles=1))
    slow = {kind: kph / 2 for kind, kph in params.speeds.kph.items()}
    winter = replace(params, speeds=replace(params.speeds, kph=slow))
    return [Scenario("now", params), Scenario("one", one), Scenario("winter", winter)]


def _digest(value: object) -> str:
    return sha256(pickle.dumps(value)).hexdigest()


def test_the_side_of_people_stays_byte_for_byte_the_same(
    of_run: Of, compared: Compared
) -> None:
    data, need, params, banks = of_run
    before = [_digest(part) for part in (need, data.sightings, data.log)]
    again = compare_nights(data, need, _three(params)[:0:-1], banks)
    assert [_digest(x) for x in (need, data.sightings, data.log)] == before
    of_need = all_need(need, params.need).tobytes()
    for found in (compared, again):
        assert found.points["need_share"].to_numpy().tobytes() == of_need
    pd.testing.assert_frame_equal(compared.points, again.points)
    # The same scenarios in another order, beside another first one, reach the same.
    for name in again.reached:
        assert (again.reached[name] == compared.reached[name]).all()


def test_nothing_that_models_people_is_called() -> None:
    tree = ast.parse(Path(str(scenarios.__file__)).read_text("utf-8"))
    rooms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {room for room in rooms if str(room).startswith("geo.intensity")}


def test_what_is_reached_is_what_the_plan_says(of_run: Of, compared: Compared) -> None:
    """Need within `reach_m` of a stop that is visited, counted anew."""
    _, need, params, _ = of_run
    at = need.to_crs(compared.points.crs).geometry.reset_index(drop=True)
    plain = need["advised"].to_numpy(float) == 0
    for name, night in compared.nights.items():
        stops = night.stops[night.stops["service_s"] > 0].union_all()
        near = at.distance(stops) <= params.need.reach_m
        reached = compared.reached[name].to_numpy()
        assert (reached[plain] == near[plain]).all()
        assert (near | ~reached).all()
    assert (compared.nights["one"].stops["vehicle"] == 1).all()


@pytest.mark.parametrize("area", [None, "section", "bank"])
def test_areas_add_up_to_the_whole(compared: Compared, area: str | None) -> None:
    table, [whole] = (by_area(compared, area), by_area(compared).to_dict("records"))
    assert table["need_share"].sum() == pytest.approx(1)
    for name in compared.reached:
        parts = table["need_share"] * table[f"reached {name}"]
        need = compared.points["need_share"][compared.reached[name]].sum()
        assert parts.sum() == pytest.approx(need)
        assert whole[f"reached {name}"] == pytest.approx(need)


def test_more_help_that_is_open_is_never_farther(of_run: Of) -> None:
    data, need, params, _ = of_run
    offices = data.places[data.places["kind"] == "institution"]["id"]
    given_now = set(data.services["place"].dropna())
    new = sorted(set(offices) - given_now)[:1]
    closed = sorted(given_now & set(data.places["id"]))[:1]
    if new:
        more = Scenario("more", params, opened=tuple(new))
        found = compare_nights(data, need, [Scenario("now", params), more])
        assert (found.minutes["more"] <= found.minutes["now"]).all()
    if closed:
        less = Scenario("less", params, closed=tuple(closed))
        found = compare_nights(data, need, [Scenario("now", params), less])
        assert (found.minutes["less"] >= found.minutes["now"]).all()
    assert new or closed


@pytest.mark.parametrize("kind", ["crossing", "station", "town", "police"])
@pytest.mark.parametrize("key", ["opened", "closed"])
def test_no_crossing_and_no_station_is_opened_or_closed(
    of_run: Of, kind: str, key: str
) -> None:
    data, need, params, _ = of_run
    places = data.places.copy()
    places.loc[places.index[:1], "kind"] = kind
    place = places["id"].iloc[0]
    wrong = Scenario("odd", params, **{key: (place,)})
    with pytest.raises(ScenarioError, match="closes no crossing and takes no"):
        compare_nights(replace(data, places=places), need, [wrong])


def test_what_is_open_already_and_what_is_nowhere_is_refused(of_run: Of) -> None:
    data, need, params, _ = of_run
    for wrong, says in (
        (Scenario("odd", params, opened=("moon",)), "no place of the study"),
        (Scenario("odd", params, closed=("moon",)), "no place of the study"),
    ):
        with pytest.raises(ScenarioError, match=f"odd: .*{says}"):
            compare_nights(data, need, [wrong])


def test_a_night_that_cannot_be_planned_says_in_which_scenario(of_run: Of) -> None:
    data, need, params, _ = of_run
    patrols = replace(params.patrols, closed_roads=("no such road",))
    shut = Scenario("shut", replace(params, patrols=patrols))
    with pytest.raises(ScenarioError, match=r"^shut: patrols\.closed_roads"):
        compare_nights(data, need, [shut])


def test_how_often_more_is_reached_is_paired() -> None:
    points = gpd.GeoDataFrame({"need_share": [0.5, 0.3, 0.2]})
    reached = pd.DataFrame(
        {
            "a": [True, False, False],
            "more": [True, True, False],
            "less": [False, False, False],
            "same": [True, False, False],
            # 0.5 against 0.5: which is more hangs on the draw.
            "other": [False, True, True],
        }
    )
    found = Compared(points, {}, reached, reached * 1.0)
    assert (found.more_often("more"), found.more_often("less")) == (1.0, 0.0)
    assert np.isnan(found.more_often("same"))
    assert 0.2 < found.more_often("other") < 0.8


@given(st.integers(0, 10_000))
def test_the_nearest_site_is_the_least_of_all_sites(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 9, (12, 2, 2)) * 100.0
    lines = [shapely.LineString(ends) for ends in xy if (ends[0] != ends[1]).any()]
    ways = gpd.GeoDataFrame(geometry=lines, crs=9141)

    def points(n: int) -> gpd.GeoDataFrame:
        at = gpd.points_from_xy(*rng.uniform(0, 900, (2, n)))
        return gpd.GeoDataFrame({"id": range(n)}, geometry=at, crs=9141)

    need, near, none = points(5), points(4), points(0)
    found = minutes_to_nearest(ways, need, [near.geometry, none.geometry])
    each = minutes_to_sites(ways, need, near)
    np.testing.assert_allclose(found[0], each.min(axis=1), rtol=1e-9, atol=1e-9)
    assert np.isinf(found[1]).all()
