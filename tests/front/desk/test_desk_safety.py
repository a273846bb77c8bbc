"""Who reaches the desk: one user, one browser; nothing that others could send gets through."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import pwd
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from tools import desks, offices, programs
from tools.desks import StartedDesk

from mitrovica.desk import safety

pytestmark = pytest.mark.usefixtures("generalised")

REFUSED = {401, 403, 404, 405, 413, 415}


@pytest.fixture(scope="module")
def desk(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    folder = tmp_path_factory.mktemp("office")
    with desks.started(offices.with_study(generalised_run[0], folder)) as desk:
        assert desk.enter().status == 200
        yield desk


def test_the_key_opens_once_and_what_it_gives_is_the_browser_s_alone(
    desk: StartedDesk,
) -> None:
    assert stat.S_IMODE(desk.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.key_file.parent.stat().st_mode) == 0o700
    spent, before = desk.key, desk.cookie
    first = desk.enter(spent)
    assert first.status == 200
    cookie = first.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", f"Path=/{desk.secret}/"):
        assert part in cookie
    assert spent not in desk.key_file.read_text("utf-8")
    assert desk.enter(spent).status == 403
    assert desk.enter("").status == 403
    # Who had it before is out.
    assert desk.ask("api/night", headers={"Cookie": before}).status == 401
    assert desk.ask("api/night").status == 200
    for name in ("cache-control", "content-security-policy", "x-content-type-options"):
        assert desk.ask().headers[name] in {"no-store", safety.POLICY, "nosniff"}
    assert not {
        name for name in desk.ask().headers if name.startswith("access-control")
    }


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Cookie": ""}, None),
        ({"Cookie": "desk{port}=wrong"}, None),
        ({"Cookie": "desk{port}="}, None),
        ({"Host": "evil.example"}, None),
        ({"Host": "evil.example:{port}"}, None),
        ({"Host": "localhost:{port}"}, None),
        ({"Host": "127.0.0.1"}, None),
        ({"Origin": "http://evil.example"}, None),
        ({"Origin": "http://127.0.0.1:1"}, None),
        ({"Origin": "null"}, {}),
        ({"Origin": ""}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Content-Type": "text/plain"}, {}),
        ({"Content-Type": "application/x-www-form-urlencoded"}, {}),
        ({"x-desk-tab": ""}, {}),
        (
            {
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Key": "x" * 24,
                "Sec-WebSocket-Version": "13",
                "Origin": "http://evil.example",
            },
            None,
        ),
    ],
)
@pytest.mark.parametrize("address", ["", "api/night", "api/edit", "map/run"])
def test_a_request_of_another_page_gets_nothing(
    desk: StartedDesk, address: str, headers: dict[str, str], body: object
) -> None:
    filled = {
        name: value.replace("{port}", str(desk.port)) for name, value in headers.items()
    }
    answer = desk.ask(address, body, headers=filled)
    assert answer.status in REFUSED
    assert len(answer.body) < 20


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(desk: StartedDesk, method: str) -> None:
    assert desk.ask("api/night", method=method).status == 405


def test_paths_lead_nowhere_but_to_listed_files(desk: StartedDesk) -> None:
    (desk.folder / "secret.txt").write_text("secret")
    (desk.folder / "out" / "secret.txt").write_text("secret")
    (desk.folder / "out" / "link.csv").symlink_to("/etc/passwd")
    listed = desk.ask("files/run/patrol_plan.csv")
    assert listed.status == 200
    names = [
        "../secret.txt",
        "secret.txt",
        "link.csv",
        "../desk/open.html",
        "..",
        ".",
        "",
        "/etc/passwd",
        "//etc/passwd",
        "....//secret.txt",
        "patrol_plan.csv/../secret.txt",
        "..\\secret.txt",
        "%2e%2e/secret.txt",
        "manifest.json\0",
        "patrol_plan.csv\0.html",
        "layers/../../secret.txt",
        "study.gpkg-wal",
    ]
    for where, name, coded in itertools.product(
        ("run", "plan", "draft", "desk", "..", "out"), names, (0, 1, 2)
    ):
        path = name
        for _ in range(coded):
            path = quote(path, safe="")
        try:
            answer = desk.ask(f"files/{where}/{path}")
        except (http.client.HTTPException, OSError):
            continue  # No such request can be made.
        assert answer.status in {400, 404}, (where, path)
        assert b"secret" not in answer.body
    outside = [
        "/",
        "/api/night",
        "/desk/",
        f"//{desk.secret}/api/night",
        f"/x/../{desk.secret}/",
        "/favicon.ico",
        "/robots.txt",
        f"/{desk.secret}",
        f"/{desk.secret.swapcase()}/",
        "http://evil.example/",
        f"/%2e/{desk.secret}/",
    ]
    for path in outside:
        assert desk.ask(path, whole=True).status in {400, 403, 404}, path


def test_a_map_that_somebody_changed_is_not_shown(desk: StartedDesk) -> None:
    assert desk.ask("map/run").status == 200
    path = desk.folder / "out" / "map.html"
    whole = path.read_bytes()
    path.write_bytes(whole + b"<script>alert(1)</script>")
    try:
        assert desk.ask("map/run").status == 404
    finally:
        path.write_bytes(whole)


def test_what_is_too_large_or_no_edit_is_refused(desk: StartedDesk) -> None:
    before = desk.night()
    size = {"Content-Length": str(10**9)}
    with socket.create_connection(("127.0.0.1", desk.port), timeout=30) as line:
        head = (
            f"POST /{desk.secret}/api/edit HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n"
            f"Origin: {desk.origin}\r\nCookie: {desk.cookie}\r\nx-desk-tab: test\r\n"
            f"Content-Type: application/json\r\nContent-Length: {size['Content-Length']}\r\n\r\n"
        )
        line.sendall(head.encode())
        assert b" 413 " in line.recv(100)
    # Without its length, and without an end.
    with socket.create_connection(("127.0.0.1", desk.port), timeout=30) as line:
        endless = re.sub(r"Content-Length: \d+", "Transfer-Encoding: chunked", head)
        line.sendall(endless.encode())
        chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        with suppress(OSError):
            for _ in range(100):
                line.sendall(chunk)
        assert b" 413 " in line.recv(100)
    assert desk.ask("api/edit", raw=b"x" * 65_537).status == 413
    assert desk.ask("api/edit", raw=b"[" * 60_000).status == 400
    for wrong in (
        [],
        1,
        "drop",
        {},
        {"kind": "drop"},
        {"kind": "planned", "routes": [], "where": "run"},
        {"kind": "drop", "stop": 3},
        {"kind": "drop", "stop": "x" * 1000},
        {"kind": "drop", "stop": "bus_station_mitrovica", "more": 1},
        {"kind": "vehicles", "vehicles": 10**9},
        {"kind": "hours", "shift": "no", "start": "1", "end": "2"},
        {"kind": "add", "stop": "../x", "shift": "evening", "vehicle": 1},
        {"kind": "night", "date": "2026-13-45"},
        {"kind": "close_road", "road": '"]\nvehicles = 9'},
    ):
        assert desk.ask("api/edit", wrong).status == 400, wrong
    assert desk.ask("api/start", {"job": "rm -rf"}).status == 400
    assert desk.night() == before


@pytest.mark.parametrize(
    "requests", [500, pytest.param(10_000, marks=pytest.mark.proof)]
)
def test_many_requests_without_a_cookie_get_nothing_and_stop_nothing(
    desk: StartedDesk, requests: int
) -> None:
    def one(number: int) -> int:
        try:
            return desk.ask(
                "api/night", headers={"Cookie": f"desk{desk.port}={number}"}
            ).status
        except OSError:
            return 503  # It takes so many at once and no more.

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(one, range(requests)))
    assert statuses <= {401, 503}
    assert desk.ask("api/night").status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the superuser to be another user")
def test_another_user_of_the_machine_gets_nothing(desk: StartedDesk) -> None:
    """Knowing the port alone, or the address too: the folder of the key is not theirs to read."""
    nobody = pwd.getpwnam("nobody")

    def attack() -> None:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        for path in ("/", f"/{desk.secret}/", f"/{desk.secret}/api/night"):
            answer = desk.ask(path, headers={"Cookie": ""}, whole=True)
            print(answer.status, len(answer.body) < 20)
        try:
            print(desk.key_file.read_text("utf-8"))
        except PermissionError:
            print("not readable")

    done = programs.run(attack)
    told = done.stdout.splitlines()
    expected = ["404 True", "401 True", "401 True", "not readable"]
    assert told == expected, done.stderr


def test_it_listens_on_this_machine_alone(desk: StartedDesk) -> None:
    tables = [Path(f"/proc/net/tcp{six}") for six in ("", "6")]
    lines = [
        line.split()
        for table in tables
        if table.exists()
        for line in table.read_text().splitlines()[1:]
    ]
    port = f"{desk.port:04X}"
    listening = [
        one[1] for one in lines if one[1].endswith(f":{port}") and one[3] == "0A"
    ]
    assert listening == [f"0100007F:{port}"]


@pytest.mark.parametrize("starts", [3, pytest.param(200, marks=pytest.mark.proof)])
def test_who_has_the_key_is_answered_however_soon_it_is_used(
    generalised_run: tuple[Path, str], tmp_path: Path, starts: int
) -> None:
    """The file with the key is there when the port is open, and not before."""
    folder = offices.with_study(generalised_run[0], tmp_path / "office")
    file = folder / "desk" / "open.html"
    refused = 0
    for _ in range(starts):
        file.unlink(missing_ok=True)
        copy = desks.begin(folder)
        while (address := desks.address_of(file)) is None:
            assert copy.poll() is None
        try:
            socket.create_connection(("127.0.0.1", address[0])).close()
        except ConnectionRefusedError:
            refused += 1
        copy.send_signal(signal.SIGKILL)
        copy.communicate(timeout=desks.PATIENCE_S)
    assert refused == 0


# ----------------------------------------------------------------------
# The door by itself


def test_after_a_quarter_of_an_hour_without_use_nobody_is_in(tmp_path: Path) -> None:
    time_now = [0.0]
    door = safety.Door(80, tmp_path / "open.html", lambda: time_now[0])
    door.renew()
    cookie = door.enter(door.key)
    assert cookie

    def asked(*headers: tuple[bytes, bytes]) -> tuple[int, str] | None:
        brought = f"{door.cookie_name}={cookie}".encode()
        all_headers = [(b"host", door.host.encode()), (b"cookie", brought), *headers]
        path = f"/{door.folder}/api/job"
        return door.refusal(
            {"type": "http", "method": "GET", "path": path, "headers": all_headers}
        )

    use = (safety.ACT, b"tab")
    time_now[0] = safety.IDLE_S - 1
    assert asked(use) is None
    time_now[0] += safety.IDLE_S - 1
    # That the page asks how a job goes is no use of it.
    assert asked() is None
    time_now[0] += 2
    assert asked(use) == (401, "locked")
    assert asked(use) == (401, "locked")
    assert door.enter(door.key)


# ----------------------------------------------------------------------
# A browser


@pytest.mark.browser
def test_a_page_of_another_site_can_do_nothing_with_the_cookie_in_the_browser(
    desk: StartedDesk, browser: Browser, tmp_path: Path
) -> None:
    """Form, picture, script, frame, fetch and socket, each from a browser that has the cookie."""
    context = browser.new_context()
    own = context.new_page()
    own.goto(desk.key_file.as_uri())
    own.wait_for_url(f"{desk.origin}/{desk.secret}/")
    before = desk.key
    address = f"{desk.origin}/{desk.secret}"
    evil = tmp_path / "evil.html"
    edit = json.dumps({"kind": "vehicles", "vehicles": 9})
    evil.write_text(
        f"""<!DOCTYPE html><body><img src="{address}/map/run"><iframe src="{address}/"></iframe>
        <script src="{address}/static/desk.js"></script>
        <form method="post" enctype="text/plain" target="f" action="{address}/api/edit">
        <input name='{edit.replace("'", "&#39;")}'></form><iframe name="f"></iframe>
        <script>globalThis.told = [];
        document.forms[0].submit();
        for (const mode of ["cors", "no-cors"]) fetch("{address}/api/edit", {{ method: "POST",
          mode, credentials: "include", body: {json.dumps(edit)} }})
          .then((a) => told.push(a.type + a.status), () => told.push("refused"));
        fetch("{address}/api/night", {{ credentials: "include", mode: "no-cors" }})
          .then((a) => told.push(a.type + a.status), () => told.push("refused"));
        const socket = new WebSocket("{address.replace("http", "ws")}/api/night");
        socket.onopen = () => told.push("socket open");
        socket.onerror = () => told.push("no socket");</script>""",
        "utf-8",
    )
    statuses: dict[str, set[int]] = {}
    page = context.new_page()
    page.on(
        "response",
        lambda answer: statuses.setdefault(answer.url, set()).add(answer.status),
    )
    page.goto(evil.as_uri())
    until = time.monotonic() + 20
    while len(page.evaluate("told")) < 4 and time.monotonic() < until:
        page.wait_for_timeout(50)
    told = page.evaluate("told")
    assert "socket open" not in told
    assert not [one for one in told if one.startswith(("basic", "cors"))]
    ours = {url: found for url, found in statuses.items() if url.startswith(address)}
    assert all(found <= REFUSED for found in ours.values()), ours
    expected = own.locator("#vehicles")
    assert (
        own.evaluate(
            "fetch('api/night?tab=x').then((a) => a.json()).then((a) => a.vehicles)"
        )
        == 2
    )
    del expected
    assert desk.key == before
    context.close()
    assert desk.enter().status == 200
