"""What to pack, in numbers: by hand, from a log, and by what it must never tell."""

from __future__ import annotations

import pandas as pd
import pytest

from geo.presence.packing import GROUPS_PER_H, ITEMS, Basis, basis_of, to_pack
from geo.records import Log
from geo.schema import LOG_CONTACTS, LOG_GROUPS, LOG_VISITS

STOPS = pd.DataFrame({
    "night": 1, "shift": "evening", "vehicle": [1, 1, 1, 1, 2, 2, 2],
    "order": [0, 1, 2, 3, 0, 1, 2],
    "stop": ["depot", "station", "bridge", "depot", "depot", "station", "depot"],
    "service_s": [0, 3600, 1800, 0, 0, 7200, 0],
})  # fmt: skip


def logged(
    groups: int, size_class: str = "1-4", hours: float = 40, **asked: int
) -> Log:
    """Return a log of some hours at stops, groups of one size, and what they asked for.

    A visit of the month after has met nobody.
    """
    start = pd.Timestamp("2026-12-01 18:00", tz="UTC")
    visit = {"visit_id": "v", "outcome": "done", "date": "2026-12-01", "arrived_at": start,
             "left_at": start + pd.Timedelta(hours, "h")}  # fmt: skip
    later = {"visit_id": "later", "outcome": "done", "date": "2027-01-02"}
    each = [{"group_id": f"g{k}", "stop": "station", "size_class": size_class,
             "month": "2026-12"} for k in range(groups)]  # fmt: skip
    counts = [{"contact_id": need, "kind": "need", "value": need, "groups": n,
               "month": "2026-12"} for need, n in asked.items()]  # fmt: skip
    return Log.of(
        visits=LOG_VISITS.frame([visit, later]),
        groups=LOG_GROUPS.frame(each),
        contacts=LOG_CONTACTS.frame(counts),
    )


def test_without_a_log_all_is_assumed_and_named() -> None:
    basis = basis_of(Log.of())
    assert basis.groups_per_h == GROUPS_PER_H
    assert set(basis.assumed) == {
        "groups_per_h", "water_l", "food", "shoes", "chargers",
    }  # fmt: skip


def test_a_log_tells_the_rate_and_the_needs() -> None:
    basis = basis_of(logged(20, water=15, food=12, phone_charging=9))
    assert basis.groups_per_h == 0.5
    assert (basis.shares["water_l"], basis.shares["food"]) == (0.75, 0.6)
    # Nine groups are too few to tell of.
    assert basis.shares["chargers"] == ITEMS["chargers"].share
    assert set(basis.assumed) == {"shoes", "chargers"}


def test_needs_that_were_met_count_as_those_that_were_not() -> None:
    plain = logged(20, water=15)
    met = {
        "contact_id": "m",
        "kind": "need_met",
        "value": "water",
        "groups": 15,
        "month": "2026-12",
    }
    more = pd.concat([plain.contacts, LOG_CONTACTS.frame([met])])
    both = Log.of(visits=plain.visits, groups=plain.groups, contacts=more)
    assert basis_of(both) == basis_of(plain)


@pytest.mark.parametrize("groups", [0, 9])
def test_fewer_than_ten_groups_tell_nothing(groups: int) -> None:
    assert basis_of(logged(groups, water=groups)) == basis_of(Log.of())


def test_a_vehicle_has_enough_in_nine_of_ten_shifts() -> None:
    shares = dict.fromkeys(ITEMS, 1.0)
    found = to_pack(STOPS, Basis(2.0, shares, ()))
    assert found["order"].tolist() == [0, 1, 2, 0, 1]
    # Three groups on average, of them two and one at its stops; four with the other vehicle.
    assert found["groups"].tolist() == [5, 4, 2, 7, 7]
    assert found["water_l"].tolist() == [30, 24, 12, 42, 42]
    assert found["food"].tolist() == [20, 16, 8, 28, 28]
    assert found["forms"].tolist() == [5, 4, 2, 7, 7]


def test_twice_the_water_where_drinking_water_is_far() -> None:
    basis = Basis(2.0, dict.fromkeys(ITEMS, 1.0), ())
    near, far = to_pack(STOPS, basis), to_pack(STOPS, basis, {"station"})
    assert far["water_l"].tolist()[1:3] == [48, 12]
    assert (far.drop(columns="water_l") == near.drop(columns="water_l")).all(axis=None)
    assert far["water_l"].iloc[3] == 84


def test_where_groups_were_met_and_how_large_they_were_tells_nothing() -> None:
    """Groups of another size, met elsewhere, give the same numbers at every stop."""
    log = logged(20, water=15)
    moved = Log.of(
        visits=log.visits,
        contacts=log.contacts,
        groups=LOG_GROUPS.frame(log.groups.assign(stop="bridge", size_class="20+")),
    )
    assert to_pack(STOPS, basis_of(log)).equals(to_pack(STOPS, basis_of(moved)))


def test_a_patrol_without_a_stop_takes_nothing() -> None:
    found = to_pack(STOPS[STOPS["service_s"] == 0], basis_of(Log.of()))
    assert (found[["groups", *ITEMS]] == 0).all(axis=None)


def test_what_is_found_within_the_last_month_changes_no_number() -> None:
    """Two pages of one month tell nothing of the nights between them."""
    log = logged(20, water=15)
    group = {"group_id": "new", "stop": "bridge", "month": "2027-01"}
    more = Log.of(
        visits=log.visits,
        contacts=log.contacts,
        groups=pd.concat([log.groups, LOG_GROUPS.frame([group])]),
    )
    assert basis_of(more) == basis_of(log)
