"""Patrol timetables as iCalendar (RFC 5545), a file per vehicle."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from icalendar import Calendar, Event

from layers import atomic
from layers.handling import Handling
from layers.schema import WGS84

PRODUCT: Final = "-//mitrovica-corridors//patrols//EN"


def write_ics(
    stops: gpd.GeoDataFrame,
    folder: Path,
    handling: Handling,
    *,
    date: datetime.date,
    time_zone: str,
) -> list[Path]:
    """Write each vehicle's departures, stops, breaks and returns as events.

    Times are written in UTC, so that any calendar shows them right, in the night of a clock
    change too.  The same plan gives the same file: events are stamped with the night's date.
    A vehicle's file holds all its nights.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, table `STOPS`, any CRS
    folder : pathlib.Path
        Gets ``vehicle_<number>.ics``.
    handling : layers.handling.Handling
        Stands in the description of each calendar.
    date : datetime.date
        The day on which the first night begins; the others follow day by day.
    time_zone : str
        Of the timetable, such as ``Europe/Belgrade``.

    Returns
    -------
    list of pathlib.Path
        The files written, by vehicle.
    """
    begin = _begin(stops, date, ZoneInfo(time_zone))
    written = []
    for vehicle, rows in stops.to_crs(WGS84).groupby("vehicle"):
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", f"Patrols, vehicle {vehicle}")
        calendar.add("x-wr-caldesc", handling.line())
        for row in rows.to_dict("records"):
            day = date + datetime.timedelta(days=int(row["night"]) - 1)
            begun = begin[row["night"], row["shift"]]
            calendar.add_component(_event(pd.Series(row), begun, day))
        path = folder / f"vehicle_{vehicle}.ics"
        with atomic.file(path) as part:
            part.write_bytes(calendar.to_ical())
        written.append(path)
    return written


def _begin(
    stops: gpd.GeoDataFrame, date: datetime.date, zone: ZoneInfo
) -> dict[tuple[int, str], tuple[datetime.datetime, int]]:
    """Return, by night and shift, moment and seconds of the first departure."""
    begin = {}
    first = stops.groupby(["night", "shift"], as_index=False)["departure_s"].min()
    for night, shift, start_s in first.itertuples(index=False):
        day = date + datetime.timedelta(days=int(night) - 1)
        wall = datetime.datetime.combine(day, datetime.time(), zone)
        moment = wall + datetime.timedelta(seconds=int(start_s))
        begin[int(night), str(shift)] = moment.astimezone(datetime.UTC), int(start_s)
    return begin


def _event(row: pd.Series, begin: tuple[datetime.datetime, int], date: datetime.date) -> Event:
    moment, start_s = begin
    arrival, departure = (
        moment + datetime.timedelta(seconds=int(row[column]) - start_s)
        for column in ("arrival_s", "departure_s")
    )
    title = f"Break: {row['name']}" if row["kind"] == "break" else str(row["name"])
    event = Event()
    event.add("summary", title)
    event.add("location", str(row["name"]))
    event.add("dtstart", arrival)
    event.add("dtend", departure)
    event.add("dtstamp", datetime.datetime.combine(date, datetime.time(), datetime.UTC))
    kind = "break" if row["kind"] == "break" else "stop"
    # Of another stop at the same place in the order a calendar must not think it the same event.
    patrol = f"{date}-{row['shift']}-{row['vehicle']}-{row['order']}"
    uid = f"{patrol}-{row['stop']}-{kind}@mitrovica-corridors"
    event.add("uid", uid)
    event.add("geo", (round(row["geometry"].y, 6), round(row["geometry"].x, 6)))
    return event
