"""Whatever a server does: one line that says what, an end in time, and no broken snapshot."""

from __future__ import annotations

import itertools
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from servers.overpass_faults import CASES, Case, changed
from servers.overpass_server import Server, serving

from layers.readers.osm import download, overpass, snapshots

QUERY = "[bbox:42.87,20.85,42.91,20.90];"
TOWN = shapely.box(20.85, 42.87, 20.90, 42.91)
PATIENT = download.Limits(attempts=2, connect_s=30, silence_s=30, total_s=60, first_wait_s=0.01,
                          longest_wait_s=1, most_bytes=3_000_000)  # fmt: skip
HASTY = replace(PATIENT, silence_s=1.5, total_s=2)
"""For what ends by them only: a busy machine is no fault of a server."""


def limits(case: Case) -> download.Limits:
    return HASTY if case.timed else PATIENT


def fetch(tmp_path: Path, *urls: str, within: download.Limits = PATIENT) -> list[str]:
    """Fetch a snapshot, as `mitrovica fetch` does, and return what was reported."""
    events: list[str] = []
    layers = overpass.fetch(TOWN, urls=urls, cache=tmp_path / "cache", progress=events.append,
                            limits=within)  # fmt: skip
    snapshots.save(layers, tmp_path / "store")
    return events


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_server_that_keeps_failing(tmp_path: Path, case: Case) -> None:
    with serving(Server(itertools.repeat(case.fault))) as server:
        with pytest.raises(download.DownloadError, match=case.says) as caught:
            fetch(tmp_path, server.url, within=limits(case))
        assert len(server.requests) == (2 if case.retried else 1)
    (line,) = str(caught.value).splitlines()
    assert len(line) < 700
    assert line.endswith("0 of 1 answers are kept")
    assert files(tmp_path / "cache") == []
    assert files(tmp_path / "store") == []


FEW = {"gateway time-out", "moved", "web page", "cut off", "reset half-way"}
"""Faults that come once in the suite; the others do in the proofs."""


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[] if name in FEW else pytest.mark.proof)
        for name, case in CASES.items()
    ],
)
def test_a_server_that_fails_once(case: Case) -> None:
    events: list[str] = []
    with serving(Server(iter([case.fault]))) as server, serving(Server()) as mirror:
        urls = [f"{server.url}/interpreter", f"{mirror.url}/interpreter"]
        answer, url = download.ask(
            urls,
            "POST",
            {"data": QUERY},
            overpass.checked,
            limits=limits(case),
            progress=events.append,
        )
        assert url == urls[0 if case.retried else 1]
    assert len(answer.features)
    assert len(events) == (1 if case.retried else 3)
    assert all(event.startswith("query 1 of 1: ") for event in events)


def test_an_empty_answer_is_kept_like_any_other(tmp_path: Path) -> None:
    nothing = changed(lambda answer: answer.update(elements=[]))
    with serving(Server(iter([nothing]))) as server:
        for _ in range(2):
            with pytest.raises(download.DownloadError, match="no road, path or railway"):
                fetch(tmp_path, server.url)
        assert len(server.requests) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
            "-days", "1", "-keyout", "key.pem", "-out", "certificate.pem"]  # fmt: skip
    try:
        subprocess.run(call, cwd=folder, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return folder / "certificate.pem", folder / "key.pem"


def test_a_certificate_that_nobody_vouches_for(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with (
        serving(Server(certificate=certificate)) as server,
        pytest.raises(download.DownloadError, match=r"self.signed"),
    ):
        fetch(tmp_path, server.url)
    assert server.requests == []


def test_tls_spoken_to_a_plain_server(tmp_path: Path) -> None:
    with serving(Server()) as server, pytest.raises(download.DownloadError, match="SSL"):
        fetch(tmp_path, server.url.replace("http:", "https:"))


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(download.DownloadError, match=r"127\.0\.0\.1:9: .*Connection refused"):
        fetch(tmp_path, "http://127.0.0.1:9/api")


@pytest.mark.parametrize("url", ["overpass", "ftp://127.0.0.1/api", "http://"])
def test_what_is_no_web_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(download.DownloadError, match=r"No connection adapters|Invalid URL"):
        fetch(tmp_path, url)


def test_the_previous_snapshot_stays_in_use(tmp_path: Path) -> None:
    with serving(Server()) as server:
        fetch(tmp_path, server.url)
        before = snapshots.newest(tmp_path / "store")
        server.faults = itertools.repeat(CASES["gateway time-out"].fault)
        with pytest.raises(download.DownloadError):
            overpass.fetch(TOWN, urls=[server.url], cache=tmp_path / "cache", refresh=True,
                           limits=PATIENT)  # fmt: skip
    assert before is not None
    assert snapshots.newest(tmp_path / "store") == before
    assert len(snapshots.load(tmp_path / "store", before).roads) > 50


def test_tags_that_look_like_an_elements_own_values(tmp_path: Path) -> None:
    def rename(answer: dict) -> None:
        for element in answer["elements"]:
            if element["type"] == "way":
                element["tags"].update(id="1", element="node", nodes="2", geometry="x", type="y")

    with serving(Server(iter([changed(rename)]))) as server:
        fetch(tmp_path, server.url)
    store = tmp_path / "store"
    assert snapshots.load(store, files(store)[0]).roads["id"].str.match(r"way/1\d\d\d$").all()


@pytest.mark.proof
def test_the_table_of_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Print what the user sees, the time to the end and the state of the snapshot."""
    rows = []
    with serving(Server()) as good:
        fetch(tmp_path, good.url)
    before = snapshots.newest(tmp_path / "store")
    for name, case in CASES.items():
        with serving(Server(itertools.repeat(case.fault))) as server:
            began = time.monotonic()
            with pytest.raises(download.DownloadError) as caught:
                overpass.fetch(TOWN, urls=[server.url], cache=tmp_path / name,
                               limits=limits(case))  # fmt: skip
            seconds = time.monotonic() - began
        assert snapshots.newest(tmp_path / "store") == before
        snapshots.load(tmp_path / "store", str(before))
        message = str(caught.value).split(": ", 1)[-1].split(". An earlier")[0]
        rows.append(f"| {name} | {message} | {len(server.requests)} | {seconds:.1f} | as before |")
    with capsys.disabled():
        print("\n| fault | the user reads | requests | s | snapshot |\n|---|---|---|---|---|")
        print("\n".join(rows))
