"""The catalogue of words: complete in every language, with the same values in each."""

import re
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.schema import (
    FACILITY_KINDS,
    FACILITY_NAMES,
    HELP_KINDS,
    LEFT_OUT,
    NEED_PARTS,
    PATROL_MEASURES,
    PLACE_KINDS,
    values,
)
from maps.overlays.need_layers import BRINGS
from maps.page.escaping import asset
from maps.page.figure import SCRIPTS
from maps.page.map_layers import LAYERS, NEED, PLACES
from maps.panels import plan_quality
from maps.words import catalogue as words
from maps.words.catalogue import (
    LANGUAGES,
    WordError,
    day,
    entries,
    latin,
    month,
    number,
    short_day,
    whole_day,
    word,
    written,
)

SOURCES = ("en", "sq", "sr")
ON_CARDS = (*SOURCES, *words.ON_CARDS)
MADE = (
    r"osm|(brief|near|sample|how)\.\w+|line\.\d|marking\.(when|out_of_date)|periods\.without|"
    r"layer\.boundary"
)
"""Texts that the page makes of catalogue words and values."""

FORMS = {"en": {"one", "other"}, "sq": {"one", "other"}, "sr": {"one", "few", "other"}}


def test_every_key_is_written_in_every_language() -> None:
    for key, entry in entries().items():
        assert set(entry) == set(ON_CARDS if key.startswith(words.CARD) else SOURCES), (
            key
        )
        kinds = {type(text) for text in entry.values()}
        assert len(kinds) == 1, key
        if kinds == {dict}:
            assert {source: set(entry[source]) for source in SOURCES} == FORMS, key
        elif kinds == {list}:
            assert {len(names) for names in entry.values()} == {
                7 if "week" in key else 12
            }, key
        else:
            assert all(text.strip() for text in entry.values()), key


def forms_of(entry: str | list[str] | dict[str, str]) -> Iterable[str]:
    """Return every text of a key in one language."""
    return (
        entry.values()
        if isinstance(entry, dict)
        else [entry]
        if isinstance(entry, str)
        else entry
    )


def test_every_language_takes_the_same_values() -> None:
    for key, entry in entries().items():
        texts = [text for forms in entry.values() for text in forms_of(forms)]
        wanted = {frozenset(re.findall(r"{(\w+)}", text)) for text in texts}
        assert len(wanted) == 1, key


def test_serbian_is_written_in_cyrillic_and_read_in_latin() -> None:
    for key, entry in entries().items():
        for text in forms_of(entry["sr"]):
            assert not re.search("[А-Яа-яЂЈЉЊЋЏђјљњћџ]", latin(text)), key
    assert latin("Ђенерал Јанковић, Љубљана, Његош, Џамија, чвор") == (
        "Đeneral Janković, Ljubljana, Njegoš, Džamija, čvor"
    )


@pytest.mark.parametrize(
    ("name", "latin_name", "cyrillic_name"),
    [
        ("Краља Милутина", "Kralja Milutina", "Краља Милутина"),
        # In Latin letters on its sign: it stays so.
        ("Kralja Petra I",) * 3,
        ("Shala e Bajgorës",) * 3,
        ("M-22.3",) * 3,
        ("Јариње / Jarinjë", "Jarinje / Jarinjë", "Јариње / Jarinjë"),
    ],
)  # fmt: skip
def test_signed_names_are_in_the_script_of_each_language(
    name: str, latin_name: str, cyrillic_name: str
) -> None:
    assert [written(name, g) for g in LANGUAGES] == [latin_name] * 3 + [cyrillic_name]


def test_words_that_the_page_names_are_in_the_catalogue() -> None:
    page = "".join(
        map(asset, ("page.html", "timetable.html", "plan.html", "rests.html"))
    )
    named = re.findall(r'\bw\("([\w.]+)"\)', page) + re.findall(
        r'texts\["(\w+)"\]', page
    )
    named += re.findall(r'near\("\w+", "(\w+)"', page)
    named += re.findall(r'data-(?:aria|title|w)="(\w+)"', page)
    script = "".join(map(asset, SCRIPTS))
    named += re.findall(r'\bword: "([\w.]+)"', script) + re.findall(
        r'\bsay\("(\w+)"\)', script
    )
    named += [spec.legend for spec in LAYERS.values()]
    assert len(named) > 40
    assert not [
        key for key in named if key not in entries() and not re.fullmatch(MADE, key)
    ]


def test_every_reason_for_leaving_a_stop_out_has_words() -> None:
    for reason in LEFT_OUT["reason"].values:
        assert words.known(f"reason.{reason}")
        assert words.known(f"left.{reason}")


def test_every_measure_part_and_plan_has_words() -> None:
    assert set(plan_quality.ROWS) <= set(PATROL_MEASURES.names)
    assert all(words.known(f"measure.{name}") for name in (*plan_quality.ROWS, "range"))
    assert all(words.known(f"need.{part}") for part in NEED_PARTS)
    assert set(NEED) == set(NEED_PARTS)
    assert all(words.known(spec.legend) for spec in NEED.values())
    assert set(BRINGS) <= set(HELP_KINDS)
    assert all(words.known(f"bring.{kind}") for kind in BRINGS)


def test_every_kind_of_help_has_words() -> None:
    assert all(words.known(f"help.{kind}") for kind in HELP_KINDS)


def test_every_kind_of_facility_has_words() -> None:
    named = {kind: words.word(f"facility.{kind}", "en") for kind in FACILITY_KINDS}
    assert named == FACILITY_NAMES


def test_places_drawn_are_places_of_the_schema() -> None:
    assert set(PLACES) <= set(PLACE_KINDS)


def test_an_unknown_word_or_language_is_named() -> None:
    with pytest.raises(WordError, match="no word 'nowhere'"):
        word("nowhere", "en")
    with pytest.raises(
        WordError, match="no language 'de'; there are en, sq, sr-Latn, sr-Cyrl"
    ):
        word("title", "de")


def test_only_the_stop_cards_have_arabic() -> None:
    assert word("card.from", "ar") == "من"
    assert re.fullmatch("[\u0600-\u06ff .]+", word("card.free", "ar"))
    with pytest.raises(WordError, match="word 'title' has no ar text"):
        word("title", "ar")
    with pytest.raises(WordError, match="no language 'ar'"):
        words.language_of("ar")
    assert not any(key.startswith(words.CARD) for key in words.plain("en"))


def test_what_is_read_from_the_right_has_no_vowel_signs() -> None:
    """They part a word into runs, and its letters no longer join."""
    signed = re.compile("[\u064b-\u065f\u0670]")
    texts = [entry.get(g, "") for entry in entries().values() for g in words.FROM_RIGHT]
    assert not [text for text in texts if signed.search(text)]


def test_every_kind_of_stop_has_words_on_the_cards() -> None:
    assert all(words.known(f"card.kind.{kind}") for kind in values("card_kinds"))


def test_serbian_alone_is_latin() -> None:
    assert words.language_of("sr") == "sr-Latn"


@pytest.mark.parametrize(
    ("n", "form"),
    [(0, "смена"), (1, "смена"), (2, "смене"), (4, "смене"), (5, "смена"), (11, "смена"),
     (12, "смена"), (21, "смена"), (22, "смене"), (112, "смена"), (122, "смене")],
)  # fmt: skip
def test_serbian_plurals_follow_cldr(n: int, form: str) -> None:
    assert word("shifts", "sr-Cyrl", n=n) == f"{n} {form}"


def test_numbers_and_dates_as_each_language_writes_them() -> None:
    assert [number(12345.6, lang, 1) for lang in LANGUAGES] == [
        "12,345.6", "12\u202f345,6", "12\u202f345,6", "12\u202f345,6",
    ]  # fmt: skip
    assert [day(date(2021, 10, 1), lang) for lang in LANGUAGES] == [
        "1 October 2021", "1 tetor 2021", "1. oktobra 2021.", "1. октобра 2021.",
    ]  # fmt: skip
    assert [whole_day(date(2021, 10, 1), lang) for lang in LANGUAGES] == [
        "Friday, 1 October 2021", "e premte, 1 tetor 2021", "petak, 1. oktobra 2021.",
        "петак, 1. октобра 2021.",
    ]  # fmt: skip
    assert [short_day(date(2021, 10, 3), lang) for lang in LANGUAGES] == [
        "Sun 3 Oct", "die 3 tet", "ned 3. okt", "нед 3. окт",
    ]  # fmt: skip
    assert [month(date(2021, 10, 1), lang) for lang in LANGUAGES] == [
        "October 2021", "tetor 2021", "oktobar 2021.", "октобар 2021.",
    ]  # fmt: skip


@given(st.text())
def test_values_are_never_read_as_templates(text: str) -> None:
    assert word("layer.band_river", "en", band=text) == f"Rivers, within {text} m"
