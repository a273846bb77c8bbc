"""Where the ways of a study come from: a snapshot, or the bundled network."""

from __future__ import annotations

from pathlib import Path

from layers.readers import bundled, terrain
from layers.readers.osm import snapshots
from layers.records import Layers, Source, Terrain


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
    layers.readers.osm.snapshots.SnapshotError
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
    layers.readers.osm.snapshots.SnapshotError
        If its snapshot is gone.
    """
    folder = store or snapshots.default_store()
    known = snapshots.names(folder)
    if source.kind == "snapshot" and source.id not in known:
        raise snapshots.SnapshotError(
            f"the run was made on snapshot {source.id!r}, which is not in {folder} (there: "
            f"{', '.join(known) or 'none'}). Cure: say with --store where it is, name another one "
            "with --snapshot, or run again"
        )
    return ways(source.id, store)
