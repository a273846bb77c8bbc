"""Several nights in a row: quotas, diminishing returns, usual times, exploration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo import fortnight, patrols
from geo.orienteering import ProblemError
from geo.params import FortnightParams, Params, PatrolParams
from geo.patrols import Ground
from geo.plan_checker import breaches
from layers.readers import bundled
from layers.schema import HOTSPOTS, METRIC

FAST = FortnightParams(nights=4, iterations=60, advised_visits=2)


@pytest.fixture(scope="module")
def ground() -> Ground:
    layers = bundled.network()
    return patrols.survey(
        layers.roads.to_crs(METRIC),
        bundled.boundary().to_crs(METRIC),
        bundled.places().to_crs(METRIC),
        layers.facilities.to_crs(METRIC),
        HOTSPOTS.geoframe(crs=METRIC),
        Params(patrols=PatrolParams(vehicles=1)),
        generalised=True,
    )


def test_every_minimum_is_met_and_every_shift_is_in_time(ground: Ground) -> None:
    wish = replace(FAST, visits={"station_fushe_kosove": 1, "stop_market_mitrovica": 3})
    found = fortnight.plan(ground, wish)
    visits = found.visits.set_index("stop")
    assert (visits["visits"] >= visits["quota"]).all()
    assert visits.loc["gate1_jarinje", "quota"] == 2
    assert visits.loc["station_fushe_kosove", "visits"] >= 1
    assert len(found.nights) == 4
    boundary = bundled.boundary().to_crs(METRIC)
    for night in found.nights:
        proposed = patrols.tables(ground, list(night))
        roads = ground.matrix.drive
        assert breaches(proposed, roads, boundary, ground.wish, usual_times=True) == []
    assert found.explored >= wish.exploration


def test_one_seed_gives_one_fortnight(ground: Ground) -> None:
    first, second = (fortnight.plan(ground, FAST) for _ in range(2))
    assert [[s.routes for s in n] for n in first.nights] == [
        [s.routes for s in n] for n in second.nights
    ]


def test_a_usual_time_is_kept_where_it_is_preferred(ground: Ground) -> None:
    def kept(share: float) -> float:
        visits = fortnight.plan(ground, replace(FAST, usual_share=share)).visits
        return float((visits["visits"] * visits["at_usual_time"].fillna(0)).sum())

    assert kept(0.7) > kept(1.0)


def test_loss_and_recovery(ground: Ground) -> None:
    """A visit halves the prize; after two nights of recovery 1/e of the loss is left."""
    found = fortnight.plan(ground, replace(FAST, nights=3, advised_visits=0, usual_share=1.0))
    base = ground.stops["prize"].to_numpy(float)
    first, second = found.nights[0]
    for stop in first.visited:
        expected = 0.5 * base[stop]
        assert second.problem.prize[stop] == pytest.approx(expected)
    untouched = set(range(1, len(base))) - {*first.visited, *second.visited}
    for stop in untouched & set(np.flatnonzero(found.nights[1][0].problem.prize).tolist()):
        assert found.nights[1][0].problem.prize[stop] == pytest.approx(base[stop])
    once = set(first.visited) - set(second.visited)
    for stop in once:
        expected = base[stop] * (1 - 0.5 * np.exp(-1 / 2))
        assert found.nights[1][0].problem.prize[stop] == pytest.approx(expected)


def test_exploration_raises_the_prizes_of_little_known_places(ground: Ground) -> None:
    some = fortnight.plan(ground, replace(FAST, nights=1, advised_visits=0, exploration=0.0))
    more = fortnight.plan(ground, replace(FAST, nights=1, advised_visits=0, exploration=0.9))
    assert more.explored > some.explored


def test_contradictory_quotas_are_named_with_the_smallest_change(ground: Ground) -> None:
    with pytest.raises(ProblemError, match=r"only 8 shifts in 4 nights can visit it.*ask for 8"):
        fortnight.plan(ground, replace(FAST, visits={"bus_station_mitrovica": 9}))
    with pytest.raises(ProblemError, match=r"Smallest change: \d+ more vehicles, or \d+ min"):
        everywhere = dict.fromkeys(ground.stops["stop"].iloc[4:], 4)
        fortnight.plan(ground, replace(FAST, visits=everywhere))
    with pytest.raises(ProblemError, match=r"crossing_brnjak \(far_from_road\), moon \(no cand"):
        fortnight.plan(ground, replace(FAST, visits={"moon": 1, "crossing_brnjak": 1}))
