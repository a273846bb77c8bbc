"""The report of a run or a plan, in Markdown, and its pictures: each patrol as one SVG file."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from geo.patrols.nights import night_of
from geo.presence.visits import LEAST, by_shift_and_month
from geo.results import Access, CorridorTests, Findings, Hotspots, Movement
from layers.filenames import PICTURES, REPORT
from layers.handling import Handling
from layers.records import StudyData
from layers.schema import CORRIDORS
from layers.shipped import xml_text
from maps.page.escaping import asset, markdown, template
from maps.panels import plan_quality
from maps.panels.timetable import Patrol
from maps.planning import names_of
from maps.sketch import Sketch, grounds
from maps.sketch.insets import CAPTION, GAP
from maps.summary import ten_lines
from maps.terminal import lines
from maps.words.about import credits_of, footnote, omitted, title
from maps.words.catalogue import day, number, percent, word
from maps.words.corridor_answers import at_best, probability
from maps.words.phrases import Phrase, collected

LANGUAGE: Final = "en"
FIRST: Final = 5
"""Sections of a model that are listed."""


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
    met = findings.patrolled
    drawn = [patrol for patrol in patrols if patrol.night == patrols[0].night]
    plan = findings.patrols
    first = night_of(plan, 1) if len(plan.visits) else plan
    text = markdown("report.md", _filters()).render(
        title=title(data.about, LANGUAGE),
        handling=handling.line(),
        made=day(made, LANGUAGE),
        short=[
            lines.what_to_do(findings),
            *lines.found(findings),
            *more,
            at_best(findings.n_sightings, LANGUAGE),
        ],
        summary=ten_lines(findings, data=data),
        patrols=patrols,
        drawn=drawn,
        pictures=PICTURES,
        visits=lines.visits(plan) if len(plan.visits) else None,
        more=lines.more(plan),
        measures=plan_quality.measures(first),
        beside=plan_quality.beside(first),
        left_out=plan_quality.left_out(plan, names_of(findings, data)),
        bands=sorted(findings.proximity.totals["band_m"].unique()),
        near=_near(findings.proximity.totals),
        tests=_tests(findings.tests),
        met=met,
        met_by_month=by_shift_and_month(data.log.groups).to_dict("records"),
        least=LEAST,
        met_hotspots=_ranked(met.hotspots if met else None),
        met_tests=_tests(met.tests if met else None),
        hotspots=_ranked(findings.hotspots),
        movement=_ranked(findings.movement)[:FIRST],
        access=_ranked(findings.access)[:FIRST],
        omitted=[one.forms[LANGUAGE] for one in omitted(findings)],
        credits=credits_of(data),
        footnote=footnote(data.about) or "",
    )
    svgs = pictures(drawn, handling.line(), credits_of(data))
    return {REPORT: f"{text}\n", **{f"{PICTURES}/{key}.svg": svg for key, svg in svgs.items()}}


def _filters() -> dict[str, Callable[..., str]]:
    """Return what the template calls: of `word` a phrase, or the key of a text."""
    return {
        "number": lambda value, digits=0: number(value, LANGUAGE, digits),
        "percent": percent,
        "probability": lambda p: probability(p, LANGUAGE),
        "word": lambda t: t.forms[LANGUAGE] if isinstance(t, Phrase) else word(t, LANGUAGE),
    }


def _near(totals: pd.DataFrame) -> list[tuple[str, list[float]]]:
    """Return how many sightings are expected within each band of each kind of corridor."""
    kinds = dict(iter(totals.sort_values("band_m").groupby("corridor")["expected_within"]))
    return [(f"corridor.{kind}", kinds[kind].tolist()) for kind in CORRIDORS if kind in kinds]


def _tests(tests: CorridorTests | None) -> list[dict[Any, Any]]:
    """Return the tests of the first null model, the hypothesis named beforehand first."""
    if tests is None or tests.bands.empty:
        return []
    own: pd.DataFrame = tests.bands[tests.bands["null"] == tests.bands["null"].iloc[0]]
    own = own.dropna(subset="p_adjusted").sort_values("primary", ascending=False, kind="stable")
    return own.to_dict("records")


def _ranked(found: Hotspots | Movement | Access | None) -> list[dict[Any, Any]]:
    """Return the rows of a result, by rank."""
    if found is None:
        return []
    rows: pd.DataFrame = found.segments if isinstance(found, Hotspots) else found.sections
    return rows.sort_values("rank").to_dict("records")


Placed = tuple[int, int, Sketch]
"""Left and upper edge of a picture in the file."""

FOOT: Final = 26


def pictures(patrols: Sequence[Patrol], handling: str, credits_: Sequence[str]) -> dict[str, str]:
    """Return an SVG file for each patrol, by its key: the whole route and what is enlarged.

    `handling` stands in the description of each, whom to credit at its foot.
    """
    files = {}
    for patrol in patrols:
        placed = _placed(patrol.sketches)
        svg = template("picture.svg").render(
            patrol=patrol,
            placed=placed,
            width=max(x + one.width for x, _, one in placed),
            height=max(y + one.height for _, y, one in placed) + FOOT,
            grounds=grounds(patrol.sketches),
            texts=collected(patrol)[LANGUAGE],
            handling=handling,
            credits=credits_,
            css=Markup(asset("sketch.css")),
        )
        files[patrol.key] = xml_text(svg.lstrip())
    return files


def _placed(sketches: tuple[Sketch, ...]) -> list[Placed]:
    """Return where each picture lies: beside the whole one, or below it where it is wide."""
    whole, *larger = sketches
    below = whole.width == whole.room
    x, y = (0, whole.height + 2 * CAPTION) if below else (whole.width + GAP, CAPTION)
    placed = [(0, CAPTION, whole)]
    for one in larger:
        placed.append((x, y, one))
        x, y = (x + one.width + GAP, y) if below else (x, y + one.height + CAPTION)
    return placed
