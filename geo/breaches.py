"""Rules that a plan breaks: which, where, and what was found; the words are not formed here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    # Patrols
    "no_such_shift",
    "too_many_vehicles",
    "visited_twice",
    "order",
    "starts_elsewhere",
    "ends_elsewhere",
    # Times
    "leaves_early",
    "back_late",
    "clock",
    "arrival",
    "length_of_service",
    "not_in_use",
    "service_before_arrival",
    "service_after_arrival",
    "outside_lock",
    "outside_windows",
    # Breaks
    "break_in_service",
    "break_for_none",
    "number_of_breaks",
    "break_short",
    "break_early",
    "break_late",
    # Drives
    "too_far",
    "too_much_driving",
    "legs_to",
    "legs_from",
    "leg_apart",
    "leg_outside",
    "leg_length",
    "leg_differs",
    "leg_walk",
    "leg_off_roads",
    "leg_time",
    # What following promises
    "withdrawn",
    "visits_not_told",
    "hours_do_not_fall",
    "opens_near",
    "on_no_card",
    "not_visited",
    "not_suspended",
    "not_closed",
    "in_reach",
    "inside",
    "road_near",
    "opens_too_soon",
    "service_not_told",
    "least_served",
    "least_served_north",
    "least_served_south",
]
"""Which rule is broken."""


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks, and where; its words are those of `maps.words.broken_rules`."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)
    """What was found, and what the rule says.  ``stop`` is an id; what ends in ``_at`` is a time in
    seconds from the midnight on which the night begins."""
    shift: str = ""
    """Empty where the rule is not one of a shift."""
    vehicle: int = 0
    """From 1; 0 where the rule is one of the whole shift."""

    def __str__(self) -> str:
        """Return where it is, the kind, and the values."""
        where = [f"shift {self.shift}"] * bool(self.shift)
        where += [f"vehicle {self.vehicle}"] * bool(self.vehicle)
        values = [f"{name} {value}" for name, value in self.values.items()]
        parts = [", ".join(where), self.kind.replace("_", " "), ", ".join(values)]
        return ": ".join(filter(None, parts))
