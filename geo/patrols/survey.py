"""Patrols for outreach: which vehicle stops where, when, and by which roads.

Candidate stops are public and service places near a road that leads to the depot and back
(`geo.patrols.stops`).  Each is worth the need within walking reach of it (`geo.patrols.need`,
`geo.patrols.covering`); need that two stops reach counts once, and need served in an earlier shift
of the night keeps ``repeat`` of its worth.  Each shift is a team-orienteering problem of its own
(`geo.routing.problem`): every vehicle leaves the depot at the shift's start, offers its time at
stops, and is back by the shift's end.  Where places of which little is known get less than
``exploration`` of the stop time, a visit to them is paid for until they get it.

`geo.patrols.proposal` tells the whole story: survey, plan, check, appraise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Floats
from geo.crs import require_metric
from geo.params import Params, PatrolParams, Shift
from geo.params.clock import DAY_S, clock_after, clock_s, longest_free_s
from geo.params.suggest import hint
from geo.patrols import covering, daylight, explain, stops
from geo.patrols.covering import Cover, Reach
from geo.patrols.feasibility import require_feasible
from geo.patrols.timetable import PlannedShift, legs_table, stops_table
from geo.results import Patrols
from geo.routing import driving
from geo.routing.driving import Matrix
from geo.routing.faults import nearest_fault
from geo.routing.problem import DEPOT, Problem, ProblemError, Rest, Routes, Window
from layers.records import Layers
from layers.schema import LEFT_OUT, LEGS, STOP_NEED, STOPS, WGS84

PRICES: Final = tuple(0.25 * 2 ** (step / 2) for step in range(11))
"""Worth of exploring a little-known place, in average stops, tried in turn: from 1/4 to 8."""


@dataclass(frozen=True)
class Ground:
    """What every plan of one region starts from.

    Attributes
    ----------
    stops : geopandas.GeoDataFrame
        Depot, then the usable stops: ``stop``, ``name``, ``kind``, ``service_s``, ``snap_m``,
        ``round_trip_s`` and the point; numbered as in `matrix`.
    matrix : geo.routing.driving.Matrix
        Fastest drives between them.
    reach : geo.patrols.covering.Reach
        The need that they serve.
    unusable : geopandas.GeoDataFrame
        Candidate stops that no plan can visit, with their ``reason``, ``access_key``, the parameter
        that says how near a road must be, and ``at_advised``.
    wish : geo.params.PatrolParams
        The parameters, with every shift told by the clock.
    hotspot_stops : pandas.DataFrame, table `HOTSPOT_STOPS`
        Which stop serves each hotspot.
    """

    stops: gpd.GeoDataFrame
    matrix: Matrix
    reach: Reach
    unusable: gpd.GeoDataFrame
    wish: PatrolParams
    hotspot_stops: pd.DataFrame


def survey(
    layers: Layers,
    boundary: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    need: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    params: Params,
) -> Ground:
    """Find the usable stops, the need that each serves and the fastest drives between them.

    Parameters
    ----------
    layers : layers.records.Layers, projected CRS in metres
        Roads, and facilities that may be stops; farther from the road where it is generalised.
    boundary : geopandas.GeoDataFrame of Polygon, the same CRS
        Patrols stay inside it.
    places : geopandas.GeoDataFrame, table `PLACES`, the same CRS
    need : geopandas.GeoDataFrame, table `NEED`, the same CRS
        What stops are worth; no stop is taken from it.
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, the same CRS
        To tell which stop serves each.
    params : geo.params.Params

    Returns
    -------
    Ground

    Raises
    ------
    geo.crs.CRSError
        If the layers are not in one projected CRS in metres.
    geo.routing.driving.RoutingError, geo.patrols.stops.StopError, geo.patrols.need.NeedError
        If the roads, the depot or the need admit no plan; the message tells the cure.
    geo.routing.problem.ProblemError
        If a break or a service is longer than every shift, or no stop can be visited within one.
    """
    facilities, generalised = layers.facilities, layers.source.generalised
    require_metric(
        roads=layers.roads,
        boundary=boundary,
        places=places,
        facilities=facilities,
        need=need,
        hotspots=hotspots,
    )
    home = stops.depot(places, boundary, params.patrols)
    lon, lat = home.to_crs(WGS84).total_bounds[:2]
    wish = daylight.by_the_clock(params.patrols, lon, lat)
    drive = driving.drivable(_open(layers.roads, wish), boundary, params.speeds)
    access_m = stops.access_m(wish, generalised=generalised)
    two_way = drive.two_way_from(home.geometry, access_m)

    found = stops.candidates(places, facilities, wish)
    rivers = layers.waterways[layers.waterways["waterway"] == "river"]
    found = stops.access(found, drive, two_way, boundary, rivers, wish, generalised=generalised)
    home = home.join(two_way.network.snap(home.geometry))
    found["access_key"] = stops.access_key(found["kind"], generalised=generalised)
    found["at_advised"] = np.asarray(covering.at_advised(found, need).any(axis=1))
    usable = pd.concat([home, found[found["reason"].isna()]], ignore_index=True)
    inserted, nodes = two_way.insert(usable[["edge", "offset_m"]])

    out_s, back_s = driving.to_and_from(inserted, int(nodes[DEPOT]), nodes)
    usable["round_trip_s"] = out_s + back_s
    require_feasible(usable, wish)
    far = usable["round_trip_s"] + usable["service_s"] > longest_free_s(wish.shifts)
    usable.loc[far, "reason"] = "too_far_for_shift"
    kept = usable[~far].reset_index(drop=True)
    return Ground(
        stops=kept,
        matrix=driving.matrix(inserted, nodes[~far.to_numpy()]),
        reach=covering.reach(kept, need, params.need),
        unusable=pd.concat([found[found["reason"].notna()], usable[far]], ignore_index=True),
        wish=wish,
        hotspot_stops=stops.serving(kept.drop(index=DEPOT), hotspots, params.need.reach_m),
    )


def night(ground: Ground, wish: PatrolParams) -> list[PlannedShift]:
    """Plan the shifts of one night, one after the other.

    Raises
    ------
    geo.routing.problem.ProblemError
        If a shift admits no plan.
    """
    refuse_missed_windows(ground, wish)
    left = np.ones(len(ground.reach.need))
    planned: list[PlannedShift] = []
    for shift in wish.shifts:
        planned.append(plan_shift(ground, wish, shift, left))
        left[ground.reach.reaches[planned[-1].visited].any(axis=0)] *= wish.repeat
    return planned


def plan_shift(
    ground: Ground,
    wish: PatrolParams,
    shift: Shift,
    left: Floats,
    own: Floats | None = None,
    unexplored: npt.NDArray[np.bool_] | None = None,
    *,
    asked: Callable[[Problem], Problem] = lambda problem: problem,
    known: Sequence[Routes] = (),
) -> PlannedShift:
    """Return the plan of one shift that gives little-known places their share of the stop time.

    Where the plan without a price of exploring does not, the price is raised: to where a greedy
    plan gives them their share, and on until the plan itself does.  Where none of `PRICES` is
    enough, the last plan stands.

    Parameters
    ----------
    ground : Ground
    wish : geo.params.PatrolParams
    shift : geo.params.Shift
        By the clock.
    left : (p,) float array
        Share of the need at each point that earlier shifts have left.
    own : (n,) float array, optional
        Worth of a visit to each stop beside need.
    unexplored : (n,) bool array, optional
        Little-known stops that are still to be explored; all by default.
    asked : callable
        Adds further wishes to the shift's problem.
    known : sequence of Routes
        Plans of earlier nights to start from.
    """
    little = ground.reach.little_known & (True if unexplored is None else unexplored)
    service_s = ground.stops["service_s"].to_numpy(float)

    def wanted(price: float) -> tuple[Problem, Cover]:
        cover = ground.reach.cover(left=left, own=own, unexplored=little, price=price)
        return asked(problem(ground, wish, shift, cover.prize)), cover

    def enough(routes: Routes) -> bool:
        visited = np.array([stop for route in routes for stop in route], dtype=np.int64)
        time_s = service_s[visited]
        return bool(time_s[little[visited]].sum() >= wish.exploration * time_s.sum())

    planned = solved(shift, *wanted(0.0), wish, known)
    for price in PRICES if not enough(planned.routes) else ():
        of_shift, cover = wanted(price)
        if not (little & (of_shift.prize > 0)).any():
            break
        if price == PRICES[-1] or enough(covering.greedy(of_shift, cover)):
            planned = solved(shift, of_shift, cover, wish, [planned.routes])
            if enough(planned.routes):
                break
    return planned


def solved(
    shift: Shift, asked: Problem, cover: Cover, wish: PatrolParams, known: Sequence[Routes] = ()
) -> PlannedShift:
    """Return the plan of one shift; idle vehicles where its stops have no prize left."""
    routes: Routes = ((),) * len(asked.vehicles)
    if asked.prize.any():
        routes = covering.solve_covering(
            asked, cover, iterations=wish.iterations, seed=wish.seed, known=known
        )
    return PlannedShift(
        shift.name, covering.at_margin(asked, cover, routes), routes, asked.prize, cover
    )


def tables(ground: Ground, planned: list[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    of_night = timetables(ground, planned)
    return replace(summary(ground, planned), stops=of_night.stops, legs=of_night.legs)


def timetables(ground: Ground, planned: list[PlannedShift]) -> Patrols:
    """Return timetable and road geometries alone."""
    return Patrols(
        stops=stops_table(ground.stops, ground.matrix, ground.reach.cover(), planned),
        legs=legs_table(ground.stops, ground.matrix, planned),
        left_out=LEFT_OUT.frame(),
    )


def summary(ground: Ground, planned: list[PlannedShift]) -> Patrols:
    """Return the same without timetable and roads: for the shifts of several nights together."""
    visited = {stop for shift in planned for stop in shift.visited}
    rest = ground.stops[~ground.stops.index.isin([DEPOT, *visited])]
    rest = rest.drop(columns="reason").join(explain.left_out(planned, rest.index.tolist()))
    rest = _beside(ground, planned, rest)
    left_out = pd.concat([_admitted(ground), rest], ignore_index=True)
    needs = ground.stops.join(ground.reach.by_stop).assign(
        at_advised=ground.reach.advised, little_known=ground.reach.little_known
    )
    crs = str(ground.stops.crs)
    return Patrols(
        stops=STOPS.geoframe(crs=crs),
        legs=LEGS.geoframe(crs=crs),
        left_out=LEFT_OUT.frame(left_out.rename(columns={"snap_m": "detail_m"})),
        hotspot_stops=ground.hotspot_stops,
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )


def _beside(
    ground: Ground, planned: list[PlannedShift], rest: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the stops left out, with those whose people a visited stop serves named so.

    That is the reason where the stop would have been worth its visit with nobody else there.
    """
    need, ids = ground.reach.need, ground.stops["stop"]
    alone = ground.reach.by_stop["need"]
    for stop in rest.index:
        rest.loc[stop, "served_at"] = pd.NA
        if not alone[stop]:
            holds = ground.reach.holds.loc[stop]
            weights = ", or ".join(f"a weight need.{part}" for part in holds.index[holds])
            rest.loc[stop, ["reason", "admits"]] = (
                ["need_has_no_weight", weights]
                if weights
                else ["no_need_in_reach", "a greater need.reach_m"]
            )
            continue
        shared = {
            other: float(need[ground.reach.reaches[stop] & ground.reach.reaches[other]].sum())
            for shift in planned
            for other in shift.visited
        }
        best = max(shared, key=lambda other: shared[other], default=DEPOT)
        served = max(
            (float(s.alone[stop] - s.problem.prize[stop]) for s in planned if s.alone[stop]),
            default=0.0,
        )
        missing = rest.loc[stop, "prize_short"]
        if shared.get(best) and not pd.isna(missing) and served > missing:
            rest.loc[stop, ["reason", "served_at"]] = ["served_nearby", ids[best]]
    return rest


def _admitted(ground: Ground) -> gpd.GeoDataFrame:
    """Return the unusable stops with what would make them usable."""
    longest_s = longest_free_s(ground.wish.shifts)
    lost = ground.unusable.copy()
    far = lost["reason"] == "too_far_for_shift"
    need = np.ceil(lost.loc[far, "round_trip_s"] + lost.loc[far, "service_s"] - longest_s)
    lost["short_s"] = need.astype("Int64")
    lost["admits"] = lost["reason"].map(
        {
            "no_two_way_road": "a road to it that leads back to the depot",
        }
    )
    away = lost["reason"] == "far_from_road"
    metres = np.ceil(lost.loc[away, "snap_m"]).astype(int).astype("string")
    key = lost.loc[away, "access_key"]
    lost.loc[away, "admits"] = "a road nearer to it, or patrols." + key + " = " + metres
    minutes = np.ceil(need / 60).astype(int).astype("string")
    lost.loc[far, "admits"] = "a shift " + minutes + " min longer"
    return lost


def problem(ground: Ground, wish: PatrolParams, shift: Shift, prize: Floats) -> Problem:
    """Return the planning problem of one shift.

    A stop that no vehicle can visit within the shift, or within the stop's windows, has prize 0
    in it.

    Parameters
    ----------
    ground : Ground
    wish : geo.params.PatrolParams
    shift : geo.params.Shift
        By the clock.
    prize : (n,) float array
        Worth of a visit to each stop of the ground, the depot's 0.
    """
    start, end = clock_s(shift)
    windows = _windows(ground, wish, start)
    rest = None
    if shift.break_min:
        early = clock_after(shift.break_from, start) if shift.break_from else start
        late = clock_after(shift.break_to, start) if shift.break_to else end
        rest = Rest(round(shift.break_min * 60), early, late)
    asked = Problem(
        travel_s=np.round(ground.matrix.time_s).astype(np.int64),
        prize=prize,
        service_s=ground.stops["service_s"].to_numpy(np.int64),
        vehicles=((start, end),) * wish.vehicles,
        windows=windows,
        rest=rest,
        prize_scale=wish.prize_scale,
    )
    possible = [
        stop == DEPOT or asked.schedule(0, (stop,)) is not None for stop in range(len(prize))
    ]
    return replace(asked, prize=np.where(possible, prize, 0.0))


def refuse_missed_windows(ground: Ground, wish: PatrolParams) -> None:
    """Refuse windows that no shift meets."""
    if not wish.windows:
        return
    asked = {window.stop for window in wish.windows}
    numbers = np.flatnonzero(ground.stops["stop"].isin(asked))
    ones = np.where(ground.stops.index == DEPOT, 0.0, 1.0)
    of_shifts = [problem(ground, wish, shift, ones) for shift in wish.shifts]
    for number in numbers.tolist():
        fault = nearest_fault(of_shifts, number)
        if fault:
            name = ground.stops["stop"].iloc[number]
            raise ProblemError(f"patrols.windows: {fault.replace(f'stop {number}', name)}")


def _windows(ground: Ground, wish: PatrolParams, start: int) -> tuple[tuple[Window, ...], ...]:
    """Return the windows of every stop; one that is open at the start of the shift begins there."""
    if not wish.windows:
        return ()
    known = [*ground.stops["stop"], *ground.unusable["stop"]]
    strange = sorted({window.stop for window in wish.windows} - set(known))
    if strange:
        raise stops.StopError(
            f"patrols.windows names {', '.join(strange)}, no candidate stop. "
            f"{hint(strange, known)} Fix: use the id of a place or facility of a kind in "
            "patrols.stop_kinds or patrols.facility_kinds"
        )
    spans: dict[str, list[Window]] = {}
    for window in wish.windows:
        late = clock_after(window.end, start)
        early = clock_after(window.start, start)
        spans.setdefault(window.stop, []).append(Window(early if early <= late else start, late))
        if early > late:
            spans[window.stop].append(Window(early, late + DAY_S))
    return tuple(tuple(spans.get(stop, ())) for stop in ground.stops["stop"])


def _open(roads: gpd.GeoDataFrame, wish: PatrolParams) -> gpd.GeoDataFrame:
    """Return the roads without those closed, by id, number or name."""
    called = [roads[column].isin(wish.closed_roads) for column in ("id", "ref", "name")]
    known = set(pd.concat([roads[column] for column in ("id", "ref", "name")]))
    strange = sorted(set(wish.closed_roads) - known)
    if strange:
        raise driving.RoutingError(
            f"patrols.closed_roads names {', '.join(strange)}, no road of this network. "
            f"{hint(strange, set(roads['name'].dropna()) | set(roads['ref'].dropna()))} Fix: use "
            "the ids of its ways, a road's number or its name"
        )
    return gpd.GeoDataFrame(roads[~np.logical_or.reduce(called)])
