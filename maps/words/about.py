"""What is said of a study: its title and credits, what it leaves out, who helps with which need."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from geo.records import About, StudyData
from geo.results import Findings
from geo.schema import SERVICES
from maps.words.catalogue import REFERRAL, latin, word
from maps.words.phrases import Phrase

HOURS: Final = MappingProxyType({"en": "hours", "sq": "hours_sq", "sr": "hours_sr"})
"""Columns of table `SERVICES` by their language."""


def phrases(about: About) -> list[Phrase]:
    """Return the title of the page and what the legend calls the outline."""
    return [
        title(about),
        Phrase(partial(own_or, about.outline, "outline"), "layer.boundary"),
        Phrase(partial(overdue_call, about), "overdue_call"),
        Phrase("emergency", "emergency", call=about.emergency),
        Phrase("hours_unknown", "hours_unknown", call=about.emergency),
    ]


def overdue_call(about: About, language: str) -> str:
    """Return whom to call for a crew that is overdue, with room for a number that is not set."""
    named = in_language(about.overdue_call, language)
    who = named or word("overdue_call", language)
    if about.phone and about.phone not in who:
        return f"{who}, {about.phone}"
    return who if named else f"{who}: {word('overdue_call.unknown', language)}"


def title(about: About) -> Phrase:
    """Return what a page about a study is called."""
    study = partial(own_or, about.title, "study_area")
    return Phrase("title", "title", study=study)


def footnote(about: About) -> Phrase | None:
    """Return what stands at the foot of every map of the study; None where it says nothing."""
    if not any(about.footnote.values()):
        return None
    return Phrase(partial(in_language, about.footnote), "footnote")


def credits_of(data: StudyData) -> list[str]:
    """Return whom to credit for the ways, and for places and boundary; each once."""
    both = [data.layers.source.licence, data.about.credit]
    return [*dict.fromkeys(filter(None, both))]


def in_language(forms: Mapping[str, str], language: str) -> str:
    """Return a text of the study in a language, else in English, else in any; or nothing.

    >>> in_language({"sr": "Долина Липе"}, "sr-Latn")
    'Dolina Lipe'
    """
    spoken = language.removesuffix("-Latn").removesuffix("-Cyrl")
    text = forms.get(spoken) or forms.get("en") or next(iter(forms.values()), "")
    return text if language == "sr-Cyrl" else latin(text)


def own_or(forms: Mapping[str, str], key: str, language: str) -> str:
    """Return a text of the study in a language, or that of the catalogue where it has none."""
    return in_language(forms, language) or word(key, language)


def left_out(findings: Findings) -> dict[str, list[Phrase]]:
    """Return a sentence for each thing left out, by the part of the study."""
    sentences: dict[str, list[Phrase]] = {}
    for omission in findings.omitted:
        sentence = Phrase(f"omitted.{omission.reason.replace(' ', '_')}")
        sentences.setdefault(omission.part, []).append(sentence)
    return sentences


def who_helps(services: pd.DataFrame, names: Mapping[str, Phrase]) -> list[Phrase]:
    """Return a sentence for each need: whom to call first, second, ...; then consent, and gaps.

    `services` is table `SERVICES`, `names` the names of places by id; nothing without services.
    """
    if services.empty:
        return []
    lines = []
    for need in SERVICES["need"].values:
        steps = services[services["need"] == need].sort_values("step")
        if len(steps):
            text = partial(_line, steps.to_dict("records"), names)
            lines.append(Phrase(text))
    return [*lines, Phrase(f"{REFERRAL}consent"), Phrase(f"{REFERRAL}blank")]


def help_at(services: pd.DataFrame, place: str) -> Phrase | None:
    """Return what is given at a place and for which need; None where that is nothing."""
    rows = services[services["place"] == place].to_dict("records")

    def text(language: str) -> str:
        given = [f"{_need(row, language)}: {_given(row, language)}" for row in rows]
        return "; ".join(given)

    return Phrase(text) if rows else None


def hours_at(services: pd.DataFrame, place: str) -> Phrase | None:
    """Return when help is given at a place; None where nobody says."""
    here = services[services["place"] == place]
    rows = here.dropna(subset=["hours"]).to_dict("records")

    def text(language: str) -> str:
        return "; ".join(dict.fromkeys(hours_of(row, language) for row in rows))

    return Phrase(text) if rows else None


def _line(
    steps: list[dict[Any, Any]], names: Mapping[str, Phrase], language: str
) -> str:
    told = [
        f"{row['step']}. {_who(row, names, language)} ({_given(row, language)})"
        for row in steps
    ]
    need = _need(steps[0], language)
    return word(f"{REFERRAL}line", language, need=need, steps="; ".join(told))


def _need(row: Mapping[Any, Any], language: str) -> str:
    return word(f"{REFERRAL}need.{row['need']}", language)


def _service(service: str, language: str) -> str:
    return word(f"{REFERRAL}service.{service}", language)


def _who(row: Mapping[Any, Any], names: Mapping[str, Phrase], language: str) -> str:
    """Return the place's name, else the organisation, else whether the coordinator knows it."""
    if row["place"] in names:
        return names[row["place"]](language)
    if not pd.isna(row["organisation"]):
        return str(row["organisation"])
    unnamed = "not_known" if pd.isna(row["contact"]) else "coordinator"
    return word(f"{REFERRAL}{unnamed}", language)


def _given(row: Mapping[Any, Any], language: str) -> str:
    given = [_service(row["service"], language), hours_of(row, language)]
    if not pd.isna(row["languages"]):
        given.append(str(row["languages"]))
    return ", ".join(filter(None, given))


def hours_of(row: Mapping[Any, Any], language: str) -> str:
    """Return when a row of table `SERVICES` says that help is given; empty where it does not."""
    forms = {
        spoken: row[column]
        for spoken, column in HOURS.items()
        if not pd.isna(row[column])
    }
    return in_language(forms, language)
