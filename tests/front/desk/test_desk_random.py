"""Random use of the desk: nothing is torn or lost, whatever is killed; the page is the folder."""

from __future__ import annotations

import functools
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tools import desks, offices
from tools.browser import ARGUMENTS, executable

from mitrovica import story
from mitrovica.desk import edit_steps, office
from mitrovica.desk.night import Night
from mitrovica.desk.office import Office
from mitrovica.desk.requests import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("generalised")]

ACTIONS = 8
"""What is done in a sequence, before something may be killed."""
PATIENCE_MS = 90_000


@pytest.fixture(scope="module")
def folder(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Return an office; the run, which no edit changes, is read once for all comparisons."""
    read = functools.cache(story.open_night)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            story, "open_night", lambda asked: replace(read(asked), _prepared={})
        )
        yield offices.with_study(generalised_run[0], tmp_path_factory.mktemp("random"))


class Window:
    """A browser of its own, which can be killed."""

    def __init__(self, browser: Browser, profile: Path) -> None:
        self.browser = browser
        self.profile = profile
        self.process: subprocess.Popen[bytes] | None = None

    def open(self) -> Page:
        """Start the browser, and return its page."""
        told = self.profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *(executable(), *ARGUMENTS, "--remote-debugging-port=0"),
                *(f"--user-data-dir={self.profile}", "about:blank"),
            ],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + PATIENCE_MS / 1000
        while not (told.exists() and told.read_text("utf-8").count("\n")):
            assert time.monotonic() < until, "the browser does not start"
            time.sleep(0.05)
        port = told.read_text("utf-8").splitlines()[0]
        joined = self.browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = joined.contexts[0]
        # What this test sends beside the page comes of the same window.
        context.add_init_script("sessionStorage.desk = 'test'")
        # The map takes most of the time of a page, and nothing is compared with it here.
        context.route("**/map/*", lambda route: route.abort())
        page = context.pages[0]
        page.set_default_timeout(PATIENCE_MS)
        return page

    def kill(self) -> None:
        """Kill it and all its processes, whatever they do."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class User:
    """Somebody who edits at random, with a desk and a browser that may be killed."""

    def __init__(self, folder: Path, seed: int, window: Window) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self.window = window
        self.first: list[str] = []
        self.page = window.open()
        self.start()

    def start(self) -> None:
        """Start the desk as another process, and open it."""
        self.desk = desks.start(self.folder)
        self.enter()

    def end(self) -> None:
        """End all that it started."""
        self.desk.end(signal.SIGKILL)
        self.window.kill()

    def enter(self) -> None:
        """Open the desk in the browser; what is sent beside it has the same cookie."""
        self.page.goto(self.desk.key_file.as_uri())
        self.page.wait_for_selector("body[data-ready]")
        [cookie] = [
            one
            for one in self.page.context.cookies()
            if one["name"] == f"desk{self.desk.port}"
        ]
        self.desk.cookie = f"{cookie['name']}={cookie['value']}"

    def edit(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return an edit that may be possible."""
        rng = self.rng
        patrols = [one for one in shown["patrols"] if one["stops"]]
        one, other = rng.choice(patrols), rng.choice(shown["patrols"])
        stop = rng.choice(one["stops"])["stop"]
        here = {"shift": one["shift"], "vehicle": one["vehicle"]}
        there = {"to_shift": other["shift"], "to_vehicle": other["vehicle"]}
        left = rng.choice(shown["left"])["stop"]
        place = rng.randint(0, len(other["stops"]))
        shift = rng.choice(shown["shifts"])["shift"]
        edits: tuple[dict[str, Any], ...] = (
            {"kind": "drop", "stop": stop},
            {"kind": "add", "stop": left, **here},
            {"kind": "move", "stop": stop, **here, **there, "place": place},
            {"kind": "lock", "stop": stop, **here, "on": rng.random() < 0.7},
            {"kind": "free", **here},
            {"kind": "stay", "stop": stop, "minutes": rng.randint(5, 60)},
            {"kind": "close_stop", "stop": stop},
            {"kind": "vehicles", "vehicles": rng.randint(1, 3)},
            {"kind": "hours", "shift": shift, "start": "19:00", "end": "23:30"},
            {"kind": "night", "date": f"2026-12-{rng.randint(10, 28)}"},
        )
        return rng.choice(edits)

    def begin(self) -> None:
        """Take every step back: what is left is the night as it was before the first."""
        while self.desk.night()["can_undo"]:
            assert self.desk.ask("api/undo", {}).status == 200
        now = rows(self.desk.night())
        self.first = self.first or now
        assert now == self.first

    def act(self) -> str:
        """Do one thing; return what."""
        before = self.desk.night()
        what = self.rng.choice(
            (
                "edit",
                "edit",
                "edit",
                "undo",
                "reload",
                "window",
                "browser",
                "server",
                "job",
                "server and job",
            )
        )
        if what == "edit":
            answer = self.desk.ask("api/edit", self.edit(before))
            assert answer.status in {200, 400}, answer
            if answer.status == 400:
                assert self.desk.night() == before
        elif what == "undo":
            done = self.desk.ask("api/undo", {}).status
            assert (done == 200) == before["can_undo"]
        elif what == "reload":
            self.page.reload()
            self.page.wait_for_selector("body[data-ready]")
            assert self.desk.night() == before
            assert drawn(self.page) == rows(before)
        elif what == "window":
            self.kill_window(self.edit(before))
        elif what == "browser":
            self.kill_browser()
        elif what == "job":
            self.kill_job()
        elif what == "server and job":
            self.desk.ask("api/start", {"job": "again"})
            time.sleep(self.rng.random() * 4)
            self.kill_server(self.edit(before))
        else:
            self.kill_server(self.edit(before))
        return what

    def kill_browser(self) -> None:
        """Press a button of the page, and kill the browser before it shows what came of it."""
        buttons = self.page.locator(
            ":is([data-key^='up|'], [data-key^='lock|'], [data-key^='drop|'], [data-do=undo])"
        )
        button = buttons.nth(self.rng.randrange(buttons.count()))
        button.evaluate("node => node.click()")
        time.sleep(self.rng.random() * 0.3)
        self.window.kill()
        self.settled()
        self.page = self.window.open()
        self.enter()

    def kill_window(self, edit: dict[str, Any]) -> None:
        """Send an edit from a window that is killed before it hears the answer."""
        body = json.dumps(edit).encode()
        head = (
            f"POST /{self.desk.secret}/api/edit HTTP/1.1\r\nHost: 127.0.0.1:{self.desk.port}\r\n"
            f"Origin: {self.desk.origin}\r\nCookie: {self.desk.cookie}\r\nx-desk-tab: test\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        cut = self.rng.choice((len(head), len(head), self.rng.randint(1, len(head))))
        with socket.create_connection(("127.0.0.1", self.desk.port)) as line:
            line.sendall(head[:cut])
        self.settled()

    def settled(self) -> None:
        """Wait until what was sent is done, or refused: the night stays as it is."""
        nights = [self.desk.night() for _ in range(4)]
        while nights[-1] != nights[-4]:
            nights.append(self.desk.night())

    def kill_job(self) -> None:
        """Plan again, and stop it, or be killed, at any moment."""
        if self.desk.ask("api/start", {"job": "again"}).status == 200:
            time.sleep(self.rng.random() * 4)
            self.desk.ask("api/stop", {})

    def kill_server(self, edit: dict[str, Any]) -> None:
        """Kill the server while it makes an edit, and start it again."""

        def send() -> None:
            try:
                self.desk.ask("api/edit", edit)
            except (OSError, http.client.HTTPException):
                return  # It was killed.

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(self.rng.random() * 0.4)
        self.desk.end(signal.SIGKILL)
        sender.join()
        self.start()


@pytest.fixture
def user(
    folder: Path, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[User]:
    window = Window(browser, tmp_path)
    made = User(folder, request.param, window)
    yield made
    made.end()


def drawn(page: Page) -> list[str]:
    """Return shift, vehicle, stop and times of each visit that the page shows."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".patrol li")].map((row) =>
        row.querySelector("[data-key^='drop|']").dataset.key.slice(5) + "|"
        + row.querySelector(".when").textContent)"""
    )
    return found


def rows(shown: dict[str, Any]) -> list[str]:
    """Return the same of what the desk or the folder says."""
    return [
        f"{one['shift']}|{one['vehicle']}|{stop['stop']}|{stop['arrival']}–{stop['departure']}"
        for one in shown["patrols"]
        for stop in one["stops"]
    ]


def totals(page: Page) -> list[float]:
    """Return need in per cent, minutes and stops as the page shows them."""
    told = page.locator("#sum b").inner_text().replace(",", "")
    return [*map(float, re.findall(r"[\d.]+", told))]


def in_folder(folder: Path) -> dict[str, Any]:
    """Return the night as a program that reads the folder alone shows it."""
    shown = Night(Office(Desk(folder=folder, no_log=True))).shown()
    return {name: value for name, value in shown.items() if name != "saved"}


def same(page: dict[str, Any], folder: dict[str, Any]) -> bool:
    """Return whether the page has the steps, the times and the figures of the folder."""

    def times(shown: dict[str, Any]) -> list[Any]:
        return [
            (
                one["shift"],
                one["vehicle"],
                stop["stop"],
                stop["arrival"],
                stop["locked"],
            )
            for one in shown["patrols"]
            for stop in one["stops"]
        ]

    alike = ("date", "figures", "vehicles", "can_undo", "edited", "map")
    same_faults = len(page["faults"]) == len(folder["faults"])
    return (
        same_faults
        and times(page) == times(folder)
        and all(page[name] == folder[name] for name in alike)
    )


@pytest.mark.parametrize(
    ("user", "sequences"),
    [(1, 2), pytest.param(2, 200, marks=pytest.mark.proof)],
    indirect=["user"],
)
def test_nothing_is_torn_or_lost(user: User, sequences: int) -> None:
    """After every sequence the page is what a new program reads of the folder; so is its file."""
    done: dict[str, int] = {}
    for number in range(1, sequences + 1):
        user.begin()
        for _ in range(ACTIONS):
            what = user.act()
            done[what] = done.get(what, 0) + 1
        user.page.reload()
        user.page.wait_for_selector("body[data-ready]")
        page, folder = user.desk.night(), in_folder(user.folder)
        assert same(page, folder)
        assert drawn(user.page) == rows(folder)
        need, minutes, stops = totals(user.page)
        figures = folder["figures"]
        assert need == pytest.approx(100 * figures["need"], abs=0.051)
        assert minutes == pytest.approx(figures["minutes"], abs=0.51)
        assert stops == figures["stops"]
        print(f"{number} sequences: {done}", flush=True)
        there = user.folder / "desk" / office.STATE
        if there.exists():
            steps = edit_steps.STEPS.validate_python(
                json.loads(there.read_text("utf-8"))["steps"]
            )
            kept = office.Kept("", tuple(steps), datetime.now(UTC))
            assert page["can_undo"] == (len(kept.steps) > office.FIRST)
    assert len(done) > 3, done
