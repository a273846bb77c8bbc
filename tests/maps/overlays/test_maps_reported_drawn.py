"""What was reported, drawn: shapes, shares, and what effort explains."""

from dataclasses import replace

import pandas as pd
from studies import small_study
from studies.small_study import text

from maps.overlays import reported
from maps.page.map_layers import SIGHTINGS


def test_shapes_of_sightings_tell_what_explains_them() -> None:
    looks = [spec.symbol.shape for spec in SIGHTINGS.values()]
    assert len(set(looks)) == len(looks)


def test_a_sighting_tells_its_shares_and_which_are_an_input() -> None:
    found, data = small_study.findings(5), small_study.data()
    assert found.tests is not None
    table = found.tests.explained
    by = table["explained_by"].mask(table["sighting"] == "S1", "railway")
    study = replace(
        found, tests=replace(found.tests, explained=table.assign(explained_by=by))
    )
    drawn = {
        d.spec.key: d
        for d in reported.reported_layers(study, data, small_study.names(data))
    }
    wording = {
        key: [text(n.key) for f in drawn[key].features for n in f.notes
              if n.word == "explained"]
        for key in ("sightings_railway", "sightings_undecided")
    }  # fmt: skip
    as_input = "(railway: the position was taken from it, so this is an input)"
    assert wording["sightings_railway"] == [f"railway 51 % {as_input}"]
    assert sorted(wording["sightings_undecided"]) == [
        *["undecided"] * 3, f"undecided {as_input}",
    ]  # fmt: skip


def test_stretches_that_effort_explains_are_drawn_apart_and_off() -> None:
    found, data = small_study.findings(12), small_study.data()
    one = found.hotspots.table
    segments = pd.concat([one, one.assign(rank=2, p_value=0.51, reported=2.46)])
    study = replace(found, hotspots=replace(found.hotspots, table=segments))
    drawn = {
        d.spec.key: d
        for d in reported.reported_layers(study, data, small_study.names(data))
    }
    assert [len(drawn[key].features) for key in ("hotspots", "hotspots_by_effort")] == [
        1,
        1,
    ]
    assert drawn["hotspots"].spec.shown
    assert not drawn["hotspots_by_effort"].spec.shown
    wording = {
        n.word: text(n.key) for n in drawn["hotspots_by_effort"].features[0].notes
    }
    assert wording["excess"] == "reported 2.5, expected 0.4 by reporting effort"
    assert wording["chance"] == "often by chance too: 51 in 100 (199 simulations)"
