"""Random use of an office's pages: files are whole, and what the desk said is done is there."""

from __future__ import annotations

import http.client
import json
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pytest
import shapely
from logs.visit_pages import plan
from servers.small_snapshot import make
from studies import kinds
from tools import desks, offices

from geo.schema import FACILITIES, WGS84
from layers.files import listing
from layers.files import vault as own
from layers.files.filenames import MANIFEST
from layers.readers import study as studies
from layers.readers.osm import snapshots
from mitrovica import log as logs
from mitrovica import story
from mitrovica.intake import study_sightings
from mitrovica.intake.row_files import file_name
from mitrovica.log import imports
from mitrovica.log.current import latest
from mitrovica.releases import partners, register

MESSY: Final = Path(__file__).parents[2] / "data" / "messy"
FILE: Final = {"Content-Type": "application/octet-stream"}
SAID: Final = {
    "columns": {
        "Kad": "date_from",
        "y": "lat",
        "x": "lon",
        "Koliko ih je bilo": "group",
        "Ko prijavljuje": "",
    },
    "fill": {"id": "row", "kind": "sighting", "uncertainty_m": "500"},
    "dates": "dmy",
}
BBOX: Final = "20.55,42.75,21.2,43.25"
TODAY: Final = datetime.now(UTC).date()
SOON: Final = f"{TODAY + timedelta(days=60)}"
LONG_AGO: Final = TODAY - timedelta(days=500)
PURGE: Final = {"do": "purge", "before": f"{TODAY}", "preview": False}
VISITED: Final = {
    "outcome": "done",
    "arrived": "19:00",
    "left": "19:20",
    "groups": "1",
    "size_1": "5_9",
}
WHAT: Final = (
    "sightings", "sightings", "log", "log", "setup", "partners",
    "brief", "releases", "releases", "fetch", "new",
)  # fmt: skip
LONGEST_JOB_S: Final = 4
SETTLED_S: Final = 20
"""For so long what nobody hears of may take."""
BEGUN_S: Final = 3
"""And for so long a job that nobody hears of may take to begin."""
EXTRACTS: Final = ("a.osm", "b.osm")
WAYS: Final = ("whole",) * 3 + ("window",) * 2 + ("server",) * 4 + ("job",)
"""How a request is sent: heard to its end, or with a kill of window, desk or a job."""


@dataclass(frozen=True)
class Kept:
    """What an office keeps, as a program that reads its folder alone finds it."""

    title: str
    """Of its study; empty, as all of it, before there is one."""
    phone: str
    vehicles: int
    places: frozenset[str]
    sightings: Mapping[str, int]
    forms: frozenset[str]
    outcomes: Mapping[str, tuple[str, ...]]
    """Of the pages of each stop, in order."""
    groups: int
    tracks: frozenset[float]
    """Latitudes on which they begin."""
    sizes_long_ago: int
    partners: frozenset[str]
    briefs: frozenset[str]
    releases: Mapping[str, bool]
    """Whether each is recalled."""
    snapshots: frozenset[str]


NO_STUDY: Final = ("", "", 0, frozenset(), {}, frozenset())


def of_study(folder: Path) -> tuple[Any, ...]:
    """Read what a study keeps."""
    if not (folder / "study.toml").exists():
        assert not [*folder.glob("[!.]*")]
        return NO_STUDY
    study = studies.read(folder)
    rows = {
        path.stem: len(path.read_text("utf-8").splitlines()) - 1
        for path in (folder / "sightings").glob("[!.]*.csv")
    }
    found = study_sightings.check(study, now=datetime.now(UTC))
    assert found.faults == []
    assert len(found.accepted) == sum(rows.values())
    return (
        study.about.name,
        study.settings.phone,
        study.params.patrols.vehicles,
        frozenset(study.places["id"]),
        rows,
        frozenset(path.stem for path in (folder / "forms").glob("[!.]*.toml")),
    )


def of_releases(folder: Path) -> dict[str, bool]:
    """Read the releases: each is in the register and in a whole folder, or in neither."""
    file = folder / "register.jsonl"
    everywhere = register.known(file)
    entries = {entry.id: entry.recalled for entry in register.read(file)}
    assert {entry.id for entry in everywhere} == {*entries}
    made = [*folder.glob("release-*")]
    assert {path.name for path in made} == {f"release-{one}" for one in entries}
    for path in made:
        for name, digest in listing.outputs(path / MANIFEST).items():
            assert listing.sha256(path / name) == digest
    for name, is_recalled in entries.items():
        assert not is_recalled or (folder / f"recall-{name}.md").is_file()
    return entries


def of_briefs(folder: Path) -> frozenset[str]:
    """Read the briefs: each page, and each print of it, is whole."""
    files = [*(folder / "brief").glob("[!.]*")]
    ends = {".html": b"</html>", ".pdf": b"%%EOF"}
    for path in files:
        assert path.read_bytes().rstrip().endswith(ends[path.suffix]), path
    return frozenset(path.name for path in files)


def kept(folder: Path) -> Kept:
    """Read all that an office keeps; every file of it is whole."""
    log = logs.retention.of_study(folder / "log.gpkg", offices.AREA)
    every = logs.store.read(folder / "log.gpkg")
    pages = latest(every.visits)
    spots = pages["date"] + pages["shift"] + pages["stop"]
    sized = log.groups[log.groups["month"] == f"{LONG_AGO:%Y-%m}"]
    listed = partners.read(folder / partners.FILE, TODAY)
    store = folder / "store"
    assert snapshots.damaged(store) == []
    stored = [one.id for one in snapshots.list_all(store)]
    assert all(len(snapshots.load(store, one).roads) for one in stored)
    return Kept(
        *of_study(folder / "study"),
        {spot: tuple(sorted(rows["outcome"])) for spot, rows in pages.groupby(spots)},
        len(log.groups),
        frozenset(line.coords[0][1] for line in every.tracks.geometry),
        int((sized["size_class"] != "unknown").sum()),
        frozenset(partner.organisation for partner in listed),
        of_briefs(folder),
        of_releases(folder),
        frozenset(stored),
    )


def comments(folder: Path) -> set[str]:
    """Return the comments of `study.toml` that are sentences, not keys to be uncommented."""
    text = (folder / "study" / "study.toml").read_text("utf-8")
    return {
        comment.strip()
        for line in text.splitlines()
        for comment in line.partition("#")[2:]
        if comment.strip() and " = " not in comment and "[" not in comment
    }


def gpx(lat: float) -> bytes:
    """Return a track of ten minutes along the stops of the night before the last."""
    begin = datetime.combine(TODAY - timedelta(days=2), datetime.min.time())
    fixes = "".join(
        f'<trkpt lat="{lat}" lon="{20.8 + n / 3000:.5f}"><time>'
        f"{begin + timedelta(hours=18, seconds=10 * n):%FT%TZ}</time></trkpt>"
        for n in range(60)
    )
    return f"<gpx><trk><trkseg>{fixes}</trkseg></trk></gpx>".encode()


@pytest.fixture(scope="module")
def fresh(
    followed: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An office with a study, a run, a snapshot, and a log with two nights, one long ago."""
    folder = tmp_path_factory.mktemp("fresh") / "office"
    layers = make("small")
    names = {f"node/{n}": f"Clinic {n}" for n in range(1, 6)}
    rows = [
        {"id": id_, "kind": "clinic", "name": name,
         "geometry": shapely.Point(20.8 + n / 100, 42.9)}
        for n, (id_, name) in enumerate(names.items())
    ]  # fmt: skip
    object.__setattr__(layers, "facilities", FACILITIES.geoframe(rows))
    snapshots.save(layers, folder / "store")
    assert isinstance(layers.facilities, gpd.GeoDataFrame)
    assert layers.facilities.crs == WGS84
    study = folder / "study"
    story.init(story.Init(folder=study, title=offices.AREA, bbox=BBOX))
    home, _ = followed
    shutil.copytree(home / "next", folder / "out")
    for name in ("network.geojson", "places.csv"):
        shutil.copy(home / "study" / name, study)
    for number, name in enumerate(EXTRACTS):
        without = ("", "river")[number]
        ways = study / "network.geojson"
        kinds.extract(ways, folder / name, without=without)
    settings = study / "study.toml"
    text = settings.read_text("utf-8")
    network = text.replace("# network = ", "network = ", 1)
    settings.write_text(network, "utf-8")
    named = story.OfStudy(folder=study, store=folder / "store")
    story.change_study(named, {"snapshot": "small"})
    log = folder / "log.gpkg"
    for day in (LONG_AGO, TODAY - timedelta(days=2)):
        stops = plan(1, f"{day}", offices.AREA)
        file = folder / "stops.csv"
        stops.assign(label=stops["stop_name"]).to_csv(file, index=False)
        imports.add(log, [file], now=datetime.now(UTC))
        file.unlink()
    nights = story.Nights(log=log, study=study, night=f"{LONG_AGO}")
    first = story.stops_of_night(nights)["stops"][0]["name"]
    page = {**VISITED, "arrived": "18:50", "left": "19:10"}
    told = story.TellVisit(log=log, study=study, stop=first, secret="s", answers=page)
    assert story.tell_visit(told).passed
    (folder / "register.jsonl").touch()
    assert kept(folder).sizes_long_ago == 1
    return folder


def fetched(extract: Path, store: Path) -> str:
    """Return the id of the snapshot that an extract becomes."""
    study = extract.parent / "study"
    story.fetch(story.Fetch(from_=f"{extract}", study=study, store=store))
    return snapshots.list_all(store)[0].id


@dataclass(frozen=True)
class Action:
    """A request, and what the office keeps once it is done."""

    address: str
    body: Any
    after: Kept
    asks: bool = False
    """Whether it may be refused; it changes nothing then."""
    told: tuple[str, str, int] | None = None
    """Stop, outcome and groups of a page."""
    is_job: bool = False
    between: tuple[Kept, ...] = ()
    """What it keeps while it is done, where that is several files, each whole."""


class Clerk:
    """Somebody who uses the pages of an office at random; windows, jobs and the desk are killed."""

    def __init__(self, fresh: Path, folder: Path) -> None:
        self.fresh = fresh
        self.folder = folder
        self.rng = random.Random()
        self.kills = 0
        self.done: dict[str, int] = {}
        self.last: tuple[str, str, Any] | None = None
        """The action before, for the message of one that fails."""
        self.told: dict[tuple[str, str], tuple[str, int]] = {}
        """Outcome and groups of pages, by what ties them to their corrections, and the stop."""
        shutil.copytree(fresh, folder)
        self.ids = {
            file: fetched(fresh / file, folder.with_name("fetched"))
            for file in EXTRACTS
        }
        """Ids of the snapshots that the extracts become."""
        self.start()

    def start(self) -> None:
        """Start the desk as another process."""
        store = ["--store", f"{self.folder / 'store'}"]
        self.desk = desks.start(self.folder, log=True, options=store)

    def begin(self, seed: int) -> None:
        """Have the office as it was at first, in one of five cases without a study."""
        self.rng.seed(seed)
        self.desk.end(signal.SIGKILL)
        shutil.rmtree(self.folder)
        shutil.rmtree(own.folder(), ignore_errors=True)
        shutil.copytree(self.fresh, self.folder)
        if self.rng.random() < 0.2:
            shutil.rmtree(self.folder / "study")
        self.told = {}
        self.found = kept(self.folder)
        self.start()
        self.enter()

    def enter(self) -> None:
        """Open the desk, and take the pen."""
        assert self.desk.enter().status == 200
        self.ask("api/job?tab=test")

    def end(self) -> None:
        """End all that it started."""
        if self.desk.process.poll() is None:
            self.desk.end(signal.SIGKILL)

    def ask(self, address: str) -> Any:
        """Return what a page shows."""
        answer = self.desk.ask(address)
        assert answer.status == 200, answer.body
        return answer.found

    @property
    def key(self) -> str:
        """What ties pages to their corrections until it is purged."""
        path = self.folder / "desk" / "pages.key"
        return path.read_text("utf-8") if path.exists() else ""

    # ---- What may be done -------------------------------------------------------------------

    def of_sightings(self, now: Kept) -> Action:
        """Drop a file, or do something with one that lies on the desk."""
        rng = self.rng
        lying = self.ask("api/sightings")["files"]
        if not lying or rng.random() < 0.2:
            name = rng.choice(("dezurni.xlsx", "patrulla.csv"))
            data = (MESSY / name).read_bytes()
            address = f"drop/sightings?name={rng.randint(1, 3)}-{name}"
            return Action(address, data, now)
        file = rng.choice(lying)
        at = {"file": file["file"]}
        is_asked = "xlsx" in file["name"] and not file["counts"]["used"]
        form = rng.choice(("Dežurni", "Noć", ""))
        read = {"do": "read", **at, "mapping": SAID, "name": form}
        forms = now.forms | ({file_name(form)} if form else set())
        if is_asked:
            after = replace(now, forms=forms)
            return Action("api/sightings/do", read, after)
        used = file["counts"]["used"]
        new = {file_name(file["name"]): used} if used else {}
        rows = {**now.sightings, **new}
        out = [rng.choice(file["rows"])["row"]] if file["rows"] else []
        mend = {"do": "mend", **at, "row": 9, "cells": {"4": "8-10"}}
        what, after = rng.choice(
            (
                ({"do": "take", **at}, replace(now, sightings=rows)),
                ({"do": "take", **at}, replace(now, sightings=rows)),
                ({"do": "leave", **at, "rows": out}, now),
                (mend, now),
                ({"do": "away", **at}, now),
            )
        )
        return Action("api/sightings/do", what, after, asks=not used)

    def of_log(self, now: Kept) -> Action:
        """Tell a visit, add or withdraw a track, or purge."""
        rng = self.rng
        if rng.random() < 0.3:
            lat = rng.choice((42.9, 42.901))
            if rng.random() < 0.6:
                after = replace(now, tracks=now.tracks | {lat})
                return Action("drop/log?name=a.gpx", gpx(lat), after)
            after = replace(now, tracks=now.tracks - {lat})
            is_wrong = lat not in now.tracks
            address = "drop/withdraw?name=a.gpx"
            return Action(address, gpx(lat), after, asks=is_wrong)
        if rng.random() < 0.3:
            preview = rng.random() < 0.5
            purge = {**PURGE, "preview": preview}
            after = now if preview else replace(now, sizes_long_ago=0)
            return Action("api/log/do", purge, after)
        shown = self.ask("api/log")
        stop = rng.choice(shown["stops"])
        hours = {"arrived": stop["arrive"], "left": stop["depart"]}
        answers, told = rng.choice(
            (
                ({**VISITED, **hours}, ("done", 1)),
                ({**VISITED, **hours, "groups": "0", "size_1": ""}, ("done", 0)),
                ({"outcome": "skipped", "skip_reason": "closed"}, ("skipped", 0)),
            )
        )  # fmt: skip
        tell = {
            "do": "tell",
            "night": shown["night"],
            "stop": stop["name"],
            "answers": answers,
        }
        spot = f"{shown['night']}{stop['shift']}{stop['stop']}"
        outcomes = [*now.outcomes.get(spot, ()), told[0]]
        before = self.told.get((self.key, spot))
        if before is not None:
            outcomes.remove(before[0])
        after = replace(
            now,
            outcomes={**now.outcomes, spot: tuple(sorted(outcomes))},
            groups=now.groups + told[1] - (before[1] if before else 0),
        )
        return Action("api/log/do", tell, after, told=(spot, *told))

    def of_setup(self, now: Kept) -> Action:
        """Change a text or a parameter, or tick places."""
        rng = self.rng
        what = rng.choice(("phone", "title", "vehicles", "wrong", "tick"))
        if what == "tick":
            ids = rng.sample([f"node/{n}" for n in range(1, 6)], 2)
            new = {f"clinic_{one}".replace("/", "_") for one in ids}
            after = replace(now, places=now.places | new)
            return Action("api/setup/do", {"do": "tick", "chosen": ids}, after)
        vehicles = rng.randint(1, 4)
        key, value, after = {
            "phone": ("phone", text := f"+383 {rng.randint(10, 99)}",
                      replace(now, phone=text)),
            "title": ("title", rng.choice((now.title, 'Valley "1" # north')), now),
            "vehicles": ("parameters.patrols.vehicles", vehicles, replace(now, vehicles=vehicles)),
            "wrong": ("parameters.patrols.vehicles", 0, now),
        }[what]  # fmt: skip
        # Nights of the log go by the title.
        is_wrong = what == "wrong" or (what == "title" and value != now.title)
        change = {"do": "change", "changes": {key: value}}
        return Action("api/setup/do", change, after, asks=is_wrong)

    def of_new(self, now: Kept) -> Action:
        """Make a study; that which is there stays."""
        new = {"do": "new", "title": offices.AREA, "bbox": BBOX}
        after = replace(now, title=offices.AREA, vehicles=2)
        is_there = bool(now.title)
        return Action("api/setup/do", new, after, asks=is_there)

    def of_fetch(self, now: Kept) -> Action:
        """Fetch ways from a file of the office's folder."""
        file = self.rng.choice(EXTRACTS)
        after = replace(now, snapshots=now.snapshots | {self.ids[file]})
        fetch = {"do": "fetch", "file": file}
        return Action("api/setup/do", fetch, after, is_job=True)

    def of_brief(self, now: Kept) -> Action:
        """Write a brief; of so few groups nobody else gets one."""
        month = f"{LONG_AGO:%Y-%m}"
        brief = {"do": "brief", "language": "en"}
        if self.rng.random() < 0.2:
            quarter = f"{LONG_AGO.year}-Q{(LONG_AGO.month + 2) // 3}"
            to = {"to": "Caritas", "purpose": "health", "until": SOON}
            partner = {**brief, **to, "tier": "partner", "period": quarter}
            refused = Action("api/leaving/do", partner, now, is_job=True)
            return replace(refused, asks=True)
        page = replace(now, briefs=now.briefs | {f"{month}.html"})
        after = replace(page, briefs=page.briefs | {f"{month}.pdf"})
        internal = {**brief, "tier": "internal", "period": month}
        return Action("api/leaving/do", internal, after, is_job=True, between=(page,))

    def of_releases(self, now: Kept) -> Action:
        """Release the run, once it was said what that tells, or recall a release."""
        rng = self.rng
        if now.releases and rng.random() < 0.3:
            name = rng.choice([*now.releases])
            after = replace(now, releases={**now.releases, name: True})
            recall = {"do": "recall", "name": name}
            return Action("api/leaving/do", recall, after)
        to = rng.choice(("Caritas", 'Doctors "1"', "Everybody"))
        tier = rng.choice(("partner", "public"))
        release = {
            "do": "release",
            "tier": tier,
            "to": to,
            "purpose": "health",
            "until": SOON,
        }
        draft = {**release, "draft": True}
        judge = Action("api/leaving/do", draft, now, is_job=True)
        passes = self.send(judge)
        granted = tier if to in now.partners else "public"
        begin = f"{TODAY}-{granted}-"
        number = sum(name.startswith(begin) for name in now.releases) + 1
        after = replace(now, releases={**now.releases, f"{begin}{number}": False})
        return Action(
            "api/leaving/do",
            {**release, "draft": False},
            after,
            asks=not passes,
            is_job=True,
        )

    def of_partners(self, now: Kept) -> Action:
        """Enter a partner, or take one out; the police are none."""
        name = self.rng.choice(('Doctors "1"', "Caritas", "Kosovo Police"))
        if self.rng.random() < 0.4:
            after = replace(now, partners=now.partners - {name})
            out = {"do": "partner", "organisation": name, "on": False}
            return Action("api/leaving/do", out, after)
        enter = {
            "do": "partner",
            "organisation": name,
            "kind": "health",
            "purpose": "health",
            "decided_by": ["coordinator", "data protection officer"],
            "until": SOON,
        }
        police = "Police" in name
        after = now if police else replace(now, partners=now.partners | {name})
        return Action("api/leaving/do", enter, after, asks=police)

    # ---- Doing it -----------------------------------------------------------------------------

    def act(self) -> None:
        """Do one thing, perhaps with a kill; what the office keeps is as before or as after."""
        now = self.found
        before = comments(self.folder) if now.title else set()
        what = self.rng.choice(WHAT if now.title else ("new",))
        action: Action = getattr(self, f"of_{what}")(now)
        how = self.rng.choice(WAYS)
        for name in (what, how):
            self.done[name] = self.done.get(name, 0) + 1
        if how == "window":
            self.kill_window(action)
            passed = None
        elif how == "server":
            passed = self.kill_server(action)
        elif how == "job" and action.is_job:
            passed = self.stop_job(action)
        else:
            passed = self.send(action)
        self.found = found = kept(self.folder)
        told = (what, how, action, passed, self.last)
        self.last = (how, action.address, action.body)
        if passed is None:
            assert found in (now, *action.between, action.after), told
        else:
            assert passed or action.asks, told
            assert found == (action.after if passed else now), told
        if action.told is not None and found == action.after:
            spot, outcome, groups = action.told
            self.told[self.key, spot] = (outcome, groups)
        if passed and action.body == PURGE:
            assert not (self.folder / "desk" / "pages.key").exists()
        if now.title:
            assert before <= comments(self.folder)

    def send(self, action: Action) -> bool:
        """Send a request; return whether it was done."""
        body = action.body
        if isinstance(body, bytes):
            answer = self.desk.ask(action.address, raw=body, headers=FILE)
        else:
            answer = self.desk.ask(action.address, body)
        assert answer.status in {200, 400}, (action, answer)
        if action.is_job and answer.status == 200:
            return self.end_of_job() == "done"
        found = answer.found
        return answer.status == 200 and not (
            isinstance(found, dict) and found.get("passed") is False
        )

    def end_of_job(self) -> str:
        """Return how the job ends."""
        while (job := self.ask("api/job")) and not job["end"]:
            time.sleep(0.05)
        return str(job["end"]) if job else ""

    def stop_job(self, action: Action) -> bool | None:
        """Start a job and stop it; return whether it had ended well before, None where not."""
        self.kills += 1
        answer = self.desk.ask(action.address, action.body)
        if answer.status == 400:
            return False
        time.sleep(LONGEST_JOB_S * self.rng.random())
        self.desk.ask("api/stop", {})
        return {"done": True, "failed": False}.get(self.end_of_job())

    def kill_window(self, action: Action) -> None:
        """Send it from a window that is killed before it hears the answer."""
        self.kills += 1
        is_file = isinstance(action.body, bytes)
        body = action.body if is_file else json.dumps(action.body).encode()
        kind = "application/octet-stream" if is_file else "application/json"
        head = (
            f"POST /{self.desk.secret}/{action.address} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.desk.port}\r\nOrigin: {self.desk.origin}\r\n"
            f"Cookie: {self.desk.cookie}\r\nx-desk-tab: test\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        cut = self.rng.choice((len(head), self.rng.randint(1, len(head))))
        job = self.ask("api/job")
        with socket.create_connection(("127.0.0.1", self.desk.port)) as line:
            line.sendall(head[:cut])
            time.sleep(self.rng.random() * 0.2)
        if cut < len(head):
            return  # Half a request is none.
        # What was sent whole is done, though nobody hears of it.
        until = time.monotonic() + SETTLED_S
        while kept(self.folder) != action.after and time.monotonic() < until:
            time.sleep(0.05)
        if action.is_job:
            # What is there already is made anew: the job begins though nothing has changed yet.
            until = time.monotonic() + BEGUN_S
            while self.ask("api/job") == job and time.monotonic() < until:
                time.sleep(0.05)
            self.end_of_job()

    def kill_server(self, action: Action) -> bool | None:
        """Kill the desk while it does it; return whether it said that it had, None where not."""
        self.kills += 1
        heard: list[bool] = []

        def send() -> None:
            try:
                heard.append(self.send(action))
            except (OSError, http.client.HTTPException):
                return  # It was killed.

        sender = threading.Thread(target=send)
        sender.start()
        longest_s = LONGEST_JOB_S if action.is_job else 0.5
        time.sleep(longest_s * self.rng.random() ** 2)
        self.desk.end(signal.SIGKILL)
        sender.join()
        self.start()
        self.enter()
        return heard[0] if heard else None


@pytest.mark.parametrize(
    ("first", "sequences", "actions"),
    [
        (0, 1, 5),
        *(
            pytest.param(first, 25, 12, marks=pytest.mark.proof)
            for first in range(1, 200, 25)
        ),
    ],
)
def test_what_an_office_was_told_is_done_is_kept(
    fresh: Path, tmp_path: Path, first: int, sequences: int, actions: int
) -> None:
    clerk = Clerk(fresh, tmp_path / "office")
    try:
        for seed in range(first, first + sequences):
            clerk.begin(seed)
            for _ in range(actions):
                clerk.act()
            print(f"seed {seed}: {clerk.done}, {clerk.kills} kills", flush=True)
    finally:
        clerk.end()
