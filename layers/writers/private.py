"""What never leaves a run: rejected rows, whose record is whose, duplicates, the user's own files.

It goes to the user's data folder, a folder for each run, which only its owner may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import platformdirs

from layers import atomic
from layers.handling import Handling
from layers.schema import DUPLICATES, REJECTED, SIGHTING_IDS
from layers.staging import OutputFolderError, fingerprint, write_json
from layers.writers import tables

INPUTS = "inputs.json"


@dataclass(frozen=True)
class Private:
    """What the office that ran the study keeps to itself."""

    ids: pd.DataFrame
    """Table `SIGHTING_IDS`."""
    rejected: pd.DataFrame
    """Table `REJECTED`."""
    duplicates: pd.DataFrame
    """Table `DUPLICATES`, with what was decided."""
    inputs: tuple[Path, ...]
    """The user's own files."""


def folder_of(now: datetime, out: Path) -> Path:
    """Return the folder of a run, and refuse an output folder that would hold it.

    Parameters
    ----------
    now : datetime.datetime
        Time of the run, with its zone.
    out : pathlib.Path
        The output folder.

    Raises
    ------
    OutputFolderError
        If the folder would lie inside `out`.
    """
    runs = Path(platformdirs.user_data_dir("mitrovica")) / "runs"
    if runs.resolve().is_relative_to(out.resolve()):
        raise OutputFolderError(
            f"what never leaves a run is kept in {runs}, which lies inside {out}. "
            "Fix: choose another folder with --out"
        )
    return runs / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%S.%fZ}"


def write(private: Private, folder: Path, handling: Handling) -> Path:
    """Write what never leaves a run, and return the folder.

    Parameters
    ----------
    private : Private
        An empty table is not written.
    folder : pathlib.Path
        As `folder_of` gives it; nothing may exist there.  It and its files get the modes 0700 and
        0600 before anything stands in them.
    handling : layers.handling.Handling
        Of an internal study: it stands in every file.
    """
    with atomic.owner_only():
        folder.mkdir(parents=True)
        for table, rows in (
            (SIGHTING_IDS, private.ids),
            (REJECTED, private.rejected),
            (DUPLICATES, private.duplicates),
        ):
            if len(rows):
                tables.write(table, rows, folder / f"{table.name}.csv", handling)
        named = [{"file": str(path.resolve()), **fingerprint(path.resolve())}
                 for path in private.inputs]  # fmt: skip
        write_json({"handling": handling.line(), "inputs": named}, folder / INPUTS)
    return folder
