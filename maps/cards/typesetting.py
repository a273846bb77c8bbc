"""Typst: a template of ``maps/assets`` and what is put in it, as a PDF."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from importlib import resources
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

from layers.complaints import extra

FONTS: Final = ("fontpkg_fira_sans", "fontpkg_ibm_plex_sans_arabic")
"""Packages of the fonts, both under the SIL Open Font License 1.1; no other font is used."""


def typeset(
    template: str,
    name: str,
    content: Mapping[str, Any],
    day: date,
    package: str = "maps",
) -> bytes:
    """Return a PDF: Typst reads nothing but our assets, and the fonts of `FONTS`.

    Parameters
    ----------
    template : str
        File of the assets of `package`.
    name : str
        Under which the template finds the content, as JSON.
    content : mapping
    day : datetime.date
        It dates the file: the same content gives the same bytes.

    Raises `layers.complaints.UserError` without the extra ``paper``.
    """
    with extra("paper", "printing cards"):
        import typst  # noqa: PLC0415
    assets = Path(str(resources.files(package))) / "assets"
    folders = [Path(str(resources.files(package))) / "files" for package in FONTS]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
    )
    text = normalize("NFC", json.dumps(content, ensure_ascii=False))
    return typst.compile(
        assets / template,
        root=assets,
        font_paths=fonts,
        sys_inputs={name: text},
        timestamp=datetime.combine(day, time(), UTC),
        pdf_tags=False,
    )
