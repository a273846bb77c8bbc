"""A study of any subset of the parts that it can do without: it runs, and says what is left out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from studies import valley, valley_folder
from studies.valley import found_without, omitted

from geo import study
from geo.patrols.proposal import replan
from geo.patrols.stops import StopError
from geo.schema import NEED

SUBSETS = [
    frozenset(some)
    for n in range(len(valley.PARTS) + 1)
    for some in itertools.combinations(valley.PARTS, n)
]


def test_any_two_parts_are_there_and_missing_in_every_way() -> None:
    for pair in itertools.combinations(valley.PARTS, 2):
        assert (
            len({tuple(part in some for part in pair) for some in valley.PAIRWISE}) == 4
        )


@pytest.mark.proof
@pytest.mark.parametrize("parts", SUBSETS, ids=valley.name)
def test_every_subset_runs(parts: frozenset[str]) -> None:
    found_without(parts)


def require_each_line_adds_its_part(
    parts: frozenset[str], folder: Path, *, at_once: bool = False
) -> None:
    """Do what the lines say, part after part or all, in the folder that a user would edit."""
    valley_folder.write(folder, parts)
    data, params = valley_folder.read(folder, parts)
    findings = study.run(data, params)
    assert {(o.part, o.reason) for o in findings.omitted} == omitted(parts)
    while findings.omitted:
        part = findings.omitted[0].part
        before = {each.part for each in findings.omitted}
        for omission in findings.omitted:
            if at_once or omission.part == part:
                valley_folder.do(folder, omission)
        findings = study.run(*valley_folder.read(folder, parts))
        # Another part may come with it, as a depot is a place to stop.
        assert {each.part for each in findings.omitted} <= before - {part}
    assert findings.n_sightings
    assert findings.sightings.crs.to_epsg() == 32633, "the local UTM zone measures"
    assert findings.proximity.totals["by_effort_high"].notna().any()
    assert findings.access is not None
    assert not findings.patrols.stops.empty


def test_the_lines_make_a_whole_study_of_mere_ways(tmp_path: Path) -> None:
    require_each_line_adds_its_part(frozenset(), tmp_path, at_once=True)


@pytest.mark.proof
@pytest.mark.parametrize("parts", SUBSETS, ids=valley.name)
def test_the_line_adds_its_part_to_every_subset(
    parts: frozenset[str], tmp_path: Path
) -> None:
    require_each_line_adds_its_part(parts, tmp_path)


def test_planning_again_names_the_line_that_is_missing() -> None:
    data, params = valley.study_data(), valley.params({"help"})
    with pytest.raises(
        StopError, match=r"Fix: depot = .* under \[parameters\.patrols\]"
    ):
        replan(data, NEED.geoframe(), params)


def test_stops_that_no_car_reaches_are_named() -> None:
    data = valley.study_data({"depot", "help"})
    away = data.places.geometry.where(
        data.places["id"] == "base", data.places.translate(0.01, 0)
    )
    far = replace(data, places=data.places.set_geometry(away))
    findings = study.run(far, valley.params({"depot"}))
    assert ("patrols", "no usable stop") in {
        (each.part, each.reason) for each in findings.omitted
    }
    with pytest.raises(StopError, match=r"Clinic Brod \(far_from_road\)\. Fix: a row"):
        replan(far, findings.need, valley.params({"depot"}))
