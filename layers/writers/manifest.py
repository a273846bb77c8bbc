"""`manifest.json`: what a run or a plan was made from, and a fingerprint of every file."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pydantic_core import to_jsonable_python

from geo.params import Params
from layers.filenames import PROGRAM, Maker
from layers.handling import Handling
from layers.listing import fingerprint
from layers.records import Source
from layers.schema import SCHEMA_VERSION

FILE: Final = "file"
"""Under this key a snapshot's provenance holds the name of the user's file."""


def render(
    folder: Path,
    *,
    made_by: Maker,
    study: str,
    source: Source,
    params: Params,
    handling: Handling,
    inputs: Mapping[str, int],
    merged: int = 0,
    now: datetime,
) -> dict[str, Any]:
    """Return the manifest of the outputs in `folder`: every file there that is not hidden.

    `study` is the title of the study, whose folder is not named.  `inputs` holds only how many
    files of each kind the user gave: their names and contents stay inside
    (`layers.writers.private`).  `merged` counts the records merged as probable duplicates.
    """
    return {
        "program": PROGRAM,
        "made_by": made_by,
        "internal": handling.internal,
        "handling": handling.line(),
        "run": handling.run,
        "holds_until": handling.until.isoformat(),
        "version": version(PROGRAM),
        "schema_version": SCHEMA_VERSION,
        "written": now.astimezone(UTC).isoformat(timespec="seconds"),
        "study": study,
        "source": source_record(source),
        "parameters": to_jsonable_python(params),
        "inputs": dict(inputs),
        "merged_records": merged,
        "outputs": [
            {"file": path.relative_to(folder).as_posix(), **fingerprint(path)}
            for path in sorted(folder.rglob("[!.]*"))
            if path.is_file()
        ],
    }


def source_record(source: Source) -> dict[str, Any]:
    """Return a source as plain values, without the name of the user's file."""
    record = dataclasses.asdict(source)
    record["provenance"] = {k: v for k, v in record["provenance"].items() if k != FILE}
    return record
