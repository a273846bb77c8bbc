"""Patrols as GPX and KML, for the phone or the device in the vehicle."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import shapely

from maps.text import xml_text

GPX: Final = "http://www.topografix.com/GPX/1/1"
KML: Final = "http://www.opengis.net/kml/2.2"
GPX_TYPE: Final = "application/gpx+xml"
KML_TYPE: Final = "application/vnd.google-earth.kml+xml"
CREATOR: Final = "mitrovica-corridors"

Waypoint = tuple[str, str, float, float]
"""Name, description, latitude and longitude in degrees."""


def gpx(name: str, waypoints: Iterable[Waypoint], legs: gpd.GeoSeries) -> bytes:
    """Return a patrol as GPX 1.1: a waypoint for each stop, a track segment for each leg.

    Parameters
    ----------
    name : str
    waypoints : iterable of Waypoint
    legs : geopandas.GeoSeries of LineString, EPSG:4326
    """
    root = ET.Element("gpx", {"xmlns": GPX, "version": "1.1", "creator": CREATOR})
    ET.SubElement(ET.SubElement(root, "metadata"), "name").text = xml_text(name)
    for title, about, lat, lon in waypoints:
        point = ET.SubElement(root, "wpt", {"lat": f"{lat:.5f}", "lon": f"{lon:.5f}"})
        ET.SubElement(point, "name").text = xml_text(title)
        ET.SubElement(point, "desc").text = xml_text(about)
    track = ET.SubElement(root, "trk")
    ET.SubElement(track, "name").text = xml_text(name)
    for leg in legs:
        segment = ET.SubElement(track, "trkseg")
        for lon, lat in shapely.get_coordinates(leg):
            ET.SubElement(segment, "trkpt", {"lat": f"{lat:.5f}", "lon": f"{lon:.5f}"})
    return _bytes(root)


def kml(name: str, waypoints: Iterable[Waypoint], legs: gpd.GeoSeries) -> bytes:
    """Return a patrol as KML 2.2: a placemark for each stop, and one for the route.

    Parameters are those of `gpx`.
    """
    root = ET.Element("kml", {"xmlns": KML})
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = xml_text(name)
    for title, about, lat, lon in waypoints:
        mark = ET.SubElement(document, "Placemark")
        ET.SubElement(mark, "name").text = xml_text(title)
        ET.SubElement(mark, "description").text = xml_text(about)
        point = ET.SubElement(mark, "Point")
        ET.SubElement(point, "coordinates").text = f"{lon:.5f},{lat:.5f}"
    route = ET.SubElement(document, "Placemark")
    ET.SubElement(route, "name").text = xml_text(name)
    lines = ET.SubElement(route, "MultiGeometry")
    for leg in legs:
        line = ET.SubElement(lines, "LineString")
        ET.SubElement(line, "tessellate").text = "1"
        ET.SubElement(line, "coordinates").text = " ".join(
            f"{lon:.5f},{lat:.5f}" for lon, lat in shapely.get_coordinates(leg)
        )
    return _bytes(root)


def data_url(media_type: str, content: bytes) -> str:
    """Return a file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _bytes(root: ET.Element) -> bytes:
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content
