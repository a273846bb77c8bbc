"""Draw the rooms of `geo` on their floors, and which room uses which, as ``tests/data/rooms.svg``.

Run by ``make rooms``.  The floors are those of the contract in ``pyproject.toml``; an arrow is an
import between two rooms, from the room that uses to the room that is used.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import grimp
import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "tests" / "data" / "rooms.svg"
EVERYWHERE = ("arrays", "crs", "params", "results")
"""Rooms that nearly every other one uses: arrows to them would hide the others."""
WIDTH = 12.0
ACROSS = {
    "study": 5.0, "patterns": 8.6, "access": 1.4, "corridors": 4.0, "hotspots": 7.4,
    "patrols": 10.6, "sections": 1.9, "chance": 5.6, "routing": 10.6, "sightings": 3.0,
    "network": 8.2,
}  # fmt: skip
"""Where a room stands on its floor, so that few arrows cross a box; others stand evenly."""


def floors() -> list[list[str]]:
    """Return the rooms of each floor, the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c["name"] == "The floors of geo")
    return [[room.strip() for room in row.split("|")] for row in layers]


def uses(rooms: list[str]) -> list[tuple[str, str, int]]:
    """Return pairs of rooms of which the first imports the second, and by how many imports."""
    graph = grimp.build_graph("geo", cache_dir=None)
    inside = {
        room: {f"geo.{room}", *graph.find_descendants(f"geo.{room}")} for room in rooms
    }
    found = []
    for one in rooms:
        imported = [
            m
            for own in inside[one]
            for m in graph.find_modules_directly_imported_by(own)
        ]
        for other in rooms:
            number = sum(module in inside[other] for module in imported)
            if other != one and number:
                found.append((one, other, number))
    return found


def draw(axes: Axes) -> None:
    """Draw floors as rows, rooms as boxes, uses as arrows."""
    rows = floors()
    at = {
        room: (ACROSS.get(room, WIDTH * (k + 1) / (len(row) + 1)), -1.5 * level)
        for level, row in enumerate(rows)
        for k, room in enumerate(row)
    }
    for level, _ in enumerate(rows):
        axes.axhspan(-1.5 * level - 0.6, -1.5 * level + 0.6, color="#f2f2f2", zorder=0)
    for one, other, number in uses(list(at)):
        if other not in EVERYWHERE:
            style = {
                "arrowstyle": "-|>", "color": "#4a6fa5", "alpha": 0.75, "shrinkA": 14,
                "shrinkB": 16, "linewidth": 0.6 + 0.15 * min(number, 15),
            }  # fmt: skip
            axes.annotate("", xy=at[other], xytext=at[one], arrowprops=style, zorder=1)
    for room, (x, y) in at.items():
        box = {
            "boxstyle": "round,pad=0.4",
            "facecolor": "white",
            "edgecolor": "#333333",
        }
        axes.text(x, y, room, ha="center", va="center", fontsize=11, bbox=box, zorder=2)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(-1.5 * len(rows) + 0.6, 0.9)
    axes.set_axis_off()
    axes.set_title(
        "Rooms of geo: arrows lead to the room that is used, the wider the more imports\n"
        f"(arrows to {', '.join(EVERYWHERE)}, which nearly every room uses, are left out)",
        fontsize=10,
    )


def main() -> None:
    """Write the picture."""
    # The same imports give the same bytes.
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "rooms"
    figure, axes = plt.subplots(figsize=(10, 10), layout="constrained")
    draw(axes)
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"Wrote {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
