"""Who may get a release, for what, until when, on which thresholds; and the register of who got it.

The register never leaves.  It is a file of one JSON object a line, in the user's data folder by
default.  Lines are only added: a release, and later perhaps that it is recalled.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import platformdirs
from pydantic.dataclasses import dataclass
from pydantic_core import to_jsonable_python

from geo.brief import Figures, counts_of
from geo.params.release import PURPOSES, TIERS, Tier
from geo.params.types import hint
from geo.release import crossing, difference
from layers import shipped
from layers.files import atomic
from layers.files.handling import Release
from layers.schema import RELEASED_CELLS
from layers.shipped import filled

LONGEST_DAYS: Final = 365
"""A release holds for a year at most."""
LISTS: Final = shipped.toml("lists", "release.toml")
GROUPS: Final = "groups reported"
"""What a release counts; a brief counts groups that crews met."""
HEAD: Final = ("release", "tier", "to", "purpose", "until", "groups", "state")


class ReleaseError(ValueError):
    """A release is refused; the message says why, and what would pass."""


def terms(
    path: Path, tier: str, to: str, purpose: str, until: date | None, on: date, override: str = "",
    kind: str = "",
) -> Release:  # fmt: skip
    """Return the terms of a new release; its tier is ``public`` for those who enforce.

    `path` is the register, by which it gets a number behind day, kind and tier.  Raises
    `ReleaseError` where the tier or the purpose is none of the list, the recipient has no name, or
    the day lies behind or more than a year ahead.
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
    if until is None or not on <= until <= on + timedelta(days=LONGEST_DAYS):
        raise ReleaseError(
            f"--until {until or 'is missing'}: not within {LONGEST_DAYS} days of {on}. Fix: the "
            "day on which the files are no longer needed"
        )
    granted = "public" if enforces(to) else tier
    begin = f"{on.isoformat()}-{kind}{granted}-"
    number = sum(entry.id.startswith(begin) for entry in read(path)) + 1
    return Release(f"{begin}{number}", granted, to, purpose, until, override)


def enforces(to: str) -> bool:
    """Return whether a recipient is police, border guard or another enforcement, by its name.

    Any office of a ministry of the interior is, but for the asylum department, whose own name must
    be there; police, border, readmission or detention in a name always count.  Accents do not
    matter.  A name that hides what its bearer does is not recognised.

    >>> [enforces(f"{name}, Ministry of Internal Affairs") for name in ("Archive", "DCAM")]
    [True, False]
    """
    plain = unicodedata.normalize("NFKD", to.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))

    def named(part: str) -> bool:
        return any(re.search(word, letters) for word in LISTS["enforcement"][part])

    return named("words") or (named("ministry") and not named("asylum"))


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
    own = TIERS[tier]
    given = {"least_groups": least_groups, "delay_days": delay_days}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    lowered = [
        f"{name} {value:g} in place of {getattr(own, name):g}"
        for name, value in changed.items()
        if value < getattr(own, name)
    ]
    if lowered and not override.strip():
        raise ReleaseError(
            f"lower than the thresholds of the tier {tier!r}: {', '.join(lowered)}. Fix: leave it "
            'out, or say why with --override "REASON", which every file will show'
        )
    return replace(own, **changed)


@dataclass(frozen=True, kw_only=True)
class Entry(Release):
    """One release, or one brief that left the office."""

    study: str
    least_groups: int
    crs: str
    """CRS of the cells; empty for a brief, which counts the whole area."""
    cells: tuple[dict[str, Any], ...]
    """Columns of `geo.release.difference`, and ``what`` is counted."""
    recalled: bool = False

    @classmethod
    def of(
        cls, terms: Release, study: str, least_groups: int, counts: Mapping[str, pd.DataFrame],
        crs: str = "",
    ) -> Entry:  # fmt: skip
        """Return the entry of a release that tells of `counts`, by what is counted."""
        rows = [
            row | {"what": what}
            for what, cells in counts.items()
            for row in RELEASED_CELLS.frame(pd.DataFrame(cells)).to_dict("records")
        ]
        more = {"study": study, "least_groups": least_groups, "crs": crs, "cells": rows}
        return cls(**to_jsonable_python(asdict(terms) | more))

    def counted(self, what: str) -> pd.DataFrame:
        """Return table `RELEASED_CELLS` of what is counted."""
        return RELEASED_CELLS.frame(cell for cell in self.cells if cell["what"] == what)

    def row(self, today: date) -> tuple[str, ...]:
        """Return cells under `HEAD`."""
        over = "out of date" if today > self.until else "holds"
        state = "recalled" if self.recalled else over
        groups = str(self.counted(GROUPS)["groups"].sum()) if self.crs else ""
        return self.id, self.tier, self.to, self.purpose, str(self.until), groups, state


def at(path: Path | None) -> Path:
    """Return the file of the register: by default the one in the user's data folder."""
    return path or Path(platformdirs.user_data_dir("mitrovica")) / "releases.jsonl"


def read(path: Path) -> list[Entry]:
    """Return all releases, the oldest first; none without a register.

    Raises `ReleaseError` if a line is damaged: without all releases none can be compared.
    """
    entries: dict[str, Entry] = {}
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            if found.keys() == {"recalled"}:
                entries[found["recalled"]] = replace(entries[found["recalled"]], recalled=True)
            else:
                entries[found["id"]] = Entry(**found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReleaseError(
                f"{path}, line {number} is damaged ({error!r}). Fix: put a copy of the register "
                "in its place; without it nothing can be released"
            ) from error
    return [*entries.values()]


def add(path: Path, entry: Entry, earlier: Sequence[Entry]) -> None:
    """Add a release to the register, if all that it tells may be known beside the earlier ones.

    Earlier releases of every study count, since a study may be renamed: counts are compared by
    what they count, where and when.  Raises `ReleaseError` where two differ by too few groups, or
    lie in grids that cut each other; and if the register holds others than `earlier`.
    """
    if len(read(path)) != len(earlier) or entry.id in {other.id for other in earlier}:
        raise ReleaseError(
            f"another release was entered in {path} meanwhile. Fix: give the command again"
        )
    for other in earlier:
        least = min(entry.least_groups, other.least_groups)
        for what in {cell["what"] for cell in entry.cells}:
            ours, theirs = entry.counted(what), other.counted(what)
            if entry.crs == other.crs:
                found, leak = difference(ours, theirs, least), f"fewer than {least} groups"
            else:
                found, leak = crossing(ours, entry.crs, theirs, other.crs), "cells in another grid"
            if len(found):
                raise ReleaseError(
                    f"beside {other.id} this one would give away {leak} ({what}, "
                    f"{', '.join(sorted(set(found['period'])))}). Fix: wait until {least} more are "
                    "known there, or release again what the earlier one was made of"
                )
    _append(path, to_jsonable_python(entry))


def enter_brief(path: Path, terms: Release, study: str, figures: Sequence[Figures]) -> None:
    """Add a brief to the register, with all counts of groups that it tells; see `add`."""
    least = TIERS[terms.tier].least_groups
    add(path, Entry.of(terms, study, least, counts_of(*figures)), read(path))


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


def _append(path: Path, record: Mapping[str, Any]) -> None:
    with atomic.owner_only():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(to_jsonable_python(record), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
