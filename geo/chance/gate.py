"""What a number of events can and cannot show: below its minimum a method only describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Method = Literal["hotspots", "network_k", "clusters", "getis_ord"]

_MINIMUM: Final[dict[Method, tuple[int, str]]] = {
    "hotspots": (10, "with fewer, two chance neighbours make a third of all events"),
    "network_k": (20, "its envelope is wider than twofold clustering with fewer"),
    "clusters": (10, "a core point needs its neighbours, and noise must be able to remain"),
    "getis_ord": (30, "local sums of rarer counts are far from normal"),
}


@dataclass(frozen=True)
class Gate:
    """Whether a method has enough to test, or only describes."""

    method: Method
    n: int
    minimum: int
    reason: str
    detects: str = ""
    """The least that it could have found with this `n`, where that was computed."""

    @property
    def descriptive_only(self) -> bool:
        """Whether the result must not be read as a test."""
        return self.n < self.minimum

    def __str__(self) -> str:
        """Return the line that goes with the result."""
        what = "descriptive only" if self.descriptive_only else "tested"
        line = f"{what}: {self.n} of at least {self.minimum} ({self.reason})"
        return f"{line}; {self.detects}" if self.detects else line


def gate(method: Method, n: int, detects: str = "") -> Gate:
    """Return the gate of a method for `n` events."""
    minimum, reason = _MINIMUM[method]
    return Gate(method, n, minimum, reason, detects)
