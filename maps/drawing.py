"""Everything that is drawn of a run or a plan: the map, the report, the cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geo.params import Params
from geo.results import Findings
from layers.filenames import CARD_TEXTS, REPORT
from layers.handling import Handling
from layers.records import StudyData
from maps import planning
from maps.cards import draw_cards
from maps.cards.texts import Texts, reading_page
from maps.panels import crews
from maps.summary import ten_lines
from maps.terminal.report import report


@dataclass(frozen=True)
class Drawn:
    """What is drawn of a run or a plan."""

    page: str
    """The planner map."""
    texts: dict[str, str]
    """The report, the tables of the crews, and the texts of the cards, by name."""
    bring: dict[tuple[str, int], str]
    """What to bring, by file of the patrol and order of the stop, in the crews' languages."""
    summary: list[str]
    """The findings in ten lines."""
    cards: bytes | None
    """A card for each stop, as PDF; None where there is none."""
    late: list[str]
    """Messages on visits that are on no card."""


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

    Parameters are as for `maps.planner`, `maps.terminal.report.report` and
    `maps.cards.draw_cards`.
    """
    patrols = planning.timetables(findings, data, made)
    drawn = planning.planner(findings, data, tiles=tiles, made=made, patrols=patrols)
    page: str = drawn.get_root().render()
    texts = planning.crew_tables(findings, data, patrols, handling.line())
    texts[REPORT] = report(findings, data, patrols, handling, made=made, more=more)
    summary = ten_lines(findings, data=data)
    cards, late = draw_cards(findings.patrols, data, params, made=made)
    if cards is not None:
        words = Texts(data.about.card_words, data.about.card_read)
        texts[CARD_TEXTS] = reading_page(words, handling.line())
    return Drawn(page, texts, crews.to_bring(patrols), summary, cards, late)
