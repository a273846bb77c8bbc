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

from geo.params import SUN, PatrolParams, Shift


def by_the_clock(wish: PatrolParams, lon: float, lat: float) -> PatrolParams:
    """Return the parameters with every shift told by the clock, in the night of ``wish.date``.

    Several nights keep the times of the first, so that people find a stop at the same hour: about
    20 minutes off the sun after a fortnight at most.

    A shift that starts earlier in the day than the one before it begins a day later.  A sunrise
    that ends a shift begun at or after noon is that of the next day.

    Parameters
    ----------
    wish : geo.params.PatrolParams
    lon, lat : float, degrees, WGS 84
        Where the sun is watched: the depot.
    """
    shifts: list[Shift] = []
    for shift in wish.shifts:
        before = shifts[-1] if shifts else None
        day = _clock_day(shift, before, wish, lon, lat)
        start = _clock(shift.start, wish, lon, lat, day)
        next_day = start >= "12:00" and "sunrise" in shift.end
        end = _clock(shift.end, wish, lon, lat, day + next_day)
        shifts.append(replace(shift, start=start, end=end, days_later=day))
    return replace(wish, shifts=tuple(shifts))


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


def _clock_day(
    shift: Shift, before: Shift | None, wish: PatrolParams, lon: float, lat: float
) -> int:
    """Return how many days after the first day of its night a shift begins."""
    if shift.days_later is not None:
        return shift.days_later
    if before is None or before.days_later is None:
        return 0
    earlier = _clock(shift.start, wish, lon, lat, before.days_later) < before.start
    return before.days_later + earlier


def _clock(clock: str, wish: PatrolParams, lon: float, lat: float, days_later: int) -> str:
    told = SUN.fullmatch(clock)
    if not told or wish.date is None:
        return clock.zfill(5)
    event, sign, hours, minutes = told.groups()
    day = wish.date + datetime.timedelta(days=days_later)
    of_event = {"sunset": sunset, "sunrise": sunrise}[event]
    at = of_event(Observer(lat, lon), day, tzinfo=ZoneInfo(wish.time_zone))
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return f"{at - offset if sign == '-' else at + offset:%H:%M}"
