"""The ways of a study: from a snapshot, from the bundled network, or fetched anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from layers.readers import bundled, terrain
from layers.readers.osm import snapshots
from layers.records import Layers, Source, Terrain

if TYPE_CHECKING:
    from shapely import Polygon

    from layers.readers.osm.download import Event


class FetchError(ValueError):
    """What is to be fetched cannot be."""


def load(snapshot: str | None, store: Path | None) -> tuple[Layers, Terrain | None]:
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
    layers.readers.osm.snapshots.SnapshotError
        If the store holds no such snapshot, or it is damaged.
    """
    folder = store or snapshots.default_store()
    chosen = snapshot or snapshots.newest(folder)
    if chosen is None or chosen == bundled.SOURCE.id:
        return bundled.network(), None
    return snapshots.load(folder, chosen), terrain.load(folder, chosen)


def load_again(
    source: Source, store: Path | None, *, other: str | None = None
) -> tuple[Layers, Terrain | None]:
    """Return the layers that an earlier run was made on, or those of another snapshot.

    Parameters and errors are as for `load`.
    """
    if other is not None:
        return load(other, store)
    folder = store or snapshots.default_store()
    known = snapshots.names(folder)
    if source.kind == "snapshot" and source.id not in known:
        raise snapshots.SnapshotError(
            f"the run was made on snapshot {source.id!r}, which is not in {folder} (there: "
            f"{', '.join(known) or 'none'}). Fix: say with --store where it is, name another one "
            "with --snapshot, or run again"
        )
    return load(source.id, store)


def fetch(
    source: str,
    area: Polygon,
    *,
    servers: Sequence[str] | None,
    cache: Path | None,
    refresh: bool,
    progress: Callable[[Event], None],
) -> Layers:
    """Return the layers of an area in EPSG:4326.

    `source` is ``overpass``, or the path of an extract or of a file of roads; the others are as
    for `layers.readers.osm.overpass.fetch`, which has servers of its own.  Raises `FetchError` if
    the source is an address.
    """
    if "://" in source:
        raise FetchError(
            f"--from {source}: an address is not taken. Fix: download the file first, with a "
            "browser or curl, then mitrovica fetch --from "
            f"{PurePosixPath(source).name or 'FILE.osm.pbf'}"
        )
    # osmnx takes a second to import, and no run needs it.
    from layers.readers.osm import extract, overpass, roads_file  # noqa: PLC0415

    if source == "overpass":
        urls = servers or overpass.SERVERS
        return overpass.fetch(area, urls=urls, cache=cache, refresh=refresh, progress=progress)
    if source.endswith(roads_file.SUFFIXES):
        return roads_file.read(Path(source), area)
    return extract.read(Path(source), area)
