"""The report's figures in the brief, reckoned anew from its tables with nothing but csv."""

from __future__ import annotations

import csv
from collections import Counter

from folders import ROOT

from layers.readers import bundled, report, study

TABLES = ROOT / "layers" / "data" / "report_tables"


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def ranges(name: str) -> dict[tuple[str, str], tuple[float, float]]:
    found = report.figures(study.read(bundled.FOLDER).report_tables())
    table = getattr(found, name)
    return {(r["year"], r["part"]): (r["low"], r["high"]) for r in table.to_dict("records")}


def test_asylum_seekers_of_a_year_go_from_the_lowest_reading_to_the_highest() -> None:
    readings: dict[str, list[float]] = {}
    for row in rows("table1_mixed_movements"):
        if row["country"] == "Kosovo" and row["persons"]:
            readings.setdefault(row["year"], []).append(float(row["persons"]))
    for row in rows("text_figures"):
        if row["id"].startswith(("text_asylum", "text_claimed")):
            readings.setdefault(row["year"], []).append(float(row["value"]))
    sums = Counter[str]()
    for row in rows("table2_country_of_origin"):
        sums[row["year"]] += int(row["persons"])
    for year, total in sums.items():
        readings[year].append(total)
    assert ranges("years") == {(y, ""): (min(v), max(v)) for y, v in readings.items()}
    assert ranges("years")["2020", ""] == (803, 1910)


def test_entries_are_as_printed() -> None:
    printed = {
        (r["period"], r["entry_point"]): (float(r["persons"]),) * 2
        for r in rows("table4_entry_points") if r["entry_point"] != "total"
    }  # fmt: skip
    assert ranges("entries") == printed
    assert sum(low for low, _ in printed.values()) == 1409


def test_manners_of_entry_have_both_labels() -> None:
    both = {
        (r["year"], r["manner_of_entry"]): [
            float(r["persons_in_table"]), float(r["persons_in_text"]),
        ]
        for r in rows("table3_manner_of_entry") if r["manner_of_entry"] != "total"
    }  # fmt: skip
    assert ranges("manners") == {key: (min(v), max(v)) for key, v in both.items()}


def test_what_stands_twice_has_what_the_total_leaves() -> None:
    found = ranges("origins")
    printed = {(r["year"], r["country_of_origin"]): float(r["persons"])
               for r in rows("table2_country_of_origin")}  # fmt: skip
    assert found["2020", "Syria"] == found["2020", "Morocco"] == (1409 - 1875 + 649, 649)
    assert found["2019", "Algeria"] == (152, 2081 - 2078 + 152)
    once = [key for key, n in printed.items() if list(printed.values()).count(n) == 1]
    assert all(found[key] == (printed[key],) * 2 for key in once)
    assert found.keys() == printed.keys()
