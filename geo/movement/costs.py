"""The multimodal network as arcs, with what each costs in minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.arrays import Floats, Ints
from geo.movement.multimodal import SHORTEST_M, MovementError, Multimodal
from geo.params import MovementParams

WALK, CONNECTOR, RIDE, BOARD, ALIGHT = range(5)

MIN_PER_H: Final = 60.0
M_PER_KM: Final = 1000.0


@dataclass(frozen=True)
class Arcs:
    """Arcs of the multimodal network: walking nodes first, then riding nodes."""

    network: Multimodal
    tail: Ints
    head: Ints
    kind: Ints
    """`WALK`, `CONNECTOR`, `RIDE`, `BOARD` or `ALIGHT`."""
    item: Ints
    """Edge of the walking or riding network, row of the connectors or of the changes."""
    against: Ints
    """The arc that goes the other way on the same edge, -1 on a one-way edge."""

    @property
    def length_m(self) -> Floats:
        """Length of the way of each arc; 0 on links that are no way."""
        result = np.zeros(len(self.tail))
        for kind, lines in ((WALK, self.network.walk), (RIDE, self.network.ride)):
            result[self.kind == kind] = lines.length_m[self.item[self.kind == kind]]
        return result

    def minutes(self, params: MovementParams, ride_kph: Mapping[str, float]) -> Floats:
        """Return the cost of every arc, in minutes; a ``_link`` drives as its road.

        Raises `MovementError` if a class of road has no speed.
        """
        network = self.network
        layer = network.ways["layer"].to_numpy(object)[network.walk.line]
        per_m = {
            key: MIN_PER_H / (kph * M_PER_KM) * (params.railway_weight if key == "railway" else 1.0)
            for key, kph in params.walk_kph.items()
        }
        road = network.driven["highway"].str.removesuffix("_link")
        missing = sorted(set(road) - set(ride_kph))
        if missing:
            raise MovementError(
                f"no speed is set for {', '.join(missing)}. Fix: set it in [speeds.kph]"
            )
        kph = road.map(ride_kph).to_numpy(float)
        join_m = np.maximum(network.connectors["length_m"].to_numpy(float), SHORTEST_M)
        access_m = np.maximum(network.changes["access_m"].to_numpy(float), SHORTEST_M)
        by_kind = {
            WALK: network.walk.length_m * np.array([per_m[key] for key in layer], dtype=float),
            CONNECTOR: join_m * per_m["path"],
            RIDE: network.ride.length_m / (kph[network.ride.line] * M_PER_KM / MIN_PER_H),
            BOARD: access_m * per_m["path"] + params.board_min,
            ALIGHT: access_m * per_m["path"],
        }
        result = np.empty(len(self.tail))
        for kind, cost in by_kind.items():
            result[self.kind == kind] = cost[self.item[self.kind == kind]]
        return result


def arcs_of(network: Multimodal) -> Arcs:
    """Return the arcs of the network: both ways on foot, one-way streets obeyed on wheels."""
    walk, ride, links = network.walk, network.ride, network.connectors
    forth, back = np.flatnonzero(ride.oneway >= 0), np.flatnonzero(ride.oneway <= 0)
    ride_from, ride_to = ride.edge_from + walk.n_nodes, ride.edge_to + walk.n_nodes
    change_walk = network.changes["walk_node"].to_numpy(np.int64)
    change_ride = network.changes["ride_node"].to_numpy(np.int64) + walk.n_nodes
    one, two = (links[end].to_numpy(np.int64) for end in ("from_node", "to_node"))
    blocks = [
        (WALK, walk.edge_from, walk.edge_to, np.arange(walk.n_edges)),
        (WALK, walk.edge_to, walk.edge_from, np.arange(walk.n_edges)),
        (CONNECTOR, one, two, np.arange(len(links))),
        (CONNECTOR, two, one, np.arange(len(links))),
        (RIDE, ride_from[forth], ride_to[forth], forth),
        (RIDE, ride_to[back], ride_from[back], back),
        (BOARD, change_walk, change_ride, np.arange(len(change_walk))),
        (ALIGHT, change_ride, change_walk, np.arange(len(change_walk))),
    ]
    kind = np.repeat([block[0] for block in blocks], [len(block[1]) for block in blocks])
    tail, head, item = (np.concatenate([block[k] for block in blocks]) for k in (1, 2, 3))
    # Two arcs of one kind on one item go opposite ways.
    order = np.lexsort((item, kind))
    paired = (np.diff(kind[order]) == 0) & (np.diff(item[order]) == 0)
    a, b = order[:-1][paired], order[1:][paired]
    against = np.full(len(kind), -1, dtype=np.int64)
    against[a], against[b] = b, a
    return Arcs(network, tail, head, kind, item, against)
