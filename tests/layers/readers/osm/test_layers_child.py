"""The process of its own that calls osmnx: what it tells, and when."""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from pathlib import Path

import networkx
import osmnx

from layers.readers.osm import child


def test_an_answer_is_told_while_the_next_call_is_still_made(tmp_path: Path) -> None:
    """The second call waits for a pipe, which nobody fills before the first answer is told."""
    graph = networkx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=20.8, y=42.8)
    there, pipe = tmp_path / "there.graphml", tmp_path / "pipe.graphml"
    osmnx.save_graphml(graph, there)
    os.mkfifo(pipe)
    calls = [
        ("load_graphml", {"filepath": file}, None, tmp_path, tmp_path / name)
        for file, name in ((there, "first"), (pipe, "second"))
    ]
    with subprocess.Popen(
        [sys.executable, child.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
    ) as program:
        program.stdin.write(pickle.dumps(({}, 60.0, 8 << 30, calls)))
        program.stdin.close()
        assert select.select([program.stdout], [], [], 50)[0]
        assert program.stdout.readline().decode().strip() == child.ANSWERED
        assert not (tmp_path / "second").exists()
        pipe.write_bytes(there.read_bytes())
        assert program.stdout.readline().decode().strip() == child.ANSWERED
    value, error = pickle.loads((tmp_path / "second").read_bytes())
    assert (value.number_of_nodes(), error) == (1, "")
