"""Names of roads for the screen map, on roads whose answer is obvious."""

from __future__ import annotations

from math import cos, radians

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from shapely import LineString
from tools.packed import unpack

from geo.schema import LEGS, METRIC, SETTLEMENTS, WAYS, WGS84
from maps.sketch import screen

WEST, SOUTH = 7_480_000.0, 4_750_000.0


def road(
    name: str, *xy: tuple[float, float], ref: str | None = None
) -> dict[str, object]:
    line = LineString([(WEST + x, SOUTH + y) for x, y in xy])
    kind = "primary" if ref else "residential"
    return {
        "id": name,
        "layer": "road",
        "highway": kind,
        "name": name,
        "ref": ref,
        "geometry": line,
    }


def named(
    *roads: dict[str, object], driven: str = ""
) -> dict[str, tuple[int, int, list[list[int]]]]:
    ways = WAYS.geoframe(list(roads)).set_crs(METRIC, allow_override=True).to_crs(WGS84)
    legs = LEGS.geoframe([{"roads": driven, "geometry": LineString([(0, 0), (1, 1)])}])
    labels = screen.names(ways, legs, CRS(METRIC))
    found: dict[str, tuple[int, int, list[list[int]]]] = {
        latin: (is_number, driven, [])
        for is_number, driven, latin, *_ in labels["texts"]
    }
    for zoom, text in labels["spots"].items():
        rows = np.array(unpack(text), dtype=int).reshape(-1, 4)
        rows[:, :3] = rows[:, :3].cumsum(axis=0)
        for label, *spot in rows.tolist():
            found[labels["texts"][label][2]][2].append([zoom, *spot])
    return found


def test_a_straight_street_is_named_in_its_middle_along_it() -> None:
    number, driven, spots = named(road("Long", (0, 0), (400, 400)))["Long"]
    assert (number, driven) == (0, 0)
    zoom, lat, lon, turn = spots[0]
    at = gpd.GeoSeries.from_xy([lon / 1e5], [lat / 1e5], crs=WGS84).to_crs(METRIC)
    middle = shapely.Point(WEST + 200, SOUTH + 200)
    assert at.iloc[0].distance(middle) < 2
    # Up to the right on the map is up on the screen: against the clock.
    assert turn == pytest.approx(-45, abs=1)
    # 566 m are 110 px, the least, from zoom 15 on.
    pixel_m = 40_075_016.7 / 256 * cos(radians(42.9))
    assert 566 * 2**zoom / pixel_m >= 110 > 566 * 2 ** (zoom - 1) / pixel_m


def test_a_number_has_a_label_for_each_260_pixels() -> None:
    _, _, spots = named(road("", (0, 0), (20_000, 0), ref="M-2"))["M-2"]
    pixel_m = 40_075_016.7 / 256 * cos(radians(42.9))
    for zoom in range(screen.ZOOMS.start, screen.CLOSEST):
        pixels = 20_000 * 2**zoom / pixel_m
        assert len([s for s in spots if s[0] == zoom]) == pytest.approx(
            max(1, pixels / 260), abs=1
        )
    # Closest up, a label that has its spots already keeps them.
    assert screen.CLOSEST not in {zoom for zoom, *_ in spots}


def test_what_is_driven_comes_first_and_from_farther() -> None:
    roads = (road("A", (0, 0), (300, 0)), road("B", (0, 500), (300, 500)))
    found = named(*roads, driven="B")
    assert list(found) == ["B", "A"]
    assert found["B"][1] == 1
    assert found["B"][2][0][0] < found["A"][2][0][0]


def test_a_crooked_or_short_street_is_not_named() -> None:
    zigzag = [(10 * k, 15 * (k % 2)) for k in range(40)]
    assert named(road("Zigzag", *zigzag), road("Short", (0, 500), (20, 500))) == {}


def test_a_settlement_has_its_name_in_each_language_or_as_it_is_signed() -> None:
    at = {"geometry": shapely.Point(20.85, 42.9)}
    rows = [
        {"id": "n1", "kind": "village", "name": "Zhazhë", "name_sr": "Жажа", **at},
        {"id": "n2", "kind": "hamlet", "name": "Рудине", **at},
    ]
    found = screen.villages(SETTLEMENTS.geoframe(rows))
    assert found["texts"] == [
        ["Zhazhë", "Zhazhë", "Žaža", "Жажа"], ["Rudine", "Rudine", "Rudine", "Рудине"],
    ]  # fmt: skip
    assert unpack(found["at"]) == [0, 4_290_000, 2_085_000, 0, 0, 0]


def test_without_roads_there_are_no_names() -> None:
    assert named() == {}


@pytest.mark.parametrize(
    ("kinds", "zooms"),
    [
        ({"village": 3}, [0]),
        ({"village": 90}, [0]),
        ({"town": 1, "village": 3, "hamlet": 40}, [0, 0, 14]),
        ({"city": 1, "town": 30, "village": 2}, [0, 9, 12]),
        ({}, []),
    ],
)
def test_the_largest_settlements_are_named_however_far_off(
    kinds: dict[str, int], zooms: list[int]
) -> None:
    rows = pd.Series(
        [kind for kind, n in kinds.items() for _ in range(n)], dtype="string"
    )
    assert [*dict.fromkeys(screen.from_zoom(rows))] == [*dict.fromkeys(zooms)]
