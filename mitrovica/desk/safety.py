"""Who may use the desk: the user who started it, on this machine, in one browser.

Every request names a secret folder in its path and brings a cookie that came of a key.  The key is
in a file that only the user can read; it opens once, then the file has another.  After
`IDLE_S` without use the cookie is worth nothing.  What another page could send (a form, a picture,
a socket) is refused by the headers that a browser puts on it.
"""

import html
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layers.files import atomic

IDLE_S: Final = 15 * 60
"""Seconds without use after which the desk is locked."""
LARGEST: Final = 65_536
"""Bytes that a request may have."""
LARGEST_FILE: Final = 50_000_000
"""Bytes that a file may have which is dropped on a page."""
DROP: Final = "drop/"
"""Beginning of the addresses that take a file: it is the body of the request, as it is."""
ENTER: Final = "enter"
"""The page that takes the key."""
ACT: Final = b"x-desk-tab"
"""Header of what a user does, with the tab in which it was done."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of the desk's own pages."""

HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What every answer has."""


@dataclass
class Door:
    """The way in: a key that opens once, then a cookie."""

    port: int
    file: Path
    """Opened in the browser, it hands in the key."""
    clock: Callable[[], float] = time.monotonic
    folder: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    """The secret folder of every path."""
    key: str = ""
    cookie: str = ""
    """What the browser brings; empty while nobody is in."""
    used: float = 0.0
    """When the desk was last used."""

    @property
    def host(self) -> str:
        """What the browser calls this machine."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        """Where pages of the desk come from."""
        return f"http://{self.host}"

    @property
    def cookie_name(self) -> str:
        """Name of the cookie: desks beside each other have one each."""
        return f"desk{self.port}"

    def renew(self) -> None:
        """Write a file with a new key, for its owner only."""
        self.key = secrets.token_urlsafe(32)
        address = html.escape(f"{self.origin}/{self.folder}/{ENTER}")
        page = (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Desk</title>'
            f'<form method="post" action="{address}">'
            f'<input type="hidden" name="key" value="{self.key}">'
            "<button>Open the desk</button></form>"
            "<script>document.forms[0].submit()</script></html>\n"
        )
        atomic.write_private(self.file, page)

    def enter(self, key: str) -> str | None:
        """Return the cookie that a key is worth, once; None for a wrong or a spent one."""
        if not self.key or not compare_digest(key.encode(), self.key.encode()):
            return None
        self.cookie = secrets.token_urlsafe(32)
        self.used = self.clock()
        self.renew()
        return self.cookie

    def lock(self) -> None:
        """Let nobody in any more without a new key."""
        self.cookie = ""

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the reason for which a request is refused; None if it is not."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        fault = self._fault(scope, headers)
        if fault is not None:
            return fault
        is_entering = scope["path"] == f"/{self.folder}/{ENTER}"
        if is_entering:
            return None if scope["method"] == "POST" else (405, "method")
        if not self._brings_cookie(headers.get(b"cookie", [])):
            return 401, "locked"
        if self.clock() - self.used > IDLE_S:
            self.lock()
            return 401, "locked"
        mode = headers.get(b"sec-fetch-mode", [b""])[0]
        if ACT in headers or mode == b"navigate":
            self.used = self.clock()
        return None

    def _fault(
        self, scope: Scope, headers: dict[bytes, list[bytes]]
    ) -> tuple[int, str] | None:
        """Return what is wrong with a request whoever sends it."""
        if headers.get(b"host") != [self.host.encode()]:
            return 403, "host"
        if not scope["path"].startswith(f"/{self.folder}/"):
            return 404, "path"
        if scope["method"] not in ("GET", "POST"):
            return 405, "method"
        entering = scope["path"] == f"/{self.folder}/{ENTER}"
        origins = headers.get(b"origin", [])
        allowed = [self.origin.encode()]
        if entering:
            allowed.append(b"null")  # Of a page that is a file.
        if any(origin not in allowed for origin in origins):
            return 403, "origin"
        if scope["method"] == "POST" and len(origins) != 1:
            return 403, "origin"
        sites = headers.get(b"sec-fetch-site", [])
        if not entering and any(
            site not in (b"same-origin", b"none") for site in sites
        ):
            return 403, "site"
        if scope["method"] == "POST" and not entering:
            kind = b"octet-stream" if self.takes_file(scope) else b"json"
            if headers.get(b"content-type") != [b"application/" + kind]:
                return 415, "type"
            if ACT not in headers:
                return 403, "tab"
        length = headers.get(b"content-length", [b"0"])[-1]
        if not length.isdigit() or int(length) > self.largest(scope):
            return 413, "size"
        return None

    def takes_file(self, scope: Scope) -> bool:
        """Return whether a request brings a file."""
        return str(scope["path"]).startswith(f"/{self.folder}/{DROP}")

    def largest(self, scope: Scope) -> int:
        """Return how many bytes a request may have."""
        return LARGEST_FILE if self.takes_file(scope) else LARGEST

    def _brings_cookie(self, cookies: list[bytes]) -> bool:
        start = f"{self.cookie_name}=".encode()
        brought = [
            part.strip().removeprefix(start)
            for line in cookies
            for part in line.split(b";")
            if part.strip().startswith(start)
        ]
        return bool(self.cookie) and any(
            compare_digest(value, self.cookie.encode()) for value in brought
        )


class TooLargeError(Exception):
    """A request is larger than it may be."""


class Guard:
    """The door before every page: it lets nothing through that `Door.refusal` refuses."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self.door.refusal(scope)
        if refused is not None:
            await _refuse(send, *refused)
            return
        receive = _limited(receive, self.door.largest(scope))
        await self.app(scope, receive, _with_headers(send))


def _limited(receive: Receive, most: int) -> Receive:
    """Return a receiver that takes no more than so many bytes."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLargeError
        return message

    return take


def _with_headers(send: Send) -> Send:
    """Return a sender that puts `HEADERS`, and a policy where there is none, on each answer."""

    async def put(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *HEADERS]
            names = {name.lower() for name, _ in headers}
            if b"content-security-policy" not in names:
                headers.append((b"content-security-policy", POLICY.encode()))
            message = {**message, "headers": headers}
        await send(message)

    return put


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = reason.encode()
    headers = [
        *HEADERS,
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", b"default-src 'none'"),
        (b"connection", b"close"),
    ]
    start = {"type": "http.response.start", "status": status}
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})
