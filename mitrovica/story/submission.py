"""Files of sightings handed in: what is read of each row, what is asked, what the study keeps.

Records are held in memory only.  The study keeps the coarse rows that a run would make of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from layers.complaints import UserError
from layers.files.filenames import TAKEN
from mitrovica import intake
from mitrovica.intake.uploads import Handed
from mitrovica.story.analysis import Reading, study_to_check
from mitrovica.story.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mitrovica.intake.mapping import FormMapping
    from mitrovica.intake.questions import Looked

__all__ = [
    "Handed",
    "Looked",
    "TakeIn",
    "form_of",
    "keep_form",
    "look_at",
    "sheets_of",
    "take_in",
    "taken",
]


def look_at(asked: Reading, file: Handed) -> Looked:
    """Return how a file is read row by row, and what is to be asked of it.

    Parameters
    ----------
    asked : Reading
        The study, and what a user says of its files.
    file : Handed
        As it was handed in, and what was mended since.

    Returns
    -------
    Looked

    Raises
    ------
    layers.readers.tabular.parsing.UnreadableError
        If it holds no table.
    """
    study = study_to_check(asked)
    options = intake.study_sightings.options(
        study, now=datetime.now(UTC), **asked.unclear
    )
    return intake.questions.look(file, options)


def sheets_of(file: Handed) -> list[str]:
    """Return the sheets of a workbook of several; none of another file."""
    return intake.questions.sheets(file)


def form_of(values: Mapping[str, Any]) -> FormMapping:
    """Return how the files of a form are read, of plain values."""
    return intake.mapping.FormMapping(**values)


def keep_form(study: Path, name: str, form: FormMapping) -> Path:
    """Keep how the files of a form are read, in the folder of a study; return the file.

    ``--mapping`` takes it, and runs of the study read files of this form by it.
    """
    from dataclasses import replace

    mapping = intake.mapping
    text = mapping.to_toml(replace(form, title=name))
    return intake.row_files.form(study, mapping.FOLDER, name, text)


@dataclass(frozen=True, kw_only=True)
class TakeIn(Reading):
    """A file of sightings of which the study keeps the coarse rows."""

    file: Handed
    duplicates: Literal["keep", "merge"] = "keep"


def take_in(asked: TakeIn) -> Outcome:
    """Keep the coarse rows of a file in the study, in place of those that it had of it.

    A run makes of them what it makes of the records.

    Parameters
    ----------
    asked : TakeIn

    Returns
    -------
    Outcome
        How many rows are kept, and how many are not.

    Raises
    ------
    layers.complaints.UserError
        If no row can be used, or the study is that which is shipped.
    """
    from dataclasses import replace

    from geo.crs import metric_crs
    from geo.sightings import reduced

    if asked.study is None:
        raise UserError(
            "the study that is shipped keeps no sightings. Fix: mitrovica init FOLDER"
        )
    study = study_to_check(asked)
    looked = look_at(asked, asked.file)
    looked.report.require_used()
    report = replace(looked.report, choice=asked.duplicates)
    records = report.resolved[0]
    boundary = records if study.boundary is None else study.boundary
    rows = reduced(records.to_crs(metric_crs(boundary)), study.params.privacy)
    path = intake.row_files.rows(asked.study, TAKEN, asked.file.name, rows)
    lines = [f"Kept in {path}: {len(rows)} coarse rows. {report.counts()}"]
    return Outcome([*lines, *report.duplicate_lines()])


def taken(study: Path | None, name: str) -> int | None:
    """Return how many rows a study keeps of a file of this name; None where it has none."""
    if study is None:
        return None
    folder = study / TAKEN
    path = folder / f"{intake.row_files.file_name(name)}.csv"
    if not path.is_file():
        return None
    return max(len(path.read_text("utf-8").splitlines()) - 1, 0)
