"""Which languages groups are likely to speak, and which crew understands most of them.

Expected languages are those that the log counted in the whole area; where too few groups are
counted, those of the report's countries of origin.  The log ties no language to a shift or a stop,
so all shifts are expected to meet the same; that is an assumption.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.arrays import Bools, Floats
from geo.brief.flows import ReportFigures
from geo.params.people import Bank, Person
from geo.presence.visits import LEAST
from layers.schema import current

OF_ORIGIN: Final[Mapping[str, Mapping[str, float]]] = {
    "Syria": {"ar": 0.9, "ku": 0.1}, "Iraq": {"ar": 0.75, "ku": 0.25}, "Morocco": {"ar": 1.0},
    "Algeria": {"ar": 1.0}, "Palestine": {"ar": 1.0}, "Libya": {"ar": 1.0},
}  # fmt: skip
"""Assumed, from no data: what share of those who come from a country speaks what.  Of all other
countries no language is known."""

SEATS: Final = 4
"""People whom a vehicle takes along, at most."""

UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Expected:
    """What groups are likely to speak."""

    shares: pd.Series
    """By language, the most likely first; ``unknown`` is understood by nobody."""
    rests_on: str
    """``log`` or ``origins``."""
    groups: int
    """Groups that named a language in the log."""


def expected(contacts: pd.DataFrame, report: ReportFigures | None) -> Expected:
    """Return the languages to expect in the whole area.

    `contacts` is table `LOG_CONTACTS`.  Of the last year of the report's origins the middle between
    the readings counts.
    """
    rows = current(contacts)
    rows = rows[(rows["kind"] == "language") & (rows["value"] != UNKNOWN)]
    named = rows.groupby("value")["groups"].sum().astype(float)
    n = int(named.sum())
    if n >= LEAST:
        return Expected((named / n).sort_values(ascending=False), "log", n)
    if report is None or report.origins.empty:
        return Expected(pd.Series({UNKNOWN: 1.0}), "origins", n)
    last = report.origins[report.origins["year"] == report.origins["year"].max()]
    persons = ((last["low"] + last["high"]) / 2).set_axis(last["part"])
    return Expected(spoken_by(persons), "origins", n)


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
    stops: pd.DataFrame, banks: Mapping[Bank, Sequence[str]], people: Sequence[Person],
    shares: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    """Return `assign` for each night of a plan, table `STOPS`; `banks` has the stops of each."""
    bank = {stop: name for name, own in banks.items() for stop in own}
    visits = stops[stops["service_s"] > 0]
    at = visits.assign(banks=visits["stop"].map(bank).fillna(UNKNOWN))
    trips = at.groupby(["night", "shift", "vehicle"], sort=False)["banks"].agg(set).reset_index()
    return pd.concat([assign(own, people, shares) for _, own in trips.groupby("night")])


def assign(
    patrols: pd.DataFrame, people: Sequence[Person], shares: pd.Series, seats: int = SEATS
) -> pd.DataFrame:
    """Return who rides with which patrol of a night, so that most groups are understood.

    The share of groups that somebody on board or on the telephone understands is as large as can
    be, over all patrols alike (solved as a mixed integer program).  Nobody works two shifts of a
    night, or rides where they may not serve: on the bank of every stop of the patrol, so that where
    a bank is not known only those of both ride.  Who adds no language does not ride along.

    Parameters
    ----------
    patrols : pandas.DataFrame
        ``shift``, ``vehicle``, ``banks``: the set of the banks of its stops.
    people : sequence of Person
    shares : pandas.Series
        Of groups, by language.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``riders``: positions of people; ``phone``: of those on the telephone;
        ``understood``: the share of groups.
    """
    worth = shares.drop(UNKNOWN, errors="ignore")
    trips, size = patrols.to_dict("records"), (len(people), len(patrols))
    speaks = np.array([[g in one.languages for g in worth.index] for one in people], dtype=float)
    works = [[one.works(trip["shift"]) for trip in trips] for one in people]
    serves = [[one.bank == "both" or t["banks"] == {one.bank} for t in trips] for one in people]
    phone = np.array([one.phone for one in people], dtype=bool)[:, None]
    by_phone = np.reshape(works, size).astype(bool) & phone
    may_ride = np.reshape(works, size).astype(bool) & np.reshape(serves, size).astype(bool) & ~phone
    speaks = speaks.reshape(len(people), len(worth))
    rides = _most_heard(may_ride, by_phone.T @ speaks > 0, speaks, worth.to_numpy(float), seats)
    understood = ((rides | by_phone).T @ speaks > 0) @ worth.to_numpy(float)
    return patrols.assign(
        riders=_positions(rides, patrols.index), phone=_positions(by_phone, patrols.index),
        understood=understood,
    )  # fmt: skip


def _positions(chosen: Bools, index: pd.Index) -> pd.Series:
    return pd.Series([np.flatnonzero(own).tolist() for own in chosen.T], index, dtype=object)


def _most_heard(
    may_ride: Bools, by_phone: Bools, speaks: Floats, worth: Floats, seats: int
) -> Bools:
    """Return who rides with which patrol, of those who may, so that most is understood.

    `may_ride` is people x patrols, `by_phone` patrols x languages, `speaks` people x languages.
    """
    (people, trips), languages = may_ride.shape, len(worth)
    if not may_ride.any() or not languages:
        return np.zeros_like(may_ride)
    # Unknowns: a ride of a person with a patrol, then a language understood by a patrol.
    heard = np.einsum("pl,tu->tlpu", speaks, np.eye(trips)).reshape(trips * languages, -1)
    once = np.kron(np.eye(people), np.ones(trips))
    seat = np.kron(np.ones(people), np.eye(trips))
    rides, cells = people * trips, trips * languages
    limits = np.vstack([once, seat, -heard])
    limits = np.hstack([limits, np.vstack([np.zeros((people + trips, cells)), np.eye(cells)])])
    most = np.r_[np.ones(people), np.full(trips, float(seats)), by_phone.astype(float).ravel()]
    found = milp(
        # A ride costs a little, so that nobody rides for nothing.
        np.r_[np.full(rides, 1e-6), -np.tile(worth, trips)],
        integrality=np.r_[np.ones(rides), np.zeros(cells)],
        bounds=Bounds(0, np.r_[may_ride.astype(float).ravel(), np.ones(cells)]),
        constraints=LinearConstraint(limits, -np.inf, most),
    )
    taken = np.zeros(rides) if found.x is None else found.x[:rides]
    return np.asarray(taken.reshape(may_ride.shape) > 0.5)
