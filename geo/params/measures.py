"""How near is near, where reports concentrate, and how sightings are coarsened."""

import math
from typing import Annotated, Literal

from annotated_types import Interval, MultipleOf
from pydantic.dataclasses import dataclass

from geo.params import types
from layers.schema import BANDS_M


@dataclass(frozen=True, config=types.CHECKED)
class CorridorParams:
    """``[corridors]``: how near is near."""

    bands_m: Annotated[types.Bands, types.NOT_EMPTY] = BANDS_M
    """Half-widths of the bands around each corridor."""
    explain_m: types.Positive = 100.0
    """A corridor explains a sighting that lies within this distance of it."""
    window_reach_m: types.Positive = 10_000.0
    """Chance is reckoned within this distance of the sightings' convex hull."""
    primary_kind: str = "railway"
    """Kind of corridor of the one hypothesis that is named beforehand."""
    primary_band_m: types.Positive = 250.0
    """That hypothesis: nearer than chance to this kind, within this band.  The report: "told
    to follow the railway tracks".  All others are exploratory."""
    nulls: Annotated[tuple[Literal["effort", "uniform", "network"], ...], types.NOT_EMPTY] = (
        "effort", "uniform",
    )  # fmt: skip
    """Null models; the first decides what explains the sightings."""
    simulations: types.Simulations = 999
    """Data sets simulated under each null model."""
    vary: bool = False
    """Try other seeds and other assumptions on reporting effort: what is nearer must stay so."""
    null_points: Annotated[types.Whole, Interval(ge=1000, le=10_000_000)] = 50_000
    """Equally likely positions that a null model is held as."""
    level: Annotated[types.Number, Interval(gt=0, lt=1)] = 0.05
    """Of the primary hypothesis, and of the exploratory ones adjusted together."""
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
class HotspotParams:
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
    """Data sets by reporting effort alone that the significance of a hotspot rests on."""
    draws: types.Count = 99
    """Redraws of the sightings' positions that the stability of the ranking rests on."""
    seed: types.Seed = 1
    """Start of the random numbers: the same seed gives the same result."""


@dataclass(frozen=True, config=types.SOURCED)
class PrivacyParams:
    """``[privacy]``: how sightings are coarsened before a study sees them (`geo.sightings`)."""

    grid_m: Annotated[types.Number, Interval(ge=100, le=10_000), MultipleOf(100)] = 100.0
    """Side of the cell that a reported position becomes.  100 m is the finest grid on which
    statistical offices publish counts of people (GISCO, GEOSTAT: 1 km; national ones: 100 m).
    Multiples of 100 only: their lines nest, so that no two runs cut a cell of 100 m."""
    least_reports: Annotated[types.Whole, Interval(ge=3, le=types.MOST)] = 3
    """The least number of reports for which a month with a size class is given; for fewer the
    quarter, then no size class.  3 is the least frequency rule of statistical offices (Hundepool
    et al. 2012, Statistical Disclosure Control)."""
    hold_days: Annotated[types.Whole, Interval(ge=1, le=365)] = 90
    """Days after the run for which its files are valid."""
