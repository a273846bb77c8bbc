"""Where events weigh more than elsewhere: a scan of their weights, dealt to them anew.

``find`` asks where there are more events than effort brings.  Here events stay where they are; the
question is where those that weigh more lie together, as large groups among small ones.

References
----------
Kulldorff, M., Huang, L., Konty, K. (2009). A scan statistic for continuous data based on the normal
probability model. International Journal of Health Geographics 8, 58.
"""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arguments import require_list, require_number
from geo.arrays import Floats
from geo.crs import Frame
from geo.hotspots import scan
from geo.network.graph import Events, Network, from_lines, positions_of
from geo.network.lixels import Lixels, lixelize
from geo.network.source_lines import NetworkError
from geo.network.weights import Marks, require_weights

MOST: Final = 10
"""Places that are listed at most."""
LEAST: Final = 2
"""Events of a window at least; and it holds at most half of all."""


# The scan in order: events, windows, scores, permutations, the best.
def find_heavier(
    network: Network | Frame,
    positions: Events,
    weights: Marks,
    radii_m: Sequence[float] = (150.0, 250.0, 500.0),
    *,
    lixel_m: float = 50.0,
    simulations: int = 999,
    seed: int = 1,
) -> gpd.GeoDataFrame:
    """Find where along a network events weigh more than elsewhere.

    Windows are what lies within a few radii along the network.  Each is scored by the likelihood
    ratio of two normal distributions with one variance, one mean inside and one outside, where the
    inner is the higher.  Chance is the weights permuted among the events; the highest score
    anywhere is kept, so p holds for all windows together.

    Parameters
    ----------
    network : geo.network.Network or lines, projected CRS in metres
    positions : geo.network.Positions, or points in the network's CRS
        Points are moved to the nearest position, 500 m at most; `Network.snap` says how far.
    weights : (n,) floats of 0 or more
        Weight of each event, as the size of a group.
    radii_m : rising floats, metres
    lixel_m : float, metres
        Length of the pieces of network on which events are counted.
    simulations, seed : int
        Number of permutations, and what they are drawn from.

    Returns
    -------
    geopandas.GeoDataFrame
        Ten places at most, the most surely heavier first, that share no piece of network: ``rank``,
        ``radius_m``, ``events``, ``mean`` and ``mean_elsewhere`` of the weights, ``score``,
        ``p_value``, and the ways as a MultiLineString.  Empty with fewer than four events.

    Raises
    ------
    geo.crs.CRSError
        If the points are not in the network's CRS.
    geo.network.NetworkError
        If points lie more than 500 m from the network, radii do not rise from above 0, or weights
        are not one number of 0 or more for each event.

    Examples
    --------
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([*range(500, 8500, 500)], [0] * 16, crs=9141)
    >>> size = [1, 1, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    >>> heavy = find_heavier(street, seen, size, [750.0], simulations=99)
    >>> heavy[["events", "mean", "mean_elsewhere"]].iloc[0].tolist()
    [3.0, 9.0, 1.0]
    """
    require_list("radii_m", radii_m, "radii_m=[150, 250, 500]")
    require_number("simulations", simulations, "simulations=999", least=1)
    network = network if isinstance(network, Network) else from_lines(network)
    events = positions_of(network, positions)
    weight = require_weights("weights", len(events), weights)
    radii = np.atleast_1d(np.array(radii_m, dtype=float))
    if not (len(radii) and radii[0] > 0 and (np.diff(radii) > 0).all()):
        raise NetworkError(
            f"radii_m is {radii_m}; radii are metres above 0 in rising order. "
            "Fix: radii_m=[150, 250, 500]"
        )
    lixels = lixelize(network, lixel_m)
    lixel = lixels.holding(events.edge, events.offset_m)

    def on_lixels(values: Floats) -> Floats:
        return np.asarray(np.bincount(lixel, values, len(lixels)), dtype=float)

    count = on_lixels(np.ones(len(weight)))
    windows = scan.windows_about(lixels, np.flatnonzero(count), radii)
    inside = windows.counts(count)
    total = windows.counts(on_lixels(weight))
    score = normal_scores(total, inside, weight)
    rng = np.random.default_rng(seed)
    maxima = np.zeros(simulations)
    for number in range(simulations):
        dealt = windows.counts(on_lixels(rng.permutation(weight)))
        maxima[number] = normal_scores(dealt, inside, weight).max(initial=0.0)
    best = windows.best(score, MOST)
    weight_in, events_in = total.flat[best], inside.flat[best]
    elsewhere = weight.sum() - weight_in
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(best) + 1),
            "radius_m": radii[np.array(best, dtype=int) % len(radii)],
            "events": events_in.astype(int),
            "mean": weight_in / events_in,
            "mean_elsewhere": elsewhere / (len(weight) - events_in),
            "score": score.flat[best],
            "p_value": scan.familywise_p(score.flat[best], np.sort(maxima)),
        }
    )
    ways = _ways(windows, best, lixels)
    return gpd.GeoDataFrame(rows, geometry=ways, crs=network.crs)


def _ways(
    windows: scan.Windows, best: list[int], lixels: Lixels
) -> list[shapely.MultiLineString]:
    """Return what lies in each window."""
    pieces = lixels.as_network.geometry
    ways = []
    for window in best:
        joined = shapely.union_all(pieces[windows.lixels(window)])
        lines = shapely.get_parts(shapely.line_merge(joined))
        ways.append(shapely.MultiLineString([*lines]))
    return ways


def normal_scores(total: Floats, inside: Floats, weight: Floats) -> Floats:
    """Return the log likelihood ratio of each window; 0 where it is not heavier, or not scored.

    Parameters
    ----------
    total, inside : float arrays of one shape
        Weight and number of the events in each window.
    weight : (n,) float array
        Weights of all events.

    >>> normal_scores(np.array([18.0]), np.array([2.0]), np.array([9.0, 9, 1, 1, 1, 1.5])).round(2)
    array([18.27])
    """
    n = len(weight)
    outside = np.maximum(n - inside, 1.0)
    mean = total / np.maximum(inside, 1.0)
    mean_outside = (weight.sum() - total) / outside
    scored = (inside >= LEAST) & (inside <= n / 2) & (mean > mean_outside)
    squares = float((weight**2).sum())
    every = squares - weight.sum() ** 2 / n if n else 0.0
    within = squares - mean**2 * inside - mean_outside**2 * outside
    # Where weights differ between inside and outside alone, rounding leaves the variance.
    least = 1e-12 * max(every, 1e-300)
    ratio = every / np.maximum(within, least)
    scored &= every > 1e-9 * squares
    return np.where(scored, n / 2 * np.log(np.maximum(ratio, 1.0)), 0.0)
