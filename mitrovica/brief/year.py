"""A year of months and quarters: what was met, and what changes of the office coincided with it.

Months are counted from the log, quarters too; of one that the log does not have, the groups are
those of an earlier release.  Whether two
months, two quarters, or the months before and after a change differ is asked by the test of
`mitrovica.brief.changes`: groups met in an hour at the same stops in the same shifts.  What
coincided is said to have coincided, never to have caused anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.presence.visits import garwood
from geo.records import Log, months_of
from mitrovica.brief.changes import LEVEL, YEAR, by_cell, pair

ABOUT: Final = 3
"""Months before a change and from it on that are compared."""
SHORTEST: Final = 3
"""A log of fewer months has no year to show."""
QUARTERS: Final = 4
QUARTER: Final = "%Y-Q%q"


@dataclass(frozen=True)
class Coincided:
    """A change of the office, and whether groups met in an hour changed with it."""

    month: str
    what: Mapping[str, str]
    """In words, by language."""
    ratio: float
    """Groups met in an hour after it over those before; NaN where they cannot be compared."""
    p: float
    """Adjusted for all changes of the year; NaN likewise."""

    @property
    def shown(self) -> bool:
        """Whether the rates differ by more than chance."""
        return bool(self.p <= LEVEL)


@dataclass(frozen=True)
class Year:
    """Twelve months up to one, and the quarters in them.

    With months it is internal; a partner has quarters alone, as they were released to it before.
    """

    months: pd.DataFrame
    """By ``period``, the oldest first: ``hours``, ``groups``, ``rate`` an hour with ``low`` and
    ``high``, ends of its 95 % interval, and ``p`` against the one before, adjusted; NaN where
    nothing is known."""
    quarters: pd.DataFrame
    """The same, with ``released``: the groups are those of an earlier release, "so many or some
    more"."""
    coincided: tuple[Coincided, ...] = ()


def year_of(
    log: Log,
    month: str,
    released: Mapping[str, int] | None = None,
    changes: Sequence[tuple[str, Mapping[str, str]]] = (),
) -> Year | None:
    """Return the year that ends with a month; None where the log has fewer than `SHORTEST` months.

    Parameters
    ----------
    log : geo.records.Log
        What counts of one study (`mitrovica.log.current`).
    month : str
        ``2026-12``.
    released : mapping of str to int, optional
        Groups by quarter, ``2026-Q4``, as they were released.
    changes : sequence of (month, words by language), optional
        What the office changed, and from which month on.

    Returns
    -------
    Year or None
    """
    # Changes early in the year look back beyond it.
    months = pd.period_range(end=month, periods=ABOUT + YEAR, freq="M")
    every = months.astype(str).tolist()
    names = every[ABOUT:]
    hours, groups = by_cell(log, every)
    if (hours[names].sum() > 0).sum() < SHORTEST:
        return None
    quarters = months[ABOUT:].asfreq("Q-DEC").unique().strftime(QUARTER)
    of_quarters = {quarter: months_of(quarter) for quarter in quarters}
    whole = {quarter: of for quarter, of in of_quarters.items() if set(of) <= {*every}}
    return Year(
        _table({one: [one] for one in names}, hours, groups, {}),
        _table(whole, hours, groups, released or {}),
        _coincided(changes, names, hours, groups),
    )


def year_as_released(released: Mapping[str, int], quarter: str) -> Year | None:
    """Return the year up to a quarter as it was released; None where fewer than three are known.

    >>> year = year_as_released({"2026-Q1": 25, "2026-Q2": 10, "2026-Q4": 40}, "2026-Q4")
    >>> year.quarters["groups"].tolist()
    [25.0, 10.0, nan, 40.0]
    """
    last = pd.Period(quarter.replace("-", ""), "Q")
    quarters = pd.period_range(end=last, periods=QUARTERS)
    named = quarters.strftime(QUARTER).tolist()
    if len(released.keys() & set(named)) < SHORTEST:
        return None
    none = pd.DataFrame(columns=named, dtype=float)
    parts = {name: [name] for name in named}
    table = _table(parts, none, none, released)
    return Year(table.iloc[:0], table)


def _table(
    parts: Mapping[str, Sequence[str]],
    hours: pd.DataFrame,
    groups: pd.DataFrame,
    released: Mapping[str, int],
) -> pd.DataFrame:
    """Return a row a part of the year, each beside the one before."""
    cells_h, cells_g = (
        [table[[*of]].sum(axis=1).to_numpy(float) for of in parts.values()]
        for table in (hours, groups)
    )
    total_h = np.array([cells.sum() for cells in cells_h])
    met = np.array([cells.sum() for cells in cells_g])
    known_h = np.where(total_h > 0, total_h, np.nan)
    # What the log has is exact, what left was rounded down.
    given = pd.Series(parts.keys()).map(dict(released)).where(total_h == 0)
    is_released = given.notna().to_numpy(bool)
    low, high = garwood(met)
    table = pd.DataFrame(
        {
            "period": [*parts],
            "hours": known_h,
            "groups": np.where(is_released, given, met),
            "rate": met / known_h,
            "low": low / known_h,
            "high": high / known_h,
            "p": _adjusted(
                [np.nan, *map(_p, cells_g[1:], cells_g, cells_h[1:], cells_h)]
            ),
            "released": is_released,
        }
    )
    unknown = np.isnan(known_h) & ~is_released
    return table.assign(groups=table["groups"].mask(unknown))


def _p(now: Floats, before: Floats, hours: Floats, hours_before: Floats) -> float:
    """Return the p-value of two parts of a year; NaN where they cannot be compared."""
    found = pair(np.c_[now, before], np.c_[hours, hours_before])
    return np.nan if np.isnan(found.power) else found.p


def _adjusted(p_values: Sequence[float]) -> Floats:
    """Return p-values adjusted for all comparisons of a year (Benjamini and Hochberg 1995)."""
    from scipy.stats import false_discovery_control

    found = np.array(p_values)
    asked = ~np.isnan(found)
    if asked.any():
        found[asked] = false_discovery_control(found[asked])
    return found


def _coincided(
    changes: Sequence[tuple[str, Mapping[str, str]]],
    months: Sequence[str],
    hours: pd.DataFrame,
    groups: pd.DataFrame,
) -> tuple[Coincided, ...]:
    """Return the changes of a year, each with the months before and after it compared."""
    ratios, p_values, named = [], [], []
    every = [*hours.columns]
    for month, what in changes:
        if month not in months:
            continue
        at = every.index(month)
        after, before = every[at : at + ABOUT], every[at - ABOUT : at]
        cells = [
            table[of].sum(axis=1).to_numpy(float)
            for table in (groups, hours)
            for of in (after, before)
        ]
        found = pair(np.c_[cells[0], cells[1]], np.c_[cells[2], cells[3]])
        is_known = not np.isnan(found.power)
        ratios.append(found.ratio if is_known else np.nan)
        p_values.append(found.p if is_known else np.nan)
        named.append((month, what))
    return tuple(
        Coincided(month, what, ratio, float(p))
        for (month, what), ratio, p in zip(
            named, ratios, _adjusted(p_values), strict=True
        )
    )
