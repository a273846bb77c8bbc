"""No byte that leaves holds more of the planted records than the coarsened table does."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studies import small_study
from studies.nights import numbered

from geo.corridors.per_sighting import per_sighting
from geo.params import Params
from geo.schema import METRIC, RECORDS, REJECTED, SIGHTING_IDS, WGS84
from geo.sightings import Coarsened, CoarseningError, coarsen, events_of
from layers.files.handling import Handling
from layers.writers.layer_tables import map_layers
from layers.writers.run_folder import Contents, write_all
from maps import planner
from maps.outputs import draw
from mitrovica.intake import private_folder as private

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HANDLING = Handling(date(2026, 5, 30))
NUMBER = 987_654_321
FIRST, LAST = date(1987, 6, 5), date(1987, 6, 27)


def records(word: str) -> gpd.GeoDataFrame:
    """Return five sightings and an interview whose every value is recognised where it leaks."""
    planted = {"string": word, "Int64": NUMBER}
    about = {c.name: planted[c.dtype] for c in RECORDS.columns if c.dtype in planted}
    days = {"date_from": FIRST, "date_to": LAST}
    rows = [
        {
            **about, **days, "id": f"{word}.{k}.1998-04-03", "kind": "sighting",
            "located_kind": "road", "relates_to": None, "uncertainty_m": 187.3 + k,
            "lat": 42.880_137 + k * 0.001_113, "lon": 20.850_271 + k * 0.001_317,
        }
        for k in range(6)
    ]  # fmt: skip
    rows[5] |= {"kind": "interview", "relates_to": rows[0]["id"]}
    frame = pd.DataFrame(rows)
    points = gpd.points_from_xy(frame["lon"], frame["lat"])
    return RECORDS.geoframe(frame.assign(geometry=points), crs=WGS84)


def traces(rows: gpd.GeoDataFrame, word: str) -> list[bytes]:
    """Return the bytes as which a planted value would stand in a file."""
    found = [
        word.encode(),
        word.encode("utf-16-le"),
        json.dumps(word).strip('"').encode(),
    ]
    found += [
        str(NUMBER).encode(),
        NUMBER.to_bytes(4, "big"),
        NUMBER.to_bytes(4, "little"),
    ]
    found += [b"1998-04-03"]
    for day in (FIRST, LAST):
        found += [
            day.isoformat().encode(),
            f"{day:%d/%m/%Y}".encode(),
            f"{day:%d.%m.%Y}".encode(),
        ]
        found += [f"{day.day} June 1987".encode(), f"{day:%Y%m%d}".encode()]
    exact = [*rows["uncertainty_m"], *rows.get_coordinates().to_numpy().ravel()]
    exact += list(rows.to_crs(METRIC).get_coordinates().to_numpy().ravel())
    for value in exact:
        found += [
            struct.pack("<d", value),
            struct.pack(">d", value),
            struct.pack("<f", value),
        ]
        # Five decimals of a degree are 1 m; of metres the decimetre.
        found.append(f"{value:.5f}"[:8].encode())
    return found


def contents(path: Path) -> bytes:
    """Return the bytes of a file, and of what is compressed in a PDF or a GeoTIFF."""
    raw = path.read_bytes()
    inner = [raw]
    for begin in [m.start() for m in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", raw)]:
        try:
            inner.append(zlib.decompressobj().decompress(raw[begin:]))
        except zlib.error:
            continue
    return b"\n".join(inner)


def found_in(paths: Iterable[Path], what: list[bytes]) -> dict[str, list[bytes]]:
    """Return, by name of file, what of the planted stands in it."""
    hits = {}
    for path in paths:
        content = contents(path)
        if here := [trace for trace in what if trace in content]:
            hits[path.name] = here
    return hits


def through_the_door(rows: gpd.GeoDataFrame) -> Coarsened:
    return coarsen(rows.to_crs(METRIC), small_study.data().places.to_crs(METRIC))


def write(folder: Path, coarse: Coarsened) -> list[Path]:
    """Write a whole run on coarsened sightings, the map and the cards too."""
    events, excluded = events_of(coarse.sightings)
    made = small_study.findings()
    night = numbered(made.patrols, 1, date(2026, 3, 9), "Europe/Belgrade")
    places = small_study.data().places.to_crs(METRIC)
    findings = replace(
        made, sightings=events, excluded=excluded, patrols=night,
        measured=per_sighting(events, made.proximity, {}, places),
    )  # fmt: skip
    data = replace(small_study.data(), sightings=coarse.sightings.to_crs(WGS84))
    params = replace(Params(), patrols=replace(Params().patrols, date=date(2026, 3, 9)))
    drawn = draw(findings, data, params, HANDLING, made=NOW.date())
    assert drawn.cards is not None
    write_all(
        folder,
        Contents(params, drawn, HANDLING, NOW, inputs={"sightings files": 1}),
        findings=findings, data=data,
    )  # fmt: skip
    return [path for path in folder.rglob("*") if path.is_file()]


WORD = st.text(st.characters(categories=["Lu", "Ll"]), min_size=12, max_size=16)


@pytest.mark.proof
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(word=WORD)
def test_no_word_that_is_planted_leaves(
    tmp_path_factory: pytest.TempPathFactory, word: str
) -> None:
    word = f"Q{word}Q"
    rows = records(word)
    written = write(tmp_path_factory.mktemp("planted"), through_the_door(rows))
    assert found_in(written, traces(rows, word)) == {}


def test_nothing_that_is_planted_leaves_and_what_may_leave_does(tmp_path: Path) -> None:
    """The month, the class and the cell are there, so the search looks at what was written."""
    word = "QwordЖžéQ"
    rows = records(word)
    written = write(tmp_path, through_the_door(rows))
    assert {path.suffix for path in written} >= {
        ".gpkg",
        ".html",
        ".pdf",
        ".ics",
        ".tif",
        ".csv",
    }
    assert found_in(written, traces(rows, word)) == {}
    features = json.loads((tmp_path / "layers/sightings.geojson").read_text("utf-8"))[
        "features"
    ]
    assert {f["properties"]["period"] for f in features} == {"1987-06"}
    assert {f["properties"]["size_class"] for f in features} == {"20+"}
    assert [f["id"] for f in features] == [f"S{k}" for k in range(1, 6)]
    assert b"June 1987" in (tmp_path / "map.html").read_bytes()


def test_what_is_planted_is_every_column_that_is_sensitive() -> None:
    planted = records("QwordQ")
    for column in RECORDS.columns:
        if column.sensitive:
            assert planted[column.name].notna().all(), column.name


def test_writers_take_the_door_s_table_only() -> None:
    """A column more, an exact position, a day or a user's id is refused."""
    rows = records("QwordQ")
    coarse = through_the_door(rows).sightings
    foreign = {
        "note": coarse.assign(note="seen at the bridge"),
        "middle": coarse.set_geometry(coarse.translate(7, 3)),
        "period": coarse.assign(period=FIRST.isoformat()),
        "number": coarse.assign(id="Q1"),
    }
    wrong = {
        "note": "columns note",
        "middle": "the middle of its cell",
        "period": "a month, quarter or half-year",
        "number": "an id such as S1",
    }
    for name, table in foreign.items():
        made = replace(small_study.findings(), sightings=table)
        with pytest.raises(CoarseningError, match=wrong[name]):
            map_layers(made, small_study.data())
        with pytest.raises(CoarseningError, match=wrong[name]):
            planner(made, small_study.data())


def test_the_search_finds_what_leaks(tmp_path: Path) -> None:
    """A table with a planted column, exact positions, and what stays inside are all found."""
    word = "QwordQ"
    rows = records(word)
    what, coarse = traces(rows, word), through_the_door(rows)
    leaks = {
        "word": coarse.sightings.assign(coarse_place=word),
        "day": coarse.sightings.assign(period=FIRST.isoformat()),
        "uncertainty": coarse.sightings.assign(
            uncertainty_m=rows["uncertainty_m"].to_numpy()
        ),
        "position": coarse.sightings.set_geometry(
            rows.to_crs(METRIC).geometry.to_numpy()
        ),
    }
    for name, leaky in leaks.items():
        events, _ = events_of(leaky)
        layer_of = tmp_path / f"{name}.gpkg"
        events.to_file(layer_of, driver="GPKG")
        assert found_in([layer_of], what), name
    rejected = REJECTED.frame([{"file": "mine.csv", "row": 3, "value": str(NUMBER)}])
    inside = tmp_path / "inside"
    private.write(
        inside, [(SIGHTING_IDS, coarse.ids), (REJECTED, rejected)], [], HANDLING
    )
    assert set(found_in(inside.iterdir(), what)) == {
        "sighting_ids.csv",
        "rejected_sightings.csv",
    }
