"""One result of `geo`, such as hotspots or a density, as a file that a GIS opens."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from geo.network import Network
from geo.patterns import KTest
from geo.records import Raster
from geo.results import Access, DensitySurface
from geo.schema import WGS84
from layers.files import atomic, rasters
from layers.files.rasters import Band
from layers.writers.layer_tables import in_json

RASTERS: Final = (".tif", ".tiff")
PACKAGE: Final = ".gpkg"


def save(result: Any, path: str | Path) -> Path:
    """Write a result to one file, whole or not at all.

    What is written is what the result holds: coarsen sightings (`geo.sightings.coarsen`) before
    they are measured, where the file is to leave your machine.

    Parameters
    ----------
    result : any result of `geo`, GeoDataFrame or DataFrame
    path : str or pathlib.Path
        Its end says the format.  ``.gpkg`` holds all layers and tables of a result, each by the
        name that it has there.  ``.geojson`` (EPSG:4326), ``.fgb`` and ``.parquet`` hold one layer.
        ``.tif`` is a cloud-optimised GeoTIFF, of a density with a band for each bandwidth, of
        walking times with a band for each kind of help.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If the result has no layer, no raster, or more layers than the format holds.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from geo import hotspots
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([950, 1000, 1050, 5000], [20] * 4, crs=9141)
    >>> hot = hotspots.find(street, seen, uncertainty_m=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save(hot, Path(folder) / "hotspots.gpkg")
    ...     list(gpd.list_layers(file)["name"])
    ['lixels', 'table']
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in RASTERS:
        raster, bands = _raster_of(result)
        with atomic.file(path) as part:
            rasters.write(part, raster, {}, bands=bands)
        return path
    layers = _layers_of(result)
    if suffix == PACKAGE:
        with atomic.file(path) as part:
            _write_package(part, layers)
        return path
    if suffix not in _WRITE:
        ends = ", ".join((PACKAGE, *_WRITE, RASTERS[0]))
        raise ValueError(f"{path.name} ends in no format. Fix: one of {ends}")
    placed = {
        name: rows
        for name, rows in layers.items()
        if isinstance(rows, gpd.GeoDataFrame)
    }
    if len(placed) != 1:
        names = ", ".join(placed) or "none"
        raise ValueError(
            f"{suffix} holds one layer, and {type(result).__name__} has {names}. "
            f"Fix: save one of them, or all in a {PACKAGE}"
        )
    (rows,) = placed.values()
    with atomic.file(path) as part:
        _WRITE[suffix](rows, part)
    return path


def _raster_of(result: Any) -> tuple[Raster, list[Band]]:
    """Return the cells of a result, and what each band is."""
    if isinstance(result, DensitySurface):
        widths = [f"bandwidth {width:g} m" for width in result.bandwidths_m]
        return result, [Band(width, result.unit) for width in widths]
    if isinstance(result, Access) and result.minutes:
        minutes = np.stack([*result.minutes.values()])
        raster = Raster(minutes, result.transform, result.crs)
        return raster, [Band(f"walk to {kind}", "min") for kind in result.minutes]
    if isinstance(result, Raster):
        return result, []
    raise ValueError(
        f"{type(result).__name__} has no raster. Fix: a density of geo.hotspots, walking times of "
        f"geo.access; or a {PACKAGE}"
    )


def _layers_of(result: Any) -> dict[str, pd.DataFrame]:
    """Return the layers and tables of a result by name, without those that have no column."""
    parts: Mapping[str, Any] = {"rows": result}
    if isinstance(result, Network):
        parts = {"edges": result.frame()}
    elif isinstance(result, KTest):
        parts = {"k": _curves(result)}
    elif isinstance(result, Mapping):
        parts = result
    elif is_dataclass(result):
        parts = {field.name: getattr(result, field.name) for field in fields(result)}
    frames = {
        str(name): rows
        for name, rows in parts.items()
        if isinstance(rows, pd.DataFrame) and len(rows.columns)
    }
    if not frames:
        raise ValueError(
            f"{type(result).__name__} has no layer and no table to write. Fix: a result of geo, or "
            "a GeoDataFrame of its rows"
        )
    return frames


def _curves(test: KTest) -> pd.DataFrame:
    """Return K and its envelopes as a table: a row a distance."""
    table = pd.DataFrame({"r_m": test.r_m, "observed": test.observed})
    for name, envelope in test.envelopes.items():
        table[f"{name}_low"] = envelope.low
        table[f"{name}_central"] = envelope.central
        table[f"{name}_high"] = envelope.high
        table[f"{name}_p"] = envelope.p
    return table


def _with_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose lists are JSON, for formats that hold texts only."""
    lists = [
        name
        for name in rows.columns
        if rows[name].dtype == object and rows[name].map(type).isin([list, tuple]).any()
    ]
    return in_json(rows, lists)


def _write_package(part: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    for name, rows in layers.items():
        written = _with_texts(rows.reset_index(drop=True))
        pyogrio.write_dataframe(written, part, layer=name, driver="GPKG")


def _write_geojson(rows: gpd.GeoDataFrame, part: Path) -> None:
    frame = rows.to_crs(WGS84).reset_index(drop=True)
    pyogrio.write_dataframe(
        frame, part, driver="GeoJSON", use_arrow=True, RFC7946="YES"
    )


def _write_flatgeobuf(rows: gpd.GeoDataFrame, part: Path) -> None:
    pyogrio.write_dataframe(
        _with_texts(rows.reset_index(drop=True)), part, driver="FlatGeobuf"
    )


def _write_parquet(rows: gpd.GeoDataFrame, part: Path) -> None:
    rows.to_parquet(part)


_WRITE: Final[Mapping[str, Callable[[gpd.GeoDataFrame, Path], None]]] = (
    MappingProxyType(
        {
            ".geojson": _write_geojson,
            ".fgb": _write_flatgeobuf,
            ".parquet": _write_parquet,
        }
    )
)
"""How a file of one layer is written, by its end."""
