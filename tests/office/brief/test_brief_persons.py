"""Women and minors: no figure of few, and no difference of two figures that tells of few."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.records import months_of
from mitrovica.brief.persons import NOBODY, persons_of
from mitrovica.masks.tiers import TIERS

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
PERIODS = {
    "partner": [f"2026-Q{n}" for n in (1, 2, 3, 4)],
    "public": ["2026-H1", "2026-H2"],
}
Counts = list[tuple[int, int]]


def noted(counts: Counts, kind: str = "women") -> pd.DataFrame:
    """Return answers of each month of a year: groups with and without."""
    rows = [
        (kind, month, value, groups)
        for month, both in zip(MONTHS, counts, strict=True)
        for value, groups in zip(("yes", "no"), both, strict=True)
    ]
    return pd.DataFrame(rows, columns=["kind", "month", "value", "groups"])


def told(counts: Counts) -> dict[tuple[str, str], tuple[int, int]]:
    """Return all that leaves of a year: groups with and without, by tier and period."""
    found = {}
    for tier, periods in PERIODS.items():
        for period in periods:
            rows = persons_of(noted(counts), period, TIERS[tier])
            for _, span, groups, without in rows.to_numpy().tolist():
                found[tier, span] = (groups, without)
    return found


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=12, max_size=12)
)
def test_no_figure_and_no_difference_tells_of_few(counts: Counts) -> None:
    found = told(counts)
    for (tier, _), both in found.items():
        assert min(both) >= TIERS[tier].least_groups
    for one, other in combinations(found, 2):
        inside, outside = sorted((one, other), key=lambda key: len(months_of(key[1])))
        if set(months_of(inside[1])) <= set(months_of(outside[1])):
            for few, many in zip(found[inside], found[outside], strict=True):
                assert many - few == 0 or abs(many - few) >= 10, (one, other)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=12, max_size=12)
)
def test_what_a_partner_reads_is_what_was_noted(counts: Counts) -> None:
    for (tier, span), both in told(counts).items():
        months = [MONTHS.index(month) for month in months_of(span)]
        true = [sum(counts[month][part] for month in months) for part in (0, 1)]
        assert all(a <= b for a, b in zip(both, true, strict=True))
        assert tier == "public" or list(both) == true


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ((12, 12), (11, 15), {"2026-Q1": (12, 12), "2026-Q2": (11, 15)}),
        ((12, 12), (9, 15), {"2026-Q1": (12, 12)}),
        ((9, 12), (3, 15), {"2026-H1": (12, 27)}),
        # Beside the half-year the second alone would tell of nine.
        ((9, 12), (12, 15), {"2026-H1": (21, 27)}),
        ((4, 12), (5, 15), {}),
    ],
)
def test_a_quarter_of_few_is_told_with_the_other(
    first: tuple[int, int], second: tuple[int, int], says: dict[str, tuple[int, int]]
) -> None:
    none = [(0, 0)] * 2
    counts = [first, *none, second, *none, *[(0, 0)] * 6]
    found = {
        span: both for (tier, span), both in told(counts).items() if tier == "partner"
    }
    assert found == says


def test_the_office_reads_its_month() -> None:
    counts = [(1, 2), *[(0, 0)] * 11]
    answers = pd.concat([noted(counts), noted(counts, "minors")])
    month = persons_of(answers, "2026-01", TIERS["internal"])
    assert month.to_numpy().tolist() == [
        ["women", "2026-01", 1, 2],
        ["minors", "2026-01", 1, 2],
    ]
    assert persons_of(answers, "2026-02", TIERS["internal"]).equals(NOBODY)
