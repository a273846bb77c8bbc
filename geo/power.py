"""What a number of events can and cannot show: below its minimum a method only describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from scipy.stats import binom, norm

Method = Literal[
    "hotspots", "network_k", "clusters", "getis_ord", "space_time", "trend", "prediction"
]

_MINIMUM: Final[dict[Method, tuple[int, str]]] = {
    "hotspots": (10, "with fewer, two chance neighbours make a third of all events"),
    "network_k": (20, "its envelope is wider than twofold clustering with fewer"),
    "clusters": (10, "a core point needs its neighbours, and noise must be able to remain"),
    "getis_ord": (30, "local sums of rarer counts are far from normal"),
    "space_time": (20, "close pairs number n², so that fewer give none or one by chance"),
    "trend": (8, "periods: Mann-Kendall cannot reach 1 % two-sided with fewer than six, and "
                 "ties cost more"),
    "prediction": (50, "a tenth held out is then five events, a hit rate in steps of one fifth"),
}  # fmt: skip


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
    """Return the gate of a method for `n` events (periods for ``trend``)."""
    minimum, reason = _MINIMUM[method]
    return Gate(method, n, minimum, reason, detects)


def trend_gate(periods: int, alpha: float = 0.05) -> Gate:
    """Return the gate of Mann and Kendall's test, with the least tau that it could have found.

    Normal approximation without ties; above 1 nothing could be found.
    """
    if periods < 2:
        return gate("trend", periods, "nothing could be found")
    tau = norm.isf(alpha / 2) * (2 * (2 * periods + 5) / (9 * periods * (periods - 1))) ** 0.5
    least = f"a tau of {tau:.2f} would exceed chance" if tau <= 1 else "nothing could be found"
    return gate("trend", periods, least)


def prediction_gate(n: int, held_out: int, share: float, alpha: float = 0.05) -> Gate:
    """Return the gate of a prediction, with the least hit rate that exceeds a random choice.

    Parameters
    ----------
    n : int
        Events in all.
    held_out : int
        Those that the prediction is judged on.
    share : float
        Share of the network's length that is searched: the chance of a random hit.
    alpha : float
    """
    hits = int(binom.isf(alpha, held_out, share)) + 1 if held_out else 1
    if hits > held_out:
        return gate("prediction", n, f"no hit rate of {held_out} held out could exceed chance")
    least = f"{hits} hits of {held_out} held out would exceed chance"
    return gate("prediction", n, least)
