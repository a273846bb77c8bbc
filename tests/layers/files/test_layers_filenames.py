"""Names of files made of names that anyone may have given."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from layers.files.filenames import PART_CHARACTERS, file_parts


def test_letters_of_every_script_stay_and_the_rest_becomes_an_underscore() -> None:
    names = ("evening", "early morning", "вече", "Mbrëmje 2", "<b>/../night", "  ")
    assert list(file_parts(names).values()) == [
        "evening", "early_morning", "вече", "Mbrëmje_2", "b_night", "unnamed",
    ]  # fmt: skip


def test_names_that_would_be_alike_are_numbered_in_their_order() -> None:
    names = ("a b", "a-b", "a b", "A/B", "a b 2", "", "→")
    assert file_parts(names) == {
        "a b": "a_b", "a-b": "a_b_2", "A/B": "A_B_3", "a b 2": "a_b_2_2", "": "unnamed",
        "→": "unnamed_2",
    }  # fmt: skip


def test_one_name_in_two_spellings_of_unicode_makes_two_files() -> None:
    composed, apart = (
        unicodedata.normalize(form, "Mbrëmje") for form in ("NFC", "NFD")
    )
    assert list(file_parts([composed, apart]).values()) == ["Mbrëmje", "Mbrëmje_2"]


SOME = st.lists(
    st.text() | st.text("aA_- 2", max_size=4) | st.text("ж", min_size=30), max_size=8
)


@given(SOME)
def test_no_two_names_have_the_same_part(names: list[str]) -> None:
    parts = file_parts(names)
    assert parts.keys() == set(names)
    assert len({part.casefold() for part in parts.values()}) == len(parts)
    for part in parts.values():
        assert re.fullmatch(r"\w+", part)
        assert len(part) <= PART_CHARACTERS + len("_99")
