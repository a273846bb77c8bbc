"""What a dispatcher decides by hand: new stops, and what a vehicle does in a shift."""

from typing import Annotated

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from geo.params import types


@dataclass(frozen=True, config=types.CHECKED)
class NewStop:
    """``[[patrols.new_stops]]``: a public stop beside those of the study.

    It is a place that is known to the public, never one where somebody was seen.
    """

    id: str
    name: str
    lat: Annotated[types.Number, Interval(ge=-90, le=90)]
    lon: Annotated[types.Number, Interval(ge=-180, le=180)]


@dataclass(frozen=True, config=types.CHECKED)
class Lock:
    """``[[patrols.lock_stops]]``, ``[[patrols.lock_order]]``: what a vehicle does in a shift."""

    shift: str
    """Name of the shift."""
    vehicle: types.Count
    stops: Annotated[tuple[str, ...], types.NOT_EMPTY]
    """Ids of places or facilities."""
