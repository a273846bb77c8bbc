"""Who may be on the list of partners, and what everyone else gets."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from studies import partners as given
from studies.partners import DOCTORS, UNHCR, UNTIL

from geo.schema import LOG_TABLES, NEED, PLAN_OUTPUTS
from layers.complaints import UserError
from mitrovica.masks.tiers import TIERS
from mitrovica.releases import partners, register
from mitrovica.releases.recipients import LISTS, enforces, folded

DATA = Path(__file__).parents[2] / "data"
GROUPS = tomllib.loads((DATA / "enforcement.toml").read_text("utf-8"))
HARD = [name for group in GROUPS.values() for name in group["names"]]
HELPERS = tomllib.loads((DATA / "helpers.toml").read_text("utf-8"))["names"]
TODAY = UNTIL - timedelta(days=120)


@pytest.mark.parametrize("tier", ["partner", "public"])
def test_what_plans_follow_and_expect_is_in_no_release(tier: str) -> None:
    listed = {*LISTS[tier]["layers"], *LISTS[tier]["tables"]}
    inside = {table.name for table in (*PLAN_OUTPUTS, *LOG_TABLES, NEED)}
    assert {"patrol_followed", "stop_need"} < inside
    assert not listed & inside


def terms(
    path: Path, tier: str, to: str, purpose: str = "health", until: date = TODAY
) -> str:
    return register.terms(
        path, tier, to, purpose, until, TODAY, office=["The desk"]
    ).tier


def test_none_of_three_hundred_hard_names_gets_on_the_list(tmp_path: Path) -> None:
    assert len(set(HARD)) > 300
    assert all(len(group["source"]) > 20 for group in GROUPS.values())
    assert [name for name in HARD if not enforces(name)] == []
    path = given.write(
        tmp_path / "partners.toml", *({"organisation": name} for name in HARD)
    )
    with pytest.raises(UserError) as refused:
        partners.read(path, TODAY)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(HARD)
    for number, line in enumerate(lines, 1):
        assert line.startswith(f"{path}: partner {number}, organisation: found "), line
        assert "is never on the list. Fix: take it out" in line


def test_none_of_them_gets_more_than_everybody(tmp_path: Path) -> None:
    path = tmp_path / "releases.jsonl"
    found = {terms(path, tier, name) for tier in TIERS for name in HARD}
    assert found == {"public"}


def test_who_helps_may_be_on_the_list(tmp_path: Path) -> None:
    assert [name for name in HELPERS if enforces(name)] == []
    path = given.write(
        tmp_path / "partners.toml", *({"organisation": name} for name in HELPERS)
    )
    assert [one.organisation for one in partners.read(path, TODAY)] == HELPERS


def test_only_who_is_on_the_list_gets_more_than_everybody(tmp_path: Path) -> None:
    path = tmp_path / "releases.jsonl"
    assert {terms(path, "partner", name) for name in HELPERS} == {"public"}
    given.write(tmp_path / "partners.toml", DOCTORS, {**UNHCR, "tier": "public"})
    found = {name: terms(path, "partner", name, "health") for name in HELPERS}
    assert {name for name, tier in found.items() if tier == "partner"} == {
        "Doctors without Borders"
    }
    # The same name as it is typed: capitals, spaces.
    assert terms(path, "partner", "DOCTORS  without borders ") == "partner"
    assert terms(path, "public", "Doctors without Borders") == "public"


def test_a_partner_gets_what_was_decided_and_for_no_longer(tmp_path: Path) -> None:
    path, listed = tmp_path / "releases.jsonl", tmp_path / "partners.toml"
    given.write(listed, DOCTORS)
    with pytest.raises(register.ReleaseError, match="on the list for health, until"):
        terms(path, "partner", "Doctors without Borders", "food")
    with pytest.raises(register.ReleaseError, match=f"until {UNTIL} .*at the latest"):
        terms(
            path, "partner", "Doctors without Borders", until=UNTIL + timedelta(days=1)
        )
    later = UNTIL + timedelta(days=1)
    over = register.terms(
        path, "partner", "Doctors without Borders", "health", later, later
    )
    assert over.tier == "public"
    assert (
        "is not on the office's list today"
        in partners.lowered(over, "partner", listed)[0]
    )


def test_the_office_alone_gets_what_is_internal(tmp_path: Path) -> None:
    path = tmp_path / "releases.jsonl"
    assert terms(path, "internal", "The desk") == "internal"
    given.write(tmp_path / "partners.toml", DOCTORS)
    for name in ("A journalist of the tabloid", "Doctors without Borders", "UNHCR"):
        with pytest.raises(
            register.ReleaseError, match=r"own office alone .*: The desk\). Fix: "
        ):
            terms(path, "internal", name)
    with pytest.raises(register.ReleaseError, match="none is named"):
        register.terms(path, "internal", "The desk", "health", TODAY, TODAY)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"kind": "police"},
            "partner 1, kind: found 'police'. Input should be 'health', 'legal'",
        ),
        (
            {"tier": "internal"},
            "partner 1, tier: found 'internal'. Input should be 'partner'",
        ),
        ({"purpose": "pursuit"}, "partner 1, purpose: found 'pursuit'."),
        ({"decided_by": ["coordinator"]}, "two different roles of the office decide"),
        ({"decided_by": ["coordinator", "Coordinator"]}, "two different roles"),
        ({"decided_by": ["a", "b", "c"]}, "two different roles"),
        ({"until": UNTIL + timedelta(days=70)}, "is more than six months ahead. Fix: "),
        ({"onward_transfer": True}, "partner 1, onward_transfer: found 'True'."),
        ({"onward_transfer": None}, "partner 1, onward_transfer: Field required"),
        ({"organisation": " "}, "partner 1, organisation: found ' '."),
        ({"organisation": "Doctors\nof"}, "a name of one line is needed"),
        ({"person": "N. N."}, "partner 1, person: found 'N. N.'. Unexpected keyword"),
    ],
)
def test_a_wrong_row_is_named(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    path = tmp_path / "partners.toml"
    path.write_text(given.row(**changes), "utf-8")
    with pytest.raises(UserError, match=re.escape(says)):
        partners.read(path, TODAY)


def test_a_name_stands_once_and_nothing_else_stands_there(tmp_path: Path) -> None:
    path = given.write(tmp_path / "partners.toml", DOCTORS, DOCTORS)
    with pytest.raises(UserError, match="Doctors without Borders stands twice"):
        partners.read(path, TODAY)
    path.write_text("password = 1", "utf-8")
    with pytest.raises(UserError, match="holds more than"):
        partners.read(path, TODAY)


def test_names_are_compared_as_they_look() -> None:
    assert folded("UΝHСR") == folded("unhcr")
    assert folded("UNHCR") != folded("UNHCR office")
