"""What a study is called, and what every map of it says; else what the catalogue says."""

from collections.abc import Mapping

from layers.records import About, StudyData
from maps.words.catalogue import latin, word
from maps.words.phrases import Phrase, phrase


def phrases(about: About) -> list[Phrase]:
    """Return the title of the page and what the legend calls the outline."""
    return [
        phrase("title", lambda language: title(about, language)),
        phrase(
            "layer.boundary",
            lambda g: in_language(about.outline, g) or word("outline", g),
        ),
        phrase("overdue_call", lambda language: overdue_call(about, language)),
    ]


def overdue_call(about: About, language: str) -> str:
    """Return whom to call for a crew that is overdue, or that the study names no number."""
    named = in_language(about.overdue_call, language)
    who = named or word("overdue_call", language)
    if about.phone and about.phone not in who:
        return f"{who}, {about.phone}"
    return who if named else f"{who} ({word('overdue_call.unknown', language)})"


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
    return [*dict.fromkeys(filter(None, (data.layers.source.licence, data.about.credit)))]


def in_language(forms: Mapping[str, str], language: str) -> str:
    """Return a text of the study in a language, else in English, else in any; or nothing.

    >>> in_language({"sr": "Долина Липе"}, "sr-Latn")
    'Dolina Lipe'
    """
    spoken = language.removesuffix("-Latn").removesuffix("-Cyrl")
    text = forms.get(spoken) or forms.get("en") or next(iter(forms.values()), "")
    return text if language == "sr-Cyrl" else latin(text)
