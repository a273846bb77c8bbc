"""The register: whole whatever stops a program, one entry a release, and no release without one."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest
from studies import partners as given
from studies.partners import DOCTORS, UNTIL
from studies.releases import entry
from tools import programs

from layers.files import atomic, vault
from mitrovica.releases import ReleaseError, partners, register
from mitrovica.releases.register import Entry

FORK = get_context("fork")


pytestmark = pytest.mark.usefixtures("own_register")


def release(path: Path, one: Entry, earlier: list[Entry] | None = None) -> Path:
    """Enter a release whose folder holds two files; return the folder."""
    target = path.with_name(f"folder-{one.id}")
    with atomic.aside(target) as part:
        part.mkdir(parents=True)
        for name in ("map.html", "manifest.json"):
            (part / name).write_text(name * 100, "utf-8")
        register.enter(
            path,
            one,
            register.known(path) if earlier is None else earlier,
            {part: target},
        )
    return target


def folders(path: Path) -> set[str]:
    """Return the ids of the releases that lie in their places; require that each is whole."""
    there = [folder for folder in path.parent.glob("folder-*") if folder.is_dir()]
    for folder in there:
        assert {file.name for file in folder.iterdir()} == {"map.html", "manifest.json"}
        assert all(
            len(file.read_text("utf-8")) == 100 * len(file.name)
            for file in folder.iterdir()
        )
    return {folder.name.removeprefix("folder-") for folder in there}


def ids(path: Path) -> set[str]:
    return {each.id for each in register.read(path)}


def test_a_release_is_entered_with_its_folder_and_for_its_owner_only(
    tmp_path: Path,
) -> None:
    path = tmp_path / "office" / "releases.jsonl"
    folder = release(path, entry())
    assert ids(path) == folders(path) == {entry().id}
    assert register.read(path) == [entry()]
    assert path.stat().st_mode & 0o077 == 0
    assert [
        name.name for name in path.parent.iterdir() if name.name.startswith(".")
    ] == []
    assert folder.is_dir()


# Two desks


def races(home: Path, times: int) -> Iterator[list[str]]:
    """Let two desks enter one square with 10 and with 11 groups at once; yield what each got."""
    barrier = FORK.Barrier(2)

    def desk(groups: int) -> None:
        got = []
        for number in range(times):
            path = home / str(number) / "releases.jsonl"
            os.environ["XDG_DATA_HOME"] = str(home / str(number) / "home")
            earlier = register.known(path)
            one = entry(len(earlier) + 1, groups)
            barrier.wait(60)
            try:
                release(path, one, earlier)
                got.append("entered")
            except (ReleaseError, OSError) as error:
                got.append(str(error))
        (home / f"desk-{groups}.json").write_text(json.dumps(got), "utf-8")

    desks = [FORK.Process(target=desk, args=(groups,)) for groups in (10, 11)]
    for each in desks:
        each.start()
    for each in desks:
        each.join(600)
        assert each.exitcode == 0
    texts = [(home / f"desk-{groups}.json").read_text("utf-8") for groups in (10, 11)]
    yield from map(list, zip(*map(json.loads, texts), strict=True))


@pytest.mark.parametrize("times", [20, pytest.param(1000, marks=pytest.mark.proof)])
def test_of_two_desks_that_release_at_once_one_does(tmp_path: Path, times: int) -> None:
    for number, got in enumerate(races(tmp_path, times)):
        assert got.count("entered") == 1, got
        other = next(text for text in got if text != "entered")
        assert "was entered" in other or "would give away" in other
        assert "Fix: " in other
        path = tmp_path / str(number) / "releases.jsonl"
        assert len(path.read_text("utf-8").splitlines()) == 1
        assert ids(path) == folders(path)


# A full disk


@pytest.mark.parametrize("times", [12, pytest.param(100, marks=pytest.mark.proof)])
def test_a_full_disk_tears_no_line_and_the_next_release_is_made(
    tmp_path: Path, own_register: Path, times: int
) -> None:
    path = tmp_path / "releases.jsonl"
    release(path, entry())
    before, second = path.read_bytes(), entry(2)
    failed = 0
    for size in range(0, 3 * len(before), 3 * len(before) // times + 1):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            release(path, second)
        except OSError:
            failed += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert ids(own_register) == ids(path) == folders(path)
        if second.id not in ids(path):
            assert path.read_bytes() == before
        else:
            shutil.rmtree(path.with_name(f"folder-{second.id}"))
            path.write_bytes(before)
            own_register.write_bytes(before)
    assert failed > times / 4
    release(path, second)
    assert ids(path) == folders(path) == {entry().id, second.id}


# Killed


def test_whatever_step_a_release_stops_at_the_next_command_finishes_or_withdraws_it(
    tmp_path: Path, own_register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = withdrawn = 0
    release(tmp_path / "before" / "releases.jsonl", entry())
    before = own_register.read_bytes()
    for step in count(1):
        path = (
            shutil.copytree(tmp_path / "before", tmp_path / str(step))
            / "releases.jsonl"
        )
        own_register.write_bytes(before)
        if not programs.stopped_at(
            step, lambda path=path: release(path, entry(2)), monkeypatch
        ):
            break
        found = ids(own_register)
        assert found == folders(path)
        assert ids(path) <= found
        assert all(not each.moves for each in register.known(path))
        finished += entry(2).id in found
        withdrawn += entry(2).id not in found
    release(path, entry(3))
    assert ids(own_register) == ids(path) == folders(path)
    assert finished >= 2
    assert withdrawn >= 2


@pytest.mark.proof
def test_two_hundred_releases_killed_at_any_time_leave_a_whole_register(
    tmp_path: Path, own_register: Path
) -> None:
    draw, path = random.Random(1), tmp_path / "releases.jsonl"
    release(path, entry())
    began = time.monotonic()
    for number in range(2, 12):
        release(path, entry(number))
    whole_s = (time.monotonic() - began) / 10
    killed = 0
    for number in count(100):
        program = FORK.Process(target=release, args=(path, entry(number)))
        program.start()
        time.sleep(draw.uniform(0, 3 * whole_s))
        program.kill()
        program.join(60)
        killed += program.exitcode != 0
        assert ids(own_register) == folders(path)
        assert ids(path) <= ids(own_register)
        if killed == 200:
            break
        assert number < 4000
    release(path, entry(99))


def test_where_its_disk_is_away_a_release_stays_on_record(tmp_path: Path) -> None:
    """Nobody knows whether it went out."""
    path = tmp_path / "releases.jsonl"
    away = str(tmp_path / "stick" / "folder")
    register._write(path, [replace(entry(), moves=((f"{away}.part", away),))])
    assert ids(path) == {entry().id}
    (tmp_path / "stick").mkdir()
    assert ids(path) == set()


# Folders of others, and registers of older versions


def test_a_busy_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "WAIT_S", 0.1)
    path = tmp_path / "releases.jsonl"
    with (
        atomic.locked(tmp_path),
        pytest.raises(OSError, match=r"is in use: .* Fix: wait until"),
    ):
        release(path, entry())
    assert not path.exists()
    assert folders(path) == set()


def test_a_register_of_an_older_version_is_read_on(tmp_path: Path) -> None:
    """It had a line for each release and one for each recall, and no count of internal ones."""
    path = tmp_path / "releases.jsonl"
    old = json.loads(json.dumps(register.to_jsonable_python(entry())))
    for name in ("groups", "moves", "recalled"):
        del old[name]
    path.write_text(
        f"{json.dumps(old)}\n{json.dumps({'recalled': old['id']})}\n", "utf-8"
    )
    (found,) = register.read(path)
    assert found.row(date(2026, 11, 29))[-2:] == ("10", "recalled")
    release(path, entry(2))
    assert [each.recalled for each in register.read(path)] == [True, False]


def test_a_line_that_a_full_disk_cut_off_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "releases.jsonl"
    release(path, entry())
    whole = path.read_text("utf-8")
    path.write_text(whole + whole[:50], "utf-8")
    with pytest.raises(
        ReleaseError, match=r"line 2 is damaged .* Fix: take out this last line"
    ):
        register.read(path)
    path.write_text(whole[:50] + "\n" + whole, "utf-8")
    with pytest.raises(ReleaseError, match=r"line 1 is damaged .* Fix: put a copy"):
        register.read(path)


def test_registers_know_of_each_other_whichever_is_named(
    tmp_path: Path, own_register: Path
) -> None:
    other, third = (tmp_path / "other" / "releases.jsonl", tmp_path / "third.jsonl")
    release(own_register, entry())
    with pytest.raises(ReleaseError, match="would give away fewer than 10 groups"):
        release(other, entry(2, groups=11))
    release(other, entry(2, groups=20))
    for path in (own_register, third):
        with pytest.raises(
            ReleaseError, match="beside 2026-11-29-partner-2 this one would give"
        ):
            release(path, entry(3, groups=21))
    given.write(partners.at(third), DOCTORS)
    day = date(2026, 11, 29)
    terms = register.terms(
        third, "partner", DOCTORS["organisation"], "health", UNTIL, day
    )
    assert terms.id == "2026-11-29-partner-3"
    assert (ids(own_register), ids(other), ids(third)) == (
        {entry().id, entry(2).id},
        {entry(2).id},
        set(),
    )
    register.recall(other, entry(2).id, tmp_path / "note.md")
    assert [each.recalled for each in register.read(own_register)] == [False, True]
    assert not third.exists()


def test_a_register_that_an_older_version_kept_apart_is_learnt_of(
    tmp_path: Path, own_register: Path
) -> None:
    """Two releases of it and of the office's own may have one id."""
    other = tmp_path / "other" / "releases.jsonl"
    other.parent.mkdir()
    release(own_register, entry())
    register._write(other, [entry(groups=30)])
    earlier = register.known(other)
    assert [each.groups for each in earlier] == [10, 30]
    with pytest.raises(ReleaseError, match="another release was entered"):
        release(other, entry(groups=30), earlier)
    release(other, entry(2, groups=30))
    assert [each.groups for each in register.read(own_register)] == [10, 30, 30]
    assert register.known(other) == register.read(own_register)


def test_releases_of_a_partner_who_is_off_the_list_are_named_for_recall(
    tmp_path: Path,
) -> None:
    path, today = tmp_path / "releases.jsonl", date(2026, 11, 29)
    release(path, entry())
    listed = partners.read(given.write(partners.at(path), DOCTORS), today)
    assert partners.to_recall(register.read(path), listed, today) == []
    (line,) = partners.to_recall(register.read(path), [], today)
    assert line.endswith(f"Fix: mitrovica release recall {entry().id}")
    register.recall(path, entry().id, tmp_path / "note.md")
    assert partners.to_recall(register.read(path), [], today) == []


def test_only_cells_that_a_reader_may_know_and_that_hold_are_shown_again() -> None:
    ours, today = entry(), date(2026, 11, 30)
    everybody = replace(ours, id="2026-11-01-public-1", tier="public", to="all")
    terms = replace(ours, id="new")
    stranger = replace(terms, to="another")
    study = ours.study

    def seen(entries: list[Entry], who: Entry | None) -> Entry | None:
        return register.newest_cells(entries, study, who, today)

    assert seen([everybody, ours], None) is ours
    assert seen([everybody, ours], terms) is ours
    assert seen([everybody, ours], stranger) is everybody
    assert seen([everybody, ours], replace(terms, tier="public")) is everybody
    assert seen([ours], stranger) is None
    for gone in (
        replace(ours, recalled=True),
        replace(ours, until=date(2026, 11, 29)),
        replace(ours, study="elsewhere"),
        replace(ours, crs=""),
        replace(ours, cells=()),
    ):
        assert seen([gone], None) is None
