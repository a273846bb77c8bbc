"""Many patterns on one network at once: each on its own replica of what its bandwidth reaches.

The replicas are one network in as many unconnected parts, so that a thousand densities cost one
solution; the work follows what the patterns reach, not the size of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo import heat, reach_loops
from geo.half_edges import half_edges
from geo.heat import Sources
from geo.lixels import Lixels, cut
from geo.network import Floats, Ints, Network
from geo.positions import Positions

REACH = 4.0
"""Reach on replicas in standard deviations: 6e-5 of an event's mass lies beyond, and reflects."""


@dataclass(frozen=True)
class Replicas:
    """Densities of several patterns.

    Attributes
    ----------
    lixels : geo.lixels.Lixels
        Lixels of all replicas, one pattern after the other.
    density : (k,) float array, 1/m
    pattern : (k,) int array
        Pattern that each lixel belongs to.
    original : (k,) int array
        Edge of the original network that each lixel lies on.
    """

    lixels: Lixels
    density: Floats
    pattern: Ints
    original: Ints

    def peaks(self, patterns: int) -> Floats:
        """Return the highest density of each of so many patterns; 0 where one has no events."""
        peak = np.zeros(patterns)
        np.maximum.at(peak, self.pattern, self.density)
        return peak


def densities(
    network: Network,
    patterns: Sequence[Positions],
    weights: Sequence[Floats],
    sigma_m: float,
    lixel_m: float,
) -> Replicas:
    """Return the heat-kernel density of each pattern on the lixels that it reaches.

    Parameters
    ----------
    network : geo.network.Network
    patterns : sequence of geo.positions.Positions
    weights : sequence of float arrays
        Weight of each event of each pattern.
    sigma_m, lixel_m : float, metres
    """
    size = np.array([len(p) for p in patterns], dtype=np.int64)
    pattern = np.repeat(np.arange(len(patterns)), size)
    edge = np.concatenate([np.zeros(0, dtype=np.int64), *(p.edge for p in patterns)])
    offset = np.concatenate([np.zeros(0), *(p.offset_m for p in patterns)])
    half = half_edges(network)
    owner, reached = reach_loops.reached_edges(
        edge, offset, REACH * sigma_m, half.length, half.start, half.pointer, half.leaving
    )
    key = np.unique(pattern[owner] * network.n_edges + reached)
    original, copy = key % network.n_edges, key // network.n_edges
    replica = _replica(network, original, copy)
    sources = Sources(
        np.searchsorted(key, pattern * network.n_edges + edge),
        offset,
        np.concatenate([np.zeros(0), *weights]),
        np.full(len(edge), sigma_m),
    )
    lixels = cut(replica, lixel_m)
    density = heat.on_lixels(sources, lixels)
    return Replicas(lixels, density, copy[lixels.edge], original[lixels.edge])


def _replica(network: Network, edge: Ints, copy: Ints) -> Network:
    """Return a network of the given edges, those of different copies unconnected."""
    n = network.n_nodes
    size = np.diff(network.start)[edge]
    start = np.r_[0, np.cumsum(size)].astype(np.int64)
    vertex = np.arange(start[-1]) - np.repeat(start[:-1] - network.start[edge], size)
    ends = np.stack([network.edge_from[edge], network.edge_to[edge]]) + copy * n
    nodes, number = np.unique(ends, return_inverse=True)
    number = number.reshape(2, -1).astype(np.int64)
    return Network(
        node_xy=network.node_xy[nodes % n],
        edge_from=number[0],
        edge_to=number[1],
        length_m=network.length_m[edge],
        line=network.line[edge],
        oneway=network.oneway[edge],
        xy=network.xy[vertex],
        start=start,
        crs=network.crs,
    )
