"""Nights of practice: the same groups for every plan, and no more met than walked."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point
from studies.season import SECTIONS, plan

from geo.practice import MET_PER_MIN, minutes_beside, play
from geo.presence.sight import noticed


def test_the_same_seed_gives_the_same_groups_to_every_plan() -> None:
    whole = plan()
    less = replace(whole, stops=whole.stops.iloc[:-1])
    one, other = (
        play(SECTIONS, whole, 2, seed=5),
        play(SECTIONS, less, 2, seed=5),
    )
    assert [night.passed for night in one] == [night.passed for night in other]
    assert [night.passed for night in play(SECTIONS, whole, 2, seed=6)] != [
        n.passed for n in one
    ]


def test_a_later_night_leaves_the_earlier_ones_as_they_were() -> None:
    short, long = (
        play(SECTIONS, plan(), 1, seed=5),
        play(SECTIONS, plan(), 3, seed=5),
    )
    assert [(n.passed, n.met) for n in long[:1]] == [
        (n.passed, n.met) for n in short
    ]
    assert [n.night for n in long] == [1, 2, 3]


def test_no_more_are_met_than_walked_and_only_at_stops_that_were_made() -> None:
    nights = play(SECTIONS, plan(), 6, seed=2)
    assert all(0 <= night.met <= night.passed for night in nights)
    assert sum(night.met for night in nights) > 0
    made = set(plan().stops.loc[plan().stops["service_s"] > 0, "name"])
    assert all(set(night.stops["name"]) <= made for night in nights)


def test_a_group_is_as_near_as_it_has_walked_along_its_way() -> None:
    """A metre a second, round a corner after 300 m, past a crew 100 m behind the corner.

    ::

        |
        C  the crew, from second 300 to 480
        |
        +----------- o  the group starts
    """
    straight = LineString([(0, 90_000), (1000, 90_000)])
    bent = LineString([(0, 0), (300, 0), (300, 0), (300, 700)])
    walks = pd.DataFrame(
        {
            "section": [1, 0],
            "turn": 0,
            "start_s": [0.0, 0.0],
            "took_s": [1000.0, 1000.0],
        }
    )
    visits = gpd.GeoDataFrame(
        {
            "turn": [0],
            "outcome": ["done"],
            "arrival_s": [300.0],
            "departure_s": [480.0],
        },
        geometry=[Point(300, 100)],
    )
    paths = np.array([straight, bent], dtype=object)
    beside = minutes_beside(walks, paths, visits)
    assert beside["walk"].tolist() == [0, 0, 0]
    assert beside["at_s"].tolist() == [330, 390, 450]
    away_m = np.array([70.0, 10.0, 50.0])
    assert beside["rate"].to_numpy() == pytest.approx(
        MET_PER_MIN * noticed(away_m)
    )
