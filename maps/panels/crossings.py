"""The official crossings: how far they are, why no patrol goes there, who helps."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import metric_crs
from geo.records import Assessment, StudyData
from geo.results import Findings
from geo.schema import WGS84
from geo.sections.official_crossings import CROSSING
from maps.panels.plan_quality import LeftOut
from maps.words import phrased_numbers
from maps.words.about import help_at
from maps.words.catalogue import day
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase

Corners = tuple[list[float], list[float]]
"""South-west and north-east, each latitude and longitude."""

NEAR_M: Final = 1000.0
"""A patrol that stops this near to a crossing stops at it."""


class Crossing(NamedTuple):
    """An official crossing."""

    name: Phrase
    at: str
    """Latitude and longitude."""
    away: Phrase | None
    """How far it is from the start of the patrols."""
    lines: tuple[Phrase, ...]
    """Sentences on it."""


class Crossings(NamedTuple):
    """What is said of the crossings."""

    each: tuple[Crossing, ...]
    """The nearest to the depot first."""
    corners: Corners | None
    """Of a view with all of them; None where the map shows them as it opens."""


def crossings(
    findings: Findings,
    data: StudyData,
    names: PlaceNames,
    left_out: Sequence[LeftOut],
    bounds: Corners,
) -> Crossings:
    """Return what is said of the official crossings.

    Parameters
    ----------
    findings, data
        As for `maps.planner`.
    names : mapping of str to Phrase
        Names of places and stops, by id.
    left_out : sequence of LeftOut
        Stops that no patrol visits.
    bounds : Corners
        What the map shows as it opens.
    """
    gates = data.places[data.places["kind"] == CROSSING]
    crs = metric_crs(data.boundary)
    degrees = gates.to_crs(WGS84).geometry
    stops = findings.patrols.stops.to_crs(crs)
    depots = stops.loc[stops["kind"] == "depot", "geometry"]
    served = stops[stops["service_s"] > 0]
    reasons = {stop.stop: stop for stop in left_out}
    placed = gates.to_crs(crs).assign(latitude=degrees.y, longitude=degrees.x)
    placed["away_m"] = placed.distance(depots.iloc[0]) if len(depots) else np.nan
    described = []
    for row in placed.sort_values("away_m").to_dict("records"):
        crossing = row["id"]
        lines = (
            _patrol(row, served, names, reasons.get(crossing)),
            *_assessed(crossing, data.assessed),
            *_help(crossing, data.services),
        )
        position = f"{row['latitude']:.5f},{row['longitude']:.5f}"
        described.append(Crossing(names[crossing], position, _away(row), lines))
    return Crossings(each=tuple(described), corners=_corners(degrees, bounds))


def _corners(gates: gpd.GeoSeries, bounds: Corners) -> Corners | None:
    """Return the corners of a view with crossings, EPSG:4326; None where `bounds` show them."""
    places = gates.get_coordinates()[["y", "x"]].to_numpy()
    points = np.concatenate([bounds, places])
    whole = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return None if whole == bounds else whole


def _away(row: dict[Any, Any]) -> Phrase | None:
    if pd.isna(row["away_m"]):
        return None
    km = phrased_numbers.figure(row["away_m"] / 1000)
    return Phrase("crossing.away", km=km)


def _patrol(
    row: dict[Any, Any],
    served: gpd.GeoDataFrame,
    names: PlaceNames,
    left_out: LeftOut | None,
) -> Phrase:
    """Return whether a patrol stops at a crossing, or why none goes there."""
    near_m = served.distance(row["geometry"])
    if len(served) and near_m.min() <= NEAR_M:
        stop = served["stop"].to_numpy()[near_m.argmin()]
        return Phrase("crossing.served", stop=names[stop])
    if left_out is None:
        return Phrase("crossing.no_stop")
    if left_out.away_h is None:
        return Phrase("crossing.why", why=left_out.why)
    hours = Phrase("hours", n=left_out.away_h)
    return Phrase("crossing.why_far", hours=hours, why=left_out.why)


def _assessed(crossing: str, assessed: Mapping[str, Assessment]) -> list[Phrase]:
    """Return what may be planned at a crossing, where it was assessed."""
    if crossing not in assessed:
        return []
    partner, until = assessed[crossing].partner, assessed[crossing].until
    return [Phrase("crossing.assessed", partner=partner, day=partial(day, until))]


def _help(crossing: str, services: pd.DataFrame) -> list[Phrase]:
    """Return who helps at a crossing, where the study names somebody."""
    here = help_at(services, crossing)
    if here is None:
        return []
    return [Phrase("crossing.help", help=here)]
