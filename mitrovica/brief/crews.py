"""Who rides with which patrol over all nights of a plan: one table, solved as a whole.

A vehicle leaves with somebody who drives.  Beside that as many groups as can be are understood, and
those of one role share the hours.  People change no route: a plan follows from what its
manifest holds, and they are in none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from geo.arrays import Bools, Floats, Ints
from geo.params.patrols import Bank, Duty, Person, Team
from geo.patrols.clock import DAY_S
from mitrovica.brief.languages import UNKNOWN, Expected

WEEK: Final = 7
"""Nights in a row over which hours and nights off are counted."""
TRIP: Final = ["night", "shift", "vehicle"]

# What the choice weighs, in shares of all groups understood.
NO_DRIVER: Final = 10.0
"""Cost of a patrol that nobody drives: more than all groups."""
UNEVEN: Final = 1e-3
"""Cost of each patrol of the busiest person of a role: 1 in 1,000 groups."""
RIDE: Final = 1e-6
"""Cost of a ride, so that nobody rides along who adds no language."""
GAP: Final = 1e-3
"""The choice is at most this share worse than the best there is."""


def crews_of(
    stops: pd.DataFrame,
    banks: Mapping[Bank, Sequence[str]],
    team: Team,
    found: Expected,
) -> pd.DataFrame:
    """Return `assign` for all nights of a plan, table `STOPS`; `banks` has the stops of each.

    Parameters
    ----------
    stops : DataFrame
        Table `STOPS` of a plan.
    banks : mapping of bank to sequence of str
        The stops on each bank.
    team : Team
        Who drives and rides.
    found : Expected
        Languages that people met are expected to speak.
    """
    patrols = patrols_of(stops, banks)
    return assign(patrols, team, found.of(patrols["shift"].unique()))


def patrols_of(
    stops: pd.DataFrame, banks: Mapping[Bank, Sequence[str]]
) -> pd.DataFrame:
    """Return the patrols of a plan, table `STOPS`, as `assign` reads them."""
    bank_of = {stop: bank for bank, own in banks.items() for stop in own}
    day_s = DAY_S * (stops["night"].astype(int) - 1)
    rows = stops.assign(
        begin_s=stops["departure_s"] + day_s,
        end_s=stops["arrival_s"] + day_s,
        bank=[bank_of.get(stop, UNKNOWN) for stop in stops["stop"]],
    )
    visits = rows[rows["service_s"] > 0].groupby(TRIP, sort=False)
    of_visits = visits.agg(banks=("bank", set), need=("prize", "sum"))
    times = rows.groupby(TRIP).agg(
        date=("date", "first"), begin_s=("begin_s", "min"), end_s=("end_s", "max")
    )
    return of_visits.join(times).reset_index()


def assign(patrols: pd.DataFrame, team: Team, shares: pd.DataFrame) -> pd.DataFrame:
    """Return who rides with which patrol, and who drives it.

    First every patrol has a driver.  Then the share of groups that somebody on board or on the
    telephone understands is as large as can be over all patrols, each by the need that its stops
    serve.  Then whoever rides with most patrols in a role rides with as few as can be.  It is a
    mixed integer program, solved to `GAP`.

    Nobody rides twice a night, rests less or works more than ``team.duty`` says, or rides where
    they may not serve: on the bank of every stop of the patrol, so that where a bank is not known
    only those of both ride.  The telephone is a line: whoever answers it rests by another roster.

    Parameters
    ----------
    patrols : pandas.DataFrame
        ``night``, ``shift``, ``vehicle``; ``date``, null where it is not known; ``begin_s`` and
        ``end_s``, seconds from the midnight before the first night; ``banks``: the set of the banks
        of its stops; ``need`` served there.
    team : Team
        Who there is; hours, rest and nights off.
    shares : pandas.DataFrame
        Of groups: a row a shift, a column a language.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``driver``: position of a person, null if nobody drives; ``riders``:
        positions of all on board; ``phone``: of those on the telephone; ``understood``: the share
        of groups.

    Examples
    --------
    >>> patrols = pd.DataFrame({
    ...     "night": [1, 1], "shift": "evening", "vehicle": [1, 2], "date": None,
    ...     "begin_s": 64_800, "end_s": 82_800, "banks": [{"south"}, {"north"}],
    ...     "need": [0.6, 0.4],
    ... })
    >>> team = Team((
    ...     Person("driver", ("sq",), bank="south"), Person("driver", ("sr",)),
    ...     Person("interpreter", ("ar",)),
    ... ))
    >>> found = assign(patrols, team, pd.DataFrame({"ar": [0.7]}, index=["evening"]))
    >>> found[["driver", "riders", "understood"]].to_numpy().tolist()
    [[0, [0, 2], 0.7], [1, [1], 0.0]]
    """
    patrols, people = patrols.reset_index(drop=True), team.people
    rides = _possible(patrols, people)
    by_phone = _by_person(
        people,
        patrols["shift"],
        lambda person, shift: person.phone and person.works(shift),
    )
    heard = shares.drop(columns=UNKNOWN, errors="ignore").loc[patrols["shift"]]
    speaks = _by_person(
        people, heard.columns, lambda person, language: language in person.languages
    )
    spoken = by_phone.T @ speaks
    need = patrols["need"].to_numpy(float)
    worth = pd.DataFrame(
        heard.to_numpy(float) * need[:, None] / max(need.sum(), 1e-9)
    ).mask(spoken | ~speaks.any(axis=0), 0.0)
    chosen = rides.loc[_chosen(rides, len(patrols), worth, speaks, team.duty)]
    on_board = np.zeros_like(by_phone)
    on_board[chosen["person"], chosen["patrol"]] = True
    understood = ((on_board | by_phone).T @ speaks * heard.to_numpy(float)).sum(axis=1)
    at_wheel = chosen[chosen["drives"]].drop_duplicates("patrol")
    return patrols.assign(
        driver=at_wheel.set_index("patrol")["person"]
        .reindex(patrols.index)
        .astype("Int64"),
        riders=_positions(on_board),
        phone=_positions(by_phone),
        understood=understood,
    )


def _by_person(
    people: Sequence[Person],
    columns: pd.Series | pd.Index,
    applies: Callable[[Person, str], bool],
) -> Bools:
    """Return to whom something applies, by shift or language, (people, columns)."""
    rows = [[applies(person, name) for name in columns] for person in people]
    return np.array(rows, dtype=bool).reshape(len(people), len(columns))


def _positions(chosen: Bools) -> pd.Series:
    return pd.Series([np.flatnonzero(own).tolist() for own in chosen.T], dtype=object)


def _possible(patrols: pd.DataFrame, people: Sequence[Person]) -> pd.DataFrame:
    """Return a row for each person and patrol that may go together; drivers come first."""
    rows = [
        {
            "person": number,
            "patrol": patrol,
            "drives": person.may_drive,
            "role": person.role,
            "night": trip["night"],
            "begin_s": trip["begin_s"],
            "hours": (trip["end_s"] - trip["begin_s"]) / 3600,
        }
        for number, person in enumerate(people)
        for patrol, trip in enumerate(patrols.to_dict("records"))
        if _may_ride(person, trip)
    ]
    columns = ["person", "patrol", "drives", "role", "night", "begin_s", "hours"]
    rides = pd.DataFrame(rows, columns=columns).astype({"person": int, "drives": bool})
    no_driver = rides["role"] != "driver"
    return rides.iloc[np.argsort(no_driver, kind="stable")].reset_index(drop=True)


def _may_ride(person: Person, trip: Mapping[Any, Any]) -> bool:
    """Return whether a person may ride with a patrol, as far as one patrol tells."""
    on_bank = person.bank == "both" or trip["banks"] == {person.bank}
    off = str(trip["date"]) in map(str, person.days_off)
    return person.works(str(trip["shift"])) and on_bank and not off and not person.phone


@dataclass
class _Program:
    """A mixed integer program: its unknowns, with costs and bounds, and what limits them."""

    costs: list[Floats] = field(default_factory=list)
    tops: list[Floats] = field(default_factory=list)
    whole: list[Floats] = field(default_factory=list)
    limits: list[pd.DataFrame] = field(default_factory=list)
    """A row a term: its ``limit``, its ``unknown``, its ``factor``."""
    most: list[Floats] = field(default_factory=list)

    def unknowns(self, costs: Floats, top: float, *, whole: bool = False) -> Ints:
        """Return the numbers of new unknowns from 0 to `top`, one for each cost."""
        first = sum(map(len, self.costs))
        number = len(costs)
        self.costs.append(np.asarray(costs, dtype=float))
        self.tops.append(np.full(number, top))
        self.whole.append(np.full(number, float(whole)))
        return first + np.arange(number)

    def limit(self, terms: pd.DataFrame, by: list[str], most: float) -> None:
        """Let the terms of each group add up to `most` at most."""
        number = terms.groupby(by, sort=False).ngroup()
        first = sum(map(len, self.most))
        self.limits.append(terms[["unknown", "factor"]].assign(limit=first + number))
        self.most.append(np.full(number.max() + 1 if len(terms) else 0, most))

    def solved(self) -> Floats:
        """Return the unknowns at which the costs are least."""
        terms, most = pd.concat(self.limits), np.concatenate(self.most)
        costs = np.concatenate(self.costs)
        where = (terms["limit"].to_numpy(int), terms["unknown"].to_numpy(int))
        table = coo_array(
            (terms["factor"].to_numpy(float), where), (len(most), len(costs))
        )
        solution = milp(
            costs,
            integrality=np.concatenate(self.whole),
            bounds=Bounds(0, np.concatenate(self.tops)),
            constraints=LinearConstraint(table.tocsc(), -np.inf, most),
            options={"mip_rel_gap": GAP},
        )
        return np.asarray(solution.x)


def _chosen(
    rides: pd.DataFrame, patrols: int, worth: pd.DataFrame, speaks: Bools, duty: Duty
) -> Bools:
    """Return which of the possible rides are made."""
    if rides.empty:
        return np.zeros(0, dtype=bool)
    program = _Program()
    ride = program.unknowns(np.full(len(rides), RIDE), 1, whole=True)
    rides = rides.assign(unknown=ride, factor=1.0)
    program.limit(rides, ["patrol"], duty.seats)
    program.limit(rides, ["person", "night"], 1)
    _rest(program, rides, duty)
    _drivers(program, rides, patrols)
    _languages(program, rides, worth, speaks)
    _evenness(program, rides)
    return np.asarray(program.solved()[ride] > 0.5)


def _rest(program: _Program, rides: pd.DataFrame, duty: Duty) -> None:
    """Limit the hours and nights of any week, and let nobody set out who has not rested."""
    first, last = int(rides["night"].min()), int(rides["night"].max())
    for night in range(first, max(first, last + 1 - WEEK) + 1):
        week = rides[rides["night"].between(night, night + WEEK - 1)]
        program.limit(week.assign(factor=week["hours"]), ["person"], duty.week_h)
        program.limit(week, ["person"], WEEK - duty.nights_off)
    rested_s = rides["begin_s"] + 3600 * (rides["hours"] + duty.rest_h)
    for start_s in rides["begin_s"].unique():
        busy = rides[(rides["begin_s"] <= start_s) & (rested_s > start_s)]
        program.limit(busy, ["person"], 1)


def _drivers(program: _Program, rides: pd.DataFrame, patrols: int) -> None:
    """Ask for somebody who drives in every patrol, at the price of `NO_DRIVER`."""
    none = pd.DataFrame({"patrol": range(patrols)})
    none["unknown"] = program.unknowns(np.full(patrols, NO_DRIVER), 1)
    terms = pd.concat([rides[rides["drives"]], none], ignore_index=True)
    program.limit(terms.assign(factor=-1.0), ["patrol"], -1)


def _languages(
    program: _Program, rides: pd.DataFrame, worth: pd.DataFrame, speaks: Bools
) -> None:
    """Earn the worth of each language in each patrol, if somebody on board speaks it."""
    for language in np.flatnonzero(worth.sum() > 0).tolist():
        heard = worth[language].rename_axis("patrol").reset_index(name="worth")
        heard["unknown"] = program.unknowns(-heard["worth"].to_numpy(float), 1)
        speakers = rides[speaks[rides["person"], language]]
        terms = pd.concat([heard.assign(factor=1.0), speakers.assign(factor=-1.0)])
        program.limit(terms, ["patrol"], 0)


def _evenness(program: _Program, rides: pd.DataFrame) -> None:
    """Charge the patrols of whoever rides with most, in each role."""
    for _, own in rides.groupby("role"):
        most = own[["person"]].drop_duplicates().assign(factor=-1.0)
        (most["unknown"],) = program.unknowns(np.array([UNEVEN]), np.inf, whole=True)
        program.limit(pd.concat([own, most]), ["person"], 0)


def by_telephone(
    assigned: pd.DataFrame, team: Team, shares: pd.DataFrame
) -> tuple[str, float]:
    """Return the language that one line more would help most, and the groups then understood.

    `assigned` is as from `assign`; the line is for all patrols.  The share is of all groups, by the
    need that each patrol serves.
    """
    need = assigned["need"].to_numpy(float)
    heard = shares.drop(columns=UNKNOWN, errors="ignore").loc[assigned["shift"]]
    gains = {}
    for language in heard:
        speakers = {
            number
            for number, person in enumerate(team.people)
            if language in person.languages
        }
        listening = assigned["riders"] + assigned["phone"]
        missed = [speakers.isdisjoint(people) for people in listening]
        gains[language] = float(need @ (heard[language].to_numpy(float) * missed))
    best = max(gains, key=gains.__getitem__, default="")
    now = float(need @ assigned["understood"].to_numpy(float))
    return str(best), (now + gains.get(best, 0.0)) / max(float(need.sum()), 1e-9)


def duties(assigned: pd.DataFrame, people: Sequence[Person]) -> pd.DataFrame:
    """Return what each person does who rides in vehicles, on the positions of `people`.

    Columns: ``patrols``, of them ``driven``; ``hours``; ``week_h``, the most hours in any `WEEK`
    nights in a row; ``rest_h``, the shortest rest, null with fewer than two patrols;
    ``nights_off``.  `assigned` is as from `assign`.
    """
    nights = pd.RangeIndex(assigned["night"].min(), assigned["night"].max() + 1)
    rides = assigned.explode("riders").dropna(subset="riders").sort_values("begin_s")
    rides["hours"] = (rides["end_s"] - rides["begin_s"]) / 3600
    rows = {}
    for number, person in enumerate(people):
        if not person.phone:
            own = rides[rides["riders"] == number]
            by_night = (
                own.groupby("night")["hours"].sum().reindex(nights, fill_value=0.0)
            )
            rest_s = own["begin_s"] - own["end_s"].shift()
            rows[number] = {
                "patrols": len(own),
                "driven": int((own["driver"] == number).sum()),
                "hours": float(by_night.sum()),
                "week_h": float(by_night.rolling(WEEK, min_periods=1).sum().max()),
                "rest_h": rest_s.min() / 3600,
                "nights_off": int((by_night == 0).sum()),
            }
    return pd.DataFrame.from_dict(rows, orient="index")
