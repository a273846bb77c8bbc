"""What crews filled in: an export of the visit form, read as sightings are, with all its faults.

Only the questions of the form are read.  Everything else in an export, such as who sent it, from
which device and where, is not taken in.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Final, NamedTuple

import pandas as pd

from geo import schema
from geo.arrays import Objects
from layers.readers.tabular.parsing import Fault, own_name
from layers.readers.tabular.rows import missing
from layers.readers.tabular.tables import FileTable
from mitrovica.intake.columns import choices_of
from mitrovica.intake.containers import SERVERS
from mitrovica.intake.options import FileOptions
from mitrovica.intake.personal import masked
from mitrovica.intake.record_rows import FormReader, reviewed
from mitrovica.intake.xlsform import choices

SIZES: Final = {
    c.replace("-", "_").replace("+", "_or_more"): c for c in schema.SIZE_CLASSES
}
"""Classes of size by their names in the form, which no spreadsheet takes for a date."""

KINDS: Final = {
    "size": "group",
    "needs": "need",
    "met": "need_met",
    "language": "language",
    "understood": "understood",
    "from": "direction",
    "women": "women",
    "minors": "minors",
    "help": "help",
    "came_by": "came_by",
}
"""Questions of each group, and what the log calls their answers."""

OF_GROUP: Final = ("help", "came_by")
"""Answers that are kept with the group."""

_ABOUT: Final = {
    f"{name}_{i}": (name, i) for i in range(1, schema.FORM_GROUPS + 1) for name in KINDS
}
"""Columns of these questions: the question and the number of the group."""

SEVERAL: Final = [
    column for column, (name, _) in _ABOUT.items() if name in {"needs", "met"}
]
"""Columns with several answers."""

_CHOICES: Final = {
    "size": tuple(SIZES),
    "understood": schema.UNDERSTOOD,
    "women": ("yes", "no"),
    "minors": ("yes", "no"),
    "help": schema.HELP_ANSWERS,
    "came_by": schema.CAME_BY,
    "language": tuple(row[1] for row in choices("visit_choices", "language")),
}
"""Answers that a question about a group knows; of others any `WORD` is one."""

WORD: Final = r"[\w-]{1,40}"
"""A plain word: what a choice may be called."""

COLUMNS: Final = (
    *schema.VISIT_PAGES.columns,
    *(
        schema.Column(
            name, "string", "answer about a group", values=_CHOICES.get(question, ())
        )
        for name, (question, _) in _ABOUT.items()
    ),
)
"""Questions of the form."""

LONGEST: Final = timedelta(hours=12)
"""A stop takes less."""


class Check(NamedTuple):
    """What may be wrong with pages."""

    pages: pd.Series
    """Whether each page is wrong."""
    column: str
    problem: str
    fix: str


OFF_PLAN: Final = timedelta(hours=24)
"""An arrival farther from the planned one is of another night, or by a wrong clock."""

EXPORT_FIX: Final = (
    "export it from KoboToolbox or ODK with its ids, values and headers in XML, "
    "not labels"
)


def read(
    table: FileTable, plans: pd.DataFrame, now: datetime
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the pages of an export that can be used, and what is wrong with the others.

    `plans` is table `LOG_PLANS`, by the name that the form gives to each stop, with the night's
    ``time_zone``; a moment after `now` is a fault.  A row is a page, its index the number of the
    row in the file: ``root``, the answers as text, ``arrived_at`` and ``left_at``, and the number
    of groups ``met_groups``.
    """
    position = {own_name(header).casefold(): k for k, header in enumerate(table.header)}
    ids = [position[name] for name in SERVERS["page_ids"] if name in position]
    absent = [name for name in ("stop", "outcome", "groups") if name not in position]
    if absent or not ids:
        what = ", ".join(absent) or "the id of each page"
        problem = f"this is not an export of the visit form: no {what}"
        return pd.DataFrame(), [Fault(0, "", None, problem, EXPORT_FIX)]
    reader = FormReader(table, FileOptions(mark="."))
    for name in SERVERS["reviews"]:
        if name in position:
            reader.faults += reviewed(reader.cells[position[name]], name)
    pages = _answers(table, reader, position)
    texts = [reader.cells[k].astype("string") for k in ids]
    pages["root"] = reduce(pd.Series.fillna, texts).str.removeprefix("uuid:")
    pages["stop"] = pages["stop"].fillna(pages["stop_new"])
    done = pages["outcome"] == "done"
    pages["met_groups"] = pages["groups"].where(done).fillna(0).astype("int64")
    reader.faults += missing(pages, reader, schema.VISIT_PAGES)
    for check in _of_page(pages, plans):
        _flag(reader, pages, check)
    for check in _of_times(pages, plans, now):
        _flag(reader, pages, check)
    for check in _of_groups(pages):
        _flag(reader, pages, check)
    faults = [
        replace(fault, value=masked(fault.value, sensitive=False) or None)
        for fault in reader.faults
    ]
    return pages[~pages.index.isin([fault.row for fault in faults])], faults


def _answers(
    table: FileTable, reader: FormReader, position: dict[str, int]
) -> pd.DataFrame:
    """Return the answers of each page, a column for each question of the form."""
    for column in COLUMNS:
        name = column.name
        several = name in SEVERAL
        ticks = choices_of(table.header, name) if several else {}
        if several and (ticks or name in position):
            reader.take_choices(name, position.get(name), ticks, schema.NEEDS)
        elif name in position:
            reader.take(column, reader.cells[position[name]])
    pages = reader.frame()
    return pages.reindex(columns=[column.name for column in COLUMNS])


def _flag(reader: FormReader, pages: pd.DataFrame, check: Check) -> None:
    """Put the pages that a check finds on record, but for cells that have a fault already."""
    wrong = check.pages.fillna(value=False).astype(bool)
    if not wrong.any():
        return
    flagged = reader.flagged(check.column)
    for row in pages.index[wrong].difference(flagged, sort=False):
        value = pages[check.column][row] if check.column in pages else None
        shown = None if pd.isna(value) else value
        fault = Fault(row, check.column, shown, check.problem, check.fix)
        reader.faults.append(fault)


def _of_page(pages: pd.DataFrame, plans: pd.DataFrame) -> Iterator[Check]:
    repeated = pages["root"].duplicated() & pages["root"].notna()
    problem = "this page stands in the file already"
    yield Check(repeated, "root", problem, "remove one of the two")
    unknown = pages["stop"].notna() & ~pages["stop"].isin(plans.index)
    fix = "add the plan first: mitrovica log add FOLDER/forms/stops.csv of the plan"
    yield Check(unknown, "stop", "no plan in the log has this stop", fix)
    skipped = pages["outcome"] == "skipped"
    unexplained = skipped & pages["skip_reason"].isna()
    fix = f"use one of: {', '.join(schema.SKIP_REASONS)}"
    problem = "a stop that was skipped needs a reason"
    yield Check(unexplained, "skip_reason", problem, fix)
    uncounted = (pages["outcome"] == "done") & pages["groups"].isna()
    fix = f"write 0 to {schema.FORM_GROUPS}"
    yield Check(uncounted, "groups", "there is no number of groups", fix)


def _of_times(
    pages: pd.DataFrame, plans: pd.DataFrame, now: datetime
) -> Iterator[Check]:
    """Add the moments of arrival and departure, and yield what is wrong with them."""
    plan = plans[["time_zone", "arrive"]].reindex(pages["stop"]).set_index(pages.index)
    done = pages["outcome"] == "done"
    for name in ("arrived", "left"):
        pages[f"{name}_at"] = _instants(pages[name].where(done), plan["time_zone"])
        unread = done & plan["time_zone"].notna() & pages[f"{name}_at"].isna()
        problem = "this is not a time, or one that the clock shows twice that night"
        yield Check(unread, name, problem, "write it as 2026-12-01T21:15:00+01:00")
    arrived = pages["arrived_at"]
    departed = pages["left_at"]
    fix = "check the night, the phone's clock and that of this computer"
    yield Check(departed > now, "left", "this time is in the future", fix)
    early = ~done & (plan["arrive"] > now + OFF_PLAN)
    problem = "this stop is planned for more than a day from now"
    yield Check(early, "stop", problem, fix)
    unlikely = (departed < arrived) | (departed - arrived > LONGEST)
    hours = LONGEST.seconds // 3600
    problem = f"from {hours} hours on, or before the arrival, it is not a departure"
    yield Check(unlikely, "left", problem, "check both times")
    far = (arrived - plan["arrive"]).abs() > OFF_PLAN
    problem = "the arrival is more than a day from the planned one"
    yield Check(far, "arrived", problem, "check the night and the clock")


def _instants(stated: pd.Series, zone: pd.Series) -> pd.Series:
    """Return moments in UTC; a time without an offset is by the clock of its zone."""
    text = stated.astype("string")
    # pandas reads "today" as a time.
    text = text.where(text.str.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", na=False))
    offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", na=False)
    stated_utc = text.where(offset)
    instants = pd.to_datetime(stated_utc, format="ISO8601", errors="coerce", utc=True)
    instants = instants.astype(schema.INSTANT)
    # pandas reads "17:00+1:0" as a time with an offset, and leaves "UTC" out.
    clock = text.where(text.str.fullmatch(r"[\d-]+[T ][\d:.]+", na=False))
    plain = pd.to_datetime(clock, format="ISO8601", errors="coerce")
    for name, moments in plain.dropna().groupby(zone):
        local = moments.dt.tz_localize(str(name), ambiguous="NaT", nonexistent="NaT")
        utc = local.dt.tz_convert("UTC").astype(schema.INSTANT)
        instants.loc[moments.index] = utc
    return instants


def _of_groups(pages: pd.DataFrame) -> Iterator[Check]:
    for column, (question, i) in _ABOUT.items():
        answered = pages[column].notna()
        expected = pages["met_groups"] >= i
        problem = "there is an answer about more groups than were met"
        fix = "correct the number of groups, or remove the answer"
        yield Check(answered & ~expected, column, problem, fix)
        if question == "size":
            problem = f"group {i} was met and has no size"
            yield Check(~answered & expected, column, problem, "fill it in")
        elif question == "from" and answered.any():
            plain = pages[column].astype("string").str.fullmatch(WORD).eq(other=True)
            problem = f"{column} knows no such value"
            yield Check(answered & ~plain, column, problem, "use the words of the form")


def facts(pages: pd.DataFrame) -> pd.DataFrame:
    """Return what usable pages say of groups: ``row``, ``i``, ``kind``, ``value``, ``language``.

    Of the kind ``group`` the value is a class of `SIZE_CLASSES`; the others are `CONTACT_KINDS`.
    The answers of `OF_GROUP` are columns beside them.
    """
    answers: list[pd.DataFrame] = []
    for column, (question, i) in _ABOUT.items():
        said = pages[column].dropna()
        if answers and said.empty:
            continue
        values = said.astype(object).str.split("; ").explode()
        if question == "size":
            values = values.map(SIZES)
        answer = pd.DataFrame({"row": values.index, "value": values.to_numpy()})
        answers.append(answer.assign(i=i, kind=KINDS[question]))
    facts = pd.concat(answers, ignore_index=True)
    for kind in ("language", *OF_GROUP):
        facts[kind] = _answer_of_group(facts, kind)
    language = facts["language"].fillna("unknown")
    facts["language"] = language.where(facts["kind"] == "understood")
    apart = ~facts["kind"].isin(OF_GROUP)
    return facts[apart].reset_index(drop=True)


def _answer_of_group(facts: pd.DataFrame, kind: str) -> Objects:
    """Return beside each answer what the same group answered to another question."""
    group = ["row", "i"]
    answers = facts[facts["kind"] == kind].set_index(group)["value"]
    groups = pd.MultiIndex.from_frame(facts[group])
    return answers.reindex(groups).to_numpy(object)


def texts(pages: pd.DataFrame) -> list[str]:
    """Return all that each page says as one text, whatever columns an export has."""
    answers = pages.assign(groups=pages["groups"].astype("Int64"))
    answers = answers.drop(columns=["root", "arrived", "left", "met_groups"])
    answers = answers.dropna(axis=1, how="all").sort_index(axis=1)
    for name in answers.columns.intersection(SEVERAL):
        answers[name] = answers[name].map(_in_order, "ignore")
    return [_text(page) for page in answers.astype("string").to_dict("records")]


def _in_order(answer: str) -> str:
    """Return the choices of an answer in one order, whatever the order of the ticks."""
    return " ".join(sorted(answer.split("; ")))


def _text(page: Mapping[Hashable, str]) -> str:
    """Return the answers of a page that are there, a line each."""
    return "\n".join(f"{name}={a}" for name, a in page.items() if not pd.isna(a))
