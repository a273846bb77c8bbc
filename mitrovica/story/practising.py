"""Nights of practice on made-up seasons: one plan, or two beside each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from layers import readers
from maps import terminal
from mitrovica.story.outcome import SILENT, Outcome, Watch

if TYPE_CHECKING:
    from geo.results import Findings, Patrols


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Nights of practice."""

    from_: Path = Path("out")
    plan: Path | None = None
    against: Path | None = None
    night: int = 1
    seed: int = 1
    groups: float = 30.0
    seasons: int = 1000


def exercise(asked: Exercise, watch: Watch = SILENT) -> Outcome:
    """Practise on a made-up season: what a plan meets, its score.

    With another plan beside it: what both are expected to meet in many seasons, and whether
    counting would tell them apart.

    Parameters
    ----------
    asked : Exercise
        What the command was asked for.
    watch : Watch, optional
        Hears each step.

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If the run has no movement model, or a folder no patrols.
    """
    from geo.paired import play_paired
    from geo.practice import play

    findings = readers.earlier_run.read(asked.from_).findings
    plan = _patrols(findings, asked.plan or asked.from_)
    if findings.movement is None or plan.stops.empty:
        raise terminal.lines.left_out(findings, "movement", "patrols")
    sections = findings.movement.sections
    watch.step("nights")
    drills = play(sections, plan, asked.night, asked.seed, asked.groups)
    if asked.against is None:
        return Outcome(terminal.practice.night(drills))
    other = _patrols(findings, asked.against)
    if other.stops.empty:
        raise terminal.lines.left_out(findings, "patrols")
    watch.step("seasons")
    others = play(sections, other, asked.night, asked.seed, asked.groups)
    seeds = range(asked.seed, asked.seed + asked.seasons)
    paired = play_paired(
        sections,
        (plan, other),
        asked.night,
        groups_per_night=asked.groups,
        seeds=seeds,
    )
    return Outcome(terminal.practice.both(drills, others, paired, asked.seed))


def _patrols(findings: Findings, folder: Path) -> Patrols:
    """Return the plan in a folder, in metres."""
    stops = readers.earlier_run.timetable(folder)
    crs = str(findings.sightings.crs)
    return replace(findings.patrols, stops=stops.to_crs(crs))
