"""Nearness of sightings to corridors: kinds, names, bands, circularity, bad input."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from geo.corridors import Corridor, corridors_of, proximity
from geo.crs import CRSError
from geo.segments import GeometryError
from layers import schema
from layers.schema import METRIC, WAYS, WGS84, proximity_table

#       y
#   200 |  ------------- river          (0, 200) - (1000, 200)
#   100 |  ============= primary M-2    (0, 100) - (1000, 100)
#    50 |  - - - - - - - footway        (0, 50)  - (1000, 50)
#     0 |  +++++++++++++ disused track  (0, 0)   - (1000, 0)
ROWS = [
    {"id": "r1", "layer": "road", "highway": "primary", "ref": "M-2", "y": 100},
    {"id": "p1", "layer": "path", "highway": "footway", "y": 50},
    {"id": "t1", "layer": "railway", "railway": "disused", "status": "disused", "y": 0},
    {"id": "w1", "layer": "waterway", "waterway": "river", "name": "Ibar", "y": 200},
    {"id": "w2", "layer": "waterway", "waterway": "stream", "y": 20},
]


def ways(layer: str, crs: str = METRIC) -> gpd.GeoDataFrame:
    rows = [
        row | {"geometry": LineString([(0, row["y"]), (1000, row["y"])])}
        for row in ROWS
        if row["layer"] == layer
    ]
    return WAYS.geoframe(rows, crs=crs)


def sorted_ways() -> dict[str, Corridor]:
    return corridors_of(ways("road"), ways("path"), ways("railway"), ways("waterway"))


def sightings(
    *at: tuple[float, float], uncertainty: float = 0.0, kind: str | None = None
) -> gpd.GeoDataFrame:
    columns = {
        "id": [f"S{k + 1}" for k in range(len(at))],
        "uncertainty_m": uncertainty,
        "located_kind": kind,
    }
    return gpd.GeoDataFrame(columns, geometry=[Point(p) for p in at], crs=METRIC)


def test_distances_and_names_by_kind() -> None:
    table = proximity(sightings((500, 30)), sorted_ways()).table.set_index("corridor")
    assert list(table.index) == list(schema.CORRIDORS)
    assert table["distance_m"].to_dict() == pytest.approx(
        {"railway": 30, "main_road": 70, "road_or_path": 20, "river": 170}
    )
    assert table["nearest"].to_dict() == {
        "railway": "disused railway",
        "main_road": "M-2",
        "road_or_path": "footway",
        "river": "Ibar",
    }


def test_bands_without_uncertainty_are_in_or_out() -> None:
    table = proximity(sightings((500, 30)), sorted_ways()).table.set_index("corridor")
    assert table.loc["main_road", ["p_50m", "p_100m", "p_250m", "p_500m"]].tolist() == [0, 1, 1, 1]


def test_sightings_come_in_order_with_every_kind() -> None:
    table = proximity(sightings((0, 0), (9, 9)), sorted_ways()).table
    assert table["sighting"].tolist() == ["S1"] * 4 + ["S2"] * 4
    assert table.columns.tolist() == schema.PROXIMITY.names


def test_columns_follow_the_bands() -> None:
    found = proximity(sightings((500, 30)), sorted_ways(), [62.5, 1000])
    assert found.table.columns.tolist() == proximity_table([62.5, 1000]).names
    assert {"p_62_5m", "p_1000m"} < set(found.table)
    assert sorted(set(found.totals["band_m"])) == [62.5, 1000]


@pytest.mark.parametrize(
    ("located", "flagged"),
    [
        ("railway", {"railway"}),
        ("road", {"main_road", "road_or_path"}),
        ("path", {"road_or_path"}),
        ("river", {"river"}),
        ("town", set()),
        ("device", set()),
        (None, set()),
    ],
)
def test_nearness_that_is_an_input_is_marked(located: str | None, flagged: set[str]) -> None:
    found = proximity(sightings((500, 30), uncertainty=40, kind=located), sorted_ways())
    table = found.table
    assert set(table.loc[table["located_from_kind"], "corridor"]) == flagged
    totals = found.totals.set_index("corridor")
    for kind in flagged:
        assert (totals.loc[kind, "expected_within_independent"] == 0).all()
        assert (totals.loc[kind, "located_from_kind"] == 1).all()


def test_totals_are_sums() -> None:
    found = proximity(sightings((500, 30), (2000, 30), (0, 0), uncertainty=100), sorted_ways())
    own = found.table[found.table["corridor"] == "river"]
    totals = found.totals[found.totals["corridor"] == "river"].set_index("band_m")
    assert totals.loc[250, "expected_within"] == pytest.approx(own["p_250m"].sum())
    assert totals.loc[250, "sightings"] == 3


def test_a_device_position_is_gaussian() -> None:
    by_device = proximity(sightings((500, 0), uncertainty=50, kind="device"), sorted_ways()).table
    by_words = proximity(sightings((500, 0), uncertainty=50, kind="town"), sorted_ways()).table
    sigma = 50 / math.sqrt(-2 * math.log(0.05))
    inside = math.erf(50 / sigma / math.sqrt(2))
    assert by_device["p_50m"][0] == pytest.approx(inside, abs=1e-9)
    assert by_words["p_50m"][0] == 1.0


def test_unknown_uncertainty_keeps_the_distance_only() -> None:
    table = proximity(sightings((500, 30), uncertainty=math.nan), sorted_ways()).table
    assert table["distance_m"].notna().all()
    assert table["p_50m"].isna().all()


def test_uncertainty_larger_than_the_map() -> None:
    table = proximity(sightings((500, 30), uncertainty=1e6), sorted_ways()).table
    area = 2 * 500 * 1000 + math.pi * 500**2
    railway = table.loc[table["corridor"] == "railway", "p_500m"].item()
    assert railway == pytest.approx(area / (math.pi * 1e12), abs=1e-12)


def test_no_sightings_give_empty_tables_of_the_right_type() -> None:
    found = proximity(sightings(), sorted_ways())
    assert len(found.table) == 0
    assert found.table.dtypes.to_dict() == schema.PROXIMITY.frame().dtypes.to_dict()
    assert (found.totals["expected_within"] == 0).all()


def test_a_kind_without_ways_is_nowhere_near() -> None:
    kinds = corridors_of(ways("road"), ways("path"), ways("railway").iloc[:0], ways("waterway"))
    row = proximity(sightings((500, 30), uncertainty=50), kinds).table.iloc[0]
    assert row["corridor"] == "railway"
    assert np.isnan(row["distance_m"])
    assert pd.isna(row["nearest"])
    assert row["p_500m"] == 0


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="sightings is in EPSG:4326"):
        proximity(sightings((0, 0)).to_crs(WGS84), sorted_ways())
    with pytest.raises(CRSError, match="roads is in EPSG:4326"):
        corridors_of(ways("road", WGS84), ways("path"), ways("railway"), ways("waterway"))


def test_mixed_and_missing_crs_are_refused() -> None:
    with pytest.raises(CRSError, match="Cure"):
        proximity(sightings((0, 0)).set_crs("EPSG:32634", allow_override=True), sorted_ways())
    lost = gpd.GeoDataFrame({"id": ["S1"], "uncertainty_m": 1.0}, geometry=[Point(0, 0)])
    with pytest.raises(CRSError, match="sightings has no CRS"):
        proximity(lost, sorted_ways())


@pytest.mark.parametrize("bad", [None, Point(), LineString([(0, 0), (1, 1)])])
def test_a_sighting_without_a_point_is_refused(bad: object) -> None:
    frame = sightings((0, 0), (1, 1))
    frame.loc[1, "geometry"] = bad
    with pytest.raises(GeometryError, match="row 1 of points"):
        proximity(frame, sorted_ways())


@pytest.mark.parametrize("bad", [None, LineString(), Point(0, 0)])
def test_a_way_without_a_line_is_refused(bad: object) -> None:
    roads = ways("road")
    roads.loc[0, "geometry"] = bad
    kinds = corridors_of(roads, ways("path"), ways("railway"), ways("waterway"))
    with pytest.raises(GeometryError, match="row 0 of lines"):
        proximity(sightings((0, 0)), kinds)


def test_a_way_without_length_is_a_point() -> None:
    roads = ways("road")
    roads.loc[0, "geometry"] = LineString([(500, 100), (500, 100)])
    kinds = corridors_of(roads, ways("path"), ways("railway"), ways("waterway"))
    table = proximity(sightings((200, 100)), kinds).table.set_index("corridor")
    assert table.loc["main_road", "distance_m"] == pytest.approx(300)
