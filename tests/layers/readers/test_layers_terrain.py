"""Terrain cut, warped and kept; relief checked against gdaldem."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
from affine import Affine
from shapely import box
from shapely.affinity import translate

from geo.access.relief import hillshade
from geo.records import Terrain
from layers.complaints import UserError
from layers.readers import bundled, terrain
from layers.readers.osm import snapshots

AREA = box(20.80, 42.85, 20.95, 42.95)
KOSOVO = "EPSG:9141"


def plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return 500 + 1000 * (lon - 20.8) + 2000 * (lat - 42.8)


def tile(
    path: Path, west: float, north: float, size: int = 240, nodata: float = -32768
) -> Path:
    """Write a tile of the plane, a 1200th of a degree a cell."""
    step = 1 / 1200
    lon, lat = (
        west + step * (np.arange(size) + 0.5),
        north - step * (np.arange(size) + 0.5),
    )
    values = plane(lon[None, :], lat[:, None]).astype("float32")
    values[10:14, 10:14] = nodata
    profile = {
        "driver": "GTiff", "count": 1, "dtype": "float32", "width": size, "height": size,
        "crs": "EPSG:4326", "transform": Affine(step, 0, west, 0, -step, north), "nodata": nodata,
        "tiled": True, "blockxsize": 128, "blockysize": 128,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        out.write(values, 1)
    return path


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("made") / "store"
    return folder, snapshots.save(bundled.network(), folder)


@pytest.fixture
def store(snapshot: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """Return a store of a snapshot, and the snapshot's name."""
    return shutil.copytree(snapshot[0], tmp_path / "store"), snapshot[1]


@contextmanager
def serving(folder: Path, *, ranges: bool) -> Iterator[tuple[str, list[int]]]:
    """Serve a folder on loopback; yield its address and the bytes of each answer."""
    sent: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if ranges and wanted:
                first = int(wanted[1])
                last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
                self.send_response(206)
                self.send_header(
                    "Content-Range", f"bytes {first}-{last}/{len(content)}"
                )
                content = content[first : last + 1]
            else:
                self.send_response(200)
            if ranges:
                self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                try:
                    self.wfile.write(content)
                    sent.append(len(content))
                except (BrokenPipeError, ConnectionResetError):
                    sent.append(0)  # the reader had seen enough

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def assert_plane(found: Terrain) -> None:
    """Check the elevations at the middle of every known cell."""
    rows, columns = found.elevation_m.shape
    a, _, c, _, e, f = found.transform
    x, y = np.meshgrid(
        c + a * (np.arange(columns) + 0.5), f + e * (np.arange(rows) + 0.5)
    )
    lon, lat = rasterio.warp.transform(found.crs, "EPSG:4326", x.ravel(), y.ravel())
    known = ~np.isnan(found.elevation_m.ravel())
    error = found.elevation_m.ravel() - plane(np.array(lon), np.array(lat))
    assert known.mean() > 0.9
    assert np.abs(error[known]).max() < 0.5


def test_terrain_elsewhere_is_measured_in_the_zone_there(
    tmp_path: Path, store: tuple[Path, str]
) -> None:
    source = tile(tmp_path / "dem.tif", 20.79 + 10, 42.96)
    area = translate(AREA, 10.0)
    terrain.fetch(*store, str(source), area, cell_m=100, licence="mine")
    found = terrain.load(*store)
    assert found.crs == "EPSG:32636"
    assert_plane(found)


def test_terrain_is_cut_warped_and_entered(
    tmp_path: Path, store: tuple[Path, str]
) -> None:
    source = tile(tmp_path / "dem.tif", 20.79, 42.96)
    made = terrain.fetch(*store, str(source), AREA, cell_m=100, licence="mine")
    assert_plane(terrain.load(*store))
    found = terrain.load(*store)
    assert (found.crs, found.source, found.licence) == (KOSOVO, "dem.tif", "mine")
    assert found.transform[0] == 100
    assert found.detail_m == pytest.approx(92.7, abs=0.1)
    entry = json.loads((store[0] / store[1] / "manifest.json").read_text("utf-8"))[
        "terrain"
    ]
    assert (entry["cell_m"], entry["sha256"]) == (100, made["sha256"])
    assert len(snapshots.load(*store).roads) == len(bundled.network().roads)


def test_it_is_a_cog_with_overviews(tmp_path: Path, store: tuple[Path, str]) -> None:
    source = tile(tmp_path / "dem.tif", 20.79, 42.96)
    terrain.fetch(*store, str(source), AREA, cell_m=15)
    with rasterio.open(store[0] / store[1] / "terrain.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1)
        assert dataset.nodata == -9999


def test_unknown_cells_stay_unknown(tmp_path: Path, store: tuple[Path, str]) -> None:
    # The hole of 4 x 4 cells lies at the tile's north-west, inside this area.
    source = tile(tmp_path / "dem.tif", 20.79, 42.96)
    terrain.fetch(*store, str(source), box(20.792, 42.93, 20.85, 42.958), cell_m=50)
    found = terrain.load(*store)
    unknown = np.isnan(found.elevation_m)
    assert 0.001 < unknown.mean() < 0.2
    assert np.nanmin(found.elevation_m) > 400


def test_a_template_names_the_tiles_of_a_degree() -> None:
    assert terrain.tiles("{lat}/{lon}", box(20.9, 42.9, 21.1, 43.1)) == [
        "N42/E020", "N42/E021", "N43/E020", "N43/E021",
    ]  # fmt: skip
    assert terrain.tiles("{lat}_{lon}", box(-0.2, -0.4, -0.1, -0.3)) == ["S01_W001"]
    assert terrain.tiles("a.tif", AREA) == ["a.tif"]
    assert "N42_00_E020_00_DEM.tif" in terrain.tiles(terrain.COPERNICUS, AREA)[0]


@pytest.mark.parametrize("cell_m", [30.0, 100.0, 27.3])
def test_cells_lie_on_whole_multiples_and_cover_the_area(cell_m: float) -> None:
    transform, (rows, columns), crs = terrain.cells_about(AREA, KOSOVO, cell_m)
    west, north = transform.c, transform.f
    east, south = west + columns * cell_m, north - rows * cell_m
    bounds = rasterio.warp.transform_bounds(
        "EPSG:4326", crs, *AREA.bounds, densify_pts=51
    )
    beyond = np.array([-west, -south, east, north]) - [
        -bounds[0],
        -bounds[1],
        *bounds[2:],
    ]
    assert ((beyond >= -1e-6) & (beyond < cell_m)).all()
    assert west / cell_m == pytest.approx(round(west / cell_m), abs=1e-6)
    assert north / cell_m == pytest.approx(round(north / cell_m), abs=1e-6)


def test_degree_tiles_from_a_server_are_joined(
    tmp_path: Path, store: tuple[Path, str]
) -> None:
    tile(tmp_path / "N42_E020.tif", 20.9, 43.0)
    tile(tmp_path / "N42_E021.tif", 21.0, 43.0)
    with serving(tmp_path, ranges=True) as (address, _):
        template = address + "/{lat}_{lon}.tif"
        made = terrain.fetch(
            *store, template, box(20.95, 42.85, 21.08, 42.95), cell_m=100
        )
    assert len(made["sources"]) == 2
    assert_plane(terrain.load(*store))


def test_pieces_of_a_large_file_are_read_from_a_server(
    tmp_path: Path, store: tuple[Path, str]
) -> None:
    big = tile(tmp_path / "big.tif", 20.2, 43.2, 1200)
    with serving(tmp_path, ranges=True) as (address, sent):
        terrain.fetch(*store, f"{address}/big.tif", AREA, cell_m=100)
    assert_plane(terrain.load(*store))
    assert sum(sent) < big.stat().st_size / 2


def test_a_server_without_pieces_is_named_with_the_fix(
    tmp_path: Path, store: tuple[Path, str]
) -> None:
    tile(tmp_path / "dem.tif", 20.79, 42.96)
    with (
        serving(tmp_path, ranges=False) as (address, _),
        pytest.raises(UserError, match=r"Range .* not supported.*Fix: .*on disk"),
    ):
        terrain.fetch(*store, f"{address}/dem.tif", AREA)


def test_faults_say_what_and_what_next(tmp_path: Path, store: tuple[Path, str]) -> None:
    (tmp_path / "page.tif").write_text("<html>not here</html>")
    with serving(tmp_path, ranges=True) as (address, _):
        for name in ("none.tif", "page.tif"):
            with pytest.raises(UserError, match=r"cannot be read.*Fix"):
                terrain.fetch(*store, f"{address}/{name}", AREA)
    with pytest.raises(UserError, match=r"nothing\.tif cannot be read"):
        terrain.fetch(*store, str(tmp_path / "nothing.tif"), AREA)
    far = tile(tmp_path / "far.tif", 10.0, 50.0)
    with pytest.raises(UserError, match="no elevation inside the area"):
        terrain.fetch(*store, str(far), AREA)
    assert terrain.load(*store) is None
    with pytest.raises(snapshots.SnapshotError, match="no snapshot 'x'"):
        terrain.fetch(store[0], "x", str(far), AREA)


def test_a_damaged_terrain_is_refused(tmp_path: Path, store: tuple[Path, str]) -> None:
    terrain.fetch(
        *store, str(tile(tmp_path / "dem.tif", 20.79, 42.96)), AREA, cell_m=100
    )
    (store[0] / store[1] / "terrain.tif").write_bytes(b"half")
    with pytest.raises(UserError, match="missing or damaged"):
        terrain.load(*store)


# Relief


def made(elevation: np.ndarray, crs: str = KOSOVO, cell: float = 30.0) -> Terrain:
    grid = (cell, 0.0, 7_500_000.0, 0.0, -cell, 4_700_000.0)
    return Terrain(elevation.astype("float32"), grid, crs, cell, "made", "ours")


def test_a_plane_is_lit_alike_everywhere() -> None:
    row, column = np.mgrid[0:8, 0:9]
    # It rises 0.3 m a metre to the east and 0.4 to the north: lit from the north-west, by 45°.
    lit = hillshade(made(30 * (0.3 * column - 0.4 * row)))
    np.testing.assert_allclose(
        lit[1:-1, 1:-1], (np.sqrt(0.5) - 0.05) / np.sqrt(1.25), rtol=1e-5
    )
    assert np.isnan(lit[0]).all()
    assert np.isnan(lit[:, -1]).all()


def test_light_from_the_north_west_falls_on_slopes_that_face_it() -> None:
    row, column = np.mgrid[0:5, 0:5]
    for rise, brighter in (
        ((column + row) * -30.0, False),
        ((column + row) * 30.0, True),
    ):
        assert (hillshade(made(rise))[2, 2] > np.sin(np.pi / 4)) is np.bool_(brighter)
    np.testing.assert_allclose(
        hillshade(made(row * 0.0))[2, 2], np.sin(np.pi / 4), rtol=1e-6
    )


def test_unknown_elevations_spread_no_farther_than_a_cell() -> None:
    elevation = np.zeros((7, 7))
    elevation[3, 3] = np.nan
    assert np.isnan(hillshade(made(elevation))[1:-1, 1:-1]).sum() == 9


def test_relief_is_that_of_gdaldem(
    tmp_path: Path, store: tuple[Path, str], shared: Path
) -> None:
    gdaldem = shutil.which("gdaldem")
    if gdaldem is None:
        pytest.skip("gdaldem (gdal-bin) is not installed")
    source = shared / "data" / "dem" / "mitrovica_dem_7p5s_coarse.tif"
    terrain.fetch(
        *store, str(source), box(20.6, 42.8, 21.1, 43.2), cell_m=100, detail_m=500
    )
    found = terrain.load(*store)
    assert found.detail_m == 500
    cog = store[0] / store[1] / "terrain.tif"
    ours, out = 1 + 254 * hillshade(found), tmp_path / "hillshade.tif"
    subprocess.run([gdaldem, "hillshade", "-q", cog, out], check=True, timeout=60)
    with rasterio.open(out) as dataset:
        theirs = dataset.read(1, masked=True).astype("float32").filled(np.nan)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    # In whole greys.
    assert np.nanmax(np.abs(ours - theirs)) < 0.51
    assert np.nanmin(theirs) < 100
