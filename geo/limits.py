"""What is too large for the memory, refused before the analysis starts, with what would fit.

The figures are upper bounds by the table of ``tests/benchmarks/sightings.py``: peak memory of a
run less what it holds before the analysis.
"""

import traceback
from collections.abc import Callable
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.params import Params
from layers.records import Layers

BASE: Final = 550_000_000
"""Bytes of a run on an empty network: programs, map, report."""
SIGHTING: Final = 26_000
METRE: Final = 200
LIXEL: Final = 500
CELL: Final = 150
NULL_POINT: Final = 1500
"""Bytes of a sighting, of a metre of way, of a lixel, of a cell of the walking surface, and of a
position of a null model."""


class TooLargeError(ValueError):
    """The study needs more memory than there is."""


def require_fits(n_sightings: int, layers: Layers, params: Params, available: int | None) -> None:
    """Refuse a study that needs more memory than there is; `layers` may be in any CRS.

    `available` are bytes of memory; None where they are not known: then nothing is refused.  The
    `TooLargeError` names what takes most and what would fit.
    """
    parts = sorted(_parts(n_sightings, layers, params), key=lambda part: -part[1])
    needed = BASE + sum(size for _, size, _ in parts)
    if available is None or needed <= available:
        return
    largest, most, _ = parts[0]
    fixes = [fit(free) for _, size, fit in parts if (free := available - (needed - size)) > 0]
    raise TooLargeError(
        f"the study needs about {needed / 1e9:.1f} GB of memory, most for {largest} "
        f"({most / 1e9:.1f} GB), and {available / 1e9:.1f} GB are there. "
        f"Fix: {fixes[0] if fixes else 'a smaller area, or a machine with more memory'}"
    )


def exhausted(error: MemoryError) -> str:
    """Return the message where memory ran out all the same: in which step, and what helps."""
    steps = [
        f"{module['__name__']} ({(module['__doc__'] or '').partition(chr(10))[0].rstrip('.')})"
        for module in (frame.f_globals for frame, _ in traceback.walk_tb(error.__traceback__))
        if module["__name__"].partition(".")[0] in ("geo", "layers", "maps")
    ]
    detail = f": {error}" if str(error) else ""
    return (
        f"Memory ran out in {steps[-1] if steps else 'the study'}{detail}. Fix: fewer sightings, a "
        "network of a smaller area (`mitrovica fetch --area`), larger hotspots.lixel_m and "
        "access.cell_m, or fewer corridors.simulations and corridors.null_points"
    )


def _parts(
    n_sightings: int, layers: Layers, params: Params
) -> list[tuple[str, float, Callable[[float], str]]]:
    """Return what takes memory, how many bytes, and what to change for it to take fewer.

    Ways take it by the metre and by the lixel, the walking surface by the cell.
    """
    ways = pd.concat([layers.roads, layers.paths, layers.railways])
    lines = gpd.GeoSeries(ways.geometry, crs=layers.roads.crs)
    lines = lines.to_crs(metric_crs(lines))
    length = float(lines.length.sum())
    west, south, east, north = lines.total_bounds if len(lines) else (0, 0, 0, 0)
    area = float((east - west) * (north - south))
    lixel_m, cell_m = params.hotspots.lixel_m, params.access.cell_m
    null_points, nulls = params.corridors.null_points, len(params.corridors.nulls)
    return [
        (f"{n_sightings:,} sightings", SIGHTING * n_sightings,
         lambda free: f"at most {int(free / SIGHTING):,} sightings"),
        (f"{length / 1000:,.0f} km of ways", METRE * length,
         lambda free: f"a smaller area, with at most {free / METRE / 1000:,.0f} km of ways"),
        (f"hotspots.lixel_m = {lixel_m:g}", LIXEL * length / lixel_m,
         lambda free: f"hotspots.lixel_m = {_up(LIXEL * length / free)} or more"),
        (f"access.cell_m = {cell_m:g}", CELL * area / cell_m**2,
         lambda free: f"access.cell_m = {_up((CELL * area / free) ** 0.5)} or more"),
        (f"corridors.null_points = {null_points:,}", NULL_POINT * nulls * null_points,
         lambda free: f"corridors.null_points = {int(free / NULL_POINT / nulls)} or fewer"),
    ]  # fmt: skip


def _up(value: float) -> str:
    """Return a number raised to two significant figures."""
    step = 10.0 ** (len(f"{value:.0f}") - 2)
    return f"{-(-value // step) * step:g}"
