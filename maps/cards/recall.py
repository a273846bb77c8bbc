"""The sheet of a suspended stop: it recalls the stop's cards and names the nearest other stop."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import metric_crs
from maps.cards import marks
from maps.cards.layout import on_the_spot
from maps.cards.paper import HEIGHT, WIDTH, Paper
from maps.cards.texts import Texts
from maps.words.phrases import Phrase
from maps.words.quantities import kilometres

_LEFT: Final = 8.0
_INNER: Final = WIDTH - 2 * _LEFT
_CODE: Final = 36.0


@dataclass(frozen=True)
class Recall:
    """What the sheet of one suspended stop says."""

    name: Phrase
    nearest: Phrase
    """The nearest stop that is visited."""
    distance: Phrase
    uri: str
    """Where that is, as RFC 5870."""


def recalls(
    suspended: Iterable[str],
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    served: gpd.GeoDataFrame,
    names: Mapping[str, Phrase],
    apart_m: float,
) -> Iterator[Recall]:
    """Yield the sheets of suspended stops; `served` are the stops visited, of table `STOPS`.

    The nearest other stop is more than `apart_m` away, if any is.
    """
    crs = metric_crs(served)
    known = pd.concat([layer[["id", "geometry"]].to_crs(crs) for layer in (places, facilities)])
    at = known.drop_duplicates("id").set_index("id").geometry
    points = served.to_crs(crs)
    for stop in (stop for stop in suspended if stop in at.index):
        away_m = points.distance(at[stop]).to_numpy()
        nearest = np.lexsort([away_m, away_m <= apart_m])[0]
        row = served.iloc[nearest]
        yield Recall(
            names[stop],
            names[row["stop"]],
            kilometres(away_m[nearest] / 1000),
            f"geo:{row['geometry'].y:.5f},{row['geometry'].x:.5f}",
        )


def draw(paper: Paper, recall: Recall, texts: Texts, languages: Sequence[str]) -> None:
    """Draw the sheet on a page of its own; what it says to the crew stands at its foot."""
    say = partial(_say, paper, texts, languages)

    def name(place: Phrase, y: float, size: float) -> float:
        forms = [(form, "sq") for form in on_the_spot(place)]
        return paper.row(forms, _box(y), size, bold=True, height=20.0)

    paper.pdf.add_page()
    paper.pdf.set_fill_color(*marks.INK)
    paper.pdf.rect(0, 0, WIDTH, 36.0, "F")
    say("recall.head", 4.0, (26, 13), marks.WHITE)
    name(recall.name, 42.0, 22)
    y = say("recall.nearest", 72.0, (20, 11)) + 6.0
    y += name(recall.nearest, y, 24) + 3.0
    paper.write(recall.distance.forms["sq"], "sq", _box(y), 16)
    marks.qr(paper.pdf, recall.uri, (WIDTH - _CODE) / 2, HEIGHT - 34.0 - _CODE, _CODE)
    marks.rule(paper.pdf, _LEFT, HEIGHT - 28.0, _INNER)
    say("recall.crew", HEIGHT - 26.0, (9, 8))


def _say(
    paper: Paper, texts: Texts, languages: Sequence[str], key: str, y: float,
    sizes: tuple[float, float], colour: tuple[int, int, int] = marks.INK,
) -> float:  # fmt: skip
    """Print a text in the first language and below it in each other; return where it ends."""
    for language in languages:
        text, size = texts.say(f"card.{key}", language), sizes[language != languages[0]]
        bold = language == languages[0]
        y += paper.write(text, language, _box(y), size, bold=bold, colour=colour)
    return y


def _box(y: float) -> tuple[float, float, float]:
    return (_LEFT, y, _INNER)
