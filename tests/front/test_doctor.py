"""`mitrovica doctor`, on machines on which something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tools.command_line import call, passed

from layers.files import vault
from mitrovica.machine import Check, checks


def installed(folder: Path, name: str, version: str) -> Path:
    """Return a folder of packages in which one is installed, as pip leaves it."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    return folder


def by_part(browser: str = "/usr/bin/chromium") -> dict[str, Check]:
    return {one.part: one for one in checks(lambda: browser)}


def test_a_machine_on_which_all_is_well_has_nothing_to_mend() -> None:
    found = by_part()
    assert [one for one in found.values() if one.fix] == []
    assert [*found] == ["Python", "packages", "fonts", "GDAL", "folders", "browser"]


def test_a_package_of_a_version_that_does_not_work_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "path", [str(installed(tmp_path, "mitrovica_corridors", "0"))]
    )
    about = next(tmp_path.glob("*.dist-info")) / "METADATA"
    about.write_text(about.read_text() + "Requires-Dist: pyvrp<0.15,>=0.14\n")
    assert "pyvrp<0.15,>=0.14 (here: none)" in by_part()["packages"].found
    installed(tmp_path, "pyvrp", "0.15.0")
    assert "(here: 0.15.0)" in by_part()["packages"].found
    (tmp_path / "pyvrp-0.15.0.dist-info").rename(tmp_path / "gone")
    installed(tmp_path, "pyvrp", "0.14.2")
    assert by_part()["packages"].state == ""


def test_a_file_in_the_way_of_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert str(tmp_path / "file") in by_part()["folders"].found
    assert call("doctor").exit_code == 1


def test_the_folder_that_is_to_be_copied_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert str(vault.folder()) in by_part()["folders"].found.split(", ")


def test_without_a_browser_the_command_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install chromium" in passed("doctor").output
