"""The log: what patrols planned and found, and where crews were.  It stays in the office.

A row is never changed.  A correction is a new row that names the old one in ``replaces``; a row
that another one replaces does not count (`current`).  Groups and contacts name neither a visit nor
a time nor their import: an import of one night would tell the night.  Their ids are hashes that
only the form's own export could link to its page.
"""

from dataclasses import replace
from typing import Final

import pandas as pd

from layers.schema.inputs import NEEDS, SIZE_CLASSES
from layers.schema.patrols import DATE
from layers.schema.table import Column, Table

OUTCOMES: Final = ("done", "skipped")

SKIP_REASONS: Final = ("no_time", "no_way_there", "closed", "not_safe", "other")
"""Why a stop was skipped."""

UNDERSTOOD: Final = ("own_language", "interpreter", "signs", "not_at_all")
"""How a crew and a group could understand each other."""

CONTACT_KINDS: Final = ("language", "need", "need_met", "understood", "direction")
"""What is counted of groups apart from them; `need_met` is a need that the crew could meet."""

TIME_CLASSES: Final = ("evening", "night", "early_morning", "day")

FORM_GROUPS: Final = 10
"""Groups that a page of the visit form can hold."""

INSTANT: Final = "datetime64[us, UTC]"
"""Dtype of a moment; the file keeps milliseconds."""

_DATE: Final = replace(DATE, meaning="day on which the night begins, YYYY-MM-DD")
_IMPORT: Final = Column("import_id", "string", "import that brought the row")
_REPLACES: Final = Column("replaces", "string", "id of the row that this one corrects; else null")
_AREA: Final = Column("area", "string", "title of the study")
_PATROL: Final = (
    Column("shift", "string", "name of the shift"),
    Column("vehicle", "Int64", "number of the vehicle"),
)
_STOP: Final = (
    *_PATROL,
    Column("order", "Int64", "place of the stop in the patrol's plan"),
    Column("stop", "string", "id of the place or facility"),
)
_MONTH: Final = Column("month", "string", "month in which the night begins, YYYY-MM")

LOG_IMPORTS: Final = Table(
    "imports",
    "What was done to the log: plans entered, files added, logs merged, rows purged",
    (
        _IMPORT,
        Column("kind", "string", "what was done", values=("plan", "add", "merge", "purge")),
        Column("file", "string", "SHA-256 of the file's name; null where there was none"),
        Column("sha256", "string", "SHA-256 of the file or plan; null of a purge"),
        Column("at", INSTANT, "when"),
        Column("version", "string", "version of the program"),
        Column("taken", "Int64", "rows taken; of a purge, rows purged"),
        Column("known", "Int64", "rows that the log had already"),
        Column("unusable", "Int64", "rows listed as unusable"),
    ),
)

LOG_NIGHTS: Final = Table(
    "nights",
    "Nights that were planned; a night may be planned again",
    (
        Column("plan_id", "string", "hash of the plan"),
        _DATE,
        _AREA,
        Column("time_zone", "string", "time zone of the local times"),
        _IMPORT,
    ),
)

LOG_PLANS: Final = Table(
    "plans",
    "Stops that were planned, at public or service places",
    (
        LOG_NIGHTS["plan_id"],
        _DATE,
        *_STOP,
        Column("name", "string", "name in English"),
        Column("arrive", INSTANT, "planned arrival"),
        Column("depart", INSTANT, "planned departure"),
        _IMPORT,
    ),
    geometry="Point",
)

FORM_STOPS: Final = Table(
    "visit_form_stops",
    "Stops among which the visit form lets a crew choose, as the plan has them",
    (
        Column("name", "string", "what the form stores: night, patrol, order, plan"),
        Column("label", "string", "what the crew reads"),
        Column("night", "string", _DATE.meaning),
        *_STOP,
        Column("stop_name", "string", "name in English"),
        Column("arrive", "string", "planned arrival, UTC"),
        Column("depart", "string", "planned departure, UTC"),
        Column("lon", "float64", "longitude, WGS 84", "degree"),
        Column("lat", "float64", "latitude, WGS 84", "degree"),
        LOG_NIGHTS["plan_id"],
        _AREA,
        LOG_NIGHTS["time_zone"],
    ),
)

LOG_VISITS: Final = Table(
    "visits",
    "Stops that crews made or skipped, also where nobody was met",
    (
        Column("visit_id", "string", "hash of the form's page and what it says"),
        Column("page", "string", "hash of the page, the same in all its corrections"),
        LOG_NIGHTS["plan_id"],
        _DATE,
        *_STOP,
        Column("arrived_at", INSTANT, "arrival; null of a stop that was skipped"),
        Column("left_at", INSTANT, "departure"),
        Column("outcome", "string", "what became of the stop", values=OUTCOMES),
        Column("skip_reason", "string", "why it was skipped", values=SKIP_REASONS),
        _IMPORT,
        _REPLACES,
    ),
)

LOG_GROUPS: Final = Table(
    "groups",
    "Groups met: a row is a group; all are null where a correction takes it back",
    (
        Column("group_id", "string", "hash that names no visit"),
        Column("slot", "string", "hash, the same in all corrections of the group"),
        Column("stop", "string", "id of the place or facility"),
        _PATROL[0],
        _MONTH,
        Column("size_class", "string", "class of group size; unknown also where only the count "
               "is kept", "persons", values=SIZE_CLASSES),
        _REPLACES,
    ),
)  # fmt: skip

LOG_CONTACTS: Final = Table(
    "contacts",
    "What groups spoke and needed, counted by month and area apart from the groups",
    (
        Column("contact_id", "string", "hash that names no visit and no group"),
        Column("slot", "string", "hash, the same in all corrections of the answer"),
        _MONTH,
        _AREA,
        Column("kind", "string", "what is counted", values=CONTACT_KINDS),
        Column("value", "string", f"the answer; a need is one of {', '.join(NEEDS)}"),
        Column("language", "string", "of `understood`: the group's language"),
        Column("groups", "Int64", "groups; 0 where a correction takes it back"),
        _REPLACES,
    ),
)

LOG_TRACKS: Final = Table(
    "tracks",
    "Where crews were, until it is matched to roads; z is the time of each fix, in seconds since "
    "1970-01-01 UTC",
    (
        Column("track_id", "string", "hash of the fixes"),
        _DATE,
        *_PATROL,
        Column("started_at", INSTANT, "first fix"),
        Column("ended_at", INSTANT, "last fix"),
        _IMPORT,
    ),
    geometry="LineString Z",
)

LOG_PRESENCE: Final = Table(
    "presence",
    "Minutes of crews by piece of road and time of day",
    (
        LOG_TRACKS["track_id"],
        _DATE,
        *_PATROL,
        Column("network", "string", "id of the network's source"),
        Column("edge", "string", "id of the edge in that network"),
        Column("time_class", "string", "time of day", values=TIME_CLASSES),
        Column("minutes", "float64", "within sight of a crew; from farther less", "min"),
    ),
)

LOG_TABLES: Final = (
    LOG_IMPORTS, LOG_NIGHTS, LOG_PLANS, LOG_VISITS, LOG_GROUPS, LOG_CONTACTS, LOG_TRACKS,
    LOG_PRESENCE,
)  # fmt: skip
"""Tables of a log, in the order of the file."""


def current(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of the log, its id in the first column, that none replaces."""
    return rows[~rows[rows.columns[0]].isin(rows["replaces"].dropna())]
