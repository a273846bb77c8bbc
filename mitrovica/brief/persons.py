"""Groups with women, and with minors, as crews noted after a visit: what of it a tier may know.

Nobody is asked; where nobody noted it, nothing is known.  The office sees the month.  A partner
sees quarters: one in which fewer than `Tier.least_groups` groups had women, or fewer had none, is
put together with the other one of its half-year, and told with it or not at all.  Everybody sees
the half-year, as the sum of what partners may see.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pandas as pd

from geo.records import months_of
from mitrovica.masks.tiers import Tier

KINDS: Final = ("women", "minors")
COLUMNS: Final = ["kind", "period", "groups", "without"]
NOBODY: Final = pd.DataFrame(columns=COLUMNS).astype(
    {"groups": "Int64", "without": "Int64"}
)
_QUARTER: Final = 3


class Noted(NamedTuple):
    """Of how many groups it is known, in a period."""

    period: str
    groups: int
    """Groups in which there were any."""
    without: int
    """Groups in which there were none."""


def persons_of(contacts: pd.DataFrame, period: str, limits: Tier) -> pd.DataFrame:
    """Return in how many groups there were women, and minors, as far as a tier may know.

    Parameters
    ----------
    contacts : pandas.DataFrame, table `LOG_CONTACTS`
        What counts of one study.
    period : str
        Of the tier: a month, a quarter or a half-year.
    limits : mitrovica.masks.tiers.Tier

    Returns
    -------
    pandas.DataFrame
        ``kind``; ``period``, a half-year where two quarters are put together; ``groups`` with and
        ``without``.  No row of what is withheld.

    Examples
    --------
    Nine of twenty groups of the first quarter, and three of fourteen of the second one, had women.

    >>> from mitrovica.masks.tiers import PARTNER
    >>> rows = [("2026-01", "yes", 9), ("2026-01", "no", 11), ("2026-05", "yes", 3),
    ...         ("2026-05", "no", 11)]
    >>> contacts = pd.DataFrame(rows, columns=["month", "value", "groups"]).assign(kind="women")
    >>> persons_of(contacts, "2026-Q1", PARTNER).empty
    True
    >>> persons_of(contacts, "2026-Q2", PARTNER).to_numpy().tolist()
    [['women', '2026-H1', 12, 22]]
    """
    rows = [
        (kind, *noted)
        for kind in KINDS
        for noted in _told(contacts[contacts["kind"] == kind], period, limits)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"groups": "Int64", "without": "Int64"})


def _told(answers: pd.DataFrame, period: str, limits: Tier) -> Iterator[Noted]:
    """Yield what a tier may know of a period."""
    if limits.period == "month":
        noted = _counted(answers, period)
        if noted.groups or noted.without:
            yield noted
        return
    half = _half_of(period)
    quarters = [
        noted
        for noted in _merged(answers, half, limits.made_of or limits)
        if _is_due(noted, period)
    ]
    if limits.made_of is None:
        yield from (one for one in quarters if _ends(one, period))
        return
    whole = Noted(
        half, sum(one.groups for one in quarters), sum(one.without for one in quarters)
    )
    if _enough(whole, limits):
        yield whole


def _merged(answers: pd.DataFrame, half: str, limits: Tier) -> Iterator[Noted]:
    """Yield the quarters of a half-year that hold enough groups, or both together."""
    first, second = (_counted(answers, name) for name in _quarters(half))
    if not _enough(first, limits):
        both = _counted(answers, half)
        if _enough(both, limits):
            yield both
        return
    yield first
    if _enough(second, limits):
        yield second


def _counted(answers: pd.DataFrame, period: str) -> Noted:
    rows = answers[answers["month"].isin(months_of(period))]
    groups = rows.groupby("value")["groups"].sum()
    return Noted(period, int(groups.get("yes", 0)), int(groups.get("no", 0)))


def _enough(noted: Noted, limits: Tier) -> bool:
    """Return whether both parts of a whole may be told."""
    return min(noted.groups, noted.without) >= limits.least_groups


def _half_of(period: str) -> str:
    """Return the half-year that holds a quarter or half-year."""
    last = months_of(period)[-1]
    return f"{last[:4]}-H{(int(last[5:]) - 1) // 6 + 1}"


def _quarters(half: str) -> list[str]:
    months = months_of(half)[_QUARTER - 1 :: _QUARTER]
    return [f"{name[:4]}-Q{int(name[5:]) // _QUARTER}" for name in months]


def _is_due(noted: Noted, period: str) -> bool:
    """Return whether a span is over when a period is."""
    return months_of(noted.period)[-1] <= months_of(period)[-1]


def _ends(noted: Noted, period: str) -> bool:
    """Return whether a span ends with a period: what it ends with is told then."""
    return months_of(noted.period)[-1] == months_of(period)[-1]
