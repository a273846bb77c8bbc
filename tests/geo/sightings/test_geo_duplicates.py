"""Probable duplicates: shares with known answers, and what merging leaves."""

from __future__ import annotations

import tracemalloc

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from shapely import Point

from geo.crs import CRSError
from geo.sightings import duplicates
from geo.sightings.duplicates import probable_duplicates, resolve, space_share, span_share
from layers.readers.bundled import FOLDER
from layers.schema import DUPLICATES, METRIC, RECORDS, WGS84


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
    return RECORDS.geoframe(pd.DataFrame(full), crs=METRIC)


def bundled() -> gpd.GeoDataFrame:
    """Return the five sightings and two interviews of the report, in degrees."""
    with (FOLDER / "sightings.csv").open("rb") as stream:
        rows = pd.read_csv(stream)
    return RECORDS.geoframe(
        rows.assign(geometry=gpd.points_from_xy(rows["lon"], rows["lat"])), crs=WGS84
    )


def test_same_place_day_and_size_score_one() -> None:
    facts = {"date_from": "2024-03-01", "date_to": "2024-03-01", "group_min": 5, "group_max": 5}
    (pair,) = probable_duplicates(frame({"x": 0, **facts}, {"x": 100, **facts})).table.itertuples()
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
    pairs = probable_duplicates(
        # A marked pair is listed whatever its score.
        frame({"x": 0, **facts}, {"x": 0, **facts, **change, "relates_to": "R0"})
    ).table
    assert pairs[part].tolist() == pytest.approx([share])


def test_large_groups_may_differ_by_a_tenth() -> None:
    two = frame(*({"x": 0, "group_min": n, "group_max": n} for n in (40, 44)))
    assert probable_duplicates(two).table["size"].tolist() == [1]


@pytest.mark.parametrize(("x", "u", "v"), [(0, 300, 300), (400, 300, 200), (700, 250, 400)])
def test_space_share_against_draws(x: float, u: float, v: float) -> None:
    draw = np.random.default_rng(1)

    def disc(radius: float) -> np.ndarray:
        return radius * np.sqrt(draw.random(200_000)) * np.exp(2j * np.pi * draw.random(200_000))

    share = np.mean(np.abs(disc(u) - disc(v) - x) <= 500)
    two = frame({"x": 0, "uncertainty_m": u}, {"x": x, "uncertainty_m": v})
    found = space_share(
        two.get_coordinates().to_numpy(),
        two["uncertainty_m"].to_numpy(),
        np.array([0]),
        np.array([1]),
    )
    assert found == pytest.approx([share], abs=0.005)


def test_exact_positions_are_within_reach_or_not() -> None:
    rows = frame(*({"x": x, "uncertainty_m": 0} for x in (0, 499, 501)))
    pairs = probable_duplicates(rows).table
    assert set(zip(pairs["first"], pairs["second"], strict=True)) == {("R0", "R1"), ("R1", "R2")}


def test_the_bundled_interview_is_listed_because_it_is_marked() -> None:
    pairs = probable_duplicates(bundled().to_crs(METRIC)).table
    assert list(pairs.columns) == DUPLICATES.names
    assert pairs[["first", "second", "marked"]].to_numpy().tolist() == [["S1", "I1", True]]
    assert pairs["score"].item() < 0.1  # forty-six possible days: they agree with too much


def test_keep_changes_nothing_and_notes_the_choice() -> None:
    records = bundled().to_crs(METRIC)
    kept, noted = resolve(records, probable_duplicates(records).table, "keep")
    assert kept is records
    assert noted["choice"].tolist() == ["keep"]


def test_merge_leaves_the_sighting() -> None:
    records = bundled().to_crs(METRIC)
    merged, noted = resolve(records, probable_duplicates(records).table, "merge")
    assert merged["id"].tolist() == ["S1", "S2", "S3", "S4", "S5", "I2"]
    assert noted["choice"].tolist() == ["merge"]


def test_a_chain_of_pairs_leaves_its_surest_record() -> None:
    rows = frame(
        *({"x": x, "uncertainty_m": u} for x, u in ((0, 9), (450, 5), (900, 7), (5000, 1)))
    )
    merged, _ = resolve(rows, probable_duplicates(rows).table, "merge")
    assert merged["id"].tolist() == ["R1", "R3"]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    records = frame(*({"x": 0} for _ in range(count))) if count else RECORDS.geoframe(crs=METRIC)
    pairs = probable_duplicates(records).table
    assert pairs.empty
    assert len(resolve(records, pairs, "merge")[0]) == count


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="need metres"):
        probable_duplicates(bundled())


# Many records


def plain_span_share(low: float, high: float, low_b: float, high_b: float, most: float) -> float:
    """Return the share of pairs of whole numbers at most so far apart, by counting them."""
    if np.isnan(low) or np.isnan(low_b):
        return 1.0
    here, there = np.arange(low, high + 1), np.arange(low_b, high_b + 1)
    return float(np.mean(np.abs(here[:, None] - there) <= most))


def plain_pairs(rows: gpd.GeoDataFrame, least: float) -> list[tuple[str, str, float]]:
    """Return every pair that scores at least so much, looking at all of them one by one."""
    sure = sorted(range(len(rows)), key=lambda k: (rows["uncertainty_m"][k], k))
    xy, radius = rows.get_coordinates().to_numpy(), rows["uncertainty_m"].to_numpy()
    days = [
        (rows[name] - pd.Timestamp(0)).dt.days.to_numpy(dtype="float64", na_value=np.nan)
        for name in ("date_from", "date_to")
    ]
    # A record without a day may be of any day of the file.
    dated = ~np.isnan(days[0])
    outermost = (days[0][dated].min(), days[1][dated].max()) if dated.any() else (0, 0)
    days = [np.where(dated, end, any_day) for end, any_day in zip(days, outermost, strict=True)]
    size = [rows[name].astype("float64").to_numpy() for name in ("group_min", "group_max")]
    found = []
    for place, a in enumerate(sure):
        for b in sure[place + 1 :]:
            time = plain_span_share(*(d[k] for k in (a, b) for d in days), 1)
            tenth = np.nan_to_num(np.floor(min(size[1][a], size[1][b]) / 10))
            alike = plain_span_share(*(d[k] for k in (a, b) for d in size), max(1, tenth))
            space = space_share(xy, radius, np.array([a]), np.array([b]))[0]
            if space * time * alike >= least and space > 0:
                found.append((rows["id"][a], rows["id"][b], space * time * alike))
    return found


def days(first: int | None, length: int) -> dict[str, object]:
    if first is None:
        return {}
    start = pd.Timestamp("2024-03-01") + pd.Timedelta(days=first)
    return {"date_from": start, "date_to": start + pd.Timedelta(days=length)}


RECORD = st.builds(
    lambda x, u, day, length, size, more: {
        "x": x, "uncertainty_m": u, **days(day, length),
        **({} if size is None else {"group_min": size, "group_max": size + more}),
    },
    st.integers(0, 2500), st.sampled_from([0, 5, 50, 300, 500, 900, 2000, 50_000]),
    st.none() | st.integers(0, 12), st.sampled_from([0, 0, 1, 4, 9, 30]),
    st.none() | st.integers(1, 40), st.integers(0, 12),
)  # fmt: skip


@given(st.lists(RECORD, min_size=2, max_size=9))
def test_no_pair_is_lost_by_looking_at_neighbours_only(rows: list[dict[str, object]]) -> None:
    records, least = frame(*rows), duplicates.LEAST
    found = probable_duplicates(records)
    table = found.table[["first", "second", "score"]]
    assert found.found == len(table)
    expected = {pair[:2]: pair[2] for pair in plain_pairs(records, least + 1e-9)}
    got = {(row.first, row.second): row.score for row in table.itertuples()}
    assert {pair: got.get(pair) for pair in expected} == pytest.approx(expected)
    # What is beyond it scores as much as rounding can decide.
    assert all(got[pair] < least + 2e-9 for pair in set(got) - set(expected))


@given(
    st.integers(-9, 9), st.integers(0, 12), st.integers(-9, 9), st.integers(0, 12),
    st.integers(1, 4),
)  # fmt: skip
def test_the_share_of_two_spans_is_that_of_counting(
    low: int, more: int, other: int, more_of_other: int, apart: int
) -> None:
    lows, highs = np.array([low, other]) * 1.0, np.array([low + more, other + more_of_other]) * 1.0
    first, second = np.array([0]), np.array([1])
    share = span_share(lows, highs, first, second, np.array([apart * 1.0]))
    plain = plain_span_share(low, low + more, other, other + more_of_other, apart)
    assert share == pytest.approx([plain])


def test_more_pairs_than_are_listed_are_counted_and_the_best_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = frame(*({"x": 3 * k, "uncertainty_m": 200} for k in range(60)), {"x": 9000})
    rows.loc[60, "relates_to"] = "R0"
    every = probable_duplicates(rows)
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 100)
    some = probable_duplicates(rows)
    assert every.found == some.found == len(every.table) == 60 * 59 // 2 + 1
    assert len(some.table) == 101
    assert some.table["marked"].sum() == 1
    pd.testing.assert_frame_equal(
        some.table[~some.table["marked"]], every.table[~every.table["marked"]].head(100),
        check_index_type=False,
    )  # fmt: skip


def test_blocks_of_pairs_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    rows = frame(
        *({"x": x, "uncertainty_m": u, **days(None if d == 9 else int(d), 0)}
          for x, u, d in zip(draw.uniform(0, 9000, 300), draw.uniform(5, 500, 300),
                             draw.integers(0, 10, 300), strict=True))
    )  # fmt: skip
    whole = probable_duplicates(rows).table
    monkeypatch.setattr(duplicates, "_BLOCK", 50)
    monkeypatch.setattr(duplicates, "_LENSES", 7)
    pd.testing.assert_frame_equal(probable_duplicates(rows).table, whole)
    assert len(whole) > 500


@pytest.mark.parametrize("uncertainty_m", [50_000.0, 300.0])
def test_thousands_of_records_need_little_memory(uncertainty_m: float) -> None:
    """Of 20,000 records a square of pairs would take 3 GB; a wide disc pulls none in."""
    draw = np.random.default_rng(1)
    n = 20_000
    table = pd.DataFrame(
        {
            "id": [f"R{k}" for k in range(n)],
            "kind": "sighting",
            "uncertainty_m": np.where(draw.random(n) < 0.01, uncertainty_m, 50.0),
            "date_from": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(draw.integers(0, 1000, n), "D"),
            "geometry": gpd.points_from_xy(draw.uniform(0, 6e4, n), draw.uniform(0, 1e5, n)),
        }
    )
    records = RECORDS.geoframe(table, crs=METRIC)
    tracemalloc.start()
    try:
        probable_duplicates(records)
        assert tracemalloc.get_traced_memory()[1] < 400e6
    finally:
        tracemalloc.stop()


def test_a_record_without_a_day_may_be_of_any_day_of_the_file() -> None:
    """Of 92 days three are near enough to a given day: the score is about 3 in 92."""
    facts = {"x": 0.0, "group_min": 5, "group_max": 5, "uncertainty_m": 0}
    at = {name: pd.Timestamp("2024-05-01") for name in ("date_from", "date_to")}
    far = {"x": 9e4, "date_from": pd.Timestamp("2024-04-01"), "date_to": pd.Timestamp("2024-07-01")}
    rows = frame({**facts, **at}, facts, {**facts, **far})
    assert probable_duplicates(rows).table.empty
    marked = rows.assign(relates_to=[None, "R0", None])
    (score,) = probable_duplicates(marked).table["score"]
    assert score == pytest.approx(3 / 92)
