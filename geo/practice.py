"""Made-up seasons, to try methods on and to practise with: never to be shown as real ones.

`season` draws groups on their way and what patrols find of them, `reports_of` what residents and
press report of them; `play` lets a plan meet the groups of a season, a night at a time.

Everything here is drawn at random, and says nothing of any real night.  What is assumed, and
estimated from no data:

- groups start along a section of a corridor by a Poisson process, at `HOURS`, and walk it from
  south to north at `WALK_MS`; the use of sections differs lognormally, by `SPREAD`;
- a crew that stands at a stop meets a group with a chance for each minute that falls with distance
  as a Gaussian of `Observers.sight_m`; each group is met once at most;
- crews drive as planned, some minutes early or late, and skip some stops;
- residents and press report a group with a chance for each kilometre, by kind of corridor.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Floats, Ints, Objects
from geo.chance.nulls import Observers
from geo.crs import require_metric
from geo.network.graph import from_lines
from geo.network.lixels import lixelize
from geo.presence.sight import FARTHEST, STEP_M, noticed
from geo.records import Log, stayed_s
from geo.results import Patrols
from geo.schema import (
    LOG_GROUPS,
    LOG_PLANS,
    LOG_VISITS,
    RECORDS,
    SIZE_CLASSES,
    WGS84,
)
from geo.told import told

__all__ = ["paths_of", "play", "reports_of", "season"]

HOURS: Final = (
    3,
    2,
    2,
    2,
    3,
    3,
    2,
    1,
    0.5,
    *(0.2,) * 7,
    0.5,
    1,
    2,
    3,
    4,
    4,
    4,
    3,
)
"""Relative number of groups that start in each hour of the day."""
GROUPS_PER_NIGHT: Final = 30.0
"""Groups that start in a night, on all sections together."""
SPREAD: Final = 1.0
"""Standard deviation of the logarithm of the use of a section."""
WALK_MS: Final = 1.25
MET_PER_MIN: Final = 0.2
"""Rate at which a crew meets a group right beside it."""
SKIPPED: Final = 0.05
"""Share of the stops that are skipped."""
LATE_S: Final = 300.0
"""Standard deviation of how late a patrol runs."""
FIRST: Final = pd.Timestamp("2026-12-01")
"""Day on which the first night begins."""
ZONE: Final = "Europe/Belgrade"
"""Time zone of the plan."""
REPORTED_PER_KM: Final = MappingProxyType({"main_road": 0.01, "railway": 0.001})
"""Rate of reports from elsewhere, by kind of corridor: more is reported from the road."""


@told
@dataclass(frozen=True)
class Season:
    """A simulated season: what a log would hold, and the truth."""

    use: pd.Series
    """True use: groups per night, by section."""
    log: Log
    walks: pd.DataFrame
    """A row for each group: position of its ``section``, ``turn`` of the night, ``start_s`` and
    ``took_s`` of its walk."""


def shares_of(sections: int, rng: np.random.Generator) -> Floats:
    """Return drawn shares of the groups that walk each section: the use of a season."""
    weight = np.exp(SPREAD * rng.normal(size=sections))
    shares: Floats = weight / weight.sum()
    return shares


def season(
    sections: gpd.GeoDataFrame,
    plan: Patrols,
    nights: int,
    groups_per_night: float = GROUPS_PER_NIGHT,
    *,
    seed: int = 1,
    share: Floats | None = None,
) -> Season:
    """Return a simulated season from `FIRST` on.  It is never to be shown as a real one.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame of lines, projected CRS in metres
        ``section`` and ``corridor``; as from `paths_of`.
    plan : geo.results.Patrols, in the same CRS
        Its nights are driven again and again, day after day.
    groups_per_night : float
        Mean over all sections together.
    share : (sections,) array, optional
        Share of the groups that walk each section; by default drawn.
    seed : int
    """
    require_metric(sections=sections, stops=plan.stops)
    seeds = np.random.SeedSequence(seed).spawn(4)
    of_use, of_walks, of_plan, of_meetings = map(np.random.default_rng, seeds)
    paths = np.asarray(sections.geometry.values, dtype=object)
    if share is None:
        share = shares_of(len(sections), of_use)
    use = pd.Series(groups_per_night * share, sections["section"].array)
    walks = _walks(use, paths, nights, of_walks)
    days = pd.date_range(FIRST, periods=nights)
    driven = _timetable(plan, days, of_plan)
    visits = driven[driven["service_s"] > 0].reset_index(drop=True)
    visit_rows = _met(walks, paths, visits, of_meetings)
    groups = visits.iloc[visit_rows].assign(
        group_id=[f"g{k}" for k in range(len(visit_rows))],
        month=lambda rows: rows["date"].str[:7],
        size_class=of_meetings.choice(
            SIZE_CLASSES[:3], len(visit_rows), p=[0.6, 0.3, 0.1]
        ),
    )
    groups = groups.reset_index(drop=True)
    log = Log.of(
        plans=LOG_PLANS.geoframe(driven.assign(plan_id="simulated")).to_crs(
            WGS84
        ),
        visits=LOG_VISITS.frame(visits),
        groups=LOG_GROUPS.frame(groups.assign(slot=groups["group_id"])),
    )
    return Season(use, log, walks)


def paths_of(
    sections: gpd.GeoDataFrame, stops: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return sections with one line each: from south to north, without branches and second lanes.

    It is the way between the two ends of the longest piece that lie farthest apart along it.  With
    `stops` only sections that come within sight of one.
    """
    crs = require_metric(sections=sections, stops=stops)
    lines = [_northward(shape, crs) for shape in sections.geometry]
    paths = sections.set_geometry(lines, crs=crs)
    if stops is None:
        return paths
    in_sight = paths.dwithin(stops.union_all(), FARTHEST * Observers.sight_m)
    return paths[in_sight].reset_index(drop=True)


def _northward(shape: shapely.Geometry, crs: CRS) -> shapely.LineString:
    network = lixelize(
        from_lines(gpd.GeoSeries([shape], crs=crs)), STEP_M
    ).as_network
    end = int(network.edge_from[np.argmax(network.length_m)])
    for _ in range(2):
        start = end
        away, by = dijkstra(
            network.walking, indices=np.array(start), return_predecessors=True
        )
        end = int(np.where(np.isfinite(away), away, -1.0).argmax())
    path = [end]
    while path[-1] != start:
        path.append(int(by[path[-1]]))
    xy = network.node_xy[path]
    return shapely.LineString(xy if xy[0, 1] <= xy[-1, 1] else xy[::-1])


def _walks(
    use: pd.Series, paths: Objects, nights: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a row for each group: section, turn of the night, start from midnight, duration."""
    section = np.repeat(
        np.arange(len(use)), rng.poisson(use.to_numpy() * nights)
    )
    n, weight = len(section), np.asarray(HOURS)
    hour = rng.choice(24, n, p=weight / weight.sum()) + rng.random(n)
    took_s = shapely.length(paths)[section] / WALK_MS
    # A night runs from noon to noon; a group is anywhere on its way at the hour drawn for it.
    start_s = 3600 * (hour + 24 * (hour < 12)) - rng.random(n) * took_s
    turn = rng.integers(0, nights, n)
    return pd.DataFrame(
        {"section": section, "turn": turn, "start_s": start_s, "took_s": took_s}
    )


def _timetable(
    plan: Patrols, days: pd.DatetimeIndex, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the plan's stops of every night with the times at which crews were there."""
    planned = plan.stops["night"].unique()
    calendar = pd.DataFrame(
        {
            "turn": range(len(days)),
            "night": np.resize(planned, len(days)),
            "date": days.strftime("%Y-%m-%d"),
        }
    )
    every = plan.stops.drop(columns="date").merge(calendar, on="night")
    every = every.sort_values("turn", kind="stable", ignore_index=True)
    patrol = (
        every.groupby(["turn", "shift", "vehicle"], sort=False)
        .ngroup()
        .to_numpy()
    )
    late_s = LATE_S * rng.normal(size=patrol.max() + 1)[patrol]
    times = (
        every[["arrival_s", "departure_s"]].astype(float).add(late_s, axis=0)
    )
    arrive, depart = _moments(every["date"], patrol, times)
    made = (every["service_s"] == 0) | (rng.random(len(every)) >= SKIPPED)
    names = [f"v{k}" for k in range(len(every))]
    return every.assign(
        **times,
        visit_id=names,
        page=names,
        arrive=arrive,
        depart=depart,
        outcome=np.where(made, "done", "skipped"),
        skip_reason=pd.Series("no_time", every.index).mask(made),
        arrived_at=arrive.where(made),
        left_at=depart.where(made),
    )


def _moments(
    date: pd.Series, patrol: npt.NDArray[np.integer[Any]], times: pd.DataFrame
) -> Iterator[pd.Series]:
    """Yield each column of `times`, seconds from the midnight before `date`, as moments.

    The clock is read once, at the departure of a patrol, as `geo.patrols.clock.moment` does: a
    patrol keeps its length in the night in which the clocks change.
    """
    first_s = times.iloc[:, 0].groupby(patrol).transform("min")
    by_the_clock = pd.to_datetime(date) + pd.to_timedelta(first_s, unit="s")
    leaves = by_the_clock.dt.tz_localize(
        ZONE,
        ambiguous=np.ones(len(date), dtype=bool),
        nonexistent=pd.Timedelta("1h"),
    ).dt.tz_convert("UTC")
    for name in times:
        later = pd.to_timedelta(times[name] - first_s, unit="s")
        yield (leaves + later).dt.round("s").dt.tz_convert(ZONE)


def _met(
    walks: pd.DataFrame,
    paths: Objects,
    visits: pd.DataFrame,
    rng: np.random.Generator,
) -> Ints:
    """Return the row of the visit at which each group that is met is met first."""
    minutes = minutes_beside(walks, paths, visits)
    seen = minutes[rng.random(len(minutes)) < -np.expm1(-minutes["rate"])]
    first = seen.sort_values("at_s", kind="stable").drop_duplicates("walk")
    return np.sort(first["visit"].to_numpy(int))


def minutes_beside(
    walks: pd.DataFrame, paths: Objects, visits: pd.DataFrame
) -> pd.DataFrame:
    """Return a row for each minute that a crew stands near a group on its way.

    Parameters
    ----------
    walks : DataFrame
        As of `Season`.
    paths : (sections,) array of LineString, metres
    visits : DataFrame
        ``turn``, ``outcome``, ``arrival_s``, ``departure_s`` and ``geometry`` of each.

    Returns
    -------
    DataFrame
        Rows of ``walk`` and ``visit``, ``at_s`` and ``rate``: meetings that the minute brings.
    """
    done = (
        visits[visits["outcome"] == "done"].rename_axis("visit").reset_index()
    )
    done = pd.DataFrame(
        done[["visit", "turn", "arrival_s", "departure_s", "geometry"]]
    )
    pairs = walks.rename_axis("walk").reset_index().merge(done, on="turn")
    end_s = pairs["start_s"] + pairs["took_s"]
    same_time = pairs["start_s"] < pairs["departure_s"]
    pairs = pairs[same_time & (end_s > pairs["arrival_s"])]
    stops = pairs["geometry"].to_numpy(object)
    reach_m = FARTHEST * Observers.sight_m
    pairs = pairs[shapely.dwithin(paths[pairs["section"]], stops, reach_m)]
    stay_min = ((pairs["departure_s"] - pairs["arrival_s"]) // 60).astype(int)
    minutes = pairs.loc[pairs.index.repeat(stay_min)]
    minute = minutes.groupby(level=0).cumcount() + 0.5
    minutes["at_s"] = minutes["arrival_s"] + 60 * minute
    minutes["share"] = (minutes["at_s"] - minutes["start_s"]) / minutes[
        "took_s"
    ]
    minutes = minutes[minutes["share"].between(0, 1)]
    where = _along(
        paths, minutes["section"].to_numpy(), minutes["share"].to_numpy()
    )
    stops = shapely.get_coordinates(minutes["geometry"].to_numpy(object))
    away_m = np.hypot(*(where - stops).T)
    return minutes.assign(rate=MET_PER_MIN * noticed(away_m))


def _along(paths: Objects, section: Ints, share: Floats) -> Floats:
    """Return the points, (n, 2), at shares of the lengths of sections.

    A hundred times as quick as `shapely.line_interpolate_point`, which measures the line anew for
    each point.
    """
    where = np.empty((len(section), 2))
    order = np.argsort(section, kind="stable")
    lines, first = np.unique(section[order], return_index=True)
    of_line = np.split(order, first[1:])
    for line, rows in zip(lines, of_line, strict=False):
        corners = shapely.get_coordinates(paths[line])
        steps_m = np.hypot(*np.diff(corners, axis=0).T)
        passed_m = np.r_[0.0, steps_m.cumsum()]
        at_m = share[rows] * passed_m[-1]
        for axis in (0, 1):
            where[rows, axis] = np.interp(at_m, passed_m, corners[:, axis])
    return where


def reports_of(
    made: Season,
    sections: gpd.GeoDataFrame,
    seed: int,
    rate: Mapping[str, float] = REPORTED_PER_KM,
) -> gpd.GeoDataFrame:
    """Return the groups of a season that residents and press report.

    Parameters
    ----------
    made : Season
        As from `season`.
    sections : geopandas.GeoDataFrame
        Those of the season.
    seed : int
    rate : mapping of str to float
        Reports of a group per kilometre, by kind of corridor.

    Returns
    -------
    geopandas.GeoDataFrame
        Table `RECORDS`, in the CRS of the sections.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(5)[4])
    paths, sight_m = np.asarray(sections.geometry.values), Observers.sight_m
    per_section = (
        sections["corridor"].map(rate).to_numpy(float)
        * shapely.length(paths)
        / 1000
    )
    chance = 1 - np.exp(-per_section[made.walks["section"]])
    reported = made.walks[rng.random(len(made.walks)) < chance]
    n, ways = len(reported), paths[reported["section"]]
    where = shapely.line_interpolate_point(ways, rng.random(n), normalized=True)
    xy = shapely.get_coordinates(where) + rng.normal(0, sight_m, (n, 2))
    points = gpd.GeoSeries.from_xy(xy[:, 0], xy[:, 1], crs=sections.crs)
    degrees = points.to_crs(WGS84)
    day = FIRST + pd.to_timedelta(reported["turn"].to_numpy(), unit="D")
    facts = {
        "id": [f"R{walk + 1}" for walk in reported.index],
        "kind": "sighting",
        "lat": degrees.y,
        "lon": degrees.x,
        "uncertainty_m": sight_m,
        "group_min": 2,
        "group_max": 4,
        "date_from": day,
        "date_to": day,
    }
    return RECORDS.geoframe(gpd.GeoDataFrame(facts, geometry=points))


@dataclass(frozen=True)
class Drill:
    """What a plan meets in one made-up night."""

    night: int
    passed: int
    """Groups that walked on any section."""
    stops: pd.DataFrame
    """``shift``, ``vehicle``, ``name``, ``minutes`` and ``met`` of each visit made."""

    @property
    def met(self) -> int:
        """Groups met, each once."""
        return int(self.stops["met"].sum())


def play(
    sections: gpd.GeoDataFrame,
    plan: Patrols,
    nights: int,
    seed: int = 1,
    groups_per_night: float = GROUPS_PER_NIGHT,
) -> list[Drill]:
    """Return the first nights of a made-up season, as `geo.practice.season` draws it.

    With the same seed the same groups walk, whatever the plan: so plans can be compared.  A plan of
    several nights is driven night by night, and then from its first again.

    Parameters
    ----------
    sections
        Table `SECTIONS`, in a projected CRS in metres.
    plan
        In the same CRS.
    nights
        Length of the season.
    seed
        Of the groups and their ways.
    groups_per_night
        Groups that set out in a night, on average.
    """
    paths, planned = paths_of(sections), [*dict.fromkeys(plan.stops["night"])]
    share = shares_of(len(paths), np.random.default_rng(seed))
    drills = []
    for night in range(1, nights + 1):
        stops = plan.stops[
            plan.stops["night"] == planned[(night - 1) % len(planned)]
        ]
        drawn = season(
            paths,
            replace(plan, stops=stops),
            1,
            groups_per_night,
            seed=seed + 10_000 * night,
            share=share,
        )
        visits = drawn.log.made
        minutes = stayed_s(visits) / 60
        names = stops.drop_duplicates("stop").set_index("stop")["name"]
        groups_met = (
            drawn.log.groups.groupby(["shift", "stop"])
            .size()
            .rename("met")
            .reset_index()
        )
        # Groups carry no vehicle: of two visits to a stop in a shift the first has them.
        visits_named = visits.assign(
            minutes=minutes, name=visits["stop"].map(names)
        )
        visits_named = visits_named.drop_duplicates(["shift", "stop"]).merge(
            groups_met, on=["shift", "stop"], how="left"
        )
        rows = visits_named[
            ["shift", "vehicle", "name", "minutes", "met"]
        ].fillna({"met": 0})
        drills.append(Drill(night, len(drawn.walks), rows))
    return drills
