"""Measures on plain frames: any points, any lines, any columns, any CRS in metres.

What is missing is assumed and stated, or refused with the column, what was found and the fix.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import chance, corridors, hotspots, network, patterns
from geo.chance.nulls import NO_CLASS
from geo.crs import CRSError
from geo.params import CorridorParams, HotspotParams
from geo.schema import METRIC
from geo.sightings.laws import UncertaintyError

CORRIDOR = CorridorParams(simulations=19)
HOTSPOT = HotspotParams(simulations=19)
EVEN = chance.uniform((-500.0, -500.0, 1500.0, 500.0), n=1000)
OTHER_CRS = (METRIC, "EPSG:32634", "EPSG:3035", "ESRI:102013")
"""Kosovo's, UTM, Lambert and Albers over Europe: all in metres."""

metres = st.floats(1000, 4000, allow_nan=False).map(lambda v: round(v, 2))
places = st.tuples(metres, metres)
"""So far from the origin that nobody takes them for degrees, which are refused."""
points = st.lists(places, min_size=1, max_size=6)
ways = st.lists(
    st.lists(places, min_size=2, max_size=4).filter(lambda xy: len(set(xy)) > 1),
    min_size=1, max_size=5,
)  # fmt: skip
columns = st.dictionaries(
    st.sampled_from(["name", "ref", "highway", "layer", "class", "z"]),
    st.sampled_from(["residential", "primary", "a", None, ["primary", "track"]]),
)
"""Columns that a frame may have, each with one value in all rows; osmnx's hold lists."""


def frame(
    geometry: list, crs: str, extra: dict, labels: str, name: str
) -> gpd.GeoDataFrame:
    """Return a frame with an index and a geometry column of the caller's own."""
    rows = gpd.GeoDataFrame(
        {key: [value] * len(geometry) for key, value in extra.items()},
        geometry=geometry,
        crs=crs,
    )
    index = pd.RangeIndex(len(rows))
    if labels == "words":
        index = pd.Index([f"row {k}" for k in index])
    if labels == "osmnx":
        index = pd.MultiIndex.from_tuples(
            [(k, k + 1, 0) for k in index], names=["u", "v", "key"]
        )
    return (
        rows.set_axis(index).rename_geometry(name)
        if name != "geometry"
        else rows.set_axis(index)
    )


@st.composite
def layers(draw: st.DrawFn):
    """Return points and two layers of lines, in one CRS."""
    crs, labels = (
        draw(st.sampled_from(OTHER_CRS)),
        draw(st.sampled_from(["", "words", "osmnx"])),
    )
    name = draw(st.sampled_from(["geometry", "geom"]))
    seen = frame(
        [shapely.Point(at) for at in draw(points)], crs, draw(columns), labels, name
    )
    lines = [
        frame(
            [shapely.LineString(xy) for xy in draw(ways)],
            crs,
            draw(columns),
            labels,
            name,
        )
        for _ in range(2)
    ]
    plain = draw(st.booleans())
    return tuple(layer.geometry if plain else layer for layer in (seen, *lines))


@given(layers(), st.none() | st.sampled_from([0, 40.0]))
def test_any_points_and_lines_have_their_distances(data, uncertainty):
    seen, canals, streets = data
    near = corridors.proximity(
        seen, {"canal": canals, "street": streets}, uncertainty_m=uncertainty
    )
    assert near.table["corridor"].tolist() == ["canal", "street"] * len(seen)
    assert len(near.assumed) == (uncertainty is None)
    if uncertainty is not None and uncertainty > 0:
        assert (near.table["distance_low_m"] <= near.table["distance_high_m"]).all()
        return
    expected = [
        shapely.distance(point, lines.geometry.values).min()
        for point in seen.geometry for lines in (canals, streets)
    ]  # fmt: skip
    np.testing.assert_allclose(near.table["distance_m"], expected, atol=1e-6)


@given(layers())
def test_any_points_and_lines_are_compared_with_chance(data):
    seen, canals, streets = data
    effort = chance.reporting_effort(streets, n=1000)
    found = corridors.compare_with_chance(
        seen, {"canal": canals}, effort, params=CORRIDOR, uncertainty_m=30
    )
    assert set(found.bands["corridor"]) == {"canal"}
    assert found.bands["p"].dropna().between(0, 1).all()
    assert not found.bands["primary"].any()
    assert "no hypothesis was named beforehand: no corridor is railway" in found.assumed
    highway = streets["highway"].iloc[0] if "highway" in streets else "residential"
    assert (NO_CLASS in found.assumed) == (highway in (None, "a"))


@given(layers())
def test_any_points_and_lines_have_hotspots(data):
    seen, canals, streets = data
    near = shapely.union_all(streets.geometry.values).buffer(1000)
    seen = seen[shapely.within(seen.geometry.values, near)]
    town = gpd.GeoDataFrame({"name": ["A town"]}, geometry=canals.geometry.centroid[:1].values,
                            crs=canals.crs)  # fmt: skip
    found = hotspots.find(streets, seen, town, HOTSPOT)
    assert found.lixels.crs == streets.crs
    mass = (found.lixels["density_per_km"] * found.lixels.length / 1000).sum()
    assert mass == pytest.approx(len(seen), abs=1e-6)
    assert any(
        "no assumption on where observers stand" in text for text in found.assumed
    )
    assert set(found.table["name"]) <= {"A town"}


@given(layers())
def test_any_points_have_patterns_on_any_lines(data):
    seen, _, streets = data
    net = network.from_lines(streets)
    seen = seen[net.snap(seen)["snap_m"] <= 500]
    at = network.Positions.of(net.snap(seen))
    lixels, density = patterns.estimate_density(net, seen, 80.0, 50.0)
    assert (density * lixels.length_m).sum() == pytest.approx(len(seen))
    for points_ in (seen, at):
        k = patterns.k_function(net, points_, [50.0, 100.0])
        np.testing.assert_array_equal(k, patterns.k_function(net, at, [50.0, 100.0]))
    if len(seen) > 1:
        assert np.isfinite(patterns.bandwidth_scores(net, seen, [20.0, 80.0])).all()


@pytest.fixture
def seen() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([100, 900], [50, 50]), crs=METRIC
    )


@pytest.fixture
def street() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=METRIC
    )


def test_an_uncertainty_may_be_a_column_a_number_or_none(seen, street):
    with_column = corridors.proximity(
        seen.assign(uncertainty_m=80.0), {"street": street}
    )
    with_number = corridors.proximity(seen, {"street": street}, uncertainty_m=80)
    pd.testing.assert_frame_equal(with_column.table, with_number.table)
    assert with_column.assumed == with_number.assumed == ()
    without = corridors.proximity(seen, {"street": street})
    assert without.assumed == (
        "every position is exact: neither a column uncertainty_m nor a number was given",
    )
    assert without.table["distance_m"].tolist() == [50, 50]
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(
            UncertaintyError, match="Fix: metres, 0 for exact positions"
        ):
            corridors.proximity(seen, {"street": street}, uncertainty_m=wrong)


def test_effort_from_roads_without_classes_is_even_along_them(street):
    effort = chance.reporting_effort(street, window=(0, -900, 1000, 900), n=4000)
    share = (effort.xy[:, 0] < 500).mean()
    assert share == pytest.approx(0.5, abs=0.02)
    assert effort.assumed == (
        "observers stood along roads only: no stations were given",
        "reports are as likely from every metre of the roads: they have no column highway",
    )


def test_streets_that_are_drawn_twice_weigh_no_more():
    """As in the edges of osmnx: a two-way street twice, a one-way street of its length once."""
    two_way = shapely.LineString([(0, 0), (1000, 0)])
    one_way = shapely.LineString([(0, 5000), (1000, 5000)])
    edges = gpd.GeoDataFrame(
        {"highway": ["residential"] * 3},
        geometry=[two_way, two_way.reverse(), one_way],
        crs=METRIC,
    )
    for null in (
        chance.reporting_effort(edges, n=4000),
        chance.on_network(edges, n=4000),
    ):
        assert (null.xy[:, 1] < 2500).mean() == pytest.approx(0.5, abs=0.02)
    seen = gpd.GeoSeries.from_xy([480, 500, 520, 700], [0, 0, 0, 5000], crs=METRIC)
    once, twice = (
        hotspots.find(lines, seen, params=HOTSPOT, uncertainty_m=0)
        for lines in (edges.iloc[[0, 2]], edges)
    )
    pd.testing.assert_frame_equal(once.table, twice.table)
    np.testing.assert_array_equal(
        once.lixels["density_per_km"], twice.lixels["density_per_km"]
    )


def test_a_kind_of_ones_own_may_be_the_primary_hypothesis(seen, street):
    params = CorridorParams(simulations=19, level=0.05, primary_kind="street")
    found = corridors.compare_with_chance(seen, {"street": street}, EVEN, params=params)
    assert found.bands.loc[found.bands["primary"], "band_m"].tolist() == [250]
    assert len(found.assumed) == 1, "exact positions"


def test_a_window_in_another_crs_is_refused_and_one_in_the_same_taken(seen, street):
    window = gpd.GeoSeries([shapely.box(-500, -500, 1500, 500)], crs=METRIC)
    found = corridors.compare_with_chance(
        seen, {"street": street}, EVEN, window, CORRIDOR
    )
    assert found.window.geometry.iloc[0].equals(window.iloc[0])
    other = window.set_crs("EPSG:32634", allow_override=True)
    with pytest.raises(CRSError, match="window is in EPSG:32634"):
        corridors.compare_with_chance(seen, {"street": street}, EVEN, other, CORRIDOR)


def test_corridors_that_are_all_empty_test_nothing(seen, street):
    canals = {"canal": street.iloc[:0]}
    found = corridors.compare_with_chance(seen, canals, EVEN, params=CORRIDOR)
    assert found.bands.empty
