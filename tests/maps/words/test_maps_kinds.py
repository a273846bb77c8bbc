"""What a stop is, beside its name."""

from __future__ import annotations

from dataclasses import replace

import maps_fixture
import pytest

from layers.readers import bundled
from layers.schema import FACILITY_KINDS, PLACE_KINDS
from maps.panels import timetable
from maps.words import names
from maps.words.catalogue import LANGUAGES
from maps.words.kinds import with_kind
from maps.words.names import place_name


@pytest.mark.parametrize(
    ("name", "kind", "note", "language", "told"),
    [
        ("Звечан", "station", None, "sr-Cyrl", "Звечан · железничка станица"),
        ("Lešak", "station", None, "sr-Latn", "Lešak · železnička stanica"),
        ("Leshak", "station", None, "sq", "Leshak · stacion hekurudhor"),
        ("Железничка станица Косовска Митровица", "station", None, "sr-Cyrl", None),
        ("Stacioni i trenit Mitrovicë", "station", None, "sq", None),
        ("Zvecan railway station", "station", None, "en", None),
        ("Стара станица Вучитрн", "public_stop", "transport", "sr-Cyrl",
         "Стара станица Вучитрн · аутобуска станица"),
        ("Dea-Pharm", "public_stop", "health", "sq", None),
        ("Bajrampasha Isa Beg", "public_stop", "worship", "sq",
         "Bajrampasha Isa Beg · objekt fetar"),
        ("Јариње", "crossing", None, "sr-Cyrl", "Јариње · гранични прелаз"),
        ("Вучитрн", "monitoring_point", None, "sr-Cyrl", "Вучитрн · тачка праћења"),
        ("Бошњачка махала", "monitoring_point", None, "sr-Cyrl", None),
        ("Zvečan", "town", None, "sr-Latn", None),
        ("Besa", "fuel", None, "en", "Besa · fuel station"),
    ],
)  # fmt: skip
def test_the_kind_stands_beside_a_name_that_does_not_say_it(
    name: str, kind: str, note: str | None, language: str, told: str | None
) -> None:
    assert with_kind(name, kind, note, language) == (told or name)


def test_every_kind_that_is_told_has_words_in_every_language() -> None:
    for kind in (*PLACE_KINDS, *FACILITY_KINDS):
        assert with_kind("?", kind, None, "en") == "?" or all(
            with_kind("?", kind, None, language) != "?" for language in LANGUAGES
        )
    notes = set(bundled.places().loc[lambda p: p["kind"] == "public_stop", "note"])
    assert all(with_kind("?", "public_stop", note, "sq") != "?" for note in notes)


def test_no_stop_of_the_study_is_called_as_a_town_alone() -> None:
    places = bundled.places()
    towns = places[places["kind"] == "town"].to_dict("records")
    stops = places[~places["kind"].isin(["town", "landmark"])].to_dict("records")
    for language in LANGUAGES:
        called = {place_name(town, language) for town in towns}
        told = {
            with_kind(place_name(row, language), row["kind"], row["note"], language)
            for row in stops
        }
        assert not called & told


def test_row_and_mark_say_the_kind_and_the_names_stay_alone() -> None:
    data, texts = maps_fixture.data(), names.texts()
    alone = data.places.assign(name_sq=data.places["name_sq"].mask(
        data.places["id"] == "station_zvecan", "Zveçan"))  # fmt: skip
    names.add_places(texts, alone)
    first = timetable.patrols(maps_fixture.findings(), replace(data, places=alone), texts)[0]
    stop = first.stops[2]
    assert texts["sq"][stop.name] == "Zveçan · stacion hekurudhor"
    assert texts["en"][stop.name] == "Zvecan railway station"
    assert "Zveçan" in stop.names
