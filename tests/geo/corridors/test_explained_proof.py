"""Is what the explanations claim as often right?  Calibration by simulation."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from folders import PROOF
from problems.population import PARAMS, World, world

from geo.arrays import Bools, Floats, Ints
from geo.corridors.comparison import STRAY, explain_jointly, log_ratios
from geo.corridors.monte_carlo import NullDistances
from geo.schema import METRIC
from geo.sightings.laws import Law

pytestmark = pytest.mark.proof

SEED = 71_143
REPORTS = 15_000
SETS = 3000


@pytest.fixture(scope="module")
def town() -> World:
    return world()


def reports(town: World, law: Law) -> tuple[list[str], Floats, Floats, Bools]:
    """Return the log ratios of reports under the null, and which are truly on which corridor."""
    null, rng = town.null(), np.random.default_rng(SEED + int(law.radius_m))
    true = null.draw(REPORTS, rng)
    point = law.report(true, rng)
    frame = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(point[:, 0], point[:, 1]), crs=METRIC
    )
    frame = frame.assign(uncertainty_m=law.radius_m, cell_m=law.cell_m)
    reference = NullDistances(null, town.lines, PARAMS.bands_m)
    names, logs, share = log_ratios(frame, reference, PARAMS.explain_m)
    within = [
        town.lines[kind].nearest(true)[0] <= PARAMS.explain_m for kind in names[:-1]
    ]
    return (
        names,
        logs,
        share,
        np.stack([*within, np.ones(REPORTS, dtype=bool)], axis=1),
    )


def members(of: Ints, on: list[Ints], rng: np.random.Generator) -> Ints:
    """Return a report for each sighting, of the corridor named; a stray one is of none."""
    of = np.where(rng.random(len(of)) < STRAY, len(on) - 1, of)
    return np.array([rng.choice(on[k]) for k in of], dtype=np.int64)


@pytest.mark.parametrize("radius", [50.0, 150.0, 300.0])
@pytest.mark.parametrize("cell", [0.0, 100.0])
def test_what_is_claimed_is_as_often_right(
    town: World, cell: float, radius: float
) -> None:
    """Explanations are drawn alike, sightings from them: 1, 5 and 20 of a data set."""
    names, logs, share, within = reports(town, Law(cell, radius, False))
    on = [np.flatnonzero(column) for column in within.T]
    rows = []
    for n in (1, 5, 20):
        rng, claims = np.random.default_rng([SEED, n, int(radius)]), []
        for _ in range(SETS):
            truth = int(rng.integers(len(names) + 1))
            mixed = rng.choice(len(names), n, p=rng.dirichlet(np.ones(len(names))))
            of = mixed if truth == len(names) else np.full(n, truth)
            found = explain_jointly(names, logs[members(of, on, rng)], share)
            best = int(found["share"].to_numpy().argmax())
            named = found["explained_by"].iloc[0] == found["corridor"].iloc[best]
            claims.append((found["share"].iloc[best], best == truth, named))
        claimed, right, named = np.array(claims, dtype=float).T
        some = named == 1
        rows.append(
            {"grid_m": cell, "uncertainty_m": radius, "sightings": n,
             "claimed": claimed.mean(), "right": right.mean(), "named": some.mean(),
             "claimed where named": claimed[some].mean() if some.any() else np.nan,
             "right where named": right[some].mean() if some.any() else np.nan}
        )  # fmt: skip
    table = pd.DataFrame(rows)
    PROOF.mkdir(parents=True, exist_ok=True)
    table.to_csv(PROOF / f"explained_{cell:g}_{radius:g}.csv", index=False)
    # One standard error of a share in 3,000 data sets is at most .009.
    assert ((table["claimed"] - table["right"]).abs() < 0.03).all(), table
    often = table[table["named"] > 0.2]
    gap = (often["claimed where named"] - often["right where named"]).abs()
    assert (gap < 0.03).all(), table


@pytest.mark.parametrize("cell", [0.0, 100.0])
@pytest.mark.parametrize("radius", [50.0, 150.0, 300.0])
def test_the_mean_ratio_under_effort_is_one(
    town: World, cell: float, radius: float
) -> None:
    names, logs, share, _ = reports(town, Law(cell, radius, False))
    for kind, column, part in zip(names[:-1], logs.T, share, strict=False):
        ratio = np.exp(column)
        error = ratio.std() / np.sqrt(REPORTS)
        # The share itself is known from 50,000 positions.
        known = np.sqrt((1 - part) / part / PARAMS.null_points)
        assert abs(ratio.mean() - 1) < 3.5 * np.hypot(error, known), kind
