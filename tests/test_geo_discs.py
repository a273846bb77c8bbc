"""Probabilities of lying in a band, against closed forms, other programs and draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from geo.discs import probability_within, sigma_of
from geo.segments import Floats, Segments, distance_to, from_lines

LONG = [(-1e4, 0.0), (1e4, 0.0)]


def within(
    lines: list[list[tuple[float, float]]],
    at: tuple[float, float],
    radius: float,
    band: float,
    *,
    gaussian: bool = False,
) -> float:
    segments = from_lines([shapely.LineString(line) for line in lines])
    return float(
        probability_within(
            np.array([at]), np.array([radius]), segments, np.array([band]), np.array([gaussian])
        )[0]
    )


def cap(height: float) -> float:
    """Return the share of the unit disc that lies below `height`."""
    h = min(max(height, -1.0), 1.0)
    return (math.pi / 2 + math.asin(h) + h * math.sqrt(1 - h * h)) / math.pi


def lens(r: float, b: float, d: float) -> float:
    """Return the area common to two circles (Weisstein, Circle-Circle Intersection)."""
    if d >= r + b:
        return 0.0
    if d <= abs(r - b):
        return math.pi * min(r, b) ** 2
    root = math.sqrt((-d + r + b) * (d + r - b) * (d - r + b) * (d + r + b))
    return (
        r * r * math.acos((d * d + r * r - b * b) / (2 * d * r))
        + b * b * math.acos((d * d + b * b - r * r) / (2 * d * b))
        - root / 2
    )


@pytest.mark.parametrize("distance", [0.0, 30.0, 150.0, 240.0, 260.0, 400.0])
@pytest.mark.parametrize("band", [10.0, 50.0, 200.0, 600.0])
def test_one_long_line_cuts_the_disc_in_caps(distance: float, band: float) -> None:
    expected = cap((band - distance) / 200) - cap((-band - distance) / 200)
    assert within([LONG], (0.0, distance), 200.0, band) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("band", [10.0, 40.0, 60.0, 90.0])
def test_two_parallel_lines(band: float) -> None:
    """Lines at 0 and 100, disc of 70 about the middle: two bands until they meet."""
    lines = [LONG, [(-1e4, 100.0), (1e4, 100.0)]]
    expected = 1.0 if band >= 50 else 2 * (cap((band - 50) / 70) - cap((-band - 50) / 70))
    assert within(lines, (0.0, 50.0), 70.0, band) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("r", "b", "d"), [(3, 1, 0), (3, 1, 3), (1, 3, 2.5), (2, 2, 1), (2, 1, 3)])
def test_a_line_without_length_is_a_circle(r: float, b: float, d: float) -> None:
    found = within([[(0.0, 0.0), (0.0, 0.0)]], (d, 0.0), r, b)
    assert found == pytest.approx(lens(r, b, d) / (math.pi * r * r), abs=1e-12)


def test_point_on_the_line_with_a_small_disc_is_certain() -> None:
    assert within([LONG], (5.0, 0.0), 20.0, 20.0) == 1.0


@pytest.mark.parametrize("gaussian", [False, True])
def test_no_uncertainty_is_in_or_out(gaussian: bool) -> None:
    assert within([LONG], (0.0, 50.0), 0.0, 50.0, gaussian=gaussian) == 1.0
    assert within([LONG], (0.0, 50.001), 0.0, 50.0, gaussian=gaussian) == 0.0


def test_unknown_uncertainty_gives_nothing() -> None:
    assert math.isnan(within([LONG], (0.0, 1.0), math.nan, 50.0))


def test_negative_uncertainty_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        within([LONG], (0.0, 1.0), -1.0, 50.0)


def test_no_lines_no_chance() -> None:
    assert within([], (0.0, 1.0), 10.0, 50.0) == 0.0


@pytest.mark.parametrize(
    ("a", "b", "u"), [(0, 50, 200), (120, 50, 200), (300, 250, 100), (9, 1, 9)]
)
def test_gaussian_about_a_long_line(a: float, b: float, u: float) -> None:
    s = float(sigma_of(np.array(u)))
    expected = norm.cdf((b - a) / s) + norm.cdf((b + a) / s) - 1
    assert within([LONG], (3.0, a), u, b, gaussian=True) == pytest.approx(expected, abs=1e-12)


def test_gaussian_about_a_point_is_rayleigh() -> None:
    s = float(sigma_of(np.array(10.0)))
    found = within([[(0, 0), (0, 0)]], (0.0, 0.0), 10.0, 10.0, gaussian=True)
    assert found == pytest.approx(0.95, abs=1e-12)
    assert s == pytest.approx(10 / math.sqrt(-2 * math.log(0.05)))


@pytest.mark.parametrize(
    "lines",
    [
        [[(0, 0), (4, 0)], [(0, 0), (2, 0)]],
        [[(0, 0), (4, 0)], [(1, 0), (6, 0)]],
        [[(0, 0), (4, 0)], [(4, 0), (0, 0)]],
        [[(0, 0), (2, 0), (4, 0)], [(0, 0), (4, 0)]],
        [[(0, 0), (4, 0), (1, 0)]],
    ],
)
def test_lines_drawn_on_one_another_count_once(lines: list[list[tuple[float, float]]]) -> None:
    end = max(x for line in lines for x, _ in line)
    alone = within([[(0, 0), (end, 0)]], (1.0, 1.0), 2.5, 1.0)
    assert within(lines, (1.0, 1.0), 2.5, 1.0) == pytest.approx(alone, abs=1e-6)


def capsules(segments: Segments, at: Floats, radius: float, band: float) -> float:
    """Return the same share by shapely, from polygons with 512 sides to the quarter turn."""
    parts = [
        shapely.Point(a).buffer(band, quad_segs=512)
        if (a == b).all()
        else shapely.LineString([a, b]).buffer(band, quad_segs=512)
        for a, b in zip(segments.start, segments.end, strict=True)
    ]
    disc = shapely.Point(at).buffer(radius, quad_segs=512)
    return float(disc.intersection(shapely.union_all(parts)).area / disc.area)


lattice = st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(
    lambda p: (float(p[0]), float(p[1]))
)
lines_on_a_lattice = st.lists(st.lists(lattice, min_size=2, max_size=5), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(
    lines=lines_on_a_lattice,
    at=lattice,
    radius=st.sampled_from([0.3, 1.0, 2.5, 6.0]),
    band=st.sampled_from([0.2, 0.5, 1.0, 2.0]),
)
def test_lines_on_a_lattice_agree_with_polygons(
    lines: list[list[tuple[float, float]]], at: tuple[float, float], radius: float, band: float
) -> None:
    """A lattice makes what real data seldom hold: touching circles, overlaps, right angles."""
    segments = from_lines([shapely.LineString(line) for line in lines])
    expected = capsules(segments, np.array(at), radius, band)
    assert within(lines, at, radius, band) == pytest.approx(expected, abs=5e-6)


def bent(rng: np.random.Generator, lines: int) -> Segments:
    steps = rng.normal(0, 40, (lines, 12, 2))
    walks = np.cumsum(steps, axis=1) + rng.uniform(-300, 300, (lines, 1, 2))
    return from_lines([shapely.LineString(walk) for walk in walks])


@pytest.mark.parametrize("gaussian", [False, True])
def test_a_million_draws(gaussian: bool) -> None:
    rng = np.random.default_rng(4)
    segments, n = bent(rng, 4), 1_000_000
    xy, radius = np.array([[20.0, -10.0]]), 250.0
    if gaussian:
        draws = xy + rng.normal(0, float(sigma_of(np.array(radius))), (n, 2))
    else:
        r, t = radius * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n)
        draws = xy + np.stack([r * np.cos(t), r * np.sin(t)], axis=1)
    distance = np.full(n, np.inf)
    for a, b in zip(segments.start, segments.end, strict=True):
        np.minimum(distance, distance_to(draws, a, b), out=distance)
    for band in (20.0, 50.0, 100.0):
        share = (distance <= band).mean()
        found = probability_within(
            xy, np.array([radius]), segments, np.array([band]), np.array([gaussian])
        )[0]
        assert abs(found - share) < 4.5 * math.sqrt(share * (1 - share) / n)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), turn=st.floats(0, 6.28), shift=st.floats(-1e6, 1e6))
def test_turning_and_moving_the_map_changes_nothing(seed: int, turn: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    segments = bent(rng, 3)
    xy = rng.uniform(-200, 200, (8, 2))
    radius, band = rng.uniform(10, 300, 8), rng.uniform(5, 200, 8)
    kind = rng.random(8) < 0.5
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c, s], [-s, c]])
    moved = Segments(
        segments.start @ matrix + shift, segments.end @ matrix + shift, segments.line,
        segments.along,
    )  # fmt: skip
    np.testing.assert_allclose(
        probability_within(xy @ matrix + shift, radius, moved, band, kind),
        probability_within(xy, radius, segments, band, kind),
        atol=1e-6,
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_wider_bands_hold_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    segments, bands = bent(rng, 3), np.linspace(1, 400, 40)
    at = np.tile(rng.uniform(-200, 200, 2), (40, 1))
    for gaussian in (False, True):
        p = probability_within(at, np.full(40, 150.0), segments, bands, np.full(40, gaussian))
        assert (np.diff(p) >= -1e-9).all()
        assert (p >= 0).all()
        assert (p <= 1).all()
