"""Snapshots: one state of OpenStreetMap kept on disk, whole or absent.

A snapshot is a folder, named by its id, of a folder a layer with its GeoParquet 1.1, and a
``manifest.json`` that says what the layers hold, what they were made from and when.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import geopandas as gpd
import pandas as pd
import platformdirs
import shapely
from annotated_types import Ge
from pyarrow import parquet
from pydantic import TypeAdapter, ValidationError
from shapely.geometry.base import BaseGeometry

from geo import schema
from geo.crs import metric_crs
from geo.params.types import NotNegative, hint
from geo.records import Layers, Source
from layers.files import atomic
from layers.files.filenames import PROGRAM
from layers.files.listing import is_file, write_json

LAYERS: Final = {
    **dict.fromkeys(("roads", "paths", "railways", "waterways"), schema.WAYS),
    "facilities": schema.FACILITIES,
    "settlements": schema.SETTLEMENTS,
}
"""Layers of a snapshot, and their tables."""

GROUP: Final = 4000
"""Rows of a group: what a reader takes or leaves at once."""

LEVEL: Final = 19
"""Of compression: a fetched snapshot is written once and read often."""

MANIFEST: Final = "manifest.json"

PART: Final = "part-00000.parquet"
"""The file in the folder of a layer."""

HEAD: Final = ("snapshot", "OSM date", "made", "km", "holds", "source")
"""Head of the list of snapshots; km of ways."""


class SnapshotError(ValueError):
    """A snapshot is unknown or damaged."""


@dataclass(frozen=True)
class Summary:
    """What one layer of a snapshot holds."""

    features: Annotated[int, Ge(0)]
    kilometres: NotNegative


@dataclass(frozen=True)
class Manifest:
    """The manifest of a snapshot."""

    id: str
    title: str
    made: str
    """UTC, ISO 8601."""
    osm_date: str | None
    licence: str
    area: Mapping[str, Any]
    """``name``, ``bounds`` in degrees and ``square_kilometres``; empty for a whole file."""
    provenance: Mapping[str, str]
    layers: Mapping[str, Summary]
    terrain: Mapping[str, Any] = field(default_factory=dict)
    """As `layers.readers.terrain.fetch` returns it; empty where there is none."""
    format: Literal[1] = 1
    """Version of the folder's make-up."""

    def row(self) -> tuple[str, ...]:
        """Return what the snapshot is and holds, for a user: cells under `HEAD`."""
        counts = ", ".join(
            f"{layer.features:,} {name}" for name, layer in self.layers.items()
        )
        km = sum(layer.kilometres for layer in self.layers.values())
        dated = self.osm_date[:10] if self.osm_date else "not stated"
        return self.id, dated, self.made[:10], f"{km:,.0f}", counts, self.title


_OF_SOURCE: Final = ("id", "title", "licence", "osm_date", "provenance")
_CHECKED: Final = TypeAdapter(Manifest)


def at(store: Path | None) -> Path:
    """Return the folder of snapshots: by default the one in the user's data folder."""
    return store or Path(platformdirs.user_data_dir(PROGRAM)) / "snapshots"


def save(layers: Layers, store: Path, area: gpd.GeoDataFrame | None = None) -> str:
    """Write a snapshot, over an older one of the same id, and return its id.

    Parameters
    ----------
    layers
        In EPSG:4326.
    store
        Folder of the snapshots.
    area
        The study area, as `layers.readers.areas.area_of` gives it; None for a whole file.
    """
    source = layers.source
    with atomic.folder(store / source.id) as folder:
        manifest = Manifest(
            **{name: getattr(source, name) for name in _OF_SOURCE},
            made=datetime.now(UTC).isoformat(timespec="microseconds"),
            area=_describe(area),
            layers={
                name: _write(getattr(layers, name), name, folder) for name in LAYERS
            },
        )
        write_json(dataclasses.asdict(manifest), folder / MANIFEST)
    return source.id


def load(store: Path, snapshot: str) -> Layers:
    """Read the snapshot with this id.

    Raises `SnapshotError` if the store holds none of this id, or a file is missing or damaged.
    """
    manifest = manifest_of(store, snapshot)
    frames = {name: _read(store / snapshot, name) for name in LAYERS}
    source = Source(
        "snapshot", **{name: getattr(manifest, name) for name in _OF_SOURCE}
    )
    return Layers(**frames, source=source)


def manifest_of(store: Path, snapshot: str) -> Manifest:
    """Return the manifest of the snapshot with this id; raise `SnapshotError` if it has none."""
    manifests = _scan(store)
    if (manifest := manifests.get(snapshot)) is None:
        raise SnapshotError(
            f"no snapshot {snapshot!r} in {store}. Fix: say with --store where it is, or name "
            f"another one with --snapshot. {hint([snapshot], manifests)}"
        )
    if isinstance(manifest, SnapshotError):
        raise manifest
    return manifest


def enter_terrain(store: Path, snapshot: str, entry: Mapping[str, Any]) -> None:
    """Note in the manifest the terrain that now lies beside a snapshot."""
    manifest = dataclasses.replace(manifest_of(store, snapshot), terrain=entry)
    with atomic.file(store / snapshot / MANIFEST) as part:
        write_json(dataclasses.asdict(manifest), part)


def list_all(store: Path) -> list[Manifest]:
    """Return the manifests of all snapshots in the store that can be read, the newest first."""
    manifests = [
        manifest for manifest in _scan(store).values() if isinstance(manifest, Manifest)
    ]
    return sorted(manifests, key=lambda manifest: manifest.made, reverse=True)


def damaged(store: Path) -> list[SnapshotError]:
    """Return why the other snapshots in the store cannot be read, and how to mend each."""
    return [
        manifest
        for manifest in _scan(store).values()
        if isinstance(manifest, SnapshotError)
    ]


def newest(store: Path, extent: BaseGeometry | None = None) -> str | None:
    """Return the id of the last snapshot that can be read and covers `extent`, or None.

    It covers an extent, in degrees, where the two share at least half of the smaller one; one of
    a whole file, whose area is not known, covers all.
    """
    return next(
        (m.id for m in list_all(store) if extent is None or _covers(m, extent)), None
    )


def length_km(layer: gpd.GeoDataFrame) -> pd.Series:
    """Return the length of each feature in kilometres, measured in the metric CRS."""
    if layer.empty:
        return pd.Series(0.0, index=layer.index)
    return layer.geometry.to_crs(metric_crs(layer)).length / 1000


def _write(layer: gpd.GeoDataFrame, name: str, folder: Path) -> Summary:
    """Write a layer; return the number and the length of its features."""
    layer = LAYERS[name].geoframe(layer)
    file = folder / f"{name}.parquet" / PART
    file.parent.mkdir()
    layer.to_parquet(
        file,
        index=False,
        compression="zstd",
        compression_level=LEVEL,
        schema_version="1.1.0",
        row_group_size=GROUP,
        write_page_checksum=True,
    )
    return Summary(len(layer), round(float(length_km(layer).sum()), 3))


def _read(folder: Path, name: str) -> gpd.GeoDataFrame:
    file = folder / f"{name}.parquet" / PART
    if file.parent.is_symlink() or not is_file(file):
        raise SnapshotError(
            f"snapshot {folder.name} is damaged: {file} is missing, or a link in its place. "
            f"{_fix(folder)}"
        )
    try:
        # Not by geopandas, which makes WGS 84 of its JSON anew: 30 ms a file.
        table = parquet.read_table(file, page_checksum_verification=True)
        rows = table.to_pandas()
        rows["geometry"] = shapely.from_wkb(rows["geometry"])
        return LAYERS[name].geoframe(rows)
    except Exception as error:
        raise SnapshotError(
            f"snapshot {folder.name} is damaged: {file} cannot be read "
            f"({type(error).__name__}). {_fix(folder)}"
        ) from error


def _scan(store: Path) -> dict[str, Manifest | SnapshotError]:
    """Return the manifest of each snapshot, or why it cannot be read."""
    return {
        path.parent.name: _manifest(path)
        for path in sorted(store.glob(f"[!.]*/{MANIFEST}"))
    }


def _manifest(path: Path) -> Manifest | SnapshotError:
    try:
        manifest = _CHECKED.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        fault = (
            error.errors()[0]
            if isinstance(error, ValidationError)
            else {"msg": str(error)}
        )
        reason = ": ".join([*map(str, fault.get("loc", ())), fault["msg"]])
        return SnapshotError(f"{path} is damaged ({reason}). {_fix(path.parent)}")
    missing = [name for name in LAYERS if name not in manifest.layers]
    if missing:
        return SnapshotError(
            f"{path} has no layer {', '.join(missing)}. {_fix(path.parent)}"
        )
    if manifest.id != path.parent.name:
        return SnapshotError(
            f"{path} says that it is {manifest.id!r}. Fix: give the folder that name again"
        )
    return manifest


def _fix(folder: Path) -> str:
    return f"Fix: delete the folder {folder} and run `mitrovica fetch` again"


def _covers(manifest: Manifest, extent: BaseGeometry) -> bool:
    if not manifest.area:
        return True
    area = shapely.box(*manifest.area["bounds"])
    return bool(area.intersection(extent).area >= min(area.area, extent.area) / 2)


def _describe(area: gpd.GeoDataFrame | None) -> dict[str, object]:
    if area is None:
        return {}
    return {
        "name": str(area["name"].iloc[0]),
        "bounds": [round(float(edge), 6) for edge in area.total_bounds],
        "square_kilometres": round(
            float(area.to_crs(metric_crs(area)).area.sum()) / 1e6, 1
        ),
    }
