"""What a plan of several nights knows of the visits before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs

from geo.params import FortnightParams, Params, PatrolParams
from geo.patrols import memory
from geo.patrols.inputs import PlanningInputs
from geo.patrols.nights import plan_nights
from geo.schema import LOG_VISITS

FIRST = date(2026, 11, 29)
TWO = FortnightParams(nights=2, iterations=8, advised_visits=0)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    patrols = PatrolParams(vehicles=1, date=FIRST, exploration=0.3)
    return bundled_inputs(Params(patrols=patrols))


def visits(stops: list[str], days_before: int, outcome: str = "done") -> pd.DataFrame:
    """Return visits of one evening, at which nobody needs to have been met."""
    day = (FIRST - timedelta(days=days_before)).isoformat()
    rows = [
        {"stop": stop, "date": day, "shift": "evening", "outcome": outcome}
        for stop in stops
    ]
    return LOG_VISITS.frame(rows)


def remembered(inputs: PlanningInputs, *made: pd.DataFrame) -> memory.Memory:
    table = pd.concat(made, ignore_index=True)
    return memory.of_log(replace(inputs, visits=table), TWO)


def test_a_visit_of_two_nights_ago_has_recovered_to_1_over_e(
    inputs: PlanningInputs,
) -> None:
    stop = inputs.stops["stop"].iloc[3]
    found = remembered(inputs, visits([stop], 2))
    served = inputs.reach.served([3])
    np.testing.assert_allclose(found.loss, np.where(served, 0.5 / np.e, 0.0))
    skipped = remembered(inputs, visits([stop], 2, outcome="skipped"))
    assert not skipped.loss.any()
    assert not remembered(inputs, visits([stop], 0)).loss.any(), "the night itself"
    assert not remembered(inputs, visits(["a stop of last year"], 1)).seen.any()


def test_two_visits_take_more_than_one(inputs: PlanningInputs) -> None:
    stop = inputs.stops["stop"].iloc[3]
    twice = remembered(inputs, visits([stop], 4), visits([stop], 2))
    loss = 1 - (1 - 0.5 / np.e) * 0.5
    assert twice.loss.max() == pytest.approx(loss / np.e)


def test_a_place_that_was_visited_in_vain_is_not_explored_again(
    inputs: PlanningInputs,
) -> None:
    before = plan_nights(inputs, TWO)
    little = inputs.reach.little_known
    explored = {s for shift in before.shifts for s in shift.visited if little[s]}
    assert explored
    names = inputs.stops["stop"].iloc[sorted(explored)].tolist()
    long_ago = [visits(names, days) for days in (60, 50, 40)]
    knowing = replace(inputs, visits=pd.concat(long_ago, ignore_index=True))
    after = plan_nights(knowing, TWO)
    unexplored = after.nights[0][0].unexplored
    assert unexplored is not None
    assert not unexplored[sorted(explored)].any()
    assert before.nights[0][0].unexplored[sorted(explored)].all()
