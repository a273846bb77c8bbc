"""The log at the desk: pages and tracks dropped, visits told by hand, what is in force, purging.

All of it is what the commands do: `mitrovica log`, `log add`, `log withdraw`, `log purge`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

from annotated_types import MaxLen
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from layers.complaints import UserError
from layers.files import atomic
from maps.words.names import patrol_name
from mitrovica import story
from mitrovica.desk import office
from mitrovica.desk.edit_steps import CHECKED, Name
from mitrovica.desk.night import Night
from mitrovica.desk.part import Drop, Fill, Query, done

SECRET: Final = "pages.key"
"""File of what ties pages told here to their corrections."""
SECRET_S: Final = 40 * 24 * 3600
"""Seconds for which a page told here can be corrected; a purge ends it, too."""

Text = Annotated[str, MaxLen(200)]


@checked(frozen=True, config=CHECKED)
class Tell:
    """What became of a stop."""

    night: Name
    stop: Name
    answers: Annotated[dict[Name, Text], MaxLen(150)]
    do: Literal["tell"] = "tell"


@checked(frozen=True, config=CHECKED)
class Purge:
    """What is old goes; in a preview it is only said what would."""

    before: date
    preview: bool = True
    do: Literal["purge"] = "purge"


ACTS: Final[TypeAdapter[Tell | Purge]] = TypeAdapter(
    Annotated[Tell | Purge, Field(discriminator="do")]
)


@dataclass
class Book:
    """The log of an office."""

    night: Night

    @property
    def _log(self) -> dict[str, Any]:
        if self.night.office.asked.no_log:
            raise UserError(
                "this desk was opened without a log. Fix: close it, and open it without --no-log"
            )
        return {"log": self.night.office.log}

    @property
    def drops(self) -> Mapping[str, Drop]:
        """Pages and tracks; tracks that are taken out again."""
        return {"log": self.add, "withdraw": self.withdraw}

    @property
    def tables(self) -> Mapping[str, Fill]:
        """Of the visits of a night."""
        return {"visits": self._table}

    def _nights(self, query: Query) -> story.Nights:
        night = query.get("night") or None
        study = self.night.office.study
        return story.Nights(**self._log, study=study, night=night)

    def _table(self, suffix: str, language: str, query: Query) -> bytes:
        return story.visits_table(self._nights(query), suffix, language)

    def shown(self, query: Query) -> dict[str, Any]:
        """Return what is in force, and the stops of a night with what is told of them."""
        self._forget(SECRET_S)
        asked = self._nights(query)
        status = story.show_log(story.OfLog(**self._log))
        found = story.stops_of_night(asked)
        is_named = self.night.opens()
        for stop in found["stops"]:
            stop["patrol"] = patrol_name(stop["shift"], stop["vehicle"])
            if is_named:
                stop["label"] = self.night.name(stop["stop"], stop["label"])
        return {
            **found,
            "questions": story.questions(asked.study),
            "status": done(status)["lines"],
        }

    def add(self, name: str, data: bytes) -> Any:
        """Add pages or tracks."""
        asked = story.AddToLog(**self._log, files=[])
        return done(story.add_to_log(asked, [(name[:100], data)]))

    def withdraw(self, name: str, data: bytes) -> Any:
        """Take tracks out again."""
        asked = story.Withdraw(**self._log, files=[])
        return done(story.withdraw(asked, [(name[:100], data)]))

    def do(self, asked: Any) -> Any:
        """Tell a visit, or purge."""
        act = ACTS.validate_python(asked)
        if isinstance(act, Purge):
            if not act.preview:
                self._forget(0)
            purge = story.PurgeLog(**self._log, before=act.before, preview=act.preview)
            return done(story.purge_log(purge))
        visit = story.TellVisit(
            **self._log,
            study=self.night.office.study,
            night=act.night,
            stop=act.stop,
            secret=self._secret(),
            answers={name: text for name, text in act.answers.items() if text},
        )
        return done(story.tell_visit(visit))

    def _forget(self, after_s: float) -> None:
        """Remove what ties pages to their corrections, where it is older than so many seconds."""
        path = self.night.office.own / SECRET
        if path.is_file() and time.time() - path.stat().st_mtime >= after_s:
            path.unlink()

    def _secret(self) -> str:
        """Return what ties pages to their corrections."""
        self._forget(SECRET_S)
        path = self.night.office.own / SECRET
        if path.is_file():
            return path.read_text("utf-8")
        office.make_folder(self.night.office)
        new = secrets.token_hex(32)
        atomic.write_private(path, new)
        return new
