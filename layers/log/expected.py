"""What plans expected of stops, kept beside the log until it is scored: never in it.

The log keeps the SHA-256 of a salt and the text, on the day of the plan: so a text cannot be
changed once a night is over.  Salt and text stand in one file of the office beside the log, which
no backup, export or merge holds; they are deleted when their last month is scored, at the latest
`KEPT_DAYS` after it, or by a purge.  The scores, which name no stop, stay in a file of their own.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from layers.files import atomic, kept
from layers.log import store

KEPT_DAYS: Final = 14
"""Days after the month of its last night in which a text is still kept."""
TEXTS: Final = "expected.json"
SCORES: Final = "scores.json"


@dataclass(frozen=True)
class Expected:
    """What a plan expected."""

    plan_id: str
    area: str
    until: str
    """Day of its last night, YYYY-MM-DD."""
    salt: str
    text: str
    """Table of `geo.review.expect` with ``probability``, as JSON."""

    @property
    def digest(self) -> str:
        """SHA-256 of salt and text."""
        return hashlib.sha256((self.salt + self.text).encode()).hexdigest()

    @property
    def table(self) -> pd.DataFrame:
        """The text as a table, by stop."""
        rows = pd.DataFrame(json.loads(self.text))
        return rows.set_index("stop").astype(float)


def texts(log: Path) -> list[Expected]:
    """Return what is kept beside a log."""
    return [Expected(**row) for row in _read(log.with_name(TEXTS))]


def scores(log: Path) -> list[dict[str, Any]]:
    """Return the scores of months, each with its ``area``."""
    return _read(log.with_name(SCORES))


def note(
    log: Path,
    plan_id: str,
    area: str,
    until: date,
    table: pd.DataFrame,
    now: datetime,
) -> None:
    """Keep what a plan expects, with its digest in the log; texts that are too old go.

    Parameters
    ----------
    log
        File of the log.
    plan_id
        The plan, as in the log.
    area
        Title of the study.
    until
        Day of its last night.
    table
        By stop, as from `geo.review.expect`, with ``probability``.
    now
        Goes on record.
    """
    text = table.reset_index().to_json(orient="records", double_precision=6)
    new = Expected(
        plan_id, area, until.isoformat(), secrets.token_hex(32), text
    )
    _change(
        log,
        lambda old: [
            *(
                one
                for one in old
                if one.plan_id != plan_id and not _too_old(one, now.date())
            ),
            new,
        ],
    )
    store.change(
        log,
        lambda held: (
            store.recorded(held, "expect", now, new.digest, len(table)),
            None,
        ),
    )


def purge(log: Path, before: date, *, preview: bool = False) -> int:
    """Delete salt and text of plans whose last night was before a day; return of how many.

    In a `preview` none are deleted.
    """
    if preview:
        return sum(one.until < before.isoformat() for one in texts(log))
    return _change(
        log,
        lambda old: [one for one in old if one.until >= before.isoformat()],
    )


def settle(log: Path, new: Sequence[dict[str, Any]], today: date) -> None:
    """Keep new scores, and delete the texts whose last month is scored, or that are too old."""
    path = log.with_name(SCORES)
    if new:
        with kept.changing(path):
            atomic.write(path, json.dumps([*scores(log), *new], indent=1))
    scored = {(score["area"], score["month"]) for score in scores(log)}
    _change(
        log,
        lambda old: [
            one
            for one in old
            if (one.area, one.until[:7]) not in scored
            and not _too_old(one, today)
        ],
    )


def _too_old(one: Expected, today: date) -> bool:
    """Tell whether a text is kept no longer: its last month ended `KEPT_DAYS` ago."""
    until = date.fromisoformat(one.until)
    next_month = (until.replace(day=1) + timedelta(days=32)).replace(day=1)
    return today > next_month + timedelta(days=KEPT_DAYS)


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return rows


def _change(log: Path, make: Callable[[list[Expected]], list[Expected]]) -> int:
    """Write the texts anew, or take the file away; return how many fewer there are."""
    path = log.with_name(TEXTS)
    if make(texts(log)) == texts(log):
        return 0
    with kept.changing(path):
        old = texts(log)
        new = make(old)
        atomic.write(path, json.dumps([vars(one) for one in new]))
        if not new:
            path.unlink()
    return len(old) - len(new)
