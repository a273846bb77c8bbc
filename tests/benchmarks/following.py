"""Rules of following beside each other, in four worlds: `python tests/benchmarks/following.py`.

With ``--seasons 200 --quick`` it is a surrogate: a night is one search of one iteration, whose
routes are not made steady, and the intensity tries 27 choices in place of 125.  With ``--seasons
8`` it is the planner itself.
Each season is appended to ``--csv`` when it is done; a run goes on after those that the file holds,
and begins none after ``--minutes``.  Two at a time share the work by ``--first``, each in a file.
Printed are means with intervals at 90 %, paired by season, and how far the surrogate is from the
planner in the seasons that both have.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

import geopandas as gpd
import numpy as np
import pandas as pd
from problems.followed_seasons import NIGHTS, WORLDS, Truth, World, inputs_of, truth
from problems.other_seasons import land
from scipy import stats

from geo.arrays import Floats
from geo.intensity import fit, priors
from geo.params import FortnightParams
from geo.patrols import night as night_of_patrols
from geo.patrols import nights
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import Terms
from geo.patrols.nights import Fortnight, plan_nights
from geo.patrols.timetable import PlannedShift
from geo.routing import solver
from geo.routing.offers import Shifts
from geo.routing.problem import ProblemError
from mitrovica.adaptation import Records
from mitrovica.adaptation import course_rules as courses
from mitrovica.adaptation.course_rules import known_of
from mitrovica.adaptation.feedback_rules import on_course

RULES = ("fixed", "need", "draw", "upper", "mean", "random", "clairvoyant")
FORTNIGHT = 14
HALF = NIGHTS // 2
LATELY = 28
TRIAL = 5
PLANNER = FortnightParams().iterations


@dataclass
class Season:
    """What a rule has done in a season, and what it brought."""

    minutes: Floats
    """(nights, n)"""
    groups: Floats
    accepted: Floats
    announced: list[float] = field(default_factory=list)
    """Of each plan, the share of the stop time at announced stops."""
    opened: int = 0
    withdrawn: float = 0.0
    """Largest share of announced visits that a plan withdrew."""

    def lately(self, night: int) -> Floats:
        """Return the hours at each stop in the weeks before a night."""
        return self.minutes[max(night - LATELY, 0) : night].sum(axis=0) / 60

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


def learnt(law: Truth, records: Records) -> PlanningInputs:
    """Return what plans start from, with the need that the posterior has."""
    here, assumed = land(), law.assumed
    visits = records.by_stop[["visits", "minutes", "groups"]].reset_index()
    if visits.empty:
        return inputs_of(assumed)
    rates = fit(
        here.ways, here.stops, visits, expected=np.maximum(assumed, 0.05)
    ).draws()[:, 1:]
    share = rates / rates.sum(axis=1, keepdims=True)
    bounds = np.quantile(share, [0.05, 0.95], axis=0).T
    return with_need(assumed, share.mean(axis=0), bounds)


def with_need(
    assumed: Floats, need: Floats, bounds: Floats | None = None
) -> PlanningInputs:
    """Return the inputs with another need; the advised places stay those of what is assumed."""
    inputs = inputs_of(assumed)
    parts = inputs.reach.parts.assign(observed=need)
    reach = replace(inputs.reach, parts=parts, of_all=need, bounds=bounds)
    return replace(inputs, reach=reach)


def searched(
    inputs: PlanningInputs, terms: Terms, before: Sequence[PlannedShift]
) -> list[PlannedShift]:
    """Return a night as one search finds it, from the plan of the night before."""
    night = night_of_patrols._Night(inputs, terms)
    shifts = Shifts(tuple(night.problems()), night.cover, inputs.params.repeat)
    try:
        routes = solver.solve_shifts(
            shifts,
            iterations=1,
            seed=inputs.params.seed,
            start=[shift.routes for shift in before] or None,
        )
    except (
        ProblemError
    ):  # A required stop found no room; it has one in the greedy plan.
        routes = night.greedy
    return night.planned(routes)


@contextmanager
def surrogate() -> Iterator[None]:
    """Let plans be those of the surrogate."""
    with (
        patch.object(nights, "plan_night", searched),
        patch.object(nights, "_steady", lambda inputs, found, before: found),
        patch.object(solver, "LONGER", 0),
        patch.object(priors, "STEPS", (-1.6, 0.0, 1.6)),
    ):
        yield


def knows(rule: str, law: Truth, season: Season, night: int) -> PlanningInputs:
    """Return what the plan of a rule starts from; the clairvoyant knows the truth of that night."""
    if rule == "clairvoyant" and night:
        help_an_hour = law.now(night, season.lately(night)) * law.accepts
        return with_need(law.assumed, help_an_hour[1:] / help_an_hour.sum())
    return learnt(law, season.records(night))


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
        found = plan_nights(inputs, params)
        season.announced.append(announced_share(found))
        return found
    seeded = replace(inputs.params, seed=night + 1000 * law.seed + 1)
    inputs = replace(inputs, params=seeded)
    records = season.records(night)
    used = rule if rule in ("draw", "upper", "mean") else "mean"
    known = known_of(inputs, records, rule=used)
    need = inputs.reach.by_stop["need"].to_numpy(float)
    if rule == "random":
        rng = np.random.default_rng([law.seed, night])
        known = replace(known, earns=rng.permutation(need) / np.maximum(need, 1e-12))
    if rule == "clairvoyant":
        known = replace(known, earns=np.ones(len(need)))
    known.earns[0] = 0.0
    told = courses.announced(inputs, gpd.GeoDataFrame(before), params)
    regular = told.visits > 0
    if rule == "clairvoyant":
        known = replace(known, accepted=np.full_like(known.accepted, 10**6))
    trial = plan_nights(
        inputs,
        replace(params, iterations=min(TRIAL, params.iterations)),
        courses.free_course(known, regular),
    )
    wanted = np.r_[0, trial.visits["visits"].to_numpy(int)]
    found, _ = on_course(inputs, known, told, wanted, params)
    made = np.r_[0, found.visits["visits"].to_numpy(int)]
    by_lot = found.by_lot
    season.opened += int((~regular & (made - by_lot >= params.least_visits)).sum())
    lost = np.maximum(told.visits - (made - by_lot), 0).sum() / told.visits.sum()
    season.withdrawn = max(season.withdrawn, float(lost))
    season.announced.append(announced_share(found))
    return found


def announced_share(found: Fortnight) -> float:
    """Return the share of the stop time of a plan at stops that it announces."""
    visits = np.r_[0, found.visits["visits"].to_numpy(int)] - found.by_lot
    announced = visits >= found.inputs.fortnight.least_visits
    return float(visits[announced].sum() / (visits + found.by_lot).sum())


def driven(rule: str, world: World, seed: int, iterations: int) -> Season:
    """Return a season of a rule."""
    law = truth(world, seed)
    n = len(law.assumed)
    season = Season(*np.zeros((3, NIGHTS, n)))
    plan = None
    for start in range(0, NIGHTS, FORTNIGHT):
        if plan is None or rule != "fixed":
            inputs = knows(rule, law, season, start)
            params = FortnightParams(iterations=iterations, nights=FORTNIGHT)
            before = None if plan is None else timetable(plan)
            plan = planned(rule, inputs, params, season, start, law, before)
        for k, shifts in enumerate(plan.nights):
            night = start + k
            if night >= NIGHTS:
                break
            visits = [visit.stop for shift in shifts for visit in shift.visits()]
            minutes = 30.0 * np.bincount(visits, minlength=n)
            lately = season.lately(night)
            season.minutes[night] = minutes
            season.groups[night], season.accepted[night] = law.meets(
                night, minutes, lately
            )
    return season


def measures(rule: str, world: World, seed: int, quick: bool) -> dict[str, object]:
    """Return what a rule brings in a season."""
    began = time.process_time()
    with surrogate() if quick else nullcontext():
        season = driven(rule, world, seed, 1 if quick else PLANNER)
    law = truth(world, seed)
    best = np.argsort(-law.rate[:HALF].mean(axis=0) * law.accepts)[:10]
    seen = season.minutes[:HALF].sum(axis=0)
    expected = sum(
        law.now(night, season.lately(night)) * season.minutes[night] / 60 @ law.accepts
        for night in range(HALF, NIGHTS)
    )
    use = pd.Series(season.minutes[-FORTNIGHT:].sum(axis=0)[1:])
    now = pd.Series(law.rate[-1][1:] * law.accepts[1:])
    return {
        "quick": quick,
        "world": world,
        "rule": rule,
        "seed": seed,
        "accepted": season.accepted[HALF:].sum(),
        "expected": expected,
        "never": int((seen[best] == 0).sum()),
        "opened": season.opened,
        "withdrawn": season.withdrawn,
        "announced": min(season.announced),
        "hours_first": season.minutes[:FORTNIGHT].sum() / 60,
        "hours_last": season.minutes[-FORTNIGHT:].sum() / 60,
        "rank": use.corr(now, method="spearman"),
        "processor_s": time.process_time() - began,
    }


def mean_with_error(values: pd.Series) -> str:
    """Return a mean with its interval at 90 %."""
    n = len(values)
    half = stats.t.ppf(0.95, n - 1) * values.std() / n**0.5 if n > 1 else np.nan
    return f"{values.mean():.3f} ± {half:.3f}"


def share_with_error(of_all: pd.Series) -> str:
    """Return a share with its interval at 90 % (Jeffreys)."""
    yes, no = of_all.sum(), (~of_all).sum()
    low, high = stats.beta.ppf([0.05, 0.95], yes + 0.5, no + 0.5)
    return f"{of_all.mean():.3f} ({low:.3f} to {high:.3f})"


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each rule in each world, and shares of others, with intervals."""
    lines = []
    for (world, rule), own in rows.groupby(["world", "rule"], sort=False):
        line: dict[str, object] = {"world": world, "rule": rule, "seasons": len(own)}
        brings = own.set_index("seed")["expected"]
        for other in ("clairvoyant", "fixed"):
            beside = rows[(rows["world"] == world) & (rows["rule"] == other)]
            ratio = brings / beside.set_index("seed")["expected"]
            line[f"of {other}"] = mean_with_error(ratio.dropna())
        line["accepted"] = mean_with_error(own["accepted"])
        line["unvisited"] = share_with_error(own["never"] > 0)
        line["opened"] = mean_with_error(own["opened"])
        line["announced"] = f"at least {own['announced'].min():.2f}"
        line["withdrawn"] = f"at most {own['withdrawn'].max():.2f}"
        line["hours"] = mean_with_error(own["hours_last"] / own["hours_first"])
        line["rank"] = round(own["rank"].mean(), 2)
        line["seconds"] = round(own["processor_s"].mean(), 1)
        lines.append(line)
    return pd.DataFrame(lines).set_index(["world", "rule"])


def distance(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the surrogate brings over what the planner does, where both have a season."""
    keys = ["world", "rule", "seed"]
    by_mode = rows.pivot_table("expected", keys, "quick").dropna()
    ratio = by_mode[True] / by_mode[False]
    of_rule = ratio.groupby(["world", "rule"])
    return of_rule.agg([mean_with_error, "size"])


def main() -> None:
    """Run what the file does not hold yet, and print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seasons", type=int, default=8)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--rules", nargs="*", default=RULES)
    asked.add_argument("--worlds", nargs="*", default=WORLDS)
    asked.add_argument("--minutes", type=float, default=np.inf)
    asked.add_argument("--csv", type=Path, default=Path("following.csv"))
    asked.add_argument("--beside", nargs="*", type=Path, default=())
    given = asked.parse_args()
    done = pd.read_csv(given.csv) if given.csv.exists() else pd.DataFrame()
    keys = ["rule", "world", "seed", "quick"]
    held = set() if done.empty else {*map(tuple, done[keys].to_numpy())}
    seeds = range(given.first, given.first + given.seasons)
    seasons = [
        (rule, world, seed, given.quick)
        for seed in seeds
        for world in given.worlds
        for rule in given.rules
        if (rule, world, seed, given.quick) not in held
    ]
    until = time.monotonic() + 60 * given.minutes
    for season in seasons:
        if time.monotonic() < until:
            row = pd.DataFrame([measures(*season)])
            first = not given.csv.exists()
            row.to_csv(given.csv, mode="a", header=first, index=False)
    rows = pd.concat([pd.read_csv(path) for path in [given.csv, *given.beside]])
    pd.set_option("display.width", 250, "display.max_columns", 20)
    for quick, of_mode in rows.groupby("quick"):
        print("surrogate" if quick else "planner")
        print(table(of_mode).to_string())
    if rows["quick"].nunique() == 2:
        print("surrogate over planner")
        print(distance(rows).to_string())


if __name__ == "__main__":
    main()
