"""The crossings in the panel, and the view of the whole corridor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from studies import small_study
from tools.browser import PHONE, WIDE

from geo.records import StudyData
from geo.results import Findings
from geo.schema import LEFT_OUT, SERVICES
from maps.panels import crossings, plan_quality

BOUNDS = ([42.87, 20.83], [42.92, 20.88])
"""Of patrols far south of the gate."""


def said(
    found: Findings, data: StudyData, bounds: crossings.Corners = BOUNDS
) -> crossings.Crossings:
    names = small_study.names(data, found.patrols.left_out)
    left_out = plan_quality.left_out(found.patrols, names)
    return crossings.crossings(found, data, names, left_out, bounds)


def texts(language: str = "en", **changes: object) -> list[str]:
    found, data = small_study.findings(), small_study.data()
    data = replace(data, **{k: v for k, v in changes.items() if hasattr(data, k)})
    found = replace(found, **{k: v for k, v in changes.items() if hasattr(found, k)})
    (gate,) = said(found, data).each
    assert gate.at == "43.22700,20.70000"
    return [
        line.forms[language] for line in (gate.name, gate.away, *gate.lines) if line
    ]


def test_a_crossing_says_how_far_it_is_and_why_no_patrol_goes() -> None:
    name, away, patrol = texts()
    assert name == "Gate"
    assert away == "40 km from the start of the patrols, in a straight line"
    assert patrol == "No patrol goes there: not worth the detour."


@pytest.mark.parametrize("language", ["sq", "sr-Cyrl", "sr-Latn"])
def test_every_language_has_the_figures(language: str) -> None:
    _, away, _ = texts(language)
    assert "40" in away


def test_a_long_drive_is_given_in_hours_of_a_shift() -> None:
    found = small_study.findings()
    far = LEFT_OUT.frame(found.patrols.left_out.assign(round_trip_s=13_764.0))
    lines = texts(patrols=replace(found.patrols, left_out=far))
    assert lines[-1] == (
        "No patrol goes there (not worth the detour): the drive there and back would take 3.8 h of "
        "a shift."
    )


def test_a_patrol_that_stops_at_a_crossing_is_named() -> None:
    found = small_study.findings()
    data = small_study.data()
    moved = data.places.copy()
    bus = moved.loc[moved["id"] == "bus", "geometry"].iloc[0]
    moved.loc[moved["id"] == "gate", "geometry"] = bus
    (gate,) = said(found, replace(data, places=moved)).each
    assert gate.lines[-1].forms["en"] == "Patrols stop there: Bus station."


def test_who_helps_there_is_said() -> None:
    rows = [
        {"need": "legal_aid", "step": 1, "service": "legal_aid", "organisation": "CRPK"},
        {"need": "asylum", "step": 1, "service": "registration", "organisation": "DCAM",
         "place": "depot"},
        {"need": "information", "step": 1, "service": "information", "organisation": "IOM",
         "place": "gate"},
    ]  # fmt: skip
    services = SERVICES.frame(rows)
    assert texts(services=services)[-1] == "Who helps there: Information: information."


def test_without_patrols_crossings_are_still_named() -> None:
    bare = small_study.findings(patrols=False)
    lines = texts(patrols=replace(bare.patrols, left_out=LEFT_OUT.frame()))
    assert lines == ["Gate", "No patrol goes there: this plan has no stop at it."]


def test_the_view_of_the_corridor_holds_the_patrols_and_the_crossings() -> None:
    found, data = small_study.findings(), small_study.data()
    assert said(found, data).corners == ([42.87, 20.7], [43.227, 20.88])
    inside = ([42.0, 20.0], [44.0, 22.0])
    assert said(found, data, inside).corners is None


@pytest.mark.browser
@pytest.mark.parametrize("context", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
def test_the_whole_corridor_is_one_click_or_key_away(page: Page) -> None:
    holds = "map_planner.getBounds().contains([43.227, 20.7])"
    views = page.locator(".views button")
    expect(views).to_have_text(["Patrols", "Whole corridor"])
    assert not page.evaluate(holds)
    views.nth(1).focus()
    page.keyboard.press("Enter")
    assert page.evaluate(holds)
    views.nth(0).click()
    assert not page.evaluate(holds)
    page.locator("#crossings summary").click()
    expect(page.locator("#crossings")).to_contain_text("No patrol goes there")
    page.locator(".crossing-view").click()
    assert page.evaluate(holds)
