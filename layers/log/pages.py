"""What crews filled in: an export of the visit form as pages, each with all its faults.

Only the questions of the form are read.  Everything else in an export, such as who sent it, from
which device and where, is not taken in.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from layers import schema
from layers.readers.sightings.cells import Cell, own_name, printable
from layers.readers.sightings.containers import SERVERS
from layers.readers.sightings.faults import Fault
from layers.readers.sightings.personal import masked
from layers.readers.sightings.rowchecks import reviewed
from layers.readers.sightings.tables import FileTable

SIZES: Final = {c.replace("-", "_").replace("+", "_or_more"): c for c in schema.SIZE_CLASSES}
"""Classes of size by their names in the form, which no spreadsheet takes for a date."""

KINDS: Final = {
    "size": "group", "needs": "need", "met": "need_met", "language": "language",
    "understood": "understood", "from": "direction",
}  # fmt: skip
"""Questions of each group, and what the log calls their answers."""

_ABOUT: Final = {
    f"{name}_{i}": (name, i) for i in range(1, schema.FORM_GROUPS + 1) for name in KINDS
}
_PAGE: Final = ("stop", "stop_new", "outcome", "skip_reason", "arrived", "left", "groups")
QUESTIONS: Final = frozenset({*_PAGE, *_ABOUT})

MULTIPLE: Final = [column for column, (name, _) in _ABOUT.items() if name in {"needs", "met"}]
"""Questions with several answers."""

CHOICES: Final[dict[str, Collection[str]]] = {
    "outcome": schema.OUTCOMES, "skip_reason": schema.SKIP_REASONS, "size": SIZES,
    "needs": schema.NEEDS, "met": schema.NEEDS, "understood": schema.UNDERSTOOD,
}  # fmt: skip
"""Answers that a question knows; of other questions any `WORD` is one."""

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
    """As text: ``root``, all of `_PAGE`, and of each group what the export has."""
    faults: list[Fault] = field(default_factory=list)

    def flag(self, wrong: pd.Series, column: str, problem: str, fix: str) -> None:
        """Give every page where `wrong` holds a fault."""
        for row in self.answers.index[wrong.fillna(value=False).astype(bool)]:
            shown = self.answers[column][row] if column in self.answers else None
            value = None if pd.isna(shown) else masked(shown, sensitive=False)
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
    ids = found[[name for name in SERVERS["page_ids"] if name in found]]
    if missing or ids.empty:
        what = ", ".join(missing) or "the id of each page"
        fault = Fault(0, "", None, f"this is no export of the visit form: no {what}", EXPORT_FIX)
        return Pages(found.iloc[:0], [fault])
    answers = found[[name for name in found if name in QUESTIONS]].copy()
    for name in _PAGE:
        answers[name] = found.get(name, pd.Series(None, found.index, dtype=object))
    answers["root"] = ids.bfill(axis=1).iloc[:, 0].str.removeprefix("uuid:")
    answers["stop"] = answers["stop"].fillna(answers["stop_new"])
    pages = Pages(answers)
    for name in SERVERS["reviews"]:
        if name in found:
            pages.faults += reviewed(found[name].dropna(), name)
    _check_page(pages, plans)
    _check_times(pages, plans, now)
    _check_choices(pages)
    return pages


def _columns(table: FileTable) -> pd.DataFrame:
    """Return the columns that are read, by the question's own name, as text; dates as they are.

    Choices that have a column each are listed in one, as in the column that most exports have.
    """
    columns: dict[str, pd.Series] = {}
    ticked: dict[str, pd.Series] = {}
    for header, cells in zip(table.header, table.columns, strict=True):
        name, above = (own_name(h).casefold() for h in (header, header.rpartition("/")[0]))
        text = cells.set_axis(table.numbers)
        if text.dtype == object:
            text = text.map(_text, na_action="ignore")
        if above in MULTIPLE:
            tick = text.astype("string").str.casefold().isin(["1", "true"])
            ticked[above] = ticked.get(above, "") + tick.map({True: name + " ", False: ""})
        elif name in {*QUESTIONS, *SERVERS["page_ids"], *SERVERS["reviews"]}:
            columns[name] = text
    found = pd.DataFrame({**ticked, **columns}, index=table.numbers)
    for name in found.columns.intersection(MULTIPLE):
        found[name] = found[name].map(_sorted, na_action="ignore")
    return found


def _text(cell: Cell) -> Cell:
    return cell if isinstance(cell, str | datetime) else printable(cell)


def _sorted(choices: str) -> str | None:
    return " ".join(sorted(choices.split())) or None


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
    pages.flag(answers["outcome"].isna(), "outcome", "done or skipped is missing", "fill it in")
    pages.flag(
        (answers["outcome"] == "skipped") & answers["skip_reason"].isna(), "skip_reason",
        "a stop that was skipped needs a reason", _one_of("skip_reason"),
    )  # fmt: skip
    count = answers["groups"].astype("string")
    right = count.str.fullmatch(r"\d|10").fillna(value=False)
    pages.flag(
        done & ~right, "groups", "this is no number of groups", f"write 0 to {schema.FORM_GROUPS}"
    )
    answers["met_groups"] = pd.to_numeric(count.where(done & right)).fillna(0).astype("int64")


def _check_times(pages: Pages, plans: pd.DataFrame, now: datetime) -> None:
    answers = pages.answers
    at = plans[["time_zone", "arrive"]].reindex(answers["stop"]).set_index(answers.index)
    done = answers["outcome"] == "done"
    for name in ("arrived", "left"):
        answers[f"{name}_at"] = _instants(answers[name].where(done), at["time_zone"])
        pages.flag(
            done & at["time_zone"].notna() & answers[f"{name}_at"].isna(), name,
            "this is no time, or one that the clock shows twice that night",
            "write it as 2026-12-01T21:15:00+01:00",
        )  # fmt: skip
    arrived, left = answers["arrived_at"], answers["left_at"]
    pages.flag(left > now, "left", "this time is in the future", "check the phone's clock")
    pages.flag(
        (left < arrived) | (left - arrived > LONGEST), "left",
        f"from {LONGEST.seconds // 3600} hours on, or before the arrival, it is no departure",
        "check both times",
    )  # fmt: skip
    pages.flag(
        (arrived - at["arrive"]).abs() > OFF_PLAN, "arrived",
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


def _check_choices(pages: Pages) -> None:
    said, met = _answers(pages.answers), pages.answers["met_groups"]
    words = said["value"].astype("string").str.fullmatch(WORD)
    for column in said["column"].unique():
        rows = said[said["column"] == column]
        name, i = rows["question"].iloc[0], rows["i"].iloc[0]
        wrong = ~(rows["value"].isin(CHOICES[name]) if name in CHOICES else words[rows.index])
        of_pages = met.index.to_series().isin(rows["row"][wrong])
        pages.flag(of_pages, column, f"{column} knows no such value", _one_of(name))
        pages.flag(
            (met < i) & met.index.isin(rows["row"]), column,
            "there is an answer about more groups than were met",
            "correct the number of groups, or remove the answer",
        )  # fmt: skip
    for i in range(1, int(met.max()) + 1 if len(met) else 1):
        sized = said["row"][said["column"] == f"size_{i}"]
        pages.flag(
            (met >= i) & ~met.index.isin(sized), f"size_{i}",
            f"{i} groups were met or more, and one has no size", "fill it in",
        )  # fmt: skip


def _one_of(question: str) -> str:
    return f"use one of: {', '.join(sorted(CHOICES.get(question, ['the words of the form'])))}"


def _answers(pages: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each choice: ``row``, ``column``, ``question``, ``i`` (group), ``value``."""
    about = {"outcome": ("outcome", 0), "skip_reason": ("skip_reason", 0), **_ABOUT}
    said = pages[[name for name in about if name in pages]].rename_axis("row")
    said = said.melt(var_name="column", ignore_index=False).dropna().reset_index()
    said[["question", "i"]] = [about[name] for name in said["column"]] or np.empty((0, 2))
    several = said["column"].isin(MULTIPLE)
    said["value"] = said["value"].astype(object)
    said.loc[several, "value"] = said["value"][several].str.split()
    return said.explode("value", ignore_index=True)


def facts(pages: pd.DataFrame) -> pd.DataFrame:
    """Return what usable pages say of groups: ``row``, ``i``, ``kind``, ``value``, ``language``.

    Of the kind ``group`` the value is a class of `SIZE_CLASSES`; the others are `CONTACT_KINDS`.
    """
    said = _answers(pages)
    said["kind"] = said["question"].map(KINDS)
    said = said.dropna(subset="kind").reset_index(drop=True)
    said["value"] = said["value"].where(said["kind"] != "group", said["value"].map(SIZES))
    spoken = said[said["kind"] == "language"].set_index(["row", "i"])["value"]
    keys = pd.MultiIndex.from_frame(said[["row", "i"]])
    language = spoken.reindex(keys).fillna("unknown").set_axis(said.index)
    said["language"] = language.where(said["kind"] == "understood")
    return said[["row", "i", "kind", "value", "language"]]
