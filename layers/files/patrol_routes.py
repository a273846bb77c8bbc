"""Patrol routes as GPX 1.1 [1]_ and KML 2.2, the same in the files of a run and on its map.

References
----------
.. [1] D. Foster, "GPX 1.1 Schema Documentation", TopoGrafix, 2004.
   https://www.topografix.com/GPX/1/1/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, Self

import geopandas as gpd
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.patrols.clock import first_days
from geo.patrols.timetable import shift_order
from geo.schema import WGS84
from layers import palette
from layers.files.filenames import PROGRAM, file_parts
from layers.package_data import filled

TOLERANCE_M: Final = 3.0
"""How far a track may lie off its road: less than a lane's width, and than a phone's error."""

ON_SIGNS: Final = ("name_sq", "name_sr_latn", "name_sr_cyrl")
"""Columns of table `PLACES` with what a crew reads on the road."""

_WHO: Final = ["night", "shift", "vehicle"]

Place = tuple[str, str]
"""Longitude and latitude in degrees, EPSG:4326, with six decimals (about 0.1 m)."""


class Waypoint(NamedTuple):
    """A departure, a stop or a return."""

    name: str
    """Its number in two digits, by which devices sort, and its English name."""
    order: int
    about: str
    """From when until when, local time."""
    kind: str
    at: Place
    local: str
    """Its names as signs have them, each once; empty where there is none."""
    starts_at: str
    ends_at: str
    """Moments in UTC; empty where the night has no date."""

    @property
    def name_on_road(self) -> str:
        """Its number and its names as signs have them, else the English one."""
        return f"{self.order:02d} {self.local}" if self.local else self.name


@dataclass(frozen=True)
class Route:
    """What one vehicle drives in one shift of a night."""

    night: int
    shift: str
    position: int
    """Of the shift among those of a night, in the order in which they begin; the first is 0."""
    vehicle: int
    begins: date | None
    """The day on which the shift begins; None where it is not known."""
    title: str
    """Such as "2026-11-30, evening, vehicle 2"; the day is that on which the shift begins."""
    file: str
    """Name of its files, without suffix: the same on disk and in the page."""
    waypoints: tuple[Waypoint, ...]
    line: tuple[Place, ...]
    """Vertices of all drives, in their order; empty where nothing is driven."""
    colour: str
    """Colour of the shift, ``#rrggbb``."""
    credit: str
    """Whose the roads are, and under which licence."""

    def gpx(self, about: str | None = None) -> bytes:
        """Return the route as GPX: waypoints, a route of the stops, a track of one segment.

        `about` describes the file: the handling words.
        """
        return filled("route.gpx", route=self, about=about, program=PROGRAM).encode()

    def kml(self, about: str | None = None) -> bytes:
        """Return the route as KML: a placemark for each stop, and one for all drives."""
        words = " ".join([*([] if about is None else [about]), f"Roads: {self.credit}"])
        return filled("route.kml", route=self, about=words).encode()


class _When(NamedTuple):
    """What the title and the file's name of a route begin with."""

    title: str
    file: str

    @classmethod
    def of(cls, day: date | None, night: int, *, several: bool) -> Self:
        """Return the day; without one the night's number, if there are `several`."""
        if day is not None:
            return cls(f"{day}, ", f"{day}_")
        if several:
            return cls(f"night {night}, ", f"night_{night:02d}_")
        return cls("", "")


def routes(
    stops: gpd.GeoDataFrame,
    legs: gpd.GeoDataFrame,
    credit: str,
    places: pd.DataFrame | None = None,
) -> list[Route]:
    """Return the route of each patrol, in the order of the timetable.

    Breaks are left out: they are taken at a stop.  Lines are simplified by `TOLERANCE_M`.  Files
    are called ``patrol_<shift>_<vehicle>``, with the day on which the shift begins before the
    shift; where that is not known, of several nights, with ``night_<night>``.

    Parameters
    ----------
    stops, legs
        Tables `STOPS` and `LEGS`, in one projected CRS in metres; else `geo.crs.CRSError`.
    credit
        Whose the roads are, and under which licence.
    places
        Table `PLACES`, with the names on signs; by default there are none.
    """
    require_metric(stops=stops, legs=legs)
    several = stops["night"].nunique() > 1
    named = stops.assign(day=first_days(stops), local=_local(stops, places))
    lines = _lines(legs)
    parts = file_parts(stops["shift"].astype(str))
    order = shift_order(stops)
    routes = []
    for key, rows in named.to_crs(WGS84).groupby(_WHO, sort=False):
        who: Any = key
        night, shift, vehicle = who
        begins = rows["day"].iloc[0]
        when = _When.of(begins, night, several=several)
        position = order.index(shift)
        route = Route(
            night=int(night),
            shift=str(shift),
            position=position,
            vehicle=int(vehicle),
            begins=begins,
            title=f"{when.title}{shift.replace('_', ' ')}, vehicle {vehicle}",
            file=f"patrol_{when.file}{parts[shift]}_{vehicle}",
            waypoints=_waypoints(pd.DataFrame(rows)),
            line=lines.get(who, ()),
            colour=palette.patrol(position, 1).colour,
            credit=credit,
        )
        routes.append(route)
    return routes


def _lines(legs: gpd.GeoDataFrame) -> dict[Any, tuple[Place, ...]]:
    """Return the vertices of each patrol's drives in their order, none twice in a row."""
    legs = legs.sort_values("order", kind="stable")
    legs = legs.set_geometry(legs.geometry.simplify(TOLERANCE_M)).to_crs(WGS84)
    lines = {}
    for who, drives in legs.groupby(_WHO):
        places = _coordinates(drives.geometry.to_numpy())
        lines[who] = tuple(place for place, _ in groupby(places))
    return lines


def _local(stops: pd.DataFrame, places: pd.DataFrame | None) -> pd.Series:
    """Return the names of each stop on signs, in the languages of the country."""
    if places is None:
        return pd.Series("", index=stops.index)
    names = places.set_index("id")[list(ON_SIGNS)]
    name_by_stop = names.apply(
        lambda row: " / ".join(dict.fromkeys(row.dropna())), axis=1
    )
    return stops["stop"].map(name_by_stop.to_dict()).fillna("")


def _waypoints(rows: pd.DataFrame) -> tuple[Waypoint, ...]:
    visits = rows[rows["kind"] != "break"].sort_values("order")
    places = _coordinates(visits["geometry"].to_numpy())
    return tuple(map(_waypoint, visits.to_dict("records"), places))


def _waypoint(row: Mapping[Any, Any], at: Place) -> Waypoint:
    name = row["stop"] if pd.isna(row["name"]) else row["name"]
    times = f"{row['arrival']}-{row['departure']}"
    starts_at, ends_at = (
        "" if pd.isna(row[column]) else in_utc(row[column])
        for column in ("starts_at", "ends_at")
    )
    return Waypoint(
        f"{row['order']:02d} {name}",
        row["order"],
        times,
        str(row["kind"]),
        at,
        row["local"],
        starts_at,
        ends_at,
    )


def in_utc(moment: str) -> str:
    """Return a moment with an offset as one in UTC, to the second."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _coordinates(shapes: Any) -> tuple[Place, ...]:
    return tuple(
        (f"{lon:.6f}", f"{lat:.6f}") for lon, lat in shapely.get_coordinates(shapes)
    )
