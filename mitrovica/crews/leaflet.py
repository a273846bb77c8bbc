"""A leaflet on the asylum procedure: an A4 sheet to fold for each language, and a page.

Every statement is a row of the study's table `LEAFLET`, with its source and who checked it.  A
sheet without a fault has statements that a named person checked within `LONGEST_DAYS`, in languages
that somebody has read; all else is a draft, and says so on every page.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import pandas as pd

from maps.cards.typesetting import typeset
from maps.page.escaping import asset, template

__all__ = ["LANGUAGES", "content", "faults", "page", "pdf", "read_in"]

LANGUAGES: Final = ("ar", "ckb", "kmr", "fr", "fa", "ps", "ur", "en", "sq", "sr")
"""In the order of the sheets: Arabic first, of which most people were met."""
FROM_RIGHT: Final = ("ar", "ckb", "fa", "ps", "ur")
LANGUAGE_NAMES: Final = (
    "العربية",
    "کوردیی ناوەندی",
    "Kurmancî",
    "Français",
    "فارسی",
    "پښتو",
    "اردو",
    "English",
    "Shqip",
    "Српски",
)
LONGEST_DAYS: Final = 184
"""Six months: so long a check holds."""
READER: Final = "reader"
"""The row that says who has read all texts of a language."""
APART: Final = ("title", "nearby", "crossings", "emergency")
"""Statements that have places of their own on the sheet."""


def faults(table: pd.DataFrame, today: date) -> Iterator[str]:
    """Yield each statement that nobody has checked, or not lately.

    Parameters
    ----------
    table : pandas.DataFrame, table `LEAFLET`
    today : datetime.date

    Examples
    --------
    >>> rows = pd.DataFrame({"statement": ["ask"], "checked_on": [None], "checked_by": [None]})
    >>> [*faults(rows, date(2026, 11, 30))]
    ['ask: checked by nobody']
    """
    for row in _statements(table).to_dict("records"):
        name, by, on = (row[key] for key in ("statement", "checked_by", "checked_on"))
        day = _day(on)
        if pd.isna(by) or not str(by).strip():
            yield f"{name}: checked by nobody"
        elif day is None:
            yield f"{name}: checked on {on}, which is no day YYYY-MM-DD"
        elif not today - timedelta(days=LONGEST_DAYS) <= day <= today:
            yield f"{name}: checked on {on}, which is not within six months"


def read_in(table: pd.DataFrame) -> list[str]:
    """Return the languages all of whose texts somebody has read."""
    rows = table[table["statement"] == READER]
    return [language for language in LANGUAGES if rows[language].notna().any()]


def content(
    table: pd.DataFrame,
    places: pd.DataFrame,
    services: pd.DataFrame,
    languages: Sequence[str],
    *,
    draft: bool,
) -> dict[str, Any]:
    """Return what is on the sheets.

    Parameters
    ----------
    table : pandas.DataFrame, table `LEAFLET`
    places : pandas.DataFrame, table `PLACES`
        Its crossings are named, and where services are.
    services : pandas.DataFrame, table `SERVICES`
        Organisations and places that the leaflet has a word for: no guardian, no safe house.
    languages : sequence of str
        Some of `LANGUAGES`.
    draft : bool
    """
    names = places.drop_duplicates("id").set_index("id")
    crossings = places[places["kind"] == "crossing"]
    readers = table[table["statement"] == READER].head(1)
    rows = _statements(table)
    return {
        "draft": draft,
        "languages": [
            {
                "tag": language,
                "name": LANGUAGE_NAMES[LANGUAGES.index(language)],
                "dir": "rtl" if language in FROM_RIGHT else "ltr",
                "texts": _texts(rows, language),
                "draft": labels()["draft"][language],
                "crossings": [_local(row) for _, row in crossings.iterrows()],
                "unknown": "* " + labels()["hours_unknown"][language],
                "services": [*_services(services, names, language)],
                "reader": _first(readers[language]) or "not tested",
            }
            for language in languages
        ],
        "sources": _sources(rows),
        "apart": list(APART),
    }


def pdf(of: dict[str, Any], day: date) -> bytes:
    """Return the sheets as a PDF, A4 to be folded in the middle; the sources stand on the last."""
    return typeset("leaflet.typ", "leaflet", of, day, package="mitrovica")


def page(of: dict[str, Any]) -> str:
    """Return the leaflet as a page without a script."""
    return template("leaflet.html", "mitrovica").render(of)


@cache
def labels() -> dict[str, dict[str, str]]:
    """Return what a leaflet says beside its statements, by language."""
    return tomllib.loads(asset("leaflet.toml", "mitrovica"))


def _statements(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["statement"] != READER]


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _first(values: pd.Series) -> str:
    named = values.dropna()
    return str(named.iloc[0]) if len(named) else ""


def _texts(rows: pd.DataFrame, language: str) -> dict[str, str]:
    """Return the statements of a language; where it has none, in English."""
    texts = rows[language].fillna(rows["en"])
    return dict(zip(rows["statement"], texts, strict=True))


def _local(row: pd.Series) -> str:
    """Return a name as the signs of a place have it."""
    forms = [row[name] for name in ("name_sq", "name_sr_latn", "name_en")]
    own = [str(form) for form in forms[:2] if pd.notna(form)]
    return " / ".join(dict.fromkeys(own or [str(forms[2])]))


def _services(
    services: pd.DataFrame, names: pd.DataFrame, language: str
) -> Iterator[dict[str, Any]]:
    """Yield what is offered, and by whom, where and when, each once."""
    named = services[services["service"].isin({*labels()} - {"consent"})]
    named = named.dropna(subset=["organisation", "place"], how="all")
    for service, rows in named.groupby("service", sort=False):
        offered = [_offer(row, names, language) for _, row in rows.iterrows()]
        yield {
            "service": labels()[str(service)][language],
            "by": [*dict.fromkeys(offered)],
        }


def _offer(row: pd.Series, names: pd.DataFrame, language: str) -> str:
    """Return who offers something, where and when; a star where nobody knows when."""
    parts = [row["organisation"]]
    if row["place"] in names.index:
        parts.append(_local(names.loc[row["place"]]))
    who = ", ".join(str(part) for part in parts if pd.notna(part))
    hours = pd.Series([row.get(f"hours_{language}"), row["hours"]])
    return f"{who} ({_first(hours)})" if hours.notna().any() else f"{who} *"


def _sources(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Return source and check of each statement, as text."""
    table = rows[["statement", "en", "source", "checked_on", "checked_by"]]
    unchecked = {"checked_on": "never", "checked_by": "nobody"}
    return [
        {str(key): str(value) for key, value in row.items()}
        for row in table.fillna(unchecked).fillna("").to_dict("records")
    ]
