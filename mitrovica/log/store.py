"""The log's file: one GeoPackage, always whole, for its owner only.

A change is written to a new file that then takes the place of the old one, so that whatever stops a
program leaves the log as it was before or as it is after.  Programs change it one after the other.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd
from shapely.errors import ShapelyError

from geo.records import Log
from geo.schema import (
    LOG_CONTACTS,
    LOG_GROUPS,
    LOG_IMPORTS,
    LOG_NIGHTS,
    LOG_PLANS,
    LOG_TABLES,
    LOG_TRACKS,
    LOG_VISITS,
)
from layers.complaints import UserError, require_file
from layers.files import atomic, vault
from layers.files.filenames import PROGRAM
from layers.readers import package_rows
from layers.writers.geopackage import add, require_held
from mitrovica.log import validity
from mitrovica.log.current import with_areas

INTERNAL: Final = (
    "INTERNAL: when and where crews were and whom they met. It never leaves the office that keeps "
    "the log; do not forward."
)
"""The handling words of every table."""

_FIRST: Final = (LOG_IMPORTS, LOG_NIGHTS, LOG_PLANS, LOG_VISITS)
"""Tables that logs of all versions have."""

_NOT_READ: Final = (
    sqlite3.DatabaseError,
    pd.errors.DatabaseError,
    UnicodeDecodeError,
    ShapelyError,
    LookupError,
)
"""What a damaged file makes SQLite, pandas or shapely raise."""

_BESIDE: Final = ("-wal", "-journal")
"""Endings of the files in which SQLite keeps changes that are not in a database yet."""

Result = TypeVar("Result")


def at(path: Path | None) -> Path:
    """Return the file of a log: by default the one in the user's data folder."""
    return path or vault.folder() / "log.gpkg"


def read(path: Path) -> Log:
    """Return the log in a file; an empty one where there is none.

    Raises `UserError` if the file is not a log, or another program has changes of it open.
    """
    if not path.exists():
        return Log.of()
    require_file(path)
    _settle(path)
    try:
        with package_rows.opened(path) as gpkg:
            objects = package_rows.rows(gpkg, "sqlite_master")
            names = set(objects.loc[objects["type"] == "table", "name"])
            if missing := [table.name for table in _FIRST if table.name not in names]:
                raise UserError(
                    f"{path} is not a log: it has no table {', '.join(missing)}. "
                    "Fix: name another file with --log"
                )
            # What a log of an older version has no table or column for is empty.
            rows = {
                table.name: package_rows.rows(gpkg, table.name)
                for table in LOG_TABLES
                if table.name in names
            }
    except _NOT_READ as error:
        raise UserError(
            f"{path} is no GeoPackage that can be read. Fix: name another file with --log, or put "
            "a copy made by `mitrovica log export` in its place"
        ) from error
    return with_areas(validity.log_of(rows, path))


def write(log: Log, path: Path) -> None:
    """Write a log, whole or not at all, in place of an older file."""
    held = {table.name: len(getattr(log, table.name)) for table in LOG_TABLES}
    with atomic.owner_only(), atomic.file(path) as part:
        for table in LOG_TABLES:
            rows = getattr(log, table.name)
            if table in (LOG_GROUPS, LOG_CONTACTS):
                # In the order of their ids, which says nothing of when each was taken.
                rows = rows.sort_values(table.columns[0].name)
            add(part, table.name, table, rows, f"{table.meaning}. {INTERNAL}")
        require_held(part, held)


def change(path: Path, make: Callable[[Log], tuple[Log, Result]]) -> Result:
    """Change a log by a function that returns it anew, or as it is, and a result.

    No other program changes it meanwhile. Errors as `read` and `vault.changing`.
    """
    with vault.changing(path):
        log = read(path)
        changed, result = make(log)
        if changed is not log:
            write(changed, path)
    return result


def union(log: Log, more: Log) -> tuple[Log, dict[str, int]]:
    """Return the records of two logs, each once, and how many of each table the second adds.

    A record that was purged from either stays so.
    """
    tables: dict[str, Any] = {}
    new_rows: dict[str, int] = {}
    for table in LOG_TABLES:
        ours = getattr(log, table.name)
        theirs = getattr(more, table.name)
        rows = pd.concat([ours, theirs], ignore_index=True) if len(theirs) else ours
        if table is LOG_TRACKS:
            rows = rows[~rows["track_id"].isin(_purged(log) | _purged(more))]
        if table is LOG_GROUPS:
            rows = _sizes_purged(rows)
            rows = _answers_purged(rows, ["help", "came_by"])
        if table is LOG_CONTACTS:
            rows = _answers_purged(rows, ["value"])
        keys = list(table.key) or table.names[:1]
        tables[table.name] = rows.drop_duplicates(keys, ignore_index=True)
        new_rows[table.name] = len(tables[table.name]) - len(ours)
    return Log(**tables), new_rows


def _purged(log: Log) -> set[str]:
    """Return the ids of tracks of which only the minutes are kept."""
    return set(log.presence["track_id"]) - set(log.tracks["track_id"])


def _sizes_purged(groups: pd.DataFrame) -> pd.DataFrame:
    """Return groups of two logs: a size that one has purged is unknown in both."""
    ids = groups["group_id"]
    unsized = ids.isin(ids[groups["size_class"] == "unknown"])
    size_class = groups["size_class"].mask(unsized, "unknown")
    first_area = groups.groupby("group_id")["area"].transform("first")
    area = groups["area"].fillna(first_area)
    return groups.assign(size_class=size_class, area=area)


def _answers_purged(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return rows of two logs: an answer that one has purged is purged in both."""
    answers = rows[columns]
    purged = answers.isna().groupby(rows.iloc[:, 0]).transform("any")
    return rows.assign(**answers.mask(purged))


def entered(
    log: Log, more: Log, kind: str, now: datetime, content: str
) -> tuple[Log, dict[str, int]]:
    """Return a log with the records of another, on record where any is new; else as `union`.

    Parameters
    ----------
    log
        To which they come.
    more
        The records; rows without an import are of this one.
    kind
        What is done: ``add``, ``plan`` or ``merge``.
    now
        When.
    content
        SHA-256 of what brought them.
    """
    import_id = _import_id(kind, now, content)
    named = {
        name: rows.fillna({"import_id": import_id})
        for name, rows in vars(more).items()
        if "import_id" in rows
    }
    both, new_rows = union(log, replace(more, **named))
    total = sum(new_rows.values())
    if not total:
        return log, new_rows
    return recorded(both, kind, now, content, total), new_rows


def track_ids(log: Log) -> set[str]:
    """Return the ids of all tracks of a log, of those that were purged too."""
    return {*log.tracks["track_id"], *log.presence["track_id"]}


def without(log: Log, ids: set[str]) -> Log:
    """Return a log without some tracks, and without the minutes of their crews."""
    if not ids & track_ids(log):
        return log
    tracks = log.tracks[~log.tracks["track_id"].isin(ids)]
    presence = log.presence[~log.presence["track_id"].isin(ids)]
    return replace(log, tracks=tracks, presence=presence)


def withdrawn(log: Log) -> set[str]:
    """Return the ids of tracks that were withdrawn and not added again."""
    ids = log.imports.loc[log.imports["kind"] == "withdraw", "sha256"]
    return {*ids} - track_ids(log)


def recorded(log: Log, kind: str, now: datetime, content: str | None, rows: int) -> Log:
    """Return a log with what was done to it on record, table `LOG_IMPORTS`.

    Parameters
    ----------
    log
        As it is since.
    kind
        What was done, a value of the column ``kind``.
    now
        When.
    content
        SHA-256 of what it was done with; None where there is no such thing.
    rows
        To how many rows.
    """
    row: dict[str, object] = {
        "import_id": _import_id(kind, now, content),
        "kind": kind,
        "sha256": content,
        "at": now,
        "version": version(PROGRAM),
        "rows": rows,
    }
    imports = pd.concat([log.imports, LOG_IMPORTS.frame([row])], ignore_index=True)
    return replace(log, imports=imports)


def _import_id(kind: str, now: datetime, content: str | None) -> str:
    text = f"{kind} {content} {now.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _settle(path: Path) -> None:
    """Have SQLite bring what another program left beside the file into it."""
    if not any(path.with_name(path.name + ending).exists() for ending in _BESIDE):
        return
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            database.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{path} is open in another program, such as QGIS ({error}). Fix: close it there"
        ) from error
