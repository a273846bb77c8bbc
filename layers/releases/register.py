"""Who may get a release, for what, until when, on which thresholds; and the register of who got it.

The register never leaves.  It is a file of one JSON object a line, in the user's data folder by
default.  Lines are only added: a release, and later perhaps that it is recalled.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import platformdirs
from pydantic.dataclasses import dataclass
from pydantic_core import to_jsonable_python

from geo.params.release import PURPOSES, TIERS, Tier
from geo.params.suggest import hint
from layers import atomic, shipped
from layers.schema import RELEASED_CELLS
from layers.shipped import filled

if TYPE_CHECKING:
    from layers.releases.folder import Order

LONGEST_DAYS: Final = 365
"""A release holds for a year at most."""
LISTS: Final = shipped.toml("lists", "release.toml")
HEAD: Final = ("release", "tier", "to", "purpose", "until", "groups", "state")


class ReleaseError(ValueError):
    """A release is refused; the message says why, and what would pass."""


def check(tier: str, to: str, purpose: str, until: date, on: date) -> str:
    """Return the tier that the recipient may have, which is ``public`` for those who enforce.

    Raises `ReleaseError` where the tier or the purpose is none of the list, the recipient has no
    name, or the day lies behind or more than a year ahead.
    """
    if tier not in TIERS:
        raise ReleaseError(f"--tier {tier}: there is no such tier. {hint([tier], TIERS)}")
    if purpose not in PURPOSES:
        raise ReleaseError(
            f"--purpose {purpose}: a release is for one of {', '.join(PURPOSES)}. Fix: choose one "
            "of them; for anything else there is no release"
        )
    if not to.strip():
        raise ReleaseError("--to has no name. Fix: name the institution, or 'everybody'")
    if not on <= until <= on + timedelta(days=LONGEST_DAYS):
        raise ReleaseError(
            f"--until {until}: not within {LONGEST_DAYS} days of {on}. Fix: the day on which the "
            "files are no longer needed"
        )
    return "public" if enforces(to) else tier


def enforces(to: str) -> bool:
    """Return whether a recipient is police, border guard or another enforcement, by its name.

    Accents do not matter.  A name that hides what its bearer does is not recognised.

    >>> enforces("Border Police Mitrovica"), enforces("Red Cross of Kosova")
    (True, False)
    """
    plain = unicodedata.normalize("NFKD", to.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return any(re.search(word, letters) for word in LISTS["enforcement"]["words"])


def free(target: Path) -> Path:
    """Return a folder that is missing or empty; raise `ReleaseError` for another."""
    if target.exists() and any(target.iterdir()):
        raise ReleaseError(f"{target} is not empty. Fix: name a new folder with --out")
    return target


def thresholds(tier: str, least_groups: int | None, delay_days: int | None, override: str) -> Tier:
    """Return the thresholds of a tier, raised or, with a reason, lowered.

    Raises `ReleaseError` where one is lowered without a reason.

    >>> thresholds("partner", 20, None, "").least_groups
    20
    """
    table, requested = TIERS[tier], {"least_groups": least_groups, "delay_days": delay_days}
    changed: dict[str, Any] = {
        name: value for name, value in requested.items() if value is not None
    }
    lowered = [
        f"{name} {value:g} in place of {getattr(table, name):g}"
        for name, value in changed.items()
        if value < getattr(table, name)
    ]
    if lowered and not override.strip():
        raise ReleaseError(
            f"lower than the table of the tier {tier!r}: {', '.join(lowered)}. Fix: leave it out, "
            'or say why with --override "REASON", which every file will show'
        )
    return replace(table, **changed)


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
    cells: tuple[dict[str, Any], ...]
    override: str = ""
    recalled: bool = False

    def row(self, today: date) -> tuple[str, ...]:
        """Return cells under `HEAD`."""
        over = "out of date" if today > self.until else "holds"
        state = "recalled" if self.recalled else over
        groups = str(sum(cell["groups"] for cell in self.cells))
        return self.id, self.tier, self.to, self.purpose, str(self.until), groups, state


def at(path: Path | None) -> Path:
    """Return the file of the register: by default the one in the user's data folder."""
    return path or Path(platformdirs.user_data_dir("mitrovica")) / "releases.jsonl"


def read(path: Path, study: str | None = None) -> list[Entry]:
    """Return the releases, of one study or of all, the oldest first; none without a register.

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
                entries[found["id"]] = Entry(**found)
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"{path}, line {number} is damaged ({error!r}). Fix: put a copy of the register "
                "in its place; without it nothing can be released"
            ) from error
    return [entry for entry in entries.values() if study in (None, entry.study)]


def add(path: Path, order: Order, cells: pd.DataFrame) -> None:
    """Add a release of these cells, table `RELEASED_CELLS`, to the register.

    Raises `ReleaseError` if it holds others than the order knows, with which they were compared.
    """
    study = order.data.about.name
    if len(read(path, study)) != len(order.earlier):
        raise ReleaseError(
            f"another release was entered in {path} meanwhile. Fix: give the command again"
        )
    rows = RELEASED_CELLS.frame(pd.DataFrame(cells)).to_dict("records")
    more = {"study": study, "until": order.until, "least_groups": order.limits.least_groups}
    _append(path, asdict(order.terms) | more | {"cells": rows})


def recall(path: Path, name: str, note: Path) -> None:
    """Mark a release as recalled, and write the note to its recipient.

    Raises `ReleaseError` if there is none of this id.
    """
    found = {entry.id: entry for entry in read(path)}
    if name not in found:
        known = ", ".join(found) or "none"
        raise ReleaseError(f"no release {name!r} in {path}. Fix: one of {known}")
    with atomic.file(note) as part:
        part.write_text(filled("release_recall.md", entry=found[name]), "utf-8")
    _append(path, {"recalled": name})


def next_id(path: Path, tier: str, on: date) -> str:
    """Return the id of a new release: its day, its tier and a number."""
    begin = f"{on.isoformat()}-{tier}-"
    return f"{begin}{sum(entry.id.startswith(begin) for entry in read(path)) + 1}"


def _append(path: Path, record: Mapping[str, Any]) -> None:
    with atomic.owner_only():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(to_jsonable_python(record), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
