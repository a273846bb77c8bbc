"""A visit told by hand: the questions of the visit form, the stops of a night, a page of answers.

A page told here goes into the log as one of a form server does; told again it is a correction.
"""

from __future__ import annotations

import csv
import hmac
import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from layers import readers
from layers.complaints import UserError
from mitrovica import intake
from mitrovica import log as logs
from mitrovica.story.log_entries import AddToLog, OfLog, add_to_log
from mitrovica.story.outcome import Outcome

if TYPE_CHECKING:
    from geo.records import Log

LANGUAGES: Final = ("en", "sq", "sr")
"""Languages of the form, in the order of its columns."""
ASKED_APART: Final = frozenset({"night", "listed", "stop", "stop_new"})
"""Questions that the list of stops answers."""
GROUPS: Final = 3
"""Groups of a stop for which a table has columns; of more it is told by hand."""
BY_HAND: Final = "by hand"
"""What the report calls such a page."""


def questions(study: Path | None = None) -> list[dict[str, Any]]:
    """Return the questions of the visit form, each with its answers, in its languages.

    Groups may come from the towns of a study, as in the form of its plans.
    """
    places = readers.study.read(study).places
    answers = intake.xlsform.visit_choices(places)
    head, *rows = intake.xlsform.rows("visit_survey")
    asked = []
    for row in rows:
        of = dict(zip(head, row, strict=False))
        kind, _, of_list = of["type"].partition(" ")
        if kind.startswith(("begin", "end", "calc")) or of["name"] in ASKED_APART:
            continue
        choices = [
            {"name": answer[1], "label": _texts(answer[2:])}
            for answer in answers
            if answer[0] == of_list
        ]
        asked.append(
            {
                "name": of["name"],
                "type": kind,
                "label": _texts(row[2:]),
                "required": of["required"] == "yes",
                "of_group": of["name"].endswith("#"),
                "relevant": of["relevant"],
                "choices": choices,
            }
        )
    return asked


def _texts(cells: list[str]) -> dict[str, str]:
    return dict(zip(LANGUAGES, cells, strict=False))


@dataclass(frozen=True, kw_only=True)
class Nights(OfLog):
    """Nights of a study, of which stops are told."""

    study: Path | None = None
    night: str | None = None
    """The day on which it begins; by default the last that was planned."""

    @property
    def in_force(self) -> Log:
        """What counts in the log of the study."""
        area = readers.study.read(self.study).about.name
        return logs.retention.of_study(self.log, area)


def stops_of_night(asked: Nights) -> dict[str, Any]:
    """Return the planned stops of a night in force, and what the log has of each.

    Parameters
    ----------
    asked : Nights

    Returns
    -------
    dict
        ``nights``, the days that were planned; ``night``, that which is shown; ``stops``, each with
        its name in the form, patrol, planned hours, and what is told of it so far.
    """
    import pandas as pd

    log = asked.in_force
    dates = sorted(log.nights["date"])
    night = asked.night if asked.night in dates else (dates or [None])[-1]
    planned = pd.DataFrame(log.planned)
    planned = planned[planned["date"] == night].reset_index(drop=True)
    if planned.empty:
        return {"nights": dates, "night": night, "stops": []}
    zone = log.time_zone
    planned = planned.assign(in_form=intake.xlsform.names_of(planned))
    spot = ["date", "shift", "vehicle", "stop"]
    told = {
        tuple(visit[name] for name in spot): visit
        for visit in log.visits.to_dict("records")
    }
    stops = []
    for row in planned.to_dict("records"):
        key = tuple(row[name] for name in spot)
        stops.append(
            {
                "name": row["in_form"],
                "stop": row["stop"],
                "label": row["name"],
                "shift": row["shift"],
                "vehicle": int(row["vehicle"]),
                "arrive": _clock(row["arrive"], zone),
                "depart": _clock(row["depart"], zone),
                "planned": [
                    f"{row[name].tz_convert(zone):%Y-%m-%dT%H:%M}"
                    for name in ("arrive", "depart")
                ],
                **(_told(told[key], zone) if key in told else {}),
            }
        )
    return {"nights": dates, "night": night, "stops": stops}


# One table: its heads, its answers to choose from and its rows are of the same questions.
def visits_table(asked: Nights, suffix: str, language: str) -> bytes:
    """Return a table of the stops of a night of which nothing is told, to be filled in.

    The log takes it as it takes an export of the visit form.

    Parameters
    ----------
    asked : Nights
    suffix : str
        ``.xlsx`` or ``.csv``.
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    bytes

    Raises
    ------
    layers.complaints.UserError
        If there is no such stop, table or language.
    """
    tables = intake.table_form
    words, _ = tables.texts_of("visits", language)
    untold = [stop for stop in stops_of_night(asked)["stops"] if "outcome" not in stop]
    if not untold:
        raise UserError(
            "no stop of that night is still to be told. Fix: choose another night"
        )
    remarks = {name: words[name] for name in ("_uuid", "stop", "place")}
    answers = {}
    for question in questions(asked.study):
        if question["type"] == "note":
            continue
        several = question["type"] == "select_multiple"
        for number in range(1, GROUPS + 1 if question["of_group"] else 2):
            name = question["name"].replace("#", str(number))
            remarks[name] = _asked(question, number, language)
            if several:
                remarks[name] += f" ({words['several']})"
            elif question["choices"]:
                answers[name] = [one["name"] for one in question["choices"]]
    rows = []
    for stop in untold:
        arrived, left = stop["planned"]
        filled = {
            "_uuid": secrets.token_hex(16),
            "stop": stop["name"],
            "place": stop["label"],
            "arrived": arrived,
            "left": left,
        }
        rows.append([filled.get(name, "") for name in remarks])
    headers = {name: name for name in remarks}
    filling = tables.Filling(headers, [[*remarks.values()]], answers, rows)
    return tables.written(suffix, filling)


def _asked(question: Mapping[str, Any], number: int, language: str) -> str:
    """Return a question with what may be answered."""
    label = question["label"][language].replace("#", str(number))
    said = "; ".join(
        f"{one['name']}: {one['label'][language]}" for one in question["choices"]
    )
    return f"{label} {said}".strip()


def _told(visit: Mapping[Any, Any], zone: str) -> dict[str, Any]:
    """Return what the log has of a visit."""
    import pandas as pd

    return {
        "outcome": visit["outcome"],
        "skip_reason": None if pd.isna(visit["skip_reason"]) else visit["skip_reason"],
        "arrived": _clock(visit["arrived_at"], zone),
        "left": _clock(visit["left_at"], zone),
    }


def _clock(moment: Any, zone: str) -> str:
    import pandas as pd

    return "" if pd.isna(moment) else f"{moment.tz_convert(zone):%H:%M}"


@dataclass(frozen=True, kw_only=True)
class TellVisit(Nights):
    """What became of a stop."""

    stop: str
    """Its name in the form."""
    secret: str
    """What ties the page to its corrections, and nobody can guess: who could would know which
    groups were met there."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers by question; ``arrived`` and ``left`` as a clock of the study shows them."""


def tell_visit(asked: TellVisit) -> Outcome:
    """Enter what became of a stop into the log; told again, it is a correction.

    Parameters
    ----------
    asked : TellVisit

    Returns
    -------
    Outcome
        As of `add_to_log`.

    Raises
    ------
    layers.complaints.UserError
        If no plan in the log has the stop.
    """
    import pandas as pd

    log = asked.in_force
    planned = pd.DataFrame(log.plans)
    names = intake.xlsform.names_of(planned)
    here = planned[names == asked.stop]
    if here.empty:
        raise UserError(
            f"no plan in the log has the stop {asked.stop}. Fix: load the page again"
        )
    zone = log.time_zone
    known = {
        question["name"].replace("#", str(number))
        for question in questions(asked.study)
        for number in range(1, 11)
    }
    answers = {name: text for name, text in asked.answers.items() if name in known}
    nearest = here["arrive"].iloc[0].tz_convert(zone).tz_localize(None)
    for name in ("arrived", "left"):
        if answers.get(name):
            nearest = moment_near(answers[name], nearest)
            answers[name] = nearest.isoformat()
    tied = hmac.new(asked.secret.encode(), asked.stop.encode(), "sha256")
    named = {"_uuid": tied.hexdigest(), "stop": asked.stop}
    # An export has a column for each of these, though a page says nothing there.
    page = {**named, "outcome": "", "groups": "", **answers}
    text = io.StringIO()
    rows = csv.DictWriter(text, page)
    rows.writeheader()
    rows.writerow(page)
    content = (BY_HAND, text.getvalue().encode())
    return add_to_log(AddToLog(log=asked.log, files=[]), [content])


def moment_near(clock: str, near: datetime) -> datetime:
    """Return the moment of a clock's time that is nearest to another one."""
    try:
        time = datetime.strptime(clock, "%H:%M").time()
    except ValueError as error:
        raise UserError(f"{clock} is no time. Fix: such as 21:15") from error
    days = [near.date() + timedelta(days=k) for k in (-1, 0, 1)]
    moments = [datetime.combine(day, time) for day in days]
    return min(moments, key=lambda moment: abs(moment - near))
