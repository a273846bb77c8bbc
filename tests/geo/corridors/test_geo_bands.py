"""The areas near corridors, in closed form, and what lies in them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from geo.chance import uniform
from geo.corridors import band_areas, proximity, with_expected
from geo.corridors.bands import bands_of
from geo.crs import CRSError
from geo.schema import CORRIDOR_BANDS, PROXIMITY_LINES

CANAL = gpd.GeoSeries([LineString([(0, 0), (9000, 0)])], crs=9141)
STREET = gpd.GeoDataFrame(
    {"name": ["High Street"]}, geometry=CANAL.translate(0, 900), crs=9141
)
NONE = gpd.GeoSeries([], crs=9141)
SEEN = gpd.GeoSeries.from_xy(range(500, 9000, 1000), [60] * 9, crs=9141)


def test_the_area_about_a_line_is_that_of_a_stadium() -> None:
    areas = band_areas({"canal": CANAL, "none": NONE}, [100, 250])
    assert areas["corridor"].tolist() == ["canal", "canal"]
    stadium = [2 * b * 9000 + np.pi * b * b for b in (100, 250)]
    assert areas.area.tolist() == pytest.approx(stadium, rel=0.01)
    assert areas.crs == CANAL.crs
    assert set(areas.geom_type) == {"MultiPolygon"}


def test_an_outline_is_off_by_at_most_a_tenth_of_its_distance() -> None:
    x = np.arange(0, 6000, 30.0)
    bent = LineString(np.column_stack([x, 400 * np.sin(x / 300)]))
    (area,) = band_areas({"river": gpd.GeoSeries([bent], crs=9141)}, [250]).geometry
    edge = shapely.points(shapely.get_coordinates(area.boundary))
    assert np.abs(shapely.distance(edge, bent) - 250).max() <= 25


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_nearer_or_farther_by_a_tenth_lies_in_or_out(seed: int) -> None:
    """Streets about blocks, a yard in some, and roads across: wide bands grow from narrow ones."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 12_000, (2, 40, 1))
    ends = rng.uniform(0, 12_000, (15, 2, 2))
    block = rng.uniform(200, 1500, (40, 1))
    blocks = shapely.boundary(shapely.box(x, y, x + block, y + block)[:, 0])
    yards = shapely.linestrings(np.dstack([x + block / 2 + [0, 30], y + np.full(2, 9)]))
    ways = gpd.GeoSeries([*blocks, *yards, *shapely.linestrings(ends)], crs=9141)
    places = shapely.points(rng.uniform(-1000, 14_000, (4000, 2)))
    away_m = shapely.distance(places, ways.union_all())
    areas = band_areas({"road": ways}, [500, 100, 250, 260])
    assert areas["band_m"].tolist() == [500, 100, 250, 260]
    for band_m, area in zip(areas["band_m"], areas.geometry, strict=True):
        inside = shapely.within(places, area)
        assert area.is_valid
        assert inside[away_m < 0.9 * band_m].all()
        assert not inside[away_m > 1.1 * band_m].any()


def test_ways_in_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="distances need metres"):
        band_areas({"canal": CANAL.set_crs(4326, allow_override=True)})


def test_each_band_has_its_sightings_and_what_is_expected() -> None:
    corridors = {"canal": CANAL, "street": STREET}
    near = proximity(SEEN, corridors, [100, 250], uncertainty_m=0)
    even = uniform((0.0, -5000.0, 9000.0, 5000.0))
    told = with_expected(near, SEEN, corridors, [even], uncertainty_m=0)
    table = bands_of(told, band_areas(corridors, [100, 250]))
    assert [*table.columns] == [*CORRIDOR_BANDS.names, "geometry"]
    assert table["corridor"].tolist() == ["canal", "canal", "street", "street"]
    assert table["within"].tolist() == [9, 9, 0, 0]
    assert table["by_effort_low"].tolist() == told.totals["by_effort_low"].tolist()
    plain = bands_of(near, band_areas(corridors, [100, 250]))
    assert plain["within"].tolist() == table["within"].tolist()
    assert plain["by_effort_low"].isna().all()


def test_a_line_leads_to_the_nearest_way_of_each_kind() -> None:
    near = proximity(
        gpd.GeoSeries([Point(400, 60), Point(9300, 400)], crs=9141),
        {"canal": CANAL, "none": NONE, "street": STREET}, uncertainty_m=0,
    )  # fmt: skip
    lines = near.lines
    assert [*lines.columns] == [*PROXIMITY_LINES.names, "geometry"]
    assert lines["corridor"].tolist() == ["canal", "street"] * 2
    assert lines["nearest"].tolist()[1::2] == ["High Street"] * 2
    np.testing.assert_allclose(lines["length_m"], [60, 840, 500, np.hypot(300, 500)])
    np.testing.assert_allclose(lines.length, lines["distance_m"])
    ends = [line.coords[-1] for line in lines.geometry]
    assert ends == [(400, 0), (400, 900), (9000, 0), (9000, 900)]
    assert set(near.ways) == {"canal", "none", "street"}
