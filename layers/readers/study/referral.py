"""Guardians and safe houses: one is referred to them, and no file of ours tells where they are."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from layers import package_data
from layers.readers.tabular.parsing import Fault, faults_of

LISTS: Final[dict[str, Any]] = package_data.toml("lists", "referral.toml")
SERVICES: Final = tuple(LISTS["services"])
PLACES: Final = frozenset(LISTS["places"])
"""Headers of columns that tell a place."""
KNOWN: Final = "known"
"""Stands for every contact where a map or a card is drawn."""

_TELLS: Final = re.compile("|".join(LISTS["texts"]))
_FIX: Final = "leave it out: a contact for referral is all that may stand here"


def faults(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield what tells where a guardian or a safe house is: a place, coordinates, an address."""
    named = values[values["service"].isin(SERVICES)]
    referred: pd.DataFrame = named.select_dtypes("string")
    for column in referred:
        texts = referred[column].dropna()
        problem = "this tells where they are"
        if column != "place":
            texts = texts[[bool(_TELLS.search(text.casefold())) for text in texts]]
            problem = "this looks like coordinates or an address"
        yield from faults_of(texts, str(column), problem, _FIX)


def for_drawing(services: pd.DataFrame) -> pd.DataFrame:
    """Return table `SERVICES` as maps, cards and sheets may show it: without any contact.

    Of a guardian or a safe house only that there is one is left.
    """
    contact = services["contact"]
    referred = services["service"].isin(SERVICES)
    told = services[["organisation", "contact"]].notna().any(axis=1)
    shown = contact.mask(contact.notna() | (referred & told), KNOWN)
    rows = services.assign(contact=shown)
    hidden = rows.columns.difference(["need", "step", "service", "contact"])
    rows[hidden] = rows[hidden].mask(referred, pd.NA)
    return rows
