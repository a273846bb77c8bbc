"""Folders that leak, each in one way: the proof that the attacks find what there is to find.

`clean` writes the figures of a run from the table of sightings only.  Each leak then puts one
figure in its place that rests on more.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
import shapely.ops

from attack.folder import Floats
from attack.planted import Planted
from attack.world import World
from geo import heat, lixels, planar
from geo.laws import Law
from geo.nulls import spread_in
from geo.positions import Positions
from geo.sightings import events_of
from layers.schema import BANDS_M, METRIC, band_column

LIXEL_M = 50.0


def clean(path: Path, planted: Planted, world: World) -> None:
    """Write what a run writes, from the table of sightings alone."""
    events, _ = events_of(planted.door())
    xy, laws = _xy(events), [Law(100.0, u, False) for u in events["uncertainty_m"]]
    layer(path, "null_points", lattice(xy, world))
    near(path, planted, world)
    findings(
        path,
        n_sightings=len(events),
        corridor_curves=curves(xy, laws, world).to_dict("records"),
    )
    layer(path, "lixels", density(xy, world))
    raster(path, xy, world)
    manifest(path, inputs={"sightings files": 1})
    with closing(sqlite3.connect(path / "mitrovica.gpkg")) as gpkg, gpkg:
        gpkg.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
        gpkg.execute("INSERT INTO gpkg_contents VALUES ('sightings')")
        gpkg.execute("CREATE TABLE sightings (id TEXT)")
        gpkg.executemany("INSERT INTO sightings VALUES (?)", [(name,) for name in events["id"]])


def near(path: Path, planted: Planted, world: World) -> None:
    """Write the table of sightings, and how near they lie to corridors."""
    events, _ = events_of(planted.door())
    layer(path, "sightings", events)
    laws = [Law(100.0, u, False) for u in events["uncertainty_m"]]
    rows = nearness(events["id"], _xy(events), laws, world)
    findings(
        path,
        proximity=rows.to_dict("records"),
        proximity_totals=totals(rows).to_dict("records"),
    )


def layer(path: Path, name: str, frame: gpd.GeoDataFrame) -> None:
    """Write a map layer, coordinates to six decimals."""
    (path / "layers").mkdir(parents=True, exist_ok=True)
    text = frame.to_crs("EPSG:4326").to_json(drop_id=True)
    whole = json.loads(text)
    for feature in whole["features"]:
        feature["geometry"]["coordinates"] = _rounded(feature["geometry"]["coordinates"])
    (path / "layers" / f"{name}.geojson").write_text(json.dumps(whole), "utf-8")


def _rounded(value: Any) -> Any:
    return [_rounded(v) for v in value] if isinstance(value, list) else round(value, 6)


def findings(path: Path, **tables: Any) -> None:
    """Put tables into the findings."""
    _put(path / "findings.json", tables)


def manifest(path: Path, **fields: Any) -> None:
    _put(path / "manifest.json", fields)


def _put(file: Path, fields: dict[str, Any]) -> None:
    whole = json.loads(file.read_text("utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**whole, **fields}, indent=1, allow_nan=False), "utf-8")


def lattice(xy: Floats, world: World) -> gpd.GeoDataFrame:
    """Return a sample of the lattice in a window about positions, as it left before the door."""
    params = world.params.corridors
    spread = spread_in(world.window(list(xy)), params.null_points, params.seed)
    rng = np.random.default_rng(params.seed)
    rng.choice(len(spread), 2000, replace=False, shuffle=False)
    points = shapely.points(rng.choice(spread, 2000, replace=False, shuffle=False))
    return gpd.GeoDataFrame({"null": "uniform"}, index=range(2000), geometry=points, crs=METRIC)


def nearness(ids: pd.Series, xy: Floats, laws: list[Law], world: World) -> pd.DataFrame:
    """Return distances and shares of bands of places about positions."""
    rows = []
    for name, at, law in zip(ids, xy, laws, strict=True):
        places = law.places()
        for kind, corridor in world.corridors.items():
            away, _ = corridor.segments.nearest(at + places.xy)
            shares = {band_column(b): places.within(away, b) @ places.weight for b in BANDS_M}
            half = np.quantile(away, 0.5)
            rows.append({"sighting": name, "corridor": kind, "distance_m": half, **shares})
    return pd.DataFrame(rows).round(6)


def totals(near: pd.DataFrame) -> pd.DataFrame:
    """Return the expected numbers within the bands."""
    rows = [
        {"corridor": kind, "band_m": b, "expected_within": own[band_column(b)].sum()}
        for kind, own in near.groupby("corridor")
        for b in BANDS_M
    ]
    return pd.DataFrame(rows).round(6)


def curves(xy: Floats, laws: list[Law], world: World, step_m: float = 5.0) -> pd.DataFrame:
    """Return the share of sightings within each distance."""
    at, frames = np.arange(0.0, 1001.0, step_m), []
    for kind, corridor in world.corridors.items():
        share = np.zeros(len(at))
        for point, law in zip(xy, laws, strict=True):
            places = law.places()
            away, _ = corridor.segments.nearest(point + places.xy)
            share += np.array([places.weight[away <= d].sum() for d in at]) / len(xy)
        rows = {"corridor": kind, "distance_m": at, "observed": share.round(6)}
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames)


def density(xy: Floats, world: World, weight: Floats | None = None) -> gpd.GeoDataFrame:
    """Return the heat kernel of positions that are moved to the nearest edge."""
    net, sigma = world.lines, world.params.hotspots.bandwidth_m
    snaps = net.snap(gpd.GeoSeries(shapely.points(xy), crs=net.crs))
    at = Positions.of(net, snaps)
    sources = heat.Sources(
        at.edge,
        at.offset_m,
        np.ones(len(xy)) if weight is None else weight,
        np.full(len(xy), sigma),
    )
    edges = lixels.reached(net, at.edge, at.offset_m, sources.reach_m)
    cut = lixels.cut(net, LIXEL_M, edges)
    return cut.frame(heat.on_lixels(sources, cut)).round(6)


def raster(path: Path, xy: Floats, world: World, cell_m: float = 100.0) -> None:
    """Write the density of positions in the plane."""
    sigma = world.params.hotspots.bandwidth_m
    low, high = np.floor((xy.min(axis=0) - 5 * sigma) / cell_m) * cell_m, xy.max(axis=0) + 5 * sigma
    points = gpd.GeoSeries(shapely.points(xy), crs=METRIC)
    made = planar.density(points, (*low, *high), sigma_m=sigma, cell_m=cell_m)
    (path / "rasters").mkdir(exist_ok=True)
    with rasterio.open(
        path / "rasters" / "density.tif",
        "w",
        driver="GTiff",
        count=1,
        dtype="float32",
        height=made.values.shape[0],
        width=made.values.shape[1],
        crs=METRIC,
        transform=rasterio.Affine(cell_m, 0, made.west, 0, -cell_m, made.north),
    ) as out:
        out.write((made.values * 1e6).astype("float32"), 1)


def _xy(frame: gpd.GeoDataFrame) -> Floats:
    return np.asarray(shapely.get_coordinates(frame.geometry.values))


@dataclass(frozen=True)
class Exact:
    """The planted sightings at their exact places, in the order and with the ids of the run."""

    ids: pd.Series
    xy: Floats
    uncertainty_m: Floats

    @classmethod
    def of(cls, planted: Planted) -> Exact:
        known = {tuple(np.round(v, 3)): k for k, v in planted.truth.items()}
        metric = planted.of_kind("sighting")
        ids = [known[tuple(np.round(p, 3))] for p in _xy(metric)]
        return cls(pd.Series(ids), _xy(metric), metric["uncertainty_m"].to_numpy(float))

    @property
    def points(self) -> list[Law]:
        return [Law(0.0, 0.0, False)] * len(self.xy)

    @property
    def discs(self) -> list[Law]:
        return [Law(0.0, u, False) for u in self.uncertainty_m]


def window_lattice(path: Path, planted: Planted, world: World) -> None:
    layer(path, "null_points", lattice(Exact.of(planted).xy, world))


def stepped_distances(path: Path, planted: Planted, world: World) -> None:
    exact = Exact.of(planted)
    near = nearness(exact.ids, exact.xy, exact.points, world)[
        ["sighting", "corridor", "distance_m"]
    ]
    near["distance_m"] = (near["distance_m"] / 50).round() * 50
    findings(path, proximity=near.to_dict("records"))


def exact_distance(path: Path, planted: Planted, world: World) -> None:
    exact = Exact.of(planted)
    near = nearness(exact.ids, exact.xy, exact.points, world)
    near = near.loc[near["corridor"] == "railway", ["sighting", "corridor", "distance_m"]]
    findings(path, proximity=near.to_dict("records"))


def disc_shares(path: Path, planted: Planted, world: World) -> None:
    exact = Exact.of(planted)
    near = nearness(exact.ids, exact.xy, exact.discs, world)
    findings(path, proximity=near.to_dict("records"))


def exact_curve(path: Path, planted: Planted, world: World) -> None:
    exact = Exact.of(planted)
    findings(path, corridor_curves=curves(exact.xy, exact.points, world).to_dict("records"))


def exact_totals(path: Path, planted: Planted, world: World) -> None:
    exact = Exact.of(planted)
    near = nearness(exact.ids, exact.xy, exact.discs, world)
    findings(path, proximity_totals=totals(near).to_dict("records"))


def exact_raster(path: Path, planted: Planted, world: World) -> None:
    raster(path, Exact.of(planted).xy, world)


def exact_lixels(path: Path, planted: Planted, world: World) -> None:
    layer(path, "lixels", density(Exact.of(planted).xy, world))


def hotspot(path: Path, planted: Planted, world: World) -> None:
    """Write stretches of up to 200 m, in their middle the place on the network nearest to each."""
    net, exact = world.lines, Exact.of(planted)
    snaps = net.snap(gpd.GeoSeries(shapely.points(exact.xy), crs=net.crs))
    at = snaps["offset_m"] * net.drawn[snaps["edge"]]
    whole = shapely.length(net.geometry[snaps["edge"]])
    half = np.minimum(100.0, np.minimum(at, whole - at))
    lines = [
        shapely.ops.substring(net.geometry[edge], a - h, a + h)
        for edge, a, h in zip(snaps["edge"], at, half, strict=True)
        if h > 1
    ]
    layer(path, "hotspots", gpd.GeoDataFrame(geometry=lines, crs=net.crs))


def weighted(path: Path, planted: Planted, world: World) -> None:
    size = planted.of_kind("sighting")["group_min"].to_numpy(float)
    layer(path, "lixels", density(Exact.of(planted).xy, world, size))


def stop(path: Path, planted: Planted, world: World) -> None:
    layer(path, "patrol_stops", planted.of_kind("sighting")[["geometry"]])


def stop_at_an_interview(path: Path, planted: Planted, world: World) -> None:
    layer(path, "patrol_stops", planted.of_kind("interview")[["geometry"]])


def point_of_the_map(path: Path, planted: Planted, world: World) -> None:
    at = [[round(lat * 1e5), round(lon * 1e5)] for lon, lat in _xy(planted.records)]
    (path / "map.html").write_text(json.dumps(at, separators=(",", ":")), "utf-8")


def rejected(path: Path, planted: Planted, world: World) -> None:
    table = planted.records[["id", "lat", "lon"]].assign(problem="no such kind")
    table.to_csv(path / "rejected_sightings.csv", index=False)


def fingerprint(path: Path, planted: Planted, world: World) -> None:
    sha = hashlib.sha256(planted.csv).hexdigest()
    manifest(path, inputs=[{"sha256": sha, "bytes": len(planted.csv)}])


def size_of_file(path: Path, planted: Planted, world: World) -> None:
    manifest(path, inputs=[{"kind": "sightings", "bytes": len(planted.csv)}])


def file_name(path: Path, planted: Planted, world: World) -> None:
    manifest(path, inputs=[{"file": planted.file_name}])


def user_ids(path: Path, planted: Planted, world: World) -> None:
    findings(path, excluded_records=[{"id": name} for name in planted.ids])


def day_in_a_cell(path: Path, planted: Planted, world: World) -> None:
    with closing(sqlite3.connect(path / "mitrovica.gpkg")) as gpkg, gpkg:
        gpkg.execute(
            f"ALTER TABLE sightings ADD COLUMN date_from TEXT DEFAULT '{min(planted.days)}'"
        )


def page_words(path: Path, planted: Planted, world: World) -> None:
    (path / "map.html").write_text(f"<p>{planted.words[0]}</p>", "utf-8")


def days_months(path: Path, planted: Planted, world: World) -> None:
    findings(path, months=[f"{day:%Y-%m}" for day in planted.days])


Leak = Callable[[Path, Planted, World], None]
