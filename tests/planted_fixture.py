"""Findings in which every measure of a position can be told wherever it leaks."""

from __future__ import annotations

import dataclasses

import maps_fixture
import numpy as np
import pandas as pd

from geo.results import Findings
from layers import schema
from layers.schema import LIXELS, PROXIMITY, Table


def planted() -> tuple[Findings, list[float]]:
    """Return findings in which every measure of a position is a number found nowhere else."""
    found, numbers = maps_fixture.findings(), iter(np.arange(1, 500) * 1.000_271 + 0.012_347)
    used: list[float] = []

    def plant(frame: pd.DataFrame, table: Table, *names: str) -> pd.DataFrame:
        names = names or tuple(c.name for c in table.columns if c.step)
        drawn = {name: [float(next(numbers)) for _ in range(len(frame))] for name in names}
        used.extend(value for column in drawn.values() for value in column)
        return frame.assign(**drawn)

    near, tests = found.proximity, found.tests
    assert tests is not None
    near = dataclasses.replace(
        near,
        table=plant(near.table, PROXIMITY),
        totals=plant(near.totals, schema.PROXIMITY_TOTALS),
    )
    tests = dataclasses.replace(
        tests,
        measures=plant(
            tests.measures, schema.CORRIDOR_MEASURES, "distance_m", "along_m", "distance_p50_m"
        ),
        curves=plant(tests.curves, schema.CORRIDOR_CURVES, "observed"),
        tests=plant(tests.tests, schema.CORRIDOR_TESTS),
        bands=plant(tests.bands, schema.CORRIDOR_BANDS),
        explained=plant(
            tests.explained, schema.CORRIDOR_EXPLAINED, "likelihood_ratio", "share", "entropy"
        ),
    )
    hot = found.hotspots
    hot = dataclasses.replace(hot, lixels=plant(hot.lixels, LIXELS))
    return dataclasses.replace(found, proximity=near, tests=tests, hotspots=hot), used
