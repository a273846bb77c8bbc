"""Tonight at the desk: what is edited, what it costs, what is planned and published.

Every figure comes from `mitrovica.story`; here it is decided only which function is asked.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from layers.complaints import UserError, complaint
from layers.files import listing
from layers.files.filenames import MANIFEST
from maps.words.broken_rules import breach
from maps.words.catalogue import DESK, word
from maps.words.names import patrol_name, place_names, shift_name
from maps.words.phrases import Phrase
from maps.words.told import each_told
from mitrovica import story
from mitrovica.desk import edit_steps, office
from mitrovica.desk.job import plain_lines
from mitrovica.desk.jobs import WORDS, Job
from mitrovica.desk.office import Kept, Office

MOST_FOUND: Final = 12
"""Places that a search shows."""
MOST_LEFT: Final = 30
"""Stops left out that are shown."""


class Night:
    """The night of an office under edit; one thing is done at a time."""

    def __init__(self, home: Office) -> None:
        self.office = home
        self.job: Job | None = None
        self._busy = threading.RLock()
        self._open: story.OpenNight | None = None
        self._kept: Kept | None = None
        self._log: float | None = None
        self._weighed: dict[str, story.Weighed] = {}

    # ---- What is kept -----------------------------------------------------------------------

    def open(self) -> story.OpenNight:
        """Return the run whose night is edited, read when it is first asked for."""
        with self._busy:
            if self._open is None:
                self._open = story.open_night(self.office.on_run)
            return self._open

    def prepare(self) -> None:
        """Read and weigh the night before it is asked for."""
        if self.opens():
            # What is wrong is said when the page asks for the night.
            with suppress(UserError, OSError, ValueError):
                self.weighed(self.kept())

    def opens(self) -> bool:
        """Return whether there is a run that can be read; its study may be another one since."""
        if not self.office.has("run"):
            return False
        try:
            self.open()
        except (UserError, OSError, ValueError):
            return False
        return True

    def kept(self) -> Kept:
        """Return what is kept of the night; at first the plan of the run, today.

        A log that changed may have been purged: what is kept is then read anew.
        """
        with self._busy:
            log = story.changed_at(self.office.log)
            if self._kept is None or log != self._log:
                self._kept = self._read()
                self._log = log
            return self._kept

    def _read(self) -> Kept:
        run = self.office.results("run")
        earlier = self.open().earlier
        purged = story.last_purge(self.office.log, unused=self.office.asked.no_log)
        until = earlier.handling.until
        midnight = datetime(until.year, until.month, until.day, tzinfo=UTC)
        name = _name_of(run)
        there = office.read(self.office, name, purged, midnight + timedelta(days=1))
        if there is not None:
            return there
        zone = ZoneInfo(self.open().parameters["time_zone"])
        today = datetime.now(zone).date().isoformat()
        given = self.open().parameters["date"]
        planned = edit_steps.Planned.of(story.routes_of(run), "run")
        steps = (planned, edit_steps.Night(str(given or today)))
        return Kept(name, steps, datetime.now(UTC))

    def _keep(self, kept: Kept) -> None:
        office.write(kept, self.office, self.open().parameters)
        self._kept = kept

    # ---- Edits ------------------------------------------------------------------------------

    def edit(self, asked: Mapping[str, Any]) -> None:
        """Make an edit, and keep it; raises `UserError` or `ValueError` where it cannot be."""
        with self._busy:
            self.require_no_job()
            kept = self.kept()
            edit = edit_steps.EDITS.validate_python(self._placed(asked, kept))
            after = kept.then(edit, datetime.now(UTC))
            self.weighed(after)
            self._keep(after)

    def _require_place(self, stop: str) -> None:
        """Raise `UserError` for what no patrol may stop at."""
        if stop not in self.open().places(""):
            raise UserError(
                f"{stop} is no public place at which patrols may stop, or a crossing without an "
                "assessment. Fix: another place, or [[assessed]] in study.toml"
            )

    def _placed(self, asked: Mapping[str, Any], kept: Kept) -> Any:
        """Return an edit; a stop that is added gets the place where it costs least."""
        if asked.get("kind") != "add":
            return asked
        probe = edit_steps.EDITS.validate_python({"place": 0, **asked})
        if not isinstance(probe, edit_steps.Add):
            return asked
        self._require_place(probe.stop)
        if "place" in asked:
            return asked
        patrol = (probe.shift, probe.vehicle)
        with_it = probe.apply(kept.draft)
        weighed = story.weigh(
            self.open(), kept.draft.routes, self._changes(with_it), with_it.date
        )
        place = weighed.place_for(patrol, kept.draft.of(*patrol), probe.stop)
        return {**asked, "place": place}

    def undo(self) -> None:
        """Take the last step back."""
        with self._busy:
            self.require_no_job()
            self._keep(self.kept().undone(datetime.now(UTC)))

    def _changes(self, draft: edit_steps.Draft) -> Mapping[str, Any]:
        """Return the tables of parameters that a draft stands for."""
        of_run = self.open().parameters
        return {"patrols": edit_steps.as_tables(draft, of_run, as_it_stands=False)}

    def require_no_job(self) -> None:
        """Raise `UserError` while a job is at work."""
        if self.job is not None and not self.job.end:
            job = word(f"{DESK}job.{self.job.kind}", "en")
            raise UserError(
                f"{job}: this is at work. Fix: wait until it ends, or stop it"
            )

    # ---- Figures ----------------------------------------------------------------------------

    def weighed(self, kept: Kept) -> story.Weighed:
        """Return a night as it would be driven, worked out once."""
        with self._busy:
            key = repr(kept.draft)
            if key not in self._weighed:
                if len(self._weighed) > office.MOST:
                    self._weighed.clear()
                draft = kept.draft
                self._weighed[key] = story.weigh(
                    self.open(), draft.routes, self._changes(draft), draft.date
                )
            return self._weighed[key]

    def shown(self) -> dict[str, Any]:
        """Return what the page shows of the night, as plain values and phrases."""
        with self._busy:
            kept = self.kept()
            now = self.weighed(kept)
            states = self._since(kept)
            base = self.weighed(states[0])
            return {
                "date": kept.draft.date,
                "run": self.office.results("run").name,
                "figures": now.figures,
                "planned": base.figures,
                "patrols": self._patrols(kept, now),
                "faults": [breach(found, self.name) for found in now.edited.faults],
                "unreached": [self.name(stop) for stop in now.out_of_reach],
                "left": self._left(now),
                "last": self._told(*states[-2:]) if states[1:] else None,
                "edits": len(states) - 1,
                "can_undo": len(kept.steps) > office.FIRST,
                "edited": kept.edited,
                "vehicles": now.inputs.params.vehicles,
                "shifts": [
                    {
                        "shift": shift.name,
                        "name": shift_name(shift.name),
                        "start": shift.start,
                        "end": shift.end,
                    }
                    for shift in now.inputs.params.shifts
                ],
                "closed_roads": kept.draft.closed_roads,
                "published": kept.published,
                "changed": self._changed(now),
                "map": self.map_shown(kept),
                "saved": kept.saved,
            }

    def _since(self, kept: Kept) -> list[Kept]:
        """Return the night after its last plan, and after each edit since."""
        numbers = [
            number
            for number, step in enumerate(kept.steps)
            if isinstance(step, edit_steps.Planned)
        ]
        first = max(numbers[-1], office.FIRST - 1)
        return [
            replace(kept, steps=kept.steps[:number])
            for number in range(first + 1, len(kept.steps) + 1)
        ]

    def history(self) -> list[dict[str, Any]]:
        """Return each edit since the last plan, with what it costs."""
        with self._busy:
            states = self._since(self.kept())
            return [self._told(*both) for both in pairwise(states)]

    def _told(self, before: Kept, after: Kept) -> dict[str, Any]:
        """Return an edit, with what it costs.

        Other vehicles and hours change no patrol by themselves: their cost is that of a plan with
        them; ``again`` says that it is ``about`` that, or that ``none`` keeps what is locked.
        """
        step, states = (after.steps[-1], (self.weighed(before), self.weighed(after)))
        was, now = (one.figures for one in states)
        again = None
        if isinstance(step, edit_steps.Vehicles | edit_steps.Hours):
            was = states[0].planned_again or was
            planned, again = states[1].planned_again, "none"
            if planned is not None:
                now, again = planned, "about"
        return {
            "edit": edit_steps.STEPS.dump_python([step], mode="json")[0],
            "stop": self.name(step.stop) if hasattr(step, "stop") else None,
            "shift": shift_name(step.shift) if hasattr(step, "shift") else None,
            "cost": {name: now[name] - was[name] for name in now},
            "again": again,
        }

    def _patrols(self, kept: Kept, now: story.Weighed) -> list[dict[str, Any]]:
        """Return each patrol with its stops, in the order of the night."""
        draft, shifts = kept.draft, now.inputs.params.shifts
        marks = {(row["shift"], row["stop"]): row for row in self._changed(now)}
        stops = now.edited.patrols.stops
        found = []
        for shift in shifts:
            for vehicle in range(1, now.inputs.params.vehicles + 1):
                own = stops[
                    (stops["shift"] == shift.name) & (stops["vehicle"] == vehicle)
                ]
                rows = own.to_dict("records")
                found.append(
                    {
                        "shift": shift.name,
                        "vehicle": vehicle,
                        "name": patrol_name(shift.name, vehicle),
                        "ordered": (shift.name, vehicle) in draft.ordered,
                        "starts": rows[0]["departure"] if rows else None,
                        "back": rows[-1]["arrival"] if rows else None,
                        "stops": [
                            self._stop(row, draft, marks)
                            for row in rows
                            if row["service_s"] > 0
                        ],
                        "breaks": {
                            row["order"]: f"{row['arrival']}–{row['departure']}"
                            for row in rows
                            if row["kind"] == "break"
                        },
                    }
                )
        return found

    def _stop(
        self,
        row: Mapping[Any, Any],
        draft: edit_steps.Draft,
        marks: Mapping[tuple[str, str], Mapping[str, Any]],
    ) -> dict[str, Any]:
        mark = marks.get((row["shift"], row["stop"]))
        lock = (row["shift"], row["vehicle"], row["stop"])
        return {
            "stop": row["stop"],
            "order": row["order"],
            "name": self.name(row["stop"], row["name"]),
            "arrival": row["arrival"],
            "departure": row["departure"],
            "minutes": round((row["service_s"] - row["walk_s"]) / 60),
            "locked": lock in draft.locked,
            "mark": mark["change"] if mark else None,
            "before": mark["arrival_before"] if mark else None,
        }

    def _left(self, now: story.Weighed) -> list[dict[str, Any]]:
        """Return stops that nobody visits, with what each would add to the need served."""
        gains = now.gains().head(MOST_LEFT)
        return [
            {"stop": stop, "name": self.name(str(stop)), "gain": float(gain)}
            for stop, gain in gains.items()
        ]

    def _changed(self, now: story.Weighed) -> list[dict[str, Any]]:
        """Return how the night differs from the one that was published."""
        if self.kept().published is None or not self.office.has("plan"):
            return []
        rows = story.changed(self.office.results("plan"), now)
        for row in rows:
            row["words"] = {
                "name": self.name(row["stop"], row["name"]),
                "shift": shift_name(row["shift"]),
            }
        return rows

    def name(self, stop: str, english: str = "") -> Phrase:
        """Return the name of a place."""
        names = self.open().names
        if stop in names:
            return names[stop]
        data = self.open().data
        return place_names(data.places, data.layers.facilities).get(
            stop, Phrase(lambda _: english or stop, f"place.{stop}")
        )

    def places(self, text: str) -> list[dict[str, Any]]:
        """Return public places by a part of their name."""
        found = self.open().places(text)[:MOST_FOUND]
        return [{"stop": place, "name": self.name(place)} for place in found]

    def roads(self) -> list[str]:
        """Return the roads that can be closed."""
        return self.open().roads()

    def lines(self) -> list[dict[str, Any]]:
        """Return the drives of the night as lines, where the map shows other ones; else none."""
        with self._busy:
            kept = self.kept()
            shown = self.map_shown(kept)
            if _same(story.routes_of(self.office.results(shown)), kept.draft):
                return []
            return list(story.legs(self.weighed(kept)))

    def map_shown(self, kept: Kept) -> office.Where:
        """Return the folder whose map shows the night: that of its plan, else the run's."""
        planned = kept.planned.apply(edit_steps.Draft(edit_steps.NOTHING))
        places: tuple[office.Where, ...] = (kept.planned.where, "draft", "plan")
        for where in places:
            if self.office.has(where) and _same(
                story.routes_of(self.office.results(where)), planned
            ):
                return where
        return "run"

    def nights(self) -> dict[str, Any]:
        """Return the nights planned last, side by side, who goes, and whether they are a draft."""
        where = self.office.newest_nights
        if where is None:
            return {
                "nights": [],
                "crews": [],
                "moved": [],
                "named": False,
                "where": None,
            }
        folder = self.office.results(where)
        nights: dict[int, dict[str, Any]] = {}
        for row in story.nights_of(folder):
            night = nights.setdefault(
                row["night"], {"date": row["date"], "patrols": {}}
            )
            patrol = night["patrols"].setdefault(
                f"{row['shift']} {row['vehicle']}",
                {"name": patrol_name(row["shift"], row["vehicle"]), "stops": []},
            )
            patrol["stops"].append(
                {
                    "name": self.name(row["stop"], row["name"]),
                    "arrival": row["arrival"],
                    "before": row["before"],
                }
            )
        return {
            "nights": [{"night": number, **night} for number, night in nights.items()],
            **self._crews(folder),
            "moved": each_told(story.moved_in(folder)),
            "where": where,
        }

    def _crews(self, folder: Path) -> dict[str, Any]:
        """Return who drives and rides, or why nobody is ``named``."""
        asked = story.Crews(from_=folder, study=self.office.study, log=self.office.log)
        try:
            shown = story.crews(asked).shown
        except (UserError, OSError) as error:
            return {"crews": each_told(complaint(error)), "named": False}
        return {"crews": each_told(map(plain_lines, shown)), "named": True}

    # ---- Jobs -------------------------------------------------------------------------------

    def plan_again(self) -> None:
        """Plan the night with what was changed; the result is the draft."""
        with self._busy:
            kept = self.kept()
            self._keep(kept)
            record = self.office.plan(kept.draft.date, "draft")
            self.begin(
                "again", "plan", record, record.target, partial(self._planned, "draft")
            )

    def publish(self) -> None:
        """Freeze the night as it stands: all that crews take, and the log."""
        with self._busy:
            kept = self.kept()
            faults = self.weighed(kept).edited.faults
            if faults:
                told = [breach(found, self.name)("en") for found in faults]
                fix = "Fix: plan again, or mend it, then publish"
                raise UserError("\n".join((*told, fix)))
            self._keep(kept)
            office.write_changes(
                kept,
                self.office.published,
                self.open().parameters,
                as_it_stands=kept.edited,
            )
            record = self.office.plan(kept.draft.date, "plan")
            self.begin(
                "publish", "plan", record, record.target, partial(self._planned, "plan")
            )

    def rest(self, happened: Mapping[str, Any]) -> None:
        """Plan the rest of the night that was published, from now."""
        with self._busy:
            record = self.office.rest(dict(happened))
            folder = self.office.results("tonight")
            self.begin("rest", "tonight", record, folder)

    def fortnight(self, nights: int) -> None:
        """Plan several nights from the day of tonight on; the result is a draft."""
        with self._busy:
            date = self.kept().draft.date
            record = self.office.fortnight(date, nights, "nights_draft")
            self.begin("nights", "plan", record, record.target)

    def publish_nights(self) -> None:
        """Plan the nights of the draft for good: all that crews take, and the log."""
        with self._busy:
            if self.office.newest_nights != "nights_draft":
                raise UserError("there is no draft of nights. Fix: plan them")
            rows = story.nights_of(self.office.results("nights_draft"))
            first, number = rows[0]["date"], rows[-1]["night"]
            record = self.office.fortnight(first, number, "nights")
            self.begin("publish_nights", "plan", record, record.target)

    def run(self) -> None:
        """Run the study."""
        record = self.office.run()
        self.begin("run", "run", record, record.out, self._ran)

    def begin(
        self,
        kind: str,
        function: str,
        record: Any,
        folder: Path,
        finished: Callable[[], None] = lambda: None,
    ) -> None:
        """Start a command as a job.

        Parameters
        ----------
        kind, function, record, finished
            As those of `Job`.
        folder
            The job writes into it.
        """
        with self._busy:
            self.require_no_job()
            office.make_folder(self.office)
            command = office.command_of(record, WORDS[function])
            self.job = Job(kind, command, function, record, folder.resolve(), finished)
            self.job.start()

    def _planned(self, where: Literal["draft", "plan"]) -> None:
        with self._busy:
            now = datetime.now(UTC)
            routes = story.routes_of(self.office.results(where))
            kept = self.kept().then(edit_steps.Planned.of(routes, where), now)
            if where == "plan":
                kept = replace(kept, published=now)
            self._keep(kept)

    def _ran(self) -> None:
        with self._busy:
            self._open = None
            self._kept = None
            self._weighed.clear()


def _same(routes: Mapping[edit_steps.Patrol, Any], draft: edit_steps.Draft) -> bool:
    """Return whether patrols drive the stops of a draft."""

    def driven(of: Mapping[edit_steps.Patrol, Any]) -> dict[Any, tuple[str, ...]]:
        return {patrol: tuple(stops) for patrol, stops in of.items() if stops}

    return driven(routes) == driven(draft.routes)


def _name_of(run: Any) -> str:
    """Return what tells a run from all others: the digest of its manifest."""
    return listing.sha256(run / MANIFEST)
