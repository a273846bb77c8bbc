"""Corridor proximity beside what an analyst would write: medians of a few runs, and ratios.

(a) distance and nearest road of 100,000 points, beside `geopandas.sjoin_nearest` and the plain
    `STRtree.query_nearest`; every side builds its own index;
(b) 999 simulations of 1,000 points, all tests against railways and main roads, beside the loop
    that measures every simulated set with geopandas (a few sets, scaled up);
(c) probabilities of 10,000 discs within 100 m of a main road, beside a loop over buffers.

Reads ``mitrovica_region.osm.pbf`` from the folder of real data beside the checkout.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.corridors.analysis import compare_with_chance
from geo.corridors.distance import Corridor, corridors_of, proximity
from geo.network.segments import from_lines
from geo.params import CorridorParams
from layers.readers.osm import extract
from layers.schema import METRIC, SIGHTINGS, band_column

REGION = Path(__file__).parents[3] / "shared" / "data" / "osm" / "mitrovica_region.osm.pbf"
BANDS = (50.0, 100.0, 250.0, 500.0)


def median_s(run: Callable[[], object], times: int = 3) -> float:
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


def report(name: str, seconds: float, ours: float) -> None:
    print(f"  {name:<46}{seconds:10.3f} s   {seconds / ours:8.2f} x ours")


def nearest(roads: gpd.GeoDataFrame, xy: np.ndarray) -> None:
    print(f"(a) {len(xy):,} points, {len(roads):,} roads: distance and nearest feature")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=METRIC)
    shapes, dots = np.asarray(roads.geometry.values), shapely.points(xy)

    def ours() -> np.ndarray:
        segments = from_lines(roads)
        distance, segment = segments.nearest(xy)
        assert (segments.line[segment] >= 0).all()
        return distance

    def tree() -> np.ndarray:
        index = shapely.STRtree(shapes)
        return index.query_nearest(dots, return_distance=True, all_matches=False)[1]

    assert np.abs(ours() - tree()).max() < 1e-6
    own = median_s(ours)
    report("segments.nearest", own, own)
    report("STRtree.query_nearest", median_s(tree), own)

    def joined() -> object:
        fresh = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes.copy(), crs=METRIC))
        return gpd.sjoin_nearest(points, fresh, distance_col="distance_m")

    report("geopandas.sjoin_nearest", median_s(joined, 1), own)


def simulations(kinds: dict[str, Corridor], bounds: tuple[float, float, float, float]) -> None:
    m, n, few = 999, 1000, 3
    print(f"(b) {m} simulations of {n:,} points: all tests, railways and main roads")
    tested = {kind: kinds[kind] for kind in ("road_or_path", "railway", "main_road")}
    rng = np.random.default_rng(3)

    def points() -> gpd.GeoDataFrame:
        x, y = rng.uniform(bounds[:2], bounds[2:], (n, 2)).T
        columns = {"id": [f"S{k}" for k in range(n)], "uncertainty_m": 0.0, "cell_m": 0.0}
        return SIGHTINGS.geoframe(
            gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y, crs=METRIC))
        )

    seen, nowhere = points(), gpd.GeoSeries([], crs=METRIC)

    def ours(sets: int = m) -> None:
        params = CorridorParams(nulls=("uniform",), simulations=sets, vary=False, bands_m=BANDS)
        found = compare_with_chance(seen, tested, nowhere, shapely.box(*bounds), params)
        assert found.simulations == sets

    own = median_s(ours, 1)
    report("corridors.compare_with_chance", own, own)

    def loop() -> None:
        for _ in range(few):
            drawn = points()
            for kind in ("railway", "main_road"):
                layer = kinds[kind].lines[["geometry"]]
                joined = gpd.sjoin_nearest(drawn, layer, distance_col="distance_m")
                d = joined.groupby(level=0)["distance_m"].first().to_numpy()
                _ = d.mean(), [(d <= band).sum() for band in BANDS]

    report("loop with geopandas, distances only", median_s(loop, 1) * m / few, own)
    for sets in (250, 999, 4000):
        tracemalloc.start()
        ours(sets)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"  peak memory with {sets:>5} simulations{peak:31.0f} MiB")


def discs(corridor: Corridor, xy: np.ndarray) -> None:
    n = len(xy)
    band = 100.0
    radius = np.random.default_rng(5).uniform(50, 300, n)
    print(f"(c) {n:,} discs: probability of lying within {band:g} m of a main road")
    lines = np.asarray(corridor.lines.geometry.values)
    tree = shapely.STRtree(lines)

    places = gpd.GeoDataFrame(
        {"uncertainty_m": radius}, geometry=gpd.points_from_xy(*xy.T, crs=METRIC)
    )

    def ours() -> np.ndarray:
        near = proximity(places, {"main_road": corridor}, [band])
        return near.table[band_column(band)].to_numpy(float)

    def loop(quad_segs: int) -> np.ndarray:
        out = np.zeros(n)
        for k in range(n):
            disc = shapely.Point(xy[k]).buffer(radius[k], quad_segs=quad_segs)
            near = tree.query(shapely.Point(xy[k]), predicate="dwithin", distance=band + radius[k])
            if len(near):
                buffered = shapely.buffer(shapely.union_all(lines[near]), band, quad_segs=quad_segs)
                out[k] = disc.intersection(buffered).area / disc.area
        return out

    probability = ours()
    own = median_s(ours)
    report("corridors.proximity", own, own)
    for quad_segs in (16, 64):
        worst = 0.0

        def run(quad_segs: int = quad_segs) -> None:
            nonlocal worst
            worst = float(np.abs(loop(quad_segs) - probability).max())

        report(f"loop over buffers, quad_segs={quad_segs}", median_s(run, 1), own)
        print(f"    largest difference {worst:.1e}")


def main() -> None:
    if not REGION.exists():
        print("corridors: the region extract is not beside this checkout; nothing measured")
        sys.exit(0)
    layers = extract.read(REGION, None)
    ways = {
        k: getattr(layers, k).to_crs(METRIC) for k in ("roads", "paths", "railways", "waterways")
    }
    kinds = corridors_of(**ways)
    box = ways["roads"].total_bounds
    bounds = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    rng = np.random.default_rng(0)
    nearest(kinds["road_or_path"].lines, rng.uniform(bounds[:2], bounds[2:], (100_000, 2)))
    simulations(kinds, bounds)
    # Discs about places near main roads, so that there is something to reckon.
    along = kinds["main_road"].segments
    at = along.start[rng.integers(0, len(along), 10_000)] + rng.normal(0, 150, (10_000, 2))
    discs(kinds["main_road"], at)


if __name__ == "__main__":
    main()
