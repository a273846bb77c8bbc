"""Everything that is drawn of a run or a plan: the map, the cards, the report in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from geo.params import Params
from geo.presence.visits import LEAST
from geo.records import StudyData
from geo.results import Findings
from layers import artwork
from layers.files.filenames import CARD_TEXTS, REPORT, REPORT_PAGE
from layers.files.handling import Handling
from maps import planning, report_page
from maps.cards.texts import reading_page
from maps.evidence import MOST_ROWS
from maps.page.escaping import markdown
from maps.view import Shown, put_together
from maps.words.catalogue import number, percent, word
from maps.words.phrases import Phrase

LANGUAGE: Final = "en"


@dataclass(frozen=True, kw_only=True)
class Drawn(artwork.Drawn):
    """What is drawn, and what it is drawn from."""

    shown: Shown
    """For the terminal, which is another face of it."""


def draw(
    findings: Findings,
    data: StudyData,
    params: Params,
    handling: Handling,
    *,
    made: date,
    tiles: bool = False,
    more: Sequence[str] = (),
    as_html: Callable[[str], str] = report_page.as_typed,
) -> Drawn:
    """Return the map, the report and the cards of an analysis.

    Parameters
    ----------
    findings : geo.results.Findings
    data : geo.records.StudyData, EPSG:4326
        What the findings were made from.
    params : geo.params.Params
        For the cards: how long they hold, and which stops are suspended.
    handling : layers.files.handling.Handling
        Stands at the head of every file.
    made : datetime.date
        Day of the analysis.
    tiles : bool
        Offer OpenStreetMap's tiles as a layer of the map.
    more : sequence of str
        What else the report has to say of a plan, such as how it differs from the run's.
    as_html : callable
        Takes the report in Markdown and returns HTML; by default as it was typed.
    """
    shown = put_together(findings, data, made, handling, params)
    cards = shown.plan.cards
    # Typst sets the cards on the second core.
    with ThreadPoolExecutor(max_workers=1) as second_core:
        cards_pdf = second_core.submit(cards.pdf)
        told = report(shown, more)
        texts = {**shown.plan.sheets, REPORT: told}
        texts[REPORT_PAGE] = report_page.page(told, shown, as_html)
        page: str = planning.page(shown, tiles=tiles).get_root().render()
        crew = ""
        if shown.plan.patrols:
            crew_page = planning.crew_page(shown.for_crew(), tiles=tiles)
            crew = crew_page.get_root().render()
        if cards.content:
            texts[CARD_TEXTS] = reading_page(cards.texts, handling.line())
    return Drawn(
        page=page,
        texts=texts,
        bring=shown.plan.bring,
        summary=[line(LANGUAGE) for line in shown.evidence.summary.lines],
        crew=crew,
        cards=cards_pdf.result(),
        late=cards.late,
        shown=shown,
    )


def report(shown: Shown, more: Iterable[str] = ()) -> str:
    """Return the report; `more` is what else there is to say of a plan."""
    short, quality = shown.short, shown.plan.quality
    covered = " ".join(short.covered)
    lines = [short.to_do, *more, covered, *short.unserved, *short.found, short.at_best]
    text = markdown("report.md", _filters).render(
        lines=[line for line in lines if line],
        summary=[line(LANGUAGE) for line in shown.evidence.summary.lines],
        shown=shown,
        plan=quality,
        # The first of several nights is shown and measured; the map has all.
        night=quality.nights[0] if quality.nights else None,
        found=shown.evidence,
        most=MOST_ROWS,
        least=LEAST,
    )
    return f"{text}\n"


def _filters() -> dict[str, Callable[..., Any]]:
    """Return what the template calls; `word` takes a phrase, or the key of a text."""
    return {
        "number": lambda value, digits=0: number(value, LANGUAGE, digits),
        "percent": percent,
        "probability": "{:.2g}".format,
        "word": lambda text: (
            text(LANGUAGE) if isinstance(text, Phrase) else word(text, LANGUAGE)
        ),
    }
