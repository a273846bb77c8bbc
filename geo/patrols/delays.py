"""Whether a plan of several nights holds: when all start late, when roads and needs are off.

It reads table `PATROL_MEASURES`, and plans nothing.
"""

from typing import Final

import pandas as pd

from geo.schema import PLANS

LEAST: Final = 0.8
"""A shift that keeps less of its need does not hold."""
PROPOSED, GREEDY, _ = PLANS


def held(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what each shift keeps of its need, and whether its night is worth a greedy one.

    Parameters
    ----------
    measures : pandas.DataFrame, table `PATROL_MEASURES`

    Returns
    -------
    pandas.DataFrame
        A row a proposed shift, on its index: ``night``, ``shift``; ``late``, what is left of its
        need if all vehicles start 20 minutes late; ``low``, what nine tenths of the draws of travel
        times and need exceed; ``over_greedy``: what its night is worth more than the greedy one,
        as a share of serving all need, null where that is not known.

    Examples
    --------
    >>> rows = [
    ...     {"shift": "evening", "plan": "proposed", "need_share": 0.8, "need_late": 0.6,
    ...      "need_low": 0.7},
    ...     {"shift": None, "plan": "proposed", "worth_share": 0.9},
    ...     {"shift": None, "plan": "greedy", "worth_share": 0.91},
    ... ]
    >>> held(pd.DataFrame(rows).assign(night=1))[["late", "low", "over_greedy"]].round(3).values
    array([[ 0.75 ,  0.875, -0.01 ]])
    """
    whole = measures[measures["shift"].isna()]
    worth = whole.pivot_table("worth_share", "night", "plan", aggfunc="first")
    worth = worth.reindex(columns=[PROPOSED, GREEDY])
    over_greedy = worth[PROPOSED] - worth[GREEDY]
    of_plan = (measures["plan"] == PROPOSED) & measures["shift"].notna()
    shifts = measures[of_plan]
    return pd.DataFrame(
        {
            "night": shifts["night"],
            "shift": shifts["shift"],
            "late": shifts["need_late"] / shifts["need_share"],
            "low": shifts["need_low"] / shifts["need_share"],
            "over_greedy": shifts["night"].map(over_greedy),
        }
    )


def not_held(measures: pd.DataFrame, least: float = LEAST) -> pd.DataFrame:
    """Return by shift how many of its nights do not hold.

    Columns: ``nights``; of them ``late`` and ``low``, those that keep less than `least` of the need
    when they start late, or in the lower draws; ``late_mean`` and ``late_worst``, ``low_worst``:
    what is kept; ``below_greedy``, those whose night is worth less than the greedy one.
    """
    shifts = held(measures)
    marked = shifts.assign(
        is_late=shifts["late"] < least,
        is_low=shifts["low"] < least,
        is_below=shifts["over_greedy"] < -1e-9,
    )
    return marked.groupby("shift", sort=False).agg(
        nights=("night", "size"),
        late=("is_late", "sum"),
        low=("is_low", "sum"),
        late_mean=("late", "mean"),
        late_worst=("late", "min"),
        low_worst=("low", "min"),
        below_greedy=("is_below", "sum"),
    )
