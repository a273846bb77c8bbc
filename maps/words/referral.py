"""Who helps with which need, in the order in which to call: organisations and places only."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from layers.schema import SERVICES
from maps.words.catalogue import REFERRAL, word
from maps.words.phrases import Phrase, of_word, phrase


def lines(services: pd.DataFrame, names: Mapping[str, Phrase]) -> list[Phrase]:
    """Return a sentence for each need: whom to call first, second, ...; then consent, and gaps.

    `services` is table `SERVICES`, `names` the names of places by id; nothing without services.
    """
    needs = [need for need in SERVICES["need"].values if (services["need"] == need).any()]
    said = [phrase(f"{REFERRAL}of.{n}", partial(_line, services, n, names)) for n in needs]
    closing = [of_word(REFERRAL + key, REFERRAL + key) for key in ("consent", "blank")]
    return [*said, *closing] if said else []


def at_place(services: pd.DataFrame, place: str) -> Phrase | None:
    """Return what is given at a place and for which need; None where that is nothing."""
    rows = services[services["place"] == place].to_dict("records")

    def text(language: str) -> str:
        given = ((_need(row["need"], language), _given(row, language)) for row in rows)
        return "; ".join(map(": ".join, given))

    return phrase(f"{REFERRAL}at.{place}", text) if rows else None


def _line(services: pd.DataFrame, need: str, names: Mapping[str, Phrase], language: str) -> str:
    rows = services[services["need"] == need].sort_values("step").to_dict("records")
    steps = (f"{r['step']}. {_who(r, names, language)} ({_given(r, language)})" for r in rows)
    return word(f"{REFERRAL}line", language, need=_need(need, language), steps="; ".join(steps))


def _need(need: str, language: str) -> str:
    return word(f"{REFERRAL}need.{need}", language)


def _who(row: Mapping[Any, Any], names: Mapping[str, Phrase], language: str) -> str:
    """Return the place's name, else the organisation, else that it is not known."""
    if row["place"] in names:
        return names[row["place"]].forms[language]
    unknown = pd.isna(row["organisation"])
    return word(f"{REFERRAL}not_known", language) if unknown else str(row["organisation"])


def _given(row: Mapping[Any, Any], language: str) -> str:
    known = [str(row[name]) for name in ("hours", "languages") if not pd.isna(row[name])]
    return ", ".join([word(f"{REFERRAL}service.{row['service']}", language), *known])
