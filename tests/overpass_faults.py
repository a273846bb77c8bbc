"""Ways in which a server, or the road to it, fails; each with the words that the user reads."""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from overpass_server import Handler, answer


def status(code: int, text: str = "", headers: dict[str, str] | None = None) -> Callable[..., bool]:
    def fault(handler: Handler) -> bool:
        handler.reply(text.encode(), code, headers, content_type="text/html")
        return True

    return fault


def body(make: Callable[[Handler], bytes], *, declared: int = 0) -> Callable[..., bool]:
    """Answer 200 with any bytes; `declared` more are promised than come."""

    def fault(handler: Handler) -> bool:
        content = make(handler)
        handler.reply(content, length=len(content) + declared)
        if declared:
            handler.close_connection = True
        return True

    return fault


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[..., bool]:
    """Answer 200 with the right answer, changed."""

    def make(handler: Handler) -> bytes:
        content = json.loads(whole(handler))
        replaced = change(content)
        return json.dumps(content if replaced is None else replaced).encode()

    return body(make)


def whole(handler: Handler) -> bytes:
    return json.dumps(answer(handler.query)).encode()


def raw(*pieces: bytes, pause_s: float = 0.0, then: str = "close") -> Callable[..., bool]:
    """Write to the wire as it is, with a pause after each piece."""

    def fault(handler: Handler) -> bool:
        handler.close_connection = True
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            handler.server.sleep(pause_s)
        if then == "silence":
            handler.server.sleep(60)
        if then == "reset":
            handler.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            os.close(handler.connection.detach())
        return True

    return fault


def date_in(seconds: float) -> Callable[..., bool]:
    def fault(handler: Handler) -> bool:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return status(503, "busy", {"Retry-After": when})(handler)

    return fault


def endless(handler: Handler) -> bool:
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    while not handler.server.ended.is_set():
        handler.wfile.write(b" " * 65536)
    return True


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{'elements': [{,\r\n10\r\nab"
GZIPPED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 64\r\n\r\n"
PORTAL = b"<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body>Please log in</body></html>"


@dataclass(frozen=True)
class Case:
    """A fault of the server, what the user reads, and whether another attempt is made there."""

    fault: Callable[[Handler], bool]
    says: str
    retried: bool = True


CASES = {
    "bad request": Case(status(400, "<p>Error: line 1: parse error</p>"), "HTTP 400 .*parse error",
                        False),
    "forbidden": Case(status(403), "HTTP 403", False),
    "not found": Case(status(404), "HTTP 404", False),
    "moved": Case(status(302, "", {"Location": "http://127.0.0.1:9/"}), "moved to http", False),
    "no content": Case(status(206), "HTTP 206", False),
    "too many requests": Case(status(429), "HTTP 429"),
    "wait a little": Case(status(429, "", {"Retry-After": "0"}), "HTTP 429 .*asks to wait 0 s"),
    "wait an hour": Case(status(429, "", {"Retry-After": "3600"}), "asks to wait 3600 s", False),
    "wait until": Case(date_in(0), "HTTP 503 .*asks to wait 0 s"),
    "wait until tomorrow": Case(date_in(86400), r"asks to wait 86\d\d\d s", False),
    "wait for nonsense": Case(status(503, "", {"Retry-After": "soon"}), "HTTP 503"),
    "server error": Case(status(500), "HTTP 500"),
    "bad gateway": Case(status(502), "HTTP 502"),
    "gateway time-out": Case(status(504, "<p>The server is probably too busy</p>"),
                             "HTTP 504 .*too busy"),
    "query timed out": Case(changed(lambda a: a.update(remark="runtime error: Query timed out")),
                            "the server gave up: runtime error: Query timed out"),
    "out of memory": Case(changed(lambda a: a.update(remark="runtime error: out of memory")),
                          "the server gave up: .*out of memory"),
    "cut off": Case(body(lambda h: whole(h)[:-40]), "cut off"),
    "closed half-way": Case(body(lambda h: whole(h)[:5000], declared=9000), "broken off"),
    "chunk broken off": Case(raw(CHUNKED), "broken off"),
    "reset half-way": Case(raw(HEAD, b"{" * 2000, pause_s=0.1, then="reset"), "broken off"),
    "web page": Case(body(lambda _: PORTAL), "a web page instead of data: Please log in"),
    "empty answer": Case(body(lambda _: b""), "empty answer"),
    "nothing found": Case(changed(lambda a: a.update(elements=[])), "nothing found", False),
    "byte a tick": Case(raw(HEAD, *[b" "] * 600, pause_s=0.1), "not complete after 1 s"),
    "header a byte a tick": Case(raw(*[b"H"] * 600, pause_s=0.1), "not complete after 1 s"),
    "silent": Case(raw(then="silence"), "silent for 0.6 s"),
    "silent half-way": Case(raw(HEAD, b"{}", then="silence"), "silent for 0.6 s"),
    "endless": Case(endless, "more than 3,000,000 bytes", False),
    "not UTF-8": Case(body(lambda _: '{"elements": ["Ibër"]}'.encode("cp1252")), "is not UTF-8"),
    "damaged gzip": Case(raw(GZIPPED, gzip.compress(b"x" * 900)[:10] + b"\x07" * 54),
                         "compressed answer is damaged"),
    "no HTTP": Case(raw(b"SSH-2.0-OpenSSH\r\n"), "broken off"),
    "other JSON": Case(changed(lambda a: [a]), "no answer of Overpass", False),
    "nested JSON": Case(body(lambda _: b"[" * 200_000), "no JSON"),
    "two answers": Case(body(lambda h: whole(h) * 2), "no JSON from character"),
    "way without nodes": Case(changed(lambda a: a["elements"].pop(1) and None),
                              "lacks some of its nodes"),
    "nowhere": Case(changed(lambda a: a["elements"][0].update(lat=999)), "malformed element"),
    "no id": Case(changed(lambda a: a["elements"][0].pop("id") and None), "malformed element"),
}  # fmt: skip
