"""Busy public servers, asked in turn: bounded in attempts and in time, and it says why."""

import html
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import platformdirs
import requests
import urllib3

from layers.files.filenames import PROGRAM

T = TypeVar("T")

USER_AGENT: Final = f"{PROGRAM}/{version(PROGRAM)}"

BUSY: Final = (408, 425, 429, 500, 502, 503, 504)
"""HTTP codes after which the same server is worth another attempt."""


class DownloadError(RuntimeError):
    """No server gave a usable answer; the message says what each of them did."""


class AnswerError(ValueError):
    """An answer is not what was asked for."""


@dataclass(frozen=True)
class Limits:
    """How patient the program is with one server."""

    attempts: int = 4
    connect_s: float = 10.0
    """Until the connection stands."""
    silence_s: float = 200.0
    """Between two bytes; a server may work on a query for 180 s before the first."""
    total_s: float = 600.0
    """For the body of an answer."""
    first_wait_s: float = 2.0
    """Before the second attempt; doubled before each further one, and a little more at random."""
    longest_wait_s: float = 120.0
    """Also where a server asks to wait for longer."""
    most_bytes: int = 1_000_000_000


PATIENT: Final = Limits()

Progress = Callable[[str], None]
"""Takes a line that says what the program is doing."""


def default_cache() -> Path:
    """Return the folder in which answers are kept."""
    return Path(platformdirs.user_cache_dir(PROGRAM))


def ask(
    urls: Sequence[str],
    method: Literal["GET", "POST"],
    query: Mapping[str, str | int],
    read: Callable[[bytes], T],
    *,
    name: str = "query 1 of 1",
    limits: Limits = PATIENT,
    progress: Progress = lambda _: None,
) -> tuple[T, str]:
    """Return what `read` makes of the first answer that it accepts, and the address that gave it.

    `read` takes the body of an answer, and raises `AnswerError` where it cannot be used; `name` is
    for messages.  A busy server is asked again after the time that it names, or ever longer ones.
    Raises `DownloadError` if every server has been asked in vain.
    """
    failures = []
    for url in urls:
        server = urlsplit(url).netloc or url
        progress(f"{name}: asking {server}")
        try:
            return read(_body(url, method, query, limits)), url
        except (AnswerError, OSError, urllib3.exceptions.HTTPError) as error:
            failures.append(f"{server}: {_reason(error)}")
            progress(f"{name}: {failures[-1]}; this server is given up")
    raise DownloadError(
        f"{name} was not answered: {'; '.join(failures)}. Fix: check that this computer is online, "
        "or try again later"
    )


def _body(url: str, method: str, query: Mapping[str, str | int], limits: Limits) -> bytes:
    """Return the body of a 200 answer."""
    retry = urllib3.Retry(
        limits.attempts - 1, connect=1, allowed_methods=None, status_forcelist=BUSY,
        backoff_factor=limits.first_wait_s, backoff_jitter=limits.first_wait_s,
        backoff_max=limits.longest_wait_s, retry_after_max=int(limits.longest_wait_s),
        raise_on_status=False,
    )  # fmt: skip
    adapter = requests.adapters.HTTPAdapter(max_retries=retry)
    filled: dict[str, Any] = {"params" if method == "GET" else "data": dict(query)}
    body = bytearray()
    with requests.Session() as session:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.headers["User-Agent"] = USER_AGENT
        with session.request(
            method, url, **filled, timeout=(limits.connect_s, limits.silence_s),
            allow_redirects=False, stream=True,
        ) as response:  # fmt: skip
            end = time.monotonic() + limits.total_s
            # What has arrived, without waiting for a full block: a slow body is seen to be slow.
            while piece := response.raw.read1(1 << 16, decode_content=True):
                body += piece
                if time.monotonic() > end or len(body) > limits.most_bytes:
                    raise AnswerError(
                        f"not complete after {limits.total_s:g} s and {len(body):,} bytes"
                    )
    if response.status_code != requests.codes.ok:
        moved = f" to {response.headers['location']}" if response.is_redirect else ""
        message = f"HTTP {response.status_code} {response.reason}{moved}"
        raise AnswerError(f"{message} {plain_text(bytes(body))}".strip())
    return bytes(body)


def text_of(body: bytes) -> str:
    """Return a body of data as text; raise `AnswerError` if it is none."""
    if not body.strip():
        raise AnswerError("empty answer")
    if re.search(rb"(?i)<!doctype|<html", body[:1000]):
        raise AnswerError(f"a web page instead of data: {plain_text(body)}")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AnswerError(f"damaged: byte {error.start:,} is not UTF-8") from error


def plain_text(body: bytes) -> str:
    """Return the first words of a body that is text or HTML, for a message of one line."""
    text = body[:4000].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text)
    return " ".join(html.unescape(text).split())[:160]


def _reason(error: Exception) -> str:
    """Return what lies behind an error of the transport, on one line."""
    cause = error.args[0] if error.args else error
    return " ".join(str(getattr(cause, "reason", cause)).split())[:300]
