"""A null model from a raster: reports are as likely as its cells say.

Population, night lights or a land cover that was turned into weights say where observers may have
been, in place of the roads and stations of `geo.chance.nulls.reporting_effort`.
"""

import geopandas as gpd
import numpy as np
import shapely

from geo.arrays import Bools, Floats
from geo.chance.nulls import Null, Window, as_polygon, even, layer_of
from geo.crs import require_metric
from geo.network.segments import GeometryError
from geo.records import Raster


def on_raster(
    weights: Raster, window: Window | None = None, *, n: int = 50_000, seed: int = 1
) -> Null:
    """Return the null that sightings are in the cells of a raster, by their weights.

    Inside a cell every place is as likely as another.

    Parameters
    ----------
    weights : geo.records.Raster, projected CRS in metres
        One band, such as ``layers.raster(path)`` gives.  A value is the weight of its cell: 0 or
        more; NaN counts as 0.  Of land cover, choose the weight of each class first::

            built_up = np.where(cover.values == 50, 1.0, 0.0)
            weights = dataclasses.replace(cover, values=built_up)

    window : Window, optional
        Cells count whose middle lies in it; by default all.
    n : int
        Number of positions that hold the null.
    seed : int

    Returns
    -------
    Null
        Named ``effort``: give it to `geo.corridors.compare_with_chance` or `geo.hotspots.find` as
        ``effort``.

    Raises
    ------
    geo.crs.CRSError
        If the raster is not in metres, or not in the CRS of the window.
    geo.network.segments.GeometryError
        If a weight is negative, or no cell in the window has one.

    Examples
    --------
    >>> people = Raster(np.array([[0.0, 30.0]]), (100, 0, 0, 0, -100, 100), "EPSG:9141")
    >>> null = on_raster(people, n=1000)
    >>> null.xy.min(axis=0).round().tolist(), null.xy.max(axis=0).round().tolist()
    ([100.0, 0.0], [200.0, 100.0])
    """
    require_metric(weights=gpd.GeoSeries([], crs=weights.crs), window=layer_of(window))
    cell_weights = np.nan_to_num(weights.values.astype(float), nan=0.0)
    if cell_weights.ndim != 2:
        raise GeometryError(
            f"weights have the shape {cell_weights.shape}; expected rows and columns of one band. "
            "Fix: dataclasses.replace(weights, values=weights.values[0])"
        )
    negative = np.argwhere(cell_weights < 0)
    if len(negative):
        row, column = negative[0].tolist()
        raise GeometryError(
            f"the weight in row {row}, column {column} is {cell_weights[row, column]:g}, below 0. "
            "Fix: np.maximum(values, 0), or the nodata value of the file"
        )
    if window is not None:
        cell_weights = np.where(_inside(weights, window), cell_weights, 0.0)
    cumulative = np.cumsum(cell_weights.ravel())
    if not cumulative[-1] > 0:
        raise GeometryError(
            "no cell in the window has a weight. Fix: a wider window or raster"
        )

    def draw(number: int, rng: np.random.Generator) -> Floats:
        return _positions(weights, cumulative, rng.random(number), rng)

    rng = np.random.default_rng(seed)
    return Null("effort", _positions(weights, cumulative, even(n, rng), rng), draw)


def _positions(
    weights: Raster, cumulative: Floats, shares: Floats, rng: np.random.Generator
) -> Floats:
    """Return a place at random in the cell where each share of all weight is reached, (n, 2)."""
    cell = np.searchsorted(cumulative, shares * cumulative[-1], side="right")
    row, column = np.divmod(cell, weights.values.shape[1])
    return _located(
        weights, row + rng.random(len(cell)), column + rng.random(len(cell))
    )


def _inside(raster: Raster, window: Window) -> Bools:
    """Return whether the middle of each cell lies in a window, (rows, columns)."""
    rows, columns = np.indices(raster.values.shape).reshape(2, -1) + np.float64(0.5)
    middles = _located(raster, rows, columns)
    shape = as_polygon(window)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, *middles.T)
    return np.asarray(inside).reshape(raster.values.shape)


def _located(raster: Raster, row: Floats, column: Floats) -> Floats:
    """Return the coordinates of places given in rows and columns, (n, 2)."""
    a, b, c, d, e, f = raster.transform
    x = a * column + b * row + c
    y = d * column + e * row + f
    return np.column_stack([x, y])
