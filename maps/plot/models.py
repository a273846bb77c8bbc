"""Movement along public corridors and walking time to help: models with assumptions."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from geo.results import Access, Movement
from layers import palette
from layers.records import StudyData
from maps.plot.ground import image_of, map_axes, plain

WIDE = 0.3
"""A section is dashed where its 10-90 % range is wider than this."""

LONGEST_MIN = 240.0
"""Walks that take longer have one colour."""

_DASHED: Any = (0, (3, 1))


def _width(share: Any) -> Any:
    """Return the width of a line, in points, by the share of the trips."""
    return 0.3 + 6 * share


def _key(width: float, label: str, dash: Any = "-") -> Line2D:
    return Line2D([], [], color=palette.BLUE, linewidth=width, label=label, linestyle=dash)


def movement(flow: Movement, data: StudyData | None = None, ax: Axes | None = None) -> Axes:
    """Draw the expected flow on each section: the wider, the larger its mean share of the trips."""
    ax = map_axes(flow.sections, data, ax)
    wide = flow.sections["share_high"] - flow.sections["share_low"] > WIDE
    for rows, dash in ((flow.sections[~wide], "-"), (flow.sections[wide], _DASHED)):
        if len(rows):
            rows.plot(
                ax=ax, color=palette.BLUE, linewidth=_width(rows["share_mean"].to_numpy()),
                linestyle=dash, zorder=3, alpha=0.7,
            )  # fmt: skip
    keys = [_key(_width(share), f"{share:.0%}") for share in (0.1, 0.5, 1.0)]
    keys.append(_key(3.0, f"10-90 % range over {WIDE:.0%}", _DASHED))
    ax.legend(handles=keys, title="mean share of trips", fontsize=8, loc="upper right")
    ax.set_title(f"Expected flow: {flow.label}, {flow.draws} draws", fontsize=10)
    return ax


def access(
    walk: Access, kind: str = "health", data: StudyData | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the minutes on foot to the nearest help of a kind, and where that help is.

    Raises
    ------
    ValueError
        If the data hold no place of this kind.
    """
    if kind not in walk.minutes:
        known = ", ".join(walk.minutes)
        raise ValueError(f"the data hold no help of kind {kind!r}. Fix: use one of {known}")
    ax = map_axes(walk.sections, data, ax)
    ramp = LinearSegmentedColormap.from_list("walking", palette.WALKING)
    image = image_of(
        ax, walk.minutes[kind], walk.transform, cmap=ramp, vmin=0, vmax=LONGEST_MIN, zorder=0
    )
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.6, extend="max")
    bar.set_label(f"minutes on foot to the nearest help: {plain(kind)}")
    places = walk.places[walk.places["help"] == kind]
    places.plot(ax=ax, color=palette.GREEN, edgecolor=palette.BLACK, markersize=25, zorder=7)
    ax.set_title(f"{len(places)} places of help; {walk.label}", fontsize=10)
    return ax
