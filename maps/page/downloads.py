"""Patrols as files that the page holds, for the phone or the device in the vehicle."""

import base64
from typing import Final
from xml.etree import ElementTree as ET

from layers.gpx import LICENCE, OWNER, Place, Route
from layers.xml import xml_text

KML: Final = "http://www.opengis.net/kml/2.2"


def kml(route: Route, about: str | None = None) -> bytes:
    """Return a patrol as KML 2.2: a placemark for each stop, and one for the route.

    The handling words `about` stand before whose the roads are.
    """
    root = ET.Element("kml", {"xmlns": KML})
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = xml_text(route.title)
    owner = f"Roads: © {OWNER}, {LICENCE}"
    text = owner if about is None else f"{xml_text(about)} {owner}"
    ET.SubElement(document, "description").text = text
    for stop in route.waypoints:
        mark = ET.SubElement(document, "Placemark")
        ET.SubElement(mark, "name").text = xml_text(stop.name)
        ET.SubElement(mark, "description").text = xml_text(stop.about)
        point = ET.SubElement(mark, "Point")
        ET.SubElement(point, "coordinates").text = _coordinates(stop.at)
    whole = ET.SubElement(document, "Placemark")
    ET.SubElement(whole, "name").text = xml_text(route.title)
    lines = ET.SubElement(whole, "MultiGeometry")
    for places in route.lines:
        line = ET.SubElement(lines, "LineString")
        ET.SubElement(line, "tessellate").text = "1"
        ET.SubElement(line, "coordinates").text = _coordinates(*places)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def files(route: Route, about: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return a patrol as GPX and as KML: the name of each file, and an address that holds it."""
    return (
        (f"{route.file}.gpx", data_url("application/gpx+xml", route.gpx(about))),
        (f"{route.file}.kml", data_url("application/vnd.google-earth.kml+xml", kml(route, about))),
    )


def data_url(media_type: str, content: bytes) -> str:
    """Return a file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _coordinates(*places: Place) -> str:
    return " ".join(f"{lon},{lat}" for lon, lat in places)
