"""Who helps with what: in order, without persons, and what is not known is said."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from studies.example import STUDY

from geo.records import About
from geo.schema import SERVICES
from layers.readers.study.referral import for_drawing
from maps.words.about import help_at, phrases, who_helps
from maps.words.catalogue import LANGUAGES, known
from maps.words.names import place_names

GIVEN = STUDY.table("services")
NAMES = place_names(STUDY.places, STUDY.places.iloc[:0].assign(name=None))


def test_every_need_and_service_has_words() -> None:
    assert all(known(f"referral.need.{need}") for need in SERVICES["need"].values)
    assert all(known(f"referral.service.{one}") for one in SERVICES["service"].values)


def test_a_child_alone_has_an_order_and_the_gap_is_said() -> None:
    first = who_helps(GIVEN, NAMES)[0].forms
    assert first["en"].startswith("A child alone: 1. DCAM")
    assert first["en"].endswith("3. not known, ask the coordinator (guardian)")
    for language in LANGUAGES:
        assert re.findall(r"(\d)\. ", first[language]) == ["1", "2", "3"]


def test_steps_are_called_in_their_order_whatever_the_order_of_the_rows() -> None:
    assert who_helps(GIVEN[::-1], NAMES) == who_helps(GIVEN, NAMES)
    turned = who_helps(GIVEN[::-1], NAMES)
    assert [one.forms for one in turned] == [
        one.forms for one in who_helps(GIVEN, NAMES)
    ]


def test_of_a_guardian_and_a_safe_house_only_the_coordinator_is_named() -> None:
    rows = SERVICES.frame(
        [
            {"need": "violence", "step": 1, "service": "protection", "organisation": "UNHCR",
             "contact": "+383 38 111", "source": "s"},
            {"need": "violence", "step": 2, "service": "safe_house", "organisation": "Hidden House",
             "contact": "+383 38 222", "hours": "always", "source": "s"},
            {"need": "violence", "step": 3, "service": "guardian", "source": "not known"},
        ]
    )  # fmt: skip
    drawn = for_drawing(rows)
    said = who_helps(drawn, NAMES)[0].forms
    assert "2. the coordinator refers (safe house)" in said["en"]
    assert "3. not known, ask the coordinator (guardian)" in said["en"]
    assert "1. UNHCR" in said["en"]
    text = drawn.to_csv() + "".join(said.values())
    assert not re.search("Hidden|383|always", text)


def test_consent_and_gaps_close_the_list_and_no_services_say_nothing() -> None:
    said = [one.forms["en"] for one in who_helps(GIVEN, NAMES)]
    assert "no name and no photograph" in said[-2]
    assert "not known" in said[-1]
    assert who_helps(SERVICES.frame(), NAMES) == []


def test_a_place_says_what_is_given_there() -> None:
    given = help_at(GIVEN, "hospital_mitrovica_south")
    assert given is not None
    assert given.forms["sr-Latn"] == "Medicinska pomoć: bolnica"
    assert help_at(GIVEN, "town_lesak") is None


def test_services_name_places_of_the_study_and_steps_once() -> None:
    assert set(GIVEN["place"].dropna()) <= set(STUDY.places["id"])
    assert not GIVEN.duplicated(["need", "step"]).any()
    assert isinstance(GIVEN, pd.DataFrame)
    for _, rows in GIVEN.groupby("need"):
        assert sorted(rows["step"]) == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("column", SERVICES.names)
def test_there_is_no_column_for_a_person(column: str) -> None:
    assert column not in {"name", "person", "phone", "mail"}
    assert "never a person" in SERVICES["contact"].meaning


def test_the_number_for_emergencies_is_that_of_the_study() -> None:
    said = {str(each): each.forms for each in phrases(About(emergency="911"))}
    for key in ("emergency", "hours_unknown"):
        assert all(text.endswith(" 911") for text in said[key].values())
