"""Files for the phone against the schemas that packages ship: GPX 1.1 and OGC KML 2.2.

The schemas are not in this repository: ``gpx.xsd`` comes with the package gpx 0.2, ``ogckml22.xsd``
with fastkml.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import pytest
from lxml import etree
from studies import small_study
from studies.nights import numbered

from layers.files import patrol_routes
from layers.files.handling import Handling
from layers.writers.phone import write_routes
from maps.panels.patrol_panel import Patrol

HANDLING = Handling(date(2027, 2, 23))
ZONE = "Europe/Belgrade"
HOSTILE = "<b>&\x00\ufffe]]> Čabra Ура"


@cache
def schema(package: str, path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(distribution(package).locate_file(path)))


def check_gpx(content: bytes) -> None:
    schema("gpx", "gpx/gpx.xsd").assertValid(etree.fromstring(content))


def check_kml(content: bytes) -> None:
    schema("fastkml", "fastkml/schema/ogckml22.xsd").assertValid(
        etree.fromstring(content)
    )


@cache
def plan(name: str | None) -> list[Patrol]:
    found, data = small_study.findings(name=name), small_study.data(name)
    return small_study.timetables(found, data, HANDLING.line())


def files(name: str | None, suffix: str) -> list[bytes]:
    return [
        base64.b64decode(address.partition(",")[2])
        for patrol in plan(name)
        for file, address in patrol.files
        if file.endswith(suffix)
    ]


@pytest.mark.parametrize("name", [None, HOSTILE])
def test_files_in_the_page_are_valid(name: str | None) -> None:
    assert len(files(name, ".gpx")) == len(files(name, ".kml")) == 3
    for content in files(name, ".gpx"):
        check_gpx(content)
    for content in files(name, ".kml"):
        check_kml(content)


def licence() -> str:
    return small_study.data().layers.source.licence


@pytest.mark.parametrize("name", [None, HOSTILE])
def test_files_in_the_folder_are_valid_and_those_of_the_page(
    name: str | None, tmp_path: Path
) -> None:
    found, places = (
        small_study.findings(name=name).patrols,
        small_study.data(name).places,
    )
    routes = patrol_routes.routes(found.stops, found.legs, licence(), places)
    write_routes(routes, tmp_path, HANDLING)
    for suffix, check in ((".gpx", check_gpx), (".kml", check_kml)):
        contents = [
            (tmp_path / f"{route.file}{suffix}").read_bytes() for route in routes
        ]
        assert contents == files(name, suffix)
        for content in contents:
            check(content)
    offered = [file for patrol in plan(name) for file, _ in patrol.files]
    assert {file.name for file in tmp_path.iterdir()} == {*offered}


def test_every_file_names_whose_the_roads_are() -> None:
    for suffix in (".gpx", ".kml"):
        for content in files(None, suffix):
            assert licence() in content.decode()


def test_every_file_says_how_it_is_to_be_handled() -> None:
    for suffix in (".gpx", ".kml"):
        for content in files(None, suffix):
            assert HANDLING.line() in content.decode()


def test_the_schemas_refuse_what_is_wrong() -> None:
    """Else the tests above would show nothing."""
    (gpx, *_), (kml, *_) = files(None, ".gpx"), files(None, ".kml")
    with pytest.raises(etree.DocumentInvalid, match="lat"):
        check_gpx(gpx.replace(b'lat="42.', b'lat="142.'))
    with pytest.raises(etree.DocumentInvalid, match="not expected"):
        check_gpx(gpx.replace(b"<trkseg>", b"<seg>").replace(b"</trkseg>", b"</seg>"))
    with pytest.raises(etree.DocumentInvalid, match="not expected"):
        check_kml(kml.replace(b"<Point>", b"<Spot>").replace(b"</Point>", b"</Spot>"))


def test_files_of_a_dated_patrol_tell_its_day() -> None:
    found, data = small_study.findings(), small_study.data()
    dated = replace(found, patrols=numbered(found.patrols, 1, date(2026, 11, 30), ZONE))
    *_, dawn = small_study.timetables(dated, data)
    assert [name for name, _ in dawn.files] == [
        "patrol_2026-12-01_dawn_tour_1.gpx", "patrol_2026-12-01_dawn_tour_1.kml",
    ]  # fmt: skip
    for (_, address), check in zip(dawn.files, (check_gpx, check_kml), strict=True):
        content = base64.b64decode(address.partition(",")[2])
        check(content)
        assert b"2026-12-01, dawn &lt;tour&gt;, vehicle 1</name>" in content
