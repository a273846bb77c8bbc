"""Where ways come from: a server, a file, a snapshot, or the bundled network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from shapely import Polygon

from geo.results import Layers, Source, Terrain
from layers.readers import bundled, extract, overpass, roads_file, snapshots, terrain
from layers.readers.download import Event
from layers.readers.terrain import TerrainSummary


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
        As for `layers.readers.overpass.fetch`; its own servers where none is named.
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


def ways(snapshot: str | None, store: Path | None) -> tuple[Layers, Terrain | None]:
    """Return the layers that a user names, and the terrain beside them.

    Parameters
    ----------
    snapshot : str, optional
        Id of a snapshot, or ``bundled``; by default the newest snapshot, and where there is none
        the bundled network.
    store : pathlib.Path, optional
        Folder of the snapshots; by default the user's.

    Raises
    ------
    layers.readers.snapshots.SnapshotError
        If the store holds no such snapshot, or it is damaged.
    """
    folder = store or snapshots.default_store()
    chosen = snapshot or snapshots.newest(folder)
    if chosen is None or chosen == bundled.SOURCE.id:
        return bundled.network(), None
    return snapshots.load(folder, chosen), terrain.load(folder, chosen)


def ways_of(source: Source, store: Path | None) -> tuple[Layers, Terrain | None]:
    """Return the layers that an earlier run was made on; parameters as for `ways`.

    Raises
    ------
    layers.readers.snapshots.SnapshotError
        If its snapshot is gone.
    """
    folder = store or snapshots.default_store()
    known = [manifest.id for manifest in snapshots.list_all(folder)]
    if source.kind == "snapshot" and source.id not in known:
        raise snapshots.SnapshotError(
            f"the run was made on snapshot {source.id!r}, which is not in {folder} (there: "
            f"{', '.join(known) or 'none'}). Cure: say with --store where it is, name another one "
            "with --snapshot, or run again"
        )
    return ways(source.id, store)
