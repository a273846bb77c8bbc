"""Terrain: any GeoTIFF, on disk or read over HTTP in pieces, cut and warped for the study."""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from affine import Affine
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.warp import reproject, transform_bounds
from shapely.geometry.base import BaseGeometry

from geo.crs import metric_crs
from geo.records import Raster, Terrain
from geo.schema import WGS84
from layers import package_data
from layers.complaints import UserError
from layers.files import atomic, rasters
from layers.files.filenames import PROGRAM
from layers.files.listing import sha256
from layers.readers.osm import snapshots

COPERNICUS: Final = (
    "https://copernicus-dem-30m.s3.amazonaws.com/"
    "Copernicus_DSM_COG_10_{lat}_00_{lon}_00_DEM/Copernicus_DSM_COG_10_{lat}_00_{lon}_00_DEM.tif"
)
"""Copernicus GLO-30 in its open bucket, a tile a degree; ``lat`` as in N42, ``lon`` as in E020."""

COPERNICUS_LICENCE: Final = (
    "© DLR e.V. and Airbus Defence and Space GmbH, Copernicus GLO-30"
)

DEGREE_M: Final = 111_195.0
"""Length of a degree of latitude."""

FILE: Final = "terrain.tif"
"""Name of the terrain in a snapshot."""

HTTP: Final = package_data.toml("lists", "gdal_http.toml") | {
    "GDAL_HTTP_USERAGENT": PROGRAM
}


class Cells(NamedTuple):
    """Cells to warp a raster to."""

    transform: Affine
    shape: tuple[int, int]
    """Rows and columns."""
    crs: str


def tiles(source: str, area: BaseGeometry) -> list[str]:
    """Return the files that `source` stands for, those that meet the area in EPSG:4326.

    It is a path, an address, or a template with ``{lat}`` and ``{lon}`` for tiles of a degree,
    which are named by their south-west corner.

    >>> import shapely
    >>> tiles("{lat}_{lon}.tif", shapely.box(20.7, 42.8, 21.1, 42.9))
    ['N42_E020.tif', 'N42_E021.tif']
    """
    if "{lat}" not in source:
        return [source]
    west, south, east, north = (math.floor(edge) for edge in area.bounds)
    return [
        source.format(
            lat=f"{'S' if lat < 0 else 'N'}{abs(lat):02d}",
            lon=f"{'W' if lon < 0 else 'E'}{abs(lon):03d}",
        )
        for lat in range(south, north + 1)
        for lon in range(west, east + 1)
        if shapely.box(lon, lat, lon + 1, lat + 1).intersects(area)
    ]


def fetch(
    store: Path,
    snapshot: str,
    source: str,
    area: BaseGeometry,
    *,
    cell_m: float = 30.0,
    detail_m: float | None = None,
    licence: str = "not stated",
) -> dict[str, Any]:
    """Cut terrain to the rectangle around an area, and put it beside a snapshot.

    Parameters
    ----------
    store
        Folder of the snapshots.
    snapshot
        Id of the snapshot.
    source
        As for `tiles`, or ``copernicus``; a server must offer to be read in pieces.
    area
        EPSG:4326.
    cell_m
        Side of a cell.
    detail_m
        Size of the smallest feature that the data truly show; by default a cell of the source.
    licence
        Whom to credit; known for ``copernicus``.

    Returns
    -------
    dict
        What the snapshot's manifest now says.

    Raises
    ------
    UserError
        If a source cannot be read, has no CRS, or none of them covers the area.
    """
    snapshots.manifest_of(store, snapshot)
    if source == "copernicus":
        source, licence = COPERNICUS, COPERNICUS_LICENCE
    names = tiles(source, area)
    crs = metric_crs(gpd.GeoSeries([area], crs=WGS84)).to_string()
    cells = cells_about(area, crs, cell_m)
    elevation, native_m = joined(names, cells)
    if np.isnan(elevation).all():
        raise UserError(
            f"{', '.join(names)}: no elevation inside the area {area.bounds}. "
            "Fix: give a file that covers it, or another --area"
        )
    detail_m = native_m if detail_m is None else detail_m
    sources = tuple(name if "://" in name else Path(name).name for name in names)
    about = {
        "SOURCE": ", ".join(sources),
        "LICENCE": licence,
        "DETAIL_M": f"{detail_m:g}",
    }
    file = store / snapshot / FILE
    with atomic.file(file) as part:
        raster = Raster(elevation, cells.transform[:6], crs)
        rasters.write(part, raster, about, block=256)
    entry = {
        "file": file.name,
        "sha256": sha256(file),
        "sources": sources,
        "licence": licence,
        "cell_m": cell_m,
        "detail_m": round(detail_m, 1),
        "columns": elevation.shape[1],
        "rows": elevation.shape[0],
        "known_share": round(float(np.mean(~np.isnan(elevation))), 4),
    }
    snapshots.enter_terrain(store, snapshot, entry)
    return entry


def load(store: Path, snapshot: str) -> Terrain | None:
    """Return the terrain of a snapshot, NaN where it is unknown; None if there is none.

    Raises `UserError` if the file is missing or not as it was written.
    """
    entry = snapshots.manifest_of(store, snapshot).terrain
    if not entry:
        return None
    path = store / snapshot / entry["file"]
    if not path.is_file() or sha256(path) != entry["sha256"]:
        raise UserError(
            f"{path} is missing or damaged. Fix: `mitrovica fetch --terrain` again"
        )
    with rasterio.open(path) as dataset:
        tags = dataset.tags()
    raster = rasters.read(path)
    return Terrain(
        elevation_m=raster.values.astype(np.float32),
        transform=raster.transform,
        crs=raster.crs,
        detail_m=float(tags["DETAIL_M"]),
        source=tags["SOURCE"],
        licence=tags["LICENCE"],
    )


def cells_about(area: BaseGeometry, crs: str, cell_m: float) -> Cells:
    """Return the cells around the area, on whole multiples of their size."""
    bounds = transform_bounds(WGS84, crs, *area.bounds, densify_pts=51)
    west, south = (math.floor(edge / cell_m) for edge in bounds[:2])
    east, north = (math.ceil(edge / cell_m) for edge in bounds[2:])
    corner = Affine.translation(west * cell_m, north * cell_m)
    transform = corner * Affine.scale(cell_m, -cell_m)
    return Cells(transform, (north - south, east - west), crs)


def joined(
    names: list[str], cells: Cells, how: str | None = None, dtype: str = "float32"
) -> tuple[npt.NDArray[np.floating], float]:
    """Return the files on the cells, and the size of their finest cell in metres.

    Parameters
    ----------
    names
        Files and addresses; where they overlap the first counts.
    cells
        As `cells_about` gives them.
    how
        How cells become others, a name of `rasterio.enums.Resampling`.  By default ``average``
        where cells are coarser than the file's, else every detail would alias, or ``bilinear``.
    dtype
        Of the values.
    """
    values = np.full(cells.shape, np.nan, dtype)
    native_m = math.inf
    with rasterio.Env(**HTTP):
        for name in names:
            piece = np.full_like(values, np.nan)
            with opened(name) as dataset:
                cell_m = cell_of(dataset)
                native_m = min(native_m, cell_m)
                coarser = cells.transform.a > 2 * cell_m
                usual = "average" if coarser else "bilinear"
                try:
                    reproject(
                        rasterio.band(dataset, 1),
                        piece,
                        dst_transform=cells.transform,
                        dst_crs=cells.crs,
                        dst_nodata=np.nan,
                        resampling=Resampling[how or usual],
                    )
                except rasterio.errors.RasterioError as error:
                    raise UserError(
                        f"{name} broke off while it was read: {error}. Fix: try again"
                    ) from error
            values = np.where(np.isnan(values), piece, values)
    return values, native_m


def cell_of(dataset: DatasetReader) -> float:
    """Return about the side of a cell of a raster, in metres."""
    side = float(dataset.res[1])
    return side * DEGREE_M if dataset.crs.is_geographic else side


def opened(name: str) -> DatasetReader:
    """Open a file or an address."""
    try:
        remote = name.startswith(("http://", "https://"))
        dataset = rasterio.open(f"/vsicurl/{name}" if remote else name)
    except rasterio.errors.RasterioIOError as error:
        raise UserError(
            f"{name} cannot be read: {error}. Fix: check the address, or download the GeoTIFF and "
            "name it on disk"
        ) from error
    if dataset.crs is None:
        raise UserError(f"{name} has no CRS. Fix: gdal_edit.py -a_srs EPSG:4326 FILE")
    return dataset
