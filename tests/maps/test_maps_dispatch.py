"""The dispatcher's hand on the page: its figures are Python's, and its file is a plan's."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from studies import small_study
from studies.bundled_region import bundled_inputs
from tools.browser import (
    PHONE,
    TWO_LANGUAGES,
    WIDE,
    opened,
    serious_faults,
    settled,
    speak,
)
from typer.testing import CliRunner

import maps
from geo.params import Params, PatrolParams, Shift
from geo.params.patrols import Lock, StopWindow
from geo.patrols import edited
from geo.patrols.clock import hhmm
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.proposal import as_tables
from geo.patrols.timetable import timetables
from geo.results import Patrols
from maps.page.escaping import asset
from maps.words.catalogue import word
from mitrovica.cli import app

pytestmark = pytest.mark.browser

WINDOWS = (
    StopWindow("bus_station_mitrovica", "18:30", "19:15"),
    StopWindow("taxi_mitrovica_south", "20:00", "20:30"),
    StopWindow("taxi_mitrovica_south", "05:00", "06:00"),
)
EVENING = Shift(
    "evening",
    "18:00",
    "22:00",
    break_min=30,
    break_from="19:30",
    break_to="20:45",
)
PARAMS = PatrolParams(
    iterations=20,
    shifts=(EVENING, Shift("early_morning", "04:00", "07:00")),
    windows=WINDOWS,
)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PARAMS))


@pytest.fixture(scope="module")
def loose(inputs: PlanningInputs) -> PlanningInputs:
    """Return the region without breaks and with one window, so that most edits are sound."""
    shifts = tuple(
        replace(shift, break_min=0) for shift in inputs.params.shifts
    )
    return replace(
        inputs,
        params=replace(inputs.params, shifts=shifts, windows=WINDOWS[-1:]),
    )


def planned(inputs: PlanningInputs) -> Patrols:
    night = plan_night(inputs)
    return replace(as_tables(inputs, night), desk=edited.desk(inputs, night))


@pytest.fixture(scope="module")
def solved(inputs: PlanningInputs) -> Patrols:
    return planned(inputs)


@pytest.fixture(scope="module")
def plan(loose: PlanningInputs) -> Patrols:
    return planned(loose)


@pytest.fixture(scope="module")
def path(plan: Patrols, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("dispatch") / "map.html"
    maps.planner(
        replace(small_study.findings(), patrols=plan), small_study.data()
    ).save(page)
    return page


def random_night(
    desk: dict[str, Any], rng: random.Random
) -> list[list[list[int]]]:
    """Return routes in which stops were taken out, moved and given to another vehicle."""
    stops = range(1, len(desk["stops"]))
    night = []
    for shift in desk["shifts"]:
        chosen = rng.sample(stops, rng.randint(1, min(14, len(stops))))
        cut = rng.randint(0, len(chosen))
        kept = [chosen[:cut], chosen[cut:]]
        if rng.random() < 0.4:  # near the plan, where edits may well be sound
            kept = [list(one["route"]) for one in shift["vehicles"]]
            route = rng.choice([route for route in kept if route])
            route.insert(
                rng.randrange(len(route)), route.pop(rng.randrange(len(route)))
            )
            if rng.random() < 0.5:
                route.pop(rng.randrange(len(route)))
        night.append(kept)
    return night


@pytest.mark.parametrize(
    "number", [8, pytest.param(60, marks=pytest.mark.proof)]
)
def test_times_rules_and_need_are_those_of_python_on_random_edits(
    inputs: PlanningInputs,
    solved: Patrols,
    context: BrowserContext,
    number: int,
) -> None:
    desk = cast("dict[str, Any]", solved.desk)
    rng = random.Random(7)
    nights = [random_night(desk, rng) for _ in range(number)]
    page = context.new_page()
    page.add_script_tag(content=asset("scripts/dispatch.js"))
    found = page.evaluate(
        "([desk, nights]) => nights.map((night) => ({ need: needOf(desk, night.flat()), "
        "routes: night.map((routes, s) => routes.map((route, v) => { "
        "const { start, end } = desk.shifts[s].vehicles[v], "
        "shift = { ...desk.shifts[s], start, end }, after = pauseAfter(desk, shift, route); "
        "return { after, ...timed(desk, shift, route, after) }; })) }))",
        [desk, nights],
    )
    sound = 0
    for night, weighed in zip(nights, found, strict=True):
        rows = [
            {"night": 1, "shift": shift["name"], "vehicle": v + 1, "stop": desk["stops"][stop],
             "kind": kind}
            for shift, routes, of_shift in zip(
                desk["shifts"], night, weighed["routes"], strict=True
            )
            for v, (route, timed) in enumerate(zip(routes, of_shift, strict=True))
            for k, stop in enumerate(route, 1)
            for kind in ("stop", *(["break"] if timed["after"] == k else []))
        ]  # fmt: skip
        ours = edited.weigh(inputs, pd.DataFrame(rows))
        assert weighed["need"] == pytest.approx(ours.need_share, abs=1e-5)
        faults = [
            fault
            for shift in weighed["routes"]
            for one in shift
            for fault in one["faults"]
        ]
        assert bool(faults) == bool(ours.faults), (faults, ours.faults)
        sound += not faults
        for (name, vehicle), own in ours.patrols.stops.groupby(
            ["shift", "vehicle"]
        ):
            shift = [one["name"] for one in desk["shifts"]].index(name)
            visits = weighed["routes"][shift][vehicle - 1]["visits"]
            timed = own[(own["kind"] != "break") & (own["order"] > 0)]
            assert [v["arrival"] for v in visits] == timed["arrival_s"].tolist()
            assert [v["departure"] for v in visits] == timed[
                "departure_s"
            ].tolist()
    assert number / 12 < sound < number * 11 / 12


def hand(page: Page) -> Locator:
    """Open the dispatcher's hand of the chosen patrol, and wait until its stops are listed."""
    page.click(".patrol.chosen .hand > summary")
    desk = page.locator(".patrol.chosen .hand")
    expect(desk.locator("ol li").first).to_be_visible()
    return desk


def changes_of(desk: Locator) -> tuple[str, dict[str, Any]]:
    """Return what the page saves, as text and as the table ``patrols``."""
    link = desk.locator("a[download='change.toml']").get_attribute("href")
    assert link is not None
    text = unquote(link.partition(",")[2])
    return text, tomllib.loads(text)["patrols"]


def test_an_edit_on_the_page_is_a_plan_of_the_program(
    loose: PlanningInputs, path: Path, context: BrowserContext
) -> None:
    page = opened(context, path)
    desk = hand(page)
    expect(desk.locator("pre")).to_have_count(0)
    expect(page.locator(".before:visible")).to_have_count(0)
    expect(desk.locator(".sum")).to_contain_text("(0.0)")
    before = desk.locator(".sum").inner_text()
    desk.locator("button.down[aria-disabled=false]").first.click()
    expect(desk.locator("button.down:focus")).to_have_count(1)
    out = desk.locator("ol li").nth(2)
    taken = out.locator(".name").inner_text()
    out.locator("button.out").click()
    expect(desk.locator(".sum")).not_to_have_text(before)
    expect(desk.locator("ol .struck s")).to_have_text(taken)
    expect(desk.locator(".faults li")).to_have_count(0)
    page.click("#tab-shift-2-vehicle-1")
    other = hand(page)
    other.locator("button.lock").first.click()
    off = other.locator("ol li").first.locator("button.out")
    expect(off).to_have_attribute("aria-disabled", "true")
    expect(off).to_have_attribute(
        "title", f"Take out – {word('hand.off.kept', 'en')}"
    )
    off.press("Enter")
    expect(other.locator(".hint-line")).to_have_text(
        word("hand.off.kept", "en")
    )
    _, whole = changes_of(other)
    assert "lock_stops" not in whole
    assert len(whole["lock_order"]) == page.locator(".patrol").count()
    other.get_by_label(word("hand.anew", "en")).check()
    _, changes = changes_of(other)
    [order], [held] = changes["lock_order"], changes["lock_stops"]
    assert (order["shift"], order["vehicle"], held["shift"]) == (
        "evening",
        1,
        "early_morning",
    )
    locks = {
        key: tuple(Lock(**lock) for lock in changes[key])
        for key in ("lock_order", "lock_stops")
    }
    dropped = set(changes.get("drop_stops", ()))
    first, late = plan_night(
        replace(loose, params=replace(loose.params, **locks))
    )
    ids = loose.stops["stop"]
    assert ids[list(first.routes[0])].tolist() == order["stops"]
    assert {*held["stops"]} <= {*ids[list(late.routes[held["vehicle"] - 1])]}
    assert not dropped & {*order["stops"]}
    other.get_by_role("button", name="Undo all").click()
    expect(other.locator("pre")).to_have_count(0)
    assert page.messages == []  # type: ignore[attr-defined]


@pytest.mark.proof
@pytest.mark.parametrize("made", ["town_run", "installed_run"])
def test_what_is_saved_moves_nothing_else_in_the_real_program(
    made: str,
    context: BrowserContext,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """A stop taken out and one moved: every other visit of the night stays, to the second."""
    run: Path = request.getfixturevalue(made)[0]
    page = opened(context, run / "map.html")
    desk = hand(page)
    rows = desk.locator("ol li:not(.struck) .name")
    desk.locator("button.out").last.click()
    # The first stop that can come later without one that is then closed.
    for place in range(rows.count() - 1):
        desk.locator("ol li").nth(place).locator("button.down").click()
        if desk.locator(".faults li").count() == 0:
            break
        desk.locator("ol li").nth(place + 1).locator("button.up").click()
    expect(desk.locator(".faults li")).to_have_count(0)
    expect(desk.locator("pre")).to_have_count(1)
    expected = rows.all_inner_texts()
    text, _ = changes_of(desk)
    desk.locator(".undo").click()
    # What is kept is kept however long the rest is searched.
    quick = text.replace("[patrols]", "[patrols]\niterations = 20")
    (tmp_path / "change.toml").write_text(quick)
    said = CliRunner().invoke(
        app, ["plan", "--from", str(run), "--config", str(tmp_path / "change.toml"),
              *(["--study", str(run.parent / "study")] if made == "town_run" else []),
              "--out", str(tmp_path / "plan"), "--quiet"]
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    plans = [
        pd.read_csv(folder / "patrol_plan.csv")
        for folder in (run, tmp_path / "plan")
    ]
    kept, anew = (
        plan[(plan["shift"] != "evening") | (plan["vehicle"] != 1)]
        for plan in plans
    )
    assert len(kept) > 20
    pd.testing.assert_frame_equal(
        kept.reset_index(drop=True)[
            ["shift", "vehicle", "stop", "arrival", "departure"]
        ],
        anew.reset_index(drop=True)[
            ["shift", "vehicle", "stop", "arrival", "departure"]
        ],
    )
    again = opened(context, tmp_path / "plan" / "map.html")
    expect(hand(again).locator("ol .name")).to_have_text(expected)


def test_a_longer_stay_on_the_page_is_one_of_the_program(
    path: Path, browser: Browser
) -> None:
    """The times that the page shows are those of a plan with the stay that it saves."""
    # A page of its own: it answers what it is asked.
    page = browser.new_page(viewport=WIDE, offline=True)
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    asked = list[str]()
    page.on(
        "dialog",
        lambda dialog: (
            asked.append(dialog.default_value),
            dialog.accept("45"),
        ),
    )
    desk = hand(page)
    first = desk.locator("ol li").first
    hours = desk.locator("ol .when")
    planned_hours = hours.all_inner_texts()
    first.locator("button.stay").click()
    expect(desk.locator("button.stay:focus")).to_have_count(1)
    assert float(asked[0]) in {20.0, 30.0}
    _, saved = changes_of(desk)
    [stay] = saved["stays"]
    assert stay["minutes"] == 45
    expect(page.locator(".patrol.chosen.edited")).to_have_count(1)
    orders = tuple(Lock(**lock) for lock in saved["lock_order"])
    # The longer stay may take more time than the shift has: an hour more fits any.
    late = {"evening": "23:00", "early_morning": "08:00"}
    shifts = tuple(
        replace(s, break_min=0, buffer_min=0, end=late[s.name])
        for s in PARAMS.shifts
    )
    params = replace(
        PARAMS,
        shifts=shifts,
        windows=(),
        lock_order=orders[:1],
        stays=saved["stays"],
    )
    inputs = bundled_inputs(Params(patrols=params))
    night = plan_night(inputs)
    stops = timetables(inputs, night).stops
    own = stops[
        (stops["shift"] == "evening")
        & (stops["vehicle"] == 1)
        & (stops["service_s"] > 0)
    ]
    begin = own["departure_s"] - own["service_s"] - own["walk_s"]
    now = [
        f"{hhmm(start)}–{end}"
        for start, end in zip(begin, own["departure"], strict=True)
    ]
    assert now != planned_hours
    expect(hours).to_have_text(now)
    desk.locator(".undo").click()
    expect(hours).to_have_text(planned_hours)
    expect(desk.locator("pre")).to_have_count(0)
    page.close()


@TWO_LANGUAGES
def test_changes_are_marked_and_not_lost(
    path: Path, browser: Browser, languages: tuple[str, ...]
) -> None:
    # A page of its own: it asks before it is left.
    page = browser.new_page(viewport=WIDE, offline=True)
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    desk, asked = hand(page), list[str]()
    page.on(
        "dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss())
    )
    desk.locator("button.out").first.click()
    for language in languages:
        speak(page, language)
        marks = page.locator(".before:visible")
        expect(marks).to_have_text(
            [word("hand.drawn", language), *[word("hand.before", language)] * 2]
        )
        expect(desk.locator(".struck button")).to_have_text(
            word("hand.back_in", language)
        )
    # The map has the stops that are left, numbered as in the list.
    expect(page.locator(".mark.out")).to_have_count(1)
    settled(page)
    left = desk.locator(".badge").all_inner_texts()
    drawn = page.locator(".mark:not(.other, .out, .home)").all_inner_texts()
    assert (
        sorted(drawn, key=int) == left == [str(n + 1) for n in range(len(left))]
    )
    with page.expect_event("dialog"):
        page.evaluate("void location.reload()")
    assert asked == ["beforeunload"]
    with page.expect_download():
        desk.locator("a[download]").click()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert asked == ["beforeunload"]
    desk = hand(page)
    desk.locator("button.out").first.click()
    desk.locator(".struck button").click()
    expect(page.locator(".before:visible")).to_have_count(0)
    expect(desk.locator("pre")).to_have_count(0)
    page.close()


def test_a_stop_that_opens_when_the_shift_is_over_is_closed(
    context: BrowserContext,
) -> None:
    """The patrol does not wait until the next morning, and what comes after is in time."""
    page = context.new_page()
    page.add_script_tag(content=asset("scripts/dispatch.js"))
    hour = 3600
    found = page.evaluate(
        "([desk, shift]) => timed(desk, shift, [1, 2], null)",
        [
            {"travel_s": [[600] * 3] * 3, "service_s": [0, 1200, 1200]},
            {"start": 21 * hour, "end": 23 * hour, "pause": None,
             "windows": [[], [[7 * hour, 20 * hour], [31 * hour, 44 * hour]], []]},
        ],
    )  # fmt: skip
    assert found["faults"] == [{"word": "hand.closed", "stop": 1}]
    assert [visit["arrival"] for visit in found["visits"]] == [
        21 * hour + 600 + k * 1800 for k in range(3)
    ]


def test_a_stop_before_its_opening_says_until_when(
    plan: Patrols, path: Path, context: BrowserContext
) -> None:
    page, desk = opened(context, path), plan.desk
    assert desk is not None
    [(shift, vehicle, late, opens_s), *_] = [
        (n, one["vehicle"], stop, shift["windows"][stop][0][0])
        for n, shift in enumerate(desk["shifts"])
        for one in shift["vehicles"]
        for stop in one["route"]
        if shift["windows"][stop]
        and shift["windows"][stop][0][0] > one["start"] + 1800
    ]
    page.click(f"#tab-shift-{shift + 1}-vehicle-{vehicle}")
    mine = hand(page)
    row = mine.locator("ol li", has=page.locator(f"[data-hand='{late}.up']"))
    while row.locator("button.up").get_attribute("aria-disabled") == "false":
        row.locator("button.up").click()
    expect(row.locator(".until")).to_have_text(
        f"closed until {opens_s // 3600 % 24:02d}:{opens_s // 60 % 60:02d}"
    )
    mine.locator(".undo").click()


def test_the_hand_is_large_enough_and_accessible_and_speaks_every_language(
    path: Path, context: BrowserContext
) -> None:
    page = opened(context, path)
    desk = hand(page)
    desk.locator("button.out").first.click()
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        settled(page)
        rows = desk.locator("ol li:not(:has(.pause))")
        high = rows.evaluate_all(
            "nodes => nodes.map((n) => n.getBoundingClientRect().height)"
        )
        assert max(high) <= 56
        whole = "node => node.scrollWidth <= node.clientWidth"
        assert desk.locator("pre").evaluate(whole)
        for box in desk.locator("button, a, summary").evaluate_all(
            "nodes => nodes.map((node) => node.getBoundingClientRect().toJSON())"
        ):
            assert box["width"] >= 44
            assert box["height"] >= 44
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)
    assert serious_faults(page, ".patrol.chosen .hand") == []
    page.click("[data-language=sr-Cyrl]")
    expect(desk.locator(".sum")).to_contain_text("Повратак у")
    expect(desk.locator("button.out").first).to_have_attribute(
        "title", "Избаци"
    )
    page.click("[data-language=sq]")
    expect(desk.locator(".sum")).to_have_text(
        re.compile(r": \d+,\d % \([+−]?\d+,\d\)\.$")
    )
    expect(desk.locator("[role=alert] > ul.faults")).to_have_count(1)
    desk.locator(".undo").click()


@pytest.mark.proof
def test_axe_finds_nothing_serious_in_the_hand(
    path: Path, context: BrowserContext
) -> None:
    """On a wide screen; on a phone with the test above."""
    desk = hand(opened(context, path))
    desk.locator("button.out").first.click()
    assert serious_faults(desk.page, ".patrol.chosen .hand") == []
    desk.locator(".undo").click()
