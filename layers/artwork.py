"""What `maps` draws and `layers` writes: texts and pages, by their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Drawn:
    """What `maps` draws of a run or a plan, and writers write."""

    page: str
    """The planner map, for the office."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The report, the tables of the crews, and the texts of the cards, by name in the folder."""
    bring: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """What to bring, by file of the patrol and order of the stop, in the crews' languages."""
    summary: Sequence[str] = ()
    """The findings in ten lines."""
    crew: str = ""
    """The map that crews take along; empty without patrols."""
    cards: bytes | None = None
    """A card for each stop, as PDF; None where there is none."""
    late: Sequence[str] = ()
    """Messages on visits that are on no card."""
