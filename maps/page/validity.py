"""Until when a map may be used: past its date it says where people were, and serves nobody."""

from datetime import date

from maps.words.catalogue import day, word
from maps.words.phrases import Phrase, of_word, phrase


def dates(made: date | None, renew: date | None) -> list[Phrase]:
    """Return when a map was made and is to be renewed; without dates, that they are not stated."""
    if made is None or renew is None:
        return [of_word("marking.when", "marking.undated")]

    def text(name: str, language: str) -> str:
        return word(name, language, made=day(made, language), renew=day(renew, language))

    return [
        phrase("marking.when", lambda language: text("marking.dates", language)),
        phrase("marking.out_of_date", lambda language: text("marking.expired", language)),
    ]
