"""The log at size: 100,000 visits and 1,000 tracks; seconds, memory, bytes.

Prints how long an import takes beside reading the same files with pandas and GDAL, what one more
night costs then, and how large the file is.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from figures import Figure, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

from logs import visit_pages

from geo.schema import FORM_STOPS
from mitrovica.log import imports, store

VISITS, TRACKS, FIXES = 100_000, 1_000, 2_880
NOW = datetime(2060, 1, 1, tzinfo=UTC)


def timed(what: str, work: Callable[[], object]) -> Figure:
    began = time.process_time()
    work()
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {took:.1f} s of one core, at most {peak:,.0f} MB so far", flush=True
    )
    return seconds(f"log: {what}", took)


def export(stops: pd.DataFrame, draw: random.Random) -> pd.DataFrame:
    """Return pages of KoboToolbox for the stops, a third with one group or two."""
    n = len(stops)
    arrive = pd.to_datetime(stops["arrive"])
    rows = pd.DataFrame({
        "page/stop": stops["name"], "page/outcome": "done",
        "page/arrived": arrive.map(lambda at: at.isoformat()),
        "page/left": (arrive + timedelta(minutes=20)).map(lambda at: at.isoformat()),
        "page/groups": [draw.choice([0, 0, 0, 0, 1, 2]) for _ in range(n)],
        "_uuid": [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(n)],
    })  # fmt: skip
    for i in (1, 2):
        met = rows["page/groups"] >= i
        rows[f"page/group_{i}/size_{i}"] = pd.Series("1_4", index=rows.index).where(met)
        rows[f"page/group_{i}/needs_{i}"] = pd.Series(
            "water food", index=rows.index
        ).where(met)
        rows[f"page/group_{i}/language_{i}"] = pd.Series("ar", index=rows.index).where(
            met
        )
        rows[f"page/group_{i}/understood_{i}"] = pd.Series(
            "signs", index=rows.index
        ).where(met)
    return rows


def gpx(night: int, draw: random.Random) -> str:
    start = datetime(2026, 12, 1, 17, tzinfo=UTC) + timedelta(days=night)
    lon, lat, points = 20.85, 42.9, []
    for k in range(FIXES):
        lon, lat = lon + draw.gauss(0, 1e-4), lat + draw.gauss(0, 1e-4)
        at = start + timedelta(seconds=10 * k)
        points.append(
            f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"><time>{at:%FT%TZ}</time></trkpt>'
        )
    head = '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    return f"{head}{''.join(points)}</trkseg></trk></gpx>"


def main() -> None:
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "log.gpkg"
        stops = visit_pages.plan(VISITS // 8)
        FORM_STOPS.frame(stops).assign(label="x").to_csv(
            folder / "stops.csv", index=False
        )
        pages = export(stops, draw)
        pages.to_csv(folder / "kobo.csv", index=False)
        tracks = []
        for night in range(TRACKS):
            tracks.append(folder / f"{night}.gpx")
            tracks[-1].write_text(gpx(night, draw))
        figures = [
            timed("pandas reads the pages", lambda: pd.read_csv(folder / "kobo.csv"))
        ]

        def add(*files: Path) -> Callable[[], object]:
            return lambda: imports.add(path, files, now=NOW)

        figures += [timed(f"plan of {len(stops):,} stops", add(folder / "stops.csv"))]
        figures += [timed(f"{len(pages):,} visits", add(folder / "kobo.csv"))]
        print(f"the log: {path.stat().st_size / 1e6:.1f} MB")
        figures += [timed("the same again", add(folder / "kobo.csv"))]
        figures += [timed(f"{TRACKS:,} tracks of {FIXES:,} fixes", add(*tracks))]
        print(f"the log with tracks: {path.stat().st_size / 1e6:.1f} MB")
        figures += [timed("a whole log is read", lambda: store.read(path))]
        show(figures)


if __name__ == "__main__":
    main()
