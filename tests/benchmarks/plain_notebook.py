"""The yardstick: the thin study as an analyst would write it in a notebook.

Reads the core extract, measures corridor proximity, finds hotspots on the network and lays
patrol routes, once with osmnx, networkx, geopandas and scipy in the usual way, once with the
toolkit; prints both times and their ratio, and the time of the toolkit's whole study.  The two
do the same work, but the plain one takes buffers of 64 segments for exact probabilities, a kernel
of path distance for one that conserves mass and for a scan against reporting effort, and greedy
insertion for a solver.

    python tests/benchmarks/plain_notebook.py [EXTRACT.osm.pbf]
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
from figures import seconds, show
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Point
from shapely.ops import linemerge, substring

DATA = Path(__file__).parents[2] / "layers" / "data"
CORE = Path(__file__).parents[3] / "shared" / "data" / "osm" / "mitrovica_core.osm.pbf"
MAIN = ["motorway", "trunk", "primary", "secondary"]
MAIN += [f"{kind}_link" for kind in MAIN]
FOOT = ["footway", "path", "pedestrian", "steps", "track", "cycleway", "bridleway"]
SKIP = [
    "construction",
    "proposed",
    "services",
    "rest_area",
    "raceway",
    "platform",
    "bus_stop",
]
KPH = {"motorway": 100, "trunk": 75, "primary": 60, "secondary": 50, "tertiary": 40}
KPH |= {f"{kind}_link": kph for kind, kph in KPH.items()}
KPH |= {
    "unclassified": 30,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "road": 25,
}
BANDS_M = [50, 100, 250, 500]
SIGMA_M, LIXEL_M, REACH_M = 250, 50, 1000


def read(extract):
    """Read the ways, sightings, places and outline, in metres."""
    ways = gpd.read_file(extract, layer="lines", engine="pyogrio")
    ways = ways[~ways["highway"].isin(SKIP)].to_crs(9141)
    ways["oneway"] = ways["other_tags"].fillna("").str.contains('"oneway"=>"yes"')
    ways["ref"] = ways["other_tags"].fillna("").str.extract('"ref"=>"([^"]*)"')[0]
    tables = []
    for name in ("sightings.csv", "places.csv"):
        rows = pd.read_csv(DATA / name)
        points = gpd.points_from_xy(rows["lon"], rows["lat"], crs=4326)
        tables.append(gpd.GeoDataFrame(rows, geometry=points).to_crs(9141))
    sightings = tables[0][tables[0]["kind"] == "sighting"]
    outline = gpd.read_file(DATA / "boundary.geojson").to_crs(9141).union_all()
    return ways, sightings, tables[1], outline


def proximity(ways, sightings):
    """Measure distance, nearest feature and the probability of lying within each band."""
    road = ways[ways["highway"].notna()]
    rail = ways[ways["railway"].isin(["rail", "disused", "abandoned", "narrow_gauge"])]
    kinds = {
        "railway": rail,
        "main_road": road[road["highway"].isin(MAIN)],
        "road_or_path": road,
        "river": ways[ways["waterway"] == "river"],
    }
    results = []
    for kind, lines in kinds.items():
        near = gpd.sjoin_nearest(sightings, lines, distance_col="distance_m")
        near = near[~near.index.duplicated()]
        result = near[["id", "distance_m", "name"]].assign(kind=kind)
        for band in BANDS_M:
            for i, sighting in sightings.iterrows():
                disc = sighting.geometry.buffer(sighting["uncertainty_m"], 64)
                close = lines[lines.intersects(disc.buffer(band))]
                covered = close.buffer(band, 64).union_all().intersection(disc).area
                result.loc[i, f"p_{band}m"] = covered / disc.area
        results.append(result)
    return pd.concat(results)


def graph_of(ways, directed):
    """Build a networkx graph, split where ways share a vertex."""
    uses = {}
    for line in ways.geometry:
        for xy in line.coords:
            uses[xy] = uses.get(xy, 0) + 1
    graph = nx.MultiDiGraph(crs="EPSG:9141")
    for way in ways.itertuples():
        xy = list(way.geometry.coords)
        cuts = [i for i, p in enumerate(xy) if i in (0, len(xy) - 1) or uses[p] > 1]
        for a, b in itertools.pairwise(cuts):
            line = LineString(xy[a : b + 1])
            kph = KPH.get(way.highway, 5)
            edge = {
                "length": line.length,
                "geometry": line,
                "time": line.length / kph * 3.6,
            }
            edge["road"] = way.ref or way.name
            graph.add_node(xy[a], x=xy[a][0], y=xy[a][1])
            graph.add_node(xy[b], x=xy[b][0], y=xy[b][1])
            graph.add_edge(xy[a], xy[b], **edge)
            if not (directed and way.oneway):
                graph.add_edge(xy[b], xy[a], **{**edge, "geometry": line.reverse()})
    return graph


def hotspots(ways, sightings, places):
    """Sum a Gaussian kernel of network distance on lixels and join those above half the peak."""
    walked = ways[ways["highway"].notna() | ways["railway"].notna()]
    graph = graph_of(walked, directed=False)
    found = ox.distance.nearest_edges(graph, sightings.geometry.x, sightings.geometry.y)
    density = {}
    for (u, v, key), point in zip(found, sightings.geometry, strict=True):
        line = graph.edges[u, v, key]["geometry"]
        offset = line.project(point)
        near_u = nx.single_source_dijkstra_path_length(
            graph, u, REACH_M, weight="length"
        )
        near_v = nx.single_source_dijkstra_path_length(
            graph, v, REACH_M, weight="length"
        )
        reach = {n: d + offset for n, d in near_u.items()}
        for n, d in near_v.items():
            reach[n] = min(reach.get(n, np.inf), d + line.length - offset)
        for a, b, k, edge in graph.edges(keys=True, data=True):
            if a > b or (a not in reach and b not in reach):
                continue
            length = edge["length"]
            for start in np.arange(0, length, LIXEL_M):
                end = min(start + LIXEL_M, length)
                middle = (start + end) / 2
                d = min(
                    reach.get(a, np.inf) + middle,
                    reach.get(b, np.inf) + length - middle,
                )
                if {a, b} == {u, v} and k == key:
                    d = min(d, abs(middle - offset))
                value = np.exp(-((d / SIGMA_M) ** 2) / 2) / (
                    SIGMA_M * np.sqrt(2 * np.pi)
                )
                cell = (a, b, k, start, end)
                density[cell] = density.get(cell, 0) + value
    peak = max(density.values())
    hot = [cell for cell, value in density.items() if value > peak / 2]
    lines = [substring(graph.edges[a, b, k]["geometry"], s, e) for a, b, k, s, e in hot]
    merged = gpd.GeoSeries(lines, crs=9141).buffer(0.5).union_all()
    parts = gpd.GeoDataFrame(geometry=gpd.GeoSeries(merged, crs=9141).explode())
    return gpd.sjoin_nearest(parts, places, distance_col="place_m")


def patrols(ways, places, outline, vehicles=2, shift_s=5 * 3600):
    """Insert stops greedily into the routes of each of two shifts."""
    roads = ways[ways["highway"].isin(KPH) & ways.within(outline)]
    graph = graph_of(roads, directed=True)
    graph = graph.subgraph(max(nx.strongly_connected_components(graph), key=len))
    tree, nodes = cKDTree([(n[0], n[1]) for n in graph]), list(graph)
    kinds = ["monitoring_point", "public_stop", "station"]
    stops = pd.concat(
        [places[places["id"] == "dcam_coordinator"], places[places.kind.isin(kinds)]]
    )
    stops = stops[stops.within(outline)]
    snapped = [nodes[tree.query((p.x, p.y))[1]] for p in stops.geometry]
    seconds = np.full((len(stops), len(stops)), np.inf)
    for i, source in enumerate(snapped):
        reach = nx.single_source_dijkstra_path_length(graph, source, weight="time")
        seconds[i] = [reach.get(target, np.inf) for target in snapped]
    service = (
        stops["kind"]
        .map({"monitoring_point": 1500, "station": 1200})
        .fillna(900)
        .to_numpy()
    )
    prize = (
        stops["kind"].map({"monitoring_point": 5, "station": 2}).fillna(1).to_numpy()
    )
    legs = []
    for _shift in range(2):
        left = set(range(1, len(stops)))
        for _vehicle in range(vehicles):
            route, used = [0, 0], 0.0
            while True:
                options = []
                for stop, k in itertools.product(left, range(1, len(route))):
                    a, b = route[k - 1], route[k]
                    more = (
                        seconds[a, stop]
                        + seconds[stop, b]
                        - seconds[a, b]
                        + service[stop]
                    )
                    if used + more <= shift_s:
                        options.append((prize[stop] / max(more, 1), more, stop, k))
                if not options:
                    break
                _, more, stop, k = max(options)
                route.insert(k, stop)
                used += more
                left.discard(stop)
            for a, b in itertools.pairwise(route):
                path = nx.shortest_path(graph, snapped[a], snapped[b], weight="time")
                edges = [
                    min(graph[u][v].values(), key=lambda e: e["time"])
                    for u, v in itertools.pairwise(path)
                ]
                legs.append(
                    linemerge([e["geometry"] for e in edges])
                    if edges
                    else Point(snapped[a])
                )
    return legs


def plain(extract):
    """Run the plain study."""
    ways, sightings, places, outline = read(extract)
    return (
        proximity(ways, sightings),
        hotspots(ways, sightings, places),
        patrols(ways, places, outline),
    )


def ours(extract):
    """Run the same thin study with the toolkit, reading included."""
    import dataclasses

    from geo import corridors, sections, study
    from geo import hotspots as spots
    from geo.chance import nulls
    from geo.crs import to_metric
    from geo.intensity import need
    from geo.network import graph as network
    from geo.patrols.inputs import prepare
    from geo.patrols.night import plan_night
    from geo.patrols.proposal import as_tables
    from geo.sightings import events_of
    from layers.readers import bundled
    from layers.readers.osm import extract as reader

    params = bundled.params()
    read_in = dataclasses.replace(
        bundled.study_data(), layers=reader.read(extract, None)
    )
    data = to_metric(read_in)
    events, _ = events_of(data.sightings)
    ways = data.layers
    kinds = corridors.corridors_of(
        ways.roads, ways.paths, ways.railways, ways.waterways
    )
    near = corridors.proximity(events, kinds)
    walked = pd.concat([ways.roads, ways.paths, ways.railways], ignore_index=True)
    lines = network.from_lines(walked)
    stations = data.places[data.places["kind"].isin(study.STATIONS)]
    window = (*lines.xy.min(axis=0), *lines.xy.max(axis=0))
    effort = nulls.reporting_effort(ways.roads, stations, window)
    hot = spots.find(lines, events, data.places, params.hotspots, effort=effort)
    reported = need.Reported(events, effort, stations)
    named = sections.corridor_sections(
        ways.roads, ways.railways, data.places, params.corridors
    )
    table = need.need_at_places(data, reported, named, params)
    inputs = prepare(data, table, params)
    return near, hot, as_tables(inputs, plan_night(inputs))


def whole(extract):
    """Run the toolkit's whole study: tests against chance and access as well."""
    import dataclasses

    from geo import study
    from layers.readers import bundled
    from layers.readers.osm import extract as reader

    data = dataclasses.replace(bundled.study_data(), layers=reader.read(extract, None))
    return study.run(data, bundled.params())


def main() -> None:
    """Time both and print the ratio."""
    extract = Path(sys.argv[1]) if len(sys.argv) > 1 else CORE
    if not extract.exists():
        print(
            f"plain_notebook: {extract.name} is not here; give the path of an .osm.pbf"
        )
        return
    took = {}
    work = {"toolkit": ours, "plain notebook": plain, "toolkit, whole study": whole}
    for name, study in work.items():
        start = time.perf_counter()
        study(extract)
        took[name] = time.perf_counter() - start
        print(f"{name:20} {took[name]:7.1f} s")
    name, own = "a study of the core, as a notebook does it", took["toolkit"]
    show([seconds(name, own, "a plain notebook", took["plain notebook"])])


if __name__ == "__main__":
    main()
