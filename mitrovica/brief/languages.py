"""Which languages groups are likely to speak.

Expected languages are those that the log counted; where too few groups are counted, those of the
report's countries of origin.  The log ties no language to a shift or a stop.  A shift is expected
to meet the languages of each month as often as it met groups in that month: in a month all shifts
meet the same, which is an assumption.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from geo.presence.visits import LEAST
from mitrovica.brief.report_figures import ReportFigures

OF_ORIGIN: Final[Mapping[str, Mapping[str, float]]] = {
    "Syria": {"ar": 0.9, "ku": 0.1},
    "Iraq": {"ar": 0.75, "ku": 0.25},
    "Morocco": {"ar": 1.0},
    "Algeria": {"ar": 1.0},
    "Palestine": {"ar": 1.0},
    "Libya": {"ar": 1.0},
}
"""Assumed, from no data: what share of those who come from a country speaks what.  No language
is known of all other countries."""

UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Expected:
    """What groups are likely to speak."""

    shares: pd.Series
    """Shares by language, the most likely first; ``unknown`` is understood by nobody."""
    rests_on: str
    """``log`` or ``origins``."""
    groups: int
    """Groups that named a language in the log."""
    by_shift: pd.DataFrame
    """The same of each shift that met enough groups: a row a shift, a column a language."""

    def of(self, shifts: Iterable[str]) -> pd.DataFrame:
        """Return the shares of each shift, those of all where a shift has none of its own."""
        own = self.by_shift.T
        return pd.DataFrame(
            {shift: own.get(shift, self.shares) for shift in shifts}
        ).T.fillna(0.0)


def likely(
    contacts: pd.DataFrame, groups: pd.DataFrame, report: ReportFigures | None
) -> Expected:
    """Return the languages to expect in the whole area, and in each shift.

    `contacts` and `groups` are what counts of tables `LOG_CONTACTS` and `LOG_GROUPS`
    (`mitrovica.log.current`).  The report's origins count as of their last year, with the middle
    between its readings.
    """
    rows = contacts[(contacts["kind"] == "language") & (contacts["value"] != UNKNOWN)]
    named = rows.pivot_table(
        "groups", "month", "value", aggfunc="sum", fill_value=0
    ).astype(float)
    n, none = int(named.to_numpy().sum()), pd.DataFrame()
    if n >= LEAST:
        met = groups[groups["month"].isin(named.index)]
        often = pd.crosstab(met["shift"], met["month"]).reindex(
            columns=named.index, fill_value=0
        )
        often = often[often.sum(axis=1) >= LEAST]
        by_shift = often.div(often.sum(axis=1), axis=0) @ named.div(
            named.sum(axis=1), axis=0
        )
        return Expected(
            (named.sum() / n).sort_values(ascending=False), "log", n, by_shift
        )
    if report is None or report.origins.empty:
        return Expected(pd.Series({UNKNOWN: 1.0}), "origins", n, none)
    last = report.origins[report.origins["year"] == report.origins["year"].max()]
    persons = ((last["low"] + last["high"]) / 2).set_axis(last["part"])
    return Expected(spoken_by(persons), "origins", n, none)


def spoken_by(persons: pd.Series) -> pd.Series:
    """Return the share of each language among persons by country, by `OF_ORIGIN`."""
    shares = [
        (language, number * part / persons.sum())
        for country, number in persons.items()
        for language, part in OF_ORIGIN.get(str(country), {UNKNOWN: 1.0}).items()
    ]
    table = pd.DataFrame(shares, columns=["language", "share"])
    return table.groupby("language")["share"].sum().sort_values(ascending=False)
