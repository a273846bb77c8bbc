"""Walking time to help: closed forms, rivers and bridges, terrain and its holes, GRASS."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from pyproj import CRS
from shapely import LineString, Point

from geo.access import walking as access
from geo.access.grid import MOVES, Grid, GridError, elevation_on, grid_over, tobler
from geo.access.walking import WalkingCells, help_places, walking_minutes
from geo.crs import CRSError
from geo.params import AccessParams, CorridorParams, Params
from geo.records import Layers, Source, StudyData, Terrain
from geo.results import Access
from geo.schema import (
    ACCESS_SECTIONS,
    ASSUMPTIONS,
    FACILITIES,
    HELP,
    METRIC,
    PLACES,
    WAYS,
)
from geo.sections.cutting import Sections, corridor_sections
from layers.readers import bundled

pytestmark = pytest.mark.usefixtures("generalised")


def flat(rows: int, columns: int, cell_m: float = 25.0) -> WalkingCells:
    grid = Grid(0.0, rows * cell_m, cell_m, (rows, columns), CRS(METRIC))
    return WalkingCells(
        grid,
        np.zeros((rows, columns), dtype=np.float32),
        np.ones((rows, columns), dtype=np.float32),
        np.zeros((rows, columns), dtype=np.uint32),
    )


def turned_over(ground: WalkingCells) -> WalkingCells:
    """Hills as valleys: the walk to a start is then as long as the walk from it."""
    return replace(ground, elevation_m=-ground.elevation_m)


def lines(*coordinates: list[tuple[float, float]]) -> gpd.GeoSeries:
    return gpd.GeoSeries([LineString(line) for line in coordinates], crs=METRIC)


def test_there_are_16_moves_and_each_has_its_opposite() -> None:
    assert len(MOVES) == 16
    assert all((-row, -column) in MOVES for row, column in MOVES)


def langmuir(slope: np.ndarray) -> np.ndarray:
    """Return minutes per metre by Langmuir's rule with Aitken's values, as GRASS r.walk has it."""
    s = np.asarray(slope, dtype=float)
    per_rise = np.select([s >= 0, s >= -0.2125], [6.0, 1.9998], -1.9998)
    return (0.72 + per_rise * s) / 60.0


def test_elongation_on_level_ground_is_at_most_2_8_percent() -> None:
    ground = flat(201, 201)
    minutes = walking_minutes(ground, np.array([100 * 201 + 100]))
    row, column = np.mgrid[-100:101, -100:101]
    straight = np.hypot(row, column) * 25 * float(tobler(0.0))
    away = straight > 0
    ratio = minutes[away] / straight[away]
    assert ratio.min() > 1 - 1e-5
    assert 1.02 < ratio.max() <= 1.028


@pytest.mark.parametrize("pace", [tobler, langmuir])
def test_uphill_is_not_downhill(pace: Callable[[np.ndarray], np.ndarray]) -> None:
    ground = flat(3, 101)
    slope = 0.1
    climb = replace(
        ground,
        elevation_m=np.tile(np.arange(101) * 25 * slope, (3, 1)).astype(np.float32),
    )
    west = np.array([101 + 0])
    up = walking_minutes(turned_over(climb), west, pace)[1, 100]
    down = walking_minutes(climb, west, pace)[1, 100]
    assert up == pytest.approx(2500 * float(pace(slope)), rel=1e-4)
    assert down == pytest.approx(2500 * float(pace(-slope)), rel=1e-4)


def test_it_is_the_least_cost_of_an_independent_dijkstra() -> None:
    """Against scipy on the same moves, with slopes, factors and walls."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    rng = np.random.default_rng(6)
    n = 30
    ground = flat(n, n)
    ground = replace(
        ground,
        elevation_m=rng.normal(0, 4, (n, n)).astype(np.float32),
        factor=rng.uniform(0.7, 2, (n, n)).astype(np.float32),
        barred=ground.grid.walls(
            lines([(-10, 300), (600, 420)]), lines([(300, 300), (300, 420)])
        ),
    )
    tail, head, cost = [], [], []
    for k, (dr, dc) in enumerate(MOVES):
        for row in range(max(0, -dr), min(n, n - dr)):
            for column in range(max(0, -dc), min(n, n - dc)):
                if (ground.barred[row, column] >> k) & 1:
                    continue
                length = 25 * np.hypot(dr, dc)
                to = (row + dr, column + dc)
                slope = (
                    float(ground.elevation_m[to] - ground.elevation_m[row, column])
                    / length
                )
                mean = (ground.factor[to] + ground.factor[row, column]) / 2
                tail.append(row * n + column)
                head.append(to[0] * n + to[1])
                cost.append(float(tobler(slope)) * length * mean)
    graph = coo_array((cost, (tail, head)), shape=(n * n, n * n)).tocsr()
    expected = dijkstra(graph, indices=[5]).reshape(n, n)
    found = walking_minutes(turned_over(ground), np.array([5]))
    assert found == pytest.approx(expected, rel=1e-4)
    back = dijkstra(graph.T.tocsr(), indices=[5]).reshape(n, n)
    assert walking_minutes(ground, np.array([5])) == pytest.approx(back, rel=1e-4)


#   start ~ river ~ goal: only the bridge leads over
def test_a_river_is_crossed_at_the_bridge_only() -> None:
    ground = flat(81, 41)
    river = lines([(512.0, -50.0), (530.0, 1000.0), (512.0, 2100.0)])
    none = lines()
    shut = replace(ground, barred=ground.grid.walls(river, none))
    start = np.array([40 * 41 + 0])
    minutes = walking_minutes(shut, start)
    assert np.isfinite(minutes[:, :20]).all()
    assert np.isinf(minutes[:, 22:]).all()
    bridge = lines([(450.0, 1900.0), (600.0, 1900.0)])
    opened = replace(ground, barred=ground.grid.walls(river, bridge))
    over = walking_minutes(opened, start)
    assert np.isfinite(over).all()
    detour = 2 * np.hypot(500, 900) * float(tobler(0.0))
    assert over[40, 40] == pytest.approx(detour, rel=0.04)
    assert over[40, 40] > 1.5 * walking_minutes(ground, start)[40, 40]


@pytest.mark.parametrize("bend", [0.0, 37.0, 211.0, 480.0])
def test_no_move_leaps_over_a_thin_or_slanting_river(bend: float) -> None:
    ground = flat(40, 40)
    river = lines([(-100.0, 480.0 - bend), (480.0, 510.0), (1100.0, 490.0 + bend)])
    shut = replace(ground, barred=ground.grid.walls(river, lines()))
    minutes = walking_minutes(shut, np.array([0]))
    row, column = np.mgrid[:40, :40]
    at = gpd.GeoSeries.from_xy(*ground.grid.centres(row, column).reshape(-1, 2).T)
    above = at.y > np.interp(at.x, *np.array(river.iloc[0].coords).T)
    assert (np.isfinite(minutes.ravel()) == above.to_numpy()).all()


def test_walls_are_the_same_from_both_sides() -> None:
    grid = flat(30, 30).grid
    barred = grid.walls(lines([(0, 100), (333, 500), (750, 300)]), lines())
    for k, (dr, dc) in enumerate(MOVES):
        back = MOVES.index((-dr, -dc))
        for row, column in np.argwhere((barred >> k) & 1):
            if 0 <= row + dr < 30 and 0 <= column + dc < 30:
                assert (barred[row + dr, column + dc] >> back) & 1


# --- the whole measure on a small region -------------------------------------------------


def region(**changes: object) -> tuple[Layers, gpd.GeoDataFrame, Sections]:
    def ways(*rows: dict) -> gpd.GeoDataFrame:
        full = [{"id": f"{r['layer']}-{k}", "bridge": False, "ford": False, "tunnel": False, **r}
                for k, r in enumerate(rows)]  # fmt: skip
        return WAYS.geoframe(full, crs=METRIC)

    road = {
        "layer": "road", "highway": "primary", "ref": "M-2",
        "geometry": LineString([(0, 0), (0, 4000)]),
    }  # fmt: skip
    source = Source("snapshot", "test", "a test", "none")
    layers = Layers(
        ways(road), ways(), ways(), ways(), FACILITIES.geoframe(crs=METRIC), source
    )
    places = PLACES.geoframe(
        [
            {"id": "A", "kind": "town", "name_en": "A", "geometry": Point(0, 0)},
            {"id": "B", "kind": "town", "name_en": "B", "geometry": Point(0, 4000)},
            {"id": "h", "kind": "health", "name_en": "clinic", "geometry": Point(0, 0)},
            {"id": "m", "kind": "public_stop", "name_en": "mosque",
             "amenity": "place_of_worship", "geometry": Point(0, 4000)},
            {"id": "c", "kind": "reception_centre", "name_en": "centre", "status": "closed 2021-01",
             "geometry": Point(0, 2000)},
        ],
        crs=METRIC,
    )  # fmt: skip
    layers = replace(layers, **changes)
    found = corridor_sections(layers.roads, layers.railways, places, CorridorParams())
    return layers, places, found


def run(terrain: Terrain | None = None, **params: object) -> Access:
    layers, places, cut = region()
    settings = AccessParams(**{"cell_m": 50.0, **params})
    return access.walking_access(layers, places, cut, terrain, params=settings)


def terrain(
    elevation: Callable[[np.ndarray, np.ndarray], np.ndarray], **changes: object
) -> Terrain:
    """Return terrain in metres, cells of 100 m, from a function of x and y."""
    x, y = np.meshgrid(
        np.arange(-2000, 2000, 100) + 50.0, np.arange(6000, -2000, -100) - 50.0
    )
    height = elevation(x, y).astype(np.float32)
    made = Terrain(
        height, (100.0, 0, -2000.0, 0, -100.0, 6000.0), METRIC, 100.0, "test", "none"
    )
    return replace(made, **changes)


def test_on_a_road_people_walk_at_the_networks_speed() -> None:
    found = run()
    row = found.sections.iloc[0]
    assert row["health_min"] == pytest.approx(24, rel=0.03)  # mean of 4 km at 5 km/h
    assert row["community_min"] == pytest.approx(24, rel=0.03)
    assert row["far_min"] == pytest.approx(24, rel=0.03)
    grid = Grid(found.transform[2], found.transform[5], 50.0, (0, 0), CRS(METRIC))
    at, away = (
        grid.rows_columns(np.array([[0.0, 3975.0], [900.0, 25.0]])[k]) for k in (0, 1)
    )
    assert found.minutes["health"][at] == pytest.approx(48, rel=0.03)
    assert found.minutes["health"][away] == pytest.approx(
        900 * float(tobler(0.0)) / 0.6, rel=0.06
    )


def test_the_tables_are_those_of_the_schema() -> None:
    found = run()
    assert found.sections.columns.tolist() == [*ACCESS_SECTIONS.names, "geometry"]
    assert found.places.columns.tolist() == [*HELP.names, "geometry"]
    assert found.assumptions.columns.tolist() == ASSUMPTIONS.names
    assert (found.assumptions["source"].str.len() > 20).all()
    assert found.label == "model with assumptions"
    assert CRS(found.crs) == CRS(METRIC)
    for surface in found.minutes.values():
        assert surface.dtype == np.float32


def test_threads_change_no_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(os, "cpu_count", lambda n=threads: n)
        found.append(run().minutes)
    assert len(found[0]) > 1
    for kind, minutes in found[0].items():
        np.testing.assert_array_equal(
            [other[kind] for other in found[1:]], [minutes] * 2
        )


def test_kinds_without_a_place_are_null_and_closed_places_are_no_help() -> None:
    found = run()
    assert set(found.minutes) == {"health", "community"}
    assert found.sections["water_min"].isna().all()
    assert found.sections["reception_min"].isna().all()
    assert set(found.places["id"]) == {"h", "m"}


def test_no_terrain_is_level_and_says_so() -> None:
    found = run()
    assert found.note == "No terrain: people walk as on level ground everywhere."
    assert found.level_share == 1.0
    level = run(terrain(lambda x, y: 0 * x))
    assert level.minutes["health"] == pytest.approx(found.minutes["health"], rel=1e-6)
    assert level.level_share == 0.0
    assert "real detail is about 100 m: the smaller cells add no truth" in level.note


def test_a_slope_counts_in_the_direction_of_travel() -> None:
    """The ground rises northwards by 10 %: help lies downhill in the south, uphill in the north."""
    row = run(terrain(lambda x, y: 0.1 * y)).sections.iloc[0]
    level = float(tobler(0.0))
    assert row["health_min"] == pytest.approx(
        24 * float(tobler(-0.1)) / level, rel=0.03
    )
    assert row["community_min"] == pytest.approx(
        24 * float(tobler(0.1)) / level, rel=0.03
    )


def test_terrain_too_small_or_with_holes_is_level_there_and_says_how_much() -> None:
    holed = terrain(lambda x, y: np.where(np.abs(y - 2000) < 300, np.nan, 0 * x))
    found = run(holed)
    assert np.isfinite(found.minutes["health"]).all()
    assert 0.05 < found.level_share < 0.25
    assert f"{found.level_share:.1%} of the cells have no elevation" in found.note
    small = terrain(lambda x, y: 0 * x)
    small = replace(small, elevation_m=small.elevation_m[:30])
    assert 0.4 < run(small).level_share < 0.9


def test_terrain_in_degrees_is_laid_over_the_grid() -> None:
    grid = Grid(7_450_000.0, 4_750_000.0, 500.0, (20, 20), CRS(METRIC))
    north = np.linspace(43.5, 42.5, 101)[:-1] - 0.005
    height = np.repeat(north[:, None], 100, axis=1).astype(np.float32)
    degrees = Terrain(
        height, (0.01, 0, 20.3, 0, -0.01, 43.5), "EPSG:4326", 500.0, "latitude", "none"
    )
    row, column = np.mgrid[:20, :20]
    at = gpd.GeoSeries.from_xy(*grid.centres(row, column).reshape(-1, 2).T, crs=METRIC)
    latitude = at.to_crs(4326).y.to_numpy().reshape(20, 20)
    assert elevation_on(grid, degrees) == pytest.approx(latitude, abs=1e-4)


def test_a_terrain_of_unknown_crs_is_refused() -> None:
    with pytest.raises(CRSError, match="the terrain's CRS '' is not known"):
        run(terrain(lambda x, y: 0 * x, crs=""))


def test_faults_of_the_grid_are_named() -> None:
    layers, places, cut = region()
    with pytest.raises(GridError, match="no section to lay a grid over"):
        grid_over(cut.table.geometry[:0], 100.0, 1000.0)
    with pytest.raises(GridError, match="is too large"):
        grid_over(cut.table.geometry, 0.1, 1000.0)
    with pytest.raises(CRSError, match="to_crs"):
        access.walking_access(
            layers, places.to_crs(4326), cut, None, params=AccessParams()
        )


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        ({"function": "naismith"}, "function"),
        ({"cell_m": 1}, "cell_m"),
        ({"off_path": 0}, "off_path"),
        ({"off_path": 1.2}, "off_path"),
        ({"cells": 25}, "cells"),
    ],
)
def test_a_parameter_out_of_range_is_named(toml: dict, where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params(access=toml)
    assert any(where in map(str, error["loc"]) for error in caught.value.errors())


@pytest.fixture(scope="module")
def data() -> StudyData:
    study = bundled.study_data()

    def moved(record: object) -> dict[str, gpd.GeoDataFrame]:
        frames = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
        return {
            k: v.to_crs(METRIC)
            for k, v in frames.items()
            if isinstance(v, gpd.GeoDataFrame)
        }

    layers = replace(study.layers, **moved(study.layers))
    return replace(study, layers=layers, **moved(study))


def test_the_bundled_region_is_reached_everywhere(data: StudyData) -> None:
    cut = corridor_sections(
        data.layers.roads, data.layers.railways, data.places, CorridorParams()
    )
    found = access.walking_access(
        data.layers, data.places, cut, None, params=AccessParams()
    )
    assert set(found.minutes) == {
        "health",
        "reception",
        "police",
        "station",
        "community",
    }
    for surface in found.minutes.values():
        assert np.isfinite(surface).all()
    assert found.sections["section"].is_unique
    assert found.sections["far_min"].is_monotonic_decreasing
    assert found.sections["rank"].tolist() == list(range(1, len(found.sections) + 1))
    assert set(found.sections["section"]) < set(cut.table["section"])
    names = set(found.sections["name"])
    assert "railway, Zvecan to Banjska" in names
    assert (
        "road M-25, by Vermice" not in names
    )  # no health care of the south is in the data
    near = found.sections.set_index("name").loc["railway, Mitrovica North to Zvecan"]
    assert near["health_min"] < 60 < found.sections["health_min"].max()


def test_help_on_the_bundled_data(data: StudyData) -> None:
    found = help_places(data.places, data.layers.facilities)
    count = found.groupby("help").size()
    assert count.to_dict() == {
        "community": 6, "health": 10, "police": 2, "reception": 2, "station": 13,
    }  # fmt: skip
    assert "reception_belvedere" not in set(found["id"])


# --- beside GRASS ------------------------------------------------------------------------


@pytest.mark.proof
def test_beside_grass_r_walk(shared: Path, tmp_path: Path) -> None:
    """r.walk -k elevation=dem friction=zero start_coordinates=... (Debian grass-core 8.4.1).

    Both get the same elevation on the same grid of 250 m, without roads and rivers.
    """
    rasterio = pytest.importorskip("rasterio")
    if shutil.which("grass") is None:
        pytest.skip("GRASS is not installed: apt-get install grass-core")
    with rasterio.open(
        shared / "data" / "dem" / "mitrovica_dem_7p5s_coarse.tif"
    ) as raster:
        coarse = Terrain(
            raster.read(1).astype(np.float32), tuple(raster.transform)[:6], "EPSG:4326", 500.0,
            "Viewfinder Panoramas and SRTM30+", "credit",
        )  # fmt: skip
    grid = Grid(7_455_000.0, 4_790_000.0, 250.0, (440, 260), CRS(METRIC))
    height = elevation_on(grid, coarse)
    assert np.isfinite(height).all()
    ones = np.ones(grid.shape, dtype=np.float32)
    ground = WalkingCells(grid, height, ones, np.zeros(grid.shape, dtype=np.uint32))
    row, column = 220, 130
    ours = walking_minutes(
        turned_over(ground), np.array([row * 260 + column]), langmuir
    )

    write = {"driver": "GTiff", "height": 440, "width": 260, "count": 1, "crs": METRIC,
             "dtype": "float32", "transform": rasterio.Affine(*grid.transform)}  # fmt: skip
    with rasterio.open(tmp_path / "dem.tif", "w", **write) as raster:
        raster.write(height, 1)
    x, y = grid.centres(np.array(row), np.array(column))
    script = tmp_path / "walk.sh"
    script.write_text(
        "set -e\n"
        f"r.in.gdal --quiet input={tmp_path}/dem.tif output=dem\n"
        "g.region raster=dem\n"
        "r.mapcalc --quiet expression='zero = 0'\n"
        f"r.walk -k --quiet elevation=dem friction=zero output=walk start_coordinates={x},{y}\n"
        f"r.out.gdal -c --quiet input=walk output={tmp_path}/walk.tif format=GTiff type=Float64\n"
    )
    subprocess.run(
        ["grass", "--tmp-project", str(tmp_path / "dem.tif"), "--exec", "bash", str(script)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    with rasterio.open(tmp_path / "walk.tif") as raster:
        theirs = raster.read(1) / 60
    away = theirs > 0
    error = np.abs(ours[away] / theirs[away] - 1)
    print(pd.Series(error).describe(percentiles=[0.5, 0.95, 0.99]))
    assert (error <= 0.02).mean() >= 0.95
