"""Everything that is drawn of a run or a plan: the map, the cards, the report in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd

from geo.params import Params
from geo.patrols.nights import night_of
from geo.presence.packing import basis_of
from geo.presence.visits import LEAST, by_shift_and_month
from geo.records import StudyData
from geo.results import Access, CorridorTests, Findings, Hotspots, Movement
from geo.schema import CORRIDORS
from layers.drawn import Drawn
from layers.files.filenames import CARD_TEXTS, REPORT
from layers.files.handling import Handling
from maps import planning
from maps.cards import draw_cards
from maps.cards.texts import Texts, reading_page
from maps.page.escaping import markdown
from maps.panels import crews, plan_quality
from maps.panels.timetable import Patrol
from maps.summary import ten_lines
from maps.terminal import lines
from maps.words.about import credits_of, footnote, omitted, overdue_call, title
from maps.words.catalogue import day, number, percent, word
from maps.words.corridor_answers import at_best, probability
from maps.words.phrases import Phrase

LANGUAGE: Final = "en"


MOST_ROWS: Final = 60
"""Sightings that the report lists at most."""


def draw(
    findings: Findings,
    data: StudyData,
    params: Params,
    handling: Handling,
    *,
    made: date,
    tiles: bool = False,
    more: Sequence[str] = (),
) -> Drawn:
    """Return the map, the report and the cards of an analysis of the day `made`.

    Parameters are as for `maps.planner`, `report` and `maps.cards.draw_cards`.
    """
    patrols = planning.timetables(findings, data, made)
    drawn = planning.planner(findings, data, tiles=tiles, made=made, patrols=patrols)
    page: str = drawn.get_root().render()
    crew = ""
    if patrols:
        taken = planning.crew(findings, data, patrols, made=made, tiles=tiles)
        crew = taken.get_root().render()
    texts = planning.crew_tables(findings, data, patrols, handling.line())
    texts[REPORT] = report(findings, data, patrols, handling, made=made, more=more)
    summary = ten_lines(findings, data=data)
    cards, late = draw_cards(findings.patrols, data, params, made=made)
    if cards is not None:
        words = Texts(data.about.card_words, data.about.card_read)
        texts[CARD_TEXTS] = reading_page(words, handling.line())
    return Drawn(page, texts, crews.to_bring(patrols), summary, crew, cards, late)


def report(
    findings: Findings,
    data: StudyData,
    patrols: Sequence[Patrol],
    handling: Handling,
    *,
    made: date,
    more: Iterable[str] = (),
) -> str:
    """Return the report.

    Parameters
    ----------
    findings, data
        As for `maps.planner`.
    patrols : sequence of maps.panels.timetable.Patrol
        As `maps.planning.timetables` gives them.
    handling : layers.files.handling.Handling
        Stands at its head.
    made : datetime.date
        Day of the run.
    more : iterable of str
        What else there is to say of a plan, such as how it differs from the run's.
    """
    # The first of several nights is shown and measured; the map has all.
    plan, totals = findings.patrols, findings.proximity.totals.sort_values("band_m")
    drawn = [patrol for patrol in patrols if patrol.night == patrols[0].night]
    first = night_of(plan, 1) if len(plan.visits) else plan
    text = markdown("report.md", _filters).render(
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
        visits=lines.visits(plan) if len(plan.visits) else None,
        more=lines.more(plan),
        measures=plan_quality.measures(first),
        beside=plan_quality.beside(first),
        left_out=plan_quality.left_out(plan, planning.names_of(findings, data)),
        bands=totals["band_m"].unique(),
        near=dict(iter(totals.groupby("corridor")["expected_within"])),
        corridors=CORRIDORS,
        found=findings,
        most=MOST_ROWS,
        met_by_month=by_shift_and_month(data.log.groups).to_dict("records"),
        least=LEAST,
        omitted=omitted(findings),
        credits=credits_of(data),
        footnote=footnote(data.about) or "",
        about=data.about,
        overdue=overdue_call(data.about, LANGUAGE),
        basis=basis_of(data.log),
    )
    return f"{text}\n"


def _filters() -> dict[str, Callable[..., Any]]:
    """Return what the template calls; `word` takes a phrase, or the key of a text."""
    return {
        "tested": _tested,
        "ranked": _ranked,
        "number": lambda value, digits=0: number(value, LANGUAGE, digits),
        "percent": percent,
        "probability": lambda p: probability(p, LANGUAGE),
        "word": lambda t: (
            t.forms[LANGUAGE] if isinstance(t, Phrase) else word(t, LANGUAGE)
        ),
    }


def _tested(tests: CorridorTests | None) -> list[dict[Any, Any]]:
    """Return the tests of the first null model, the hypothesis named beforehand first."""
    if tests is None or tests.bands.empty:
        return []
    own: pd.DataFrame = tests.bands[tests.bands["null"] == tests.bands["null"].iloc[0]]
    own = own.dropna(subset="p_adjusted").sort_values(
        "primary", ascending=False, kind="stable"
    )
    return own.to_dict("records")


def _ranked(found: Hotspots | Movement | Access | None) -> list[dict[Any, Any]]:
    """Return the rows of a result, by rank."""
    if found is None:
        return []
    rows: pd.DataFrame = found.table if isinstance(found, Hotspots) else found.sections
    return rows.sort_values("rank").to_dict("records")
