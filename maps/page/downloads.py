"""Patrols as files that the page holds, for the phone or the device in the vehicle."""

import base64

from layers.gpx import Route


def files(route: Route, handling: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return a patrol as GPX and as KML: the name of each file, and an address that holds it."""
    return (
        (f"{route.file}.gpx", data_url("application/gpx+xml", route.gpx(handling))),
        (
            f"{route.file}.kml",
            data_url("application/vnd.google-earth.kml+xml", route.kml(handling)),
        ),
    )


def data_url(media_type: str, content: bytes) -> str:
    """Return a file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
