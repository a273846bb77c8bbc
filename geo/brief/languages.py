"""Which languages groups are likely to speak, and which crew understands most of them.

Expected languages are those that the log counted; where too few groups are counted, those of the
report's countries of origin.  The log ties no language to a shift or a stop.  A shift is expected
to meet the languages of each month as often as it met groups in that month: in a month all shifts
meet the same, which is an assumption.

People change no route: a plan follows from what its manifest holds, and they are in none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.arrays import Bools, Floats
from geo.brief.flows import ReportFigures
from geo.params.patrols import Bank, Person
from geo.presence.visits import LEAST

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

SEATS: Final = 4
"""People whom a vehicle takes along, at most."""

UNKNOWN: Final = "unknown"
TRIP: Final = ["night", "shift", "vehicle"]


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
    (`layers.log.in_force`).  The report's origins count as of their last year, with the middle
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
        (language, n * part / persons.sum())
        for country, n in persons.items()
        for language, part in OF_ORIGIN.get(str(country), {UNKNOWN: 1.0}).items()
    ]
    table = pd.DataFrame(shares, columns=["language", "share"])
    return table.groupby("language")["share"].sum().sort_values(ascending=False)


def crews_of(
    stops: pd.DataFrame,
    banks: Mapping[Bank, Sequence[str]],
    people: Sequence[Person],
    found: Expected,
) -> pd.DataFrame:
    """Return `assign` for each night of a plan, table `STOPS`; `banks` has the stops of each."""
    visits = _visits(stops, banks)
    each = visits.groupby(TRIP, sort=False).agg(
        banks=("bank", set), need=("prize", "sum")
    )
    shares = found.of(visits["shift"].unique())
    nights = each.reset_index().groupby("night")
    return pd.concat([assign(own, people, shares) for _, own in nights])


def _visits(stops: pd.DataFrame, banks: Mapping[Bank, Sequence[str]]) -> pd.DataFrame:
    """Return the visits of a plan with the ``bank`` that each stop lies on."""
    bank_of = {stop: bank for bank, own in banks.items() for stop in own}
    visits = stops[stops["service_s"] > 0]
    banks_of_visits = [bank_of.get(stop, UNKNOWN) for stop in visits["stop"]]
    return pd.DataFrame(visits.assign(bank=banks_of_visits))


def assign(
    patrols: pd.DataFrame,
    people: Sequence[Person],
    shares: pd.DataFrame,
    seats: int = SEATS,
) -> pd.DataFrame:
    """Return who rides with which patrol of a night, so that most groups are understood.

    The share of groups that somebody on board or on the telephone understands is as large as can
    be over all patrols, each by the need that its stops serve (solved as a mixed integer program).
    Nobody works two shifts of a night, or rides where they may not serve: on the bank of every stop
    of the patrol, so that where a bank is not known only those of both ride.  Who adds no language
    does not ride along.

    Parameters
    ----------
    patrols : pandas.DataFrame
        ``shift``, ``vehicle``, ``banks``: the set of the banks of its stops; ``need`` served there.
    people : sequence of Person
    shares : pandas.DataFrame
        Of groups: a row a shift, a column a language.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``riders``: positions of people; ``phone``: of those on the telephone;
        ``understood``: the share of groups.
    """
    trips, size = patrols.to_dict("records"), (len(people), len(patrols))
    heard = shares.drop(columns=UNKNOWN, errors="ignore").loc[patrols["shift"]]
    each, need = heard.to_numpy(float), patrols["need"].to_numpy(float)[:, None]
    speaks = np.array(
        [[g in one.languages for g in heard] for one in people], dtype=float
    )
    works = [[one.works(trip["shift"]) for trip in trips] for one in people]
    serves = [
        [one.bank == "both" or t["banks"] == {one.bank} for t in trips]
        for one in people
    ]
    phone = np.array([one.phone for one in people], dtype=bool)[:, None]
    by_phone = np.reshape(works, size).astype(bool) & phone
    may_ride = (
        np.reshape(works, size).astype(bool)
        & np.reshape(serves, size).astype(bool)
        & ~phone
    )
    speaks = speaks.reshape(len(people), heard.shape[1])
    rides = _most_heard(may_ride, by_phone.T @ speaks > 0, speaks, need * each, seats)
    understood = (((rides | by_phone).T @ speaks > 0) * each).sum(axis=1)
    return patrols.assign(
        riders=_positions(rides, patrols.index),
        phone=_positions(by_phone, patrols.index),
        understood=understood,
    )


def kept_to_a_bank(
    stops: pd.DataFrame,
    banks: Mapping[Bank, Sequence[str]],
    people: Sequence[Person],
    found: Expected,
) -> pd.DataFrame:
    """Return the patrol of each night that would gain most if it kept to one bank of the river.

    Columns: ``night``, ``shift``, ``vehicle``, ``bank``; ``names`` of the stops that it would leave
    out, and ``lost``, their share of its need; ``understood`` and ``before``, the share of all
    groups of the night that somebody understands: nobody understands those at stops left out.
    """
    visits, rows = _visits(stops, banks), []
    for _, own in visits.groupby(TRIP):
        night = visits[visits["night"] == own["night"].iloc[0]]
        for bank in banks:
            off = own[own["bank"] != bank]
            if 0 < len(off) < len(own):
                crews = [
                    crews_of(each, banks, people, found)
                    for each in (night.drop(off.index), night)
                ]
                heard = [
                    float((one["need"] * one["understood"]).sum()) for one in crews
                ]
                need = [float(each["prize"].sum()) for each in (off, own, night)]
                shares = (need[0] / need[1], heard[0] / need[2], heard[1] / need[2])
                rows.append(
                    (*own[TRIP].iloc[0], bank, [*off["name"].unique()], *shares)
                )
    columns = [*TRIP, "bank", "names", "lost", "understood", "before"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        "understood", ascending=False
    )
    return table[table["understood"] > table["before"]].drop_duplicates("night")


def _positions(chosen: Bools, index: pd.Index) -> pd.Series:
    return pd.Series(
        [np.flatnonzero(own).tolist() for own in chosen.T], index, dtype=object
    )


def _most_heard(
    may_ride: Bools, by_phone: Bools, speaks: Floats, worth: Floats, seats: int
) -> Bools:
    """Return who rides with which patrol, of those who may, so that most is understood.

    `may_ride` is people x patrols, `speaks` people x languages, the others patrols x languages.
    """
    (people, trips), languages = may_ride.shape, worth.shape[1]
    if not may_ride.any() or not languages:
        return np.zeros_like(may_ride)
    # Unknowns: a ride of a person with a patrol, then a language understood by a patrol.
    heard = np.einsum("pl,tu->tlpu", speaks, np.eye(trips)).reshape(
        trips * languages, -1
    )
    once = np.kron(np.eye(people), np.ones(trips))
    seat = np.kron(np.ones(people), np.eye(trips))
    rides, cells = people * trips, trips * languages
    limits = np.vstack([once, seat, -heard])
    limits = np.hstack(
        [limits, np.vstack([np.zeros((people + trips, cells)), np.eye(cells)])]
    )
    most = np.r_[
        np.ones(people), np.full(trips, float(seats)), by_phone.astype(float).ravel()
    ]
    found = milp(
        # A ride costs a little, so that nobody rides for nothing.
        np.r_[np.full(rides, 1e-6), -worth.ravel()],
        integrality=np.r_[np.ones(rides), np.zeros(cells)],
        bounds=Bounds(0, np.r_[may_ride.astype(float).ravel(), np.ones(cells)]),
        constraints=LinearConstraint(limits, -np.inf, most),
    )
    taken = np.zeros(rides) if found.x is None else found.x[:rides]
    return np.asarray(taken.reshape(may_ride.shape) > 0.5)
