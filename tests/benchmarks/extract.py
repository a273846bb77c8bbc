"""Time and peak memory of reading an extract: ours, pyrosm and GDAL on the same file.

Run ``python tests/benchmarks/extract.py [FILE.osm.pbf]``.  Each reader runs in a process of its
own; imports are not counted in the times but are in the memory, which is that of the process.
CPU seconds are those of all threads: they tell more than the clock on a busy machine.
Each run has an empty folder for temporary files, where pyrosm keeps what it has read before.
pyrosm reads what it calls the network of all roads, then the railways; ours reads roads, paths,
railways, waterways and facilities; GDAL its layer of lines.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from figures import seconds, show

REGION = (
    Path(__file__).resolve().parents[3] / "shared/data/osm/mitrovica_region.osm.pbf"
)
REPEATS = 3
RAILWAYS = [
    "rail",
    "light_rail",
    "narrow_gauge",
    "tram",
    "preserved",
    "disused",
    "abandoned",
]


def now() -> np.ndarray:
    """Return seconds of the clock and of all threads' CPU."""
    return np.array([time.perf_counter(), time.process_time()])


def ours(path: Path) -> dict[str, float]:
    from layers.readers.osm import extract

    began = now()
    layers = extract.read(path, None)
    seconds, cpu = now() - began
    return {
        "seconds": seconds,
        "cpu": cpu,
        "roads": len(layers.roads) + len(layers.paths),
        "railways": len(layers.railways),
    }


def pyrosm(path: Path) -> dict[str, float]:
    from pyrosm import OSM

    began = now()
    source = OSM(str(path))
    roads = source.get_network(network_type="all")
    railways = source.get_data_by_custom_criteria(
        custom_filter={"railway": RAILWAYS}, keep_nodes=False, keep_relations=False
    )
    seconds, cpu = now() - began
    return {
        "seconds": seconds,
        "cpu": cpu,
        "roads": len(roads),
        "railways": len(railways),
    }


def gdal(path: Path) -> dict[str, float]:
    import pyogrio

    began = now()
    wanted = "highway IS NOT NULL OR railway IS NOT NULL OR waterway IS NOT NULL"
    lines = pyogrio.read_dataframe(path, layer="lines", where=wanted)
    seconds, cpu = now() - began
    return {
        "seconds": seconds,
        "cpu": cpu,
        "roads": int(lines["highway"].notna().sum()),
        "railways": int(lines["railway"].isin(RAILWAYS).sum()),
    }


READERS = {"ours": ours, "pyrosm": pyrosm, "gdal": gdal}


def measure(readers: list[str], path: Path) -> dict[str, dict[str, float]]:
    """Run the readers in turn, each run a new process; return each figure's least value."""
    runs: dict[str, list[dict[str, float]]] = {reader: [] for reader in readers}
    for _ in range(REPEATS):
        for reader in readers:
            call = [sys.executable, __file__, str(path), reader]
            with tempfile.TemporaryDirectory() as empty:
                environment = {**os.environ, "TMPDIR": empty}
                done = subprocess.run(
                    call, capture_output=True, text=True, check=True, env=environment
                )
            runs[reader].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        reader: {key: min(run[key] for run in of) for key in of[0]}
        for reader, of in runs.items()
    }


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REGION
    if len(sys.argv) > 2:
        result = READERS[sys.argv[2]](path)
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
        print(json.dumps({**result, "megabytes": peak}))
        return
    if not path.is_file():
        print(f"extract: {path.name} is not beside this checkout; nothing to measure")
        return
    if find_spec("pyrosm") is None:
        print("pyrosm is not installed; to compare: python -m pip install pyrosm")
    readers = [name for name in READERS if name != "pyrosm" or find_spec("pyrosm")]
    print(f"{path.name}, least of {REPEATS} runs")
    print(
        f"{'reader':8} {'wall s':>7} {'CPU s':>7} {'peak MB':>8} {'roads':>7} {'railways':>9}"
    )
    found = measure(readers, path)
    for reader, of in found.items():
        print(
            f"{reader:8} {of['seconds']:7.2f} {of['cpu']:7.2f} {of['megabytes']:8.0f} "
            f"{of['roads']:7.0f} {of['railways']:9.0f}"
        )
    own = found.pop(next(iter(READERS)))["cpu"]
    name = f"reading {path.name}"
    show(
        [seconds(name, own, peer, of["cpu"]) for peer, of in found.items()]
        or [seconds(name, own)]
    )


if __name__ == "__main__":
    main()
