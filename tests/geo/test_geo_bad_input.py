"""What a notebook may give by mistake: an error with the value, the place and a fix that works."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError
from shapely import LineString, MultiPoint, Point

import geo
import maps
from geo import (
    access,
    chance,
    corridors,
    hotspots,
    network,
    patterns,
    presence,
    study,
)
from geo.crs import CRSError, metric_crs, require_metric
from geo.params import CorridorParams, HotspotParams, Params
from geo.schema import METRIC, WGS84
from layers import readers

NAN, INF = float("nan"), float("inf")
PLANE = CorridorParams(nulls=("uniform",), simulations=19, null_points=1000)
SCAN = HotspotParams(simulations=19, draws=3)
SEEN = gpd.GeoDataFrame(
    geometry=gpd.points_from_xy([20.87, 20.88], [42.89, 42.9]), crs=WGS84
).to_crs(METRIC)
STREET = gpd.GeoDataFrame(
    geometry=[LineString([(20.86, 42.88), (20.89, 42.91)])], crs=WGS84
).to_crs(METRIC)
STREETS = {"street": STREET}
DEGREES = (20.5, 42.5, 21.2, 43.2)
GRAPH = nx.MultiDiGraph(crs=WGS84)


def mislabelled(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in degrees that says it is in metres."""
    return layer.to_crs(WGS84).set_crs(METRIC, allow_override=True)


def latitude_first(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in degrees, latitude first, that says it is in metres."""
    degrees = mislabelled(layer)
    return degrees.set_geometry(degrees.transform(lambda xy: xy[:, ::-1]))


def in_crs(crs: str) -> Callable[[], object]:
    return lambda: corridors.proximity(
        SEEN.to_crs(crs), {"street": STREET.to_crs(crs)}
    )


def bands(*bands_m: Any) -> Callable[[], object]:
    return lambda: corridors.proximity(SEEN, STREETS, bands_m)


def net() -> network.Network:
    return network.from_lines(STREET)


def near() -> object:
    return corridors.proximity(SEEN, STREETS, uncertainty_m=0)


def points(*at: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": ["a", "b"][: len(at)]}, geometry=[*map(Point, at)], crs=METRIC
    )


TWICE = r"id 'a' stands in rows 0, 1 of {}\. Fix: "

CASES: dict[str, tuple[Callable[[], object], str]] = {
    "degrees that say they are metres": (
        lambda: corridors.proximity(mislabelled(SEEN), {"street": mislabelled(STREET)}),
        r"sightings .* 20\.87, .*EPSG:9141.* degrees\. Fix: sightings = sightings\.set_crs",
    ),
    "degrees, latitude first, that say they are metres": (
        lambda: corridors.proximity(latitude_first(SEEN), {"street": latitude_first(STREET)}),
        r"sightings .* 42\.89, 20\.87 .*EPSG:9141.* degrees, latitude first\. Fix: sightings = ",
    ),
    "a network of degrees": (
        lambda: network.from_lines(mislabelled(STREET)), r"lines .*degrees\. Fix: lines = ",
    ),
    "hotspots on degrees": (
        lambda: hotspots.find(mislabelled(STREET), mislabelled(SEEN)), "degrees",
    ),
    "a window about degrees": (lambda: corridors.window_about(mislabelled(SEEN)), "degrees"),
    "a window in degrees": (
        lambda: corridors.compare_with_chance(SEEN, STREETS, None, DEGREES, PLANE),
        r"window .*20\.5, 42\.5.*degrees.*Fix: window = ",
    ),
    "a polygon in degrees": (
        lambda: corridors.compare_with_chance(SEEN, STREETS, None, shapely.box(*DEGREES), PLANE),
        "window .*degrees",
    ),
    "an even null in degrees": (lambda: chance.uniform(DEGREES), "window .*degrees"),
    "effort in degrees": (
        lambda: chance.reporting_effort(STREET, window=DEGREES), "window .*degrees",
    ),
    "a null on lines in degrees": (
        lambda: chance.on_network(STREET, DEGREES), "window .*degrees",
    ),
    "a window without an end": (
        lambda: chance.uniform((0, 0, INF, 9000)), r"window .*inf.*Fix: four finite",
    ),
    "a window that runs backwards": (
        lambda: chance.uniform((9000, 9000, 0, 0)), r"window .*9000, 9000, 0, 0.*Fix: \(x0, y0",
    ),
    "fewer than no positions": (
        lambda: chance.uniform((0, 0, 9000, 9000), n=-5), r"n is -5\. Fix: 1 or more",
    ),
    "a negative band": (bands(-100.0), r"bands_m .*-100.*Fix: bands_m="),
    "a band of nothing": (bands(0), r"bands_m .*\(0,\)"),
    "a band without an end": (bands(INF), "bands_m .*inf"),
    "a band that is no number": (bands(NAN), "bands_m .*nan"),
    "a band as text": (bands("100"), "bands_m .*'100'"),
    "a band twice": (bands(100, 100.0), "bands_m .*wider than the one before"),
    "bands that narrow": (bands(250, 100), "bands_m .*wider than the one before"),
    "one band by itself": (
        lambda: corridors.proximity(SEEN, STREETS, 100), r"bands_m is 100.*Fix: bands_m=\(100,\)",
    ),
    "two points of one id": (
        lambda: corridors.proximity(SEEN.assign(id="a"), STREETS), TWICE.format("sightings"),
    ),
    "two points of one label": (
        lambda: corridors.proximity(SEEN.set_axis([7, 7]), STREETS),
        r"label 7 stands in rows 0, 1 of the index of sightings\. Fix: .*reset_index",
    ),
    "chance on points of one id": (
        lambda: corridors.compare_with_chance(SEEN.assign(id="a"), STREETS, params=PLANE),
        TWICE.format("sightings"),
    ),
    "hotspots of points of one id": (
        lambda: hotspots.find(STREET, SEEN.assign(id="a"), params=SCAN),
        TWICE.format("sightings"),
    ),
    "sites of one id": (
        lambda: access.minutes_to_sites(STREET, SEEN, SEEN.assign(id="a")), TWICE.format("sites"),
    ),
    "sites without an id": (
        lambda: access.minutes_to_sites(STREET, SEEN, SEEN),
        r"sites have no column id, only geometry\. Fix: sites\['id'\] = ",
    ),
    "a line without an end": (
        lambda: network.from_lines(gpd.GeoSeries([line(INF)], crs=METRIC)),
        r"row 0 of lines holds LINESTRING.*Inf.*Fix: lines = ",
    ),
    "a reach without an end": (
        lambda: corridors.window_about(SEEN, reach_m=INF), r"reach_m is inf\. Fix: .*metres",
    ),
    "a negative reach": (lambda: corridors.window_about(SEEN, reach_m=-1), r"reach_m is -1\. Fix"),
    "a bandwidth without an end": (
        lambda: patterns.estimate_density(net(), SEEN, INF, 50.0), r"bandwidth inf m\. Fix",
    ),
    "an equal split without an end": (
        lambda: patterns.estimate_density(net(), SEEN, INF, 50.0, "esc"), r"inf",
    ),
    "a lixel without an end": (
        lambda: patterns.estimate_density(net(), SEEN, 80.0, INF), "lixel_m is inf",
    ),
    "a distance without an end": (
        lambda: patterns.k_function(net(), SEEN, [50.0, INF]), r"r_m is \[50\.0, inf\].*Fix",
    ),
    "a distance that is no number": (
        lambda: patterns.k_function(net(), SEEN, [NAN]), "r_m is .*nan",
    ),
    "one distance by itself": (
        lambda: patterns.k_function(net(), SEEN, 10.0), r"r_m is 10\.0.*Fix: r_m=\[10\.0\]",
    ),
    "bandwidths without an end": (
        lambda: patterns.bandwidth_scores(net(), SEEN, [INF]), "bandwidths .*inf",
    ),
    "one bandwidth by itself": (
        lambda: patterns.bandwidth_scores(net(), SEEN, 80.0), r"bandwidths .*80\.0",
    ),
    "a graph for lines": (
        lambda: network.from_lines(GRAPH), r"lines is MultiDiGraph.*osmnx\.graph_to_gdfs",
    ),
    "a graph for roads": (
        lambda: chance.reporting_effort(GRAPH), r"roads is MultiDiGraph.*graph_to_gdfs",
    ),
    "hotspots on a graph": (lambda: hotspots.find(GRAPH, SEEN), r"MultiDiGraph.*graph_to_gdfs"),
    "nearness to a graph": (
        lambda: corridors.proximity(SEEN, {"street": GRAPH}), r"MultiDiGraph.*graph_to_gdfs",
    ),
    "a density on a graph": (
        lambda: patterns.estimate_density(GRAPH, SEEN, 80.0, 50.0),
        r"network is MultiDiGraph.*Fix: .*from_lines.*graph_to_gdfs",
    ),
    "a density on lines": (
        lambda: patterns.estimate_density(STREET, SEEN, 80.0, 50.0),
        r"network is GeoDataFrame.*Fix: network = geo\.network\.from_lines",
    ),
    "lixels on lines": (lambda: network.lixelize(STREET, 50.0), "network is GeoDataFrame"),
    "effort on a graph": (
        lambda: chance.effort_per_metre(GRAPH, chance.on_network(STREET, n=100)),
        "network is MultiDiGraph",
    ),
    "a study of a frame": (
        lambda: study.run(SEEN), r"data is GeoDataFrame, no StudyData\. Fix: data = ",
    ),
    "a study of a text": (lambda: study.run("study"), "data is str, no StudyData"),
    "a parameter misspelt": (
        lambda: CorridorParams(simulatons=99), "no such key. Did you mean simulations",
    ),
    "a parameter misspelt in a table": (
        lambda: Params(corridors={"simulatons": 99}), "Did you mean simulations",
    ),
    "a table misspelt": (lambda: Params(coridors={}), "Did you mean corridors"),
    "a parameter misspelt in a list": (
        lambda: Params(patrols={"shifts": [{"name": "a", "strat": "18:00", "end": "20:00"}]}),
        "Did you mean start",
    ),
    "World Mercator": (
        in_crs("EPSG:3395"), r"EPSG:3395.*36\.\d % too long where it lies.*Fix: .*EPSG:9141",
    ),
    "UTM three zones away": (in_crs("EPSG:32631"), r"EPSG:32631.*2\.\d % too long"),
    "UTM two zones away": (in_crs("EPSG:32632"), r"EPSG:32632.*1\.\d % too long"),
    "weights of a frame": (
        lambda: corridors.weigh(SEEN, [1, 2]), r"near is GeoDataFrame, no Proximity\. Fix: near = ",
    ),
    "a weight too few": (lambda: corridors.weigh(near(), [1]), r"weights has shape \(1,\).*Fix"),
    "weights of words": (
        lambda: corridors.weigh(near(), ["many", "few"]), r"weights is no list of numbers.*Fix",
    ),
    "no permutation": (
        lambda: corridors.weigh(near(), [1, 2], simulations=0), r"simulations is 0\. Fix",
    ),
    "one radius by itself": (
        lambda: hotspots.find_heavier(STREET, SEEN, [1, 2], 500), r"radii_m is 500\. Fix: radii",
    ),
    "a radius of words": (
        lambda: hotspots.find_heavier(STREET, SEEN, [1, 2], "500"), r"radii_m is '500'\. Fix",
    ),
    "heavier on no lines": (
        lambda: hotspots.find_heavier(None, SEEN, [1, 2]), r"no layer was given.*Fix",
    ),
    "a correction in capitals": (
        lambda: patterns.k_function(net(), SEEN, [50.0], "Ang"), r"correction 'Ang'.*Fix: 'none'",
    ),
    "a list of points": (
        lambda: patterns.k_function(net(), [Point(0, 0)], [50.0]),
        r"positions is list.*Fix: positions = geopandas\.GeoSeries",
    ),
    "weights of K that are words": (
        lambda: patterns.k_function(net(), SEEN, [50.0], weights=["a", "b"]), r"weights is no list",
    ),
    "a level above 1": (
        lambda: patterns.k_envelopes(net(), SEEN, [50.0], level=2), r"level is 2.*Fix: level=0\.05",
    ),
    "too few simulations": (
        lambda: patterns.k_envelopes(net(), SEEN, [50.0], simulations=3), r"cannot reach.*Fix",
    ),
    "a bandwidth of words": (
        lambda: patterns.estimate_density(net(), SEEN, "80", 50.0), r"sigma_m is '80'.*Fix: sigma",
    ),
    "a bandwidth too many": (
        lambda: patterns.estimate_density(net(), SEEN, [80, 80, 80], 50.0), r"one for each of 2",
    ),
    "an estimator misspelt": (
        lambda: patterns.estimate_density(net(), SEEN, 80, 50.0, "kde"), r"unknown.*Fix: 'heat'",
    ),
    "a kernel misspelt": (
        lambda: patterns.estimate_density(net(), SEEN, 80, 50.0, "esc", "gauss"), r"unknown.*Fix",
    ),
    "a lixel of nothing": (lambda: network.lixelize(net(), 0), r"lixel_m is 0.*Fix: lixel_m=50"),
    "a bandwidth of a surface by itself": (
        lambda: hotspots.planar_density(SEEN, 250.0), r"bandwidths_m is 250\.0\. Fix",
    ),
    "a dictionary for parameters": (
        lambda: hotspots.find(STREET, SEEN, params={"seed": 1}, uncertainty_m=0),
        r"params is dict, no HotspotParams\. Fix: params = geo\.params\.HotspotParams\(",
    ),
    "a dictionary for parameters of corridors": (
        lambda: corridors.compare_with_chance(SEEN, STREETS, params={"seed": 1}),
        r"params is dict, no CorridorParams\. Fix",
    ),
    "effort that is a layer": (
        lambda: hotspots.find(STREET, SEEN, effort=STREET, uncertainty_m=0),
        r"effort is GeoDataFrame, no Null\. Fix: effort = geo\.chance\.reporting_effort",
    ),
    "effort of corridors that is a layer": (
        lambda: corridors.compare_with_chance(SEEN, STREETS, effort=STREET), r"no Null\. Fix",
    ),
    "an uncertainty of words": (
        lambda: corridors.proximity(SEEN, STREETS, uncertainty_m="5"), r"is the text '5'\. Fix",
    ),
    "fewer sightings than none": (
        lambda: corridors.lowest_share_if_all_agree(-1), r"n is -1\. Fix: the number",
    ),
    "points to snap that are a text": (lambda: net().snap("a"), r"points is str.*Fix: points = "),
    "a node that is not there": (lambda: net().distances([99]), r"from 0 to 1; found 99.*Fix"),
    "points in place of positions": (lambda: net().insert(SEEN), r"Fix: positions = network\.snap"),
    "a track without times": (
        lambda: presence.match(net(), STREET), r"track 0 has no third coordinate.*Fix",
    ),
    "sightings without a kind": (
        lambda: geo.sightings.events_of(SEEN), r"no column kind, relates_to; .*Fix: sightings = ",
    ),
    "records without an id": (
        lambda: geo.sightings.coarsen(SEEN, SEEN), r"no column id, kind, uncertainty_m\. Fix",
    ),
    "curves of another length": (
        lambda: chance.envelope(np.zeros(3), np.zeros((99, 4))), r"expected \(k,\).*Fix",
    ),
    "a window of points": (lambda: chance.uniform(SEEN), r"window is MultiPoint.*Fix: window="),
    "fewer places than none": (lambda: chance.on_network(STREET, n=-1), r"n is -1\. Fix: n="),
    "tiles of lines": (
        lambda: list(geo.tiles.partition(STREET, 100.0)), r"network is GeoDataFrame.*Fix",
    ),
    "the ground of a map that is a frame": (
        lambda: maps.explore(SEEN, STREET), r"data is GeoDataFrame, no StudyData\. Fix",
    ),
    "a map that is a text": (lambda: maps.explore(SEEN, m="map"), r"m is str, no Map\. Fix"),
    "a planner of hotspots": (lambda: maps.planner(near(), SEEN), r"findings is Proximity.*Fix"),
    "a plot of another result": (
        lambda: maps.plot.k_test(near()), r"test is Proximity, no KTest\. Fix: test = geo",
    ),
    "axes that are a text": (
        lambda: maps.plot.proximity(near(), "x"), r"ax is str, no Axes\. Fix: ax = matplotlib",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_an_error_that_names_the_value_the_place_and_the_fix(
    case: str,
) -> None:
    call, message = CASES[case]
    with pytest.raises(ValueError, match=message) as caught:
        call()
    origin = type(caught.value).__module__
    assert origin.startswith("geo.") or isinstance(
        caught.value, ValidationError
    )
    assert re.search(r"Fix: |Did you mean", str(caught.value))


def test_there_are_more_than_sixty_mistakes_here() -> None:
    assert len(CASES) + len(FIXED) >= 100


@pytest.mark.parametrize(
    "wrong", [pd.DataFrame({"x": [1.0]}), None, "a layer"], ids=repr
)
def test_a_map_of_what_has_no_places_is_refused(wrong: object) -> None:
    with pytest.raises(
        TypeError, match=rf"{type(wrong).__name__} has no places.*Fix: "
    ):
        maps.explore(wrong)


@pytest.mark.parametrize(
    "crs", [METRIC, "EPSG:32634", "EPSG:32633", "EPSG:32635", "ESRI:102013"]
)
def test_a_crs_that_measures_true_within_half_a_per_cent_is_taken(
    crs: str,
) -> None:
    away = SEEN.translate(3000, -2000)
    true, found = (
        corridors.proximity(
            away.to_crs(c), {"s": STREET.to_crs(c)}, uncertainty_m=0
        ).table
        for c in (METRIC, crs)
    )
    np.testing.assert_allclose(
        found["distance_m"], true["distance_m"], rtol=0.005
    )


@pytest.mark.parametrize(
    "crs", [METRIC, "EPSG:32634", "EPSG:3035", "ESRI:102013"]
)
def test_a_drawing_that_lies_nowhere_is_measured_as_it_is_drawn(
    crs: str,
) -> None:
    drawn = gpd.GeoSeries([LineString([(0, 0), (3000, 0)])], crs=crs)
    assert require_metric(lines=drawn) == drawn.crs


def test_a_layer_that_reaches_too_far_from_its_zone_is_refused_where_it_is_worst() -> (
    None
):
    wide = gpd.GeoSeries.from_xy([21.0, 35.0], [42.0, 42.0], crs=WGS84).to_crs(
        "EPSG:32634"
    )
    with pytest.raises(CRSError, match=r"1\.\d % too long"):
        require_metric(points=wide)


# A fix that is offered is applied, and then the call works.


def line(x: float) -> LineString:
    with np.errstate(invalid="ignore"):
        return LineString([(0, 0), (x, 5), (9, 9)])


WRONG_POINTS = {
    "not a number": [Point(NAN, NAN), Point(0, 0)],
    "without an end": [Point(INF, 0), Point(0, 0)],
    "several in one": [MultiPoint([(1, 1), (2, 2)]), Point(0, 0)],
    "nothing": [None, Point(0, 0)],
    "empty": [Point(), Point(0, 0)],
    "a line": [LineString([(0, 0), (9, 9)]), Point(0, 0)],
    "an area": [shapely.box(0, 0, 900, 900), Point(0, 0)],
}
WRONG_LINES = {
    "not a number": [line(NAN), LineString([(0, 0), (900, 0)])],
    "without an end": [line(INF), LineString([(0, 0), (900, 0)])],
    "nothing": [None, LineString([(0, 0), (900, 0)])],
    "empty": [LineString(), LineString([(0, 0), (900, 0)])],
    "an area": [shapely.box(0, 0, 900, 900), LineString([(0, 0), (900, 0)])],
    "a point": [Point(0, 0), LineString([(0, 0), (900, 0)])],
}  # fmt: skip


def mended(error: ValueError, **names: Any) -> dict[str, Any]:
    """Apply what an error says is the fix, and return the names anew."""
    found = re.search(r"Fix: (.*)", str(error), re.DOTALL)
    assert found is not None, error
    scope = {
        "gpd": gpd,
        "geopandas": gpd,
        "shapely": shapely,
        "np": np,
        **names,
    }
    exec(found[1], scope)
    return scope


@pytest.mark.parametrize("series", [False, True], ids=["frame", "series"])
@pytest.mark.parametrize("what", WRONG_POINTS)
def test_the_fix_for_wrong_points_works(what: str, series: bool) -> None:
    rows = gpd.GeoDataFrame(
        {"note": ["x", "y"]}, geometry=WRONG_POINTS[what], crs=METRIC
    )
    street = gpd.GeoSeries([LineString([(0, 0), (900, 0)])], crs=METRIC)
    given = rows.geometry if series else rows
    with pytest.raises(
        network.GeometryError, match="row 0 of points holds"
    ) as caught:
        corridors.proximity(given, {"street": street})
    points = mended(caught.value, points=given)["points"]
    assert (
        corridors.proximity(points, {"street": street})
        .table["distance_m"]
        .notna()
        .all()
    )


@pytest.mark.parametrize("series", [False, True], ids=["frame", "series"])
@pytest.mark.parametrize("what", WRONG_LINES)
def test_the_fix_for_wrong_lines_works(what: str, series: bool) -> None:
    rows = gpd.GeoDataFrame(
        {"note": ["x", "y"]}, geometry=WRONG_LINES[what], crs=METRIC
    )
    given = rows.geometry if series else rows
    for call in (
        network.from_lines,
        lambda lines: corridors.proximity(SEEN, {"a": lines}),
    ):
        with pytest.raises(
            (network.GeometryError, network.NetworkError), match="row 0"
        ) as caught:
            call(given)
        call(mended(caught.value, lines=given)["lines"])


FIXED: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "degrees": (lambda s: require_metric(layer=s["layer"]), {"layer": mislabelled(SEEN)}),
    "latitude first": (
        lambda s: require_metric(layer=s["layer"]), {"layer": latitude_first(SEEN)},
    ),
    "latitude first, a series": (
        lambda s: require_metric(layer=s["layer"]), {"layer": latitude_first(SEEN).geometry},
    ),
    "Mercator": (lambda s: require_metric(layer=s["layer"]), {"layer": SEEN.to_crs("EPSG:3395")}),
    "far UTM": (lambda s: require_metric(layer=s["layer"]), {"layer": SEEN.to_crs("EPSG:32631")}),
    "window": (lambda s: chance.uniform(s["window"]), {"window": DEGREES}),
    "polygon": (lambda s: chance.uniform(s["window"]), {"window": shapely.box(*DEGREES)}),
    "ids": (
        lambda s: corridors.proximity(s["sightings"], STREETS), {"sightings": SEEN.assign(id="a")},
    ),
    "labels": (
        lambda s: corridors.proximity(s["sightings"], STREETS),
        {"sightings": SEEN.set_axis([7, 7])},
    ),
    "sites": (
        lambda s: access.minutes_to_sites(STREET, SEEN, s["sites"]), {"sites": SEEN.copy()},
    ),
    "sites twice": (
        lambda s: access.minutes_to_sites(STREET, SEEN, s["sites"]), {"sites": SEEN.assign(id="a")},
    ),
    "network": (
        lambda s: patterns.k_function(s["network"], SEEN, [50.0]), {"network": STREET},
    ),
    "a dictionary": (
        lambda s: hotspots.find(STREET, SEEN, params=s["params"], uncertainty_m=0),
        {"params": {"simulations": 19, "draws": 1}},
    ),
    "a list of points": (
        lambda s: patterns.k_function(s["network"], s["positions"], [50.0]),
        {"network": net(), "positions": [*SEEN.geometry]},
    ),
    "points for positions": (
        lambda s: s["network"].insert(s["positions"]), {"network": net(), "positions": SEEN},
    ),
    "nearness": (
        lambda s: corridors.weigh(s["near"], [1, 2], simulations=9),
        {"near": SEEN, "sightings": SEEN, "corridors": STREETS},
    ),
    "effort": (
        lambda s: hotspots.find(STREET, SEEN, params=SCAN, effort=s["effort"], uncertainty_m=0),
        {"effort": STREET, "roads": STREET},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FIXED)
def test_the_fix_for_anything_else_works(what: str) -> None:
    call, names = FIXED[what]
    with pytest.raises(ValueError, match="Fix: ") as caught:
        call(names)
    call(mended(caught.value, **names, geo=__import__("geo")))


def test_degrees_with_latitude_first_come_back_to_their_places() -> None:
    layer = latitude_first(SEEN)
    with pytest.raises(ValueError, match="latitude first") as caught:
        require_metric(layer=layer)
    assert (
        mended(caught.value, layer=layer)["layer"].distance(SEEN).max() < 1e-3
    )


def test_the_fix_for_a_graph_works() -> None:
    """The edges of a graph as osmnx makes it."""
    graph = nx.MultiDiGraph(crs=WGS84)
    graph.add_node(1, x=20.86, y=42.88)
    graph.add_node(2, x=20.89, y=42.91)
    graph.add_edge(
        1, 2, 0, geometry=LineString([(20.86, 42.88), (20.89, 42.91)])
    )
    import osmnx

    for name, call in (
        ("lines", network.from_lines),
        ("network", lambda graph: patterns.k_function(graph, SEEN, [50.0])),
    ):
        with pytest.raises(ValueError, match="graph_to_gdfs") as caught:
            call(graph)
        scope = mended(
            caught.value, osmnx=osmnx, geo=__import__("geo"), **{name: graph}
        )
        call(scope[name])


def test_the_fix_for_a_study_of_a_frame_works() -> None:
    with pytest.raises(ValueError, match="no StudyData") as caught:
        study.run(SEEN)
    scope = mended(caught.value, readers=readers, layers=__import__("layers"))
    assert metric_crs(scope["data"].boundary) == METRIC
