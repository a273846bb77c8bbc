"""Edits as plain values: what each makes of a night, and the parameters that stand for it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from geo.params import PatrolParams
from layers.complaints import UserError
from mitrovica.desk import edit_steps, office
from mitrovica.desk.edit_steps import (
    Add,
    CloseRoad,
    CloseStop,
    Drop,
    Free,
    Hours,
    Lock,
    Move,
    Night,
    Planned,
    Stay,
    Vehicles,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ROUTES = {("evening", 1): ["a", "b", "c"], ("evening", 2): ["d"], ("early", 1): ["b"]}
BEGUN = (Planned.of(ROUTES, "run"), Night("2026-12-01"))
OF_RUN: dict[str, Any] = {
    "shifts": [
        {"name": "evening", "start": "18:00", "end": "23:00"},
        {"name": "early", "start": "03:00", "end": "08:00"},
    ],
    "drop_stops": ["z"],
    "suspend_stops": [],
    "add_stops": [],
    "closed_roads": [],
    "stays": [{"stop": "a", "minutes": 20}, {"stop": "y", "minutes": 15}],
    "lock_order": [{"shift": "evening", "vehicle": 2, "stops": ["d"]}],
    "lock_stops": [{"shift": "early", "vehicle": 1, "stops": ["b"]}],
}


def planned(*edits: edit_steps.Step, as_it_stands: bool = False) -> dict[str, Any]:
    """Return what `plan --config` reads of a draft."""
    draft = edit_steps.draft_of([*BEGUN, *edits])
    tables = edit_steps.as_tables(draft, OF_RUN, as_it_stands=as_it_stands)
    text = edit_steps.as_toml(tables)
    patrols: dict[str, Any] = tomllib.loads(text)["patrols"]
    assert patrols == tables
    return patrols


def routes(*edits: edit_steps.Step) -> dict[edit_steps.Patrol, tuple[str, ...]]:
    return dict(edit_steps.draft_of([*BEGUN, *edits]).routes)


def test_nothing_edited_changes_no_parameter() -> None:
    assert planned() == {}
    assert routes() == {patrol: tuple(stops) for patrol, stops in ROUTES.items()}


def test_a_stop_dropped_or_closed_is_in_no_patrol_and_in_the_parameters() -> None:
    for edit in (Drop("b"), CloseStop("b")):
        found = routes(edit)
        assert found["evening", 1] == ("a", "c")
        assert found["early", 1] == ()
    assert planned(Drop("b"))["drop_stops"] == ["z", "b"]
    assert planned(CloseStop("b"))["suspend_stops"] == ["b"]
    # Added again, it is dropped no more.
    again = planned(Drop("b"), Add("b", "early", 1, 0))
    assert "drop_stops" not in again
    assert again["add_stops"] == ["b"]


def test_a_stop_added_stays_with_its_patrol() -> None:
    edit = Add("x", "evening", 1, 1)
    assert routes(edit)["evening", 1] == ("a", "x", "b", "c")
    assert planned(edit)["lock_stops"][-1] == {
        "shift": "evening",
        "vehicle": 1,
        "stops": ["x"],
    }
    with pytest.raises(UserError, match="visits x already"):
        routes(edit, edit)


def test_what_is_moved_keeps_the_order_of_both_patrols() -> None:
    edit = Move("b", "evening", 1, "evening", 2, 0)
    assert routes(edit)["evening", 1] == ("a", "c")
    assert routes(edit)["evening", 2] == ("b", "d")
    orders = {
        (lock["shift"], lock["vehicle"]): lock["stops"]
        for lock in planned(edit)["lock_order"]
    }
    assert orders == {("evening", 1): ["a", "c"], ("evening", 2): ["b", "d"]}
    # Freed, a patrol is planned with the others.
    freed = planned(edit, Free("evening", 1), Free("evening", 2))
    assert "lock_order" not in freed
    within = routes(Move("a", "evening", 1, "evening", 1, 2))
    assert within["evening", 1] == ("b", "c", "a")
    with pytest.raises(UserError, match="visits b already"):
        routes(Move("b", "evening", 1, "early", 1, 0))
    with pytest.raises(UserError, match="does not visit q"):
        routes(Move("q", "evening", 1, "early", 1, 0))


def test_locks_minutes_roads_vehicles_and_hours_are_parameters() -> None:
    lock = Lock("a", "evening", 1)
    assert planned(lock)["lock_stops"] == [
        *OF_RUN["lock_stops"],
        {"shift": "evening", "vehicle": 1, "stops": ["a"]},
    ]
    assert planned(lock, Lock("a", "evening", 1, on=False)) == {}
    assert planned(Stay("a", 45))["stays"] == [
        {"stop": "a", "minutes": 45},
        {"stop": "y", "minutes": 15},
    ]
    assert planned(CloseRoad("M2"))["closed_roads"] == ["M2"]
    assert planned(CloseRoad("M2"), CloseRoad("M2", on=False)) == {}
    assert planned(Vehicles(1))["vehicles"] == 1
    assert ("evening", 2) not in routes(Vehicles(1))
    assert planned(Hours("early", "04:00", "07:00"))["shifts"] == [
        {"name": "evening"},
        {"name": "early", "start": "04:00", "end": "07:00"},
    ]


def test_as_it_stands_every_patrol_keeps_its_stops() -> None:
    orders = planned(Lock("a", "evening", 1), as_it_stands=True)["lock_order"]
    assert {(one["shift"], one["vehicle"]): one["stops"] for one in orders} == ROUTES


def test_a_name_that_is_markup_of_toml_stays_a_name() -> None:
    for name in ('"]\nvehicles = 9', "\x7f\x00", "Ђаковица", "a\\b'''"):
        assert planned(CloseRoad(name))["closed_roads"] == [name]


def test_a_parameter_file_is_one_of_the_program() -> None:
    found = planned(Stay("a", 45), Vehicles(3), Lock("a", "evening", 1))
    shifts = {"shifts": OF_RUN["shifts"]}
    assert PatrolParams(**(shifts | found)).vehicles == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "planned", "routes": [], "where": "run"},
        {"kind": "stay", "stop": "a", "minutes": 0},
        {"kind": "hours", "shift": "x", "start": "24:00", "end": "01:00"},
        {"kind": "drop", "stop": "a", "path": "/etc"},
        {"kind": "add", "stop": "a", "shift": "x", "vehicle": 0, "place": 0},
        {"stop": "a"},
    ],
)
def test_what_is_no_edit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        edit_steps.EDITS.validate_python(wrong)


def test_steps_are_read_back_as_they_were() -> None:
    steps = [*BEGUN, Drop("b"), Add("x", "evening", 1, 1), Stay("a", 40)]
    plain = edit_steps.STEPS.dump_python(steps, mode="json")
    assert edit_steps.STEPS.validate_python(plain) == steps


def test_undo_goes_back_to_the_plan_and_no_farther() -> None:
    kept = office.Kept("run", BEGUN, NOW)
    assert not kept.edited
    edited = kept.then(Drop("a"), NOW)
    assert edited.edited
    assert edited.then(Night("2026-12-02"), NOW).edited
    assert not edited.then(Planned.of(ROUTES, "draft"), NOW).edited
    assert edited.undone(NOW).steps == kept.steps
    with pytest.raises(UserError, match="nothing to undo"):
        kept.undone(NOW)


def test_the_last_stop_of_a_night_stays() -> None:
    kept = office.Kept("run", BEGUN, NOW)
    for stop in "abc":
        kept = kept.then(Drop(stop), NOW)
    with pytest.raises(UserError, match="no stop would be left"):
        kept.then(Drop("d"), NOW)
