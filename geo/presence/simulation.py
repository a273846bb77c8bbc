"""A simulated season: groups on the way, and patrols that meet some of them.

Everything here is drawn at random.  It says nothing of any real night; it is for tests, and for
showing what the log of a season can tell.  What is assumed:

- groups start along a section of a corridor by a Poisson process, at hours of a given profile, and
  walk it from south to north at one speed; the use of sections differs lognormally;
- a crew that stands at a stop meets a group with a chance for each minute that falls with distance
  as a Gaussian of `Effort.sight_m`; each group is met once at most;
- crews drive as planned, some minutes early or late, and skip some stops; their phones record a fix
  at even intervals, with a Gaussian error that lasts, and now and then nothing for a while.
"""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Floats, Ints, Objects
from geo.chance.nulls import Effort
from geo.crs import require_metric
from geo.network.graph import from_lines
from geo.network.lixels import cut
from geo.presence.sight import FARTHEST, STEP_M
from geo.results import Patrols
from layers.records import Log
from layers.schema import LOG_GROUPS, LOG_PLANS, LOG_TRACKS, LOG_VISITS, SIZE_CLASSES, WGS84

DARK_HOURS: Final = (3, 2, 2, 2, 3, 3, 2, 1, 0.5, *(0.2,) * 7, 0.5, 1, 2, 3, 4, 4, 4, 3)
"""Relative number of groups that start in each hour of the day."""
LASTS_S: Final = 30.0
"""Seconds in which the error of a fix falls to 1/e."""
SILENT_S: Final = 600.0
"""Seconds for which a phone that fails records nothing."""
FIRST: Final = pd.Timestamp("2026-12-01")
"""Day on which the first night begins."""
ZONE: Final = "Europe/Belgrade"
"""Time zone of the plan."""


@dataclass(frozen=True)
class SeasonParams:
    """What a season is drawn from.  No value is estimated from data."""

    groups_per_night: float = 30.0
    """Mean over all sections together."""
    spread: float = 1.0
    """Standard deviation of the logarithm of the use of a section."""
    hours: tuple[float, ...] = DARK_HOURS
    walk_kph: float = 4.5
    met_per_min: float = 0.2
    """Rate at which a crew meets a group right beside it."""
    sight_m: float = Effort.sight_m
    skipped: float = 0.05
    """Share of the stops that are skipped."""
    late_min: float = 5.0
    """Standard deviation of how late a patrol runs."""
    noise_m: float = 10.0
    """Standard deviation of a fix, per axis."""
    fix_s: float = 10.0
    silent: float = 0.1
    """Share of the tracks that lack ten minutes."""


@dataclass(frozen=True)
class Season:
    """A simulated season: what a log would hold, and the truth."""

    use: pd.Series
    """True use: groups per night, by section."""
    log: Log
    walks: pd.DataFrame
    """A row for each group: position of its ``section``, ``turn`` of the night, ``start_s`` and
    ``took_s`` of its walk."""


def season(
    sections: gpd.GeoDataFrame, plan: Patrols, nights: int, params: SeasonParams | None = None, *,
    with_tracks: bool = True, seed: int = 1, share: Floats | None = None,
) -> Season:  # fmt: skip
    """Return a simulated season from `FIRST` on.  It is never to be shown as a real one.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame of lines, projected CRS in metres
        ``section`` and ``corridor``; groups walk the longest line of each.
    plan : geo.results.Patrols, in the same CRS
        Its nights are driven again and again, day after day.
    with_tracks : bool
        Whether crews record tracks.
    share : array, optional
        Share of the groups that walk each section; by default drawn.
    """
    require_metric(sections=sections, stops=plan.stops)
    params = params or SeasonParams()
    rngs = [np.random.default_rng(own) for own in np.random.SeedSequence(seed).spawn(4)]
    paths = np.asarray(sections.geometry.values, dtype=object)
    weight = np.exp(params.spread * rngs[0].normal(size=len(sections)))
    share = weight / weight.sum() if share is None else share
    use = pd.Series(params.groups_per_night * share, sections["section"].array)
    walks = _walks(use, paths, nights, params, rngs[1])
    timetable = _timetable(plan, pd.date_range(FIRST, periods=nights), params, rngs[2])
    visits = timetable[timetable["service_s"] > 0].reset_index(drop=True)
    met = _met(walks, paths, visits, params, rngs[3])
    groups = visits.iloc[met].assign(
        group_id=[f"g{k}" for k in range(len(met))], month=lambda rows: rows["date"].str[:7],
        size_class=rngs[3].choice(SIZE_CLASSES[:3], len(met), p=[0.6, 0.3, 0.1]),
    )  # fmt: skip
    groups = groups.reset_index(drop=True)
    log = Log.of(
        plans=LOG_PLANS.geoframe(timetable.assign(plan_id="simulated")).to_crs(WGS84),
        visits=LOG_VISITS.frame(visits),
        groups=LOG_GROUPS.frame(groups.assign(slot=groups["group_id"])),
        **({"tracks": _tracks(timetable, plan, params, rngs[2])} if with_tracks else {}),
    )
    return Season(use, log, walks)


def paths_of(sections: gpd.GeoDataFrame, stops: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return sections with one line each: from south to north, without branches and second lanes.

    It is the way between the two ends of the longest piece that lie farthest apart along it.  With
    `stops` only sections that come within sight of one.
    """
    crs = require_metric(sections=sections, stops=stops)
    lines = [_northward(shape, crs) for shape in sections.geometry]
    paths = sections.set_geometry(lines, crs=crs)
    if stops is None:
        return paths
    return paths[paths.dwithin(stops.union_all(), FARTHEST * Effort.sight_m)].reset_index(drop=True)


def _northward(shape: shapely.Geometry, crs: CRS) -> shapely.LineString:
    network = cut(from_lines(gpd.GeoSeries([shape], crs=crs)), STEP_M).as_network
    end = int(network.edge_from[np.argmax(network.length_m)])
    for _ in range(2):
        start = end
        away, by = dijkstra(network.walking, indices=np.array(start), return_predecessors=True)
        end = int(np.where(np.isfinite(away), away, -1.0).argmax())
    path = [end]
    while path[-1] != start:
        path.append(int(by[path[-1]]))
    xy = network.node_xy[path]
    return shapely.LineString(xy if xy[0, 1] <= xy[-1, 1] else xy[::-1])


def _walks(
    use: pd.Series, paths: Objects, nights: int, params: SeasonParams, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a row for each group: section, turn of the night, start from midnight, duration."""
    count = rng.poisson(use.to_numpy() * nights)
    section = np.repeat(np.arange(len(use)), count)
    hours = np.asarray(params.hours)
    hour = rng.choice(24, len(section), p=hours / hours.sum()) + rng.random(len(section))
    took_s = shapely.length(paths)[section] / (params.walk_kph / 3.6)
    # A night runs from noon to noon; a group is anywhere on its way at the hour drawn for it.
    start_s = 3600 * (hour + 24 * (hour < 12)) - rng.random(len(section)) * took_s
    turn = rng.integers(0, nights, len(section))
    return pd.DataFrame({"section": section, "turn": turn, "start_s": start_s, "took_s": took_s})


def _timetable(
    plan: Patrols, days: pd.DatetimeIndex, params: SeasonParams, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the plan's stops of every night with the times at which crews were there."""
    planned = plan.stops["night"].unique()
    calendar = pd.DataFrame({
        "turn": range(len(days)),
        "night": planned[np.arange(len(days)) % len(planned)],
        "date": days.strftime("%Y-%m-%d"),
        "midnight": [day.tz_localize(ZONE).timestamp() for day in days],
    })  # fmt: skip
    every = plan.stops.drop(columns="date").merge(calendar, on="night")
    every = every.sort_values("turn", kind="stable", ignore_index=True)
    patrol = every.groupby(["turn", "shift", "vehicle"], sort=False).ngroup().to_numpy()
    late = 60 * params.late_min * rng.normal(size=patrol.max() + 1)[patrol]
    moments = []
    for name in ("arrival_s", "departure_s"):
        every[name] = every[name].astype(float) + late
        at = (every["midnight"] + every[name]).round()
        moments.append(pd.to_datetime(at, unit="s", utc=True))
    arrive, depart = moments
    made = (every["service_s"] == 0) | (rng.random(len(every)) >= params.skipped)
    names = [f"v{k}" for k in range(len(every))]
    return every.assign(
        patrol=patrol, visit_id=names, page=names, arrive=arrive, depart=depart,
        outcome=np.where(made, "done", "skipped"),
        skip_reason=pd.Series("no_time", every.index).mask(made),
        arrived_at=arrive.where(made), left_at=depart.where(made),
    )  # fmt: skip


def _met(
    walks: pd.DataFrame, paths: Objects, visits: pd.DataFrame, params: SeasonParams,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return the row of the visit at which each group that is met is met first."""
    done = visits[visits["outcome"] == "done"].rename_axis("visit").reset_index()
    # Of every night its groups beside its visits, where both meet in time and place.
    done = pd.DataFrame(done[["visit", "turn", "arrival_s", "departure_s", "geometry"]])
    pairs = walks.rename_axis("walk").reset_index().merge(done, on="turn")
    end_s = pairs["start_s"] + pairs["took_s"]
    pairs = pairs[(pairs["start_s"] < pairs["departure_s"]) & (end_s > pairs["arrival_s"])]
    stops = pairs["geometry"].to_numpy(object)
    pairs = pairs[shapely.dwithin(paths[pairs["section"]], stops, FARTHEST * params.sight_m)]
    stay = ((pairs["departure_s"] - pairs["arrival_s"]) // 60).to_numpy(np.int64)
    row = np.repeat(np.arange(len(pairs)), stay)
    minute = np.arange(len(row)) - np.repeat(np.cumsum(stay) - stay, stay)
    of = pairs.iloc[row]
    at_s = of["arrival_s"].to_numpy(float) + 60 * (minute + 0.5)
    share = (at_s - of["start_s"].to_numpy(float)) / of["took_s"].to_numpy(float)
    walking = (share >= 0) & (share <= 1)
    ways = paths[of["section"]]
    where = shapely.line_interpolate_point(ways, np.clip(share, 0, 1), normalized=True)
    away = shapely.distance(where, of["geometry"].to_numpy(object))
    rate = params.met_per_min * np.exp(-((away / params.sight_m) ** 2) / 2) * walking
    seen = of.assign(at_s=at_s)[rng.random(len(of)) < 1 - np.exp(-rate)]
    first = seen.sort_values("at_s", kind="stable").drop_duplicates(["walk"])
    return np.sort(first["visit"].to_numpy(np.int64))


def _tracks(
    timetable: gpd.GeoDataFrame, plan: Patrols, params: SeasonParams, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return what the crews' phones record."""
    legs = plan.legs.rename(columns={"geometry": "leg"})
    keys = ["night", "shift", "vehicle", "order"]
    every = timetable.merge(legs[[*keys, "leg"]], on=keys, how="left").sort_values("order")
    rows = []
    for patrol, own in every.groupby("patrol"):
        line = _recorded(own, params, rng)
        first, last = (pd.Timestamp(line.coords[k][2], unit="s", tz="UTC") for k in (0, -1))
        row = own.head(1).assign(track_id=f"t{patrol}", started_at=first, ended_at=last)
        rows.append(row.assign(geometry=gpd.GeoSeries([line], row.index)))
    tracks = pd.concat(rows, ignore_index=True) if rows else every
    return LOG_TRACKS.geoframe(tracks, crs=str(timetable.crs)).to_crs(WGS84)


def _recorded(
    own: pd.DataFrame, params: SeasonParams, rng: np.random.Generator
) -> shapely.LineString:
    """Return the fixes of one patrol: x, y, seconds since 1970."""
    arrive, leave = (own[name].to_numpy(float) for name in ("arrival_s", "departure_s"))
    place = shapely.get_coordinates(own["geometry"])
    known = [np.zeros((0, 3))]
    for k, leg in enumerate(own["leg"]):
        if k > 0 and isinstance(leg, shapely.LineString):
            xy = shapely.get_coordinates(leg)
            along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
            took = (arrive[k] - leave[k - 1]) / max(along[-1], 1.0)
            known.append(np.column_stack([xy, leave[k - 1] + along * took]))
        known += [np.r_[place[k], at_s][None] for at_s in (arrive[k], leave[k])]
    x, y, at = np.concatenate(known).T
    at = np.maximum.accumulate(at)
    fix = np.arange(at[0], at[-1], params.fix_s)
    lasts = np.exp(-params.fix_s / LASTS_S)
    drawn = rng.normal(size=(len(fix) + 50, 2))
    smooth = pd.DataFrame(drawn).ewm(alpha=1 - lasts, adjust=False).mean().to_numpy()[50:]
    error = smooth * np.sqrt((1 + lasts) / (1 - lasts))
    xy = np.stack([np.interp(fix, at, x), np.interp(fix, at, y)], axis=1) + params.noise_m * error
    begin = rng.uniform(fix[0], fix[-1]) if rng.random() < params.silent else np.inf
    kept = (fix < begin) | (fix > begin + SILENT_S)
    return shapely.LineString(np.column_stack([xy, fix + own["midnight"].iloc[0]])[kept])
