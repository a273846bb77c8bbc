"""The report's figures in the brief, computed anew from its tables with nothing but csv."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from folders import ROOT

from layers.readers import study
from mitrovica.brief import report_tables

TABLES = ROOT / "layers" / "data" / "report_tables"


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def ranges(name: str) -> dict[tuple[str, str], tuple[float, float]]:
    found = report_tables.figures(report_tables.read(study.read()))
    table = getattr(found, name)
    return {
        (r["year"], r["part"]): (r["low"], r["high"]) for r in table.to_dict("records")
    }


def test_asylum_seekers_of_a_year_go_from_the_lowest_reading_to_the_highest() -> None:
    readings: dict[str, list[float]] = {}
    for row in rows("table1_mixed_movements"):
        if row["country"] == "Kosovo" and row["persons"]:
            readings.setdefault(row["year"], []).append(float(row["persons"]))
    for row in rows("text_figures"):
        if row["id"].startswith(("text_asylum", "text_claimed", "title")):
            readings.setdefault(row["year"], []).append(float(row["value"]))
    readings["2019/2020"].append(readings["2019"][-1] + 1409)
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


def test_what_else_contradicts_is_a_range_and_the_two_shares_of_men_too() -> None:
    text = {r["id"]: float(r["value"]) for r in rows("text_figures")}
    shares = sum(float(r["printed_share_pct"]) for r in rows("table2_country_of_origin")
                 if r["year"] == "2020")  # fmt: skip
    totals = {r["year"]: float(r["persons"]) for r in rows("table5_smuggling_suspects")
              if r["nationality"] == "total"}  # fmt: skip
    change = 100 * (totals["2018"] / totals["2017"] - 1)
    men = 100 * text["text_male_2020"] / text["text_asylum_2020"]
    found = {part: ends for (_, part), ends in ranges("more").items()}
    assert found == {
        "sum of the shares by country of origin": (100, pytest.approx(shares)),
        "change in suspects of smuggling or their cases": (
            pytest.approx(min(change, -35), abs=0.5), text["text_smuggling_change_2018"],
        ),
        "share of men": (text["text_share_male"], pytest.approx(men, abs=0.05)),
    }  # fmt: skip


def test_what_stands_twice_has_what_the_total_leaves() -> None:
    found = ranges("origins")
    printed = {(r["year"], r["country_of_origin"]): float(r["persons"])
               for r in rows("table2_country_of_origin")}  # fmt: skip
    assert (
        found["2020", "Syria"] == found["2020", "Morocco"] == (1409 - 1875 + 649, 649)
    )
    assert found["2019", "Algeria"] == (152, 2081 - 2078 + 152)
    once = [key for key, n in printed.items() if list(printed.values()).count(n) == 1]
    assert all(found[key] == (printed[key],) * 2 for key in once)
    assert found.keys() == printed.keys()
