"""The texts of the stop cards: those of the catalogue, and what a study puts in their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from geo.params.types import hint
from maps.cards.times import CardError
from maps.page.escaping import asset, template
from maps.page.figure import policy
from maps.words.catalogue import (
    CARD,
    DEFAULT_CARD_LANGUAGES,
    FROM_RIGHT,
    UNREAD,
    catalogue,
    latin,
    word,
)

NAMES: Final[Mapping[str, str]] = {
    "ar": "Arabic", "en": "English", "fa": "Persian", "fr": "French", "ps": "Pashto",
    "sq": "Albanian", "sr-Latn": "Serbian", "ur": "Urdu",
}  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """What is printed on the cards."""

    corrected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By key and language; a study's own, see `layers.readers.study.files`."""
    read: tuple[str, ...] = ()
    """Languages that a native reader has read, beside those of which none is a draft."""

    def __post_init__(self) -> None:
        """Refuse a text that no card has."""
        keys = card_keys()
        wrong = [key for key in self.corrected if key not in keys]
        if wrong:
            raise CardError(f"no text of the cards is called {wrong[0]}. {hint(wrong[:1], keys)}")

    def say(self, key: str, language: str) -> str:
        """Return a text in a language of the cards."""
        own = self.corrected.get(key, {}).get(language.split("-", maxsplit=1)[0])
        if own is None:
            return word(key, language)
        return latin(own) if language == "sr-Latn" else own

    def draft(self, languages: Iterable[str]) -> str:
        """Return a note for the coordinator on languages that nobody has read; else nothing."""
        unread = [NAMES[g] for g in languages if g in UNREAD and g not in self.read]
        if not unread:
            return ""
        return f"Not yet read by a native reader: {', '.join(unread)}. Have it read before use."


def card_keys() -> list[str]:
    """Return the keys of all texts of the cards."""
    return [key for key in catalogue() if key.startswith(CARD)]


def in_order(languages: Iterable[str]) -> tuple[str, ...]:
    """Return languages of a study's settings as the catalogue calls them, each once."""
    return (
        tuple(dict.fromkeys("sr-Latn" if g == "sr" else g for g in languages))
        or DEFAULT_CARD_LANGUAGES
    )


def reading_page(texts: Texts, handling: str) -> str:
    """Return a page with the texts in every language side by side, to be read and corrected.

    It asks for nothing, and saves what is corrected as ``words.toml``; the handling words stand in
    its head.
    """
    languages = {
        # The study's key; Serbian is shown in Latin letters, as on the cards.
        "sr" if tag == "sr-Latn" else tag: (
            name,
            tag,
            tag in FROM_RIGHT,
            tag in UNREAD and tag not in texts.read,
        )
        for tag, name in NAMES.items()
    }
    html = template("cards.html").render(
        csp=Markup("@CSP@"),
        handling=handling,
        languages=languages,
        keys=card_keys(),
        say=texts.say,
        script=Markup(asset("cards.js")),
    )
    return html.replace("@CSP@", policy(html, tiles=False), 1)
