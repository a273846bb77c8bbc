"""Quantities as texts of a page."""

from maps.words import names, quantities
from maps.words.catalogue import LANGUAGES


def test_units_stay_with_their_numbers() -> None:
    texts: names.Texts = {
        g: {"a": "60 м од места, 1.2 km, 56 %, 3 malet", "b": "112 min"} for g in LANGUAGES
    }
    quantities.keep_units(texts)
    assert texts["sq"]["a"] == "60\u00a0м од места, 1.2\u00a0km, 56\u00a0%, 3 malet"
    assert texts["sr-Cyrl"]["b"] == "112\u00a0min"
