"""Flow of trips over corridor sections, for one setting of the values that are assumed.

Two kinds of people set out: those who never ride, and those who walk and ride.  Each has its own
graph, on which the trips to each exit are randomised shortest paths (`geo.movement.rsp`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Floats, Ints
from geo.movement import multimodal, reduction, rsp
from geo.movement.costs import RIDE, WALK, Costs, Travel, travel
from geo.movement.sections import Sections, sections
from geo.params import MovementParams
from geo.params.suggest import hint
from layers.records import Layers


class MovementError(ValueError):
    """Flows cannot be modelled as asked."""


@dataclass(frozen=True)
class Setting:
    """One setting of every value that is drawn.

    Attributes
    ----------
    theta : float, per minute
    walk_share : float
    costs : geo.movement.costs.Costs
    entering : (entries,) float array
        Share of the trips that starts at each entry.
    """

    theta: float
    walk_share: float
    costs: Costs
    entering: Floats


@dataclass(frozen=True)
class People:
    """Those who may use the same arcs.

    Attributes
    ----------
    arcs : (a,) int array
    small : geo.movement.reduction.Reduction
        The smaller graph of these arcs.
    waypoint : (chains,) bool array
        Whether a chain passes the waypoint.
    """

    arcs: Ints
    small: reduction.Reduction
    waypoint: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Model:
    """A network made ready for trips: the people who never ride, and all.

    Attributes
    ----------
    ways : geo.movement.costs.Travel
    sections : geo.movement.sections.Sections
    lanes : tuple of (p,) int arrays
        An arc on foot and an arc on wheels of each piece of the sections, -1 where it has none.
    people : tuple of People
        Those who never ride, and those who do.
    names : tuple of str
        Place id of each entry.
    entries, exits : (e,) int arrays
        Nodes.
    exit_share : (x,) float array
    """

    ways: Travel
    sections: Sections
    lanes: tuple[Ints, Ints]
    people: tuple[People, ...]
    names: tuple[str, ...]
    entries: Ints
    exits: Ints
    exit_share: Floats


@dataclass(frozen=True)
class Flow:
    """What one setting gives.

    Attributes
    ----------
    passages : (arcs,) float array
        Expected passages of a trip, for checks: it is never published.
    net_share : (sections,) float array
        Net flow, mean over the length.
    signed : (sections, 2) float array
        Sum of net flow times displacement: which way the flow goes.
    p_use : (sections,) float array
        Probability that a trip passes the busiest edge of the section; NaN if not asked for.
    waypoint, detour, unpublished : float
        As in `geo.results.Movement`.
    """

    passages: Floats
    net_share: Floats
    signed: Floats
    p_use: Floats
    waypoint: float
    detour: float
    unpublished: float


def prepare(layers: Layers, places: gpd.GeoDataFrame, params: MovementParams) -> Model:
    """Build the networks and sections that every setting shares.

    Raises
    ------
    MovementError
        If an exit is no official crossing.
    """
    at = places.set_index("id")
    wrong = [exit_ for exit_ in params.exits if exit_ in at.index and at.kind[exit_] != "crossing"]
    if wrong:
        raise MovementError(
            f"{', '.join(wrong)} is no official crossing, and trips end at official crossings "
            "only. Cure: a place of kind crossing in [movement.exits]"
        )
    network = multimodal.build(
        layers.roads,
        layers.paths,
        layers.railways,
        places,
        layers.facilities,
        terminals=[*params.entries.values(), *params.exits],
        params=params,
    )
    ways = travel(network)
    found = sections(layers.roads, layers.railways, places, params)
    entries, exits = (
        network.terminals[list(ids)].to_numpy(np.int64)
        for ids in (params.entries.values(), params.exits)
    )
    keep, near = np.concatenate([entries, exits]), _near(ways, places, params)
    arcs = (np.flatnonzero(ways.on_foot), np.arange(len(ways.tail)))
    weight = np.array(list(params.exits.values()), dtype=float)
    return Model(
        ways,
        found,
        _lanes(ways, found),
        people=tuple(_people(ways, own, keep, near) for own in arcs),
        names=tuple(params.entries.values()),
        entries=entries,
        exits=exits,
        exit_share=weight / weight.sum(),
    )


def waypoint_forced(model: Model) -> bool:
    """Return whether no way leads round the waypoint: then passing it shows nothing."""
    people = model.people[-1]
    small, left = people.small, ~people.waypoint
    graph = rsp.Arcs(small.n, small.tail[left], small.head[left], np.ones(int(left.sum())))
    entries = small.node[model.entries]
    return not any(
        np.isfinite(graph.costs_to(int(x))[entries]).any() for x in small.node[model.exits]
    )


def solve(model: Model, setting: Setting, *, use: bool = False) -> Flow:
    """Return the flow of one setting; `use` asks for the probability of use, which costs more."""
    minutes = model.ways.minutes(setting.costs)
    flow, p_use = np.zeros(len(minutes)), np.zeros(len(model.sections.table))
    waypoint = spent = least = 0.0
    for share, people in zip(
        (setting.walk_share, 1.0 - setting.walk_share), model.people, strict=True
    ):
        if not share:
            continue
        small = people.small
        graph = rsp.Arcs(small.n, small.tail, small.head, small.cost(minutes[people.arcs]))
        source = np.zeros(small.n)
        np.add.at(source, small.node[model.entries], setting.entering)
        for exit_node, part in zip(small.node[model.exits], share * model.exit_share, strict=True):
            away = graph.costs_to(int(exit_node))
            _refuse_unreached(model, small.node[model.entries], away)
            trips = rsp.trips(graph, int(exit_node), setting.theta)
            passed = trips.passages(source)
            flow[people.arcs] += part * small.expand(passed)
            waypoint += part * trips.share(people.waypoint, source)
            spent += part * float(passed @ graph.cost)
            least += part * float(away[source > 0] @ source[source > 0])
            if use:
                p_use += part * trips.uses(_busiest(model, people, passed), passed)
    summed = _per_section(model, flow)
    return replace(
        summed,
        p_use=p_use if use else summed.p_use,
        waypoint=waypoint,
        detour=spent / least,
    )


def _refuse_unreached(model: Model, entries: Ints, away: Floats) -> None:
    lost = np.flatnonzero(~np.isfinite(away[entries]))
    if len(lost):
        raise MovementError(
            f"there is no way from {model.names[lost[0]]} to every exit, on public ways with "
            "joins of at most 75 m. Cure: a network that holds together, or other entries and "
            "exits in [movement]"
        )


def _lanes(ways: Travel, found: Sections) -> tuple[Ints, Ints]:
    """Return an arc of each piece of the sections, on foot and on wheels."""
    network = ways.network
    on_foot = found.edges(network.walk, network.ways["id"].to_numpy(object))
    on_wheels = found.edges(network.ride, network.driven["id"].to_numpy(object))
    return _arc_of(ways, WALK, on_foot), _arc_of(ways, RIDE, on_wheels)


def _arc_of(ways: Travel, kind: int, edge: Ints) -> Ints:
    """Return an arc of each edge, -1 for none: either will do."""
    own = np.flatnonzero(ways.kind == kind)
    arc = np.full(int(edge.max(initial=-1)) + 2, -1, dtype=np.int64)  # the last stands for none
    own = own[ways.item[own] < len(arc) - 1]
    arc[ways.item[own]] = own
    return arc[edge]


def _people(ways: Travel, arcs: Ints, keep: Ints, near: npt.NDArray[np.bool_]) -> People:
    """Return the graph of those who may use the given arcs."""
    tail, head = ways.tail[arcs], ways.head[arcs]
    small = reduction.reduce(ways.network.n_nodes, tail, head, keep)
    marked = np.zeros(len(small.tail), dtype=bool)
    passes = (near[tail] | near[head]) & (small.chain >= 0)
    marked[small.chain[passes]] = True
    return People(arcs, small, marked)


def _near(ways: Travel, places: gpd.GeoDataFrame, params: MovementParams) -> npt.NDArray[np.bool_]:
    """Mark the nodes that lie near the waypoint."""
    at = places[places["id"] == params.waypoint]
    if at.empty:
        raise MovementError(
            f"no place has the id {params.waypoint}. {hint([params.waypoint], places['id'])} Fix: "
            "name one in [movement] waypoint"
        )
    network = ways.network
    xy = np.concatenate([network.walk.node_xy, network.ride.node_xy])
    return np.asarray(np.hypot(*(xy - at.get_coordinates().to_numpy()[0]).T) <= params.waypoint_m)


def _busiest(model: Model, people: People, passed: Floats) -> list[Ints]:
    """Return, by section, the chains both ways of its busiest edge on foot and on wheels."""
    ways, small = model.ways, people.small
    flow = np.zeros(len(ways.tail))
    flow[people.arcs] = small.expand(passed)
    net = np.abs(_net(ways, flow))
    chain = np.full(len(ways.tail) + 1, -1, dtype=np.int64)  # the last stands for no arc
    chain[people.arcs] = small.chain
    section = model.sections.section
    result = [np.zeros(0, dtype=np.int64)] * len(model.sections.table)
    for lane in model.lanes:
        used = np.flatnonzero((section >= 0) & (lane >= 0) & (chain[lane] >= 0))
        order = used[np.lexsort((-net[lane[used]], section[used]))]
        for piece in order[np.unique(section[order], return_index=True)[1]]:
            both = chain[[lane[piece], ways.against[lane[piece]]]]
            result[section[piece]] = np.concatenate([result[section[piece]], both[both >= 0]])
    return result


def _net(ways: Travel, flow: Floats) -> Floats:
    """Return the net flow on each arc: what goes its way less what comes against it."""
    return np.asarray(flow - np.where(ways.against >= 0, flow[ways.against], 0.0))


def _per_section(model: Model, flow: Floats) -> Flow:
    """Sum the net flow up by section: length by length, on foot and on wheels."""
    ways, found = model.ways, model.sections
    net, size = _net(ways, flow), len(found.table)
    xy = np.concatenate([ways.network.walk.node_xy, ways.network.ride.node_xy])
    length = shapely.length(found.piece)
    total, signed = np.zeros(size), np.zeros((size, 2))
    for lane in model.lanes:
        used = (found.section >= 0) & (lane >= 0)
        arc, section = lane[used], found.section[used]
        carried = net[arc] * length[used]
        total += np.bincount(section, np.abs(carried), minlength=size)
        step = xy[ways.head[arc]] - xy[ways.tail[arc]]
        step *= (carried / np.maximum(np.hypot(*step.T), 1.0))[:, None]
        for axis in (0, 1):
            signed[:, axis] += np.bincount(section, step[:, axis], minlength=size)
    length_m = found.table["length_m"].to_numpy(float)
    everywhere = float((np.maximum(net, 0.0) * ways.length_m).sum())
    left = 1.0 - float(total.sum()) / everywhere if everywhere else 0.0
    blank = np.full(size, np.nan)
    return Flow(flow, total / length_m, signed, blank, waypoint=0.0, detour=1.0, unpublished=left)
