"""Positions, days and group sizes are coarsened once, before anything is computed.

The coarse table `SIGHTINGS` is all that the study knows of a sighting.  Every figure follows from
it, so no figure can reveal more than the table does:

- the reported position becomes the cell of a metric grid that it lies in;
- its uncertainty is raised to the next of `UNCERTAINTY_M`;
- days become the month of their middle, or its quarter where they are vague or where too few
  reports share month and size class;
- group sizes become a class, or ``unknown`` where still fewer reports share it;
- ids are numbers in the order of the coarse rows; free text, ages and all else are dropped.

Rows are sorted by their own values, so their order reveals nothing of the order in the file.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo import schema
from geo.arrays import Bools, Floats
from geo.crs import CRSError, metric_crs, require_metric
from geo.evidence_line import told
from geo.params import PrivacyParams
from geo.schema import METRIC, SIGHTINGS
from geo.sightings.laws import middle

UNCERTAINTY_M: Final = (
    0.0,
    50.0,
    100.0,
    200.0,
    300.0,
    500.0,
    1000.0,
    2000.0,
    5000.0,
    10_000.0,
    20_000.0,
    50_000.0,
    100_000.0,
)
"""Steps to which an uncertainty is raised, metres."""
MONTH_DAYS: Final = 31
QUARTER_DAYS: Final = 92
MONTHS: Final = 3
"""Possible days that a month and a quarter may stand for; months of a quarter."""
TOLERANCE_M: Final = 0.01
"""How far the middle of a cell may lie from where the grid has it: rounding of coordinates."""
_PERIOD: Final = r"\d{4}-(?:0[1-9]|1[0-2]|Q[1-4]|H[12])"
_NUMBER: Final = r"[SI]\d+"
_LETTER: Final = {"sighting": "S", "interview": "I"}


class CoarseningError(ValueError):
    """A table of sightings that is not coarse, or records that cannot be made so."""


@told
@dataclass(frozen=True)
class Coarsened:
    """Coarse sightings, and which record each of them is."""

    sightings: gpd.GeoDataFrame
    """Table `SIGHTINGS`, in the CRS of the records, in the order of its ids."""
    ids: pd.DataFrame
    """Table `SIGHTING_IDS`, for the user's own folder only."""


def coarsen(
    records: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: PrivacyParams | None = None,
) -> Coarsened:
    """Return records as coarse sightings, which a study may rest on.

    Parameters
    ----------
    records : geopandas.GeoDataFrame, table `RECORDS`, projected CRS in metres
        The grid is that of this CRS; its lines lie at multiples of ``params.grid_m``.
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
        The coarse place of a sighting is the nearest of kind ``town``, a town being a disc of its
        ``uncertainty_m``.
    params : geo.params.PrivacyParams, optional

    Returns
    -------
    Coarsened

    Raises `geo.crs.CRSError`, `CoarseningError` if a CRS is missing, geographic, not in metres, or
    differs between the two; if an id stands twice, a position is missing, or an uncertainty is
    unknown.

    >>> from layers.readers import bundled
    >>> records, places = bundled.records().to_crs(9141), bundled.places().to_crs(9141)
    >>> coarsen(records, places).sightings["cell_m"].unique().tolist()
    [100.0]
    """
    params = params or PrivacyParams()
    return _coarse(records, places, params.grid_m, params.least_reports)


def _coarse(
    records: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid_m: float, least: int
) -> Coarsened:
    """Return coarse sightings; `least` reports share a month and a size class."""
    crs = require_metric(records=records, places=places)
    _refuse(records)
    _require_grid(records, crs)
    frame = schema.RECORDS.geoframe(records.reset_index(drop=True))
    points = gpd.GeoSeries(
        shapely.points(middle(shapely.get_coordinates(frame.geometry.values), grid_m)),
        crs=frame.crs,
    )
    period, size = _period_and_size(frame, least)
    steps = np.array(UNCERTAINTY_M)
    raised = steps[np.searchsorted(steps, frame["uncertainty_m"].to_numpy(float))]
    rows = frame[["id", "kind", "relates_to", "located_kind"]].rename(
        columns={"id": "record"}
    )
    rows = rows.assign(
        period=period,
        size_class=size,
        coarse_place=nearest_town(points, places),
        uncertainty_m=raised,
        cell_m=grid_m,
    )
    return numbered(gpd.GeoDataFrame(rows, geometry=points))


LEAST: Final = {"1-4": 1, "5-9": 5, "10-19": 10, "20+": 20}
MOST: Final = {"1-4": 4, "5-9": 9, "10-19": 19}
"""Bounds of the classes of size, persons."""


def reduced(
    records: gpd.GeoDataFrame, params: PrivacyParams | None = None
) -> pd.DataFrame:
    """Return as little of records as a study needs of them: cells, months and size classes.

    What `coarsen` makes of these rows is what it makes of the records.  So an office need keep no
    more than these, in a file that is read as sightings are.

    Parameters
    ----------
    records : geopandas.GeoDataFrame, table `RECORDS`, projected CRS in metres
        The grid is that of this CRS.
    params : geo.params.PrivacyParams, optional

    Returns
    -------
    pandas.DataFrame
        Table `RECORDS` without geometry, in the order of its values: the middle of a cell, an
        uncertainty of `UNCERTAINTY_M`, the first and the last day of a month or a quarter, the
        bounds of a class of size; ids are numbers.

    Raises `geo.crs.CRSError`, `CoarseningError` as `coarsen`.
    """
    params = params or PrivacyParams()
    towns = schema.PLACES.geoframe().to_crs(require_metric(records=records))
    coarse = _coarse(records, towns, params.grid_m, least=1).sightings
    point = coarse.geometry.to_crs(schema.WGS84)
    days = [_days_of(text) for text in coarse["period"]]
    first_day, last_day = zip(*days, strict=True) if days else ((), ())
    return schema.RECORDS.frame(
        pd.DataFrame(coarse.drop(columns="geometry")).assign(
            lat=point.y.round(7),
            lon=point.x.round(7),
            date_from=pd.DatetimeIndex(first_day),
            date_to=pd.DatetimeIndex(last_day),
            group_min=coarse["size_class"].map(LEAST),
            group_max=coarse["size_class"].map(MOST),
        )
    )


def _days_of(period: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last day of a month or a quarter."""
    if pd.isna(period):
        return None, None
    span = pd.Period(period)
    return span.start_time, span.end_time.normalize()


def check(
    sightings: gpd.GeoDataFrame,
    places: pd.DataFrame,
    params: PrivacyParams | None = None,
) -> None:
    """Refuse a table of sightings whose form is not that which `coarsen` gives it.

    It is for mistakes: whether enough reports stand behind a value is known to `coarsen` only.
    Whoever takes a table in or hands one on asks anew: a frame can be changed in place and findings
    be replaced, so no type could promise that a table is still what `coarsen` made.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, projected CRS in metres
    places : pandas.DataFrame, table `PLACES`
        Whose towns it may name.
    params : geo.params.PrivacyParams, optional
        Whose grid it has at least.

    Raises `geo.crs.CRSError`, `CoarseningError` if the CRS is missing, geographic or not in metres;
    if it has other columns than table `SIGHTINGS`, a point off its grid, or another value that
    `coarsen` does not give.
    """
    params = params or PrivacyParams()
    require_metric(sightings=sightings)
    unknown = sorted(
        set(sightings.columns) - {*SIGHTINGS.names, sightings.geometry.name}
    )
    missing = sorted(set(SIGHTINGS.names) - set(sightings.columns))
    if unknown or missing:
        fault = f"no column {', '.join(missing)}"
        if unknown:
            fault = f"columns {', '.join(unknown)}"
        raise CoarseningError(f"sightings have {fault}; they are not coarse. {_FIX}")
    for what, is_good in _rules(sightings, places, params.grid_m).items():
        wrong = ~np.asarray(is_good, dtype=bool)
        if wrong.any():
            row = sightings.index[wrong][0]
            raise CoarseningError(
                f"row {row!r} of sightings does not have {what}. {_FIX}"
            )


def _rules(
    sightings: gpd.GeoDataFrame, places: pd.DataFrame, grid_m: float
) -> dict[str, Any]:
    """Return what each row of table `SIGHTINGS` has, and which rows have it."""
    cell_m = sightings["cell_m"].to_numpy(float)
    place, town = sightings["located_kind"], sightings["coarse_place"]
    period, relation = sightings["period"], sightings["relates_to"]
    return {
        f"the grid of {grid_m:g} m, or a wider one": (cell_m >= grid_m)
        & (cell_m % grid_m == 0),
        "the middle of its cell": _in_middle(sightings, cell_m),
        "a coarse uncertainty": sightings["uncertainty_m"].isin(UNCERTAINTY_M),
        "a kind of record": sightings["kind"].isin(SIGHTINGS["kind"].values),
        "a kind of place": place.isna() | place.isin(SIGHTINGS["located_kind"].values),
        "a known town": town.isna() | town.isin(places["name_en"]),
        "a month, quarter or half-year": period.isna() | _matches(period, _PERIOD),
        "a class of group size": sightings["size_class"].isin(schema.SIZE_CLASSES),
        "an id such as S1": _matches(sightings["id"], _NUMBER),
        "a relation such as S1": relation.isna() | _matches(relation, _NUMBER),
    }


def _in_middle(sightings: gpd.GeoDataFrame, cell_m: Floats) -> Bools:
    """Mark the sightings that lie in the middle of a cell of their grid."""
    xy = sightings.get_coordinates().to_numpy()
    off_m = np.zeros(len(xy))
    for side_m in np.unique(cell_m):
        rows = cell_m == side_m
        off_m[rows] = np.abs(xy[rows] - middle(xy[rows], side_m)).max(axis=1)
    return off_m <= TOLERANCE_M


def events_of(sightings: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Split table `SIGHTINGS` into events, on the caller's index, and table `EXCLUDED`.

    A row of kind ``sighting`` is one event, whatever the size of the group.  An interview that
    repeats a sighting never counts; nor does one that matches none.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`

    Returns
    -------
    tuple of (geopandas.GeoDataFrame, pandas.DataFrame)
        Events, and what is none.

    >>> from layers.readers import bundled
    >>> events, excluded = events_of(bundled.study_data().sightings)
    >>> len(events), excluded["reason"].tolist()
    (5, ['repeats S3', 'no sighting of its own'])
    """
    missing = sorted({"kind", "relates_to"} - set(sightings.columns))
    if missing:
        raise CoarseningError(
            f"sightings have no column {', '.join(missing)}; they are not coarse. {_FIX}"
        )
    is_event = sightings["kind"] == "sighting"
    others = sightings.loc[~is_event]
    reason = ("repeats " + others["relates_to"]).fillna("no sighting of its own")
    return sightings.loc[is_event], schema.EXCLUDED.frame(others.assign(reason=reason))


def _matches(values: pd.Series, pattern: str) -> pd.Series:
    """Return which values are texts of a pattern; a null is none."""
    return values.astype("string").str.fullmatch(pattern).fillna(False)


_FIX: Final = (
    "Fix: sightings = geo.sightings.coarsen(records, places).sightings  # records as in "
    "geo.schema.RECORDS"
)


def _require_grid(records: gpd.GeoDataFrame, crs: CRS) -> None:
    """Raise for a CRS whose grid would cut the cells that other studies of the region use."""
    if len(records) and metric_crs(records) == METRIC and crs != METRIC:
        raise CRSError(
            f"records are in {crs.name}; in Kosovo the grid is that of {METRIC}, and another would "
            f"cut its cells. Fix: records = records.to_crs({METRIC!r}), places likewise"
        )


def _refuse(records: gpd.GeoDataFrame) -> None:
    """Raise for records that have no place, no uncertainty or no id of their own."""
    missing = [name for name in ("id", "kind", "uncertainty_m") if name not in records]
    if missing:
        raise CoarseningError(
            f"records have no column {', '.join(missing)}. Fix: columns as in geo.schema.RECORDS"
        )
    wrong = {
        "has no position": records.geometry.isna() | records.geometry.is_empty,
        "has an uncertainty that is not known; give it, or leave the record out": ~(
            records["uncertainty_m"].astype(float).between(0, UNCERTAINTY_M[-1])
        ),
        "has an id that another record has": records["id"].duplicated(),
    }
    for what, bad in wrong.items():
        if bad.any():
            raise CoarseningError(f"record {records.index[bad][0]!r} {what}")


def _period_and_size(records: pd.DataFrame, least: int) -> tuple[pd.Series, pd.Series]:
    """Return month or quarter and size class of each record; at least `least` records share them.

    A record belongs to the month of the middle of its possible days, or to that quarter where they
    span more than `MONTH_DAYS`; where they span more than `QUARTER_DAYS`, to no period.  So a
    quarter never reveals that the days cross the end of a month.
    """
    first = records["date_from"].fillna(records["date_to"]).dt.normalize()
    last = records["date_to"].fillna(records["date_from"]).dt.normalize()
    days = (last - first).dt.days.abs() + 1
    middle_day = first + (last - first) // 2
    month = middle_day.dt.strftime("%Y-%m").where(days <= MONTH_DAYS).astype("string")
    quarter = middle_day.dt.to_period("Q").dt.strftime("%Y-Q%q")
    quarter = quarter.where(days <= QUARTER_DAYS).astype("string")
    size = schema.size_class(records["group_min"], records["group_max"])
    period = month.mask(_rare_months(month, quarter, size, least)).fillna(quarter)
    shared = size.groupby([period.fillna(""), size]).transform("size")
    return period, size.where(shared >= least, "unknown")


def _rare_months(
    month: pd.Series, quarter: pd.Series, size: pd.Series, least: int
) -> pd.Series:
    """Mark the records whose month becomes its quarter.

    Those of months with too few reports of the size class.  Where just one month of a quarter would
    be missing, it could be worked out from the other two: then also those of the next smallest.
    """
    rows = pd.DataFrame({"month": month, "quarter": quarter, "size": size}).dropna()
    counts = rows.groupby(["quarter", "size", "month"]).size()
    next_smallest = []
    for _, of_quarter in counts.groupby(level=["quarter", "size"]):
        enough = of_quarter[of_quarter >= least]
        if len(of_quarter) == MONTHS and len(enough) == MONTHS - 1:
            next_smallest.append(enough.idxmin())
    rare = (counts < least) | counts.index.isin(next_smallest)
    keys = pd.MultiIndex.from_frame(rows[["quarter", "size", "month"]])
    is_rare = pd.Series(rare.reindex(keys).to_numpy(bool), index=rows.index)
    return is_rare.reindex(month.index, fill_value=False)


def nearest_town(points: gpd.GeoSeries, places: gpd.GeoDataFrame) -> pd.Series:
    """Return the English name of the nearest town, a disc of its uncertainty; null without any."""
    towns = places[places["kind"] == "town"]
    if towns.empty or points.empty:
        return pd.Series(pd.NA, index=points.index, dtype="string")
    away = shapely.distance(
        np.asarray(points.values)[:, None], np.asarray(towns.geometry.values)
    )
    away -= towns["uncertainty_m"].fillna(0).to_numpy(float)
    names = towns["name_en"].astype("string").take(away.argmin(axis=1))
    return names.set_axis(points.index)


def numbered(rows: gpd.GeoDataFrame) -> Coarsened:
    """Return the rows with ids in the order of their values, and whose ids they are."""
    key = ["letter", "y", "x", "period", "size_class", "uncertainty_m", "located_kind"]
    keyed = rows.assign(
        x=rows.geometry.x, y=rows.geometry.y, letter=rows["kind"].map(_LETTER)
    )
    down_first = [False, *[True] * (len(key) - 1)]
    ordered = pd.DataFrame(keyed).sort_values(
        key, ascending=down_first, ignore_index=True
    )
    number = ordered.groupby("kind").cumcount() + 1
    ids = (ordered["letter"] + number.astype("string")).astype("string")
    # A relation names the first of equal rows: which of them it was stays inside.
    first_equal = (
        ordered.index.to_series().mask(ordered.duplicated(key)).ffill().astype(int)
    )
    relates = ordered["relates_to"].map(
        dict(zip(ordered["record"], ids[first_equal], strict=True))
    )
    # Ids follow the values, so rows that differ in their relation only are sorted by it too.
    ordered = ordered.assign(relates_to=relates, first=first_equal)
    ordered = ordered.sort_values(
        ["first", "relates_to"], kind="stable", ignore_index=True
    )
    ordered = ordered.assign(id=ids)
    return Coarsened(SIGHTINGS.geoframe(ordered), schema.SIGHTING_IDS.frame(ordered))
