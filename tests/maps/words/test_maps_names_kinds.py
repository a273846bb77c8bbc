"""What a stop is, beside its name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from studies import small_study

from layers.readers import bundled
from maps.words.catalogue import LANGUAGES
from maps.words.names import place_name, with_kind
from maps.words.phrases import same

TOWNS = ("Звечан", "Вучитрн", "Zvečan")


@pytest.mark.parametrize(
    ("name", "kind", "language", "expected"),
    [
        ("Звечан", "station", "sr-Cyrl", "Звечан · железничка станица"),
        ("Lešak", "station", "sr-Latn", "Lešak · železnička stanica"),
        ("Leshak", "station", "sq", "Leshak · stacion hekurudhor"),
        ("Железничка станица Косовска Митровица", "station", "sr-Cyrl", None),
        ("Zvecan railway station", "station", "en", None),
        (
            "Banjska railway halt",
            "station",
            "en",
            "Banjska railway halt · railway station",
        ),
        ("Bajrampasha Isa Beg", "public_stop", "sq", None),
        ("Јариње", "crossing", "sr-Cyrl", "Јариње · гранични прелаз"),
        ("Вучитрн", "monitoring_point", "sr-Cyrl", "Вучитрн · тачка праћења"),
        ("Бошњачка махала", "monitoring_point", "sr-Cyrl", None),
        ("Zvečan", "town", "sr-Latn", None),
        ("Besa", "fuel", "en", "Besa · fuel station"),
    ],
)
def test_the_kind_stands_beside_a_name_that_does_not_hold_it(
    name: str, kind: str, language: str, expected: str | None
) -> None:
    towns = [same(town) for town in TOWNS]
    assert with_kind(same(name), kind, towns)(language) == (expected or name)


def test_no_stop_of_the_study_is_called_as_a_town_alone() -> None:
    places = bundled.places()
    towns = places[places["kind"] == "town"].to_dict("records")
    stops = places[~places["kind"].isin(["town", "landmark"])].to_dict("records")
    for language in LANGUAGES:
        called = {place_name(town, language) for town in towns}
        known = [partial(place_name, town) for town in towns]
        names = {
            with_kind(partial(place_name, row), row["kind"], known)(language)
            for row in stops
        }
        assert not called & names


def test_row_and_mark_say_the_kind_and_the_names_are_without() -> None:
    data = small_study.data()
    is_station = data.places["id"] == "station_zvecan"
    places = data.places.assign(
        name_sq=data.places["name_sq"].mask(is_station, "Zveçan")
    )
    data = replace(data, places=places)
    first = small_study.timetables(small_study.findings(), data)[0]
    stop = first.stops[2]
    assert stop.name.forms["sq"] == "Zveçan · stacion hekurudhor"
    assert stop.name.forms["en"] == "Zvecan railway station"
    assert "Zveçan" in stop.names
