"""The register of releases: who got which cells, for what, until when.  It never leaves.

A file of one JSON object a line, in the user's data folder by default.  Lines are only added: a
release, and later perhaps that it is recalled.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
import platformdirs

from layers import atomic
from layers.releases.order import Order
from layers.releases.terms import ReleaseError
from layers.schema import RELEASED_CELLS
from layers.shipped import filled

HEAD: Final = ("release", "tier", "to", "purpose", "until", "groups", "state")


@dataclass(frozen=True)
class Entry:
    """One release."""

    id: str
    study: str
    tier: str
    to: str
    purpose: str
    until: date
    least_groups: int
    cells: pd.DataFrame = field(repr=False)
    """Table `RELEASED_CELLS`."""
    override: str = ""
    recalled: bool = False

    def row(self, today: date) -> tuple[str, ...]:
        """Return cells under `HEAD`."""
        over = "out of date" if today > self.until else "holds"
        state = "recalled" if self.recalled else over
        groups = str(int(self.cells["groups"].sum()))
        return self.id, self.tier, self.to, self.purpose, str(self.until), groups, state


def at(path: Path | None) -> Path:
    """Return the file of the register: by default the one in the user's data folder."""
    return path or Path(platformdirs.user_data_dir("mitrovica")) / "releases.jsonl"


def read(path: Path) -> list[Entry]:
    """Return the releases, the oldest first; none where there is no register.

    Raises `ReleaseError` if a line is damaged: without all releases none can be compared.
    """
    entries: dict[str, Entry] = {}
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            if "recalled" in found:
                entries[found["recalled"]] = replace(entries[found["recalled"]], recalled=True)
            else:
                entries[found["id"]] = _entry(found)
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"{path}, line {number} is damaged ({error!r}). Fix: put a copy of the register "
                "in its place; without it nothing can be released"
            ) from error
    return list(entries.values())


def cells(entries: list[Entry], study: str, tier: str) -> list[pd.DataFrame]:
    """Return the cells of the releases of a study and a tier, the oldest first."""
    return [entry.cells for entry in entries if (entry.study, entry.tier) == (study, tier)]


def add(path: Path, order: Order, study: str, cells: pd.DataFrame, *, after: list[Entry]) -> None:
    """Add a release of these cells, table `RELEASED_CELLS`, to the register.

    Raises `ReleaseError` if it holds others than `after`, which the cells were compared with.
    """
    if len(read(path)) != len(after):
        raise ReleaseError(
            f"another release was entered in {path} meanwhile. Fix: give the command again"
        )
    rows = RELEASED_CELLS.frame(pd.DataFrame(cells)).to_dict("records")
    terms = {"study": study, "until": order.until.isoformat(), "cells": rows}
    _append(path, asdict(order.terms) | terms | {"least_groups": order.limits.least_groups})


def recall(path: Path, name: str) -> str:
    """Mark a release as recalled, and return the note to its recipient.

    Raises `ReleaseError` if there is none of this id.
    """
    found = {entry.id: entry for entry in read(path)}
    if name not in found:
        known = ", ".join(found) or "none"
        raise ReleaseError(f"no release {name!r} in {path}. Fix: one of {known}")
    _append(path, {"recalled": name})
    return filled("release_recall.md", entry=found[name])


def next_id(entries: list[Entry], tier: str, on: date) -> str:
    """Return the id of a new release: its day, its tier and a number."""
    begin = f"{on.isoformat()}-{tier}-"
    return f"{begin}{sum(entry.id.startswith(begin) for entry in entries) + 1}"


def _append(path: Path, record: Mapping[str, Any]) -> None:
    with atomic.owner_only():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _entry(found: Mapping[str, Any]) -> Entry:
    cells = RELEASED_CELLS.frame(pd.DataFrame(found["cells"], columns=RELEASED_CELLS.names))
    return Entry(**{**found, "until": date.fromisoformat(found["until"]), "cells": cells})
