"""What servers answer, checked before use: each `Fault` says in one line what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from layers.readers.osm.download import Doubtful, Fault, plain_text

_RESERVED: Final = ("id", "element", "nodes", "members", "lat", "lon")
"""Tags of these names would overwrite an element's own values when osmnx merges the two."""


@dataclass(frozen=True)
class Answer:
    """An answer of Overpass that is complete in itself."""

    content: bytes
    """JSON, without tags that osmnx would take for an element's own values."""
    date: str
    """Timestamp of the OSM data, or an empty string."""
    empty: bool


def found(body: bytes) -> Answer:
    """Check an answer of Overpass as `overpass` does, and doubt an empty one.

    Raises
    ------
    layers.readers.osm.download.Doubtful
        If it is sound and holds nothing: a server with a broken database answers so too.
    """
    answer = overpass(body)
    if answer.empty:
        raise Doubtful("nothing found", answer)
    return answer


def overpass(body: bytes) -> Answer:
    """Check an answer of Overpass.

    Parameters
    ----------
    body : bytes
        Of a 200 answer: OSM JSON with nodes, ways and relations.

    Raises
    ------
    layers.readers.osm.download.Fault
        If it is empty, HTML, not UTF-8, cut off, no JSON, marked with a remark (Overpass
        reports time-outs and lack of memory so, inside a 200), malformed, or lacks nodes of
        its ways.
    """
    answer = _json(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        raise Fault("JSON, but no answer of Overpass: it has no list of elements", retry=False)
    if "remark" in answer:
        raise Fault(f"the server gave up: {' '.join(str(answer['remark']).split())[:200]}")
    date = answer.get("osm3s", {}).get("timestamp_osm_base", "")
    elements = answer["elements"]
    nodes: set[int] = set()
    for element in elements:
        _check(element)
        if element["type"] == "node":
            nodes.add(element["id"])
    for element in elements:
        if element["type"] == "way" and not nodes.issuperset(element["nodes"]):
            raise Fault(f"incomplete: way {element['id']} lacks some of its nodes")
    return Answer(json.dumps(answer).encode(), str(date), empty=not elements)


def nominatim(body: bytes) -> bytes:
    """Check an answer of Nominatim: a list of places with shapes, which may be empty.

    Raises
    ------
    layers.readers.osm.download.Fault
        If it is anything else.
    """
    answer = _json(body)
    needed = {"importance", "geojson", "boundingbox"}
    if not isinstance(answer, list) or not all(
        isinstance(place, dict) and needed <= place.keys() for place in answer
    ):
        raise Fault("JSON, but no answer of Nominatim", retry=False)
    return body


def _json(body: bytes) -> Any:
    if not body.strip():
        raise Fault("empty answer")
    if body.lstrip()[:1] == b"<":
        raise Fault(f"a web page instead of data: {plain_text(body)}")
    try:
        return json.loads(body.decode())
    except UnicodeDecodeError as error:
        raise Fault(f"damaged: byte {error.start:,} is not UTF-8") from error
    except json.JSONDecodeError as error:
        left = len(error.doc) - error.pos
        what = "cut off" if left < 100 else f"no JSON from character {error.pos:,}"
        raise Fault(f"{what} ({len(body):,} bytes received)") from error
    except (ValueError, RecursionError) as error:
        raise Fault(f"no JSON: {error}") from error


def _check(element: Any) -> None:
    """See that an element has what its type needs; drop tags with reserved names."""
    try:
        number, tags = element["id"], element.get("tags", {})
        sound = type(number) is int and all(
            isinstance(k, str) and isinstance(v, str) for k, v in tags.items()
        )
        match element["type"]:
            case "node":
                sound &= -90 <= element["lat"] <= 90 and -180 <= element["lon"] <= 180
            case "way":
                sound &= len(element["nodes"]) > 0
            case "relation":
                sound &= all({"type", "ref", "role"} <= m.keys() for m in element["members"])
    except (KeyError, TypeError, AttributeError) as error:
        raise Fault(f"malformed element {str(element)[:80]}") from error
    if not sound:
        raise Fault(f"malformed element {str(element)[:80]}")
    for name in _RESERVED:
        tags.pop(name, None)
