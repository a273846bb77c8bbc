"""Phrases: texts in every language, collected where a page holds them."""

import pytest

from maps.page.map_layers import Feature, Note
from maps.words import phrased_numbers
from maps.words.catalogue import LANGUAGES, plain
from maps.words.phrases import Phrase, collected, same


def test_units_stay_with_their_numbers() -> None:
    forms = {**dict.fromkeys(LANGUAGES, "1 km"), "sq": "60 м од места, 1.2 km, 56 %"}
    metres = Phrase(forms.__getitem__, "a")
    texts = collected(metres, Phrase(same("112 min, 3 malet"), "b"))
    assert texts["sq"]["a"] == "60\u00a0м од места, 1.2\u00a0km, 56\u00a0%"
    assert texts["sr-Cyrl"]["b"] == "112\u00a0min, 3 malet"


def test_phrases_are_found_wherever_a_page_holds_them() -> None:
    feature = Feature("layer.towns", (Note("length", phrased_numbers.metres(1234.4)),))
    share = phrased_numbers.share(0.56)
    texts = collected({"curves": [(1, feature)]}, share, "no phrase", None)
    length = feature.notes[0].key
    assert set(texts["en"]) - set(plain("en")) == {length, share}
    assert texts["sq"][length] == "1\u202f234\u00a0m"
    assert texts["en"]["layer.towns"] == plain("en")["layer.towns"]


def test_a_text_that_is_made_has_a_key_of_its_own() -> None:
    one, two = Phrase("stops", n=1), Phrase("stops", n=2)
    assert one == Phrase("stops", n=1) != two
    # Alike in English, and called otherwise in Albanian.
    both = [
        Phrase(lambda g, sq=sq: sq if g == "sq" else "Mill")
        for sq in ("Mulliri", "Bloja")
    ]
    texts = collected(one, two, both)
    assert [texts["sq"][key] for key in both] == ["Mulliri", "Bloja"]


def test_two_texts_of_one_key_are_refused() -> None:
    far, near = Phrase("start", "answer"), Phrase("break", "answer")
    assert collected([far, far])["en"]["answer"] == "Start"
    with pytest.raises(
        ValueError, match="two texts have the key 'answer': 'Start' and"
    ):
        collected([far, near])
