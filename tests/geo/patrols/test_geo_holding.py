"""Whether a fortnight holds: counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from geo.patrols.delays import held, not_held
from geo.schema import PATROL_MEASURES


def measured(
    *evenings: tuple[float, float], worth: tuple[float, float]
) -> pd.DataFrame:
    """Return nights of one evening each, which keep shares of a need of 0.5; the same worth."""
    rows: list[dict[str, object]] = []
    for night, (late, low) in enumerate(evenings, 1):
        own = {"night": night, "plan": "proposed"}
        kept = {"need_share": 0.5, "need_late": 0.5 * late, "need_low": 0.5 * low}
        rows += [
            {**own, "shift": "evening", **kept},
            {**own, "shift": "evening", "plan": "greedy", "need_share": 0.6},
            {**own, "shift": None, "worth_share": worth[0], **kept},
            {**own, "shift": None, "plan": "greedy", "worth_share": worth[1]},
        ]
    return PATROL_MEASURES.frame(rows)


def test_evenings_that_keep_less_than_four_fifths_are_counted() -> None:
    found = not_held(
        measured((0.7, 0.9), (0.8, 0.6), (1.0, 0.79), worth=(0.9, 0.9))
    ).loc["evening"]
    assert (found["nights"], found["late"], found["low"]) == (3, 1, 2)
    assert found["late_mean"] == pytest.approx(2.5 / 3)
    assert (found["late_worst"], found["low_worst"]) == pytest.approx((0.7, 0.6))
    assert found["below_greedy"] == 0


def test_another_level_counts_others() -> None:
    rows = measured((0.7, 0.9), (0.8, 0.6), (1.0, 0.79), worth=(0.9, 0.9))
    assert not_held(rows, 0.85)["late"].tolist() == [2]
    assert not_held(rows, 0.5)[["late", "low"]].to_numpy().tolist() == [[0, 0]]


@pytest.mark.parametrize(("ours", "below"), [(0.89, 2), (0.9, 0), (0.91, 0)])
def test_nights_below_greedy_are_counted(ours: float, below: int) -> None:
    rows = measured((1, 1), (1, 1), worth=(ours, 0.9))
    assert not_held(rows)["below_greedy"].tolist() == [below]
    assert held(rows)["over_greedy"].tolist() == pytest.approx([ours - 0.9] * 2)


def test_a_plan_without_measures_has_no_shift() -> None:
    assert held(PATROL_MEASURES.frame()).empty
    assert not_held(PATROL_MEASURES.frame()).empty
