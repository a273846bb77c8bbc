"""The folder of an office: where its study, runs, plans and log are, and what the desk keeps there.

What the desk keeps holds no more than a plan does, which the log holds too: ids of stops and roads,
hours and minutes.  It is thrown away when the run is out of date, and when the log was purged
since.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from layers.complaints import UserError
from layers.files import atomic, filenames, listing
from mitrovica import story
from mitrovica.desk import edit_steps
from mitrovica.desk.requests import Desk

Where = Literal["run", "draft", "plan", "tonight", "nights_draft", "nights"]
"""What a folder with results is for."""


DRAFTS: Final[tuple[Where, ...]] = ("draft", "nights_draft")
"""What no crew has, and no log."""


@dataclass(frozen=True)
class Office:
    """Where everything of an office lies."""

    asked: Desk

    @property
    def folder(self) -> Path:
        """The office's folder."""
        return self.asked.folder

    @property
    def own(self) -> Path:
        """The folder of what the desk keeps."""
        return self.folder / "desk"

    @property
    def changes(self) -> Path:
        """The file of parameters that stands for the edits."""
        return self.own / "change.toml"

    @property
    def published(self) -> Path:
        """The file of parameters of the plan that was published."""
        return self.own / "published.toml"

    @property
    def study(self) -> Path | None:
        """The study's folder; None is that which is shipped."""
        if self.asked.study is not None:
            return self.asked.study
        for folder in (self.folder, self.folder / "study"):
            if (folder / "study.toml").is_file():
                return folder
        return None

    @property
    def log(self) -> Path | None:
        """The file of the log; None is that in the user's data folder."""
        here = self.folder / "log.gpkg"
        return self.asked.log or (here if here.is_file() else None)

    @property
    def register(self) -> Path | None:
        """The register of releases; None is that in the user's data folder."""
        here = self.folder / "register.jsonl"
        return here if here.is_file() else None

    @property
    def briefs(self) -> Path:
        """The folder of briefs."""
        return self.folder / "brief"

    def file(self, name: str, *suffixes: str) -> Path:
        """Return a file of the office's folder; raise `UserError` for any other name."""
        if name not in files_in(self.folder, *suffixes):
            raise UserError(
                f"{name!r} is no such file of {self.folder}. Fix: load the page again"
            )
        return self.folder / name

    def results(self, where: Where) -> Path:
        """Return the folder of a run or a plan."""
        run = self.folder / "out"
        return {
            "run": run,
            "draft": self.own / "draft",
            "plan": run / "plan",
            "tonight": run / "tonight",
            "nights_draft": self.own / "nights",
            "nights": self.folder / "nights",
        }[where]

    def has(self, where: Where) -> bool:
        """Return whether a folder holds results."""
        return (self.results(where) / filenames.MANIFEST).is_file()

    @property
    def newest_nights(self) -> Literal["nights_draft", "nights"] | None:
        """Where the nights are that were planned last."""
        there: list[Literal["nights_draft", "nights"]] = [
            where for where in ("nights_draft", "nights") if self.has(where)
        ]
        return max(there, key=self._written, default=None)

    def _written(self, where: Where) -> float:
        return (self.results(where) / filenames.MANIFEST).stat().st_mtime

    @property
    def on_run(self) -> story.OnRun:
        """What `open_night` takes."""
        return story.OnRun(**self._of_run)

    @property
    def _of_run(self) -> dict[str, Any]:
        asked = self.asked
        return {
            "from_": self.results("run"),
            "study": self.study,
            "store": asked.store,
            "snapshot": asked.snapshot,
            "log": self.log,
            "no_log": asked.no_log,
        }

    def run(self) -> story.Run:
        """Return the run of the study."""
        return story.Run(
            folder=self.study,
            store=self.asked.store,
            snapshot=self.asked.snapshot,
            out=self.results("run"),
            log=self.log,
            no_log=self.asked.no_log,
        )

    def plan(self, date: str | None, where: Where) -> story.Plan:
        """Return the plan of the draft, to this folder; that of the night goes into the log."""
        draft = where == "draft"
        return story.Plan(
            **self._of_run,
            config=self.changes if draft else self.published,
            date=date,
            out=self.results(where),
            draft=draft,
        )

    def fortnight(self, date: str | None, nights: int, where: Where) -> story.Plan:
        """Return the plan of several nights, to this folder; one for good goes into the log."""
        return story.Plan(
            **self._of_run,
            date=date,
            nights=nights,
            out=self.results(where),
            draft=where == "nights_draft",
        )

    def rest(self, happened: dict[str, Any]) -> story.Plan:
        """Return the plan of the rest of the night that was published."""
        driven = self.results("plan" if self.has("plan") else "run")
        return story.Plan(**self._of_run, driven=driven, **happened)


def files_in(folder: Path, *suffixes: str) -> list[str]:
    """Return the names of files in a folder that end so; links and hidden ones are none."""
    return sorted(
        path.name
        for path in folder.glob("[!.]*")
        if path.name.endswith(suffixes) and listing.is_file(path)
    )


@dataclass(frozen=True)
class Kept:
    """What the desk keeps of a night: its steps, the first of which is a plan."""

    run: str
    """What tells the run from all others."""
    steps: tuple[edit_steps.Step, ...]
    saved: datetime
    published: datetime | None = None

    @property
    def draft(self) -> edit_steps.Draft:
        """What the night is."""
        return edit_steps.draft_of(self.steps)

    @property
    def planned(self) -> edit_steps.Planned:
        """The last plan."""
        plans = [step for step in self.steps if isinstance(step, edit_steps.Planned)]
        return plans[-1]

    @property
    def edited(self) -> bool:
        """Whether anything was edited since."""
        for step in reversed(self.steps):
            if isinstance(step, edit_steps.Planned):
                return False
            if not isinstance(step, edit_steps.Night):
                return True
        return False

    def then(self, step: edit_steps.Step, now: datetime) -> Kept:
        """Return it with one step more; raises `UserError` where the step cannot be made."""
        after = replace(self, steps=(*self.steps, step), saved=now)
        if not any(after.draft.routes.values()):
            raise UserError(
                "no stop would be left in the night. Fix: leave one, or cancel the night under "
                "Now"
            )
        return after

    def undone(self, now: datetime) -> Kept:
        """Return it without its last step; the first two, the plan and its day, stay."""
        if len(self.steps) <= FIRST:
            raise UserError("there is nothing to undo. Fix: edit the plan first")
        return replace(self, steps=self.steps[:-1], saved=now)


FIRST: Final = 2
"""Steps with which every night begins: the plan of the run, and the day."""
MOST: Final = 2000
"""Steps that are kept at most."""


def write(kept: Kept, office: Office, of_run: Mapping[str, Any]) -> None:
    """Write what is kept, and the file of parameters that stands for it."""
    if len(kept.steps) > MOST:
        raise UserError(
            f"{MOST:,} edits are kept at most. Fix: publish the night, or undo some"
        )
    record = {
        "run": kept.run,
        "saved": kept.saved.isoformat(),
        "published": kept.published and kept.published.isoformat(),
        "steps": edit_steps.STEPS.dump_python(list(kept.steps), mode="json"),
    }
    make_folder(office)
    atomic.write_private(office.own / STATE, json.dumps(record))
    write_changes(kept, office.changes, of_run, as_it_stands=False)


def write_changes(
    kept: Kept, path: Path, of_run: Mapping[str, Any], *, as_it_stands: bool
) -> None:
    """Write the parameters with which a night is planned; `as_it_stands` as in `as_tables`.

    Parameters
    ----------
    kept : Kept
        The changes of a night.
    path : Path
        Of the file that is written.
    of_run : mapping
        Parameters of the run that the night is planned from.
    as_it_stands : bool
        As in `as_tables`.
    """
    tables = edit_steps.as_tables(kept.draft, of_run, as_it_stands=as_it_stands)
    atomic.write_private(path, edit_steps.as_toml(tables))


STATE: Final = "night.json"


def make_folder(office: Office) -> None:
    """Make the desk's own folder, for its owner only."""
    with atomic.owner_only():
        office.own.mkdir(parents=True, exist_ok=True)
    office.own.chmod(0o700)


def read(
    office: Office, run: str, purged: datetime | None, until: datetime
) -> Kept | None:
    """Return what is kept of the night of a run.

    None where nothing is, where it is of another run, out of date (`until`), or older than the
    last purge of the log; then what there was is removed.

    Parameters
    ----------
    office : Office
    run : str
        Digest of the run.
    purged : datetime, optional
        When the log was purged last.
    until : datetime
        What is older is out of date.
    """
    path = office.own / STATE
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text("utf-8"))
        kept = Kept(
            record["run"],
            tuple(edit_steps.STEPS.validate_python(record["steps"])),
            datetime.fromisoformat(record["saved"]),
            record["published"] and datetime.fromisoformat(record["published"]),
        )
    except (ValueError, LookupError, TypeError, ValidationError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}). Fix: remove it; the plans stay, the "
            "edits since the last one are gone"
        ) from error
    is_over = datetime.now(UTC) > until
    is_purged = purged is not None and kept.saved < purged
    if kept.run != run or is_over or is_purged:
        forget(office)
        return None
    return kept


def forget(office: Office) -> None:
    """Remove what the desk keeps of a night, and its drafts."""
    for path in (office.own / STATE, office.changes, office.published):
        path.unlink(missing_ok=True)
    for where in DRAFTS:
        if office.results(where).is_dir():
            shutil.rmtree(office.results(where))


def command_of(record: Any, words: Sequence[str]) -> str:
    """Return the command that a record of the story stands for."""
    from layers.package_data import command

    positional = []
    options = {}
    for entry in fields(record):
        value = getattr(record, entry.name)
        if value == entry.default:
            continue
        if entry.name in ("folder", "file"):
            positional.append(value)
        else:
            options[entry.name] = value
    return command(*words, *positional, **options)
