"""Places on the map: closed ones, rough ones, one in two sources."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
from shapely import Point
from studies import small_study
from studies.small_study import text

from geo.crs import CRSError
from geo.records import is_closed
from geo.schema import FACILITIES, METRIC, WGS84
from maps.overlays import observations
from maps.page.map_layers import LAYERS, PLACES, Drawing
from maps.words.catalogue import known
from maps.words.names import not_among, place_names


def drawn(**changes: object) -> dict[str, Drawing]:
    """Return the layers of places, the closed centre changed so."""
    data = small_study.data()
    places = data.places.copy()
    for column, value in changes.items():
        places.loc[places["id"] == "centre_closed", column] = value
    data = replace(data, places=places)
    found = observations.reported_layers(
        small_study.findings(5), data, small_study.names(data)
    )
    return {drawing.spec.key: drawing for drawing in found}


def notes(drawing: Drawing, language: str) -> list[tuple[str, str]]:
    (feature,) = drawing.features
    return [(note.word, text(note.key, language)) for note in feature.notes]


def test_a_closed_centre_is_drawn_apart_and_says_since_when() -> None:
    layers = drawn(uncertainty_m=1500.0)
    assert [one.title for one in layers["centres"].features] == ["place.centre"]
    assert [one.title for one in layers["closed"].features] == ["place.centre_closed"]
    assert notes(layers["closed"], "en") == [
        ("kind", "Reception centre"), ("status", "closed"),
        ("uncertainty", "1,500 m"),
    ]  # fmt: skip
    assert known(LAYERS["closed"].legend)
    shapes = {spec.symbol.shape for spec in PLACES.values()}
    assert LAYERS["closed"].symbol.shape not in shapes


def test_an_open_place_known_well_says_only_its_kind() -> None:
    layers = drawn(status="open", uncertainty_m=100.0)
    assert "closed" not in layers
    by_title = {one.title: one.notes for one in layers["centres"].features}
    assert [note.word for note in by_title["place.centre_closed"]] == ["kind"]


def test_what_is_closed_is_read_from_the_status() -> None:
    places = small_study.data().places
    assert places.loc[is_closed(places), "id"].tolist() == ["centre_closed"]


def facilities(**at: tuple[float, float]) -> gpd.GeoDataFrame:
    rows = [
        {"id": i, "kind": "clinic", "name": i, "geometry": Point(xy)}
        for i, xy in at.items()
    ]
    return FACILITIES.geoframe(rows, crs=METRIC)


def test_a_facility_at_a_place_of_its_sort_is_named_once() -> None:
    places = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=METRIC)
    found = facilities(same=(0, 200), other=(201, 0))
    assert not_among(found, places)["id"].tolist() == ["other"]
    assert not_among(found, places.iloc[:0])["id"].tolist() == ["same", "other"]
    with pytest.raises(CRSError, match="Fix: "):
        not_among(found.to_crs(WGS84), places)


def test_facilities_are_named_in_the_script_of_each_language() -> None:
    named = facilities(dom=(0, 0)).assign(name="Дом здравља")
    dom = place_names(small_study.data().places, named)["dom"]
    assert [dom.forms[g] for g in ("sq", "sr-Cyrl")] == ["Dom zdravlja", "Дом здравља"]


def test_a_hospital_of_two_sources_has_one_name_on_the_sheet() -> None:
    data = small_study.data()
    beside = gpd.GeoSeries([Point(20.8715, 42.8855)], crs=WGS84)
    again = data.layers.facilities.assign(name="The same hospital").set_geometry(beside)
    data = replace(data, layers=replace(data.layers, facilities=again))
    plan = small_study.timetables(small_study.findings(), data)
    health = {stop.health.name for one in plan for stop in one.stops if stop.health}
    # The facility lies 134 m nearer to every stop than the hospital of the places.
    assert health == {"place.hospital"}
