"""A server on loopback that answers as Overpass and Nominatim do, and can misbehave on demand.

It serves the bundled reference network as OpenStreetMap elements: each line a way, each vertex
a node, shared where lines meet.
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import shapely

from layers.readers import shipped

DATE = "2026-11-20T20:21:22Z"

Element = dict[str, Any]
Fault = Callable[["Handler"], bool]
"""Answers a request in its own way and returns True, or leaves it and returns False."""


@cache
def elements() -> tuple[dict[int, Element], list[tuple[shapely.LineString, Element]]]:
    """Return nodes by id, and ways with their lines."""
    source = json.loads(shipped.file("network.geojson").read_text("utf-8"))
    number: dict[tuple[float, float], int] = {}
    ways = []
    for id_, feature in enumerate(source["features"], 1001):
        line = [tuple(xy) for xy in feature["geometry"]["coordinates"]]
        nodes = [number.setdefault(xy, 100_001 + len(number)) for xy in line]
        way = {"type": "way", "id": id_, "nodes": nodes, "tags": _tags(feature["properties"])}
        ways.append((shapely.LineString(line), way))
    nodes = {
        id_: {"type": "node", "id": id_, "lon": xy[0], "lat": xy[1]} for xy, id_ in number.items()
    }
    station = {"type": "node", "id": 7, "lon": 20.8664, "lat": 42.8855,
               "tags": {"amenity": "bus_station", "name": "Stacioni i autobusëve"}}  # fmt: skip
    nodes[7] = station
    return nodes, ways


def _tags(properties: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in properties.items() if key not in ("layer", "note")}


def answer(query: str, *, only: Callable[[Element], bool] = lambda _: True) -> Element:
    """Return what Overpass answers to osmnx: features in the polygon, and their nodes."""
    outline = re.search(r"poly:'([^']*)'", query)
    assert outline, f"no polygon in the query: {query[:200]}"
    numbers = [float(number) for number in outline[1].split()]
    piece = shapely.Polygon(zip(numbers[1::2], numbers[::2], strict=True))
    nodes, ways = elements()
    found = [way for line, way in ways if piece.intersects(line) and only(way)]
    needed = dict.fromkeys(node for way in found for node in way["nodes"])
    tagged = [n for n in nodes.values() if "tags" in n and piece.intersects(_point(n))]
    return {
        "version": 0.6,
        "generator": "Overpass API (test)",
        "osm3s": {"timestamp_osm_base": DATE, "copyright": "ODbL"},
        "elements": [*tagged, *(nodes[id_] for id_ in needed), *found],
    }


def _point(node: Element) -> shapely.Point:
    return shapely.Point(node["lon"], node["lat"])


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Answer a query of Overpass."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.query = parse_qs(body.decode())["data"][0]
        self._serve(lambda: answer(self.query, only=self.server.only))

    def do_GET(self) -> None:
        """Answer a search of Nominatim."""
        self.query = parse_qs(urlsplit(self.path).query)["q"][0]
        self._serve(lambda: self.server.places.get(self.query, []))

    def _serve(self, content: Callable[[], object]) -> None:
        self.server.requests.append(self.query)
        self.server.agents.add(self.headers["User-Agent"])
        fault = next(self.server.faults, None)
        if fault is None or not fault(self):
            self.reply(json.dumps(content()).encode())

    def reply(
        self,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        *,
        content_type: str = "application/json",
        length: int | None = None,
    ) -> None:
        """Send a whole answer, or one whose stated length is wrong."""
        if "gzip" in self.headers.get("Accept-Encoding", "") and length is None:
            body = gzip.compress(body, 1)
            headers = {**(headers or {}), "Content-Encoding": "gzip"}
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """Overpass at `url`, Nominatim at `nominatim`, on a free port of loopback."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        faults: Iterator[Fault | None] | None = None,
        *,
        certificate: tuple[Path, Path] | None = None,
        only: Callable[[Element], bool] = lambda _: True,
        places: dict[str, list[Element]] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.agents: set[str] = set()
        self.faults = faults or iter(())
        self.only = only
        self.places = places or {}
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            scheme = "https"
        self.nominatim = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        self.url = f"{self.nominatim}/api"
        self.ended = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the game."""

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the server."""
        self.ended.wait(seconds)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run the server in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


if __name__ == "__main__":
    with serving(Server()) as running:
        print(running.url, flush=True)
        while True:
            time.sleep(3600)
