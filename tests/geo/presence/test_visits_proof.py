"""What measured effort is worth: use of corridors recovered from biased reports and from visits.

Simulated seasons: 60 nights on the bundled study, with the plan of 14 nights driven again and
again; reports are ten times likelier along main roads than along the railway.
"""

from __future__ import annotations

import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from geo import study
from geo.arrays import Floats
from geo.chance import effort_per_metre, reporting_effort
from geo.crs import to_metric
from geo.movement.sections import corridor_sections
from geo.network import from_lines
from geo.network.segments import points_xy
from geo.patrols.inputs import prepare
from geo.patrols.proposal import propose_several
from geo.practice import paths_of, reports_of, season
from geo.presence import stop_table, use_by_section
from geo.presence.visits import PRIOR, ROUNDS, seen_km
from layers.readers import bundled

SEASONS = 200
WATCHED_KM_H = 10.0
"""Sections of which crews watched so much: kilometres in sight times hours."""

FEW = bundled.params(
    {
        "corridors": {"simulations": 39, "null_points": 1000},
        "hotspots": {"simulations": 19, "draws": 1},
        "movement": {"draws": 2},
        "access": {"cell_m": 500},
        "patrols": {"iterations": 50, "date": datetime.date(2026, 12, 1)},
        "fortnight": {"nights": 14, "iterations": 20},
    }
)


def by_assumed_effort(
    reports: gpd.GeoDataFrame, sections: gpd.GeoDataFrame, effort: Floats
) -> Floats:
    """Return the use per section from reports over assumed effort, (sections,), as of visits."""
    km = (
        seen_km(points_xy(reports), sections)
        * effort
        / (sections.length.to_numpy() / 1000)
    )
    mean = len(km) / effort.sum()
    use = np.full(len(sections), mean)
    for _ in range(ROUNDS):
        each = km * use
        total = each.sum(axis=1)
        share = np.divide(1.0, total, out=np.zeros(len(km)), where=total > 0)
        use = (share @ each + PRIOR) / (effort + PRIOR / mean)
    return use


@pytest.mark.proof
@pytest.mark.parametrize("groups_per_night", [30.0, 100.0])
def test_measured_effort_recovers_the_use_of_corridors_better(
    groups_per_night: float,
) -> None:
    data = bundled.study_data()
    region, found = to_metric(data), study.run(data, FEW)
    inputs = prepare(data, found.need, FEW)
    plan = propose_several(inputs, FEW.fortnight)
    ways = region.layers
    named = corridor_sections(
        ways.roads, ways.railways, region.places, FEW.movement
    ).table
    sections = paths_of(named, plan.stops)
    lines = from_lines(
        pd.concat([ways.roads, ways.paths, ways.railways], ignore_index=True)
    )
    stations = pd.concat([region.places, ways.facilities])
    stations = stations[stations["kind"].isin(study.STATIONS)]
    per_m = effort_per_metre(lines, reporting_effort(ways.roads, stations))
    on, edge = named.set_index("section").loc[sections["section"]].sindex.query(
        gpd.GeoSeries(lines.geometry, crs=lines.crs).interpolate(0.5, normalized=True).to_numpy(),
        predicate="dwithin", distance=1.0,
    )[::-1]  # fmt: skip
    effort = np.bincount(on, (per_m * lines.length_m)[edge], len(sections))
    ranks, met = [], []
    for seed in range(SEASONS):
        made = season(sections, plan, 60, groups_per_night, seed=seed)
        table = stop_table(
            made.log.visits, made.log.groups, "Europe/Belgrade", 20.87, 42.89
        )
        measured = use_by_section(table, plan.stops, sections)
        reports = reports_of(made, sections, seed)
        assumed = by_assumed_effort(reports, sections, effort)
        row = []
        for least in (1e-9, WATCHED_KM_H):
            known = (measured["km_h"] >= least).to_numpy()
            true = made.use.to_numpy()[known]
            both = (assumed, measured["groups_per_km_h"].to_numpy())
            row += [spearmanr(use[known], true)[0] for use in both]
        ranks.append(row)
        met.append((len(made.log.groups), len(reports), known.sum()))
    all_assumed, all_measured, assumed, measured = np.mean(ranks, axis=0)
    better = np.mean([row[3] > row[2] for row in ranks])
    print(
        f"\n{groups_per_night:g} groups a night; met, reported, sections: {np.mean(met, axis=0)}"
    )
    print(
        f"watched: assumed {assumed:.3f}, measured {measured:.3f}, better in {better:.2f}"
    )
    print(
        f"seen at all: assumed {all_assumed:.3f}, measured {all_measured:.3f}"
    )
    assert measured > assumed
