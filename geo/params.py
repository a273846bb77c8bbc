"""Every parameter of a study, each default named once.  A TOML table a class."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type, or out of range."""


@dataclass(frozen=True)
class CorridorParams:
    """``[corridors]``: how near is near."""

    bands_m: tuple[float, ...] = (50.0, 100.0, 250.0, 500.0)
    """Half-widths of the bands around each corridor."""


@dataclass(frozen=True)
class HotspotParams:
    """``[hotspots]``: density of the sightings along the network."""

    lixel_m: float = 50.0
    """Length of the pieces that the network is cut into."""
    bandwidth_m: float = 250.0
    """Standard deviation of the kernel, along the network."""
    threshold: float = 0.5
    """A hotspot is where density exceeds this share of its highest value."""
    snap_limit_m: float = 1000.0
    """A sighting farther than this from any road, path or track is not placed on one."""
    weight_by_group_size: bool = False
    """Count persons instead of sightings.  Off: a sighting is one event."""


@dataclass(frozen=True)
class Shift:
    """``[[patrols.shifts]]``: a stretch of the night that every vehicle works."""

    name: str
    start: str
    """Local time, HH:MM."""
    end: str
    """Local time, HH:MM; at or before `start` means on the next day."""


@dataclass(frozen=True)
class PatrolParams:
    """``[patrols]``: vehicles, shifts, stops, prizes."""

    depot: str = "dcam_coordinator"
    """Place id where every patrol starts and ends."""
    vehicles: int = 2
    shifts: tuple[Shift, ...] = (
        Shift("evening", "18:00", "23:00"),
        Shift("early_morning", "03:30", "08:00"),
    )
    iterations: int = 2000
    """The solver stops after so many; it never looks at the clock."""
    seed: int = 1
    access_m: float = 150.0
    """A stop lies at most this far from a drivable road."""
    access_generalised_m: float = 400.0
    """The same on a network generalised for small scales."""
    stop_kinds: tuple[str, ...] = ("monitoring_point", "public_stop", "station", "crossing")
    """Kinds of places that may be stops."""
    facility_kinds: tuple[str, ...] = ("bus_station", "railway_station", "taxi")
    """Kinds of OSM facilities that may be stops."""
    same_stop_m: float = 200.0
    """A facility nearer than this to a candidate place is the same stop."""
    service_min: Mapping[str, float] = field(
        default_factory=lambda: types.MappingProxyType(
            {
                "monitoring_point": 25.0,
                "station": 20.0,
                "public_stop": 15.0,
                "crossing": 20.0,
                "facility": 15.0,
            }
        )
    )
    """Minutes offered to people at a stop, by its kind."""
    prize: Mapping[str, float] = field(
        default_factory=lambda: types.MappingProxyType(
            {
                "monitoring_point": 5.0,
                "station": 2.0,
                "public_stop": 1.0,
                "crossing": 1.0,
                "facility": 1.0,
            }
        )
    )
    """Worth of a visit by kind; places advised by DCAM and police come first."""
    hotspot_prize: float = 4.0
    """Added to stops within `hotspot_reach_m` of a hotspot, in proportion to its density."""
    hotspot_reach_m: float = 500.0
    repeat: float = 0.5
    """A stop visited earlier in the night keeps this share of its prize."""
    prize_scale: float = 20.0
    """Prizes sum to shift length in seconds x vehicles x this, against a cost of a second."""


@dataclass(frozen=True)
class SpeedParams:
    """``[speeds]``: driving speed in km/h by OSM class; a link drives as its road."""

    kph: Mapping[str, float] = field(
        default_factory=lambda: types.MappingProxyType(
            {
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
        )
    )


@dataclass(frozen=True)
class Params:
    """All parameters of `geo.study.run`."""

    corridors: CorridorParams = CorridorParams()
    hotspots: HotspotParams = HotspotParams()
    patrols: PatrolParams = PatrolParams()
    speeds: SpeedParams = SpeedParams()


def from_mapping(table: Mapping[str, Any]) -> Params:
    """Build parameters from nested tables, as TOML gives them; what is absent keeps its default.

    Raises
    ------
    ParameterError
        Names the key, the value found and what was expected; all faults together.
    """
    faults: list[str] = []
    params = _build(Params, table, "", faults)
    if faults:
        raise ParameterError("; ".join(faults))
    return typing.cast(Params, params)


def _build(cls: Any, table: Mapping[str, Any], path: str, faults: list[str]) -> Any:
    hints = typing.get_type_hints(cls)
    known = [f.name for f in dataclasses.fields(cls)]
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{path}{key}"
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            faults.append(f"{name}: unknown parameter, {hint}")
            continue
        values[key] = _value(hints[key], value, name, faults)
    if faults:
        return None
    for field_ in dataclasses.fields(cls):
        missing = field_.default is dataclasses.MISSING
        missing &= field_.default_factory is dataclasses.MISSING
        if missing and field_.name not in values:
            faults.append(f"{path}{field_.name}: missing")
    return None if faults else cls(**values)


def _value(hint: Any, value: Any, name: str, faults: list[str]) -> Any:
    """Return `value` as the type `hint` says, or note a fault."""
    if dataclasses.is_dataclass(hint):
        if isinstance(value, Mapping):
            return _build(hint, value, f"{name}.", faults)
        faults.append(f"{name}: found {value!r}, expected a table [{name}]")
        return None
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            faults.append(f"{name}: found {value!r}, expected a list")
            return None
        item = typing.get_args(hint)[0]
        return tuple(_value(item, v, f"{name}[{i}]", faults) for i, v in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            faults.append(f"{name}: found {value!r}, expected a table [{name}]")
            return None
        item = typing.get_args(hint)[1]
        given = {k: _value(item, v, f"{name}.{k}", faults) for k, v in value.items()}
        return types.MappingProxyType(given)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        faults.append(f"{name}: found {value!r}, expected {hint.__name__}")
        return None
    return value
