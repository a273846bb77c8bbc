"""Live OpenStreetMap: our client asks Overpass for OSM XML, which is read as an extract is."""

import hashlib
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from layers.files import atomic
from layers.readers.osm import download, extract
from layers.readers.osm import tags as osm_tags
from layers.readers.osm.download import AnswerError
from layers.records import Layers, Source

SERVERS: Final = ("https://overpass-api.de/api", "https://overpass.private.coffee/api")
"""Public servers, in order of preference."""

WANTED: Final = (
    *(f'way["{key}"]' for key in osm_tags.WAY_KEYS),
    *(f'nwr["{key}"="{value}"]' for key, value, _ in osm_tags.FACILITY_TAGS),
    f'node["place"~"^({"|".join(osm_tags.SETTLEMENTS)})$"]',
)
"""What is fetched, in Overpass QL; ``nwr`` means node, way or relation."""

SIDE_DEG: Final = 0.5
"""Largest side of the box of one query: about 50 km, which a public server answers in a minute."""

QUERY_TIMEOUT_S: Final = 180
"""How long Overpass may work on one query."""

_REMARK: Final = re.compile(rb"<remark>(.*?)</remark>", re.DOTALL)
"""The remark, inside a 200, by which Overpass says that it ran out of time or memory."""

_DATE: Final = re.compile(rb'<meta [^>]*osm_base="([^"]*)"')


@dataclass(frozen=True)
class Answer:
    """An answer of Overpass that is complete in itself."""

    content: bytes
    """OSM XML."""
    date: str
    """Timestamp of the OSM data, or an empty string."""
    features: gpd.GeoDataFrame
    """As `layers.readers.osm.extract.features` gives them."""


def fetch(
    area: Polygon | MultiPolygon,
    *,
    urls: Sequence[str] = SERVERS,
    cache: Path | None = None,
    refresh: bool = False,
    progress: download.Progress = lambda _: None,
    limits: download.Limits = download.PATIENT,
) -> Layers:
    """Download roads, paths, railways, waterways and facilities of an area in EPSG:4326.

    A large area is split into boxes.  Each answer is checked, then kept in `cache`; an interrupted
    fetch goes on from those that it has, unless `refresh` forgets them.  Ways that intersect the
    area are kept whole.  `urls` are Overpass servers, with or without ``/interpreter``, in order of
    preference.

    Raises `download.DownloadError` if a query is answered by no server, or nothing is found.
    """
    queries = _queries(area, cache or download.default_cache())
    if refresh:
        for file in queries:
            file.unlink(missing_ok=True)
    interpreters = [f"{url.rstrip('/').removesuffix('/interpreter')}/interpreter" for url in urls]
    found, servers = _download(queries, interpreters, limits, progress)
    pieces = pd.concat([answer.features for answer in found], ignore_index=True)
    features = osm_tags.in_area(pieces.drop_duplicates("id"), area)
    dates = [answer.date for answer in found]
    layers = osm_tags.layers(features, _source(queries, dates, servers, area))
    if not osm_tags.has_ways(layers):
        raise download.DownloadError(
            "no road, path or railway in the area. Fix: choose another area"
        )
    return layers


def _queries(area: Polygon | MultiPolygon, folder: Path) -> dict[Path, str]:
    """Return a query for each box that holds a piece of the area, by the file of its answer."""
    west, south, east, north = area.bounds
    x = np.linspace(west, east, math.ceil((east - west) / SIDE_DEG) + 1)
    y = np.linspace(south, north, math.ceil((north - south) / SIDE_DEG) + 1)
    cells = shapely.box(x[:-1, None], y[None, :-1], x[1:, None], y[None, 1:])
    queries = {}
    for piece in shapely.intersection(area, cells).ravel():
        if not piece.is_empty:
            left, bottom, right, top = piece.bounds
            box = f"{bottom:.6f},{left:.6f},{top:.6f},{right:.6f}"
            text = (
                f"[out:xml][timeout:{QUERY_TIMEOUT_S}][bbox:{box}];"
                f"({';'.join(WANTED)};);(._;>;);out;"
            )
            queries[folder / f"{hashlib.sha256(text.encode()).hexdigest()}.osm"] = text
    return queries


def _download(
    queries: dict[Path, str], urls: list[str], limits: download.Limits, progress: download.Progress
) -> tuple[list[Answer], list[str]]:
    """Return the answers, kept or new, and the servers that gave the new ones.

    The server that answered last comes first for the next query.
    """
    found: list[Answer] = []
    answered: list[str] = []
    for number, (file, query) in enumerate(queries.items(), 1):
        with suppress(AnswerError, FileNotFoundError):  # a damaged one counts as none
            found.append(checked(file.read_bytes()))
        if len(found) < number:
            order = [*answered[-1:], *(url for url in urls if url not in answered[-1:])]
            try:
                answer, url = download.ask(
                    order, "POST", {"data": query}, checked,
                    name=f"query {number} of {len(queries)}", limits=limits, progress=progress,
                )  # fmt: skip
            except download.DownloadError as error:
                kept = sum(file.is_file() for file in queries)
                raise download.DownloadError(
                    f"{error}. An earlier snapshot stays in use, and {kept} of {len(queries)} "
                    "answers are kept"
                ) from error
            with atomic.file(file) as part:
                part.write_bytes(answer.content)
            answered.append(url)
            found.append(answer)
    return found, sorted(set(answered))


def checked(body: bytes) -> Answer:
    """Read the body of a 200 answer; raise `AnswerError` if it is not whole."""
    download.text_of(body)
    if remark := _REMARK.search(body):
        message = " ".join(remark[1].decode().split())
        raise AnswerError(f"the server gave up: {message[:200]}")
    try:
        features = extract.features(osmium.io.FileBuffer(body, "osm"))
    except (osmium.InvalidLocationError, RuntimeError, ValueError) as error:
        raise AnswerError(
            f"no whole answer of Overpass, {len(body):,} bytes received: {error}"
        ) from error
    date = _DATE.search(body)
    return Answer(body, date[1].decode() if date else "", features)


def _source(
    queries: dict[Path, str], dates: list[str], servers: list[str], area: Polygon | MultiPolygon
) -> Source:
    """Describe the answers; the id changes with their content and with the area."""
    digest = hashlib.sha256(area.wkb)
    for file in queries:
        digest.update(file.read_bytes())
    date = min(dates)
    return Source(
        kind="snapshot",
        id=f"overpass-{date[:10] or 'undated'}-{digest.hexdigest()[:8]}",
        title=f"OpenStreetMap by Overpass, {date[:10] or 'undated'}",
        licence=osm_tags.LICENCE,
        osm_date=date or None,
        provenance={
            "reader": "overpass",
            "servers": ", ".join(servers) or "none: every answer was kept from before",
            "queries": str(len(queries)),
            "newest_answer": max(dates),
            "query_sha256": hashlib.sha256("".join(queries.values()).encode()).hexdigest(),
        },
    )
