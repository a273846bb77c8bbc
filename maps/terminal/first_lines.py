"""The first lines of a run: what to do, what was found, where it lies, what it rests on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pandas as pd

from geo.results import Findings
from layers.filenames import FORM_STOPS_FILE, FORMS, MAP, REPORT, VISIT_FORM
from layers.schema import CORRIDORS
from maps.summary import hotspots_sentence, rests_on
from maps.terminal import lines
from maps.terminal.grid import Grid
from maps.words import omissions
from maps.words.catalogue import word
from maps.words.corridor_answers import distances_in_words, tested
from maps.words.names import patrol_name
from maps.words.sample_size import at_best

LANGUAGE: Final = "en"

VERDICTS: Final = (
    ("nearer", "shown for"),
    ("fragile", "depends on assumptions for"),
    ("cannot_be_decided", "cannot be decided for"),
    ("not_shown", "not shown for"),
)


def of_run(findings: Findings, out: Path, inside: Path | None, again: str) -> list[str]:
    """Return the lines with which a run ends.

    `inside` is the folder of what never leaves, `again` the command that plans another night.
    """
    what = "What never leaves (rows not used, which record is which, your files)"
    first = what_to_do(findings)
    return [
        first,
        *found(findings),
        *_files(out),
        *([] if inside is None else [f"{what}: {inside}"]),
        f"Network: {findings.source.title}",
        *caveats(findings),
        *(line for line in omissions.sentences(findings, LANGUAGE) if line not in first),
        *([] if findings.patrols.stops.empty else [f"Next: {again} --date YYYY-MM-DD"]),
    ]


def of_plan(findings: Findings, out: Path, more: Iterable[str]) -> list[str | Grid]:
    """Return what a plan ends with: its timetables, what they cover, and what `more` says."""
    patrols = findings.patrols
    tables = [lines.visits(patrols)] if len(patrols.visits) else lines.timetables(patrols)
    return [
        what_to_do(findings),
        *tables,
        "",
        *lines.briefly(patrols),
        *more,
        *_files(out),
        *_form(findings, out),
        at_best(findings.n_sightings, LANGUAGE),
    ]


def _form(findings: Findings, out: Path) -> list[str]:
    """Return where the crews' form is, and what to do with what they fill in."""
    if findings.patrols.stops["date"].isna().all():
        return []
    return [
        f"Form for the crews: {out / FORMS / VISIT_FORM}, with {FORM_STOPS_FILE} as its media "
        "file. What they fill in and their tracks: mitrovica log add FILES"
    ]


def _files(out: Path) -> list[str]:
    return [f"Map: {out / MAP}", f"Report: {out / REPORT}, with tables, pictures and all reasons"]


def what_to_do(findings: Findings) -> str:
    """Return which patrol leaves first, when, and where it stops first."""
    stops = findings.patrols.stops
    if stops.empty:
        why = omissions.sentences(findings, LANGUAGE, "patrols")
        return " ".join(why) or word("no_patrols", LANGUAGE)
    night = stops[stops["night"] == stops["night"].min()]
    starts = night[night["order"] == 0]
    start = starts.loc[starts["departure_s"].idxmin()]
    own = (night["shift"] == start["shift"]) & (night["vehicle"] == start["vehicle"])
    stop = night[own & (night["service_s"] > 0)].sort_values("order").iloc[0]
    when = "" if pd.isna(start["date"]) else f" on {start['date']}"
    who = patrol_name(str(start["shift"]), int(start["vehicle"]), LANGUAGE)
    return (
        f"First patrol: {who}, leaves {start['name']}{when} at {start['departure']}. "
        f"First stop: {stop['name']}, {stop['arrival']}-{stop['departure']}."
    )


def found(findings: Findings) -> list[str]:
    """Return what was found of corridors and hotspots, and what the patrols do, a line each."""
    plan = " ".join(lines.briefly(findings.patrols))
    said = [_corridors(findings), hotspots_sentence(findings, LANGUAGE), plan]
    return [line for line in said if line]


def caveats(findings: Findings) -> list[str]:
    """Return how many sightings all of it rests on, and what they cannot show."""
    return [rests_on(findings, LANGUAGE), at_best(findings.n_sightings, LANGUAGE)]


def _corridors(findings: Findings) -> str:
    """Return how near the sightings lie to each kind of corridor, and for which it is proved."""
    near = distances_in_words(findings, LANGUAGE)
    if not near:
        return word("line.no_nearest", LANGUAGE)
    return f"Distance of the sightings (median): {', '.join(near)}. {_nearer(findings)}"


def _nearer(findings: Findings) -> str:
    """Return for which kinds of corridor "nearer than chance" is shown, and for which not."""
    verdicts = {row["corridor"]: row["verdict"] for row in reversed(tested(findings.tests))}
    if not verdicts:
        return word("line.no_chance", LANGUAGE)
    parts = [
        f"{text} {', '.join(_corridor(kind) for kind in kinds)}"
        for verdict, text in VERDICTS
        if (kinds := [k for k in CORRIDORS if verdicts.get(k) == verdict])
    ]
    return f"Nearer than chance: {'; '.join(parts)}."


def _corridor(kind: str) -> str:
    return word(f"corridor.{kind}", LANGUAGE)
