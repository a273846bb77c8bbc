"""Promises about the project itself: packaging, lock, start-up, tree."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from folders import ROOT
from tools import programs

LOCKS = ("requirements.lock", "requirements-dev.lock")
OURS = ("geo", "layers", "maps", "mitrovica")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [
        ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()
    ]


def test_only_this_project_provides_the_package_names() -> None:
    """`geo`, `layers` and `maps` are common names: another provider would shadow ours."""
    providers = importlib.metadata.packages_distributions()
    for name in OURS:
        # An editable install maps no names; only a foreign distribution would be listed.
        assert set(providers.get(name, [])) <= {"mitrovica-corridors"}
        __import__(name)
        assert Path(str(sys.modules[name].__file__)).is_relative_to(ROOT)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_versions_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", text.strip())
    for requirement in requirements:
        assert re.match(r"[a-z0-9][a-z0-9.-]*==[^\s]+", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]


def test_the_dev_lock_holds_the_run_lock() -> None:
    run, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / f).read_text(), re.M)) for f in LOCKS
    )
    assert run <= dev


def test_the_locks_hold_what_installs_them() -> None:
    """A new environment has the pip and setuptools of the interpreter until the lock is in."""
    for lock in LOCKS:
        names = set(re.findall(r"^(\S+)==", (ROOT / lock).read_text("utf-8"), re.M))
        assert {"pip", "setuptools", "hatchling"} <= names


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from mitrovica.cli import app; from typer.testing import CliRunner;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "heavy = {'numpy', 'pandas', 'geopandas', 'scipy', 'folium', 'osmnx', 'shapely'};"
        "heavy |= {'pydantic', 'tomlkit'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_room_opens_by_its_name_in_a_fresh_process() -> None:
    """Lowest floors first, so that nothing has opened a room before its turn.

    The process has packages of others from the start, and none of ours.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]
    floors = next(
        c["layers"] for c in settings["contracts"] if c.get("containers") == ["geo"]
    )
    rooms = [f"geo.{room}" for floor in reversed(floors) for room in floor.split(" | ")]
    rooms += ["geo.schema", "layers.files", "mitrovica.intake.report"]
    rooms += [
        "layers.readers.osm.tags",
        "mitrovica.log.imports",
        "maps.words",
        "maps.cards",
    ]
    names = ", ".join(f"{room}.__name__" for room in rooms)
    code = (
        f"import geo, layers, maps, mitrovica.intake, mitrovica.log; print(*({names}))"
    )

    def fresh() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        exec(code, {})
        sys.stdout.flush()

    done = programs.run(fresh)
    assert done.stdout.split() == rooms, done.stderr


def test_no_machine_path_is_committed() -> None:
    path = re.compile(r"(?<![\w./:])/(?:home|root|work|Users)/\w+")
    suffixes = {".py", ".md", ".toml", ".ipynb", ".lock", ".json", ""}
    hits = [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in tracked()
        if file.suffix in suffixes and (found := path.findall(file.read_text("utf-8")))
    ]
    assert hits == []


def test_the_top_level_is_the_fixed_one() -> None:
    allowed = {
        "pyproject.toml", "geo", "layers", "maps", "notebooks", "tests", "mitrovica",
        "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "CITATION.cff",
        "requirements.lock", "requirements-dev.lock", ".ci", ".gitignore",
    }  # fmt: skip
    assert {file.relative_to(ROOT).parts[0] for file in tracked()} <= allowed


def test_the_suite_runs_every_folder_of_tests() -> None:
    tests = ROOT / "tests"
    rooms = {
        f"tests/{file.relative_to(tests).parts[0]}" for file in tests.rglob("test_*.py")
    }
    assert rooms <= {*(ROOT / "Makefile").read_text("utf-8").split()}


def test_the_version_is_stated_once_and_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mitrovica", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    version = importlib.metadata.version("mitrovica-corridors")
    assert done.stdout.strip() == f"mitrovica {version}"
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
