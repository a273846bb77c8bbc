"""Stop cards: an A5 page to hang up where people wait, so that they know when help comes.

What a card says is known beforehand and holds for everyone: place, days, hours, what is offered,
who runs it.  Nothing on it comes from sightings or from the need that a stop serves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import metric_crs
from geo.params import Params, PatrolParams
from geo.patrols.nights import by_night
from geo.results import Patrols
from layers.records import About, StudyData
from layers.schema import WGS84
from maps.cards.layout import LANGUAGES_A_PAGE, TABLE_ROWS, Card, Page, on_the_spot
from maps.cards.paper import HEIGHT, INK, INNER, LEFT, WHITE, WIDTH, Colour, Paper
from maps.cards.texts import Texts, in_order
from maps.cards.times import CardError, Night, Visit, split_at, too_late_line, visits
from maps.words.catalogue import CARD, known
from maps.words.names import ROUGH_M, PlaceNames, is_closed, place_names
from maps.words.phrases import Phrase
from maps.words.quantities import kilometres

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


def _draw_recall(paper: Paper, recall: Recall, texts: Texts, languages: Sequence[str]) -> None:
    """Draw the sheet on a page of its own; what it says to the crew stands at its foot."""

    def say(key: str, y: float, large: float, small: float, colour: Colour = INK) -> float:
        for language in languages:
            first, text = language == languages[0], texts.say(f"card.recall.{key}", language)
            size, box = large if first else small, (LEFT, y, INNER)
            y += paper.write(text, language, box, size, bold=first, colour=colour)
        return y

    def name(place: Phrase, y: float, size: float) -> float:
        forms = [(form, "sq") for form in on_the_spot(place)]
        return paper.row(forms, (LEFT, y, INNER), size, bold=True, height=20.0)

    paper.head(36.0)
    say("head", 4.0, 26, 13, WHITE)
    name(recall.name, 42.0, 22)
    y = say("nearest", 72.0, 20, 11) + 6.0
    y += name(recall.nearest, y, 24) + 3.0
    paper.write(recall.distance.forms["sq"], "sq", (LEFT, y, INNER), 16)
    paper.qr(recall.uri, (WIDTH - _CODE) / 2, HEIGHT - 34.0 - _CODE, _CODE)
    paper.rule(HEIGHT - 28.0)
    say("crew", HEIGHT - 26.0, 9, 8)


_ASKED: Final = ("station", "health", "public_stop", "institution")
"""Kinds of places where people can ask the way to a stop; the police is none of them."""


def draw_cards(
    patrols: Patrols, data: StudyData, params: Params, *, made: date, terms: str = ""
) -> tuple[bytes | None, list[str]]:
    """Return the cards of a plan that rests on an analysis of the day `made`, and messages.

    There are no cards where no stop is served, or where of several nights one has no date.  Visits
    after the last day on which the cards hold are on none of them; a message names them.  `terms`
    are those of a release, for the properties of the file.
    """
    nights = by_night(patrols.stops)
    if not nights or (len(nights) > 1 and nights[0][0] is None):
        return None, []
    until = made + timedelta(days=params.privacy.hold_days)
    kept, late = split_at(visits(nights), until)
    messages = [too_late_line(made, until, late)] if late else []
    if not kept:
        return None, messages
    cards = stop_cards(
        nights, data.places, data.layers.facilities,
        until=until, about=data.about,
        suspended=params.patrols.of_night(len(nights)).suspend_stops,
        apart_m=params.patrols.same_stop_m, terms=terms,
        helpers=[*data.services["organisation"].dropna().unique()],
    )  # fmt: skip
    return cards, messages


def stop_cards(
    nights: Sequence[Night],
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    until: date | None = None,
    about: About | None = None,
    suspended: Sequence[str] = (),
    apart_m: float = PatrolParams.same_stop_m,
    helpers: Sequence[str] = (),
    terms: str = "",
) -> bytes:
    """Return the cards of all stops as one PDF, a page per stop, in the order of the timetable.

    Parameters
    ----------
    nights : sequence of (datetime.date or None, geopandas.GeoDataFrame of table `STOPS`)
        The day on which each night begins, and its timetable in any CRS.  Without a date there is
        one night, and the coordinator writes the days on the cards.
    places : geopandas.GeoDataFrame, table `PLACES`
        One known only to more than `ROUGH_M` has no code on its card, but where to ask for it.
    facilities : geopandas.GeoDataFrame, table `FACILITIES`
    until : datetime.date, optional
        Last day on which the cards hold, at their foot; visits after it are not printed.
    about : layers.records.About, optional
        Who runs the patrols, what they offer, the telephone, and the languages of the cards.
    suspended : sequence of str
        Ids of stops whose earlier cards are recalled: a sheet each, before the cards.
    apart_m : float
        The stop that a sheet names is farther away than this, if any is.
    helpers : sequence of str
        Organisations that crews call for people who want it.
    terms : str
        Of the release that they are in, for the properties of the file.

    Returns
    -------
    bytes
        PDF, A5 upright.  The same timetable gives the same bytes: the first night dates the file.

    Raises
    ------
    maps.cards.times.CardError
        If no stop is served, or none until `until`; if of several nights one has no date.
    """
    served, about = _printed(nights, until), about or About()
    texts, languages = Texts(about.card_words, about.card_read), in_order(about.card_languages)
    starts = range(0, len(languages), LANGUAGES_A_PAGE)
    pages = [languages[n : n + LANGUAGES_A_PAGE] for n in starts]
    title = " · ".join(texts.say("card.help", language) for language in languages)
    paper = Paper(title, nights[0][0], languages[0])
    rows = pd.concat([stops[stops["service_s"] > 0].to_crs(WGS84) for _, stops in nights])
    names = place_names(places, facilities, rows)
    for sheet in recalls(suspended, places, facilities, rows, names, apart_m):
        for some in pages:
            _draw_recall(paper, sheet, texts, some)
    for card in _cards(served, rows, names, places):
        for part in _parts(replace(card, about=about, until=until, helpers=tuple(helpers))):
            for some in pages:
                Page(paper, part, texts, some).draw()
    if until is not None:
        hold = f"Public, to hang up at the stop. Holds until {until.isoformat()}."
        paper.pdf.set_subject(f"{terms} {hold}" if terms else hold)
    return bytes(paper.pdf.output())


def _printed(nights: Sequence[Night], until: date | None) -> dict[str, tuple[Visit, ...]]:
    """Return the visits that the cards tell of, by stop; none is a `CardError`."""
    served = visits(nights)
    kept = served if until is None else split_at(served, until)[0]
    if not kept:
        end = "" if until is None else f" until {until}, the last day on which the cards hold"
        raise CardError(
            f"no stop is served{end}, so there are no cards to print. Fix: ask for cards only of "
            "timetables with stops, and run again nearer to the visits"
        )
    return kept


def _cards(
    served: Mapping[str, tuple[Visit, ...]],
    rows: gpd.GeoDataFrame,
    names: PlaceNames,
    places: gpd.GeoDataFrame,
) -> Iterator[Card]:
    """Yield the card of each stop; `rows` are the visits, table `STOPS` in EPSG:4326."""
    known_places = places.drop_duplicates("id").set_index("id")
    crs = metric_crs(rows)
    to_ask = _to_ask(places).to_crs(crs)
    stops = rows.drop_duplicates("stop").set_index("stop")
    at_m = stops.geometry.to_crs(crs)
    for stop, visited in served.items():
        place = known_places.loc[stop] if stop in known_places.index else pd.Series(dtype=object)
        at, roughly = stops.loc[stop].geometry, place.get("uncertainty_m", 0) > ROUGH_M
        local, english = on_the_spot(names[stop]), " ".join(names[stop].forms["en"].split())
        ask: tuple[str, ...] = ()
        if roughly and len(to_ask):
            nearest = to_ask.distance(at_m[stop]).to_numpy().argmin()
            ask = on_the_spot(names[to_ask["id"].iloc[nearest]])
        yield Card(
            kind=_kind(str(stops.loc[stop, "kind"]), place.get("card_kind"), place.get("note")),
            names=local,
            english="" if english in local else english,
            uri=None if roughly else f"geo:{at.y:.5f},{at.x:.5f}",
            ask=ask,
            visits=visited,
        )


def _to_ask(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the open public places that are known well: people there can be asked."""
    people = places["kind"].isin(_ASKED) & places["note"].ne("parking").fillna(True)
    return places[people & ~is_closed(places) & (places["uncertainty_m"] <= ROUGH_M)]


def _kind(kind: str, own: Any, note: Any) -> str:
    """Return the key of what a place is: its own, its note's if it is public, or its kind's."""
    if pd.isna(own) and kind == "public_stop" and known(f"{CARD}kind.{note}"):
        own = note
    return f"{CARD}kind.{kind if pd.isna(own) else own}"


def _parts(card: Card) -> Iterator[Card]:
    """Yield the card in parts that go on a page each."""
    pages = 1 if card.is_large else -(-len(card.visits) // TABLE_ROWS)
    step = -(-len(card.visits) // pages)
    for n in range(pages):
        shared = card.visits[n * step : (n + 1) * step]
        yield replace(card, visits=shared, part=(n + 1, pages))
