"""Files into a log: plans, pages of the visit form, tracks.  Each record is taken once.

A page that comes again with other answers is a correction: it replaces the visit, and all that was
said of groups.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import geopandas as gpd
import pandas as pd
import shapely

from geo import schema
from geo.records import Log
from layers.complaints import UserError
from layers.readers.tabular.parsing import Fault, Options, UnreadableError, listed
from layers.readers.tabular.rows import Reader
from layers.readers.tabular.table_file import content_of
from layers.readers.tabular.tables import FileTable
from mitrovica.intake import xlsform
from mitrovica.intake.containers import open_table
from mitrovica.log import store, tracks, visit_forms
from mitrovica.log.current import latest

HEAD: Final = ("file", "kind", "taken", "of them corrections", "known", "unusable")
"""Head of a table of reports."""

AS_WRITTEN: Final = "take the file as the plan wrote it"

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
    """How many of those taken are corrections."""
    repeated: int = 0
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
        counts = self.taken, self.corrected, self.repeated, self.unusable
        return self.file, self.kind, *counts

    def flag(self, faults: Iterable[Fault]) -> None:
        """Put on record what is wrong with the file."""
        self.faults += [replace(fault, file=self.file) for fault in faults]

    def flag_file(self, error: UnreadableError) -> None:
        """Put on record that the file cannot be read."""
        self.flag([Fault(0, "", None, error.problem, error.fix)])


def lines(reports: Sequence[FileReport]) -> list[str]:
    """Return what is wrong with files and rows, the first ten of each kind, and notes."""
    notes = [f"{report.file}: {note}" for report in reports for note in report.notes]
    by_row = [sorted(report.faults, key=lambda fault: fault.row) for report in reports]
    return [*listed([fault for faults in by_row for fault in faults]), *notes]


Content = tuple[str, bytes]
"""The name of a file, and what is in it."""


def add(
    path: Path | None, files: Iterable[Path | Content], *, now: datetime
) -> list[FileReport]:
    """Add files to a log, all in one change; plans are added first.

    `path` is that of the log, by default in the user's data folder; `files` are exports of the
    visit form (CSV, XLSX, JSON of KoboToolbox's API), a plan's ``stops.csv``, and tracks (GPX,
    GeoJSON).  Raises `OSError` if a file cannot be opened; `UserError` if the log cannot be read or
    changed.
    """
    opened = [_Opened(*content) for content in map(_named, files)]

    def make(log: Log) -> tuple[Log, list[FileReport]]:
        for file in sorted(opened, key=lambda file: file.report.kind != "plan"):
            log = file.added_to(log, now)
        return log, [file.report for file in opened]

    return store.change(store.at(path), make)


def add_plan(
    path: Path | None, stops: gpd.GeoDataFrame, area: str, time_zone: str, now: datetime
) -> str | None:
    """Enter a plan in a log, once, and return its id; nothing where it has no date or no stops.

    Parameters
    ----------
    path
        File of the log, by default that in the user's data folder.
    stops
        Table `STOPS`.
    area
        Title of the study.
    time_zone
        In which crews tell the time.
    now
        Goes on record with the plan.
    """
    listed_stops = xlsform.stops_of(stops, area, time_zone)
    if listed_stops.empty:
        return None
    content = str(listed_stops["plan_id"].iloc[0])
    nights, plans = xlsform.tables_of(listed_stops)
    more = Log.of(nights=nights, plans=plans)
    store.change(
        store.at(path), lambda log: store.entered(log, more, "plan", now, content)
    )
    return content


def withdraw(
    path: Path | None, files: Iterable[Path | Content], *, now: datetime
) -> list[str]:
    """Take the tracks in files out of a log again, with crews' minutes; return a line for each.

    It is on record, as a purge is.  Raises `UserError` also if a file holds no tracks.
    """
    contents = [_named(file) for file in files]
    for name, data in contents:
        if not tracks.is_tracks(data):
            raise UserError(
                f"{name} holds no tracks. Fix: correct a page on the server, and add its export"
            )

    def make(log: Log) -> tuple[Log, list[str]]:
        lines = []
        for name, data in contents:
            ids = {_track_id(line) for _, line in tracks.read(data)[0]}
            wrong_ids = store.track_ids(log) & ids
            if not wrong_ids:
                raise UserError(
                    f"{name}: the log holds none of its tracks, so there is nothing to "
                    "withdraw. Fix: name the file that was added, or another log with --log"
                )
            lines.append(
                f"{name}: tracks withdrawn: {len(wrong_ids)}. What was run with them: "
                "run it again"
            )
            log = store.without(log, wrong_ids)
            for track in sorted(wrong_ids):
                log = store.recorded(log, "withdraw", now, track, 1)
        return log, lines

    return store.change(store.at(path), make)


def _named(file: Path | Content) -> Content:
    return file if isinstance(file, tuple) else (file.name, _content(file))


def _content(file: Path) -> bytes:
    """Return the bytes of a file; `UserError` for a pipe, or for one that is too large."""
    try:
        return content_of(file)
    except UnreadableError as error:
        raise UserError(f"{file}: {error}") from error


class _Opened:
    """A file whose kind is known, or why it cannot be read."""

    def __init__(self, name: str, data: bytes) -> None:
        self.data = data
        self.report = FileReport(name)
        self.table: FileTable | None = None
        if tracks.is_tracks(data):
            self.report.kind = "tracks"
            return
        try:
            self.table = open_table(data, name)
            is_plan = set(schema.FORM_STOPS.names) <= set(self.table.header)
            self.report.kind = "plan" if is_plan else "visits"
        except UnreadableError as error:
            self.report.flag_file(error)

    def added_to(self, log: Log, now: datetime) -> Log:
        """Return a log with what the file adds, or the same; the report says what that is."""
        report = self.report
        content = hashlib.sha256(self.data).hexdigest()
        more = Log.of()
        try:
            if report.kind == "tracks":
                more = _tracks(log, self.data, report, now)
            elif self.table is not None and report.kind == "plan":
                more = _plan(self.table, report)
            elif self.table is not None:
                more = _pages(log, self.table, report, now)
        except UnreadableError as error:
            report.flag_file(error)
        before = log.imports[log.imports["sha256"] == content]
        log, new_rows = store.entered(log, more, "add", now, content)
        # A page that replaces several answers is a row for each.
        counted = new_rows.get(COUNTED.get(report.kind, ""), 0)
        report.taken = min(counted, report.repeated)
        report.repeated -= report.taken
        if len(before) and not report.taken:
            day = before["at"].iloc[0]
            note = f"added on {day:%Y-%m-%d %H:%M} UTC already: it adds nothing"
            report.notes.append(note)
        return log


def _plan(table: FileTable, report: FileReport) -> Log:
    """Return a plan's stops; the report takes the rows that are known until they are taken."""
    reader = Reader(table, Options(mark="."))
    cells = {name: reader.cells[k] for name, k in table.places().items()}
    for column in schema.FORM_STOPS.columns:
        reader.take(column, cells[column.name])
    stops = reader.frame()
    _flag_unread(reader, cells, stops)
    report.flag(reader.faults)
    usable = stops[~stops.index.isin([fault.row for fault in reader.faults])]
    nights, plans = xlsform.tables_of(schema.FORM_STOPS.frame(usable))
    report.repeated = len(plans)
    return Log.of(nights=nights, plans=plans)


def _flag_unread(
    reader: Reader, cells: Mapping[str, pd.Series], stops: pd.DataFrame
) -> None:
    """Enter a fault for each cell without a value that can be used, but where there is one."""
    for name, unread in _unread(stops).items():
        flagged = reader.flagged(name)
        for row in reader.index[unread].difference(flagged):
            cell = cells[name][row]
            is_empty = pd.isna(cell)
            problem = "a cell is empty" if is_empty else "this cannot be read"
            shown = None if is_empty else cell
            fault = Fault(row, name, shown, problem, AS_WRITTEN)
            reader.faults.append(fault)


def _unread(stops: pd.DataFrame) -> dict[str, pd.Series]:
    """Return by column which rows of a plan's stops have no value there that can be used."""
    text = stops.astype("string")
    values = stops.drop(columns="label").astype(object)
    night = pd.to_datetime(text["night"], format="%Y-%m-%d", errors="coerce")
    values["night"] = night
    for name in ("arrive", "depart"):
        moment = pd.to_datetime(text[name], format="ISO8601", errors="coerce", utc=True)
        values[name] = moment
    unread = {str(name): empty for name, empty in values.isna().items()}
    unread["time_zone"] = ~text["time_zone"].isin(available_timezones())
    return unread


def _pages(log: Log, table: FileTable, report: FileReport, now: datetime) -> Log:
    """Return what the pages of an export say that a log does not know."""
    stops = _planned_stops(log)
    usable, faults = visit_forms.read(table, stops, now)
    report.flag(faults)
    report.notes += table.notes
    if usable.empty:
        return Log.of()
    usable = usable.assign(text=visit_forms.texts(usable))
    texts = zip(usable["root"], usable["text"], strict=True)
    usable["visit_id"] = [_hash("visit", root, text) for root, text in texts]
    usable["page"] = [_hash("page", root) for root in usable["root"]]
    report.repeated = len(usable)
    counting = latest(log.visits)
    # Of a page that two desks corrected differently, the answer that comes again is the true one.
    doubtful = counting[counting.duplicated("page", keep=False)]
    in_log = usable["visit_id"].isin(log.visits["visit_id"])
    new = usable[~in_log | usable["visit_id"].isin(doubtful["visit_id"])]
    if new.empty:
        return Log.of()
    corrects = new["page"].isin(counting["page"])
    report.corrected = int(corrects.sum())
    planned = stops.loc[new["stop"]].set_index(new.index)
    visits = pd.concat([planned, new.drop(columns="stop")], axis=1)
    visits = schema.LOG_VISITS.frame(visits)
    groups, contacts = _facts(log, new, planned, new[corrects])
    return Log.of(
        visits=_linked(visits, log.visits, "page"), groups=groups, contacts=contacts
    )


def _planned_stops(log: Log) -> pd.DataFrame:
    """Return table `LOG_PLANS` with the study and time zone of its night, by name in the form."""
    plan_night = ["plan_id", "date"]
    nights = log.nights.drop_duplicates(plan_night)
    nights = nights[[*plan_night, "area", "time_zone"]]
    stops = pd.DataFrame(log.plans.drop(columns=["geometry", "import_id"]))
    stops = stops.merge(nights, on=plan_night, how="left")
    return stops.set_index(xlsform.names_of(stops))


def _facts(
    log: Log, new: pd.DataFrame, planned: pd.DataFrame, corrected: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what pages say of groups, and take back what the pages that they replace said."""
    facts = visit_forms.facts(new)
    page = new.loc[facts["row"], ["root", "text"]].reset_index(drop=True)
    stop = planned.loc[facts["row"]].reset_index(drop=True)
    facts = facts.join(page).join(stop[["shift", "stop", "area"]])
    which = facts["value"].where(facts["kind"].isin(NEEDS), "")
    facts = facts.assign(which=which, month=stop["date"].str[:7], groups=1)
    facts["slot"] = _hashed(facts, "kind", "root", "i", "which")
    facts["id"] = _hashed(facts, "slot", "root", "text")
    group = facts["kind"] == "group"
    groups = facts[group].rename(columns={"id": "group_id", "value": "size_class"})
    contacts = facts[~group].rename(columns={"id": "contact_id"})
    return (
        _replacing(schema.LOG_GROUPS.frame(groups), log.groups, corrected),
        _replacing(schema.LOG_CONTACTS.frame(contacts), log.contacts, corrected),
    )


def _replacing(
    rows: pd.DataFrame, before: pd.DataFrame, corrected: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows with what they replace, and a row for each answer that is taken back."""
    ids = rows.columns[0]
    open_slots = {*latest(before)["slot"]} - {*rows["slot"]}
    taken_back = []
    for root, text in zip(corrected["root"], corrected["text"], strict=True):
        for slot in _slots(root):
            if slot in open_slots:
                row = {"slot": slot, ids: _hash(slot, root, text), "groups": 0}
                taken_back.append(row)
    back = pd.DataFrame(taken_back, columns=["slot", ids, "groups"])
    return _linked(pd.concat([rows, back], ignore_index=True), before, "slot")


def _linked(rows: pd.DataFrame, before: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the rows, each once for every other row of its key that counted before."""
    ids = rows.columns[0]
    replaced = latest(before)[[key, ids]].set_axis([key, "replaces"], axis=1)
    both = rows.drop(columns="replaces").merge(replaced, on=key, how="left")
    return both[both["replaces"].ne(both[ids]).fillna(value=True)]


def _tracks(log: Log, data: bytes, report: FileReport, now: datetime) -> Log:
    """Return the tracks of a file that may be of a patrol."""
    lines, faults = tracks.read(data)
    zone = "UTC" if log.nights.empty else log.time_zone
    rows = []
    for number, line in lines:
        night = tracks.night_of(line, zone)
        planned = log.plans[log.plans["date"] == night]
        problem, fix = tracks.judged(line, night, planned, now)
        if problem:
            faults.append(Fault(number, "", None, problem, fix))
            continue
        if wrong := tracks.wrong_fixes(line):
            report.notes.append(
                f"track {number}: {wrong} of its {len(line.coords)} fixes jump, or go back in "
                "time; they stay in the log, and are left out of what crews saw"
            )
        shift, vehicle = tracks.patrol_of(line, planned)
        started_at, ended_at = tracks.span_of(line)
        rows.append(
            {
                "track_id": _track_id(line),
                "date": night,
                "shift": shift,
                "vehicle": vehicle,
                "started_at": started_at,
                "ended_at": ended_at,
                "geometry": line,
            }
        )
    report.flag(faults)
    report.repeated = len(rows)
    return Log.of(tracks=schema.LOG_TRACKS.geoframe(rows))


def _track_id(line: shapely.LineString) -> str:
    return hashlib.sha256(line.wkb).hexdigest()[:16]


def _slots(root: str) -> list[str]:
    """Return the slots of all that a page can say of groups."""
    slots = []
    for i in range(1, schema.FORM_GROUPS + 1):
        for kind in ("group", *schema.CONTACT_KINDS):
            answers = schema.NEEDS if kind in NEEDS else ("",)
            slots += [_hash(kind, root, str(i), which) for which in answers]
    return slots


def _hashed(rows: pd.DataFrame, *columns: str) -> list[str]:
    """Return the hash of these columns of each row."""
    parts = rows[list(columns)].astype(str)
    return [_hash(*row) for row in parts.itertuples(index=False)]


def _hash(*parts: str) -> str:
    """Return 64 bits that tell the parts from others, and tell nobody the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
