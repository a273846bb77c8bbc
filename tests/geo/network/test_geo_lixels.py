"""Lixels cover the network, keep its length, and know their geometry."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.network import graph as network
from geo.network import lixels
from geo.schema import LIXELS, METRIC


@pytest.fixture
def bend() -> network.Network:
    """One street of 100 m with a bend, and a side street of 30 m at its start."""
    geometry = [
        shapely.LineString([(0, 0), (60, 0), (60, 40)]),
        shapely.LineString([(0, 0), (0, 30)]),
    ]
    return network.from_lines(gpd.GeoDataFrame(geometry=geometry, crs=METRIC))


def test_pieces_are_equal_and_no_longer_than_the_given_length(bend):
    cells = lixels.lixelize(bend, 40.0)
    assert cells.edge.tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(cells.length_m, [100 / 3, 100 / 3, 100 / 3, 30])
    np.testing.assert_allclose(cells.from_m, [0, 100 / 3, 200 / 3, 0])
    np.testing.assert_allclose(cells.middle_m, [50 / 3, 50, 250 / 3, 15])


def test_a_length_that_divides_the_edge_makes_no_sliver(bend):
    assert lixels.lixelize(bend, 0.1).pieces.tolist() == [1000, 300]


def test_geometry_follows_the_bend(bend):
    frame = lixels.lixelize(bend, 50.0).frame(
        np.array([0.001, 0.002, 0.003]), np.zeros(3, int)
    )
    assert list(frame.columns) == [*LIXELS.names, "geometry"]
    assert frame.geometry.tolist() == [
        shapely.LineString([(0, 0), (50, 0)]),
        shapely.LineString([(50, 0), (60, 0), (60, 40)]),
        shapely.LineString([(0, 0), (0, 30)]),
    ]
    assert frame["density_per_km"].tolist() == [1.0, 2.0, 3.0]
    assert frame["to_m"].tolist() == [50.0, 100.0, 30.0]


def test_positions_find_their_lixel(bend):
    cells = lixels.lixelize(bend, 10.0)
    edge, offset = (np.array([0, 0, 0, 1, 1]), np.array([0.0, 99.9, 100.0, 0.0, 29.0]))
    assert cells.holding(edge, offset).tolist() == [0, 9, 9, 10, 12]


def test_chosen_edges_only(bend):
    cells = lixels.lixelize(bend, 10.0, np.array([1]))
    assert cells.edge.tolist() == [1, 1, 1]
    assert cells.as_network.length_m.sum() == pytest.approx(30)


@pytest.mark.parametrize("length", [0.0, -1.0, np.nan])
def test_lixels_of_no_length_are_refused(bend, length):
    with pytest.raises(network.NetworkError, match="lixel_m is"):
        lixels.lixelize(bend, length)


def test_reached_edges_and_distances(bend):
    edge, offset = np.array([0]), np.array([20.0])
    assert lixels.reached(bend, edge, offset, 15.0).tolist() == [0]
    assert lixels.reached(bend, edge, offset, 25.0).tolist() == [0, 1]
    assert lixels.reached(bend, edge[:0], offset[:0], 25.0).tolist() == []
