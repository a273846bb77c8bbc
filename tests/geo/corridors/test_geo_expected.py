"""What effort brings to the bands of corridors, beside closed forms."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import chance
from geo.corridors import proximity, with_expected
from geo.results import Proximity

SIDE_M = 10_000.0
SQUARE = (0.0, 0.0, SIDE_M, SIDE_M)
EVEN = chance.uniform(SQUARE)
CANAL = gpd.GeoSeries.from_wkt([f"LINESTRING (0 5000, {SIDE_M} 5000)"], crs=9141)
BANDS_M = [100.0, 500.0, 2000.0]


def seen(n: int, **columns: object) -> gpd.GeoDataFrame:
    xy = np.random.default_rng(n).uniform(0, SIDE_M, (n, 2))
    points = gpd.GeoSeries.from_xy(*xy.T, crs=9141)
    return points.to_frame("geometry").assign(**{"uncertainty_m": 0.0, **columns})


def expected(
    points: gpd.GeoDataFrame, efforts: list[chance.Null], canal: gpd.GeoSeries = CANAL
) -> Proximity:
    kinds = {"canal": canal}
    near = proximity(points, kinds, BANDS_M)
    return with_expected(near, points, kinds, efforts)


def test_an_even_plane_expects_the_share_of_the_band() -> None:
    totals = expected(seen(7), [EVEN]).totals
    shares = [2 * band_m / SIDE_M for band_m in BANDS_M]
    assert totals["by_effort_low"].to_numpy(float) / 7 == pytest.approx(
        shares, abs=0.03
    )
    assert totals["by_effort_low"].equals(totals["by_effort_high"])


def test_what_is_expected_is_as_blurred_as_the_reports() -> None:
    """Effort on the canal itself: an error of 1 km leaves few within 100 m."""
    on_canal = chance.on_network(CANAL)
    exact = expected(seen(5), [on_canal]).totals
    rough = expected(seen(5, uncertainty_m=1000.0), [on_canal]).totals
    assert exact["by_effort_low"].tolist() == [5.0, 5.0, 5.0]
    assert rough["by_effort_low"].iloc[0] < 1.5
    assert rough["by_effort_low"].iloc[2] == pytest.approx(5.0)


def test_the_range_holds_every_effort() -> None:
    both = expected(seen(9), [EVEN, chance.on_network(CANAL)]).totals
    assert (both["by_effort_low"] < both["by_effort_high"]).all()
    assert both["by_effort_high"].tolist() == [9.0, 9.0, 9.0]


def test_sightings_located_from_a_kind_are_not_counted_there() -> None:
    railway = {"railway": CANAL}
    points = seen(4, located_kind=["railway", "railway", "other", "other"])
    near = proximity(points, railway, BANDS_M)
    totals = with_expected(near, points, railway, [chance.on_network(CANAL)]).totals
    assert totals["by_effort_high"].tolist() == [2.0, 2.0, 2.0]
    all_located = points.assign(located_kind="railway")
    near = proximity(all_located, railway, BANDS_M)
    totals = with_expected(near, all_located, railway, [EVEN]).totals
    assert totals["by_effort_high"].isna().all()


def test_without_sightings_or_ways_nothing_is_expected() -> None:
    assert expected(seen(0), [EVEN]).totals["by_effort_high"].isna().all()
    none = CANAL.iloc[:0]
    assert expected(seen(3), [EVEN], none).totals["by_effort_high"].eq(0).all()


def test_more_sightings_than_are_drawn() -> None:
    totals = expected(seen(6000), [EVEN]).totals
    shares = [2 * band_m / SIDE_M for band_m in BANDS_M]
    assert totals["by_effort_low"].to_numpy(float) / 6000 == pytest.approx(
        shares, abs=0.03
    )


def test_assumptions_are_of_what_the_window_holds() -> None:
    streets = [shapely.LineString([(0, y), (9000, y)]) for y in (1000, 3000, 5000)]
    roads = gpd.GeoDataFrame(
        {"highway": ["residential", "primary", "track"]}, geometry=streets, crs=9141
    )
    stations = gpd.GeoSeries.from_xy([4000], [5000], crs=9141)
    junctions = np.array([[2000.0, 3000.0], [99_000.0, 0.0]])
    family = chance.assumed_efforts(roads, stations, SQUARE, junctions)
    without = chance.assumed_efforts(roads, None, SQUARE)
    assert len(family) == len(chance.ASSUMED) + 1
    assert len(without) == len(chance.ASSUMED) - 1
    rng = np.random.default_rng(1)
    first = chance.reporting_effort(roads, stations, SQUARE)
    same = family[0].draw(50, np.random.default_rng(5))
    assert np.array_equal(same, first.draw(50, np.random.default_rng(5)))
    for effort in family:
        x, y = effort.draw(200, rng).T
        assert shapely.contains_xy(shapely.box(*SQUARE), x, y).all()
    at_junction = family[-1].draw(200, rng)
    assert np.median(np.hypot(*(at_junction - junctions[0]).T)) < 400


def test_planted_at_stations_is_within_the_range() -> None:
    """Whatever stood at the stations reports there: the range covers it, and there is no p."""
    streets = [shapely.LineString([(0, y), (9000, y)]) for y in (1000, 3000, 5000)]
    roads = gpd.GeoDataFrame(
        {"highway": ["residential"] * 3}, geometry=streets, crs=9141
    )
    stations = gpd.GeoSeries.from_xy([4000, 8000], [5000, 1000], crs=9141)
    family = chance.assumed_efforts(roads, stations, SQUARE)
    truth = family[-1]
    reports = gpd.GeoSeries.from_xy(
        *truth.draw(100, np.random.default_rng(2)).T, crs=9141
    )
    railway = gpd.GeoSeries.from_wkt(["LINESTRING (0 5100, 9000 5100)"], crs=9141)
    kinds = {"railway": railway}
    near = proximity(reports, kinds, BANDS_M, uncertainty_m=0)
    told = with_expected(near, reports, kinds, family, uncertainty_m=0).totals
    assert (told["expected_within"] <= told["by_effort_high"] + 15).all()
