"""What a study shows of itself."""

from __future__ import annotations

import maps_fixture


def test_findings_show_a_summary_of_ten_lines_at_most() -> None:
    for n in (0, 5):
        lines = repr(maps_fixture.findings(n)).splitlines()
        assert len(lines) <= 10
        assert max(map(len, lines)) < 200
        assert f"sightings  {n}, and 2 records that are no events" in "\n".join(lines)


def test_in_a_notebook_findings_are_a_table_and_names_no_code() -> None:
    html = maps_fixture.hostile()[0]._repr_html_()
    assert html.startswith("<table>")
    assert "<script" not in html


def test_findings_without_patrols_are_shown() -> None:
    assert "0 patrols make 0 stops" in repr(maps_fixture.findings(patrols=False))
