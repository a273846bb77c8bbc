"""Small tables of a study: services, press, totals of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies import example

from layers.complaints import UserError
from layers.readers import study


def opened(tmp_path: Path, **tables: str) -> study.Study:
    named = {key: f"{key}.csv" for key in tables}
    example.copy(tmp_path, **named)
    for key, text in tables.items():
        (tmp_path / f"{key}.csv").write_text(text, "utf-8")
    return study.read(tmp_path)


def place_of(tmp_path: Path) -> str:
    return str(study.read(example.copy(tmp_path)).places["id"].iloc[0])


def test_what_a_table_does_not_ask_for_is_not_read(tmp_path: Path) -> None:
    """A press report that says where people went next is kept without it."""
    place = place_of(tmp_path)
    text = f"month,place,source,heading,then_seen_at\n2026-11,{place},A paper,north,the bridge\n"
    found = opened(tmp_path, press=text).table("press")
    assert found.columns.tolist() == ["month", "place", "source"]
    assert "bridge" not in found.to_csv()


@pytest.mark.parametrize(
    ("row", "says"),
    [("2026-13,{place},A paper", "this is not a month"), ("2026-11,moon,A paper", "no such place")],
)
def test_wrong_rows_are_named(tmp_path: Path, row: str, says: str) -> None:
    row = row.format(place=place_of(tmp_path))
    with pytest.raises(UserError, match=f"{says}.*Fix: |Fix: .*{says}"):
        opened(tmp_path, press=f"month,place,source\n{row}\n").table("press")


def test_a_step_that_is_missing_is_named(tmp_path: Path) -> None:
    text = "need,step,service,organisation\nmedical,,health_care,A house\n"
    with pytest.raises(UserError, match="step"):
        opened(tmp_path, services=text).table("services")


def test_a_study_without_them_has_empty_ones(tmp_path: Path) -> None:
    found = study.read(example.copy(tmp_path))
    assert all(found.table(key).empty for key in ("services", "press", "others"))
    assert found.data()[0].services.empty
