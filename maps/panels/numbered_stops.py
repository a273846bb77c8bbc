"""The numbered stops of a patrol on the map, and the walks to those off the road."""

from dataclasses import asdict
from typing import Any, Final

import shapely
from pyproj import Geod
from shapely import Point

from geo.params.patrols import ON_FOOT_KPH
from maps.panels.patrol_panel import Patrol, Stop
from maps.sketch.picture import OFF_ROAD_M
from maps.words import phrased_numbers
from maps.words.phrases import Phrase

WGS84_ELLIPSOID: Final = Geod(ellps="WGS84")


def marks(patrol: Patrol) -> dict[str, Any]:
    """Return the numbered stops of a patrol; what they say is in the page's timetable."""
    legs = shapely.get_geometry(patrol.route.to_numpy(), -1)
    arrivals = shapely.get_point(legs, -1)
    stops = []
    for stop in patrol.stops[:-1]:
        walk = _walk(arrivals[stop.number - 1], stop) if stop.number else None
        mark = {
            "anchor": stop.anchor,
            "stop": stop.stop,
            "number": stop.number,
            "ends": stop.ends,
            "name": stop.name,
            "at": _at(stop.lat, stop.lon),
            "walk": walk,
        }
        stops.append(mark)
    return {
        "key": patrol.key,
        "night": patrol.night,
        "until": patrol.until,
        "shift": patrol.position + 1,
        "layer": f"route.{patrol.key}",
        "title": patrol.title,
        "symbol": asdict(patrol.symbol),
        "ink": patrol.ink,
        "stops": stops,
    }


def _walk(arrival: Point, stop: Stop) -> dict[str, Any] | None:
    """Return the way on foot to a stop off the road: where it starts, and its length in words."""
    ends = (arrival.x, arrival.y, stop.lon, stop.lat)
    distance_m = WGS84_ELLIPSOID.inv(*ends)[2]
    if distance_m < OFF_ROAD_M:
        return None
    metres = phrased_numbers.metres(round(distance_m, -1))
    time = phrased_numbers.walking(max(1.0, distance_m * 0.06 / ON_FOOT_KPH))
    values = {"metres": metres, "time": time}
    return {
        "from": _at(arrival.y, arrival.x),
        "text": Phrase("walk.from_road", **values),
        "time": Phrase("walk.time", time=time),
    }


def _at(latitude: float, longitude: float) -> list[float]:
    """Return a place to about a metre."""
    return [round(latitude, 5), round(longitude, 5)]
