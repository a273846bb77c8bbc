"""OpenStreetMap extracts, ``.osm.pbf`` and ``.osm``, read by pyosmium in one pass.

Ways that reach into the area are kept whole, so that no road ends at its edge.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import geopandas as gpd
import osmium
import pandas as pd
import pyarrow as pa
import shapely
from shapely import MultiPolygon, Polygon

from geo import schema
from geo.records import Layers, Source
from layers.complaints import UserError, require_exists
from layers.files.listing import sha256
from layers.readers.osm import tags

SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
"""Names of files that `read` takes end in one of these."""

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
        in_file = _features(path)
        header = osmium.FileProcessor(path).header
    layers = tags.layers(tags.in_area(in_file, area), _source(path, header, area))
    if not tags.has_ways(layers):
        raise UserError(
            f"{path.name} holds no road, path or railway in the area. "
            f"It covers {_extent(header)}. Fix: another area, or an extract that covers it"
        )
    return layers


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
        raise UserError(
            f"{path.name} is damaged or no OpenStreetMap extract ({error}). "
            "Fix: download it again and compare its checksum"
        ) from error


def _features(path: Path) -> gpd.GeoDataFrame:
    """Return every feature of an extract that may belong to a layer, with its tags.

    Raises `osmium.InvalidLocationError` if a way has nodes that the file does not hold,
    `RuntimeError` or `ValueError` if the file is damaged.
    """
    cells: list[str | None] = []
    shapes: list[str] = []
    for id_, item, shape in _items(path):
        cells += (id_, *map(item.tags.get, tags.KEYS))
        shapes.append(shape)
    return _frame(cells, shapes)


def _items(path: Path) -> Iterator[tuple[str, Item, str]]:
    """Yield the id of each feature, the feature, and its shape as WKB in hexadecimal digits."""
    wanted = osmium.filter.KeyFilter(*tags.FEATURE_KEYS)
    extract = osmium.FileProcessor(path).with_locations().with_filter(wanted)
    wkb = osmium.geom.WKBFactory()
    has_relations = False
    for item in extract:
        if isinstance(item, osmium.osm.Way):
            is_way = any(map(item.tags.get, tags.WAY_KEYS))
            if len(item.nodes) > 1 and (is_way or _is_facility(item)):
                yield f"way/{item.id}", item, _line(wkb, item)
        elif isinstance(item, osmium.osm.Node):
            if _is_facility(item) or item.tags.get("place") in tags.SETTLEMENTS:
                yield f"node/{item.id}", item, wkb.create_point(item)
        elif isinstance(item, osmium.osm.Relation):
            has_relations |= _is_facility(item)
    if has_relations:
        # Facilities that are drawn as multipolygons take a second reading.
        facilities = osmium.filter.TagFilter(*_FACILITY_TAGS)
        areas = osmium.filter.EntityFilter(osmium.osm.AREA)
        located = osmium.FileProcessor(path).with_locations()
        for item in located.with_areas(facilities).with_filter(areas):
            if (
                isinstance(item, osmium.osm.Area)
                and not item.from_way()
                and _is_facility(item)
            ):
                yield (
                    f"relation/{item.orig_id()}",
                    item,
                    wkb.create_multipolygon(item),
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
    stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return Source(
        title=f"OpenStreetMap extract {path.name}", osm_date=stamp or None, **about
    )


def _suffix(path: Path) -> str:
    return next((s for s in SUFFIXES if path.name.endswith(s)), "")


def _extent(header: osmium.io.Header) -> str:
    box = header.box()
    low, high = box.bottom_left, box.top_right
    if not box.valid():
        return "an area that its header does not state"
    return f"lon {low.lon:.2f} to {high.lon:.2f}, lat {low.lat:.2f} to {high.lat:.2f}"
