"""What the analysis rests on: corridors, hotspots, privacy, and assumptions of the models."""

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Final

from annotated_types import Ge, Interval, MultipleOf
from pydantic import BeforeValidator
from pydantic.dataclasses import dataclass

from geo.params import types
from geo.schema import BANDS_M

_KPH: Final = {
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
_SURFACE: Final = {
    **dict.fromkeys(("asphalt", "chipseal", "concrete", "paved", "paving_stones"), 1.0),
    **dict.fromkeys(("compacted", "fine_gravel"), 0.85),
    **dict.fromkeys(("cobblestone", "gravel", "pebblestone", "sett", "unpaved"), 0.7),
    **dict.fromkeys(
        ("clay", "dirt", "earth", "grass", "ground", "mud", "rock", "sand"), 0.5
    ),
}
_WALK_KPH: Final = {"road": 5.0, "path": 5.0, "railway": 5.0}


@dataclass(frozen=True, config=types.CHECKED)
class CorridorParams(types.Table):
    """``[corridors]``: how near is near."""

    bands_m: Annotated[types.Bands, types.NOT_EMPTY] = BANDS_M
    """Half-widths of the bands around each corridor."""
    window_reach_m: types.Positive = 10_000.0
    """Chance is computed within this distance of the sightings' convex hull."""
    primary_kind: str = "railway"
    """Kind of corridor of the one hypothesis that is named beforehand."""
    primary_band_m: types.Positive = 250.0
    """That hypothesis: nearer than chance to this kind, within this band.  The report: "told
    to follow the railway tracks".  All others are exploratory."""
    simulations: types.Simulations = 999
    """Data sets simulated under a null, where effort is measured or named."""
    section_m: Annotated[types.Number, Ge(1000)] = 1000.0
    """Shortest named section: nothing is told of less than 1 km of a corridor."""
    anchor_m: types.Positive = 1500.0
    """A town names a section of a road that comes this near, a station one of a railway."""
    level: Annotated[types.Number, Interval(gt=0, lt=1)] = 0.05
    """Significance level: of the primary hypothesis, and of all exploratory ones together."""
    seed: types.Seed = 1
    """Start of the random numbers: the same seed gives the same result."""

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


@dataclass(frozen=True, config=types.CHECKED)
class HotspotParams(types.Table):
    """``[hotspots]``: sightings along the network, and where they exceed reporting effort."""

    lixel_m: types.Positive = 50.0
    """Length of the pieces that the network is cut into."""
    bandwidth_m: types.Positive = 250.0
    """Standard deviation of the density's kernel, along the network.  Chosen, not estimated: it
    equals the primary band and the middle one of `radii_m`; five sightings are too few to choose
    one by `geo.patterns.bandwidth_scores`.  Which hotspots are found depends on `radii_m` only."""
    radii_m: Annotated[types.Bands, types.NOT_EMPTY] = (150.0, 250.0, 500.0)
    """Radii of the scan: a hotspot is all that lies within one of these distances of a place, along
    the network."""
    snap_limit_m: types.Positive = 1000.0
    """A sighting farther than this from any road, path or track is not placed on one."""
    simulations: types.Simulations = 199
    """Data sets by effort alone that a p-value rests on, where effort is measured or named."""
    seed: types.Seed = 1
    """Start of the random numbers: the same seed gives the same result."""


@dataclass(frozen=True, config=types.SOURCED)
class PrivacyParams(types.Table):
    """``[privacy]``: how sightings are coarsened before a study sees them (`geo.sightings`)."""

    grid_m: Annotated[types.Number, Interval(ge=100, le=10_000), MultipleOf(100)] = (
        100.0
    )
    """Side of the cell that a reported position becomes.  100 m is the finest grid on which
    statistical offices publish counts of people (GISCO, GEOSTAT: 1 km; national ones: 100 m).
    Multiples of 100 only: their lines nest, so that no two runs cut a cell of 100 m."""
    least_reports: Annotated[types.Whole, Interval(ge=3, le=types.MOST)] = 3
    """The least number of reports for which a month with a size class is given; for fewer the
    quarter, then no size class.  3 is the least frequency rule of statistical offices (Hundepool
    et al. 2012, Statistical Disclosure Control)."""
    hold_days: Annotated[types.Whole, Interval(ge=1, le=365)] = 90
    """Days after the run for which its files are valid."""


@dataclass(frozen=True, config=types.CHECKED)
class SpeedParams(types.Table):
    """``[speeds]``: driving speed by OSM class and surface; a link drives as its road."""

    kph: Annotated[Mapping[str, types.Positive], BeforeValidator(types.over(_KPH))] = (
        field(default_factory=_KPH.copy)
    )
    """Kilometres per hour on a good surface; never more than the posted limit."""
    surface: Annotated[
        Mapping[str, Annotated[types.Number, Interval(gt=0, le=1)]],
        BeforeValidator(types.over(_SURFACE)),
    ] = field(default_factory=_SURFACE.copy)
    """Share of that speed by OSM surface; all of it where the surface is another or unknown.

    Neutral: GeoHealthAccess (Bluesquare) takes 0.85 of the speed on compacted and 0.7 on
    any other unpaved road; OSRM's car profile, for a primary road, 0.6 on gravel and 0.3 on
    earth.
    """


@dataclass(frozen=True, config=types.SOURCED)
class AccessParams(types.Table):
    """``[access]``: all assumptions of the model of walking time to help."""

    walk_kph: Annotated[
        Mapping[str, types.Positive], BeforeValidator(types.over(_WALK_KPH))
    ] = field(default_factory=_WALK_KPH.copy)
    """Neutral: the report is silent.  Tobler's function on level ground, rounded, on every kind
    of way."""
    cell_m: Annotated[types.Number, Ge(5)] = 200.0
    """Neutral: the report is silent.  Cell of the surface; smaller cells add no detail that the
    terrain does not have."""
    off_path: Annotated[types.Number, Interval(gt=0, le=1)] = 0.6
    """Tobler 1993: off paths 0.6 of the speed."""
    barriers: tuple[types.Waterway, ...] = ("river",)
    """Neutral: the report is silent.  Classes of waterway that are crossed at bridges and fords
    only; streams and ditches are stepped over."""
    known_m: types.Positive = 15_000.0
    """Neutral: beyond this distance from all health care in the data, help is unknown, not far;
    such sections are left out."""
    margin_m: types.NotNegative = 1000.0
    """Neutral: how far the surface reaches beyond the sections and the places of help."""


@dataclass(frozen=True, config=types.CHECKED)
class NeedParams(types.Table):
    """``[need]``: what is assumed of a place before anybody reports or visits, in groups.

    Each may be 0.  They add up to what is expected of a place beside others.  It holds as firmly as
    one or two groups that were met there: what reports and visits show takes its place.
    """

    far_from_help: types.NotNegative = 1.0
    """Groups where help is as far on foot as at the mean place: the unit of the others."""
    advised: types.NotNegative = 2.0
    """Groups more at an advised place: the only advice that names places, so it counts double."""
    reach_m: types.Positive = 500.0
    """What people walk to a stop, as the crow flies."""
