"""The planner's audit: small shifts beside their exact best, and the shipped study's plans.

    python tests/benchmarks/audit.py OUT [--shifts 500] [--first 1000] [--seeds 1,2,3]
        [--before RUN NIGHTS] [--parts night,remedies,fortnight,shifts]

OUT is the folder of `mitrovica run` on the shipped study.  Four tables:

- small shifts of made-up stops, from seed ``first`` on: how far a plan is from the exact best;
- a night with other seeds: stops, kilometres, need, and need on slower roads (300 draws);
- what would admit each stop left out: planned again with it, and whether the stop is visited;
- a fortnight: need a shift, kilometres a vehicle, and visits within an hour of a stop's usual time.

RUN and NIGHTS are folders of a run and of a plan of 14 nights by another version: their stops, in
their order, are timed and weighed as if always open.  What they break by the rules of now is named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

from problems.bound import most_served
from problems.exact_plans import best_value, shared_need

from geo.params import Params
from geo.patrols import appraisal
from geo.patrols.clock import buffer_s, hhmm, shift_span_s
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.night import plan_night
from geo.patrols.nights import plan_nights
from geo.patrols.proposal import stops_left_out
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import ProblemError
from geo.routing.solver import solve
from layers.readers import bundled, earlier_run
from mitrovica.dispatch import edits

DRAWS = 300
PLAN = "patrol_plan.csv"
PARTS = ("night", "remedies", "fortnight", "shifts")


def small_shifts(seeds: range) -> None:
    """Print how far plans of small shifts are from the exact best, with and without duties."""
    rows, false, none = [], 0, 0
    for seed in seeds:
        problem, cover = shared_need(seed)
        best = best_value(problem)
        try:
            routes = solve(problem, iterations=200, seed=seed)
        except ProblemError:
            false += best is not None
            none += best is None
            continue
        value = problem.value(routes)
        above = most_served(problem) / max(cover.served(routes), 1e-9) - 1
        rows.append((bool(problem.required), 1 - value / best if best else 0.0, above))
    table = pd.DataFrame(rows, columns=["required", "gap", "bound"])
    for name, part in (
        ("all", table),
        ("with required stops", table[table["required"]]),
    ):
        print(
            f"{len(part)} small shifts, {name}: gap {part['gap'].mean():.3%} on average, "
            f"{part['gap'].max():.2%} at worst; the best reached on {(part['gap'] < 1e-6).sum()}; "
            f"the bound is {part['bound'].median():.1%} above the plan (median)"
        )
    print(f"refused: {none} that no plan solves, {false} that one does")


def night_line(
    name: str, inputs: PlanningInputs, shifts: Sequence[PlannedShift]
) -> str:
    """Return stops, kilometres, need and robustness of a night."""
    made = appraisal.measures(inputs, shifts)
    drawn = appraisal.robustness(inputs, shifts, seed=1, draws=DRAWS)
    far = max(_vehicle_km(inputs, shift) for shift in shifts)
    slack = min(
        (shift.problem.vehicles[v][1] + buffer_s(shift.shift) - [*visits][-1].arrival_s)
        / 60
        for shift in shifts
        for v, visits in _by_vehicle(shift).items()
    )
    places = len({stop for shift in shifts for stop in shift.visited})
    return (
        f"{name:14} {made['stops'].sum():5} {places:6} {made['driven_km'].sum():6.0f} {far:7.0f} "
        f"{appraisal.shares(inputs, shifts)['need_share']:7.1%} {drawn['need'].mean():7.1%} "
        f"{drawn['need'].quantile(0.1):7.1%} {drawn['kept'].mean():7.1%} {slack:6.1f}"
    )


def _by_vehicle(shift: PlannedShift) -> dict[int, list]:
    found: dict[int, list] = {}
    for vehicle, *_, visit in shift.drives():
        found.setdefault(vehicle, []).append(visit)
    return found


def _vehicle_km(inputs: PlanningInputs, shift: PlannedShift) -> float:
    km: dict[int, float] = {}
    for vehicle, _, last, visit in shift.drives():
        km[vehicle] = (
            km.get(vehicle, 0.0) + inputs.matrix.distance_m[last, visit.stop] / 1000
        )
    return max(km.values(), default=0.0)


def of_other(
    inputs: PlanningInputs, rows: pd.DataFrame
) -> tuple[list[PlannedShift], str]:
    """Return the night that another version planned, without the stops that are none now."""
    known = rows["stop"].isin(inputs.stops["stop"])
    kept = rows[
        known & rows["shift"].isin([shift.name for shift in inputs.params.shifts])
    ]
    lost = sorted(set(rows.loc[~known, "stop"]))
    always = replace(inputs, opening=(), params=replace(inputs.params, windows=()))
    return edits.as_edited(
        always, kept
    ), f"no stop now: {', '.join(lost)}" if lost else ""


def nights_with_seeds(
    inputs: PlanningInputs, seeds: Sequence[int], before: Path | None
) -> None:
    """Print a night of the shipped study with several seeds, beside that of another version."""
    print(
        f"\n{'a night':14} {'stops':>5} {'places':>6} {'km':>6} {'vehicle':>7} {'need':>7} "
        f"{'drawn':>7} {'tenth':>7} {'kept':>7} {'slack':>6}"
    )
    if before:
        rows = earlier_run.edited(before / PLAN)
        shifts, lost = of_other(inputs, rows)
        print(night_line("another", inputs, shifts), lost)
        faults = edits.weigh(
            inputs, rows[rows["stop"].isin(inputs.stops["stop"])]
        ).faults
        print(
            f"  by the rules of now it breaks {len(faults)}:", *faults[:8], sep="\n    "
        )
    for seed in seeds:
        other = replace(inputs, params=replace(inputs.params, seed=seed))
        print(night_line(f"seed {seed}", other, plan_night(other)), flush=True)


def remedies(inputs: PlanningInputs, seeds: Sequence[int]) -> None:
    """Print what would admit each stop left out, and how many a plan made again confirms."""
    for seed in seeds:
        now = replace(inputs, params=replace(inputs.params, seed=seed))
        found = stops_left_out(now, plan_night(now))
        named = found[~found["admits"].isin(["nothing", "minimum"])].to_dict("records")
        held = [row["stop"] in _visited(_with(now, row)) for row in named]
        kinds = found["admits"].value_counts().to_dict()
        print(
            f"\nseed {seed}: {len(found)} left out, {kinds}; {sum(held)} of {len(held)} confirmed"
        )
        for row, ok in zip(named, held, strict=True):
            print(f"  {row['stop']:28} {row['reason']:17} {row['admits']:13} "
                  f"{row['admit_shift'] or '':14} {row['admit_min'] or '':>3} {ok}")  # fmt: skip


def _with(inputs: PlanningInputs, row: dict) -> PlanningInputs:
    """Return the inputs with the change that a row of table `LEFT_OUT` names."""
    params = inputs.params
    if row["admits"] == "vehicle":
        return replace(inputs, params=replace(params, vehicles=params.vehicles + 1))
    if row["admits"] == "window":
        windows = tuple(w for w in params.windows if w.stop != row["stop"])
        opening = tuple(w for w in inputs.opening if w.stop != row["stop"])
        return replace(inputs, params=replace(params, windows=windows), opening=opening)
    shifts = tuple(
        replace(shift, end=hhmm(shift_span_s(shift)[1] + 60 * int(row["admit_min"])))
        if shift.name == row["admit_shift"]
        else shift
        for shift in params.shifts
    )
    return replace(inputs, params=replace(params, shifts=shifts))


def _visited(inputs: PlanningInputs) -> set[str]:
    stops = {stop for shift in plan_night(inputs) for stop in shift.visited}
    return set(inputs.stops["stop"].iloc[list(stops)])


def fortnight_line(
    name: str, inputs: PlanningInputs, nights: list[list[PlannedShift]]
) -> str:
    """Return what a fortnight serves, drives, and how near to its usual time it comes."""
    shifts = [shift for night in nights for shift in night]
    share = [appraisal.shares(inputs, [shift])["need_share"] for shift in shifts]
    km = [_vehicle_km(inputs, shift) for shift in shifts]
    visits = [
        (shift.name, v.stop, v.begin_s) for shift in shifts for *_, v in shift.drives()
    ]
    table = pd.DataFrame(visits, columns=["shift", "stop", "begin_s"]).query(
        "stop != 0"
    )
    usual = table.groupby(["shift", "stop"])["begin_s"].transform("first")
    near = ((table["begin_s"] - usual).abs() <= 3600).groupby(
        [table["shift"], table["stop"]]
    )
    again = near.size() > 1
    drawn = [
        appraisal.robustness(inputs, n, seed=1, draws=30)["need"].mean() for n in nights
    ]
    return (
        f"{name:14} {len(table):5} {table['stop'].nunique():6} "
        f"{sum(appraisal.measures(inputs, shifts)['driven_km']):6.0f} {max(km):7.0f} "
        f"{np.mean(share):7.1%} {min(share):7.1%} {np.mean(drawn):7.1%} "
        f"{near.mean()[again].eq(1).sum():3} of {again.sum()} stops always within an hour "
        f"({near.sum().sum() / len(table):.0%} of visits)"
    )


def fortnights(
    inputs: PlanningInputs, params: Params, seeds: Sequence[int], before: Path | None
):
    """Print a fortnight of the shipped study with several seeds, beside one of another version."""
    print(
        f"\n{'a fortnight':14} {'stops':>5} {'places':>6} {'km':>6} {'vehicle':>7} {'need':>7} "
        f"{'worst':>7} {'drawn':>7}"
    )
    if before:
        made = [list(of_other(inputs, rows)[0]) for rows in _nights(before)]
        print(fortnight_line("another", inputs, made))
    for seed in seeds:
        other = replace(inputs, params=replace(inputs.params, seed=seed))
        planned = plan_nights(other, params.fortnight)
        print(
            fortnight_line(f"seed {seed}", other, [list(n) for n in planned.nights]),
            flush=True,
        )


def _nights(folder: Path) -> Iterator[pd.DataFrame]:
    for _, rows in earlier_run.edited(folder / PLAN).groupby("night"):
        yield rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="a folder that mitrovica run has filled")
    parser.add_argument("--shifts", type=int, default=500)
    parser.add_argument(
        "--first", type=int, default=1000, help="seed of the first small shift"
    )
    parser.add_argument("--seeds", default="1,2,3", help="of the shipped study")
    parser.add_argument("--before", type=Path, nargs=2, metavar=("RUN", "NIGHTS"))
    parser.add_argument("--parts", default=",".join(PARTS))
    options = parser.parse_args()
    parts = options.parts.split(",")
    seeds = [int(seed) for seed in options.seeds.split(",")]
    run, several = options.before or (None, None)
    found, params = earlier_run.read(options.out).findings, bundled.params()
    inputs = prepare(bundled.study_data(), found.need, params)
    if "night" in parts:
        nights_with_seeds(inputs, seeds, run)
    if "remedies" in parts:
        remedies(inputs, seeds)
    if "fortnight" in parts:
        fortnights(inputs, params, seeds, several)
    if "shifts" in parts:
        small_shifts(range(options.first, options.first + options.shifts))


if __name__ == "__main__":
    main()
