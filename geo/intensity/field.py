"""A Gaussian field on a network: correlation falls off exponentially, along the ways.

It is the Whittle-Matérn field of order one on the metric graph, for which the precision matrix at
the nodes is exact and sparse: no mesh, no approximation.

References
----------
D. Bolin, A. B. Simas, J. Wallin, "Gaussian Whittle-Matérn fields on metric graphs", Bernoulli 30
(2024) 1611-1639, theorem 4 and proposition 5.
"""

import numpy as np
from scipy.sparse import coo_array, csc_array

from geo.network.graph import Network, require_network
from geo.network.source_lines import NetworkError


def precision(network: Network, range_m: float, sd: float) -> csc_array:
    """Return the precision matrix of the field at the nodes of a network.

    On a long straight way the field has the standard deviation `sd`, and the correlation
    ``exp(-2 d / range_m)`` at a distance ``d`` along it.  At dead ends the deviation is larger,
    where many ways meet it is smaller, as for any field that may not leave the network.

    Parameters
    ----------
    network : geo.network.graph.Network
        A node without edges has the deviation `sd`, alone.
    range_m : float
        Distance in metres at which the correlation is 0.14, as for other Matérn fields.
    sd : float
        Standard deviation on a long straight way.

    Returns
    -------
    (n, n) sparse matrix
        In the order of the nodes; symmetric, positive definite.

    Raises
    ------
    geo.network.source_lines.NetworkError
        If `network` is none, or a parameter is not above 0.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.network.graph import from_lines
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> precision(from_lines(street), range_m=500.0, sd=1.0).diagonal().round(3).tolist()
    [0.5, 0.5]
    """
    require_network(network)
    for name, value in (("range_m", range_m), ("sd", sd)):
        if not 0 < value < np.inf:
            raise NetworkError(f"{name} is {value:g}. Fix: a number above 0")
    decay = np.exp(-2 * network.length_m / range_m)
    both_ways = decay / (1 - decay**2)
    at_end = 0.5 + decay * both_ways
    first = network.edge_from
    last = network.edge_to
    degree = np.bincount(np.concatenate([first, last]), minlength=network.n_nodes)
    alone = np.flatnonzero(degree == 0)
    rows = np.concatenate([first, last, first, last, alone])
    columns = np.concatenate([first, last, last, first, alone])
    values = [at_end, at_end, -both_ways, -both_ways, np.ones(len(alone))]
    shape = (network.n_nodes, network.n_nodes)
    matrix = coo_array((np.concatenate(values) / sd**2, (rows, columns)), shape)
    return csc_array(matrix)
