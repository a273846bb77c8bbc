"""A fetch killed at any moment leaves every snapshot and every kept answer whole or absent."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from servers.overpass_server import Server, serving

from layers.readers.osm import snapshots

FETCH = """
import sys
from pathlib import Path
from layers.readers import areas
from layers.readers.osm import asking, live, snapshots

url, folder = sys.argv[1], Path(sys.argv[2])
area = areas.area_of("mitrovica")
print("ready", flush=True)
where = asking.Servers([url], folder / "cache", refresh=True, progress=str)
layers = live.fetch(area, where)
snapshots.save(layers, folder / "store", area)
"""


def start(url: str, folder: Path) -> subprocess.Popen[str]:
    """Start a fetch and return when it begins to ask."""
    call = [sys.executable, "-c", FETCH, url, str(folder)]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    return process


def check(folder: Path) -> tuple[int, int]:
    """Read everything that has a name; return how many snapshots and answers there are."""
    kept = list((folder / "cache").glob("[!.]*/*"))
    for file in kept:
        assert "elements" in json.loads(file.read_bytes())
    manifests = snapshots.list_all(folder / "store")
    for manifest in manifests:
        snapshots.load(folder / "store", manifest.id)
    return len(manifests), len(kept)


@pytest.mark.proof
def test_fetches_killed_at_thirty_random_moments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(1)
    outcomes: Counter[tuple[str, int, int]] = Counter()
    with serving(Server()) as server:
        first = start(server.url, tmp_path / "whole")
        began = time.monotonic()
        assert first.wait(120) == 0
        whole_s = time.monotonic() - began
        snapshots_whole, answers_whole = check(tmp_path / "whole")
        for number in range(30):
            # Half of them over an older snapshot, half into an empty folder.
            folder = tmp_path / ("whole" if number % 2 else f"empty{number}")
            process = start(server.url, folder)
            time.sleep(rng.uniform(0, whole_s))
            process.kill()
            ended = "killed" if process.wait(60) == -9 else "finished"
            outcomes[(ended, *check(folder))] += 1
    with capsys.disabled():
        print(f"\na whole fetch: {whole_s:.1f} s, {snapshots_whole} snapshot, "
              f"{answers_whole} answers")  # fmt: skip
        for (ended, n_snapshots, n_answers), times in sorted(outcomes.items()):
            print(
                f"{times:3d} x {ended}: {n_snapshots} snapshot(s), {n_answers} answers, whole"
            )
    assert (
        sum(times for (ended, *_), times in outcomes.items() if ended == "killed") > 15
    )
