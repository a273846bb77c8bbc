"""Evidence for hotspots: chance, stability, and what a few sightings cannot show."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import evidence, heat, hotspots, lixels, network, replicas, significance
from geo.density import sources_at
from geo.network import NetworkError
from geo.params import HotspotParams
from geo.positions import Positions
from layers.schema import HOTSPOT_EVIDENCE, METRIC, PLACES, SIGHTINGS

GRID = network.from_lines(
    gpd.GeoDataFrame(
        geometry=[
            shapely.LineString([(500.0 * k, 500.0 * y) for k in range(21)]) for y in range(21)
        ] + [shapely.LineString([(500.0 * x, 500.0 * k) for k in range(21)]) for x in range(21)],
        crs=METRIC,
    )
)  # fmt: skip
PARAMS = HotspotParams(bandwidth_m=100.0, lixel_m=25.0)
NO_PLACES = PLACES.geoframe(crs=METRIC)


def sightings(xy: np.ndarray, uncertainty_m: float = 50.0) -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": [f"S{k + 1}" for k in range(len(xy))]})
    rows = rows.assign(uncertainty_m=uncertainty_m, geometry=list(shapely.points(xy)))
    return SIGHTINGS.geoframe(rows, crs=METRIC)


def judged(seen: gpd.GeoDataFrame, **more: int):
    params = replace(PARAMS, **more)
    found = hotspots.hotspots(GRID, seen, NO_PLACES, params)
    return found, evidence.hotspot_evidence(GRID, seen, found, params)


def test_a_planted_hotspot_is_more_than_chance_and_stays_first():
    rng = np.random.default_rng(1)
    scattered = np.stack([rng.uniform(0, 10000, 12), 500.0 * rng.integers(0, 21, 12)], axis=1)
    planted = np.stack([np.linspace(5010, 5110, 8), np.full(8, 2500.0)], axis=1)
    found, judge = judged(
        sightings(np.concatenate([scattered, planted])), simulations=199, draws=40
    )
    assert judge.table["p_value"].iloc[0] == pytest.approx(1 / 200)
    assert judge.table["in_top_redrawn"].iloc[0] == 1.0
    assert judge.table["in_top_left_out"].iloc[0] == 1.0
    assert found.segments["peak_per_km"].iloc[0] > judge.level_per_km
    assert not judge.gate.descriptive_only


def test_scattered_sightings_are_chance():
    rng = np.random.default_rng(2)
    xy = np.stack([rng.uniform(0, 10000, 5), 500.0 * rng.integers(0, 21, 5)], axis=1)
    _, judge = judged(sightings(xy), simulations=99, draws=20)
    assert judge.table["p_value"].min() > 0.05
    assert list(judge.table.columns) == HOTSPOT_EVIDENCE.names
    assert str(judge.gate).startswith("descriptive only: 5 of at least 10")
    assert "on one spot would exceed chance" in str(judge.gate)


def test_a_seed_gives_the_same_evidence():
    seen = sightings(np.array([[100.0, 0.0], [150.0, 0.0], [4000.0, 500.0]]))
    one, two = (judged(seen, simulations=49, draws=20, seed=7)[1] for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.level_per_km == two.level_per_km


def test_the_family_wise_error_is_held():
    null = significance.null_peaks(GRID, np.ones(10), 100.0, 25.0, simulations=199, seed=1)
    fresh = significance.null_peaks(GRID, np.ones(10), 100.0, 25.0, simulations=400, seed=2)
    above = (null.p_value(fresh.peaks_per_m) <= 0.05).mean()
    assert above == pytest.approx(0.05, abs=0.04)


def test_too_few_simulations_flag_nothing():
    null = significance.null_peaks(GRID, np.ones(5), 100.0, 25.0, simulations=9, seed=1)
    assert null.level(0.05) == np.inf
    assert null.detectable(0.05) == np.inf


def test_replicas_are_the_patterns_one_by_one():
    rng = np.random.default_rng(3)
    patterns = [Positions.random(GRID, n, rng) for n in (3, 0, 5)]
    weights = [np.ones(3), np.ones(0), np.arange(1.0, 6.0)]
    found = replicas.densities(GRID, patterns, weights, 100.0, 25.0)
    peaks = found.peaks(3)
    assert peaks[1] == 0
    for k in (0, 2):
        p = patterns[k]
        cells = lixels.cut(GRID, 25.0, lixels.reached(GRID, p.edge, p.offset_m, 600.0))
        alone = heat.on_lixels(sources_at(p, 100.0, weights[k]), cells)
        assert peaks[k] == pytest.approx(alone.max(), rel=1e-3)
        mass = (found.density * found.lixels.length_m)[found.pattern == k].sum()
        assert mass == pytest.approx(weights[k].sum(), rel=1e-10)


def test_no_sightings_no_evidence():
    _, judge = judged(sightings(np.zeros((0, 2))))
    assert not len(judge.table)
    with pytest.raises(NetworkError, match="found 0 events"):
        significance.null_peaks(GRID, np.ones(0), 100.0, 25.0, simulations=9, seed=1)


def test_effort_explains_a_hotspot_that_an_even_network_does_not():
    seen = sightings(np.stack([np.linspace(5050, 5450, 8), np.full(8, 2500.0)], axis=1))
    params = replace(PARAMS, simulations=99, draws=5)
    found = hotspots.hotspots(GRID, seen, NO_PLACES, params)
    here = np.isin(np.arange(GRID.n_edges), found.snapped["edge"]).astype(float)
    judge = evidence.hotspot_evidence(GRID, seen, found, params, intensity=1e-6 + here)
    even = evidence.hotspot_evidence(GRID, seen, found, params)
    assert judge.table["p_even"].iloc[0] == 0.01
    assert judge.table["p_value"].iloc[0] > 0.05
    assert judge.level_per_km > even.level_per_km
    pd.testing.assert_series_equal(even.table["p_value"], judge.table["p_even"], check_names=False)
