"""OpenStreetMap extracts, ``.osm.pbf`` and ``.osm``, read by pyosmium in one pass.

Ways that reach into the area are kept whole, so that no road ends at its edge.  `read` holds the
whole in memory; `parts` does not, however large the extract is.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyarrow as pa
import shapely
from shapely import MultiPolygon, Polygon

from geo import schema
from geo.records import Layers, Source
from layers.complaints import UserError, require_exists
from layers.files import atomic
from layers.files.listing import sha256
from layers.readers.osm import tags

SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
"""Names of files that `read` takes end in one of these."""

PART: Final = 50_000
"""Features that are held at once."""
NODE_BYTES: Final = 6
"""Bytes on the disk for the positions of nodes, at most, for a byte of an extract."""

_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)
_KEYS: Final = 1 << 32
"""Places along the Hilbert curve."""

Item = osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation | osmium.osm.Area

_FACILITY_TAGS = frozenset((key, value) for key, value, _ in tags.FACILITY_TAGS)
_FACILITY_KEYS = tuple({key: None for key, _ in _FACILITY_TAGS})


def read(path: Path, area: Polygon | MultiPolygon | None) -> Layers:
    """Read roads, paths, railways, waterways and facilities from an extract.

    Ways that intersect the area, in EPSG:4326, are kept whole; None keeps all.  Raises
    `UserError` if the file is not an extract, damaged, cut without the nodes of its ways, or holds
    no way in the area.
    """
    with _readable(path):
        in_file = next(batches(osmium.io.File(path)))
        header = osmium.FileProcessor(path).header
    layers = tags.layers(
        tags.in_area(in_file, area), _source(path, header, area)
    )
    if not tags.has_ways(layers):
        raise _no_way(path, header)
    return layers


def parts(
    path: Path, area: Polygon | MultiPolygon | None, work: Path
) -> Iterator[Layers]:
    """Yield what `read` returns in parts, each of features that lie together.

    A column ``row`` is their order in the file.  Features go to a folder of this extract in the
    folder `work`, `PART` at once, by their place along a Hilbert curve; from there in parts.  The
    folder is removed in the end; where it is left, the same call goes on from it.  Raises
    `UserError` as `read` does, or if the disk has no room.
    """
    with _readable(path):
        header = osmium.FileProcessor(path).header
        source = _source(path, header, area)
        folder = work / f".{source.id}.features"
        files = _batches(path, area, folder)
    has_ways = False
    for low, high in _spans(files):
        features = _between(files, low, high)
        layers = tags.layers(features, source)
        has_ways |= tags.has_ways(layers)
        yield _numbered(layers, features.set_index("id")["row"])
    shutil.rmtree(folder)
    if not has_ways:
        raise _no_way(path, header)


def _spans(files: list[Path]) -> Iterator[tuple[int, int]]:
    """Return spans of the Hilbert curve with about `PART` features each."""
    keys = pd.concat(
        [pd.read_parquet(file, columns=["key"])["key"] for file in files]
    )
    bounds = np.unique(np.sort(keys)[PART::PART])
    return pairwise([0, *bounds.tolist(), _KEYS])


def _between(files: list[Path], low: int, high: int) -> gpd.GeoDataFrame:
    """Return the features of a span, in the order of the curve."""
    within = [("key", ">=", low), ("key", "<", high)]
    rows = pd.concat([pd.read_parquet(file, filters=within) for file in files])
    rows = rows.sort_values("key", kind="stable", ignore_index=True)
    shapes = shapely.from_wkb(rows["geometry"])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=schema.WGS84)


def _numbered(layers: Layers, row: pd.Series) -> Layers:
    """Return the layers with the place of each feature in the file, as ``row``."""
    frames: dict[str, Any] = {}
    for name, frame in vars(layers).items():
        if isinstance(frame, gpd.GeoDataFrame):
            rows = frame["id"].map(row).astype("int64")
            if (
                name == "settlements"
            ):  # by kind first, as `tags.layers` gives them
                kind = frame["kind"].map(tags.SETTLEMENTS.index).astype("int64")
                rows += kind * _KEYS
            frames[name] = frame.assign(row=rows)
    return replace(layers, **frames)


def _batches(
    path: Path, area: Polygon | MultiPolygon | None, folder: Path
) -> list[Path]:
    """Return files of the features of an extract in the area, made where they are missing."""
    done = sorted(folder.glob("[0-9]*.parquet"))
    if (folder / "complete").exists():
        return done
    folder.mkdir(parents=True, exist_ok=True)
    free, needed = (
        shutil.disk_usage(folder).free,
        NODE_BYTES * path.stat().st_size,
    )
    if free < needed:
        raise UserError(
            f"the disk of {folder.parent} has {free:,} bytes free, and the positions of the nodes "
            f"of {path.name} may take {needed:,}. Fix: make room, or choose another --store"
        )
    nodes = folder / "nodes"
    for old in folder.glob("nodes*"):
        old.unlink()
    stores = (f"sparse_file_array,{nodes}", f"sparse_file_array,{nodes}.areas")
    read = batches(osmium.io.File(path), PART, len(done) * PART, stores)
    for number, batch in enumerate(read, len(done)):
        inside = tags.in_area(
            batch.assign(row=number * PART + np.arange(len(batch))), area
        )
        inside = inside.assign(
            key=inside.geometry.hilbert_distance(_WORLD, level=16)
        )
        with atomic.file(folder / f"{number:06d}.parquet") as file:
            inside.sort_values("key").to_parquet(
                file, index=False, row_group_size=4000
            )
        done.append(folder / f"{number:06d}.parquet")
    (folder / "complete").touch()
    return done


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    require_exists(path)
    if not _suffix(path):
        raise UserError(
            f"{path.name} is not an extract: its name ends in none of {', '.join(SUFFIXES)}. "
            "Fix: Geofabrik has extracts as .osm.pbf"
        )
    try:
        yield
    except osmium.InvalidLocationError as error:
        raise UserError(
            f"{path.name}: {error}. Fix: cut the extract with `osmium extract --strategy "
            "complete_ways`"
        ) from error
    except (RuntimeError, ValueError) as error:
        if "resize file" in str(error):
            raise OSError(
                f"the positions of the nodes of {path.name}: {error}"
            ) from error
        raise UserError(
            f"{path.name} is damaged or no OpenStreetMap extract ({error}). "
            "Fix: download it again and compare its checksum"
        ) from error


def _no_way(path: Path, header: osmium.io.Header) -> UserError:
    return UserError(
        f"{path.name} holds no road, path or railway in the area. "
        f"It covers {_extent(header)}. Fix: another area, or an extract that covers it"
    )


def batches(
    source: osmium.io.File,
    size: float = np.inf,
    skip: int = 0,
    stores: tuple[str, str] = ("flex_mem", "flex_mem"),
) -> Iterator[gpd.GeoDataFrame]:
    """Yield every feature that may belong to a layer, with its tags, in batches.

    Parameters
    ----------
    source
        The extract.
    size
        Features of a batch.
    skip
        How many features are passed over first.
    stores
        Osmium's stores for the positions of nodes, of ways and of areas.

    Raises
    ------
    osmium.InvalidLocationError
        If a way has nodes that the file does not hold.
    RuntimeError, ValueError
        If the file is damaged.
    """
    cells: list[str | None] = []
    shapes: list[str] = []
    for number, (id_, item, shape) in enumerate(_items(source, *stores)):
        if number >= skip:
            cells += (id_, *map(item.tags.get, tags.KEYS))
            shapes.append(shape())
            if len(shapes) == size:
                yield _frame(cells, shapes)
                cells, shapes = [], []
    yield _frame(cells, shapes)


def _items(
    source: osmium.io.File, of_ways: str, of_areas: str
) -> Iterator[tuple[str, Item, Callable[[], str]]]:
    """Yield the id of each feature, the feature, and what makes its shape."""
    wanted = osmium.filter.KeyFilter(*tags.FEATURE_KEYS)
    extract = (
        osmium.FileProcessor(source).with_locations(of_ways).with_filter(wanted)
    )
    wkb = osmium.geom.WKBFactory()
    has_relations = False
    for item in extract:
        if isinstance(item, osmium.osm.Way):
            is_way = any(map(item.tags.get, tags.WAY_KEYS))
            if len(item.nodes) > 1 and (is_way or _is_facility(item)):
                yield f"way/{item.id}", item, partial(_line, wkb, item)
        elif isinstance(item, osmium.osm.Node):
            if _is_facility(item) or item.tags.get("place") in tags.SETTLEMENTS:
                yield f"node/{item.id}", item, partial(wkb.create_point, item)
        elif isinstance(item, osmium.osm.Relation):
            has_relations |= _is_facility(item)
    if has_relations:
        # Facilities that are drawn as multipolygons take a second reading.
        facilities = osmium.filter.TagFilter(*_FACILITY_TAGS)
        areas = osmium.filter.EntityFilter(osmium.osm.AREA)
        located = osmium.FileProcessor(source).with_locations(of_areas)
        for item in located.with_areas(facilities).with_filter(areas):
            if (
                isinstance(item, osmium.osm.Area)
                and not item.from_way()
                and _is_facility(item)
            ):
                yield (
                    f"relation/{item.orig_id()}",
                    item,
                    partial(wkb.create_multipolygon, item),
                )


def _is_facility(item: Item) -> bool:
    tag = item.tags.get
    return any((key, tag(key)) in _FACILITY_TAGS for key in _FACILITY_KEYS)


def _frame(cells: list[str | None], shapes: list[str]) -> gpd.GeoDataFrame:
    """Return the features: `cells` row by row, shapes as WKB in hexadecimal digits.

    Keys that occur nowhere get no column.  GEOS reads bytes much faster than digits.
    """
    names = ("id", *tags.KEYS)
    columns = {name: cells[i :: len(names)] for i, name in enumerate(names)}
    table = pa.table(
        {
            name: pa.array(of, pa.large_string())
            for name, of in columns.items()
            if any(of)
        }
        or {"id": pa.array([], pa.large_string())}
    )
    frame = table.to_pandas(types_mapper=lambda _: pd.StringDtype("pyarrow"))
    geometry = shapely.from_wkb([bytes.fromhex(shape) for shape in shapes])
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=schema.WGS84)


def _line(wkb: osmium.geom.WKBFactory, way: osmium.osm.Way) -> str:
    try:
        return wkb.create_linestring(way, osmium.geom.ALL)
    except osmium.InvalidLocationError as error:
        raise osmium.InvalidLocationError(
            f"way {way.id} has nodes that the file does not hold"
        ) from error


def _source(
    path: Path, header: osmium.io.Header, area: Polygon | MultiPolygon | None
) -> Source:
    """Describe the file; its id changes with the file's content and with the area."""
    stem = path.name.removesuffix(_suffix(path))
    about = tags.file_source(path, stem, area, sha256(path), reader="extract")
    stamp = header.get("osmosis_replication_timestamp") or header.get(
        "timestamp"
    )
    return Source(
        title=f"OpenStreetMap extract {path.name}",
        osm_date=stamp or None,
        **about,
    )


def _suffix(path: Path) -> str:
    return next((s for s in SUFFIXES if path.name.endswith(s)), "")


def _extent(header: osmium.io.Header) -> str:
    box = header.box()
    low, high = box.bottom_left, box.top_right
    if not box.valid():
        return "an area that its header does not state"
    return f"lon {low.lon:.2f} to {high.lon:.2f}, lat {low.lat:.2f} to {high.lat:.2f}"
