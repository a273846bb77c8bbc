"""The region extract beside an independent count by osmium-tool."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from geo.records import Layers
from geo.schema import DRIVABLE, WALKABLE, WATERWAYS
from layers.readers.osm import extract, snapshots, tags

GEOD = Geod(ellps="WGS84")
CLASSES = {
    "highway": (*DRIVABLE, *WALKABLE),
    "railway": (*tags.IN_USE, "disused", "abandoned"),
    "waterway": WATERWAYS,
}


def osmium(*call: str | Path) -> str:
    if shutil.which("osmium") is None:
        pytest.skip("osmium-tool is not installed")
    return subprocess.run(["osmium", *map(str, call)], check=True, capture_output=True, text=True,
                          timeout=300).stdout  # fmt: skip


@pytest.fixture(scope="module")
def region(shared: Path) -> Path:
    return shared / "data/osm/mitrovica_region.osm.pbf"


@pytest.fixture(scope="module")
def layers(region: Path) -> Layers:
    return extract.read(region, None)


def ours(layers: Layers) -> Counter[tuple[str, str]]:
    """Count our features by key and class."""
    counts: Counter[tuple[str, str]] = Counter()
    for name, key in (("roads", "highway"), ("paths", "highway"), ("railways", "railway"),
                      ("waterways", "waterway")):  # fmt: skip
        for class_, number in getattr(layers, name)[key].value_counts().items():
            counts[key, class_] += number
    return counts


@pytest.fixture(scope="module")
def lines(region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut the ways of our classes with osmium: nodes such as stations carry the same keys."""
    cut = tmp_path_factory.mktemp("osmium") / "ways.osm.pbf"
    expressions = [f"w/{key}={','.join(classes)}" for key, classes in CLASSES.items()]
    osmium("tags-filter", "--omit-referenced", "-o", cut, region, *expressions)
    return cut


@pytest.mark.proof
def test_counts_by_class(layers: Layers, lines: Path) -> None:
    # osmium tags-count ways.osm.pbf highway=motorway highway=trunk ... waterway=drain
    expressions = [f"{key}={value}" for key, of in CLASSES.items() for value in of]
    theirs: Counter[tuple[str, str]] = Counter()
    for row in osmium("tags-count", lines, *expressions).splitlines():
        number, key, value = row.replace('"', "").split("\t")
        theirs[key, value] += int(number)
    assert ours(layers) == theirs


@pytest.mark.proof
def test_every_way_is_there(region: Path, layers: Layers, lines: Path) -> None:
    def ways(path: Path) -> int:
        return int(osmium("fileinfo", "-e", "-g", "data.count.ways", path))

    frames = (layers.roads, layers.paths, layers.railways, layers.waterways)
    assert ways(lines) == len({id_ for frame in frames for id_ in frame["id"]})
    assert ways(region) == 85_322


@pytest.mark.proof
def test_kilometres_by_class(
    region: Path, layers: Layers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Geodesics on the ellipsoid along the lines that `osmium export` draws."""
    config = tmp_path / "export.json"
    config.write_text(json.dumps({"linear_tags": True, "area_tags": False}))
    drawn = osmium("export", "-c", config, "-f", "geojsonseq", "--geometry-types", "linestring",
                   region)  # fmt: skip
    theirs: Counter[tuple[str, str]] = Counter()
    for line in drawn.split("\x1e")[1:]:
        feature = json.loads(line)
        lon, lat = np.array(feature["geometry"]["coordinates"]).T
        for key, classes in CLASSES.items():
            class_ = feature["properties"].get(key)
            if class_ in classes:
                theirs[key, class_] += GEOD.line_length(lon, lat) / 1000
    rows = []
    for name, key in (("roads", "highway"), ("paths", "highway"), ("railways", "railway"),
                      ("waterways", "waterway")):  # fmt: skip
        layer = getattr(layers, name)
        for class_, km in snapshots.length_km(layer).groupby(layer[key]).sum().items():
            geodesic = sum(
                GEOD.geometry_length(g) for g in layer.geometry[layer[key] == class_]
            )
            assert geodesic / 1000 == pytest.approx(theirs[key, class_], rel=1e-9)
            assert km == pytest.approx(theirs[key, class_], rel=2e-4), (
                "EPSG:9141 is that true"
            )
            rows.append(
                f"{key}={class_:15} {km:10.3f} km, osmium {theirs[key, class_]:10.3f} km"
            )
    assert {key for key, km in theirs.items() if km} == set(ours(layers))
    with capsys.disabled():
        print("\n" + "\n".join(rows))
