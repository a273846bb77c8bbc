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

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.params.release import Tier
from geo.sightings.coarsening import UNCERTAINTY_M, nearest_town, numbered
from layers.schema import RELEASED_CELLS

WIDEST_M: Final = 128_000.0
"""Side of the widest cell: about the whole country."""

_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6}
_LETTERS: Final = {3: "Q", 6: "H"}


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


def mask(sightings: gpd.GeoDataFrame, places: gpd.GeoDataFrame, tier: Tier, on: date) -> Masked:
    """Return what a tier may know of sightings on a day.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
        The events of a run; a row of another kind is no group.
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
    tier : geo.params.release.Tier
    on : datetime.date
        Day of the release; periods that ended too recently are withheld.

    Raises `geo.crs.CRSError` if a CRS is missing, geographic or differs.
    """
    crs = require_metric(sightings=sightings, places=places)
    events = sightings[sightings["kind"] == "sighting"]
    found = cells_of(units(events), tier, on)
    west, south, side = (found[name].to_numpy(float) for name in ("west_m", "south_m", "side_m"))
    squares = gpd.GeoSeries(shapely.box(west, south, west + side, south + side), crs=str(crs))
    found = found.assign(coarse_place=nearest_town(squares.centroid, places))
    cells = RELEASED_CELLS.geoframe(gpd.GeoDataFrame(found, geometry=squares))
    return Masked(cells, _sightings(cells), len(events) - int(cells["groups"].sum()))


def units(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the groups as units that cells are made of: one group each, as small as a point."""
    xy = shapely.get_coordinates(events.geometry.values)
    return pd.DataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "side_m": 0.0, "period": events["period"], "groups": 1}
    )


def months_of(period: str) -> list[str]:
    """Return the months of a month, quarter or half-year, ``YYYY-MM``.

    >>> months_of("2021-Q4")
    ['2021-10', '2021-11', '2021-12']
    """
    year, part = period.split("-")
    count = {"Q": 3, "H": 6}.get(part[0], 1)
    last = int(part.strip("QH")) * count
    return [f"{year}-{month:02d}" for month in range(last - count + 1, last + 1)]


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
    known = {name: _period(name, tier, on) for name in found["period"].dropna().unique()}
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


def _period(name: str, tier: Tier, on: date) -> str | None:
    """Return the period of a tier that holds a month or quarter; None where it is withheld."""
    months, last = _MONTHS[tier.period], months_of(name)[-1]
    if len(months_of(name)) > months:
        return None
    number = (int(last[5:]) - 1) // months + 1
    after = date(int(last[:4]) + number * months // 12, number * months % 12 + 1, 1)
    if after + timedelta(days=tier.delay_days) > on:
        return None
    return f"{last[:4]}-{_LETTERS[months]}{number}" if months > 1 else name


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
