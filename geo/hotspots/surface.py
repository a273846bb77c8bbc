"""Density of what was reported on a grid, a band for each bandwidth: for rasters.

Each sighting is spread over its cell alike, and then by a Gaussian kernel; sightings are counted,
and reporting effort is not taken into account.  So the surface shows where people were *reported*,
never where they *are*.
"""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
from affine import Affine
from rasterio.features import rasterize
from scipy.sparse import csr_array
from scipy.special import ndtr

from geo.arguments import require_list
from geo.arrays import Floats, Ints, Objects
from geo.crs import Frame, require_metric
from geo.hotspots.heat import Sources, heat_density
from geo.hotspots.ranking import sources_of
from geo.network.cells import Placing
from geo.network.graph import Network, from_lines
from geo.network.lixels import lixelize, reached
from geo.network.source_lines import NetworkError
from geo.params import HotspotParams
from geo.records import Transform
from geo.results import DensitySurface
from geo.sightings.laws import as_sightings, cells_of

M_PER_KM: Final = 1e3
REACH: Final = 4.0
"""Standard deviations about the sightings that the grid holds: 3e-5 of a kernel lie beyond."""
CELL_M: Final = 100.0
MOST_CELLS: Final = 400_000
"""A grid of more cells gets cells of twice the side, until it has fewer."""
FAINT: Final = 0.001
"""Below this share of the highest value of its band a cell is empty."""
POINT: Final = 1e-4
"""Side of the cell of an exact position, in standard deviations of the kernel."""


# One grid: its lines, cells and bands are named where they are made.
def planar_density(
    sightings: Frame,
    bandwidths_m: Sequence[float] = (250.0,),
    *,
    cell_m: float = CELL_M,
    uncertainty_m: float | None = None,
) -> DensitySurface:
    """Return the density of sightings on the plane, exact in each cell of the grid.

    The kernel is the product of two Gaussians, so the share of a sighting in a cell is a product of
    two differences of their integrals (Silverman 1986, Density Estimation, section 4.2).

    Parameters
    ----------
    sightings : GeoDataFrame or GeoSeries of Point, projected CRS in metres
        Columns as for `geo.corridors.proximity`.
    bandwidths_m : sequence of float
        Standard deviation of the kernel along each axis, a band each.
    cell_m : float
        Side of a cell of the grid; doubled until the grid has at most 400,000 cells.
    uncertainty_m : float, optional
        As for `geo.corridors.proximity`.

    Returns
    -------
    geo.results.DensitySurface
        Sightings per km², (bands, rows, columns).  Times the area of a cell a band sums to the
        number of sightings, but for the faint cells, which are NaN.

    Raises
    ------
    geo.crs.CRSError
        If the sightings are not in metres.
    geo.network.source_lines.NetworkError
        If there is no sighting, or a length is not above 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> seen = gpd.GeoSeries.from_xy([50], [50], crs=9141)
    >>> surface = planar_density(seen, [200.0], uncertainty_m=0)
    >>> round(float(np.nansum(surface.values)) * 0.1**2, 2)
    1.0
    """
    seen, _ = as_sightings(sightings, uncertainty_m)
    crs = require_metric(sightings=sightings)
    _check(len(seen), bandwidths_m, cell_m)
    middles, sides_m = cells_of(seen)
    # Coarse positions lie in few columns and rows, however many they are.
    x, x_sides_m, column = _distinct_pairs(middles[:, 0], sides_m)
    y, y_sides_m, row = _distinct_pairs(middles[:, 1], sides_m)
    count = csr_array((np.ones(len(seen)), (row, column)), (len(y), len(x)))
    transform, (rows, columns) = _grid(middles, max(bandwidths_m), cell_m)
    x_lines, y_lines = _lines(transform, rows, columns)
    km2 = (transform[0] / M_PER_KM) ** 2
    bands = []
    for bandwidth_m in bandwidths_m:
        in_columns = _shares(x, x_sides_m, bandwidth_m, x_lines)
        in_rows = -_shares(y, y_sides_m, bandwidth_m, y_lines)
        by_cell = in_rows.T @ np.asarray(count @ in_columns)
        bands.append(_without_faint(by_cell / km2))
    return DensitySurface(
        np.stack(bands), transform, str(crs), tuple(map(float, bandwidths_m)), "1/km²"
    )


def network_density(
    network: Network | Frame,
    sightings: Frame,
    bandwidths_m: Sequence[float] = (250.0,),
    params: HotspotParams | None = None,
    *,
    cell_m: float = CELL_M,
    uncertainty_m: float | None = None,
) -> DensitySurface:
    """Return the density of sightings along the network, the highest of the ways in each cell.

    The kernel is the heat kernel of `geo.hotspots.heat_density`, which follows the ways.

    Parameters
    ----------
    network : geo.network.graph.Network, or lines that make one
    sightings, bandwidths_m, cell_m, uncertainty_m
        As for `planar_density`, in the network's CRS.
    params : geo.params.HotspotParams, optional
        Its ``lixel_m`` and ``snap_limit_m`` are used.

    Returns
    -------
    geo.results.DensitySurface
        Sightings per km of way, (bands, rows, columns); NaN where no way is or it is faint.

    Raises
    ------
    geo.crs.CRSError
        If the sightings are not in metres or not in the network's CRS.
    geo.network.source_lines.NetworkError
        If no sighting can be placed on the network, or a length is not above 0.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 50), (9000, 50)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([4550], [50], crs=9141)
    >>> surface = network_density(street, seen, [200.0], uncertainty_m=0)
    >>> round(float(np.nanmax(surface.values)), 2)
    1.97
    """
    network = network if isinstance(network, Network) else from_lines(network)
    params = params or HotspotParams()
    seen, _ = as_sightings(sightings, uncertainty_m)
    crs = require_metric(
        network=gpd.GeoSeries([], crs=network.crs), sightings=sightings
    )
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    middles, sides_m = cells_of(seen)
    placed = placing.placed(middles, sides_m)
    middles, sides_m = middles[placed], sides_m[placed]
    _check(len(middles), bandwidths_m, cell_m)
    transform, shape = _grid(middles, max(bandwidths_m), cell_m)
    bands = []
    for bandwidth_m in bandwidths_m:
        sources = sources_of(placing, middles, sides_m, bandwidth_m)
        density = _along(network, sources, params.lixel_m)
        bands.append(_without_faint(_burnt(*density, transform, shape)))
    return DensitySurface(
        np.stack(bands), transform, str(crs), tuple(map(float, bandwidths_m)), "1/km"
    )


def _along(
    network: Network, sources: Sources, lixel_m: float
) -> tuple[Objects, Floats]:
    """Return the lixels in reach of sources, and the density on each, per km."""
    edges = reached(network, sources.edge, sources.offset_m, sources.reach_m)
    lixels = lixelize(network, lixel_m, edges)
    per_km = heat_density(sources, lixels) * M_PER_KM
    return lixels.as_network.geometry, per_km


def _burnt(
    lines: Objects, values: Floats, transform: Transform, shape: tuple[int, int]
) -> Floats:
    """Return the highest value of the lines that touch each cell; 0 where none does."""
    # What is burnt last stays.
    order = np.argsort(values)
    return np.asarray(
        rasterize(
            zip(lines[order], values[order], strict=True),
            out_shape=shape,
            transform=Affine(*transform),
            all_touched=True,
            dtype="float64",
        )
    )


def density_surfaces(
    network: Network, sightings: gpd.GeoDataFrame, params: HotspotParams
) -> dict[str, DensitySurface]:
    """Return both densities at half the bandwidth, the bandwidth itself and twice it.

    Empty where no sighting can be placed on the network.
    """
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    if not placing.placed(*cells_of(sightings)).any():
        return {}
    bandwidths_m = [share * params.bandwidth_m for share in (0.5, 1.0, 2.0)]
    return {
        "planar": planar_density(sightings, bandwidths_m),
        "network": network_density(network, sightings, bandwidths_m, params),
    }


def _check(sightings: int, bandwidths_m: Sequence[float], cell_m: float) -> None:
    """Raise `NetworkError` for what has no density."""
    require_list("bandwidths_m", bandwidths_m, "bandwidths_m=[250.0]")
    if not sightings:
        raise NetworkError(
            "there is no sighting to spread. Fix: sightings near the network"
        )
    for length_m in bandwidths_m:
        if not 0 < length_m < np.inf:
            raise NetworkError(
                f"bandwidths are metres above 0; found {length_m:g}. Fix: bandwidths_m=[250.0]"
            )
    if not 0 < cell_m < np.inf:
        raise NetworkError(f"cell_m is {cell_m:g}. Fix: cell_m=50.0")
    if not len(bandwidths_m):
        raise NetworkError("no bandwidth was given. Fix: bandwidths_m=[250.0]")


def _grid(
    middles: Floats, bandwidth_m: float, cell_m: float
) -> tuple[Transform, tuple[int, int]]:
    """Return the transform and the shape of a grid about sightings, on multiples of its cell."""
    low = middles.min(axis=0) - REACH * bandwidth_m
    high = middles.max(axis=0) + REACH * bandwidth_m
    while True:
        west, south = np.floor(low / cell_m) * cell_m
        east, north = np.ceil(high / cell_m) * cell_m
        columns = round((east - west) / cell_m)
        rows = round((north - south) / cell_m)
        if rows * columns <= MOST_CELLS:
            return (cell_m, 0.0, float(west), 0.0, -cell_m, float(north)), (
                rows,
                columns,
            )
        cell_m *= 2


def _lines(transform: Transform, rows: int, columns: int) -> tuple[Floats, Floats]:
    """Return x and y of the lines between the cells of a grid, from west and from north."""
    side, _, west, _, _, north = transform
    x_lines = west + side * np.arange(columns + 1.0)
    y_lines = north - side * np.arange(rows + 1.0)
    return x_lines, y_lines


def _distinct_pairs(middles: Floats, sides_m: Floats) -> tuple[Floats, Floats, Ints]:
    """Return the distinct pairs of middle and side along an axis, and for each cell its pair."""
    pairs = np.column_stack([middles, sides_m])
    distinct, number = np.unique(pairs, axis=0, return_inverse=True)
    return distinct[:, 0], distinct[:, 1], number.reshape(-1)


def _shares(
    middles: Floats, sides_m: Floats, bandwidth_m: float, lines: Floats
) -> Floats:
    """Return the share of each sighting between neighbouring lines of one axis, (n, lines - 1).

    A place spread over a side ``s`` and then by a Gaussian of deviation ``σ`` lies below ``x`` with
    the probability ``(G((x + s/2)/σ) - G((x - s/2)/σ)) σ/s``, where ``G(z) = z Φ(z) + φ(z)``.
    """
    side = np.maximum(sides_m / bandwidth_m, POINT)[:, None]
    away = (lines - middles[:, None]) / bandwidth_m
    below = (
        _integral_of_cdf(away + side / 2) - _integral_of_cdf(away - side / 2)
    ) / side
    return np.diff(below, axis=1)


def _integral_of_cdf(z: Floats) -> Floats:
    """Return the integral of the standard normal distribution up to `z`."""
    return np.asarray(z * ndtr(z) + np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


def _without_faint(values: Floats) -> Floats:
    """Return the values, NaN where they are too faint to be drawn."""
    return np.where(values > FAINT * values.max(), values, np.nan)
