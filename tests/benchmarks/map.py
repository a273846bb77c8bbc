"""Size of the planner map and time until it can be used, beside plain folium with the same layers.

    python tests/benchmarks/map.py

The bundled network, and the core extract where the real data lies beside the checkout.  Chromium
is slowed down four times.  Plain folium's remote assets are answered from memory: Leaflet from
the package that ships it, the others empty.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import folium

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser import chromium
from playwright.sync_api import Browser, Route

from geo import study
from geo.results import Findings, StudyData
from layers.readers import areas, bundled, extract
from layers.schema import WGS84
from maps import planner
from maps.page import leaflet_script

CORE = Path(__file__).resolve().parents[3] / "shared/data/osm/mitrovica_core.osm.pbf"
SLOWER = 4


def studies() -> dict[str, StudyData]:
    """Return the studies to draw."""
    found = {"bundled": bundled.study_data()}
    if CORE.is_file():
        layers = extract.read(CORE, areas.resolve("mitrovica").geometry.iloc[0])
        found["core extract"] = dataclasses.replace(found["bundled"], layers=layers)
    return found


def plain_folium(findings: Findings, data: StudyData) -> folium.Map:
    """Return the same layers as an analyst would draw them with folium alone."""
    drawn = folium.Map([42.9, 20.87], zoom_start=11, tiles=None, prefer_canvas=True)
    layers = data.layers
    for frame in (
        data.boundary, layers.waterways, layers.roads, layers.paths, layers.railways,
        findings.hotspots.segments, findings.patrols.legs, findings.patrols.stops,
        findings.exported, data.places, layers.facilities,
    ):  # fmt: skip
        if len(frame):
            folium.GeoJson(frame[["geometry"]].to_crs(WGS84)).add_to(drawn)
    folium.LayerControl().add_to(drawn)
    return drawn


def usable(browser: Browser, file: Path, ready: str) -> tuple[float, int]:
    """Return seconds from opening until `ready` and two frames drawn, and requests by then."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def answer(route: Route) -> None:
        body = leaflet_script() if route.request.url.endswith("leaflet.js") else ""
        route.fulfill(body=body, content_type="text/javascript" if body else "text/plain")

    page.route(lambda url: url.startswith("http"), answer)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(file.as_uri())
    page.wait_for_function(ready)
    frames = "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))"
    took = page.evaluate(f"new Promise((done) => {frames})") / 1000
    context.close()
    return took, len([url for url in asked if not url.startswith(("file:", "data:"))])


def main() -> None:
    """Print a row for each study and each way of drawing."""
    ways: tuple[tuple[str, Callable[[Findings, StudyData], folium.Map], str], ...] = (
        ("planner", planner, "document.body && document.body.dataset.ready"),
        ("plain folium", plain_folium, "document.readyState === 'complete'"),
    )
    print(f"{'study':14}{'drawn by':14}{'draw s':>8}{'MB':>7}{'usable s':>10}{'requests':>10}")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, data in studies().items():
            findings = study.run(data)
            for label, draw, ready in ways:
                file = Path(folder) / "map.html"
                start = time.perf_counter()
                draw(findings, data).save(file)
                took = time.perf_counter() - start
                size = file.stat().st_size / 1e6
                opened, asked = usable(browser, file, ready)
                print(f"{name:14}{label:14}{took:8.2f}{size:7.2f}{opened:10.2f}{asked:10d}")


if __name__ == "__main__":
    main()
