"""A client that asks busy public servers: bounded in attempts and in time, and it says why.

Each attempt runs in a thread of its own, so that no server, however slow in name lookup,
headers or body, can hold the caller longer than the total limit.
"""

from __future__ import annotations

import html
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import platformdirs
import requests
import urllib3
from requests.exceptions import (
    ConnectTimeout,
    ContentDecodingError,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ReadTimeout,
    SSLError,
)

from layers.filenames import PROGRAM

T = TypeVar("T")

USER_AGENT: Final = f"{PROGRAM}/{version(PROGRAM)}"

BUSY: Final = (408, 425, 429, 500, 502, 503, 504)
"""HTTP codes after which the same server is worth another attempt."""

TICK_S: Final = 0.25
"""How often progress is reported while an answer is awaited."""


class DownloadError(RuntimeError):
    """No server gave a usable answer; the message says what each of them did."""


class AttemptError(Exception):
    """One attempt failed.

    Attributes
    ----------
    retry : bool
        Whether the same server may do better on the next attempt.
    wait_s : float or None
        How long the server asks to wait.
    """

    def __init__(self, message: str, *, retry: bool = True, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.retry = retry
        self.wait_s = wait_s


class DoubtfulAnswerError(AttemptError, Generic[T]):
    """An answer that is believed only if no other server has a better one."""

    def __init__(self, message: str, answer: T) -> None:
        super().__init__(message, retry=False)
        self.answer = answer


@dataclass(frozen=True)
class Limits:
    """How patient the client is with one server."""

    connect_s: float = 10.0
    """Until the connection stands."""
    silence_s: float = 200.0
    """Between two bytes; a server may work on a query for 180 s before the first."""
    total_s: float = 600.0
    """For the whole of one attempt, name lookup to last byte."""
    first_wait_s: float = 2.0
    """Before the second attempt; doubled before each further one, less up to half at random."""
    longest_wait_s: float = 120.0
    """A server that asks for more is given up."""
    most_bytes: int = 1_000_000_000


PATIENT: Final = Limits()


@dataclass(frozen=True)
class Event:
    """What the client is doing, for a display of progress."""

    kind: Literal["cached", "asking", "receiving", "waiting", "next_server", "answered"]
    query: int
    """Number of the query, from 1."""
    queries: int
    server: str = ""
    attempt: int = 0
    attempts: int = 0
    seconds: float = 0.0
    """Since the attempt began, or until the next one when waiting."""
    received: int = 0
    """Bytes so far."""
    error: str = ""
    """What went wrong, where something did."""

    def __str__(self) -> str:
        """Return one line: which query, what happened, what next."""
        attempt = f"{self.server}, attempt {self.attempt} of {self.attempts}"
        text = {
            "cached": "answer kept from before",
            "asking": f"asking {attempt}",
            "receiving": f"{attempt}: {self.received / 1e6:.1f} MB after {self.seconds:.0f} s",
            "waiting": f"{attempt}: {self.error}; again in {self.seconds:.0f} s",
            "next_server": f"{attempt}: {self.error}; this server is given up",
            "answered": f"{self.server} answered, {self.received / 1e6:.1f} MB",
        }
        return f"query {self.query} of {self.queries}: {text[self.kind]}"


Progress = Callable[[Event], None]


def quiet(event: Event) -> None:
    """Report no progress."""


def default_cache() -> Path:
    """Return the folder in which answers are kept."""
    return Path(platformdirs.user_cache_dir(PROGRAM))


@dataclass(frozen=True)
class Client(Generic[T]):
    """Asks servers in turn until one gives an answer that `read` accepts.

    Attributes
    ----------
    method : {"GET", "POST"}
    read : callable
        Takes the body of a 200 answer and returns what it holds; raises `AttemptError` on one that
        cannot be used and `DoubtfulAnswerError` on one that may be wrong.
    attempts : int
        At each server.
    """

    method: Literal["GET", "POST"]
    read: Callable[[bytes], T]
    attempts: int = 4
    limits: Limits = PATIENT
    progress: Progress = quiet

    def ask(
        self,
        urls: Sequence[str],
        query: Mapping[str, str | int],
        number: int = 1,
        queries: int = 1,
    ) -> tuple[T, str]:
        """Return the answer to `query` and the address that gave it.

        Raises
        ------
        DownloadError
            If every server has been tried in vain.
        """
        failures: list[str] = []
        doubtful: tuple[T, str] | None = None
        for url in urls:
            server = urlsplit(url).netloc or url
            for attempt in range(1, self.attempts + 1):
                event = Event("asking", number, queries, server, attempt, self.attempts)
                try:
                    return self._attempt(url, query, event), url
                except AttemptError as error:
                    if isinstance(error, DoubtfulAnswerError):
                        doubtful = doubtful or (error.answer, url)
                    if not self._wait(error, event):
                        failures.append(f"{server}: {error}")
                        break
        if doubtful is not None:
            return doubtful
        raise DownloadError(
            f"query {number} of {queries} was not answered, with {self.attempts} attempts at most "
            f"at each server: {'; '.join(failures)}"
        )

    def _wait(self, error: AttemptError, event: Event) -> bool:
        """Wait for the next attempt at the same server; return whether there is to be one."""
        longest_s = self.limits.longest_wait_s
        pause_s = error.wait_s
        if pause_s is None:
            back_off = self.limits.first_wait_s * 2.0 ** (event.attempt - 1)
            pause_s = min(back_off, longest_s) * random.uniform(0.5, 1.0)
        if error.retry and event.attempt < self.attempts and pause_s <= longest_s:
            self.progress(replace(event, kind="waiting", seconds=pause_s, error=str(error)))
            time.sleep(pause_s)
            return True
        self.progress(replace(event, kind="next_server", error=str(error)))
        return False

    def _attempt(self, url: str, query: Mapping[str, str | int], event: Event) -> T:
        """Make one attempt, in a thread, for as long as the total limit allows."""
        self.progress(event)
        transfer = _Transfer(self.method, url, query, self.limits)
        began = time.monotonic()
        while not wait([transfer.future], TICK_S).done:
            seconds = time.monotonic() - began
            if seconds > self.limits.total_s:
                transfer.abandoned.set()
                raise AttemptError(
                    f"answer not complete after {self.limits.total_s:g} s "
                    f"({transfer.received:,} bytes received)"
                )
            received = transfer.received
            self.progress(replace(event, kind="receiving", seconds=seconds, received=received))
        answer = self.read(transfer.future.result())
        self.progress(replace(event, kind="answered", received=transfer.received))
        return answer


class _Transfer:
    """One request in a thread of its own, which ends with the process."""

    def __init__(
        self, method: str, url: str, query: Mapping[str, str | int], limits: Limits
    ) -> None:
        self.future: Future[bytes] = Future()
        self.abandoned = threading.Event()
        self.received = 0
        self._call = (method, url, query)
        self._limits = limits
        threading.Thread(target=self._run, name=f"ask {url}", daemon=True).start()

    def _run(self) -> None:
        try:
            self.future.set_result(self._body())
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self.future.set_exception(_in_plain_words(error, self._limits))
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
            self.future.set_exception(error)

    def _body(self) -> bytes:
        method, url, query = self._call
        pieces: list[bytes] = []
        with requests.request(
            method,
            url,
            params=dict(query) if method == "GET" else None,
            data=dict(query) if method == "POST" else None,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json, application/xml"},
            timeout=(self._limits.connect_s, self._limits.silence_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            # What has arrived, without waiting for a full block: a slow body is seen to be slow.
            while piece := response.raw.read1(1 << 16, decode_content=True):
                pieces.append(piece)
                self.received += len(piece)
                if self.abandoned.is_set():
                    raise AttemptError("given up")
                if self.received > self._limits.most_bytes:
                    raise AttemptError(f"more than {self._limits.most_bytes:,} bytes", retry=False)
        body = b"".join(pieces)
        if response.status_code != requests.codes.ok:
            raise _status_error(response, body)
        return body


def _status_error(response: requests.Response, body: bytes) -> AttemptError:
    code = response.status_code
    message = f"HTTP {code} {response.reason or ''}".strip()
    if response.is_redirect:
        return AttemptError(f"{message}: moved to {response.headers['location']}", retry=False)
    retry = code in BUSY
    wait_s = _retry_after(response.headers.get("Retry-After")) if retry else None
    if wait_s is not None:
        message += f", asks to wait {wait_s:.0f} s"
    if text := plain_text(body):
        message += f" ({text})"
    return AttemptError(message, retry=retry, wait_s=wait_s)


def plain_text(body: bytes) -> str:
    """Return the first words of a body that is text or HTML, for a message of one line."""
    text = body[:4000].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text)
    short = " ".join(html.unescape(text).split())
    return short if len(short) <= 160 else f"{short[:157]}..."


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header: a number, or a date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _in_plain_words(error: Exception, limits: Limits) -> AttemptError:
    """Say in plain words what an error of the transport means."""
    text = str(error)
    if isinstance(error, (SSLError, urllib3.exceptions.SSLError)):
        why = re.search(r"certificate verify failed: (.*?) \(_ssl", text)
        return AttemptError(
            f"certificate not accepted ({why[1] if why else text[:100]}); check the date of this "
            "computer and whether the network asks for a log-in",
            retry=False,
        )
    if isinstance(error, (InvalidURL, InvalidSchema, MissingSchema)):
        return AttemptError(f"is no web address ({text})", retry=False)
    if isinstance(error, ConnectTimeout):
        message = f"no connection within {limits.connect_s:g} s"
    elif isinstance(error, (ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
        message = f"silent for {limits.silence_s:g} s"
    elif "NameResolutionError" in text or "getaddrinfo" in text:
        message = "name not found; check that this computer is online"
    elif "refused" in text:
        message = "connection refused"
    elif isinstance(error, (ContentDecodingError, urllib3.exceptions.DecodeError)):
        message = "compressed answer is damaged"
    else:
        message = "connection broken off before the answer was complete"
    return AttemptError(message)
