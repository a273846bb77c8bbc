"""What was found about each kind of corridor: an answer in a few words, and charts to look at."""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from math import log10
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geo.results import CorridorTests, Findings
from layers.schema import CORRIDORS
from maps.summary import hotspots_briefly, sightings_briefly
from maps.words.catalogue import percent
from maps.words.corridor_answers import (
    at_best,
    brief,
    explained_briefly,
    how_many_it_takes,
    how_tested,
    located_from,
    nearest,
    plainly,
    probability,
    tested,
)
from maps.words.phrases import Phrase, of_count, of_word, phrase

WIDTH: Final = 340
DECADES: Final = 4
"""The axis runs from 1 m to 10 km."""

TICKS: Final = tuple((WIDTH * power / DECADES, f"{10**power:d}") for power in range(DECADES + 1))
"""Place of each tick on the axis, and its metres."""

PANEL: Final = (150, 70)
"""Width and height of one chart of curves."""

CURVES_M: Final = 1000.0
"""Curves are drawn up to here: farther than this nobody would call near."""

LEAST: Final = 5
"""With fewer sightings than this a curve shows nothing."""


class DistanceRow(NamedTuple):
    """The distances to one kind of corridor: places on the axis, and how opaque each is.

    `given` are those of sightings located from that very kind: their nearness is an input.
    """

    word: str
    found: tuple[tuple[int, float], ...]
    given: tuple[tuple[int, float], ...]


def distances(proximity: pd.DataFrame) -> list[DistanceRow]:
    """Return table `PROXIMITY` as a chart, a row for each kind of corridor that was measured."""
    known = proximity[proximity["distance_m"].notna()]
    rows = []
    for kind in CORRIDORS:
        mine = known[known["corridor"] == kind]
        if mine.empty:
            continue
        given = mine["located_from_kind"]
        one = max(0.15, min(0.85, 20 / len(mine)))
        rows.append(
            DistanceRow(
                word=f"corridor.{kind}",
                found=_spots(mine.loc[~given, "distance_m"], one),
                given=_spots(mine.loc[given, "distance_m"], one),
            )
        )
    return rows


def _spots(distances: Iterable[float], one: float) -> tuple[tuple[int, float], ...]:
    """Return each place on the axis once, as opaque as all that lie there over one another."""
    counts = Counter(map(place, distances))
    return tuple((at, round(1 - (1 - one) ** n, 3)) for at, n in sorted(counts.items()))


class Panel(NamedTuple):
    """The share of sightings within each distance of one kind of corridor, beside chance.

    `text` is the same in words.  Of chance the SVG paths show the middle, and a band up to the edge
    of the envelope.
    """

    word: str
    text: Phrase
    observed: str
    central: str
    band: str


def curves(tests: CorridorTests) -> list[Panel]:
    """Return a chart for each kind of corridor, under the first null model."""
    table = tests.curves
    if table.empty:
        return []
    null = table["null"].iloc[0]
    envelopes = tests.tests[(tests.tests["null"] == null) & (tests.tests["test"] == "envelope")]
    found = []
    for kind in CORRIDORS:
        curve = table[(table["null"] == null) & (table["corridor"] == kind)]
        test = envelopes[envelopes["corridor"] == kind]
        if len(curve) and len(test):
            found.append(_panel(curve, test.iloc[0], tests.level))
    return found


def curves_note(tests: CorridorTests) -> list[Phrase]:
    """Return what the lines and bands of all curves are; nothing where none is drawn."""
    if tests.curves.empty:
        return []
    name = f"null.{tests.curves['null'].iloc[0]}"
    inside, null = percent(1 - tests.level), of_word(name, name)
    return [of_word("chart.curves.note", "chart.curves", inside=inside, null=null)]


def _panel(curve: pd.DataFrame, test: pd.Series, level: float) -> Panel:
    def path(column: str) -> str:
        at = np.unique([*curve["distance_m"].clip(upper=CURVES_M), CURVES_M])
        share = np.interp(at, curve["distance_m"], curve[column])
        x, y = PANEL[0] * at / CURVES_M, PANEL[1] * (1 - share)
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))

    return Panel(
        word=f"corridor.{curve['corridor'].iloc[0]}",
        text=_curve_text(test, level),
        observed=path("observed"),
        central=path("central"),
        band=f"{path('high')}V{PANEL[1]}H0Z",
    )


def _curve_text(test: pd.Series, level: float) -> Phrase:
    """Return what a curve shows, with its numbers."""
    n, p = int(test["sightings"]), float(test["p"])
    verdict = "few" if n < LEAST else "above" if p <= level else "inside"
    return of_word(
        f"curve.of.{test['corridor']}",
        f"curve.{verdict}",
        p=phrase("p", lambda g: probability(p, g, float(test["p_error"]))),
        n=of_count("sightings", "sightings", n),
        least=LEAST,
    )


def place(metres: float) -> int:
    """Return where a distance lies on the logarithmic axis; what is off it lies at its end."""
    return round(WIDTH * min(max(log10(max(metres, 1)), 0), DECADES) / DECADES)


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
    panels = {panel.word: panel for panel in curves(tests)}
    return [
        Answer(
            phrase(f"brief.of.{row['corridor']}.{n}", partial(brief, row)),
            phrase(f"verdict.of.{row['corridor']}.{n}", partial(plainly, row, tests.level)),
            panels.get(f"corridor.{row['corridor']}"),
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
