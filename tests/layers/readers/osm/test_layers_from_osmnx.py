"""What osmnx has returned to an analyst, as the layers of this toolkit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo
import layers
from layers.complaints import UserError

EAST = shapely.LineString([(20.86, 42.89), (20.87, 42.89)])
NORTH = shapely.LineString([(20.87, 42.89), (20.87, 42.90)])


def features(**columns: list[object]) -> gpd.GeoDataFrame:
    """Return a frame as `osmnx.features_from_polygon` does, of two ways and a node."""
    index = pd.MultiIndex.from_tuples(
        [("way", 1), ("way", 2), ("node", 3)], names=["element", "id"]
    )
    shapes = [EAST, NORTH, shapely.Point(20.86, 42.89)]
    return gpd.GeoDataFrame(columns, index, geometry=shapes, crs=4326)


def test_a_missing_yes_no_is_no_and_of_a_list_the_first_counts() -> None:
    found = layers.from_osmnx(
        features(
            highway=[["primary", "residential"], "residential", "crossing"],
            bridge=["viaduct", np.nan, np.nan],
            tunnel=[np.nan, "no", np.nan],
            maxspeed=["50", ["30", "50"], np.nan],
            amenity=[np.nan, np.nan, "taxi"],
        )
    )
    columns = ["id", "highway", "bridge", "tunnel", "ford", "maxspeed_kph"]
    assert found.roads[columns].values.tolist() == [
        ["way/1", "primary", True, False, False, 50.0],
        ["way/2", "residential", False, False, False, 30.0],
    ]
    assert found.facilities[["id", "kind"]].values.tolist() == [["node/3", "taxi"]]
    assert found.source.title == "OpenStreetMap by osmnx"


def test_a_table_takes_columns_of_osmnx_as_they_are() -> None:
    held = features(
        bridge=["yes", np.nan, "no"], tunnel=[True, None, False], ford=[1, 0, np.nan]
    )
    found = geo.schema.WAYS.geoframe(held)
    assert found[["bridge", "tunnel", "ford"]].values.tolist() == [
        [True, True, True], [False, False, False], [False, False, False],
    ]  # fmt: skip


def test_a_projected_frame_and_one_read_from_a_file_give_the_same() -> None:
    held = features(railway=["disused", "rail", np.nan])
    first = layers.from_osmnx(held)
    assert list(first.railways["status"]) == ["disused", "active"]
    for other in (held.reset_index(), held.to_crs(9141)):
        again = layers.from_osmnx(other)
        assert list(again.railways["id"]) == ["way/1", "way/2"]
        assert again.railways.geometry.geom_equals_exact(
            first.railways.geometry, 1e-9
        ).all()
    assert layers.from_osmnx(held).source.id == first.source.id
    assert layers.from_osmnx(held.iloc[:1]).source.id != first.source.id


def test_tags_that_look_like_what_osmnx_calls_its_own() -> None:
    held = features(highway=["path", "path", np.nan]).reset_index()
    held["element"] = ["node", "way", "node"]
    held["type"] = ["route", np.nan, "y"]
    assert list(layers.from_osmnx(held).paths["id"]) == ["way/1", "way/2"]


def test_edges_of_two_directions_are_one_street_as_it_was_drawn() -> None:
    edges = gpd.GeoDataFrame(
        {
            "osmid": [5, 5, [6, 7], 5],
            "highway": [
                "residential",
                "residential",
                ["primary", "track"],
                "residential",
            ],
            "oneway": [False, False, True, False],
            "reversed": [True, False, False, False],
        },
        pd.MultiIndex.from_tuples(
            [(2, 1, 0), (1, 2, 0), (2, 3, 0), (3, 4, 0)], names=["u", "v", "key"]
        ),
        geometry=[EAST.reverse(), EAST, NORTH, NORTH.reverse()],
        crs=4326,
    )
    roads = layers.from_osmnx(edges).roads
    assert roads[["id", "highway", "oneway"]].values.tolist() == [
        ["way/5", "residential", 0],
        ["way/6", "primary", 1],
        ["way/5-2", "residential", 0],
    ]
    assert roads.geometry.iloc[0].equals_exact(EAST)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (
            features(name=["a", "b", "c"]),
            "none of the columns highway, railway.*useful_tags_way",
        ),
        (
            features(highway=["path"] * 3).reset_index(drop=True),
            "has element and id, or osmid",
        ),
        (
            features(highway=["path"] * 3).set_crs(None, allow_override=True),
            "has no CRS",
        ),
    ],
)
def test_what_is_no_frame_of_osmnx_is_refused(
    frame: gpd.GeoDataFrame, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        layers.from_osmnx(frame)
