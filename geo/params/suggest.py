"""Known names that an unknown one may stand for."""

import difflib
from collections.abc import Iterable
from typing import Final

_LISTED: Final = 20
"""So many known names are listed where none is close."""


def hint(wrong: Iterable[str], known: Iterable[str]) -> str:
    """Return ``Did you mean a, b?`` where known names are close to the wrong ones, else a list.

    >>> hint(["bus_staton"], ["bus_station", "taxi"])
    'Did you mean bus_station?'
    >>> hint(["moon"], ["bus_station", "taxi"])
    'Known: bus_station, taxi'
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
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    return f"Known: {listed or 'none'}"
