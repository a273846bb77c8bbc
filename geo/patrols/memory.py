"""What visits have done: need that was served is worth less, places that were seen are known.

A plan begins with the visits of the log, those that met nobody among them.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints
from geo.params import FortnightParams
from geo.patrols.inputs import PlanningInputs
from geo.patrols.reach import Reach


@dataclass
class Memory:
    """What the visits so far have done, shift after shift and night after night."""

    reach: Reach
    repeat: float
    recovery_nights: float
    seen: Ints
    """Per little-known stop, the visits that explored its place, at it or near it."""
    loss: Floats
    """Share of the need at each point that visits have taken."""

    def enter(self, stops: Sequence[int]) -> None:
        """Note the visits of a shift."""
        self.seen += self.reach.explorations(stops)
        served = self.reach.served(stops)
        self.loss[served] = 1 - (1 - self.loss[served]) * self.repeat

    def rest(self, nights: float) -> None:
        """Let need recover for some nights."""
        self.loss *= np.exp(-nights / self.recovery_nights)


def of_log(inputs: PlanningInputs, params: FortnightParams) -> Memory:
    """Return what the visits of the log have done by the first night of a plan.

    Without a date the first night is the one after the last visit.  Visits to places that are no
    longer stops are left out.
    """
    reach = inputs.reach
    seen = np.zeros(len(reach.reaches), dtype=np.int64)
    loss = np.zeros(len(reach.need))
    memory = Memory(reach, inputs.params.repeat, params.recovery_nights, seen, loss)
    visits = inputs.visits[inputs.visits["outcome"] == "done"]
    visits = visits.assign(
        number=visits["stop"].map(inputs.number),
        day=pd.to_datetime(visits["date"]).dt.date,
    )
    visits = visits.dropna(subset=["number", "day"])
    first = inputs.params.date
    if first is not None:
        visits = visits[visits["day"] < first]
    last: datetime.date | None = None
    days: list[datetime.date] = sorted(set(visits["day"]))
    for day in days:
        if last is not None:
            memory.rest((day - last).days)
        for _, of_shift in visits[visits["day"] == day].groupby("shift"):
            memory.enter(of_shift["number"].astype(int).unique().tolist())
        last = day
    if last is not None:
        memory.rest(1 if first is None else (first - last).days)
    return memory
