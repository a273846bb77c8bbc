"""The study as a whole: what counts, what does not, and that it is a function of its input."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import pytest
from studies.quick import quick
from studies.town import replace_bundled
from studies.valley import STAGES

from geo import schema, study
from geo.crs import metric_crs
from geo.params import Params
from geo.records import StudyData
from geo.results import Findings
from geo.sightings import CoarseningError, coarsen
from layers.readers import bundled

pytestmark = pytest.mark.usefixtures("town")

QUICK = quick()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """With every crossing inside: beyond the boundary a stop stands on the road before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studies.town.BOUNDARY", (20.79, 42.83, 20.95, 43.0))
        replace_bundled(tmp_path_factory.mktemp("town"), patch)
        yield


@pytest.fixture(scope="module")
def data() -> StudyData:
    return bundled.study_data()


@pytest.fixture(scope="module")
def stages() -> list[str]:
    return []


@pytest.fixture(scope="module")
def findings(data: StudyData, stages: list[str]) -> Findings:
    return study.run(data, QUICK, stage=stages.append)


def with_sightings(data: StudyData, rows: pd.DataFrame) -> StudyData:
    return dataclasses.replace(data, sightings=rows)


def test_five_sightings_are_the_events(findings: Findings) -> None:
    assert list(findings.sightings["id"]) == ["S1", "S2", "S3", "S4", "S5"]
    assert findings.n_sightings == 5


def test_findings_show_themselves_in_a_few_lines(findings: Findings) -> None:
    lines = repr(findings).splitlines()
    assert len(lines) <= 10
    assert all(len(line) < 250 for line in lines)
    assert "5, 2 records excluded" in lines[2]
    assert findings._repr_html_().count("<tr>") == len(lines) - 1


def test_each_stage_is_named_as_it_begins(
    findings: Findings, stages: list[str]
) -> None:
    assert stages == [*STAGES]


def test_interviews_are_excluded_with_their_reason(findings: Findings) -> None:
    reasons = findings.excluded.set_index("id")["reason"].to_dict()
    assert reasons == {"I1": "repeats S3", "I2": "no sighting of its own"}


def test_interviews_change_no_finding(data: StudyData, findings: Findings) -> None:
    only = data.sightings[data.sightings["kind"] == "sighting"]
    without = study.run(with_sightings(data, only), QUICK)
    pd.testing.assert_frame_equal(findings.proximity.table, without.proximity.table)
    pd.testing.assert_frame_equal(findings.hotspots.table, without.hotspots.table)
    pd.testing.assert_frame_equal(findings.hotspots.lixels, without.hotspots.lixels)
    pd.testing.assert_frame_equal(findings.patrols.stops, without.patrols.stops)


def test_moved_and_added_sightings_never_move_or_add_a_candidate(
    data: StudyData, findings: Findings
) -> None:
    """Positions of candidates come from places only."""
    records = bundled.records()
    seen = records[records["kind"] == "sighting"]

    def moved(east: float, north: float, name: str) -> gpd.GeoDataFrame:
        return seen.assign(
            geometry=seen.geometry.translate(east, north), id=name + seen["id"]
        )

    changed = pd.concat([moved(0.013, -0.021, "moved_"), moved(-0.01, 0.03, "added_")])
    places = data.places.to_crs(schema.METRIC)
    exact = gpd.GeoDataFrame(changed.reset_index(drop=True), crs=schema.WGS84).to_crs(
        places.crs
    )
    rows = coarsen(exact, places).sightings.to_crs(schema.WGS84)
    other = study.run(with_sightings(data, rows), QUICK)
    ids, same = (
        {*found.patrols.stops["stop"], *found.patrols.left_out["stop"]}
        for found in (findings, other)
    )
    assert same == ids
    assert set(other.patrols.stops.geometry.to_wkt()) <= set(places.geometry.to_wkt())


def test_frames_are_metric(findings: Findings) -> None:
    assert findings.sightings.crs.to_epsg() == 9141
    assert findings.hotspots.table.crs.to_epsg() == 9141


def test_sightings_are_those_of_the_door(findings: Findings) -> None:
    assert [*findings.sightings.columns] == [*schema.SIGHTINGS.names, "geometry"]
    single = findings.sightings.set_index("coarse_place").loc["Mitrovica North"]
    assert single["size_class"] == "unknown", (
        "fewer than three of its size in the quarter"
    )
    assert set(findings.sightings["period"]) == {"2021-Q4"}
    assert findings.privacy == Params().privacy


def test_a_frame_that_did_not_pass_the_door_is_refused(data: StudyData) -> None:
    exact = with_sightings(data, bundled.records())
    with pytest.raises(
        CoarseningError, match=r"Fix: sightings = geo\.sightings\.coarsen"
    ):
        study.run(exact, QUICK)


@pytest.mark.proof
def test_the_same_input_gives_the_same_findings(
    data: StudyData, findings: Findings
) -> None:
    again = study.run(data, QUICK)
    pd.testing.assert_frame_equal(findings.patrols.stops, again.patrols.stops)
    pd.testing.assert_frame_equal(findings.hotspots.lixels, again.hotspots.lixels)


@pytest.mark.proof
def test_the_order_of_rows_does_not_matter(data: StudyData, findings: Findings) -> None:
    mixed = study.run(with_sightings(data, data.sightings.iloc[::-1]), QUICK)
    given = findings.proximity.totals["expected_within"]
    assert mixed.proximity.totals["expected_within"].to_numpy() == pytest.approx(
        given.to_numpy()
    )
    assert list(mixed.hotspots.table["name"]) == list(findings.hotspots.table["name"])


@pytest.mark.proof
def test_no_sightings_still_give_a_plan(data: StudyData) -> None:
    none = study.run(with_sightings(data, data.sightings.iloc[:0]), QUICK)
    assert none.n_sightings == 0
    assert none.hotspots.table.empty
    assert len(none.patrols.stops) > 0


def test_defaults_are_used_when_none_are_given(data: StudyData) -> None:
    assert study.run.__defaults__ == (None,)
    assert data.layers.source.generalised


@pytest.mark.proof
def test_outside_kosovo_the_local_utm_zone_measures(data: StudyData) -> None:
    """Everything moved 12 degrees west and 5 north: the study runs in UTM zone 32."""

    def moved(frame):
        return frame.set_geometry(frame.translate(-12, 5))

    names = ("roads", "paths", "railways", "waterways")
    layers = dataclasses.replace(
        data.layers, **{name: moved(getattr(data.layers, name)) for name in names}
    )
    away = dataclasses.replace(
        data,
        layers=layers,
        corridor=layers,
        places=moved(data.places),
        boundary=moved(data.boundary),
    )
    crs = metric_crs(away.boundary)
    seen = coarsen(
        moved(bundled.records()).to_crs(crs), away.places.to_crs(crs)
    ).sightings
    away = with_sightings(away, seen.to_crs(schema.WGS84))
    findings = study.run(away, QUICK)
    assert findings.sightings.crs.to_epsg() == 32632
