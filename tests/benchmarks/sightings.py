"""Time and peak memory over the number of sightings, with growth exponents.

Run by ``make bench``; ``sightings.py duplicates coarsening`` measures these parts only, and
``--most N`` leaves out larger numbers.  Parts:

- ``duplicates``: pairs of probable duplicates, on records in memory; all of three years, so that
  the pairs themselves grow as the square
- ``months``: the same with 300 reports a month, however many there are
- ``coarsening``: `geo.sightings.coarsen`, on records in memory
- ``run``: ``mitrovica run`` on the bundled network
- ``region``: the same on a snapshot of the region extract, where ``../shared`` lies beside
- ``check``: ``mitrovica run check``

Each figure is of a process of its own: its wall time, and its largest resident set as the system
tells it when the process ends.  ``duplicates`` and ``coarsening`` time their work without imports
and reading.  The exponent is the slope of log time over log n since the row before.

The sightings are made from a seed: along roads and paths, denser towards towns, with uncertainties
of 5 to 500 m, over three years (but for ``months``); 15 in 100 have no group size, 5 in 100 no day.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from figures import Figure, plain, show

from geo.params import PrivacyParams
from geo.schema import METRIC, RECORDS, WGS84
from geo.sightings import coarsen, probable_duplicates
from layers.readers import bundled

SHARED = Path(__file__).resolve().parents[3] / "shared"
EXTRACT = SHARED / "data" / "osm" / "mitrovica_region.osm.pbf"
SIZES = (300, 1000, 10_000, 100_000)
PARTS = {
    "duplicates": SIZES,
    "months": SIZES,
    "coarsening": SIZES,
    "run": SIZES,
    "region": (10_000,),
    "check": (10_000, 100_000, 1_000_000),
}


def made_sightings(n: int, seed: int = 1, days: int = 1096) -> pd.DataFrame:
    """Return `n` rows of a sightings file."""
    draw = np.random.default_rng(seed)
    layers = bundled.network()
    ways = pd.concat([layers.roads, layers.paths]).to_crs(METRIC)
    places = bundled.places().to_crs(METRIC)
    towns = places[places["kind"] == "town"].get_coordinates().to_numpy()
    pieces = ways.geometry.segmentize(200.0).get_coordinates().groupby(level=0)
    steps = pd.concat(
        [pieces.shift(1).add_suffix("_from"), pieces.shift(0)], axis=1
    ).dropna()
    ends = steps[["x_from", "y_from", "x", "y"]].to_numpy()
    away = np.hypot(*(ends[:, None, 2:] - towns).T).min(axis=0)
    weight = np.hypot(*(ends[:, 2:] - ends[:, :2]).T) * (0.05 + np.exp(-away / 3000))
    chosen = ends[draw.choice(len(ends), n, p=weight / weight.sum())]
    xy = chosen[:, :2] + draw.random((n, 1)) * (chosen[:, 2:] - chosen[:, :2])
    radius = draw.choice([5, 10, 20, 50, 100, 200, 300, 500], n)
    angle, out = draw.uniform(0, 2 * np.pi, n), radius * np.sqrt(draw.random(n))
    xy += np.column_stack([out * np.cos(angle), out * np.sin(angle)])
    lonlat = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=METRIC).to_crs(WGS84)
    first = pd.Timestamp("2022-01-01") + pd.to_timedelta(draw.integers(0, days, n), "D")
    last = first + pd.to_timedelta(draw.choice([0] * 7 + [2, 7, 30], n), "D")
    undated, unsized = draw.random(n) < 0.05, draw.random(n) < 0.15
    least = pd.Series(np.minimum(draw.geometric(0.15, n), 60)).astype("Int64")
    return pd.DataFrame(
        {
            "id": [f"R{k}" for k in range(n)],
            "kind": "sighting",
            "lat": lonlat.y.round(6),
            "lon": lonlat.x.round(6),
            "uncertainty_m": radius,
            "located_kind": draw.choice(
                ["railway", "road", "town", "device", "other"], n
            ),
            "group_min": least.mask(unsized),
            "group_max": (least + draw.choice([0, 0, 0, 2, 5], n)).mask(unsized),
            "date_from": pd.Series(first.strftime("%Y-%m-%d")).mask(undated),
            "date_to": pd.Series(last.strftime("%Y-%m-%d")).mask(undated),
        }
    )


def records(file: Path) -> gpd.GeoDataFrame:
    """Return the rows of a made file as records in metres, without the reader's checks."""
    rows = pd.read_csv(file, parse_dates=["date_from", "date_to"])
    points = gpd.points_from_xy(rows["lon"], rows["lat"])
    return RECORDS.geoframe(rows.assign(geometry=points), crs=WGS84).to_crs(METRIC)


def work(part: str, file: Path) -> None:
    """Do a part in this process and print its seconds and a note."""
    rows = records(file)
    places = bundled.places().to_crs(METRIC)
    begin = time.perf_counter()
    if part in ("duplicates", "months"):
        note = f"{len(probable_duplicates(rows)):,} pairs"
    else:
        cells = coarsen(
            rows, places, PrivacyParams()
        ).sightings.geometry.drop_duplicates()
        note = f"{len(cells):,} cells"
    print(json.dumps({"seconds": time.perf_counter() - begin, "note": note}))


def measured(command: list[str]) -> tuple[float, int, str]:
    """Return wall seconds, peak memory in MB and what a process printed last."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        lines = printed.read().splitlines() or [""]
    if process.returncode not in (0, 1):
        raise SystemExit(
            f"{' '.join(command)} ended with {process.returncode}: {lines[-1]}"
        )
    return seconds, usage.ru_maxrss // 1024, lines[-1]


def measure(part: str, n: int, folder: Path) -> tuple[float, int, str]:
    """Return seconds, peak memory in MB and a note for a part with `n` sightings."""
    days = max(n // 10, 30) if part == "months" else 1096
    file = folder / f"{n}_{days}.csv"
    if not file.exists():
        made_sightings(n, days=days).to_csv(file, index=False)
    if part in ("duplicates", "months", "coarsening"):
        _, memory, last = measured(
            [sys.executable, __file__, "--work", part, str(file)]
        )
        found = json.loads(last)
        return found["seconds"], memory, found["note"]
    mitrovica = [sys.executable, "-m", "mitrovica"]
    if part == "check":
        return measured([*mitrovica, "run", "check", str(file)])
    ways = ["--snapshot", "own"]
    if part == "region":
        ways = ["--store", str(folder / "store")]
        if not (folder / "store").exists():
            measured([*mitrovica, "fetch", "--from", str(EXTRACT), *ways])
    out = ["--out", str(folder / f"out_{part}_{n}")]
    seconds, memory, _ = measured(
        [*mitrovica, "run", "--sightings", str(file), *ways, *out]
    )
    return seconds, memory, ""


def main() -> None:
    """Print the table of the parts that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--work", nargs=2)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], Path(options.work[1]))
        return
    print(f"{'part':<12}{'n':>10}{'seconds':>10}{'peak MB':>10}{'exponent':>10}")
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for part in options.parts or PARTS:
            if part == "region" and not EXTRACT.exists():
                print("region      ../shared is absent")
                continue
            before: tuple[int, float] | None = None
            for n in (size for size in PARTS[part] if size <= options.most):
                seconds, memory, note = measure(part, n, Path(folder))
                slope = ""
                if before is not None:
                    slope = (
                        f"{math.log(seconds / before[1]) / math.log(n / before[0]):.2f}"
                    )
                print(
                    f"{part:<12}{n:>10,}{seconds:>10.2f}{memory:>10,}{slope:>10}  {note}"
                )
                before = n, seconds
                ours = f"{plain(seconds)}, {memory} MB"
                figures.append(Figure(f"{n:,} sightings: {part}", ours))
    show(figures)


if __name__ == "__main__":
    main()
