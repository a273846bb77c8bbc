"""What was planned before: the last plan of a log as a timetable, and what a new plan visits more.

Nights are compared by their dates where two plans share any, else by their numbers: the first night
of one beside the first of the other.
"""

import datetime
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd

from geo.patrols.clock import hhmm
from geo.records import Log
from geo.schema import STOPS


def last_plan(log: Log, first: datetime.date | None = None) -> gpd.GeoDataFrame:
    """Return the plan that was entered last in a log, table `STOPS`: its visits, no departures.

    Parameters
    ----------
    log : geo.records.Log
        What counts of one study (`mitrovica.log.current`).
    first : datetime.date, optional
        Day of the first night of a plan that this one is set beside.

    Returns
    -------
    geopandas.GeoDataFrame
        Table `STOPS`, EPSG:4326.  Its nights are numbered from `first` if the plan has that day or
        a later one, else from its own first day.  Empty where no plan was entered.
    """
    entered = log.imports.sort_values("at")["import_id"]
    with_plan = entered[entered.isin(log.plans["import_id"])]
    plans = log.plans
    if len(with_plan):
        plans = plans[plans["import_id"] == with_plan.iloc[-1]]
    if plans.empty:
        return STOPS.geoframe()
    days = pd.to_datetime(plans["date"])
    start = pd.Timestamp(first) if first else days.min()
    start = start if (days >= start).any() else days.min()
    zone = str(
        log.nights.set_index("plan_id")["time_zone"].loc[plans["plan_id"]].iloc[0]
    )
    arrival_s, departure_s = _clock_s(plans, days, zone)
    stops = plans.assign(
        night=(days - start).dt.days + 1,
        arrival_s=arrival_s,
        departure_s=departure_s,
        arrival=arrival_s.map(hhmm),
        departure=departure_s.map(hhmm),
        service_s=departure_s - arrival_s,
    )
    return STOPS.geoframe(stops[stops["night"] > 0].reset_index(drop=True))


def _clock_s(plans: pd.DataFrame, days: pd.Series, zone: str) -> Iterator[pd.Series]:
    """Yield arrivals and departures in seconds from midnight, as `geo.patrols.clock` counts them.

    The clock is read at the first arrival of each shift; from there on seconds are counted.
    """
    shift = [plans["date"], plans["shift"]]
    first = plans.groupby(shift)["arrive"].transform("min")
    shown = first.dt.tz_convert(zone).dt.tz_localize(None) - days
    for column in ("arrive", "depart"):
        at = shown + (plans[column] - first)
        yield at.dt.total_seconds().round().astype(int)


def visits_before_and_after(
    before: pd.DataFrame, after: pd.DataFrame, *, least: int = 2
) -> pd.DataFrame:
    """Return the stops that one of two plans visits at least so many times more than the other.

    Both are table `STOPS`.  Columns ``stop``, ``name``, ``before`` and ``after``, the number of
    visits in each; what changes most comes first.

    Examples
    --------
    >>> visit = {"name": "Station", "stop": "station", "service_s": 600}
    >>> before, after = pd.DataFrame([visit] * 5), pd.DataFrame([visit])
    >>> visits_before_and_after(before, after).to_numpy().tolist()
    [['station', 'Station', 5, 1]]
    """
    counts = {}
    for when, table in (("before", before), ("after", after)):
        visits = table[table["service_s"] > 0]
        counts[when] = visits.groupby(["stop", "name"]).size()
    both = pd.DataFrame(counts).fillna(0).astype(int).reset_index()
    more = (both["after"] - both["before"]).abs()
    order = more.sort_values(ascending=False, kind="stable").index
    return both.loc[order[more[order] >= least]].reset_index(drop=True)
