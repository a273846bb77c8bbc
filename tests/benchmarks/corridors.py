"""Distance and nearest road of 100,000 points, beside `geopandas.sjoin_nearest` and `STRtree`.

Medians of a few runs, and ratios; every side builds its own index.

Reads ``mitrovica_region.osm.pbf`` from the folder of real data beside the checkout.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.corridors.distance import corridors_of
from geo.network.segments import segments_of
from layers.readers.osm import extract
from layers.schema import METRIC

REGION = Path(__file__).parents[3] / "shared" / "data" / "osm" / "mitrovica_region.osm.pbf"
BANDS = np.array([50.0, 100.0, 250.0, 500.0])


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
    print(f"{len(xy):,} points, {len(roads):,} roads: distance and nearest feature")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=METRIC)
    shapes, dots = np.asarray(roads.geometry.values), shapely.points(xy)

    def ours() -> np.ndarray:
        segments = segments_of(roads)
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


if __name__ == "__main__":
    main()
