"""Every parameter of a study, each default named once.  A TOML table a class.

The classes check their values when they are made, from a notebook as from a TOML file, and
name the key, what was found and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Annotated, Any

from annotated_types import Ge, Gt, Interval, Len
from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

_CHECKED = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)

Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(1)]
Share = Annotated[float, Interval(ge=0, le=1)]


def _over(defaults: Mapping[str, float]) -> Callable[[Any], Any]:
    """Return a validator that lays a table over `defaults` and refuses unknown keys."""

    def lay(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        unknown = sorted(set(value) - set(defaults))
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; known here: {', '.join(defaults)}")
        return {**defaults, **value}

    return lay


_SERVICE_MIN = {
    "monitoring_point": 30.0,
    "station": 20.0,
    "public_stop": 20.0,
    "crossing": 20.0,
    "facility": 20.0,
}
_PRIZE = {
    "monitoring_point": 5.0,
    "station": 2.0,
    "public_stop": 1.0,
    "crossing": 1.0,
    "facility": 1.0,
}
_KPH = {
    "motorway": 100.0,
    "trunk": 75.0,
    "primary": 60.0,
    "secondary": 50.0,
    "tertiary": 40.0,
    "unclassified": 30.0,
    "residential": 25.0,
    "living_street": 10.0,
    "service": 15.0,
    "road": 25.0,
}


@dataclass(frozen=True, config=_CHECKED)
class CorridorParams:
    """``[corridors]``: how near is near."""

    bands_m: Annotated[tuple[Positive, ...], Len(1)] = (50.0, 100.0, 250.0, 500.0)
    """Half-widths of the bands around each corridor."""


@dataclass(frozen=True, config=_CHECKED)
class HotspotParams:
    """``[hotspots]``: density of the sightings along the network."""

    lixel_m: Positive = 50.0
    """Length of the pieces that the network is cut into."""
    bandwidth_m: Positive = 250.0
    """Standard deviation of the kernel, along the network."""
    threshold: Share = 0.5
    """A hotspot is where density exceeds this share of its highest value."""
    snap_limit_m: Positive = 1000.0
    """A sighting farther than this from any road, path or track is not placed on one."""
    weight_by_group_size: bool = False
    """Count persons instead of sightings.  Off: a sighting is one event."""


@dataclass(frozen=True, config=_CHECKED)
class Shift:
    """``[[patrols.shifts]]``: a stretch of the night that every vehicle works."""

    name: str
    start: Annotated[str, "HH:MM"]
    """Local time, HH:MM."""
    end: Annotated[str, "HH:MM"]
    """Local time, HH:MM; at or before `start` means on the next day."""

    def __post_init__(self) -> None:
        """Check the clock times."""
        for clock in (self.start, self.end):
            hours, colon, minutes = clock.partition(":")
            two_digits = hours.isdigit() and minutes.isdigit() and len(minutes) == 2
            if not (colon and two_digits and int(hours) < 24 and int(minutes) < 60):
                raise ValueError(f"{clock!r} is no local time HH:MM, such as 18:00")


@dataclass(frozen=True, config=_CHECKED)
class PatrolParams:
    """``[patrols]``: vehicles, shifts, stops, prizes."""

    depot: str = "dcam_coordinator"
    """Place id where every patrol starts and ends."""
    vehicles: Count = 2
    shifts: Annotated[tuple[Shift, ...], Len(1)] = (
        Shift("evening", "18:00", "23:00"),
        Shift("early_morning", "03:30", "08:00"),
    )
    iterations: Count = 2000
    """The solver stops after so many; it never looks at the clock."""
    seed: Annotated[int, Ge(0)] = 1
    access_m: Positive = 150.0
    """A stop lies at most this far from a drivable road."""
    access_generalised_m: Positive = 400.0
    """The same on a network generalised for small scales."""
    approach_m: Positive = 600.0
    """The approach of a crossing is where the road inside the boundary comes this near to it."""
    crossing_same_m: Positive = 1000.0
    """A crossing nearer than this to a monitoring point is the same stop."""
    stop_kinds: tuple[str, ...] = ("monitoring_point", "public_stop", "station", "crossing")
    """Kinds of places that may be stops."""
    facility_kinds: tuple[str, ...] = ("bus_station", "railway_station", "taxi")
    """Kinds of OSM facilities that may be stops."""
    same_stop_m: Positive = 200.0
    """A facility nearer than this to a candidate place is the same stop."""
    same_need_m: Positive = 300.0
    """A stop nearer than this to one of greater prize would serve the same people."""
    service_min: Annotated[Mapping[str, Positive], BeforeValidator(_over(_SERVICE_MIN))] = field(
        default_factory=_SERVICE_MIN.copy
    )
    """Minutes offered to people at a stop, by its kind."""
    prize: Annotated[Mapping[str, Annotated[float, Ge(0)]], BeforeValidator(_over(_PRIZE))] = field(
        default_factory=_PRIZE.copy
    )
    """Worth of a visit by kind; places advised by DCAM and police come first."""
    hotspot_prize: Annotated[float, Ge(0)] = 4.0
    """Added to stops within `hotspot_reach_m` of a hotspot, in proportion to its density."""
    hotspot_reach_m: Positive = 500.0
    repeat: Share = 0.5
    """A stop visited earlier in the night keeps this share of its prize."""
    prize_scale: Positive = 20.0
    """Prizes sum to shift length in seconds x vehicles x this, against a cost of a second."""


@dataclass(frozen=True, config=_CHECKED)
class SpeedParams:
    """``[speeds]``: driving speed by OSM class; a link drives as its road."""

    kph: Annotated[Mapping[str, Positive], BeforeValidator(_over(_KPH))] = field(
        default_factory=_KPH.copy
    )
    """Kilometres per hour."""


@dataclass(frozen=True, config=_CHECKED)
class Params:
    """All parameters of `geo.study.run`."""

    corridors: CorridorParams = field(default_factory=CorridorParams)
    hotspots: HotspotParams = field(default_factory=HotspotParams)
    patrols: PatrolParams = field(default_factory=PatrolParams)
    speeds: SpeedParams = field(default_factory=SpeedParams)


def from_mapping(table: Mapping[str, Any]) -> Params:
    """Build parameters from nested tables, as TOML gives them; what is absent keeps its default.

    Raises
    ------
    pydantic.ValidationError
        Holds every fault: the key, the value found and what was expected.
    """
    return Params(**table)
