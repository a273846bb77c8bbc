"""Expected flow between the report's entries and the official crossings, by corridor section.

A model with assumptions, all of them in the parameter table ``[movement]``.  Two kinds of people
set out: those who never ride, and those who walk and ride.  Each has its own graph of the
multimodal network, on which the trips to each exit are randomised shortest paths
(`geo.movement.rsp`).  What the report's table 4 cannot place is carried as a remainder.

Its boundary is part of its specification.  It models neither how people avoid the police nor
crossings away from the official ones: trips end at official crossings.  It is published per named
corridor section of at least 1 km, never per path or track.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools, Floats, Ints
from geo.crs import require_metric
from geo.movement import multimodal, rsp
from geo.movement.multimodal import (
    CONNECTOR,
    RIDE,
    WALK,
    Arcs,
    MovementError,
    arcs_of,
)
from geo.movement.sections import Sections, corridor_sections
from geo.network.compiling import in_threads
from geo.network.graph import Network
from geo.params import MovementParams
from geo.params.types import hint
from geo.records import Layers
from geo.results import Movement, assumption_table
from geo.schema import MOVEMENT_CHECK, ORIGINS, SECTIONS

TOP: tuple[float, ...] = (10.0, 20.0, 30.0)
"""Percent of the sections, by length, that the check takes."""


@dataclass(frozen=True)
class Setting:
    """One setting of every value that is drawn."""

    params: MovementParams
    """With the drawn values in place."""
    ride_kph: Mapping[str, float]
    """Speed by class of road."""
    entering: Floats
    """Share of the trips that starts at each entry."""


@dataclass(frozen=True)
class Travellers:
    """Those who may use the same arcs."""

    arcs: Ints
    small: rsp.Reduction
    """The smaller graph of these arcs."""
    approaches: list[rsp.Approach]
    """The arcs of the smaller graph that lead to each exit."""


@dataclass(frozen=True)
class Model:
    """A network made ready for trips."""

    arcs: Arcs
    sections: Sections
    lanes: tuple[Ints, Ints]
    """An arc on foot and an arc on wheels of each piece of the sections, -1 where it has none."""
    walkers: Travellers
    """Those who never ride."""
    riders: Travellers
    """Those who walk and ride."""
    entries: Ints
    """Nodes; `exits` too."""
    exits: Ints
    exit_share: Floats


@dataclass(frozen=True)
class Flow:
    """What one setting gives."""

    passages: Floats
    """Expected passages of a trip, by arc, for checks: never published."""
    net_share: Floats
    """Net flow by section, mean over its length."""
    towards: Floats
    """(sections, 2), sum of net flow times displacement: which way the flow goes."""


def model_of(
    layers: Layers,
    places: gpd.GeoDataFrame,
    params: MovementParams,
    sections: Sections | None = None,
) -> Model:
    """Build the networks and sections that every setting shares.

    Parameters
    ----------
    layers
        Roads, paths and railways in metres.
    places
        Table `PLACES` in the same CRS; entries and exits are among them.
    params
        Entries, exits with their weights, and the lengths of sections.
    sections
        Table `SECTIONS` where they were cut before.

    Raises
    ------
    MovementError
        If an exit is a place other than an official crossing.
    """
    other = set(places.loc[places["kind"] != "crossing", "id"])
    wrong = [exit_ for exit_ in params.exits if exit_ in other]
    if wrong:
        raise MovementError(
            f"{', '.join(wrong)} is not an official crossing, and trips end at official crossings "
            "only. Fix: a place of kind crossing in [movement.exits]"
        )
    entry_ids = list(params.entries.values())
    exit_ids = list(params.exits)
    network = multimodal.build(layers, places, [*entry_ids, *exit_ids], params)
    arcs = arcs_of(network)
    if sections is None:
        sections = corridor_sections(
            layers.roads, layers.railways, places, params
        )
    entries = network.terminals[entry_ids].to_numpy(int)
    exits = network.terminals[exit_ids].to_numpy(int)
    foot = np.flatnonzero(arcs.kind <= CONNECTOR)
    walkers = _travellers(arcs, foot, entries, exits)
    riders = _travellers(arcs, np.arange(len(arcs.tail)), entries, exits)
    for people in (walkers, riders):
        _require_ways(people, entries, entry_ids)
    weight = np.array(list(params.exits.values()), dtype=float)
    return Model(
        arcs=arcs,
        sections=sections,
        lanes=_lanes(arcs, sections),
        walkers=walkers,
        riders=riders,
        entries=entries,
        exits=exits,
        exit_share=weight / weight.sum(),
    )


def flow_of(model: Model, setting: Setting, *, shortest: bool = False) -> Flow:
    """Return the flow of one setting, or with `shortest` that of all on the shortest path."""
    params = setting.params
    minutes = model.arcs.minutes(params, setting.ride_kph)
    theta = np.inf if shortest else params.theta_per_min
    passages = np.zeros(len(minutes))
    walking = params.walk_share
    riding = 1.0 - params.walk_share
    for share, people in ((walking, model.walkers), (riding, model.riders)):
        if not share:
            continue
        shares = share * model.exit_share
        by_exit = _by_exit(model, people, setting, minutes, theta)
        for part, of_exit in zip(shares, by_exit, strict=True):
            passages[people.arcs] += part * of_exit
    net_share, towards = _by_section(model, passages)
    return Flow(passages, net_share, towards)


def _lanes(arcs: Arcs, sections: Sections) -> tuple[Ints, Ints]:
    """Return an arc on foot and one on wheels of each piece: of the two ways, either will do."""
    network = arcs.network
    walk = network.walk
    ride = network.ride
    on_foot = sections.edges(walk, network.ways["id"].to_numpy(object))
    on_wheels = sections.edges(ride, network.driven["id"].to_numpy(object))
    walk_arc = _arc_of(arcs, WALK, walk)
    ride_arc = _arc_of(arcs, RIDE, ride)
    return walk_arc[on_foot], ride_arc[on_wheels]


def _arc_of(arcs: Arcs, kind: int, network: Network) -> Ints:
    """Return an arc of each edge; the last, -1, stands for no edge."""
    of_kind = np.flatnonzero(arcs.kind == kind)
    arc = np.full(network.n_edges + 1, -1)
    arc[arcs.item[of_kind]] = of_kind
    return arc


def _travellers(
    arcs: Arcs, usable: Ints, entries: Ints, exits: Ints
) -> Travellers:
    n_nodes = len(arcs.network.node_xy)
    keep = np.concatenate([entries, exits])
    small = rsp.reduce(n_nodes, arcs.tail[usable], arcs.head[usable], keep)
    approaches = [
        rsp.approach_to(small.n, small.tail, small.head, exit_node)
        for exit_node in small.node[exits].tolist()
    ]
    return Travellers(usable, small, approaches)


def _require_ways(
    people: Travellers, entries: Ints, entry_ids: list[str]
) -> None:
    """Raise `MovementError` if an entry has no way to an exit."""
    for approach in people.approaches:
        place = approach.node[people.small.node[entries]]
        if (place < 0).any():
            raise MovementError(
                f"there is no way from {entry_ids[np.argmin(place)]} to every exit, on public ways "
                "with joins of at most 75 m. Fix: a network that holds together, or other entries "
                "and exits in [movement]"
            )


def _by_exit(
    model: Model,
    people: Travellers,
    setting: Setting,
    minutes: Floats,
    theta: float,
) -> Iterator[Floats]:
    """Yield for each exit the passages of the arcs that people take, if all leave there."""
    small = people.small
    cost = small.cost(minutes[people.arcs])
    source = np.zeros(small.n)
    np.add.at(source, small.node[model.entries], setting.entering)
    for approach in people.approaches:
        passages = rsp.trips(approach, cost, theta).passages(source)
        yield small.expand(passages)


def _by_section(model: Model, flow: Floats) -> tuple[Floats, Floats]:
    """Return, of `Flow`, the net share and the direction by section."""
    arcs = model.arcs
    sections = model.sections
    # What goes the way of an arc less what comes against it.
    net = flow - np.where(arcs.against >= 0, flow[arcs.against], 0.0)
    size = len(sections.table)
    xy = arcs.network.node_xy
    length = shapely.length(sections.piece)
    total = np.zeros(size)
    towards = np.zeros((size, 2))
    for lane in model.lanes:
        used = (sections.section >= 0) & (lane >= 0)
        arc = lane[used]
        section = sections.section[used]
        carried = net[arc] * length[used]
        total += np.bincount(section, np.abs(carried), minlength=size)
        step = xy[arcs.head[arc]] - xy[arcs.tail[arc]]
        step *= (carried / np.maximum(np.hypot(*step.T), 1.0))[:, None]
        np.add.at(towards, section, step)
    return total / sections.table["length_m"].to_numpy(float), towards


def expected_flow(
    layers: Layers,
    places: gpd.GeoDataFrame,
    sightings: gpd.GeoDataFrame,
    *,
    entry_points: pd.DataFrame,
    totals: pd.Series,
    params: MovementParams,
    ride_kph: Mapping[str, float],
    sections: Sections | None = None,
) -> Movement:
    """Model the flow of people along public corridors, per named section.

    Parameters
    ----------
    layers : geo.records.Layers, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, the same CRS
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, the same CRS
        Events; for the check only, they never enter the model.
    entry_points : pandas.DataFrame
        ``entry_point`` and ``persons``; a row ``total`` is left out, ``unknown`` is a remainder.
    totals : pandas.Series of float
        Persons of the same year by source; where sources differ, persons are a range.
    params : geo.params.MovementParams
    ride_kph : mapping of str to float
        Speed by class of road.
    sections : Sections, optional
        The named sections of the layers, where the caller has them: as from `corridor_sections`.

    Returns
    -------
    geo.results.Movement

    Raises `geo.crs.CRSError`, `MovementError` if the layers are not in one projected CRS in metres;
    if an exit is not a crossing, an entry point is not in the table, nobody enters, an entry or
    exit lies off the network, or there is no way from an entry to an exit.
    """
    ways = {
        "roads": layers.roads,
        "paths": layers.paths,
        "railways": layers.railways,
    }
    require_metric(
        **ways, facilities=layers.facilities, places=places, sightings=sightings
    )
    who_enters = origins(entry_points, totals, params.entries)
    model = model_of(layers, places, params, sections)
    central, *drawn = draw_settings(who_enters, params, ride_kph)
    flow = flow_of(model, central)
    shortest = flow_of(model, central, shortest=True).net_share
    flows = in_threads(lambda setting: flow_of(model, setting), drawn)
    shares = np.array([drawn_flow.net_share for drawn_flow in flows])
    table = _table(model.sections, flow, shares, who_enters)
    return Movement(
        table.sort_values("rank", ignore_index=True),
        origins=who_enters,
        check=compare_with_sightings(
            table, shortest, sightings, places, params
        ),
        assumptions=assumption_table("movement", params),
        draws=params.draws,
        connectors=len(model.arcs.network.connectors),
        network=layers.source.title,
        exits=tuple(params.exits),
    )


def reaches_ends(
    roads: gpd.GeoDataFrame, places: gpd.GeoDataFrame, params: MovementParams
) -> bool:
    """Return whether every entry and exit lies within ``terminal_snap_m`` of a road.

    Only ways that reach from the entries to the exits can carry the model.
    """
    ends = places.loc[
        places["id"].isin([*params.entries.values(), *params.exits]), "geometry"
    ]
    ends_on_road, _ = roads.sindex.nearest(
        ends, max_distance=params.terminal_snap_m, return_all=False
    )
    return len(ends_on_road) == len(ends)


def origins(
    entry_points: pd.DataFrame, totals: pd.Series, entries: Mapping[str, str]
) -> pd.DataFrame:
    """Return who enters where, and what cannot be placed as a remainder; table `ORIGINS`.

    `entries` maps entry points to places.  Raises `MovementError` if one is not in the table, or
    nobody enters.

    >>> entry_points = pd.DataFrame({"entry_point": ["Albania", "unknown"], "persons": [90, 10]})
    >>> totals = pd.Series({"table 4": 100, "table 1": 120})
    >>> found = origins(entry_points, totals, {"Albania": "crossing_vermice"})
    >>> found[["entry_point", "share", "share_high", "persons_high", "carried_as"]]
      entry_point  share  share_high  persons_high carried_as
    0     Albania    0.9         1.0         108.0      entry
    1     unknown    0.1         0.1          12.0  remainder
    """
    rows = entry_points[entry_points["entry_point"] != "total"].reset_index(
        drop=True
    )
    persons = rows["persons"].astype(float)
    missing = sorted(set(entries) - set(rows["entry_point"]))
    if missing:
        raise MovementError(
            f"entry_points has no row {', '.join(missing)}. {hint(missing, rows['entry_point'])} "
            "Fix: name its rows in [movement] entries"
        )
    place = rows["entry_point"].map(entries)
    total = persons.sum()
    if not (persons >= 0).all() or not persons[place.notna()].sum() > 0:
        raise MovementError(
            f"entry_points gives {persons.tolist()} persons; nobody enters by {', '.join(entries)}"
        )
    unknown = persons[rows["entry_point"] == "unknown"].sum()
    return ORIGINS.frame(
        rows.assign(
            place=place,
            persons=persons,
            share=persons / total,
            share_high=(persons + np.where(place.notna(), unknown, 0.0))
            / total,
            persons_low=persons * min(totals.min() / total, 1.0),
            persons_high=persons * max(totals.max() / total, 1.0),
            carried_as=np.where(place.notna(), "entry", "remainder"),
        )
    )


def draw_settings(
    origins_table: pd.DataFrame,
    params: MovementParams,
    ride_kph: Mapping[str, float],
) -> list[Setting]:
    """Return the parameters as they stand, and ``params.draws`` settings from the stated ranges.

    Persons of unknown entry are dealt out to the entries at random.
    """
    rng = np.random.default_rng(params.seed)
    by_place = origins_table.set_index("place")["persons"]
    persons = by_place[list(params.entries.values())].to_numpy(float)
    is_unknown = origins_table["entry_point"] == "unknown"
    unknown = float(origins_table.loc[is_unknown, "persons"].sum())
    settings = [Setting(params, ride_kph, persons / persons.sum())]
    settings += [
        _drawn(params, ride_kph, persons, unknown, rng)
        for _ in range(params.draws)
    ]
    return settings


def _drawn(
    params: MovementParams,
    ride_kph: Mapping[str, float],
    persons: Floats,
    unknown: float,
    rng: np.random.Generator,
) -> Setting:
    """Return a setting from the stated ranges; `persons` by entry, and of `unknown` entry."""
    theta = float(np.exp(rng.uniform(*np.log(params.theta_range))))
    walk = rng.uniform(*params.walk_factor_range)
    ride = rng.uniform(*params.ride_factor_range)
    railway = rng.uniform(*params.railway_range)
    board = rng.uniform(*params.board_range)
    dealt = persons + unknown * rng.dirichlet(np.ones(len(persons)))
    drawn = replace(
        params,
        theta_per_min=theta,
        railway_weight=railway,
        board_min=board,
        walk_kph={way: kph * walk for way, kph in params.walk_kph.items()},
        walk_share=rng.uniform(*params.walk_share_range),
    )
    speeds = {road: kph * ride for road, kph in ride_kph.items()}
    return Setting(drawn, speeds, dealt / dealt.sum())


def compare_with_sightings(
    table: gpd.GeoDataFrame,
    shortest: Floats,
    sightings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: MovementParams,
) -> pd.DataFrame:
    """Return table `MOVEMENT_CHECK`: how many sightings lie on the sections ranked first.

    Only sections that come near to one, or to a monitoring point, are ranked: where nobody looked,
    nothing says whether the model is right.  `shortest` is the net share when all take the shortest
    path; the ranking ``road_length`` is what is expected if sections are taken by chance.

    Parameters
    ----------
    table : geopandas.GeoDataFrame, table `SECTIONS`, projected CRS in metres
    shortest : (sections,) array
    sightings, places : geopandas.GeoDataFrame, tables `SIGHTINGS` and `PLACES`, in the same CRS
    params : geo.params.MovementParams
        ``check_m``: how near lies on a section; ``observed_m``: how far observers looked.
    """
    monitoring = places[places["kind"] == "monitoring_point"]
    looked = gpd.GeoSeries(pd.concat([sightings.geometry, monitoring.geometry]))
    is_near = _within(looked, table, params.observed_m)
    is_seen = np.asarray(is_near.any(axis=1), dtype=bool)
    table = table[is_seen]
    shortest = shortest[is_seen]
    length_m = table["length_m"].to_numpy(float)
    rankings = {
        "model": table["share_mean"].to_numpy(float),
        "shortest_path": shortest,
    }
    rows = []
    for name, points in (
        ("sightings", sightings),
        ("monitoring_points", monitoring),
    ):
        is_on = _within(points.geometry, table, params.check_m)
        rows += _rows(name, is_on, rankings, length_m)
    return MOVEMENT_CHECK.frame(
        pd.DataFrame(rows, columns=MOVEMENT_CHECK.names)
    )


def _within(
    points: gpd.GeoSeries, sections: gpd.GeoDataFrame, reach_m: float
) -> Bools:
    """Return which points lie within a distance of which sections, (sections, points)."""
    rows = [points.distance(line) <= reach_m for line in sections.geometry]
    return np.array(rows, dtype=bool).reshape(len(sections), len(points))


def _rows(
    name: str, is_on: Bools, rankings: Mapping[str, Floats], length_m: Floats
) -> list[tuple[str, float, str, int, float, float]]:
    """Return the rows of table `MOVEMENT_CHECK` about one kind of points."""
    rows = []
    points = is_on.shape[1]
    for top in TOP:
        for ranking, count in _counts(is_on, rankings, length_m, top).items():
            share = count / points if points else np.nan
            rows.append((ranking, top, name, points, count, share))
    return rows


def _counts(
    is_on: Bools, rankings: Mapping[str, Floats], length_m: Floats, top: float
) -> dict[str, float]:
    """Return how many points lie on the sections that each ranking has first."""
    counts = {}
    for ranking, value in rankings.items():
        first = _first(value, length_m, top)
        counts[ranking] = float(is_on[first].any(axis=0).sum())
    by_chance = 1 - (1 - top / 100) ** is_on.sum(axis=0)
    counts["road_length"] = float(by_chance.sum())
    return counts


def _first(value: Floats, length_m: Floats, top_pct: float) -> Ints:
    """Return the rows of greatest value that make up at most this share of the length."""
    order = np.argsort(-value, kind="stable")
    inside = np.cumsum(length_m[order]) <= top_pct / 100 * length_m.sum()
    return np.asarray(order[inside | (np.arange(len(order)) == 0)])


def _table(
    sections: Sections, flow: Flow, shares: Floats, who_enters: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return table `SECTIONS`, each named the way that the flow goes."""
    table = sections.table
    back = (flow.towards * sections.heading).sum(axis=1) < 0
    start = table["from_place"]
    end = table["to_place"]
    names = table["name"].tolist()
    for row in np.flatnonzero(back):
        there = f"{start[row]} to {end[row]}"
        turned = f"{end[row]} to {start[row]}"
        names[row] = names[row].replace(there, turned)
    # Sections of one chain carry the same: rounding is not to rank them.
    mean = shares.mean(axis=0).round(12)
    low, high = np.quantile(shares, [0.1, 0.9], axis=0)
    by_entry = who_enters["carried_as"] == "entry"
    may_enter = by_entry | (who_enters["entry_point"] == "unknown")
    rows = table.assign(
        name=names,
        from_place=start.where(~back, end),
        to_place=end.where(~back, start),
        net_share=flow.net_share,
        share_mean=mean,
        share_low=low,
        share_high=high,
        persons_low=low * who_enters.loc[by_entry, "persons_low"].sum(),
        persons_high=high * who_enters.loc[may_enter, "persons_high"].sum(),
        rank=pd.Series(-mean).rank(method="first").to_numpy(),
    )
    return SECTIONS.geoframe(rows, crs=str(table.crs))
