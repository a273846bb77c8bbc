"""A study of any subset of the parts that it can do without: it runs, and says what is left out."""

from __future__ import annotations

import itertools

import pytest
from fixtures import valley

from geo import study
from geo.results import Findings

SUBSETS = [
    frozenset(some)
    for n in range(len(valley.PARTS) + 1)
    for some in itertools.combinations(valley.PARTS, n)
]


def expected(parts: frozenset[str]) -> set[tuple[str, str]]:
    """Return what a study without the other parts leaves out, and why."""
    found = set()
    if "sightings" not in parts:
        found.add(("sightings", "no sighting"))
    if "ends" not in parts:
        found |= {("movement", f"no {each}") for each in ("entry table", "entries", "exits")}
    # A station is help, too; a crossing is a stop.
    if not parts & {"help", "stations"}:
        found.add(("access", "no help"))
    if "depot" not in parts:
        found.add(("patrols", "no depot"))
    if not parts & {"help", "stations", "ends"}:
        found.add(("patrols", "no stop"))
    if not parts & {"help", "stations", "sightings"}:
        found.add(("patrols", "no need"))
    return found


def run(parts: frozenset[str]) -> Findings:
    return study.run(valley.study_data(parts), valley.params(parts))


@pytest.mark.parametrize("parts", SUBSETS, ids=lambda parts: "+".join(sorted(parts)) or "ways")
def test_any_subset_runs(parts: frozenset[str]) -> None:
    findings = run(parts)
    assert {(o.part, o.reason) for o in findings.omitted} == expected(parts)
    left_out = {o.part for o in findings.omitted}
    assert (findings.tests is None) == ("sightings" in left_out)
    assert (findings.movement is None) == ("movement" in left_out)
    assert (findings.access is None) == ("access" in left_out)
    assert findings.patrols.stops.empty == ("patrols" in left_out)
