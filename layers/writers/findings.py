"""`findings.json`: the findings as numbers, by the JSON Schema in `layers/data`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from geo.results import Findings, Patrols, StudyData
from layers.schema import (
    CONTRADICTIONS,
    EXCLUDED,
    HOTSPOTS,
    LEFT_OUT,
    PROXIMITY,
    PROXIMITY_TOTALS,
    SCHEMA_VERSION,
    SENSITIVITY,
    Table,
)
from layers.writers.outputs import DECIMALS

CONFIDENCE: Final = 0.95


def render(
    findings: Findings,
    data: StudyData,
    *,
    contradictions: pd.DataFrame,
    ten_lines: Sequence[str],
) -> dict[str, Any]:
    """Return the findings as plain values for JSON.

    Parameters
    ----------
    findings : geo.results.Findings
    data : geo.results.StudyData
        What they were found in.
    contradictions : pandas.DataFrame, table `CONTRADICTIONS`
    ten_lines : sequence of str
        The summary that the terminal and the map show.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "source": dataclasses.asdict(findings.source),
        "n_sightings": findings.n_sightings,
        "small_sample": small_sample(findings.n_sightings),
        "counts": _counts(data),
        "proximity": records(PROXIMITY, findings.proximity.table),
        "proximity_totals": records(PROXIMITY_TOTALS, findings.proximity.totals),
        "hotspots": records(HOTSPOTS, findings.hotspots.segments),
        "unplaced_sightings": list(findings.hotspots.unplaced),
        "patrols": _patrols(findings.patrols),
        "patrol_left_out": records(LEFT_OUT, findings.patrols.left_out),
        "excluded_records": records(EXCLUDED, findings.excluded),
        "sensitivity": records(SENSITIVITY, findings.sensitivity),
        "report_contradictions": records(CONTRADICTIONS, contradictions),
        "summary": list(ten_lines),
    }


def records(table: Table, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the exported columns of `rows`, a dict a row, nulls as None."""
    frame = table.frame(rows)[table.exported]
    text = frame.to_json(orient="records", double_precision=DECIMALS)
    result: list[dict[str, Any]] = json.loads(text)
    return result


def small_sample(n: int) -> dict[str, Any]:
    """Return, in numbers, how little `n` sightings prove.

    Were all `n` of one kind, the share of that kind among all groups would still only be known
    to exceed ``(alpha / 2) ** (1 / n)``, the lower Clopper-Pearson bound for n of n [1]_.

    References
    ----------
    .. [1] C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated
       in the case of the binomial", Biometrika 26 (1934) 404-413.
    """
    return {
        "sightings": n,
        "confidence": CONFIDENCE,
        "share_at_least_if_all_agree": round(((1 - CONFIDENCE) / 2) ** (1 / n), 4) if n else None,
        "one_more_could_move_a_share_by": round(1 / (n + 1), 4),
    }


def _counts(data: StudyData) -> dict[str, int]:
    """Return the number of rows of everything that was read."""
    layers = data.layers
    return {
        "records": len(data.sightings),
        "places": len(data.places),
        "roads": len(layers.roads),
        "paths": len(layers.paths),
        "railways": len(layers.railways),
        "waterways": len(layers.waterways),
        "facilities": len(layers.facilities),
    }


def _patrols(patrols: Patrols) -> list[dict[str, Any]]:
    """Return the sums of each tour: a shift of a vehicle."""
    tours = patrols.stops.groupby(["shift", "vehicle"], sort=False)
    return [
        {
            "shift": str(shift),
            "vehicle": int(stops["vehicle"].iloc[0]),
            "stops": len(stops) - 2,
            "start": str(stops["departure"].iloc[0]),
            "end": str(stops["arrival"].iloc[-1]),
            "drive_s": int(stops["drive_s"].sum()),
            "drive_m": round(float(stops["drive_m"].sum()), 1),
            "service_s": int(stops["service_s"].sum()),
        }
        for (shift, _), stops in tours
    ]
