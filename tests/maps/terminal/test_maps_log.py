"""What the log says of contacts: who was understood, what was asked for in vain."""

from __future__ import annotations

import pandas as pd

from layers.schema import LOG_CONTACTS
from maps.terminal import log


def contacts(*rows: tuple[str, str, int, str | None]) -> pd.DataFrame:
    made: pd.DataFrame = LOG_CONTACTS.frame(
        {"contact_id": f"c{k}", "month": "2026-12", "kind": kind, "value": value,
         "groups": groups, "language": language}
        for k, (kind, value, groups, language) in enumerate(rows)
    )  # fmt: skip
    return made


def test_who_and_what_should_come_along() -> None:
    told = log.contacts(
        contacts(
            ("understood", "own_language", 4, "ar"), ("understood", "signs", 1, "ar"),
            ("understood", "not_at_all", 3, "fa"), ("need", "shoes_clothing", 2, None),
            ("need", "water_food", 3, None), ("need_met", "water_food", 3, None),
        )
    )  # fmt: skip
    text = " ".join(line for line in told if isinstance(line, str))
    assert "somebody who speaks fa" in text
    assert "3 of 3 groups were not understood in words" in text
    assert text.endswith("Bring more of what was asked for in vain: shoes clothing")


def test_without_contacts_nothing_is_said() -> None:
    assert log.contacts(contacts()) == []
