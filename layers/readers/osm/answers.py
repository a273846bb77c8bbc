"""What servers answer, checked before use: each `AttemptError` says in one line what is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.parsers.expat import errors

from layers.readers.osm.download import AttemptError, DoubtfulAnswerError, plain_text
from layers.readers.osm.tags import FEATURE_KEYS

_RESERVED: Final = ("id", "element", "nodes", "members", "lat", "lon")
"""Tags of these names would overwrite an element's own values when osmnx merges the two."""

_PAGE: Final = re.compile(rb"(?i)<!doctype|<html")
_CUT_OFF: Final = (
    errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN, errors.XML_ERROR_PARTIAL_CHAR,
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """An answer of Overpass that is complete in itself."""

    content: bytes
    """OSM XML, without tags that osmnx would take for an element's own values."""
    date: str
    """Timestamp of the OSM data, or an empty string."""
    empty: bool
    """It holds no feature that any layer could use."""


def not_empty(body: bytes) -> Answer:
    """Check an answer of Overpass; raise `DoubtfulAnswerError` if it is sound and holds nothing.

    A server with a broken database answers so too.
    """
    answer = overpass(body)
    if answer.empty:
        raise DoubtfulAnswerError("nothing found", answer)
    return answer


def overpass(body: bytes) -> Answer:
    """Check the body of a 200 answer of Overpass, which is OSM XML.

    Overpass reports time-outs and lack of memory in a remark, inside a 200.
    """
    root = _xml(body)
    if root.tag != "osm":
        raise AttemptError(f"XML, but no answer of Overpass: it begins with <{root.tag}>",
                           retry=False)  # fmt: skip
    if remark := root.findtext("remark"):
        raise AttemptError(f"the server gave up: {' '.join(remark.split())[:200]}")
    for element in root:
        _check(element)
    nodes = {node.get("id") for node in root.iterfind("node")}
    for way in root.iterfind("way"):
        if not nodes.issuperset(member.get("ref") for member in way.iterfind("nd")):
            raise AttemptError(f"incomplete: way {way.get('id')} lacks some of its nodes")
    meta = root.find("meta")
    return Answer(
        content=ET.tostring(root, encoding="utf-8"),
        date="" if meta is None else meta.get("osm_base", ""),
        empty=not any(tag.get("k") in FEATURE_KEYS for tag in root.iter("tag")),
    )


def nominatim(body: bytes) -> bytes:
    """Check an answer of Nominatim: a list of places with shapes, which may be empty."""
    try:
        answer = json.loads(_text(body))
    except (ValueError, RecursionError) as error:
        raise AttemptError(f"no JSON ({len(body):,} bytes received): {error}") from error
    if not isinstance(answer, list) or not all(
        isinstance(place, dict) and isinstance(place.get("geojson"), dict) for place in answer
    ):
        raise AttemptError("JSON, but no answer of Nominatim", retry=False)
    return body


def _text(body: bytes) -> str:
    if not body.strip():
        raise AttemptError("empty answer")
    if _PAGE.search(body[:1000]):
        raise AttemptError(f"a web page instead of data: {plain_text(body)}")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise AttemptError(f"damaged: byte {error.start:,} is not UTF-8") from error


def _xml(body: bytes) -> ET.Element:
    try:
        return ET.fromstring(_text(body))
    except ET.ParseError as error:
        cut_off = errors.messages[error.code] in _CUT_OFF
        message = "cut off" if cut_off else f"no XML: {error}"
        raise AttemptError(f"{message} ({len(body):,} bytes received)") from error


def _check(element: ET.Element[Any]) -> None:
    """Check that an element has what its type needs; drop tags with reserved names."""
    if element.tag not in ("node", "way", "relation"):
        return
    tags = element.findall("tag")
    sound = element.get("id", "").isdecimal() and all(
        {"k", "v"} <= tag.attrib.keys() for tag in tags
    )
    if element.tag == "node":
        try:
            lat, lon = float(element.get("lat", "")), float(element.get("lon", ""))
        except ValueError:
            sound = False
        else:
            sound &= -90 <= lat <= 90 and -180 <= lon <= 180
    elif element.tag == "way":
        sound &= element.find("nd") is not None
    else:
        sound &= all({"type", "ref", "role"} <= m.attrib.keys() for m in element.iterfind("member"))
    if not sound:
        raise AttemptError(f"malformed element {ET.tostring(element, encoding='unicode')[:80]}")
    for tag in tags:
        if tag.get("k") in _RESERVED:
            element.remove(tag)
