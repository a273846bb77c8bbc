"""Nights of practice: the same groups for every plan, and no more met than walked."""

from __future__ import annotations

from dataclasses import replace

from studies.season import SECTIONS, plan

from geo.practice import play


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
