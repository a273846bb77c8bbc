"""What leaves at the desk: briefs, releases, partners, recall.

All of it is what commands do: ``brief``, ``release``, ``release list``, ``release recall``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from annotated_types import MaxLen
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from layers.complaints import UserError
from maps.words.told import each_told
from mitrovica import story
from mitrovica.desk import office
from mitrovica.desk.edit_steps import CHECKED, Name
from mitrovica.desk.night import Night
from mitrovica.desk.part import Drop, Fill, Query

BRIEFS: Final = (".html", ".pdf")
Tier = Literal["internal", "partner", "public"]


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


Act = Brief | Release | Recall | Partner
ACTS: Final[TypeAdapter[Act]] = TypeAdapter(Annotated[Act, Field(discriminator="do")])


class Leaving:
    """What leaves an office."""

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
        """Return releases, partners and briefs."""
        del query
        found = story.register_shown(self._register)
        return {
            **found,
            "recall": each_told(found["recall"]),
            "has_run": self.office.has("run"),
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
        return self._partner(act)

    def _brief(self, asked: Brief) -> None:
        """Write a brief as a job."""
        period = {"internal": "month", "partner": "quarter", "public": "half_year"}[
            asked.tier
        ]
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
        record = story.Recall(name=asked.name, out=note, register=self.office.register)
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
