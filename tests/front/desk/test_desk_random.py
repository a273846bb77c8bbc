"""Random use of the desk: nothing is torn or lost, whatever is killed; the page is the folder."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tools import desks

from mitrovica.desk import drafting, office
from mitrovica.desk.asked import Desk
from mitrovica.desk.night import Night
from mitrovica.desk.office import Office

ACTIONS = 8
"""What is done in a sequence, before something may be killed."""


@pytest.fixture(scope="module")
def folder(
    bundled_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return desks.office(bundled_run[0], tmp_path_factory.mktemp("random"))


class User:
    """Somebody who edits at random, with a desk that may be killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self.desk = desks.start(folder)
        self.desk.enter()

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
                "server",
                "job",
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
            self.desk.enter()
            assert self.desk.night() == before
        elif what == "window":
            self.kill_window(self.edit(before))
        elif what == "job":
            self.kill_job()
        else:
            self.kill_server(self.edit(before))
        return what

    def kill_window(self, edit: dict[str, Any]) -> None:
        """Send an edit from a window that is killed before it hears the answer."""
        body = json.dumps(edit).encode()
        head = (
            f"POST /{self.desk.secret}/api/edit HTTP/1.1\r\nHost: 127.0.0.1:{self.desk.port}\r\n"
            f"Origin: {self.desk.origin}\r\nCookie: {self.desk.cookie}\r\nx-desk-tab: test\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        cut = self.rng.choice(
            (len(head), len(head), self.rng.randint(1, len(head)))
        )
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
        self.desk = desks.start(self.folder)
        self.desk.enter()


@pytest.fixture
def user(folder: Path, request: pytest.FixtureRequest) -> Iterator[User]:
    made = User(folder, request.param)
    yield made
    made.desk.end(signal.SIGKILL)


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

    alike = (
        "date",
        "figures",
        "vehicles",
        "can_undo",
        "edited",
        "map",
    )
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
    for _ in range(sequences):
        for _ in range(ACTIONS):
            what = user.act()
            done[what] = done.get(what, 0) + 1
        page = user.desk.night()
        assert same(page, in_folder(user.folder))
        there = user.folder / "desk" / office.STATE
        if there.exists():
            steps = drafting.STEPS.validate_python(
                json.loads(there.read_text("utf-8"))["steps"]
            )
            kept = office.Kept("", tuple(steps), datetime.now(UTC))
            assert page["can_undo"] == (len(kept.steps) > office.FIRST)
    assert len(done) > 3, done
