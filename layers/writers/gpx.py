"""Patrol routes as GPX 1.1, a file per night, shift and vehicle, for navigation devices."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from layers import atomic, gpx
from layers.filenames import file_parts
from layers.handling import Handling


def write_gpx(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, folder: Path, handling: Handling
) -> list[Path]:
    """Write each patrol: its stops as numbered waypoints, its drives as a track.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, table `STOPS`, a CRS in metres
    legs : geopandas.GeoDataFrame, table `LEGS`, the same CRS
    folder : pathlib.Path
        Gets ``patrol_<shift>_<vehicle>.gpx``, of several nights
        ``patrol_night_<night>_<shift>_<vehicle>.gpx``; the shift as `file_parts` names it.
    handling : layers.handling.Handling
        Stands in the description of each file.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order of the nights, shifts and vehicles.

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, not in metres, or differs between the two.
    """
    routes = gpx.routes(stops, legs)
    shifts = file_parts(route.shift for route in routes)
    several = len({route.night for route in routes}) > 1
    written = []
    for route in routes:
        night = f"night_{route.night:02d}_" if several else ""
        path = folder / f"patrol_{night}{shifts[route.shift]}_{route.vehicle}.gpx"
        with atomic.file(path) as part:
            part.write_bytes(route.gpx(handling.line()))
        written.append(path)
    return written
