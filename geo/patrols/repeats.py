"""Which patrols of a plan drive out for one stop, and whether all its nights are alike.

Either may be right, but a planner asks why; so the plan says it.
"""

from typing import Final

import pandas as pd

from geo.results import Patrols

PATROL: Final = ["shift", "vehicle"]
UNUSABLE: Final = (
    "outside_boundary",
    "far_from_road",
    "no_two_way_road",
    "not_assessed",
    "too_far_for_shift",
)
"""Reasons for which no plan can use a stop."""


def lone_stops(patrols: Patrols) -> pd.DataFrame:
    """Return the patrols that make a single stop, each once for all nights in which it does so.

    Columns of table `STOPS`: ``shift``, ``vehicle``, ``stop``, ``name``, ``drive_m``.
    """
    visits = pd.DataFrame(patrols.served)
    number = visits.groupby(["night", *PATROL])["stop"].transform("size")
    columns = [*PATROL, "stop", "name", "drive_m"]
    return visits.loc[number == 1, columns].drop_duplicates([*PATROL, "stop"])


def are_alike(patrols: Patrols) -> bool:
    """Return whether a plan has several nights, and all make the same stops in the same order."""
    visits = patrols.served
    routes = [
        tuple(own[[*PATROL, "stop"]].itertuples(index=False, name=None))
        for _, own in visits.groupby("night")
    ]
    return len(routes) > 1 and len(set(routes)) == 1


def usable_left_out(patrols: Patrols) -> int:
    """Return how many stops a plan leaves out that it could use."""
    return int((~patrols.left_out["reason"].isin(UNUSABLE)).sum())
