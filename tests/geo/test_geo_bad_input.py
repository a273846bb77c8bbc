"""What a notebook may give by mistake: an error with the value, the place and a fix that works."""

from __future__ import annotations

import copy
import re
from typing import Any

import folium
import geopandas as gpd
import matplotlib
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError
from shapely import LineString, MultiPoint, Point
from studies.quick import quick

import geo
import layers
import maps
from geo import corridors, network, schema
from geo.crs import CRSError, require_metric
from geo.params import CorridorParams, HotspotParams
from geo.schema import METRIC, WGS84
from layers.readers import bundled

NAN, INF = float("nan"), float("inf")
PLANE = CorridorParams(simulations=19)
EVEN = geo.chance.uniform((-1000.0, -1000.0, 5000.0, 5000.0), n=1000)
SCAN = HotspotParams(simulations=19)
SEEN = gpd.GeoDataFrame(
    geometry=gpd.points_from_xy([20.87, 20.88], [42.89, 42.9]), crs=WGS84
).to_crs(METRIC)
STREET = gpd.GeoDataFrame(
    geometry=[LineString([(20.86, 42.88), (20.89, 42.91)])], crs=WGS84
).to_crs(METRIC)
STREETS = {"street": STREET}
DEGREES = (20.5, 42.5, 21.2, 43.2)


def mislabelled(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in degrees that says it is in metres."""
    return layer.to_crs(WGS84).set_crs(METRIC, allow_override=True)


def latitude_first(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer in degrees, latitude first, that says it is in metres."""
    degrees = mislabelled(layer)
    return degrees.set_geometry(degrees.transform(lambda xy: xy[:, ::-1]))


def line(x: float) -> LineString:
    with np.errstate(invalid="ignore"):
        return LineString([(0, 0), (x, 5), (9, 9)])


GRAPH = nx.MultiDiGraph(crs=WGS84)
"""A street as osmnx returns it."""
GRAPH.add_node(1, x=20.86, y=42.88)
GRAPH.add_node(2, x=20.89, y=42.91)
GRAPH.add_edge(1, 2, 0, geometry=STREET.to_crs(WGS84).geometry[0])
NET = network.from_lines(STREET)
NEAR = corridors.proximity(SEEN, STREETS, uncertainty_m=0)
RECORD = {
    "id": "r1",
    "kind": "corridor_observation",
    "relates_to": "night",
    "uncertainty_m": 250.0,
    "geometry": SEEN.geometry[0],
}
RECORDS = schema.RECORDS.geoframe([RECORD], crs=METRIC)
SCOPE: dict[str, Any] = {
    "folium": folium,
    "geo": geo,
    "geopandas": gpd,
    "layers": layers,
    "maps": maps,
    "matplotlib": matplotlib,
    "numpy": np,
    "osmnx": osmnx,
    "shapely": shapely,
    "corridors": STREETS,
    "effort": EVEN,
    "lines": STREET,
    "network": NET,
    "params": SCAN,
    "plane": PLANE,
    "places": schema.PLACES.geoframe(crs=METRIC),
    "positions": SEEN,
    "quick": quick(),
    "r_m": [50.0],
    "records": RECORDS,
    "roads": STREET,
    "sightings": SEEN,
}
"""What an analyst has at hand; each mistake puts something wrong in its place."""

NEAREST = "geo.corridors.proximity(sightings, corridors)"
BANDS = "geo.corridors.proximity(sightings, corridors, bands_m)"
TESTED = "geo.corridors.compare_with_chance(sightings, corridors, effort, params=plane)"
IN_WINDOW = (
    "geo.corridors.compare_with_chance(sightings, corridors, effort, window, plane)"
)
SPOTS = "geo.hotspots.find(lines, sightings, params=params, uncertainty_m=0)"
SPOTS_BY_EFFORT = SPOTS[:-1] + ", effort=effort)"
WALKED = "geo.access.minutes_to_sites(lines, sightings, sites)"
DENSITY = "geo.patterns.estimate_density(network, positions, sigma_m, 50.0)"
K = "geo.patterns.k_function(network, positions, r_m)"
WEIGHED = "geo.corridors.weigh(near, [1, 2], simulations=9)"
HEAVIER = "geo.hotspots.find_heavier(lines, sightings, [1, 2], radii_m, simulations=9)"
RUN = "geo.study.run(data, quick)"
UNIFORM = "geo.chance.uniform(window)"
WINDOW_IN_DEGREES = r"window .*20\.5, 42\.5.*degrees.*Fix: window = "
ROWS = r"id 'a' stands in rows 0, 1 of {}\. Fix: "
TOO_NARROW = "bands_m .*wider than the one before"

Mistake = tuple[str, dict[str, Any], str] | tuple[str, dict[str, Any], str, str]
"""What is typed; what is wrong in it; what the error says; what its words mean, if no code."""

MISTAKES: dict[str, Mistake] = {
    # Degrees, wrong metres, what has no CRS
    "degrees that say they are metres": (
        NEAREST, {"sightings": mislabelled(SEEN)},
        r"sightings .* 20\.87, .*EPSG:9141.* degrees\. Fix: sightings = sightings\.set_crs",
    ),
    "degrees, latitude first, that say they are metres": (
        NEAREST, {"sightings": latitude_first(SEEN)},
        r"sightings .* 42\.89, 20\.87 .*EPSG:9141.* degrees, latitude first\. Fix: sightings = ",
    ),
    "the same, a series": (
        NEAREST, {"sightings": latitude_first(SEEN).geometry}, r"degrees, latitude first\. Fix: ",
    ),
    "a network of degrees": (
        "geo.network.from_lines(lines)", {"lines": mislabelled(STREET)},
        r"lines .*degrees\. Fix: lines = ",
    ),
    "hotspots on degrees": (SPOTS, {"lines": mislabelled(STREET)}, "lines .*degrees"),
    "a window about degrees": (
        "geo.corridors.window_about(sightings)", {"sightings": mislabelled(SEEN)}, "degrees",
    ),
    "a window in degrees": (IN_WINDOW, {"window": DEGREES}, WINDOW_IN_DEGREES),
    "a polygon in degrees": (IN_WINDOW, {"window": shapely.box(*DEGREES)}, WINDOW_IN_DEGREES),
    "an even null in degrees": (UNIFORM, {"window": DEGREES}, WINDOW_IN_DEGREES),
    "an even null on a polygon in degrees": (
        UNIFORM, {"window": shapely.box(*DEGREES)}, WINDOW_IN_DEGREES,
    ),
    "effort in degrees": (
        "geo.chance.reporting_effort(roads, window=window)", {"window": DEGREES}, WINDOW_IN_DEGREES,
    ),
    "a null on lines in degrees": (
        "geo.chance.on_network(lines, window)", {"window": DEGREES}, WINDOW_IN_DEGREES,
    ),
    "World Mercator": (
        NEAREST, {"sightings": SEEN.to_crs("EPSG:3395")},
        r"EPSG:3395.*36\.\d % too long where it lies.*Fix: .*EPSG:9141",
    ),
    "Web Mercator": (
        NEAREST, {"sightings": SEEN.to_crs("EPSG:3857")}, r"stretched by the latitude.*Fix: ",
        "sightings = sightings.to_crs('EPSG:9141')",
    ),
    "longitude and latitude": (
        NEAREST, {"sightings": SEEN.to_crs(WGS84)}, r"degree.*Fix: .*estimate_utm_crs",
        "sightings = sightings.to_crs('EPSG:9141')",
    ),
    "no CRS": (
        NEAREST, {"sightings": SEEN.to_crs(WGS84).set_crs(None, allow_override=True)},
        r"sightings has no CRS\. Fix: ",
        "sightings = sightings.set_crs('EPSG:4326').to_crs('EPSG:9141')",
    ),
    "UTM three zones away": (
        NEAREST, {"sightings": SEEN.to_crs("EPSG:32631")}, r"EPSG:32631.*2\.\d % too long",
    ),
    "UTM two zones away": (
        NEAREST, {"sightings": SEEN.to_crs("EPSG:32632")}, r"EPSG:32632.*1\.\d % too long",
    ),
    "lines in another CRS": (
        "geo.network.from_lines(lines).snap(points)",
        {"lines": STREET, "points": SEEN.to_crs("EPSG:32634")}, "points is in EPSG:32634 but",
    ),
    "heavier on no lines": (
        "geo.hotspots.find_heavier(lines, sightings, [1, 2], simulations=9)", {"lines": None},
        r"no layer was given.*Fix", "lines = roads",
    ),
    # Windows and places
    "a window without an end": (
        UNIFORM, {"window": (0, 0, INF, 9000)}, r"window .*inf.*Fix: four finite",
        "window = (0, 0, 9000, 9000)",
    ),
    "a window that runs backwards": (
        UNIFORM, {"window": (9000, 9000, 0, 0)}, r"window .*9000, 9000, 0, 0.*Fix: \(x0, y0",
        "window = (0, 0, 9000, 9000)",
    ),
    "a window of points": (
        UNIFORM, {"window": SEEN}, r"window is MultiPoint.*Fix: window = tuple",
    ),
    "a window that is a text": (
        UNIFORM, {"window": "Mitrovica"}, r"window is str.*Fix: window = \(x0, y0",
        "window = (0, 0, 9000, 9000)",
    ),
    "a window that crosses itself": (
        UNIFORM, {"window": shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)])},
        r"window is not valid.*Fix: window = ",
    ),
    "a reach without an end": (
        "geo.corridors.window_about(sightings, reach_m=reach_m)", {"reach_m": INF},
        r"reach_m is inf\. Fix: .*metres", "reach_m = 500.0",
    ),
    "a negative reach": (
        "geo.corridors.window_about(sightings, reach_m=reach_m)", {"reach_m": -1},
        r"reach_m is -1\. Fix: finite metres", "reach_m = 500.0",
    ),
    "fewer than no positions": (
        "geo.chance.uniform((0, 0, 9000, 9000), n=n)", {"n": -5}, r"n is -5\. Fix: n=50_000",
    ),
    "fewer places than none": (
        "geo.chance.on_network(lines, n=n)", {"n": -1}, r"n is -1\. Fix: n=",
    ),
    # Bands
    "a negative band": (BANDS, {"bands_m": (-100.0,)}, r"bands_m .*-100.*Fix: bands_m="),
    "a band of nothing": (BANDS, {"bands_m": (0,)}, r"bands_m .*\(0,\)"),
    "a band without an end": (BANDS, {"bands_m": (INF,)}, "bands_m .*inf"),
    "a band that is no number": (BANDS, {"bands_m": (NAN,)}, "bands_m .*nan"),
    "a band as text": (BANDS, {"bands_m": ("100",)}, "bands_m .*'100'"),
    "a band twice": (BANDS, {"bands_m": (100, 100.0)}, TOO_NARROW),
    "bands that narrow": (BANDS, {"bands_m": (250, 100)}, TOO_NARROW),
    "one band by itself": (BANDS, {"bands_m": 100}, r"bands_m is 100.*Fix: bands_m=\(100,\)"),
    # Rows and columns
    "two points of one id": (
        NEAREST, {"sightings": SEEN.assign(id="a")}, ROWS.format("sightings"),
    ),
    "two points of one label": (
        NEAREST, {"sightings": SEEN.set_axis([7, 7])},
        r"label 7 stands in rows 0, 1 of the index of sightings\. Fix: .*reset_index",
    ),
    "chance on points of one id": (
        TESTED, {"sightings": SEEN.assign(id="a")}, ROWS.format("sightings"),
    ),
    "hotspots of points of one id": (
        SPOTS, {"sightings": SEEN.assign(id="a")}, ROWS.format("sightings"),
    ),
    "sites of one id": (WALKED, {"sites": SEEN.assign(id="a")}, ROWS.format("sites")),
    "sites without an id": (
        WALKED, {"sites": SEEN}, r"sites have no column id, only geometry\. Fix: sites = ",
    ),
    "lines by kind in degrees": (
        NEAREST, {"corridors": {"street": mislabelled(STREET)}},
        r"corridors\['street'\] .*degrees\. Fix: corridors\['street'\] = ",
    ),
    "chance on lines by kind in degrees": (
        TESTED, {"corridors": {"street": mislabelled(STREET)}}, r"corridors\['street'\] .*degrees",
    ),
    "a line without an end": (
        "geo.network.from_lines(lines)",
        {"lines": gpd.GeoSeries([line(INF), LineString([(0, 0), (900, 0)])], crs=METRIC)},
        r"row 0 of lines holds LINESTRING.*Inf.*Fix: lines = ",
    ),
    "sightings without a kind": (
        "geo.sightings.events_of(sightings)", {},
        r"no column kind, relates_to; .*Fix: sightings = ",
    ),
    "records without an id": (
        "geo.sightings.coarsen(records, places)",
        {"records": SEEN},
        r"no column id, kind, uncertainty_m\. Fix: columns as in geo\.schema\.RECORDS",
        "records = geo.schema.RECORDS.geoframe(records.assign("
        "id=['a', 'b'], kind='corridor_observation', uncertainty_m=50.0))",
    ),
    "a track without times": (
        "geo.presence.where_crew_was(roads, tracks)", {"tracks": STREET.geometry},
        r"track 0 has no third coordinate.*Fix: tracks of shapely\.LineString\(\[\(x, y, seconds",
        "tracks = geopandas.GeoSeries([shapely.LineString("
        "[(x, y, 60.0 * k) for k, (x, y) in enumerate(tracks[0].coords)])], crs=tracks.crs)",
    ),
    # Networks and graphs
    "a graph for lines": (
        "geo.network.from_lines(lines)", {"lines": GRAPH},
        r"lines is MultiDiGraph.*osmnx\.graph_to_gdfs",
    ),
    "a graph for roads": (
        "geo.chance.reporting_effort(roads)", {"roads": GRAPH},
        r"roads is MultiDiGraph.*graph_to_gdfs",
    ),
    "hotspots on a graph": (SPOTS, {"lines": GRAPH}, r"MultiDiGraph.*graph_to_gdfs"),
    "nearness to a graph": (
        NEAREST, {"corridors": {"street": GRAPH}},
        r"corridors\['street'\] is MultiDiGraph.*graph_to_gdfs",
    ),
    "nearness to a layer": (
        NEAREST, {"corridors": STREET, "railways": STREET},
        r"corridors is GeoDataFrame; lines by kind.*Fix: corridors = ",
    ),
    "nearness to nothing": (
        NEAREST, {"corridors": None, "railways": STREET}, "corridors is NoneType.*Fix: corridors",
    ),
    "a density on a graph": (
        DENSITY, {"network": GRAPH, "sigma_m": 80.0},
        r"network is MultiDiGraph.*Fix: .*from_lines.*graph_to_gdfs",
    ),
    "a density on lines": (
        DENSITY, {"network": STREET, "sigma_m": 80.0},
        r"network is GeoDataFrame.*Fix: network = geo\.network\.from_lines",
    ),
    "K on lines": (K, {"network": STREET}, "network is GeoDataFrame"),
    "K on a graph": (K, {"network": GRAPH}, "network is MultiDiGraph"),
    "lixels on lines": (
        "geo.network.lixelize(network, 50.0)", {"network": STREET}, "network is GeoDataFrame",
    ),
    "tiles of lines": (
        "list(geo.tiles.partition(network, 100.0))", {"network": STREET},
        r"network is GeoDataFrame.*Fix",
    ),
    "effort on a graph": (
        "geo.chance.effort_per_metre(network, geo.chance.on_network(roads, n=100))",
        {"network": GRAPH}, "network is MultiDiGraph",
    ),
    "a node that is not there": (
        "network.distances(sources)", {"sources": [99], "points": SEEN},
        r"from 0 to 1; found 99.*Fix: network, sources = ",
    ),
    "points in place of positions": (
        "network.insert(positions)", {}, r"Fix: positions = network\.snap",
    ),
    "a list of points": (
        K, {"positions": [*SEEN.geometry]},
        r"positions is list.*Fix: positions = geopandas\.GeoSeries",
    ),
    "points to snap that are a list": (
        "network.snap(points)", {"points": [*SEEN.geometry]}, r"points is list.*Fix: points = ",
    ),
    "points to snap that are a text": (
        "network.snap(points)", {"points": SEEN.to_crs(WGS84).to_json()},
        r"points is str.*Fix: points = geopandas\.read_file",
    ),
    # Lengths
    "a bandwidth without an end": (
        DENSITY, {"sigma_m": INF}, r"bandwidth inf m\. Fix: .*in metres, above 0", "sigma_m = 80.0",
    ),
    "an equal split without an end": (
        DENSITY[:-1] + ", 'esc')", {"sigma_m": INF}, "bandwidth inf m", "sigma_m = 80.0",
    ),
    "a bandwidth of words": (DENSITY, {"sigma_m": "80"}, r"sigma_m is '80'.*Fix: sigma"),
    "a bandwidth too many": (DENSITY, {"sigma_m": [80, 80, 80]}, "one for each of 2"),
    "a bandwidth an event for equal split": (
        DENSITY[:-1] + ", estimator)", {"sigma_m": [80, 90], "estimator": "esc"},
        r"one bandwidth for all events.*Fix: estimator='heat'",
    ),
    "a lixel without an end": (
        "geo.patterns.estimate_density(network, positions, 80.0, lixel_m)", {"lixel_m": INF},
        "lixel_m is inf",
    ),
    "a lixel of nothing": (
        "geo.network.lixelize(network, lixel_m)", {"lixel_m": 0}, r"lixel_m is 0.*Fix: lixel_m=50",
    ),
    "a distance without an end": (K, {"r_m": [50.0, INF]}, r"r_m is \[50\.0, inf\].*Fix"),
    "a distance that is no number": (K, {"r_m": [NAN]}, "r_m is .*nan"),
    "one distance by itself": (K, {"r_m": 10.0}, r"r_m is 10\.0.*Fix: r_m=\[10\.0\]"),
    "bandwidths without an end": (
        "geo.patterns.bandwidth_scores(network, positions, sigmas_m)", {"sigmas_m": [INF]},
        "bandwidths .*inf",
    ),
    "one bandwidth by itself": (
        "geo.patterns.bandwidth_scores(network, positions, sigmas_m)", {"sigmas_m": 80.0},
        r"bandwidths .*80\.0",
    ),
    "a bandwidth of a surface by itself": (
        "geo.hotspots.planar_density(sightings, bandwidths_m)", {"bandwidths_m": 250.0},
        r"bandwidths_m is 250\.0\. Fix",
    ),
    "a bandwidth of a surface below 0": (
        "geo.hotspots.planar_density(sightings, bandwidths_m)", {"bandwidths_m": [-250.0]},
        r"found -250\. Fix: bandwidths_m=",
    ),
    "a cell of a surface of nothing": (
        "geo.hotspots.planar_density(sightings, [250.0], cell_m=cell_m)", {"cell_m": 0.0},
        r"cell_m is 0\. Fix: cell_m=50",
    ),
    "one radius by itself": (HEAVIER, {"radii_m": 500}, r"radii_m is 500\. Fix: radii"),
    "a radius of words": (HEAVIER, {"radii_m": "500"}, r"radii_m is '500'\. Fix"),
    "radii that narrow": (HEAVIER, {"radii_m": [500, 250]}, r"rising order\. Fix: radii_m="),
    "an uncertainty of words": (
        NEAREST[:-1] + ", uncertainty_m=uncertainty_m)", {"uncertainty_m": "5"},
        r"is the text '5'\. Fix: metres, as 50\.0", "uncertainty_m = 50.0",
    ),
    # Names of methods, weights, numbers of draws
    "a correction in capitals": (
        K[:-1] + ", correction)", {"correction": "Ang"}, r"correction 'Ang'.*Fix: .*'none'",
        "correction = 'ang'",
    ),
    "an estimator misspelt": (
        DENSITY[:-1] + ", estimator)", {"sigma_m": 80, "estimator": "kde"},
        r"unknown.*Fix: estimator='heat'",
    ),
    "a kernel misspelt": (
        DENSITY[:-1] + ", 'esc', kernel)", {"sigma_m": 80, "kernel": "gauss"},
        r"unknown.*Fix: kernel=",
    ),
    "a weight too few": (
        "geo.corridors.weigh(near, weights, simulations=9)", {"near": NEAR, "weights": [1]},
        r"weights has shape \(1,\).*Fix: one number for each event", "weights = [1, 2]",
    ),
    "weights of words": (
        "geo.corridors.weigh(near, weights, simulations=9)",
        {"near": NEAR, "weights": ["many", "few"]}, r"weights is no list of numbers.*Fix",
        "weights = [9, 1]",
    ),
    "weights of K that are words": (
        K[:-1] + ", weights=weights)", {"weights": ["a", "b"]}, r"weights is no list",
        "weights = [9, 1]",
    ),
    "a weight below 0": (
        K[:-1] + ", weights=weights)", {"weights": [-1, 1]}, r"-1\.0 at position 0.*or give it 0",
        "weights = [0, 1]",
    ),
    "weights with nulls": (
        "geo.patterns.k_envelopes(network, positions, r_m, simulations=19, nulls=nulls, "
        "weights=weights)",
        {"weights": [9, 1], "nulls": {"even": geo.chance.on_network(STREET)}},
        "with weights events stay where they are.*Fix: leave out nulls", "nulls = None",
    ),
    "no permutation": (
        "geo.corridors.weigh(near, [1, 2], simulations=simulations)",
        {"near": NEAR, "simulations": 0}, r"simulations is 0\. Fix",
    ),
    "a level above 1": (
        "geo.patterns.k_envelopes(network, positions, r_m, simulations=19, level=level)",
        {"level": 2}, r"level is 2.*Fix: level=0\.05",
    ),
    "too few simulations": (
        "geo.patterns.k_envelopes(network, positions, r_m, simulations=simulations)",
        {"simulations": 3}, r"cannot reach.*Fix",
    ),
    "curves of another length": (
        "geo.chance.envelope(numpy.zeros(3), simulated)", {"simulated": np.zeros((99, 4))},
        r"expected \(k,\).*Fix: simulated = simulated\.T, or curves of as many values",
        "simulated = numpy.zeros((99, 3))",
    ),
    "curves that lie": (
        "geo.chance.envelope(numpy.zeros(3), simulated)", {"simulated": np.zeros((3, 99))},
        r"expected \(k,\).*Fix: simulated = simulated\.T", "simulated = simulated.T",
    ),
    # One result in place of another
    "a study of a frame": (
        RUN, {"data": SEEN}, r"data is GeoDataFrame, no StudyData\. Fix: data = ",
    ),
    "a study of a text": (RUN, {"data": "study"}, "data is str, no StudyData"),
    "a parameter misspelt": (
        "geo.params.CorridorParams(simulatons=99)", {}, "no such key. Did you mean simulations",
    ),
    "a parameter misspelt in a table": (
        "geo.params.Params(corridors={'simulatons': 99})", {}, "Did you mean simulations",
    ),
    "a table misspelt": ("geo.params.Params(coridors={})", {}, "Did you mean corridors"),
    "a parameter misspelt in a list": (
        "geo.params.Params(patrols={'shifts': [{'name': 'a', 'strat': '18:00', 'end': '20:00'}]})",
        {}, "Did you mean start",
    ),
    "weights of a frame": (WEIGHED, {"near": SEEN}, r"near is GeoDataFrame, no Proximity\. Fix: "),
    "a dictionary for parameters": (
        SPOTS, {"params": {"simulations": 19}},
        r"params is dict, no HotspotParams\. Fix: params = geo\.params\.HotspotParams\(",
    ),
    "a dictionary for parameters of corridors": (
        TESTED.replace("plane", "params"), {"params": {"simulations": 19}},
        r"params is dict, no CorridorParams\. Fix",
    ),
    "effort that is a layer": (
        SPOTS_BY_EFFORT, {"effort": STREET},
        r"effort is GeoDataFrame, no Null\. Fix: effort = geo\.chance\.reporting_effort",
    ),
    "effort of corridors that is a layer": (
        TESTED, {"effort": STREET}, r"no Null\. Fix",
    ),
    "the ground of a map that is a frame": (
        "maps.explore(sightings, data)", {"data": STREET},
        r"data is GeoDataFrame, no StudyData\. Fix",
    ),
    "a map that is a text": (
        "maps.explore(sightings, m=m)", {"m": "map", "other": STREET}, r"m is str, no Map\. Fix",
    ),
    "a title for a map that is there": (
        "maps.explore(sightings, m=m, title=title)", {"m": folium.Map(), "title": "Seen"},
        "title is that of a new map.*or leave it out", "title = ''",
    ),
    "a planner of hotspots": (
        "maps.planner(findings, data)", {"findings": NEAR},
        r"findings is Proximity.*Fix: findings = geo\.study\.run\(data\)",
    ),
    "a plot of another result": (
        "maps.plot.k_test(test)", {"test": NEAR}, r"test is Proximity, no KTest\. Fix: test = geo",
    ),
    "a plot of nearness of a frame": (
        "maps.plot.proximity(near)", {"near": SEEN}, r"near is GeoDataFrame, no Proximity\. Fix",
    ),
    "a plot of tests of nearness": (
        "maps.plot.curves(tests)", {"tests": NEAR}, r"tests is Proximity, no CorridorTests\. Fix",
    ),
    "a plot of hotspots of lines": (
        "maps.plot.hotspots(found)", {"found": STREET}, r"found is GeoDataFrame, no Hotspots\. Fix",
    ),
    "axes that are a text": (
        "maps.plot.proximity(near, ax)", {"near": NEAR, "ax": "x"},
        r"ax is str, no Axes\. Fix: ax = matplotlib",
    ),
}  # fmt: skip


def the_fix_of(error: ValueError, typed: str, in_words: str) -> tuple[str, str]:
    """Return what an error says to type first, and what to type then."""
    misspelt = re.search(r"(\w+)\n\s+There is no.*mean (\w+)\?", str(error))
    if misspelt:
        return "", typed.replace(*misspelt.groups())
    found = re.search(r"Fix: (.*)", str(error), re.DOTALL)
    assert found is not None, error
    return in_words or found[1], typed


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_an_error_whose_fix_works(case: str, town: None) -> None:
    """It names the value, the place and the fix, which is typed; then the same line works."""
    typed, wrong, message, *in_words = MISTAKES[case]
    scope = SCOPE | copy.deepcopy(wrong)
    if case == "a planner of hotspots":
        scope["data"] = bundled.study_data()
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)) as caught:
        eval(typed, scope)
    origin = type(caught.value).__module__
    assert origin.startswith("geo.") or isinstance(caught.value, ValidationError)
    fix, typed = the_fix_of(caught.value, typed, "".join(in_words))
    exec(fix, scope)
    eval(typed, scope)
    plt.close("all")


def test_there_are_more_than_a_hundred_mistakes_here() -> None:
    assert len(MISTAKES) > 100


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
def test_a_crs_that_measures_true_within_half_a_per_cent_is_taken(crs: str) -> None:
    away = SEEN.translate(3000, -2000)
    true, found = (
        corridors.proximity(
            away.to_crs(c), {"s": STREET.to_crs(c)}, uncertainty_m=0
        ).table
        for c in (METRIC, crs)
    )
    np.testing.assert_allclose(found["distance_m"], true["distance_m"], rtol=0.005)


@pytest.mark.parametrize("crs", [METRIC, "EPSG:32634", "EPSG:3035", "ESRI:102013"])
def test_a_drawing_that_lies_nowhere_is_measured_as_it_is_drawn(crs: str) -> None:
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
    scope = {"gpd": gpd, "geopandas": gpd, "shapely": shapely, "np": np, **names}
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
    with pytest.raises(network.GeometryError, match="row 0 of points holds") as caught:
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


def test_degrees_with_latitude_first_come_back_to_their_places() -> None:
    layer = latitude_first(SEEN)
    with pytest.raises(ValueError, match="latitude first") as caught:
        require_metric(layer=layer)
    assert mended(caught.value, layer=layer)["layer"].distance(SEEN).max() < 1e-3
