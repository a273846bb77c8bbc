"""Positions on a network: which edge, how far along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.crs import Frame
from geo.network.graph import Network
from geo.network.segments import points_xy


@dataclass(frozen=True)
class Positions:
    """Places on the edges of a network, (n,)."""

    edge: Ints
    offset_m: Floats
    """Distance from the start of the edge."""

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self.edge)

    def __add__(self, other: Positions) -> Positions:
        """Return these positions followed by the others."""
        return Positions(
            np.concatenate([self.edge, other.edge]), np.concatenate([self.offset_m, other.offset_m])
        )

    def take(self, which: Ints | npt.NDArray[np.bool_]) -> Positions:
        """Return the chosen positions."""
        return Positions(self.edge[which], self.offset_m[which])

    def points(self, network: Network) -> Floats:
        """Return the coordinates of the positions, (n, 2)."""
        share = self.offset_m / network.length_m[self.edge]
        at = shapely.line_interpolate_point(network.geometry[self.edge], share, normalized=True)
        return shapely.get_coordinates(at)

    @classmethod
    def of(cls, snapped: pd.DataFrame) -> Positions:
        """Return the positions of a table from `Network.snap`."""
        return cls(snapped["edge"].to_numpy(np.int64), snapped["offset_m"].to_numpy(float))

    @classmethod
    def random(
        cls, network: Network, n: int, rng: np.random.Generator, intensity: Floats | None = None
    ) -> Positions:
        """Draw `n` positions, evenly along the network or by a relative intensity per edge."""
        return cls.along(network.length_m, n, rng, intensity)

    @classmethod
    def along(
        cls, length_m: Floats, n: int, rng: np.random.Generator, intensity: Floats | None = None
    ) -> Positions:
        """Draw `n` positions on edges of given lengths, as `random` does on those of a network."""
        total = np.cumsum(length_m if intensity is None else length_m * intensity)
        edge = np.searchsorted(total, rng.random(n) * total[-1], side="right")
        edge = np.minimum(edge, len(length_m) - 1).astype(np.int64)
        return cls(edge, rng.random(n) * length_m[edge])


Events = Positions | Frame
"""Positions on a network, or points, which are moved to the nearest."""


def positions_of(network: Network, events: Events) -> Positions:
    """Return positions as they are, and of points the nearest, however far it is."""
    if isinstance(events, Positions):
        return events
    points_xy(events)
    return Positions.of(network.snap(events))
