"""Need at public places: what is assumed of them, as far as reports and visits have not moved it.

Only places that the network or the table of places names are told of, one within reach of another;
elsewhere one in each square of 2 km, none near the boundary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.arrays import Bools, Floats
from geo.chance.nulls import Null
from geo.intensity.model import fit
from geo.intensity.posterior import Posterior
from geo.network.segments import points_xy
from geo.params import Params
from geo.patrols import stops
from geo.patrols.coverage import public_places
from geo.patrols.reach import weights_of
from geo.records import Log, StudyData, stayed_s
from geo.results import Access
from geo.schema import NEED
from geo.sections.cutting import Sections

SQUARE_M: Final = 2000.0
BORDER_M: Final = 3000.0
"""Nearer to the boundary nothing is told but of stops."""
BESIDE_M: Final = 1000.0
"""A place has what a model says of a section within this distance."""
MOST: Final = 60
"""Places at which the field is asked for, beside those that are visited or advised."""
LEAST: Final = 0.1
"""No place is expected to have less than this share of the mean."""
LEAST_ANSWERS: Final = 10
"""Answers of fewer groups at a stop are not used: no result may hang on how one group came."""
KIND_OF_WAY: Final[Mapping[str, str]] = MappingProxyType(
    {"road": "main_road", "railway": "railway", "river": "river"}
)
"""Kinds of corridors by the answers of groups."""


@dataclass(frozen=True)
class Reported:
    """What was reported, and where reports are likely."""

    events: gpd.GeoDataFrame
    """Coarse sightings."""
    effort: Null
    towns: gpd.GeoDataFrame
    """Towns and stations, which may report more."""


def need_at_places(
    region: StudyData,
    reported: Reported,
    sections: Sections,
    params: Params,
    *,
    walk: Access | None = None,
) -> gpd.GeoDataFrame:
    """Return table `NEED`: the need at public places, by what it rests on.

    What is assumed of a place is the sum of its parts times their weights, in groups: how far help
    is, over the mean of all places, and whether it is advised.  Reports and visits move that
    (`geo.intensity.fit`).  The part ``observed`` is the share of the variance
    that they removed; the rest is assumed.

    Parameters
    ----------
    region : geo.records.StudyData, projected CRS in metres
        Of its log, what counts: visits and groups by stop.
    reported : Reported, in the CRS of the region
    sections : Sections
        The named sections of the region's ways, as from `corridor_sections`.
    params : geo.params.Params
    walk : geo.results.Access, optional
    """
    places = places_of(region, params)
    if places.empty:
        return NEED.geoframe(crs=str(places.crs))
    assumed = _assumed(places, walk)
    weights = weights_of(params.need)[assumed.columns]
    whole = (assumed * weights).sum(axis=1).to_numpy(float)
    visits = _visits(region.log)
    if not (len(visits) + len(reported.events) + whole.sum()):
        return NEED.geoframe(crs=str(places.crs))
    expected = np.ones(len(places))
    if whole.any():
        expected = np.maximum(whole, LEAST * whole.mean())
        expected /= expected.mean()
    unknown = np.full(len(places), np.nan)
    told = _Told(expected, unknown, unknown, np.zeros(len(places)))
    if len(visits) + len(reported.events):
        told = _posterior(region, places, expected, visits, reported, sections)
    relative, learnt = told.relative, told.learnt
    learnt[whole == 0] = 1.0  # nothing is assumed there
    need_by_group = (1 - learnt) * relative / np.maximum(whole, 1e-9)
    table = assumed.mul(need_by_group, axis=0).assign(
        observed=learnt * relative, low=told.low, high=told.high
    )
    return NEED.geoframe((table / relative.sum()).assign(geometry=places.geometry))


@dataclass(frozen=True)
class _Told:
    """What the field says of each place."""

    relative: Floats
    """(n,): the rate over the mean of all."""
    low: Floats
    high: Floats
    """Ends of its interval at 90 %."""
    learnt: Floats
    """Share of its variance that reports and visits removed."""


def places_of(region: StudyData, params: Params) -> gpd.GeoDataFrame:
    """Return the public places whose need is asked for: ``stop``, ``advised`` and the point.

    All that are advised; of visited stops, candidate stops and others, one within reach of another.
    """
    places = region.places
    outline = region.boundary.geometry.union_all()
    advised = places[places["status"] == "advised"]
    squares = _one_in_each_square(public_places(region), outline.buffer(-BORDER_M))
    others = pd.concat(
        [
            _visited(region.log, str(places.crs)),
            stops.candidates(places, region.layers.facilities, params.patrols),
            squares,
        ]
    )
    others = others[~others["stop"].isin(advised["id"])]
    others = others.drop_duplicates("stop").reset_index(drop=True)
    apart = stops.first_within(others, params.need.reach_m)
    both = pd.concat(
        [
            advised.assign(stop=advised["id"], advised=True),
            others[apart].assign(advised=False),
        ],
        ignore_index=True,
    )
    inside = both[both.within(outline)]
    return inside[["stop", "advised", "geometry"]].reset_index(drop=True)


def _visited(log: Log, crs: str) -> gpd.GeoDataFrame:
    """Return the stops at which crews stood."""
    planned = log.stops.to_crs(crs)
    return planned[planned["stop"].isin(log.timed["stop"])]


def _one_in_each_square(
    places: gpd.GeoDataFrame, inside: BaseGeometry
) -> gpd.GeoDataFrame:
    """Return the first place of each square."""
    told = places[places.within(inside)]
    square = np.floor(points_xy(told) / SQUARE_M)
    return told[~pd.DataFrame(square).duplicated().to_numpy()]


def _assumed(places: gpd.GeoDataFrame, walk: Access | None) -> pd.DataFrame:
    """Return the parts of what is assumed of each place, without their weights."""
    parts = pd.DataFrame({"far_from_help": 0.0}, places.index)
    if walk is not None:
        parts["far_from_help"] = _beside(places, walk.sections, "far_min")
    return parts.assign(advised=places["advised"].astype(float))


def _beside(
    places: gpd.GeoDataFrame, sections: gpd.GeoDataFrame, column: str
) -> Floats:
    """Return what the nearest section says of each place, over the mean; 0 where none is near."""
    told = gpd.GeoDataFrame(sections[sections[column].notna()])
    place, section = told.sindex.nearest(
        places.geometry, max_distance=BESIDE_M, return_all=False
    )
    values = np.zeros(len(places))
    values[place] = told[column].to_numpy(float)[section]
    return values / (values.mean() or 1.0)


def _visits(log: Log) -> pd.DataFrame:
    """Return ``visits``, ``minutes`` and ``groups`` of each stop, in all: no night, no hour."""
    visits = log.timed
    stayed = stayed_s(visits)
    table = stayed.groupby(visits["stop"]).agg(["size", "sum"])
    groups = log.groups["stop"].value_counts().reindex(table.index, fill_value=0)
    minutes = table["sum"] / 60
    columns = {"visits": table["size"], "minutes": minutes, "groups": groups}
    return pd.DataFrame(columns).rename_axis("stop").reset_index()


def _kinds(log: Log) -> pd.DataFrame:
    """Return how many groups of each stop came by each kind of way."""
    said = log.groups.assign(kind=log.groups["came_by"].map(KIND_OF_WAY))
    number = said.dropna(subset=["kind"]).groupby(["stop", "kind"]).size()
    return number.rename("groups").reset_index()


def field_of(
    ways: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    visits: pd.DataFrame,
    reported: Reported,
    *,
    kinds: pd.DataFrame,
    expected: Floats,
) -> Posterior:
    """Fit the field as a study does: proofs of it call this.

    Parameters are those of `geo.intensity.fit`.  Visits count in all of each stop, answers where
    enough groups of a stop have said.  Named sections are not told apart.
    """
    # Few long lines: each joint would be a node of the field.
    columns = [name for name in ("corridor", "geometry") if name in ways]
    long = ways.set_geometry(ways.line_merge())[columns]
    by_stop = visits.groupby("stop", as_index=False)
    answers = kinds.groupby("stop")["groups"].transform("sum")
    return fit(
        long.explode(ignore_index=True),
        stops,
        by_stop[["visits", "minutes", "groups"]].sum(),
        reported.events,
        kinds=kinds[answers >= LEAST_ANSWERS],
        expected=expected,
        effort=reported.effort,
        towns=reported.towns,
        lixel_m=SQUARE_M,
    )


# One fit: what it tells of its stops is handed on to the places near them.
def _posterior(
    region: StudyData,
    places: gpd.GeoDataFrame,
    expected: Floats,
    visits: pd.DataFrame,
    reported: Reported,
    sections: Sections,
) -> _Told:
    """Return what reports and visits say of each place, of some by the nearest that is asked."""
    visited = _visited(region.log, str(places.crs))
    asked = places[_asked(places, visited)]
    other_stops = visited[~visited["stop"].isin(asked["stop"])]
    stops_of_fit = pd.concat([asked, other_stops], ignore_index=True)
    _, place_of_stop = places.sindex.nearest(stops_of_fit.geometry, return_all=False)
    _, stop_of_place = asked.sindex.nearest(places.geometry, return_all=False)
    expected_at_stop = expected[place_of_stop]
    kinds = _kinds(region.log)
    posterior = field_of(
        _ways(region, sections),
        stops_of_fit.rename(columns={"stop": "id"}),
        visits,
        reported,
        kinds=kinds[kinds["stop"].isin(visits["stop"])],
        expected=expected_at_stop,
    )
    over_stop = expected / expected_at_stop[stop_of_place]
    rates = posterior.draws()[:, stop_of_place] * over_stop
    relative = rates / rates.mean(axis=1, keepdims=True)
    low, high = np.quantile(relative, [0.05, 0.95], axis=0)
    learnt = posterior.table["learnt"].to_numpy(float)[stop_of_place]
    return _Told(relative.mean(axis=0), low, high, np.clip(learnt, 0.0, 1.0))


def _asked(places: gpd.GeoDataFrame, visited: gpd.GeoDataFrame) -> Bools:
    """Tell at which places the field is asked for: others move as the nearest of these does.

    All where there are few; else those visited or advised, and one in each square, however large.
    """
    side_m = SQUARE_M
    asked = np.ones(len(places), dtype=bool)
    visited_or_advised = places["stop"].isin(visited["stop"]) | places["advised"]
    needed = visited_or_advised.to_numpy(bool)
    while (asked & ~needed).sum() > MOST:
        square = pd.DataFrame(np.floor(points_xy(places) / side_m))
        asked = ~square.duplicated().to_numpy() | needed
        side_m *= 2
    return asked


def _ways(region: StudyData, sections: Sections) -> gpd.GeoDataFrame:
    """Return the named sections of corridors, and the rivers; else all roads, else all paths."""
    layers = region.layers
    water = layers.waterways
    rivers = water[water["waterway"] == "river"].assign(corridor="river")
    ways = pd.concat([sections.table, rivers])
    if ways.empty:
        return layers.paths if layers.roads.empty else layers.roads
    return ways
