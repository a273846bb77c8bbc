"""Presence: how long each piece of way was within sight of a crew, and what that says of effort."""

from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geo.arrays import Floats, Ints
from geo.chance.nulls import Observers
from geo.crs import require_metric
from geo.network.graph import Network, Positions
from geo.network.lixels import lixelize
from geo.patrols.clock import daylight
from geo.schema import WGS84

STEP_M: Final = 50.0
"""Distance between the points at which a drive counts; the longest piece of way that is seen."""
NIGHT: Final = (22, 4)
"""Full hours at which the evening becomes night, and the night early morning."""
LEAST_M: Final = 1000.0
"""The shortest section whose minutes are given."""
TOUCH_M: Final = 1.0
"""An edge is part of a section if its middle lies within this distance of it."""
FARTHEST: Final = 3.0
"""Standard deviations of sight beyond which nothing is noticed."""


def noticed(distance_m: Floats) -> Floats:
    """Return the chance that a group is noticed, over that of one right beside the crew.

    A Gaussian of `Observers.sight_m`.

    >>> noticed(np.array([0.0, 200.0])).round(2).tolist()
    [1.0, 0.61]
    """
    return np.exp(-((distance_m / Observers.sight_m) ** 2) / 2)


def seen_m(points: Floats, network: Network) -> tuple[Ints, Ints, Floats]:
    """Return point, edge and metres `noticed`, of each piece of network within sight of a point."""
    pieces = lixelize(network, STEP_M)
    middle = Positions(pieces.edge, pieces.middle_m).points(network)
    pairs = cKDTree(points).sparse_distance_matrix(
        cKDTree(middle), FARTHEST * Observers.sight_m, output_type="coo_matrix"
    )
    metres = noticed(pairs.data) * pieces.length_m[pairs.col]
    return pairs.row.astype(int), pieces.edge[pairs.col], metres


def time_classes(at_s: Floats, time_zone: str, lon: float, lat: float) -> pd.Series:
    """Return the class of `TIME_CLASSES` of instants.

    Day is from sunrise to sunset; of the dark hours those before 22:00 are evening, those from 4:00
    early morning, those between night.

    Parameters
    ----------
    at_s : (n,) array
        Seconds since 1970-01-01 UTC.
    time_zone : str
        By whose clock evening ends.
    lon, lat : float
        Where the sun rises and sets, WGS 84 degrees.

    Returns
    -------
    pandas.Series of str

    Examples
    --------
    >>> noon = pd.Timestamp("2026-12-01 12:00", tz="Europe/Belgrade").timestamp()
    >>> time_classes(noon + 3600.0 * np.array([0, 6, 12, 18]), "Europe/Belgrade", 20.87, 42.89)[:]
    0              day
    1          evening
    2            night
    3    early_morning
    dtype: string
    """
    zone = ZoneInfo(time_zone)
    local = pd.Series(pd.to_datetime(at_s, unit="s", utc=True)).dt.tz_convert(zone)
    early, late = local.dt.hour < NIGHT[1], local.dt.hour >= NIGHT[0]
    classes = pd.Series(
        np.where(local.dt.hour < 12, "early_morning", "evening"), dtype="string"
    )
    classes[early | late] = "night"
    for day in local.dt.date.unique():
        up, down = daylight(day, zone, lon, lat)
        classes[(local >= up) & (local < down)] = "day"
    return classes


def in_sight(network: Network, crews: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Return for how long the mean metre of each edge in sight was within sight of crews.

    ``edge``, ``time_class``, ``minutes``: a minute counts by what was `noticed` from where the crew
    was; one beside the crew is whole.

    Parameters
    ----------
    network : geo.network.graph.Network
        All that a crew may see: roads, paths, railways.
    crews : pandas.DataFrame
        As from `where_crew_was`.
    time_zone : str
        By whose clock evening ends.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from geo import network
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (1000, 0)])], crs=9141)
    >>> stood = pd.DataFrame({"x": [500.0], "y": [0.0], "at_s": [1.8e9], "minutes": [30.0]})
    >>> in_sight(network.from_lines(street), stood, "Europe/Belgrade").round(1).values.tolist()
    [[0, 'early_morning', 14.9]]
    """
    centre = shapely.Point(network.node_xy.mean(axis=0))
    where = gpd.GeoSeries([centre], crs=network.crs).to_crs(WGS84)
    classes = time_classes(
        crews["at_s"].to_numpy(float), time_zone, where.x[0], where.y[0]
    )
    crew, edge, metres = seen_m(crews[["x", "y"]].to_numpy(float), network)
    minutes = crews["minutes"].to_numpy(float)[crew] * metres / network.length_m[edge]
    of_crew = classes.to_numpy(object)[crew]
    rows = pd.DataFrame({"edge": edge, "time_class": of_crew, "minutes": minutes})
    return rows.groupby(["edge", "time_class"])["minutes"].sum().reset_index()


def minutes_by_section(
    presence: pd.DataFrame, network: Network, sections: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return for how long the mean metre of each section was within sight of crews, by month.

    It is all of crews' tracks that may leave: ``section``, ``month`` and ``minutes``, rounded.
    `presence` is as from `in_sight` on the edges of `network`, with ``month``; `sections` are lines
    in its CRS with ``section``.  Raises `ValueError` where one is shorter than 1 km.

    Parameters
    ----------
    presence : pandas.DataFrame
        As from `in_sight` on the edges of `network`, with ``month``.
    network : geo.network.Network
    sections : geopandas.GeoDataFrame of lines in the network's CRS
        With ``section``.

    Returns
    -------
    pandas.DataFrame
        ``section``, ``month``, ``minutes``.
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), sections=sections)
    short = sections.length < LEAST_M
    if short.any():
        name = sections["section"][short].iloc[0]
        raise ValueError(
            f"section {name!r} is shorter than {LEAST_M:g} m: it tells too much"
        )
    middle = shapely.line_interpolate_point(network.geometry, 0.5, normalized=True)
    row, edge = sections.sindex.query(middle, predicate="dwithin", distance=TOUCH_M)[
        ::-1
    ]
    edges_of_sections = pd.DataFrame(
        {"edge": edge, "section": sections["section"].to_numpy(object)[row]}
    )
    length_m = network.length_m[edge]
    edges_of_sections["share"] = length_m / np.bincount(row, length_m)[row]
    rows = presence.merge(edges_of_sections, on="edge")
    rows["minutes"] *= rows["share"]
    return rows.groupby(["section", "month"])["minutes"].sum().round().reset_index()
