"""What was reported, drawn: hotspots with what is expected, and no claim."""

from studies import small_study
from studies.small_study import text

from maps.overlays import observations


def test_a_hotspot_tells_reported_and_expected() -> None:
    found, data = small_study.findings(12), small_study.data()
    drawn = {
        d.spec.key: d
        for d in observations.reported_layers(found, data, small_study.names(data))
    }
    assert drawn["hotspots"].spec.shown
    (feature,) = drawn["hotspots"].features
    wording = {n.word: text(n.key) for n in feature.notes}
    assert wording["excess"] == "2 reported, 0.3 to 0.9 expected"
    assert "chance" not in wording
    assert len(drawn["sightings"].features) == 12
