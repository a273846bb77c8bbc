"""What findings show of themselves: without sightings, without patrols, with hostile names."""

from __future__ import annotations

from studies import small_study


def test_findings_without_sightings_or_patrols_are_shown() -> None:
    assert "no sighting to test" in repr(small_study.findings(0))
    assert "0 stops" in repr(small_study.findings(patrols=False))


def test_in_a_notebook_no_name_is_code() -> None:
    assert "<script" not in small_study.hostile()[0]._repr_html_()


def test_findings_are_summed_up_in_about_ten_lines() -> None:
    assert len(repr(small_study.findings()).splitlines()) <= 11
