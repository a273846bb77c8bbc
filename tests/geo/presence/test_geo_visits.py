"""What contacts brought, counted from the log."""

from __future__ import annotations

import pandas as pd

from geo.presence.visits import (
    by_shift_and_month,
    needs_met,
    understood_by_language,
    unmet_needs,
)
from geo.schema import LOG_CONTACTS, LOG_GROUPS


def contacts(*rows: tuple[str, str, int, str | None]) -> pd.DataFrame:
    return LOG_CONTACTS.frame(
        {
            "contact_id": f"c{k}", "month": "2026-12", "kind": kind, "value": value,
            "groups": groups, "language": language,
        }
        for k, (kind, value, groups, language) in enumerate(rows)
    )  # fmt: skip


def test_who_was_understood_is_told_by_language() -> None:
    rows = contacts(
        ("understood", "own_language", 1, "ar"), ("understood", "interpreter", 2, "ar"),
        ("understood", "signs", 3, "ar"), ("understood", "not_at_all", 2, "fa"),
    )  # fmt: skip
    assert understood_by_language(rows).to_numpy().tolist() == [
        ["ar", 6, 0.5],
        ["fa", 2, 0.0],
    ]


def test_needs_that_were_not_met_are_told() -> None:
    rows = contacts(
        ("need", "water", 5, None),
        ("need_met", "water", 3, None),
        ("need", "shoes_clothing", 2, None),
    )
    assert needs_met(rows).to_numpy().tolist() == [
        ["shoes_clothing", 2, 0, 2],
        ["water", 5, 3, 2],
    ]


def test_needs_that_nobody_met_are_of_the_last_month_with_enough() -> None:
    rows = contacts(
        ("need", "water", 5, None), ("need_met", "water", 2, None), ("need", "food", 4, None),
        ("need", "money", 2, None),
    )  # fmt: skip
    later = contacts(("need", "information", 2, None)).assign(
        contact_id="x", month="2027-01"
    )
    both = pd.concat([rows, later])
    assert unmet_needs(both, 3) == ("2026-12", ["food", "water"])
    assert unmet_needs(both, 2) == ("2027-01", ["information"])
    assert unmet_needs(both) is None
    assert unmet_needs(rows.head(0), 1) is None


def test_months_with_few_contacts_are_not_told() -> None:
    met = LOG_GROUPS.frame(
        {"group_id": f"g{k}", "stop": "a", "shift": "evening", "month": month}
        for k, month in enumerate(["2026-11"] * 2 + ["2026-12"] * 3)
    )
    assert by_shift_and_month(met, 3).to_numpy().tolist() == [["evening", "2026-12", 3]]
