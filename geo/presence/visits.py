"""Visits: what was found in how long, what none says, and what contacts brought."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from geo.arrays import Floats
from geo.chance.nulls import Null
from geo.crs import require_metric
from geo.network.segments import points_xy
from geo.presence.sight import time_classes
from geo.records import stayed_s

LEVEL: Final = 0.95

LEAST: Final = 10
"""The least number of contacts that may be published."""

POSITIONS: Final = 50_000
"""Positions that measured effort is held as, about."""


def stop_table(
    visits: pd.DataFrame,
    groups: pd.DataFrame,
    time_zone: str,
    lon: float,
    lat: float,
    rate_per_h: float | None = None,
) -> pd.DataFrame:
    """Return what was found at each stop in each time class.  It stays in the office.

    A group is of the time class in which crews spent most time at its stop in its shift and month,
    since a group carries no time of its own.

    Parameters
    ----------
    visits, groups : pandas.DataFrame, tables `LOG_VISITS` and `LOG_GROUPS`
        Rows that count.
    time_zone, lon, lat
        As for `time_classes`.
    rate_per_h : float, optional
        Groups per hour for which `p_empty` is given; by default that of all visits together.

    Returns
    -------
    pandas.DataFrame
        ``stop``, ``time_class``, ``visits``, ``minutes``, ``groups``, ``groups_per_h``; ``low``,
        ``high``: its exact interval at `LEVEL` (Garwood 1936, Fiducial limits for the Poisson
        distribution); ``p_empty``: chance that a place of that rate had stayed empty so long.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-12-01 18:00", "2026-12-02 18:00"]).tz_localize("UTC")
    >>> visits = pd.DataFrame({
    ...     "stop": "station", "shift": "evening", "date": ["2026-12-01", "2026-12-02"],
    ...     "outcome": "done", "arrived_at": at, "left_at": at + pd.Timedelta("30min"),
    ... })
    >>> none = pd.DataFrame({"stop": [], "shift": [], "month": []}, dtype="string")
    >>> found = stop_table(visits, none, "Europe/Belgrade", 20.87, 42.89, rate_per_h=1.0)
    >>> found[["visits", "minutes", "groups", "high", "p_empty"]].round(2).values.tolist()
    [[2.0, 60.0, 0.0, 3.69, 0.37]]
    """
    rows = _classed(visits, time_zone, lon, lat)
    where = ["stop", "shift", "month"]
    spent = rows.groupby([*where, "time_class"])["minutes"].sum().reset_index()
    spent = spent.sort_values("minutes", kind="stable")
    longest = spent.drop_duplicates(where, keep="last")
    classed = groups.merge(longest[[*where, "time_class"]], on=where)
    keys = ["stop", "time_class"]
    spent_at: Any = rows.groupby(keys)["minutes"]
    table: pd.DataFrame = spent_at.agg(visits="size", minutes="sum")
    n_groups = classed.groupby(keys).size().reindex(table.index).fillna(0).astype(int)
    hours = table["minutes"].to_numpy(float) / 60
    n = np.asarray(n_groups, dtype=float)
    rate = n.sum() / hours.sum() if rate_per_h is None else rate_per_h
    low, high = garwood(n)
    return table.assign(
        groups=n_groups,
        groups_per_h=n / hours,
        low=low / hours,
        high=high / hours,
        p_empty=np.exp(-rate * hours),
    ).reset_index()


def _classed(
    visits: pd.DataFrame, time_zone: str, lon: float, lat: float
) -> pd.DataFrame:
    """Return visits of known length with their time class, minutes and month."""
    done = visits[visits["outcome"] == "done"].dropna(subset=["arrived_at", "left_at"])
    length_s = stayed_s(done)
    since_1970 = done["arrived_at"] - pd.Timestamp(0, tz="UTC")
    middle_s = np.asarray(since_1970.dt.total_seconds() + length_s / 2, dtype=float)
    classes = time_classes(middle_s, time_zone, lon, lat).to_numpy(object)
    return done.assign(
        time_class=classes, minutes=length_s / 60, month=done["date"].str[:7]
    )


def garwood(count: Floats) -> tuple[Floats, Floats]:
    """Return the exact interval of the mean of Poisson counts, at `LEVEL`.

    >>> [bound.round(3).tolist() for bound in garwood(np.array([0, 3]))]
    [[0.0, 0.619], [3.689, 8.767]]
    """
    tail = (1 - LEVEL) / 2
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1), tail), 0.0)
    return low, np.asarray(gammaincinv(count + 1, 1 - tail))


def measured_effort(table: pd.DataFrame, stops: gpd.GeoDataFrame) -> Null:
    """Return the null that groups are met wherever crews wait for them, minute by minute.

    What crews met rests on it, and on nothing else: it tells by how many minutes a place was
    watched, not how likely others report from it (`geo.chance.reporting_effort`).
    `table` is as from `stop_table`; `stops` are points in metres with ``stop``.

    Parameters
    ----------
    table : pandas.DataFrame
        As from `stop_table`.
    stops : geopandas.GeoDataFrame of Point, projected CRS in metres
        With ``stop``.

    Returns
    -------
    geo.chance.Null
    """
    require_metric(stops=stops)
    minutes = table.groupby("stop")["minutes"].sum()
    where = (
        stops.drop_duplicates("stop").set_index("stop").geometry.reindex(minutes.index)
    )
    if where.isna().any():
        name = where.index[where.isna()][0]
        raise ValueError(
            f"stops hold no stop {name!r}, at which crews waited. Fix: all its stops"
        )
    xy, share = points_xy(where), (minutes / minutes.sum()).to_numpy(float)

    def draw(k: int, rng: np.random.Generator) -> Floats:
        return xy[rng.choice(len(xy), k, p=share)]

    hours = minutes.sum() / 60
    text = f"effort was measured: {hours:.0f} hours of crews at {len(xy)} stops"
    positions = xy.repeat(np.ceil(POSITIONS * share).astype(int), axis=0)
    return Null("measured", positions, draw, (text,))


def understood_by_language(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return ``groups`` by language, and the ``share`` understood in words.

    In words: in their own language or through an interpreter.  `contacts` is what counts of table
    `LOG_CONTACTS` (`mitrovica.log.current`).
    """
    rows = contacts[contacts["kind"] == "understood"]
    in_words = rows["groups"].where(
        rows["value"].isin(["own_language", "interpreter"]), 0
    )
    by_language = (
        rows.assign(in_words=in_words).groupby("language")[["groups", "in_words"]].sum()
    )
    share = by_language.pop("in_words") / by_language["groups"]
    return by_language.assign(share=share).reset_index()


def needs_met(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return by need how many groups asked, and for how many it was ``met`` and ``unmet``."""
    asked, given = (
        contacts[contacts["kind"] == kind].groupby("value")["groups"].sum()
        for kind in ("need", "need_met")
    )
    table = pd.DataFrame({"asked": asked, "met": given}).fillna(0).astype(int)
    table["unmet"] = (table["asked"] - table["met"]).clip(lower=0)
    return table.rename_axis("need").reset_index()


def by_shift_and_month(groups: pd.DataFrame, least: int = LEAST) -> pd.DataFrame:
    """Return groups met by shift and month, of those with at least `least` only: it may leave."""
    counts = groups.groupby(["shift", "month"]).size().rename("groups").reset_index()
    return counts[counts["groups"] >= least].reset_index(drop=True)


def unmet_needs(
    contacts: pd.DataFrame, least: int = LEAST
) -> tuple[str, list[str]] | None:
    """Return a month, and the needs that at least `least` groups named and nobody met in it.

    It is the last month with any, None if there is none.  It is of the whole area, and may leave.
    """
    for month, rows in sorted(contacts.groupby("month"), reverse=True):
        needs = needs_met(rows).sort_values("unmet", ascending=False, kind="stable")
        if needs["unmet"].max() >= least:
            return str(month), needs.loc[needs["unmet"] >= least, "need"].tolist()
    return None
