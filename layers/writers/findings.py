"""`findings.json`: the findings as numbers, by the JSON Schema in `layers/data`."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geo.results import (
    Access,
    CorridorTests,
    Findings,
    HotspotEvidence,
    Movement,
    Patrols,
    StudyData,
)
from geo.small_samples import CONFIDENCE, share_if_all_agree
from layers.schema import ACCESS_SECTIONS, HELP, HOTSPOTS, SCHEMA_VERSION, SECTIONS, Table
from layers.writers.outputs import DECIMALS, plain_tables


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
    tables = [*plain_tables(findings, contradictions), *placed_tables(findings)]
    return {
        "schema_version": SCHEMA_VERSION,
        "source": dataclasses.asdict(findings.source),
        "n_sightings": findings.n_sightings,
        "months": _months(findings.sightings),
        "small_sample": small_sample(findings.n_sightings),
        "counts": _counts(data),
        **{table.name: records(table, rows) for table, rows in tables},
        "unplaced_sightings": list(findings.hotspots.unplaced),
        "corridor_design": None if findings.tests is None else _design(findings.tests),
        "hotspot_gate": _gate(findings.evidence),
        "movement": _movement(findings.movement),
        "access": _access(findings.access),
        "patrols": _patrols(findings.patrols),
        "summary": list(ten_lines),
    }


def placed_tables(findings: Findings) -> tuple[tuple[Table, pd.DataFrame], ...]:
    """Return the tables that `findings.json` holds without the geometry that their layers have."""
    return (
        (HOTSPOTS, findings.hotspots.segments),
        (SECTIONS, findings.movement.sections),
        (ACCESS_SECTIONS, findings.access.sections),
        (HELP, findings.access.places),
    )


def records(table: Table, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the exported columns of `rows`, a dict a row, nulls as None."""
    frame = table.outgoing(rows)
    text = frame.to_json(orient="records", double_precision=DECIMALS)
    result: list[dict[str, Any]] = json.loads(text)
    return result


def small_sample(n: int) -> dict[str, Any]:
    """Return, in numbers, how little `n` sightings prove."""
    return {
        "sightings": n,
        "confidence": CONFIDENCE,
        "share_at_least_if_all_agree": round(share_if_all_agree(n), 4) if n else None,
        "one_more_could_move_a_share_by": round(1 / (n + 1), 4),
    }


def _months(sightings: pd.DataFrame) -> list[str | None]:
    """Return the first and the last month of the reports; of no sighting its own days."""
    bounds = sightings["date_from"].min(), sightings["date_to"].max()
    return [None if pd.isna(day) else f"{day:%Y-%m}" for day in bounds]


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


def _design(tests: CorridorTests) -> dict[str, Any]:
    """Return what all tests of the corridors share."""
    return {
        "level": tests.level,
        "simulations": tests.simulations,
        "sightings_outside": list(tests.outside),
    }


def _gate(evidence: HotspotEvidence) -> dict[str, Any]:
    """Return whether the hotspots are tested or only described, and why."""
    gate, level = evidence.gate, evidence.level_per_km
    return {
        "sightings": gate.n,
        "minimum": gate.minimum,
        "descriptive_only": gate.descriptive_only,
        "reason": gate.reason,
        "detects": gate.detects,
        "level_per_km": round(level, DECIMALS) if math.isfinite(level) else None,
        "simulations": evidence.simulations,
        "draws": evidence.draws,
    }


def _movement(movement: Movement) -> dict[str, Any]:
    """Return the figures of the movement model that belong to no section."""
    low, high = movement.waypoint_range
    shares = {
        "waypoint_share": movement.waypoint_share,
        "waypoint_share_low": low,
        "waypoint_share_high": high,
        "rank_stability": movement.rank_stability,
        "detour": movement.detour,
        "unpublished_share": movement.unpublished_share,
    }
    return {
        "label": movement.label,
        **{k: round(float(v), DECIMALS) if math.isfinite(v) else None for k, v in shares.items()},
        "waypoint_forced": bool(movement.waypoint_forced),
        "draws": movement.draws,
        "connectors": movement.connectors,
        "network": movement.network,
    }


def _access(access: Access) -> dict[str, Any]:
    """Return what the walking times rest on."""
    return {
        "label": access.label,
        "note": access.note,
        "kinds": list(access.minutes),
        "cell_m": access.transform[0],
        "level_share": round(float(access.level_share), DECIMALS),
    }


def _patrols(patrols: Patrols) -> list[dict[str, Any]]:
    """Return the sums of each tour: a shift of a vehicle."""
    tours = patrols.stops.groupby(["shift", "vehicle"], sort=False)
    return [
        {
            "shift": str(shift),
            "vehicle": int(stops["vehicle"].iloc[0]),
            "stops": int((stops["service_s"] > 0).sum()),
            "start": str(stops["departure"].iloc[0]),
            "end": str(stops["arrival"].iloc[-1]),
            "drive_s": int(stops["drive_s"].sum()),
            "drive_m": round(float(stops["drive_m"].sum()), 1),
            "service_s": int(stops["service_s"].sum()),
        }
        for (shift, _), stops in tours
    ]
