"""What a user says about a file of sightings where the file itself is not clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapely.geometry.base import BaseGeometry

from layers.readers.tabular.parsing import Options

if TYPE_CHECKING:
    from mitrovica.intake.mapping import FormMapping


@dataclass(frozen=True, kw_only=True)
class FileOptions(Options):
    """How files of sightings are read."""

    drop_personal: bool = False
    """Leave out the columns that look like personal data; otherwise they stop the file."""
    sheet: str | None = None
    """Sheet of a workbook, or layer of a GeoPackage, that holds the sightings."""
    mapping: FormMapping | None = None
    """How the files are read, whatever their columns are called."""
    mappings: tuple[FormMapping, ...] = ()
    """Mappings that are kept: a file is read by the one that fits it."""
    region: BaseGeometry | None = None
    """Region of the study, EPSG:4326: a position outside is an error."""
