"""osmnx as a parser: it reads answers from a folder and never touches the network.

osmnx asks again without end when a server is busy.  Here `layers.readers.osm.download` asks, within
bounds, and puts each answer where osmnx looks first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import requests
from osmnx import _http, settings

CLOSED: Final = "http://127.0.0.1:9"
"""An address at which nothing answers.  An answer missing from the folder is an error at once,
and the name of an answer does not depend on the server that gave it."""

QUERY_TIMEOUT_S: Final = 180
"""How long Overpass may work on one query."""


@contextmanager
def offline(folder: Path) -> Iterator[None]:
    """Have osmnx read its answers from `folder` alone; its settings come back afterwards.

    ``useful_tags_way`` concerns `osmnx.graph` only; it is set so that a graph built inside the
    block knows railways too.
    """
    ours = {
        "use_cache": True,
        "cache_folder": folder,
        "cache_only_mode": False,
        "overpass_url": f"{CLOSED}/api",
        "nominatim_url": CLOSED,
        "nominatim_key": None,
        "overpass_rate_limit": False,
        "overpass_memory": None,
        "overpass_settings": "[out:json][timeout:{timeout}]{maxsize}",
        "requests_timeout": QUERY_TIMEOUT_S,
        "doh_url_template": None,
        "useful_tags_way": [*settings.useful_tags_way, "railway", "disused:railway",
                            "abandoned:railway"],
    }  # fmt: skip
    before = {name: getattr(settings, name) for name in ours}
    try:
        for name, value in ours.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)


def file(path: str, query: Mapping[str, str | int]) -> Path:
    """Return the file in which osmnx looks for the answer to a query, inside `offline`.

    Parameters
    ----------
    path : {"api/interpreter", "search"}
        Of Overpass or of Nominatim.
    query : mapping
        Parameters in the order in which osmnx sends them.
    """
    address = requests.Request("GET", f"{CLOSED}/{path}", params=dict(query)).prepare().url
    return Path(_http._resolve_cache_filepath(str(address)))
