"""A night under edit, as plain values: edits one after the other, and what they make of it.

An edit is what a planner did; all edits in order, from the plan that they began with, are the
draft.  `as_tables` turns a draft into the file of parameters that ``mitrovica plan`` takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from annotated_types import Interval, MaxLen
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from layers.complaints import UserError
from mitrovica.intake import toml_values

Patrol = tuple[str, int]
"""A shift, and a vehicle in it, from 1."""

CHECKED: Final = ConfigDict(extra="forbid")
Name = Annotated[str, MaxLen(200)]
Vehicle = Annotated[int, Interval(ge=1, le=25)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


@dataclass(frozen=True)
class Draft:
    """What the night is after some edits."""

    routes: Mapping[Patrol, tuple[str, ...]]
    """The stops of each patrol, in order."""
    date: str | None = None
    dropped: tuple[str, ...] = ()
    closed_stops: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    closed_roads: tuple[str, ...] = ()
    locked: frozenset[tuple[str, int, str]] = frozenset()
    """Shift, vehicle and stop of each lock."""
    ordered: frozenset[Patrol] = frozenset()
    """Patrols that keep their stops in their order."""
    stays: Mapping[str, int] = field(default_factory=dict)
    """Minutes at stops that stay longer or shorter than in the run."""
    vehicles: int | None = None
    hours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Start and end of shifts."""

    def of(self, shift: str, vehicle: int) -> tuple[str, ...]:
        """Return the stops of a patrol; none of one that has not been planned."""
        return self.routes.get((shift, vehicle), ())

    def with_route(self, patrol: Patrol, stops: Iterable[str]) -> Draft:
        """Return the draft with other stops of a patrol."""
        return replace(self, routes={**self.routes, patrol: tuple(stops)})

    def with_stop(self, patrol: Patrol, place: int, stop: str) -> Draft:
        """Return the draft with a stop more in a patrol; raise `UserError` where it is there."""
        route = self.of(*patrol)
        if stop in route:
            raise UserError(
                f"vehicle {patrol[1]} of {patrol[0]} visits {stop} already. Fix: choose another "
                "patrol"
            )
        return self.with_route(patrol, (*route[:place], stop, *route[place:]))

    def without(self, stop: str) -> Draft:
        """Return the draft in which nobody visits a stop."""
        routes = {
            patrol: tuple(one for one in stops if one != stop)
            for patrol, stops in self.routes.items()
        }
        locked = frozenset(lock for lock in self.locked if lock[2] != stop)
        added = tuple(one for one in self.added if one != stop)
        return replace(self, routes=routes, locked=locked, added=added)

    def require(self, shift: str, vehicle: int, stop: str) -> None:
        """Raise `UserError` where a patrol does not visit a stop."""
        if stop not in self.of(shift, vehicle):
            raise UserError(
                f"vehicle {vehicle} of {shift} does not visit {stop}. Fix: load the page again"
            )


@dataclass(frozen=True, config=CHECKED)
class Drop:
    """A stop is not visited in this night."""

    stop: Name
    kind: Literal["drop"] = "drop"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft without the stop."""
        dropped = tuple(dict.fromkeys((*draft.dropped, self.stop)))
        return replace(draft.without(self.stop), dropped=dropped)


@dataclass(frozen=True, config=CHECKED)
class Add:
    """A patrol visits a stop more."""

    stop: Name
    shift: Name
    vehicle: Vehicle
    place: Annotated[int, Interval(ge=0, le=500)]
    """Before which of its stops, from 0."""
    kind: Literal["add"] = "add"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the stop, kept with its patrol."""
        patrol = (self.shift, self.vehicle)
        return replace(
            draft.with_stop(patrol, self.place, self.stop),
            dropped=tuple(one for one in draft.dropped if one != self.stop),
            added=tuple(dict.fromkeys((*draft.added, self.stop))),
            locked=draft.locked | {(*patrol, self.stop)},
        )


@dataclass(frozen=True, config=CHECKED)
class Move:
    """A stop is visited earlier or later, or by another patrol; both keep their order."""

    stop: Name
    shift: Name
    vehicle: Vehicle
    to_shift: Name
    to_vehicle: Vehicle
    place: Annotated[int, Interval(ge=0, le=500)]
    """Its place there, from 0."""
    kind: Literal["move"] = "move"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the stop in its new place."""
        draft.require(self.shift, self.vehicle, self.stop)
        here, there = ((self.shift, self.vehicle), (self.to_shift, self.to_vehicle))
        left = [stop for stop in draft.of(*here) if stop != self.stop]
        shorter = draft.with_route(here, left)
        locked = frozenset(lock for lock in draft.locked if lock != (*here, self.stop))
        return replace(
            shorter.with_stop(there, self.place, self.stop),
            ordered=draft.ordered | {here, there},
            locked=locked,
        )


@dataclass(frozen=True, config=CHECKED)
class Lock:
    """A stop stays with its patrol when the night is planned again; or it may go."""

    stop: Name
    shift: Name
    vehicle: Vehicle
    on: bool = True
    kind: Literal["lock"] = "lock"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the lock, or without it."""
        draft.require(self.shift, self.vehicle, self.stop)
        lock = {(self.shift, self.vehicle, self.stop)}
        locked = draft.locked | lock if self.on else draft.locked - lock
        return replace(draft, locked=locked)


@dataclass(frozen=True, config=CHECKED)
class Free:
    """A patrol whose order is kept is planned again with the others."""

    shift: Name
    vehicle: Vehicle
    kind: Literal["free"] = "free"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft without the order."""
        return replace(draft, ordered=draft.ordered - {(self.shift, self.vehicle)})


@dataclass(frozen=True, config=CHECKED)
class Stay:
    """Crews offer other minutes at a stop."""

    stop: Name
    minutes: Annotated[int, Interval(ge=1, le=600)]
    kind: Literal["stay"] = "stay"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the minutes."""
        return replace(draft, stays={**draft.stays, self.stop: self.minutes})


@dataclass(frozen=True, config=CHECKED)
class CloseStop:
    """A stop is not safe, or closed: nobody goes there, and its cards are recalled."""

    stop: Name
    kind: Literal["close_stop"] = "close_stop"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft without the stop."""
        closed = tuple(dict.fromkeys((*draft.closed_stops, self.stop)))
        return replace(draft.without(self.stop), closed_stops=closed)


@dataclass(frozen=True, config=CHECKED)
class CloseRoad:
    """A road is not driven, or is open again."""

    road: Name
    on: bool = True
    kind: Literal["close_road"] = "close_road"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the road closed."""
        roads = [road for road in draft.closed_roads if road != self.road]
        return replace(draft, closed_roads=(*roads, *([self.road] if self.on else [])))


@dataclass(frozen=True, config=CHECKED)
class Vehicles:
    """So many vehicles work each shift."""

    vehicles: Vehicle
    kind: Literal["vehicles"] = "vehicles"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft without the patrols of vehicles that are not there."""
        routes = {
            patrol: stops
            for patrol, stops in draft.routes.items()
            if patrol[1] <= self.vehicles
        }
        ordered = frozenset(one for one in draft.ordered if one in routes)
        locked = frozenset(lock for lock in draft.locked if lock[1] <= self.vehicles)
        return replace(
            draft, routes=routes, vehicles=self.vehicles, ordered=ordered, locked=locked
        )


@dataclass(frozen=True, config=CHECKED)
class Hours:
    """A shift begins and ends at other times."""

    shift: Name
    start: Clock
    end: Clock
    kind: Literal["hours"] = "hours"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft with the hours."""
        hours = {**draft.hours, self.shift: (self.start, self.end)}
        return replace(draft, hours=hours)


@dataclass(frozen=True, config=CHECKED)
class Night:
    """The day on which the night begins."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    kind: Literal["night"] = "night"

    def apply(self, draft: Draft) -> Draft:
        """Return the draft of that night."""
        return replace(draft, date=self.date)


@dataclass(frozen=True, config=CHECKED)
class Planned:
    """The program has planned: these are the patrols now."""

    routes: list[tuple[str, int, list[str]]]
    """Shift, vehicle and stops of each patrol."""
    where: Literal["run", "draft", "plan"]
    """The folder of the plan."""
    kind: Literal["planned"] = "planned"

    @classmethod
    def of(
        cls,
        routes: Mapping[Patrol, Sequence[str]],
        where: Literal["run", "draft", "plan"],
    ) -> Planned:
        """Return what was planned, from the stops of each patrol."""
        listed = [(*patrol, list(stops)) for patrol, stops in routes.items()]
        return cls(listed, where)

    def apply(self, draft: Draft) -> Draft:
        """Return the draft as planned; what was changed in the night stays changed."""
        routes = {
            (shift, vehicle): tuple(stops) for shift, vehicle, stops in self.routes
        }
        locked = frozenset(
            lock for lock in draft.locked if lock[2] in routes.get(lock[:2], ())
        )
        return replace(draft, routes=routes, locked=locked)


Edit = (
    Drop
    | Add
    | Move
    | Lock
    | Free
    | Stay
    | CloseStop
    | CloseRoad
    | Vehicles
    | Hours
    | Night
)
Step = Edit | Planned

EDITS: Final[TypeAdapter[Edit]] = TypeAdapter(
    Annotated[Edit, Field(discriminator="kind")]
)
STEPS: Final[TypeAdapter[list[Step]]] = TypeAdapter(
    list[Annotated[Step, Field(discriminator="kind")]]
)

NOTHING: Final[Mapping[Patrol, tuple[str, ...]]] = MappingProxyType({})


def draft_of(steps: Iterable[Step]) -> Draft:
    """Return what a night is after some steps; the first of them is a plan."""
    draft = Draft(NOTHING)
    for step in steps:
        draft = step.apply(draft)
    return draft


def as_tables(
    draft: Draft, of_run: Mapping[str, Any], *, as_it_stands: bool
) -> dict[str, Any]:
    """Return the table ``[patrols]`` of the parameters with which a draft is planned.

    Parameters
    ----------
    draft : Draft
    of_run : mapping
        The same table of the run that it began with.
    as_it_stands : bool
        Every patrol keeps its stops in their order; else those alone that are to keep them.
    """
    shift_names = [shift["name"] for shift in of_run["shifts"]]
    patrols: dict[str, Any] = {}
    more = {
        "drop_stops": draft.dropped,
        "suspend_stops": draft.closed_stops,
        "add_stops": draft.added,
        "closed_roads": draft.closed_roads,
    }
    for key, names in more.items():
        if names:
            patrols[key] = list(dict.fromkeys((*of_run[key], *names)))
    if draft.vehicles is not None:
        patrols["vehicles"] = draft.vehicles
    if draft.hours:
        patrols["shifts"] = [
            _hours(name, draft.hours.get(name)) for name in shift_names
        ]
    if draft.stays:
        before = {stay["stop"]: stay["minutes"] for stay in of_run["stays"]}
        patrols["stays"] = [
            {"stop": stop, "minutes": minutes}
            for stop, minutes in (before | dict(draft.stays)).items()
        ]
    return patrols | _locks(draft, of_run, as_it_stands=as_it_stands)


def _hours(name: str, hours: tuple[str, str] | None) -> dict[str, str]:
    if hours is None:
        return {"name": name}
    return {"name": name, "start": hours[0], "end": hours[1]}


def _locks(
    draft: Draft, of_run: Mapping[str, Any], *, as_it_stands: bool
) -> dict[str, Any]:
    """Return what is locked: whole orders, and single stops of other patrols."""
    ordered = {
        patrol: stops
        for patrol, stops in draft.routes.items()
        if stops and (as_it_stands or patrol in draft.ordered)
    }
    single: dict[Patrol, list[str]] = {}
    for shift, vehicle, stop in sorted(draft.locked):
        if (shift, vehicle) not in ordered:
            single.setdefault((shift, vehicle), []).append(stop)
    found = {}
    touched = {*ordered, *single}
    for key, locks in (("lock_order", ordered), ("lock_stops", single)):
        before = [
            lock
            for lock in of_run[key]
            if (lock["shift"], lock["vehicle"]) not in touched
        ]
        new = [
            {"shift": shift, "vehicle": vehicle, "stops": list(stops)}
            for (shift, vehicle), stops in locks.items()
        ]
        if new or touched:
            found[key] = [*before, *new]
    return found


def as_toml(patrols: Mapping[str, Any]) -> str:
    """Return the table ``[patrols]`` as TOML.

    >>> print(as_toml({"vehicles": 3, "stays": [{"stop": "a", "minutes": 40}]}), end="")
    [patrols]
    vehicles = 3
    stays = [{stop = "a", minutes = 40}]
    """
    lines = [f"{key} = {toml_values.inline(value)}" for key, value in patrols.items()]
    return "\n".join(["[patrols]", *lines, ""])
