"""The ways of a study: from a snapshot, from its own folder, or fetched anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from geo.records import Layers, Terrain
from layers.complaints import UserError, require_file
from layers.readers import terrain
from layers.readers.osm import snapshots
from layers.readers.study import OWN_NETWORK, Study

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely import Polygon


def load(study: Study, snapshot: str | None) -> tuple[Layers, Terrain | None]:
    """Return the layers that a study runs on, and the terrain beside them.

    `snapshot` is the id of one, or ``own`` for the network in the study's folder; by default the
    snapshot that the study names, else the newest that covers it, else its own network.  Raises
    `snapshots.SnapshotError` if there is no such snapshot, or it is damaged,
    `UserError` if there is no network at all.
    """
    name = chosen(study, snapshot)
    if name is None or name == OWN_NETWORK:
        return study.network(), None
    folder = snapshots.at(study.store)
    return snapshots.load(folder, name), terrain.load(folder, name)


def chosen(study: Study, snapshot: str | None = None) -> str | None:
    """Return the id of the network that `load` takes; None where there is none at all."""
    folder = snapshots.at(study.store)
    named = (
        snapshot or study.settings.snapshot or snapshots.newest(folder, study.extent)
    )
    return named or (OWN_NETWORK if study.settings.network else None)


def passed_over(store: Path | None) -> list[str]:
    """Return what to say of damaged snapshots, which `load` uses only where one is named."""
    return [f"Passed over: {fault}" for fault in snapshots.damaged(snapshots.at(store))]


def fetch(
    source: str,
    area: gpd.GeoDataFrame,
    store: Path,
    *,
    mapping: Path | None = None,
    servers: Sequence[str] | None,
    cache: Path | None,
    refresh: bool,
    progress: Callable[[str], None],
    again: Callable[..., str],
) -> str:
    """Keep the layers of an area as a snapshot in a folder, and return its id.

    `area` is as from `layers.readers.areas.area_of`; `source` is ``overpass``, or the path of an
    extract or of a file of roads, the latter with the user's `mapping` of its columns, see
    `layers.readers.osm.roads_file`; `again` gives the command with other options; the others are as
    for `layers.readers.osm.live.fetch`.  Raises `UserError` if
    the source is an address.
    """
    if "://" in source:
        raise UserError(
            f"--from {source}: an address is not taken. Fix: download the file first, with a "
            f"browser or curl, then {again(from_=PurePosixPath(source).name or 'FILE.osm.pbf')}"
        )
    polygon = cast("Polygon", area.geometry.iloc[0])
    # No run needs these.
    from layers.readers.osm import extract, live, roads_file  # noqa: PLC0415

    if source == "overpass":
        found = live.fetch(
            polygon, servers=servers, cache=cache, refresh=refresh, progress=progress
        )
        return snapshots.save(found, store, area)
    # GDAL reads some folders, too.
    if not Path(source).is_dir():
        require_file(Path(source))
    if mapping is not None or source.endswith(roads_file.SUFFIXES):
        return snapshots.save(
            roads_file.read(Path(source), polygon, mapping), store, area
        )
    parts = extract.parts(Path(source), polygon, store)
    return snapshots.save(next(parts), store, area, parts)
