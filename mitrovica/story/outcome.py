"""What a story tells: while the work goes on, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from geo.records import StudyData
    from geo.results import Findings
    from maps.words.text_tables import Columns


def _nobody(_told: object) -> None:
    """Hear, and say nothing."""


@dataclass(frozen=True)
class Watch:
    """Who is told while the work goes on; by default nobody."""

    step: Callable[[str], None] = _nobody
    """Takes the name of each stage or step as it begins."""
    warn: Callable[[Iterable[str]], None] = _nobody
    """Takes lines on what is wrong, before the work goes on or ends with an error."""
    show: Callable[[Iterable[str]], None] = _nobody
    """Takes lines on what is there and stays, whatever follows."""


SILENT: Final = Watch()


@dataclass(frozen=True)
class Outcome:
    """What came of it, as a command shows it."""

    shown: Sequence[str | Columns] = ()
    """Lines and tables, in the order in which they are read."""
    warned: Sequence[str] = ()
    """What is wrong beside it."""
    passed: bool = True
    """False where something is to be mended: the command ends with exit code 1."""


@dataclass(frozen=True)
class Analysed(Outcome):
    """What came of a run or a plan, with its results."""

    findings: Findings | None = None
    """Frames in metres; None where nothing was analysed."""
    data: StudyData | None = None
    """What it was made from, EPSG:4326, without records of sightings."""
