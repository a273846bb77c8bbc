"""What each address of the desk answers.

What is asked for in JSON is answered in JSON; a text in every language is an object with a text
for each.  Files are those that a manifest lists, and nothing else of the folder.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast, get_args
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route

from layers.complaints import UserError, complaint
from layers.files import filenames, listing, system
from maps.words.phrases import Phrase
from maps.words.told import each_told
from mitrovica.desk import artwork as drawn
from mitrovica.desk import log_page, release_page, setup, sightings
from mitrovica.desk.night import Night
from mitrovica.desk.office import Where
from mitrovica.desk.part import Drop, Fill, Part
from mitrovica.desk.safety import ENTER, Door, TooLargeError

GONE_S: Final = 20.0
"""Seconds without a sign of a tab after which another one may write."""
TAB: Final = "x-desk-tab"
STATIC: Final = {
    "desk.js": ("text/javascript", drawn.script),
    "desk.css": ("text/css", drawn.style),
}
NIGHTS: Final = 31
"""Nights that are planned at most."""


Endpoint = Callable[[Request], Awaitable[Response]]
"""What answers a request."""


class Pen:
    """Which tab of the browser writes: one at a time."""

    def __init__(self) -> None:
        self.tab = ""
        self.since = ""
        self.seen = 0.0

    def of(self, tab: str) -> bool:
        """Return whether a tab has the pen; it takes one that nobody has."""
        now = time.monotonic()
        if not self.tab or now - self.seen > GONE_S:
            self.take(tab)
        if tab == self.tab:
            self.seen = now
        return tab == self.tab

    def take(self, tab: str) -> None:
        """Give the pen to a tab."""
        self.tab = tab
        self.seen = time.monotonic()
        self.since = datetime.now().astimezone().strftime("%H:%M")


class Pages:
    """The addresses of the desk."""

    def __init__(self, night: Night, door: Door) -> None:
        self.night = night
        self.door = door
        self.pen = Pen()
        self.setup = setup.Setup(night)
        self.leaving = release_page.Leaving(night)
        self.parts: Mapping[str, Part] = {
            "sightings": sightings.Table(night.office),
            "log": log_page.Book(night),
            "setup": self.setup,
            "leaving": self.leaving,
        }

    def routes(self) -> list[Mount]:
        """Return every address, under the secret folder of the door."""
        night = self.night
        inside = [
            Route("/", self.page),
            Route(f"/{ENTER}", self.enter, methods=["POST"]),
            Route("/static/{name}", self.static),
            Route("/map/{where}", self.map),
            Route("/files/{where}/{name:path}", self.file),
            Route("/briefs/{name}", self.brief),
            Route("/api/night", self.shown),
            Route("/api/lines", self.answering(lambda _: night.lines())),
            Route("/api/history", self.answering(lambda _: night.history())),
            Route("/api/roads", self.answering(lambda _: night.roads())),
            Route("/api/places", self.answering(self.places)),
            Route("/api/facilities", self.answering(self.facilities)),
            Route("/api/nights", self.answering(lambda _: night.nights())),
            Route("/api/report", self.answering(self.report)),
            Route("/api/job", self.answering(self.job)),
            Route("/api/take", self.take, methods=["POST"]),
            Route("/api/edit", self.doing(night.edit), methods=["POST"]),
            Route("/api/undo", self.doing(lambda _: night.undo()), methods=["POST"]),
            Route("/api/start", self.doing(self.start), methods=["POST"]),
            Route("/api/stop", self.doing(self.stop), methods=["POST"]),
        ]
        for name, part in self.parts.items():
            inside += self._of_part(name, part)
        return [Mount(f"/{self.door.folder}", routes=inside)]

    def _of_part(self, name: str, part: Part) -> Iterator[Route]:
        """Yield the addresses of a page beside that of the night."""

        def shown(request: Request) -> Any:
            return part.shown(request.query_params)

        yield Route(f"/api/{name}", self.answering(shown))
        yield Route(f"/api/{name}/do", self.doing(part.do), methods=["POST"])
        for kind, take in part.drops.items():
            yield Route(f"/drop/{kind}", self.dropping(take), methods=["POST"])
        for of, fill in part.tables.items():
            address = f"/tables/{of}_{{language}}.{{suffix}}"
            yield Route(address, self.saving(of, fill))

    # ---- Pages and files --------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        """Return the page."""
        del request
        first = "map/run" if self.night.office.has("run") else "about:blank"
        return HTMLResponse(drawn.page(system.user(), first))

    async def enter(self, request: Request) -> Response:
        """Take the key, and give a cookie for it."""
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        cookie = self.door.enter(form.get("key", [""])[0])
        if cookie is None:
            return PlainTextResponse(
                f"This key is spent. Open {self.door.file.resolve()} again.", 403
            )
        self.pen = Pen()
        # A page, not a redirect: what follows is asked for by this address.
        page = (
            '<!DOCTYPE html><meta http-equiv="refresh" content="0;url=./">'
            "<title>Desk</title>"
        )
        response = HTMLResponse(page)
        response.set_cookie(
            self.door.cookie_name,
            cookie,
            path=f"/{self.door.folder}/",
            httponly=True,
            samesite="strict",
        )
        return response

    async def static(self, request: Request) -> Response:
        """Return the script or the style."""
        found = STATIC.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("unknown", 404)
        kind, text = found
        return Response(text(), media_type=kind)

    async def map(self, request: Request) -> Response:
        """Return the map of a run or a plan, as it was written, to stand in the page."""
        path = self._listed(request.path_params["where"], filenames.MAP)
        if path is None:
            return PlainTextResponse("unknown", 404)
        text = await run_in_threadpool(path.read_text, "utf-8")
        policy = await run_in_threadpool(_policy, text)
        headers = {"content-security-policy": f"{policy}; frame-ancestors 'self'"}
        return HTMLResponse(text, headers=headers)

    async def file(self, request: Request) -> Response:
        """Return a file that a manifest lists, to be saved."""
        where, name = request.path_params["where"], request.path_params["name"]
        return _saved(self._listed(where, name))

    async def brief(self, request: Request) -> Response:
        """Return a file of a brief, to be saved."""
        return _saved(self.leaving.brief(request.path_params["name"]))

    def _listed(self, where: str, name: str) -> Path | None:
        """Return a file that the manifest of a folder lists, as it was written; else None."""
        if where not in get_args(Where):
            return None
        folder = self.night.office.results(cast("Where", where))
        listed = listing.outputs(folder / filenames.MANIFEST)
        path = folder / name
        if name not in listed or not listing.is_file(path):
            return None
        if listing.fingerprint(path)["sha256"] != listed[name]:
            return None
        return path

    # ---- What is asked ----------------------------------------------------------------------

    async def shown(self, request: Request) -> Response:
        """Return what is shown of tonight, and who writes."""
        writes = self.pen.of(request.query_params.get("tab", ""))
        return await self._answer(
            lambda: {**self._shown(), "writes": writes, "pen": self.pen.since}
        )

    def _shown(self) -> dict[str, Any]:
        office = self.night.office
        files = {
            where: sorted(listing.outputs(office.results(where) / filenames.MANIFEST))
            for where in get_args(Where)
            if office.has(where)
        }
        if "run" not in files:
            return {"files": files, "study": str(office.study or "")}
        return {**self.night.shown(), "files": files}

    def places(self, request: Request) -> Any:
        """Return public places by a part of their name."""
        text = _searched(request)
        return self.night.places(text) if text.strip() else []

    def facilities(self, request: Request) -> Any:
        """Return facilities of the snapshot by a part of their name or kind."""
        return self.setup.facilities(_searched(request))

    def report(self, request: Request) -> Any:
        """Return the report of the run, as HTML."""
        from mitrovica.markdown import as_html

        del request
        path = self._listed("run", filenames.REPORT)
        return "" if path is None else as_html(path.read_text("utf-8"))

    def job(self, request: Request) -> Any:
        """Return the job that runs, or ran last."""
        self.pen.of(request.query_params.get("tab", ""))
        job = self.night.job
        return None if job is None else job.shown()

    # ---- What is done -----------------------------------------------------------------------

    async def take(self, request: Request) -> Response:
        """Give the pen to this tab."""
        self.pen.take(request.headers[TAB])
        return JSONResponse(None)

    def start(self, asked: Any) -> None:
        """Start a job."""
        kind = asked.get("job")
        jobs = {
            "again": self.night.plan_again,
            "publish": self.night.publish,
            "publish_nights": self.night.publish_nights,
            "run": self.night.run,
        }
        if str(kind) in jobs:
            jobs[kind]()
        elif kind == "rest":
            self.night.rest(_happened(asked))
        elif kind == "nights":
            number = asked.get("nights")
            if not isinstance(number, int) or not 2 <= number <= NIGHTS:
                raise UserError(
                    f"{number} nights: 2 to {NIGHTS} can be planned. Fix: such as 14"
                )
            self.night.fortnight(number)
        else:
            raise UserError(f"there is no job {kind!r}. Fix: load the page again")

    def stop(self, asked: Any) -> None:
        """Stop the job."""
        del asked
        if self.night.job is not None:
            self.night.job.stop()

    # ---- Answers ----------------------------------------------------------------------------

    def answering(self, ask: Callable[[Request], Any]) -> Endpoint:
        """Return an address that answers with what a function returns."""

        async def answer(request: Request) -> Response:
            return await self._answer(lambda: ask(request))

        return answer

    def doing(self, do: Callable[[Any], Any]) -> Endpoint:
        """Return an address that does what is asked, for the tab that has the pen."""

        async def answer(request: Request) -> Response:
            if not self.pen.of(request.headers[TAB]):
                return JSONResponse({"pen": self.pen.since}, 409)
            try:
                asked = await request.json()
            except (ValueError, RecursionError):
                return JSONResponse({"faults": ["no JSON"]}, 400)
            if not isinstance(asked, dict):
                return JSONResponse({"faults": ["no object"]}, 400)
            return await self._answer(lambda: do(asked))

        return answer

    def dropping(self, take: Drop) -> Endpoint:
        """Return an address that takes a file, by its name, from the tab that has the pen."""

        async def answer(request: Request) -> Response:
            if not self.pen.of(request.headers[TAB]):
                return JSONResponse({"pen": self.pen.since}, 409)
            name, data = (request.query_params.get("name", ""), await request.body())
            return await self._answer(lambda: take(name, data))

        return answer

    def saving(self, name: str, fill: Fill) -> Endpoint:
        """Return an address of a table that is saved, to be filled in."""

        async def answer(request: Request) -> Response:
            suffix = f".{request.path_params['suffix']}"
            language = request.path_params["language"]
            try:
                content = await run_in_threadpool(
                    fill, suffix, language, request.query_params
                )
            except UserError as error:
                return PlainTextResponse(str(error), 404)
            file = f"{name}_{language}{suffix}"
            kept_as = f'attachment; filename="{file}"'
            return Response(content, headers={"content-disposition": kept_as})

        return answer

    async def _answer(self, ask: Callable[[], Any]) -> Response:
        """Return what a function returns as JSON, or what the user can mend."""
        try:
            found = await run_in_threadpool(ask)
        except Exception as error:
            lines = complaint(error)
            if not lines:
                raise
            faults = [line for text in lines for line in text.splitlines()]
            return JSONResponse({"faults": each_told(faults)}, 400)
        return JSONResponse(_plain(found))


def app(night: Night, door: Door) -> Starlette:
    """Return the application; `Guard` stands before it."""
    return Starlette(
        routes=Pages(night, door).routes(),
        exception_handlers={TooLargeError: _too_large},
    )


async def _too_large(request: Request, error: Exception) -> Response:
    """Answer a request that is larger than it said, or did not say how large."""
    del request, error
    return PlainTextResponse("size", 413, {"connection": "close"})


def _saved(path: Path | None) -> Response:
    """Return a file to be saved, never to be run among the desk's pages."""
    if path is None:
        return PlainTextResponse("unknown", 404)
    return FileResponse(path, filename=path.name)


def _searched(request: Request) -> str:
    return request.query_params.get("q", "")[:100]


def _happened(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what happened in the night as fields of `story.Plan`."""
    lists = {"out_of_use": int, "late": str, "closed": str}
    found: dict[str, Any] = {
        "now": str(asked.get("now", "")),
        "cancelled": asked.get("cancelled") is True,
    }
    for name, kind in lists.items():
        values = asked.get(name, [])
        if not isinstance(values, list) or not all(
            type(value) is kind for value in values
        ):
            raise UserError(f"{name} is no list. Fix: load the page again")
        found[name] = values or None
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a phrase as its texts by language."""
    if isinstance(value, Phrase):
        return dict(value.forms)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if hasattr(value, "item"):
        return value.item()
    return value


def _policy(page: str) -> str:
    """Return the policy of a map."""
    from maps.page.figure import policy

    return policy(page, tiles=False)
