"""Patrols for a phone: routes as GPX 1.1 and KML 2.2, timetables as iCalendar (RFC 5545)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from icalendar import Alarm, Calendar, Event

from geo.schema import WGS84
from layers.files.handling import Handling
from layers.files.patrol_routes import Route

PRODUCT: Final = "-//mitrovica-corridors//patrols//EN"

REMINDER: Final = timedelta(minutes=-30)
"""When a phone reminds the crew, from its departure."""


def write_routes(routes: Sequence[Route], folder: Path, handling: Handling) -> None:
    """Write each patrol as GPX and as KML into a folder, made where it is missing."""
    folder.mkdir(exist_ok=True)
    for route in routes:
        path = folder / route.file
        path.with_suffix(".gpx").write_bytes(route.gpx(handling.line()))
        path.with_suffix(".kml").write_bytes(route.kml(handling.line()))


def write_ics(
    stops: gpd.GeoDataFrame,
    routes: Sequence[Route],
    folder: Path,
    handling: Handling,
    bring: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> None:
    """Write each vehicle's patrols, with their stops and breaks, as events of a calendar.

    An event from departure to return stands for the depot, where no time is spent, and reminds the
    crew half an hour before.  Moments are written in UTC, so that any calendar shows them right,
    also in the night of a clock change.  Events are stamped with the night's date, so the same plan
    gives the same file; ``vehicle_<number>.ics`` holds all nights of a vehicle.

    Parameters
    ----------
    stops
        Table `STOPS` with dates.
    routes
        Its patrols.
    folder
        Where the files are written.
    handling
        What they say.
    bring
        What to bring, by file of the route and order of the stop.
    """
    placed = stops.to_crs(WGS84)
    who = ["night", "shift", "vehicle"]
    patrols = dict(iter(placed.groupby(who, sort=False)))
    for vehicle in sorted({route.vehicle for route in routes}):
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", f"Patrols, vehicle {vehicle}")
        calendar.add("x-wr-caldesc", handling.line())
        for route in (other for other in routes if other.vehicle == vehicle):
            rows = patrols[route.night, route.shift, vehicle].sort_values(
                "order", kind="stable"
            )
            for event in _events(rows, route, bring):
                calendar.add_component(event)
        path = folder / f"vehicle_{vehicle}.ics"
        path.write_bytes(calendar.to_ical())


def _events(
    rows: pd.DataFrame, route: Route, bring: Mapping[tuple[str, int], str]
) -> list[Event]:
    """Return a patrol as a whole, and each of its stops and breaks, as events."""
    first, *others = rows.to_dict("records")
    whole = _event(first | {"ends_at": others[-1]["starts_at"]}, route, bring, "patrol")
    whole["summary"] = f"Patrol {route.title.partition(', ')[2]}"
    reminder = Alarm()
    reminder.add("action", "DISPLAY")
    reminder.add("description", whole["summary"])
    reminder.add("trigger", REMINDER)
    whole.add_component(reminder)
    return [
        whole,
        *(
            _event(row, route, bring, "break" if row["kind"] == "break" else "stop")
            for row in others
            if row["starts_at"] < row["ends_at"]
        ),
    ]


def _event(
    row: dict[Any, Any], route: Route, bring: Mapping[tuple[str, int], str], kind: str
) -> Event:
    """Return a row of the timetable as an event."""
    name = str(row["name"])
    order = int(row["order"])
    place = f"{row['geometry'].y:.6f}", f"{row['geometry'].x:.6f}"
    local = next(stop.local for stop in route.waypoints if stop.order == order)
    lines = [local, bring.get((route.file, order), ""), f"geo:{','.join(place)}"]
    event = Event()
    event.add("summary", f"Break: {name}" if kind == "break" else name)
    event.add("location", f"{name} ({local})" if local else name)
    event.add("description", "\n".join(filter(None, lines)))
    event.add("dtstart", datetime.fromisoformat(row["starts_at"]).astimezone(UTC))
    event.add("dtend", datetime.fromisoformat(row["ends_at"]).astimezone(UTC))
    event.add(
        "dtstamp", datetime.combine(datetime.fromisoformat(row["date"]), time(), UTC)
    )
    # The stop is part of the id: when another stop takes this place in the order, a calendar must
    # not take it for the same event.
    patrol = f"{row['date']}-{row['shift']}-{row['vehicle']}-{order}"
    event.add("uid", f"{patrol}-{row['stop']}-{kind}@mitrovica-corridors")
    event.add("geo", tuple(map(float, place)))
    return event
