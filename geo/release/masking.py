"""Sightings become counts of cells and periods, each of at least as many groups as a tier asks.

Cells are merged upwards: what is too little for its cell of 2 km goes to that of 4 km, and so on::

        +-------+-------+             12 in a cell of 2 km hold at least 10 groups and are
        |  12   |   3   |             released; 3, 5 and 4 do not.  Together they are 12 in the
        +-------+-------+             cell of 4 km around all of it.
        |   5   |   4   |
        +-------+-------+

So a wide cell counts the groups in it that no narrower cell counts.  What is too little for the
widest cell is withheld, and nothing says how much that is: there is no total of all groups.  The
cells of everybody are made of those of a partner, each of them whole, so that the difference of the
two is never fewer groups than a partner's cell holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.params.release import Tier
from geo.release.differences import settled
from geo.release.periods import period_of
from geo.sightings.coarsening import UNCERTAINTY_M, nearest_town, numbered
from layers.schema import RELEASED_CELLS

WIDEST_M: Final = 128_000.0
"""Side of the widest cell: about the whole country."""


@dataclass(frozen=True)
class Masked:
    """What a tier may know of sightings."""

    cells: gpd.GeoDataFrame
    """Table `RELEASED_CELLS`, a square each, in the CRS of the sightings."""
    sightings: gpd.GeoDataFrame
    """Table `SIGHTINGS`, made from the cells alone: as many rows as groups, each in the middle of
    its cell.  All that the analysis of a release sees."""
    withheld: int
    """Groups in no cell: too few, too recent, or of unknown time.  It never leaves."""
    unchanged: list[str]
    """Periods that stay as they were released before, since too few groups are new in them."""


def mask(
    sightings: gpd.GeoDataFrame, places: gpd.GeoDataFrame, tier: Tier, on: date,
    earlier: Iterable[pd.DataFrame] = (),
) -> Masked:  # fmt: skip
    """Return what a tier may know of sightings on a day.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
        The events of a run; a row of another kind is no group.
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
    tier : geo.params.release.Tier
    on : datetime.date
        Day of the release; periods that ended too recently are withheld.
    earlier : iterable of pandas.DataFrame, table `RELEASED_CELLS`
        Of the releases of the same tier, the oldest first (`geo.release.differences.settled`).

    Raises `geo.crs.CRSError` if a CRS is missing, geographic or differs.
    """
    crs = require_metric(sightings=sightings, places=places)
    events = sightings[sightings["kind"] == "sighting"]
    fresh = cells_of(units(events), tier, on)
    found, unchanged = settled(fresh, earlier, tier.least_groups)
    west, south, side = (found[name].to_numpy(float) for name in ("west_m", "south_m", "side_m"))
    squares = gpd.GeoSeries(shapely.box(west, south, west + side, south + side), crs=str(crs))
    found = found.assign(coarse_place=nearest_town(squares.centroid, places))
    cells = RELEASED_CELLS.geoframe(gpd.GeoDataFrame(found, geometry=squares))
    withheld = len(events) - int(fresh["groups"].sum())
    return Masked(cells, _sightings(cells), withheld, unchanged)


def units(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the groups as units that cells are made of: one group each, as small as a point."""
    xy = shapely.get_coordinates(events.geometry.values)
    return pd.DataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "side_m": 0.0, "period": events["period"], "groups": 1}
    )


def sides(tier: Tier) -> list[float]:
    """Return the sides of the cells of a tier, the narrowest first."""
    return [side for side in WIDEST_M / 2.0 ** np.arange(8, -1, -1) if side >= tier.side_m]


def cells_of(found: pd.DataFrame, tier: Tier, on: date) -> pd.DataFrame:
    """Return the columns of `RELEASED_CELLS`, in their order."""
    if tier.made_of is not None:
        finer = cells_of(found, tier.made_of, on)
        middle = {
            "x": finer["west_m"] + finer["side_m"] / 2,
            "y": finer["south_m"] + finer["side_m"] / 2,
        }
        found = finer.assign(**middle)
    known = {name: period_of(name, tier, on) for name in found["period"].dropna().unique()}
    pending = found.assign(period=found["period"].map(known)).dropna(subset="period")
    cells = [pd.DataFrame(columns=RELEASED_CELLS.names)]
    for side in sides(tier):
        fits = pending[pending["side_m"] <= side]
        keys = [
            fits["period"],
            np.floor(fits["y"] / side) * side,
            np.floor(fits["x"] / side) * side,
        ]
        total = fits.groupby(keys, sort=True)["groups"].transform("sum")
        enough = fits[total >= tier.least_groups]
        pending = pending.drop(enough.index)
        rows = enough["groups"].groupby([key[enough.index] for key in keys]).sum().reset_index()
        rows.columns = ["period", "south_m", "west_m", "groups"]
        cells.append(rows.assign(side_m=side))
    table = pd.concat(cells, ignore_index=True)
    return RELEASED_CELLS.frame(table).sort_values(
        ["period", "side_m", "south_m", "west_m"], ignore_index=True
    )


def _sightings(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return table `SIGHTINGS` as the cells tell it: one row a group, all of a cell alike."""
    each = cells.loc[cells.index.repeat(cells["groups"])].reset_index(drop=True)
    points = each.geometry.centroid
    steps = np.array(UNCERTAINTY_M)
    rows = pd.DataFrame(
        {
            "record": each.index.astype("string"),
            "kind": "sighting",
            "relates_to": pd.NA,
            "located_kind": pd.NA,
            "period": each["period"],
            "size_class": "unknown",
            "coarse_place": each["coarse_place"],
            "uncertainty_m": steps[np.searchsorted(steps, each["side_m"].to_numpy(float) / 2)],
            "cell_m": each["side_m"],
        }
    )
    return numbered(gpd.GeoDataFrame(rows, geometry=points)).sightings
