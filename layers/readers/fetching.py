"""New ways and terrain: from a server or a file.

It stands apart from `layers.readers.sources`, which no run should wait a second longer for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from shapely import Polygon

from layers.readers import terrain
from layers.readers.osm import extract, overpass, roads_file
from layers.readers.osm.download import Event
from layers.readers.terrain import TerrainSummary
from layers.records import Layers


def fetch(
    source: str,
    area: Polygon,
    *,
    servers: Sequence[str] | None,
    cache: Path | None,
    refresh: bool,
    progress: Callable[[Event], None],
) -> Layers:
    """Return the layers of an area from Overpass or from a file.

    Parameters
    ----------
    source : str
        ``overpass``, or the path of an extract or of a file of roads.
    area : shapely.Polygon, EPSG:4326
    servers, cache, refresh, progress
        As for `layers.readers.osm.overpass.fetch`; its own servers where none is named.
    """
    if source == "overpass":
        urls = servers or overpass.SERVERS
        return overpass.fetch(area, urls=urls, cache=cache, refresh=refresh, progress=progress)
    if source.endswith(roads_file.SUFFIXES):
        return roads_file.read(Path(source), area)
    return extract.read(Path(source), area)


def fetch_terrain(
    source: str,
    store: Path,
    snapshot: str,
    area: Polygon,
    *,
    cell_m: float,
    detail_m: float | None,
    credit: str,
) -> TerrainSummary:
    """Put terrain beside a snapshot; parameters as for `layers.readers.terrain.fetch`.

    Parameters
    ----------
    source : str
        ``copernicus`` for Copernicus GLO-30, which knows whom to credit; else a file or an address.
    """
    known = source == "copernicus"
    return terrain.fetch(
        store,
        snapshot,
        terrain.COPERNICUS if known else source,
        area,
        cell_m=cell_m,
        detail_m=detail_m,
        licence=terrain.COPERNICUS_LICENCE if known else credit,
    )
