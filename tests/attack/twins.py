"""Twins: inputs that the door cannot tell apart must give the same folder, byte by byte.

No attack, whatever it computes, can tell what two equal folders differ in.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from attack.folder import Folder
from attack.planted import GRID_M, WORDS, Planted
from geo.laws import middle
from geo.params import PrivacyParams
from geo.sightings.door import MONTH_DAYS, UNCERTAINTY_M
from layers.schema import METRIC, RECORDS, WGS84

CLOCK = re.compile(rb"20\d\d-?\d\d-?\d\d[T ]?\d\d:?\d\d:?\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
"""When a file was written."""

DIGEST = re.compile(rb"[0-9a-f]{64}")
"""Hashes of files that hold the time; the files themselves are compared."""

PDF_TIME = re.compile(rb"/(?:CreationDate|ModDate|ID) ?[\[(].*?[\])]", re.DOTALL)


def twin(planted: Planted, seed: int = 5) -> Planted:
    """Return other records of which the door makes the same table.

    Every place moves within its cell, every size within its class.  The middle of the days moves
    within its month (quarter, where too few reports share it for the month to be told), and how
    many days lie around it is drawn anew: both ends may lie in other months.
    Ages, words, ids, order of the rows and the name of the file are others.
    """
    rng = np.random.default_rng(seed)
    records, n = planted.records.copy(), len(planted.records)
    xy = shapely.get_coordinates(planted.metric.geometry.values)
    inside = middle(xy, GRID_M) + rng.uniform(-0.49, 0.49, (n, 2)) * GRID_M
    points = gpd.GeoSeries(shapely.points(inside), crs=METRIC).to_crs(WGS84)
    steps = np.array(UNCERTAINTY_M)
    above = np.searchsorted(steps, records["uncertainty_m"].to_numpy(float))
    month = 5 if n >= PrivacyParams().least_reports else 6
    ids = [f"Zqother.c.{2000 + k}" for k in rng.permutation(n)]
    day = pd.to_datetime([f"2003-{month:02d}-{d:02d}" for d in rng.integers(1, 29, n)])
    around = pd.to_timedelta(rng.integers(0, MONTH_DAYS // 2 + 1, n), unit="D")
    facts = {
        "id": ids,
        "relates_to": records["relates_to"].map(dict(zip(records["id"], ids, strict=True))),
        "lat": points.y.round(7).to_numpy(),
        "lon": points.x.round(7).to_numpy(),
        "uncertainty_m": np.floor(rng.uniform(0.6, 1.0, n) * (steps[above] - steps[above - 1]))
        + steps[above - 1],
        "group_min": rng.integers(25, 400, n),
        "males_min": rng.integers(2, 20, n),
        "females_min": rng.integers(2, 5, n),
        "age_min": rng.integers(1, 17, n),
        "age_max": rng.integers(18, 60, n),
        "heading": "south",
        "luggage": "no",
        "needs": "water",
        "date_from": day - around,
        "date_to": day + around,
        **{name: f"zqother{name}" for name in WORDS},
    }
    facts |= {"group_max": facts["group_min"]}
    changed = records.drop(columns="geometry").assign(**facts)
    changed = changed.iloc[rng.permutation(n)].reset_index(drop=True)
    geometry = gpd.points_from_xy(changed["lon"], changed["lat"], crs=WGS84)
    return Planted(RECORDS.geoframe(gpd.GeoDataFrame(changed, geometry=geometry)), "zqother.csv")


def differing(one: Folder, other: Folder) -> list[str]:
    """Return the files of two folders that differ in more than the time of writing."""
    names = sorted(set(one.content) | set(other.content))
    return [n for n in names if _timeless(one.path / n) != _timeless(other.path / n)]


def _timeless(path: Path) -> bytes:
    """Return what a file holds, without the time at which it was written."""
    if not path.exists():
        return b"absent"
    if path.suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as gpkg:
            return CLOCK.sub(b"", "\n".join(gpkg.iterdump()).encode())
    return PDF_TIME.sub(b"", DIGEST.sub(b"", CLOCK.sub(b"", path.read_bytes())))
