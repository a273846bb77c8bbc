"""Patrol routes as GPX 1.1 [1]_, the same in the files of a run and on its map.

References
----------
.. [1] D. Foster, "GPX 1.1 Schema Documentation", TopoGrafix, 2004.
   https://www.topografix.com/GPX/1/1/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from geo.arrays import Floats
from geo.crs import require_metric
from geo.patrols.clock import first_days
from layers.filenames import PROGRAM, file_parts
from layers.filled import filled
from layers.schema import WGS84

TOLERANCE_M: Final = 3.0
"""How far a track may lie off its road: less than a lane's width, and than a phone's error."""

_WHO: Final = ["night", "shift", "vehicle"]

Place = tuple[str, str]
"""Longitude and latitude in degrees, EPSG:4326, with six decimals (about 0.1 m)."""


class Waypoint(NamedTuple):
    """A departure, a stop or a return."""

    name: str
    """Its number in two digits, by which devices sort, and its English name."""
    about: str
    """From when until when, local time."""
    kind: str
    at: Place


@dataclass(frozen=True)
class Route:
    """What one vehicle drives in one shift of a night."""

    night: int
    shift: str
    vehicle: int
    title: str
    """Such as "2026-11-30, evening, vehicle 2"; the day is that on which the shift begins."""
    file: str
    """Name of its files, without suffix: the same on disk and in the page."""
    waypoints: tuple[Waypoint, ...]
    lines: tuple[tuple[Place, ...], ...]
    """Vertices of each drive, in the order of the drives."""
    credit: str
    """Whose the roads are, and under which licence."""

    def gpx(self, about: str | None = None) -> bytes:
        """Return the route as GPX: a waypoint for each stop, a track segment for each drive.

        `about` describes the file: the handling words.
        """
        return filled("route.gpx", route=self, about=about, program=PROGRAM).encode()


def routes(stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, credit: str) -> list[Route]:
    """Return the route of each patrol, in the order of the timetable.

    `stops` and `legs` are tables `STOPS` and `LEGS`, in the same metric CRS, `credit` is that of
    the roads.  Breaks are left out:
    they are taken at a stop.  Lines are simplified by `TOLERANCE_M`.  Files are called
    ``patrol_<shift>_<vehicle>``, with the day on which the shift begins before the shift; where
    that is not known, of several nights, with ``night_<night>``.
    """
    require_metric(stops=stops, legs=legs)
    several = stops["night"].nunique() > 1
    at = stops.assign(day=first_days(stops)).to_crs(WGS84)
    legs = legs.sort_values("order", kind="stable")
    legs = legs.set_geometry(legs.geometry.simplify(TOLERANCE_M)).to_crs(WGS84)
    drives = {who: gpd.GeoSeries(rows.geometry) for who, rows in legs.groupby(_WHO)}
    none = gpd.GeoSeries(crs=WGS84)
    parts = file_parts(stops["shift"].astype(str))
    return [
        _route(rows, drives.get(who, none), parts, credit, several=several)
        for who, rows in at.groupby(_WHO, sort=False)
    ]


def _route(
    rows: pd.DataFrame,
    drives: gpd.GeoSeries,
    parts: Mapping[str, str],
    credit: str,
    *,
    several: bool,
) -> Route:
    first = rows.iloc[0]
    night, shift, vehicle = int(first["night"]), str(first["shift"]), int(first["vehicle"])
    day = first["day"]
    when = f"{day}, " if day is not None else f"night {night}, " if several else ""
    marked = f"{day}_" if day is not None else f"night_{night:02d}_" if several else ""
    visited = rows[rows["kind"] != "break"].sort_values("order")
    places = _places(shapely.get_coordinates(visited["geometry"].to_numpy()))
    return Route(
        night,
        shift,
        vehicle,
        file=f"patrol_{marked}{parts[shift]}_{vehicle}",
        title=f"{when}{shift.replace('_', ' ')}, vehicle {vehicle}",
        waypoints=tuple(map(_waypoint, visited.to_dict("records"), places)),
        lines=tuple(_places(shapely.get_coordinates(line)) for line in drives),
        credit=credit,
    )


def _waypoint(row: dict[Any, Any], at: Place) -> Waypoint:
    name = row["stop"] if pd.isna(row["name"]) else row["name"]
    times = f"{row['arrival']}-{row['departure']}"
    return Waypoint(f"{row['order']:02d} {name}", times, str(row["kind"]), at)


def _places(xy: Floats) -> tuple[Place, ...]:
    return tuple((f"{lon:.6f}", f"{lat:.6f}") for lon, lat in xy)
