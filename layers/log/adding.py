"""Files into a log: plans, pages of the visit form, tracks.  Each record is taken once.

A page that comes again with other answers is a correction: it replaces the visit, and all that was
said of groups.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product, repeat
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from layers import schema
from layers.log import pages, store, tracks
from layers.readers.sightings.cells import Fault, UnreadableError, listed
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.tables import FileTable
from layers.records import Log
from layers.writers import xlsform

TIME_ZONE: Final = "Europe/Belgrade"
"""Of tracks in a log without a plan."""

HEAD: Final = ("file", "kind", "taken", "of them corrections", "known", "unusable")
"""Of a table of reports."""

NEEDS: Final = ("need", "need_met")
"""Kinds of contact that a group may have several of."""

COUNTED: Final = {"plan": "plans", "visits": "visits", "tracks": "tracks"}
"""Kinds of files, and the table whose rows are counted."""


@dataclass
class FileReport:
    """What became of a file."""

    file: str
    kind: str = "?"
    """One of `COUNTED`; ``?`` where it could not be read."""
    taken: int = 0
    corrected: int = 0
    """Of those taken."""
    known: int = 0
    """Rows that the log has already."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unusable(self) -> int:
        """Rows that are not taken; all of a file without rows count as one."""
        return len({fault.row for fault in self.faults})

    @property
    def row(self) -> tuple[str | int, ...]:
        """What stands under `HEAD`."""
        found = self.kind, self.taken, self.corrected, self.known, self.unusable
        return self.file, *found

    def flag(self, error: UnreadableError) -> None:
        """Put on record that the file cannot be read."""
        self.faults.append(Fault(0, "", None, error.problem, error.fix, self.file))


def lines(reports: Sequence[FileReport]) -> list[str]:
    """Return what is wrong with files and rows, the first ten of each kind, and notes."""
    notes = [f"{report.file}: {note}" for report in reports for note in report.notes]
    by_row = [sorted(report.faults, key=lambda fault: fault.row) for report in reports]
    return [*listed([fault for faults in by_row for fault in faults]), *notes]


def add(
    path: Path | None, files: Iterable[Path], *, now: datetime, version: str
) -> list[FileReport]:
    """Add files to a log, all in one change; plans are added first.

    `path` is that of the log, by default in the user's data folder; `files` are exports of the
    visit form (CSV, XLSX, JSON of KoboToolbox's API), a plan's ``stops.csv``, and tracks (GPX,
    GeoJSON); `version` is that of the program. Raises `OSError` if a file cannot be opened;
    `UserError` if the log cannot be read or changed.
    """
    contents = [(file.name, content_of(file)) for file in files]

    def make(log: Log) -> tuple[Log | None, list[FileReport]]:
        opened = [_Opened(name, data) for name, data in contents]
        new = log
        for one in sorted(opened, key=lambda one: one.report.kind != "plan"):
            new = one.added_to(new, now, version)
        return (None if new is log else new), [one.report for one in opened]

    return store.change(store.at(path), make)


def add_plan(
    path: Path | None, stops: gpd.GeoDataFrame, area: str, time_zone: str, now: datetime,
    version: str,
) -> None:  # fmt: skip
    """Enter a plan, table `STOPS`, in a log, once; nothing where it has no date or no stops."""
    listed_stops = xlsform.stops_of(stops, area, time_zone)
    if listed_stops.empty:
        return
    content = str(listed_stops["plan_id"].iloc[0])

    def make(log: Log) -> tuple[Log | None, None]:
        nights, plans = xlsform.tables_of(listed_stops, store.import_id("plan", now, content))
        both, new = store.union(log, Log.of(nights=nights, plans=plans))
        if not new["plans"]:
            return None, None
        return store.recorded(both, "plan", now, version, content, taken=new["plans"]), None

    store.change(store.at(path), make)


class _Opened:
    """A file whose kind is known, or why it cannot be read."""

    def __init__(self, name: str, data: bytes) -> None:
        self.data, self.report = data, FileReport(name)
        self.table: FileTable | None = None
        if tracks.is_tracks(data):
            self.report.kind = "tracks"
            return
        try:
            self.table = open_table(data, name, pages.recognised, None)
            is_plan = set(schema.FORM_STOPS.names) <= set(self.table.header)
            self.report.kind = "plan" if is_plan else "visits"
        except UnreadableError as error:
            self.report.flag(error)

    def added_to(self, log: Log, now: datetime, version: str) -> Log:
        """Return a log with what the file adds, or the same; the report says what that is."""
        report, content, more = self.report, hashlib.sha256(self.data).hexdigest(), Log.of()
        import_id = store.import_id("add", now, content)
        try:
            if report.kind == "tracks":
                more = _tracks(log, self.data, report, import_id)
            elif self.table is not None and report.kind == "plan":
                more = _plan(self.table, report, import_id)
            elif self.table is not None:
                more = _pages(log, self.table, report, import_id, now)
        except UnreadableError as error:
            report.flag(error)
        both, new = store.union(log, more)
        report.taken = new.get(COUNTED.get(report.kind, ""), 0)
        report.known -= report.taken
        if report.taken:
            named = hashlib.sha256(report.file.encode()).hexdigest()
            counts = {name: getattr(report, name) for name in ("taken", "known", "unusable")}
            return store.recorded(both, "add", now, version, content, file=named, **counts)
        before = log.imports[log.imports["sha256"] == content]
        if len(before):
            at = before["at"].iloc[0]
            report.notes.append(f"added on {at:%Y-%m-%d %H:%M} UTC already: it adds nothing")
        return log


def _plan(table: FileTable, report: FileReport, import_id: str) -> Log:
    """Return a plan's stops; the report takes the rows that are known until they are taken."""
    stops = schema.FORM_STOPS.frame(table.cells.set_axis(table.header, axis=1))
    wrong = stops.drop(columns="label").isna().any(axis=1)
    fix = "take the file as the plan wrote it"
    report.faults += [
        Fault(int(row), "", None, "a cell is empty", fix, report.file) for row in stops.index[wrong]
    ]
    nights, plans = xlsform.tables_of(stops[~wrong], import_id)
    report.known = len(plans)
    return Log.of(nights=nights, plans=plans)


def _pages(log: Log, table: FileTable, report: FileReport, import_id: str, now: datetime) -> Log:
    """Return what the pages of an export say that a log does not know."""
    night = log.nights.drop_duplicates(["plan_id", "date"])
    stops = pd.DataFrame(log.plans.drop(columns=["geometry", "import_id"])).merge(
        night[["plan_id", "date", "area", "time_zone"]], on=["plan_id", "date"], how="left"
    )
    stops = stops.set_index(xlsform.names_of(stops))
    usable, faults = pages.read(table, stops, now)
    report.faults += [replace(fault, file=report.file) for fault in faults]
    report.notes += table.notes
    if usable.empty:
        return Log.of()
    usable = usable.assign(said=pages.texts(usable))
    usable["visit_id"] = _hashes("visit", usable["root"], usable["said"])
    usable["page"] = _hashes("page", usable["root"])
    report.known = len(usable)
    new = usable[~usable["visit_id"].isin(log.visits["visit_id"])]
    last = schema.current(log.visits).set_index("page")["visit_id"]
    new = new.assign(replaces=new["page"].map(last).astype("string"))
    report.corrected = int(new["replaces"].notna().sum())
    at = stops.loc[new["stop"]].set_index(new.index)
    own = new.drop(columns=["stop"]).assign(import_id=import_id)
    visits = schema.LOG_VISITS.frame(pd.concat([at, own], axis=1))
    groups, contacts = _facts(log, new, at) if len(new) else (log.groups[:0], log.contacts[:0])
    return Log.of(visits=visits, groups=groups, contacts=contacts)


def _facts(log: Log, new: pd.DataFrame, at: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what pages say of groups, and take back what the pages that they replace said."""
    said = pages.facts(new)
    page, place = (rows.loc[said["row"]].reset_index(drop=True) for rows in (new, at))
    which = said["value"].where(said["kind"].isin(NEEDS), "")
    said["slot"] = _hashes(said["kind"], page["root"], said["i"].astype(str), which)
    said["id"] = _hashes(said["slot"], page["root"], page["said"])
    said = said.assign(
        shift=place["shift"], stop=place["stop"], area=place["area"],
        month=place["date"].str[:7], groups=1,
    )  # fmt: skip
    group = said["kind"] == "group"
    groups = said[group].rename(columns={"id": "group_id", "value": "size_class"})
    contacts = said[~group].rename(columns={"id": "contact_id"})
    corrected = new[new["replaces"].notna()]
    return (
        _replacing(schema.LOG_GROUPS.frame(groups), log.groups, corrected),
        _replacing(schema.LOG_CONTACTS.frame(contacts), log.contacts, corrected),
    )


def _replacing(rows: pd.DataFrame, before: pd.DataFrame, corrected: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with what they replace, and a row for each answer that is taken back."""
    if corrected.empty:
        return rows
    ids = rows.columns[0]
    old = schema.current(before).set_index("slot")[ids]
    rows["replaces"] = rows["slot"].map(old).astype("string")
    gone = [
        {"slot": slot, ids: _hash(slot, root, said), "groups": 0, "replaces": old[slot]}
        for root, said in zip(corrected["root"], corrected["said"], strict=True)
        for slot in _slots(root)
        if slot in old.index and slot not in set(rows["slot"])
    ]
    return pd.concat([rows, pd.DataFrame(gone)], ignore_index=True) if gone else rows


def _tracks(log: Log, data: bytes, report: FileReport, import_id: str) -> Log:
    """Return the tracks of a file."""
    lines, faults = tracks.read(data)
    report.faults += [replace(fault, file=report.file) for fault in faults]
    report.known = len(lines)
    zone = TIME_ZONE if log.nights.empty else str(log.nights["time_zone"].iloc[-1])
    rows = []
    for line in lines:
        night = tracks.night_of(line, zone)
        shift, vehicle = tracks.patrol_of(line, log.plans[log.plans["date"] == night])
        first, last = (pd.Timestamp(line.coords[i][2], unit="s", tz="UTC") for i in (0, -1))
        rows.append({
            "track_id": hashlib.sha256(line.wkb).hexdigest()[:16], "date": night, "shift": shift,
            "vehicle": vehicle, "started_at": first, "ended_at": last, "import_id": import_id,
            "geometry": line,
        })  # fmt: skip
    return Log.of(tracks=schema.LOG_TRACKS.geoframe(rows))


def _slots(root: str) -> list[str]:
    """Return the slots of all that a page can say of groups."""
    kinds = [
        (k, n)
        for k in ("group", *schema.CONTACT_KINDS)
        for n in (schema.NEEDS if k in NEEDS else ("",))
    ]
    each = product(range(1, schema.FORM_GROUPS + 1), kinds)
    return [_hash(kind, root, str(i), which) for i, (kind, which) in each]


def _hash(*parts: str) -> str:
    """Return 64 bits that tell the parts from others, and tell nobody the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _hashes(*parts: str | pd.Series) -> list[str]:
    """Return the hash of each row of columns; a text is the same in every row."""
    rows = zip(*(repeat(part) if isinstance(part, str) else part for part in parts), strict=False)
    return [_hash(*row) for row in rows]
