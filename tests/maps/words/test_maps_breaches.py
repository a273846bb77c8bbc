"""Rules that a plan breaks, in every language."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from geo.breaches import Breach, Kind
from maps.words.broken_rules import breach
from maps.words.catalogue import BREACH, LANGUAGES, entries
from maps.words.phrases import same

VALUES = {
    "stop": "mill", "place": "depot", "numbers": [0, 2], "out": 3, "there": 2, "clock": "17:59",
    "drive_s": 240, "service_s": 1740, "seconds": 12.25, "told_seconds": 13, "minutes": 30.0,
    "breaks": 0, "km": 101.25, "most_km": 100.0, "share": 0.505, "most_share": 0.5,
    "lost": 3, "announced": 14, "least_share": 0.5, "mean_minutes": 240.0, "told_minutes": 33.0,
    "metres": 12.5, "told_metres": 13.0, "visits": 2, "nights": 7, "within_nights": 6,
} | {f"{name}_at": 65_100 for name in (
    "leaves", "start", "back", "end", "not", "arrival", "free", "begins", "ends", "from", "until",
)}  # fmt: skip


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_rule_is_said_in_every_language(kind: Kind) -> None:
    asked = set(re.findall(r"{(\w+)}", entries()[f"{BREACH}{kind}"]["en"]))
    values = {name: VALUES[name] for name in asked}
    said = breach(Breach(kind, values, "evening", 2), same).forms
    assert len(set(said.values())) == len(LANGUAGES)
    assert said["en"].startswith("Evening, vehicle 2: ")
    for text in said.values():
        assert "{" not in text
        assert not any(name in asked and "mill" not in text for name in ["stop"])
    assert str(Breach(kind, values, "evening", 2)).startswith(
        "shift evening, vehicle 2: "
    )


def test_there_are_no_words_of_other_rules() -> None:
    kinds = {key.removeprefix(BREACH) for key in entries() if key.startswith(BREACH)}
    assert kinds == set(get_args(Kind))


def test_values_are_written_as_each_language_does() -> None:
    far = breach(Breach("too_far", {"km": 101.25, "most_km": 100.0}, "evening"))
    assert far.forms["en"] == "Evening: it drives 101.2 km, more than 100"
    assert "101,2 km" in far.forms["sq"]
    late = breach(Breach("back_late", {"back_at": 86_465, "end_at": 86_400}))
    assert late.forms["en"].startswith("it is back at 00:01:05, after ")
    share = breach(Breach("on_no_card", {"share": 0.35, "most_share": 0.3}))
    assert share.forms["en"].startswith("35 % of stop time")
