"""Study areas."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import osmnx
import pytest
import shapely
from servers.overpass_server import Server, serving

from geo.schema import METRIC, WGS84
from layers.complaints import UserError
from layers.readers import areas, bundled
from layers.readers.osm import queries

SQUARE = shapely.box(20.8, 42.8, 20.9, 42.9)
PLACE = {
    "importance": 0.5,
    "display_name": "Leposaviq",
    "lat": "43.1",
    "lon": "20.8",
    "boundingbox": ["42.8", "42.9", "20.8", "20.9"],
    "geojson": shapely.geometry.mapping(SQUARE),
}


def test_the_default_area_is_the_box_inside_the_buffered_outline() -> None:
    area = areas.area_of("mitrovica")
    assert list(area["name"]) == ["mitrovica"]
    assert area.crs == WGS84
    shape = area.geometry.iloc[0]
    box = shapely.box(20.55, 42.75, 21.15, 43.30)
    assert box.buffer(1e-9).contains(shape)
    outline = bundled.boundary().geometry.iloc[0]
    assert shape.buffer(1e-9).contains(outline.intersection(box))
    beyond = gpd.GeoSeries([shape.difference(outline)], crs=WGS84).to_crs(METRIC)
    edge = bundled.boundary().to_crs(METRIC).boundary.iloc[0]
    assert beyond.hausdorff_distance(edge, align=False).iloc[0] > 1999
    farthest = shapely.distance(
        shapely.points(shapely.get_coordinates(beyond.iloc[0])), edge
    ).max()
    assert farthest == pytest.approx(2000, abs=15)


def test_the_corridor_holds_every_crossing_and_the_default_area() -> None:
    corridor = areas.area_of("corridor").geometry.iloc[0]
    places = bundled.places()
    named = places[
        places["id"].isin(
            ["crossing_jarinje", "crossing_hani_i_elezit", "crossing_vermice"]
        )
    ]
    assert len(named) == 3
    assert named.within(corridor).all()
    assert corridor.buffer(1e-9).contains(areas.area_of("mitrovica").geometry.iloc[0])


def test_polygons_in_a_file_are_one_area(tmp_path: Path) -> None:
    parts = gpd.GeoSeries([SQUARE, shapely.box(20.9, 42.8, 21.0, 42.9)], crs=WGS84)
    parts.to_file(tmp_path / "mine.geojson")
    area = areas.area_of(str(tmp_path / "mine.geojson"))
    assert area.geometry.iloc[0].equals(shapely.box(20.8, 42.8, 21.0, 42.9))
    parts.to_crs(METRIC).to_file(tmp_path / "mine.gpkg")
    again = areas.area_of(str(tmp_path / "mine.gpkg"))
    assert again.crs == WGS84
    assert again.geometry.iloc[0].area == pytest.approx(
        area.geometry.iloc[0].area, rel=1e-6
    )


def test_a_file_without_polygons_is_refused(tmp_path: Path) -> None:
    gpd.GeoSeries([shapely.Point(20.8, 42.8)], crs=WGS84).to_file(
        tmp_path / "point.geojson"
    )
    with pytest.raises(UserError, match=r"point\.geojson holds Point, not a polygon"):
        areas.area_of(str(tmp_path / "point.geojson"))


def test_a_file_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        areas.area_of("nowhere.geojson")
    (tmp_path / "bad.geojson").write_text("{")
    with pytest.raises(UserError, match="not a file of polygons that GDAL reads"):
        areas.area_of(str(tmp_path / "bad.geojson"))


POINT = {
    **PLACE,
    "importance": 0.9,
    "geojson": {"type": "Point", "coordinates": [20.8, 42.8]},
}


def test_a_place_name_is_looked_up_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(places={"Leposaviq": [POINT, PLACE]})) as server:
        monkeypatch.setattr(osmnx.settings, "nominatim_url", server.nominatim)
        for _ in range(2):
            area = areas.area_of("Leposaviq", cache=tmp_path)
            assert area.geometry.iloc[0].equals(SQUARE)
        assert server.requests == ["Leposaviq"]


@pytest.mark.proof
@pytest.mark.parametrize("answer", [[], [POINT]])
def test_a_place_without_an_area_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: list[dict[str, object]]
) -> None:
    with serving(Server(places={"Nowhere": answer})) as server:
        monkeypatch.setattr(osmnx.settings, "nominatim_url", server.nominatim)
        with pytest.raises(UserError, match="no area called 'Nowhere'"):
            areas.area_of("Nowhere", cache=tmp_path)


@pytest.mark.proof
def test_a_lookup_that_is_not_answered_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osmnx.settings, "nominatim_url", "http://127.0.0.1:9")
    with pytest.raises(
        queries.DownloadError, match=r"the place 'Leposaviq' .*Connection refused"
    ):
        areas.area_of("Leposaviq", cache=tmp_path)
