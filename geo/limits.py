"""What is too large for the memory, refused before the analysis starts, with what would fit.

The figures are upper bounds by the table of ``tests/benchmarks/sightings.py``: peak memory of a
run less what it holds before the analysis.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.params import Params
from layers.records import Layers

BASE: Final = 550_000_000
"""Bytes of a run on an empty network: programs, map, report."""
SIGHTING: Final = 26_000
"""Bytes of a sighting."""
METRE: Final = 200
"""Bytes of a metre of road, path and track."""
LIXEL: Final = 500
"""Bytes of a lixel, `hotspots.lixel_m` of the network."""
CELL: Final = 150
"""Bytes of a cell of the walking surface, `access.cell_m` by `access.cell_m`."""
NULL_POINT: Final = 1500
"""Bytes of a position of a null model."""


class TooLargeError(ValueError):
    """The study needs more memory than there is."""


@dataclass(frozen=True)
class _Part:
    """A part of the study that takes memory."""

    what: str
    size: float
    """Bytes."""
    fit: Callable[[float], str]
    """What to change for the part to take at most so many bytes."""


def require_fits(n_sightings: int, layers: Layers, params: Params, available: int | None) -> None:
    """Refuse a study that needs more memory than there is.

    Parameters
    ----------
    n_sightings : int
    layers : layers.records.Layers
        In any CRS.
    params : geo.params.Params
    available : int or None
        Bytes of memory; None where they are not known: then nothing is refused.

    Raises
    ------
    TooLargeError
        Names what takes most and what would fit.
    """
    parts = _parts(n_sightings, layers, params)
    needed = BASE + sum(part.size for part in parts)
    if available is None or needed <= available:
        return
    parts = sorted(parts, key=lambda part: -part.size)
    largest = parts[0]
    fixes = [part.fit(free) for part in parts if (free := available - (needed - part.size)) > 0]
    raise TooLargeError(
        f"the study needs about {needed / 1e9:.1f} GB of memory, most for {largest.what} "
        f"({largest.size / 1e9:.1f} GB), and {available / 1e9:.1f} GB are there. "
        f"Fix: {fixes[0] if fixes else 'a smaller area, or a machine with more memory'}"
    )


def exhausted(error: MemoryError) -> str:
    """Return the message where memory ran out all the same: in which step, and what helps."""
    ours = [
        frame.f_globals
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_globals["__name__"].partition(".")[0] in ("geo", "layers", "maps")
    ]
    step = "the study"
    if ours:
        about = (ours[-1]["__doc__"] or "").partition("\n")[0].rstrip(".")
        step = f"{ours[-1]['__name__']} ({about})"
    detail = f": {error}" if str(error) else ""
    return (
        f"Memory ran out in {step}{detail}. Fix: fewer sightings, a network of a smaller area "
        "(`mitrovica fetch --area`), larger hotspots.lixel_m and access.cell_m, or fewer "
        "corridors.simulations and corridors.null_points"
    )


def _parts(n_sightings: int, layers: Layers, params: Params) -> list[_Part]:
    """Return the parts of the study that take memory."""
    ways = pd.concat([layers.roads, layers.paths, layers.railways])
    lines = gpd.GeoSeries(ways.geometry, crs=layers.roads.crs)
    lines = lines.to_crs(metric_crs(lines))
    length = float(lines.length.sum())
    west, south, east, north = lines.total_bounds if len(lines) else (0, 0, 0, 0)
    area = float((east - west) * (north - south))
    lixel_m, cell_m = params.hotspots.lixel_m, params.access.cell_m
    nulls = len(params.corridors.nulls)
    return [
        _Part(
            f"{n_sightings:,} sightings",
            SIGHTING * n_sightings,
            lambda free: f"at most {int(free / SIGHTING):,} sightings",
        ),
        _Part(
            f"{length / 1000:,.0f} km of ways",
            METRE * length,
            lambda free: f"a smaller area, with at most {free / METRE / 1000:,.0f} km of ways",
        ),
        _Part(
            f"hotspots.lixel_m = {lixel_m:g}",
            LIXEL * length / lixel_m,
            lambda free: f"hotspots.lixel_m = {_up(LIXEL * length / free)} or more",
        ),
        _Part(
            f"access.cell_m = {cell_m:g}",
            CELL * area / cell_m**2,
            lambda free: f"access.cell_m = {_up((CELL * area / free) ** 0.5)} or more",
        ),
        _Part(
            f"corridors.null_points = {params.corridors.null_points:,}",
            NULL_POINT * nulls * params.corridors.null_points,
            lambda free: f"corridors.null_points = {int(free / NULL_POINT / nulls)} or fewer",
        ),
    ]


def _up(value: float) -> str:
    """Return a number raised to two significant figures."""
    step = 10.0 ** (len(f"{value:.0f}") - 2)
    return f"{-(-value // step) * step:g}"
