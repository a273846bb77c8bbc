"""What is too large for the memory, refused before the analysis starts.

The figures are upper bounds by the table of ``tests/benchmarks/sightings.py``: peak memory of a
run less what it holds before the analysis.
"""

import traceback
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.params import Params
from geo.records import Layers

__all__ = ["TooLargeError", "exhausted", "require_fits"]

BASE: Final = 550_000_000
"""Bytes of a run on an empty network: programs, map, report."""
SIGHTING: Final = 26_000
METRE: Final = 100
LIXEL: Final = 500
CELL: Final = 150
"""Bytes of a sighting, of a metre of way, of a lixel, and of a cell of the walking surface."""
FIX: Final = (
    "fewer sightings, a network of a smaller area (`mitrovica fetch --area`), larger "
    "hotspots.lixel_m and access.cell_m"
)


class TooLargeError(ValueError):
    """The study needs more memory than there is."""


def require_fits(
    n_sightings: int, layers: Layers, params: Params, available: int | None
) -> None:
    """Refuse a study that needs more memory than there is.

    Parameters
    ----------
    n_sightings : int
    layers : geo.records.Layers, any CRS
    params : geo.params.Params
    available : int or None
        Bytes of memory; None where they are not known: then nothing is refused.

    Raises
    ------
    TooLargeError
        Names what takes most, and what makes the study smaller.
    """
    parts = _parts(n_sightings, layers, params)
    needed, largest = (
        BASE + sum(parts.values()),
        max(parts, key=lambda part: parts[part]),
    )
    if available is not None and needed > available:
        raise TooLargeError(
            f"the study needs about {needed / 1e9:.1f} GB of memory, most for {largest} "
            f"({parts[largest] / 1e9:.1f} GB), and {available / 1e9:.1f} GB are there. Fix: {FIX}"
        )


def exhausted(error: MemoryError) -> str:
    """Return the message where memory ran out all the same: in which step, and what helps."""
    steps = [
        f"{module['__name__']} ({(module['__doc__'] or '').partition(chr(10))[0].rstrip('.')})"
        for module in (
            frame.f_globals for frame, _ in traceback.walk_tb(error.__traceback__)
        )
        if module["__name__"].partition(".")[0] in ("geo", "layers", "maps")
    ]
    detail = f": {error}" if str(error) else ""
    return (
        f"Memory ran out in {steps[-1] if steps else 'the study'}{detail}. Fix: {FIX}"
    )


def _parts(n_sightings: int, layers: Layers, params: Params) -> dict[str, float]:
    """Return what takes memory, and how many bytes."""
    ways = pd.concat([layers.roads, layers.paths, layers.railways])
    lines = gpd.GeoSeries(ways.geometry, crs=layers.roads.crs)
    lines = lines.to_crs(metric_crs(lines))
    length = float(lines.length.sum())
    west, south, east, north = lines.total_bounds if len(lines) else (0, 0, 0, 0)
    lixel_m, cell_m = params.hotspots.lixel_m, params.access.cell_m
    cells = float((east - west) * (north - south)) / cell_m**2
    return {
        f"{n_sightings:,} sightings": SIGHTING * n_sightings,
        f"{length / 1000:,.0f} km of ways": METRE * length,
        f"hotspots.lixel_m = {lixel_m:g}": LIXEL * length / lixel_m,
        f"access.cell_m = {cell_m:g}": CELL * cells,
    }
