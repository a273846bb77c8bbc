"""Rules of a course: what of the announced hours stays, what moves, and why.

The hours that the last plan announced stay.  At most ``fortnight.moves`` of their visits are
withdrawn, from stops that would get fewer if all were planned anew on what help the visits of the
log brought.  Stops from which people stay away keep the announced minimum, and no stop opens near
them.  A stop opens, too, only where patrols drawn by lot met people themselves.  Beside regular
stops only stops drawn by lot are visited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.params import FortnightParams
from geo.patrols.course import Course, Lots
from geo.patrols.inputs import PlanningInputs
from geo.patrols.shifts import visitable
from geo.routing.problem import DEPOT
from mitrovica.adaptation.avoidance import near_away, persists, stays_away
from mitrovica.adaptation.draws import lots
from mitrovica.adaptation.visit_outlook import Rule, accepted_share, weighed_need
from mitrovica.adaptation.visit_results import Records

RULE: Final[Rule] = "upper"
"""How little-known stops are weighed: of the rules of ``tests/benchmarks/following.py`` that which
opens fewest stops where people stay away."""
NO_LIMIT: Final = np.iinfo(np.int64).max
"""Visits at most, where there may be as many as there is room for."""
LEAST_NIGHTS: Final = 7
"""A plan of fewer nights announces no hours to be kept."""


@dataclass(frozen=True)
class Announced:
    """The last plan: visits that people were told of."""

    visits: Ints
    """(n,): visits to each stop, in as many nights as are planned now."""
    usual_s: Mapping[str, Mapping[int, int]]


def announced(
    inputs: PlanningInputs, before: gpd.GeoDataFrame, params: FortnightParams
) -> Announced:
    """Return what a plan before announced, table `STOPS`; nothing where it is of too few nights.

    A stop that was visited less often than ``least_visits`` asks for was drawn by lot.
    """
    n = len(inputs.stops)
    visits = before[before["service_s"] > 0]
    visits = visits.assign(number=visits["stop"].map(inputs.number))
    visits = visits.dropna(subset=["number"]).astype({"number": int})
    nights = before["night"].nunique()
    if nights < LEAST_NIGHTS:
        return Announced(np.zeros(n, dtype=np.int64), {})
    number = np.bincount(visits["number"], minlength=n)
    number[number < params.least_visits * nights / params.nights] = 0
    scaled = np.rint(number * params.nights / nights).astype(np.int64)
    visits = visits[scaled[visits["number"]] > 0]
    begin_s = visits["departure_s"] - visits["service_s"]
    first = visits.assign(begin_s=begin_s).drop_duplicates(["shift", "number"])
    usual_s = {
        str(shift): dict(rows[["number", "begin_s"]].astype(int).to_numpy().tolist())
        for shift, rows in first.groupby("shift")
    }
    return Announced(scaled, usual_s)


@dataclass(frozen=True)
class Known:
    """What is known of each stop, the depot first."""

    earns: Floats
    """(n,)"""
    visits: Ints
    accepted: Ints
    """(n,): groups that accepted help, or were met where nobody noted an answer."""
    minutes: Floats
    away: Bools
    near_away: Bools
    """(n,): beside a stop from which people stay away."""
    persists: bool
    """Whether visits of two months have shown that people keep coming; else no stop opens."""
    last: tuple[str, ...]
    """Month of the last visit; "" for none."""
    visitable: Bools
    """(n,): stops that some shift can visit."""
    visitable_if_open: Bools
    """(n,): stops that some shift could visit if all were open always."""


def known_of(inputs: PlanningInputs, records: Records, *, rule: Rule = RULE) -> Known:
    """Return what the records of a log, and the need with its interval, say of each stop."""
    ids = inputs.stops["stop"]
    table = records.by_stop.reindex(ids)
    numbers = table.drop(columns="last").fillna(0)
    share = accepted_share(numbers["asked"], numbers["accepted"])
    by_stop = inputs.reach.by_stop
    need, low, high = (
        by_stop[name].to_numpy(float) for name in ("need", "low", "high")
    )
    weighed = weighed_need(need, low, high, rule=rule, seed=inputs.params.seed)
    gain = np.divide(weighed, need, out=np.ones_like(need), where=need > 0)
    earns = gain * (share / max(share.mean(), 1e-9)).to_numpy(float)
    away = ids.isin(stays_away(records.by_month)).to_numpy(bool)
    brought = "accepted" if numbers["asked"].sum() else "groups"
    no_windows = replace(inputs.params, windows=())
    all_open = replace(inputs, params=no_windows, opening=())
    return Known(
        earns,
        numbers["visits"].to_numpy(np.int64),
        numbers[brought].to_numpy(np.int64),
        numbers["minutes"].to_numpy(float),
        away,
        near_away(inputs.stops, away),
        persists(records.by_month),
        tuple(table["last"].fillna("")),
        _in_any_shift(inputs),
        _in_any_shift(all_open),
    )


def _in_any_shift(inputs: PlanningInputs) -> Bools:
    """Tell which stops some shift can visit."""
    of_shift = [problem.prize > 0 for problem in visitable(inputs)]
    return np.asarray(np.any(of_shift, axis=0))


def may_open(known: Known, regular: Bools) -> Bools:
    """Tell which stops may become regular.

    Those where help was accepted as often in an hour as at half of what regular stops brought in
    all months, so that a fall there opens none, and not near a stop from which people stay away.
    None before visits of two months have shown that people keep coming to stops: where they stay
    away, a stop that was never visited brings more than all others.
    """
    told = regular & (known.minutes > 0)
    if not told.any():
        return ~known.near_away
    if not known.persists:
        return np.zeros(len(regular), dtype=bool)
    bar = known.accepted[told].sum() / known.minutes[told].sum() / 2
    enough = known.accepted >= np.maximum(bar * known.minutes, 1)
    return np.asarray(enough & ~known.near_away)


def free_course(known: Known, regular: Bools) -> Course:
    """Return the course in which all hours may move, and nothing is drawn by lot."""
    open_ = regular | may_open(known, regular)
    aim = np.zeros(len(regular), dtype=np.int64)
    nothing = lots([], [], nights=0, number=0, seed=0)
    return Course(known.earns, aim, np.where(open_, NO_LIMIT, 0), nothing, {})


def course_of(
    inputs: PlanningInputs,
    known: Known,
    before: Announced,
    wanted: Ints,
    params: FortnightParams,
) -> Course:
    """Return the course of a plan.

    Parameters
    ----------
    inputs : PlanningInputs
    known : Known
    before : Announced
    wanted : (n,) int array
        Visits of each stop in the plan of `free_course`.
    params : geo.params.FortnightParams
    """
    regular = before.visits > 0
    least = np.full(len(wanted), params.least_visits)
    if not regular.any() and params.nights < LEAST_NIGHTS:
        aim, most = np.zeros_like(wanted), wanted
    elif not regular.any():
        aim = np.where(wanted >= least, least, 0)
        most = np.where(wanted >= least, wanted, 0)
    else:
        goal = np.where(wanted < least, 0, wanted)
        minimum = np.minimum(np.maximum(wanted, before.visits), least)
        goal[known.away] = minimum[known.away]
        falls = np.maximum(before.visits - goal, 0)
        aim = before.visits - _withdrawn(falls, known.away, before, params)
        # Where no visit is withdrawn there may be more; a new stop has as many as are wanted.
        most = np.where(aim < before.visits, aim, NO_LIMIT)
        most[~regular] = goal[~regular]
    most[known.away] = aim[known.away]
    drawn = _drawn(inputs, known, most > 0, wanted, params)
    opens = known.persists or not regular.any()
    return Course(known.earns, aim, most, drawn, before.usual_s, opens)


def _withdrawn(
    falls: Ints, away: Bools, before: Announced, params: FortnightParams
) -> Ints:
    """Return the visits that are withdrawn: first where people stay away, then the largest falls.

    Together they are at most ``moves`` of all that were announced.
    """
    most = int(params.moves * before.visits.sum())
    order = np.lexsort((-falls, ~away))
    withdrawn = np.zeros_like(falls)
    withdrawn[order] = np.diff(np.minimum(falls[order].cumsum(), most), prepend=0)
    left = before.visits - withdrawn
    # None is left with fewer visits than a regular stop has.
    too_few = (left > 0) & (left < params.least_visits)
    enough = np.maximum(before.visits - params.least_visits, 0)
    return np.where(too_few, enough, withdrawn)


def _drawn(
    inputs: PlanningInputs,
    known: Known,
    regular: Bools,
    wanted: Ints,
    params: FortnightParams,
) -> Lots:
    """Draw the stops that are explored, as many as their share of the stop time asks for.

    Each takes as long as an average stop, and is drawn less often than a regular one is visited.
    """
    may_be_drawn = ~regular & known.visitable
    may_be_drawn[DEPOT] = False
    stops = np.flatnonzero(may_be_drawn).tolist()
    number = max(round(params.lots_share * wanted.sum()), 1)
    most = max(params.least_visits - 1, 1) * len(stops)
    return lots(
        stops,
        [known.last[stop] for stop in stops],
        nights=params.nights,
        number=min(number, most),
        seed=inputs.params.seed,
    )
