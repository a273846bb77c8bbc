"""Flow of trips over corridor sections, for one setting of the values that are assumed.

Two kinds of people set out: those who never ride, and those who walk and ride.  Each has its own
graph, on which the trips to each exit are randomised shortest paths (`geo.movement.rsp`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo.arrays import Floats, Ints
from geo.movement import multimodal, rsp
from geo.movement.multimodal import CONNECTOR, RIDE, WALK, Arcs, MovementError, arcs_of
from geo.movement.sections import Sections, corridor_sections
from geo.params import MovementParams
from layers.records import Layers


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


def prepare(layers: Layers, places: gpd.GeoDataFrame, params: MovementParams) -> Model:
    """Build the networks and sections that every setting shares."""
    other = set(places.loc[places["kind"] != "crossing", "id"])
    wrong = [exit_ for exit_ in params.exits if exit_ in other]
    if wrong:
        raise MovementError(
            f"{', '.join(wrong)} is not an official crossing, and trips end at official crossings "
            "only. Fix: a place of kind crossing in [movement.exits]"
        )
    terminals = [*params.entries.values(), *params.exits]
    network = multimodal.build(layers, places, terminals, params)
    arcs = arcs_of(network)
    sections = corridor_sections(layers.roads, layers.railways, places, params)
    entries = network.terminals[list(params.entries.values())].to_numpy(np.int64)
    exits = network.terminals[list(params.exits)].to_numpy(np.int64)
    keep = np.concatenate([entries, exits])
    weight = np.array(list(params.exits.values()), dtype=float)
    walkers = _travellers(arcs, np.flatnonzero(arcs.kind <= CONNECTOR), keep)
    riders = _travellers(arcs, np.arange(len(arcs.tail)), keep)
    share, lanes = weight / weight.sum(), _lanes(arcs, sections)
    return Model(arcs, sections, lanes, walkers, riders, entries, exits, share)


def solve(model: Model, setting: Setting, *, shortest: bool = False) -> Flow:
    """Return the flow of one setting, or with `shortest` that of all on the shortest path."""
    params = setting.params
    minutes = model.arcs.minutes(params, setting.ride_kph)
    flow = np.zeros(len(minutes))
    shares = ((params.walk_share, model.walkers), (1.0 - params.walk_share, model.riders))
    for share, people in shares:
        if not share:
            continue
        small = people.small
        graph = rsp.Graph(small.n, small.tail, small.head, small.cost(minutes[people.arcs]))
        entries, source = small.node[model.entries], np.zeros(small.n)
        np.add.at(source, entries, setting.entering)
        for exit_node, part in zip(small.node[model.exits], share * model.exit_share, strict=True):
            away = graph.costs_to(int(exit_node))
            if not np.isfinite(away[entries]).all():
                lost = list(params.entries.values())[np.argmax(away[entries])]
                raise MovementError(
                    f"there is no way from {lost} to every exit, on public ways with joins of at "
                    "most 75 m. Fix: a network that holds together, or other entries and exits in "
                    "[movement]"
                )
            trips = rsp.trips(graph, int(exit_node), np.inf if shortest else params.theta_per_min)
            flow[people.arcs] += part * small.expand(trips.passages(source))
    return Flow(flow, *_by_section(model, flow))


def _lanes(arcs: Arcs, sections: Sections) -> tuple[Ints, Ints]:
    """Return an arc on foot and one on wheels of each piece: of the two ways, either will do."""
    network = arcs.network

    def lane(kind: int, edge: Ints, n_edges: int) -> Ints:
        own = np.flatnonzero(arcs.kind == kind)
        arc = np.full(n_edges + 1, -1, dtype=np.int64)  # the last stands for no edge
        arc[arcs.item[own]] = own
        return arc[edge]

    on_foot = sections.edges(network.walk, network.ways["id"].to_numpy(object))
    on_wheels = sections.edges(network.ride, network.driven["id"].to_numpy(object))
    return lane(WALK, on_foot, network.walk.n_edges), lane(RIDE, on_wheels, network.ride.n_edges)


def _travellers(arcs: Arcs, own: Ints, keep: Ints) -> Travellers:
    small = rsp.reduce(len(arcs.network.node_xy), arcs.tail[own], arcs.head[own], keep)
    return Travellers(own, small)


def _net(arcs: Arcs, flow: Floats) -> Floats:
    """Return the net flow on each arc: what goes its way less what comes against it."""
    return np.asarray(flow - np.where(arcs.against >= 0, flow[arcs.against], 0.0))


def _by_section(model: Model, flow: Floats) -> tuple[Floats, Floats]:
    """Return, of `Flow`, the net share and the direction by section."""
    arcs, sections = model.arcs, model.sections
    net, size, xy = _net(arcs, flow), len(sections.table), arcs.network.node_xy
    length = shapely.length(sections.piece)
    total, towards = np.zeros(size), np.zeros((size, 2))
    for lane in model.lanes:
        used = (sections.section >= 0) & (lane >= 0)
        arc, section = lane[used], sections.section[used]
        carried = net[arc] * length[used]
        total += np.bincount(section, np.abs(carried), minlength=size)
        step = xy[arcs.head[arc]] - xy[arcs.tail[arc]]
        step *= (carried / np.maximum(np.hypot(*step.T), 1.0))[:, None]
        np.add.at(towards, section, step)
    return total / sections.table["length_m"].to_numpy(float), towards
