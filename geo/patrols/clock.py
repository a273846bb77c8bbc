"""Times of a night: shifts by the clock and by the sun, and the days on which they begin.

Seconds count from the midnight before the night's first day.  Sunset and sunrise are those of
`astral`, which follows Meeus, Astronomical Algorithms, with the sun's upper limb on a level
horizon: good to a minute or two, less in a deep valley.
"""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from astral import Observer
from astral.sun import sunrise, sunset

from geo.params import PatrolParams, Shift
from geo.params.patrols import LONGEST_SHIFT_H, Hours, minutes, too_long
from geo.params.types import SUN

DAY_S: Final = 86_400


class ShiftError(ValueError):
    """A shift by the sun that no crew can work."""


def hhmm(seconds: int) -> str:
    """Return seconds from midnight as HH:MM, rounded down; past midnight it starts again.

    >>> hhmm(93_784)
    '02:03'
    """
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}"


def shift_span_s(shift: Shift) -> tuple[int, int]:
    """Return start and end of a shift by the clock, in seconds from the midnight before."""
    start, end = 60 * minutes(shift.start), 60 * minutes(shift.end)
    day_s = DAY_S * (shift.days_later or 0)
    return start + day_s, end + day_s + DAY_S * (end <= start)


def break_span_s(shift: Shift) -> tuple[int, int]:
    """Return the first and the last second at which the break of a shift may begin."""
    start, end = shift_span_s(shift)
    early = next_time_s(shift.break_from, start) if shift.break_from else start
    return early, next_time_s(shift.break_to, start) if shift.break_to else end


def vehicle_spans_s(shift: Shift, vehicles: int) -> tuple[tuple[int, int], ...]:
    """Return when each vehicle leaves in a shift by the clock, and when it is back as planned."""
    span = shift_span_s(shift)
    spans = [_span_s(hours, span[0]) for hours in shift.vehicles] or [span] * vehicles
    return tuple((start, end - buffer_s(shift)) for start, end in spans)


def _span_s(hours: Hours, start_s: int) -> tuple[int, int]:
    """Return the first such hours that begin at or after `start_s`."""
    begin = next_time_s(hours.start, start_s)
    return begin, next_time_s(hours.end, begin + 1)


def buffer_s(shift: Shift) -> int:
    """Return the seconds before its end by which the plan of a shift is back."""
    return round(shift.buffer_min * 60)


def longest_s(shifts: Iterable[Shift]) -> int:
    """Return the length of the longest shift."""
    return max(end - start for start, end in map(shift_span_s, shifts))


def longest_free_s(shifts: Iterable[Shift]) -> int:
    """Return the longest time that a shift leaves beside its break and its buffer."""
    return max(
        end - start - round(shift.break_min * 60)
        for shift in shifts
        for start, end in vehicle_spans_s(shift, 1)
    )


def next_time_s(clock: str, start_s: int) -> int:
    """Return the first time at or after `start_s` at which the clock shows HH:MM."""
    return start_s + (60 * minutes(clock) - start_s) % DAY_S


def by_the_clock(params: PatrolParams, lon: float, lat: float) -> PatrolParams:
    """Return the parameters with every shift by the clock, in the night of ``params.date``.

    The sun is watched at `lon`, `lat` (WGS 84).  A shift that starts earlier in the day than
    the one before it begins a day later.  A sunrise that ends a shift begun at or after noon is
    that of the next day.  Hours after sunset may lie on the next day.  Raises `ShiftError` for
    a shift that no crew can work.
    """

    def at_s(clock: str, day: int) -> int:
        return _seconds(clock, params, lon, lat, day)

    shifts: list[Shift] = []
    day, before_s = 0, 0
    for shift in params.shifts:
        if shift.days_later is not None:
            day = shift.days_later
        while at_s(shift.start, day) < before_s and shift.days_later is None:
            day += 1
        start_s = before_s = at_s(shift.start, day)
        first = start_s // DAY_S
        after_noon = "sunrise" in shift.end and start_s % DAY_S >= DAY_S // 2
        end_s = at_s(shift.end, day if "sunset" in shift.end else first + after_noon)
        if not SUN.fullmatch(shift.end):
            end_s += DAY_S * (end_s <= start_s)
        _refuse(shift, start_s, end_s)
        for hours in shift.vehicles:
            if _span_s(hours, start_s)[1] > end_s:
                raise ShiftError(
                    f"the shift {shift.name!r} from {hhmm(start_s)} to {hhmm(end_s)} has a vehicle "
                    f"from {hours.start} to {hours.end}. Fix: hours within those of the shift"
                )
        shifts.append(
            replace(shift, start=hhmm(start_s), end=hhmm(end_s), days_later=first)
        )
    return replace(params, shifts=tuple(shifts))


def _refuse(shift: Shift, start_s: int, end_s: int) -> None:
    """Refuse a shift that no crew can work, with what was read."""
    start, end = hhmm(start_s), hhmm(end_s)
    if end_s <= start_s:
        raise ShiftError(
            f"the shift {shift.name!r} from {shift.start} to {shift.end} is read as from {start} "
            f"to {end} on that day: it ends before it starts. Fix: change its start or end"
        )
    if end_s - start_s > LONGEST_SHIFT_H * 3600:
        raise ShiftError(too_long(shift.name, start, end, (end_s - start_s) // 60))


@lru_cache(1000)
def daylight(
    day: datetime.date, zone: ZoneInfo, lon: float, lat: float
) -> tuple[datetime.datetime, datetime.datetime]:
    """Return sunrise and sunset of a day.

    Parameters
    ----------
    day : datetime.date
    zone : zoneinfo.ZoneInfo
        Of the times returned.
    lon, lat : float
        Degrees.
    """
    where = Observer(lat, lon)
    return sunrise(where, day, tzinfo=zone), sunset(where, day, tzinfo=zone)


def _seconds(
    clock: str, params: PatrolParams, lon: float, lat: float, days_later: int
) -> int:
    """Return a time on a day of the night in seconds from the midnight before the night."""
    by_sun = SUN.fullmatch(clock)
    if not by_sun or params.date is None:
        return days_later * DAY_S + 60 * minutes(clock)
    event, sign, hours, more = by_sun.groups()
    day = params.date + datetime.timedelta(days=days_later)
    try:
        at = daylight(day, ZoneInfo(params.time_zone), lon, lat)[event == "sunset"]
    except ValueError as error:
        raise ShiftError(
            f"there is no {event} at the depot on {day}: {error}. Fix: a local time HH:MM"
        ) from error
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(more or 0))
    at = at - offset if sign == "-" else at + offset
    return (at.date() - params.date).days * DAY_S + at.hour * 3600 + at.minute * 60


def moment(
    day: datetime.date | None, clock_s: int, first_s: int, time_zone: str
) -> str | None:
    """Return a time of a shift in ISO 8601 with the zone's offset; None where there is no day.

    Both are seconds from the midnight before `day`.  The clock of the zone is read once, at the
    shift's first departure `first_s`; from there on seconds are counted, so a shift keeps its
    length when the clocks change.

    Parameters
    ----------
    day : datetime.date, optional
        The night's first day.
    clock_s : int
        The time, in seconds from the midnight before `day`.
    first_s : int
        The shift's first departure, likewise.
    time_zone : str
        A name such as ``Europe/Belgrade``.
    """
    if day is None:
        return None
    zone, later = (ZoneInfo(time_zone), datetime.timedelta(seconds=clock_s - first_s))
    midnight = datetime.datetime.combine(day, datetime.time(), zone)
    start = midnight + datetime.timedelta(seconds=first_s)
    return (start.astimezone(datetime.UTC) + later).astimezone(zone).isoformat()


def crews_needed(stops: pd.DataFrame, rest_h: float) -> int:
    """Return how many crews a plan takes, table `STOPS`, where each rests between two shifts."""
    patrols = stops.groupby(["night", "shift", "vehicle"])
    day_s = DAY_S * (patrols["night"].first().astype(int) - 1)
    begin, end = (
        patrols["departure_s"].min() + day_s,
        patrols["arrival_s"].max() + day_s,
    )
    rested: list[float] = []
    for start, back in sorted(zip(begin.tolist(), end.tolist(), strict=True)):
        crew = next((c for c, when in enumerate(rested) if when <= start), len(rested))
        rested[crew : crew + 1] = [back + rest_h * 3600]
    return len(rested)


def first_days(stops: pd.DataFrame) -> pd.Series:
    """Return, per row of table `STOPS`, the date on which its shift begins; None if not known."""
    shift = stops.groupby(["night", "shift"], sort=False, dropna=False)
    days = shift["departure_s"].transform("min") // DAY_S
    found = [
        None
        if pd.isna(night)
        else datetime.date.fromisoformat(str(night)) + datetime.timedelta(n)
        for night, n in zip(stops["date"], days.tolist(), strict=True)
    ]
    return pd.Series(found, index=stops.index, dtype="object")
