"""What a vehicle takes along and gives at each stop, in numbers, from the needs in the log.

A crew is expected to meet groups at the same rate at every stop, that of the whole area: so a
number tells how long a crew stays, and nothing of where people are.  What the log does not tell by
at least `LEAST` groups is assumed, and named.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import pdtrik

from geo.presence.visits import LEAST, needs_met
from geo.records import Log, stayed_s

ENOUGH: Final = 0.9
"""A vehicle has enough for all groups in this share of its shifts, and so at each stop."""
FAR_FROM_WATER: Final = 2.0
"""Where drinking water is far on foot, so many times as much of it is given; assumed."""

GROUPS_PER_H: Final = 0.5
"""Groups that a crew meets in an hour at stops, assumed."""
PERSONS: Final = 4.0
"""Persons of a group: always assumed, since sizes of groups in the log tell of people."""

TRIP: Final = ["night", "shift", "vehicle"]


class Item(NamedTuple):
    """Something to give."""

    need: str
    """The need of the log that it meets; empty where each group gets it."""
    amount: float
    """So much for each person, or each group, that asks for it; assumed."""
    by_person: bool
    share: float
    """Share of the groups that ask for it, where the log does not tell; assumed."""


ITEMS: Final[Mapping[str, Item]] = MappingProxyType(
    {
        "water_l": Item("water", 1.5, by_person=True, share=0.8),
        "food": Item("food", 1.0, by_person=True, share=0.7),
        "shoes": Item("shoes_clothing", 0.5, by_person=True, share=0.3),
        "chargers": Item("phone_charging", 1.0, by_person=False, share=0.5),
        "forms": Item("", 1.0, by_person=False, share=1.0),
    }
)
"""Litres of water: half of what a person drinks and cooks with in a day, 2.5 to 3 litres (Sphere
Handbook).  Portions of food; pairs of shoes, for every second one; power banks; registration
forms."""


@dataclass(frozen=True)
class Basis:
    """Whom crews are likely to meet, and what groups ask for."""

    groups_per_h: float
    shares: Mapping[str, float]
    """Share of the groups that ask for each of `ITEMS`."""
    assumed: tuple[str, ...]
    """What of all this is assumed: ``groups_per_h``, names of items."""

    def of(self, groups: float, far: float = 0.0) -> dict[str, int]:
        """Return the number of each item for some groups, of which `far` are far from water.

        Numbers are rounded up.
        """
        amounts = {}
        for name, item in ITEMS.items():
            each = item.amount * (PERSONS if item.by_person else 1.0)
            served = (
                groups + (FAR_FROM_WATER - 1) * far if item.need == "water" else groups
            )
            amounts[name] = int(np.ceil(round(served * self.shares[name] * each, 6)))
        return amounts


def basis_of(log: Log) -> Basis:
    """Return what the log of a study tells of groups and their needs; what it does not is assumed.

    `log` is what counts (`mitrovica.log.current`).  A figure needs `LEAST` groups, and is of the
    whole area and of whole months, so that it may leave with a crew: the last month of the log is
    left out, since two plans of one month would tell what was found between them.
    """
    month = log.visits["date"].str[:7]
    last = month.max() if len(month) else ""
    done = log.made[log.made["date"].str[:7] < last]
    groups = log.groups[log.groups["month"] < last]
    contacts = log.contacts[log.contacts["month"] < last]
    met = len(groups)
    assumed = []
    hours = stayed_s(done).sum() / 3600
    groups_per_h = met / hours if met >= LEAST and hours else None
    asked = needs_met(contacts).set_index("need")["asked"]
    shares = {}
    for name, item in ITEMS.items():
        shares[name] = item.share
        if asked.get(item.need, 0) >= LEAST and met >= LEAST:
            shares[name] = min(float(asked[item.need]) / met, 1.0)
        elif item.need:
            assumed.append(name)
    if groups_per_h is None:
        groups_per_h = GROUPS_PER_H
        assumed.append("groups_per_h")
    return Basis(groups_per_h, shares, tuple(assumed))


def to_pack(
    stops: pd.DataFrame, basis: Basis, far_from_water: Collection[str] = ()
) -> pd.DataFrame:
    """Return what each vehicle takes along and is likely to give at each stop.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
    basis : Basis
    far_from_water : collection of str
        Ids of the stops from which drinking water is far on foot.

    Returns
    -------
    pandas.DataFrame
        A row a departure and a visit, on the index of `stops`: ``night``, ``shift``, ``vehicle``,
        ``order``, ``stop``, ``groups`` and a column for each of `ITEMS`.  Both are enough in
        `ENOUGH` of all cases: at a departure for the whole shift, at a visit for it alone.  So a
        vehicle takes less than all its stops add up to.

    Examples
    --------
    >>> stops = pd.DataFrame({
    ...     "night": 1, "shift": "evening", "vehicle": 1, "order": [0, 1, 2],
    ...     "stop": ["depot", "station", "depot"], "service_s": [0, 7200, 0],
    ... })
    >>> to_pack(stops, basis_of(Log.of()))[["order", "groups", "water_l", "food"]].values.tolist()
    [[0.0, 2.0, 10.0, 6.0], [1.0, 2.0, 10.0, 6.0]]
    """
    visits = stops[stops["service_s"] > 0]
    groups = visits["service_s"].astype(float) / 3600 * basis.groups_per_h
    dry = visits["stop"].isin(list(far_from_water))
    given = visits.assign(groups=groups, far=groups.where(dry, 0.0))
    by_vehicle = given.groupby(TRIP)[["groups", "far"]].sum()
    starts = stops[stops["order"] == 0].join(by_vehicle, on=TRIP)
    rows = pd.concat([starts, given]).sort_index()
    rows["far"] = (rows["far"] / rows["groups"]).fillna(0.0)
    mean_groups = rows["groups"].fillna(0.0).to_numpy(float)
    # The quantile of the Poisson distribution; without its tables of other distributions, which
    # take half a second to import.
    rows["groups"] = np.ceil(pdtrik(ENOUGH, mean_groups))
    items = [
        basis.of(row["groups"], row["groups"] * row["far"])
        for row in rows.to_dict("records")
    ]
    named = rows[[*TRIP, "order", "stop", "groups"]]
    return named.join(pd.DataFrame(items, index=rows.index))
