"""What columns may hold: the lists of `layers/data/tables/values.toml` by name."""

from typing import Final

import pandas as pd

from layers.schema.written import values

DRIVABLE: Final = values("drivable")
MAIN_ROADS: Final = values("main_roads")
WALKABLE: Final = values("walkable")
WATERWAYS: Final = values("waterways")
CORRIDORS: Final = values("corridors")
GAUSSIAN_KINDS: Final = values("gaussian_kinds")
FACILITY_KINDS: Final = values("facility_kinds")
PLACE_KINDS: Final = values("place_kinds")
CARD_KINDS: Final = values("card_kinds")
SIZE_CLASSES: Final = values("size_classes")
NEEDS: Final = values("needs")
NULLS: Final = values("nulls")
VERDICTS: Final = values("verdicts")
EXPLANATIONS: Final = values("explanations")
HELP_KINDS: Final = values("help_kinds")
NEED_PARTS: Final = values("need_parts")
PLANS: Final = values("plans")
OUTCOMES: Final = values("outcomes")
SKIP_REASONS: Final = values("skip_reasons")
UNDERSTOOD: Final = values("understood")
CONTACT_KINDS: Final = values("contact_kinds")
TIME_CLASSES: Final = values("time_classes")

LOCATED_CORRIDORS: Final = {
    "railway": ("railway",),
    "road": ("main_road", "road_or_path"),
    "path": ("road_or_path",),
    "river": ("river",),
}
"""Corridor kinds that a `located_kind` belongs to: nearness to them is an input."""

VISIT: Final = "visit"
"""Kind of a row that reports a visit where nobody was met; such rows go to `EMPTY_VISITS`."""

BANDS_M: Final = (100.0, 250.0, 500.0)
"""Half-widths of the bands around corridors, unless a study sets others; metres."""

FORM_GROUPS: Final = 10
"""Groups that a page of the visit form can hold."""

INSTANT: Final = "datetime64[us, UTC]"
"""Dtype of a moment; the log keeps milliseconds."""


def size_class(group_min: pd.Series, group_max: pd.Series) -> pd.Series:
    """Return the class of `SIZE_CLASSES` that holds the middle of each group's size range.

    Where one bound is missing, the other stands for both.  The caller's index comes back.
    """
    low = group_min.fillna(group_max).astype("Float64")
    high = group_max.fillna(group_min).astype("Float64")
    middle = ((low + high) / 2).astype("float64")
    classes = pd.cut(middle, [0, 5, 10, 20, float("inf")], right=False, labels=SIZE_CLASSES[:-1])
    return classes.astype("string").fillna("unknown")
