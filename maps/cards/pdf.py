"""Stop cards: an A5 page to hang up where people wait, so that they know when help comes.

What a card says is known beforehand and holds for everyone: place, days, hours, what is offered,
who runs it.  Nothing on it comes from sightings or from the need that a stop serves.

This module puts that together.  ``maps/assets/stop_card.typ`` lays it out on a page, in the
language of Typst.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import segno

from geo.crs import metric_crs
from geo.params import Params, PatrolParams
from geo.patrols.clock import hhmm
from geo.patrols.nights import by_night
from geo.records import AT_CROSSINGS, About, StudyData, is_closed
from geo.results import Patrols
from geo.schema import WGS84
from geo.sections.official_crossings import CROSSING
from maps.cards.texts import (
    ServedTime,
    Span,
    Texts,
    card_keys,
    in_order,
    split_at,
    too_late_line,
    visits,
)
from maps.cards.typesetting import typeset
from maps.words.about import in_language
from maps.words.catalogue import CARD, FROM_RIGHT, known
from maps.words.names import ROUGH_M, PlaceNames, place_names
from maps.words.phrased_numbers import kilometres
from maps.words.phrases import Phrase

LANGUAGES_A_PAGE: Final = 4
"""The first is large, the others stand below it."""

LARGE_ROWS: Final = 2
"""Rows of dates, of a week each, for which hours are printed large; more make a table."""
TABLE_ROWS: Final = 16
"""Rows of a table on one page, in two columns."""

_WEEK: Final = range(1, 8)

_KNOW_THE_WAY: Final = ("station", "health", "public_stop", "institution")
"""Kinds of places where people can ask the way to a stop; the police is none of them."""


class Cards(NamedTuple):
    """What is on the cards of a plan."""

    content: dict[str, Any]
    """As ``stop_card.typ`` takes it; empty where there are no cards."""
    first_night: date
    """It dates the file: the same plan gives the same bytes."""
    texts: Texts
    late: list[str]
    """Messages on visits that are on no card."""

    def pdf(self) -> bytes | None:
        """Return the cards of all stops, A5 upright, a page per stop; None if there are none."""
        if not self.content:
            return None
        return typeset("stop_card.typ", "cards", self.content, self.first_night)


NO_CARDS: Final = Cards({}, date(1970, 1, 1), Texts(), [])


def _title(languages: Iterable[str], texts: Texts) -> str:
    """Return the title of the file, in all languages."""
    titles = [texts.say("card.help", language) for language in languages]
    return " · ".join(titles)


def _subject(terms: str, until: date) -> str:
    """Return for the properties of the file who may have it, and until when it holds."""
    holds = f"Public, to hang up at the stop. Holds until {until.isoformat()}."
    return f"{terms} {holds}".strip()


def cards(
    patrols: Patrols, data: StudyData, params: Params, *, made: date, terms: str = ""
) -> Cards:
    """Return what is on the cards of a plan, in the order of the timetable.

    There are no cards where no stop is served, or where of several nights one has no date: of one
    night without a date the coordinator writes the days on them.  Visits after the last day on
    which the cards hold are on none of them; a message names them.

    Parameters
    ----------
    patrols : geo.results.Patrols
    data : geo.records.StudyData
        Who runs the patrols and what they offer, whom crews call for others, names of places, and
        the languages of the cards.
    params : geo.params.Params
        How long the cards hold, and which stops are suspended: their earlier cards are recalled by
        a sheet each, before the cards.
    made : datetime.date
        Day of the analysis on which the plan rests.
    terms : str
        Of a release, for the properties of the file.
    """
    told = patrols.stops[~patrols.stops["stop"].isin(by_lot_only(patrols))]
    nights = by_night(told)
    days = [day for day, _ in nights]
    if len(days) > 1 and None in days:
        return NO_CARDS
    until = made + timedelta(days=params.privacy.hold_days)
    served, late = split_at(visits(nights), until)
    messages = [too_late_line(made, until, late)] if late else []
    if not served:
        return NO_CARDS._replace(late=messages)
    texts = Texts(data.about.card_words, data.about.card_read)
    languages = in_order(data.about.card_languages)
    rows = told[told["service_s"] > 0].to_crs(WGS84)
    names = place_names(data.places, data.layers.facilities, rows)
    content = {
        "title": _title(languages, texts),
        "subject": _subject(terms, until),
        "from_right": FROM_RIGHT,
        "groups": [*_groups(languages, texts, data.about)],
        "helpers": [*data.services["organisation"].dropna().unique()],
        "phone": data.about.phone,
        "until": f"{_short(until)}{until.year}",
        "recalls": [*_recalls(params.patrols, len(nights), data, rows, names)],
        "sheets": [*_sheets(served, rows, names, data)],
    }
    first_night = days[0] or NO_CARDS.first_night
    return Cards(content, first_night, texts, messages)


def by_lot_only(patrols: Patrols) -> pd.Series:
    """Return the stops that are visited only because they were drawn: no card tells of them."""
    table = patrols.followed
    drawn = (table["by_lot"] > 0) & (table["visits"] == 0)
    return table.loc[drawn, "stop"]


def _groups(
    languages: Sequence[str], texts: Texts, about: About
) -> Iterator[dict[str, Any]]:
    """Yield the words of each page, each a text and its language, and which of them are drafts."""

    def run_by(language: str) -> str:
        # In a language that the study has no text for, all are called by the general word.
        if language.split("-", maxsplit=1)[0] in about.run_by:
            return in_language(about.run_by, language)
        return texts.say("card.run_by", language)

    for n in range(0, len(languages), LANGUAGES_A_PAGE):
        of_page = languages[n : n + LANGUAGES_A_PAGE]
        words = {
            key: [(texts.say(key, language), language) for language in of_page]
            for key in card_keys()
        }
        yield {
            "words": words,
            "run_by": [(run_by(language), language) for language in of_page],
            "draft": texts.draft(of_page),
        }


def _recalls(
    params: PatrolParams,
    nights: int,
    data: StudyData,
    served: gpd.GeoDataFrame,
    names: PlaceNames,
) -> Iterator[dict[str, Any]]:
    """Yield what recalls suspended stops; `served` are the stops visited, of table `STOPS`.

    The nearest other stop is more than `same_stop_m` away, if any is.
    """
    crs = metric_crs(served)
    public = pd.concat([data.places, data.layers.facilities]).to_crs(crs)
    point_by_id = public.drop_duplicates("id").set_index("id").geometry
    points = served.to_crs(crs)
    for stop in params.of_night(nights).suspend_stops:
        if stop not in point_by_id.index:
            continue
        distance_m = points.distance(point_by_id[stop]).to_numpy()
        nearest = np.lexsort([distance_m, distance_m <= params.same_stop_m])[0]
        row = served.iloc[nearest]
        yield {
            "names": _on_the_spot(names[stop]),
            "nearest": _on_the_spot(names[row["stop"]]),
            "distance": kilometres(distance_m[nearest] / 1000).forms["sq"],
            "code": _code(row["geometry"]),
        }


# One card: each of its fields is filled once, in the order of the sheet.
def _sheets(
    served: Mapping[str, tuple[ServedTime, ...]],
    rows: gpd.GeoDataFrame,
    names: PlaceNames,
    data: StudyData,
) -> Iterator[dict[str, Any]]:
    """Yield the pages of each stop; `rows` are the visits, table `STOPS` in EPSG:4326."""
    places = data.places
    place_by_id = places.drop_duplicates("id").set_index("id")
    crs = metric_crs(rows)
    to_ask = _to_ask(places).to_crs(crs)
    stops = rows.drop_duplicates("stop").set_index("stop")
    metric_points = stops.geometry.to_crs(crs)
    for stop, visited in served.items():
        place: Any = pd.Series(dtype=object)
        if stop in place_by_id.index:
            place = place_by_id.loc[stop]
        kind = str(stops.loc[stop, "kind"])
        local = _on_the_spot(names[stop])
        english = " ".join(names[stop].forms["en"].split())
        card = {
            "kind": _kind(kind, place.get("card_kind"), place.get("note")),
            "names": local,
            "english": "" if english in local else english,
            "at": None,
            "code": None,
            "ask": (),
            "offers": AT_CROSSINGS if kind == CROSSING else data.about.offers,
        }
        if not place.get("uncertainty_m", 0) > ROUGH_M:
            point = stops.loc[stop].geometry
            card |= {"at": f"{point.y:.5f}, {point.x:.5f}", "code": _code(point)}
        elif len(to_ask):
            nearest = to_ask.distance(metric_points[stop]).to_numpy().argmin()
            card["ask"] = _on_the_spot(names[to_ask["id"].iloc[nearest]])
        for times in _times(visited):
            yield card | times


def _to_ask(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the open public places that are known well: people there can be asked."""
    is_parking = places["amenity"].eq("parking").fillna(False)
    has_people = places["kind"].isin(_KNOW_THE_WAY) & ~is_parking
    is_known_well = places["uncertainty_m"] <= ROUGH_M
    return places[has_people & ~is_closed(places) & is_known_well]


def _kind(kind: str, card_kind: Any, note: Any) -> str:
    """Return the key of what a place is: the card's, its note's if it is public, or its kind's."""
    if not pd.isna(card_kind):
        return f"{CARD}kind.{card_kind}"
    if kind == "public_stop" and known(f"{CARD}kind.{note}"):
        return f"{CARD}kind.{note}"
    return f"{CARD}kind.{kind}"


def _on_the_spot(name: Phrase) -> tuple[str, ...]:
    """Return a name as the places' own signs have it, each form once."""
    forms = (" ".join(name.forms[g].split()) for g in ("sq", "sr-Latn", "sr-Cyrl"))
    return tuple(dict.fromkeys(forms))


def _code(at: Any) -> str:
    """Return the QR code, as SVG, of a point's address by RFC 5870, which phones open in maps."""
    code = segno.make(f"geo:{at.y:.5f},{at.x:.5f}", error="m", micro=False)
    return code.svg_inline(border=0, omitsize=True)


def _times(visited: Sequence[ServedTime]) -> Iterator[dict[str, Any]]:
    """Yield when a stop is served, page by page: few hours with their days, else a table."""
    days: dict[Span, list[date]] = {}
    for visit in visited:
        days.setdefault(visit.hours, []).extend([visit.day] if visit.day else [])
    weeks = [max(1, -(-len(dates) // len(_WEEK))) for dates in days.values()]
    if sum(weeks) <= LARGE_ROWS:
        large = [_large(hours, dates) for hours, dates in days.items()]
        yield {"table": [], "large": large}
        return
    pages = -(-len(visited) // TABLE_ROWS)
    step = -(-len(visited) // pages)
    for n in range(pages):
        table = [_row(visit) for visit in visited[n * step : (n + 1) * step]]
        yield {
            "table": table,
            "large": [],
            "page": f"{n + 1}/{pages}" if pages > 1 else "",
        }


def _large(hours: Span, dates: Sequence[date]) -> dict[str, Any]:
    of_week = [" ".join(_short(d) for d in dates if d.isoweekday() == n) for n in _WEEK]
    return _clock(hours) | {"part": hours.part, "days": of_week}


def _row(visit: ServedTime) -> dict[str, Any]:
    if visit.day is None:
        return _clock(visit.hours) | {"weekday": None, "date": ""}
    return _clock(visit.hours) | {
        "weekday": visit.day.isoweekday(),
        "date": _short(visit.day),
    }


def _clock(hours: Span) -> dict[str, str]:
    return {"from": hhmm(hours.begin_s), "until": hhmm(hours.end_s)}


def _short(when: date) -> str:
    """Return day and month in figures, as the region and Arabic order them."""
    return f"{when.day}.{when.month}."
