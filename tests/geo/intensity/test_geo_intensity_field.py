"""The field's covariance on graphs where it has a closed form, and whatever nodes are added."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from geo.intensity import precision
from geo.network.graph import Network, from_lines
from geo.network.source_lines import NetworkError
from geo.schema import METRIC

RANGE_M = 800.0
KAPPA = 2 / RANGE_M
SD = 1.7


def network(*lines: list[tuple[float, float]]) -> Network:
    shapes = [shapely.LineString(line) for line in lines]
    return from_lines(gpd.GeoSeries(shapes, crs=METRIC))


def covariance(of: Network) -> np.ndarray:
    return np.linalg.inv(precision(of, RANGE_M, SD).toarray())


def node(of: Network, x: float, y: float) -> int:
    return int(np.hypot(*(of.node_xy - [x, y]).T).argmin())


def test_on_an_interval_ends_reflect() -> None:
    """Twice the variance times cosh(k x) cosh(k (L - y)) / sinh(k L), for x below y."""
    street = network([(0, 0), (300, 0)], [(300, 0), (1000, 0)])
    found = covariance(street)
    length = 1000.0
    for x in (0.0, 300.0, 1000.0):
        for y in (0.0, 300.0, 1000.0):
            low, high = min(x, y), max(x, y)
            closed = np.cosh(KAPPA * low) * np.cosh(KAPPA * (length - high))
            closed *= 2 * SD**2 / np.sinh(KAPPA * length)
            at = found[node(street, x, 0), node(street, y, 0)]
            assert_allclose(at, closed, rtol=1e-8)


def test_on_a_circle_it_goes_round_both_ways() -> None:
    corners = [(0, 0), (500, 0), (500, 500), (0, 500), (0, 0)]
    ring = network(*[list(pair) for pair in pairwise(corners)])
    found = covariance(ring)
    length = 2000.0
    for k, (x, y) in enumerate(corners[:-1]):
        apart = min(500.0 * k, length - 500.0 * k)
        closed = SD**2 * np.cosh(KAPPA * (length / 2 - apart))
        closed /= np.sinh(KAPPA * length / 2)
        assert_allclose(found[node(ring, 0, 0), node(ring, x, y)], closed, rtol=1e-8)


@pytest.mark.parametrize("legs", [3, 5])
def test_at_the_middle_of_a_star(legs: int) -> None:
    turns = 2 * np.pi * np.arange(legs) / legs
    ends = 400 * np.column_stack([np.cos(turns), np.sin(turns)])
    star = network(*[[(0, 0), tuple(end)] for end in ends])
    found = covariance(star)
    middle = node(star, 0, 0)
    variance = 2 * SD**2 / (legs * np.tanh(KAPPA * 400))
    assert_allclose(found[middle, middle], variance, rtol=1e-8)
    at_end = found[middle, node(star, *ends[0])]
    assert_allclose(at_end, variance / np.cosh(KAPPA * 400), rtol=1e-8)


def test_on_a_tadpole() -> None:
    """A loop of 600 m on a leg of 250 m: what each part lets through adds up."""
    loop = [(0.0, 0.0), (150.0, 150.0), (300.0, 0.0), (150.0, -150.0), (0.0, 0.0)]
    tadpole = network(loop, [(0.0, 0.0), (-250.0, 0.0)])
    length = tadpole.length_m.sum() - 250
    found = covariance(tadpole)
    middle = node(tadpole, 0, 0)
    through = np.tanh(KAPPA * 250) + 2 * np.tanh(KAPPA * length / 2)
    assert_allclose(found[middle, middle], 2 * SD**2 / through, rtol=1e-8)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4, unique=True))
def test_nodes_that_are_added_change_nothing(shares: list[float]) -> None:
    before = network([(0, 0), (700, 0)], [(700, 0), (700, 900)], [(700, 0), (1500, 0)])
    rows = {"edge": 0, "offset_m": [700 * share for share in shares], "snap_m": 0.0}
    after, _ = before.insert(pd.DataFrame(rows))
    size = before.n_nodes
    assert_allclose(
        covariance(after)[:size, :size], covariance(before), rtol=1e-7, atol=1e-10
    )


@pytest.mark.parametrize(("range_m", "sd"), [(0.0, 1.0), (1.0, -1.0), (np.inf, 1.0)])
def test_a_field_without_range_or_deviation_is_refused(
    range_m: float, sd: float
) -> None:
    with pytest.raises(NetworkError, match="Fix: a number above 0"):
        precision(network([(0, 0), (10, 0)]), range_m, sd)
