"""`mitrovica doctor`, on machines on which something is wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tools.command_line import call, passed

from layers.files import kept
from layers.readers import machine
from layers.readers.machine import Check, checks

ROOT = Path(__file__).parents[2]


def installed(folder: Path, name: str, version: str, package: str = "") -> Path:
    """Return a folder of packages in which one is installed, as pip leaves it."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    if package:
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("")
        (about / "RECORD").write_text(
            f"{package}/__init__.py,,\n{about.name}/METADATA,,\n"
        )
    return folder


@pytest.fixture
def isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no other checkout of this program where Python looks for packages."""
    others = [
        p
        for p in sys.path
        if (Path(p) / "geo").is_dir() and Path(p).resolve() != ROOT
    ]
    monkeypatch.setattr(
        sys, "path", [entry for entry in sys.path if entry not in others]
    )


def by_part(browser: str = "/usr/bin/chromium") -> dict[str, Check]:
    return {one.part: one for one in checks(lambda: browser)}


def test_a_machine_on_which_all_is_well_has_nothing_to_mend(
    isolated: None,
) -> None:
    found = by_part()
    assert [
        one for one in found.values() if one.fix and one.state != "open"
    ] == []
    assert {
        "Python",
        "packages",
        "own names",
        "fonts",
        "GDAL",
        "browser",
    } <= found.keys()


def test_a_package_of_the_name_of_ours_is_named(
    isolated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(
        str(installed(tmp_path, "django-geo", "1.0", "geo"))
    )
    wrong = by_part()["own names"]
    assert wrong.state == "wrong"
    assert "django-geo" in wrong.found
    assert str(tmp_path / "geo") in wrong.found
    assert "environment of its own" in wrong.fix


def test_a_package_of_a_version_that_does_not_work_is_named(
    isolated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_without_a_browser_the_command_says_how_to_get_one(
    isolated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = passed("doctor")
    assert "apt-get install chromium" in done.output
    monkeypatch.syspath_prepend(
        str(installed(tmp_path, "maps-of-others", "2", "maps"))
    )
    assert call("doctor").exit_code == 1


def disk(devices: Path, name: str, uuid: str = "", *below: Path) -> Path:
    """Return a disk as the kernel of Linux lists it, made of those below."""
    folder = devices / name
    (folder / "slaves").mkdir(parents=True)
    if uuid:
        (folder / "dm").mkdir()
        (folder / "dm" / "uuid").write_text(f"{uuid}\n")
    for each in below:
        (folder / "slaves" / each.name).symlink_to(each)
    return folder


@pytest.mark.parametrize(
    ("on", "known"),
    [("plain", False), ("crypt", True), ("volume", True), ("half", False)],
)
def test_an_encrypted_disk_is_told_from_a_plain_one(
    tmp_path: Path, on: str, known: bool
) -> None:
    """A logical volume on LUKS is encrypted, one that lies on a plain disk too is not."""
    plain = disk(tmp_path, "plain")
    crypt = disk(tmp_path, "crypt", "CRYPT-LUKS2-0123-luks", plain)
    disk(tmp_path, "volume", "LVM-0123", crypt)
    disk(tmp_path, "half", "LVM-0123", crypt, plain)
    devices = tmp_path / "devices"
    devices.mkdir()
    number = tmp_path.stat().st_dev
    (devices / f"{os.major(number)}:{os.minor(number)}").symlink_to(
        tmp_path / on
    )
    assert machine.encrypted(tmp_path, devices) is known


def test_a_disk_that_nobody_lists_is_not_known(tmp_path: Path) -> None:
    assert machine.encrypted(tmp_path, tmp_path) is None


@pytest.mark.parametrize(
    ("says", "known"),
    [("FileVault is On.", True), ("FileVault is Off.", False), ("", None)],
)
def test_on_a_mac_filevault_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: str,
    known: bool | None,
) -> None:
    (tmp_path / "fdesetup").write_text(f"#!/bin/sh\necho '{says}'\n")
    (tmp_path / "fdesetup").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.encrypted(tmp_path, tmp_path / "no devices") is known


@pytest.mark.parametrize(
    ("known", "state", "fix"),
    [(True, "", False), (False, "open", True), (None, "not known", False)],
)
def test_doctor_warns_of_a_disk_that_anybody_can_read(
    monkeypatch: pytest.MonkeyPatch, known: bool | None, state: str, fix: bool
) -> None:
    monkeypatch.setattr(machine, "encrypted", lambda folder: known)
    found = by_part()["disk"]
    assert (found.state, bool(found.fix)) == (state, fix)
    assert str(kept.folder()) in found.found
