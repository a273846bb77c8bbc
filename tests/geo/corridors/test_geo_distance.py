"""Nearness of sightings to corridors: kinds, names, bands, circularity, bad input."""

from __future__ import annotations

import math
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from geo import schema
from geo.corridors import Corridor, corridors_of, proximity
from geo.crs import CRSError
from geo.network.segments import GeometryError
from geo.schema import METRIC, WAYS, WGS84, proximity_table
from geo.sightings.laws import UncertaintyError

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


@cache
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
    found = proximity(sightings((500, 30)), sorted_ways(), [50, 100, 250])
    table = found.table.set_index("corridor")
    assert table.loc["main_road", ["p_50m", "p_100m", "p_250m"]].tolist() == [0, 1, 1]


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
def test_nearness_that_is_an_input_is_marked(
    located: str | None, flagged: set[str]
) -> None:
    found = proximity(sightings((500, 30), uncertainty=40, kind=located), sorted_ways())
    table = found.table
    assert set(table.loc[table["located_from_kind"], "corridor"]) == flagged
    totals = found.totals.set_index("corridor")
    for kind in flagged:
        assert (totals.loc[kind, "expected_within_independent"] == 0).all()
        assert (totals.loc[kind, "located_from_kind"] == 1).all()


def test_totals_are_sums() -> None:
    found = proximity(
        sightings((500, 30), (2000, 30), (0, 0), uncertainty=100), sorted_ways()
    )
    own = found.table[found.table["corridor"] == "river"]
    totals = found.totals[found.totals["corridor"] == "river"].set_index("band_m")
    assert totals.loc[250, "expected_within"] == pytest.approx(own["p_250m"].sum())
    assert totals.loc[250, "sightings"] == 3


def test_a_device_position_is_gaussian() -> None:
    bands, ways = [50.0], sorted_ways()
    by_device = proximity(
        sightings((500, 0), uncertainty=50, kind="device"), ways, bands
    ).table
    by_words = proximity(
        sightings((500, 0), uncertainty=50, kind="town"), ways, bands
    ).table
    sigma = 50 / math.sqrt(-2 * math.log(0.05))
    inside = math.erf(50 / sigma / math.sqrt(2))
    assert by_device["p_50m"][0] == pytest.approx(inside, abs=0.006)
    assert by_words["p_50m"][0] == pytest.approx(1.0)


def test_a_disc_in_closed_form() -> None:
    """On the railway with 80 m: 25 m to both sides hold this share; the median is .404 radii."""
    at = sightings((500, 0), uncertainty=80)
    row = proximity(at, sorted_ways(), [25.0]).table.iloc[0]
    t = 25 / 80
    share = 2 * (t * math.sqrt(1 - t**2) + math.asin(t)) / math.pi
    assert row["p_25m"] == pytest.approx(share, abs=0.006)
    assert row["distance_m"] == pytest.approx(0.404 * 80, abs=4)
    assert row["distance_low_m"] < row["distance_m"] < row["distance_high_m"] < 80


def test_a_cell_in_closed_form() -> None:
    """A cell of 100 m on the railway: its distances are uniform from 0 to 50 m."""
    at = sightings((550, 0)).assign(cell_m=100.0)
    row = proximity(at, sorted_ways(), [20.0]).table.iloc[0]
    assert row["p_20m"] == pytest.approx(0.4, abs=0.006)
    assert row["distance_m"] == pytest.approx(25, abs=2)
    assert row["distance_low_m"] == pytest.approx(2.5, abs=2)
    assert row["distance_high_m"] == pytest.approx(47.5, abs=2)


def test_all_places_in_a_cell_give_the_same_figures() -> None:
    """The figures follow from the middle of the cell."""
    at = sightings((550, 50), (550, 50)).assign(cell_m=100.0)
    table = proximity(at, sorted_ways()).table.drop(columns="sighting")
    pd.testing.assert_frame_equal(table[:4], table[4:].reset_index(drop=True))


def test_many_sightings_are_measured_as_each_alone() -> None:
    """In pieces, with nodes shared between neighbouring cells."""
    rng = np.random.default_rng(0)
    at = [tuple(xy) for xy in 50 + 100 * rng.integers(-5, 15, (60, 2))]
    many = sightings(*at, uncertainty=50).assign(cell_m=100.0)
    table = proximity(many, sorted_ways()).table
    for k in (0, 31, 59):
        one = proximity(many.iloc[[k]], sorted_ways()).table
        numbers = [c for c in one if c.startswith(("p_", "distance"))]
        np.testing.assert_allclose(
            table[numbers][4 * k : 4 * k + 4], one[numbers], atol=1e-6
        )


@given(st.lists(st.sampled_from(range(6)), min_size=1, max_size=40), st.integers(0, 99))
def test_who_shares_a_place_and_a_law_shares_the_figures(
    chosen: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    each = sightings(*rng.uniform(-200, 1200, (6, 2))).assign(
        uncertainty_m=[0.0, 50.0, 50.0, 50.0, 200.0, 1e4],
        cell_m=[0.0, 0.0, 100.0, 100.0, 100.0, 0.0],
        located_kind=[None, None, None, "gps", "gps", None],
    )
    distinct, which = np.unique(chosen, return_inverse=True)
    once = proximity(each.take(distinct), sorted_ways(), (100, 250)).table
    many = each.take(chosen).assign(id=[f"S{k}" for k in range(len(chosen))])
    often = proximity(many, sorted_ways(), (100, 250)).table.drop(columns="sighting")
    kinds = len(schema.CORRIDORS)
    rows = (which[:, None] * kinds + np.arange(kinds)).ravel()
    same = once.take(rows).reset_index(drop=True).drop(columns="sighting")
    pd.testing.assert_frame_equal(often, same, check_exact=True)


def test_unknown_uncertainty_is_refused() -> None:
    with pytest.raises(
        UncertaintyError, match=r"sighting 0 is nan. Fix: give it in metres"
    ):
        proximity(sightings((500, 30), uncertainty=math.nan), sorted_ways())


def test_a_plain_frame_is_measured() -> None:
    """Only geometry and uncertainty: rows are named by the caller's index."""
    frame = sightings((500, 30), (0, 0), uncertainty=20)[["geometry", "uncertainty_m"]]
    table = proximity(frame.set_axis(["a", "b"]), sorted_ways()).table
    assert table["sighting"].tolist() == ["a"] * 4 + ["b"] * 4
    assert not table["located_from_kind"].any()


def test_uncertainty_larger_than_the_map() -> None:
    """A million metres: the band about the railway is a few millionths of the disc."""
    table = proximity(sightings((500, 30), uncertainty=1e6), sorted_ways()).table
    railway = table.loc[table["corridor"] == "railway", "p_500m"].item()
    assert railway == pytest.approx(0, abs=0.005)


def test_no_sightings_give_empty_tables_of_the_right_type() -> None:
    found = proximity(sightings(), sorted_ways())
    assert len(found.table) == 0
    assert found.table.dtypes.to_dict() == schema.PROXIMITY.frame().dtypes.to_dict()
    assert (found.totals["expected_within"] == 0).all()


def test_a_kind_without_ways_is_nowhere_near() -> None:
    kinds = corridors_of(
        ways("road"), ways("path"), ways("railway").iloc[:0], ways("waterway")
    )
    row = proximity(sightings((500, 30), uncertainty=50), kinds).table.iloc[0]
    assert row["corridor"] == "railway"
    assert np.isnan(row["distance_m"])
    assert pd.isna(row["nearest"])
    assert row["p_500m"] == 0


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="sightings is in EPSG:4326"):
        proximity(sightings((0, 0)).to_crs(WGS84), sorted_ways())
    with pytest.raises(CRSError, match="roads is in EPSG:4326"):
        corridors_of(
            ways("road", WGS84), ways("path"), ways("railway"), ways("waterway")
        )


def test_mixed_and_missing_crs_are_refused() -> None:
    with pytest.raises(CRSError, match="Fix"):
        proximity(
            sightings((0, 0)).set_crs("EPSG:32634", allow_override=True), sorted_ways()
        )
    lost = gpd.GeoDataFrame(
        {"id": ["S1"], "uncertainty_m": 1.0}, geometry=[Point(0, 0)]
    )
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
