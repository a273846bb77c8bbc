"""Two plans on the same made-up seasons: what each is expected to meet, and when counting tells.

A few nights meet a handful of groups, so which of two plans met more is mostly chance.  Here the
chance is taken out: of every group it is computed how likely a plan meets it, in thousands of
walks that both plans share, and the same seasons are given to both.

Everything here is made up, as in `geo.practice`, and says nothing of any real night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.special import ndtr, ndtri, stdtrit

from geo.arrays import Floats, Ints, Objects
from geo.chance.nulls import Observers
from geo.crs import require_metric
from geo.practice import (
    GROUPS_PER_NIGHT,
    HOURS,
    LATE_S,
    SKIPPED,
    WALK_MS,
    minutes_beside,
    paths_of,
    shares_of,
)
from geo.presence.sight import FARTHEST
from geo.results import Patrols

__all__ = ["Paired", "play_paired"]

TURNS: Final = 90
"""Least nights that crews drive, late in each by another time."""
WALKS: Final = 7200
"""Walks on each section over which the chance of being met is a mean."""
SEASONS: Final = 1000
LEVEL: Final = 0.95
SURE: Final = 0.9
"""How often two plans are to be told apart."""
EVENLY: Final = (5**0.5, 2**0.5)
"""Multiples of each, without their whole part, fill an interval evenly (Weyl 1916)."""


@dataclass(frozen=True)
class Paired:
    """What two plans are expected to meet in the same seasons."""

    expected: pd.DataFrame
    """Groups that each is expected to meet in the nights; a row a season, by seed."""
    spread: Floats
    """(seasons,): variance of the difference that is counted, about the expected one."""
    nights: int
    groups_per_night: float

    @property
    def more(self) -> pd.Series:
        """By how many groups the second is expected to meet more, by season."""
        return self.expected.iloc[:, 1] - self.expected.iloc[:, 0]

    def interval(self) -> tuple[float, float, float]:
        """Return the mean of `more`, and the ends of its 95 % interval over seasons."""
        more = self.more.to_numpy(float)
        mean, n = float(more.mean()), len(more)
        half = float(
            stdtrit(n - 1, (1 + LEVEL) / 2) * more.std(ddof=1) / n**0.5
        )
        return mean, mean - half, mean + half

    def counted(self, seed: int) -> float:
        """Return how often who counts in the season of a seed sees its better plan ahead."""
        off = self._in_spreads(seed)
        return float(ndtr(off))

    def groups_to_tell(self, seed: int) -> float:
        """Return the groups a night with which counting tells the plans apart.

        In `SURE` of all plays of the season of this seed the difference that is counted then lies
        beyond what chance gives in 95 of 100; infinite where both are expected to meet as many.
        """
        off = self._in_spreads(seed)
        needed = float(ndtri((1 + LEVEL) / 2) + ndtri(SURE))
        if off == 0:
            return np.inf
        # The difference grows with the groups, its spread with their root.
        return self.groups_per_night * (needed / off) ** 2

    def _in_spreads(self, seed: int) -> float:
        """Return the expected difference of a season over the spread of the counted one."""
        [row] = self.expected.index.get_indexer(pd.Index([seed]))
        spread = float(np.sqrt(self.spread[row]))
        more = float(self.more.to_numpy(float)[row])
        return abs(more) / spread if spread else 0.0


def play_paired(
    sections: gpd.GeoDataFrame,
    plans: tuple[Patrols, Patrols],
    nights: int,
    *,
    groups_per_night: float = GROUPS_PER_NIGHT,
    seeds: Sequence[int] = range(1, SEASONS + 1),
) -> Paired:
    r"""Return what two plans are expected to meet in the same made-up seasons.

    In a season :math:`u_s` groups a night walk section :math:`s`, as `geo.practice.play` draws it
    from its seed.  Plan :math:`k` meets a group there with the mean chance :math:`q_{ks}`, over
    walks that begin all day, and crews that are late and skip stops as there:

    .. math:: E_k = n \sum_s u_s q_{ks}

    in :math:`n` nights.  What is counted is about Poisson; of a group that both may meet, the
    meetings are taken as independent.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame of lines, projected CRS in metres
        Table `SECTIONS`.
    plans : two Patrols, in the same CRS
        The nights of each are driven in turn.
    nights : int
    groups_per_night : float
    seeds : sequence of int
        Of the seasons.

    Returns
    -------
    Paired
    """
    require_metric(
        sections=sections,
        **{f"plan_{n}": plan.stops for n, plan in enumerate(plans)},
    )
    paths = np.asarray(paths_of(sections).geometry.values, dtype=object)
    # Who walks out of sight of every stop is met by none.
    near = _in_sight(paths, plans)
    walks = _walks(paths[near])
    met = [_chances(walks, paths[near], plan, nights) for plan in plans]
    section = near[walks["section"].to_numpy()]
    first, second = (_mean_of(section, chance, len(paths)) for chance in met)
    differs = met[0] + met[1] - 2 * met[0] * met[1]
    apart = _mean_of(section, differs, len(paths))
    shares = np.array(
        [shares_of(len(paths), np.random.default_rng(seed)) for seed in seeds]
    )
    groups = nights * groups_per_night * shares
    expected = pd.DataFrame(
        {"first": groups @ first, "second": groups @ second}, index=[*seeds]
    )
    return Paired(expected, groups @ apart, nights, groups_per_night)


def _in_sight(paths: Objects, plans: tuple[Patrols, Patrols]) -> Ints:
    """Return the sections that come within sight of a stop."""
    stops = np.concatenate([plan.stops.geometry.values for plan in plans])
    reach_m = FARTHEST * Observers.sight_m
    return np.flatnonzero(
        shapely.dwithin(paths, shapely.union_all(stops), reach_m)
    )


def _walks(paths: Objects) -> pd.DataFrame:
    """Return walks that fill sections, hours of the day by `HOURS`, and nights (0 to 1) evenly."""
    number = np.arange(WALKS)
    by_hour = np.r_[0, np.cumsum(HOURS)] / sum(HOURS)
    hour = np.interp((number + 0.5) / WALKS, by_hour, np.arange(25))
    on_way, night = (number * step % 1 for step in EVENLY)
    # A night runs from noon to noon.
    at_s = 3600 * (hour + 24 * (hour < 12))
    sections = len(paths)
    section = np.repeat(np.arange(sections), WALKS)
    took_s = shapely.length(paths)[section] / WALK_MS
    start_s = np.tile(at_s, sections) - np.tile(on_way, sections) * took_s
    columns = {"section": section, "start_s": start_s, "took_s": took_s}
    return pd.DataFrame(columns).assign(night=np.tile(night, sections))


def _chances(
    walks: pd.DataFrame, paths: Objects, plan: Patrols, nights: int
) -> Floats:
    """Return how likely the first nights of a plan meet the group of each walk."""
    visits = _visits(plan, nights)
    turn = (walks["night"] * (visits["turn"].max() + 1)).astype(int)
    of_turn = walks.assign(turn=turn).drop(columns="night")
    reach_m = FARTHEST * Observers.sight_m
    beside = []
    for _, of_stop in visits.groupby("stop"):
        near = shapely.dwithin(paths, of_stop.geometry.iloc[0], reach_m)
        in_sight = of_turn[near[of_turn["section"]]]
        beside.append(minutes_beside(in_sight, paths, of_stop))
    if not beside:
        return np.zeros(len(walks))
    minutes = pd.concat(beside)
    rate = minutes.groupby(["walk", "visit"])["rate"].sum()
    # Of each visit that is made, the chance to meet; of all visits, the chance that none does.
    missed = np.log1p((1 - SKIPPED) * np.expm1(-rate))
    of_walk = np.bincount(
        rate.index.get_level_values("walk"), missed, minlength=len(walks)
    )
    return np.asarray(-np.expm1(of_walk))


def _visits(plan: Patrols, nights: int) -> gpd.GeoDataFrame:
    """Return the visits of the first nights of a plan, driven `TURNS` times or more.

    How late patrols run fills the law of `geo.practice` evenly, and alike for every plan.
    """
    offered = plan.served
    number = {night: n for n, night in enumerate(plan.stops["night"].unique())}
    first = offered.assign(number=offered["night"].map(number))
    first = first[first["number"] < nights]
    times = -(-TURNS // min(nights, len(number)))
    driven = pd.concat([first] * times, keys=range(times), names=["time"])
    driven = driven.reset_index("time").reset_index(drop=True)
    turn = driven["number"] * times + driven["time"]
    patrol = driven.groupby(["shift", "vehicle"]).ngroup()
    even = (turn * EVENLY[0] + patrol * EVENLY[1] + 0.5) % 1
    late_s = LATE_S * ndtri(even.clip(1e-6, 1 - 1e-6))
    return gpd.GeoDataFrame(driven).assign(
        turn=turn,
        outcome="done",
        arrival_s=driven["arrival_s"] + late_s,
        departure_s=driven["departure_s"] + late_s,
    )


def _mean_of(section: Ints, values: Floats, sections: int) -> Floats:
    """Return the mean over the walks of each section; 0 where none is walked."""
    walked = np.bincount(section, minlength=sections)
    total = np.bincount(section, values, sections)
    return np.asarray(total / np.maximum(walked, 1))
