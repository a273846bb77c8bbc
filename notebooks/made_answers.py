"""Answer osmnx as Overpass would, for the made-up town of `example_area`, without a network.

A server on this computer, for as long as the notebook runs.  It gives the whole town to whatever is
asked, and osmnx keeps the answer in its own format.
"""

from __future__ import annotations

import json
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import layers

NETWORK = Path(__file__).parent / "example_area" / "network.geojson"


def answer() -> dict[str, Any]:
    """Return the ways of the town and their nodes, which ways share where they meet."""
    nodes: dict[tuple[float, float], int] = {}
    ways = []
    for number, line in enumerate(
        json.loads(NETWORK.read_text("utf-8"))["features"], 1
    ):
        along = [tuple(place) for place in line["geometry"]["coordinates"]]
        refs = [nodes.setdefault(place, len(nodes) + 1) for place in along]
        tags = {
            key: str(value)
            for key, value in line["properties"].items()
            if key != "layer"
        }
        ways.append({"type": "way", "id": number, "nodes": refs, "tags": tags})
    places = [
        {"type": "node", "id": id_, "lon": x, "lat": y} for (x, y), id_ in nodes.items()
    ]
    made = {
        "timestamp_osm_base": "2026-11-29T00:00:00Z",
        "copyright": "Drawn by hand, not real",
    }
    return {"version": 0.6, "osm3s": made, "elements": [*places, *ways]}


class Answering(BaseHTTPRequestHandler):
    """Give the town to every question."""

    def do_POST(self) -> None:
        """Answer a query of Overpass."""
        self.rfile.read(int(self.headers["Content-Length"]))
        content = json.dumps(answer()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """A server and a folder for what osmnx keeps; both end with the program."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.folder = tempfile.TemporaryDirectory()


def serve() -> layers.Servers:
    """Start the server, and return what `layers.fetch` takes to ask it."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/api"
    return layers.Servers([url], Path(server.folder.name))
