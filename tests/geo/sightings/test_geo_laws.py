"""The law of a true place about its point: draws, closed forms along a straight line, the grid."""

from __future__ import annotations

import math
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from geo.schema import METRIC
from geo.sightings.laws import (
    NODES,
    Law,
    Places,
    UncertaintyError,
    axis_sigma,
    laws_of,
    middle,
)

LAWS = [
    Law(100.0, 0.0, False),
    Law(0.0, 50.0, False),
    Law(0.0, 300.0, False),
    Law(0.0, 50.0, True),
    Law(100.0, 20.0, False),
    Law(100.0, 50.0, False),
    Law(100.0, 300.0, False),
    Law(100.0, 50.0, True),
    Law(100.0, 300.0, True),
    Law(250.0, 1000.0, False),
    Law(1000.0, 50.0, False),
    Law(1000.0, 0.0, False),
]
MOST_DIFFERENT = {
    Law(0.0, 50.0, True), Law(100.0, 50.0, False), Law(100.0, 300.0, True), Law(1000.0, 0.0, False),
}  # fmt: skip
FEW_LAWS = [
    pytest.param(law, marks=[] if law in MOST_DIFFERENT else pytest.mark.proof)
    for law in LAWS
]
BANDS = (20.0, 100.0, 250.0, 500.0)


@cache
def across(law: Law, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the distribution of a displacement in one direction, as values and their masses.

    The cell's part is the sum of two uniform ones, the disc's has the cumulative function
    ``1/2 + (t sqrt(1 - t^2) + asin t) / pi``: both are laid out in 600 pieces and added.
    """
    edge = np.linspace(-1, 1, 601)
    t = (edge[1:] + edge[:-1]) / 2
    one, other = (law.cell_m * abs(math.cos(angle)), law.cell_m * abs(math.sin(angle)))
    wide, narrow = max(one, other), min(one, other)
    if law.gaussian:
        sigma = axis_sigma(law.radius_m)
        error = 5 * sigma * t
        mass = np.exp(-((error / sigma) ** 2) / 2)
    else:
        error = law.radius_m * t
        mass = np.diff((edge * np.sqrt(1 - edge**2) + np.arcsin(edge)) / np.pi + 0.5)
    cell = (wide + narrow) / 2 * t
    inside = np.clip(((wide + narrow) / 2 - np.abs(cell)), 0, max(narrow, 1e-9))
    value = np.add.outer(cell, error).ravel()
    weight = np.multiply.outer(inside + (law.cell_m == 0), mass).ravel()
    return value, weight / weight.sum()


def share_of_line(law: Law, angle: float, away: float, band: float) -> float:
    """Return the share of the law within a band of a line that passes its point `away`."""
    value, weight = across(law, angle)
    return float(weight[np.abs(value - away) <= band].sum())


@pytest.mark.parametrize("law", FEW_LAWS, ids=str)
def test_draws_and_nodes_lie_alike(law: Law) -> None:
    """400,000 draws against the nodes: mean, deviation, quantiles along three directions."""
    drawn = law.draw(np.zeros((400_000, 2)), np.random.default_rng(1))
    places = law.places()
    assert places.weight.sum() == pytest.approx(1)
    for angle in (0.0, 0.5, math.pi / 4):
        way = np.array([math.cos(angle), math.sin(angle)])
        one, nodes = drawn @ way, places.xy @ way
        assert places.weight @ nodes == pytest.approx(0, abs=1e-9 * law.reach_m + 1e-12)
        deviation = math.sqrt(places.weight @ nodes**2 + places.step_m**2 / 12)
        assert deviation == pytest.approx(one.std(), rel=0.015)
        for quantile in (0.1, 0.3, 0.7, 0.9):
            at = np.quantile(one, quantile)
            below = places.weight @ np.clip((at - nodes) / places.step_m + 0.5, 0, 1)
            assert below == pytest.approx(quantile, abs=0.012)


@pytest.mark.parametrize("law", FEW_LAWS, ids=str)
def test_the_quadrature_is_right_to_a_hundredth(law: Law) -> None:
    """A straight line in any direction at any distance, bands from 20 m to 500 m."""
    rng, places = np.random.default_rng(3), law.places()
    for angle in (0.0, math.pi / 4, math.pi / 2, *rng.uniform(0, math.pi, 5)):
        nodes = places.xy @ np.array([math.cos(angle), math.sin(angle)])
        for away in rng.uniform(0, 1.2 * law.reach_m, 6):
            for band in BANDS:
                found = places.within(np.abs(nodes - away), band) @ places.weight
                assert found == pytest.approx(
                    share_of_line(law, angle, away, band), abs=0.01
                )


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_quadrature_is_never_worse_than_stated(law: Law) -> None:
    """A line aslant that nearly meets the point, where squares and bands fit each other worst."""
    places, angle = law.places(), math.pi / 4
    nodes = places.xy @ np.array([math.cos(angle), math.sin(angle)])
    for away in (0.1, 0.13 * law.reach_m, 0.5 * law.reach_m):
        for band in BANDS:
            found = places.within(np.abs(nodes - away), band) @ places.weight
            assert found == pytest.approx(
                share_of_line(law, angle, away, band), abs=0.012
            )


def test_the_disc_in_closed_form() -> None:
    """Within 60 m of a line through the middle of a disc of 100 m."""
    places = Law(0.0, 100.0, False).places()
    found = places.within(np.abs(places.xy[:, 1]), 60.0) @ places.weight
    exact = 2 * (0.6 * math.sqrt(1 - 0.36) + math.asin(0.6)) / math.pi
    assert found == pytest.approx(exact, abs=0.003)


def test_the_cell_in_closed_form() -> None:
    places = Law(100.0, 0.0, False).places()
    assert places.within(
        np.abs(places.xy[:, 0]), 20.0
    ) @ places.weight == pytest.approx(0.4)
    assert places.within(
        np.abs(places.xy[:, 0] - 50), 20.0
    ) @ places.weight == pytest.approx(0.2)


def test_a_device_is_within_its_radius_in_95_of_100() -> None:
    law = Law(0.0, 80.0, True)
    drawn = np.hypot(*law.draw_errors(400_000, np.random.default_rng(2)).T)
    assert (drawn <= 80).mean() == pytest.approx(0.95, abs=0.0015)
    assert (drawn <= 40).mean() == pytest.approx(1 - 0.05**0.25, abs=0.0025)


def test_a_disc_is_uniform() -> None:
    drawn = np.hypot(
        *Law(0.0, 80.0, False).draw_errors(400_000, np.random.default_rng(2)).T
    )
    assert drawn.max() <= 80
    for radius in (20.0, 40.0, 60.0):
        assert (drawn <= radius).mean() == pytest.approx((radius / 80) ** 2, abs=0.0025)


def test_an_exact_place_is_one_node() -> None:
    law = Law(0.0, 0.0, False)
    places = law.places()
    assert places.xy.tolist() == [[0.0, 0.0]]
    assert places.within(np.array([100.0, 100.1]), 100.0).tolist() == [1.0, 0.0]
    assert law.draw(np.array([[3.0, 4.0]]), np.random.default_rng(0)).tolist() == [
        [3.0, 4.0]
    ]
    assert law.density(np.array([[0.0, 0.0], [1.0, 0.0]])).tolist() == [1.0, 0.0]


def test_a_square_that_reaches_out_of_a_narrow_band_on_both_sides() -> None:
    """A band of 10 m each side through the middle of a square of 100 m holds a fifth of it."""
    square = Places(np.zeros((1, 2)), np.ones(1), 100.0)
    assert square.within(np.array([0.0, 45.0, 55.0, 60.0]), 10.0) == pytest.approx(
        [0.2, 0.15, 0.05, 0.0]
    )


@given(
    x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6),
    cell=st.sampled_from([100.0, 250.0, 1000.0]), radius=st.sampled_from([0.0, 50.0, 2000.0]),
)  # fmt: skip
def test_reports_land_on_the_grid(
    x: float, y: float, cell: float, radius: float
) -> None:
    law = Law(cell, radius, False)
    found = law.report(np.full((20, 2), [x, y]), np.random.default_rng(0))
    assert (np.abs(found / cell - np.floor(found / cell) - 0.5) < 1e-6).all()
    assert (np.abs(found - [x, y]) <= cell / 2 + radius + 1e-6).all()
    assert middle(found, cell) == pytest.approx(found)


def test_reports_without_a_grid_keep_their_error() -> None:
    found = Law(0.0, 50.0, False).report(np.zeros((1000, 2)), np.random.default_rng(0))
    assert np.hypot(*found.T).max() <= 50
    assert len(np.unique(found)) == 2000


def test_a_report_and_a_draw_undo_each_other() -> None:
    """Where true places lie evenly, those of one reported cell lie as the law says."""
    law, rng = Law(100.0, 150.0, False), np.random.default_rng(4)
    true = rng.uniform(-400, 500, (400_000, 2))
    own = true[(law.report(true, rng) == [50.0, 50.0]).all(axis=1)] - 50
    drawn = law.draw(np.zeros((len(own), 2)), rng)
    for quantile in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(own[:, 0], quantile) == pytest.approx(
            np.quantile(drawn[:, 0], quantile), abs=8
        )


@given(
    cell=st.sampled_from([0.0, 100.0, 400.0]), radius=st.just(0.0) | st.floats(0.1, 5000),
    gaussian=st.booleans(), n=st.sampled_from([4, NODES]),
)  # fmt: skip
def test_nodes_are_a_law(cell: float, radius: float, gaussian: bool, n: int) -> None:
    places = Law(cell, radius, gaussian and radius > 0).places(n)
    assert (places.weight > 0).all()
    assert places.weight.sum() == pytest.approx(1)
    assert places.weight @ places.xy == pytest.approx([0, 0], abs=1e-6)


def test_neighbouring_cells_share_their_nodes() -> None:
    places = Law(100.0, 300.0, False).places()
    one = {tuple(p) for p in np.round(places.xy + 50, 6)}
    next_to_it = {tuple(p) for p in np.round(places.xy + np.array([150, 50]), 6)}
    assert len(one & next_to_it) > 0.7 * len(one)


def sightings(**columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(0, 0)] * 3, crs=METRIC)


def test_the_laws_of_a_table() -> None:
    laws, which = laws_of(
        sightings(
            uncertainty_m=[50.0, 0.0, 50.0],
            cell_m=100.0,
            located_kind=pd.Series(["device", "device", None], dtype="string"),
        )
    )
    assert [laws[k] for k in which] == [
        Law(100.0, 50.0, True),
        Law(100.0, 0.0, False),
        Law(100.0, 50.0, False),
    ]


def test_a_plain_frame_has_no_grid_and_discs() -> None:
    laws, which = laws_of(sightings(uncertainty_m=[5, 0, 5]))
    assert [laws[k] for k in which] == [
        Law(0, 5, False),
        Law(0, 0, False),
        Law(0, 5, False),
    ]


@pytest.mark.parametrize("bad", [math.nan, -1.0, None, pd.NA])
def test_an_unknown_uncertainty_is_named(bad: object) -> None:
    frame = sightings(uncertainty_m=pd.Series([1.0, bad, 2.0], dtype="Float64"))
    with pytest.raises(
        UncertaintyError, match=r"uncertainty_m of sighting 1 is .*Fix: give it"
    ):
        laws_of(frame)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(
        UncertaintyError, match=r"no column uncertainty_m. Fix: sightings\["
    ):
        laws_of(sightings())


@pytest.mark.parametrize("law", FEW_LAWS, ids=str)
def test_the_density_is_that_of_the_draws(law: Law) -> None:
    """Mass by density on a fine lattice against 400,000 draws, in strips and quadrants."""
    drawn = law.draw(np.zeros((400_000, 2)), np.random.default_rng(6))
    at = np.linspace(-1, 1, 401) * law.reach_m
    x, y = (a.ravel() for a in np.meshgrid(at, at))
    mass = law.density(np.stack([x, y], axis=1))
    mass /= mass.sum()
    for share in (0.1, 0.3, 0.6, 0.9):
        strip = (np.abs(drawn[:, 0]) <= share * law.reach_m).mean()
        assert mass[np.abs(x) <= share * law.reach_m].sum() == pytest.approx(
            strip, abs=0.012
        )
        disc = (np.hypot(*drawn.T) <= share * law.reach_m).mean()
        assert mass[np.hypot(x, y) <= share * law.reach_m].sum() == pytest.approx(
            disc, abs=0.012
        )
