"""`manifest.json`: what a run or a plan was made from, and a fingerprint of every file."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic_core import to_jsonable_python

from geo.params import Params
from geo.results import Source
from layers.filenames import PROGRAM, Maker
from layers.schema import SCHEMA_VERSION


def render(
    folder: Path,
    *,
    made_by: Maker,
    source: Source,
    params: Params,
    inputs: Iterable[Path],
    duplicates: pd.DataFrame | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Return the manifest of the files in `folder`.

    Parameters
    ----------
    folder : pathlib.Path
        Every file in it is an output; hidden ones are not.
    made_by : str
        ``run`` or ``plan``.
    source : geo.results.Source
        Where the network came from.
    params : geo.params.Params
        As they were used.
    inputs : iterable of pathlib.Path
        The user's own files, and of a plan the manifest of the run that it goes on from; only
        their names are kept, not where they lay.
    duplicates : pandas.DataFrame, table `DUPLICATES`, optional
        Pairs of records that may report one group, and whether they were kept or merged.
    now : datetime.datetime
        When the run was made.
    """
    return {
        "program": PROGRAM,
        "made_by": made_by,
        "version": version(PROGRAM),
        "schema_version": SCHEMA_VERSION,
        "written": now.astimezone(UTC).isoformat(timespec="seconds"),
        "source": dataclasses.asdict(source),
        "parameters": to_jsonable_python(params),
        "duplicates": []
        if duplicates is None
        else duplicates[["first", "second", "score", "choice"]].to_dict("records"),
        "inputs": [{"file": path.name, **fingerprint(path)} for path in inputs],
        "outputs": [
            {"file": path.relative_to(folder).as_posix(), **fingerprint(path)}
            for path in sorted(folder.rglob("[!.]*"))
            if path.is_file()
        ],
    }


def fingerprint(path: Path) -> dict[str, Any]:
    """Return the SHA-256 and the size in bytes of a file."""
    with path.open("rb") as file:
        return {
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "bytes": path.stat().st_size,
        }
