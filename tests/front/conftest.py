"""Plans and a run of November that several files of tests read; nobody changes them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from logs import followed as following
from studies import november
from tools.shared_runs import made_once


@pytest.fixture(scope="session")
def one_night(
    town_run: tuple[Path, str], data_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Return a folder with a plan of one night, and what was printed; see `november`."""
    plan = partial(november.one_night, run=town_run[0], data_home=data_home)
    return made_once("one_night", plan, tmp_path_factory)


@pytest.fixture(scope="session")
def two_nights(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Return a folder with a plan of two nights, and what was printed; see `november`."""
    plan = partial(november.two_nights, run=town_run[0])
    return made_once("two_nights", plan, tmp_path_factory)


@pytest.fixture(scope="session")
def followed(
    two_nights: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """Return the folder of `followed.follow`, and what its commands printed."""
    follow = partial(following.follow, two_nights=two_nights[0])
    home, said = made_once("followed", follow, tmp_path_factory)
    return home, json.loads(said)
