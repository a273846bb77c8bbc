"""Rules that a plan breaks, in every language."""

from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any, Final

from geo.breaches import Breach
from geo.patrols.clock import hhmm
from maps.words.catalogue import number
from maps.words.names import patrol_name, shift_name
from maps.words.phrases import Phrase, Text, same

PLACES: Final = ("stop", "place")
"""Values that are ids of places."""


def breach(found: Breach, name: Callable[[str], Text] = same) -> Phrase:
    """Return a breach that `geo.patrols.audit` found; `name` returns the name of a place by its id.

    >>> late = Breach("back_late", {"back_at": 83_520, "end_at": 82_800}, "evening", 2)
    >>> breach(late).forms["en"]
    "Evening, vehicle 2: it is back at 23:12, after the shift's end less its buffer at 23:00"
    """
    values = {
        key: name(value) if key in PLACES else _value(key, value)
        for key, value in found.values.items()
    }
    what = Phrase(f"breach.{found.kind}", **values)
    if not found.shift:
        return what
    where = shift_name(found.shift)
    if found.vehicle:
        where = patrol_name(found.shift, found.vehicle)
    return Phrase(lambda language: f"{where(language)}: {what(language)}")


def _value(key: str, value: Any) -> Any:
    """Return a time of the clock, a share in per cent, or a number, as each language writes it."""
    if key.endswith("_at"):
        seconds = int(value) % 60
        return hhmm(int(value)) + f":{seconds:02d}" * (seconds > 0)
    if key.endswith("share"):
        value = 100 * value
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Real):
        digits = 0 if value == round(value) else 1
        return partial(number, float(value), digits=digits)
    return value
