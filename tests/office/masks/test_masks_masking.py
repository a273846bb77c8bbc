"""Masking, twins and differences: what a release may tell, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.schema import METRIC, NEED, PLACES, SIGHTINGS
from geo.sightings import check
from mitrovica.masks import difference, mask, twin, utility
from mitrovica.masks.tiers import TIERS, Tier

DAY = date(2026, 11, 26)
MIDDLE = np.array([7_487_000.0, 4_749_000.0])
MONTHS = ["2025-01", "2025-02", "2025-Q1", "2025-05", "2025-08", "2026-10", None]
PLACE = PLACES.geoframe(
    gpd.GeoDataFrame(
        {"kind": ["town"], "name_en": ["Town"], "uncertainty_m": [500.0]},
        geometry=[shapely.Point(MIDDLE)],
        crs=METRIC,
    )
)


def sightings(n: int, seed: int, months: list[str | None] = MONTHS) -> gpd.GeoDataFrame:
    """Return coarse sightings: half of them in a town, the others about the country."""
    draw = np.random.default_rng(seed)
    near = draw.normal(MIDDLE, 1500, (n // 2, 2))
    far = draw.uniform(MIDDLE - 40_000, MIDDLE + 40_000, (n - n // 2, 2))
    xy = np.floor(np.concatenate([near, far]) / 100) * 100 + 50
    return SIGHTINGS.geoframe(
        gpd.GeoDataFrame(
            {
                "id": [f"S{k}" for k in range(1, n + 1)], "kind": "sighting",
                "period": draw.choice(np.array(months, dtype=object), n),
                "size_class": "unknown", "uncertainty_m": 100.0, "cell_m": 100.0,
            },
            geometry=shapely.points(xy), crs=METRIC,
        )
    )  # fmt: skip


def counted(rows: gpd.GeoDataFrame) -> dict[tuple[int, int, int, str], int]:
    """Count the groups of a partner's cells from the source, square by square."""
    quarter = {"2025-01": "2025-Q1", "2025-02": "2025-Q1", "2025-Q1": "2025-Q1",
               "2025-05": "2025-Q2", "2025-08": "2025-Q3"}  # fmt: skip
    left = [
        (point.x, point.y, quarter[period])
        for point, period in zip(rows.geometry, rows["period"], strict=True)
        if period in quarter
    ]
    found: dict[tuple[int, int, int, str], int] = {}
    for km in (2, 4, 8, 16, 32, 64, 128):
        square = [
            (int(x // 1000) // km * km, int(y // 1000) // km * km, km, q)
            for x, y, q in left
        ]
        full = {key for key in square if square.count(key) >= 10}
        found |= {key: square.count(key) for key in full}
        left = [row for row, key in zip(left, square, strict=True) if key not in full]
    return found


@settings(deadline=None)
@given(
    n=st.integers(0, 400),
    seed=st.integers(0, 10_000),
    name=st.sampled_from(["partner", "public"]),
)
def test_no_cell_rests_on_fewer_groups_than_the_tier_asks(
    n: int, seed: int, name: str
) -> None:
    tier, rows = TIERS[name], sightings(n, seed)
    masked = mask(rows, PLACE, tier, DAY)
    cells = masked.cells
    assert (cells["groups"] >= tier.least_groups).all()
    assert (cells["side_m"] >= tier.side_m).all()
    assert cells["groups"].sum() + masked.withheld == n
    if name == "partner":
        km = (
            (cells[["west_m", "south_m", "side_m"]] / 1000)
            .astype(int)
            .to_numpy()
            .tolist()
        )
        keys = [
            (*each, period) for each, period in zip(km, cells["period"], strict=True)
        ]
        assert dict(zip(keys, cells["groups"], strict=True)) == counted(rows)
    # What the analysis sees is what the cells say, and is coarse.
    assert len(masked.sightings) == cells["groups"].sum()
    check(masked.sightings, PLACE)
    assert set(masked.sightings["size_class"]) <= {"unknown"}


def test_a_cell_counts_what_lies_in_it_where_no_narrower_one_does() -> None:
    corner = np.floor(MIDDLE / 4000) * 4000
    offsets = (
        [(1000, 1000)] * 12
        + [(3000, 1000)] * 3
        + [(1000, 3000)] * 5
        + [(3000, 3000)] * 4
    )
    rows = sightings(len(offsets), 0, ["2025-01"])
    rows = rows.set_geometry(
        gpd.GeoSeries(shapely.points(corner + np.array(offsets) + 50), crs=METRIC)
    )
    cells = mask(rows, PLACE, TIERS["partner"], DAY).cells
    assert cells[["side_m", "groups"]].to_numpy(float).tolist() == [
        [2000, 12],
        [4000, 12],
    ]
    few = mask(rows.iloc[12:], PLACE, TIERS["partner"], DAY)
    assert few.cells[["side_m", "groups"]].to_numpy(float).tolist() == [[4000, 12]]
    assert mask(rows.iloc[:9], PLACE, TIERS["partner"], DAY).withheld == 9


@pytest.mark.parametrize(
    ("period", "on", "released"),
    [
        ("2026-09", date(2026, 10, 30), []),
        ("2026-09", date(2026, 10, 31), ["2026-Q3"]),
        ("2026-Q3", date(2026, 10, 31), ["2026-Q3"]),
        ("2025-12", date(2026, 1, 31), ["2025-Q4"]),
        (None, date(2030, 1, 1), []),
    ],
)
def test_a_period_is_released_days_after_its_end(
    period: str | None, on: date, released: list[str]
) -> None:
    cells = mask(sightings(30, 1, [period]), PLACE, TIERS["partner"], on).cells
    assert sorted(set(cells["period"])) == released


@settings(deadline=None)
@given(
    n=st.integers(0, 400),
    seed=st.integers(0, 10_000),
    name=st.sampled_from(["partner", "public"]),
)
def test_a_twin_has_the_same_cells_and_other_places(
    n: int, seed: int, name: str
) -> None:
    tier, rows = TIERS[name], sightings(n, seed)
    masked, other = mask(rows, PLACE, tier, DAY), twin(rows, tier, DAY, seed)
    again = mask(other, PLACE, tier, DAY)
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.cells.drop(columns="geometry")),
        pd.DataFrame(masked.cells.drop(columns="geometry")),
    )
    assert again.withheld == 0
    if len(other) > 20:
        assert set(zip(other.geometry.x, other.geometry.y, strict=True)) != set(
            zip(rows.geometry.x, rows.geometry.y, strict=True)
        )


@settings(deadline=None)
@given(n=st.integers(0, 600), seed=st.integers(0, 10_000))
def test_everybody_and_a_partner_together_know_no_more_than_a_partners_cell(
    n: int, seed: int
) -> None:
    rows = sightings(n, seed)
    partner, public = (
        mask(rows, PLACE, TIERS[t], DAY).cells for t in ("partner", "public")
    )
    assert difference(public, partner, TIERS["partner"].least_groups).empty


def test_one_sighting_more_is_told_by_the_difference_of_two_releases() -> None:
    rows = sightings(200, 4, ["2025-01"])
    more = pd.concat([rows, rows.iloc[:1]], ignore_index=True)
    first, second = (
        mask(each, PLACE, TIERS["partner"], DAY).cells for each in (rows, more)
    )
    found = difference(second, first, 10)
    assert set(found["difference"]) == {1}
    assert difference(first, first, 10).empty
    assert difference(first, first.iloc[:0], 10).empty
    # What is released of the longer list is the shorter list's, until ten reports are new.
    later = mask(more, PLACE, TIERS["partner"], DAY, [first])
    assert later.unchanged == ["2025-Q1"]
    assert later.cells.drop(columns="geometry").equals(first.drop(columns="geometry"))
    many = pd.concat([rows, *[rows.iloc[:1]] * 10], ignore_index=True)
    renewed = mask(many, PLACE, TIERS["partner"], DAY, [first])
    assert renewed.cells["groups"].sum() == first["groups"].sum() + 10


@settings(deadline=None)
@given(n=st.integers(0, 120), seed=st.integers(0, 10_000))
def test_a_cell_that_two_releases_share_counts_what_lies_in_it(
    n: int, seed: int
) -> None:
    first, second = (
        mask(sightings(n + more, seed), PLACE, TIERS["partner"], DAY).cells
        for more in (0, 5)
    )

    def count(cells: pd.DataFrame, square: pd.Series) -> int:
        low, side = (square[["west_m", "south_m"]].to_numpy(float), square["side_m"])
        return sum(
            int(row.groups) for row in cells.itertuples()
            if row.period == square["period"]
            and low[0] <= row.west_m and row.west_m + row.side_m <= low[0] + side
            and low[1] <= row.south_m and row.south_m + row.side_m <= low[1] + side
        )  # fmt: skip

    both = pd.concat([first, second]).drop_duplicates(
        ["west_m", "south_m", "side_m", "period"]
    )
    apart = [abs(count(first, row) - count(second, row)) for _, row in both.iterrows()]
    found = difference(first, second, 10)["difference"]
    assert sorted(found) == sorted(each for each in apart if 0 < each < 10)


def test_thresholds_are_in_one_table_and_rise_with_the_tier() -> None:
    partner, public = TIERS["partner"], TIERS["public"]
    assert (partner.least_groups, partner.delay_days, partner.period) == (
        10,
        30,
        "quarter",
    )
    assert (public.least_groups, public.delay_days, public.period) == (
        20,
        90,
        "half-year",
    )
    assert public.side_m >= 5000
    assert public.made_of == partner
    stricter: Tier = replace(partner, least_groups=30)
    assert mask(sightings(200, 2), PLACE, stricter, DAY).cells["groups"].min() >= 30


def test_utility_is_the_need_that_stays_in_its_square() -> None:
    def need(*rows: tuple[float, float]) -> gpd.GeoDataFrame:
        at = [shapely.Point(x, 0) for x, _ in rows]
        return NEED.geoframe(
            gpd.GeoDataFrame(
                {"observed": [w for _, w in rows]}, geometry=at, crs=METRIC
            )
        )

    full = need((1000, 0.5), (9000, 0.3), (17_000, 0.2))
    shares, kept, rank = utility(full, need((2000, 0.6), (10_000, 0.4)))
    assert shares.to_numpy().tolist() == [[0.5, 0.6], [0.3, 0.4], [0.2, 0.0]]
    assert kept == pytest.approx(0.8)
    assert rank == pytest.approx(1.0)
    assert np.isnan(utility(full, need())[1])
