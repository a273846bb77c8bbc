"""Where along a line: closed forms on lines whose kilometres are plain."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from geo.corridors import Corridor, along
from geo.corridors.along import main_line
from geo.corridors.distance import corridors_of, proximity
from geo.corridors.per_sighting import per_sighting
from geo.schema import MEASURED, SIGHTINGS
from geo.sections import nearest_crossing

#   y
#   9 km   Northgate (crossing)
#    |
#   6 km ---- branch of 2 km to the east
#    |
#   0      Southgate (station)
TRACK = [
    LineString([(0, 4000), (0, 0)]),
    LineString([(0, 4000), (0, 6000), (0, 9000)]),
    LineString([(0, 6000), (2000, 6000)]),
]
PLACES = gpd.GeoDataFrame(
    {
        "id": ["south", "town", "north"],
        "kind": ["station", "town", "crossing"],
        "name_en": ["Southgate railway station", "Town", "Northgate crossing (Gate 1)"],
    },
    geometry=[Point(0, -100), Point(0, -50), Point(50, 9000)],
    crs=9141,
)


def railway(shapes: list[LineString]) -> Corridor:
    return Corridor("railway", gpd.GeoDataFrame(geometry=shapes, crs=9141))


def seen(
    *xy: tuple[float, float], uncertainty_m: float = 0.0, cell_m: float = 100.0
) -> gpd.GeoDataFrame:
    rows = {
        "id": [f"S{k}" for k in range(len(xy))],
        "cell_m": cell_m,
        "uncertainty_m": uncertainty_m,
    }
    points = [Point(one) for one in xy]
    return gpd.GeoDataFrame(
        rows, geometry=points, crs=9141, index=range(7, 7 + len(xy))
    )


def test_kilometres_count_from_the_southern_end_in_steps_of_a_cell() -> None:
    found = along(seen((-150, 4449), (150, 4451), (10, 8990)), railway(TRACK), PLACES)
    assert found.index.tolist() == [7, 8, 9]
    np.testing.assert_allclose(found["km"], [4.4, 4.5, 9.0])
    assert found["from"].tolist() == ["Southgate"] * 3
    assert found["side"].fillna("both").tolist() == ["left", "right", "both"]


def test_a_branch_and_a_road_without_a_name_have_no_kilometre() -> None:
    found = along(seen((1500, 6050)), railway(TRACK), PLACES)
    assert found.isna().all(axis=None)
    street = Corridor("main_road", gpd.GeoDataFrame(geometry=TRACK, crs=9141))
    assert along(seen((0, 4449)), street, PLACES).isna().all(axis=None)
    assert along(seen((0, 4449)), railway([]), PLACES).isna().all(axis=None)


def test_a_roundabout_with_a_name_has_no_kilometre() -> None:
    ring = shapely.Point(0, 4449).buffer(30).exterior
    square = gpd.GeoDataFrame({"name": ["Adem Square"]}, geometry=[ring], crs=9141)
    found = along(seen((0, 4449)), Corridor("main_road", square), PLACES)
    assert found.isna().all(axis=None)


def test_a_road_is_its_number_where_it_hangs_together() -> None:
    ways = gpd.GeoDataFrame(
        {"ref": ["M-2", "M-2", "M-2", None], "name": [None, "a", None, "High Street"]},
        geometry=[
            LineString([(0, 0), (1000, 0)]), LineString([(1000, 0), (3000, 0)]),
            LineString([(9000, 0), (9000, 800)]), LineString([(0, 5000), (0, 5500)]),
        ], crs=9141,
    )  # fmt: skip
    points = seen((2000, 90), (9100, 300), (-200, 5100))
    found = along(points, Corridor("main_road", ways), PLACES)
    np.testing.assert_allclose(found["km"], [2.0, 0.3, 0.1])
    # A road begins at a town or a crossing, never at a station.
    assert found["from"].tolist() == ["Town", "Town", "Northgate"]


def test_a_side_is_named_only_where_the_sighting_cannot_have_been_on_the_other() -> (
    None
):
    for uncertainty_m, side in ((100.0, "right"), (300.0, None)):
        found = along(
            seen((300, 4000), uncertainty_m=uncertainty_m), railway(TRACK), PLACES
        )
        assert found["side"].astype(object).where(
            found["side"].notna(), None
        ).tolist() == [side]


@given(st.permutations(range(3)), st.lists(st.booleans(), min_size=3, max_size=3))
def test_order_and_direction_of_the_ways_change_nothing(
    order: list[int], turned: list[bool]
) -> None:
    shapes = [TRACK[k].reverse() if turned[k] else TRACK[k] for k in order]
    found = main_line(gpd.GeoSeries(shapes, crs=9141), PLACES)
    assert found.line.length == 9000
    assert found.line.coords[0] == (0, 0)


def test_along_agrees_with_shapely_on_a_bent_line() -> None:
    y = np.arange(0, 5000, 50.0)
    bent = LineString(np.column_stack([300 * np.sin(y / 400), y]))
    at = np.array([120.0, 2222.0, 5005.0])
    points = shapely.line_interpolate_point(bent, at)
    rows = seen(*((p.x, p.y) for p in points), cell_m=0.0)
    found = along(rows, railway([bent]), PLACES)
    np.testing.assert_allclose(found["km"] * 1000, at, atol=0.51)


def test_the_nearest_crossing_is_measured_from_points_and_lines() -> None:
    rows = gpd.GeoSeries(
        [Point(50, 8000), LineString([(50, 0), (50, 8500)])], [3, 4], crs=9141
    )
    found = nearest_crossing(gpd.GeoDataFrame(geometry=rows), PLACES)
    assert found["crossing_m"].tolist() == [1000, 500]
    assert found["crossing"].tolist() == ["north", "north"]
    assert found.index.tolist() == [3, 4]
    none = nearest_crossing(gpd.GeoDataFrame(geometry=rows), PLACES[:2])
    assert none.isna().all(axis=None)


def test_a_sighting_has_all_that_is_measured_of_it_in_one_row() -> None:
    ways = gpd.GeoDataFrame(
        {"highway": ["primary"], "ref": ["M-2"]}, geometry=[LineString([(500, 0), (500, 9000)])],
        crs=9141,
    )  # fmt: skip
    tracks = gpd.GeoDataFrame(
        {"railway": "rail"}, geometry=TRACK, index=range(3), crs=9141
    )
    kinds = corridors_of(ways, railways=tracks)
    rows = SIGHTINGS.geoframe(seen((250, 4449)).assign(located_kind="railway"))
    table = per_sighting(rows, proximity(rows, kinds), kinds, PLACES)
    assert [*table.columns] == [*MEASURED.names, "geometry"]
    row = table.loc[7]
    assert row["railway_m"] == row["main_road_m"] == 250
    assert row["railway_input"] and not row["main_road_input"]
    assert pd.isna(row["river_m"]) and not row["river_input"]
    assert (row["railway_km"], row["railway_from"], row["railway_side"]) == (
        4.4,
        "Southgate",
        "right",
    )
    assert (row["main_road_nearest"], row["main_road_side"]) == ("M-2", "left")
    assert (row["crossing"], round(row["crossing_m"])) == ("north", 4555)
