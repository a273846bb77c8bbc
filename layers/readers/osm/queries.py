"""Ask the servers of OpenStreetMap by public functions of osmnx, in bounded time.

osmnx asks again for ever after 429 and 504, and reads a body for as long as bytes come.  So a
process of its own makes the calls (`layers.readers.osm.child`): it ends at a deadline, and then the
next server is asked.  It takes over what the user has set in ``osmnx.settings``; in this program
nothing is set.  What a server answers to a call is kept in a folder, whole or absent, which osmnx
reads as its cache.
"""

import hashlib
import json
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import platformdirs

from layers.files import atomic
from layers.files.filenames import PROGRAM
from layers.readers.osm import child

OVERPASS: Final = ("https://overpass-api.de/api", "https://overpass.private.coffee/api")
"""Public servers, in order of preference."""

DEADLINE_S: Final = 300.0
"""Seconds that a server has for a call: Overpass may work for 180, osmnx waits 55 when refused."""

MOST_BYTES: Final = 4 << 30
"""Memory that the process may hold: an answer without end is refused."""

WITH_SLOTS: Final = "overpass-api.de"
"""Server whose status says when to ask; for that of a server without slots osmnx waits for ever."""

UNSET: Final = {
    "cache_folder": "./cache",
    "doh_url_template": "https://8.8.8.8/resolve?name={hostname}",
    "http_user_agent": "OSMnx Python package (https://github.com/gboeing/osmnx)",
    "overpass_url": "https://overpass-api.de/api",
}
"""Values that osmnx comes with: the user has set none, and ours hold."""

IN_QUERY: Final = (
    "default_access",
    "max_query_area_size",
    "overpass_memory",
    "overpass_settings",
    "requests_timeout",
)
"""Settings that change what is asked."""

_FAULT: Final = re.compile(
    r"remarked: .*|Unable to (?:reach|parse) .*|returned HTTP status code \d+"
    r"|Could not build geometry of way \d+: KeyError.*"
)
"""What osmnx logs of an answer that is not whole, or before it waits for a server in vain."""

_BUSY: Final = re.compile(r"responded (?:429|504) [^:]*")

Progress = Callable[[str], object]
"""Takes a line that says what the program is doing."""


class DownloadError(RuntimeError):
    """No server gave a usable answer; the message says what each of them did."""


class ServerError(Exception):
    """What a server did instead of answering."""


@dataclass(frozen=True)
class Call:
    """A call of a public function of osmnx."""

    name: str
    """For messages."""
    function: str
    arguments: Mapping[str, Any]
    columns: tuple[str, ...] | None = None
    """Columns to keep of a frame; None for all."""


@dataclass(frozen=True)
class Answer:
    """What a call returned."""

    value: Any
    """None where a whole answer holds nothing."""
    server: str
    contents: tuple[bytes, ...]
    """What the server answered, as osmnx keeps it: JSON."""


@dataclass(frozen=True)
class _Task:
    """A call that a process makes."""

    call: Call
    folder: Path
    """Where the answer is kept."""
    cache: Path
    """Where osmnx finds it, or writes it."""
    result: Path

    @property
    def is_new(self) -> bool:
        return self.cache != self.folder

    def request(self) -> tuple[Any, ...]:
        """Return what `child` needs."""
        call = self.call
        names = str(self.cache), str(self.result)
        return call.function, dict(call.arguments), call.columns, *names

    def answer(self, url: str, *, keep: bool) -> Answer:
        """Return the result and keep what the server said; `ServerError` if it is not whole."""
        value, error = pickle.loads(self.result.read_bytes())
        if error and not error.startswith(child.NOTHING):
            raise ServerError(plain(error))
        if not self.cache.is_dir():
            raise ServerError(
                "an answer that is not whole"
            )  # osmnx keeps none of these
        contents = tuple(file.read_bytes() for file in sorted(self.cache.iterdir()))
        if self.is_new and keep:
            with atomic.folder(self.folder) as part:
                shutil.copytree(self.cache, part, dirs_exist_ok=True)
        return Answer(value, url, contents)


@dataclass(frozen=True)
class Servers:
    """Servers of one kind, in order of preference, and how they are asked."""

    urls: Sequence[str] = ()
    """Addresses; by default the one set in osmnx, else `OVERPASS`."""
    cache: Path | str | None = None
    """Folder of the answers, in the format of osmnx, from which an interrupted fetch goes on; by
    default the one set in osmnx, else that of this program."""
    refresh: bool = False
    """Whether to ask again for what is kept."""
    progress: Progress = print
    """Takes a line that says what is done."""
    deadline_s: float = DEADLINE_S
    """Seconds that a server has for a call."""
    setting: Literal["overpass_url", "nominatim_url"] = "overpass_url"
    """The setting of osmnx for servers of this kind."""

    @property
    def asked(self) -> list[str]:
        """Addresses of the servers that are asked."""
        urls = self.urls or (settings()[self.setting],)
        if urls == (UNSET["overpass_url"],):
            urls = OVERPASS
        return [url.rstrip("/").removesuffix("/interpreter") for url in urls]

    def ask(self, calls: Sequence[Call]) -> list[Answer]:
        """Return the answers to the calls, those that are kept too, unless they are to be new.

        Where a server fails, the next goes on.  One that is busy is waited for only if it is the
        last.  Raises `DownloadError` if a call is answered by none.
        """
        answers: dict[str, Answer] = {}
        failures = []
        for url in self.asked:
            todo = [call for call in calls if call.name not in answers]
            if not self.refresh:
                todo = [call for call in todo if self._keeper(call) in (None, url)]
            try:
                for call, answer in self._answers(url, todo):
                    answers[call.name] = answer
            except ServerError as error:
                failures.append(f"{host(url)}: {error}")
                self.progress(f"{failures[-1]}; this server is given up")
        missing = [call.name for call in calls if call.name not in answers]
        if missing:
            raise DownloadError(
                f"{missing[0]} was not answered: {'; '.join(failures)}. Fix: check that this "
                f"computer is online, or try again later; {len(answers)} of {len(calls)} answers "
                "are kept"
            )
        return [answers[call.name] for call in calls]

    def _answers(self, url: str, calls: list[Call]) -> Iterator[tuple[Call, Answer]]:
        """Yield each call that a server answers; raise `ServerError` at the first it does not."""
        if not calls:
            return
        theirs = settings()
        with tempfile.TemporaryDirectory() as work:
            tasks = []
            for number, call in enumerate(calls):
                folder = self._folder(url, call)
                is_kept = theirs["use_cache"] and not self.refresh and _is_whole(folder)
                cache = folder if is_kept else Path(work, str(number))
                tasks.append(_Task(call, folder, cache, Path(work, f"{number}.pickle")))
            requests = [task.request() for task in tasks]
            with _process(
                (self._settings(url), self.deadline_s, MOST_BYTES, requests)
            ) as lines:
                for task in tasks:
                    self._wait(url, task, lines)
                    yield task.call, task.answer(url, keep=theirs["use_cache"])

    def _wait(self, url: str, task: _Task, lines: Iterator[str]) -> None:
        """Read what the process says until it has an answer; `ServerError` if it gets none."""
        name = task.call.name
        self.progress(f"{name}: {f'asking {host(url)}' if task.is_new else 'kept'}")
        state = line = ""
        for line in lines:
            if line == child.ANSWERED and task.result.exists():
                return
            if line.startswith("Timeout ("):
                raise ServerError(f"no whole answer in {self.deadline_s:g} s{state}")
            if fault := _FAULT.search(line):
                raise ServerError(plain(fault[0]))
            if busy := _BUSY.search(line):
                if url != self.asked[-1]:
                    raise ServerError(busy[0])
                state = f", {busy[0]}"
                self.progress(f"{name}: {host(url)} {busy[0]}, asked again in 55 s")
        raise ServerError(f"osmnx ended without an answer: {plain(line)}")

    def _settings(self, url: str) -> dict[str, Any]:
        """Return the user's settings of osmnx, with what asking a server needs."""
        theirs = settings()
        agent = f"{PROGRAM}/{version(PROGRAM)}"
        ours = {"doh_url_template": None, "http_user_agent": agent}
        unset = {
            name: value for name, value in ours.items() if theirs[name] == UNSET[name]
        }
        needed = {
            "overpass_rate_limit": theirs["overpass_rate_limit"]
            and host(url) == WITH_SLOTS,
            "use_cache": True,
            "cache_only_mode": False,
            "log_console": True,
            self.setting: url,
        }
        return theirs | unset | needed

    def _keeper(self, call: Call) -> str | None:
        """Return the server whose answer to a call is kept."""
        return next(
            (url for url in self.asked if self._folder(url, call).is_dir()), None
        )

    def _folder(self, url: str, call: Call) -> Path:
        """Return the folder of a server's answer to a call."""
        theirs = settings()
        asked = {name: theirs[name] for name in IN_QUERY}
        key = [url, call.function, dict(call.arguments), asked, version("osmnx")]
        text = json.dumps(key, default=lambda shape: shape.wkt, sort_keys=True)
        folder = cache_folder() if self.cache is None else Path(self.cache)
        return folder / hashlib.sha256(text.encode()).hexdigest()[:32]


def settings() -> dict[str, Any]:
    """Return what ``osmnx.settings`` hold."""
    # osmnx takes a second to import.
    import osmnx  # noqa: PLC0415

    return {
        name: getattr(osmnx.settings, name) for name in osmnx.settings.__annotations__
    }


def cache_folder() -> Path:
    """Return the folder of kept answers: the one set in osmnx, else that of this program."""
    theirs = settings()["cache_folder"]
    if str(theirs) == UNSET["cache_folder"]:
        return Path(platformdirs.user_cache_dir(PROGRAM), "osmnx")
    return Path(theirs)


def host(url: str) -> str:
    """Return the name of a server for messages."""
    return urlsplit(url).netloc or url


def plain(text: str) -> str:
    """Return the first words of what a server said, without the marks of a web page."""
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text)
    text = re.sub(r"^.*responded: 200 OK", "no whole JSON in a 200 answer:", text)
    return " ".join(text.split())[:200].rstrip(".: ")


def _is_whole(folder: Path) -> bool:
    """Return whether a folder is there and holds nothing but JSON: disks fail, users edit."""
    try:
        for file in folder.iterdir():
            json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _process(request: object) -> Iterator[Iterator[str]]:
    """Give the lines of a process that works on a request; it ends with the block."""
    command = [sys.executable, "-P", "-X", "utf8", child.__file__]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(pickle.dumps(request))
            process.stdin.close()
            yield (line.decode("utf-8", "replace").strip() for line in process.stdout)
        finally:
            process.kill()
