"""Expected languages: those that the log counted, else those of the report's origins."""

from __future__ import annotations

import pandas as pd
import pytest
from studies.example import STUDY

from geo.schema import LOG_CONTACTS, LOG_GROUPS
from mitrovica.brief import report_tables
from mitrovica.brief.languages import UNKNOWN, likely

REPORT = report_tables.figures(report_tables.read(STUDY))
NOBODY = LOG_GROUPS.frame()


def contacts(month: str = "2026-12", **groups: int) -> pd.DataFrame:
    return LOG_CONTACTS.frame(
        {
            "contact_id": month + g,
            "month": month,
            "kind": "language",
            "value": g,
            "groups": n,
        }
        for g, n in groups.items()
    )


def test_the_log_counts_where_it_holds_enough() -> None:
    found = likely(contacts(ar=9, fa=3, unknown=40), NOBODY, REPORT)
    assert (found.rests_on, found.groups) == ("log", 12)
    assert found.shares.to_dict() == {"ar": 0.75, "fa": 0.25}


def test_else_the_origins_of_the_report_with_the_middle_of_both_readings() -> None:
    found = likely(contacts(fa=3), NOBODY, REPORT)
    syria = morocco = (649 + 183) / 2
    whole = syria + morocco + 121 + 119 + 89 + 248
    arabic = 0.9 * syria + morocco + 121 + 0.75 * 119 + 89
    assert (found.rests_on, found.groups) == ("origins", 3)
    assert found.shares["ar"] == pytest.approx(arabic / whole)
    assert found.shares[UNKNOWN] == pytest.approx(248 / whole)
    assert found.shares.sum() == pytest.approx(1)
    assert likely(contacts(), NOBODY, None).shares.to_dict() == {UNKNOWN: 1.0}


def test_a_shift_is_expected_to_meet_the_languages_of_the_months_in_which_it_met_groups() -> (
    None
):
    named = pd.concat(
        [contacts("2026-06", ar=8, fa=2), contacts("2026-12", ar=5, ku=15)]
    )
    met = {("evening", "2026-06"): 30, ("evening", "2026-12"): 10, ("early_morning", "2026-12"): 12,
           ("night", "2026-12"): 9}  # fmt: skip
    rows = [{"group_id": f"{k}{n}", "stop": "a", "shift": k[0], "month": k[1]}
            for k, count in met.items() for n in range(count)]  # fmt: skip
    found = likely(named, LOG_GROUPS.frame(rows), REPORT)
    shares = found.of(["evening", "early_morning", "night"])
    assert shares.loc["evening", "ar"] == pytest.approx(0.75 * 0.8 + 0.25 * 0.25)
    assert shares.loc["evening", "fa"] == pytest.approx(0.75 * 0.2)
    assert shares.loc["early_morning"].to_dict() == {"ar": 0.25, "fa": 0, "ku": 0.75}
    # Nine groups are too few: the whole area counts.
    assert shares.loc["night", "ar"] == pytest.approx(13 / 30)
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_every_stop_of_the_shipped_study_lies_on_one_bank_at_most() -> None:
    north, south = (set(STUDY.settings.banks[one]) for one in ("north", "south"))
    assert not north & south
    assert north | south <= set(STUDY.places["id"])
