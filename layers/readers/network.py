"""The ways of a study: from a snapshot, from its own folder, or fetched anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from geo.records import Layers, Terrain
from layers.complaints import UserError, extra, require_file
from layers.readers import terrain
from layers.readers.osm import snapshots
from layers.readers.osm.queries import Servers
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
    servers: Servers,
    fetch_command: Callable[..., str],
) -> str:
    """Keep the layers of an area as a snapshot in a folder, and return its id.

    Parameters
    ----------
    source
        ``overpass``, or the path of an extract.
    area
        As from `layers.readers.areas.area_of`.
    store
        Folder of the snapshots.
    servers
        As for `layers.readers.osm.live.fetch`.
    fetch_command
        Gives the command with other options.

    Raises
    ------
    UserError
        If the source is an address, or as its reader does.
    """
    if "://" in source:
        file = PurePosixPath(source).name or "FILE.osm.pbf"
        raise UserError(
            f"--from {source}: an address is not taken. Fix: download the file first, with a "
            f"browser or curl, then {fetch_command(from_=file)}"
        )
    polygon = cast("Polygon", area.geometry.iloc[0])
    if source == "overpass":
        # No run needs it.
        from layers.readers.osm import live  # noqa: PLC0415

        return snapshots.save(live.fetch(polygon, servers), store, area)
    require_file(Path(source))
    with extra("osm", "reading extracts"):
        from layers.readers.osm import extract  # noqa: PLC0415
    return snapshots.save(extract.read(Path(source), polygon), store, area)
