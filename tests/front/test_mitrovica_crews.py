"""Who works on patrols is said on the screen and kept in the user's own file only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.command_line import PEOPLE, call, passed


@pytest.fixture
def people(data_home: Path) -> Iterator[Path]:
    path = data_home / "mitrovica" / "people.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PEOPLE)
    yield path
    path.unlink()


@pytest.fixture
def of_town(town_run: tuple[Path, str]) -> tuple[object, ...]:
    """Return the options that name a run and its study."""
    run = town_run[0]
    return "--from", run, "--study", run.parent / "study"


def test_crews_are_said_on_the_screen(
    of_town: tuple[object, ...], people: Path
) -> None:
    result = passed("plan", "crews", *of_town)
    assert "INTERNAL" in result.output
    assert "legal adviser (Tigrinya, Somali)" in result.output
    assert "interpreter (Arabic)" in result.output


def test_people_are_no_parameters(
    of_town: tuple[object, ...], people: Path, tmp_path: Path
) -> None:
    refused = call("plan", *of_town, "--config", people, "--out",
                   tmp_path / "plan", "--no-log")  # fmt: skip
    assert refused.exit_code == 2
    assert "patrols.people" in refused.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PEOPLE.replace('"legal_adviser"', '"Agim"'), "role"),
        (PEOPLE + 'name = "Agim"\n', "name"),
        (PEOPLE + "role\n", "TOML"),
        ("[patrols]\nvehicles = 3\n", "Fix: "),
    ],
)
def test_a_name_is_refused(
    of_town: tuple[object, ...], tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "people.toml").write_text(text)
    people = ("--people", tmp_path / "people.toml")
    result = call("plan", "crews", *of_town, *people)
    assert result.exit_code == 2
    assert says in result.output
    assert "Agim" not in result.output
