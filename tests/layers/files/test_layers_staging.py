"""An output folder changes all at once or not at all, and nothing outside of it ever."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tools import a_user

from layers.complaints import UserError
from layers.files.listing import STAGING, OutputFolderError, fingerprint
from layers.files.staging import complete, ready, staged
from layers.readers import earlier_run

NAMES = ("findings.json", "layers/roads.geojson", "layers/sightings.geojson", "map.html",
         "patrols/a.gpx", "patrols/b.gpx", "plan.csv")  # fmt: skip


def small(
    folder: Path, run: int, names: tuple[str, ...] = NAMES, **record: object
) -> None:
    """Write the small output of run number `run`."""
    with staged(folder) as here:
        for name in names:
            (here.path / name).parent.mkdir(exist_ok=True)
            (here.path / name).write_text(f"{name} of run {run}")
        outputs = [{"file": name, **fingerprint(here.path / name)} for name in names]
        made = {"program": "mitrovica-corridors", "made_by": "run", "outputs": outputs}
        complete(here.path, made | record)


def run_of(folder: Path) -> set[str]:
    """Return of which runs the files of a folder are."""
    return {
        (folder / name).read_text()[-1] for name in NAMES if (folder / name).is_file()
    }


def change(folder: Path, **values: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values))


def refused(folder: Path, message: str, names: tuple[str, ...] = NAMES) -> None:
    """Check that a folder is refused before the work and after it."""
    for use in (lambda: ready(folder, "run"), lambda: small(folder, 2, names)):
        with pytest.raises(OutputFolderError, match=message):
            use()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder with the small output of run 1."""
    small(tmp_path / "out", 1)
    return tmp_path / "out"


# All or none


@pytest.fixture
def stopped_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what writes the small output of run 2, stopped by a fault at one of its renames."""

    def write(folder: Path, rename: int, fault: BaseException) -> None:
        done = []
        replace = os.replace

        def stops(source: Path, target: Path) -> None:
            if Path(target).parent.name != STAGING:
                done.append(target)
                if len(done) == rename:
                    raise fault
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", stops)
            small(folder, 2)

    return write


@pytest.mark.parametrize(
    "fault", [KeyboardInterrupt(), OSError(errno.EIO, "Input/output error")]
)
@pytest.mark.parametrize("rename", [1, 6, 8])  # 8 is the rename of the manifest
def test_what_stops_the_renames_is_finished_by_the_next_command(
    out: Path, stopped_at: Callable[..., None], fault: BaseException, rename: int
) -> None:
    """Ctrl-C, or a rename that fails, at the first, the sixth and the last of them."""
    error = (
        KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else OutputFolderError
    )
    with pytest.raises(error):
        stopped_at(out, rename, fault)
    with pytest.raises((OutputFolderError, UserError)):  # nobody reads a mixture
        earlier_run.map_of(out)
    assert ready(out, "run") == []
    assert run_of(out) == {"2"}
    assert not (out / STAGING).exists()
    small(out, 3)
    assert run_of(out) == {"3"}


def test_what_was_edited_is_kept_also_where_the_renames_were_stopped(
    out: Path, stopped_at: Callable[..., None]
) -> None:
    (out / "plan.csv").write_text("corrected by hand")
    with pytest.raises(KeyboardInterrupt):
        stopped_at(out, 3, KeyboardInterrupt())
    ready(out, "run")
    (kept,) = out.glob("plan (edited *).csv")
    assert kept.read_text() == "corrected by hand"
    assert run_of(out) == {"2"}


@pytest.mark.parametrize("locked", [".", "layers"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_the_work_and_stays_whole(
    tmp_path: Path, locked: str
) -> None:
    out = tmp_path / "out"
    made = a_user.as_a_user(lambda: small(out, 1))
    assert made.returncode == 0, made.stderr
    (out / locked).chmod(0o555)
    early = a_user.as_a_user(lambda: ready(out, "run"))
    late = a_user.as_a_user(lambda: small(out, 2))
    (out / locked).chmod(0o777)
    assert f"{out / locked} cannot be written to. Fix: " in early.stderr
    assert late.returncode != 0
    assert run_of(out) == {"1"}
    assert not (out / STAGING).exists()


def test_what_stands_above_a_folder_that_is_to_be_made_is_looked_at(
    tmp_path: Path,
) -> None:
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed").chmod(0o555)
    done = a_user.as_a_user(lambda: ready(tmp_path / "sealed" / "a" / "b", "run"))
    assert f"{tmp_path / 'sealed'} cannot be written to" in done.stderr
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputFolderError, match="is a file, not a folder"):
        ready(file, "run")
    ready(tmp_path / "new" / "folder", "run")
    assert not (tmp_path / "new").exists()


def test_a_busy_folder_is_refused_before_the_work(out: Path) -> None:
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    refused(out, "another run is writing there")
    os.close(handle)
    ready(out, "run")


def test_another_kind_of_output_is_refused_before_the_work(out: Path) -> None:
    with pytest.raises(OutputFolderError, match="a plan would replace"):
        ready(out, "plan")


def test_a_file_of_the_users_own_is_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text("mine")
    with pytest.raises(
        OutputFolderError, match=r"holds map\.html, which no earlier run wrote"
    ):
        ready(tmp_path, "run")


# Nothing outside


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder outside of the output folder, with files that are called like outputs."""
    folder = tmp_path / "precious"
    folder.mkdir()
    for name in ("roads.geojson", "sightings.geojson", "map.html"):
        (folder / name).write_text("keep")
    return folder


def kept(precious: Path) -> bool:
    return {
        path.name: path.read_text() for path in precious.iterdir()
    } == dict.fromkeys(("roads.geojson", "sightings.geojson", "map.html"), "keep")


def test_a_manifest_that_names_files_elsewhere_touches_none(
    out: Path, precious: Path
) -> None:
    print_ = fingerprint(precious / "map.html")
    names = ["../precious/map.html", str(precious / "map.html"), "layers/../../precious/map.html",
             "a\0b", "", ".", "manifest.json", f"{STAGING}/manifest.json"]  # fmt: skip
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    change(
        out, outputs=record["outputs"] + [{"file": name, **print_} for name in names]
    )
    small(out, 2)
    assert kept(precious)
    assert run_of(out) == {"2"}


@pytest.mark.parametrize("names", [NAMES, ("map.html",)])  # written again, and left out
def test_a_folder_that_is_a_link_is_refused(
    out: Path, precious: Path, names: tuple[str, ...]
) -> None:
    """Its files bear the fingerprints that the manifest has of them."""
    shutil.rmtree(out / "layers")
    (out / "layers").symlink_to(precious, target_is_directory=True)
    found = fingerprint(precious / "roads.geojson")
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    change(out, outputs=[
        entry | (found if entry["file"].startswith("layers/") else {})
        for entry in record["outputs"]
    ])  # fmt: skip
    refused(out, "layers is a link or a file where", names)
    assert kept(precious)
    assert (out / "map.html").read_text() == "map.html of run 1"


def test_a_file_that_is_a_link_is_kept_as_a_link(out: Path, precious: Path) -> None:
    (out / "map.html").unlink()
    (out / "map.html").symlink_to(precious / "map.html")
    small(out, 2)
    assert kept(precious)
    (aside,) = out.glob("map (edited *).html")
    assert aside.is_symlink()
    assert (out / "map.html").read_text() == "map.html of run 2"


def test_a_hidden_folder_that_is_a_link_is_refused(out: Path, precious: Path) -> None:
    shutil.copy(out / "manifest.json", precious)
    (out / STAGING).symlink_to(precious, target_is_directory=True)
    refused(out, "is a link, which no run makes. Fix: remove")
    (precious / "manifest.json").unlink()
    assert kept(precious)


def test_links_within_the_hidden_folder_bring_nothing_in(
    out: Path, precious: Path
) -> None:
    (out / STAGING).mkdir()
    shutil.copy(out / "manifest.json", out / STAGING)
    (out / STAGING / "layers").symlink_to(precious, target_is_directory=True)
    with pytest.raises(OutputFolderError, match="layers is a link"):
        ready(out, "run")
    assert kept(precious)


# Manifests that are none


@pytest.mark.parametrize(
    "outputs", [None, {}, "map.html", ["map.html"], [{"file": "map.html"}]]
)
def test_our_manifest_without_a_list_of_outputs_is_refused(
    out: Path, outputs: object
) -> None:
    change(out, outputs=outputs)
    refused(out, "has no list of outputs .* Fix: move it")
    assert run_of(out) == {"1"}


def test_a_manifest_that_no_reading_ends_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    with pytest.raises(
        OutputFolderError, match=r"holds manifest\.json, which no earlier run"
    ):
        ready(tmp_path, "run")
