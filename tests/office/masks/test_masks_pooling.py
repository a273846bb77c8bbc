"""Releases of several offices together: the truth lies in the ranges, and no picture tells more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from studies import offices
from studies.offices import AREAS, MADE

from geo.arguments import ArgumentError
from geo.records import months_of
from mitrovica.masks import Combined, combine, mask, twin
from mitrovica.masks.differences import SAME, counts
from mitrovica.masks.tiers import TIERS

Seen = dict[str, gpd.GeoDataFrame]
MIXES = (("partner",) * 3, ("public",) * 3, ("partner", "public", "partner"))
"""Tiers of the releases of the three offices."""


@cache
def seen(groups: int, seed: int, days: int = offices.HALF_YEAR) -> Seen:
    """Return what each office knows of one season."""
    made = offices.walks_of(groups, seed, days)
    return {
        office: offices.seen_by(office, made, 3 * seed + number)
        for number, office in enumerate(AREAS)
    }


def picture(known: Seen, tiers: Sequence[str], made: date = MADE) -> Combined:
    """Return the picture of what the offices release."""
    pairs = zip(known.items(), tiers, strict=True)
    return combine([offices.released(*each, tier, made) for each, tier in pairs])


def require_truth_within(known: Seen, combined: Combined) -> None:
    """Require that different groups of all offices, and of each, lie in every range."""
    reports = pd.concat(known.values(), keys=known, names=["office", "group"])
    reports = reports.reset_index()
    x, y = reports.get_coordinates().to_numpy().T
    for row in combined.totals.to_dict("records"):
        rows = reports[reports["period"].isin(months_of(row["period"]))]
        if row["office"] != "all together":
            rows = rows[rows["office"] == row["office"]]
        require_within(row, rows["group"].nunique())
    for row in combined.squares.to_dict("records"):
        inside = (x // row["side_m"] * row["side_m"] == row["west_m"]) & (
            y // row["side_m"] * row["side_m"] == row["south_m"]
        )
        rows = reports[inside & reports["period"].isin(months_of(row["period"]))]
        require_within(row, rows["group"].nunique())
        assert row["reported"] <= len(rows)


def require_within(row: dict[str, object], truth: int) -> None:
    low, high = row["groups_low"], row["groups_high"]
    assert low <= truth, (row, truth)  # type: ignore[operator]
    assert pd.isna(high) or truth <= high, (row, truth)  # type: ignore[call-overload,operator]


@pytest.mark.parametrize(
    ("seeds", "years"), [(1, 2), pytest.param(20, 25, marks=pytest.mark.proof)]
)
def test_the_pooled_truth_lies_within_the_ranges(seeds: int, years: int) -> None:
    """Each half-year is a season of its own: a thousand of them in the proof."""
    draw = np.random.default_rng(seeds)
    halves, squares_told, highs = 0, 0, 0
    for seed in range(seeds):
        groups = int(draw.integers(20, 900)) * 2 * years
        known = seen(groups, seed, years * 2 * offices.HALF_YEAR)
        combined = picture(known, MIXES[seed % 3], date(2100, 1, 1))
        require_truth_within(known, combined)
        squares_told += len(combined.squares)
        highs += combined.totals["groups_high"].notna().sum()
        halves += 2 * years
    assert squares_told > 5 * halves
    assert highs > 3 * halves


@pytest.mark.parametrize("tier", ["partner", "public"])
@pytest.mark.parametrize("seeds", [1, pytest.param(40, marks=pytest.mark.proof)])
def test_other_groups_in_the_same_cells_give_the_same_picture(
    tier: str, seeds: int
) -> None:
    for seed in range(seeds):
        known = seen(700, seed)
        others = {
            office: twin(rows, TIERS[tier], MADE, seed)
            for office, rows in known.items()
        }
        assert {*known["Road"].geometry} != {*others["Road"].geometry}
        one, other = (picture(each, (tier,) * 3) for each in (known, others))
        pd.testing.assert_frame_equal(one.totals, other.totals)
        pd.testing.assert_frame_equal(one.squares, other.squares)


@pytest.mark.parametrize("tier", ["partner", "public"])
@pytest.mark.parametrize("seeds", [1, pytest.param(40, marks=pytest.mark.proof)])
def test_the_difference_of_two_pictures_is_of_whole_released_cells(
    tier: str, seeds: int
) -> None:
    """Who takes one office out, or has two pictures, learns what its release says, and no more."""
    least = TIERS[tier].least_groups
    for seed in range(seeds):
        given_by = [
            offices.released(office, rows, tier)
            for office, rows in seen(700, seed).items()
        ]
        pictures = {
            some: _by_square(combine([*map(given_by.__getitem__, some)]).squares)
            for many in (1, 2, 3)
            for some in combinations(range(3), many)
        }
        pairs = [
            (some, number) for some in pictures for number in {0, 1, 2}.difference(some)
        ]
        for some, number in pairs:
            without, added = pictures[some], given_by[number]
            both = pictures[tuple(sorted((*some, number)))]
            more = (both - without.reindex(both.index)).dropna()
            alone = counts(added.cells, more.index.to_frame(index=False))
            assert more["reported"].tolist() == alone.tolist()
            assert set(more["reported"]) - {0} == {
                n for n in more["reported"] if n >= least
            }
            # What is added to the most beside that is the same, whoever is there.
            withheld = more["groups_high"] - more["reported"]
            assert set(withheld) <= _withheld(tier)


def _by_square(squares: gpd.GeoDataFrame) -> pd.DataFrame:
    return squares.set_index(SAME)[["reported", "groups_high"]].astype(float)


def _withheld(tier: str) -> set[float]:
    """Return what may be withheld in a square of half a year or a quarter, of few known numbers."""
    if tier == "partner":
        return {0.0, 9.0}
    return {0.0, 18.0, 18.0 + 19.0}


def test_one_more_report_changes_no_picture() -> None:
    known = seen(700, 1)
    tier = TIERS["partner"]
    first = [offices.released(*each, "partner") for each in known.items()]
    again = known["Road"].iloc[[-1]]
    more = known | {"Road": gpd.GeoDataFrame(pd.concat([known["Road"], again]))}
    later = [
        replace(
            one,
            cells=mask(more[one.office], offices.TOWN, tier, MADE, [one.cells]).cells,
        )
        for one in first
    ]
    pd.testing.assert_frame_equal(combine(first).squares, combine(later).squares)


def one_place(office: str, groups: int, month: str = "2026-01") -> gpd.GeoDataFrame:
    """Return some sightings of one place and month."""
    first = seen(300, 7)[office].iloc[[0] * groups]
    return first.assign(id=[f"S{n}" for n in range(groups)], period=month)


def test_ranges_are_those_that_a_reader_works_out() -> None:
    """Ten groups of one office, nine withheld ones of another, twelve of a third."""
    tens = offices.released("North", one_place("North", 10), "partner")
    nines = offices.released("South", one_place("South", 9), "partner")
    dozen = offices.released("Road", one_place("Road", 12), "partner")
    totals = combine([tens, nines, dozen]).totals
    assert totals.drop(columns="period").to_numpy().tolist() == [
        ["North", 10, 10, 19],
        ["South", 0, 0, 9],
        ["Road", 12, 12, 21],
        ["all together", 22, 12, 49],
    ]


def test_a_period_that_was_not_due_has_no_most() -> None:
    """Of a half-year two quarters are due at a partner's office, or the most is not known."""
    early = offices.released(
        "North", one_place("North", 10), "partner", date(2026, 5, 1)
    )
    public = offices.released("South", one_place("South", 20), "public")
    totals = combine([early, public]).totals.set_index("office")
    assert totals["period"].unique().tolist() == ["2026-H1"]
    assert totals["groups_low"].tolist() == [10, 20, 20]
    assert totals["groups_high"].isna().tolist() == [True, False, True]
    later = replace(early, made=MADE)
    both = combine([later, public]).totals.set_index("office")
    assert both["groups_high"].tolist() == [28, 57, 85]


def test_squares_of_another_grid_are_never_added_up() -> None:
    known = seen(700, 2)
    one = offices.released("North", known["North"], "partner")
    other = offices.released("South", known["South"], "partner")
    utm = "EPSG:32634"
    rows, town = known["South"].to_crs(utm), offices.TOWN.to_crs(utm)
    area = gpd.GeoSeries([other.area], crs=other.cells.crs).to_crs(utm)
    cells = mask(rows, town, other.tier, MADE).cells
    both = combine([one, replace(other, cells=cells, area=area.union_all())])
    assert both.totals["groups_high"].notna().all()
    assert (both.squares["offices"] == 1).all()
    assert both.squares["groups_high"].isna().any()
    assert both.squares["groups_high"].notna().any()


def test_the_order_of_the_offices_does_not_matter() -> None:
    given_by = [offices.released(*each, "partner") for each in seen(500, 3).items()]
    one, other = combine(given_by), combine(given_by[::-1])
    pd.testing.assert_frame_equal(one.squares, other.squares)


def test_an_office_stands_once() -> None:
    one = offices.released("North", one_place("North", 12), "partner")
    with pytest.raises(ArgumentError, match="Fix: each office once"):
        combine([one, one])
