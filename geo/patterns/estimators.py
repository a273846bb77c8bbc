"""Density of events along a network, by one of four estimators; choice of its bandwidth.

===========  ==============================================================  ==================
estimator    what it is                                                      its integral
===========  ==============================================================  ==================
``heat``     heat kernel, `geo.hotspots.heat`; Gaussian, whatever `kernel`   exactly n
``esc``      equal split, continuous, `geo.patterns.equal_split`             n
``esd``      equal split, discontinuous; lost at dead ends                   at most n
``simple``   kernel of the shortest distance                                 grows at junctions
===========  ==============================================================  ==================

``simple``, ``Σ_i k(d(u, x_i))``, is for comparison with tools that know no other: at every
junction its mass is multiplied by the number of ways on.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints
from geo.hotspots import heat
from geo.hotspots.heat import Sources
from geo.network.compiling import compiled, in_threads
from geo.network.graph import Events, Network, Positions, positions_of
from geo.network.half_edges import HalfEdges, edges_at, half_edges_of, walk
from geo.network.lixels import Lixels, lixelize, reached
from geo.network.source_lines import NetworkError
from geo.network.weights import Marks, require_weights
from geo.patterns import equal_split
from geo.patterns.equal_split import Kernel, add_ray

Estimator = Literal["heat", "esc", "esd", "simple"]

ESTIMATORS: Final[tuple[Estimator, ...]] = ("heat", "esc", "esd", "simple")
PART: Final = 10_000
"""Events that a thread takes at a time."""


def estimate_density(
    network: Network,
    positions: Events,
    sigma_m: float | Floats,
    lixel_m: float,
    estimator: Estimator = "heat",
    kernel: Kernel = "epanechnikov",
    *,
    weights: Marks | None = None,
) -> tuple[Lixels, Floats]:
    """Return the lixels that the bandwidth reaches and the mean density on each.

    Parameters
    ----------
    network : geo.network.graph.Network
    positions : geo.network.graph.Positions, or points in the network's CRS
        Points are moved to the nearest position, 500 m at most; `Network.snap` says how far.
    sigma_m : float or (n,) float array
        Standard deviation of the kernel, metres; one for each event with ``heat`` and ``simple``.
        `geo.patterns.equal_split.sigma_of` converts a half-width.
    lixel_m : float, metres
    estimator : {"heat", "esc", "esd", "simple"}
    kernel : {"epanechnikov", "quartic", "triangular", "gaussian"}
    weights : (n,) floats of 0 or more, optional
        Weight of each event, as of a group of several; by default 1.  Their sum stands for n.

    Returns
    -------
    lixels : geo.network.lixels.Lixels
    density : (k,) float array, 1/m

    Raises `NetworkError` if the estimator or kernel is unknown, a length is not positive, points
    lie more than 500 m from the network, or weights are not one number of 0 or more for each event.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (90, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([45], [10], crs=9141)
    >>> lixels, density = estimate_density(network.from_lines(street), seen, 20.0, 30.0)
    >>> (density * lixels.length_m).round(3).tolist()
    [0.227, 0.547, 0.227]
    """
    if estimator not in ESTIMATORS:
        raise NetworkError(
            f"estimator {estimator!r} is unknown; use one of {', '.join(ESTIMATORS)}. "
            "Fix: estimator='heat'"
        )
    events = positions_of(network, positions)
    sources = sources_at(events, sigma_m)
    if weights is not None:
        weight = require_weights("weights", len(events), weights)
        sources = replace(sources, weight=weight)
    heat.require_bandwidths(sources)
    reach = sources.reach_m
    if estimator != "heat" and len(events):
        width = max(
            equal_split.half_width(kernel, s) for s in np.unique(sources.sigma_m)
        )
        reach = equal_split.REACH * width
    lixels = lixelize(
        network, lixel_m, reached(network, events.edge, events.offset_m, reach)
    )
    if estimator == "heat":
        return lixels, heat.heat_density(sources, lixels)
    if estimator == "simple":
        return lixels, by_shortest_way(sources, lixels, kernel)
    return lixels, equal_split.on_lixels(
        sources, lixels, kernel, continuous=estimator == "esc"
    )


def by_shortest_way(sources: Sources, lixels: Lixels, kernel: Kernel) -> Floats:
    """Return the mean density of the kernel of the shortest distance on each lixel, 1/m."""
    half = half_edges_of(lixels.network, lixels.edges)
    edge = np.searchsorted(lixels.edges, sources.edge)
    number = equal_split.code(kernel)
    reach = sources.sigma_m * equal_split.half_width(kernel, 1.0)

    def mass(part: Ints) -> Floats:
        return _shortest_way_mass(
            half,
            edge[part],
            sources.offset_m[part],
            sources.weight[part],
            reach[part],
            number,
            lixels.first,
        )

    parts = np.array_split(np.arange(len(edge)), 1 + len(edge) // PART)
    return np.asarray(sum(in_threads(mass, parts)) / lixels.length_m)


def sources_at(positions: Positions, sigma_m: float | Floats) -> Sources:
    """Return events at positions, each of weight 1, with their bandwidths."""
    n = len(positions)
    given = np.asarray(sigma_m)
    if given.dtype.kind not in "iuf" or given.shape not in ((), (n,)):
        raise NetworkError(
            f"sigma_m is {sigma_m!r}; it is one number of metres, or one for each of {n} events. "
            "Fix: sigma_m=80.0"
        )
    sigma = np.broadcast_to(given.astype(float), (n,)).copy()
    return Sources(positions.edge, positions.offset_m, np.ones(n), sigma)


def bandwidth_scores(
    network: Network, positions: Events, sigmas_m: Sequence[float] | Floats
) -> pd.Series:
    """Return the cross-validated log-likelihood of each bandwidth of the heat kernel.

    ``Σ_i log(λ_{-i}(x_i) + 1/|L|)``: each event under the density of all others and of one more
    event spread evenly over the network.  Without that one, a single event beyond the reach of all
    others makes the score minus infinity (Silverman 1986, Density Estimation, section 3.4.4), as in
    ``bw.lppl`` of spatstat.linnet 3.2-5.  Where no event is isolated, the score without the even
    event is that of ``bw.lppl(distance = "path")``.

    Parameters
    ----------
    network, positions
        As for `estimate_density`.
    sigmas_m : (s,) floats
        Standard deviations to try, metres.

    Returns
    -------
    pandas.Series named ``score`` on the index ``sigma_m``
        The bandwidth to take is ``scores.idxmax()``; at an end of the grid, the grid is too short.

    Raises `NetworkError` if fewer than two events are given or a bandwidth is not positive.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (900, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([440, 450, 470, 480], [10] * 4, crs=9141)
    >>> float(bandwidth_scores(network.from_lines(street), seen, [5, 20, 80]).idxmax())
    20.0
    """
    sigmas = np.atleast_1d(np.array(sigmas_m, dtype=float))
    events = positions_of(network, positions)
    if len(events) < 2:
        raise NetworkError(
            f"cross-validation needs two events or more; found {len(events)}"
        )
    if (
        np.ndim(sigmas_m) != 1
        or not len(sigmas)
        or not ((sigmas > 0) & np.isfinite(sigmas)).all()
    ):
        raise NetworkError(
            f"bandwidths are lengths in metres above 0; found {sigmas_m}. Fix: sigmas_m=[40, 80]"
        )
    total, of_itself = heat.at_events(network, events, sigmas)
    others = np.maximum(total - of_itself, 0.0)
    score = np.log(others + 1 / network.length_m.sum()).sum(axis=1)
    return pd.Series(score, index=pd.Index(sigmas, name="sigma_m"), name="score")


# One compiled loop; its parts would be calls a ray.
@compiled
def _shortest_way_mass(
    half: HalfEdges,
    edge: Ints,
    offset: Floats,
    weight: Floats,
    h: Floats,
    kernel: int,
    first: Ints,
) -> Floats:
    r"""Return the kernel mass of shortest distances on each lixel, summed over events.

    Along an edge the distance rises or falls one for one.  It is the way of rays, each from where
    the distance begins to rise to where it turns::

        distance along another edge       and along the event's edge, if a way round is shorter

                 /\                              /\         /\
                /  \                            /  \       /  \
               /    \                               \     /    \
                     \                               \   /
             tail turn head                  tail  turn  event  turn  head
    """
    mass = np.zeros(first[-1])
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    edges = np.empty(len(half.length), dtype=np.int64)
    seen = np.full(len(half.length), -1)
    for i in range(len(edge)):
        count = walk(half, edge[i], offset[i], h[i], distance, touched)
        n_edges = edges_at(half, edge[i], touched[:count], i, seen, edges)
        for here in edges[:n_edges]:
            length = half.length[here]
            lixels = mass[first[here] : first[here + 1]]
            tail = distance[half.start[2 * here]]
            head = distance[half.start[2 * here + 1]]
            turn_left = turn_right = min(max((head + length - tail) / 2, 0.0), length)
            if here == edge[i]:
                turn_left = max(offset[i] - tail, 0.0) / 2
                turn_right = min(offset[i] + length + head, 2 * length) / 2
                for turn in (turn_left, turn_right):
                    add_ray(
                        lixels, length, kernel, h[i], weight[i], offset[i], turn, 0.0
                    )
            for end, turn, away in ((0.0, turn_left, tail), (length, turn_right, head)):
                add_ray(lixels, length, kernel, h[i], weight[i], end, turn, away)
        distance[touched[:count]] = np.inf
    return mass
