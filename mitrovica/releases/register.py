"""Who may get a release, for what, until when, on which thresholds; and the register of who got it.

The register never leaves.  It is a file of one JSON object a line, in the user's data folder by
default, written whole while its folder is locked.  A release is entered before its files get their
names: whatever stops a program, the next one that reads the register finishes or withdraws it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pydantic.dataclasses import dataclass
from pydantic_core import to_jsonable_python

from geo.params.types import hint
from geo.schema import RELEASED_CELLS
from layers.files import atomic, vault
from layers.files.handling import Release
from mitrovica.brief import Figures, counts_of
from mitrovica.brief.figures import GROUPS as GROUPS_MET
from mitrovica.markdown import filled
from mitrovica.masks import crossing, difference
from mitrovica.masks.differences import squares
from mitrovica.masks.tiers import PURPOSES, TIERS, Tier
from mitrovica.releases import partners
from mitrovica.releases.recipients import enforces, folded, one_line

LONGEST_DAYS: Final = 365
"""A release holds for a year at most."""
GROUPS: Final = "groups reported"
"""What a release counts; a brief counts groups that crews met."""
HEAD: Final = ("release", "tier", "to", "purpose", "until", "groups", "state")


class ReleaseError(ValueError):
    """A release is refused; the message says why, and what would pass."""


def terms(
    path: Path,
    tier: str,
    to: str,
    purpose: str,
    until: date | None,
    today: date,
    override: str = "",
    kind: str = "",
    office: Collection[str] = (),
) -> Release:
    """Return the terms of a new release: its tier is ``public`` for who is not on the list.

    Parameters
    ----------
    path
        The register, beside which lies the list of partners; by it the release gets a number
        behind day, kind and tier.
    tier, purpose
        Of `mitrovica.masks.tiers`.
    to
        The recipient.
    until
        Last day on which the release may be used.
    today
        Its first.
    override
        Why a threshold is lower than that of the tier.
    kind
        What stands before the tier in its id, such as ``brief-``.
    office
        Names of the own office, which alone get the tier ``internal``.

    Raises
    ------
    ReleaseError
        If the tier or the purpose is none of the list, the recipient has no name or is not of the
        office, or the day lies behind or too far ahead.
    layers.complaints.UserError
        As `mitrovica.releases.partners.read`.
    """
    if tier not in TIERS:
        raise ReleaseError(
            f"--tier {tier}: there is no such tier. {hint([tier], TIERS)}"
        )
    if purpose not in PURPOSES:
        raise ReleaseError(
            f"--purpose {purpose}: a release is for one of {', '.join(PURPOSES)}. Fix: choose one "
            "of them; for anything else there is no release"
        )
    if not to.strip() or not one_line(to):
        raise ReleaseError(
            "--to has no name of one line. Fix: name the institution, or 'everybody'"
        )
    if until is None or not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise ReleaseError(
            f"--until {until or 'is missing'}: not within {LONGEST_DAYS} days of {today}. Fix: the "
            "day on which the files are no longer needed"
        )
    granted, does = _granted(path, tier, to, purpose, until, today, office)
    begin = f"{today.isoformat()}-{kind}{granted}-"
    number = sum(entry.id.startswith(begin) for entry in known(path)) + 1
    reason = override if granted == "partner" else ""
    return Release(
        f"{begin}{number}", granted, to.strip(), purpose, until, reason, does
    )


def _granted(
    path: Path,
    tier: str,
    to: str,
    purpose: str,
    until: date,
    today: date,
    office: Collection[str],
) -> tuple[str, str]:
    """Return the tier that a recipient gets, and of a partner its kind; errors as `terms`."""
    list_file = partners.at(path)
    listed_partners = partners.read(list_file, today)
    if enforces(to):
        return "public", ""
    if tier == "internal":
        if folded(to) not in map(folded, office):
            named = ", ".join(office) or "none is named"
            raise ReleaseError(
                f"--to {to}: the tier internal is for the own office alone ([office] of study.toml:"
                f" {named}). Fix: one of these names, or --tier partner or public"
            )
        return "internal", ""
    partner = partners.listed(listed_partners, to, today)
    if tier == "public" or partner is None or partner.tier == "public":
        return "public", ""
    if purpose != partner.purpose or until > partner.until:
        raise ReleaseError(
            f"{to} is on the list for {partner.purpose}, until {partner.until} ({list_file}). Fix: "
            f"--purpose '{partner.purpose}', and --until {partner.until} at the latest"
        )
    return "partner", partner.kind


def free(target: Path) -> Path:
    """Return a folder that is missing or empty, and can be written; else raise `ReleaseError`."""
    if fault := atomic.unwritable(target):
        raise ReleaseError(f"{fault} folder with --out")
    if target.exists() and any(target.iterdir()):
        raise ReleaseError(f"{target} is not empty. Fix: name a new folder with --out")
    return target


def thresholds(
    tier: str, least_groups: int | None, delay_days: int | None, override: str
) -> Tier:
    """Return the thresholds of a tier, raised or, with a reason, lowered for a partner.

    Parameters
    ----------
    tier
        Of `TIERS`.
    least_groups, delay_days
        Other thresholds, or None for those of the tier.
    override
        The reason for a lower one.

    Raises
    ------
    ReleaseError
        If a threshold is lowered without a reason, or for everybody.

    Examples
    --------
    >>> thresholds("partner", 20, None, "").least_groups
    20
    """
    usual = TIERS[tier]
    given = {"least_groups": least_groups, "delay_days": delay_days}
    changed: dict[str, Any] = {
        name: value for name, value in given.items() if value is not None
    }
    lowered = [
        f"{name} {value:g} in place of {getattr(usual, name):g}"
        for name, value in changed.items()
        if value < getattr(usual, name)
    ]
    if lowered and tier == "public":
        raise ReleaseError(
            f"a public release is for everybody, enforcement too: {', '.join(lowered)} is never "
            "granted. Fix: leave it out"
        )
    if lowered and not override.strip():
        raise ReleaseError(
            f"lower than the thresholds of the tier {tier!r}: {', '.join(lowered)}. Fix: leave it "
            'out, or say why with --override "REASON", which every file will show'
        )
    return replace(usual, **changed)


@dataclass(frozen=True, kw_only=True)
class Entry(Release):
    """One release, or one brief that left the office."""

    study: str
    least_groups: int
    crs: str
    """CRS of the cells; empty for a brief, which counts the whole area."""
    cells: tuple[dict[str, Any], ...]
    """Columns of `mitrovica.releases.difference`, and ``what`` is counted."""
    recalled: bool = False
    groups: int | None = None
    """Groups that it tells of; without, those of its cells."""
    moves: tuple[tuple[str, str], ...] = ()
    """Files that may not be in their places yet: the hidden name, and the path where each goes."""

    @classmethod
    def of(
        cls,
        terms: Release,
        study: str,
        least_groups: int,
        counts: Mapping[str, pd.DataFrame],
        crs: str = "",
        groups: int | None = None,
    ) -> Entry:
        """Return the entry of a release.

        Parameters
        ----------
        terms
            Those of the release.
        study
            Title of the study.
        least_groups
            The threshold of its cells.
        counts
            Table `RELEASED_CELLS` by what is counted.
        crs
            CRS of the cells; empty for a brief, which counts the whole area.
        groups
            Groups that it tells of, where that is a number.
        """
        rows = [
            row | {"what": what}
            for what, cells in counts.items()
            for row in RELEASED_CELLS.frame(pd.DataFrame(cells)).to_dict("records")
        ]
        more = {
            "study": study,
            "least_groups": least_groups,
            "crs": crs,
            "cells": rows,
            "groups": groups,
        }
        return cls(**to_jsonable_python(asdict(terms) | more))

    def counted(self, what: str) -> pd.DataFrame:
        """Return table `RELEASED_CELLS` of what is counted."""
        return RELEASED_CELLS.frame(cell for cell in self.cells if cell["what"] == what)

    @property
    def day(self) -> date:
        """The day on which it was made."""
        return date.fromisoformat(self.id[:10])

    @property
    def squares(self) -> gpd.GeoDataFrame:
        """Table `RELEASED_CELLS` of the groups reported, with the square of each."""
        return squares(self.counted(GROUPS), self.crs)

    def row(self, today: date) -> tuple[str, ...]:
        """Return cells under `HEAD`."""
        over = "out of date" if today > self.until else "holds"
        state = "recalled" if self.recalled else over
        counted = self.groups
        if counted is None and self.crs:
            counted = int(self.counted(GROUPS)["groups"].sum())
        groups = "" if counted is None else str(counted)
        return (
            self.id,
            self.tier,
            self.to,
            self.purpose,
            str(self.until),
            groups,
            state,
        )


def at(path: Path | None) -> Path:
    """Return the file of the register: by default the one in the office's own folder."""
    return path or vault.folder() / "releases.jsonl"


def read(path: Path) -> list[Entry]:
    """Return all releases, the oldest first; none without a register.

    A release that a program was stopped in is finished or withdrawn first.  Raises `ReleaseError`
    if a line is damaged: without all releases none can be compared.
    """
    entries = _read(path)
    if any(entry.moves for entry in entries):
        with vault.changing(path):
            entries = _settled(path)
    return entries


def known(path: Path) -> list[Entry]:
    """Return all releases that a new one is compared with, whichever register is named.

    The office's own register also tells of those that were entered in another one.
    """
    return _of_all({register: read(register) for register in _registers(path)})


def of_office(path: Path | None) -> list[Entry]:
    """Return `known` of a register, by default the office's own."""
    return known(at(path))


def enter(
    path: Path, entry: Entry, earlier: Sequence[Entry], files: Mapping[Path, Path]
) -> None:
    """Add a release to the register, and put its files in their places, all or none.

    The office's own register learns of it, too.  Earlier releases of every study count, since a
    study may be renamed: counts are compared by what they count, where and when.

    Parameters
    ----------
    path
        The register.
    entry
        The release.
    earlier
        What `known` returned when the release was made.
    files
        Its files, by the hidden names under which they lie ready, each with its path.

    Raises
    ------
    ReleaseError
        If two releases differ by too few groups, or lie in grids that cut each other; or if
        another release was entered meanwhile.
    """
    require_no_difference(entry, earlier)
    for part in files:
        atomic.sync(part)
    moves = tuple(
        (str(part.absolute()), str(to.absolute())) for part, to in files.items()
    )
    with _held(path) as entries:
        before = _of_all(entries)
        if before != [*earlier] or entry.id in {other.id for other in before}:
            raise ReleaseError(
                f"another release was entered in {path} meanwhile. Fix: give the command again"
            )
        entries[next(iter(entries))] = before
        try:
            # On record first: whatever stops the program, nothing goes out without its line.
            _write_each(entries, replace(entry, moves=moves))
            atomic.put(files)
        except OSError:
            _write_each(entries)
            raise
        _write_each(entries, entry)


def brief_of(terms: Release, study: str, figures: Sequence[Figures]) -> Entry:
    """Return the entry of a brief, with all counts of groups that it tells."""
    return Entry.of(terms, study, TIERS[terms.tier].least_groups, counts_of(*figures))


def newest_cells(
    entries: Iterable[Entry], study: str, terms: Release | None, today: date
) -> Entry | None:
    """Return the newest release with cells that a reader may know, and that still holds.

    Parameters
    ----------
    entries
        Of the register, oldest first.
    study
        Title of the study.
    terms
        Tier and recipient: they may know what everybody may, and what was on the same tier for the
        same recipient.  The office, without terms, may know all.
    today
        A release that ended before this day does not hold.
    """

    def may_know(entry: Entry) -> bool:
        if terms is None or entry.tier == "public":
            return True
        return entry.tier == terms.tier and folded(entry.to) == folded(terms.to)

    known_cells = [
        entry
        for entry in entries
        if entry.study == study
        and entry.cells
        and entry.crs
        and not entry.recalled
        and today <= entry.until
        and may_know(entry)
    ]
    return known_cells[-1] if known_cells else None


def quarters_of(entries: Iterable[Entry], to: str | None = None) -> dict[str, int]:
    """Return the groups of each quarter as briefs have told them, the last one where several did.

    Parameters
    ----------
    entries
        Of a register, the oldest first; recalled ones do not count.
    to
        A recipient: only what it was told.
    """
    found: dict[str, int] = {}
    for entry in entries:
        is_brief = not entry.crs and entry.tier == "partner"
        theirs = to is None or folded(entry.to) == folded(to)
        if is_brief and theirs and not entry.recalled:
            told = entry.counted(GROUPS_MET)
            found |= dict(zip(told["period"], told["groups"], strict=True))
    return {quarter: int(groups) for quarter, groups in found.items()}


def recall(path: Path, name: str, note: Path) -> None:
    """Mark a release as recalled, and write the note to its recipient.

    Raises `ReleaseError` if there is none of this id.
    """
    with _held(path) as entries:
        same = [entry for entry in entries[path] if entry.id == name]
        if not same:
            ids = ", ".join(entry.id for entry in entries[path]) or "none"
            raise ReleaseError(f"no release {name!r} in {path}. Fix: one of {ids}")
        atomic.write(note, filled("release_recall.md", entry=same[0]))
        for register, before in entries.items():
            after = [
                replace(entry, recalled=entry.recalled or entry.id == name)
                for entry in before
            ]
            if after != before:
                _write(register, after)


def _registers(path: Path) -> list[Path]:
    """Return the office's own register and another one, where it is another."""
    office_register = at(None)
    return (
        [path]
        if path.resolve() == office_register.resolve()
        else [office_register, path]
    )


@contextmanager
def _held(path: Path) -> Iterator[dict[Path, list[Entry]]]:
    """Hold the registers of `_registers`; yield their releases, each finished or withdrawn."""
    registers = _registers(path)
    with vault.changing(*registers):
        yield {register: _settled(register) for register in registers}


def _of_all(entries: Mapping[Path, Sequence[Entry]]) -> list[Entry]:
    """Return the releases of registers, each once."""
    first, *others = entries.values()
    here = [(entry.id, entry.cells) for entry in first]
    more = [
        entry
        for other in others
        for entry in other
        if (entry.id, entry.cells) not in here
    ]
    return [*first, *more]


def require_no_difference(entry: Entry, earlier: Iterable[Entry]) -> None:
    """Raise `ReleaseError` where two releases together tell of too few groups."""
    for other in earlier:
        least = min(entry.least_groups, other.least_groups)
        for what in {cell["what"] for cell in entry.cells}:
            ours = entry.counted(what)
            theirs = other.counted(what)
            if entry.crs == other.crs:
                too_few = difference(ours, theirs, least)
                leak = f"fewer than {least} groups"
            else:
                too_few = crossing(ours, entry.crs, theirs, other.crs)
                leak = "cells in another grid"
            if len(too_few):
                raise ReleaseError(
                    f"beside {other.id} this one would give away {leak} ({what}, "
                    f"{', '.join(sorted(set(too_few['period'])))}). Fix: wait until {least} more "
                    "are known there, or release again what the earlier one was made of"
                )


def _read(path: Path) -> list[Entry]:
    """Return the releases of a register as it is, also of one that older versions wrote."""
    entries: list[Entry] = []
    recalled: list[str] = []
    text = path.read_text("utf-8") if path.exists() else ""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            content = json.loads(line)
            if content.keys() == {"recalled"}:
                recalled.append(content["recalled"])
            else:
                entries.append(Entry(**content))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            torn = number == len(lines) and not text.endswith("\n")
            fix = (
                "take out this last line, which a full disk cut off: nothing left with it"
                if torn
                else "put a copy of the register in its place; without it nothing can be released"
            )
            raise ReleaseError(
                f"{path}, line {number} is damaged ({error!r}). Fix: {fix}"
            ) from error
    return [
        replace(release, recalled=release.recalled or release.id in recalled)
        for release in entries
    ]


def _settled(path: Path) -> list[Entry]:
    """Return the releases, each finished or withdrawn; the caller holds the register."""
    before = _read(path)
    entries = [entry for entry in map(_finished, before) if entry is not None]
    if entries != before:
        _write(path, entries)
    return entries


def _finished(entry: Entry) -> Entry | None:
    """Return an entry whose files are in their places; None where they are nowhere.

    Where a disk is not there, nobody knows: the entry stays as it is.
    """
    if not entry.moves:
        return entry
    for part, to in ((Path(hidden), Path(place)) for hidden, place in entry.moves):
        if not to.parent.is_dir():
            return entry
        if part.exists() and to.is_dir() and any(to.iterdir()):
            shutil.rmtree(part)  # somebody else has filled that folder meanwhile
            return None
        if part.exists():
            atomic.put({part: to})
    in_place = all(Path(to).exists() for _, to in entry.moves)
    return replace(entry, moves=()) if in_place else None


def _write_each(entries: Mapping[Path, Sequence[Entry]], *more: Entry) -> None:
    for path, releases in entries.items():
        _write(path, [*releases, *more])


def _write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the register whole, a line for each release."""
    rows = (
        json.dumps(to_jsonable_python(entry), ensure_ascii=False) for entry in entries
    )
    atomic.write_private(path, "".join(f"{row}\n" for row in rows))
