"""Equal-split kernel density by listing every path: exact, for small networks.

The number of paths grows exponentially with the bandwidth.  `geo.patterns.equal_split` is for use;
this is what it is checked against.
"""

from __future__ import annotations

import numpy as np

from geo.arrays import Floats, Ints
from geo.hotspots.heat import Sources
from geo.network import kernels
from geo.network.compiled import compiled
from geo.network.graph import Network
from geo.network.half_edges import half_edges
from geo.network.kernels import Kernel, height
from geo.network.positions import Positions
from geo.patterns.equal_split import half_width_of


def matrix(
    network: Network,
    sources: Sources,
    positions: Positions,
    kernel: Kernel = "epanechnikov",
    *,
    continuous: bool = True,
) -> Floats:
    """Return the equal-split density of each event at each position.

    Parameters
    ----------
    network : geo.network.graph.Network
    sources : geo.hotspots.heat.Sources
        Of one bandwidth.
    positions : geo.network.positions.Positions
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    continuous : bool
        ESC, else ESD; see `geo.patterns.equal_split`.

    Returns
    -------
    (t, n) float array, 1/m
    """
    edge, offset = positions.edge, positions.offset_m
    found = np.zeros((len(edge), len(sources.edge)))
    if not found.size:
        return found
    half = half_edges(network)
    order = np.argsort(edge, kind="stable")
    first = np.searchsorted(edge[order], np.arange(network.n_edges + 1))
    reach, number = half_width_of(sources, kernel), kernels.code(kernel)
    for event in range(len(sources.edge)):
        column = _from_event(
            half.length, half.start, half.pointer, half.leaving, int(sources.edge[event]),
            float(sources.offset_m[event]), first, order, offset, number, reach, continuous,
        )  # fmt: skip
        found[:, event] = sources.weight[event] * column
    return found


@compiled
def _from_event(
    length: Floats, start: Ints, pointer: Ints, leaving: Ints, edge: int, at: float,
    first: Ints, order: Ints, offset: Floats, kernel: int, h: float, continuous: bool,
) -> Floats:  # fmt: skip
    """Return the density of one event at each position, path by path from a stack."""
    found = np.zeros(len(offset))
    stack_half, stack_way, stack_share = [0], [0.0], [0.0]
    stack_half.pop(), stack_way.pop(), stack_share.pop()
    for i in range(first[edge], first[edge + 1]):
        found[order[i]] += height(kernel, abs(offset[order[i]] - at), h)
    for way in range(2):
        arrival = length[edge] - at if way == 0 else at
        half = 2 * edge + way
        node = start[half ^ 1]
        degree = pointer[node + 1] - pointer[node]
        for k in range(pointer[node], pointer[node + 1]):
            stack_half.append(leaving[k])
            stack_way.append(arrival)
            stack_share.append(_share(leaving[k] == (half ^ 1), degree, continuous))
    while len(stack_half) > 0:
        half, way_m, share = stack_half.pop(), stack_way.pop(), stack_share.pop()
        if way_m >= h or share == 0.0:
            continue
        e = half >> 1
        for i in range(first[e], first[e + 1]):
            along = offset[order[i]] if half % 2 == 0 else length[e] - offset[order[i]]
            found[order[i]] += share * height(kernel, way_m + along, h)
        arrival = way_m + length[e]
        if arrival < h:
            node = start[half ^ 1]
            degree = pointer[node + 1] - pointer[node]
            for k in range(pointer[node], pointer[node + 1]):
                stack_half.append(leaving[k])
                stack_way.append(arrival)
                on = _share(leaving[k] == (half ^ 1), degree, continuous)
                stack_share.append(share * on)
    return found


@compiled
def _share(back: bool, degree: int, continuous: bool) -> float:
    """Return the share of arriving mass that goes into one half-edge of a node."""
    if continuous:
        return 2.0 / degree - (1.0 if back else 0.0)
    return 0.0 if back else 1.0 / (degree - 1)
