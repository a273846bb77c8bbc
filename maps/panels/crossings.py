"""The official crossings: how far they are, who enters there, why no patrol goes, who helps."""

from typing import Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.movement.crossings import CROSSING
from geo.records import StudyData
from geo.results import Findings
from geo.schema import WGS84
from maps.panels import plan_quality
from maps.words import quantities
from maps.words.about import help_at, helpers, in_language
from maps.words.catalogue import known, number, percent
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase, of_word, phrase

Corners = tuple[list[float], list[float]]
"""South-west and north-east, each latitude and longitude."""

NEAR_M: Final = 1000.0
"""A patrol that stops this near to a crossing stops at it."""


class Crossing(NamedTuple):
    """A crossing that people enter or leave by."""

    name: Phrase
    at: str
    """Latitude and longitude."""
    away: Phrase | None
    """How far it is from the start of the patrols."""
    lines: tuple[Phrase, ...]
    """Sentences on it."""


def main_crossings(findings: Findings, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the crossings by which people enter or leave; all where the study names none."""
    gates = places[places["kind"] == CROSSING]
    flow = findings.movement
    named = [] if flow is None else [*flow.exits, *flow.origins["place"].dropna()]
    of_flow = gates[gates["id"].isin(named)]
    return of_flow if len(of_flow) else gates


def corridor_bounds(
    findings: Findings, data: StudyData, bounds: Corners
) -> Corners | None:
    """Return the corners of a view with all main crossings too; None where `bounds` show them."""
    gates = main_crossings(findings, data.places).to_crs(WGS84)
    points = [(y, x) for x, y in gates.get_coordinates().to_numpy()]
    latitude, longitude = zip(*bounds, *points, strict=True)
    south_west, north_east = (
        [min(latitude), min(longitude)],
        [max(latitude), max(longitude)],
    )
    whole = south_west, north_east
    return None if whole == bounds else whole


def crossings(findings: Findings, data: StudyData, names: PlaceNames) -> list[Crossing]:
    """Return the crossings by which people enter or leave, the nearest to the depot first."""
    gates = main_crossings(findings, data.places).to_crs(metric_crs(data.boundary))
    stops = findings.patrols.stops.to_crs(str(gates.crs))
    depot = stops.loc[stops["kind"] == "depot", "geometry"].head(1)
    away_m = (
        gates.distance(depot.iloc[0]) if len(depot) else pd.Series(pd.NA, gates.index)
    )
    degrees = data.places.to_crs(WGS84).geometry
    at_degrees = dict(
        zip(data.places["id"], degrees.get_coordinates().to_numpy(), strict=True)
    )
    found = []
    for row in gates.assign(away_m=away_m).sort_values("away_m").to_dict("records"):
        lines = (
            *_flow(row["id"], findings, data),
            _patrol(row, findings, stops, names),
            *_help(row["id"], data),
        )
        x, y = at_degrees[row["id"]]
        at = f"{y:.5f},{x:.5f}"
        found.append(Crossing(names[row["id"]], at, _away(row), lines))
    return found


def unplaced(findings: Findings, data: StudyData) -> Phrase | None:
    """Return whom the table of entries counts elsewhere than at the main crossings; None if all."""
    flow = findings.movement
    if flow is None:
        return None
    gates = main_crossings(findings, data.places)["id"]
    others = flow.origins[
        ~flow.origins["place"].isin(gates) & (flow.origins["persons"] > 0)
    ]
    if others.empty:
        return None

    def text(language: str) -> str:
        parts = (
            f"{_border(row['entry_point'], data).forms[language]} "
            f"{number(row['persons'], language)}"
            for row in others.to_dict("records")
        )
        return ", ".join(parts)

    return of_word(
        "crossing.elsewhere.of",
        "crossing.elsewhere",
        others=phrase("crossing.others", text),
    )


def _away(row: dict[Any, Any]) -> Phrase | None:
    if pd.isna(row["away_m"]):
        return None
    km = quantities.figure(row["away_m"] / 1000)
    return of_word(f"crossing.away.{row['id']}", "crossing.away", km=km)


def _flow(crossing: str, findings: Findings, data: StudyData) -> list[Phrase]:
    """Return how many enter from beyond a crossing by the table of entries, and whether they leave.

    The table counts by border: it does not say by which crossing, nor whether by any.
    """
    flow = findings.movement
    if flow is None:
        return []
    lines = (
        [of_word("crossing.exit", "crossing.exit")] if crossing in flow.exits else []
    )
    total = flow.origins["persons"].sum()
    period = (
        "" if data.entry_points is None else str(data.entry_points["period"].iloc[0])
    )
    entered = flow.origins[flow.origins["place"] == crossing].to_dict("records")
    return lines + [
        of_word(
            f"crossing.enter.{crossing}",
            "crossing.enter",
            border=_border(row["entry_point"], data),
            period=period,
            persons=quantities.figure(row["persons"]),
            total=quantities.figure(total),
            share=percent(row["share"]),
        )
        for row in entered
    ]


def _border(entry_point: str, data: StudyData) -> Phrase:
    """Return the name of an entry point, that of a neighbour in every language."""
    if known(entry_point):
        return of_word(f"border.{entry_point}", entry_point)
    neighbours = [
        names for names, _, _ in data.about.neighbours if names.get("en") == entry_point
    ]
    forms = neighbours[0] if neighbours else {"en": entry_point}
    return phrase(
        f"border.{entry_point}", lambda language: in_language(forms, language)
    )


def _patrol(
    row: dict[Any, Any], findings: Findings, stops: gpd.GeoDataFrame, names: PlaceNames
) -> Phrase:
    """Return whether a patrol stops at a crossing, or why none goes there."""
    crossing = row["id"]
    served = stops[stops["service_s"] > 0]
    near_m = served.distance(row["geometry"])
    if len(served) and near_m.min() <= NEAR_M:
        stop = str(served["stop"].to_numpy()[near_m.argmin()])
        return of_word(
            f"crossing.served.{crossing}", "crossing.served", stop=names[stop]
        )
    reasons = {
        one.stop: one.why for one in plan_quality.left_out(findings.patrols, names)
    }
    if crossing not in reasons:
        return of_word("crossing.no_stop", "crossing.no_stop")
    key, why = f"crossing.why.{crossing}", reasons[crossing]
    left_out = findings.patrols.left_out
    drive_s = float(left_out.loc[left_out["stop"] == crossing, "round_trip_s"].iloc[0])
    if pd.isna(drive_s):
        return of_word(key, "crossing.why", why=why)
    hours = of_word(f"{key}.hours", "hours", n=quantities.figure(drive_s / 3600, 1))
    return of_word(key, "crossing.why_far", hours=hours, why=why)


def help_anywhere(data: StudyData, names: PlaceNames) -> Phrase:
    """Return whom the study names who helps at no crossing in particular."""
    anywhere = helpers(data.services, names)
    if anywhere is None:
        return of_word("crossing.help.none", "crossing.help.none")
    return of_word("crossing.help.else.of", "crossing.help.else", help=anywhere)


def _help(crossing: str, data: StudyData) -> list[Phrase]:
    """Return who helps at a crossing, where the study names somebody."""
    here = help_at(data.services, crossing)
    given = of_word(f"crossing.help.{crossing}", "crossing.help", help=here)
    return [] if here is None else [given]
