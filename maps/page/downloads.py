"""Patrols as files that the page holds, for the phone or the device in the vehicle."""

import base64

from layers.gpx import Route
from layers.xml import xml_text
from maps.page.escaping import template


def files(route: Route, handling: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return a patrol as GPX and as KML 2.2: the name of each file, and an address that holds it.

    The KML has a placemark for each stop, and one for the route.
    """
    about = " ".join([*([] if handling is None else [handling]), f"Roads: {route.credit}"])
    kml = xml_text(template("route.kml").render(route=route, about=about))
    return (
        (f"{route.file}.gpx", data_url("application/gpx+xml", route.gpx(handling))),
        (f"{route.file}.kml", data_url("application/vnd.google-earth.kml+xml", kml.encode())),
    )


def data_url(media_type: str, content: bytes) -> str:
    """Return a file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
