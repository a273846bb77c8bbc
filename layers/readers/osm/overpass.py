"""Live OpenStreetMap through Overpass: our client downloads, osmnx splits the area and parses.

`osmnx.features` is used rather than `osmnx.graph`: it keeps every component (what
``retain_all=True`` asks of a graph), whole ways instead of edges doubled by direction, and
every tag (where a graph keeps those in ``useful_tags_way``), so railways lose no status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import osmnx
import pandas as pd
import shapely
from osmnx import _overpass
from osmnx._errors import InsufficientResponseError
from shapely import MultiPolygon, Polygon

from layers import atomic, schema
from layers.readers.osm import answers, osmnx_cache
from layers.readers.osm import tags as osm_tags
from layers.readers.osm.download import (
    PATIENT,
    Client,
    DownloadError,
    Event,
    Fault,
    Limits,
    Progress,
    default_cache,
    quiet,
)
from layers.records import Layers, Source

SERVERS: Final = ("https://overpass-api.de/api", "https://overpass.private.coffee/api")
"""Public servers, in the order in which they are asked."""

TAGS: Final[dict[str, bool | str | list[str]]] = {
    **dict.fromkeys(osm_tags.WAY_KEYS, True),
    **{
        key: [value for k, value, _ in osm_tags.FACILITY_TAGS if k == key]
        for key, _, _ in osm_tags.FACILITY_TAGS
        if key not in osm_tags.WAY_KEYS
    },
}
"""What is asked for, as `osmnx.features_from_polygon` takes it."""

_MARGIN_DEG: Final = 0.002
"""Queries reach so far beyond the area: edges of the pieces bend when they are projected."""


@dataclass(frozen=True)
class _Query:
    """One request, the piece of the area that it covers and the file of its answer."""

    text: str
    piece: Polygon
    file: Path


def fetch(
    area: Polygon | MultiPolygon,
    *,
    urls: Sequence[str] = SERVERS,
    cache: Path | None = None,
    attempts: int = 4,
    refresh: bool = False,
    progress: Progress = quiet,
    limits: Limits = PATIENT,
) -> Layers:
    """Download roads, paths, railways, waterways and facilities of an area.

    A large area is split as osmnx does (`settings.max_query_area_size`).  Each answer is
    checked, then kept; an interrupted fetch goes on from those that it has.

    Parameters
    ----------
    area : shapely Polygon or MultiPolygon, EPSG:4326
        Ways that intersect it are kept whole.
    urls : sequence of str
        Addresses of Overpass servers, with or without ``/interpreter``, in order of preference.
    cache : pathlib.Path, optional
        Folder of the answers; `download.default_cache` by default.
    attempts : int
        At each server, for each query.
    refresh : bool
        Forget the answers to these queries first and ask again.
    progress : callable
        Called with each `download.Event`.
    limits : download.Limits
        Times and sizes after which a server is given up.

    Returns
    -------
    layers.records.Layers
        The OSM date of its source is that of the oldest answer.

    Raises
    ------
    layers.readers.osm.download.DownloadError
        If a query is answered by no server, or nothing is found in the area.
    """
    folder = cache or default_cache()
    with osmnx_cache.offline(folder):
        queries = _queries(area)
        if refresh:
            for query in queries:
                query.file.unlink(missing_ok=True)
        client = Client("POST", answers.found, attempts, limits, progress)
        dates, servers = _download(queries, _interpreters(urls), client)
        features = _parse(queries, area)
    layers = osm_tags.layers(features, _source(queries, dates, servers, area))
    if not len(layers.roads) + len(layers.paths) + len(layers.railways):
        raise DownloadError("no road, path or railway in the area. Fix: choose another area")
    return layers


def _interpreters(urls: Sequence[str]) -> list[str]:
    return [f"{url.rstrip('/').removesuffix('/interpreter')}/interpreter" for url in urls]


def _queries(area: Polygon | MultiPolygon) -> list[_Query]:
    """Return the queries that osmnx will look up, piece by piece, inside `offline`."""
    hull = area.convex_hull.buffer(_MARGIN_DEG, join_style="mitre")
    return [
        _Query(text, piece, osmnx_cache.file("api/interpreter", {"data": text}))
        for piece in map(_polygon, _overpass._make_overpass_polygon_coord_strs(hull))
        for outline in _overpass._make_overpass_polygon_coord_strs(piece)
        for text in [_overpass._create_overpass_features_query(outline, TAGS)]
    ]


def _polygon(outline: str) -> Polygon:
    """Return the polygon of an outline as Overpass takes it: latitude, longitude, latitude..."""
    numbers = [float(number) for number in outline.split()]
    return Polygon(zip(numbers[1::2], numbers[::2], strict=True))


def _download(
    queries: list[_Query], urls: list[str], client: Client[answers.Answer]
) -> tuple[list[str], list[str]]:
    """See that each query has its file; return the OSM dates and the servers that answered.

    The server that answered last is asked first for the next query.
    """
    dates: list[str] = []
    answered: list[str] = []
    for number, query in enumerate(queries, 1):
        answer = _kept(query.file)
        if answer is None:
            order = [*answered[-1:], *(url for url in urls if url not in answered[-1:])]
            try:
                answer, url = client.ask(order, {"data": query.text}, number, len(queries))
            except DownloadError as error:
                kept = sum(query.file.is_file() for query in queries)
                raise DownloadError(
                    f"{error}. An earlier snapshot stays in use, and {kept} of {len(queries)} "
                    "answers are kept. Fix: run the same command again later"
                ) from error
            with atomic.file(query.file) as part:
                part.write_bytes(answer.content)
            answered.append(url)
        else:
            client.progress(Event("cached", number, len(queries)))
        dates.append(answer.date)
    return dates, sorted(set(answered))


def _kept(file: Path) -> answers.Answer | None:
    """Return the answer that lies in the file; a spoilt one counts as none."""
    if not file.is_file():
        return None
    try:
        return answers.overpass(file.read_bytes())
    except Fault:
        return None


def _parse(queries: list[_Query], area: Polygon | MultiPolygon) -> gpd.GeoDataFrame:
    """Let osmnx build the features of each piece; keep each feature once, if it meets the area."""
    frames = []
    for piece in {query.piece: None for query in queries}:
        try:
            found = osmnx.features_from_polygon(piece, TAGS)
        except InsufficientResponseError:
            continue  # an empty piece, as a mountain side may be
        ids = [f"{kind}/{number}" for kind, number in found.index]
        tags = [key for key in osm_tags.KEYS if key in found]
        frames.append(found[[*tags, "geometry"]].assign(id=pd.Series(ids, found.index)))
    if not frames:
        return gpd.GeoDataFrame({"id": pd.Series(dtype="string")}, geometry=[], crs=schema.WGS84)
    features = pd.concat(frames, ignore_index=True).drop_duplicates("id")
    shapely.prepare(area)
    return features[shapely.intersects(area, features.geometry.values)]


def _source(
    queries: list[_Query],
    dates: list[str],
    servers: list[str],
    area: Polygon | MultiPolygon,
) -> Source:
    """Describe the answers; the id changes with their content and with the area."""
    digest = hashlib.sha256(area.wkb)
    for query in queries:
        digest.update(query.file.read_bytes())
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
            "query_sha256": hashlib.sha256(
                "".join(query.text for query in queries).encode()
            ).hexdigest(),
        },
    )
