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
from mitrovica.desk.drafting import CHECKED, Name
from mitrovica.desk.job import plain_lines
from mitrovica.desk.night import Night

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

    def shown(self, night: str) -> dict[str, Any]:
        """Return what is in force, and the stops of a night with what is told of them."""
        self._forget(SECRET_S)
        study = self.night.office.study
        asked = story.Nights(**self._log, study=study, night=night or None)
        status = story.show_log(story.OfLog(**self._log))
        found = story.stops_of_night(asked)
        for stop in found["stops"]:
            stop["patrol"] = patrol_name(stop["shift"], stop["vehicle"])
            if self.night.office.has("run"):
                stop["label"] = self.night.name(stop["stop"], stop["label"])
        return {
            **found,
            "questions": story.questions(study),
            "status": [plain_lines(part) for part in status.shown],
        }

    def add(self, name: str, data: bytes) -> Any:
        """Add pages or tracks."""
        asked = story.AddToLog(**self._log, files=[])
        return _told(story.add_to_log(asked, [(name[:100], data)]))

    def withdraw(self, name: str, data: bytes) -> Any:
        """Take tracks out again."""
        asked = story.Withdraw(**self._log, files=[])
        return _told(story.withdraw(asked, [(name[:100], data)]))

    def do(self, asked: Any) -> Any:
        """Tell a visit, or purge."""
        act = ACTS.validate_python(asked)
        if isinstance(act, Purge):
            if not act.preview:
                self._forget(0)
            purge = story.PurgeLog(
                **self._log, before=act.before, preview=act.preview
            )
            return _told(story.purge_log(purge))
        visit = story.TellVisit(
            **self._log,
            study=self.night.office.study,
            night=act.night,
            stop=act.stop,
            secret=self._secret(),
            answers={name: text for name, text in act.answers.items() if text},
        )
        return _told(story.tell_visit(visit))

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
        with atomic.owner_only(), atomic.file(path) as part:
            part.write_text(new, "utf-8")
        return new


def _told(outcome: story.Outcome) -> dict[str, Any]:
    return {
        "passed": outcome.passed,
        "lines": [plain_lines(part) for part in outcome.shown],
    }


def routes(book: Book, pages: Any) -> list[Any]:
    """Return the addresses of the log."""
    from starlette.routing import Route

    def shown(request: Any) -> Mapping[str, Any]:
        return book.shown(request.query_params.get("night", ""))

    return [
        Route("/api/log", pages.answering(shown)),
        Route("/api/log/do", pages.doing(book.do), methods=["POST"]),
        Route("/drop/log", pages.dropping(book.add), methods=["POST"]),
        Route(
            "/drop/withdraw", pages.dropping(book.withdraw), methods=["POST"]
        ),
    ]
