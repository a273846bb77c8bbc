"""Named corridor sections: names, least length, and what belongs to none."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError
from shapely import LineString, Point

from geo.params import CorridorParams
from geo.schema import METRIC, PLACES, WAYS
from geo.sections.cutting import Sections, anchor_names, corridor_sections
from layers.readers import bundled


def ways(*rows: tuple[str, str, list[tuple[float, float]]]) -> gpd.GeoDataFrame:
    """Return ways from ``layer``, class and coordinates; ``class:number`` sets the number."""
    return WAYS.geoframe(
        [
            {
                "id": f"{layer}-{k}",
                "layer": layer,
                "highway" if layer == "road" else "railway": kind.split(":")[0],
                "ref": kind.split(":")[1] if ":" in kind else None,
                "geometry": LineString(line),
            }
            for k, (layer, kind, line) in enumerate(rows)
        ],
        crs=METRIC,
    )


def places(*rows: tuple[str, str, float, float]) -> gpd.GeoDataFrame:
    return PLACES.geoframe(
        [
            {"id": n, "kind": k, "name_en": n, "geometry": Point(x, y)}
            for n, k, x, y in rows
        ],
        crs=METRIC,
    )


def cut(
    roads: gpd.GeoDataFrame, railways: gpd.GeoDataFrame, at: gpd.GeoDataFrame
) -> Sections:
    return corridor_sections(roads, railways, at, CorridorParams())


STOPS = places(
    ("Alpha railway station", "station", 0, 1000),
    ("Beta railway halt", "station", 0, 6000),
    ("Gamma railway station", "station", 0, 15_000),
)


def test_a_railway_is_cut_at_its_stations() -> None:
    line = ways(("railway", "rail", [(0, 1000), (0, 8000), (0, 15_000)]))
    found = cut(ways(), line, STOPS)
    assert found.table["name"].tolist() == [
        "railway, Alpha to Beta",
        "railway, Beta to Gamma",
    ]
    assert found.table["road"].isna().all()
    assert found.table["near_place"].isna().all()
    assert found.table["length_m"].tolist() == pytest.approx([5000, 9000], abs=250)
    assert found.table["length_m"].sum() == pytest.approx(14_000)
    assert found.table.geometry.length.tolist() == pytest.approx(
        found.table["length_m"]
    )


def test_both_carriageways_are_cut() -> None:
    """The town lies beside one of two one-way roads that are joined at many places."""
    both = [
        ("road", "trunk:M-2", [(x, y) for y in range(0, 20_001, 2000)]) for x in (0, 30)
    ]
    links = [
        ("road", "trunk_link:M-2", [(0, y), (30, y)]) for y in range(0, 20_001, 4000)
    ]
    at = places(
        ("A", "town", -100, 0), ("B", "town", -100, 10_000), ("C", "town", -100, 20_000)
    )
    found = cut(ways(*both, *links), ways(), at)
    assert found.table["name"].tolist() == ["road M-2, A to B", "road M-2, B to C"]
    assert found.table["length_m"].tolist() == pytest.approx([20_000, 20_000], abs=1000)


def test_a_short_piece_goes_to_its_neighbour_or_to_none() -> None:
    at = places(("A", "town", 0, 0), ("B", "town", 0, 950), ("C", "town", 0, 9000))
    roads = ways(
        ("road", "primary:M-2", [(0, 0), (0, 9000)]),
        ("road", "secondary:R-1", [(5000, 0), (5000, 900)]),
    )
    found = cut(roads, ways(), at)
    assert found.table["name"].tolist() == ["road M-2, A to C"]
    assert found.table["length_m"].tolist() == pytest.approx([9000])
    of_none = found.piece[found.section == -1]
    assert shapely.length(of_none).sum() == pytest.approx(900)


def test_minor_ways_belong_to_no_section() -> None:
    roads = ways(
        ("road", "residential", [(0, 0), (0, 5000)]),
        ("road", "service", [(9, 0), (9, 5000)]),
    )
    found = cut(roads, ways(), STOPS)
    assert found.table.empty
    assert not len(found.piece)


def test_two_sections_of_one_name_are_numbered() -> None:
    roads = ways(
        ("road", "primary:M-2", [(0, 0), (0, 5000)]),
        ("road", "primary:M-2", [(900, 0), (900, 5000)]),
    )
    found = cut(roads, ways(), places(("A", "town", 20_000, 0)))
    assert found.table["name"].tolist() == ["road M-2, near A", "road M-2, near A (2)"]
    assert found.table["road"].tolist() == ["M-2", "M-2"]
    assert found.table["near_place"].tolist() == ["A", "A"]
    assert found.table["from_place"].isna().all()


@pytest.mark.parametrize(
    ("way", "name", "road"),
    [
        ("primary:M-2", "road M-2, A to B", "M-2"),
        ("tertiary", "tertiary road without number, A to B", None),
    ],
)
def test_the_column_road_holds_the_number_only(
    way: str, name: str, road: str | None
) -> None:
    at = places(("A", "town", 0, 0), ("B", "town", 0, 9000))
    (row,) = cut(ways(("road", way, [(0, 0), (0, 9000)])), ways(), at).table.to_dict(
        "records"
    )
    assert row["name"] == name
    assert (None if pd.isna(row["road"]) else row["road"]) == road
    assert (row["from_place"], row["to_place"]) == ("A", "B")


def test_nothing_is_published_below_1_km() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1000"):
        CorridorParams(section_m=999)


def test_the_bundled_network_gives_the_sections_that_the_report_names() -> None:
    layers = bundled.network()
    roads, railways = (f.to_crs(METRIC) for f in (layers.roads, layers.railways))
    found = cut(roads, railways, bundled.places().to_crs(METRIC))
    names = found.table["name"].tolist()
    assert "railway, Zvecan to Banjska" in names
    assert "railway, Vushtrri to Mitrovica" in names
    assert len(names) == len(set(names))
    assert found.table["length_m"].min() >= 1000


def test_short_names() -> None:
    named = places(
        ("Zvecan railway station", "station", 0, 0),
        ("Jarinje crossing (Gate 1)", "crossing", 0, 0),
        ("Prishtina", "town", 0, 0),
    )
    assert anchor_names(named).tolist() == ["Zvecan", "Jarinje", "Prishtina"]
