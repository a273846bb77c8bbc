"""What a release of an office tells, read from its folder: terms, cells, ground of the map."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
from pydantic import ValidationError

from geo.crs import metric_crs
from geo.schema import BOUNDARY, PLACES, RELEASED_CELLS, WAYS
from layers.complaints import UserError, require_exists
from layers.files import filenames, listing
from layers.files.handling import Release
from layers.readers.study.opening import NEAR_M
from mitrovica.masks import Counted
from mitrovica.masks.differences import squares
from mitrovica.masks.tiers import Tier

__all__ = ["Released", "read"]

GRID_M: Final = 200.0
"""By so much at most the grids of studies move a sighting."""
_RELEASE: Final = "Fix: name the folder of a release, as `mitrovica release` made it"
_GROUND: Final = {
    "boundary": BOUNDARY,
    "waterways": WAYS,
    "roads": WAYS,
    "railways": WAYS,
    "places": PLACES,
}
"""Layers of a release that a map of it has as its ground."""


@dataclass(frozen=True)
class Released:
    """A release, as its folder tells it."""

    folder: Path
    study: str
    terms: Release
    credit: str
    counted: Counted
    ground: dict[str, gpd.GeoDataFrame]
    """The layers of `_GROUND` by name, EPSG:4326."""

    @property
    def made(self) -> date:
        """Day on which it was made, UTC."""
        return self.counted.made


def read(folder: Path) -> Released:
    """Read a release.

    Raises `UserError` if the folder holds none, a file of it was changed since, or its cells are
    not as its own thresholds ask.
    """
    require_exists(folder)
    path = folder / filenames.MANIFEST
    record = listing.read(path)
    if record is None or record.get("made_by") != "release":
        raise UserError(f"{folder} is no release. {_RELEASE}")
    layers = {
        name: folder / "layers" / f"{name}.geojson"
        for name in (*_GROUND, RELEASED_CELLS.name)
    }
    _require_unchanged(folder, record)
    try:
        terms = _terms(record["release"])
        limits = Tier(**record["thresholds"])
        made = datetime.fromisoformat(record["written"]).date()
        study = str(record["study"])
        credit = str(record["source"]["licence"])
        ground = {
            name: table.geoframe(gpd.read_file(layers[name]))
            for name, table in _GROUND.items()
        }
        cells = RELEASED_CELLS.frame(gpd.read_file(layers["released_cells"]))
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise UserError(f"{path} is damaged ({error!r}). {_RELEASE}") from error
    if (cells["groups"] < limits.least_groups).any():
        raise UserError(
            f"{layers['released_cells']} has a cell of fewer than {limits.least_groups} groups, "
            "which its own manifest does not allow. Fix: ask the office for the release again"
        )
    crs = metric_crs(ground["boundary"]).to_string()
    area = ground["boundary"].to_crs(crs).buffer(NEAR_M + GRID_M).union_all()
    counted = Counted(study, squares(cells, crs), area, limits, made)
    return Released(folder, study, terms, credit, counted, ground)


def _terms(record: dict[str, Any]) -> Release:
    """Return the terms that a manifest names; what this program does not know is passed over."""
    known = {field.name for field in fields(Release)} & record.keys()
    values = {name: record[name] for name in known}
    return Release(**values | {"until": date.fromisoformat(record["until"])})


def _require_unchanged(folder: Path, record: dict[str, Any]) -> None:
    """Raise `UserError` where a file is not as the manifest has it."""
    written = listing.outputs_of(record, folder / filenames.MANIFEST)
    changed = [
        name
        for name, sha256 in written.items()
        if not listing.is_file(folder / name) or listing.sha256(folder / name) != sha256
    ]
    if changed:
        raise UserError(
            f"{folder}: {', '.join(changed[:3])} is missing or was changed since the release was "
            "made. Fix: ask the office for the release again"
        )
