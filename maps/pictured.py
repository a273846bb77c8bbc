"""The report as a page: its words, and folded beside them the pictures that show the same."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from markdown_it import MarkdownIt
from markupsafe import Markup

from geo.results import Findings
from layers.palette import Symbol
from maps.page.escaping import template
from maps.panels.timetable import Patrol
from maps.shown import Shown
from maps.words.catalogue import LANGUAGE_NAMES, percent, word
from maps.words.phrases import Phrase

DAY_MIN: Final = 1440
TOLD_M: Final = 250.0
"""Distance for which a curve is told in words."""


class Distances(NamedTuple):
    """How many sightings lie within each distance of a kind of corridor, beside chance."""

    kind: Phrase
    observed: str
    """Points of the line, in a square of 100 by 100 whose corner is at the lower left."""
    envelope: str
    """Points of the area that chance seldom leaves."""
    reach_m: int
    told: Phrase


class Strip(NamedTuple):
    """The time of one patrol: its stops between its start and its end, in minutes."""

    title: Phrase
    symbol: Symbol
    start: int
    end: int
    stops: list[tuple[int, int, int]]
    """Number, arrival and departure of each."""
    told: Phrase


def page(text: str, shown: Shown, findings: Findings) -> str:
    """Return the report as one HTML file without a script, which asks for nothing.

    It is whole in English; ``#sq``, ``#sr-Latn`` or ``#sr-Cyrl`` behind its address opens what it
    says first in another language.

    Parameters
    ----------
    text : str
        The report in Markdown.
    shown : maps.shown.Shown
    findings : geo.results.Findings
        What it was made from.
    """
    quality = shown.plan.quality
    patrols = quality.nights[0].patrols if quality.nights else []
    return template("report.html").render(
        shown=shown,
        quality=quality,
        night=quality.nights[0] if quality.nights else None,
        # English stands last, and is shown where the address names no other language.
        languages=dict(reversed([*LANGUAGE_NAMES.items()])),
        # A table that is wider than a phone is scrolled by key, too.
        whole=Markup(as_html(text).replace("<table>", '<table tabindex="0">')),
        word=word,
        distances=list(_distances(findings)),
        strips=[_strip(patrol, patrols[0].start) for patrol in patrols],
    )


def _distances(findings: Findings) -> Iterator[Distances]:
    """Yield the curve of each kind under the first null model."""
    if findings.tests is None or findings.tests.curves.empty:
        return
    curves = findings.tests.curves
    first = curves[curves["null"] == curves["null"].iloc[0]]
    for kind, curve in first.groupby("corridor", sort=False):
        reach_m = float(curve["distance_m"].max())
        x = 100 * curve["distance_m"].to_numpy() / reach_m
        observed, high = (
            100 - 100 * curve[column].to_numpy(dtype=float)
            for column in ("observed", "high")
        )
        outline = np.column_stack([np.r_[x, 100, 0], np.r_[high, 100, 100]])
        near = curve.iloc[(curve["distance_m"] - TOLD_M).abs().argmin()]
        told = Phrase(
            "report.near.told",
            m=f"{near['distance_m']:.0f}",
            **{
                column: percent(near[column])
                for column in ("observed", "central", "high")
            },
        )
        yield Distances(
            Phrase(f"corridor.{kind}"),
            _points(np.column_stack([x, observed])),
            _points(outline),
            round(reach_m),
            told,
        )


def _points(xy: np.ndarray) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)


def _strip(patrol: Patrol, begin: str) -> Strip:
    """Return when a patrol is where in a night that begins so; past midnight the minutes go on."""
    first = _minutes(begin)

    def since(clock: str) -> int:
        return first + (_minutes(clock) - first) % DAY_MIN

    stops = [
        (stop.number, since(stop.arrival), since(stop.departure))
        for stop in patrol.served
    ]
    told = Phrase(
        "report.night.patrol",
        patrol=patrol.title,
        n=len(stops),
        start=patrol.start,
        end=patrol.end,
    )
    start, end = since(patrol.start), since(patrol.end)
    return Strip(patrol.title, patrol.symbol, start, end, stops, told)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def as_html(markdown: str) -> str:
    """Return a report in Markdown as HTML; what is markup in it stays text.

    >>> as_html("A *b* <i>").strip()
    '<p>A <em>b</em> &lt;i&gt;</p>'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        # A style in the page itself is refused; so columns of figures get a class.
        if token.attrs.pop("style", None):
            token.attrSet("class", "figure")
    return str(reader.renderer.render(tokens, reader.options, {}))
