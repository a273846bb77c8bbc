"""The table of all benchmarks: what each measures, beside which peer, by what ratio.

    python tests/benchmarks/figures.py [BENCHMARK ...]

Every benchmark ends with a line ``name, ours, peer, ratio`` for each figure.  This one runs them,
all by default, and writes their figures into ``tests/data/benchmarks.csv``, which the documentation
shows; figures of benchmarks that are not run stay as they are.
"""

from __future__ import annotations

import csv
import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

LEAST_S = 0.5
HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "data" / "benchmarks.csv"
COLUMNS = ("name", "ours", "peer", "ratio")
BOUNDED = {"patrols": ["5"], "sightings": ["--most", "100000"]}
"""What is handed to benchmarks that take long otherwise."""
NOT_RUN = {"audit", "figures", "interpreters", "map", "release", "rooms", "scale"}
"""These draw, or tell something else than one figure beside a peer; each is run by itself."""


class Figure(NamedTuple):
    """A figure of a benchmark."""

    name: str
    ours: str
    peer: str = ""
    """Who is measured beside it, and what it takes; empty where nobody does the same."""
    ratio: str = ""
    """The peer's over ours."""


def seconds(
    name: str, ours: float, peer: str = "", theirs: float | None = None
) -> Figure:
    """Return a figure of a time in seconds, with that of a peer where there is one."""
    if theirs is None:
        return Figure(name, plain(ours), peer)
    return Figure(name, plain(ours), f"{peer} {plain(theirs)}", rounded(theirs / ours))


def rounded(ratio: float) -> str:
    """Return a ratio in three digits or as a whole number."""
    return f"{ratio:.3g}" if ratio < 1000 else f"{ratio:,.0f}"


def plain(time_s: float) -> str:
    """Return a time in the unit that reads best."""
    if time_s < 1:
        return f"{time_s * 1000:.3g} ms"
    return f"{time_s:.3g} s" if time_s < 1000 else f"{time_s:,.0f} s"


def least(work: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time in seconds, of all threads, of some calls after a first.

    Short work is called more often, for half a second in all.
    """
    work()
    taken: list[float] = []
    while len(taken) < times or sum(taken) < LEAST_S:
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def show(figures: list[Figure]) -> None:
    """Print the figures, as the last that a benchmark prints."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerows([COLUMNS, *figures])


def figures_of(path: Path) -> list[list[str]]:
    """Return the figures that a benchmark ends with, from a run of it."""
    run = subprocess.Popen(
        [sys.executable, str(path), *BOUNDED.get(path.stem, [])],
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in run.stdout or ():
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(line)
    if run.wait():
        sys.exit(
            f"{path.name} ended with exit code {run.returncode}; the table is as it was"
        )
    head = ",".join(COLUMNS) + "\n"
    return list(csv.reader(lines[lines.index(head) + 1 :])) if head in lines else []


def main(names: list[str]) -> None:
    """Run benchmarks and put their figures into the table."""
    paths = [HERE / f"{name}.py" for name in names] or sorted(HERE.glob("*.py"))
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    for path in paths:
        if path.stem in NOT_RUN:
            continue
        rows = pd.DataFrame(figures_of(path), columns=COLUMNS)
        rows = rows.assign(benchmark=path.stem, day=day, machine=machine)
        table = pd.read_csv(TABLE, keep_default_na=False, dtype=str)
        table = pd.concat([table[table["benchmark"] != path.stem], rows]).sort_values(
            "benchmark", kind="stable"
        )
        table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main(sys.argv[1:])
