"""What leaves at the desk: briefs, releases, partners, recall; the backup of all that is kept.

All of it is what commands do: ``brief``, ``release``, ``release list``, ``release recall``,
``doctor backup``, ``doctor restore``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from annotated_types import Len, MaxLen
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from layers.complaints import UserError
from maps.words.told import each_told
from mitrovica import story
from mitrovica.desk import office
from mitrovica.desk.drafting import CHECKED, Name
from mitrovica.desk.night import Night
from mitrovica.desk.part import Drop, Fill, Query

BACKUP: Final = ".backup"
BRIEFS: Final = (".html", ".pdf")
Tier = Literal["internal", "partner", "public"]
Secret = Annotated[str, Len(1, 1000)]


@checked(frozen=True, config=CHECKED)
class Brief:
    """A brief of a period, for the office or somebody else."""

    period: Annotated[str, Field(pattern=r"^\d{4}-(\d{2}|Q[1-4]|H[12])$")]
    tier: Tier
    language: Name
    to: Name = ""
    purpose: Name = ""
    until: date | None = None
    do: Literal["brief"] = "brief"


@checked(frozen=True, config=CHECKED)
class Release:
    """A release of the run; a draft only says what it would tell."""

    tier: Tier
    to: Name
    purpose: Name
    until: date
    draft: bool
    do: Literal["release"] = "release"


@checked(frozen=True, config=CHECKED)
class Recall:
    """A release is recalled."""

    name: Name
    do: Literal["recall"] = "recall"


@checked(frozen=True, config=CHECKED)
class Partner:
    """An organisation is entered in the list, or taken out."""

    organisation: Name
    on: bool = True
    kind: Name = ""
    tier: Name = "partner"
    purpose: Name = ""
    decided_by: Annotated[list[Name], MaxLen(2)] = Field(default_factory=list)
    until: date | None = None
    do: Literal["partner"] = "partner"


@checked(frozen=True, config=CHECKED)
class Backup:
    """All that the office keeps, encrypted."""

    passphrase: Secret
    do: Literal["backup"] = "backup"


@checked(frozen=True, config=CHECKED)
class Restore:
    """A backup is put back, beside what is there."""

    file: Name
    passphrase: Secret
    do: Literal["restore"] = "restore"


Act = Brief | Release | Recall | Partner | Backup | Restore
ACTS: Final[TypeAdapter[Act]] = TypeAdapter(
    Annotated[Act, Field(discriminator="do")]
)


class Leaving:
    """What leaves an office, and what it keeps."""

    drops: Mapping[str, Drop] = MappingProxyType({})
    tables: Mapping[str, Fill] = MappingProxyType({})

    def __init__(self, night: Night) -> None:
        self.night = night
        self.office = night.office
        self._judged: story.Release | None = None
        """The last release of which it was said what it would tell."""

    @property
    def _register(self) -> story.OfRegister:
        return story.OfRegister(register=self.office.register)

    def shown(self, query: Query) -> dict[str, Any]:
        """Return releases, partners and backups."""
        del query
        found = story.register_shown(self._register)
        return {
            **found,
            "recall": each_told(found["recall"]),
            "has_run": self.office.has("run"),
            "backups": office.files_in(self.office.folder, BACKUP),
            "briefs": office.files_in(self.office.briefs, *BRIEFS),
        }

    def brief(self, name: str) -> Path | None:
        """Return a file of a brief; None for any other name."""
        there = office.files_in(self.office.briefs, *BRIEFS)
        return self.office.briefs / name if name in there else None

    def do(self, asked: Any) -> Any:
        """Do what is asked for."""
        act = ACTS.validate_python(asked)
        if isinstance(act, Brief):
            return self._brief(act)
        if isinstance(act, Release):
            return self._release(act)
        if isinstance(act, Recall):
            return self._recall(act)
        if isinstance(act, Partner):
            return self._partner(act)
        if isinstance(act, Backup):
            return self._back_up(act)
        return self._restore(act)

    def _brief(self, asked: Brief) -> None:
        """Write a brief as a job."""
        period = {
            "internal": "month",
            "partner": "quarter",
            "public": "half_year",
        }[asked.tier]
        record = story.Brief(
            **{period: asked.period},
            tier=asked.tier,
            to=asked.to,
            purpose=asked.purpose,
            until=asked.until,
            study=self.office.study,
            store=self.office.asked.store,
            log=self.office.log,
            out=self.office.briefs,
            language=asked.language,
            register=self.office.register,
        )
        self.night.begin("brief", "brief", record, record.out)

    def _release(self, asked: Release) -> None:
        """Say as a job what a release would tell; one of which that was said is made."""
        record = story.Release(
            tier=asked.tier,
            to=asked.to,
            purpose=asked.purpose,
            until=asked.until,
            from_=self.office.results("run"),
            study=self.office.study,
            store=self.office.asked.store,
            snapshot=self.office.asked.snapshot,
            register=self.office.register,
            draft=True,
        )
        if asked.draft:
            self._begin_release("judge", record, record)
            return
        if record != self._judged:
            raise UserError(
                "it has not been said yet what this release would tell. Fix: look at that first"
            )
        self._begin_release("release", replace(record, draft=False), None)

    def _begin_release(
        self, kind: str, record: story.Release, judged: story.Release | None
    ) -> None:
        def finished() -> None:
            self._judged = judged

        self._judged = None
        folder = self.office.folder
        self.night.begin(kind, "release", record, folder, finished)

    def _recall(self, asked: Recall) -> list[Any]:
        """Recall a release; the note lies in the office's folder."""
        known = story.register_shown(self._register)["releases"]
        if asked.name not in [one["id"] for one in known]:
            raise UserError(
                f"there is no release {asked.name!r}. Fix: load the page again"
            )
        note = self.office.folder / f"recall-{asked.name}.md"
        record = story.Recall(
            name=asked.name, out=note, register=self.office.register
        )
        return list(story.recall(record).shown)

    def _partner(self, asked: Partner) -> None:
        """Enter an organisation in the list, or take it out."""
        if not asked.on:
            story.take_out_partner(self._register, asked.organisation)
            return
        partner = {
            "organisation": asked.organisation,
            "kind": asked.kind,
            "tier": asked.tier,
            "purpose": asked.purpose,
            "decided_by": asked.decided_by,
            **({"until": asked.until} if asked.until else {}),
            "onward_transfer": False,
        }
        story.enter_partner(self._register, partner)

    def _back_up(self, asked: Backup) -> None:
        """Back up as a job, to a file of this moment."""
        folder = self.office.folder
        record = story.Backup(
            file=folder / f"office-{_now()}{BACKUP}",
            log=self.office.log,
            study=self.office.study,
            register=self.office.register,
            briefs=self.office.briefs,
        )
        secret = asked.passphrase
        self.night.begin("backup", "back_up", record, folder, secret=secret)

    def _restore(self, asked: Restore) -> None:
        """Put a backup back as a job, into a folder of its own."""
        out = self.office.folder / f"restored-{_now()}"
        record = story.Restore(
            file=self.office.file(asked.file, BACKUP),
            out=out,
            office=out / "office",
        )
        secret = asked.passphrase
        self.night.begin("restore", "restore", record, out, secret=secret)


def _now() -> str:
    """Return this moment, for the name of a file."""
    return f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
