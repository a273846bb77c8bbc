"""Probable duplicates: shares with known answers, and what merging leaves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from geo.crs import CRSError
from geo.duplicates import probable_duplicates, resolve, space_share
from layers.readers import bundled
from layers.schema import DUPLICATES, METRIC, SIGHTINGS


def frame(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Return records, one a row, each a point at (x, 0) metres."""
    full: list[dict[str, object]] = []
    for i, row in enumerate(rows):
        base = {"id": f"R{i}", "kind": "sighting", "uncertainty_m": 1.0}
        base["geometry"] = Point(row["x"], 0)  # type: ignore[arg-type,assignment]
        days = {
            name: pd.Timestamp(str(row[name])) for name in ("date_from", "date_to") if name in row
        }
        full.append({**base, **row, **days})
    return SIGHTINGS.geoframe(pd.DataFrame(full), crs=METRIC)


def test_same_place_day_and_size_score_one() -> None:
    facts = {"date_from": "2024-03-01", "date_to": "2024-03-01", "group_min": 5, "group_max": 5}
    (pair,) = probable_duplicates(frame({"x": 0, **facts}, {"x": 100, **facts})).itertuples()
    assert (pair.first, pair.second, pair.score, pair.distance_m) == ("R0", "R1", 1, 100)


@pytest.mark.parametrize(
    ("change", "part", "share"),
    [
        ({"date_from": "2024-03-02", "date_to": "2024-03-02"}, "time", 1.0),
        ({"date_from": "2024-03-03", "date_to": "2024-03-03"}, "time", 0.0),
        # 1 March against 1..10 March: the 1st and the 2nd of ten.
        ({"date_to": "2024-03-10"}, "time", 0.2),
        ({"group_min": 6, "group_max": 6}, "size", 1.0),
        ({"group_min": 7, "group_max": 7}, "size", 0.0),
        # 5 against 3..7: 4, 5 and 6 of five.
        ({"group_min": 3, "group_max": 7}, "size", 0.6),
        ({"group_min": None, "group_max": None}, "size", 1.0),
    ],
)
def test_shares_of_days_and_sizes(change: dict[str, object], part: str, share: float) -> None:
    facts = {"date_from": "2024-03-01", "date_to": "2024-03-01", "group_min": 5, "group_max": 5}
    pairs = probable_duplicates(frame({"x": 0, **facts}, {"x": 0, **facts, **change}), least=0)
    assert pairs[part].tolist() == pytest.approx([share])


def test_large_groups_may_differ_by_a_tenth() -> None:
    two = frame(*({"x": 0, "group_min": n, "group_max": n} for n in (40, 44)))
    assert probable_duplicates(two)["size"].tolist() == [1]


@pytest.mark.parametrize(("x", "u", "v"), [(0, 300, 300), (400, 300, 200), (700, 250, 400)])
def test_space_share_against_draws(x: float, u: float, v: float) -> None:
    draw = np.random.default_rng(1)

    def disc(radius: float) -> np.ndarray:
        return radius * np.sqrt(draw.random(200_000)) * np.exp(2j * np.pi * draw.random(200_000))

    share = np.mean(np.abs(disc(u) - disc(v) - x) <= 500)
    two = frame({"x": 0, "uncertainty_m": u}, {"x": x, "uncertainty_m": v})
    found = space_share(two, np.array([0]), np.array([1]), 500.0)
    assert found == pytest.approx([share], abs=0.005)


def test_exact_positions_are_within_reach_or_not() -> None:
    rows = frame(*({"x": x, "uncertainty_m": 0} for x in (0, 499, 501)))
    pairs = probable_duplicates(rows)
    assert set(zip(pairs["first"], pairs["second"], strict=True)) == {("R0", "R1"), ("R1", "R2")}


def test_the_bundled_interview_is_listed_because_it_is_marked() -> None:
    pairs = probable_duplicates(bundled.sightings().to_crs(METRIC))
    assert list(pairs.columns) == DUPLICATES.names
    assert pairs[["first", "second", "marked"]].to_numpy().tolist() == [["S1", "I1", True]]
    assert pairs["score"].item() < 0.1  # forty-six possible days: little can be said


def test_keep_changes_nothing_and_notes_the_choice() -> None:
    records = bundled.sightings().to_crs(METRIC)
    kept, noted = resolve(records, probable_duplicates(records), "keep")
    assert kept is records
    assert noted["choice"].tolist() == ["keep"]


def test_merge_leaves_the_sighting() -> None:
    records = bundled.sightings().to_crs(METRIC)
    merged, noted = resolve(records, probable_duplicates(records), "merge")
    assert merged["id"].tolist() == ["S1", "S2", "S3", "S4", "S5", "I2"]
    assert noted["choice"].tolist() == ["merge"]


def test_a_chain_of_pairs_leaves_its_surest_record() -> None:
    rows = frame(
        *({"x": x, "uncertainty_m": u} for x, u in ((0, 9), (450, 5), (900, 7), (5000, 1)))
    )
    merged, _ = resolve(rows, probable_duplicates(rows), "merge")
    assert merged["id"].tolist() == ["R1", "R3"]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    records = frame(*({"x": 0} for _ in range(count))) if count else SIGHTINGS.geoframe(crs=METRIC)
    pairs = probable_duplicates(records)
    assert pairs.empty
    assert len(resolve(records, pairs, "merge")[0]) == count


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="need metres"):
        probable_duplicates(bundled.sightings())
