"""What a night reaches if the office did something else: assumed, never forecast.

A scenario changes what the office does: its vehicles, hours and roads, where help is open.  The
need is one table for all, so nothing here says how people would move: no crossing is closed to
them, and no train is taken away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.access.walking import help_places, minutes_to_nearest
from geo.arrays import Bools, Floats
from geo.crs import to_metric
from geo.params import Params
from geo.params.patrols import Bank
from geo.params.types import hint
from geo.patrols.appraisal import VARIATION
from geo.patrols.inputs import prepare
from geo.patrols.night import plan_night
from geo.patrols.proposal import checked_night
from geo.patrols.reach import all_need, within_reach
from geo.records import StudyData
from geo.results import Patrols
from geo.sections.cutting import corridor_sections

__all__ = ["Compared", "Scenario", "ScenarioError", "by_area", "compare_nights"]

HELP: Final = ("water", "health", "reception", "community")
"""Kinds of help that count: no police, no station."""
MAY_OPEN: Final = ("public_stop", "health", "reception_centre", "institution")
"""Kinds of places at which a scenario may open or close help."""
NO_HELP: Final = ("bus_station", "railway_station", "taxi", "police", "border_control")
"""Kinds of facilities at which it may not."""
NEAR_M: Final = 1000.0
"""A point within this distance of a section lies on it."""
FAR_MIN: Final = 60.0
"""A point farther on foot from every place of both banks is on neither."""
DRAWS: Final = 100
"""Draws of a need that is known roughly."""


class ScenarioError(ValueError):
    """A scenario changes what it may not, or nothing."""


@dataclass(frozen=True)
class Scenario:
    """What the office would do."""

    name: str
    params: Params
    opened: tuple[str, ...] = ()
    """Ids of places that offer help in it, and do not today."""
    closed: tuple[str, ...] = ()
    """Ids of those that do today, and not in it."""


@dataclass(frozen=True)
class Compared:
    """What the first night reaches in each of several scenarios."""

    points: gpd.GeoDataFrame
    """A row a point of need, metric CRS: ``need_share``, ``section``, ``bank``."""
    nights: Mapping[str, Patrols]
    """Timetable and ways, by scenario."""
    reached: pd.DataFrame
    """Whether a stop of the night serves each point; a column a scenario."""
    minutes: pd.DataFrame
    """Minutes on foot to the nearest help, a stop too; infinite where there is no way."""

    def more_often(self, name: str, *, seed: int = 0) -> float:
        """Return how often a scenario reaches more than the first.

        Of draws in which the need of each point is off by up to `VARIATION`, those in which more
        of it is reached; nan where both reach the same points.
        """
        first = self.reached.iloc[:, 0].to_numpy(int)
        gained = self.reached[name].to_numpy(int) - first
        if not gained.any():
            return np.nan
        spread = (1 - VARIATION, 1 + VARIATION)
        rng = np.random.default_rng(seed)
        factors = rng.uniform(*spread, (DRAWS, len(gained)))
        need = self.points["need_share"].to_numpy(float)
        return float(np.mean((factors * need) @ gained > 0))


def compare_nights(
    data: StudyData,
    need: gpd.GeoDataFrame,
    scenarios: Sequence[Scenario],
    banks: Mapping[Bank, Sequence[str]] = MappingProxyType({}),
) -> Compared:
    """Plan the first night of each scenario, and say what it reaches of one and the same need.

    Parameters
    ----------
    data : StudyData, EPSG:4326
    need : GeoDataFrame of Point
        Table `NEED`; it is the same in all scenarios.
    scenarios : sequence of Scenario
        Of different names; others are set beside the first.
    banks : mapping of bank to sequence of str, optional
        Ids of the places on each.

    Returns
    -------
    Compared

    Raises
    ------
    ScenarioError
        If a scenario opens or closes what is no place of help, or opens what is open; its errors
        of planning are those of `geo.patrols.prepare` and `geo.patrols.plan_night`, with its name.
    """
    metric = to_metric(data)
    points = need.to_crs(str(metric.boundary.crs)).reset_index(drop=True)
    helping = [_help_in(metric, scenario) for scenario in scenarios]
    nights = {
        scenario.name: _night_in(data, points, scenario) for scenario in scenarios
    }
    visited = [_visited(night) for night in nights.values()]
    sites = [
        gpd.GeoSeries(pd.concat([places.geometry, stops.geometry]))
        for places, stops in zip(helping, visited, strict=True)
    ]
    of_banks = {
        bank: metric.places[metric.places["id"].isin(ids)].geometry
        for bank, ids in banks.items()
    }
    ways = pd.concat([metric.layers.roads, metric.layers.paths])
    walks = minutes_to_nearest(ways, points, [*sites, *of_banks.values()])
    minutes, to_banks = walks[: len(sites)], walks[len(sites) :]
    reach_m = scenarios[0].params.need.reach_m
    reached = [within_reach(stops, points, reach_m).any(axis=0) for stops in visited]
    params = scenarios[0].params
    told = points[["geometry"]].assign(
        need_share=all_need(points, params.need),
        section=_sections_of(points, metric, params),
        bank=_nearest_bank(to_banks, list(of_banks), len(points)),
    )
    return Compared(
        told,
        nights,
        pd.DataFrame(dict(zip(nights, reached, strict=True))),
        pd.DataFrame(dict(zip(nights, minutes, strict=True))),
    )


def by_area(compared: Compared, area: str | None = None) -> pd.DataFrame:
    """Return what each scenario reaches of the need of each area.

    Parameters
    ----------
    compared : Compared
    area : {"section", "bank"}, optional
        By default all together.

    Returns
    -------
    DataFrame
        By area, ``""`` for none: ``need_share``, of all need; for each scenario ``reached NAME``,
        the share of the need of the area, and ``minutes NAME``, the mean walk to help over the
        need that has a way to it in all scenarios, NaN where none has.

    Examples
    --------
    >>> points = gpd.GeoDataFrame({"need_share": [0.25, 0.75], "bank": ["north", "south"]})
    >>> reached = pd.DataFrame({"now": [True, False], "more": [True, True]})
    >>> minutes = pd.DataFrame({"now": [4.0, 20.0], "more": [4.0, 8.0]})
    >>> by_area(Compared(points, {}, reached, minutes)).T[""].tolist()
    [1.0, 0.25, 16.0, 1.0, 7.0]
    """
    need = compared.points["need_share"]
    minutes = compared.minutes.to_numpy(float)
    known: Bools = np.isfinite(minutes).all(axis=1)
    walked = need.where(known, 0.0)
    columns = {"need_share": need}
    for name in compared.reached:
        columns[f"reached {name}"] = need.where(compared.reached[name], 0.0)
        far = compared.minutes[name].where(known, 0.0)
        columns[f"minutes {name}"] = walked * far
    of = pd.Series("", need.index)
    if area is not None:
        of = compared.points[area].astype(object).fillna("")
    sums = pd.DataFrame(columns).groupby(of.to_numpy()).sum()
    all_walked = walked.groupby(of.to_numpy()).sum()
    for name in compared.reached:
        sums[f"reached {name}"] /= sums["need_share"]
        sums[f"minutes {name}"] /= all_walked
    return sums.sort_values("need_share", ascending=False, kind="stable")


def _night_in(data: StudyData, need: gpd.GeoDataFrame, scenario: Scenario) -> Patrols:
    """Return the first night of a scenario; its errors say which scenario it is."""
    params = scenario.params
    params = replace(params, patrols=params.patrols.of_night(1))
    try:
        inputs = prepare(data, need, params)
        return checked_night(inputs, plan_night(inputs), 1)
    except ValueError as error:
        raise ScenarioError(f"{scenario.name}: {error}") from error


def _visited(night: Patrols) -> gpd.GeoDataFrame:
    """Return the stops at which help is offered, each once."""
    offered = night.served
    return gpd.GeoDataFrame(offered.drop_duplicates("stop"))


def _help_in(data: StudyData, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the places of help that are open in a scenario, by id."""
    places, facilities = data.places, data.layers.facilities
    known = pd.concat([places, facilities]).drop_duplicates("id")
    known = gpd.GeoDataFrame(known[["id", "kind", "geometry"]].set_index("id"))
    of_kind = help_places(places, facilities)
    today = set(of_kind.loc[of_kind["help"].isin(HELP), "id"])
    today |= set(data.services["place"].dropna()) & set(known.index)
    _refuse(scenario, known["kind"], today)
    now = (today | set(scenario.opened)) - set(scenario.closed)
    return known[known.index.isin(now)]


def _refuse(scenario: Scenario, kinds: pd.Series, today: set[str]) -> None:
    """Raise `ScenarioError` for what may not open or close, or does already."""
    may = kinds[kinds.isin(MAY_OPEN) | ~kinds.isin([*NO_HELP, *_PLACES])]
    for key in ("opened", "closed"):
        named = getattr(scenario, key)
        where = f"{scenario.name}: {key}"
        if unknown := [place for place in named if place not in kinds.index]:
            raise ScenarioError(
                f"{where} names {', '.join(unknown)}, no place of the study. "
                f"{hint(unknown, may.index)} Fix: the id of a place of help"
            )
        if wrong := [place for place in named if place not in may.index]:
            what = f"{wrong[0]} is a {kinds[wrong[0]].replace('_', ' ')}"
            raise ScenarioError(
                f"{where}: {what}, no place of help. A scenario closes no crossing and takes no "
                "train or bus away: it says nothing of how people would move. "
                "Fix: name centres, health care or offices alone"
            )
    if again := [place for place in scenario.opened if place in today]:
        raise ScenarioError(
            f"{scenario.name}: {again[0]} offers help today. Fix: take it out of open"
        )
    if gone := [place for place in scenario.closed if place not in today]:
        raise ScenarioError(
            f"{scenario.name}: {gone[0]} offers no help today. Fix: take it out of closed; "
            f"open are {', '.join(sorted(today & set(may.index))[:10])}"
        )


_PLACES: Final = (
    "crossing",
    "police",
    "monitoring_point",
    "station",
    "landmark",
    "town",
)
"""Kinds of places that are no help."""


def _sections_of(
    points: gpd.GeoDataFrame, data: StudyData, params: Params
) -> pd.Series:
    """Return the name of the nearest section of a corridor; null where none is near."""
    sections = corridor_sections(
        data.layers.roads, data.layers.railways, data.places, params.corridors
    ).table
    names = pd.Series(pd.NA, points.index, dtype="string")
    if len(sections):
        point, section = sections.sindex.nearest(
            points.geometry, max_distance=NEAR_M, return_all=False
        )
        names.iloc[point] = sections["name"].to_numpy()[section]
    return names


def _nearest_bank(
    minutes: Sequence[Floats], banks: Sequence[str], points: int
) -> pd.Series:
    """Return the bank of the nearest place on foot; null where none is near."""
    if not banks:
        return pd.Series(pd.NA, range(points), dtype="string")
    away = np.stack(minutes)
    near: Bools = away.min(axis=0) <= FAR_MIN
    names = pd.Series(np.array(banks)[away.argmin(axis=0)], dtype="string")
    return names.where(near)
