"""A night at the desk: its figures are those of `plan check`, its plan that of `plan`."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tools import desks
from tools.command_line import call, passed
from tools.desks import StartedDesk

from layers.complaints import UserError
from layers.files import pen
from layers.readers import bundled, earlier_run
from maps.words.broken_rules import breach
from maps.words.catalogue import LANGUAGES
from mitrovica import log as logs
from mitrovica import story
from mitrovica.desk import office
from mitrovica.desk.night import Night
from mitrovica.desk.office import Office
from mitrovica.desk.requests import Desk

pytestmark = pytest.mark.usefixtures("generalised")

DAY = "2026-12-01"


@pytest.fixture(scope="module")
def home(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return desks.office(generalised_run[0], tmp_path_factory.mktemp("office"))


@pytest.fixture
def night(home: Path) -> Night:
    """Return the night of an office, without an edit."""
    opened = Night(Office(Desk(folder=home, no_log=True)))
    office.forget(opened.office)
    return opened


def first(night: Night) -> dict[str, Any]:
    """Return the first patrol of more than two stops."""
    return next(one for one in night.shown()["patrols"] if len(one["stops"]) > 2)


def test_a_night_without_an_edit_is_that_of_the_run(night: Night, home: Path) -> None:
    shown = night.shown()
    stops = earlier_run.timetable(home / "out")
    served = stops[stops["service_s"] > 0]
    told = [
        (stop["stop"], stop["arrival"], stop["departure"])
        for one in shown["patrols"]
        for stop in one["stops"]
    ]
    listed = served[["stop", "arrival", "departure"]].itertuples(index=False)
    assert told == [*map(tuple, listed)]
    assert shown["faults"] == []
    assert shown["figures"] == shown["planned"]
    assert not shown["edited"]
    assert night.lines() == []
    assert not (home / "desk" / office.STATE).exists()


EDITS: tuple[dict[str, Any], ...] = (
    {"kind": "drop"},
    {"kind": "stay", "minutes": 40},
    {"kind": "close_stop"},
)


@pytest.mark.parametrize(
    "edit",
    [EDITS[0], *(pytest.param(edit, marks=pytest.mark.proof) for edit in EDITS[1:])],
    ids=lambda edit: edit["kind"],
)
def test_what_an_edit_costs_is_what_plan_check_says(
    night: Night, home: Path, tmp_path: Path, edit: dict[str, Any]
) -> None:
    """The timetable with the edit, judged by the command."""
    stop = first(night)["stops"][1]["stop"]
    night.edit({**edit, "stop": stop})
    shown = night.shown()
    weighed = night.weighed(night.kept())
    rows = weighed.edited.patrols.stops.drop(columns="geometry")
    rows.to_csv(tmp_path / "edited.csv", index=False)
    # A stop that is out cannot be planned, and the plan that was edited has it.
    longer = ["--config", home / "desk" / "change.toml"]
    checked = call(
        *("plan", "check", tmp_path / "edited.csv"),
        *("--from", home / "out", "--no-log"),
        *(longer if edit["kind"] == "stay" else []),
    )
    share = f"{100 * shown['figures']['need']:.1f} % of the need index"
    assert f"-> {share}" in checked.stdout
    assert (checked.exit_code == 0) == (shown["faults"] == [])
    for fault in weighed.edited.faults:
        assert breach(fault)("en") in checked.stdout
    [one] = night.history()
    assert one == shown["last"]
    assert one["cost"]["need"] == pytest.approx(
        shown["figures"]["need"] - shown["planned"]["need"]
    )


def test_each_way_of_editing_says_what_it_costs_and_can_be_undone(night: Night) -> None:
    begun = night.shown()
    one, other = begun["patrols"][:2]
    left = next(
        one["stop"] for one in begun["left"] if not one["stop"].startswith("crossing")
    )
    here = {"shift": one["shift"], "vehicle": one["vehicle"]}
    second = {**here, "stop": one["stops"][1]["stop"]}
    road = night.roads()[0]
    edits: list[dict[str, Any]] = [
        {"kind": "lock", **second},
        {
            "kind": "move",
            **second,
            "to_shift": one["shift"],
            "to_vehicle": one["vehicle"],
            "place": 0,
        },
        {
            "kind": "move",
            **second,
            "to_shift": other["shift"],
            "to_vehicle": other["vehicle"],
            "place": 1,
        },
        {"kind": "free", **here},
        {"kind": "add", "stop": left, **here},
        {"kind": "close_road", "road": road},
        {"kind": "vehicles", "vehicles": 3},
        {"kind": "hours", "shift": one["shift"], "start": "18:30", "end": "23:30"},
        {"kind": "night", "date": DAY},
    ]
    before = [night.shown()]
    for number, edit in enumerate(edits, 1):
        night.edit(edit)
        now = night.shown()
        assert now["edits"] == number
        told = night.history()
        assert len(told) == number
        assert told[-1] == now["last"]
        assert now["last"]["edit"]["kind"] == edit["kind"]
        before.append(now)
    assert before[-1]["date"] == DAY
    assert len(before[-1]["patrols"]) == 6
    added = before[5]["figures"]["need"] - before[4]["figures"]["need"]
    assert added == pytest.approx(
        next(o["gain"] for o in before[4]["left"] if o["stop"] == left)
    )
    assert before[5]["figures"]["stops"] == before[4]["figures"]["stops"] + 1
    for earlier in reversed(before[:-1]):
        night.undo()
        assert without_moment(night.shown()) == without_moment(earlier)


def without_moment(shown: dict[str, Any]) -> str:
    return json.dumps(
        {name: value for name, value in shown.items() if name != "saved"}, default=str
    )


def test_other_vehicles_and_hours_cost_what_a_plan_with_them_does(night: Night) -> None:
    """More means serve more, fewer less; a shift in which nothing fits has no plan."""
    shown = night.shown()
    shift = shown["shifts"][0]["shift"]
    longer = {"start": "17:00", "end": "23:59"}
    costs = []
    for edit in (
        {"kind": "vehicles", "vehicles": shown["vehicles"] + 1},
        {"kind": "vehicles", "vehicles": shown["vehicles"] - 1},
        {"kind": "hours", "shift": shift, **longer},
        {"kind": "hours", "shift": shift, "start": "20:00", "end": "22:00"},
    ):
        night.edit(edit)
        told = night.shown()["last"]
        assert told["again"] == "about"
        costs.append(told["cost"])
        night.undo()
    for name in ("need", "minutes", "stops"):
        more, fewer, later, sooner = (cost[name] for cost in costs)
        assert more > 0 > fewer, name
        assert later > 0 > sooner, name
    with pytest.raises(ValueError, match=r"Fix: |Smallest change: "):
        night.edit({"kind": "hours", "shift": shift, "start": "20:00", "end": "20:01"})
    # With an order that is kept, and for which the hours do not suffice, there is no plan.
    one = first(night)
    here = {"shift": one["shift"], "vehicle": one["vehicle"]}
    there = {"to_shift": one["shift"], "to_vehicle": one["vehicle"]}
    stop = one["stops"][0]["stop"]
    night.edit({"kind": "move", "stop": stop, **here, **there, "place": 1})
    night.edit({"kind": "hours", "shift": shift, "start": "20:00", "end": "22:00"})
    assert night.shown()["last"]["again"] == "none"


def test_what_an_edit_breaks_is_said_in_every_language(night: Night) -> None:
    """A patrol that is late, and stops that are closed."""
    one, other = night.shown()["patrols"][:2]
    moved = [*one["stops"]]
    for stop in moved[:-1]:
        if stop["stop"] not in {there["stop"] for there in other["stops"]}:
            night.edit(
                {
                    "kind": "move",
                    "stop": stop["stop"],
                    "shift": one["shift"],
                    "vehicle": one["vehicle"],
                    "to_shift": other["shift"],
                    "to_vehicle": other["vehicle"],
                    "place": 0,
                }
            )
    told = night.weighed(night.kept()).edited.faults
    shown = night.shown()["faults"]
    assert "back_late" in {fault.kind for fault in told}
    assert len(told) == len(shown)
    for phrase in shown:
        assert len(set(phrase.forms.values())) == len(LANGUAGES)
        assert f"vehicle {other['vehicle']}" in phrase.forms["en"]


def test_any_public_place_can_be_searched_and_added(night: Night) -> None:
    candidates = set(night.weighed(night.kept()).inputs.stops["stop"])
    found = {one["stop"] for one in night.places("mitrov")}
    assert found
    assert not night.places("nowhere at all")
    known = night.open().data.places
    police = set(known["id"][known["kind"] == "police"])
    assert police
    assert not police & set(night.open().places(""))
    crossings = set(known["id"][known["kind"] == "crossing"])
    assert crossings
    assert not crossings & set(night.open().places(""))
    for barred in (min(police), min(crossings)):
        add = {"kind": "add", "stop": barred, "vehicle": 1}
        with pytest.raises(UserError, match="at which patrols may stop"):
            night.edit({**add, "shift": first(night)["shift"]})
    others = [place for place in night.open().places("") if place not in candidates]
    one = first(night)
    for place in others:
        try:
            night.edit(
                {
                    "kind": "add",
                    "stop": place,
                    "shift": one["shift"],
                    "vehicle": one["vehicle"],
                }
            )
        except ValueError:
            continue  # Too far from a road, or outside: the error says so.
        told = [stop["stop"] for stop in first(night)["stops"]]
        assert place in told
        return
    pytest.fail("no other place can be added")


def test_a_road_that_cuts_stops_off_says_which(night: Night) -> None:
    """One main road leads through the gorge of the Ibar to Leposaviq."""
    night.edit({"kind": "close_road", "road": "M-22.3"})
    shown = night.shown()
    assert shown["unreached"]
    lost = set(night.weighed(night.kept()).out_of_reach)
    north = set(bundled.places().query("lat > 42.95")["id"])
    assert lost & north
    assert lost & {*bundled.places()["id"]} <= north
    told = {stop["stop"] for one in shown["patrols"] for stop in one["stops"]}
    assert not told & lost


def test_a_wrong_edit_changes_nothing(night: Night, home: Path) -> None:
    stop = first(night)["stops"][0]["stop"]
    night.edit({"kind": "drop", "stop": stop})
    state = (home / "desk" / office.STATE).read_bytes()
    for wrong in (
        {"kind": "close_road", "road": "no such road"},
        {"kind": "add", "stop": "no_such", "shift": "evening", "vehicle": 1},
        {"kind": "hours", "shift": "evening", "start": "18:00", "end": "18:01"},
        {
            "kind": "move",
            "stop": stop,
            "shift": "evening",
            "vehicle": 1,
            "to_shift": "evening",
            "to_vehicle": 2,
            "place": 0,
        },
    ):
        with pytest.raises(ValueError, match=r"Fix: |Smallest change: "):
            night.edit(wrong)
        assert (home / "desk" / office.STATE).read_bytes() == state


def test_what_is_kept_is_the_owner_s_holds_no_need_and_ends_with_the_log(
    night: Night, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.edit({"kind": "drop", "stop": first(night)["stops"][0]["stop"]})
    kept = home / "desk" / office.STATE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    record = json.loads(kept.read_text("utf-8"))
    assert set(record) == {"run", "saved", "published", "steps"}
    allowed = {"kind", "routes", "where", "date", "stop"}
    assert {key for step in record["steps"] for key in step} <= allowed
    # What a log was purged of since is not kept here either.
    run, home_office = record["run"], night.office
    until = datetime.now(UTC) + timedelta(days=1)
    past = datetime.now(UTC) - timedelta(days=1)
    assert office.read(home_office, run, past, until) is not None
    assert office.read(home_office, run, datetime.now(UTC), until) is None
    assert not kept.exists()
    night.undo()
    assert office.read(home_office, run, None, past) is None
    assert not kept.exists()


def test_a_purge_ends_what_is_kept_at_once(
    home: Path, followed: tuple[Path, Any], tmp_path: Path
) -> None:
    log = tmp_path / "log.gpkg"
    log.write_bytes((followed[0] / "log.gpkg").read_bytes())
    night = Night(Office(Desk(folder=home, log=log)))
    office.forget(night.office)
    night.edit({"kind": "vehicles", "vehicles": 1})
    assert night.shown()["can_undo"]
    draft = home / "desk" / "draft"
    draft.mkdir()
    (draft / "patrol_plan.csv").write_text("stop")
    before = logs.store.read(log)
    now = datetime.now(UTC)
    purged = logs.store.recorded(before, "purge", now, None, 1)
    logs.store.write(purged, log)
    assert not night.shown()["can_undo"]
    assert not (home / "desk" / office.STATE).exists()
    assert not draft.exists()


def test_a_purge_of_the_log_is_known(
    followed: tuple[Path, Any], tmp_path: Path
) -> None:
    log = tmp_path / "log.gpkg"
    log.write_bytes((followed[0] / "log.gpkg").read_bytes())
    assert story.last_purge(log, unused=False) is None
    now = datetime.now(UTC)
    logs.retention.purge(log, now.date(), now=now)
    purged = story.last_purge(log, unused=False)
    if purged is not None:  # There was something to purge.
        assert abs(purged - now) < timedelta(seconds=1)
    assert story.last_purge(log, unused=True) is None
    assert story.last_purge(tmp_path / "none.gpkg", unused=False) is None


# ----------------------------------------------------------------------
# The program


@pytest.fixture(scope="module")
def desk(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    office = tmp_path_factory.mktemp("used")
    folder = desks.office_of_town(town_run[0], office)
    log = folder / "log.gpkg"
    logs.store.write(logs.store.read(log), log)
    with desks.started(folder, log=True) as desk:
        assert desk.enter().status == 200
        yield desk


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "patrol_plan.csv")


def test_a_night_planned_at_the_desk_is_the_command_s(
    desk: StartedDesk, tmp_path: Path
) -> None:
    """Edited, planned again, edited, published and in the log; the command named gives the same."""
    log = desk.folder / "log.gpkg"
    shown = desk.does("edit", {"kind": "night", "date": DAY})
    one = next(p for p in shown["patrols"] if len(p["stops"]) > 2)
    here = {"shift": one["shift"], "vehicle": one["vehicle"]}
    lock = {"kind": "lock", **here, "stop": one["stops"][0]["stop"]}
    desk.does("edit", lock)
    desk.does("edit", {"kind": "drop", "stop": one["stops"][1]["stop"]})
    again = desk.works({"job": "again"})
    assert again["end"] == "done", again
    assert f"--log {log}" in again["command"]
    assert "--draft" in again["command"]
    assert logs.store.read(log).nights.empty
    assert [stage for stage, _ in again["stages"]] == [
        "network",
        "patrols",
        "map",
        "files",
    ]
    shown = desk.night()
    assert not shown["edited"]
    assert shown["map"] == "draft"
    assert shown["edits"] == 0
    assert desk.ask("api/lines").found == []
    routes = story.routes_of(desk.folder / "desk" / "draft")
    assert one["stops"][0]["stop"] in routes[one["shift"], one["vehicle"]]
    moved = next(p for p in shown["patrols"] if len(p["stops"]) > 2)
    stop = moved["stops"][-1]["stop"]
    desk.does("edit", {"kind": "drop", "stop": stop})
    assert desk.ask("api/lines").found != []
    log_before = shutil.copy(log, tmp_path / "log.gpkg")
    published = desk.works({"job": "publish"})
    assert published["end"] == "done", published
    assert set(logs.store.read(log).nights["date"]) == {DAY}
    assert desk.night()["changed"] == []
    plan = desk.folder / "out" / "plan"
    words = shlex.split(published["command"])
    for option, path in ("--out", tmp_path / "plan"), ("--log", log_before):
        words[words.index(option) + 1] = str(path)
    passed(*words[1:])
    assert_same(plan, tmp_path / "plan")
    for name in ("stop_cards.pdf", "crew.html", "forms/visit.xlsx", "patrols"):
        assert (plan / name).exists()
    listed = desk.night()["files"]["plan"]
    assert desk.ask(f"files/plan/{listed[0]}").status == 200
    # What is changed after it is marked.
    desk.does("undo", {})
    desk.does("undo", {})
    marks = [
        stop["mark"] for patrol in desk.night()["patrols"] for stop in patrol["stops"]
    ]
    assert "added" in marks


def assert_same(ours: Path, theirs: Path) -> None:
    """Require that two plans differ by time stamps and their own address alone."""
    pd.testing.assert_frame_equal(table(ours), table(theirs))
    names = [
        {p.relative_to(of).as_posix() for p in of.rglob("*") if p.is_file()}
        for of in (ours, theirs)
    ]
    assert names[0] == names[1]
    stamped = (".pdf", ".gpkg", ".qgz", ".xlsx", ".ics", ".gpx", "manifest.json")
    for name in sorted(names[0]):
        if not name.endswith(stamped):
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name


def test_the_rest_of_a_night_is_planned_from_now(desk: StartedDesk) -> None:
    if not (desk.folder / "out" / "plan").is_dir():
        desk.does("edit", {"kind": "night", "date": DAY})
        assert desk.works({"job": "publish"})["end"] == "done"
    stops = earlier_run.timetable(desk.folder / "out" / "plan")
    evening = stops[(stops["order"] == 1) & (stops["vehicle"] == 1)].iloc[0]
    rest = desk.works(
        {"job": "rest", "now": evening["arrival"], "out_of_use": [2], "late": ["1=10"]}
    )
    assert rest["end"] == "done", rest
    assert "--now" in rest["command"]
    assert "--out-of-use 2" in rest["command"]
    assert rest["lines"]
    wrong = desk.works({"job": "rest", "now": "25:99"})
    assert wrong["end"] == "failed"
    assert "HH:MM" in wrong["lines"][0]["en"]


def test_a_job_that_is_stopped_leaves_everything_as_it_was(desk: StartedDesk) -> None:
    def state() -> tuple[Any, dict[str, bytes]]:
        folder = desk.folder / "desk"
        files = {
            str(path): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "open.html"
        }
        return desk.night(), files

    desk.does("edit", {"kind": "vehicles", "vehicles": 2})
    before = state()
    for wait_s in (0.0, 1.0, 3.0):
        assert desk.ask("api/start", {"job": "again"}).status == 200
        busy = desk.ask("api/edit", {"kind": "vehicles", "vehicles": 1})
        assert busy.status == 400
        assert "is at work" in busy.found["faults"][0]["en"]
        time.sleep(wait_s)
        assert desk.ask("api/stop", {}).status == 200
        job = desk.ask("api/job").found
        if job["end"] == "done":
            return  # It was quicker.
        assert job["end"] == "stopped"
        after = state()
        assert {**after[0], "saved": ""} == {**before[0], "saved": ""}
        hidden = [name for name in after[1] if name not in before[1]]
        assert all("/.mitrovica" in name or "/." in name for name in hidden)
    assert desk.works({"job": "again"})["end"] == "done"


def test_one_writes_at_a_time_and_the_others_are_told_who(desk: StartedDesk) -> None:
    # A window of which nothing was seen for a while has it no more.
    desk.night()
    second = desk.ask(
        "api/edit",
        {"kind": "vehicles", "vehicles": 2},
        headers={"x-desk-tab": "second"},
    )
    assert second.status == 409
    assert second.found["pen"]
    assert not desk.ask("api/night?tab=second").found["writes"]
    assert desk.ask("api/take", {}, headers={"x-desk-tab": "second"}).status == 200
    assert desk.ask("api/edit", {"kind": "vehicles", "vehicles": 2}).status == 409
    assert desk.ask("api/take", {}).status == 200
    refused = call("desk", desk.folder, "--no-log")
    assert refused.exit_code == 2
    assert "is open at the desk of" in refused.stderr
    assert "since 20" in refused.stderr
    plan = call("plan", "--from", desk.folder / "out", "--no-log")
    assert plan.exit_code == 2
    assert "is open at the desk of" in plan.stderr
    elsewhere = desk.folder.parent / "elsewhere"
    pen.require_free(elsewhere)


def test_what_was_edited_is_there_after_a_kill_and_a_new_start(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    """The program that is installed, and a job as it starts one."""
    folder = desks.office_of_town(town_run[0], tmp_path / "office")
    desk = desks.start(folder)
    desk.enter()
    shown = desk.does("edit", {"kind": "vehicles", "vehicles": 1})
    desk.end(signal.SIGKILL)
    with desks.started(folder, installed=True) as again:
        again.enter()
        assert again.night() == shown
        assert again.works({"job": "again"})["end"] == "done"
        assert again.end().count("Ctrl-C ends it") == 1
    assert not again.key_file.exists()


def test_an_office_without_a_run_makes_one(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    with desks.started(tmp_path / "office") as desk:
        desk.enter()
        shown = desk.night()
        assert shown["files"] == {}
        assert desk.ask("api/edit", {"kind": "vehicles", "vehicles": 1}).status == 400
        assert desk.ask("api/start", {"job": "run"}).status == 200
        job = desk.ask("api/job").found
        assert job["command"].startswith("mitrovica run ")
        assert desk.ask("api/stop", {}).status == 200


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    refused = call("desk", tmp_path / "none")
    assert refused.exit_code == 2
    assert "is no folder. Fix: " in refused.stderr


def test_several_nights_stand_side_by_side(desk: StartedDesk) -> None:
    assert desk.ask("api/nights").found["nights"] == []
    assert desk.ask("api/start", {"job": "nights", "nights": 1}).status == 400
    job = desk.works({"job": "nights", "nights": 2})
    assert job["end"] == "done", job
    found = desk.ask("api/nights").found
    assert [night["night"] for night in found["nights"]] == [1, 2]
    seen: set[str] = set()
    for night in found["nights"]:
        stops = [stop for one in night["patrols"].values() for stop in one["stops"]]
        for stop in stops:
            assert (stop["before"] > 0) == (stop["name"]["en"] in seen)
        seen |= {stop["name"]["en"] for stop in stops}
    # Nobody is named: the line says how.
    assert "people.toml" in found["crews"][0]["en"]


def test_the_report_is_shown_as_text(desk: StartedDesk) -> None:
    report = desk.ask("api/report").found
    assert report.startswith("<h1>")
    assert "sightings prove little" in report
    assert "<script" not in report


def test_no_other_command_loads_the_desk() -> None:
    code = "import sys, mitrovica.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    desk = {name for name in loaded if name.startswith("mitrovica.desk")}
    assert desk == {"mitrovica.desk", "mitrovica.desk.requests"}
    assert not {"starlette", "uvicorn", "pydantic", "geo.patrols"} & loaded


def test_a_draft_is_entered_in_no_log_and_a_plan_is(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    log, run = tmp_path / "log.gpkg", town_run[0]
    of_town = ("--from", run, "--study", run.parent / "study")
    line = ("plan", *of_town, "--date", DAY, "--log", log)
    passed(*line, "--draft", "--out", tmp_path / "draft")
    assert not log.exists()
    passed(*line, "--out", tmp_path / "plan")
    assert set(logs.store.read(log).nights["date"]) == {DAY}
    assert_same(tmp_path / "draft", tmp_path / "plan")
