"""What each tier lets through, and what that costs, by sightings.

Simulated sightings of two years about the bundled region, two thirds of them at six places.  Run it
by ``python tests/benchmarks/release.py [NUMBER ...]``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.schema import RECORDS, WGS84
from geo.study import run
from layers import readers
from layers.files.handling import Release
from mitrovica import releases
from mitrovica.brief import report_tables
from mitrovica.masks import twin, utility
from mitrovica.masks.tiers import TIERS
from mitrovica.releases import gate
from mitrovica.releases.folder import fill
from mitrovica.releases.release_map import draw_release

NUMBERS = (5, 20, 50, 500, 5000)
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def records(n: int, study: object) -> gpd.GeoDataFrame:
    """Return simulated records: at roads and railways, six places much more often than others."""
    draw = np.random.default_rng(n)
    layers = study.network()
    ways = pd.concat([layers.roads, layers.railways]).to_crs(9141)
    metres = ways.length / ways.length.sum()
    rows = draw.choice(len(ways), n, p=metres)
    at = ways.geometry.iloc[rows].interpolate(draw.random(n), normalized=True)
    busy = draw.random(n) < 2 / 3
    places = at.iloc[draw.integers(0, min(6, n), n)]
    xy = np.where(busy[:, None], np.c_[places.x, places.y], np.c_[at.x, at.y])
    xy += draw.normal(0, 200, xy.shape)
    day = pd.Timestamp("2024-11-01") + pd.to_timedelta(
        draw.integers(0, 730, n), unit="D"
    )
    points = gpd.GeoSeries.from_xy(*xy.T, crs=9141).to_crs(WGS84)
    rows = {
        "id": [f"R{k}" for k in range(n)],
        "kind": "sighting",
        "uncertainty_m": 100.0,
    }
    frame = gpd.GeoDataFrame(
        {**rows, "date_from": day, "date_to": day}, geometry=points
    )
    return RECORDS.geoframe(frame)


def main() -> None:
    """Print the table."""
    print("n      tier      cells  released  withheld  need kept  rank   verdict")
    study = readers.study.read()
    params = study.params
    params = replace(params, patrols=replace(params.patrols, depot=""))
    for n in map(int, sys.argv[1:] or NUMBERS):
        exact = records(n, study)
        data, _ = study.data(exact, (study.network(), None), params.privacy)
        found = run(data, params)
        known = found.sightings
        print(f"{n:<6} internal  all of it, in the office")
        for tier in ("partner", "public"):
            order = releases.Order(
                terms=Release("r", tier, "somebody", "health", date(2027, 1, 31)),
                limits=TIERS[tier], run=found, data=data, params=params,
                hung_out={}, tables={}, now=NOW, earlier=[],
                contradictions=report_tables.contradictions(report_tables.read(study)),
            )  # fmt: skip
            with TemporaryDirectory() as beside:
                folder, other = Path(beside, "release"), Path(beside, "twin")
                masked, findings = fill(folder, known, order, draw_release)
                fill(
                    other, twin(known, order.limits, NOW.date(), 1), order, draw_release
                )
                differing = gate.unequal(folder, other)
            _, kept, rank = utility(found.need, findings.need)
            cells = masked.cells
            verdict = f"refused: {differing}" if differing else "released"
            if cells.empty:
                verdict = "refused: no group"
            print(
                f"{n:<6} {tier:<9} {len(cells):<6} {int(cells['groups'].sum()):<9} "
                f"{masked.withheld:<9} {kept:<10.0%} {rank:<6.2f} {verdict}"
            )


if __name__ == "__main__":
    main()
