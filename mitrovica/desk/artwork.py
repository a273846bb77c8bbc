"""The pages of the desk: what stands on them, in every language; what moves is in their script."""

from typing import Final

from geo.schema import FACILITY_KINDS, PLACE_KINDS
from maps.page.escaping import asset, script_json, template
from maps.words.catalogue import LANGUAGE_NAMES, LANGUAGES, of_desk, word

SCRIPT: Final = ("desk.js", "desk_files.js", "desk_office.js")
"""Files of which the script is made, after what pages of the toolkit share."""


def page(user: str, first_map: str) -> str:
    """Return the page.

    `user` is who is told to have the desk open, `first_map` the address of the map that shows
    until the night is read.
    """
    texts = {language: _texts(language) for language in LANGUAGES}
    data = {
        "languages": list(texts),
        "texts": {key: [texts[of][key] for of in texts] for key in texts["en"]},
        "user": user,
    }
    return template("desk.html", "mitrovica").render(
        texts=texts["en"],
        languages=LANGUAGE_NAMES,
        first_map=first_map,
        data=script_json(data),
    )


def _texts(language: str) -> dict[str, str]:
    """Return the texts of the page, and what kinds of facilities and places are called."""
    words = {"facility": FACILITY_KINDS, "card.kind": PLACE_KINDS}
    kinds = {
        f"kind.{kind}": word(f"{of}.{kind}", language)
        for of, named in words.items()
        for kind in named
    }
    return kinds | of_desk(language)


def script() -> str:
    """Return the script of the page."""
    return asset("scripts/elements.js") + "".join(
        asset(name, "mitrovica") for name in SCRIPT
    )


def style() -> str:
    """Return the style of the page."""
    return asset("desk.css", "mitrovica")
