"""Hotspots: contiguous, ranked, named, and honest about what they rest on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import hotspots, network
from geo.crs import CRSError
from geo.params import HotspotParams
from layers.schema import HOTSPOTS, METRIC, PLACES, SIGHTINGS

# A street of 10 km from west to east, a crossing street at 5 km, and a path joined to nothing.
STREETS = [
    shapely.LineString([(0, 0), (5000, 0), (10000, 0)]),
    shapely.LineString([(5000, 0), (5000, 3000)]),
    shapely.LineString([(0, 500), (1000, 500)]),
]


@pytest.fixture
def streets() -> network.Network:
    return network.from_lines(gpd.GeoDataFrame(geometry=STREETS, crs=METRIC))


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": ["west", "middle"], "name_en": ["West", "Middle"]})
    return PLACES.geoframe(
        rows.assign(geometry=[shapely.Point(0, -50), shapely.Point(5000, -20)]), crs=METRIC
    )


def sightings(*xy: tuple[float, float], **columns: object) -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": [f"S{k + 1}" for k in range(len(xy))], **columns})
    return SIGHTINGS.geoframe(rows.assign(geometry=[shapely.Point(p) for p in xy]), crs=METRIC)


def test_two_stretches_are_found_ranked_and_named(streets, places):
    seen = sightings((4990, 5), (5010, -5), (5000, 30), (1000, 10), (1050, 0))
    found = hotspots.hotspots(streets, seen, places, HotspotParams(bandwidth_m=100, lixel_m=20))
    table = found.segments
    assert list(table.columns) == [*HOTSPOTS.names, "geometry"]
    assert table["rank"].tolist() == [1, 2]
    assert table["place"].tolist() == ["middle", "west"]
    assert table["sightings"].tolist() == ["S1; S2; S3", "S4; S5"]
    assert table["n_sightings"].tolist() == [3, 2]
    assert table["place_distance_m"].iloc[0] == pytest.approx(20.0)
    assert (table.geometry.length - table["length_m"]).abs().max() < 1e-6
    lixels = found.lixels
    assert (lixels["density_per_km"] * (lixels["to_m"] - lixels["from_m"])).sum() == pytest.approx(
        5000, rel=1e-9
    )


def test_a_lone_sighting_makes_the_stretch_of_its_half_height(streets, places):
    params = HotspotParams(bandwidth_m=100, lixel_m=1)
    table = hotspots.hotspots(streets, sightings((2500, 0)), places, params).segments
    # A Gaussian is above half of its peak within sqrt(2 ln 2) standard deviations.
    assert table["length_m"].tolist() == pytest.approx([2 * 100 * np.sqrt(2 * np.log(2))], abs=2)
    assert table["peak_per_km"].tolist() == pytest.approx(
        [1000 / (100 * np.sqrt(2 * np.pi))], rel=1e-4
    )
    assert table["share"].tolist() == pytest.approx([0.761], abs=2e-3)


def test_a_hotspot_runs_across_a_junction(streets, places):
    params = HotspotParams(bandwidth_m=200, lixel_m=25)
    table = hotspots.hotspots(streets, sightings((5000, 0)), places, params).segments
    assert len(table) == 1
    assert len(table.geometry.iloc[0].geoms) == 3
    assert table.geometry.iloc[0].geom_type == "MultiLineString"


def test_group_size_counts_only_when_asked(streets, places):
    seen = sightings((1000, 0), (8000, 0), group_min=[10, 1], group_max=[20, pd.NA])
    plain = hotspots.hotspots(streets, seen, places, HotspotParams()).segments
    sized = hotspots.hotspots(streets, seen, places, HotspotParams(weight_by_group_size=True))
    assert len(plain) == 2
    assert sized.segments["sightings"].tolist() == ["S1"]
    assert sized.lixels["density_per_km"].max() == pytest.approx(
        15 * plain["peak_per_km"].max(), rel=1e-2
    )


def test_far_sightings_are_named_and_not_placed(streets, places):
    seen = sightings((1000, 0), (2000, -3000))
    found = hotspots.hotspots(streets, seen, places, HotspotParams())
    assert found.unplaced == ("S2",)
    assert found.snapped["snap_m"].tolist() == pytest.approx([0.0, 3000.0])
    assert found.segments["n_sightings"].tolist() == [1]


def test_no_sightings_no_hotspots(streets, places):
    found = hotspots.hotspots(streets, sightings(), places, HotspotParams())
    assert len(found.segments) == len(found.lixels) == 0
    assert list(found.segments.columns) == [*HOTSPOTS.names, "geometry"]


def test_without_places_the_name_is_missing(streets, places):
    found = hotspots.hotspots(streets, sightings((1000, 0)), places[:0], HotspotParams())
    assert found.segments["name"].isna().all()
    assert found.segments["n_sightings"].tolist() == [1]


def test_degrees_are_refused(streets, places):
    with pytest.raises(CRSError, match="sightings is in EPSG:4326"):
        hotspots.hotspots(
            streets,
            sightings((1000, 0)).set_crs(4326, allow_override=True),
            places,
            HotspotParams(),
        )
