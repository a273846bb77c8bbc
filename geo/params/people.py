"""Who works on patrols: roles and languages, never a name.

They are not parameters of a run, which its manifest would hold.  They stand in ``people.toml`` in
the user's data folder, and are never on a map or in an export.
"""

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from geo.params import types

Role = Literal[
    "coordinator", "driver", "interpreter", "mediator", "health_worker", "social_worker",
    "legal_adviser", "volunteer",
]  # fmt: skip
Spoken = Literal[
    "ar", "fa", "ps", "ur", "ku", "tr", "fr", "en", "bn", "so", "ti", "sq", "sr",
]  # fmt: skip

Bank = Literal["north", "south"]


@dataclass(frozen=True, config=types.CHECKED)
class Person:
    """``[[patrols.people]]``: somebody who rides along, or interprets on the telephone."""

    role: Role
    """What they do; no name is asked for."""
    languages: Annotated[tuple[Spoken, ...], types.NOT_EMPTY]
    """What they speak."""
    shifts: tuple[str, ...] = ()
    """Names of the shifts that they may work; if absent, all."""
    bank: Bank | Literal["both"] = "both"
    """On which bank of the Ibar they may serve: two administrations share the town."""
    phone: bool = False
    """They interpret on the telephone, for all patrols of a shift and on both banks."""

    def works(self, shift: str) -> bool:
        """Return whether they may work a shift."""
        return not self.shifts or shift in self.shifts
