"""Tiers of a release: what may leave for whom.  The one place where their thresholds stand.

A threshold may be raised freely.  Lowering one needs ``--override``, with a reason that is then
written into every file.
"""

from typing import Annotated, Final, Literal

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from geo.params import types

PURPOSES: Final = (
    "health",
    "food",
    "shelter",
    "protection",
    "legal aid",
    "information",
    "planning of services",
)
"""What a release may be for.  Nothing else, and never enforcement."""


@dataclass(frozen=True, config=types.SOURCED)
class Tier:
    """What a tier lets through."""

    least_groups: Annotated[types.Whole, Interval(ge=1, le=types.MOST)]
    """The least number of groups in each cell of each period.  Statistical offices ask for 3 to 10,
    and for more where the harm is grave (Hundepool et al. 2012; OCHA, Guidelines on Data
    Responsibility 2025): 10 for a named partner, 20 for everybody."""
    side_m: types.NotNegative
    """The smallest cell; wider ones are its doubles, so that cells of all tiers nest.  Household
    surveys displace places by up to 2 km in towns and 5 km in the country (Burgert et al. 2013)."""
    period: Literal["month", "quarter", "half-year"]
    """A report is known to lie in this period, not when in it."""
    delay_days: types.NotNegative
    """Days from the end of a period to its release: by then its groups have moved on."""
    made_of: "Tier | None" = None
    """Its cells are made of whole cells of this tier: so the difference of the two never holds
    fewer groups than one of these."""


PARTNER: Final = Tier(10, 2_000, "quarter", 30)

TIERS: Final = {
    "internal": Tier(1, 0, "month", 0),
    "partner": PARTNER,
    "public": Tier(20, 8_000, "half-year", 90, made_of=PARTNER),
}
"""The coordinator's office; a named institution; everybody."""
