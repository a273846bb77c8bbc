"""What tags mean: each row of a table is a feature and where it must appear."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo import schema
from geo.records import Layers, Source
from layers.readers.osm import tags as osm_tags

LINE = shapely.LineString([(20.80, 42.90), (20.81, 42.90)])
RING = shapely.LineString(
    [(20.80, 42.90), (20.81, 42.90), (20.81, 42.91), (20.80, 42.90)]
)
BOW_TIE = shapely.LineString([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
NAMES = ("roads", "paths", "railways", "waterways", "facilities")
SOURCE = Source("snapshot", "test", "a test", osm_tags.LICENCE)


def read(*features: tuple[str, shapely.Geometry, dict[str, str]]) -> Layers:
    rows = [
        {"id": id_, "geometry": geometry, **tags} for id_, geometry, tags in features
    ]
    return osm_tags.layers(
        gpd.GeoDataFrame(rows, geometry="geometry", crs=schema.WGS84), SOURCE
    )


def where(**tags: str) -> list[str]:
    """Return the names of the layers in which a line with these tags appears."""
    keys = {key.replace("__", ":"): value for key, value in tags.items()}
    found = read(("way/1", LINE, keys))
    return [name for name in NAMES if len(getattr(found, name))]


def ways(*tags: dict[str, str]) -> Layers:
    """Return the layers of lines with these tags, of which each is a way: ``way/0`` and so on."""
    return read(*((f"way/{n}", LINE, own) for n, own in enumerate(tags)))


def where_each(key: str, values: Sequence[str]) -> set[tuple[str, ...]]:
    """Return the layers in which a line with any of these values of a tag appears."""
    found = ways(*({key: value} for value in values))
    held = {name: set(getattr(found, name)["id"]) for name in NAMES}
    return {
        tuple(name for name in NAMES if f"way/{n}" in held[name])
        for n in range(len(values))
    }


def test_drivable_classes_are_roads() -> None:
    assert where_each("highway", schema.DRIVABLE) == {("roads",)}


def test_walked_classes_are_paths() -> None:
    assert where_each("highway", schema.WALKABLE) == {("paths",)}


def test_what_cannot_be_used_is_no_layer() -> None:
    unused = (
        "construction",
        "proposed",
        "services",
        "rest_area",
        "platform",
        "raceway",
        "no",
    )
    assert where_each("highway", unused) == {()}


def test_what_is_no_track_is_no_railway() -> None:
    others = (
        "platform",
        "station",
        "turntable",
        "yard",
        "razed",
        "construction",
        "proposed",
    )
    assert all("railways" not in layers for layers in where_each("railway", others))


RAILWAYS = [
    ({"railway": "rail"}, "rail", "active"),
    ({"railway": "narrow_gauge"}, "narrow_gauge", "active"),
    ({"railway": "preserved"}, "preserved", "active"),
    ({"railway": "disused"}, "disused", "disused"),
    ({"railway": "abandoned"}, "abandoned", "abandoned"),
    ({"disused:railway": "rail"}, "rail", "disused"),
    ({"abandoned:railway": "rail", "highway": "track"}, "rail", "abandoned"),
    ({"railway": "no", "abandoned:railway": "rail"}, "rail", "abandoned"),
    ({"railway": "rail", "abandoned:railway": "rail"}, "rail", "active"),
]
"""Tags of a line, and the kind and status of the railway that it is."""


def test_status_of_tracks() -> None:
    found = ways(*(tags for tags, *_ in RAILWAYS)).railways.set_index("id")
    for n, (tags, railway, status) in enumerate(RAILWAYS):
        assert tuple(found.loc[f"way/{n}", ["railway", "status"]]) == (
            railway,
            status,
        ), tags


def test_a_razed_track_is_gone_whatever_it_was() -> None:
    assert where(railway="razed", abandoned__railway="rail") == []


def test_a_track_on_an_abandoned_railway_is_in_both_layers() -> None:
    found = read(("way/1", LINE, {"highway": "track", "railway": "abandoned"}))
    assert list(found.paths["highway"]) == ["track"]
    assert list(found.railways["status"]) == ["abandoned"]
    assert found.paths["railway"].isna().all()


ONE_WAY = [
    ({}, 0),
    ({"oneway": "yes"}, 1),
    ({"oneway": "-1"}, -1),
    ({"oneway": "no"}, 0),
    ({"junction": "roundabout"}, 1),
    ({"junction": "roundabout", "oneway": "no"}, 0),
    ({"highway": "motorway"}, 1),
    ({"highway": "motorway", "oneway": "no"}, 0),
    ({"oneway": "reversible"}, 0),
]
"""Tags of a road, and the direction in which it is driven."""


def test_oneway() -> None:
    roads = ways(
        *({"highway": "primary", **tags} for tags, _ in ONE_WAY)
    ).roads.set_index("id")
    for n, (tags, oneway) in enumerate(ONE_WAY):
        assert roads.loc[f"way/{n}", "oneway"] == oneway, tags


def test_one_way_for_bicycles_does_not_bind_people_on_foot() -> None:
    paths = read(("way/1", LINE, {"highway": "cycleway", "oneway": "yes"})).paths
    assert list(paths["oneway"]) == [0]


@pytest.mark.parametrize(
    ("tags", "layer"),
    [
        ({"access": "private"}, "paths"),
        ({"motor_vehicle": "no"}, "paths"),
        ({"access": "no", "motor_vehicle": "yes"}, "roads"),
        ({"access": "yes", "motorcar": "no"}, "paths"),
        ({"access": "destination"}, "roads"),
    ],
)
def test_a_road_closed_to_cars_is_walked(tags: dict[str, str], layer: str) -> None:
    assert where(highway="secondary", **tags) == [layer]


def test_flags_and_names() -> None:
    tags = {"highway": "primary", "name": "Мост", "ref": "M-2", "bridge": "viaduct",
            "tunnel": "no", "ford": "yes", "service": "alley"}  # fmt: skip
    row = read(("way/7", LINE, tags)).roads.iloc[0]
    assert (row["id"], row["name"], row["ref"], row["service"]) == (
        "way/7",
        "Мост",
        "M-2",
        "alley",
    )
    assert (row["bridge"], row["tunnel"], row["ford"]) == (True, False, True)


LIMITS = {
    "50": 50, "50 km/h": 50, "30 mph": 48.28032, "12.5": 12.5, "0": None, "RS:urban": None,
    "none": None, "walk": None, "50;80": None, "": None,
}  # fmt: skip
"""Values of ``maxspeed``, none where it is empty, and the limit in km/h."""


def test_posted_limits() -> None:
    tags = (
        {"highway": "primary", **({"maxspeed": text} if text else {})}
        for text in LIMITS
    )
    limits = ways(*tags).roads.set_index("id")["maxspeed_kph"]
    assert limits.dtype == "float64"
    for n, (text, kph) in enumerate(LIMITS.items()):
        limit = limits[f"way/{n}"]
        assert limit == pytest.approx(kph) if kph else pd.isna(limit), text


def test_surfaces_of_roads_and_paths() -> None:
    found = read(
        ("way/1", LINE, {"highway": "primary", "surface": "sett"}),
        ("way/2", LINE, {"highway": "primary"}),
        ("way/3", LINE, {"highway": "track", "surface": "earth"}),
        ("way/4", LINE, {"railway": "rail"}),
    )
    assert found.roads["surface"].tolist() == ["sett", pd.NA]
    assert found.paths["surface"].tolist() == ["earth"]
    assert found.railways["surface"].isna().all()


def test_water_that_falls_dry() -> None:
    water = read(
        ("way/1", LINE, {"waterway": "stream", "intermittent": "yes"}),
        ("way/2", LINE, {"waterway": "river"}),
        ("way/3", LINE, {"waterway": "dam"}),
    ).waterways
    assert list(water["intermittent"]) == [True, False]


def test_kinds_of_facilities() -> None:
    point = shapely.Point(20.8, 42.9)
    nodes = [
        (f"node/{n}", point, {key: value, "name": f"x{n}"})
        for n, (key, value, _) in enumerate(osm_tags.FACILITY_TAGS)
    ]
    facilities = read(*nodes).facilities.set_index("id").loc[[id_ for id_, *_ in nodes]]
    for n, (row, (key, value, kind)) in enumerate(
        zip(facilities.to_dict("records"), osm_tags.FACILITY_TAGS, strict=True)
    ):
        assert kind in schema.FACILITY_KINDS
        assert row == {"kind": kind, "name": f"x{n}", "geometry": point}, (key, value)


def test_every_kind_of_facility_has_a_tag() -> None:
    assert {kind for _, _, kind in osm_tags.FACILITY_TAGS} == set(schema.FACILITY_KINDS)


@pytest.mark.parametrize(
    "shape", [RING, shapely.Polygon(RING), BOW_TIE, shapely.Polygon(BOW_TIE)]
)
def test_an_area_becomes_a_point_within_it(shape: shapely.Geometry) -> None:
    (point,) = read(("way/1", shape, {"amenity": "hospital"})).facilities.geometry
    area = shapely.make_valid(shapely.Polygon(getattr(shape, "exterior", shape).coords))
    assert area.intersects(point)


def test_a_line_becomes_the_point_half_way() -> None:
    (point,) = read(("way/1", LINE, {"barrier": "border_control"})).facilities.geometry
    assert point.equals_exact(shapely.Point(20.805, 42.90), 1e-9)


def test_a_square_gives_its_outline_as_path() -> None:
    paths = read(("way/1", shapely.Polygon(RING), {"highway": "pedestrian"})).paths
    assert list(paths.geom_type) == ["LineString"]
    assert shapely.equals(paths.geometry.iloc[0], RING)


def test_a_way_without_length_is_left_out() -> None:
    still = shapely.LineString([(20.8, 42.9), (20.8, 42.9)])
    assert len(read(("way/1", still, {"highway": "path"})).paths) == 0


def test_no_features_give_empty_tables_with_every_column() -> None:
    empty = gpd.GeoDataFrame({"id": []}, geometry=[], crs=schema.WGS84).astype(
        {"id": "string"}
    )
    found = osm_tags.layers(empty, SOURCE)
    assert list(found.roads.columns) == [*schema.WAYS.names, "geometry"]
    assert list(found.facilities.columns) == [*schema.FACILITIES.names, "geometry"]
    assert found.roads.crs == schema.WGS84
