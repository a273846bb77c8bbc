"""What crews filled in: an export of the visit form as pages, each with all its faults.

Only the questions of the form are read.  Everything else in an export, such as who sent it, from
which device and where, is not taken in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from layers import schema
from layers.readers.sightings.cells import Cell, own_name, printable
from layers.readers.sightings.columns import SERVERS
from layers.readers.sightings.faults import Fault
from layers.readers.sightings.personal import masked
from layers.readers.sightings.rowchecks import reviewed
from layers.readers.sightings.tables import FileTable

SIZES: Final = {c.replace("-", "_").replace("+", "_or_more"): c for c in schema.SIZE_CLASSES}
"""Classes of size by their names in the form, which no spreadsheet takes for a date."""

PER_GROUP: Final = {
    "size": frozenset(SIZES),
    "needs": frozenset(schema.NEEDS),
    "met": frozenset(schema.NEEDS),
    "language": None,
    "understood": frozenset(schema.UNDERSTOOD),
    "from": None,
}
"""Questions of each group, and their answers; None where any plain word is one."""

MULTIPLE: Final = ("needs", "met")

_CLOSED: Final = {
    "outcome": frozenset(schema.OUTCOMES),
    "skip_reason": frozenset(schema.SKIP_REASONS),
}
_PAGE: Final = ("stop", "stop_new", "outcome", "skip_reason", "arrived", "left", "groups")
QUESTIONS: Final = frozenset(
    {*_PAGE, *(f"{name}_{i}" for name in PER_GROUP for i in range(1, schema.FORM_GROUPS + 1))}
)

WORD: Final = r"[\w-]{1,40}"
"""A plain word: what a choice may be called."""

LONGEST: Final = timedelta(hours=12)
"""A stop takes less."""

OFF_PLAN: Final = timedelta(hours=24)
"""An arrival farther from the planned one is of another night, or by a wrong clock."""

EXPORT_FIX: Final = (
    "export it from KoboToolbox or ODK with its ids, values and headers in XML, not labels"
)


@dataclass
class Pages:
    """Pages of one file: a row is a page, its index the number of the row in the file."""

    answers: pd.DataFrame
    """Columns ``root``, those of `_PAGE` that are used, and those of each group, as text."""
    faults: list[Fault] = field(default_factory=list)

    def flag(self, wrong: pd.Series, column: str, problem: str, fix: str) -> None:
        """Give every page where `wrong` holds a fault."""
        shown = self.answers.get(column, pd.Series(None, index=self.answers.index, dtype=object))
        for row in self.answers.index[wrong.fillna(value=False).astype(bool)]:
            value = None if pd.isna(shown[row]) else masked(shown[row], sensitive=False)
            self.faults.append(Fault(int(row), column, value, problem, fix))

    def usable(self) -> pd.DataFrame:
        """Return the pages without a fault."""
        return self.answers[~self.answers.index.isin([fault.row for fault in self.faults])]


def recognised(headers: list[str]) -> int:
    """Return how many of these headers are questions of the form, or ids of its pages."""
    names = {*QUESTIONS, *SERVERS["page_ids"]}
    return sum(own_name(header.strip('"\ufeff ')).casefold() in names for header in headers)


def read(table: FileTable, plans: pd.DataFrame, now: datetime) -> Pages:
    """Read the pages of an export; a moment after `now` is a fault.

    `plans` is table `LOG_PLANS`, by the name that the form gives to each stop, with the night's
    ``time_zone``.
    """
    found = _columns(table)
    missing = [name for name in ("stop", "outcome", "groups") if name not in found]
    ids = [found[name] for name in SERVERS["page_ids"] if name in found]
    if missing or not ids:
        what = ", ".join(missing) or "the id of each page"
        fault = Fault(0, "", None, f"this is no export of the visit form: no {what}", EXPORT_FIX)
        return Pages(pd.DataFrame(index=table.numbers), [fault])
    answers = pd.DataFrame(
        {name: cells for name, cells in found.items() if name in QUESTIONS}, index=table.numbers
    ).reindex(columns=[name for name in found if name in QUESTIONS])
    root = ids[0]
    for other in ids[1:]:
        root = root.fillna(other)
    answers["root"] = root.str.removeprefix("uuid:")
    for name in answers.columns[answers.columns.str.startswith(MULTIPLE)]:
        answers[name] = answers[name].map(
            lambda text: " ".join(sorted(text.split())), na_action="ignore"
        )
    if "stop_new" in answers:
        answers["stop"] = answers["stop"].fillna(answers["stop_new"])
    pages = Pages(answers)
    for name in SERVERS["reviews"]:
        if name in found:
            pages.faults += reviewed(found[name].dropna(), name)
    _check_page(pages, plans)
    _check_times(pages, plans, now)
    _check_groups(pages)
    return pages


def _columns(table: FileTable) -> dict[str, pd.Series]:
    """Return the columns that are read, by the question's own name, as text; dates as they are."""
    ticked: dict[str, dict[str, pd.Series]] = {}
    columns: dict[str, pd.Series] = {}
    known = {*QUESTIONS, *SERVERS["page_ids"], *SERVERS["reviews"]}
    for header, cells in zip(table.header, table.columns, strict=True):
        name = own_name(header).casefold()
        text = cells.set_axis(table.numbers)
        if text.dtype == object:
            text = text.map(_text, na_action="ignore")
        above = own_name(header.rpartition("/")[0]).casefold()
        if above.partition("_")[0] in MULTIPLE and above in QUESTIONS:
            ticked.setdefault(above, {})[name] = text
        elif name in known:
            columns[name] = text
    for question, choices in ticked.items():
        if question not in columns:
            columns[question] = _joined(choices)
    return columns


def _text(cell: Cell) -> Cell:
    return cell if isinstance(cell, str | datetime) else printable(cell)


def _joined(choices: dict[str, pd.Series]) -> pd.Series:
    """Return the choices that are ticked, as the one column of an export lists them."""
    parts = [
        cells.astype("string").str.casefold().isin(["1", "true"]).map({True: name + " ", False: ""})
        for name, cells in choices.items()
    ]
    text = pd.Series("", index=parts[0].index)
    for part in parts:
        text += part
    return text.str.strip().replace("", None)


def _check_page(pages: Pages, plans: pd.DataFrame) -> None:
    answers = pages.answers
    pages.flag(answers["root"].isna(), "_uuid", "this page has no id", EXPORT_FIX)
    again = answers["root"].duplicated() & answers["root"].notna()
    pages.flag(again, "_uuid", "this page stands in the file already", "remove one of the two")
    pages.flag(
        ~answers["stop"].isin(plans.index), "stop", "no plan in the log has this stop",
        "add the plan first: mitrovica log add FOLDER/forms/stops.csv of the plan",
    )  # fmt: skip
    done = answers["outcome"] == "done"
    for name, values in _CLOSED.items():
        if name in answers:
            wrong = answers[name].notna() & ~answers[name].isin(values)
            pages.flag(wrong, name, f"{name} knows no such value", f"use one of: {_list(values)}")
    pages.flag(answers["outcome"].isna(), "outcome", "done or skipped is missing", "fill it in")
    reason = answers.get("skip_reason", pd.Series(None, index=answers.index, dtype=object))
    pages.flag(
        (answers["outcome"] == "skipped") & reason.isna(), "skip_reason",
        "a stop that was skipped needs a reason", f"use one of: {_list(schema.SKIP_REASONS)}",
    )  # fmt: skip
    count = answers["groups"].astype("string")
    wrong = ~count.str.fullmatch(r"\d|10").fillna(value=False)
    pages.flag(
        done & wrong, "groups", "this is no number of groups", f"write 0 to {schema.FORM_GROUPS}"
    )
    answers["met_groups"] = pd.to_numeric(count.where(done & ~wrong)).fillna(0).astype("int64")


def _check_times(pages: Pages, plans: pd.DataFrame, now: datetime) -> None:
    answers = pages.answers
    zone, planned = (
        plans[name].reindex(answers["stop"]).set_axis(answers.index)
        for name in ("time_zone", "arrive")
    )
    done = answers["outcome"] == "done"
    for name in ("arrived", "left"):
        stated = answers.get(name, pd.Series(None, index=answers.index, dtype=object)).where(done)
        answers[f"{name}_at"] = _instants(stated, zone)
        pages.flag(
            done & zone.notna() & answers[f"{name}_at"].isna(), name,
            "this is no time, or one that the clock shows twice that night",
            "write it as 2026-12-01T21:15:00+01:00",
        )  # fmt: skip
    arrived, left = answers["arrived_at"], answers["left_at"]
    pages.flag(left > now, "left", "this time is in the future", "check the phone's clock")
    wrong = (left < arrived) | (left - arrived > LONGEST)
    pages.flag(
        wrong, "left", f"from {LONGEST.seconds // 3600} hours on, or before the arrival, it is no "
        "departure", "check both times",
    )  # fmt: skip
    pages.flag(
        (arrived - planned).abs() > OFF_PLAN, "arrived",
        "the arrival is more than a day from the planned one", "check the night and the clock",
    )  # fmt: skip


def _instants(stated: pd.Series, zone: pd.Series) -> pd.Series:
    """Return moments in UTC; a time without an offset is by the clock of its zone."""
    text = stated.map(lambda cell: cell.isoformat() if isinstance(cell, datetime) else cell)
    text = text.astype("string")
    # pandas reads "today" as a time.
    text = text.where(text.str.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", na=False))
    offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", na=False)
    found = pd.to_datetime(text.where(offset), format="ISO8601", errors="coerce", utc=True)
    found = found.astype(schema.INSTANT)
    plain = pd.to_datetime(text.mask(offset), format="ISO8601", errors="coerce")
    for name, rows in plain.dropna().groupby(zone):
        local = rows.dt.tz_localize(str(name), ambiguous="NaT", nonexistent="NaT")
        found.loc[rows.index] = local.dt.tz_convert("UTC").astype(schema.INSTANT)
    return found


def _check_groups(pages: Pages) -> None:
    answers = pages.answers
    met = answers["met_groups"]
    for i in range(1, schema.FORM_GROUPS + 1):
        given = [name for name in PER_GROUP if f"{name}_{i}" in answers]
        pages.flag(
            (met >= i) & (answers[f"size_{i}"].isna() if "size" in given else True),
            f"size_{i}", f"{i} groups were met or more, and one has no size", "fill it in",
        )  # fmt: skip
        for name in given:
            column, allowed = f"{name}_{i}", PER_GROUP[name]
            stated = answers[column].dropna()
            if name in MULTIPLE:
                wrong = stated.map(lambda text: not set(text.split()) <= set(schema.NEEDS))
            elif allowed is None:
                wrong = ~stated.astype("string").str.fullmatch(WORD)
            else:
                wrong = ~stated.isin(allowed)
            fix = "use one of the form's" if allowed is None else f"use one of: {_list(allowed)}"
            for_all = wrong.astype(bool).reindex(answers.index, fill_value=False)
            pages.flag(for_all, column, f"{name} knows no such value", fix)
            more = answers[column].notna() & (met < i)
            pages.flag(more, column, "there is an answer about more groups than were met",
                       "correct the number of groups, or remove the answer")  # fmt: skip


def _list(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))


def facts(pages: pd.DataFrame) -> pd.DataFrame:
    """Return what usable pages say of groups: ``row``, ``i``, ``kind``, ``value``, ``language``.

    Of the kind ``group`` the value is a class of `SIZE_CLASSES`; the others are `CONTACT_KINDS`.
    """
    columns = {f"{name}_{i}": (i, kind) for i in _NUMBERS for name, kind in _KINDS.items()}
    about = [name for name in columns if name in pages]
    said = pages[about].rename_axis("row").melt(ignore_index=False).dropna().reset_index()
    said[["i", "kind"]] = [columns[name] for name in said["variable"]] or np.empty((0, 2))
    said = said[said["i"].astype("int64") <= said["row"].map(pages["met_groups"])]
    said["value"] = said["value"].astype("string").str.split()
    said = said.explode("value", ignore_index=True)
    said["value"] = said["value"].where(said["kind"] != "group", said["value"].map(SIZES))
    spoken = said[said["kind"] == "language"].set_index(["row", "i"])["value"]
    keys = pd.MultiIndex.from_frame(said[["row", "i"]])
    language = spoken.reindex(keys).fillna("unknown").set_axis(said.index)
    said["language"] = language.where(said["kind"] == "understood")
    return said[["row", "i", "kind", "value", "language"]]


_NUMBERS: Final = range(1, schema.FORM_GROUPS + 1)
_KINDS: Final = {
    "size": "group", "needs": "need", "met": "need_met", "language": "language",
    "understood": "understood", "from": "direction",
}  # fmt: skip
