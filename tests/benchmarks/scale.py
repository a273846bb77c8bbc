"""Time and memory of large networks in tiles, on one and two workers, against one run and peers.

``scale.py`` lays out the roads of the region extract 1, 4 and 20 times, shifted copies joined at
their edges, with 10^4, 10^5 and 10^6 events, and prints for each:

- ``one run``: nearness and heat density of the whole in one process, up to 4 copies and 10^5 events
- ``tiles``: the same as jobs of `layers.cluster` with 1 and 2 workers: seconds of each job, the
  largest resident set of a worker, and of the process that starts them
- ``nearest edge``: ours in tiles, geopandas, dask-geopandas and SedonaDB (where they are installed)

Each figure is of a process of its own, and stays in ``--folder``: what is there is not measured
again, so that the sizes may run one by one, and a run that was stopped goes on::

    scale.py --folder sizes --times 20 --events 1000000 --workers 2 --parts prepare tiles

``--parts prepare snap nearest`` compares the nearest edge alone with the peers;
``--times 1 --events 10000 --extract core`` is a short trial.  Disk: some 3 GB for 20 copies.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.corridors import corridors_of, proximity
from geo.corridors.distance import Corridor
from geo.network import Network, Positions, from_lines
from geo.patterns import estimate_density
from geo.schema import METRIC
from geo.tiles import ROWS
from layers.cluster import Density, Nearness, connected, partitions
from layers.cluster.engine import work
from layers.cluster.jobs import Snap, by_tile
from layers.cluster.partitions import INDEX
from layers.readers.osm import extract

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm"
SIGMA_M, LIXEL_M, BANDS_M = 250.0, 25.0, (100.0, 250.0, 500.0)
WHOLE = 4, 100_000
"""Copies and events up to which the whole is measured in one run."""
ACROSS = 5
"""Copies side by side."""
CELL_M = 100.0


def shifts(box: np.ndarray, times: int) -> np.ndarray:
    """Return by how much each copy is moved."""
    size = box[2:] - box[:2] + 100.0
    return np.array([divmod(k, ACROSS)[::-1] for k in range(times)]) * size


def laid_out(one: Network, times: int) -> Network:
    """Return copies of a network side by side, each joined to its neighbours by one edge."""
    n, m, k = one.n_nodes, one.n_edges, len(one.xy)
    moved = shifts(np.r_[one.node_xy.min(axis=0), one.node_xy.max(axis=0)], times)
    west, south = one.node_xy.argmin(axis=0)
    east, north = one.node_xy.argmax(axis=0)
    joins = [(c - 1, east, c, west) for c in range(times) if c % ACROSS]
    joins += [(c - ACROSS, north, c, south) for c in range(ACROSS, times)]
    tail = np.array([a * n + node for a, node, _, _ in joins], dtype=np.int64)
    head = np.array([b * n + node for _, _, b, node in joins], dtype=np.int64)
    node_xy = (moved[:, None] + one.node_xy).reshape(-1, 2)
    ends = np.stack([node_xy[tail], node_xy[head]], axis=1).reshape(-1, 2)
    steps = np.arange(times)[:, None]
    start = np.r_[
        (steps * k + one.start[:-1]).ravel(), times * k + 2 * np.arange(len(tail) + 1)
    ]
    return replace(
        one, node_xy=node_xy,
        edge_from=np.r_[(steps * n + one.edge_from).ravel(), tail],
        edge_to=np.r_[(steps * n + one.edge_to).ravel(), head],
        length_m=np.r_[np.tile(one.length_m, times), np.hypot(*(ends[::2] - ends[1::2]).T)],
        line=np.arange(times * m + len(tail)),
        oneway=np.r_[np.tile(one.oneway, times), np.zeros(len(tail), dtype=np.int64)],
        xy=np.r_[(moved[:, None] + one.xy).reshape(-1, 2), ends], start=start.astype(np.int64),
    )  # fmt: skip


def made(
    name: str, times: int, n: int
) -> tuple[Network, dict[str, Corridor], gpd.GeoDataFrame]:
    """Return the network, corridors and sightings of a size."""
    layers = extract.read(SHARED / f"mitrovica_{name}.osm.pbf", None)
    own = [getattr(layers, which).to_crs(METRIC)
           for which in ("roads", "paths", "railways", "waterways")]  # fmt: skip
    one = from_lines(own[0])
    network = laid_out(one, times)
    moved = shifts(np.r_[one.node_xy.min(axis=0), one.node_xy.max(axis=0)], times)
    copies = [
        pd.concat([layer.set_geometry(layer.translate(*move)) for move in moved])
        for layer in own
    ]
    rng = np.random.default_rng(1)
    xy = Positions.random(network, n, rng).points(network) + rng.normal(0, 100, (n, 2))
    xy = (np.floor(xy / CELL_M) + 0.5) * CELL_M
    columns = {
        "id": [f"S{k}" for k in range(n)],
        "uncertainty_m": 100.0,
        "cell_m": CELL_M,
    }
    seen = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*xy.T), crs=METRIC)
    return network, corridors_of(*copies), seen


def memory_mb() -> float:
    """Return the largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(what: Callable[[], Any]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def prepare(folder: Path, name: str, times: int, n: int) -> dict[str, float]:
    """Write the files of a size; the ways of so many copies once."""
    network, kinds, seen = made(name, times, n)
    began = time.perf_counter()
    if not (folder / "corridors" / INDEX).is_file():
        partitions.write_ways(network, folder / "ways")
        partitions.write_corridors(kinds, folder / "corridors")
    partitions.write_sightings(seen, folder / f"seen-{n}", ROWS)
    wrote = time.perf_counter() - began
    return {"edges": network.n_edges, "write": wrote, "MB": memory_mb()}


def one_run(folder: Path, name: str, times: int, n: int) -> dict[str, float]:
    """Measure the whole in this process."""
    network, kinds, seen = made(name, times, n)
    at: list[Positions] = []
    snap = timed(lambda: at.append(Positions.of(network.snap(seen))))
    near = timed(lambda: proximity(seen, kinds, BANDS_M))
    dense = timed(lambda: whole_density(network, at[0]))
    return {"snap": snap, "proximity": near, "density": dense, "MB": memory_mb()}


def whole_density(network: Network, at: Positions) -> gpd.GeoDataFrame:
    """Return table `LIXELS` with geometry in EPSG:4326, as a tile writes it."""
    lixels, found = estimate_density(network, at, SIGMA_M, LIXEL_M)
    return lixels.frame(found, np.zeros(len(lixels), dtype=np.int64)).to_crs(4326)


def tiled(
    folder: Path, n: int, workers: int, measures: str = "all"
) -> dict[str, float]:
    """Measure the files on so many workers; the nearest edge alone where `measures` is "snap"."""
    ways, seen, out = (
        folder / "ways",
        folder / f"seen-{n}",
        folder / f"out-{n}-{workers}",
    )
    shutil.rmtree(out, ignore_errors=True)
    found = dict[str, float]()
    with connected("local", workers) as client:
        assert client is not None
        found["snap"] = timed(lambda: work(Snap(seen, out / "snapped", ways), client))
        files = sorted((out / "snapped").glob("*.parquet"))
        found["snap"] += timed(lambda: by_tile(files, out / "events"))
        if measures == "all":
            near = Nearness(seen, out / "near", folder / "corridors", BANDS_M)
            dense = Density(ways, out / "density", out / "events", SIGMA_M, LIXEL_M)
            found["proximity"] = timed(lambda: work(near, client))
            found["density"] = timed(lambda: work(dense, client))
        found["MB a worker"] = max(client.run(memory_mb).values())
    return found | {"MB": memory_mb()}


def nearest(folder: Path, n: int, peer: str) -> dict[str, float]:
    """Find the nearest edge of each sighting by a peer, from the same files."""
    began = time.perf_counter()
    if peer == "geopandas":
        ways = gpd.read_parquet(folder / "ways", columns=["edge", "geometry"])
        seen = gpd.read_parquet(folder / f"seen-{n}", columns=["row", "geometry"])
        found = len(gpd.sjoin_nearest(seen, ways))
    elif peer == "dask-geopandas":
        import dask_geopandas

        ways = gpd.read_parquet(folder / "ways", columns=["edge", "geometry"])
        seen = dask_geopandas.read_parquet(
            folder / f"seen-{n}", columns=["row", "geometry"]
        )
        joined = seen.map_partitions(gpd.sjoin_nearest, ways, meta=gpd.sjoin_nearest(
            seen._meta, ways.head(0)))  # fmt: skip
        found = len(joined.compute(scheduler="threads", num_workers=2))
    else:
        import sedonadb

        session = sedonadb.connect()
        for name, files in (("ways", folder / "ways"), ("seen", folder / f"seen-{n}")):
            session.read_parquet([*map(str, sorted(files.glob("*.parquet")))]).to_view(
                name
            )
        found = session.sql(
            "SELECT count(*) AS n FROM seen JOIN ways ON "
            "ST_KNN(seen.geometry, ways.geometry, 1, FALSE)"
        ).to_pandas()["n"][0]
    return {
        "seconds": time.perf_counter() - began,
        "MB": memory_mb(),
        "rows": float(found),
    }


PARTS: dict[str, Callable[..., dict[str, float]]] = {
    "prepare": prepare, "one run": one_run, "tiles": tiled, "nearest": nearest,
}  # fmt: skip


def apart(part: str, folder: Path, *arguments: object) -> dict[str, float]:
    """Return the figures of a part from a process of its own; a line where it failed."""
    kept = folder / f"{'-'.join(map(str, (part, *arguments)))}.json".replace(" ", "-")
    if not kept.is_file():
        call = [
            sys.executable,
            __file__,
            "--part",
            part,
            *map(str, (folder, *arguments)),
        ]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or not lines:
            print(
                f"  {part} failed: {(done.stderr.splitlines() or ['?'])[-1]}",
                flush=True,
            )
            return {}
        kept.write_text(lines[-1], "utf-8")
    found: dict[str, float] = json.loads(kept.read_text("utf-8"))
    text = ", ".join(f"{name} {value:,.1f}" for name, value in found.items())
    print(f"  {part} {' '.join(map(str, arguments))}: {text}", flush=True)
    return found


def main() -> None:
    """Print the figures of all sizes, or make those of one part."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, nargs="*", default=[1, 4, 20])
    parser.add_argument(
        "--events", type=int, nargs="*", default=[10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--extract", default="region")
    parser.add_argument("--folder", type=Path)
    parts = ["prepare", "one", "tiles", "snap", "nearest"]
    parser.add_argument(
        "--parts", nargs="*", choices=parts, default=[*parts[:3], parts[4]]
    )
    parser.add_argument("--part", nargs="*")
    given = parser.parse_args()
    if given.part:
        part, folder, *more = given.part
        numbers = [int(one) if one.isdigit() else one for one in more]
        print(json.dumps(PARTS[part](Path(folder), *numbers)))
        return
    if not SHARED.is_dir():
        sys.exit(
            "the real data (../shared) is not beside this checkout; nothing to measure"
        )
    peers = [p for p, module in (("geopandas", "geopandas"), ("dask-geopandas", "dask_geopandas"),
                                 ("sedonadb", "sedonadb")) if find_spec(module)]  # fmt: skip
    with tempfile.TemporaryDirectory() as beside:
        for times in given.times:
            folder = (given.folder or Path(beside)) / f"{given.extract}-{times}"
            folder.mkdir(parents=True, exist_ok=True)
            for n in given.events:
                print(f"{given.extract} x {times}, {n:,} events", flush=True)
                size(folder, given, times, n, peers)


def size(
    folder: Path, given: argparse.Namespace, times: int, n: int, peers: list[str]
) -> None:
    """Print the figures of a size."""
    whole, found = dict[str, float](), dict[str, float]()
    if "prepare" in given.parts:
        apart("prepare", folder, given.extract, times, n)
    if "one" in given.parts and times <= WHOLE[0] and n <= WHOLE[1]:
        whole = apart("one run", folder, given.extract, times, n)
    for workers in given.workers if {"tiles", "snap"} & {*given.parts} else ():
        snap = () if "tiles" in given.parts else ("snap",)
        found = apart("tiles", folder, n, workers, *snap)
        for name in ("snap", "proximity", "density") if whole and found else ():
            print(f"    {name}: {found[name] / whole[name]:.2f} times one run")
    for peer in peers if "nearest" in given.parts else ():
        other = apart("nearest", folder, n, peer)
        if other and found:
            print(f"    {peer}: {other['seconds'] / found['snap']:.1f} times ours")


if __name__ == "__main__":
    main()
