"""Candidate stops of the patrols: public and service places, never taken from sightings."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats
from geo.crs import require_metric
from geo.network.graph import Network
from geo.params import PatrolParams
from geo.params.patrols import ON_FOOT_KPH
from geo.params.types import hint
from geo.records import Assessment, StudyData, is_closed
from geo.routing.driving import Drive
from geo.schema import FACILITY_NAMES, PLACES, WGS84

DEPOT: Final = 'depot = "ID OF A PLACE" under [parameters.patrols] in study.toml'
"""The line that names where patrols start and end."""


class StopError(ValueError):
    """A stop or the depot cannot be used as given."""


class OutsideError(StopError):
    """The depot lies outside the boundary."""


class UnusableError(StopError):
    """None of the stops can be used."""


def candidates(
    places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, params: PatrolParams
) -> gpd.GeoDataFrame:
    """Return the stops that patrols may use, each with its point.

    Columns are ``stop``, ``name``, ``kind``, ``amenity``, which says when it is open, and
    ``service_s``.

    Places of ``stop_kinds`` that are not closed, and facilities of ``facility_kinds`` that are not
    the same stop as an earlier one; ``add_stops`` whatever their kind, and no ``drop_stops``.  No
    ``suspend_stops`` either, nor a facility that is the same stop as one of them.  A crossing near
    a monitoring point is that point.
    """
    crs = require_metric(places=places, facilities=facilities)
    _refuse_unknown(places, facilities, params)
    added = params.named("add_stops")
    by_id = places["id"].isin(added)
    named = places[
        _wanted(places, params.stop_kinds, params) & (~is_closed(places) | by_id)
    ]
    points = named[named["kind"] == "monitoring_point"]
    same = _near(named, points, params.crossing_same_m) & (named["kind"] == "crossing")
    named = named[~same | by_id[named.index]].rename(
        columns={"id": "stop", "name_en": "name"}
    )
    served = facilities[_wanted(facilities, params.facility_kinds, params)]
    by_id = served["id"].isin(added)
    known = pd.concat([places[["id", "geometry"]], facilities[["id", "geometry"]]])
    unsafe = known[known["id"].isin(params.suspend_stops)]
    same = _near(served, named, params.same_stop_m) | _near(
        served, unsafe, params.same_stop_m
    )
    served = served[~same | by_id]
    apart = first_within(served, params.same_stop_m) | by_id[served.index]
    served = served[apart].rename(columns={"id": "stop"})
    name = served["name"].fillna(served["kind"].map(FACILITY_NAMES))
    served = served.assign(name=name, amenity=served["kind"])
    columns = ["stop", "name", "kind", "amenity", "geometry"]
    both = pd.concat([named[columns], served[columns]], ignore_index=True)
    both["service_s"] = [
        round(60 * params.minutes_at(stop, kind))
        for stop, kind in zip(both["stop"], both["kind"], strict=True)
    ]
    return gpd.GeoDataFrame(both, geometry="geometry", crs=crs)


def with_new(data: StudyData, params: PatrolParams) -> StudyData:
    """Return the data with the stops of ``new_stops`` among its places."""
    rows = [asdict(stop) for stop in params.new_stops]
    taken = {*data.places["id"], *data.layers.facilities["id"]}
    twice = sorted({row["id"] for row in rows if row["id"] in taken})
    if twice:
        raise StopError(
            f"patrols.new_stops names {', '.join(twice)}, which the study has already. Fix: give "
            "each new stop an id of its own"
        )
    if not rows:
        return data
    new = pd.DataFrame(rows).rename(columns={"name": "name_en"})
    at = gpd.points_from_xy(new["lon"], new["lat"], crs=WGS84).to_crs(data.places.crs)
    points = gpd.GeoDataFrame(new.assign(kind="public_stop"), geometry=at)
    places = pd.concat([data.places, PLACES.geoframe(points, crs=str(data.places.crs))])
    return replace(data, places=places.reset_index(drop=True))


def on_roads(
    stops: gpd.GeoDataFrame,
    drive: Drive,
    two_way: Drive,
    boundary: gpd.GeoDataFrame,
    rivers: gpd.GeoDataFrame,
    params: PatrolParams,
    *,
    generalised: bool,
) -> gpd.GeoDataFrame:
    """Return the stops with their place on the road, and why one cannot be used.

    A stop is served from the nearest road on its own side of the rivers, where one is near enough:
    nobody walks through a river.  The stop at a crossing moves to its approach, the nearest road
    inside the boundary.

    ``edge``, ``offset_m`` and ``snap_m`` are on `two_way`, the roads that the depot reaches and is
    reached from; ``access_key`` is the parameter that limits ``snap_m``.  ``reason`` is
    ``outside_boundary``, ``far_from_road``, ``no_two_way_road`` or null.  ``service_s`` grows by
    ``walk_s``, on foot from the road and back.

    Parameters
    ----------
    stops : GeoDataFrame of Point, metric CRS
    drive : Drive
        All roads that patrols may drive.
    two_way : Drive
        Those that the depot reaches and is reached from.
    boundary, rivers : GeoDataFrame, metric CRS
    params : PatrolParams
    generalised : bool
        Whether the network is drawn for small scales, so that sides of rivers are not kept.
    """
    crossing = stops["kind"] == "crossing"
    limit = np.where(
        crossing, params.approach_m, access_m(params, generalised=generalised)
    )
    found = stops.join(_on_own_bank(two_way.network, stops, rivers, limit))
    by_road, _ = drive.network.tree.query(
        stops.geometry.to_numpy(), predicate="dwithin", distance=limit
    )
    is_by_road = np.isin(np.arange(len(stops)), by_road)
    inside = stops.within(boundary.geometry.union_all()) | crossing
    far = found["snap_m"] > limit
    found["reason"] = pd.Series(pd.NA, index=stops.index, dtype="string")
    found.loc[far, "reason"] = "no_two_way_road"
    found.loc[far & ~is_by_road, "reason"] = "far_from_road"
    found.loc[~inside, "reason"] = "outside_boundary"
    of_others = "access_generalised_m" if generalised else "access_m"
    found["access_key"] = np.where(crossing, "approach_m", of_others)
    lines = two_way.network.lines_of(found["edge"].to_numpy())
    on_road = shapely.line_interpolate_point(lines, found["offset_m"].to_numpy())
    found["geometry"] = np.where(crossing & ~far, on_road, found.geometry)
    there_and_back_m = 2 * shapely.distance(found.geometry.to_numpy(), on_road)
    found["walk_s"] = (there_and_back_m * 3.6 / ON_FOOT_KPH).round().astype("int64")
    found["service_s"] += found["walk_s"]
    return gpd.GeoDataFrame(found, geometry="geometry", crs=stops.crs)


def not_assessed(
    found: pd.DataFrame, assessed: Mapping[str, Assessment], night: datetime.date | None
) -> tuple[str, ...]:
    """Return the crossings among stops that have no assessment on a night: no patrol stops there.

    Parameters
    ----------
    found : DataFrame
        ``stop`` and ``kind``.
    assessed : mapping of str to Assessment
        By id of the crossing.
    night : date, optional
        Day on which it begins.

    Examples
    --------
    >>> gate = pd.DataFrame({"stop": ["gate", "hall"], "kind": ["crossing", "public_stop"]})
    >>> until = {"gate": Assessment("CRPK", datetime.date(2026, 12, 31))}
    >>> not_assessed(gate, until, datetime.date(2026, 12, 31))
    ()
    >>> not_assessed(gate, until, datetime.date(2027, 1, 1))
    ('gate',)
    """
    holds = [
        stop
        for stop, assessment in assessed.items()
        if night is None or night <= assessment.until
    ]
    refused = found["kind"].eq("crossing") & ~found["stop"].isin(holds)
    return tuple(found.loc[refused, "stop"])


def _on_own_bank(
    network: Network, stops: gpd.GeoDataFrame, rivers: gpd.GeoDataFrame, limit_m: Floats
) -> pd.DataFrame:
    """Return the nearest position on the network that no river parts from each stop."""
    found = network.snap(stops.geometry)
    water = rivers.geometry.union_all()
    shapely.prepare(water)
    lines, nearest = network.geometry, found.to_numpy(float, copy=True)
    for stop, (point, near_m) in enumerate(zip(stops.geometry, limit_m, strict=True)):
        edges = network.tree.query(point, predicate="dwithin", distance=near_m)
        ways = shapely.shortest_line(point, lines[edges])
        dry = edges[~shapely.intersects(ways, water)]
        if not len(dry):
            continue
        edge = int(dry[shapely.distance(point, lines[dry]).argmin()])
        offset_m = (
            shapely.line_locate_point(lines[edge], point) / network.drawn_ratio[edge]
        )
        nearest[stop] = edge, offset_m, shapely.distance(point, lines[edge])
    return pd.DataFrame(nearest, found.index, found.columns).astype({"edge": "int64"})


def access_m(params: PatrolParams, *, generalised: bool) -> float:
    """Return how far from a road a stop may lie."""
    return params.access_generalised_m if generalised else params.access_m


def depot(
    places: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, params: PatrolParams
) -> gpd.GeoDataFrame:
    """Return the place where every patrol starts and ends: one row as from `candidates`."""
    if not params.depot:
        raise StopError(
            f"no depot is named, so no patrol can start. Fix: {DEPOT}; then `mitrovica run`"
        )
    found = places[places["id"] == params.depot]
    if found.empty:
        known = ", ".join(places.loc[places["kind"] == "institution", "id"])
        raise StopError(
            f"no place has the id {params.depot!r} of the depot. "
            f"{hint([params.depot], places['id'])} Fix: set patrols.depot to the id of a place; "
            f"institutions are: {known or 'none'}"
        )
    outside_m = found.distance(boundary.geometry.union_all()).iloc[0]
    if outside_m > 0:
        raise OutsideError(
            f"the depot {params.depot!r} lies {outside_m:.0f} m outside the boundary. Fix: set "
            "patrols.depot to a place inside it"
        )
    home = found[["id", "name_en", "geometry"]].rename(
        columns={"id": "stop", "name_en": "name"}
    )
    return home.assign(kind="depot", service_s=0, walk_s=0)


def _near(
    these: gpd.GeoDataFrame, those: gpd.GeoDataFrame, within_m: float
) -> pd.Series:
    """Mark the rows of `these` nearer than `within_m` to a row of `those`."""
    hit, _ = those.sindex.query(these.geometry, predicate="dwithin", distance=within_m)
    return pd.Series(np.isin(np.arange(len(these)), hit), index=these.index)


def first_within(points: gpd.GeoDataFrame, within_m: float) -> pd.Series:
    """Mark, in order, the rows that have no marked row before them within `within_m`."""
    geometry = np.asarray(points.geometry.values)
    marked = np.ones(len(points), dtype=bool)
    pairs = points.sindex.query(
        geometry, predicate="dwithin", distance=within_m, sort=True
    )
    for later, earlier in pairs[:, pairs[1] < pairs[0]].T:
        marked[later] &= not marked[earlier]
    return pd.Series(marked, index=points.index)


def _wanted(
    rows: pd.DataFrame, kinds: tuple[str, ...], params: PatrolParams
) -> pd.Series:
    """Mark the places or facilities that may be stops."""
    wanted = rows["kind"].isin(kinds) | rows["id"].isin(params.named("add_stops"))
    return wanted & ~rows["id"].isin([*params.drop_stops, *params.suspend_stops])


def _refuse_unknown(
    places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, params: PatrolParams
) -> None:
    """Refuse stops that a parameter names and that are not a public place."""
    towns = set(places.loc[places["kind"] == "town", "id"])
    known = {*places["id"], *facilities["id"]} - towns
    named = {
        key: params.named(key) for key in ("add_stops", "drop_stops", "suspend_stops")
    }
    for key, ids in {**named, "stays": [stay.stop for stay in params.stays]}.items():
        unknown = sorted(set(ids) - known)
        if unknown:
            raise StopError(
                f"patrols.{key} names {', '.join(unknown)}, no public or service place. "
                f"{hint(unknown, known)} Fix: use the id of a row of the layers places or "
                "facilities that is no town"
            )
