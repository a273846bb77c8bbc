"""Distances and tests of nearness beside `shapely.STRtree` and plain loops with geopandas.

100,000 points and their nearest road; 999 simulations of 1,000 points for two kinds of corridor.
Processor time; every side builds its own index.

Reads ``mitrovica_region.osm.pbf`` from the folder of real data beside the checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from figures import Figure, least, seconds, show

from geo.chance import uniform
from geo.corridors import monte_carlo
from geo.corridors.distance import Corridor, corridors_of
from geo.network.segments import segments_of
from geo.schema import METRIC
from geo.sightings.laws import Law
from layers.readers.osm import extract

REGION = (
    Path(__file__).parents[3] / "shared" / "data" / "osm" / "mitrovica_region.osm.pbf"
)
BANDS = (50.0, 100.0, 250.0, 500.0)
SIMULATIONS, SIGHTINGS, FEW = 999, 1000, 3


def nearest(roads: gpd.GeoDataFrame, xy: np.ndarray) -> list[Figure]:
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

    def joined() -> object:
        fresh = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes.copy(), crs=METRIC))
        return gpd.sjoin_nearest(points, fresh, distance_col="distance_m")

    assert np.abs(ours() - tree()).max() < 1e-6
    name, own = "nearest road of 100,000 points", least(ours)
    return [
        seconds(name, own, "STRtree", least(tree, 1)),
        seconds(name, own, "geopandas.sjoin_nearest", least(joined, 1)),
    ]


def tests(
    kinds: dict[str, Corridor], bounds: tuple[float, float, float, float]
) -> Figure:
    """Measure the simulations of the tests, for railways and main roads, beside a plain loop."""
    chosen = {kind: kinds[kind] for kind in ("railway", "main_road")}
    null = uniform(bounds, n=100_000)
    lines = {kind: corridor.segments for kind, corridor in chosen.items()}
    reference = monte_carlo.NullDistances(null, lines, BANDS)
    exact, law = (Law(0.0, 0.0, gaussian=False), np.zeros(SIGHTINGS, dtype=np.int64))
    groups = monte_carlo.groups_of(law, np.ones((SIGHTINGS, len(lines)), dtype=bool))

    def ours() -> None:
        made = monte_carlo.pools([exact], reference, [SIGHTINGS], seed=1)
        sums, _ = monte_carlo.simulate(made, groups, simulations=SIMULATIONS, seed=2)
        assert sums.shape == (SIMULATIONS, len(lines), reference.width)

    layers = [
        gpd.GeoDataFrame(geometry=corridor.lines.geometry.values, crs=METRIC)
        for corridor in chosen.values()
    ]
    rng = np.random.default_rng(3)

    def loop() -> None:
        for _ in range(FEW):
            x, y = rng.uniform(bounds[:2], bounds[2:], (SIGHTINGS, 2)).T
            points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=METRIC)
            for layer in layers:
                found = gpd.sjoin_nearest(points, layer, distance_col="distance_m")
                distance = found.groupby(level=0)["distance_m"].first()
                _ = [(distance <= band).sum() for band in BANDS]

    name = f"{SIMULATIONS} simulations of {SIGHTINGS:,} sightings"
    return seconds(name, least(ours), "geopandas", least(loop, 1) * SIMULATIONS / FEW)


def main() -> None:
    if not REGION.exists():
        print(
            "corridors: the region extract is not beside this checkout; nothing measured"
        )
        sys.exit(0)
    layers = extract.read(REGION, None)
    ways = {
        k: getattr(layers, k).to_crs(METRIC)
        for k in ("roads", "paths", "railways", "waterways")
    }
    kinds = corridors_of(**ways)
    box = ways["roads"].total_bounds
    bounds = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    rng = np.random.default_rng(0)
    xy = rng.uniform(bounds[:2], bounds[2:], (100_000, 2))
    show([*nearest(kinds["road_or_path"].lines, xy), tests(kinds, bounds)])


if __name__ == "__main__":
    main()
