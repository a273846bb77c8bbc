"""Sightings as a tidy table: read as the office reads them, and refused without a cell shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from geopandas.testing import assert_geodataframe_equal
from studies import example

from layers.complaints import UserError
from layers.readers import bundled, sightings, study
from mitrovica.intake import study_sightings

HEAD = "id,kind,lat,lon,uncertainty_m,located_kind,group_min,date_from\n"


def written(folder: Path, rows: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "s.csv"
    path.write_text(HEAD + rows, "utf-8")
    return path


@pytest.mark.parametrize("opened", [bundled.opened(), study.read(example.EXAMPLE)])
def test_a_tidy_table_is_read_as_the_office_reads_it(opened: study.Study) -> None:
    accepted = study_sightings.check(opened).accepted
    assert len(accepted) > 5
    assert_geodataframe_equal(opened.records(), accepted)


def test_files_of_one_name_are_all_read(tmp_path: Path) -> None:
    first = written(
        tmp_path / "one", "A,sighting,44.30001,18.00001,100,,3,2026-04-01\n"
    )
    second = written(tmp_path / "two", "B,sighting,44.3,18.0,100,,3,2026-04-02\n")
    assert sightings.read(first, second)["id"].tolist() == ["A", "B"]
    with pytest.raises(
        UserError, match=r"s.csv \(2\), row 2, id: .* \(s.csv \(1\), row 2\)"
    ):
        sightings.read(first, first)


def test_times_with_an_offset_become_those_of_the_study(tmp_path: Path) -> None:
    path = written(tmp_path, "A,sighting,44.30001,18.00001,100,,3,2026-04-30T23:30Z\n")
    (day,) = sightings.read(path, zone="Europe/Sarajevo")["date_from"]
    assert (day.month, day.day) == (5, 1)


def test_what_is_refused_shows_no_cell(tmp_path: Path) -> None:
    """A cell in the wrong column may be a name or a number to call."""
    path = written(
        tmp_path,
        "Arben Krasniqi,Arben Krasniqi,044 123 456,18.1,100,Arben Krasniqi,044 123 456,Arben\n",
    )
    with pytest.raises(UserError) as refused:
        sightings.read(path)
    said = str(refused.value)
    columns = ("kind", "lat", "located_kind", "group_min", "date_from")
    assert all(f"s.csv, row 2, {column}: " in said for column in columns)
    assert "Arben" not in said
    assert "123" not in said
