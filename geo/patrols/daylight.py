"""Shifts told from the sun become shifts by the clock; whether it is dark at a local time.

Sunset and sunrise by `astral`, which follows Meeus, Astronomical Algorithms, with the sun's
upper limb on a level horizon: good to a minute or two, less in a deep valley.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset

from geo.params import PatrolParams, Shift
from geo.params.clock import DAY_S
from geo.params.patrols import LONGEST_SHIFT_H, minutes, too_long
from geo.params.types import SUN


class ShiftError(ValueError):
    """A shift told from the sun that no crew can work."""


def by_the_clock(wish: PatrolParams, lon: float, lat: float) -> PatrolParams:
    """Return the parameters with every shift told by the clock, in the night of ``wish.date``.

    Several nights keep the times of the first, so that people find a stop at the same hour: about
    20 minutes off the sun after a fortnight at most.

    A shift that starts earlier in the day than the one before it begins a day later.  A sunrise
    that ends a shift begun at or after noon is that of the next day.  Hours after sunset may lie
    on the next day.

    Parameters
    ----------
    wish : geo.params.PatrolParams
    lon, lat : float, degrees, WGS 84
        Where the sun is watched: the depot.

    Raises
    ------
    ShiftError
        If a shift ends before it starts or takes more than `geo.params.LONGEST_SHIFT_H` hours, or
        the sun does not rise or set there on that day.
    """

    def at_s(clock: str, day: int) -> int:
        return _seconds(clock, wish, lon, lat, day)

    shifts: list[Shift] = []
    day, before_s = 0, 0
    for shift in wish.shifts:
        if shift.days_later is not None:
            day = shift.days_later
        while at_s(shift.start, day) < before_s and shift.days_later is None:
            day += 1
        start_s = before_s = at_s(shift.start, day)
        first = start_s // DAY_S
        if "sunset" in shift.end:
            end_s = at_s(shift.end, day)
        elif "sunrise" in shift.end:
            end_s = at_s(shift.end, first + (start_s % DAY_S >= DAY_S // 2))
        else:
            end_s = at_s(shift.end, first)
            end_s += DAY_S * (end_s <= start_s)
        start, end = _text(start_s), _text(end_s)
        _refuse(shift, start, end, end_s - start_s)
        shifts.append(replace(shift, start=start, end=end, days_later=first))
    return replace(wish, shifts=tuple(shifts))


def _refuse(shift: Shift, start: str, end: str, length_s: int) -> None:
    """Refuse a shift that no crew can work, with what was read."""
    if length_s <= 0:
        raise ShiftError(
            f"the shift {shift.name!r} from {shift.start} to {shift.end} is read as from {start} "
            f"to {end} on that day: it ends before it starts. Fix: change its start or end"
        )
    if length_s > LONGEST_SHIFT_H * 3600:
        raise ShiftError(too_long(shift.name, start, end, length_s // 60))


def is_dark(day: datetime.date, clock_s: int, time_zone: str, lon: float, lat: float) -> bool:
    """Return whether the sun is down at a local time: before sunrise, or from sunset on.

    Parameters
    ----------
    day : datetime.date
    clock_s : int
        Seconds from midnight by the clock, on `day`.
    time_zone : str
        As of `geo.params.PatrolParams`.
    lon, lat : float, degrees, WGS 84
        Where the sun is watched.

    Raises
    ------
    ValueError
        If the sun does not rise or set there on that day.
    """
    where, zone = Observer(lat, lon), ZoneInfo(time_zone)
    at = datetime.datetime.combine(day, datetime.time(), zone) + datetime.timedelta(seconds=clock_s)
    up, down = (event(where, at.date(), tzinfo=zone) for event in (sunrise, sunset))
    return not up <= at < down


def _seconds(clock: str, wish: PatrolParams, lon: float, lat: float, days_later: int) -> int:
    """Return a time of a day of the night in seconds from the midnight before the night."""
    told = SUN.fullmatch(clock)
    if not told or wish.date is None:
        return days_later * DAY_S + 60 * minutes(clock)
    event, sign, hours, more = told.groups()
    day = wish.date + datetime.timedelta(days=days_later)
    of_event = {"sunset": sunset, "sunrise": sunrise}[event]
    try:
        at = of_event(Observer(lat, lon), day, tzinfo=ZoneInfo(wish.time_zone))
    except ValueError as error:
        raise ShiftError(
            f"there is no {event} at the depot on {day}: {error}. Fix: a local time HH:MM"
        ) from error
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(more or 0))
    at = at - offset if sign == "-" else at + offset
    return (at.date() - wish.date).days * DAY_S + at.hour * 3600 + at.minute * 60


def _text(seconds: int) -> str:
    """Return the local time HH:MM of seconds from midnight."""
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}"
