"""Right and wrong uses of the packages, as type checkers should know them.

mypy and basedpyright read this file in ``make check``; nothing runs it.  Each wrong use is marked
for both.  A mark that is no longer needed is an error to both: then a wrong use has become right.
"""

from pathlib import Path
from typing import assert_type

import folium
import geopandas as gpd

import geo
import layers
import maps


def right(frame: gpd.GeoDataFrame, file: Path) -> None:
    """Use what the notebooks use."""
    near = geo.corridors.proximity(frame, {"railway": frame}, [100, 250.0])
    assert_type(near.lines, gpd.GeoDataFrame)
    assert_type(geo.corridors.band_areas({"road": frame}), gpd.GeoDataFrame)
    network = geo.network.from_lines(frame)
    assert_type(network, geo.network.Network)
    geo.patterns.k_function(network, frame, [100.0, 200.0])
    geo.patterns.estimate_density(
        network, frame, sigma_m=60, lixel_m=10, estimator="heat"
    )
    geo.hotspots.find(network, frame)
    geo.hotspots.planar_density(frame, (250.0,), cell_m=50)
    geo.access.slope_deg(layers.terrain(file))
    geo.chance.uniform(frame, n=100, seed=2)
    study = layers.readers.bundled.opened()
    data, _ = study.data()
    findings = geo.study.run(data, layers.readers.bundled.params())
    assert_type(maps.explore(findings.hotspots, data), folium.Map)
    assert_type(maps.planner(findings, data, "sq"), folium.Map)
    maps.plot.hotspots(findings.hotspots, title="Autumn", label="name")
    heavier = geo.hotspots.find_heavier(network, frame, [1, 2.5])
    assert_type(heavier, gpd.GeoDataFrame)
    geo.corridors.weigh(near, [1, 2.5], simulations=99)
    assert_type(layers.save(near, "near.gpkg"), Path)
    layers.fetch("mitrovica").railways.to_file(file)


def wrong(frame: gpd.GeoDataFrame, file: Path) -> None:
    """Use what is not there, or not so."""
    geo.corridors.proximityy  # type: ignore[attr-defined]
    geo.corridor  # type: ignore[attr-defined]
    geo.corridors.proximity(frame)  # type: ignore[call-arg]
    geo.corridors.proximity({"railway": frame}, frame)  # type: ignore[arg-type]
    geo.patterns.k_function(frame, frame, [100.0])  # type: ignore[arg-type]
    geo.patterns.estimate_density(frame, frame, 60.0, 10.0, estimator="heats")  # type: ignore[arg-type]
    geo.hotspots.find(frame, frame, parameters=None)  # type: ignore[call-arg]
    geo.chance.uniform(frame, 100, 2)  # type: ignore[call-arg]
    geo.access.slope_deg(file)  # type: ignore[arg-type]
    layers.fetchh  # type: ignore[attr-defined]
    layers.readers.bundle  # type: ignore[attr-defined]
    maps.explorer  # type: ignore[attr-defined]
    maps.planner(frame, frame)  # type: ignore[arg-type]
    maps.plot.hotspot  # type: ignore[attr-defined]
    geo.corridors.weigh(frame, [1, 2])  # type: ignore[arg-type]
    layers.save(frame)  # type: ignore[call-arg]
