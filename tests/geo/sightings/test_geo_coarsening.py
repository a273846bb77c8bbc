"""Coarsening: what leaves follows from the coarse rows only, and no other table passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geo.crs import CRSError
from geo.params import PrivacyParams
from geo.schema import METRIC, PLACES, RECORDS, SIGHTING_IDS, SIGHTINGS, WGS84
from geo.sightings import CoarseningError, check, coarsen, events_of, reduced
from geo.sightings.coarsening import UNCERTAINTY_M

PLANTED = "PLANTED"
EAST, NORTH = 7_480_000.0, 4_750_000.0

Row = Mapping[str, object]


@cache
def places() -> gpd.GeoDataFrame:
    rows = [
        {
            "id": "P1",
            "kind": "town",
            "name_en": "Large",
            "uncertainty_m": 2000.0,
            "x": 0,
            "y": 0,
        },
        {
            "id": "P2",
            "kind": "town",
            "name_en": "Small",
            "uncertainty_m": 100.0,
            "x": 5000,
            "y": 0,
        },
        {
            "id": "P3",
            "kind": "station",
            "name_en": "Near",
            "uncertainty_m": 0.0,
            "x": 10,
            "y": 10,
        },
    ]
    frame = pd.DataFrame(rows)
    points = gpd.points_from_xy(EAST + frame["x"], NORTH + frame["y"], crs=METRIC)
    return PLACES.geoframe(frame.assign(geometry=points))


def records(*rows: Row) -> gpd.GeoDataFrame:
    """Return records; a row names its ``x`` and ``y`` in metres from the corner of a cell."""
    frame = pd.DataFrame([{"x": 0.0, "y": 0.0, **row} for row in rows])
    if frame.empty:
        return RECORDS.geoframe(crs=METRIC)
    filled: dict[str, Any] = {
        "id": [f"r{k}" for k in range(len(frame))],
        "kind": "sighting",
        "uncertainty_m": 0.0,
    }
    for name, value in filled.items():
        known = (
            frame[name] if name in frame else pd.Series(None, frame.index, dtype=object)
        )
        frame[name] = known.fillna(pd.Series(value, frame.index))
    points = gpd.points_from_xy(EAST + frame["x"], NORTH + frame["y"], crs=METRIC)
    return RECORDS.geoframe(frame.assign(geometry=points))


def through(*rows: Row, params: PrivacyParams | None = None) -> gpd.GeoDataFrame:
    return coarsen(records(*rows), places(), params).sightings


def on(day: str, until: str | None = None, group: int | None = 3) -> dict[str, object]:
    return {
        "date_from": pd.Timestamp(day), "date_to": pd.Timestamp(until or day),
        "group_min": group, "group_max": group,
    }  # fmt: skip


def by_x(table: gpd.GeoDataFrame, name: str) -> list[object]:
    """Return a column in the order of the cells from west to east."""
    return table.iloc[np.argsort(table.geometry.x, kind="stable")][name].tolist()


def test_a_position_becomes_the_middle_of_its_cell() -> None:
    table = through(
        {"x": 0.0, "y": 0.0}, {"x": 99.9, "y": 250.0}, {"x": -0.1, "y": 0.0}
    )
    found = {
        (x - EAST, y - NORTH)
        for x, y in zip(table.geometry.x, table.geometry.y, strict=True)
    }
    assert found == {(50.0, 50.0), (50.0, 250.0), (-50.0, 50.0)}
    assert (table["cell_m"] == 100).all()
    check(table, places())


@pytest.mark.parametrize(
    ("true", "raised"),
    [(0, 0), (1, 50), (50, 50), (50.1, 100), (400, 500), (100_000, 100_000)],
)
def test_an_uncertainty_is_raised_to_the_next_step(true: float, raised: float) -> None:
    assert through({"uncertainty_m": true})["uncertainty_m"].tolist() == [raised]


def test_month_where_three_share_it() -> None:
    table = through(on("2021-03-01"), on("2021-03-09"), on("2021-03-31"))
    assert table["period"].tolist() == ["2021-03"] * 3
    assert table["size_class"].tolist() == ["1-4"] * 3


def test_quarter_where_months_differ() -> None:
    table = through(on("2021-01-01"), on("2021-02-09"), on("2021-03-31"))
    assert table["period"].tolist() == ["2021-Q1"] * 3
    assert table["size_class"].tolist() == ["1-4"] * 3


def test_no_size_where_two_share_a_quarter() -> None:
    table = through(on("2021-01-01"), on("2021-02-09"))
    assert table["period"].tolist() == ["2021-Q1"] * 2
    assert table["size_class"].tolist() == ["unknown"] * 2


def test_a_month_of_each_size_class_of_its_own() -> None:
    """Three small groups keep March; the one large group of March has a quarter and no size."""
    rows = [on("2021-03-05") | {"x": 100.0 * k} for k in range(3)]
    table = through(*rows, on("2021-03-05", group=12) | {"x": 500.0})
    assert by_x(table, "period") == ["2021-03"] * 3 + ["2021-Q1"]
    assert by_x(table, "size_class") == ["1-4"] * 3 + ["unknown"]


@pytest.mark.parametrize(
    ("day", "until", "period"),
    [
        ("2021-03-30", "2021-03-31", "2021-03"),
        ("2021-03-01", "2021-02-15", "2021-02"),
        ("2021-03-31", "2021-04-01", "2021-03"),
        ("2021-02-20", "2021-03-22", "2021-03"),
        ("2021-02-20", "2021-03-23", "2021-Q1"),
        ("2021-03-01", "2021-05-31", "2021-Q2"),
        ("2021-01-01", "2022-01-01", None),
    ],
)
def test_days_belong_to_the_month_or_quarter_of_their_middle(
    day: str, until: str, period: str | None
) -> None:
    table = through(*[on(day, until)] * 3)
    found = [None if pd.isna(value) else value for value in table["period"]]
    assert found == [period] * 3


def test_a_night_across_the_end_of_a_month_looks_like_any_other() -> None:
    """30 April to 1 May, 30 June to 1 July: no row reveals that its days cross an end."""
    ordinary = [on(f"2021-0{month}-10") for month in (4, 5, 6) for _ in range(3)]
    across = [on("2021-04-30", "2021-05-01"), on("2021-06-30", "2021-07-01")]
    table = through(*ordinary, *across)
    assert table["period"].value_counts().to_dict() == {
        "2021-04": 4,
        "2021-05": 3,
        "2021-06": 4,
    }


def test_one_missing_month_cannot_be_worked_out_from_the_other_two() -> None:
    """Two reports in April, three in May, four in June: May goes to the quarter with April."""
    days = ["2021-04-10"] * 2 + ["2021-05-10"] * 3 + ["2021-06-10"] * 4
    table = through(*map(on, days))
    assert table["period"].value_counts().to_dict() == {"2021-Q2": 5, "2021-06": 4}


def test_another_grid_of_the_region_is_refused() -> None:
    """A grid in UTM lies across that of EPSG:9141: both together would cut its cells."""
    other = "EPSG:32634"
    at = gpd.GeoSeries.from_xy([20.87], [42.89], crs=WGS84).to_crs(other)
    row = (
        records({})
        .set_geometry(at.values, crs=None)
        .set_crs(other, allow_override=True)
    )
    with pytest.raises(CRSError, match="in Kosovo the grid is that of EPSG:9141"):
        coarsen(row, places().to_crs(other))


@pytest.mark.parametrize("grid_m", [99, 130, 250.5])
def test_grids_that_would_cut_one_another_are_refused(grid_m: float) -> None:
    with pytest.raises(ValueError, match="grid_m"):
        PrivacyParams(grid_m=grid_m)


def test_one_known_bound_of_the_days_stands_for_both() -> None:
    row = on("2021-03-05") | {"date_to": pd.NaT}
    assert through(row, row, row)["period"].tolist() == ["2021-03"] * 3


def test_least_reports_can_be_more() -> None:
    rows = [on("2021-03-05")] * 4
    strict = through(*rows, params=PrivacyParams(least_reports=5))
    assert strict["period"].tolist() == ["2021-Q1"] * 4
    assert strict["size_class"].tolist() == ["unknown"] * 4


def test_ids_are_numbers_by_kind_in_the_order_of_cells() -> None:
    table = through({"x": 900.0}, {"x": 100.0}, {"x": 500.0, "kind": "interview"})
    assert table["id"].tolist() == ["S1", "S2", "I1"]
    assert (table.geometry.x - EAST).tolist() == [150.0, 950.0, 550.0]


def test_ids_of_the_user_stay_behind() -> None:
    found = coarsen(
        records({"id": "Ahmad.b.1998", "x": 900.0}, {"id": "F000001"}), places()
    )
    assert found.ids.to_dict("list") == {
        "id": ["S1", "S2"],
        "record": ["F000001", "Ahmad.b.1998"],
    }
    assert list(found.ids) == SIGHTING_IDS.names
    assert "Ahmad" not in found.sightings.to_json()


def test_relations_follow_the_new_ids() -> None:
    table = through(
        {"id": "a", "x": 700.0}, {"id": "b", "kind": "interview", "relates_to": "a"},
        {"id": "c", "relates_to": "gone"},
    )  # fmt: skip
    assert table.set_index("id")["relates_to"].fillna("").to_dict() == {
        "S1": "", "S2": "", "I1": "S2",
    }  # fmt: skip
    events, excluded = events_of(table)
    assert events["id"].tolist() == ["S1", "S2"]
    assert excluded["reason"].tolist() == ["repeats S2"]


def test_of_rows_alike_a_relation_names_the_first() -> None:
    rows = [{"id": "a"}, {"id": "b"}]
    for other in ("a", "b"):
        table = through(*rows, {"id": "i", "kind": "interview", "relates_to": other})
        assert table["relates_to"].fillna("").tolist() == ["", "", "S1"]


@pytest.mark.parametrize(
    ("x", "town"),
    [(0.0, "Large"), (3400.0, "Large"), (3700.0, "Small"), (5000.0, "Small")],
)
def test_the_coarse_place_is_the_nearest_town_as_a_disc(x: float, town: str) -> None:
    """The edges of the towns lie at 2,000 m and 4,900 m: the middle is 3,450 m."""
    assert through({"x": x})["coarse_place"].tolist() == [town]


def test_without_a_town_there_is_no_coarse_place() -> None:
    found = coarsen(records({}), places().iloc[2:]).sightings
    assert found["coarse_place"].isna().all()


def test_rows_that_differ_in_their_relation_only_are_sorted_by_it() -> None:
    one: list[Row] = [{"id": "a"}, {"id": "b", "x": 300.0}]
    two: list[Row] = [
        {"id": f"i{k}", "kind": "interview", "relates_to": k} for k in ("a", "b")
    ]
    assert_frame_equal(through(*one, *two), through(*one, *two[::-1]))


POSITIONS = st.tuples(st.floats(0, 99.99), st.floats(0, 99.99))
RECORD = st.fixed_dictionaries(
    {
        "x": st.sampled_from([-10.0, 1.0, 60.0]), "y": st.floats(0, 99),
        "uncertainty_m": st.sampled_from([0.0, 10.0, 120.0]),
        "group_min": st.sampled_from([None, 2, 7]),
        "date_from": st.sampled_from([pd.NaT, *pd.to_datetime(["2021-01-05", "2021-02-07"])]),
        "located_kind": st.sampled_from([None, "railway", "town"]),
        "kind": st.sampled_from(["sighting", "interview"]),
        "relates_to": st.sampled_from([None, "r0", "r1"]),
    }
)  # fmt: skip


@given(
    rows=st.lists(RECORD, min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_file_changes_nothing(
    rows: list[Row], order: st.DataObject
) -> None:
    named: list[Row] = [{**row, "id": f"r{k}"} for k, row in enumerate(rows)]
    mixed = list(named)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert_frame_equal(through(*named), through(*mixed))


@given(
    one=st.lists(POSITIONS, min_size=3, max_size=3),
    two=st.lists(POSITIONS, min_size=3, max_size=3),
)
def test_any_places_within_the_cells_give_the_same_table(
    one: list[tuple[float, float]], two: list[tuple[float, float]]
) -> None:
    def table(at: list[tuple[float, float]]) -> gpd.GeoDataFrame:
        return through(*({"x": 200 * k + x, "y": y} for k, (x, y) in enumerate(at)))

    assert_frame_equal(table(one), table(two))


def test_nothing_sensitive_comes_through() -> None:
    planted: dict[str, object] = {
        "id": f"{PLANTED}-id", "place": PLANTED, "setting": PLANTED, "clothing": PLANTED,
        "needs": PLANTED, "note": PLANTED, "time_of_day": PLANTED, "located_from": PLANTED,
        "heading": "north", "luggage": "yes", "males_min": 777, "females_min": 778,
        "age_min": 111, "age_max": 113, "group_min": 779, "group_max": 779,
        "date_from": pd.Timestamp("2021-03-17"), "date_to": pd.Timestamp("2021-03-17"),
        "x": 12.345, "y": 67.891, "uncertainty_m": 123.0,
    }  # fmt: skip
    table = through(planted, planted | {"id": "b"}, planted | {"id": "c"})
    assert list(table.columns) == [*SIGHTINGS.names, "geometry"]
    written = table.to_json() + table.to_csv()
    hidden = [
        PLANTED,
        "777",
        "778",
        "779",
        "111",
        "113",
        "2021-03-17",
        "12.345",
        "67.891",
        "123",
    ]
    for value in (*hidden, "north", "yes"):
        assert value not in written, value
    sensitive = {column.name for column in RECORDS.columns if column.sensitive}
    assert not sensitive & set(table.columns)


def test_an_exact_position_is_refused() -> None:
    table = through({"x": 12.345, "y": 67.891}).assign(cell_m=0.0)
    with pytest.raises(CoarseningError, match="the grid of 100 m"):
        check(table, places())


def test_a_wider_grid() -> None:
    table = through({"x": 740.0, "y": 100.0}, params=PrivacyParams(grid_m=1000))
    assert [table.geometry.x[0] - EAST, table.geometry.y[0] - NORTH] == [500.0, 500.0]
    assert table["cell_m"].tolist() == [1000.0]


def test_no_records_give_an_empty_table_of_the_right_types() -> None:
    found = coarsen(records(), places())
    assert len(found.sightings) == len(found.ids) == 0
    assert (
        found.sightings.dtypes.to_dict()
        == SIGHTINGS.geoframe(crs=METRIC).dtypes.to_dict()
    )
    assert found.sightings.crs == METRIC
    check(found.sightings, places())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.drop(columns="uncertainty_m"), "no column uncertainty_m"),
        (lambda r: r.assign(geometry=None), "record 0 has no position"),
        (lambda r: r.assign(uncertainty_m=np.nan), "uncertainty that is not known"),
        (lambda r: r.assign(uncertainty_m=2e5), "uncertainty that is not known"),
        (lambda r: r.assign(uncertainty_m=-5.0), "uncertainty that is not known"),
        (lambda r: r.assign(id="same"), "id that another record has"),
    ],
)
def test_records_that_cannot_pass(
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], message: str
) -> None:
    with pytest.raises(CoarseningError, match=message):
        coarsen(change(records({}, {})), places())


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="records"):
        coarsen(records({}).to_crs(WGS84), places())
    with pytest.raises(CRSError, match="sightings"):
        check(through({}).to_crs(WGS84), places())


@pytest.fixture(scope="module")
def one() -> gpd.GeoDataFrame:
    return through({})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(note="x"), "columns note; they are not coarse"),
        (lambda t: t.drop(columns="period"), "no column period"),
        (
            lambda t: t.set_geometry(t.geometry.translate(0.5, 0)),
            "the middle of its cell",
        ),
        (lambda t: t.assign(uncertainty_m=73.0), "a coarse uncertainty"),
        (lambda t: t.assign(uncertainty_m=np.nan), "a coarse uncertainty"),
        (lambda t: t.assign(period="2021-03-17"), "a month, quarter or half-year"),
        (lambda t: t.assign(period="2021-13"), "a month, quarter or half-year"),
        (lambda t: t.assign(size_class="7"), "a class of group size"),
        (lambda t: t.assign(id="Ahmad"), "an id such as S1"),
        (lambda t: t.assign(id=pd.Series([None], dtype="string")), "an id such as S1"),
        (lambda t: t.assign(located_kind="Ahmad"), "a kind of place"),
        (lambda t: t.assign(relates_to="Ahmad"), "a relation such as S1"),
        (lambda t: t.assign(kind="visit"), "a kind of record"),
        (lambda t: t.assign(coarse_place="Ahmad"), "a known town"),
        (lambda t: t.assign(cell_m=150.0), "the grid of 100 m"),
        (lambda t: t.assign(cell_m=50.0), "the grid of 100 m"),
        (lambda t: t.assign(cell_m=np.nan), "the grid of 100 m"),
    ],
)
def test_a_table_from_elsewhere_is_refused(
    one: gpd.GeoDataFrame,
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    message: str,
) -> None:
    with pytest.raises(
        CoarseningError, match=f"{message}.*Fix: sightings = geo.sightings.coarsen"
    ):
        check(change(one), places())


@pytest.mark.parametrize("n", [10_000, pytest.param(100_000, marks=pytest.mark.proof)])
def test_many_records_pass(n: int) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": np.arange(n).astype(str),
            "kind": "sighting",
            "uncertainty_m": rng.choice([0.0, 70.0, 260.0], n),
            "group_min": rng.integers(1, 30, n),
            "date_from": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 700, n), "D"),
        }
    )
    xy = rng.uniform(0, 20_000, (n, 2)) + np.array([EAST, NORTH])
    frame["geometry"] = gpd.points_from_xy(xy[:, 0], xy[:, 1], crs=METRIC)
    table = coarsen(RECORDS.geoframe(frame), places()).sightings
    check(table, places())
    assert len(table) == n
    assert table["id"].is_unique
    assert set(table["uncertainty_m"]) <= set(UNCERTAINTY_M)
    shared = table.groupby(["period", "size_class"]).size()
    assert shared[shared.index.get_level_values("size_class") != "unknown"].min() >= 3


@given(rows=st.data())
def test_as_little_as_an_office_keeps_makes_the_same_sightings(
    rows: st.DataObject,
) -> None:
    """What `coarsen` makes of reduced records is what it makes of the records."""
    day = st.dates(pd.Timestamp("2025-01-01").date(), pd.Timestamp("2025-12-31").date())
    drawn = rows.draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "x": st.floats(-9000, 9000),
                    "y": st.floats(-9000, 9000),
                    "uncertainty_m": st.floats(0.1, 90_000),
                    "date_from": day,
                    "span": st.integers(0, 120),
                    "known": st.booleans(),
                    "group_min": st.integers(1, 60),
                    "more": st.none() | st.integers(0, 40),
                    "located_kind": st.sampled_from(["road", "device", None]),
                    "kind": st.sampled_from(["sighting", "interview"]),
                }
            ),
            min_size=1,
            max_size=12,
        )
    )
    frame = pd.DataFrame(drawn).assign(id=lambda f: [f"R{k}" for k in f.index])
    first = pd.to_datetime(frame["date_from"]).where(frame["known"])
    frame["date_to"] = first + pd.to_timedelta(frame["span"], unit="D")
    frame["date_from"] = first
    frame["group_max"] = frame["group_min"] + frame["more"].astype("Float64")
    points = gpd.points_from_xy(EAST + frame["x"], NORTH + frame["y"])
    records = RECORDS.geoframe(
        gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=points, crs=METRIC)
    )
    little = reduced(records)
    again = gpd.GeoDataFrame(
        little, geometry=gpd.points_from_xy(little["lon"], little["lat"]), crs=WGS84
    ).to_crs(METRIC)
    expected, found = (coarsen(one, places()).sightings for one in (records, again))
    assert_frame_equal(
        pd.DataFrame(found.drop(columns="geometry")),
        pd.DataFrame(expected.drop(columns="geometry")),
    )
    assert found.geometry.distance(expected.geometry).max() < 0.05
