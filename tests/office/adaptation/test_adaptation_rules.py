"""Plans that follow what visits of the log brought."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems.followed_seasons import inputs_of, truth

from geo.breaches import Breach
from geo.params import FortnightParams
from geo.params.patrols import StopWindow
from geo.patrols.inputs import PlanningInputs
from geo.patrols.nights import Fortnight, plan_nights
from geo.records import Log
from geo.results import Patrols
from geo.schema import (
    LEGS,
    LOG_GROUPS,
    LOG_IMPORTS,
    LOG_NIGHTS,
    LOG_PLANS,
    LOG_VISITS,
    WGS84,
)
from mitrovica.adaptation.course_rules import Announced, _withdrawn
from mitrovica.adaptation.equity import Least, least_served
from mitrovica.adaptation.feedback_rules import follow, follows
from mitrovica.adaptation.promises import REFUTED, broken_promises

NIGHTS = 7
STOPS = 24
PARAMS = FortnightParams(nights=NIGHTS, iterations=3, advised_visits=2, least_visits=2)
ZONE = "Europe/Belgrade"


@cache
def first_plan() -> Fortnight:
    return plan_nights(inputs_of(truth("static", 1).assumed[:STOPS]), PARAMS)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return inputs_of(truth("static", 1).assumed[:STOPS])


def log_of(
    inputs: PlanningInputs,
    groups_per_visit: dict[str, float],
    *,
    months: int = 1,
    refused: tuple[str, ...] = (),
    fewer: tuple[str, ...] = (),
) -> Log:
    """Return a log of the first plan, driven once a month; `fewer` meet nobody after the first."""
    ids = inputs.stops["stop"]
    rows = [
        {
            "import_id": f"import {month}",
            "plan_id": f"plan {month}",
            "date": f"2026-{month + 9:02d}-{night:02d}",
            "shift": shift.name,
            "vehicle": 1,
            "order": order,
            "stop": ids[visit.stop],
            "begin_s": visit.begin_s,
            "end_s": visit.departure_s,
        }
        for month in range(months)
        for night, shifts in enumerate(first_plan().nights, 1)
        for shift in shifts
        for order, visit in enumerate(shift.visits(), 1)
    ]
    table = pd.DataFrame(rows)
    midnight = pd.to_datetime(table["date"]).dt.tz_localize(ZONE)
    for name, seconds in (("arrive", "begin_s"), ("depart", "end_s")):
        table[name] = midnight + pd.to_timedelta(table[seconds], unit="s")
    names = [f"visit {k}" for k in range(len(table))]
    visits = table.assign(
        visit_id=names,
        page=names,
        outcome="done",
        arrived_at=table["arrive"],
        left_at=table["depart"],
    )
    per_visit = table["stop"].map(groups_per_visit).fillna(0)
    later = table["date"].str[:7] > "2026-09"
    per_visit[later & table["stop"].isin(fewer)] = 0
    met = table.loc[table.index.repeat(per_visit.astype(int))]
    met = met.assign(
        group_id=[f"group {k}" for k in range(len(met))],
        slot=[f"group {k}" for k in range(len(met))],
        month=met["date"].str[:7],
        size_class="1_4",
        help=np.where(met["stop"].isin(refused), "refused", "accepted"),
    )
    nights = table.drop_duplicates(["plan_id", "date"]).assign(time_zone=ZONE)
    points = inputs.stops.set_index("stop").geometry.to_crs(WGS84)
    plans = table.assign(name=table["stop"], geometry=points[table["stop"]].to_numpy())
    imports = table.drop_duplicates("import_id").assign(
        kind="plan", at=pd.Timestamp("2026-09-01", tz="UTC")
    )
    return Log.of(
        imports=imports.assign(
            at=imports["at"] + pd.to_timedelta(range(len(imports)), unit="D")
        )[["import_id", "kind", "at"]],
        nights=LOG_NIGHTS.frame(nights),
        plans=LOG_PLANS.geoframe(plans, crs=WGS84),
        visits=LOG_VISITS.frame(visits),
        groups=LOG_GROUPS.frame(met),
    )


def followed(inputs: PlanningInputs, log: Log) -> pd.DataFrame:
    return follow(inputs, PARAMS, log)[1].set_index("stop")


@pytest.fixture(scope="module")
def usual(inputs: PlanningInputs) -> tuple[Fortnight, pd.DataFrame]:
    """Return a plan that follows visits that met nobody, and its table."""
    found, table = follow(inputs, PARAMS, log_of(inputs, {}))
    return found, table.set_index("stop")


def test_without_a_visit_or_if_told_so_nothing_is_followed(
    inputs: PlanningInputs,
) -> None:
    log = log_of(inputs, {})
    assert follows(inputs, log)
    assert not follows(inputs, Log.of())
    fixed = replace(inputs, params=replace(inputs.params, follow=False))
    assert not follows(fixed, log)


def test_the_plan_of_the_need_alone_stands_beside_the_first_that_follows(
    inputs: PlanningInputs, usual: tuple[Fortnight, pd.DataFrame]
) -> None:
    fixed = plan_nights(inputs, replace(PARAMS, iterations=3)).visits
    alone = fixed.set_index("stop")["visits"]
    assert usual[1]["fixed"].tolist() == alone[usual[1].index].tolist()
    log = log_of(inputs, {})
    done = [
        {"import_id": kind, "kind": kind, "at": pd.Timestamp(at, tz="UTC")}
        for kind, at in (("add", "2026-12-01"), ("plan", "2026-12-02"))
    ]
    later = replace(log, imports=LOG_IMPORTS.frame(done))
    assert followed(inputs, later)["fixed"].isna().all()


def test_the_depot_may_be_a_stop_too(
    inputs: PlanningInputs, usual: tuple[Fortnight, pd.DataFrame]
) -> None:
    depot, *ids = inputs.stops["stop"]
    stops = inputs.stops.assign(stop=[ids[0], *ids])
    both = replace(inputs, stops=stops)
    table = follow(both, PARAMS, log_of(inputs, {}))[1]
    assert depot not in set(table["stop"])
    assert table["visits"].tolist() == usual[1]["visits"].tolist()


def test_announced_visits_stay_but_for_the_stated_share(
    usual: tuple[Fortnight, pd.DataFrame],
) -> None:
    _, table = usual
    assert table["announced"].sum() > 50
    withdrawn = (table["announced"] - table["visits"]).clip(lower=0).sum()
    assert withdrawn <= PARAMS.moves * table["announced"].sum()


def test_a_small_share_is_kept_to_where_announced_visits_find_no_room(
    inputs: PlanningInputs,
) -> None:
    params = replace(PARAMS, moves=0.1)
    rng = np.random.default_rng(1)
    stops = inputs.stops["stop"]
    groups = {stop: float(rng.integers(0, 4)) for stop in stops}
    refused = tuple(stops[rng.random(STOPS) < 0.5])
    log = log_of(inputs, groups, months=2, refused=refused)
    _, table = follow(inputs, params, log)
    lost = (table["announced"] - table["visits"]).clip(lower=0).sum()
    assert 0 < lost <= 0.1 * table["announced"].sum()


def test_help_accepted_moves_hours_and_groups_met_alone_do_not(
    inputs: PlanningInputs, usual: tuple[Fortnight, pd.DataFrame]
) -> None:
    _, before = usual
    alike = before[before["announced"].between(3, 8)].index
    glad, unwilling = alike[0], alike[1]
    log = log_of(inputs, dict.fromkeys(alike, 2), refused=(unwilling, *alike[2:]))
    table = followed(inputs, log)
    assert table["visits"][glad] > table["announced"][glad]
    assert table["why"][glad] == "more_help"
    assert table["visits"][unwilling] <= table["announced"][unwilling]


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 999), groups=st.integers(1, 3))
def test_minutes_at_stops_rise_and_fall_with_the_help_that_is_accepted_there(
    inputs: PlanningInputs,
    usual: tuple[Fortnight, pd.DataFrame],
    seed: int,
    groups: int,
) -> None:
    """Patrols meet as many groups at eight stops; in one log four accept, in the other the rest."""
    _, before = usual
    alike = before[before["announced"].between(3, 8)].index
    some = np.random.default_rng(seed).permutation(alike)[:8]
    minutes = []
    for refused in (some[4:], some[:4]):
        log = log_of(inputs, dict.fromkeys(some, groups), refused=tuple(refused))
        found, _ = follow(inputs, PARAMS, log)
        of_stop = minutes_by_stop(found)
        minutes.append([of_stop[some[:4]].sum(), of_stop[some[4:]].sum()])
    (glad, unwilling), (unwilling_later, glad_later) = minutes
    assert glad > unwilling_later
    assert glad_later > unwilling


@given(
    rows=st.lists(
        st.tuples(st.integers(4, 28), st.integers(0, 28), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_no_more_than_the_stated_share_is_withdrawn_and_no_stop_is_left_with_few(
    rows: list[tuple[int, int, bool]],
) -> None:
    params = FortnightParams()
    announced, wanted, away = map(np.array, zip(*rows, strict=True))
    goal = np.where(wanted < params.least_visits, 0, wanted)
    goal[away] = params.least_visits
    falls = np.maximum(announced - goal, 0)
    withdrawn = _withdrawn(falls, away, Announced(announced, {}), params)
    assert withdrawn.sum() <= params.moves * announced.sum()
    assert ((withdrawn >= 0) & (withdrawn <= falls)).all()
    left = announced - withdrawn
    assert ((left == 0) | (left >= params.least_visits)).all()


def minutes_by_stop(found: Fortnight) -> pd.Series:
    """Return the minutes that a plan offers at each stop, by its id."""
    ids = found.inputs.stops["stop"]
    visits = pd.DataFrame(
        [
            (ids[visit.stop], (visit.departure_s - visit.begin_s) / 60)
            for shift in found.shifts
            for visit in shift.visits()
        ],
        columns=["stop", "minutes"],
    )
    minutes = visits.groupby("stop")["minutes"].sum()
    return minutes.reindex(ids, fill_value=0.0)


def test_where_people_stay_away_hours_fall_and_nothing_opens_beside(
    inputs: PlanningInputs, plan: Patrols, busy: str
) -> None:
    table = plan.followed.set_index("stop")
    assert table["why"][busy] == "stays_away"
    assert PARAMS.least_visits <= table["visits"][busy]
    assert table["visits"][busy] < table["announced"][busy]
    at = inputs.stops.set_index("stop").geometry
    near = at.distance(at[busy])[table.index] <= 5000
    opened = (table["announced"] == 0) & (table["visits"] > 0)
    assert not (opened & near).any()


@pytest.mark.proof
def test_no_stop_opens_before_two_months_have_shown_that_people_keep_coming(
    inputs: PlanningInputs,
) -> None:
    """In both a stop that was drawn by lot brings more than any other; it opens in one only."""
    glad = dict.fromkeys(inputs.stops["stop"], 2)
    for months, opens in ((1, False), (3, True)):
        log = log_of(inputs, glad, months=months)
        seldom = log.plans["stop"].value_counts().idxmin()
        spared = log.plans["stop"] != seldom
        log = replace(log, plans=log.plans[spared])
        found, _ = follow(inputs, PARAMS, log)
        assert found.course is not None
        new = found.course.most[inputs.number[seldom]]
        assert bool(new) == found.course.may_open == opens


def test_no_stop_has_more_visits_than_its_course_allows(inputs: PlanningInputs) -> None:
    """Though the stops of most need, where nobody accepts help, would serve more of the need."""
    need = inputs.reach.by_stop["need"]
    most_need = inputs.stops["stop"][need.nlargest(8).index]
    log = log_of(
        inputs, dict.fromkeys(inputs.stops["stop"], 4), refused=tuple(most_need)
    )
    found, table = follow(inputs, PARAMS, log)
    assert found.course is not None
    quota = found.visits["quota"].to_numpy(int)
    most = np.maximum(found.course.most[1:], quota)
    over = table["visits"].to_numpy(int) > most
    assert not over.any(), (table["visits"].to_numpy()[over], most[over], found.by_lot)


def test_a_few_nights_that_announce_nothing_are_as_full_as_any(
    inputs: PlanningInputs,
) -> None:
    params = replace(PARAMS, nights=3, advised_visits=1, least_visits=4)
    log = log_of(inputs, {})
    none_before = replace(log, plans=log.plans.iloc[:0])
    found, table = follow(inputs, params, none_before)
    usual = plan_nights(inputs, params)
    made = sum(len(shift.visited) for shift in found.shifts)
    assert made >= 0.9 * sum(len(shift.visited) for shift in usual.shifts)
    assert not table["announced"].any()


def test_every_other_stop_is_drawn_by_lot_within_the_nights_that_are_said(
    inputs: PlanningInputs, usual: tuple[Fortnight, pd.DataFrame]
) -> None:
    found, table = usual
    assert found.course is not None
    drawn = found.course.drawn
    others = table[(table["visits"] == 0)]
    within = drawn.within_nights
    assert within <= NIGHTS
    assert (others["by_lot"] > 0).all(), others
    assert others["probability"].between(0, 1, inclusive="right").all()
    minutes = table[["visits", "by_lot"]].sum()
    assert minutes["visits"] >= 0.7 * minutes.sum()
    again = followed(inputs, log_of(inputs, {}))
    pd.testing.assert_frame_equal(table, again)


def test_counts_are_of_whole_months(inputs: PlanningInputs) -> None:
    """A plan within a month tells nothing of the month: two plans would tell of nights."""
    glad = "place 5"
    table = followed(inputs, log_of(inputs, {glad: 2}))
    assert table["groups"].sum() == 0
    assert table["nights_made"].sum() == 0


def plan_of(inputs: PlanningInputs, log: Log) -> Patrols:
    """Return the plan that follows a log, with what the auditor reads of it."""
    found, table = follow(inputs, PARAMS, log)
    points = inputs.stops.geometry
    rows = [
        {
            "night": night,
            "shift": shift.name,
            "stop": inputs.stops["stop"][visit.stop],
            "service_s": visit.departure_s - visit.begin_s,
            "geometry": points[visit.stop],
        }
        for night, shifts in enumerate(found.nights, 1)
        for shift in shifts
        for visit in shift.visits()
    ]
    assert found.course is not None
    return Patrols(
        gpd.GeoDataFrame(rows, crs=inputs.stops.crs),
        LEGS.geoframe(crs=str(inputs.stops.crs)),
        followed=table,
        within_nights=found.course.drawn.within_nights,
    )


@pytest.fixture(scope="module")
def busy(usual: tuple[Fortnight, pd.DataFrame]) -> str:
    """Return the stop that was announced most."""
    return str(usual[1]["announced"].idxmax())


@pytest.fixture(scope="module")
def plan(inputs: PlanningInputs, busy: str) -> Patrols:
    """Return a plan on a log of two months in which people stay away from the busiest stop."""
    return plan_of(inputs, log_of(inputs, {busy: 3}, months=2, fewer=(busy,)))


def broken(inputs: PlanningInputs, plan: Patrols) -> list[Breach]:
    return broken_promises(plan, inputs, PARAMS)


def test_the_auditor_finds_nothing_in_a_plan(
    inputs: PlanningInputs, plan: Patrols
) -> None:
    assert broken(inputs, plan) == []


def test_the_auditor_finds_announced_visits_that_are_not_made(
    inputs: PlanningInputs, plan: Patrols
) -> None:
    fewer = replace(plan, stops=plan.stops[plan.stops["night"] > 3])
    assert "withdrawn" in {one.kind for one in broken(inputs, fewer)}


def test_the_auditor_finds_hours_that_do_not_fall_where_people_stay_away(
    inputs: PlanningInputs, plan: Patrols, busy: str
) -> None:
    at = plan.stops[plan.stops["stop"] == busy]
    more = replace(plan, stops=pd.concat([plan.stops, *[at] * 20]))
    assert Breach("hours_do_not_fall", {"stop": busy}) in broken(inputs, more)


def test_the_auditor_finds_a_stop_that_opens_beside_one_of_staying_away(
    inputs: PlanningInputs, plan: Patrols, busy: str
) -> None:
    at = inputs.stops.set_index("stop").geometry
    table = plan.followed.copy()
    closed = table.loc[table["announced"] == 0, "stop"]
    near = at[closed].distance(at[busy]).idxmin()
    assert at[near].distance(at[busy]) < 5000
    visit = plan.stops[plan.stops["stop"] == busy].head(1)
    visits = [visit.assign(stop=near, geometry=at[near])] * 3
    opened = replace(plan, stops=pd.concat([plan.stops, *visits]))
    found = broken(inputs, opened)
    opens = {one.values["stop"] for one in found if one.kind == "opens_near"}
    assert opens == {near}, found


def test_the_auditor_finds_a_stop_that_no_night_visits_or_that_is_in_reach(
    inputs: PlanningInputs, plan: Patrols
) -> None:
    table = plan.followed
    drawn = table.loc[table["why"] == "by_lot", "stop"].iloc[0]
    without = replace(plan, stops=plan.stops[plan.stops["stop"] != drawn])
    within = {"nights": 7, "within_nights": plan.within_nights}
    missed = Breach("not_visited", {"stop": drawn, **within})
    assert missed in broken(inputs, without)
    for excuse, kind in REFUTED.items():
        why = table["why"].mask(table["stop"] == drawn, excuse)
        other = replace(without, followed=table.assign(why=why))
        assert Breach(kind, {"stop": drawn}) in broken(inputs, other)


def test_why_a_stop_is_never_visited_is_true(inputs: PlanningInputs) -> None:
    """One is suspended, one opens at noon only, one lies two hours away."""
    ids, n = inputs.stops["stop"], len(inputs.stops)
    usual = np.flatnonzero(~inputs.reach.advised)[1:4].tolist()
    out, shut, far = usual
    reasons = {"suspended": out, "never_open": shut, "too_far": far}
    time_s = inputs.matrix.time_s.copy()
    time_s[far] = time_s[:, far] = 7200.0
    time_s[far, far] = 0.0
    params = replace(inputs.params, suspend_stops=(ids[out],))
    changed = replace(
        inputs,
        params=params,
        opening=(StopWindow(ids[shut], "12:00", "12:30"),),
        matrix=replace(inputs.matrix, time_s=time_s),
    )
    plan = plan_of(changed, log_of(inputs, {}))
    why = plan.followed.set_index("stop")["why"]
    assert {reason: why[ids[k]] for reason, k in reasons.items()} == dict(
        zip(reasons, reasons, strict=True)
    )
    assert why.isin(list(reasons)).sum() == len(reasons) < n
    assert broken(changed, plan) == []
    # Each of the others would be untrue of it.
    for reason, k in reasons.items():
        for excuse, kind in REFUTED.items():
            table = plan.followed.copy()
            table.loc[table["stop"] == ids[k], "why"] = excuse
            untrue = Breach(kind, {"stop": ids[k]})
            found = broken(changed, replace(plan, followed=table))
            assert (untrue in found) == (excuse != reason)


def test_the_auditor_finds_a_stop_that_opens_where_none_may(
    inputs: PlanningInputs, plan: Patrols
) -> None:
    closed = replace(plan, may_open=False)
    at = inputs.stops.set_index("stop").geometry
    shut = plan.followed.loc[plan.followed["announced"] == 0, "stop"].iloc[0]
    visit = plan.stops.head(1).assign(stop=shut, geometry=at[shut])
    more = replace(closed, stops=pd.concat([plan.stops, *[visit] * 3]))
    opens = Breach("opens_too_soon", {"stop": shut})
    assert opens in broken(inputs, more)
    assert opens not in broken(inputs, closed)


def test_the_auditor_finds_service_that_is_not_as_told_or_too_little(
    inputs: PlanningInputs, plan: Patrols
) -> None:
    first = plan.followed["stop"][0]
    more = plan.followed.assign(served_min=plan.followed["served_min"] + 30)
    found = broken(inputs, replace(plan, followed=more))
    [told] = [
        one
        for one in found
        if one.kind == "service_not_told" and one.values["stop"] == first
    ]
    minutes, told_minutes = told.values["minutes"], told.values["told_minutes"]
    assert told_minutes - minutes == pytest.approx(30, abs=1.1)
    asked = replace(PARAMS, least_served=0.9)
    found = broken_promises(plan, inputs, asked)
    [least] = [one.values for one in found if one.kind == "least_served"]
    assert least["minutes"] < 0.9 * least["mean_minutes"]


def test_the_need_with_least_service_gets_a_minimum_of_visits(
    inputs: PlanningInputs,
) -> None:
    need = inputs.reach.by_stop["need"].set_axis(inputs.stops["stop"])
    log = log_of(inputs, {})

    def least(share: float) -> tuple[Least, pd.DataFrame]:
        asked = replace(PARAMS, least_served=share)
        _, table = follow(inputs, asked, log)
        told = table.assign(need=table["stop"].map(need))
        return next(least_served(told)), table

    before, _ = least(0.0)
    share = 1.5 * before.minutes / before.mean_min
    after, table = least(share)
    assert after.minutes >= share * after.mean_min
    assert (table["why"] == "minimum").any()
