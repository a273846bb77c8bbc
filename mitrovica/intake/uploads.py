"""A file of sightings that was handed in; apart from its readers, which load much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitrovica.intake.mapping import FormMapping


@dataclass(frozen=True)
class Handed:
    """A file as it was handed in, and what was done to it since."""

    name: str
    data: bytes
    mapping: FormMapping | None = None
    cells: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Cells that were mended, by row and place."""
    left_out: frozenset[int] = frozenset()
    """Rows that are left out."""
