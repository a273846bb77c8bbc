"""What was found about each kind of corridor: an answer in a few words, and with its numbers."""

from functools import partial
from typing import NamedTuple

from geo.results import CorridorTests, Findings
from maps.summary import hotspots_briefly, sightings_briefly
from maps.words.corridor_answers import (
    at_best,
    brief,
    explained_briefly,
    how_many_it_takes,
    how_tested,
    located_from,
    nearest,
    plainly,
    tested,
)
from maps.words.phrases import Phrase, phrase


class Answer(NamedTuple):
    """Whether the sightings lie nearer to a kind of corridor than by chance."""

    brief: Phrase
    sentence: Phrase
    """With its numbers."""


def answers(tests: CorridorTests | None) -> list[Answer]:
    """Return the answer for each kind of corridor that was tested."""
    if tests is None:
        return []
    return [
        Answer(
            phrase(f"brief.of.{row['corridor']}.{n}", partial(brief, row)),
            phrase(f"verdict.of.{row['corridor']}.{n}", partial(plainly, row, tests.level)),
        )
        for n, row in enumerate(tested(tests))
    ]


def briefly(findings: Findings) -> list[Phrase]:
    """Return the texts of the evidence that the template calls by their keys."""
    n, tests = findings.n_sightings, findings.tests
    return [
        phrase("sample.best", partial(at_best, n)),
        phrase("sample.needed", partial(how_many_it_takes, n)),
        phrase("near.nearest", partial(nearest, findings)),
        phrase("near.located", partial(located_from, findings)),
        phrase("brief.sightings", partial(sightings_briefly, findings)),
        phrase("brief.explained", partial(explained_briefly, tests)),
        phrase("brief.hotspots", partial(hotspots_briefly, findings)),
        *([phrase("how.tested", partial(how_tested, tests))] if tests else []),
    ]
