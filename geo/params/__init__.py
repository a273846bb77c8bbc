"""Every parameter of a study, each default named once.  A TOML table a class.

The classes check their values when they are made, from a notebook as from a TOML file, and
name the key, what was found and what was expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from annotated_types import Ge, Interval, MultipleOf
from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

from geo.params.types import (
    MOST,
    NOT_EMPTY,
    SUN,
    Bands,
    Clock,
    ClockOrSun,
    Count,
    Day,
    FacilityKind,
    NotNegative,
    Number,
    PlaceKind,
    Positive,
    PositiveRange,
    Seed,
    Share,
    ShareRange,
    Simulations,
    Waterway,
    Whole,
    Zone,
    over,
)
from layers.schema import BANDS_M

LONGEST_SHIFT_H: Final = 16
"""Longest shift, hours: no crew works longer, and none is meant to."""

_CHECKED = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
_SOURCED = ConfigDict(**_CHECKED, use_attribute_docstrings=True)
"""The sentence under each value is its source, and can be read at run time."""

_SERVICE_MIN = {
    "monitoring_point": 30.0,
    "station": 20.0,
    "public_stop": 20.0,
    "crossing": 20.0,
    "facility": 20.0,
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
_SURFACE = {
    **dict.fromkeys(("asphalt", "chipseal", "concrete", "paved", "paving_stones"), 1.0),
    **dict.fromkeys(("compacted", "fine_gravel"), 0.85),
    **dict.fromkeys(("cobblestone", "gravel", "pebblestone", "sett", "unpaved"), 0.7),
    **dict.fromkeys(("clay", "dirt", "earth", "grass", "ground", "mud", "rock", "sand"), 0.5),
}


@dataclass(frozen=True, config=_SOURCED)
class PrivacyParams:
    """``[privacy]``: what may leave, settled once at the door (`geo.sightings`)."""

    grid_m: Annotated[Number, Interval(ge=100, le=10_000), MultipleOf(100)] = 100.0
    """Side of the cell that a reported position becomes.  100 m is the finest grid on which
    statistical offices publish counts of people (GISCO, GEOSTAT: 1 km; national ones: 100 m).
    Multiples of 100 only: their lines nest, so that no two runs cut a cell of 100 m."""
    least_reports: Annotated[Whole, Interval(ge=3, le=MOST)] = 3
    """A month with a size class is told of at least so many reports; else the quarter, then no
    size class.  3 is the least frequency rule of statistical offices (Hundepool et al. 2012,
    Statistical Disclosure Control)."""
    hold_days: Annotated[Whole, Interval(ge=1, le=365)] = 90
    """Days after the run until which its files hold."""
    exact: bool = False
    """For the office that keeps the records only: the study on exact positions.  Every file is
    marked INTERNAL."""


@dataclass(frozen=True, config=_CHECKED)
class CorridorParams:
    """``[corridors]``: how near is near."""

    bands_m: Annotated[Bands, NOT_EMPTY] = BANDS_M
    """Half-widths of the bands around each corridor."""
    explain_m: Positive = 100.0
    """A corridor explains a sighting that lies within this distance of it."""
    window_reach_m: Positive = 10_000.0
    """Chance is reckoned within this distance of the sightings' convex hull."""
    primary_kind: Literal["railway", "main_road", "road_or_path", "river"] = "railway"
    primary_band_m: Positive = 250.0
    """The one hypothesis named beforehand: nearer than chance to this kind, within this band.  The
    report: "told to follow the railway tracks".  All others are exploratory."""
    nulls: Annotated[tuple[Literal["effort", "uniform", "network"], ...], NOT_EMPTY] = (
        "effort",
        "uniform",
    )
    """Null models; the first decides what explains the sightings."""
    simulations: Simulations = 999
    """Data sets simulated under each null model."""
    vary: bool = False
    """Try other seeds and other assumptions on reporting effort: what is nearer must stay so."""
    null_points: Annotated[Whole, Interval(ge=1000, le=10_000_000)] = 50_000
    """Equally likely positions that a null model is held as."""
    level: Annotated[Number, Interval(gt=0, lt=1)] = 0.05
    """Of the primary hypothesis, and of the exploratory ones adjusted together."""
    seed: Seed = 1

    def __post_init__(self) -> None:
        """Check that so many simulations can reach the level, and that the primary band is one."""
        if self.primary_band_m not in self.bands_m:
            bands = ", ".join(f"{band:g}" for band in self.bands_m)
            raise ValueError(
                f"primary_band_m is {self.primary_band_m:g}, which is none of the bands {bands}. "
                "Fix: name one of them"
            )
        least = 1 / (self.simulations + 1)
        if self.level < least:
            raise ValueError(
                f"level = {self.level:g} cannot be reached with simulations = {self.simulations}, "
                f"whose smallest p is {least:.2g}. Fix: simulations = "
                f"{math.ceil(1 / self.level) - 1}, or level = {least:.2g} or more"
            )


@dataclass(frozen=True, config=_CHECKED)
class HotspotParams:
    """``[hotspots]``: sightings along the network, and where they exceed reporting effort."""

    lixel_m: Positive = 50.0
    """Length of the pieces that the network is cut into."""
    bandwidth_m: Positive = 250.0
    """Standard deviation of the density's kernel, along the network."""
    radii_m: Annotated[Bands, NOT_EMPTY] = (
        150.0, 250.0, 500.0,
    )  # fmt: skip
    """A hotspot is what lies within one of these distances of a place, along the network."""
    snap_limit_m: Positive = 1000.0
    """A sighting farther than this from any road, path or track is not placed on one."""
    simulations: Simulations = 199
    """Data sets by reporting effort alone that the significance of a hotspot rests on."""
    draws: Count = 99
    """Redraws of the sightings' positions that the stability of the ranking rests on."""
    seed: Seed = 1


@dataclass(frozen=True, config=_CHECKED)
class Shift:
    """``[[patrols.shifts]]``: a stretch of the night that every vehicle works.

    It takes at most `LONGEST_SHIFT_H` hours, so that an end that lies before the start by mistake
    is not read as one on the next day.
    """

    name: str
    start: ClockOrSun
    """Local time, HH:MM, or told from the sun, as ``sunset+01:00``."""
    end: ClockOrSun
    """The same; at or before `start` means on the next day."""
    days_later: Annotated[Whole, Interval(ge=0, le=6)] | None = None
    """Days from that on which the night begins to that on which the shift does.  If absent: as for
    the shift before it, or one more where it starts earlier in the day."""
    break_min: NotNegative = 0.0
    """Minutes of one break of each crew, taken at a stop."""
    break_from: Clock | None = None
    """The break begins at or after it; the shift's start if absent."""
    break_to: Clock | None = None
    """The break begins at or before it; the shift's end if absent."""

    def __post_init__(self) -> None:
        """Check the length of a shift by the clock; `daylight` checks those by the sun."""
        if SUN.fullmatch(self.start) or SUN.fullmatch(self.end):
            return
        start, end = minutes(self.start), minutes(self.end)
        length = (end - start) % (24 * 60) or 24 * 60
        if length > LONGEST_SHIFT_H * 60:
            raise ValueError(too_long(self.name, self.start, self.end, length))


def minutes(clock: str) -> int:
    """Return the minutes from midnight to a local time HH:MM."""
    hours, past = clock.split(":")
    return int(hours) * 60 + int(past)


def too_long(name: str, start: str, end: str, length_min: int) -> str:
    """Return what is told of a shift that is longer than any crew works."""
    next_day = " on the next day" if minutes(end) <= minutes(start) else ""
    return (
        f"the shift {name!r} is read as from {start} to {end}{next_day}, "
        f"{length_min // 60} h {length_min % 60:02d} min; it takes at most {LONGEST_SHIFT_H} h. "
        "Fix: change its start or end, or make two shifts of it"
    )


@dataclass(frozen=True, config=_CHECKED)
class StopWindow:
    """``[[patrols.windows]]``: when service may begin at a stop; a stop may have several."""

    stop: str
    """Id of the place or facility."""
    start: Clock
    """Earliest local time, HH:MM."""
    end: Clock
    """Latest local time, HH:MM; before `start` means on the next day."""


@dataclass(frozen=True, config=_CHECKED)
class PatrolParams:
    """``[patrols]``: vehicles, shifts, stops."""

    depot: str = "dcam_coordinator"
    """Place id where every patrol starts and ends."""
    vehicles: Count = 2
    shifts: Annotated[tuple[Shift, ...], NOT_EMPTY] = (
        Shift("evening", "18:00", "23:00"),
        Shift("early_morning", "03:30", "08:00"),
    )
    date: Day | None = None
    """The day on which the night begins; needed where a shift is told from the sun."""
    time_zone: Zone = "Europe/Belgrade"
    """Time zone of all local times."""
    windows: tuple[StopWindow, ...] = ()
    """Opening times of stops; a stop without any can be visited always."""
    closed_roads: tuple[str, ...] = ()
    """Roads that are not driven: ids of ways, or the number or the name of a whole road."""
    iterations: Count = 200
    """The solver stops after so many in each of its rounds; it never looks at the clock."""
    seed: Seed = 1
    access_m: Positive = 150.0
    """A stop lies at most this far from a drivable road."""
    access_generalised_m: Positive = 400.0
    """The same on a network generalised for small scales."""
    approach_m: Positive = 600.0
    """The approach of a crossing is where the road inside the boundary comes this near to it."""
    crossing_same_m: Positive = 1000.0
    """A crossing nearer than this to a monitoring point is the same stop."""
    stop_kinds: tuple[PlaceKind, ...] = ("monitoring_point", "public_stop", "station", "crossing")
    """Kinds of places that may be stops."""
    facility_kinds: tuple[FacilityKind, ...] = ("bus_station", "railway_station", "taxi")
    """Kinds of OSM facilities that may be stops."""
    same_stop_m: Positive = 200.0
    """A facility nearer than this to a candidate place is the same stop."""
    add_stops: tuple[str, ...] = ()
    """Ids of places and facilities of other kinds that may be stops too; no town is one."""
    drop_stops: tuple[str, ...] = ()
    """Ids of places and facilities that are no stops, whatever their kind."""
    service_min: Annotated[Mapping[str, Positive], BeforeValidator(over(_SERVICE_MIN))] = field(
        default_factory=_SERVICE_MIN.copy
    )
    """Minutes offered to people at a stop, by its kind."""
    repeat: Share = 0.5
    """Need served earlier in the night keeps this share."""
    exploration: Share = 0.2
    """Share of stop time aimed at for places of which little is known, so that patrols do not only
    confirm themselves: neither reports nor advice within reach."""
    prize_scale: Positive = 20.0
    """Prizes sum to shift length in seconds x vehicles x this, against a cost of a second."""

    def __post_init__(self) -> None:
        """Check that shifts differ by name and that one told from the sun has a date."""
        names = [shift.name for shift in self.shifts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two shifts are called {', '.join(twice)}; give each its own name")
        for shift in self.shifts:
            if self.date is None and (SUN.fullmatch(shift.start) or SUN.fullmatch(shift.end)):
                raise ValueError(
                    f"the shift {shift.name!r} from {shift.start} to {shift.end} needs a date, "
                    "such as date = 2026-11-30"
                )


@dataclass(frozen=True, config=_CHECKED)
class SpeedParams:
    """``[speeds]``: driving speed by OSM class and surface; a link drives as its road."""

    kph: Annotated[Mapping[str, Positive], BeforeValidator(over(_KPH))] = field(
        default_factory=_KPH.copy
    )
    """Kilometres per hour on a good surface; never more than the posted limit."""
    surface: Annotated[
        Mapping[str, Annotated[Number, Interval(gt=0, le=1)]], BeforeValidator(over(_SURFACE))
    ] = field(default_factory=_SURFACE.copy)
    """Share of that speed by OSM surface; all of it where the surface is another or unknown.

    Neutral: GeoHealthAccess (Bluesquare) takes 0.85 of the speed on compacted and 0.7 on
    any other unpaved road; OSRM's car profile, for a primary road, 0.6 on gravel and 0.3 on
    earth.
    """


_ENTRIES = {
    "Albania": "crossing_vermice",
    "North Macedonia": "crossing_hani_i_elezit",
    "Prishtina airport": "airport_prishtina",
}
_EXITS = {"crossing_jarinje": 1.0}
_WALK_KPH = {"road": 5.0, "path": 5.0, "railway": 5.0}


@dataclass(frozen=True, config=_SOURCED)
class MovementParams:
    """``[movement]``: all assumptions of the model of flows along public corridors.

    A value with a ``_range`` beside it is drawn from that range to show uncertainty.
    """

    entries: Mapping[str, str] = field(default_factory=_ENTRIES.copy)
    """Report, table 4 and text: people enter mostly from Albania at Vërmicë, from North Macedonia
    at Hani i Elezit, and by the airport.  Entry points of the table that are not named here are
    carried as a remainder."""
    exits: Annotated[Mapping[str, Positive], NOT_EMPTY] = field(default_factory=_EXITS.copy)
    """Report: people leave north to Serbia at Gate 1/Jarinje or near it.  Place ids of official
    crossings, with their weights."""
    theta_per_min: NotNegative = 0.2
    """Neutral: the report is silent.  A trip that costs 1/theta minutes more is e times less
    likely; 0 is a random walk, great values give the shortest path."""
    theta_range: PositiveRange = (0.05, 1.0)
    """Neutral: the report is silent.  Drawn evenly on the logarithm."""
    railway_weight: Positive = 0.75
    """Report, interview: "told to follow the railway tracks".  A minute on the railway counts as
    so many; the report gives no number, so it is the middle of the range."""
    railway_range: PositiveRange = (0.5, 1.0)
    """From half the cost of a road to no preference at all."""
    walk_share: Share = 0.5
    """Report: from Vushtrri "by taxi or on foot"; it gives no split, so half never ride."""
    walk_share_range: ShareRange = (0.0, 1.0)
    """Neutral: the report is silent, so all riding to all walking."""
    walk_kph: Annotated[Mapping[str, Positive], BeforeValidator(over(_WALK_KPH))] = field(
        default_factory=_WALK_KPH.copy
    )
    """Neutral: the report is silent.  Tobler's function on level ground, rounded, on every kind
    of way."""
    walk_factor_range: PositiveRange = (0.8, 1.1)
    """Irmischer and Clarke's function gives 0.8 of it on level ground; a brisk walk 1.1."""
    board_min: Positive = 15.0
    """Neutral: the report is silent.  Minutes to find a taxi or wait for a bus."""
    board_range: PositiveRange = (5.0, 45.0)
    """Neutral: the report is silent."""
    ride_factor_range: PositiveRange = (0.6, 1.0)
    """Neutral: the report is silent.  Riding at the speeds of [speeds], or slower by stops."""
    connector_m: Annotated[Number, Interval(gt=0, le=75)] = 75.0
    """Neutral: the report is silent.  Longest join of two layers without a common vertex."""
    terminal_snap_m: Positive = 2000.0
    """An entry or exit lies at most this far from a way: Vërmicë is known to 1500 m."""
    change_snap_m: Positive = 500.0
    """Neutral: the report is silent.  Farthest place at which a ride may begin or end."""
    change_kinds: tuple[PlaceKind, ...] = ("station", "town")
    """Report: people ride "by taxi or bus" between towns.  Kinds of places where a ride begins
    or ends, beside entries and exits."""
    change_words: tuple[str, ...] = ("bus station", "bus stop", "taxi")
    """The same, by words in the English name of a place."""
    change_facilities: tuple[FacilityKind, ...] = ("bus_station", "taxi", "railway_station")
    """The same, by kind of OSM facility."""
    section_m: Annotated[Number, Ge(1000)] = 1000.0
    """Boundary of the model: nothing is published for less than 1 km of a corridor."""
    anchor_m: Positive = 1500.0
    """Neutral: a town names a section of a road that comes this near, a station of a railway."""
    check_m: Positive = 500.0
    """Neutral: a sighting or monitoring point this near to a section lies on it."""
    observed_m: Positive = 10_000.0
    """Report: observations were made where the observers were.  The check looks only at sections
    that come this near to a sighting or monitoring point."""
    waypoint: str = "vushtrri_transit"
    """Report: most leave the centres for Vushtrri; whether the model agrees is a check, not an
    input."""
    waypoint_m: Positive = 3000.0
    """Neutral: a trip that comes this near passes the waypoint."""
    draws: Count = 20
    """How many settings are drawn from the ranges; 200 in a full run."""
    seed: Seed = 1
    """Start of the random numbers: the same seed gives the same result."""


@dataclass(frozen=True, config=_CHECKED)
class NeedParams:
    """``[need]``: weights of the parts of the need surface; each may be 0.

    A weight is the part's share, before the sum is made 1, of the need that any stop reaches.
    """

    observed: NotNegative = 1.0
    """Hotspots of reported sightings, corrected for reporting effort."""
    movement: NotNegative = 0.0
    """Expected flow by the movement model.  0: on the sightings at hand the model does no better
    than road length alone, so nothing here confirms it."""
    far_from_help: NotNegative = 1.0
    """Walking time from corridors to help."""
    advised: NotNegative = 2.0
    """Places named by DCAM and police: the only advice that names places, so it counts double."""
    reach_m: Positive = 500.0
    """What people walk to a stop, as the crow flies."""


@dataclass(frozen=True, config=_CHECKED)
class FortnightParams:
    """``[fortnight]``: several nights in a row."""

    nights: Annotated[Whole, Interval(ge=1, le=366)] = 14
    iterations: Count = 100
    """The solver stops after so many in each of its rounds, in every shift."""
    advised_visits: Annotated[Whole, Interval(ge=0, le=MOST)] = 7
    """Every advised place is visited at least so often."""
    visits: Mapping[str, Annotated[Whole, Interval(ge=0, le=MOST)]] = field(default_factory=dict)
    """The same for a stop by its id; goes before `advised_visits`."""
    recovery_nights: Positive = 2.0
    """A visit lowers the need that it serves to `patrols.repeat` of it; this is the time in which
    the loss falls to 1/e."""
    explored_visits: Count = 3
    """A place of which little is known is known after so many visits."""
    usual_min: Positive = 30.0
    """A visit within so many minutes of the stop's usual time counts as at the usual time."""
    usual_share: Share = 0.5
    """Share of the prize that a visit at another time earns."""


@dataclass(frozen=True, config=_SOURCED)
class AccessParams:
    """``[access]``: all assumptions of the model of walking time to help.

    Speeds on roads, paths and railways are those of ``[movement.walk_kph]``.
    """

    function: Literal["tobler", "irmischer_clarke", "langmuir"] = "tobler"
    """Neutral: the report is silent.  Tobler's hiking function (1993); Irmischer and Clarke
    (2018) walk slower, Langmuir's rule is what GRASS r.walk uses."""
    cell_m: Annotated[Number, Ge(5)] = 200.0
    """Neutral: the report is silent.  Cell of the surface; smaller cells add no detail that the
    terrain does not have."""
    off_path: Annotated[Number, Interval(gt=0, le=1)] = 0.6
    """Tobler 1993: off paths 0.6 of the speed."""
    barriers: tuple[Waterway, ...] = ("river",)
    """Neutral: the report is silent.  Classes of waterway that are crossed at bridges and fords
    only; streams and ditches are stepped over."""
    known_m: Positive = 15_000.0
    """Neutral: beyond this distance from all health care in the data, help is unknown, not far;
    such sections are left out."""
    margin_m: NotNegative = 1000.0
    """Neutral: the surface reaches so far beyond the sections and the places of help."""


SCENARIOS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {"movement": MappingProxyType({"movement": 1.0})}
)
"""Weights of ``[need]`` that a plan can be asked to try, by name."""


class ScenarioError(ValueError):
    """A scenario that there is not."""


@dataclass(frozen=True, config=_CHECKED)
class Params:
    """All parameters: those of `geo.study.run`, and of planning several nights."""

    privacy: PrivacyParams = field(default_factory=PrivacyParams)
    corridors: CorridorParams = field(default_factory=CorridorParams)
    hotspots: HotspotParams = field(default_factory=HotspotParams)
    patrols: PatrolParams = field(default_factory=PatrolParams)
    need: NeedParams = field(default_factory=NeedParams)
    fortnight: FortnightParams = field(default_factory=FortnightParams)
    speeds: SpeedParams = field(default_factory=SpeedParams)
    movement: MovementParams = field(default_factory=MovementParams)
    access: AccessParams = field(default_factory=AccessParams)

    def in_full(self) -> Params:
        """Return the same study with all the simulations and draws that it may rest on."""
        return replace(
            self,
            corridors=replace(
                self.corridors,
                nulls=("effort", "uniform", "network"),
                simulations=9999,
                vary=True,
            ),
            hotspots=replace(self.hotspots, simulations=999, draws=499),
            movement=replace(self.movement, draws=200),
            access=replace(self.access, cell_m=100.0),
        )

    def in_scenario(self, name: str) -> Params:
        """Return the same study with the weights of need of a scenario.

        Parameters
        ----------
        name : str
            Of `SCENARIOS`.

        Raises
        ------
        ScenarioError
            If there is no such scenario.
        """
        if name not in SCENARIOS:
            raise ScenarioError(f"there is no scenario {name!r}. Fix: use {', '.join(SCENARIOS)}")
        return replace(self, need=replace(self.need, **SCENARIOS[name]))


def from_mapping(table: Mapping[str, Any]) -> Params:
    """Build parameters from nested tables, as TOML gives them; what is absent keeps its default.

    Raises
    ------
    pydantic.ValidationError
        Holds every fault: the key, the value found and what was expected.
    """
    return Params(**table)
