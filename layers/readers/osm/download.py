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
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import platformdirs
import requests
import urllib3

T = TypeVar("T")

USER_AGENT: Final = f"mitrovica-corridors/{version('mitrovica-corridors')}"

BUSY: Final = (408, 425, 429, 500, 502, 503, 504)
"""HTTP codes after which the same server is worth another attempt."""

TICK_S: Final = 0.25
"""How often progress is reported while an answer is awaited."""


class DownloadError(RuntimeError):
    """No server gave a usable answer; the message says what each of them did."""


class Fault(Exception):  # noqa: N818 - it becomes a DownloadError once nothing is left to try
    """One attempt failed.

    Attributes
    ----------
    retry : bool
        Whether the same server may do better on the next attempt.
    wait_s : float or None
        How long the server asks to be left alone.
    """

    def __init__(self, what: str, *, retry: bool = True, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.retry = retry
        self.wait_s = wait_s


class Doubtful(Fault, Generic[T]):
    """An answer that is believed only if no other server has a better one."""

    def __init__(self, what: str, answer: T) -> None:
        super().__init__(what, retry=False)
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
    """What the client is doing, for whoever draws the progress."""

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
    what: str = ""
    """What went wrong, where something did."""

    def __str__(self) -> str:
        """Return one line: which query, what happened, what next."""
        try_ = f"{self.server}, attempt {self.attempt} of {self.attempts}"
        said = {
            "cached": "answer kept from before",
            "asking": f"asking {try_}",
            "receiving": f"{try_}: {self.received / 1e6:.1f} MB after {self.seconds:.0f} s",
            "waiting": f"{try_}: {self.what}; again in {self.seconds:.0f} s",
            "next_server": f"{try_}: {self.what}; this server is given up",
            "answered": f"{self.server} answered, {self.received / 1e6:.1f} MB",
        }
        return f"query {self.query} of {self.queries}: {said[self.kind]}"


Progress = Callable[[Event], None]


def quiet(event: Event) -> None:
    """Report no progress."""


def default_cache() -> Path:
    """Return the folder in which answers are kept."""
    return Path(platformdirs.user_cache_dir("mitrovica-corridors"))


@dataclass(frozen=True)
class Client(Generic[T]):
    """Asks servers in turn until one gives an answer that `read` accepts.

    Attributes
    ----------
    method : {"GET", "POST"}
    read : callable
        Takes the body of a 200 answer and returns what it holds; raises `Fault` on one that
        cannot be used and `Doubtful` on one that may be wrong.
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
                    answer = self._attempt(url, query, event)
                except Fault as fault:
                    if isinstance(fault, Doubtful):
                        doubtful = doubtful or (fault.answer, url)
                    if self._again(fault, event):
                        continue
                    failures.append(f"{server}: {fault}")
                    break
                else:
                    return answer, url
        if doubtful is not None:
            return doubtful
        raise DownloadError(
            f"query {number} of {queries} was not answered, with {self.attempts} attempts at most "
            f"at each server: {'; '.join(failures)}"
        )

    def _again(self, fault: Fault, event: Event) -> bool:
        """Wait for the next attempt at the same server; tell whether there is to be one."""
        back_off = self.limits.first_wait_s * 2.0 ** (event.attempt - 1)
        pause = min(back_off, self.limits.longest_wait_s) * random.uniform(0.5, 1.0)
        if fault.wait_s is not None:
            pause = fault.wait_s
        again = fault.retry and event.attempt < self.attempts
        again &= pause <= self.limits.longest_wait_s
        kind: Literal["waiting", "next_server"] = "waiting" if again else "next_server"
        self.progress(_like(event, kind, seconds=pause if again else 0.0, what=str(fault)))
        if again:
            time.sleep(pause)
        return again

    def _attempt(self, url: str, query: Mapping[str, str | int], event: Event) -> T:
        """Make one attempt, in a thread, for as long as the total limit allows."""
        self.progress(event)
        transfer = _Transfer(self.method, url, query, self.limits)
        began = time.monotonic()
        while not wait([transfer.future], TICK_S).done:
            seconds = time.monotonic() - began
            if seconds > self.limits.total_s:
                transfer.abandoned.set()
                raise Fault(
                    f"answer not complete after {self.limits.total_s:g} s "
                    f"({transfer.received:,} bytes received)"
                )
            self.progress(_like(event, "receiving", seconds=seconds, received=transfer.received))
        answer = self.read(transfer.future.result())
        self.progress(_like(event, "answered", received=transfer.received))
        return answer


class _Transfer:
    """One request in a thread of its own, which ends with the process."""

    def __init__(
        self, method: str, url: str, query: Mapping[str, str | int], limits: Limits
    ) -> None:
        self.future: Future[bytes] = Future()
        self.abandoned = threading.Event()
        self.received = 0
        self._request = requests.Request(
            method,
            url,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            **{"params" if method == "GET" else "data": dict(query)},
        )
        self._limits = limits
        threading.Thread(target=self._run, name=f"ask {url}", daemon=True).start()

    def _run(self) -> None:
        try:
            self.future.set_result(self._body())
        except Fault as fault:
            self.future.set_exception(fault)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self.future.set_exception(_fault(error, self._limits))
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
            self.future.set_exception(error)

    def _body(self) -> bytes:
        with requests.Session() as session:
            request = session.prepare_request(self._request)
            settings = session.merge_environment_settings(request.url, {}, True, None, None)
            with session.send(
                request,
                timeout=(self._limits.connect_s, self._limits.silence_s),
                allow_redirects=False,
                **settings,
            ) as response:
                return self._read(response)

    def _read(self, response: requests.Response) -> bytes:
        pieces: list[bytes] = []
        # What has arrived, without waiting for a full block: a slow body is seen to be slow.
        while piece := response.raw.read1(1 << 16, decode_content=True):
            pieces.append(piece)
            self.received += len(piece)
            if self.abandoned.is_set():
                raise Fault("given up")
            if self.received > self._limits.most_bytes:
                raise Fault(f"more than {self._limits.most_bytes:,} bytes", retry=False)
        body = b"".join(pieces)
        if response.status_code != requests.codes.ok:
            raise _status_fault(response, body)
        return body


def _like(event: Event, kind: Literal["receiving", "waiting", "next_server", "answered"],
          **changes: float | str) -> Event:  # fmt: skip
    return Event(**{**vars(event), "kind": kind, **changes})


def _status_fault(response: requests.Response, body: bytes) -> Fault:
    code, reason = response.status_code, response.reason or ""
    what = f"HTTP {code} {reason}".strip()
    if response.is_redirect:
        return Fault(f"{what}: moved to {response.headers['location']}", retry=False)
    said = plain_text(body)
    retry = code in BUSY
    wait_s = _retry_after(response.headers.get("Retry-After")) if retry else None
    if wait_s is not None:
        what += f", asks to wait {wait_s:.0f} s"
    return Fault(f"{what} ({said})" if said else what, retry=retry, wait_s=wait_s)


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


def _fault(error: Exception, limits: Limits) -> Fault:
    """Say in plain words what an error of the transport means."""
    seen, text = error, str(error)
    if isinstance(seen, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)):
        why = re.search(r"certificate verify failed: (.*?) \(_ssl", text)
        return Fault(
            f"certificate not accepted ({why[1] if why else text[:100]}); check the date of this "
            "computer and whether the network asks for a log-in",
            retry=False,
        )
    if isinstance(seen, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema,
                         requests.exceptions.MissingSchema)):  # fmt: skip
        return Fault(f"is no web address ({text})", retry=False)
    if isinstance(seen, requests.exceptions.ConnectTimeout):
        return Fault(f"no connection within {limits.connect_s:g} s")
    if isinstance(seen, (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
        return Fault(f"silent for {limits.silence_s:g} s")
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return Fault("name not found; check that this computer is online")
    if "refused" in text:
        return Fault("connection refused")
    if isinstance(seen, (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError)):
        return Fault("compressed answer is damaged")
    return Fault("connection broken off before the answer was complete")
