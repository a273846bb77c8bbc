"""Corrected texts of the stop cards, as a native reader hands them in.

A TOML file: ``read = ["fa"]`` names the languages that have been read, and each other table is a
text, such as ``["card.help"]`` with ``fa = "…"``.
"""

from collections.abc import Mapping
from pathlib import Path

from layers.complaints import UserError
from layers.readers import config
from layers.records import CARD_LANGUAGES

Corrected = tuple[Mapping[str, Mapping[str, str]], tuple[str, ...]]
"""Texts by key and language, and the languages that have been read."""


def read(path: Path) -> Corrected:
    """Return what a file holds; raise `UserError` where a text or a language is none of the cards.

    A text is one line without braces: it holds no place for a value.
    """
    content = dict(config.read(path))
    read_by = content.pop("read", [])
    faults = []
    if not isinstance(read_by, list) or set(map(str, read_by)) - set(CARD_LANGUAGES):
        faults.append(f"read: found {read_by!r}, a list of {', '.join(CARD_LANGUAGES)} is needed")
    for key, forms in content.items():
        if not key.startswith("card.") or not isinstance(forms, Mapping):
            fix = 'Fix: ["card.help"], then fa = "…"'
            faults.append(f"{key}: there is no such text on the cards. {fix}")
            continue
        for language, text in forms.items():
            if language not in CARD_LANGUAGES:
                known = ", ".join(CARD_LANGUAGES)
                faults.append(f"{key}: unknown language {language}. Fix: {known}")
            elif not isinstance(text, str) or not _is_line(text):
                faults.append(f"{key}.{language}: one line of text without braces is needed")
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
    return content, tuple(read_by)


def _is_line(text: str) -> bool:
    # U+200C and U+200D shape Persian; they are not printable.
    plain = text.replace("\u200c", "").replace("\u200d", "")
    return bool(plain.strip()) and plain.isprintable() and not set("{}") & set(plain)
