"""Names that are not known, with the known ones that they may stand for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_LISTED: Final = 20
"""So many known names are listed where none is close."""


def hint(wrong: Iterable[str], known: Iterable[str]) -> str:
    """Return the sentence that says which known names the wrong ones may stand for.

    Parameters
    ----------
    wrong, known : iterable of str

    Returns
    -------
    str
        ``Did you mean a, b?`` where known names are close, else the known names, where they are
        not too many to list.
    """
    names = sorted({str(name) for name in known})
    by_lower = {name.lower(): name for name in names}
    close = [
        by_lower[near]
        for name in wrong
        for near in difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.7)
    ]
    if close:
        return f"Did you mean {', '.join(dict.fromkeys(close))}?"
    shown = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    return f"Known: {shown or 'none'}"
