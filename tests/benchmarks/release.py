"""What each tier lets through, what that costs, and what an attacker makes of it, by sightings.

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

import mitrovica
from geo.params.release import TIERS
from geo.release import twin, utility
from geo.release.utility import kept, rank_correlation
from geo.study import run
from layers import readers, releases
from layers.handling import Release
from layers.releases import gate
from layers.schema import RECORDS, WGS84

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
    day = pd.Timestamp("2024-11-01") + pd.to_timedelta(draw.integers(0, 730, n), unit="D")
    points = gpd.GeoSeries.from_xy(*xy.T, crs=9141).to_crs(WGS84)
    rows = {"id": [f"R{k}" for k in range(n)], "kind": "sighting", "uncertainty_m": 100.0}
    frame = gpd.GeoDataFrame({**rows, "date_from": day, "date_to": day}, geometry=points)
    return RECORDS.geoframe(frame)


def main() -> None:
    """Print the table."""
    print("n      tier      cells  released  withheld  need                  attack  twin  verdict")
    study = readers.study.read(readers.bundled.FOLDER, None)
    params = study.params
    params = replace(params, patrols=replace(params.patrols, depot=""))
    for n in map(int, sys.argv[1:] or NUMBERS):
        data, _ = study.data(records(n, study))
        found = run(data, params)
        for tier in ("internal", "partner", "public"):
            if tier == "internal":
                print(f"{n:<6} {tier:<9} all of it, in the office")
                continue
            order = releases.Order(
                terms=Release("r", tier, "somebody", "health"), until=date(2027, 1, 31),
                limits=TIERS[tier], run=found, data=data, params=params, announced=False, now=NOW,
                contradictions=readers.report.contradictions(study.report_tables()), earlier=[],
            )  # fmt: skip
            with TemporaryDirectory() as beside:
                folder, other = Path(beside, "release"), Path(beside, "twin")
                made = mitrovica.fill(folder, found.sightings, order)
                drawn = twin(found.sightings, order.limits, NOW.date(), 1)
                mitrovica.fill(other, drawn, order)
                risk = gate.weigh(folder, other, order)
            best = risk.sources.iloc[0]
            shares = utility(found.need, made.findings.need)
            verdict = "refused" if risk.refusals(order.limits.most_gain) else "released"
            cost = f"{kept(shares):.0%} kept, rank {rank_correlation(shares):.2f}"
            if made.cells.empty:
                cost, verdict = "no sighting", f"{verdict}: ways and services"
            print(
                f"{n:<6} {tier:<9} {len(made.cells):<6} {int(made.cells['groups'].sum()):<9} "
                f"{made.withheld:<9} {cost:<22} "
                f"{best['success']:<7.0%} {best['success_twin']:<5.0%} {verdict}"
            )


if __name__ == "__main__":
    main()
