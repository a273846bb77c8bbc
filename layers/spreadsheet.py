"""Texts that a spreadsheet shows and never runs (OWASP, "CSV Injection")."""

import re
from typing import Final

FORMULA: Final = re.compile(r"(^|;)([\s\u200b-\u200f\ufeff]*)([=+\-@|＝＋－＠｜﹦﹢﹣﹫])")
"""How a text begins that a spreadsheet would take for a formula, in a cell or after the mark
between cells; a full-width form counts as its plain one."""


def shown(text: str) -> str:
    """Return a text on one line, with an apostrophe in front of what would be a formula.

    >>> shown("=SUM(A1)"), shown("Bus  station")
    ("'=SUM(A1)", 'Bus station')
    """
    return FORMULA.sub(r"\1\2'\3", " ".join(text.split()))
