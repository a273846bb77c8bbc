"""Cells on a network: pieces by hand, shares that add up, and the other bank of a river."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.network import graph as network
from geo.network.cells import Placing, clipped, distinct
from geo.network.lixels import lixelize
from geo.schema import METRIC
from geo.sightings.laws import middle

#   A road from west to east, a street that leaves it to the north at 500, a path 350 m north.
LINES = [
    shapely.LineString([(0, 50), (500, 50), (1000, 50)]),
    shapely.LineString([(500, 50), (500, 300), (480, 320)]),
    shapely.LineString([(0, 400), (300, 400)]),
]
NET = network.from_lines(gpd.GeoDataFrame(geometry=LINES, crs=METRIC))
PLACING = Placing(NET, 1000.0, 50.0)


def of(x: float, y: float, side: float = 100.0, placing: Placing = PLACING):
    return placing.pieces(np.array([[x, y]]), np.array([side]))


def test_a_cell_is_spread_by_length_over_what_lies_inside_it():
    #  The square 450..550 x 0..100 holds 50 m of each half of the road and 50 m of the street.
    found = of(500.0, 50.0)
    at = {(edge, round(offset)): share for edge, offset, share in
          zip(found.edge, found.offset_m, found.share, strict=True)}  # fmt: skip
    assert at == pytest.approx({(0, 475): 1 / 3, (1, 25): 1 / 3, (2, 25): 1 / 3})


def test_a_cell_without_an_edge_is_widened_to_the_nearest_and_half_a_cell():
    #  From the middle (900, 250) the road is 200 m away: the square has half a side of 250 m.
    found = of(900.0, 250.0)
    assert set(found.edge) == {1}
    assert found.offset_m.min() == pytest.approx(150 + 350 / 7 / 2)
    assert found.offset_m.max() == pytest.approx(500 - 350 / 7 / 2)
    np.testing.assert_allclose(found.share, 1 / 7)


def test_a_cell_on_two_banks_is_on_both():
    banks = network.from_lines(
        gpd.GeoDataFrame(
            geometry=[
                shapely.LineString([(0, 10), (1000, 10)]),
                shapely.LineString([(0, 80), (1000, 80)]),
            ],
            crs=METRIC,
        )
    )
    found = of(450.0, 50.0, placing=Placing(banks, 1000.0, 50.0))
    np.testing.assert_allclose(np.bincount(found.edge, found.share), [0.5, 0.5])


def test_beyond_the_limit_a_cell_is_nowhere():
    near = Placing(NET, 100.0, 50.0)
    half = 100 / np.sqrt(2)
    assert len(of(500.0, -50.0 - half + 1e-3, placing=near).cell)
    assert not len(of(500.0, -50.0 - half - 1e-3, placing=near).cell)
    assert not len(of(500.0, -50.1, side=0.0, placing=near).cell)


def test_an_edge_that_only_touches_a_cell_is_not_in_it():
    #  The street ends in a corner of the square 380..480 x 320..420, 71 m from its middle.  The
    #  square is widened to 309..551 x 249..491 and so holds the street from y = 249 on.
    found = of(430.0, 370.0)
    assert set(found.edge) == {2}
    first = 370 - (np.hypot(50, 50) + 50) - 50
    assert first < found.offset_m.min() < first + 50


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 30.0, 100.0, 250.0]))
def test_shares_add_up_and_pieces_lie_in_reach(seed: int, side: float):
    rng = np.random.default_rng(seed)
    where = middle(rng.uniform((-300, -300), (1300, 700), (20, 2)), side)
    found = PLACING.pieces(where, np.full(20, side))
    np.testing.assert_allclose(np.bincount(found.cell, found.share, minlength=20), 1.0)
    assert ((found.offset_m >= 0) & (found.offset_m <= NET.length_m[found.edge])).all()
    away = NET.nearest(where)[1]
    points = shapely.line_interpolate_point(NET.geometry[found.edge], found.offset_m)
    far = np.abs(shapely.get_coordinates(points) - where[found.cell]).max(axis=1)
    assert (far <= (away + side / 2)[found.cell] + 1e-6).all()
    on = found.on_lixels(20, lixelize(NET, 50.0))
    np.testing.assert_allclose(on.sum(axis=1), 1.0)


@given(st.integers(0, 2**32 - 1))
def test_clipping_is_what_shapely_intersects(seed: int):
    rng = np.random.default_rng(seed)
    start, end = np.round(rng.uniform(-2, 2, (2, 30, 2)), rng.integers(0, 3))
    half = rng.uniform(0.1, 1.5, 30)
    begin, stop = clipped(start, end, half)
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    exact = shapely.length(
        shapely.intersection(lines, shapely.box(-half, -half, half, half))
    )
    length = np.hypot(*(end - start).T)
    np.testing.assert_allclose(np.maximum(stop - begin, 0) * length, exact, atol=1e-9)


def test_the_nearest_position_is_that_of_snap():
    xy = np.random.default_rng(1).uniform((-300, -300), (1300, 700), (200, 2))
    at, away = NET.nearest(xy)
    snapped = NET.snap(gpd.GeoSeries(shapely.points(xy), crs=METRIC))
    np.testing.assert_array_equal(at.edge, snapped["edge"])
    np.testing.assert_allclose(at.offset_m, snapped["offset_m"], atol=1e-9)
    np.testing.assert_allclose(away, snapped["snap_m"], atol=1e-9)


def test_cells_are_counted_once():
    xy = np.array([[50.0, 50.0], [150.0, 50.0], [50.0, 50.0], [50.0, 50.0]])
    where, side, number = distinct(xy, np.array([100.0, 100.0, 100.0, 0.0]))
    assert len(where) == 3
    np.testing.assert_array_equal(where[number], xy)
    np.testing.assert_array_equal(side[number], [100.0, 100.0, 100.0, 0.0])


def test_many_cells_are_those_one_by_one():
    rng = np.random.default_rng(2)
    where = np.unique(middle(rng.uniform(0, 1000, (40, 2)), 100.0), axis=0)
    many = PLACING.pieces(where, np.full(len(where), 100.0))
    for k, (x, y) in enumerate(where):
        one, own = of(x, y), many.cell == k
        np.testing.assert_allclose(many.offset_m[own], one.offset_m)
        np.testing.assert_allclose(many.share[own], one.share)
