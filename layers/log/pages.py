"""What crews filled in: an export of the visit form, read as sightings are, with all its faults.

Only the questions of the form are read.  Everything else in an export, such as who sent it, from
which device and where, is not taken in.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Final

import pandas as pd

from geo import schema
from layers.readers.sightings.cells import Fault, Options, own_name
from layers.readers.sightings.columns import choices_of
from layers.readers.sightings.containers import SERVERS
from layers.readers.sightings.personal import masked
from layers.readers.sightings.rows import Reader, missing, reviewed
from layers.readers.sightings.tables import FileTable
from layers.writers.xlsform import rows

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
}
"""Questions of each group, and what the log calls their answers."""

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
    "language": tuple(row[1] for row in rows("visit_choices") if row[0] == "language"),
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

Check = tuple[pd.Series, str, str, str]
"""Which pages are wrong, the column, the problem and the fix."""

OFF_PLAN: Final = timedelta(hours=24)
"""An arrival farther from the planned one is of another night, or by a wrong clock."""

EXPORT_FIX: Final = (
    "export it from KoboToolbox or ODK with its ids, values and headers in XML, "
    "not labels"
)


def recognised(headers: list[str]) -> int:
    """Return how many of these headers are questions of the form, or ids of its pages."""
    names = {*(column.name for column in COLUMNS), *SERVERS["page_ids"]}
    return sum(
        own_name(header.strip('"\ufeff ')).casefold() in names for header in headers
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
    at = {own_name(header).casefold(): k for k, header in enumerate(table.header)}
    ids = [at[name] for name in SERVERS["page_ids"] if name in at]
    absent = [name for name in ("stop", "outcome", "groups") if name not in at]
    if absent or not ids:
        what = ", ".join(absent) or "the id of each page"
        problem = f"this is not an export of the visit form: no {what}"
        return pd.DataFrame(), [Fault(0, "", None, problem, EXPORT_FIX)]
    reader = Reader(table, Options(mark="."))
    for name in filter(at.__contains__, SERVERS["reviews"]):
        reader.faults += reviewed(reader.cells[at[name]], name)
    for column in COLUMNS:
        ticks = choices_of(table.header, column.name) if column.name in SEVERAL else {}
        if column.name in SEVERAL and (ticks or column.name in at):
            reader.take_choices(column.name, at.get(column.name), ticks, schema.NEEDS)
        elif column.name in at:
            reader.take(column, reader.cells[at[column.name]])
    pages = pd.DataFrame(reader.values, index=reader.index)
    pages = pages.reindex(columns=[column.name for column in COLUMNS])
    root = reduce(
        pd.Series.fillna, (reader.cells[place].astype("string") for place in ids)
    )
    pages["root"] = root.str.removeprefix("uuid:")
    pages["stop"] = pages["stop"].fillna(pages["stop_new"])
    done = pages["outcome"] == "done"
    pages["met_groups"] = pages["groups"].where(done).fillna(0).astype("int64")
    reader.faults += missing(pages, reader.faulty, schema.VISIT_PAGES)
    checks = (
        *_of_page(pages, plans),
        *_of_times(pages, plans, now),
        *_of_groups(pages),
    )
    for wrong, name, problem, fix in filter(lambda check: check[0].any(), checks):
        rows = pages.index[wrong.fillna(value=False).astype(bool)]
        for row in rows.difference(list(reader.faulty.get(name, ())), sort=False):
            value = pages[name][row] if name in pages else None
            reader.flag(int(row), name, None if pd.isna(value) else value, problem, fix)
    faults = [
        replace(fault, value=masked(fault.value, sensitive=False) or None)
        for fault in reader.faults
    ]
    return pages[~pages.index.isin([fault.row for fault in faults])], faults


def _of_page(pages: pd.DataFrame, plans: pd.DataFrame) -> Iterator[Check]:
    again = pages["root"].duplicated() & pages["root"].notna()
    yield again, "root", "this page stands in the file already", "remove one of the two"
    unknown = pages["stop"].notna() & ~pages["stop"].isin(plans.index)
    fix = "add the plan first: mitrovica log add FOLDER/forms/stops.csv of the plan"
    yield unknown, "stop", "no plan in the log has this stop", fix
    done, skipped = pages["outcome"] == "done", pages["outcome"] == "skipped"
    fix = f"use one of: {', '.join(schema.SKIP_REASONS)}"
    unexplained = skipped & pages["skip_reason"].isna()
    yield unexplained, "skip_reason", "a stop that was skipped needs a reason", fix
    fix = f"write 0 to {schema.FORM_GROUPS}"
    yield done & pages["groups"].isna(), "groups", "there is no number of groups", fix


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
        yield unread, name, problem, "write it as 2026-12-01T21:15:00+01:00"
    arrived, left = pages["arrived_at"], pages["left_at"]
    fix = "check the night, the phone's clock and that of this computer"
    yield left > now, "left", "this time is in the future", fix
    early = ~done & (plan["arrive"] > now + OFF_PLAN)
    yield early, "stop", "this stop is planned for more than a day from now", fix
    hours = LONGEST.seconds // 3600
    problem = f"from {hours} hours on, or before the arrival, it is not a departure"
    yield (
        (left < arrived) | (left - arrived > LONGEST),
        "left",
        problem,
        "check both times",
    )
    far = (arrived - plan["arrive"]).abs() > OFF_PLAN
    problem = "the arrival is more than a day from the planned one"
    yield far, "arrived", problem, "check the night and the clock"


def _instants(stated: pd.Series, zone: pd.Series) -> pd.Series:
    """Return moments in UTC; a time without an offset is by the clock of its zone."""
    text = stated.astype("string")
    # pandas reads "today" as a time.
    text = text.where(text.str.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", na=False))
    offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", na=False)
    found = pd.to_datetime(
        text.where(offset), format="ISO8601", errors="coerce", utc=True
    )
    found = found.astype(schema.INSTANT)
    plain = pd.to_datetime(text.mask(offset), format="ISO8601", errors="coerce")
    for name, moments in plain.dropna().groupby(zone):
        local = moments.dt.tz_localize(str(name), ambiguous="NaT", nonexistent="NaT")
        found.loc[moments.index] = local.dt.tz_convert("UTC").astype(schema.INSTANT)
    return found


def _of_groups(pages: pd.DataFrame) -> Iterator[Check]:
    given = pages[list(_ABOUT)].notna()
    met = pages["met_groups"].to_numpy()[:, None] >= [i for _, i in _ABOUT.values()]
    beyond, unsaid = given & ~met, ~given & met
    for column, (question, i) in _ABOUT.items():
        problem = "there is an answer about more groups than were met"
        fix = "correct the number of groups, or remove the answer"
        yield beyond[column], column, problem, fix
        if question == "size":
            problem = f"group {i} was met and has no size"
            yield unsaid[column], column, problem, "fill it in"
        elif question == "from" and given[column].any():
            plain = pages[column].astype("string").str.fullmatch(WORD).eq(other=True)
            problem, fix = f"{column} knows no such value", "use the words of the form"
            yield given[column] & ~plain, column, problem, fix


def facts(pages: pd.DataFrame) -> pd.DataFrame:
    """Return what usable pages say of groups: ``row``, ``i``, ``kind``, ``value``, ``language``.

    Of the kind ``group`` the value is a class of `SIZE_CLASSES`; the others are `CONTACT_KINDS`.
    """
    facts = pages[list(_ABOUT)].astype(object).rename_axis("row")
    facts = facts.melt(var_name="column", ignore_index=False).dropna().reset_index()
    facts["kind"] = facts["column"].map(lambda column: KINDS[_ABOUT[column][0]])
    facts["i"] = facts["column"].map(lambda column: _ABOUT[column][1])
    facts = facts.assign(value=facts["value"].str.split("; ")).explode(
        "value", ignore_index=True
    )
    facts["value"] = facts["value"].where(
        facts["kind"] != "group", facts["value"].map(SIZES)
    )
    spoken = facts[facts["kind"] == "language"].set_index(["row", "i"])["value"]
    keys = pd.MultiIndex.from_frame(facts[["row", "i"]])
    language = spoken.reindex(keys).fillna("unknown").set_axis(facts.index)
    facts["language"] = language.where(facts["kind"] == "understood")
    return facts[["row", "i", "kind", "value", "language"]]


def texts(pages: pd.DataFrame) -> list[str]:
    """Return all that each page says as one text, whatever columns an export has."""
    rows = pages.assign(groups=pages["groups"].astype("Int64")).dropna(
        axis=1, how="all"
    )
    for name in rows.columns.intersection(SEVERAL):
        rows[name] = rows[name].map(
            lambda text: " ".join(sorted(text.split("; "))), "ignore"
        )
    names = {*rows.columns} - {"root", "arrived", "left", "met_groups"}
    cells = {name: rows[name].astype("string") for name in sorted(names)}
    parts = [
        [cell is not pd.NA and f"{n}={cell}" for cell in of] for n, of in cells.items()
    ]
    return ["\n".join(filter(None, row)) for row in zip(*parts, strict=True)]
