"""Patrols for a phone: routes as GPX 1.1, timetables as iCalendar (RFC 5545)."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
from icalendar import Calendar, Event

from geo.patrols.clock import moment
from layers import atomic, gpx
from layers.handling import Handling
from layers.schema import WGS84

PRODUCT: Final = "-//mitrovica-corridors//patrols//EN"


def write_gpx(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, credit: str, folder: Path, handling: Handling
) -> list[Path]:
    """Write each patrol as GPX: its stops as numbered waypoints, its drives as a track.

    Tables `STOPS` and `LEGS` share one CRS in metres; `credit` is that of the roads.  The files are
    returned.
    """
    written = []
    for route in gpx.routes(stops, legs, credit):
        path = folder / f"{route.file}.gpx"
        with atomic.file(path) as part:
            part.write_bytes(route.gpx(handling.line()))
        written.append(path)
    return written


def write_ics(
    stops: gpd.GeoDataFrame, folder: Path, handling: Handling, *, date: date, time_zone: str
) -> list[Path]:
    """Write each vehicle's departures, stops, breaks and returns as events of a calendar.

    Times are written in UTC, so that any calendar shows them right, also in the night of a clock
    change.  Events are stamped with the night's date, so the same plan gives the same file.  The
    first night begins on `date`, the others follow day by day; ``vehicle_<number>.ics`` holds all
    nights of a vehicle.
    """
    shift = ["night", "shift"]
    stops = stops.assign(first_s=stops.groupby(shift)["departure_s"].transform("min"))
    written = []
    for vehicle, rows in stops.to_crs(WGS84).groupby("vehicle"):
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", f"Patrols, vehicle {vehicle}")
        calendar.add("x-wr-caldesc", handling.line())
        for row in rows.to_dict("records"):
            day = date + timedelta(days=int(row["night"]) - 1)
            calendar.add_component(_event(row, day, time_zone))
        path = folder / f"vehicle_{vehicle}.ics"
        with atomic.file(path) as part:
            part.write_bytes(calendar.to_ical())
        written.append(path)
    return written


def _event(row: dict[Any, Any], day: date, time_zone: str) -> Event:
    """Return a row of the timetable as an event."""
    arrival, departure = (
        moment(day, int(row[column]), int(row["first_s"]), time_zone)
        for column in ("arrival_s", "departure_s")
    )
    is_break = row["kind"] == "break"
    event = Event()
    event.add("summary", f"Break: {row['name']}" if is_break else str(row["name"]))
    event.add("location", str(row["name"]))
    event.add("dtstart", arrival)
    event.add("dtend", departure)
    event.add("dtstamp", datetime.combine(day, time(), UTC))
    # The stop is part of the id: when another stop takes this place in the order, a calendar must
    # not take it for the same event.
    patrol = f"{day}-{row['shift']}-{row['vehicle']}-{row['order']}"
    kind = "break" if is_break else "stop"
    event.add("uid", f"{patrol}-{row['stop']}-{kind}@mitrovica-corridors")
    event.add("geo", (round(row["geometry"].y, 6), round(row["geometry"].x, 6)))
    return event
