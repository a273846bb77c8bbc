"""To whom a release may go, for what, until when, and on which thresholds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from geo.params.release import PURPOSES, TIERS, Tier
from geo.params.suggest import hint
from layers import shipped

LONGEST_DAYS: Final = 365
"""A release holds for a year at most."""
LEAST_NAME: Final = 3
"""Letters of the shortest name of a recipient."""
LISTS: Final = shipped.toml("lists", "release.toml")


class ReleaseError(ValueError):
    """A release is refused; the message says why, and what would pass."""


def check(tier: str, to: str, purpose: str, until: date, on: date) -> str:
    """Return the tier that the recipient may have, which is ``public`` for those who enforce.

    Raises `ReleaseError` where the tier or the purpose is none of the list, the recipient has no
    name, or the day lies behind or more than a year ahead.
    """
    if tier not in TIERS:
        raise ReleaseError(f"--tier {tier}: there is no such tier. {hint([tier], TIERS)}")
    if purpose not in PURPOSES:
        raise ReleaseError(
            f"--purpose {purpose}: a release is for one of {', '.join(PURPOSES)}. Fix: choose one "
            "of them; for anything else there is no release"
        )
    if len(to.strip()) < LEAST_NAME:
        raise ReleaseError("--to has no name. Fix: name the institution, or 'everybody'")
    if not on <= until <= on + timedelta(days=LONGEST_DAYS):
        raise ReleaseError(
            f"--until {until}: not within {LONGEST_DAYS} days of {on}. Fix: the day on which the "
            "files are no longer needed"
        )
    return "public" if enforces(to) else tier


def enforces(to: str) -> bool:
    """Return whether a recipient is police, border guard or another enforcement, by its name.

    >>> enforces("Border Police Mitrovica"), enforces("Red Cross of Kosova")
    (True, False)
    """
    return any(word in to.casefold() for word in LISTS["enforcement"]["words"])


def thresholds(tier: str, least_groups: int | None, delay_days: int | None, override: str) -> Tier:
    """Return the thresholds of a tier, raised or, with a reason, lowered.

    Raises `ReleaseError` where one is lowered without a reason.

    >>> thresholds("partner", 20, None, "").least_groups
    20
    """
    table = TIERS[tier]
    chosen = replace(
        table,
        least_groups=table.least_groups if least_groups is None else least_groups,
        delay_days=table.delay_days if delay_days is None else delay_days,
    )
    lowered = [
        f"{name} {getattr(chosen, name):g} in place of {getattr(table, name):g}"
        for name in ("least_groups", "delay_days")
        if getattr(chosen, name) < getattr(table, name)
    ]
    if lowered and not override.strip():
        raise ReleaseError(
            f"lower than the table of the tier {tier!r}: {', '.join(lowered)}. Fix: leave it out, "
            'or say why with --override "REASON", which every file will show'
        )
    return chosen
