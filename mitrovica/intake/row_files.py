"""What a study keeps of files that were handed in: how a form is read, and coarse rows.

Both lie in the study's own folder, for its owner only.  Of the records themselves nothing is kept:
no day, no place finer than a cell, no text.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from layers.complaints import UserError
from layers.files import atomic

KEPT: Final = (
    "id",
    "kind",
    "lat",
    "lon",
    "uncertainty_m",
    "located_kind",
    "group_min",
    "group_max",
    "date_from",
    "date_to",
    "relates_to",
)
"""Columns of coarse rows: of these a study makes something, and no other is read of a file that is
handed in."""
LONGEST: Final = 60


def file_name(text: str) -> str:
    """Return a text as the name of a file: small letters, digits, ``_``.

    >>> file_name("../Novembar 2026.xlsx"), file_name("…")
    ('novembar_2026_xlsx', 'file')
    """
    plain = re.sub(r"\W+", "_", text.casefold(), flags=re.ASCII).strip("_")
    return plain[:LONGEST].strip("_") or "file"


def form(study: Path, folder: str, name: str, text: str) -> Path:
    """Keep how files of a form are read, in place of what was kept under the name.

    Parameters
    ----------
    study, folder
        Folder of the study, and the folder in it that keeps forms.
    name
        Of the form.
    text
        TOML.

    Raises
    ------
    UserError
        If a link leads out of the study.
    """
    path = _inside(study, folder) / f"{file_name(name)}.toml"
    atomic.write_private(path, text)
    return path


def rows(study: Path, folder: str, name: str, coarse: pd.DataFrame) -> Path:
    """Keep coarse rows of a file, in place of those that were kept of it.

    Ids get the name of the file in front, so that those of several files differ.

    Parameters
    ----------
    study, folder
        Folder of the study, and the folder in it that keeps sightings.
    name
        Of the file.
    coarse
        Table `SIGHTINGS`, coarsened.

    Raises
    ------
    UserError
        If a link leads out of the study.
    """
    path = _inside(study, folder) / f"{file_name(name)}.csv"
    prefix = f"{path.stem} "
    named = coarse.assign(
        id=prefix + coarse["id"], relates_to=prefix + coarse["relates_to"]
    )
    with atomic.owner_only(), atomic.file(path) as part:
        named[list(KEPT)].to_csv(part, index=False, lineterminator="\n")
    return path


def _inside(study: Path, folder: str) -> Path:
    """Return a folder of a study; refuse one that a link leads out of it."""
    path = study / folder
    if not path.resolve().is_relative_to(study.resolve()):
        raise UserError(
            f"{path} is a link that leads out of the study. Fix: make it a folder"
        )
    return path
