"""Tiles of a plan, read by PMTiles' own reader and decoded by tippecanoe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pmtiles.reader import MmapSource, Reader

from geo import schema
from geo.params import PrivacyParams
from layers.complaints import UserError
from layers.files.handling import Handling
from layers.readers import bundled
from layers.writers import formats, layer_tables

TILES = "layers/study.pmtiles"


def decoded(archive: Path, *zooms: str) -> Counter[tuple[str, str]]:
    """Return how often each feature is in the tiles, by layer and id."""
    program = Path(sys.executable).with_name("tippecanoe-decode")
    done = subprocess.run(
        [program, *zooms, archive], check=True, capture_output=True, text=True
    )
    found: Counter[tuple[str, str]] = Counter()

    def walk(part: dict[str, Any], layer: str) -> None:
        layer = part.get("properties", {}).get("layer", layer)
        for each in part.get("features", []):
            if each["type"] == "Feature":
                found[layer, each["properties"]["id"]] += 1
            else:
                walk(each, layer)

    walk(json.loads(done.stdout), "")
    return found


def test_tiles_hold_every_stop_and_drive_and_whose_they_are(night: Path) -> None:
    with (night / TILES).open("rb") as file:
        reader = Reader(MmapSource(file))
        about, header = reader.metadata(), reader.header()
    assert {each["id"] for each in about["vector_layers"]} == {
        "patrol_stops",
        "patrol_legs",
    }
    assert "OpenStreetMap contributors" in about["attribution"]
    assert "Holds until" in about["description"]
    assert (header["min_zoom"], header["max_zoom"]) == (6, 14)
    found = decoded(night / TILES, "-z14", "-Z14")
    for layer in ("patrol_stops", "patrol_legs"):
        ids = gpd.read_file(night / "layers" / f"{layer}.geojson")["id"]
        assert {one for name, one in found if name == layer} == set(ids)


def test_a_large_layer_is_in_the_tiles_and_in_no_geojson(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(layer_tables, "MOST_FEATURES", 2)
    roads = layer_tables.layer_of(schema.WAYS, bundled.network().roads, "roads")
    handling = Handling.of(date(2026, 12, 1), PrivacyParams())
    formats.more([roads], tmp_path, frozenset({"pmtiles"}), handling)
    tiles = tmp_path / "study.pmtiles"
    assert sorted(tmp_path.iterdir()) == [tmp_path / "roads.parquet", tiles]
    with tiles.open("rb") as file:
        (found,) = Reader(MmapSource(file)).metadata()["vector_layers"]
    assert found["id"] == "roads"


def test_without_tippecanoe_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"mitrovica-corridors\[tiles\]"):
        formats.named("pmtiles")
