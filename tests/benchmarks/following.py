"""Rules of following beside each other, in four worlds: `python tests/benchmarks/following.py`.

With ``--seasons 200 --quick`` the solver stops after one iteration, which is the surrogate; with
``--seasons 8`` it is the planner itself.  Printed are means with intervals at 90 %, paired by
season.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

import geopandas as gpd
import numpy as np
import pandas as pd
from problems.followed_seasons import (
    NIGHTS,
    WORLDS,
    Truth,
    World,
    inputs_of,
    truth,
)
from problems.other_seasons import land

from geo.arrays import Floats
from geo.following import Records
from geo.intensity import fit
from geo.params import FortnightParams
from geo.patrols import course as courses
from geo.patrols.course import known_of
from geo.patrols.inputs import PlanningInputs
from geo.patrols.nights import Fortnight, plan_nights

RULES = ("fixed", "need", "draw", "upper", "mean", "random", "clairvoyant")
FORTNIGHT = 14
HALF = NIGHTS // 2
LATELY = 28
TRIAL = 5


@dataclass
class Season:
    """What a rule has done in a season, and what it brought."""

    minutes: Floats
    """(nights, n)"""
    groups: Floats
    accepted: Floats
    by_lot: Floats
    """(nights, n): minutes because a stop was drawn."""
    opened: int = 0
    withdrawn: float = 0.0
    """Largest share of announced visits that a plan withdrew."""

    def records(self, until: int) -> Records:
        """Return what a log holds before a night: months of thirty nights."""
        ids = land().stops["id"]
        made = self.minutes[:until] > 0
        months = [f"2026-{11 + night // 30}" for night in range(until)]
        last = [
            max((months[t] for t in np.flatnonzero(of_stop)), default="")
            for of_stop in made.T
        ]
        by_stop = pd.DataFrame(
            {
                "visits": made.sum(axis=0),
                "nights": made.sum(axis=0),
                "minutes": self.minutes[:until].sum(axis=0),
                "groups": self.groups[:until].sum(axis=0),
                "asked": self.groups[:until].sum(axis=0),
                "accepted": self.accepted[:until].sum(axis=0),
                "last": last,
            },
            pd.Index(ids, name="stop"),
        )
        tables = []
        for start in range(0, until, 30):
            span = slice(start, min(start + 30, until))
            minutes = self.minutes[span].sum(axis=0)
            month = pd.DataFrame(
                {
                    "stop": ids,
                    "month": f"2026-{11 + start // 30}",
                    "minutes": minutes,
                    "groups": self.groups[span].sum(axis=0),
                }
            )
            tables.append(month[month["minutes"] > 0])
        by_month = (
            pd.concat(tables)
            if tables
            else pd.DataFrame(columns=["stop", "month", "minutes", "groups"])
        )
        return Records(by_stop[by_stop["visits"] > 0], by_month)


def learnt(assumed: Floats, records: Records) -> PlanningInputs:
    """Return what plans start from, with the need that the posterior has."""
    here = land()
    inputs = inputs_of(assumed)
    visits = records.by_stop[["visits", "minutes", "groups"]].reset_index()
    if visits.empty:
        return inputs
    rates = fit(
        here.ways, here.stops, visits, expected=np.maximum(assumed, 0.05)
    ).draws()[:, 1:]
    share = rates / rates.sum(axis=1, keepdims=True)
    mean = share.mean(axis=0)
    parts = inputs.reach.parts.assign(observed=mean)
    bounds = np.quantile(share, [0.05, 0.95], axis=0).T
    reach = replace(inputs.reach, parts=parts, of_all=mean, bounds=bounds)
    return replace(inputs, reach=reach)


def timetable(found: Fortnight) -> pd.DataFrame:
    """Return the visits of a plan with the columns of table `STOPS` that are read of it."""
    ids = found.inputs.stops["stop"]
    rows = [
        {
            "night": night,
            "shift": shift.name,
            "stop": ids[visit.stop],
            "service_s": visit.departure_s - visit.begin_s,
            "departure_s": visit.departure_s,
        }
        for night, shifts in enumerate(found.nights, 1)
        for shift in shifts
        for visit in shift.visits()
    ]
    return pd.DataFrame(rows)


def planned(
    rule: str,
    inputs: PlanningInputs,
    params: FortnightParams,
    season: Season,
    night: int,
    law: Truth,
    before: pd.DataFrame | None,
) -> Fortnight:
    """Return the plan of the next fortnight by a rule."""
    if rule == "need" or before is None:
        return plan_nights(inputs, params)
    seeded = replace(inputs.params, seed=night + 1000 * law.seed + 1)
    inputs = replace(inputs, params=seeded)
    records = season.records(night)
    used = rule if rule in ("draw", "upper", "mean") else "mean"
    known = known_of(inputs, records, rule=used)
    need = inputs.reach.by_stop["need"].to_numpy(float)
    if rule == "random":
        rng = np.random.default_rng([law.seed, night])
        known = replace(
            known, earns=rng.permutation(need) / np.maximum(need, 1e-12)
        )
    if rule == "clairvoyant":
        lately = season.minutes[max(night - LATELY, 0) : night].sum(axis=0) / 60
        best = law.now(night, lately) * law.accepts
        known = replace(
            known, earns=best / best.sum() / np.maximum(need, 1e-12)
        )
    known.earns[0] = 0.0
    told = courses.announced(inputs, gpd.GeoDataFrame(before), params)
    regular = told.visits > 0
    if rule == "clairvoyant":
        known = replace(known, accepted=np.full_like(known.accepted, 10**6))
    trial = plan_nights(
        inputs,
        replace(params, iterations=min(TRIAL, params.iterations)),
        courses.free(inputs, known, regular),
    )
    wanted = np.r_[0, trial.visits["visits"].to_numpy(int)]
    chosen = courses.course_of(inputs, known, told, wanted, params)
    found = plan_nights(inputs, params, chosen)
    made = np.r_[0, found.visits["visits"].to_numpy(int)]
    by_lot = found.by_lot
    season.opened += int(
        (~regular & (made - by_lot >= params.least_visits)).sum()
    )
    lost = (
        np.maximum(told.visits - (made - by_lot), 0).sum() / told.visits.sum()
    )
    season.withdrawn = max(season.withdrawn, float(lost))
    return found


def driven(rule: str, world: World, seed: int, iterations: int) -> Season:
    """Return a season of a rule."""
    law = truth(world, seed)
    n = len(law.assumed)
    season = Season(*np.zeros((4, NIGHTS, n)))
    plan = None
    for start in range(0, NIGHTS, FORTNIGHT):
        if plan is None or rule != "fixed":
            assumed = law.assumed
            inputs = learnt(assumed, season.records(start))
            params = FortnightParams(iterations=iterations, nights=FORTNIGHT)
            before = None if plan is None else timetable(plan)
            plan = planned(rule, inputs, params, season, start, law, before)
        for k, shifts in enumerate(plan.nights):
            night = start + k
            if night >= NIGHTS:
                break
            visits = [
                visit.stop for shift in shifts for visit in shift.visits()
            ]
            minutes = 30.0 * np.bincount(visits, minlength=n)
            lately = (
                season.minutes[max(night - LATELY, 0) : night].sum(axis=0) / 60
            )
            season.minutes[night] = minutes
            season.groups[night], season.accepted[night] = law.meets(
                night, minutes, lately
            )
    return season


def measures(
    rule: str, world: World, seed: int, iterations: int
) -> dict[str, object]:
    """Return what a rule brings in a season."""
    season, law = driven(rule, world, seed, iterations), truth(world, seed)
    best = np.argsort(-law.rate[:HALF].mean(axis=0) * law.accepts)[:10]
    seen = season.minutes[:HALF].sum(axis=0)
    lately = np.cumsum(season.minutes, axis=0) / 60
    expected = sum(
        float(
            law.now(t, lately[t] - (lately[t - LATELY] if t >= LATELY else 0))
            * season.minutes[t]
            / 60
            @ law.accepts
        )
        for t in range(HALF, NIGHTS)
    )
    use = season.minutes[-FORTNIGHT:].sum(axis=0)[1:]
    return {
        "world": world,
        "rule": rule,
        "seed": seed,
        "accepted": season.accepted[HALF:].sum(),
        "expected": expected,
        "never": int((seen[best] == 0).sum()),
        "opened": season.opened,
        "withdrawn": season.withdrawn,
        "hours_first": season.minutes[:FORTNIGHT].sum() / 60,
        "hours_last": season.minutes[-FORTNIGHT:].sum() / 60,
        "rank": float(
            pd.Series(use).corr(
                pd.Series(law.rate[-1][1:] * law.accepts[1:]), method="spearman"
            )
        ),
    }


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each rule in each world, and shares of others, with intervals."""
    wide = rows.pivot(
        index=["world", "seed"], columns="rule", values="expected"
    )
    lines = []
    for (world, rule), own in rows.groupby(["world", "rule"], sort=False):
        pair = wide.loc[world]
        line: dict[str, object] = {
            "world": world,
            "rule": rule,
            "accepted": own["accepted"].mean(),
        }
        for other in ("clairvoyant", "fixed"):
            if other in pair:
                ratio = pair[rule] / pair[other]
                half = 1.645 * ratio.std() / len(ratio) ** 0.5
                line[f"of {other}"] = f"{ratio.mean():.2f} ± {half:.2f}"
        line["unvisited"] = f"{(own['never'] > 0).mean():.2f}"
        for name in (
            "rank",
            "opened",
            "withdrawn",
            "hours_first",
            "hours_last",
        ):
            line[name] = round(own[name].mean(), 2)
        lines.append(line)
    return pd.DataFrame(lines)


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seasons", type=int, default=8)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--rules", nargs="*", default=RULES)
    asked.add_argument("--worlds", nargs="*", default=WORLDS)
    asked.add_argument("--csv", type=Path)
    given = asked.parse_args()
    iterations = 1 if given.quick else 100
    seeds = range(given.first, given.first + given.seasons)
    seasons = [
        (rule, world, seed, iterations)
        for world in given.worlds
        for seed in seeds
        for rule in given.rules
    ]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = pool.map(measures, *zip(*seasons, strict=True))
        rows = pd.DataFrame([*found])
    if given.csv:
        rows.to_csv(given.csv, index=False)
    print(table(rows).to_string(index=False))


if __name__ == "__main__":
    main()
