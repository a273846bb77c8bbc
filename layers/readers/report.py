"""The report's tables and figures, and where by arithmetic they contradict each other.

Every figure is a `Claim` on a quantity and a year: printed, or calculated from printed ones.
Claims on the same quantity and year must agree within their rounding; where two do not, both
are listed and none is picked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final

import pandas as pd

from geo.brief.flows import ReportFigures, report_figures
from layers.complaints import UserError
from layers.readers.sightings.containers import content_of
from layers.schema import CONTRADICTIONS

APPLICANTS: Final = "asylum seekers"
SUSPECTED: Final = "suspects of smuggling"
CHANGE: Final = f"change in {SUSPECTED} or their cases"
MEN: Final = "share of men"
SHARES: Final = "sum of the shares by country of origin"

NUMBERS: Final = ("persons", "persons_in_table", "persons_in_text", "printed_share_pct", "value")
"""Columns of the report's tables that hold numbers; the others hold text, years too."""

_TEXT: Final = (
    (r"text_(?:asylum|claimed)_\d+", APPLICANTS),
    (r"text_entry_(\w+?)_\d+", "entered: {}"),
    (r"text_(?:smuggling|suspects)_change_\d+", CHANGE),
    (r"text_suspects_total", SUSPECTED),
    (r"title_table\d", APPLICANTS),
    (r"text_share_male", MEN),
)
"""Which figures of the text state which quantity."""

_PARTS: Final = (
    (r"text_(?:fe)?male_\d+", "men and women"),
    (r"text_entry_\w+?_\d+", "manners of entry"),
)
"""Which figures of the text are parts of all asylum seekers of a year."""


@dataclass(frozen=True)
class ReportTables:
    """The report's tables as printed."""

    mixed_movements: pd.DataFrame
    origins: pd.DataFrame
    entry_manners: pd.DataFrame
    entry_points: pd.DataFrame
    suspects: pd.DataFrame
    text_figures: pd.DataFrame
    country: str = ""
    """Whose asylum seekers the report counts, as it is written; its row of table 1 has no mark."""


@dataclass(frozen=True)
class Claim:
    """One figure: what it states, for when, and where it stands."""

    table: str
    quantity: str
    year: str
    value: float
    where: str
    rounding_pct: float | None = None
    """How far rounding may have moved a figure in percent; None of a figure in persons."""

    @property
    def unit(self) -> str:
        """Persons or percent."""
        return "persons" if self.rounding_pct is None else "percent"

    def agrees(self, other: Claim) -> bool:
        """Whether rounding can explain what lies between the two figures."""
        rounding = (self.rounding_pct or 0.0) + (other.rounding_pct or 0.0)
        return abs(self.value - other.value) <= rounding + 1e-9


def read(path_of: Callable[[str], Path], country: str = "") -> ReportTables:
    """Return the report's tables and text figures; `path_of` gives the file of each by its name."""
    return ReportTables(
        mixed_movements=_read(path_of("table1_mixed_movements.csv")),
        origins=_read(path_of("table2_country_of_origin.csv")),
        entry_manners=_read(path_of("table3_manner_of_entry.csv")),
        entry_points=_read(path_of("table4_entry_points.csv")),
        suspects=_read(path_of("table5_smuggling_suspects.csv")),
        text_figures=_read(path_of("text_figures.csv")),
        country=country,
    )


def contradictions(tables: ReportTables | None) -> pd.DataFrame:
    """Return every contradiction that the figures hold, with both readings.

    Table `CONTRADICTIONS`, in the order of the tables, the text last; none without tables.  The
    other reading is the one that most figures share; the text's where two are shared as often.
    """
    if tables is None:
        return CONTRADICTIONS.frame()
    stated: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims(tables):
        stated.setdefault((claim.quantity, claim.year), []).append(claim)
    rows = []
    for group in stated.values():
        shared = max(group, key=lambda claim: sum(map(claim.agrees, group)))
        others = [claim for claim in group if claim.agrees(shared)]
        rows += [
            {
                "table": claim.table,
                "quantity": _in_words(claim.quantity, tables.country),
                "year": claim.year,
                "reading": claim.where,
                "value": round(claim.value, 1),
                "other_reading": "; ".join(other.where for other in others),
                "other_value": round(others[0].value, 1),
                "unit": claim.unit,
                "remark": _remark(claim, shared, tables),
            }
            for claim in group
            if not claim.agrees(shared)
        ]
    return CONTRADICTIONS.frame(sorted(rows, key=lambda row: str(row["table"])))


def claims(tables: ReportTables) -> Iterator[Claim]:
    """Yield every figure that another one could contradict, the text's first."""
    yield from _text(tables.text_figures)
    yield from _sums_of_years(tables)
    for row in tables.mixed_movements.dropna(subset="persons").to_dict("records"):
        if row["country"] == tables.country.rstrip("*"):
            where = f"table 1: {tables.country}"
            yield Claim("table1", APPLICANTS, row["year"], row["persons"], where)
    yield from _origins(tables)
    manners = tables.entry_manners.rename(
        columns={"manner_of_entry": "part", "persons_in_table": "persons"}
    )
    for row in manners[manners["part"] != "total"].to_dict("records"):
        part = row["part"]
        yield Claim("table3", f"entered: {part}", row["year"], row["persons"], f"table 3: {part}")
    yield from _totals("table3", APPLICANTS, manners)
    points = tables.entry_points.rename(columns={"entry_point": "part", "period": "year"})
    yield from _totals("table4", APPLICANTS, points)
    yield from _suspects(tables.suspects)


def figures(tables: ReportTables | None) -> ReportFigures | None:
    """Return the report's figures side by side; None without tables."""
    if tables is None:
        return None
    every = pd.DataFrame([asdict(claim) for claim in claims(tables)])
    return report_figures(every, tables.origins, tables.entry_points, contradictions(tables))


def applicants(tables: ReportTables, year: str) -> pd.Series:
    """Return how many persons applied in a year, by where the report states it; figures differ."""
    found = [c for c in claims(tables) if c.quantity == APPLICANTS and c.year == year]
    return pd.Series({claim.where: claim.value for claim in found}, dtype="float64")


def _in_words(quantity: str, country: str) -> str:
    return f"{quantity} in {country}" if quantity == APPLICANTS and country else quantity


def _text(figures: pd.DataFrame) -> Iterator[Claim]:
    for figure in figures.to_dict("records"):
        for pattern, quantity in _TEXT:
            if found := re.fullmatch(pattern, figure["id"]):
                what = quantity.format(*found.groups())
                printed = figure["says"] if figure["id"].startswith("title") else "text"
                where = f"{printed}: {figure['about']}"
                rounding_pct = 0.5 if figure["unit"] == "percent" else None
                table = printed.replace(" ", "")
                yield Claim(table, what, figure["year"], figure["value"], where, rounding_pct)
    totals = figures[figures["id"].str.fullmatch(r"text_asylum_\d+")].set_index("year")["value"]
    for men in figures[figures["id"].str.fullmatch(r"text_male_\d+")].to_dict("records"):
        for total in totals[totals.index == men["year"]]:
            share = round(100 * men["value"] / total, 1)
            yield Claim("text", MEN, men["year"], share, f"text: {men['about']}", 0.05)
    for pattern, parts in _PARTS:
        matching = figures[figures["id"].str.fullmatch(pattern)]
        for year, total in matching.groupby("year")["value"].sum().items():
            yield Claim("text", APPLICANTS, str(year), total, f"text: {parts} together")


def _text_totals(figures: pd.DataFrame) -> dict[str, float]:
    """Return the first total of asylum seekers that the text gives for each year."""
    claims = [claim for claim in _text(figures) if claim.quantity == APPLICANTS]
    return {claim.year: claim.value for claim in reversed(claims)}


def _sums_of_years(tables: ReportTables) -> Iterator[Claim]:
    """Yield the text's yearly totals summed over periods for which a table gives one figure."""
    yearly = _text_totals(tables.text_figures)
    titles = tables.text_figures[tables.text_figures["id"].str.startswith("title")]
    for period in {*tables.entry_points["period"], *titles["year"]}:
        years = re.findall(r"\d{4}", period)
        if len(years) > 1 and set(years) <= set(yearly):
            total = sum(yearly[year] for year in years)
            yield Claim("text", APPLICANTS, period, total, f"text: {' and '.join(years)} together")


def _origins(tables: ReportTables) -> Iterator[Claim]:
    totals = _text_totals(tables.text_figures)
    for key, rows in tables.origins.groupby("year"):
        year, n = str(key), len(rows)
        persons, shares = rows["persons"].sum(), round(rows["printed_share_pct"].sum(), 1)
        yield Claim("table2", APPLICANTS, year, persons, f"table 2: its {n} rows together")
        yield Claim("table2", SHARES, year, 100.0, "the whole", 0.0)
        yield Claim("table2", SHARES, year, shares, f"table 2: its {n} shares together", 0.05 * n)
        for row in rows.to_dict("records") if year in totals else ():
            what, printed = f"share of {row['country_of_origin']}", row["printed_share_pct"]
            reckoned = 100 * row["persons"] / totals[year]
            yield Claim("table2", what, year, printed, "table 2: printed share", 0.05)
            yield Claim(
                "table2", what, year, reckoned, "table 2: persons over the text's total", 0.0
            )


def _suspects(table: pd.DataFrame) -> Iterator[Claim]:
    yield from _totals("table5", SUSPECTED, table.rename(columns={"nationality": "part"}))
    totals = table[table["nationality"] == "total"].sort_values("year")
    years, persons = totals["year"].astype(int).tolist(), totals["persons"].astype(float).tolist()
    period = f"{years[0]}-{years[-1]}"
    yield Claim("table5", SUSPECTED, period, sum(persons), "table 5: its totals together")
    for (before, old), (year, new) in pairwise(zip(years, persons, strict=True)):
        if year == before + 1 and old:
            where = f"table 5: totals, {old:g} in {before} to {new:g} in {year}"
            yield Claim("table5", CHANGE, str(year), 100 * (new - old) / old, where, 0.0)


def _totals(name: str, quantity: str, table: pd.DataFrame) -> Iterator[Claim]:
    """Yield, for each ``year``, the printed total and the sum of the other parts."""
    printed = name.replace("table", "table ")
    for year, rows in table.groupby("year"):
        is_total = rows["part"] == "total"
        for total in rows.loc[is_total, "persons"]:
            yield Claim(name, quantity, str(year), total, f"{printed}: total")
        parts = rows.loc[~is_total, "persons"].sum()
        yield Claim(name, quantity, str(year), parts, f"{printed}: its rows together")


def _remark(claim: Claim, other: Claim, tables: ReportTables) -> str:
    if claim.table == "table2" and claim.quantity == APPLICANTS:
        return _repeats(tables.origins[tables.origins["year"] == claim.year], other.value)
    if claim.table == "table3" and claim.quantity.startswith("entered"):
        return _rotation(tables.entry_manners[tables.entry_manners["year"] == claim.year])
    return ""


def _repeats(rows: pd.DataFrame, total: float) -> str:
    """Say which rows repeat a figure, and what the total would leave for one of them."""
    remarks = []
    for persons, same in rows.groupby("persons"):
        if len(same) > 1:
            others = rows["persons"].sum() - float(str(persons))
            names = ", ".join(same["country_of_origin"])
            remarks.append(
                f"{names} all have {persons:g}; if all but one of them stand, the total leaves "
                f"{total - others:g} for that one"
            )
    return "; ".join(remarks)


def _rotation(rows: pd.DataFrame) -> str:
    """Say so where table and text have the same figures under other labels."""
    parts = rows[rows["manner_of_entry"] != "total"]
    if sorted(parts["persons_in_table"]) != sorted(parts["persons_in_text"]):
        return ""
    text = dict(zip(parts["persons_in_text"], parts["manner_of_entry"], strict=True))
    pairs = zip(parts["manner_of_entry"], parts["persons_in_table"], strict=True)
    return "the same figures under other labels: " + ", ".join(
        f"{label} in the table is {text[persons]} in the text" for label, persons in pairs
    )


def _read(path: Path) -> pd.DataFrame:
    """Return a table as printed."""
    types: defaultdict[str, str] = defaultdict(lambda: "string", dict.fromkeys(NUMBERS, "float64"))
    try:
        return pd.read_csv(BytesIO(content_of(path)), dtype=types)
    except ValueError as error:
        raise UserError(f"{path} is not a table ({error}). Fix: save it as CSV UTF-8") from error
