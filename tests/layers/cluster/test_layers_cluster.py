"""A study in parts gives what one run gives, on however many workers, killed or not."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, expect
from pmtiles.reader import MmapSource, Reader
from problems.networks import lines
from pyarrow import parquet
from tools import full_disk, programs
from typer.testing import CliRunner

from geo import study
from geo.corridors import corridors_of, proximity
from geo.corridors.distance import Corridor
from geo.crs import to_metric
from geo.network import Network, Positions
from geo.network.graph import of_layers
from geo.params import Params
from geo.patterns.estimators import estimate_density
from geo.records import StudyData
from geo.schema import METRIC
from geo.sightings import events_of
from layers.cluster import (
    ClusterError,
    Density,
    Nearness,
    Ways,
    connected,
    engine,
    measure,
    partitions,
)
from layers.cluster.engine import LARGE, each_on, work
from layers.cluster.jobs import Snap, by_tile
from layers.complaints import complaint
from layers.files.handling import Handling
from layers.readers import bundled
from mitrovica.cli import app

GRID = lines(
    *[[(x, y), (x + 50, y + 7), (x + 100, y)] for y in range(0, 700, 100)
      for x in range(0, 600, 100)],
    *[[(x, y), (x, y + 100)] for y in range(0, 600, 100) for x in range(0, 700, 100)],
    [(0, 0), (50, -40), (100, 0)],
)  # fmt: skip
R = (40.0, 120.0)
SIGMA = 15.0
HANDLING = Handling.of(date(2026, 11, 26), Params().privacy)
FINE = 0.1
"""Lixels in metres with which a part takes long enough to be killed in."""


def near(network: Network, n: int) -> gpd.GeoDataFrame:
    """Return points some metres beside a network."""
    rng = np.random.default_rng(3)
    xy = Positions.random(network, n, rng).points(network) + rng.normal(0, 5, (n, 2))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T, crs=METRIC))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Density:
    return prepared(GRID, near(GRID, 200), tmp_path_factory.mktemp("parts"))


@pytest.fixture
def density(parts: Density, tmp_path: Path) -> Density:
    """Return a measure of the same parts, that writes to a folder of its own."""
    return replace(parts, folder=tmp_path / "density")


def prepared(
    network: Network, seen: gpd.GeoDataFrame, folder: Path, edges: int = 20
) -> Density:
    """Return the density of points on a network in parts."""
    partitions.write_ways(network, folder / "ways", edges)
    partitions.write_sightings(seen, folder / "sightings", 30)
    ways = folder / "ways"
    snapped = work(Snap(folder / "sightings", folder / "snapped", ways))
    by_tile(snapped, folder / "events")
    return Density(ways, folder / "density", folder / "events", SIGMA, 10.0)


def expected(
    network: Network, seen: gpd.GeoDataFrame, lixel_m: float = 10.0
) -> pd.DataFrame:
    """Return the density of one run over the whole."""
    lixels, found = estimate_density(network, seen, SIGMA, lixel_m)
    return lixels.frame(found, np.zeros(len(lixels), dtype=int))


def check(files: list[Path], whole: pd.DataFrame) -> None:
    table = pd.concat([pd.read_parquet(file) for file in files])
    table = table.sort_values(["edge", "from_m"], ignore_index=True)
    assert table["edge"].tolist() == whole["edge"].tolist()
    peak = whole["density_per_km"].max()
    assert_allclose(
        table["density_per_km"], whole["density_per_km"], rtol=0, atol=1e-9 * peak
    )


def test_parts_give_what_one_run_gives(density: Density) -> None:
    check(work(density), expected(GRID, near(GRID, 200)))


def test_a_network_comes_back_from_its_parts_as_it_was(tmp_path: Path) -> None:
    partitions.write_ways(GRID, tmp_path, 20)
    network, edges, parts = Ways(tmp_path).near((-1e3, -1e3, 1e4, 1e4))
    assert edges.tolist() == list(range(GRID.n_edges))
    assert np.bincount(parts).max() <= 20
    for name in (
        "edge_from",
        "edge_to",
        "length_m",
        "line",
        "oneway",
        "xy",
        "start",
        "node_xy",
    ):
        assert_allclose(getattr(network, name), getattr(GRID, name), rtol=0, atol=0)


def test_the_nearest_edge_is_found_however_far(tmp_path: Path) -> None:
    street = lines([(0, 0), (100, 0)], [(0, 0), (0, 100)])
    seen = gpd.GeoDataFrame(geometry=gpd.points_from_xy([90_000], [-5], crs=METRIC))
    partitions.write_ways(street, tmp_path / "ways", 1)
    partitions.write_sightings(seen, tmp_path / "seen", 10)
    (file,) = work(Snap(tmp_path / "seen", tmp_path / "out", tmp_path / "ways"))
    found = pd.read_parquet(file).iloc[0]
    assert (found["edge"], found["offset_m"]) == (0, 100.0)


def test_sightings_far_apart_are_never_taken_together(tmp_path: Path) -> None:
    seen = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([10, 50_010, 20], [0, 0, 0], crs=METRIC)
    )
    partitions.write_sightings(seen, tmp_path, 10)
    parts = [
        gpd.read_parquet(file)["row"].tolist()
        for file in sorted(tmp_path.glob("*.parquet"))
    ]
    assert sorted(map(sorted, parts)) == [[0, 2], [1]]


def test_duckdb_reads_the_parts_and_their_boxes(tmp_path: Path) -> None:
    partitions.write_ways(GRID, tmp_path, 20)
    about = json.loads(
        parquet.read_metadata(tmp_path / "part-00000.parquet").metadata[b"geo"]
    )
    assert about["version"] == "1.1.0"
    assert about["columns"]["geometry"]["covering"]["bbox"]
    rows = duckdb.sql(
        f"SELECT count(*), sum(length_m) FROM '{tmp_path}/*.parquet' "
        "WHERE bbox.xmin <= 150 AND bbox.xmax >= 0 AND bbox.ymin <= 150 AND bbox.ymax >= 0"
    ).fetchall()
    box = shapely.box(0, 0, 150, 150)
    meets = shapely.intersects(shapely.envelope(GRID.geometry), box)
    assert rows == [(meets.sum(), pytest.approx(GRID.length_m[meets].sum()))]


def test_nearness_in_parts(town: None, tmp_path: Path) -> None:
    ways, seen = (bundled.network(), bundled.study_data().sightings.to_crs(METRIC))
    kinds = corridors_of(*(layer.to_crs(METRIC) for layer in
                           (ways.roads, ways.paths, ways.railways, ways.waterways)))  # fmt: skip
    kinds["canal"] = Corridor("canal", kinds["river"].lines.head(0))
    partitions.write_sightings(seen, tmp_path / "seen", 3)
    partitions.write_corridors(kinds, tmp_path / "ways")
    job = Nearness(
        tmp_path / "seen", tmp_path / "near", tmp_path / "ways", (100.0, 250.0)
    )
    files = work(job)
    assert len(files) == 3
    keys = ["sighting", "corridor"]
    found = pd.concat([pd.read_parquet(file) for file in files]).sort_values(keys)
    whole = proximity(seen, kinds, (100.0, 250.0)).table.sort_values(keys)
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), whole.reset_index(drop=True), check_dtype=False,
        rtol=1e-9, atol=1e-9,
    )  # fmt: skip


def test_what_is_finished_is_not_made_again(density: Density) -> None:
    files = work(density)
    files[1].unlink()
    before = [file.stat().st_mtime_ns for file in files[2:]]
    counted: list[tuple[int, int]] = []
    work(density, progress=lambda *n: counted.append(n))
    assert counted == [(len(files) - 1, len(files)), (len(files), len(files))]
    assert [file.stat().st_mtime_ns for file in files[2:]] == before
    assert files[1].is_file()


def test_a_full_disk_leaves_no_torn_part(density: Density) -> None:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    try:
        with pytest.raises(OSError, match="could not be written: the disk is full"):
            work(density)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        signal.signal(signal.SIGXFSZ, before)
    assert list(density.folder.iterdir()) == []
    check(work(density), expected(GRID, near(GRID, 200)))


def test_no_scheduler_at_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_WAIT_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    said = f"no scheduler answers at {address} .*Fix: start one"
    with pytest.raises(ClusterError, match=said), connected(address):
        pass


@pytest.mark.parametrize(
    ("address", "sightings", "workers"),
    [(None, LARGE - 1, 0), (None, LARGE, 1), ("none", LARGE, 0)],
)
def test_large_work_goes_to_processes_of_this_machine(
    address: str | None, sightings: int, workers: int
) -> None:
    with connected(address, 1, sightings) as client:
        assert (
            0 if client is None else len(client.scheduler_info()["workers"])
        ) == workers


@pytest.mark.proof
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_on_this_machine(density: Density, workers: int) -> None:
    with connected("local", workers) as client:
        assert client is not None
        addresses = [client.scheduler.address, *client.scheduler_info()["workers"]]
        assert all(address.startswith("tcp://127.0.0.1:") for address in addresses)
        check(work(density, client), expected(GRID, near(GRID, 200)))


@pytest.mark.proof
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_study_is_the_same_on_workers_one_of_which_is_killed(
    town: None, workers: int
) -> None:
    data, params = bundled.study_data(), Params()
    expected = study.run(data, params)
    killed: list[int] = []
    with connected("local", workers) as client:
        assert client is not None

        def kill(stage: str) -> None:
            if stage == "hotspots":
                first = min(client.run(os.getpid).values())
                killed.append(first)
                os.kill(first, signal.SIGKILL)

        found = study.run(data, params, stage=kill, each=each_on(client))
    assert killed
    assert found.access is not None and expected.access is not None
    for one, other in (
        (found.proximity.table, expected.proximity.table),
        (found.proximity.totals, expected.proximity.totals),
        (found.hotspots.table, expected.hotspots.table), (found.need, expected.need),
        (found.access.sections, expected.access.sections),
    ):  # fmt: skip
        assert len(other)
        pd.testing.assert_frame_equal(
            pd.DataFrame(one), pd.DataFrame(other), check_exact=True
        )


@pytest.mark.proof
def test_a_run_on_workers_writes_what_a_run_writes(town: None, tmp_path: Path) -> None:
    for name, more in (("one", []), ("two", ["--cluster", "local", "--workers", "2"])):
        call = [
            "run",
            "--snapshot",
            "own",
            "--out",
            str(tmp_path / name),
            "--quiet",
            *more,
        ]
        done = CliRunner().invoke(app, call)
        assert done.exit_code == 0, done.output
    one, two = (
        json.loads((tmp_path / n / "findings.json").read_text("utf-8"))
        for n in ("one", "two")
    )
    assert one == two


@pytest.mark.proof
@pytest.mark.parametrize("workers", [1, 2])
def test_calls_on_workers_come_back_in_order(workers: int) -> None:
    data = np.arange(10.0)
    with connected("local", workers) as client:
        assert [*each_on(client)(lambda k: data[k] * 2, range(10))] == (
            2 * data
        ).tolist()
        with pytest.raises(ZeroDivisionError):
            [*each_on(client)(lambda k: 1 / k, range(3))]
    assert [*each_on(None)(abs, [-1, 2])] == [1, 2]


@pytest.mark.proof
def test_a_worker_that_is_killed_changes_nothing(density: Density) -> None:
    density = replace(density, lixel_m=FINE)
    killed: list[int] = []
    with connected("local", 2) as client:
        assert client is not None
        first, _ = client.run(os.getpid).values()

        def kill(made: int, _: int) -> None:
            if made == 2:
                os.kill(first, signal.SIGKILL)
                killed.append(first)

        files = work(density, client, kill)
        client.wait_for_workers(2, timeout=60)
        assert first not in client.run(os.getpid).values()
    assert killed
    check(files, expected(GRID, near(GRID, 200), FINE))


@pytest.mark.proof
def test_the_scheduler_is_lost_and_the_same_call_goes_on(
    density: Density, tmp_path: Path
) -> None:
    density = replace(density, lixel_m=FINE)
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    here = ["--host", "127.0.0.1", "--scheduler-file", str(file)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*dask, "scheduler", *here, "--port", "0", "--no-dashboard"], **quiet
    )
    worker = subprocess.Popen([*dask, "worker", *here, "--no-dashboard", "--nthreads", "1",
                               "--no-nanny", "--death-timeout", "60"], **quiet)  # fmt: skip
    try:
        while not file.exists():
            time.sleep(0.1)
        address = json.loads(file.read_text("utf-8"))["address"]

        def kill(made: int, _: int) -> None:
            if made == 2:
                scheduler.kill()
                scheduler.wait()

        said = r"the scheduler was lost; \d+ of \d+ parts of this step were finished\. Fix: start"
        with pytest.raises(ClusterError, match=said), connected(address) as client:
            work(density, client, kill)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    counted: list[int] = []
    check(work(density, progress=lambda made, _: counted.append(made)),
          expected(GRID, near(GRID, 200), FINE))  # fmt: skip
    assert counted[0] >= 2


@pytest.fixture(scope="module")
def measured(
    town: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[StudyData, pd.DataFrame, Path]:
    """Return the town, its totals and their folder, which nobody changes."""
    data, out = (bundled.study_data(), tmp_path_factory.mktemp("measured") / "out")
    return data, measure(data, Params(), HANDLING, out, edges=4), out


def test_a_study_in_parts(measured: tuple[StudyData, pd.DataFrame, Path]) -> None:
    data, found, out = measured
    region, params = to_metric(data), Params()
    events, _ = events_of(region.sightings)
    ways = region.layers
    kinds = corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
    near = proximity(events, kinds, params.corridors.bands_m)
    pd.testing.assert_frame_equal(found, near.totals, rtol=1e-9)
    lixels, density = estimate_density(
        of_layers(region.layers),
        events,
        params.hotspots.bandwidth_m,
        params.hotspots.lixel_m,
    )
    files = sorted((out / "density").glob("*.parquet"))
    assert len(files) > 3
    check(files, lixels.frame(density, np.zeros(len(lixels), dtype=int)))
    assert gpd.read_parquet(files[0]).crs == "EPSG:4326"
    about = json.loads((out / "density" / "_index.json").read_text("utf-8"))
    assert about["handling"] == HANDLING.line()


def on_disks(at: Path, sizes: list[int]) -> list[str]:
    """Return how `measure` ends on a disk of each size; what lies there afterwards is whole."""
    data = bundled.study_data()

    def ends() -> None:
        full_disk.apart()
        for size in sizes:
            with full_disk.disk(at, size):
                try:
                    measure(data, Params(), HANDLING, at / "out", edges=4)
                    print("whole")
                except Exception as error:  # noqa: BLE001 - each is judged
                    (line,) = complaint(error)
                    named = str(at) in line and "disk is full" in line
                    print("refused" if named else f"WRONG: {line}")
                for file in at.rglob("*.parquet"):
                    pd.read_parquet(file)

    done = programs.run(ends)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("n", [4, pytest.param(100, marks=pytest.mark.proof)])
def test_measure_on_a_full_disk_says_so_and_leaves_whole_parts(
    measured: tuple[StudyData, pd.DataFrame, Path], n: int, tmp_path: Path
) -> None:
    full_disk.require(tmp_path)
    most = sum(file.stat().st_size + 4096 for file in measured[2].rglob("*.*"))
    sizes = np.linspace(16_384, 3 * most, n).astype(int).tolist()
    ends = on_disks(tmp_path / "disk", sizes)
    assert len(ends) == n
    assert set(ends) == {"refused", "whole"}, ends


def test_a_folder_keeps_to_its_inputs(
    measured: tuple[StudyData, pd.DataFrame, Path],
) -> None:
    data, _, out = measured
    others = replace(data, sightings=data.sightings.head(3))
    for folder in (out, out / "density"):
        with pytest.raises(
            ClusterError, match="holds other files, or parts of other sightings"
        ):
            measure(others, Params(), HANDLING, folder, edges=4)
    with pytest.raises(ClusterError, match="no sighting can be used"):
        measure(
            replace(data, sightings=data.sightings.head(0)), Params(), HANDLING, out
        )


def test_the_command(town: None, tmp_path: Path, browser: Browser) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["run", "measure", "--snapshot", "own", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "road_or_path" in done.output
    assert f"Wrote {out}: proximity and density, a file a part" in done.output.replace(
        "\n", ""
    )
    totals = pd.read_csv(out / "proximity.csv")
    assert totals["sightings"].gt(0).all()
    page = (out / "map.html").read_text("utf-8")
    assert "It says where people were reported, never where they are" in page
    assert page.count("<td>main road</td>") == 3
    found = json.loads((out / "hotspots.geojson").read_text("utf-8"))
    assert page.count("<tr><td>") == 12 + len(found["features"])
    with rasterio.open(out / "rasters" / "reported_density_network.tif") as file:
        assert file.count == 3
        assert page.count("detail detail-") == 3
    shown = browser.new_page()
    shown.goto((out / "map.html").as_uri())
    # Also before anybody zooms.
    expect(shown.locator(".detail:visible")).to_have_count(1)
    shown.close()
    if (out / "reported.pmtiles").exists():
        with (out / "reported.pmtiles").open("rb") as file:
            about = Reader(MmapSource(file)).metadata()
        names = {layer["id"] for layer in about["vector_layers"]}
        assert "reported_density" in names
    else:
        assert "no reported.pmtiles" in done.output
