"""Figures of a month, a quarter or a half-year from the log, as far as a tier lets them through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from geo.presence.visits import needs_met, understood_by_language
from geo.records import Log, months_of, stayed_s
from mitrovica.brief.changes import Change, changed
from mitrovica.brief.persons import NOBODY, persons_of
from mitrovica.masks.differences import period_of
from mitrovica.masks.tiers import TIERS, Tier

STOPS: Final = ("planned", "made", "skipped", "missing")
GROUPS: Final = "groups met"
ROUNDED: Final = 5
"""What leaves the office is rounded down to a multiple of it, so that a page that comes in late
does not tell of a single group."""

_AT_LAST: Final = date(9999, 1, 1)
_NAMED: Final = {"month": "YYYY-MM", "quarter": "YYYY-QN", "half-year": "YYYY-HN"}


class BriefError(ValueError):
    """There is no brief of a period for a tier; the message says why, and what there is."""


@dataclass(frozen=True)
class Figures:
    """What a log says of a period; null where a tier lets a figure not through."""

    period: str
    counts: Mapping[str, int]
    """``nights_planned``; ``nights_made``, with a stop made; stops ``planned``, ``made``,
    ``skipped``, and ``missing``: planned, and without a page."""
    hours: float
    """Hours of crews at stops."""
    groups: int | None
    languages: pd.DataFrame
    """``language``; ``groups`` that named it, ``answered`` whether they were understood, of them
    ``in_words``, in their own language or through an interpreter, and ``missed``."""
    needs: pd.DataFrame
    """``need``; groups that ``asked``, for which it was ``met`` and ``unmet``: none where more were
    met than asked, since crews may give what nobody asked for."""
    empty: pd.DataFrame
    """Stops at which crews met nobody: ``stop``, ``name``, ``visits``, ``hours``.  Internal."""
    persons: pd.DataFrame = field(default_factory=NOBODY.copy)
    """``kind``, women or minors; ``period``; ``groups`` with and ``without`` (`persons_of`)."""
    unreached: tuple[str, ...] = ()
    """Names of planned stops at which no crew stood.  Internal."""
    change: Change | None = None
    """From the month before; None where that is not known.  Internal."""

    @property
    def failed(self) -> tuple[int, int] | None:
        """Groups not understood in words, of how many with an answer; None where one is unknown."""
        rows = self.languages[["missed", "answered"]]
        if rows.isna().to_numpy().any():
            return None
        return int(rows["missed"].sum()), int(rows["answered"].sum())


def figures_of(
    log: Log, nights: pd.DataFrame, period: str, tier: str, on: date
) -> Figures:
    """Return the figures of a period that a tier may know on a day.

    Parameters
    ----------
    log : geo.records.Log
        What counts of one study (`mitrovica.log.current`).
    nights : pandas.DataFrame
        What was planned and made of each night, as `mitrovica.log.retention.nights` gives it.
    period : str
        ``2026-12`` of the tier ``internal``, ``2026-Q4`` of ``partner``, ``2026-H2`` of ``public``.
    tier : str
        Of `mitrovica.masks.tiers.TIERS`.

    Returns
    -------
    Figures

    Raises `BriefError` if there is no such tier or period, it has not begun, or is withheld until a
    later day.
    """
    if tier not in TIERS:
        raise BriefError(
            f"--tier {tier}: there is no such tier. Fix: one of {', '.join(TIERS)}"
        )
    limits = TIERS[tier]
    try:
        last = months_of(period)[-1]
        fits = (
            date.fromisoformat(f"{last}-01")
            and period_of(last, limits, _AT_LAST) == period
        )
    except ValueError:
        fits = False
    if not fits:
        raise BriefError(
            f"{period}: the tier {tier!r} may know of a {limits.period}. Fix: --{limits.period} "
            f"{_NAMED[limits.period]}"
        )
    if months_of(period)[0] > f"{on:%Y-%m}":
        raise BriefError(f"{period} has not begun. Fix: an earlier {limits.period}")
    if tier == "internal":
        return replace(
            _counted(log, nights, period),
            change=changed(log, period),
            persons=persons_of(log.contacts, period, limits),
        )
    if period_of(last, limits, on) is None:
        raise BriefError(
            f"{period}: the tier {tier!r} may know of a {limits.period} {limits.delay_days:g} days "
            "after its end, when its groups have moved on. Fix: an earlier one"
        )
    figures = _let_through(log, nights, period, limits)
    return replace(
        figures,
        groups=figures.groups and figures.groups // ROUNDED * ROUNDED,
        languages=_down(figures.languages),
        needs=_down(figures.needs),
        persons=_down(persons_of(log.contacts, period, limits), 2),
    )


def counts_of(*figures: Figures) -> dict[str, pd.DataFrame]:
    """Return the published counts of groups, by what is counted: what the register keeps.

    Columns as for `mitrovica.releases.difference`; the whole area is one cell.

    Parameters
    ----------
    *figures : Figures
        Of one period or several.

    Returns
    -------
    dict of pandas.DataFrame
    """
    parts = []
    for one_period in figures:
        total = {"what": [GROUPS], "groups": [one_period.groups]}
        tables = [pd.DataFrame(total)]
        for table in (one_period.languages, one_period.needs):
            first = str(table.columns[0])
            tall = table.melt(first).rename(columns={"value": "groups"})
            what = first + " " + tall[first] + ": " + tall["variable"]
            tables.append(tall.assign(what=what))
        parts.append(pd.concat(tables).assign(period=one_period.period))
        persons = one_period.persons.melt(["kind", "period"])
        what = "groups, " + persons["kind"] + ": " + persons["variable"]
        persons = persons.rename(columns={"value": "groups"})
        parts.append(persons.assign(what=what))
    counts = pd.concat(parts).dropna(subset="groups")[["what", "period", "groups"]]
    counts = counts.assign(west_m=0.0, south_m=0.0, side_m=0.0)
    return {str(what): rows for what, rows in counts.groupby("what")}


def period_before(period: str, tier: str = "internal") -> str:
    """Return the month, quarter or half-year before, of a tier.

    Parameters
    ----------
    period : str
        Such as ``2026-01``, ``2026-Q1``, ``2026-H1``.
    tier : str
        Of a release, ``internal`` for the office.

    Returns
    -------
    str

    >>> period_before("2026-01"), period_before("2026-Q1", "partner")
    ('2025-12', '2025-Q4')
    """
    month = str(pd.Period(months_of(period)[0], "M") - 1)
    return str(period_of(month, TIERS[tier], _AT_LAST))


def _let_through(log: Log, nights: pd.DataFrame, period: str, limits: Tier) -> Figures:
    """Return the figures that each hold the least groups of a tier; not rounded yet."""
    if limits.made_of is None:
        figures = _counted(log, nights, period)
    else:
        finer, parts = limits.made_of, []
        for month in months_of(period)[::3]:
            quarter = str(period_of(month, finer, _AT_LAST))
            parts.append(_let_through(log, nights, quarter, finer))
        figures = _together(period, parts)
    least = limits.least_groups
    enough = figures.groups is not None and figures.groups >= least
    return replace(
        figures,
        groups=figures.groups if enough else None,
        languages=_halves(figures.languages, "groups", ["in_words", "missed"], least),
        needs=_halves(figures.needs, "asked", ["met", "unmet"], least),
        empty=figures.empty.iloc[:0],
        unreached=(),
    )


def _halves(
    rows: pd.DataFrame, whole: str, halves: list[str], least: int
) -> pd.DataFrame:
    """Return rows of enough groups, without their halves where either is too few."""
    rows = rows[(rows[whole] >= least).fillna(value=False)]
    both = (rows[halves] >= least).all(axis=1) & rows[halves].notna().all(axis=1)
    hidden = [name for name in (*halves, "answered") if name in rows]
    return rows.assign(**{name: rows[name].where(both) for name in hidden})


def _counted(log: Log, nights: pd.DataFrame, period: str) -> Figures:
    """Return all that a log holds of a period."""
    months = months_of(period)
    nights = nights[nights["date"].str[:7].isin(months)]
    counts = {name: int(nights[name].sum()) for name in STOPS}
    counts["nights_planned"] = int((nights["planned"] > 0).sum())
    counts["nights_made"] = int((nights["made"] > 0).sum())
    visits = log.visits[log.visits["date"].str[:7].isin(months)]
    groups = log.groups[log.groups["month"].isin(months)]
    contacts = log.contacts[log.contacts["month"].isin(months)]
    by_stop = _by_stop(visits)
    empty = by_stop[~by_stop.index.isin(groups["stop"])]
    names = log.stop_names
    empty = empty.assign(name=names.reindex(empty.index))
    planned = log.planned[log.planned["date"].isin(nights["date"])]["stop"].unique()
    needs = needs_met(contacts[contacts["value"] != "none_named"])
    return Figures(
        period,
        counts,
        hours=float(by_stop["hours"].sum()),
        groups=len(groups),
        languages=_ordered(_languages(contacts)),
        needs=_ordered(needs.assign(unmet=needs["unmet"].clip(lower=0))),
        empty=empty.sort_values("hours", ascending=False).reset_index(),
        unreached=tuple(
            str(names[stop]) for stop in planned if stop not in by_stop.index
        ),
    )


def _by_stop(visits: pd.DataFrame) -> pd.DataFrame:
    """Return how many ``visits`` were made of each stop, and in how many ``hours``."""
    done = visits[visits["outcome"] == "done"]
    hours = stayed_s(done) / 3600
    by_stop = hours.groupby(done["stop"]).agg(["size", "sum"])
    return by_stop.rename(columns={"size": "visits", "sum": "hours"})


def _languages(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `Figures.languages`."""
    understood = understood_by_language(contacts).set_index("language")
    answered = understood["groups"]
    named = contacts[contacts["kind"] == "language"].groupby("value")["groups"].sum()
    in_words = (answered * understood["share"]).round()
    languages = pd.DataFrame(
        {
            # Where nobody wrote down the language of a group, only the answer is known.
            "groups": pd.concat([named, answered], axis=1).max(axis=1),
            "answered": answered,
            "in_words": in_words,
            "missed": answered - in_words,
        }
    )
    return languages.rename_axis("language").reset_index()


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in whole numbers, nulls as none, those of most groups first."""
    first, *counts = rows.columns
    whole = rows.fillna(dict.fromkeys(counts, 0)).astype(dict.fromkeys(counts, "Int64"))
    return whole.sort_values(
        [counts[0], first], ascending=[False, True], ignore_index=True
    )


def _together(period: str, parts: Sequence[Figures]) -> Figures:
    """Return the sums over parts; a half that any part withholds is withheld."""

    def summed(name: str) -> pd.DataFrame:
        rows = pd.concat([getattr(part, name) for part in parts])
        first, most, *_ = rows.columns
        whole = rows.groupby(first, as_index=False).agg(
            lambda counts: counts.sum(skipna=False)
        )
        counts: Any = whole.astype(dict.fromkeys(rows.columns[1:], "Int64"))
        return pd.DataFrame(counts).sort_values([most, first], ascending=[False, True])

    groups = [part.groups for part in parts if part.groups is not None]
    names = parts[0].counts
    return replace(
        parts[0],
        period=period,
        counts={name: sum(part.counts[name] for part in parts) for name in names},
        hours=sum(part.hours for part in parts),
        groups=sum(groups) if groups else None,
        languages=summed("languages"),
        needs=summed("needs"),
    )


def _down(rows: pd.DataFrame, first: int = 1) -> pd.DataFrame:
    """Return rows whose counts, from the column `first` on, are rounded down."""
    counts = {name: rows[name] // ROUNDED * ROUNDED for name in rows.columns[first:]}
    return rows.assign(**counts).reset_index(drop=True)
