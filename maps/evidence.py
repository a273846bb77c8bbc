"""What was found, and on how much it rests: sentences, and the rows of the report's tables."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.presence.visits import by_shift_and_month
from geo.records import StudyData
from geo.results import CorridorTests, Findings, Hotspots, Patrolled, Proximity
from geo.schema import CORRIDORS
from maps.overlays import models
from maps.summary import Summary, hotspot_name, summary
from maps.words.corridor_answers import CorridorAnswer, Corridors, expected_range
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase

MOST_ROWS: Final = 60
"""Sightings that the report lists at most."""

MOST_SECTIONS: Final = 5
"""Sections that it lists of each model."""

Rows = list[dict[Any, Any]]
"""Rows of a table: values by column."""


class Near(NamedTuple):
    """How near the sightings lie to each kind of corridor."""

    bands_m: list[float]
    within: dict[str, Rows]
    """Rows of table `PROXIMITY_TOTALS` by kind: what was reported, and what is expected."""
    quantiles: Rows
    """Of table `DISTANCE_QUANTILES`."""
    along_railway: Rows
    """Of table `MEASURED`; at most `MOST_ROWS`."""


class Met(NamedTuple):
    """What patrols met."""

    rests_on: str
    tests: Rows
    by_month: Rows
    hotspots: Rows


class Evidence(NamedTuple):
    """What was found, in the order in which the report has it."""

    n_sightings: int
    near: Near
    hotspots: Rows
    """By rank."""
    met: Met | None
    """None where no visit is known."""
    access: Rows
    """The first sections by rank."""
    summary: Summary
    answers: list[CorridorAnswer]
    """How many were reported near each kind of corridor, and how many are expected."""
    omitted: list[Phrase]
    """What the study leaves out."""
    models: list[Phrase]
    """What the models are, and what terrain they stand on."""


def evidence(
    findings: Findings,
    data: StudyData,
    names: PlaceNames,
    near: Corridors,
    why: Mapping[str, list[Phrase]],
    first_roads: Phrase,
) -> Evidence:
    """Return what was found.

    Parameters
    ----------
    findings, data
        As for `maps.planner`.
    names : mapping of str to Phrase
        Names of places and stops, by id.
    near : maps.words.corridor_answers.Corridors
        The answers on corridors.
    why : mapping of str to list of Phrase
        Why parts of the study are left out.
    first_roads : Phrase
        On which the patrols of the first night begin.
    """
    walk = findings.access
    return Evidence(
        n_sightings=findings.n_sightings,
        near=_near(findings.proximity, findings.measured),
        hotspots=_hotspots(findings.hotspots, names),
        met=_met(findings.patrolled, data, names),
        access=[] if walk is None else _by_rank(walk.sections)[:MOST_SECTIONS],
        summary=summary(findings, near, names, why, first_roads),
        answers=near.answers,
        omitted=[sentence for part in why.values() for sentence in part],
        models=models.notes(findings, data.terrain),
    )


def _near(near: Proximity, measured: pd.DataFrame) -> Near:
    totals = near.totals.sort_values("band_m")
    by_kind = {
        kind: rows.to_dict("records") for kind, rows in totals.groupby("corridor")
    }
    unknown = {"railway_from": "its southern end", "railway_side": "not known"}
    along = pd.DataFrame(measured).dropna(subset="railway_km").fillna(unknown)
    return Near(
        bands_m=totals["band_m"].unique().tolist(),
        within={kind: by_kind[kind] for kind in CORRIDORS if kind in by_kind},
        quantiles=near.quantiles.dropna(subset="q50_m").to_dict("records"),
        along_railway=along.head(MOST_ROWS).to_dict("records"),
    )


def _met(patrolled: Patrolled | None, data: StudyData, names: PlaceNames) -> Met | None:
    if patrolled is None:
        return None
    return Met(
        rests_on=str(patrolled),
        tests=_tests(patrolled.tests),
        by_month=by_shift_and_month(data.log.groups).to_dict("records"),
        hotspots=_hotspots(patrolled.hotspots, names),
    )


def _tests(tests: CorridorTests | None) -> Rows:
    """Return the tests, the hypothesis named beforehand first."""
    if tests is None or tests.bands.empty:
        return []
    rows = tests.bands.dropna(subset="p_adjusted")
    rows = rows.sort_values("primary", ascending=False, kind="stable")
    return [*rows.to_dict("records")]


def _hotspots(hotspots: Hotspots, names: PlaceNames) -> Rows:
    """Return the hotspots by rank, each with its name and what is expected there in words."""
    rows = _by_rank(hotspots.table)
    for row in rows:
        row["name"] = hotspot_name(row, names)("en")
        low, high = row["expected_low"], row["expected_high"]
        row["by_effort"] = expected_range(low, high)("en")
    return rows


def _by_rank(table: pd.DataFrame) -> Rows:
    return [*table.sort_values("rank").to_dict("records")]
