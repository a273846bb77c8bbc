"""Probable duplicates: pairs near in place and day and alike in size; kept or merged by choice."""

from __future__ import annotations

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from shapely import Point

from geo.crs import CRSError
from geo.schema import DUPLICATES, METRIC, RECORDS
from geo.sightings import duplicates, probable_duplicates, resolve
from layers.readers import bundled

DAY = {"date_from": "2024-03-01", "date_to": "2024-03-01"}
FACTS = {**DAY, "group_min": 5, "group_max": 5}


def frame(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Return records, one a row, each a point at (x, 0) metres."""
    full: list[dict[str, object]] = []
    for i, row in enumerate(rows):
        base = {"id": f"R{i}", "kind": "sighting", "uncertainty_m": 1.0}
        base["geometry"] = Point(row["x"], 0)  # type: ignore[arg-type,assignment]
        days = {
            name: pd.Timestamp(str(row[name]))
            for name in ("date_from", "date_to")
            if name in row
        }
        full.append({**base, **row, **days})
    return RECORDS.geoframe(pd.DataFrame(full), crs=METRIC)


def listed(*rows: dict[str, object]) -> set[tuple[str, str]]:
    pairs = probable_duplicates(frame(*rows))
    return {tuple(sorted(pair)) for pair in pairs[["first", "second"]].to_numpy()}


def test_same_place_day_and_size() -> None:
    (pair,) = probable_duplicates(
        frame({"x": 0, **FACTS}, {"x": 100, **FACTS})
    ).itertuples()
    assert (pair.first, pair.second, pair.distance_m, pair.marked) == (
        "R0",
        "R1",
        100,
        False,
    )
    assert pair.score == pytest.approx(500 / (500 + 100 + 2))


@pytest.mark.parametrize(
    ("change", "score"),
    [
        ({}, 500 / 502),
        ({"x": 250, "uncertainty_m": 249.0}, 500 / 1000),
        ({"date_from": "2024-03-02", "date_to": "2024-03-02"}, 500 / 502 / 2),
        ({"date_to": "2024-03-10"}, 500 / 502 / 10),
        ({"date_from": None, "date_to": None}, 0),
        ({"group_min": 6, "group_max": 6}, 500 / 502 * 5 / 6),
        ({"group_min": 3, "group_max": 7}, 500 / 502 * 3 / 7),
        ({"group_min": None, "group_max": None}, 500 / 502 / 2),
    ],
)
def test_the_score_is_lower_the_further_and_the_vaguer(
    change: dict[str, object], score: float
) -> None:
    other = {
        name: value for name, value in {"x": 0, **FACTS, **change}.items() if value
    }
    # A marked pair is listed whatever its score.
    pairs = probable_duplicates(
        frame({"x": 0, **FACTS}, {"x": 0, **other, "relates_to": "R0"})
    )
    assert pairs["score"].tolist() == pytest.approx([score])


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({"date_from": "2024-03-02", "date_to": "2024-03-02"}, True),
        ({"date_from": "2024-03-03", "date_to": "2024-03-03"}, False),
        ({"date_from": "2024-02-29", "date_to": "2024-02-29"}, True),
        ({"date_from": "2024-02-26", "date_to": "2024-02-28"}, False),
        ({"date_from": "2024-02-27", "date_to": "2024-02-29"}, True),
        ({"date_from": "2024-03-01", "date_to": "2024-03-10"}, False),  # too vague
        ({"date_from": None, "date_to": None}, False),
        ({"group_min": 6, "group_max": 6}, True),
        ({"group_min": 7, "group_max": 7}, False),
        ({"group_min": 7, "group_max": 9}, False),
        ({"group_min": 3, "group_max": 7}, True),
        ({"group_min": None, "group_max": None}, True),
        ({"x": 502}, True),
        ({"x": 503}, False),
        ({"x": 900, "uncertainty_m": 400.0}, True),
        ({"x": 0, "uncertainty_m": 1001.0}, False),  # too vague
    ],
)
def test_what_agrees(change: dict[str, object], agrees: bool) -> None:
    other = {
        name: value for name, value in {"x": 0, **FACTS, **change}.items() if value
    }
    assert listed({"x": 0, **FACTS}, {"x": 0, **other}) == (
        {("R0", "R1")} if agrees else set()
    )


def test_large_groups_may_differ_by_a_tenth() -> None:
    sizes = [{"x": 0, **DAY, "group_min": n, "group_max": n} for n in (40, 44, 50)]
    assert listed(*sizes) == {("R0", "R1")}


@pytest.fixture(scope="module")
def records() -> gpd.GeoDataFrame:
    return bundled.records()


def test_the_bundled_interview_is_listed_because_it_is_marked(
    records: gpd.GeoDataFrame,
) -> None:
    pairs = probable_duplicates(records.to_crs(METRIC))
    assert list(pairs.columns) == DUPLICATES.names
    assert pairs[["first", "second", "marked"]].to_numpy().tolist() == [
        ["S1", "I1", True]
    ]
    assert (
        pairs["score"].item() < 0.1
    )  # forty-six possible days: they agree with too much


def merged(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Return what stays of records on one day of groups of one size."""
    records = frame(*({**FACTS, **row} for row in rows))
    return resolve(records, probable_duplicates(records), "merge")[0]


def test_keep_changes_nothing_and_notes_the_choice(records: gpd.GeoDataFrame) -> None:
    kept, noted = resolve(records, probable_duplicates(records.to_crs(METRIC)), "keep")
    assert kept is records
    assert noted["outcome"].tolist() == ["kept"]


def test_merge_leaves_the_sighting(records: gpd.GeoDataFrame) -> None:
    rest, noted = resolve(records, probable_duplicates(records.to_crs(METRIC)), "merge")
    assert rest["id"].tolist() == ["S1", "S2", "S3", "S4", "S5", "I2"]
    assert noted["outcome"].tolist() == ["merged"]


def test_the_surer_record_stays_and_the_earlier_of_two_that_are_alike() -> None:
    rows = [
        {"x": x, "uncertainty_m": u}
        for x, u in ((0, 9.0), (50, 5.0), (5000, 7.0), (5050, 7.0))
    ]
    assert merged(*rows)["id"].tolist() == ["R1", "R2"]


def test_a_record_is_left_out_only_beside_one_that_stays() -> None:
    """Reports of one place, a day apart each, are not all one group."""
    chain = [{"x": 0, **dict.fromkeys(DAY, f"2024-03-{day:02}")} for day in range(1, 6)]
    assert merged(*chain)["id"].tolist() == ["R0", "R2", "R4"]


def test_what_is_not_sure_enough_is_listed_and_kept() -> None:
    rows = frame(
        {"x": 0, **DAY}, {"x": 400, "date_from": "2024-03-02", "date_to": "2024-03-02"}
    )
    rest, noted = resolve(rows, probable_duplicates(rows), "merge")
    assert rest is rows
    assert noted["outcome"].tolist() == ["kept"]


def test_a_record_that_named_what_was_merged_names_what_stays() -> None:
    rest = merged(
        {"x": 0, "uncertainty_m": 5.0},
        {"x": 10},
        {"x": 9e4, "kind": "interview", "relates_to": "R0"},
    )
    assert rest["id"].tolist() == ["R1", "R2"]
    assert rest["relates_to"].tolist()[1] == "R1"


def test_a_record_that_stays_names_no_other_that_was_merged_into_it() -> None:
    rest = merged({"x": 0, "relates_to": "R1"}, {"x": 10, "uncertainty_m": 5.0})
    assert rest["id"].tolist() == ["R0"]
    assert rest["relates_to"].isna().all()


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    records = (
        frame(*({"x": 0} for _ in range(count)))
        if count
        else RECORDS.geoframe(crs=METRIC)
    )
    pairs = probable_duplicates(records)
    assert pairs.empty
    assert resolve(records, pairs, "merge")[0] is records


def test_degrees_are_refused(records: gpd.GeoDataFrame) -> None:
    with pytest.raises(CRSError, match="need metres"):
        probable_duplicates(records)


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
    st.integers(0, 3500), st.sampled_from([0, 5, 50, 300, 500, 900, 2000]),
    st.none() | st.integers(0, 12), st.sampled_from([0, 0, 1, 2, 3, 9]),
    st.none() | st.integers(1, 40), st.integers(0, 12),
)  # fmt: skip


def plain(one: pd.Series, other: pd.Series) -> bool:
    """Return whether two records agree, looking at them alone."""
    gap = max(
        (one["date_from"] - other["date_to"]).days,
        (other["date_from"] - one["date_to"]).days,
    )
    apart = abs(one.geometry.x - other.geometry.x)
    if gap > 1 or apart > 500 + one["uncertainty_m"] + other["uncertainty_m"]:
        return False
    if pd.isna(one["group_min"]) or pd.isna(other["group_min"]):
        return True
    most = max(1, min(one["group_max"], other["group_max"]) // 10)
    return bool(
        max(
            one["group_min"] - other["group_max"], other["group_min"] - one["group_max"]
        )
        <= most
    )


@given(st.lists(RECORD, min_size=2, max_size=9))
def test_no_pair_is_lost_by_looking_at_neighbours_only(
    rows: list[dict[str, object]],
) -> None:
    records = frame(*rows)
    sure = records[
        (records["uncertainty_m"] <= duplicates.VAGUE_M)
        & ((records["date_to"] - records["date_from"]).dt.days < duplicates.VAGUE_DAYS)
    ]
    expected = {
        (a["id"], b["id"])
        for place, (_, a) in enumerate(sure.iterrows())
        for _, b in sure.iloc[place + 1 :].iterrows()
        if plain(a, b)
    }
    found = probable_duplicates(records)
    pairs = [
        tuple(sorted(pair)) for pair in found[["first", "second"]].to_numpy().tolist()
    ]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    assert np.all(np.diff(found["score"]) <= 0)
    rest = set(resolve(records, found, "merge")[0]["id"])
    sure_pairs = found.loc[
        found["score"] >= duplicates.SURE, ["first", "second"]
    ].to_numpy()
    # Of each pair one at most stays, and each record that is left out has a pair that stays.
    assert all(len(rest & {*pair}) <= 1 for pair in sure_pairs)
    left_out = set(records["id"]) - rest
    assert left_out == {
        one
        for pair in sure_pairs
        for one in pair
        if one not in rest
        and any({*other} - {one} <= rest for other in sure_pairs if one in other)
    }
