"""Vehicles, shifts, stops, several nights; who works on patrols.

People are roles and languages, never a name.  They are not parameters of a run, which its manifest
would hold: they stand in ``people.toml`` in the user's data folder, and are never on a map or in an
export.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain
from typing import Annotated, Any, Final, Literal, Self

from annotated_types import Interval
from pydantic import BeforeValidator
from pydantic.dataclasses import dataclass

from geo.params import types

LONGEST_SHIFT_H: Final = 16
"""Longest shift, hours."""

ON_FOOT_KPH: Final = 5.0
"""How fast a crew walks from the road to a stop: Tobler's function on level ground, rounded."""

_SERVICE_MIN: Final = {
    "monitoring_point": 30.0,
    **dict.fromkeys(("station", "public_stop", "crossing", "facility"), 20.0),
}

Role = Literal[
    "coordinator",
    "driver",
    "interpreter",
    "mediator",
    "health_worker",
    "social_worker",
    "legal_adviser",
    "volunteer",
]
Spoken = Literal[
    "ar", "fa", "ps", "ur", "ku", "tr", "fr", "en", "bn", "so", "ti", "sq", "sr"
]
Bank = Literal["north", "south"]


@dataclass(frozen=True, config=types.CHECKED)
class Hours(types.Table):
    """Hours of a day; an end at or before the start means on the next day."""

    start: types.Clock
    """Local time, HH:MM."""
    end: types.Clock
    """The same."""


_HOURS: Final = {
    **dict.fromkeys(
        ("townhall", "community_centre", "post_office"), Hours("08:00", "16:00")
    ),
    "pharmacy": Hours("08:00", "20:00"),
    "marketplace": Hours("07:00", "20:00"),
    "clinic": Hours("07:00", "20:00"),
    "place_of_worship": Hours("05:00", "22:00"),
}


def _with_all_hours(value: Any) -> Any:
    """Lay a table of hours over the default ones."""
    return {**_HOURS, **value} if isinstance(value, Mapping) else value


@dataclass(frozen=True, config=types.CHECKED)
class Shift(types.Table):
    """``[[patrols.shifts]]``: a stretch of the night that the vehicles work.

    It takes at most `LONGEST_SHIFT_H` hours: an end before the start by mistake is not read as
    one on the next day.
    """

    name: str
    """What it is called, in every table and on the map."""
    start: types.ClockOrSun
    """Local time, HH:MM, or by the sun, as ``sunset+01:00``."""
    end: types.ClockOrSun
    """The same; at or before `start` means on the next day."""
    days_later: Annotated[types.Whole, Interval(ge=0, le=6)] | None = None
    """Days from that on which the night begins to that on which the shift does.  If absent: as for
    the shift before it, or one more where it starts earlier in the day."""
    break_min: types.NotNegative = 0.0
    """Minutes of one break of each crew, taken at a stop."""
    break_from: types.Clock | None = None
    """The break begins at or after it; the shift's start if absent."""
    break_to: types.Clock | None = None
    """The break begins at or before it; the shift's end if absent."""
    buffer_min: types.NotNegative = 5.0
    """Minutes before its end by which plans are back, left for delays."""
    vehicles: tuple[Hours, ...] = ()
    """The hours of each vehicle that works it, within those of the shift; if absent, all vehicles
    work all of it."""

    def __post_init__(self) -> None:
        """Check the length of a shift by the clock; `geo.patrols.clock` checks those by the sun."""
        if self.by_sun:
            return
        start, end = minutes(self.start), minutes(self.end)
        length = (end - start) % (24 * 60) or 24 * 60
        if length > LONGEST_SHIFT_H * 60:
            raise ValueError(too_long(self.name, self.start, self.end, length))

    @property
    def by_sun(self) -> bool:
        """Whether it starts or ends by the sun."""
        return bool(types.SUN.fullmatch(self.start) or types.SUN.fullmatch(self.end))


def minutes(clock: str) -> int:
    """Return the minutes from midnight to a local time HH:MM."""
    hours, past = clock.split(":")
    return int(hours) * 60 + int(past)


def too_long(name: str, start: str, end: str, length_min: int) -> str:
    """Return the message about a shift that is longer than any crew works.

    Parameters
    ----------
    name
        Of the shift.
    start, end
        Local times, HH:MM.
    length_min
        Minutes from one to the other.
    """
    next_day = " on the next day" if minutes(end) <= minutes(start) else ""
    return (
        f"the shift {name!r} is read as from {start} to {end}{next_day}, "
        f"{length_min // 60} h {length_min % 60:02d} min; it takes at most {LONGEST_SHIFT_H} h. "
        "Fix: change its start or end, or make two shifts of it"
    )


@dataclass(frozen=True, config=types.CHECKED)
class StopWindow(types.Table):
    """``[[patrols.windows]]``: when service may begin at a stop; a stop may have several.

    They stand in place of the hours of its kind in ``[patrols.hours]``.
    """

    stop: str
    """Id of the place or facility."""
    start: types.Clock
    """Earliest local time, HH:MM."""
    end: types.Clock
    """Latest local time, HH:MM; before `start` means on the next day."""


@dataclass(frozen=True, config=types.CHECKED)
class NewStop(types.Table):
    """``[[patrols.new_stops]]``: a public stop beside those of the study.

    It is a place that is known to the public, never one where somebody was seen.
    """

    id: str
    """Id of its own, by which other keys name it."""
    name: str
    """What it is called on map and cards."""
    lat: Annotated[types.Number, Interval(ge=-90, le=90)]
    """Latitude, WGS 84, degrees."""
    lon: Annotated[types.Number, Interval(ge=-180, le=180)]
    """Longitude, WGS 84, degrees."""


@dataclass(frozen=True, config=types.CHECKED)
class Lock(types.Table):
    """``[[patrols.lock_stops]]``, ``[[patrols.lock_order]]``: what a vehicle does in a shift."""

    shift: str
    """Name of the shift."""
    vehicle: types.Count
    """Number of the vehicle, from 1."""
    stops: Annotated[tuple[str, ...], types.NOT_EMPTY]
    """Ids of places or facilities."""
    start: types.Clock | None = None
    """Service at each of them begins at this local time, HH:MM, or later; at any if absent."""
    end: types.Clock | None = None
    """It begins at this local time or before; needed where `start` is given."""

    def __post_init__(self) -> None:
        """Check that hours have a start and an end."""
        if (self.start is None) != (self.end is None):
            raise ValueError(
                f"a lock of {', '.join(self.stops)} has only one of start and end; give both, such "
                'as start = "19:20", end = "19:40"'
            )

    @property
    def patrol(self) -> tuple[str, int]:
        """Shift and vehicle."""
        return self.shift, self.vehicle


@dataclass(frozen=True, config=types.CHECKED)
class VehicleEnds(types.Table):
    """``[[patrols.vehicle]]``: where a vehicle starts and ends, if elsewhere than at the depot."""

    vehicle: types.Count
    """Number of the vehicle, from 1."""
    start: str = ""
    """Id of the stop where it starts; the depot if absent."""
    end: str = ""
    """Id of the stop where it ends; the depot if absent."""


@dataclass(frozen=True, config=types.CHECKED)
class Stay(types.Table):
    """``[[patrols.stays]]``: how long crews stay at one stop, whatever its kind."""

    stop: str
    """Id of the place or facility."""
    minutes: types.Positive
    """Minutes offered to people there."""


@dataclass(frozen=True, config=types.CHECKED)
class SomeNights(types.Table):
    """``[[patrols.some_nights]]``: what holds in some nights only, beside what holds in all."""

    nights: Annotated[tuple[types.Count, ...], types.NOT_EMPTY]
    """The nights, from 1."""
    add_stops: tuple[str, ...] = ()
    """As those of all nights: stops that are visited in no other night."""
    drop_stops: tuple[str, ...] = ()
    """The same key as for all nights."""
    suspend_stops: tuple[str, ...] = ()
    """Their cards are recalled where they are suspended in the last night, too."""
    lock_stops: tuple[Lock, ...] = ()
    lock_order: tuple[Lock, ...] = ()


@dataclass(frozen=True, config=types.CHECKED)
class PatrolParams(types.Table):
    """``[patrols]``: vehicles, shifts, stops."""

    depot: str = ""
    """Place id where every patrol starts and ends; without one no patrol is planned."""
    vehicles: types.Count = 2
    """Vehicles that work each shift."""
    shifts: Annotated[tuple[Shift, ...], types.NOT_EMPTY] = (
        Shift("evening", "18:00", "23:00"),
        Shift("early_morning", "03:30", "08:00"),
    )
    """The shifts of a night, each a table of its own, in their order."""
    date: types.Day | None = None
    """The day on which the night begins; needed where a shift is by the sun."""
    time_zone: types.Zone = "Europe/Belgrade"
    """Time zone of all local times."""
    vehicle: tuple[VehicleEnds, ...] = ()
    """Where single vehicles start and end, if elsewhere than at the depot."""
    windows: tuple[StopWindow, ...] = ()
    """Opening times of stops; a stop without any is open as its kind is."""
    hours: Annotated[Mapping[str, Hours], BeforeValidator(_with_all_hours)] = field(
        default_factory=_HOURS.copy
    )
    """When stops of a kind are open, so that service ends before they close: by the ``amenity`` of
    a place, or the kind of a facility.  Others are open always, as is one from 00:00 to 00:00.
    Municipal services keep 08:00 to 16:00 (Prishtina, July 2025); all other hours are assumed."""
    rest_h: types.NotNegative = 12.0
    """Hours that a crew rests between two shifts (Kosovo, Law on Labour 03/L-212: twelve hours
    between two working days).  A shift that begins earlier needs other crews."""
    closed_roads: tuple[str, ...] = ()
    """Roads that are not driven: ids of ways, or the number or the name of a whole road."""
    iterations: types.Count = 200
    """Iterations of the solver, which never looks at the clock."""
    seed: types.Seed = 1
    """Start of the random numbers: the same seed gives the same result."""
    access_m: types.Positive = 150.0
    """A stop lies at most this far from a drivable road."""
    access_generalised_m: types.Positive = 400.0
    """The same on a network generalised for small scales."""
    approach_m: types.Positive = 600.0
    """The approach of a crossing is where the road inside the boundary comes this near to it."""
    crossing_same_m: types.Positive = 1000.0
    """A crossing nearer than this to a monitoring point is the same stop."""
    stop_kinds: tuple[types.PlaceKind, ...] = (
        "monitoring_point",
        "public_stop",
        "station",
        "crossing",
    )
    """Kinds of places that may be stops."""
    facility_kinds: tuple[types.FacilityKind, ...] = (
        "bus_station",
        "railway_station",
        "taxi",
    )
    """Kinds of OSM facilities that may be stops."""
    same_stop_m: types.Positive = 200.0
    """A facility nearer than this to a candidate place is the same stop."""
    beside_need: types.Share = 0.01
    """A shift visits one of two stops nearer to each other than `same_stop_m`, unless the other
    serves this share of all need beside it, or is at an advised place."""
    new_place: types.Share = 0.006
    """What a stop that no earlier shift of the night visited is worth beside its need, as a share
    of all need: so that a night spreads over places."""
    add_stops: tuple[str, ...] = ()
    """Ids of places and facilities of other kinds that may be stops too; no town is one."""
    drop_stops: tuple[str, ...] = ()
    """Ids of places and facilities that are not stops, whatever their kind."""
    suspend_stops: tuple[str, ...] = ()
    """The same for stops that are no longer safe for those who come: a sheet recalls their cards
    and names the nearest other stop."""
    new_stops: tuple[NewStop, ...] = ()
    """Stops beside those of the study."""
    lock_stops: tuple[Lock, ...] = ()
    """Stops that a vehicle visits in a shift, in any order, beside others."""
    lock_order: tuple[Lock, ...] = ()
    """The stops of a vehicle in a shift, in this order, and no others."""
    some_nights: tuple[SomeNights, ...] = ()
    """What of all this holds in some nights only."""
    service_min: Annotated[
        Mapping[str, types.Positive], BeforeValidator(types.over(_SERVICE_MIN))
    ] = field(default_factory=_SERVICE_MIN.copy)
    """Minutes offered to people at a stop, by its kind."""
    stays: tuple[Stay, ...] = ()
    """Minutes at single stops, in place of those of their kind."""
    repeat: types.Share = 0.5
    """Need served earlier in the night keeps this share."""
    exploration: types.Share = 0.2
    """Share of stop time aimed at for little-known places, so that patrols do not only
    confirm themselves: neither reports nor advice within reach, but some other need.  A plan that
    would have to give up more need for it falls short of it, and says so."""
    follow: bool = True
    """Several nights follow what visits of the log brought: help accepted, not people met.  With
    false the plan is that of the need alone."""
    percent_min: types.Positive = 60.0
    """The price of driving: minutes that a plan drives more for one per cent more of the need that
    its stops can reach.  It is a judgement; see "What a minute of driving is worth" in the
    explanation."""

    def __post_init__(self) -> None:
        """Check that shifts differ by name and that a shift by the sun has a date."""
        names = [shift.name for shift in self.shifts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"two shifts are called {', '.join(twice)}; give each its own name"
            )
        for shift in self.shifts:
            if len(shift.vehicles) > self.vehicles:
                raise ValueError(
                    f"the shift {shift.name!r} has hours for {len(shift.vehicles)} vehicles, there "
                    f"are {self.vehicles}"
                )
            if self.date is None and shift.by_sun:
                raise ValueError(
                    f"the shift {shift.name!r} from {shift.start} to {shift.end} needs a date, "
                    "such as date = 2026-11-30"
                )

    def minutes_at(self, stop: str, kind: str) -> float:
        """Return the minutes offered to people at a stop of a kind."""
        of_kind = self.service_min.get(kind, self.service_min["facility"])
        return next((stay.minutes for stay in self.stays if stay.stop == stop), of_kind)

    @property
    def locks(self) -> list[tuple[str, Lock]]:
        """All locks, each with the key that names it."""
        return [
            (key, lock)
            for key in ("lock_order", "lock_stops")
            for lock in getattr(self, key)
        ]

    def ends_of(self, vehicle: int) -> tuple[str, str]:
        """Return the places where a vehicle, from 1, starts and ends."""
        for ends in self.vehicle:
            if ends.vehicle == vehicle:
                return ends.start or self.depot, ends.end or self.depot
        return self.depot, self.depot

    def named(self, key: str) -> tuple[str, ...]:
        """Return the stops that a list, such as ``add_stops``, names for any night."""
        return (*getattr(self, key), *_all_of(self.some_nights, key))

    def of_night(self, night: int) -> Self:
        """Return what holds in one night, from 1; its own locks go before those of all nights."""
        now = [nights for nights in self.some_nights if night in nights.nights]
        changes: dict[str, Any] = {}
        for key in ("add_stops", "drop_stops", "suspend_stops"):
            changes[key] = (*getattr(self, key), *_all_of(now, key))
        of_others = set(self.named("add_stops")) - set(changes["add_stops"])
        changes["drop_stops"] += tuple(sorted(of_others))
        locks = [*_all_of(now, "lock_stops"), *_all_of(now, "lock_order")]
        locked = {lock.patrol for lock in locks}
        for key in ("lock_stops", "lock_order"):
            usual = [lock for lock in getattr(self, key) if lock.patrol not in locked]
            changes[key] = (*usual, *_all_of(now, key))
        return replace(self, **changes, some_nights=())


def _all_of(nights: Iterable[SomeNights], key: str) -> Iterator[Any]:
    """Return what a list of some nights holds, of one after the other."""
    return chain.from_iterable(getattr(some_nights, key) for some_nights in nights)


@dataclass(frozen=True, config=types.CHECKED)
class FortnightParams(types.Table):
    """``[fortnight]``: several nights in a row."""

    nights: Annotated[types.Whole, Interval(ge=1, le=366)] = 14
    """Nights that are planned."""
    iterations: types.Count = 200
    """Iterations of the solver in every shift."""
    most_km: types.Positive = 200.0
    """The longest distance that a vehicle drives in a shift."""
    most_driving_share: Annotated[types.Share, Interval(gt=0)] = 0.5
    """Driving takes at most this share of a shift."""
    advised_visits: Annotated[types.Whole, Interval(ge=0, le=types.MOST)] = 7
    """Every advised place is visited at least so often."""
    visits: Mapping[str, Annotated[types.Whole, Interval(ge=0, le=types.MOST)]] = field(
        default_factory=dict
    )
    """The same for a stop by its id; goes before `advised_visits`."""
    recovery_nights: types.Positive = 2.0
    """A visit lowers the need that it serves to `patrols.repeat` of it; this is the time in which
    the loss falls to 1/e."""
    explored_visits: types.Count = 3
    """Visits after which a little-known place counts as known."""
    usual_min: types.Positive = 30.0
    """Minutes by which a visit may miss the stop's usual time and still count as at that time."""
    usual_share: types.Share = 0.5
    """Share of the prize that a visit at another time earns."""
    least_visits: types.Count = 4
    """The announced minimum: a stop with fewer visits in the nights is not regular, and one from
    which people stay away keeps so many."""
    moves: types.Share = 0.2
    """Of the visits that the last plan announced, at most this share is withdrawn; the first plan
    that draws lots takes `lots_share` of the stop time from them in any case."""
    lots_share: types.Share = 0.1
    """Share of stop time for stops that are drawn by lot, so that patrols look everywhere."""
    least_served: types.Share = 0.1
    """The tenth of the need with least service has at least this share of the mean service, on each
    bank and in all."""


@dataclass(frozen=True, config=types.CHECKED)
class Person(types.Table):
    """``[[patrols.people]]``: somebody who rides along, or interprets on the telephone."""

    role: Role
    """What they do; no name is asked for."""
    languages: Annotated[tuple[Spoken, ...], types.NOT_EMPTY]
    """What they speak."""
    shifts: tuple[str, ...] = ()
    """Names of the shifts that they may work; if absent, all."""
    bank: Bank | Literal["both"] = "both"
    """On which bank of the Ibar they may serve: two administrations share the town."""
    phone: bool = False
    """They interpret on the telephone, for all patrols of a shift and on both banks."""
    drives: bool = False
    """They may drive, beside what else they do; a driver may in any case."""
    days_off: tuple[types.Day, ...] = ()
    """Nights, by the day on which they begin, that they do not work."""

    @property
    def may_drive(self) -> bool:
        """Whether a patrol may leave with them at the wheel."""
        return not self.phone and (self.drives or self.role == "driver")

    def works(self, shift: str) -> bool:
        """Return whether they may work a shift."""
        return not self.shifts or shift in self.shifts


@dataclass(frozen=True, config=types.CHECKED)
class Duty(types.Table):
    """``[patrols.duty]``: how long people work, and how they rest; nobody rides twice a night.

    The hours are those of Kosovo's Law on Labour, 03/L-212: 40 a week, 12 between two working
    days, 24 in a row every week.
    """

    rest_h: types.NotNegative = 12.0
    """Hours from the return of a patrol to the next that the same person rides with."""
    week_h: types.Positive = 40.0
    """Most hours on patrol in any seven nights in a row, from departure to return."""
    nights_off: Annotated[types.Whole, Interval(ge=0, le=6)] = 1
    """Least nights without a patrol in any seven in a row: 24 hours off."""
    seats: types.Count = 4
    """People whom a vehicle takes along, its driver among them, at most."""


@dataclass(frozen=True, config=types.CHECKED)
class Team(types.Table):
    """``[patrols]`` of ``people.toml``: who works on patrols, and how long."""

    people: Annotated[tuple[Person, ...], types.NOT_EMPTY]
    """Who there is, each a table of its own."""
    duty: Duty = field(default_factory=Duty)
    """Hours, rest and nights off."""
