"""What was found about each kind of corridor: an answer in a few words, and what it rests on."""

from functools import partial
from typing import NamedTuple

from geo.results import CorridorTests, Findings
from maps.panels import charts
from maps.panels.charts import Panel
from maps.summary import hotspots_briefly, sightings_briefly
from maps.words.corridor_answers import (
    brief,
    explained_briefly,
    how_tested,
    located_from,
    nearest,
    plainly,
    tested,
)
from maps.words.phrases import Phrase, phrase
from maps.words.sample_size import at_best, how_many_it_takes


class Answer(NamedTuple):
    """Whether the sightings lie nearer to a kind of corridor than by chance."""

    brief: Phrase
    sentence: Phrase
    """With its numbers."""
    curve: Panel | None


def answers(tests: CorridorTests | None) -> list[Answer]:
    """Return the answer for each kind of corridor that was tested."""
    if tests is None:
        return []
    curves = {panel.word: panel for panel in charts.curves(tests)}
    return [
        Answer(
            phrase(f"brief.of.{row['corridor']}.{n}", partial(brief, row)),
            phrase(f"verdict.of.{row['corridor']}.{n}", partial(plainly, row, tests.level)),
            curves.get(f"corridor.{row['corridor']}"),
        )
        for n, row in enumerate(tested(tests))
    ]


def briefly(findings: Findings) -> list[Phrase]:
    """Return the texts of the evidence that the template calls by their keys."""
    n = findings.n_sightings
    return [
        phrase("sample.best", partial(at_best, n)),
        phrase("sample.needed", partial(how_many_it_takes, n)),
        phrase("near.nearest", partial(nearest, findings)),
        phrase("near.located", partial(located_from, findings)),
        phrase("brief.sightings", partial(sightings_briefly, findings)),
        phrase("brief.explained", partial(explained_briefly, findings.tests)),
        phrase("brief.hotspots", partial(hotspots_briefly, findings)),
    ]


def method(tests: CorridorTests | None) -> list[Phrase]:
    """Return how the answers were tested; nothing where they were not."""
    if tests is None or not tested(tests):
        return []
    return [phrase("how.tested", partial(how_tested, tests))]
