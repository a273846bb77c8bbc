"""What never leaves a run: rejected rows, records of sightings, duplicates, the user's own files.

It goes to the user's data folder, a folder for each run, which only its owner may read.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from geo.schema import Table
from layers.files import atomic, vault
from layers.files.handling import Handling
from layers.files.listing import OutputFolderError, fingerprint, write_json
from layers.writers import formats

INPUTS: Final = "inputs.json"


def folder_of(now: datetime, out: Path) -> Path:
    """Return the folder of a run; refuse one inside the output folder, or that cannot be made.

    Raises `OutputFolderError` if the folder would lie inside `out`, or its parent cannot be written
    to.
    """
    runs = vault.folder() / "runs"
    if runs.resolve().is_relative_to(out.resolve()):
        raise OutputFolderError(
            f"what never leaves a run is kept in {runs}, which lies inside {out}. "
            "Fix: choose another folder with --out"
        )
    if sealed := atomic.in_the_way(runs):
        raise OutputFolderError(
            f"what never leaves a run is kept in {runs}, but {sealed} cannot be written to. "
            "Fix: make it a folder that you can write to"
        )
    return runs / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%S.%fZ}"


def write(
    folder: Path,
    tables: Iterable[tuple[Table, pd.DataFrame]],
    inputs: Iterable[Path],
    handling: Handling,
) -> None:
    """Write what never leaves a run; nothing where there is nothing.

    Parameters
    ----------
    folder
        As `folder_of` gives it; nothing may exist there.  It and its files get the modes 0700 and
        0600 before anything stands in them.
    tables
        Each with its rows; an empty one is not written.
    inputs
        The user's own files, named with their sizes and SHA-256.
    handling
        That of the run; every file is marked internal.
    """
    tables = list(tables)
    inputs = list(inputs)
    if not (tables or inputs):
        return
    inside = replace(handling, internal=True)
    with atomic.owner_only():
        folder.mkdir(parents=True)
        for table, rows in tables:
            if len(rows):
                formats.csv(table, rows, folder / f"{table.name}.csv", inside)
        named = [
            {"file": str(file), **fingerprint(file)}
            for file in map(Path.resolve, inputs)
        ]
        write_json({"handling": inside.line(), "inputs": named}, folder / INPUTS)
