"""Any GeoTIFF as arrays in metres: values, or the relief of a terrain."""

from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from rasterio.warp import transform_bounds
from shapely import box

from geo.access.relief import hillshade, slope_deg
from geo.crs import metric_crs
from geo.records import Raster, Relief, Terrain
from geo.schema import WGS84
from layers.complaints import UserError
from layers.readers.terrain import Cells, cell_of, cells_about, joined, opened

How = Literal["average", "bilinear", "nearest", "sum"]


def raster(
    path: Path | str,
    area: gpd.GeoDataFrame | None = None,
    *,
    cell_m: float | None = None,
    how: How = "average",
) -> Raster:
    """Return the first band of a GeoTIFF, warped to metres.

    Parameters
    ----------
    path : path or str
        Any raster that GDAL reads.
    area : GeoDataFrame, any CRS, optional
        The rectangle about it is cut out; by default all of the file.
    cell_m : float, optional
        Side of a cell; by default about that of the file.
    how : {"average", "bilinear", "nearest", "sum"}
        How cells become others: ``sum`` keeps counts of people, ``average`` densities, ``nearest``
        classes of land cover.

    Returns
    -------
    geo.records.Raster
        EPSG:9141, or outside Kosovo the local UTM zone; float64, NaN where nothing is known.

    Raises
    ------
    layers.complaints.UserError
        If the file cannot be read, has no CRS, or nothing of it lies in the area.

    Examples
    --------
    >>> import tempfile
    >>> import rasterio
    >>> from affine import Affine
    >>> file = Path(tempfile.mkdtemp()) / "people.tif"
    >>> profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "width": 40, "height": 30}
    >>> corner = Affine(0.001, 0, 20.8, 0, -0.001, 42.9)
    >>> with rasterio.open(file, "w", crs="EPSG:4326", transform=corner, **profile) as out:
    ...     out.write(np.full((1, 30, 40), 5.0, "float32"))
    >>> people = raster(file, how="sum")
    >>> people.crs, round(float(np.nansum(people.values)))
    ('EPSG:9141', 6000)
    """
    cells = _cells(path, area, cell_m)
    values, _ = joined([str(path)], cells, how, "float64")
    _require_values(values, path)
    return Raster(values, cells.transform[:6], cells.crs)


def terrain(
    path: Path | str,
    area: gpd.GeoDataFrame | None = None,
    *,
    cell_m: float | None = None,
    detail_m: float | None = None,
    licence: str = "not stated",
) -> Relief:
    """Return elevation, slope and hillshade from a GeoTIFF of heights in metres.

    The result is a `geo.records.Terrain` too: `geo.access.walking_access` and
    ``dataclasses.replace(data, terrain=...)`` take it.

    Parameters
    ----------
    path, area, cell_m
        As for `raster`.
    detail_m : float, optional
        Size of the smallest feature that the data truly show; by default a cell of the file.
    licence : str
        Whom to credit.

    Returns
    -------
    geo.records.Relief
        Arrays (rows, columns) from north to south, with ``transform`` and ``crs``; EPSG:9141, or
        outside Kosovo the local UTM zone.

    Raises
    ------
    layers.complaints.UserError
        As for `raster`.
    """
    cells = _cells(path, area, cell_m)
    elevation_m, native_m = joined([str(path)], cells)
    _require_values(elevation_m, path)
    ground = Terrain(
        elevation_m,
        cells.transform[:6],
        cells.crs,
        detail_m or native_m,
        Path(path).name,
        licence,
    )
    return Relief(
        **vars(ground), slope_deg=slope_deg(ground), hillshade=hillshade(ground)
    )


def _cells(
    path: Path | str, area: gpd.GeoDataFrame | None, cell_m: float | None
) -> Cells:
    """Return the cells, in metres, of a file or of the part of it about an area."""
    with opened(str(path)) as dataset:
        outline = box(*transform_bounds(dataset.crs, WGS84, *dataset.bounds))
        native_m = cell_of(dataset)
    if area is not None:
        outline = box(*area.to_crs(WGS84).total_bounds)
    crs = metric_crs(gpd.GeoSeries([outline], crs=WGS84)).to_string()
    return cells_about(outline, crs, cell_m or native_m)


def _require_values(values: npt.NDArray[np.floating], path: Path | str) -> None:
    """Raise `UserError` where nothing is known in any cell."""
    if np.isnan(values).all():
        raise UserError(
            f"{path} holds no value in the area. Fix: a file that covers the area"
        )
