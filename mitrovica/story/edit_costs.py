"""A night that is edited: what it would be with some changes, and what each costs.

Changes are a file of parameters as `plan` takes it, and the stops of each patrol in their order.
Times, rules and figures are those of `check_plan`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from layers import readers
from mitrovica import log as logs
from mitrovica.story.outcome import SILENT, Watch
from mitrovica.story.patrol_plans import OnRun, read_again, study_of
from mitrovica.story.run_and_plan import used_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from geo.params import Params
    from geo.patrols.inputs import PlanningInputs
    from geo.patrols.roads import Ground
    from geo.records import StudyData
    from layers.readers.earlier_run import Results
    from maps.words.phrases import Phrase
    from mitrovica.dispatch.edits import Edited, Patrol


NO_STOP: Final = ("town", "police")
"""Kinds of places that are not offered as a stop: a town is no point, help waits at no police."""


@dataclass(frozen=True)
class OpenNight:
    """A run whose night is edited: what does not change between two edits."""

    earlier: Results
    data: StudyData
    need: gpd.GeoDataFrame
    names: Mapping[str, Phrase]
    """Names of places and facilities, by id."""
    incidents: Mapping[str, date] = field(default_factory=dict)
    """Stops that no patrol visits up to a day."""
    _grounds: dict[tuple[str, ...], Ground] = field(default_factory=dict)
    _prepared: dict[str, PlanningInputs] = field(default_factory=dict)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The table ``[patrols]`` of the run."""
        of_run: Mapping[str, Any] = self.earlier.parameters["patrols"]
        return of_run

    def inputs(self, changes: Mapping[str, Any], date: str | None) -> PlanningInputs:
        """Return what the night is planned on with some changes; errors as those of `plan`."""
        from geo.patrols.inputs import on_ground

        params, _ = readers.config.for_plan(self.earlier.parameters, changes, date=date)
        params = readers.config.away_from(params, self.incidents)
        patrols = params.patrols.of_night(1)
        # An order that is locked does not change what is prepared.
        free = replace(patrols, lock_stops=(), lock_order=())
        key = repr(free)
        if key not in self._prepared:
            make_room(self._prepared)
            params = replace(params, patrols=free)
            self._prepared[key] = on_ground(self._ground(params), self.need, params)
        prepared = self._prepared[key]
        locked = replace(
            prepared.params,
            lock_stops=patrols.lock_stops,
            lock_order=patrols.lock_order,
        )
        return replace(prepared, params=locked)

    def _ground(self, params: Params) -> Ground:
        """Return the roads; among the edits of a night, closed ones alone change them."""
        from geo.patrols.roads import ground

        key = params.patrols.closed_roads
        if key not in self._grounds:
            make_room(self._grounds)
            self._grounds[key] = ground(self.data, params)
        return self._grounds[key]

    def places(self, text: str) -> list[str]:
        """Return the ids of public places whose name, in any language, or id holds a text.

        However it is spelt.  A crossing is one of them once it is assessed.
        """
        from layers.readers.spelling import holds

        tables = (self.data.places, self.data.layers.facilities)
        no_stop = {
            place
            for table in tables
            for place in table["id"][table["kind"].isin(NO_STOP)]
        }
        places = self.data.places
        crossings = {*places["id"][places["kind"] == "crossing"]}
        no_stop |= crossings - self.data.assessed.keys()
        return [
            place
            for place, name in self.names.items()
            if place not in no_stop
            and any(holds(form, text) for form in (place, *name.forms.values()))
        ]

    def roads(self) -> list[str]:
        """Return the numbers and names of roads, those that `plan` can close."""
        roads = self.data.layers.roads
        named = {*roads["ref"].dropna(), *roads["name"].dropna()}
        return sorted(map(str, named))


KEPT: Final = 4
"""How many different inputs an open night keeps."""


def make_room(kept: dict[Any, Any]) -> None:
    """Forget the oldest of what is kept where there is no room for one more."""
    if len(kept) >= KEPT:
        kept.pop(next(iter(kept)))


def open_night(asked: OnRun, watch: Watch = SILENT) -> OpenNight:
    """Open the night of a run to be edited.

    Raises `layers.complaints.UserError` as `check_plan`.
    """
    from maps.words.names import place_names

    watch.step("findings")
    earlier = asked.read_earlier()
    used = used_log(asked.log, earlier.study, unused=asked.no_log)
    watch.step("network")
    data, need, _ = read_again(asked, earlier, used)
    names = place_names(data.places, data.layers.facilities)
    incidents = study_of(asked, earlier).settings.incidents
    return OpenNight(earlier, data, need, names, incidents)


@dataclass(frozen=True)
class Weighed:
    """An edited night as it would be driven."""

    inputs: PlanningInputs
    rows: pd.DataFrame
    """Table `EDITED_PLAN`."""
    edited: Edited
    out_of_reach: tuple[str, ...]
    """Stops of its patrols that cannot be planned any more: closed, or cut off."""

    @property
    def figures(self) -> dict[str, float]:
        """Need as a share of all, minutes on the road and at stops, stops and kilometres."""
        return _figures(self.edited.measures, self.edited.need_share)

    @cached_property
    def planned_again(self) -> dict[str, float] | None:
        """The same of a quick plan with the same changes; None where none is possible."""
        from geo.patrols import appraisal
        from geo.patrols.night import plan_night
        from geo.routing import ProblemError
        from mitrovica.dispatch.edits import as_edited

        params = self.inputs.params
        quick = -(-params.iterations // appraisal.QUICKER)
        inputs = replace(self.inputs, params=replace(params, iterations=quick))
        try:
            night = plan_night(inputs, start=as_edited(inputs, self.rows))
        except ProblemError:
            return None
        need = appraisal.shares(inputs, night)["need_share"]
        return _figures(appraisal.measures(inputs, night), need)

    def gains(self) -> pd.Series:
        """Return what each other stop would add to the need that is served, by its id."""
        from mitrovica.dispatch import edits

        return edits.gains(self.inputs, self.rows)

    def place_for(self, patrol: Patrol, stops: Sequence[str], stop: str) -> int:
        """Return the place in a patrol at which one stop more costs the least driving."""
        from mitrovica.dispatch import edits

        return edits.with_stop(self.inputs, patrol, stops, stop)


def _figures(measures: pd.DataFrame, need: float) -> dict[str, float]:
    spent = ["driving_min", "stopping_min", "waiting_min"]
    return {
        "need": float(need),
        "minutes": float(measures[spent].to_numpy(float).sum()),
        "stops": float(measures["stops"].sum()),
        "km": float(measures["driven_km"].sum()),
    }


def weigh(
    night: OpenNight,
    routes: Mapping[Patrol, Sequence[str]],
    changes: Mapping[str, Any],
    date: str | None = None,
) -> Weighed:
    """Return a night with some changes as it would be driven.

    Parameters
    ----------
    night : OpenNight
    routes : mapping
        The stops of each patrol, shift and vehicle, in order.
    changes : mapping
        Tables of parameters that are other than in the run, as in the file of `plan`.
    date : str, optional
        Day on which the night begins, YYYY-MM-DD.

    Raises
    ------
    ValueError
        Of the kinds that `plan` raises, where no night can be planned with the changes.
    """
    from mitrovica.dispatch import edits

    inputs = night.inputs(changes, date)
    usable = set(inputs.stops["stop"][inputs.in_use])
    driven = {
        patrol: [stop for stop in stops if stop in usable]
        for patrol, stops in routes.items()
    }
    lost = [stop for stops in routes.values() for stop in stops if stop not in usable]
    rows = edits.rows_of(inputs, driven)
    return Weighed(inputs, rows, edits.weigh(inputs, rows), tuple(lost))


def last_purge(log: Path | None, *, unused: bool) -> datetime | None:
    """Return when a log was purged last; None where it never was, or is not used."""
    path = logs.store.at(log)
    if unused or not path.exists():
        return None
    imports = logs.store.read(path).imports
    purges = imports.loc[imports["kind"] == "purge", "at"]
    return None if purges.empty else purges.max().to_pydatetime()


def changed_at(log: Path | None) -> float | None:
    """Return when the file of a log was changed; None where there is none."""
    path = logs.store.at(log)
    return path.stat().st_mtime if path.exists() else None


def routes_of(folder: Path) -> dict[Patrol, list[str]]:
    """Return the stops of each patrol of the first night that a run or a plan wrote, in order."""
    stops = readers.earlier_run.timetable(folder)
    first = stops[stops["night"] == stops["night"].min()]
    served = first[first["service_s"] > 0].sort_values("order")
    return {
        (str(shift), int(vehicle)): rows["stop"].tolist()
        for (shift, vehicle), rows in served.groupby(["shift", "vehicle"], sort=False)
    }


def nights_of(folder: Path) -> list[dict[str, Any]]:
    """Return the visits of the nights that a plan wrote, table `STOPS` as records.

    By night, shift, vehicle and time; ``before`` says how many of its nights visited the stop
    before.
    """
    stops = readers.earlier_run.timetable(folder)
    visits = stops[stops["service_s"] > 0].drop(columns="geometry")
    nights = visits[["night", "stop"]].drop_duplicates().sort_values("night")
    nights["before"] = nights.groupby("stop").cumcount()
    both = visits.merge(nights, on=["night", "stop"], how="left")
    both["starts_s"] = both.groupby(["night", "shift"])["arrival_s"].transform("min")
    ordered = both.sort_values(["night", "starts_s", "vehicle", "arrival_s"])
    return [*map(_by_name, ordered.to_dict("records"))]


def moved_in(folder: Path) -> list[str]:
    """Return why the hours of stops moved in the nights that a plan wrote; the largest moves."""
    from mitrovica.terminal.hour_changes import of_stops

    return of_stops(readers.earlier_run.followed(folder))


def changed(folder: Path, weighed: Weighed) -> list[dict[str, Any]]:
    """Return how a night differs from the plan in a folder: table `PLAN_CHANGES` as records."""
    from geo.patrols.timetable import changes

    before = readers.earlier_run.timetable(folder)
    after = weighed.edited.patrols.stops
    table = changes(before, after)
    plain = table.astype(object).where(table.notna(), None)
    return [*map(_by_name, plain.to_dict("records"))]


def _by_name(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def legs(weighed: Weighed) -> Iterable[dict[str, Any]]:
    """Yield each drive of a night: shift, vehicle, and its line as latitude and longitude."""
    import shapely

    drives = weighed.edited.patrols.legs.to_crs("EPSG:4326")
    for row in drives.to_dict("records"):
        lonlat = shapely.get_coordinates(row["geometry"])
        yield {
            "shift": row["shift"],
            "vehicle": int(row["vehicle"]),
            "line": lonlat[:, ::-1].round(5).tolist(),
        }
