"""Files into a log: plans, pages of the visit form, tracks.  Each record is taken once.

A page that comes again with other answers is a correction: it replaces the visit, and all that was
said of groups.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from layers import planned, schema
from layers.log import pages, store, tracks
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.faults import Fault, UnreadableError
from layers.readers.sightings.report import listed
from layers.readers.sightings.tables import FileTable
from layers.records import Log

TIME_ZONE: Final = "Europe/Belgrade"
"""Of tracks in a log without a plan."""


HEAD: Final = ("file", "kind", "taken", "of them corrections", "known", "unusable")
"""Of a table of reports."""


@dataclass
class FileReport:
    """What became of a file."""

    file: str
    kind: str = "?"
    """``plan``, ``visits`` or ``tracks``; ``?`` where it could not be read."""
    taken: int = 0
    corrected: int = 0
    """Of those taken."""
    known: int = 0
    """Rows that the log has already."""
    faults: list[Fault] = field(default_factory=list)
    groups: int = 0
    """Groups met, of the visits taken."""
    notes: list[str] = field(default_factory=list)

    @property
    def unusable(self) -> int:
        """Rows that are not taken; all of a file without rows count as one."""
        return len({fault.row for fault in self.faults})


def row(report: FileReport) -> tuple[str | int, ...]:
    """Return a row under `HEAD`."""
    found = report.kind, report.taken, report.corrected, report.known, report.unusable
    return report.file, *found


def lines(reports: Sequence[FileReport]) -> list[str]:
    """Return what is wrong with files and rows, the first ten of each kind, and notes."""
    notes = [f"{report.file}: {note}" for report in reports for note in report.notes]
    return [*listed([fault for report in reports for fault in report.faults]), *notes]


def add(
    path: Path | None, files: Iterable[Path], *, now: datetime, version: str
) -> list[FileReport]:
    """Add files to a log, all in one change; plans are added first.

    `path` is that of the log, by default in the user's data folder; `files` are exports of the
    visit form (CSV, XLSX, JSON of KoboToolbox's API), a plan's ``stops.csv``, and tracks (GPX,
    GeoJSON); `version` is that of the program. Raises `OSError` if a file cannot be opened;
    `layers.log.store.LogError` if the log cannot be read or changed.
    """
    contents = [(file, content_of(file)) for file in files]

    def make(log: Log) -> tuple[Log | None, list[FileReport]]:
        adding = Adding(log, now, version)
        opened = [_Opened(file, data) for file, data in contents]
        for one in sorted(opened, key=lambda one: one.kind != "plan"):
            adding.file(one)
        return adding.log(), [one.report for one in opened]

    return store.change(store.at(path), make)


def add_plan(
    path: Path | None,
    stops: gpd.GeoDataFrame,
    area: str,
    time_zone: str,
    now: datetime,
    version: str,
) -> None:
    """Enter a plan, table `STOPS`, in a log, once; nothing where it has no date or no stops."""
    listed_stops = planned.stops_of(stops, area, time_zone)
    if listed_stops.empty:
        return

    def make(log: Log) -> tuple[Log | None, None]:
        adding = Adding(log, now, version)
        plan_id = str(listed_stops["plan_id"].iloc[0])
        taken = adding.plan(listed_stops, import_id := adding.new_id(plan_id))
        if taken:
            adding.enter(import_id, "plan", None, plan_id, FileReport("", taken=taken))
        return adding.log(), None

    store.change(store.at(path), make)


class _Opened:
    """A file whose kind is known, or why it cannot be read."""

    def __init__(self, file: Path, data: bytes) -> None:
        self.path, self.data = file, data
        self.report = FileReport(file.name)
        self.table: FileTable | None = None
        if tracks.is_tracks(data):
            self.kind = "tracks"
        else:
            try:
                self.table = open_table(data, file.name, pages.recognised, None)
                planned_stops = set(schema.FORM_STOPS.names) <= set(self.table.header)
                self.kind = "plan" if planned_stops else "visits"
            except UnreadableError as error:
                self.kind = "?"
                self.report.faults.append(Fault(0, "", None, error.problem, error.fix))
        self.report.kind = self.kind


class Adding:
    """A log, and what is added to it."""

    def __init__(self, log: Log, now: datetime, version: str) -> None:
        self.before, self.now, self.version = log, now, version
        self.more: dict[str, list[pd.DataFrame]] = defaultdict(list)

    def table(self, name: str) -> Any:
        """Return a table with what has been added."""
        if len(self.more[name]) > 1:
            self.more[name] = [pd.concat(self.more[name], ignore_index=True)]
        return pd.concat([getattr(self.before, name), *self.more[name]], ignore_index=True)

    def log(self) -> Log | None:
        """Return the log with what has been added; None where that is nothing."""
        if not any(self.more.values()):
            return None
        return replace(self.before, **{name: self.table(name) for name in self.more})

    def new_id(self, content: str) -> str:
        """Return the id of an import of this moment."""
        return _hash(content, self.now.isoformat())

    def enter(
        self, import_id: str, kind: str, name: str | None, content: str, found: FileReport
    ) -> None:
        """Put an import on record."""
        named = None if name is None else hashlib.sha256(name.encode()).hexdigest()
        row: dict[str, object] = {
            "import_id": import_id, "kind": kind, "file": named, "sha256": content, "at": self.now,
            "version": self.version, "taken": found.taken, "known": found.known,
            "unusable": found.unusable,
        }  # fmt: skip
        self.more["imports"].append(schema.LOG_IMPORTS.frame([row]))

    def file(self, opened: _Opened) -> None:
        """Add a file; what it adds, or that it adds nothing, is in its report."""
        report, content = opened.report, hashlib.sha256(opened.data).hexdigest()
        import_id = self.new_id(content)
        try:
            if opened.kind == "tracks":
                self.tracks(opened.data, report, import_id)
            elif opened.kind == "plan" and opened.table is not None:
                self._plan_file(opened.table, report, import_id)
            elif opened.table is not None:
                self.visits(opened.table, report, import_id)
        except UnreadableError as error:
            report.faults.append(Fault(0, "", None, error.problem, error.fix))
        report.faults = [replace(fault, file=opened.path.name) for fault in report.faults]
        imports = self.table("imports")
        before = imports[imports["sha256"] == content]
        if report.taken:
            self.enter(import_id, "add", opened.path.name, content, report)
        elif len(before):
            at = before["at"].iloc[0]
            report.notes.append(f"added on {at:%Y-%m-%d %H:%M} UTC already: it adds nothing")

    def plan(self, stops: pd.DataFrame, import_id: str) -> int:
        """Add a plan's stops, table `FORM_STOPS`, unless the log has the plan; return how many."""
        nights, plans = planned.tables_of(stops, import_id)
        new = ~plans["plan_id"].isin(self.table("plans")["plan_id"])
        if new.any():
            self.more["plans"].append(plans[new])
            self.more["nights"].append(nights[nights["plan_id"].isin(plans[new]["plan_id"])])
        return int(new.sum())

    def _plan_file(self, table: FileTable, report: FileReport, import_id: str) -> None:
        cells = dict(zip(table.header, table.columns, strict=True))
        stops = schema.FORM_STOPS.frame(pd.DataFrame(cells))
        wrong = stops.drop(columns="label").isna().any(axis=1)
        report.faults += [
            Fault(int(row), "", None, "a cell is empty", "take the file as the plan wrote it")
            for row in table.numbers[wrong.to_numpy()]
        ]
        report.taken = self.plan(stops[~wrong], import_id)
        report.known = int((~wrong).sum()) - report.taken

    def visits(self, table: FileTable, report: FileReport, import_id: str) -> None:
        """Add the pages of an export."""
        plans, nights = self.table("plans"), self.table("nights")
        night = nights.drop_duplicates(["plan_id", "date"])
        stops = pd.DataFrame(plans.drop(columns="geometry")).merge(
            night[["plan_id", "date", "area", "time_zone"]], on=["plan_id", "date"], how="left"
        )
        stops = stops.set_index(planned.names_of(stops))
        found = pages.read(table, stops, self.now)
        report.faults += found.faults
        report.notes += table.notes
        if any(fault.row == 0 for fault in found.faults):
            return
        usable = found.usable().copy()
        usable["said"] = _joined(usable)
        usable["visit_id"] = _hashes("visit", usable["root"], usable["said"])
        usable["page"] = _hashes("page", usable["root"])
        visits = self.table("visits")
        new = usable[~usable["visit_id"].isin(visits["visit_id"])]
        report.known = len(usable) - len(new)
        if new.empty:
            return
        last = schema.current(visits).set_index("page")["visit_id"]
        new = new.assign(replaces=new["page"].map(last).astype("string"))
        planned_at = stops.loc[new["stop"]].set_index(new.index)
        rows = new[["visit_id", "page", "outcome", "arrived_at", "left_at", "replaces"]].assign(
            **{name: planned_at[name]
               for name in ("plan_id", "date", "shift", "vehicle", "order", "stop")},
            skip_reason=new.get("skip_reason"), import_id=import_id,
        )  # fmt: skip
        self.more["visits"].append(schema.LOG_VISITS.frame(rows))
        self._facts(new, planned_at)
        report.taken, report.corrected = len(new), int(new["replaces"].notna().sum())
        report.groups = int(new["met_groups"].sum())

    def _facts(self, new: pd.DataFrame, planned_at: pd.DataFrame) -> None:
        """Add what pages say of groups, and take back what the pages that they replace said."""
        said = pages.facts(new)
        page = new.loc[said["row"], ["root", "said"]].reset_index(drop=True)
        at = planned_at.loc[said["row"]].reset_index(drop=True)
        which = said["value"].where(said["kind"].isin(["need", "need_met"]), "")
        said["slot"] = _hashes(said["kind"], page["root"], said["i"].astype(str), which)
        said["id"] = _hashes(said["slot"], page["root"], page["said"])
        said = said.assign(
            shift=at["shift"], stop=at["stop"], area=at["area"], month=at["date"].str[:7]
        )
        group = said["kind"] == "group"
        corrected = new[new["replaces"].notna()]
        for table, mine, ids, name in (
            (schema.LOG_GROUPS, said[group], "group_id", "size_class"),
            (schema.LOG_CONTACTS, said[~group], "contact_id", "value"),
        ):
            rows = mine.rename(columns={"id": ids, "value": name}).assign(groups=1)
            rows = self._replacing(table.frame(rows), table.name, corrected)
            self.more[table.name].append(table.frame(rows))

    def _replacing(self, rows: pd.DataFrame, name: str, corrected: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with what they replace, and a row for each answer that is taken back."""
        if corrected.empty:
            return rows
        ids = rows.columns[0]
        old = schema.current(self.table(name)).set_index("slot")[ids]
        rows["replaces"] = rows["slot"].map(old).astype("string")
        gone = [
            {"slot": slot, ids: _hash(slot, root, said), "groups": 0, "replaces": old[slot]}
            for root, said in zip(corrected["root"], corrected["said"], strict=True)
            for slot in _slots(root)
            if slot in old.index and slot not in set(rows["slot"])
        ]
        return pd.concat([rows, pd.DataFrame(gone)], ignore_index=True) if gone else rows

    def tracks(self, data: bytes, report: FileReport, import_id: str) -> None:
        """Add the tracks of a file."""
        lines, faults = tracks.read(data)
        report.faults += faults
        plans, nights = self.table("plans"), self.table("nights")
        zone = TIME_ZONE if nights.empty else str(nights["time_zone"].iloc[-1])
        known = {*self.table("tracks")["track_id"], *self.before.presence["track_id"]}
        for line in lines:
            track_id = hashlib.sha256(line.wkb).hexdigest()[:16]
            if track_id in known:
                report.known += 1
                continue
            night = tracks.night_of(line, zone)
            shift, vehicle = tracks.patrol_of(line, plans[plans["date"] == night])
            first, last = (pd.Timestamp(line.coords[i][2], unit="s", tz="UTC") for i in (0, -1))
            row = {
                "track_id": track_id, "date": night, "shift": shift, "vehicle": vehicle,
                "started_at": first, "ended_at": last, "import_id": import_id,
            }  # fmt: skip
            at = gpd.GeoSeries([line], crs=schema.WGS84)
            self.more["tracks"].append(
                schema.LOG_TRACKS.geoframe(pd.DataFrame([row]).assign(geometry=at))
            )
            report.taken += 1


def _slots(root: str) -> Iterable[str]:
    """Yield the slots of all that a page can say of groups."""
    for i in map(str, range(1, schema.FORM_GROUPS + 1)):
        for kind in ("group", *schema.CONTACT_KINDS):
            for which in schema.NEEDS if kind in {"need", "need_met"} else ("",):
                yield _hash(kind, root, i, which)


def _hash(*parts: str) -> str:
    """Return 64 bits that tell the parts from others, and tell nobody the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _hashes(first: str | pd.Series, *parts: pd.Series) -> list[str]:
    """Return the hash of each row of the parts, which `first` begins."""
    columns = [part.tolist() for part in parts]
    begin = [first] * len(parts[0]) if isinstance(first, str) else first.tolist()
    return [_hash(*row) for row in zip(begin, *columns, strict=True)]


def _joined(answers: pd.DataFrame) -> list[str]:
    """Return all that each page says as one text, whatever columns an export has."""
    read = {*pages.QUESTIONS, "arrived_at", "left_at"} - {"arrived", "left"}
    names = [str(name) for name in answers.columns if name in read]
    names.sort()
    texts = [f"{name}=" + answers[name].astype("string") for name in names]
    filled = [text.fillna("") for text in texts]
    return ["\n".join(filter(None, row)) for row in zip(*filled, strict=True)]
