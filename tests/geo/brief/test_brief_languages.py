"""Expected languages, and who should ride: against every assignment there is."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.brief.languages import UNKNOWN, assign, crews_of, kept_to_a_bank, likely
from geo.params.patrols import Person
from geo.schema import LOG_CONTACTS, LOG_GROUPS
from layers.readers import report, study

REPORT = report.figures(study.read().report_tables())
TRIPS = pd.DataFrame({
    "shift": ["evening", "evening", "early_morning"], "vehicle": [1, 2, 1],
    "banks": [{"south"}, {"north", "south"}, {"north"}], "need": [0.2, 0.5, 0.3],
})  # fmt: skip
SHARES = pd.DataFrame(
    {"ar": [0.5, 0.1], "ku": [0.2, 0.3], "fa": [0.1, 0.4], UNKNOWN: 0.2},
    index=["evening", "early_morning"],
)
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


PEOPLE = st.lists(
    st.builds(
        Person,
        role=st.just("interpreter"),
        languages=st.sets(st.sampled_from(["ar", "ku", "fa", "sq"]), min_size=1).map(
            tuple
        ),
        shifts=st.sampled_from([(), ("evening",), ("early_morning",)]),
        bank=st.sampled_from(["north", "south", "both"]),
        phone=st.booleans(),
    ),
    max_size=4,
)


@given(PEOPLE, st.integers(1, 3))
@settings(deadline=None)
def test_no_assignment_is_understood_by_more_groups(
    people: list[Person], seats: int
) -> None:
    found = assign(TRIPS, people, SHARES, seats)
    ride = [
        [None, *(v for v, trip in enumerate(TRIPS.to_dict("records"))
                 if not one.phone and one.works(trip["shift"])
                 and (one.bank == "both" or trip["banks"] == {one.bank}))]
        for one in people
    ]  # fmt: skip
    best = 0.0
    for choice in product(*ride):
        if any(choice.count(v) > seats for v in range(3)):
            continue
        worth = 0.0
        for v, trip in enumerate(TRIPS.to_dict("records")):
            heard = {
                g for one, at in zip(people, choice, strict=True) for g in one.languages
                if at == v or (one.phone and one.works(trip["shift"]))
            }  # fmt: skip
            worth += trip["need"] * sum(
                SHARES.loc[trip["shift"], g] for g in heard & {"ar", "ku", "fa"}
            )
        best = max(best, worth)
    assert found["understood"] @ found["need"] == pytest.approx(best)
    for row in found.to_dict("records"):
        assert len(row["riders"]) <= seats
        for p in row["riders"]:
            assert people[p].works(row["shift"])
            assert people[p].bank == "both" or row["banks"] == {people[p].bank}
    taken = [p for riders in found["riders"] for p in riders]
    assert len(taken) == len(set(taken))


def test_who_may_not_serve_on_a_bank_does_not_ride_there() -> None:
    arabic = Person("interpreter", ("ar",), bank="south")
    found = assign(TRIPS, [arabic], SHARES)
    assert found["riders"].tolist() == [[0], [], []]
    by_phone = assign(
        TRIPS, [Person("interpreter", ("ar",), bank="south", phone=True)], SHARES
    )
    assert by_phone["understood"].tolist() == [0.5, 0.5, 0.1]


def test_a_stop_of_no_known_bank_is_for_those_of_both() -> None:
    stops = pd.DataFrame({
        "night": 1, "shift": "evening", "vehicle": [1, 1, 1, 2], "stop": ["a", "b", "depot", "b"],
        "service_s": [600, 600, 0, 600], "prize": [0.1, 0.5, 0.0, 0.2],
        "name": ["A", "B", "D", "B"],
    })  # fmt: skip
    driver, banks = Person("driver", ("ar",), bank="south"), {"south": ("b", "depot")}
    spoken = likely(contacts(ar=5, fa=5), NOBODY, REPORT)
    found = crews_of(stops, banks, [driver], spoken)
    assert found["banks"].tolist() == [{UNKNOWN, "south"}, {"south"}]
    assert found["riders"].tolist() == [[], [0]]
    # Another one who speaks it could ride with the first patrol, if it kept to the south.
    two = [driver, driver]
    (row,) = kept_to_a_bank(stops, banks, two, spoken).to_dict("records")
    assert (row["vehicle"], row["bank"], row["names"]) == (1, "south", ["A"])
    assert row["lost"] == pytest.approx(1 / 6)
    assert row["before"] == pytest.approx(0.5 * 0.2 / 0.8)
    assert row["understood"] == pytest.approx(0.5 * 0.7 / 0.8)
    # Alone he rides where more need is served: with the first, and without A.
    assert kept_to_a_bank(stops, banks, [driver], spoken)["vehicle"].tolist() == [1]
    stops["prize"] = [0.6, 0.1, 0.0, 0.2]
    assert kept_to_a_bank(stops, banks, [driver], spoken).empty


def test_every_stop_of_the_shipped_study_lies_on_one_bank_at_most() -> None:
    opened = study.read()
    north, south = (set(opened.settings.banks[one]) for one in ("north", "south"))
    assert not north & south
    assert north | south <= set(opened.places["id"])
