"""The report of a run or a plan, in Markdown: what to do, what was found, on what it rests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd

from geo.patrols.nights import night_of
from geo.results import Findings
from layers.filenames import PICTURES, REPORT
from layers.handling import Handling
from layers.records import StudyData
from layers.schema import CORRIDORS
from maps.panels import plan_quality
from maps.panels.timetable import Patrol, Stop
from maps.planning import names_of
from maps.summary import ten_lines
from maps.terminal import first_lines, lines
from maps.terminal.grid import Grid
from maps.terminal.pictures import pictures
from maps.words import omissions
from maps.words.about import credits_of, footnote, title
from maps.words.catalogue import day, number, percent, word
from maps.words.corridor_answers import probability
from maps.words.phrases import Phrase
from maps.words.sample_size import at_best

LANGUAGE: Final = "en"
FIRST: Final = 5
"""Sections of a model that are listed."""

_MARKS: Final = re.compile(r"([\\`*\[\]<>#!~|]|(?<!\w)_|_(?!\w))")
"""What Markdown reads as more than text; within a word ``_`` is text."""

FILES: Final = (
    ("map.html", "the map: stops, routes, hotspots, corridors, sightings; in any browser"),
    (
        "patrol_plan.csv, patrols/",
        "the timetable; for each crew a table to print, and its route for a phone",
    ),
    ("stop_cards.pdf, card_texts.html", "a card for each stop, to hang up; its texts, to correct"),
    ("study.gpkg, layers/", "every layer, for a GIS"),
    ("findings.json, rasters/", "every figure; walking times; of a run only"),
    ("data_dictionary.md, manifest.json", "what each column means; what it was made from"),
)


def report(
    findings: Findings,
    data: StudyData,
    patrols: Sequence[Patrol],
    handling: Handling,
    *,
    made: date,
    more: Iterable[str] = (),
) -> dict[str, str]:
    """Return the report and its pictures: the text of each file, by its name in the folder.

    Parameters
    ----------
    findings, data
        As for `maps.planner`.
    patrols : sequence of maps.panels.timetable.Patrol
        As `maps.planning.timetables` gives them.
    handling : layers.handling.Handling
        Stands in every file.
    made : datetime.date
        Day of the run.
    more : iterable of str
        What else there is to say of a plan, such as how it differs from the run's.
    """
    # Of several nights the first is drawn and measured; the map has all.
    drawn = [patrol for patrol in patrols if patrol.night == patrols[0].night]
    svgs = pictures(drawn, handling.line(), credits_of(data))
    files = {f"{PICTURES}/{key}.svg": svg for key, svg in svgs.items()}
    summary = ten_lines(findings, data=data)
    parts = [
        f"# {_text(title(data.about, LANGUAGE))}",
        handling.line(),
        f"Analysis of {day(made, LANGUAGE)}. In short:",
        _items(
            [
                first_lines.what_to_do(findings),
                *first_lines.found(findings),
                *more,
                at_best(findings.n_sightings, LANGUAGE),
            ]
        ),
        *_what_to_do(findings, data, patrols, drawn, summary),
        *_what_was_found(findings, summary),
        *_left_out(findings),
        "## Files",
        _table(Grid(("file", "what it holds"), FILES)),
        _text(_foot(data)),
    ]
    return {REPORT: "\n\n".join(parts) + "\n", **files}


def _foot(data: StudyData) -> str:
    """Return whom to credit, and what the study says under its maps."""
    note = footnote(data.about)
    return " ".join(
        [*(f"{one}." for one in credits_of(data)), *([] if note is None else [_en(note)])]
    )


def _what_to_do(
    findings: Findings,
    data: StudyData,
    patrols: Sequence[Patrol],
    drawn: Sequence[Patrol],
    summary: Sequence[str],
) -> Iterator[str]:
    """Yield the patrols, what they cover, and what they leave out."""
    plan = findings.patrols
    yield "## What to do"
    yield from map(_text, summary[7:9])
    if plan.stops.empty:
        return
    yield _table(
        Grid(
            ("patrol", "leaves", "back", "stops", "first stop"),
            tuple(
                (_en(p.title), p.start, p.end, f"{len(p.served)}", _en(p.served[0].name))
                for p in patrols
                if p.served
            ),
        )
    )
    for patrol in drawn:
        yield f"### {_text(_en(patrol.title))}"
        yield f"![Route and stops of {_text(_en(patrol.title))}]({PICTURES}/{patrol.key}.svg)"
        yield _table(_timetable(patrol))
    if len(plan.visits):
        yield "### Visits to each stop"
        yield _table(lines.visits(plan))
    yield "### What the patrols cover"
    yield from map(_text, lines.coverage(plan))
    first = night_of(plan, 1) if len(plan.visits) else plan
    measured = plan_quality.measures(first)
    if measured is not None:
        yield _table(_measures(measured))
        yield from (_text(_en(line)) for line in plan_quality.beside(first))
    left = plan_quality.left_out(plan, names_of(findings, data))
    if left:
        yield f"### Stops left out ({len(left)})"
        rows = tuple((_en(row.name), _en(row.why), _en(row.admits)) for row in left)
        yield _table(Grid(("stop", "why", "what would admit it, planned again"), rows))


def _timetable(patrol: Patrol) -> Grid:
    """Return the stops of a patrol, the start as 0."""
    return Grid(
        ("", "from", "to", "stop", "drive", "by road"),
        tuple(
            (
                "start" if stop is patrol.stops[0] else "end" if stop.ends else f"{stop.number}",
                *_hours(stop, patrol),
                _en(stop.name) + (f", break {stop.pause}" if stop.pause else ""),
                "" if stop is patrol.stops[0] else f"{_en(stop.drive_min)}, {_en(stop.drive_km)}",
                ", ".join(map(_en, stop.roads)),
            )
            for stop in patrol.stops
        ),
    )


def _hours(stop: Stop, patrol: Patrol) -> tuple[str, str]:
    return (
        "" if stop is patrol.stops[0] else stop.arrival,
        "" if stop is patrol.stops[-1] else stop.departure,
    )


def _measures(table: plan_quality.Measures) -> Grid:
    return Grid(
        ("", *(_en(c) if isinstance(c, Phrase) else word(c, LANGUAGE) for c in table.columns)),
        tuple((word(what, LANGUAGE), *map(_en, cells)) for what, cells in table.rows),
    )


def _what_was_found(findings: Findings, summary: Sequence[str]) -> Iterator[str]:
    """Yield the findings: each sentence, and the figures behind it in a table."""
    yield "## What was found"
    yield from map(_text, summary[:3])
    yield "### Corridors"
    yield _text(summary[3])
    if len(findings.proximity.totals):
        yield _table(_near(findings.proximity.totals))
    yield _text(summary[4])
    if findings.tests is not None and len(findings.tests.bands):
        yield _table(_tests(findings.tests.bands))
    yield _text(summary[5])
    yield "### Hotspots"
    yield _text(summary[6])
    if len(findings.hotspots.segments):
        yield _table(_hotspots(findings.hotspots.segments))
    yield from _models(findings)


def _left_out(findings: Findings) -> Iterator[str]:
    """Yield what the study leaves out, since its data do not hold it."""
    if findings.omitted:
        yield "## What the data do not allow"
        yield _items(omissions.sentences(findings, LANGUAGE))


def _near(totals: pd.DataFrame) -> Grid:
    """Return how many sightings are expected within each band of each kind of corridor."""
    wide = totals.pivot(index="corridor", columns="band_m", values="expected_within")
    kinds = [kind for kind in CORRIDORS if kind in wide.index]
    return Grid(
        ("sightings expected within", *(f"{band:g} m" for band in wide.columns)),
        tuple(
            (word(f"corridor.{kind}", LANGUAGE), *(number(v, LANGUAGE, 1) for v in row))
            for kind, row in zip(kinds, wide.loc[kinds].to_numpy(), strict=True)
        ),
    )


def _tests(bands: pd.DataFrame) -> Grid:
    """Return the tests of the first null model, the hypothesis named beforehand first."""
    own = bands[(bands["null"] == bands["null"].iloc[0]) & bands["p_adjusted"].notna()]
    own = own.sort_values("primary", ascending=False, kind="stable")
    return Grid(
        ("nearer than chance?", "within", "p, adjusted", "answer"),
        tuple(
            (
                word(f"corridor.{row['corridor']}", LANGUAGE)
                + (" (named beforehand)" if row["primary"] else ""),
                f"{row['band_m']:g} m",
                probability(row["p_adjusted"], LANGUAGE),
                str(row["verdict"]).replace("_", " "),
            )
            for row in own.to_dict("records")
        ),
    )


def _hotspots(segments: pd.DataFrame) -> Grid:
    return Grid(
        ("", "hotspot of reports", "reported", "expected", "p", "length"),
        tuple(
            (
                f"{row['rank']}", str(row["name"]),
                number(row["reported"], LANGUAGE, 1), number(row["expected"], LANGUAGE, 1),
                probability(row["p_value"], LANGUAGE),
                f"{number(row['length_m'] / 1000, LANGUAGE, 1)} km",
            )
            for row in segments.sort_values("rank").to_dict("records")
        ),
    )  # fmt: skip


def _models(findings: Findings) -> Iterator[str]:
    """Yield the first sections of each model."""
    flow, walk = findings.movement, findings.access
    if flow is not None and len(flow.sections):
        rows = flow.sections.sort_values("rank").head(FIRST).to_dict("records")
        yield f"### Movement ({flow.label})"
        yield "Where trips from the entries to the exits would go. Nothing confirms it yet."
        yield _table(
            Grid(
                ("section", "share of trips", "8 of 10 draws"),
                tuple(
                    (str(r["name"]), f"{percent(r['share_mean'])} %",
                     f"{percent(r['share_low'])}-{percent(r['share_high'])} %")
                    for r in rows
                ),
            )
        )  # fmt: skip
    if walk is not None and len(walk.sections):
        rows = walk.sections.sort_values("rank").head(FIRST).to_dict("records")
        yield f"### Far from help ({walk.label})"
        yield "Minutes on foot, as a mean over the kinds of help, from the farthest sections."
        yield _table(
            Grid(
                ("section", "minutes"), tuple((str(r["name"]), f"{r['far_min']:.0f}") for r in rows)
            )
        )


def _table(grid: Grid) -> str:
    escaped = Grid(tuple(map(_text, grid.head)), tuple(tuple(map(_text, row)) for row in grid.rows))
    return "\n".join(escaped.markdown())


def _items(texts: Iterable[str]) -> str:
    """Return a list of points."""
    return "\n".join(f"- {_text(text)}" for text in texts)


def _text(text: str) -> str:
    """Return text as Markdown shows it: what a name holds is no link, picture, tag or emphasis."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _en(text: Any) -> str:
    """Return a phrase in English; other text as it is."""
    return text.forms[LANGUAGE] if isinstance(text, Phrase) else str(text)
