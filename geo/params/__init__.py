"""Every parameter of a study, each default named once; a class for each TOML table.

The classes check their values when they are made, from a notebook as from a TOML file, and
name the key, what was found and what was expected.  `Params` holds them all; start there.
"""

from __future__ import annotations

from dataclasses import field, replace

from pydantic.dataclasses import dataclass

from geo.params.analysis import (
    AccessParams,
    CorridorParams,
    HotspotParams,
    NeedParams,
    PrivacyParams,
    SpeedParams,
)
from geo.params.patrols import FortnightParams, PatrolParams, Shift
from geo.params.types import CHECKED, Table, hint
from geo.schema import CORRIDORS

__all__ = [
    "AccessParams",
    "CorridorParams",
    "FortnightParams",
    "HotspotParams",
    "NeedParams",
    "Params",
    "PatrolParams",
    "PrivacyParams",
    "Shift",
    "SpeedParams",
]


@dataclass(frozen=True, config=CHECKED)
class Params(Table):
    """All parameters: those of `geo.study.run`, and of planning several nights.

    Nested tables, as TOML gives them, may stand for its parts.  A `pydantic.ValidationError` holds
    every fault: the key, the value found and what was expected.

    Examples
    --------
    >>> Params(patrols={"vehicles": 3}).patrols.vehicles
    3
    """

    privacy: PrivacyParams = field(default_factory=PrivacyParams)
    corridors: CorridorParams = field(default_factory=CorridorParams)
    hotspots: HotspotParams = field(default_factory=HotspotParams)
    patrols: PatrolParams = field(default_factory=PatrolParams)
    need: NeedParams = field(default_factory=NeedParams)
    fortnight: FortnightParams = field(default_factory=FortnightParams)
    speeds: SpeedParams = field(default_factory=SpeedParams)
    access: AccessParams = field(default_factory=AccessParams)

    def __post_init__(self) -> None:
        """Check that the primary hypothesis is of a kind that a study has."""
        kind = self.corridors.primary_kind
        if kind not in CORRIDORS:
            nearest = hint([kind], CORRIDORS)
            raise ValueError(
                f"corridors.primary_kind: {kind!r} is not a kind of corridor. {nearest}"
            )

    def in_full(self) -> Params:
        """Return the same study with all the simulations and draws that it may rest on."""
        return replace(
            self,
            corridors=replace(self.corridors, simulations=9999),
            hotspots=replace(self.hotspots, simulations=999),
            access=replace(self.access, cell_m=100.0),
        )
