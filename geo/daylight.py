"""Shifts told from the sun become shifts by the clock.

Sunset and sunrise by `astral`, which follows Meeus, Astronomical Algorithms, with the sun's
upper limb on a level horizon: good to a minute or two, less in a deep valley.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset

from geo.params import SUN, PatrolParams


def by_the_clock(wish: PatrolParams, lon: float, lat: float) -> PatrolParams:
    """Return the parameters with every shift told by the clock on ``wish.date``.

    Several nights keep the times of the first: about 20 minutes off after a fortnight at most.

    A sunrise that ends a shift begun by the clock at or after noon is that of the next day.

    Parameters
    ----------
    wish : geo.params.PatrolParams
    lon, lat : float, degrees, WGS 84
        Where the sun is watched: the depot.
    """
    shifts = []
    for shift in wish.shifts:
        start = _clock(shift.start, wish, lon, lat, nights=0)
        evening = start >= "12:00"
        end = _clock(shift.end, wish, lon, lat, nights=int(evening and "sunrise" in shift.end))
        shifts.append(replace(shift, start=start, end=end))
    return replace(wish, shifts=tuple(shifts))


def _clock(clock: str, wish: PatrolParams, lon: float, lat: float, *, nights: int) -> str:
    told = SUN.fullmatch(clock)
    if not told or wish.date is None:
        return clock.zfill(5)
    event, sign, hours, minutes = told.groups()
    day = wish.date + datetime.timedelta(days=nights)
    of_event = {"sunset": sunset, "sunrise": sunrise}[event]
    at = of_event(Observer(lat, lon), day, tzinfo=ZoneInfo(wish.time_zone))
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return f"{at - offset if sign == '-' else at + offset:%H:%M}"
