"""What is said of a study: its title and credits, what it leaves out, who helps with which need."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from geo.records import About, StudyData
from geo.results import Findings
from geo.schema import SERVICES
from maps.words.catalogue import REFERRAL, latin, word
from maps.words.phrases import Phrase, of_word, phrase


def phrases(about: About) -> list[Phrase]:
    """Return the title of the page and what the legend calls the outline."""
    return [
        phrase("title", lambda language: title(about, language)),
        phrase(
            "layer.boundary",
            lambda g: in_language(about.outline, g) or word("outline", g),
        ),
        phrase("overdue_call", lambda language: overdue_call(about, language)),
        *(
            phrase(key, partial(_emergency, about, key))
            for key in ("emergency", "hours_unknown")
        ),
    ]


def _emergency(about: About, key: str, language: str) -> str:
    return word(key, language, call=about.emergency)


def overdue_call(about: About, language: str) -> str:
    """Return whom to call for a crew that is overdue, with room for a number that is not set."""
    named = in_language(about.overdue_call, language)
    who = named or word("overdue_call", language)
    if about.phone and about.phone not in who:
        return f"{who}, {about.phone}"
    return who if named else f"{who}: {word('overdue_call.unknown', language)}"


def title(about: About, language: str) -> str:
    """Return what a page about a study is called."""
    study = in_language(about.title, language) or word("study_area", language)
    return word("title", language, study=study)


def footnote(about: About) -> Phrase | None:
    """Return what stands at the foot of every map of the study; None where it says nothing."""
    if not any(about.footnote.values()):
        return None
    return phrase("footnote", lambda language: in_language(about.footnote, language))


def credits_of(data: StudyData) -> list[str]:
    """Return whom to credit for the ways, and for places and boundary; each once."""
    return [
        *dict.fromkeys(filter(None, (data.layers.source.licence, data.about.credit)))
    ]


def in_language(forms: Mapping[str, str], language: str) -> str:
    """Return a text of the study in a language, else in English, else in any; or nothing.

    >>> in_language({"sr": "Долина Липе"}, "sr-Latn")
    'Dolina Lipe'
    """
    spoken = language.removesuffix("-Latn").removesuffix("-Cyrl")
    text = forms.get(spoken) or forms.get("en") or next(iter(forms.values()), "")
    return text if language == "sr-Cyrl" else latin(text)


def omitted(findings: Findings, part: str = "") -> list[Phrase]:
    """Return a sentence for each thing left out, or for those of one part of the study."""
    keys = [
        f"omitted.{one.reason.replace(' ', '_')}"
        for one in findings.omitted
        if part in ("", one.part)
    ]
    return [of_word(key, key) for key in keys]


def who_helps(services: pd.DataFrame, names: Mapping[str, Phrase]) -> list[Phrase]:
    """Return a sentence for each need: whom to call first, second, ...; then consent, and gaps.

    `services` is table `SERVICES`, `names` the names of places by id; nothing without services.
    """
    needs = [
        need for need in SERVICES["need"].values if (services["need"] == need).any()
    ]
    lines = [
        phrase(f"{REFERRAL}of.{n}", partial(_line, services, n, names)) for n in needs
    ]
    closing = [of_word(REFERRAL + key, REFERRAL + key) for key in ("consent", "blank")]
    return [*lines, *closing] if lines else []


def help_at(services: pd.DataFrame, place: str) -> Phrase | None:
    """Return what is given at a place and for which need; None where that is nothing."""
    rows = services[services["place"] == place].to_dict("records")

    def text(language: str) -> str:
        given = ((_need(row["need"], language), _given(row, language)) for row in rows)
        return "; ".join(map(": ".join, given))

    return phrase(f"{REFERRAL}at.{place}", text) if rows else None


def helpers(services: pd.DataFrame, names: Mapping[str, Phrase]) -> Phrase | None:
    """Return which organisations help wherever somebody is, and who registers; None if nobody.

    An organisation is named with the services of its rows that name no place.
    """
    known = services.dropna(subset="organisation").sort_values("step", kind="stable")
    rows = known[known["place"].isna() | (known["service"] == "registration")]
    if rows.empty:
        return None

    def text(language: str) -> str:
        parts = []
        for organisation, own in rows.groupby("organisation", sort=False):
            given = (
                word(f"{REFERRAL}service.{s}", language)
                for s in own["service"].unique()
            )
            where = [
                names[p].forms[language]
                for p in own["place"].dropna().unique()
                if p in names
            ]
            parts.append(f"{organisation} ({', '.join([*given, *where])})")
        return "; ".join(parts)

    return phrase(f"{REFERRAL}helpers", text)


def _line(
    services: pd.DataFrame, need: str, names: Mapping[str, Phrase], language: str
) -> str:
    rows = services[services["need"] == need].sort_values("step").to_dict("records")
    steps = (
        f"{r['step']}. {_who(r, names, language)} ({_given(r, language)})" for r in rows
    )
    return word(
        f"{REFERRAL}line", language, need=_need(need, language), steps="; ".join(steps)
    )


def _need(need: str, language: str) -> str:
    return word(f"{REFERRAL}need.{need}", language)


def _who(row: Mapping[Any, Any], names: Mapping[str, Phrase], language: str) -> str:
    """Return the place's name, else the organisation, else whether the coordinator knows it."""
    if row["place"] in names:
        return names[row["place"]].forms[language]
    if not pd.isna(row["organisation"]):
        return str(row["organisation"])
    referred = not pd.isna(row["contact"])
    return word(f"{REFERRAL}{'coordinator' if referred else 'not_known'}", language)


def _given(row: Mapping[Any, Any], language: str) -> str:
    known = [
        str(row[name]) for name in ("hours", "languages") if not pd.isna(row[name])
    ]
    return ", ".join([word(f"{REFERRAL}service.{row['service']}", language), *known])
