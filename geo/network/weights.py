"""Weights of events: a number of 0 or more for each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.arrays import Floats
from geo.network.source_lines import NetworkError

Marks = Sequence[float] | NDArray[Any]
"""A number for each event."""


def require_weights(name: str, n: int, given: Marks) -> Floats:
    """Return weights as numbers; raise `NetworkError` if they are not one of 0 or more an event."""
    try:
        marks = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise NetworkError(
            f"{name} is no list of numbers ({error}). Fix: one number of 0 or more for each event"
        ) from error
    if marks.shape != (n,):
        raise NetworkError(
            f"{name} has shape {marks.shape}, and there are {n} events. "
            f"Fix: one number for each event, in their order"
        )
    wrong = np.flatnonzero(~(np.isfinite(marks) & (marks >= 0)))
    if len(wrong):
        raise NetworkError(
            f"{name}: {marks[wrong[0]]} at position {wrong[0]}; weights are numbers of 0 or more. "
            f"Fix: leave that event out, or give it 0"
        )
    return marks
