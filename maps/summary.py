"""What was found, in nine lines that a planner understands."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil, sqrt
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.records import Source, months_of
from geo.results import Findings, Hotspots
from maps.words import phrased_numbers
from maps.words.about import in_language
from maps.words.catalogue import day, period_name
from maps.words.corridor_answers import Corridors, expected_range
from maps.words.names import PlaceNames, signed
from maps.words.phrased_numbers import figure
from maps.words.phrases import Joined, Phrase, Text, listed, same

AT_PLACE_M: Final = 250.0
"""A hotspot so near to a place has its name alone."""


class Period(NamedTuple):
    """A month or a quarter."""

    period: str
    name: Phrase
    first: str
    """Its first month."""
    last: str


class Summary(NamedTuple):
    """What was found, in sentences."""

    lines: list[Phrase]
    """Nine."""
    brief: list[Phrase]
    """What the map's panel says of it in a few words."""
    osm: Phrase
    """How old the ways are."""
    periods: list[Period]
    """Each period of the sightings."""
    undated: list[Phrase]
    """How many sightings have no period; nothing if all have one."""
    hotspots: Phrase
    """Of the lines, that on hotspots."""


def summary(
    findings: Findings,
    near: Corridors,
    names: PlaceNames,
    why: Mapping[str, list[Phrase]],
    first_roads: Phrase,
) -> Summary:
    """Return what was found.

    Parameters
    ----------
    findings : geo.results.Findings
    near : maps.words.corridor_answers.Corridors
        Their answers on corridors.
    names : mapping of str to Phrase
        Names of places and stops, by id.
    why : mapping of str to list of Phrase
        Why parts of the study are left out.
    first_roads : Phrase
        On which the patrols of the first night begin.
    """
    hotspots = findings.hotspots
    on_hotspots = hotspots_sentence(hotspots, names)
    periods = period_phrases(findings.sightings)
    n_undated = int(findings.sightings["period"].isna().sum())
    when = _when(periods, n_undated)
    lines = [
        _rests_on(findings, when),
        Joined(" ", [near.at_best, *near.needed]),
        _network(findings.source),
        Joined(" ", [near.nearest, *near.located]),
        near.expected,
        on_hotspots,
        _patrols(findings, names, why.get("patrols", [])),
        first_roads,
        Phrase("line.where"),
    ]
    n = Phrase("sightings", n=findings.n_sightings)
    brief = [
        Phrase(near.at_best, "sample.best"),
        Joined("", near.needed, "sample.needed"),
        near.nearest,
        Joined("", near.located, "near.located"),
        Joined("", [n, when], "brief.sightings"),
        Phrase("brief.hotspots_n", "brief.hotspots", n=len(hotspots.table)),
    ]
    numbered = [Phrase(text, f"line.{k}") for k, text in enumerate(lines)]
    return Summary(
        lines=numbered,
        brief=brief,
        osm=Phrase(origin(findings.source), "osm"),
        undated=[Phrase("periods.undated", "periods.without", n=n_undated)]
        if n_undated
        else [],
        periods=periods,
        hotspots=numbered[lines.index(on_hotspots)],
    )


def _rests_on(findings: Findings, when: Text) -> Phrase:
    """Return how many sightings all of it rests on, when they were reported, and how coarsely."""
    n = len(findings.excluded)
    excluded = Phrase("excluded", n=n) if n else Phrase("nothing")
    if not findings.n_sightings:
        return Phrase("line.no_sightings", excluded=excluded)
    line = Phrase(
        "line.sightings",
        sightings=Phrase("sightings", n=findings.n_sightings),
        period=when,
        excluded=excluded,
    )
    cell_m = float(findings.sightings["cell_m"].max())
    # How far from its cell's middle a point may lie.
    farthest = figure(ceil(cell_m / sqrt(2)))
    return Joined(
        " ", [line, Phrase("line.grid", cell=figure(cell_m), metres=farthest)]
    )


def _when(periods: Sequence[Period], n_undated: int) -> Text:
    """Return when the sightings were reported: one period, or the first and the last month."""
    if not periods:
        return same("")
    when = Phrase("line.period_one", period=periods[0].name)
    if len(periods) > 1:
        start = partial(period_name, min(period.first for period in periods))
        end = partial(period_name, max(period.last for period in periods))
        when = Phrase("line.period", start=start, end=end)
    if not n_undated:
        return when
    return Joined("", [when, Phrase("line.undated", n=figure(n_undated))])


def periods_of(sightings: pd.DataFrame) -> list[str]:
    """Return the periods of table `SIGHTINGS`, the earliest first; quarters after their months."""
    return sorted(sightings["period"].dropna().unique(), key=months_of)


def period_phrases(sightings: pd.DataFrame) -> list[Period]:
    """Return each period of table `SIGHTINGS` with its name in words."""
    phrases = []
    for period in periods_of(sightings):
        months = months_of(period)
        name = Phrase(partial(period_name, period))
        phrases.append(Period(period, name, months[0], months[-1]))
    return phrases


def _network(source: Source) -> Phrase:
    """Return which ways were used, and what they lack."""
    title = Phrase("source.own") if source.kind == "own" else source.title
    used = Phrase("line.network", title=title, osm=origin(source))
    if source.generalised:
        key, tolerance = "line.network_generalised", figure(source.tolerance_m)
        used = Phrase(key, title=title, osm=origin(source), tolerance=tolerance)
    if not any(source.note.values()):
        return used
    return Joined(" ", [used, partial(in_language, source.note)])


def origin(source: Source) -> Text:
    """Return the date of the OSM data in words, or that it is not stated; of others the licence."""
    if source.osm_date is not None:
        if len(source.osm_date) == len("YYYY-MM"):
            month = partial(period_name, source.osm_date)
            return Phrase("osm.month", date=month)
        date = partial(day, pd.Timestamp(source.osm_date).date())
        return Phrase("osm.dated", date=date)
    if "OpenStreetMap" not in source.licence:
        return same(source.licence)
    return Phrase("osm.undated")


def excess_in_words(row: Mapping[Any, Any]) -> Phrase:
    """Return how many sightings were reported on a hotspot, and how many are expected there."""
    return Phrase(
        "hotspot.excess",
        reported=_sightings(row["reported"]),
        expected=expected_range(row["expected_low"], row["expected_high"]),
    )


def hotspot_name(row: Mapping[Any, Any], names: PlaceNames) -> Text:
    """Return the place that a hotspot is named after, with distance and direction where far off.

    `row` is of table `HOTSPOTS`; `names` are those of places by id, else they are in English.
    """
    place = names.get(row["place"], signed(str(row["name"])))
    away_m = float(row["place_distance_m"])
    if not away_m > AT_PLACE_M or pd.isna(row["place_direction"]):
        return place
    distance = phrased_numbers.metres(100 * round(away_m / 100))
    if away_m >= 1000:
        distance = phrased_numbers.kilometres(away_m / 1000)
    direction = Phrase(f"direction.{row['place_direction']}")
    return Phrase("hotspot.away", distance=distance, direction=direction, place=place)


def _sightings(n: float) -> Text:
    """Return an expected number of sightings: in whole ones where it is whole, or large."""
    is_whole = abs(n - round(n)) < 0.05 <= n
    return figure(n, 0 if n >= 10 or is_whole else 1)


def hotspots_sentence(hotspots: Hotspots, names: PlaceNames) -> Phrase:
    """Return where more was reported than is expected; `names` are those of places by id."""
    if hotspots.table.empty:
        return Phrase("line.no_hotspots")
    described = [
        Phrase(
            "line.described", name=hotspot_name(row, names), excess=excess_in_words(row)
        )
        for row in hotspots.table.sort_values("rank").to_dict("records")
    ]
    hotspots_named = Phrase("line.hotspots", names=listed(described))
    return Joined(" ", [hotspots_named, Phrase("line.scan")])


def _patrols(findings: Findings, names: PlaceNames, why: list[Phrase]) -> Phrase:
    """Return what the patrols do, which advised places they visit, and why stops are left out."""
    sentences = []
    stops = pd.DataFrame(findings.patrols.stops)
    if stops.empty:
        sentences += why or [Phrase("no_patrols")]
    else:
        starts = stops[stops["order"] == 0]
        depot = stops.iloc[-1]
        from_depot = (starts["stop"] == depot["stop"]).all()
        line = Phrase(
            "line.patrols" if from_depot else "line.patrols.on_the_way",
            patrols=Phrase("n_patrols", n=len(starts)),
            shifts=Phrase("shifts", n=stops.groupby(["night", "shift"]).ngroups),
            stops=Phrase("stops", n=int((stops["service_s"] > 0).sum())),
            depot=names.get(depot["stop"], signed(str(depot["name"]))),
        )
        sentences.append(line)
    # The rest of a night is not weighed against all stops.
    if not why and not findings.patrols.measures.empty:
        sentences += _visited(findings)
    return Joined(" ", sentences)


def _visited(findings: Findings) -> list[Phrase]:
    sentences = []
    patrols, advised = (findings.patrols, int((findings.need["advised"] > 0).sum()))
    if advised:
        at_advised = patrols.stop_need.loc[patrols.stop_need["at_advised"], "stop"]
        visited = int(at_advised.isin(patrols.stops["stop"]).sum())
        sentences.append(Phrase("line.visited", visited=visited, advised=advised))
    left_out = patrols.left_out["reason"]
    if left_out.empty:
        return [*sentences, Phrase("line.none_left_out")]
    by_reason = left_out.value_counts().items()
    reasons = [Phrase(f"reason.{reason}", n=n) for reason, n in by_reason]
    return [*sentences, Phrase("line.left_out", left=len(left_out), reasons=reasons)]
