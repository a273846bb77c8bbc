"""Size of the planner map, time until it can be used and longest frame while it is moved.

    python tests/benchmarks/map.py

Beside plain folium with the same layers, on the bundled network, and on the core extract with
its terrain where the real data lie beside the checkout.  Chromium is slowed down four times; the
window is a phone's for the opening and a laptop's for the moving.  Plain folium's remote assets
are answered from memory: Leaflet from the package that ships it, the others empty.

``opens`` is from the start of the navigation until two frames were drawn after the page was
ready; ``cpu x4`` is four times what the page's main thread works for that at full speed, which
other work on the machine hardly changes.  A move is dragging for two seconds and zooming in and
out twice, with each way's default layers and then with all of the planner's; ``gap`` is the
longest time between two frames, ``late`` the share of the time spent in frames of more than
100 ms.  The planner is measured twice, and the load of the machine is printed beside it: other
work makes frames late too.  ``task x4`` is not so: four times the processor time of the longest
task of the page's main thread while it is moved at full speed, and of the longest script; the
other work is mostly the browser's own drawing of canvases, here without a graphics card.

Without the real extracts beside the checkout, their rows are left out; a line says so.

    python tests/benchmarks/map.py 10000 100000 1000000

draws so many sightings on the bundled network in place of the study's own, the planner beside
plain folium with a circle for each; ``heap MB`` is what the page's scripts hold when it is ready.
Plain folium is left out above `FOLIUM_AT_MOST`: its file would be of hundreds of megabytes.
With ``LONBOARD`` in the environment, a Python that has lonboard, pyarrow and geopandas, its HTML
export is drawn too.  It fetches two scripts when it is opened and shows nothing without them, so
only its making, its size and what it asks for are measured.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))

from playwright.sync_api import Browser, BrowserContext, Page, Route
from tools.browser import chromium

from geo import study
from geo.records import StudyData
from geo.results import Findings
from geo.schema import SIGHTINGS, SIZE_CLASSES, WGS84
from geo.sightings.laws import middle
from layers.readers import areas, bundled, terrain
from layers.readers.osm import extract, snapshots
from maps import planner
from maps.page.figure import leaflet_script

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
CORE = SHARED / "osm/mitrovica_core.osm.pbf"
HEIGHTS = SHARED / "dem/mitrovica_dem_7p5s_coarse.tif"
REGION = SHARED / "osm/mitrovica_region.osm.pbf"
LONBOARD = """
import sys, time
import geopandas as gpd
from lonboard import Map, ScatterplotLayer
frame = gpd.read_file(sys.argv[1])
start = time.perf_counter()
points = ScatterplotLayer.from_geopandas(frame, auto_downcast=False, get_radius=50)
Map(points).to_html(sys.argv[2])
print(time.perf_counter() - start)
"""
"""What makes lonboard's export of a file of points."""

SLOWER = 4
FOLIUM_AT_MOST = 100_000
LATE_MS = 100

RECORD = """() => {
  window.gaps = [];
  let last = null;
  const tick = (now) => {
    if (last !== null) window.gaps.push(now - last);
    last = now;
    window.ticking = requestAnimationFrame(tick);
  };
  window.ticking = requestAnimationFrame(tick);
}"""
STOP = "() => { cancelAnimationFrame(window.ticking); return window.gaps; }"
ALL_LAYERS = "nodes => nodes.forEach((node) => node.checked || node.click())"


def studies() -> dict[str, StudyData]:
    """Return the studies to draw."""
    found = {"bundled": bundled.study_data()}
    if CORE.is_file():
        area = areas.area_of("mitrovica")
        outline = area.geometry.iloc[0]
        layers = extract.read(CORE, outline)
        with tempfile.TemporaryDirectory() as folder:
            store, ground = Path(folder), None
            if HEIGHTS.is_file():
                name = snapshots.save(layers, store, area)
                terrain.fetch(
                    store,
                    name,
                    str(HEIGHTS),
                    outline,
                    detail_m=500.0,
                    licence="as it states",
                )
                ground = terrain.load(store, name)
        whole = dataclasses.replace(found["bundled"], layers=layers, terrain=ground)
        found["core extract"] = whole
    if REGION.is_file():
        layers = extract.read(REGION, None)
        found["region"] = dataclasses.replace(found["bundled"], layers=layers)
        drawn = (layers.roads, layers.paths, layers.railways, layers.waterways)
        print(
            f"region: {sum(map(len, drawn)):,} ways, {len(layers.settlements):,} settlements"
        )
    else:
        print(f"no region: there is no {REGION}")
    return found


def plain_folium(findings: Findings, data: StudyData) -> folium.Map:
    """Return the same layers as an analyst would draw them with folium alone."""
    drawn = folium.Map([42.9, 20.87], zoom_start=11, tiles=None, prefer_canvas=True)
    layers = data.layers
    for frame in (
        data.boundary, layers.waterways, layers.roads, layers.paths, layers.railways,
        findings.hotspots.table, findings.patrols.legs, findings.patrols.stops,
        findings.sightings, data.places, layers.facilities,
    ):  # fmt: skip
        if len(frame):
            folium.GeoJson(frame[["geometry"]].to_crs(WGS84)).add_to(drawn)
    folium.LayerControl().add_to(drawn)
    return drawn


def opened(
    context: BrowserContext, file: Path, ready: str, slower: float = SLOWER
) -> tuple[Page, float, int, float]:
    """Return a page, seconds until it is `ready` and drawn, requests and main thread by then."""
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))

    def answer(route: Route) -> None:
        body = leaflet_script() if route.request.url.endswith("leaflet.js") else ""
        route.fulfill(
            body=body, content_type="text/javascript" if body else "text/plain"
        )

    page.route(lambda url: url.startswith("http"), answer)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(file.as_uri())
    page.wait_for_function(ready)
    frames = "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))"
    took = page.evaluate(f"new Promise((done) => {frames})") / 1000
    metrics = session.send("Performance.getMetrics")["metrics"]
    worked = next(each["value"] for each in metrics if each["name"] == "TaskDuration")
    requests = len([url for url in requested if not url.startswith(("file:", "data:"))])
    return page, took, requests, worked


def moved(page: Page) -> tuple[float, float]:
    """Return the longest frame in milliseconds and the share of late ones, while it is moved."""
    box = page.locator(".leaflet-container").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.wait_for_timeout(1000)
    page.evaluate(RECORD)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(x + 6 * min(step, 60 - step), y + 4 * step)
        page.wait_for_timeout(33)
    page.mouse.up()
    for turn in (-240, -240, 240, 240):
        page.mouse.move(x, y)
        page.mouse.wheel(0, turn)
        page.wait_for_timeout(700)
    gaps: list[float] = page.evaluate(STOP)
    return max(gaps), sum(gap for gap in gaps if gap > LATE_MS) / sum(gaps)


def longest_task(page: Page) -> tuple[float, float]:
    """Return four times the processor time of the longest task while moved, and of a script."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    events: list[dict[str, Any]] = []
    done: list[bool] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    categories = "devtools.timeline,disabled-by-default-devtools.timeline,toplevel"
    session.send(
        "Tracing.start", {"transferMode": "ReportEvents", "categories": categories}
    )
    moved(page)
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    timed = [event for event in events if event.get("tdur")]
    threads = Counter(
        (e["pid"], e["tid"]) for e in timed if e["name"] == "FireAnimationFrame"
    )
    ((main, _),) = threads.most_common(1)
    mine = [event for event in timed if (event["pid"], event["tid"]) == main]
    longest = {
        name: max(
            (event["tdur"] for event in mine if event["name"] in names), default=0
        )
        / 1000
        for name, names in {
            "task": {"RunTask", "ThreadControllerImpl::RunTask"},
            "script": {"FireAnimationFrame", "EventDispatch", "TimerFire"},
        }.items()
    }
    return SLOWER * longest["task"], SLOWER * longest["script"]


def measured(browser: Browser, file: Path, ready: str, *, planned: bool) -> list[str]:
    """Return the figures of one file, as the table prints them."""
    phone = browser.new_context(viewport={"width": 390, "height": 844})
    _, took, requests, _ = opened(phone, file, ready)
    *_, worked = opened(phone, file, ready, slower=1)
    phone.close()
    laptop = browser.new_context(viewport={"width": 1440, "height": 900})
    page, *_ = opened(laptop, file, ready)
    cells = [f"{took:9.2f}", f"{SLOWER * worked:9.2f}", f"{requests:10d}"]
    for everything in (False, True) if planned else (False,):
        if everything:
            page.locator(".legend input").evaluate_all(ALL_LAYERS)
        gap, late = moved(page)
        cells.append(f"{gap:8.0f} {late:5.0%}")
    tasks = "{:6.0f} {:6.0f}".format(*longest_task(page))
    laptop.close()
    return [
        *cells,
        *([f"{'':14}"] * (not planned)),
        tasks,
        f"{os.getloadavg()[0]:6.1f}",
    ]


def with_sightings(findings: Findings, n: int) -> Findings:
    """Return findings with so many made-up sightings, a normal cloud of cells about the first."""
    rng = np.random.default_rng(7)
    first = findings.sightings.geometry.iloc[0]
    xy = middle(rng.normal((first.x, first.y), (6_000, 9_000), (n, 2)), 100.0)
    months = rng.integers(0, 36, n)
    rows = pd.DataFrame(
        {
            "id": [f"S{k + 1}" for k in range(n)], "kind": "sighting", "located_kind": "other",
            "period": [f"{2021 + m // 12}-{m % 12 + 1:02d}" for m in months],
            "size_class": rng.choice(SIZE_CLASSES, n), "uncertainty_m": 100.0, "cell_m": 100.0,
            "geometry": shapely.points(xy),
        }
    )  # fmt: skip
    table = SIGHTINGS.geoframe(rows, crs=findings.sightings.crs)
    return dataclasses.replace(findings, sightings=table, tests=None)


def circles(findings: Findings, data: StudyData) -> folium.Map:
    """Return the sightings as circles, as an analyst would draw them with folium alone."""
    drawn = folium.Map([42.9, 20.87], zoom_start=11, tiles=None, prefer_canvas=True)
    points = findings.sightings[["period", "size_class", "geometry"]].to_crs(WGS84)
    tip = folium.GeoJsonTooltip(["period", "size_class"])
    folium.GeoJson(points, marker=folium.CircleMarker(radius=3), tooltip=tip).add_to(
        drawn
    )
    return drawn


def lonboard(findings: Findings, folder: Path) -> str:
    """Return the figures of lonboard's export of the sightings, as the table prints them."""
    points, page = folder / "points.geojson", folder / "lonboard.html"
    frame = findings.sightings[["period", "size_class", "geometry"]].to_crs(WGS84)
    frame.to_file(points)
    call = [os.environ["LONBOARD"], "-c", LONBOARD, str(points), str(page)]
    took = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    asked = len(re.findall(r'<script[^>]*src="https:', page.read_text("utf-8")))
    size = page.stat().st_size / 1e6
    return f"{float(took):7.2f}{size:7.2f}  {asked} scripts from elsewhere"


def many(counts: list[int]) -> None:
    """Print a row for each number of sightings and each way of drawing."""
    data = bundled.study_data()
    findings = study.run(data, bundled.params())
    ways = (
        ("planner", planner, "document.body && document.body.dataset.ready"),
        ("plain folium", circles, "document.readyState === 'complete'"),
    )
    print(f"{'sightings':>10} {'drawn by':14}{'draw s':>7}{'MB':>7}{'opens s':>9}{'heap MB':>9}"
          f"{'gap ms, late':>14}{'task x4, script':>16}{'load':>7}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for n in counts:
            some = with_sightings(findings, n)
            if "LONBOARD" in os.environ:
                print(
                    f"{n:10d} {'lonboard':14}{lonboard(some, Path(folder))}", flush=True
                )
            for label, draw, ready in ways:
                if draw is circles and n > FOLIUM_AT_MOST:
                    continue
                file = Path(folder) / "map.html"
                start = time.perf_counter()
                draw(some, data).save(file)
                took = time.perf_counter() - start
                laptop = browser.new_context(viewport={"width": 1440, "height": 900})
                page, opens, _, _ = opened(laptop, file, ready)
                heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
                gap, late = moved(page)
                task, script = longest_task(page)
                laptop.close()
                size = file.stat().st_size / 1e6
                print(f"{n:10d} {label:14}{took:7.2f}{size:7.2f}{opens:9.2f}{heap:9.1f}"
                      f"{gap:8.0f} {late:5.0%}{task:9.0f}{script:7.0f}{os.getloadavg()[0]:7.1f}",
                      flush=True)  # fmt: skip


def main() -> None:
    """Print a row for each study and each way of drawing."""
    ways: tuple[
        tuple[str, Callable[[Findings, StudyData], folium.Map], str, int], ...
    ] = (
        ("planner", planner, "document.body && document.body.dataset.ready", 2),
        ("plain folium", plain_folium, "document.readyState === 'complete'", 1),
    )
    print(f"{'study':14}{'drawn by':14}{'draw s':>7}{'MB':>7}{'opens s':>9}{'cpu x4 s':>9}"
          f"{'requests':>10}{'gap ms, late':>14}{'all layers':>14}"
          f"{'task x4':>13}{'load':>6}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, data in studies().items():
            findings = study.run(data, bundled.params())
            for label, draw, ready, times in ways:
                file = Path(folder) / "map.html"
                start = time.perf_counter()
                draw(findings, data).save(file)
                took = time.perf_counter() - start
                for _ in range(times):
                    cells = measured(browser, file, ready, planned=label == "planner")
                    size = file.stat().st_size / 1e6
                    print(f"{name:14}{label:14}{took:7.2f}{size:7.2f}" + "".join(cells))


if __name__ == "__main__":
    wanted = [int(count) for count in sys.argv[1:]]
    many(wanted) if wanted else main()
