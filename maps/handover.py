"""Sheets by which crews hand somebody over to a partner: with consent, and nobody keeps a copy."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pandas as pd

from geo.schema import SERVICES
from maps.cards.typesetting import typeset
from maps.leaflet import FROM_RIGHT, LANGUAGES, labels
from maps.words.catalogue import REFERRAL, word

__all__ = ["content", "pdf"]

OF_CREWS: Final = ("en", "sq", "sr-Latn")
WORDS: Final = ("title", "need", "consent", "yes", "no", "no_name")


def content(services: pd.DataFrame) -> dict[str, Any]:
    """Return what is on the sheets: one for each organisation that helps.

    Parameters
    ----------
    services : pandas.DataFrame, table `SERVICES`
        Of partners alone: no authority, and not the office itself.
    """
    return {
        "sheets": [*_sheets(services)],
        "needs": [
            _said(f"{REFERRAL}need.{need}") for need in SERVICES["need"].values
        ],
        "words": {name: _said(f"handover.{name}") for name in WORDS},
        "consent": [
            {
                "text": labels()["consent"][language],
                "lang": language,
                "dir": "rtl" if language in FROM_RIGHT else "ltr",
            }
            for language in LANGUAGES
        ],
    }


def pdf(of: dict[str, Any], day: date) -> bytes:
    """Return the sheets as a PDF, A4 upright, a page each."""
    return typeset("handover.typ", "handover", of, day)


def _sheets(services: pd.DataFrame) -> Iterator[dict[str, Any]]:
    named = services.dropna(subset=["organisation"])
    for organisation, rows in named.groupby("organisation", sort=False):
        given = rows["service"].drop_duplicates()
        yield {
            "to": str(organisation),
            "gives": [_said(f"{REFERRAL}service.{name}") for name in given],
        }


def _said(key: str) -> str:
    """Return a text in the languages of the crews."""
    return " · ".join(dict.fromkeys(word(key, g) for g in OF_CREWS))
