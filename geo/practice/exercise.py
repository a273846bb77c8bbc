"""A made-up season, a night at a time: for practice, never to be shown as a real one."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.practice.simulation import SPREAD, paths_of, season
from geo.results import Patrols


@dataclass(frozen=True)
class Night:
    """What a plan meets in one made-up night."""

    night: int
    passed: int
    """Groups that walked on any section."""
    stops: pd.DataFrame
    """``shift``, ``vehicle``, ``name``, ``minutes`` and ``met`` of each visit made."""

    @property
    def met(self) -> int:
        """Groups met, each once."""
        return int(self.stops["met"].sum())


def play(sections: gpd.GeoDataFrame, plan: Patrols, nights: int, seed: int = 1) -> list[Night]:
    """Return the first nights of a made-up season, as `geo.practice.season` draws it.

    With the same seed the same groups walk, whatever the plan: so plans can be compared.  A plan of
    several nights is driven night by night, and then from its first again.  `sections` are table
    `SECTIONS`, and `plan` is in the same projected CRS in metres.
    """
    paths, planned = paths_of(sections), [*dict.fromkeys(plan.stops["night"])]
    use = np.exp(SPREAD * np.random.default_rng(seed).normal(size=len(paths)))
    found = []
    for night in range(1, nights + 1):
        own = plan.stops[plan.stops["night"] == planned[(night - 1) % len(planned)]]
        drawn = season(
            paths, replace(plan, stops=own), 1, seed=seed + 10_000 * night, share=use / use.sum()
        )  # fmt: skip
        visits = drawn.log.visits[drawn.log.visits["outcome"] == "done"]
        minutes = (visits["left_at"] - visits["arrived_at"]).dt.total_seconds() / 60
        names = own.drop_duplicates("stop").set_index("stop")["name"]
        met = drawn.log.groups.groupby(["shift", "stop"]).size().rename("met").reset_index()
        # Groups carry no vehicle: of two visits to a stop in a shift the first has them.
        at = visits.assign(minutes=minutes, name=visits["stop"].map(names))
        at = at.drop_duplicates(["shift", "stop"]).merge(met, on=["shift", "stop"], how="left")
        rows = at[["shift", "vehicle", "name", "minutes", "met"]].fillna({"met": 0})
        found.append(Night(night, len(drawn.walks), rows))
    return found
