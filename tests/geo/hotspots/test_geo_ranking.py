"""Hotspots: more than effort brings, ranked, named, and honest about what they rest on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from problems.as_run import find_as_run
from scipy.spatial import cKDTree
from scipy.special import xlogy

from geo import hotspots, study
from geo.chance.nulls import Null
from geo.crs import CRSError, to_metric
from geo.hotspots import ranking
from geo.network import graph as network
from geo.network.graph import Positions
from geo.params import HotspotParams
from geo.results import Hotspots
from geo.schema import HOTSPOTS, METRIC, PLACES, SIGHTINGS
from geo.sightings.laws import Law, UncertaintyError
from layers.readers import bundled
from layers.readers.osm import extract

#   A grid of 21 by 21 streets, 500 m apart.
GRID = network.from_lines(
    gpd.GeoDataFrame(
        geometry=[
            shapely.LineString([(500.0 * k, 500.0 * y) for k in range(21)]) for y in range(21)
        ] + [shapely.LineString([(500.0 * x, 500.0 * k) for k in range(21)]) for x in range(21)],
        crs=METRIC,
    )
)  # fmt: skip
PARAMS = HotspotParams(simulations=99)
PLANTED = np.stack([np.linspace(5010, 5110, 8), np.full(8, 2500.0)], axis=1)


class Along:
    """True places along a network, evenly or by a relative chance per metre of each edge."""

    assumed = ()

    def __init__(
        self, net: network.Network, per_metre: np.ndarray | None = None
    ) -> None:
        self.net, self.per_metre = net, per_metre

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return Positions.random(self.net, n, rng, self.per_metre).points(self.net)


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": ["west", "middle"], "name_en": ["West", "Middle"]})
    return PLACES.geoframe(
        rows.assign(geometry=[shapely.Point(0, -50), shapely.Point(5000, 2480)]),
        crs=METRIC,
    )


def sightings(
    xy: np.ndarray, uncertainty_m: float = 50.0, cell_m: float = 0.0
) -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": [f"S{k + 1}" for k in range(len(xy))]})
    rows = rows.assign(uncertainty_m=uncertainty_m, cell_m=cell_m)
    return SIGHTINGS.geoframe(
        rows.assign(geometry=list(shapely.points(xy))), crs=METRIC
    )


def scattered(n: int, seed: int = 1) -> np.ndarray:
    return Along(GRID).draw(n, np.random.default_rng(seed))


def found_on(
    net: network.Network, xy: np.ndarray, places: gpd.GeoDataFrame, **more: object
):
    params = replace(PARAMS, **more)
    return hotspots.find(net, sightings(xy), places, params, effort=Along(net))


@pytest.fixture(scope="module")
def seen(places: gpd.GeoDataFrame) -> Hotspots:
    """Return what is found of eight planted and twelve scattered sightings."""
    return found_on(GRID, np.concatenate([PLANTED, scattered(12)]), places)


def test_a_planted_hotspot_is_found_ranked_and_named(seen: Hotspots):
    table = seen.table
    assert list(table.columns) == [*HOTSPOTS.names, "geometry"]
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["score"].is_monotonic_decreasing
    best = table.iloc[0]
    assert best["place"] == "middle"
    assert best["place_distance_m"] == 0
    assert pd.isna(best["place_direction"])
    assert best["p_value"] == 0.01
    assert {*best["sightings"]} >= {f"S{k}" for k in range(1, 9)}
    assert best["n_sightings"] == len(best["sightings"])
    assert best["share"] == pytest.approx(best["reported"] / 20)
    assert (table.geometry.length - table["length_m"]).abs().max() < 1e-6
    assert (seen.simulations, seen.n) == (99, 20)
    assert table["expected_low"].equals(table["expected"])
    assert len(seen.seldom)


def test_the_table_tells_what_the_score_is_made_of(seen: Hotspots):
    table = seen.table
    c, e = table["reported"], table["expected"]
    score = c * np.log(c / e) + xlogy(20 - c, (20 - c) / (20 - e))
    np.testing.assert_allclose(table["score"], score)
    np.testing.assert_allclose(table["ratio"], c / e)
    #  Effort is even: what is expected goes by the length of the hotspot.
    even = 20 * table["length_m"] / GRID.length_m.sum()
    np.testing.assert_allclose(e, even, rtol=0.3)


def test_no_two_hotspots_share_a_piece_and_the_lixels_tell_which(places):
    seen = found_on(GRID, np.concatenate([PLANTED, scattered(40)]), places)
    lines = np.asarray(seen.table.geometry.values)
    for k, line in enumerate(lines):
        assert (
            shapely.length(shapely.intersection(line, lines[:k])).max(initial=0.0)
            < 1e-6
        )
    length = (
        (seen.lixels["to_m"] - seen.lixels["from_m"])
        .groupby(seen.lixels["hotspot"])
        .sum()
    )
    np.testing.assert_allclose(length, seen.table["length_m"])
    density = seen.lixels["density_per_km"] * (
        seen.lixels["to_m"] - seen.lixels["from_m"]
    )
    assert density.sum() / 1000 == pytest.approx(48, rel=1e-9)


def test_assumed_effort_gives_a_range_and_no_p(places):
    """The second assumption has all observers where the reports are: it expects all of them."""
    seen = sightings(PLANTED)
    here = np.isin(np.arange(GRID.n_edges), GRID.snap(seen.geometry)["edge"])
    efforts = [Along(GRID), Along(GRID, 1e-6 + here.astype(float))]
    found = hotspots.find(GRID, seen, places, PARAMS, assumed=efforts)
    best = found.table.iloc[0]
    assert found.simulations == 0
    assert found.table["p_value"].isna().all()
    assert found.seldom.empty
    assert best["expected_low"] == pytest.approx(best["expected"], rel=0.3)
    assert best["expected"] < 1
    assert best["expected_high"] > 4
    alone = hotspots.find(GRID, seen, places, PARAMS)
    assert alone.table["p_value"].isna().all()
    assert ranking.EVERY_METRE in alone.assumed


def test_what_effort_explains_is_no_hotspot(places):
    seen = sightings(np.stack([np.linspace(5030, 5470, 8), np.full(8, 2500.0)], axis=1))
    here = np.isin(np.arange(GRID.n_edges), GRID.snap(seen.geometry)["edge"])
    effort = Along(GRID, 1e-6 + here.astype(float))
    table = hotspots.find(GRID, seen, places, PARAMS, effort=effort).table
    assert (table["p_value"] > 0.05).all()
    even = hotspots.find(GRID, seen, places, PARAMS, effort=Along(GRID)).table
    assert even["p_value"].iloc[0] == 0.01


def test_a_cell_lies_on_all_that_it_holds_and_not_on_the_nearest_bank():
    #  The cell holds 100 m of the street 30 m south of its middle and of that 45 m north of it.
    banks = network.from_lines(
        gpd.GeoDataFrame(
            geometry=[
                shapely.LineString([(0, 20), (4000, 20)]),
                shapely.LineString([(0, 95), (4000, 95)]),
                shapely.LineString([(0, 110), (4000, 110)]),
            ],
            crs=METRIC,
        )
    )
    seen = sightings(np.full((4, 2), (1050.0, 50.0)), 0.0, cell_m=100.0)
    lixels = hotspots.find(
        banks, seen, PLACES.geoframe(crs=METRIC), PARAMS, effort=Along(banks)
    ).lixels
    mass = lixels["density_per_km"] * (lixels["to_m"] - lixels["from_m"]) / 1000
    np.testing.assert_allclose(mass.groupby(lixels["edge"]).sum(), [2.0, 2.0])


def test_far_sightings_are_named_and_not_placed(places):
    xy = np.concatenate([PLANTED, [[5000.0, -3000.0]]])
    seen = found_on(GRID, xy, places)
    assert seen.unplaced == ("S9",)
    assert seen.n == 8
    assert seen.table["share"].iloc[0] == pytest.approx(8 / 9, rel=0.01)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_sightings_have_no_hotspot(places, n: int):
    seen = found_on(GRID, PLANTED[:n], places)
    assert not len(seen.table)
    assert list(seen.table.columns) == [*HOTSPOTS.names, "geometry"]
    assert (len(seen.lixels) > 0) == (n > 0)
    assert seen.lixels["hotspot"].isna().all()
    assert seen.n == n


def test_without_places_the_name_is_missing(places):
    table = found_on(GRID, PLANTED, places[:0]).table
    assert table["name"].isna().all()
    assert len(table)


@pytest.mark.parametrize(
    ("east", "north", "direction"),
    [
        (0, 900, "s"),
        (0, -900, "n"),
        (900, 900, "sw"),
        (-900, 0, "e"),
        (800, -250, "w"),
        (800, -380, "nw"),
        (0, 0, None),
    ],
)
def test_the_direction_is_seen_from_the_place(
    east: float, north: float, direction: str | None
) -> None:
    """From a place so far east and north of the nearest part of a hotspot."""
    line = shapely.MultiLineString([[(0, 0), (10, 0)]])
    spot = HOTSPOTS.geoframe([{"rank": 1, "geometry": line}], crs=METRIC)
    at = shapely.Point(east + 10 * (east > 0), north)
    place = gpd.GeoDataFrame({"name": ["There"]}, geometry=[at], crs=METRIC)
    row = ranking.named(spot, place).iloc[0]
    assert row["place_distance_m"] == pytest.approx(np.hypot(east, north))
    assert row["name"] == "There"
    found = row["place_direction"]
    assert pd.isna(found) if direction is None else found == direction


def test_the_same_sightings_give_the_same_hotspots(places):
    few = {"simulations": 19}
    one, two = (found_on(GRID, scattered(30), places, **few).table for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_degrees_and_unknown_uncertainties_are_refused(places):
    degrees = sightings(PLANTED).set_crs(4326, allow_override=True)
    with pytest.raises(CRSError, match="sightings is in EPSG:4326"):
        hotspots.find(GRID, degrees, places, PARAMS, effort=Along(GRID))
    unknown = sightings(PLANTED, float("nan"))
    with pytest.raises(UncertaintyError, match="Fix: give it in metres"):
        hotspots.find(GRID, unknown, places, PARAMS, effort=Along(GRID))


def mitrovica(folder: Path | None) -> tuple[network.Network, gpd.GeoDataFrame, Null]:
    """Return network, places and reporting effort of the bundled data, or of the core extract."""
    data = bundled.study_data()
    if folder:
        core = folder / "data/osm/mitrovica_core.osm.pbf"
        data = replace(data, layers=extract.read(core, None))
    region = to_metric(data)
    _, net, effort = study._networks(region)
    return net, region.places, effort


def reported(
    true: np.ndarray, uncertainty_m: float, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return sightings of true places as `coarsen` gives them, in cells of 100 m."""
    points = Law(100.0, uncertainty_m, False).report(true, rng)
    return sightings(points, uncertainty_m, cell_m=100.0)


@pytest.mark.proof
@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("uncertainty_m", [0.0, 50.0, 300.0])
def test_the_family_wise_error_is_held(n: int, uncertainty_m: float):
    """1,000 data sets by reporting effort only on the bundled network."""
    net, places, effort = mitrovica(None)
    p = []
    for k in range(1000):
        rng = np.random.default_rng([n, int(uncertainty_m), k])
        seen = reported(effort.draw(n, rng), uncertainty_m, rng)
        table = find_as_run(net, seen, places, effort, simulations=39, seed=k).table
        p.append(table["p_value"].min() if len(table) else 1.0)
    assert 0.03 <= (np.array(p) <= 0.05).mean() <= 0.07


@pytest.mark.proof
@pytest.mark.parametrize("extract_", [False, True])
@pytest.mark.parametrize("uncertainty_m", [50.0, 300.0])
def test_eight_of_twenty_planted_downtown_are_found(
    extract_: bool, uncertainty_m: float, shared: Path
):
    """Within 150 m of the node of most nodes in town; 12 others by reporting effort."""
    net, places, effort = mitrovica(shared if extract_ else None)
    town = places[places["id"] == "town_mitrovica"].geometry.iloc[0]
    tree = cKDTree(net.node_xy)
    near = tree.query_ball_point((town.x, town.y), 800.0)
    most = tree.query_ball_point(net.node_xy[near], 150.0, return_length=True).argmax()
    spot, found = net.node_xy[near][most], []
    for k in range(50):
        rng = np.random.default_rng(k)
        angle, radius = 2 * np.pi * rng.random(8), 150 * np.sqrt(rng.random(8))
        planted = spot + np.stack(
            [radius * np.cos(angle), radius * np.sin(angle)], axis=1
        )
        true = np.concatenate([planted, effort.draw(12, rng)])
        seen = reported(true, uncertainty_m, rng)
        table = find_as_run(net, seen, places, effort, simulations=99, seed=k).table
        close = table.geometry.distance(shapely.Point(spot)) <= 250
        found.append((close & (table["p_value"] <= 0.05)).any())
    assert np.mean(found) >= 0.8
