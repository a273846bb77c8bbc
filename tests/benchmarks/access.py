"""Speed of walking times beside a peer, on the real extracts.

    python tests/benchmarks/access.py

Minutes on foot at 25 m over the core area; the peer is ``r.walk -k`` of GRASS on the same elevation
(without roads and rivers, which it does not know).
"""

from __future__ import annotations

import dataclasses
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
from figures import Figure, seconds, show
from pyproj import CRS

from geo.access import walking as access
from geo.access.grid import Grid
from geo.params import Params
from geo.records import Layers, Terrain
from geo.schema import METRIC
from layers.readers import bundled
from layers.readers.osm import extract

DATA = Path(__file__).parents[3] / "shared" / "data"
CORE = (20.55, 42.75, 21.15, 43.30)


def peak_gb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def read(name: str) -> Layers:
    """Return the layers of an extract, in metres."""
    layers = extract.read(DATA / "osm" / f"mitrovica_{name}.osm.pbf", None)
    moved = {f.name: getattr(layers, f.name) for f in dataclasses.fields(layers)}
    moved = {
        k: v.to_crs(METRIC) for k, v in moved.items() if isinstance(v, gpd.GeoDataFrame)
    }
    return dataclasses.replace(layers, **moved)


def surface() -> list[Figure]:
    """Time the walking-time surface at 25 m."""
    import rasterio

    with rasterio.open(DATA / "dem" / "mitrovica_dem_7p5s_coarse.tif") as raster:
        terrain = Terrain(
            raster.read(1).astype(np.float32), tuple(raster.transform)[:6], "EPSG:4326", 500.0,
            "Viewfinder Panoramas and SRTM30+", "credit",
        )  # fmt: skip
    west, south, east, north = (
        gpd.GeoSeries.from_xy([CORE[0], CORE[2]], [CORE[1], CORE[3]], crs=4326)
        .to_crs(METRIC).total_bounds
    )  # fmt: skip
    shape = (int((north - south) / 25), int((east - west) / 25))
    grid = Grid(float(west), float(north), 25.0, shape, CRS(METRIC))
    layers, params = read("core"), Params()
    help_at = access.help_places(bundled.places().to_crs(METRIC), layers.facilities)
    start = grid.cells(help_at[help_at["help"] == "health"].geometry)
    small = Grid(0.0, 75.0, 25.0, (3, 3), CRS(METRIC))
    ones = np.ones((3, 3), dtype=np.float32)
    level = access.WalkingCells(small, ones, ones, np.zeros((3, 3), dtype=np.uint32))
    access.walking_minutes(level, np.array([0]))  # compile, or load

    begin, cpu = time.perf_counter(), time.process_time()
    ground = access.cells_on(grid, layers, terrain, params.access)
    laid = time.perf_counter()
    access.walking_minutes(ground, start)
    ours, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(
        f"surface: {shape[0]} x {shape[1]} = {shape[0] * shape[1] / 1e6:.1f} million cells: "
        f"ground {laid - begin:.1f} s, together {ours:.1f} s ({cpu:.1f} s of processor), "
        f"peak {peak_gb():.1f} GB"
    )
    if shutil.which("grass") is None:
        print("r.walk: GRASS is not installed (apt-get install grass-core)")
        return [seconds("minutes on foot, 25 m cells of the core", cpu)]
    with tempfile.TemporaryDirectory() as folder:
        transform = rasterio.Affine(*grid.transform)
        write = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1,
                 "crs": METRIC, "dtype": "float32", "transform": transform}  # fmt: skip
        with rasterio.open(f"{folder}/dem.tif", "w", **write) as raster:
            raster.write(ground.elevation_m, 1)
        xy = grid.centres(start // shape[1], start % shape[1])
        at = ",".join(f"{x},{y}" for x, y in xy)
        Path(f"{folder}/walk.sh").write_text(
            "set -e\nTIMEFORMAT=$'user %U\\nsys %S'\n"
            f"r.in.gdal --quiet input={folder}/dem.tif output=dem\n"
            "g.region raster=dem\n"
            "r.mapcalc --quiet expression='zero = 0'\n"
            "time r.walk -k --quiet elevation=dem friction=zero output=walk memory=2000 "
            f"start_coordinates={at}\n"
        )
        done = subprocess.run(
            ["grass", "--tmp-project", f"{folder}/dem.tif", "--exec", "bash", f"{folder}/walk.sh"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    taken = dict(
        line.split()
        for line in done.stderr.splitlines()
        if line[:4] in ("user", "sys ")
    )
    theirs = float(taken["user"]) + float(taken["sys"])
    return [seconds("minutes on foot, 25 m cells of the core", cpu, "r.walk", theirs)]


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit("the real data (../shared) is not beside this checkout")
    show(surface())
