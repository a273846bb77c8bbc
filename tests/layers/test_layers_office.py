"""The office's folder as one encrypted file, and back: whole, or refused with nothing changed."""

from __future__ import annotations

import io
import resource
import shutil
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from studies import example
from studies import partners as given
from tools import programs
from tools.command_line import call, passed

from geo.records import Log
from layers import office
from layers.complaints import UserError
from layers.files import kept
from layers.log import store
from layers.readers import study
from layers.releases import register

PHRASE = "correct horse battery staple five"
NOW = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
SECRET = b"Doctors without Borders"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study, an office's folder, briefs and the file of a passphrase."""
    home = tmp_path_factory.mktemp("office")
    example.copy(home / "study")
    log = store.recorded(Log.of(), "purge", NOW, None, 3)
    store.write(log, home / "office" / "log.gpkg")
    given.write(home / "office" / "partners.toml", given.DOCTORS)
    (home / "office" / "releases.jsonl").write_text("", "utf-8")
    (home / "office" / "releases" / "one").mkdir(parents=True)
    (home / "office" / "releases" / "one" / "risk.csv").write_text(
        "a\n1\n", "utf-8"
    )
    (home / "brief").mkdir()
    (home / "brief" / "2026-11.html").write_text("a brief", "utf-8")
    (home / "phrase.txt").write_text(f"{PHRASE}\n", "utf-8")
    return home


def backed_up(home: Path, file: Path, *more: object) -> str:
    log, register = (
        home / "office" / "log.gpkg",
        home / "office" / "releases.jsonl",
    )
    done = call(
        "doctor", "backup", file, "--study", home / "study", "--log", log, "--register", register,
        "--briefs", home / "brief", "--passphrase-file", home / "phrase.txt", *more,
    )  # fmt: skip
    return f"{done.exit_code} {done.output}"


def files(folder: Path) -> dict[str, bytes]:
    return {
        name: path.read_bytes()
        for name, path in office.of_folder(folder).items()
    }


def test_a_backup_is_encrypted_and_comes_back_byte_for_byte(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "office.age"
    said = backed_up(home, file)
    assert said.startswith("0 ")
    assert "Read again and whole" in said
    assert file.stat().st_mode & 0o077 == 0
    sealed = file.read_bytes()
    assert sealed.startswith(office.HEAD)
    assert SECRET not in sealed
    assert b"log.gpkg" not in sealed
    back = ("doctor", "restore", file, "--out", tmp_path / "out", "--office", tmp_path / "back",
            "--passphrase-file", home / "phrase.txt")  # fmt: skip
    passed(*back)
    assert files(tmp_path / "back") == files(home / "office")
    assert files(tmp_path / "out" / "briefs") == files(home / "brief")
    own = study.read(home / "study").files()
    assert files(tmp_path / "out" / "study") == {
        n: p.read_bytes() for n, p in own.items()
    }
    assert (
        study.read(tmp_path / "out" / "study").about
        == study.read(home / "study").about
    )
    assert store.read(tmp_path / "back" / "log.gpkg").imports[
        "rows"
    ].tolist() == [3]
    modes = [
        path.stat().st_mode & 0o077 for path in (tmp_path / "back").rglob("*")
    ]
    assert set(modes) == {0}
    assert backed_up(home, file).startswith("2 ")


def test_a_file_that_is_not_what_was_written_is_refused_and_nothing_is_restored(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "office.age"
    assert backed_up(home, file).startswith("0 ")
    sealed = file.read_bytes()
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("another passphrase", "utf-8")
    middle = len(sealed) // 2
    flipped = (
        sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]
    )
    right, head = home / "phrase.txt", len(office.HEAD)
    opens, none = (
        "does not open. Fix: type the passphrase again",
        "is no backup of this program",
    )
    for content, phrase, says in (
        (sealed, wrong, opens), (flipped, right, opens),
        (sealed[: head + 9], right, none), (b"", right, none), (sealed[1:], right, none),
    ):  # fmt: skip
        file.write_bytes(content)
        back = ("--out", tmp_path / "out", "--office", tmp_path / "back")
        done = call(
            "doctor", "restore", file, *back, "--passphrase-file", phrase
        )
        assert done.exit_code == 2, done.output
        assert says in " ".join(done.output.split())
        assert not (tmp_path / "out").exists()
        assert not (tmp_path / "back").exists()


def archive(name: str) -> bytes:
    """Return an archive of one member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(name, b"1234567890")
    return packed.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../x", "office/../../x", "/etc/x", "office\\..\\x", "elsewhere/x", "office",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_folders_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="which no backup does"):
        office.unpacked(archive(name), Path("office.age"))


@pytest.mark.parametrize(
    "packed",
    [
        b"no archive",
        archive("office/x")[:-20],
        archive("office/x").replace(b"1234567890", b"1234567891"),
    ],
    ids=range(3),
)
def test_a_damaged_archive_is_refused(packed: bytes) -> None:
    with pytest.raises(UserError, match=r"is damaged .* Fix: take another"):
        office.unpacked(packed, Path("office.age"))


@pytest.fixture
def contents(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what the backup of `home` holds; it opens without a passphrase here."""
    named = office.of_office(
        home / "office" / "log.gpkg", home / "office" / "releases.jsonl"
    )
    found = {name: path.read_bytes() for name, path in named.items()}
    monkeypatch.setattr(office, "opened", lambda file, phrase: found)
    return found


def restored(tmp_path: Path) -> list[str]:
    folders = {part: tmp_path / part for part in office.PARTS}
    return office.restore(tmp_path / "x.age", PHRASE, folders)


def test_a_restore_replaces_nothing_and_goes_on_where_one_was_stopped(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    mine = tmp_path / "office" / "log.gpkg"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    with pytest.raises(
        UserError,
        match=r"log.gpkg: there already, and a restore replaces nothing",
    ):
        restored(tmp_path)
    assert [path.name for path in mine.parent.iterdir()] == ["log.gpkg"]
    assert mine.read_text("utf-8") == "mine"
    mine.write_bytes(contents["office/log.gpkg"])
    assert f"Restored {len(contents)} files" in restored(tmp_path)[0]
    assert {
        f"office/{name}": text for name, text in files(mine.parent).items()
    } == contents


def all_of(tmp_path: Path) -> dict[str, bytes]:
    """Return what lies in the folders of a restore, by part and name, hidden files left out."""
    found = {
        name: text for name, text in files(tmp_path).items() if "/." not in name
    }
    return {
        name: text
        for name, text in found.items()
        if name.partition("/")[0] in office.PARTS
    }


@pytest.mark.parametrize("there", [False, True])
def test_a_restore_that_is_stopped_leaves_nothing_or_says_what_to_do(
    contents: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    """Into no folder, and into one that holds a part of it already."""
    ends = {"nothing": 0, "says": 0, "all": 0}
    monkeypatch.setattr(
        office, "_require_usable", lambda *_: None
    )  # it writes nothing
    first = "office/partners.toml" if there else ""
    for step in count(1):
        home = tmp_path / str(step)
        if there:
            (home / first).parent.mkdir(parents=True)
            (home / first).write_bytes(contents[first])
        else:
            home.mkdir()
        stopped = programs.stopped_at(
            step, partial(restored, home), monkeypatch
        )
        found = all_of(home)
        marked = (home / "office" / kept.UNFINISHED).exists()
        if marked:
            for read in (store.read, register.read, study.read):
                folder = home / "office"
                with pytest.raises(
                    OSError, match="Fix: mitrovica restore FILE again"
                ):
                    read(folder if read is study.read else folder / "x")
        else:
            assert found in ({}, contents, {first: contents.get(first)})
        ends[
            "says" if marked else "all" if found == contents else "nothing"
        ] += 1
        assert f"Restored {len(contents)} files" in restored(home)[0]
        assert all_of(home) == contents
        assert not list(home.rglob(kept.UNFINISHED))
        if not stopped:
            break
    assert ends["nothing"] > 4
    assert ends["says"] > 3
    assert ends["all"] > 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("office/log.gpkg", b"no log", "is no GeoPackage that can be read"),
        ("office/releases.jsonl", b"{", "line 1 is damaged"),
        ("office/partners.toml", b"[[partners]]\n", "Field required"),
        ("study/study.toml", b"no_such_key = 1\n", "title: it is missing"),
    ],
)
def test_what_the_commands_could_not_use_is_not_restored(
    contents: dict[str, bytes],
    tmp_path: Path,
    name: str,
    content: bytes,
    says: str,
) -> None:
    contents[name] = content
    with pytest.raises(ValueError, match=says):
        restored(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_nothing_is_restored(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    contents["office/releases/one/large.csv"] = b"1" * 3_000_000
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY)
    )
    try:
        with pytest.raises(
            OSError, match="could not be written: the disk is full"
        ):
            restored(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_short_passphrase_and_a_damaged_log_make_no_backup(
    home: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.txt"
    short.write_text("eleven char\n", "utf-8")
    said = backed_up(home, tmp_path / "a.age", "--passphrase-file", short)
    assert "has 11 characters. Fix: at least 12" in said
    shutil.copytree(home, tmp_path / "home")
    (tmp_path / "home" / "office" / "log.gpkg").write_bytes(b"no log")
    assert "is no GeoPackage" in backed_up(
        tmp_path / "home", tmp_path / "a.age"
    )
    assert not (tmp_path / "a.age").exists()


def test_a_log_of_an_older_version_opens(home: Path, tmp_path: Path) -> None:
    """It had fewer tables, and fewer columns."""
    old = shutil.copy(home / "office" / "log.gpkg", tmp_path / "log.gpkg")
    with closing(sqlite3.connect(old)) as gpkg, gpkg:
        gpkg.execute("DROP TABLE presence")
        gpkg.execute("DELETE FROM gpkg_contents WHERE table_name = 'presence'")
        gpkg.execute("ALTER TABLE imports DROP COLUMN sha256")
    found = store.read(Path(old))
    assert found.imports["rows"].tolist() == [3]
    assert found.imports["sha256"].isna().all()
    assert found.presence.empty
