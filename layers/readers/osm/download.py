"""A client that asks busy public servers: bounded in attempts and in time, and it says why.

Each attempt runs in a thread of its own, so that no server, however slow in name lookup,
headers or body, can hold the caller longer than the total limit.
"""

import html
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import platformdirs
import requests
import urllib3
from requests import exceptions as failed

from layers.filenames import PROGRAM

T = TypeVar("T")

USER_AGENT: Final = f"{PROGRAM}/{version(PROGRAM)}"

BUSY: Final = (408, 425, 429, 500, 502, 503, 504)
"""HTTP codes after which the same server is worth another attempt."""


class DownloadError(RuntimeError):
    """No server gave a usable answer; the message says what each of them did."""


class AttemptError(Exception):
    """One attempt failed; `retry` says whether the same server may do better on the next one.

    `wait_s` is how long the server asks to wait, or None.  An `answer` is believed only if no
    other server has a better one.
    """

    def __init__(
        self, message: str, *, retry: bool = True, wait_s: float | None = None, answer: Any = None
    ) -> None:
        super().__init__(message)
        self.retry, self.wait_s, self.answer = retry, wait_s, answer


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

    kind: Literal["asking", "waiting", "next_server"]
    text: str
    """One line: which query, which server, what happened, what next."""
    wait_s: float = 0.0
    """Until the next attempt, when waiting."""


Progress = Callable[[Event], None]


def quiet(event: Event) -> None:
    """Report no progress."""


def default_cache() -> Path:
    """Return the folder in which answers are kept."""
    return Path(platformdirs.user_cache_dir(PROGRAM))


@dataclass(frozen=True)
class Client(Generic[T]):
    """Asks servers in turn until one gives an answer that `read` accepts."""

    method: Literal["GET", "POST"]
    read: Callable[[bytes], T]
    """Takes the body of a 200 answer and returns what it holds; raises `AttemptError`, with the
    answer where it may be wrong but can be used."""
    attempts: int = 4
    """At each server."""
    limits: Limits = PATIENT
    progress: Progress = quiet

    def ask(
        self, urls: Sequence[str], query: Mapping[str, str | int], name: str = "query 1 of 1"
    ) -> tuple[T, str]:
        """Return the answer to `query` and the address that gave it; `name` is for messages.

        Raises `DownloadError` if every server has been tried in vain.
        """
        failures: list[str] = []
        doubtful: tuple[T, str] | None = None
        for url in urls:
            server = urlsplit(url).netloc or url
            for attempt in range(1, self.attempts + 1):
                title = f"{name}: {server}, attempt {attempt} of {self.attempts}"
                self.progress(Event("asking", f"{title}: asking"))
                try:
                    return self._attempt(url, query), url
                except AttemptError as error:
                    if error.answer is not None:
                        doubtful = doubtful or (error.answer, url)
                    if not self._wait(error, attempt, f"{title}: {error}"):
                        failures.append(f"{server}: {error}")
                        break
        if doubtful is not None:
            return doubtful
        raise DownloadError(
            f"{name} was not answered, with {self.attempts} attempts at most at each server: "
            f"{'; '.join(failures)}"
        )

    def _wait(self, error: AttemptError, attempt: int, text: str) -> bool:
        """Wait for the next attempt at the same server; return whether there is to be one."""
        longest_s = self.limits.longest_wait_s
        pause_s = error.wait_s
        if pause_s is None:
            back_off = self.limits.first_wait_s * 2.0 ** (attempt - 1)
            pause_s = min(back_off, longest_s) * random.uniform(0.5, 1.0)
        if error.retry and attempt < self.attempts and pause_s <= longest_s:
            self.progress(Event("waiting", f"{text}; again in {pause_s:.0f} s", pause_s))
            time.sleep(pause_s)
            return True
        self.progress(Event("next_server", f"{text}; this server is given up"))
        return False

    def _attempt(self, url: str, query: Mapping[str, str | int]) -> T:
        """Make one attempt, in a thread that ends with the process."""
        body: Future[bytes] = Future()

        def transfer() -> None:
            try:
                body.set_result(self._body(url, query))
            except BaseException as error:  # noqa: BLE001 - raised again by `result`
                body.set_exception(error)

        threading.Thread(target=transfer, name=f"ask {url}", daemon=True).start()
        try:
            content = body.result(self.limits.total_s)
        except TimeoutError as error:
            raise AttemptError(_too_slow(self.limits)) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _in_plain_words(error, self.limits) from error
        return self.read(content)

    def _body(self, url: str, query: Mapping[str, str | int]) -> bytes:
        """Return the body of a 200 answer."""
        end = time.monotonic() + self.limits.total_s
        body = bytearray()
        with requests.request(
            self.method,
            url,
            params=dict(query) if self.method == "GET" else None,
            data=dict(query) if self.method == "POST" else None,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json, application/xml"},
            timeout=(self.limits.connect_s, self.limits.silence_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            # What has arrived, without waiting for a full block: a slow body is seen to be slow.
            while piece := response.raw.read1(1 << 16, decode_content=True):
                body += piece
                if time.monotonic() > end:
                    raise AttemptError(_too_slow(self.limits))
                if len(body) > self.limits.most_bytes:
                    raise AttemptError(f"more than {self.limits.most_bytes:,} bytes", retry=False)
        if response.status_code != requests.codes.ok:
            raise _status_error(response, bytes(body))
        return bytes(body)


def _too_slow(limits: Limits) -> str:
    return f"answer not complete after {limits.total_s:g} s"


def _status_error(response: requests.Response, body: bytes) -> AttemptError:
    code = response.status_code
    message = f"HTTP {code} {response.reason or ''}".strip()
    if response.is_redirect:
        return AttemptError(f"{message}: moved to {response.headers['location']}", retry=False)
    retry = code in BUSY
    wait_s = _retry_after(response.headers.get("Retry-After", "")) if retry else None
    if wait_s is not None:
        message += f", asks to wait {wait_s:.0f} s"
    if text := plain_text(body):
        message += f" ({text})"
    return AttemptError(message, retry=retry, wait_s=wait_s)


def text_of(body: bytes) -> str:
    """Return a body of data as text; raise `AttemptError` if it is none."""
    if not body.strip():
        raise AttemptError("empty answer")
    if re.search(rb"(?i)<!doctype|<html", body[:1000]):
        raise AttemptError(f"a web page instead of data: {plain_text(body)}")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AttemptError(f"damaged: byte {error.start:,} is not UTF-8") from error


def plain_text(body: bytes) -> str:
    """Return the first words of a body that is text or HTML, for a message of one line."""
    text = body[:4000].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text)
    short = " ".join(html.unescape(text).split())
    return short if len(short) <= 160 else f"{short[:157]}..."


def _retry_after(value: str) -> float | None:
    """Return the seconds of a ``Retry-After`` header: a number, or a date (RFC 9110, 10.2.3)."""
    try:
        return urllib3.Retry().parse_retry_after(value)
    except urllib3.exceptions.InvalidHeader:
        return None


def _in_plain_words(error: Exception, limits: Limits) -> AttemptError:
    """Say in plain words what an error of the transport means."""
    text, other = str(error), urllib3.exceptions
    why = re.search(r"certificate verify failed: (.*?) \(_ssl", text)
    distrusted = (
        f"certificate not accepted ({why[1] if why else text[:100]}); check the date of this "
        "computer and whether the network asks for a log-in"
    )
    # Where no name is found, the same name again tells nothing new.
    offline = "name not found; check that this computer is online"
    no_address = failed.InvalidURL, failed.InvalidSchema, failed.MissingSchema
    silent = failed.ReadTimeout, other.ReadTimeoutError
    damaged = failed.ContentDecodingError, other.DecodeError
    for kinds, words, message, retry in (
        ((failed.SSLError, other.SSLError), "", distrusted, False),
        (no_address, "", f"is not a web address ({text})", False),
        (Exception, "NameResolutionError|getaddrinfo", offline, False),
        (failed.ConnectTimeout, "", f"no connection within {limits.connect_s:g} s", True),
        (silent, "", f"silent for {limits.silence_s:g} s", True),
        (Exception, "refused", "connection refused", True),
        (damaged, "", "compressed answer is damaged", True),
    ):
        if isinstance(error, kinds) and re.search(words, text):
            return AttemptError(message, retry=retry)
    return AttemptError("connection broken off before the answer was complete")
