"""Charts of the brief as pictures in the page: SVG by matplotlib, each with its text alternative.

A chart shows nothing that the table beside it does not say.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Final, cast

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from layers import palette

WIDTH_IN: Final = 3.5
ROW_IN: Final = 0.2
LABEL: Final = 24
"""Letters of a line of a label, at most."""
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none", "svg.hashsalt": "brief", "font.size": 8.5,
    "axes.spines.top": False, "axes.spines.right": False, "font.family": "sans-serif",
}  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """A picture and what it says."""

    uri: str
    """The picture as a data address."""
    text: str
    """Its text alternative: every value that it shows."""


def bars(title: str, names: Sequence[str], parts: Mapping[str, pd.Series]) -> Chart:
    """Return horizontal bars of several parts each, by the name of the part."""
    table = pd.DataFrame({part: [*values] for part, values in parts.items()}, index=[*names])
    with mpl.rc_context(_STYLE):
        axes = _axes(ROW_IN * len(names) + 0.55)
        table.plot.barh(
            ax=axes, stacked=True, width=0.7, color=[palette.BLUE, palette.ORANGE], legend=False
        )
        axes.invert_yaxis()
        axes.margins(y=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(parts) > 1:
            figure = cast("Figure", axes.figure)
            figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)
        said = (
            f"{name}: {', '.join(f'{part} {n:g}' for part, n in row.items())}"
            for name, row in table.iterrows()
        )
        return Chart(_uri(axes), f"{title}. {'; '.join(said)}.")


def spans(title: str, names: Sequence[str], low: Sequence[float], high: Sequence[float]) -> Chart:
    """Return a line from the lowest to the highest reading of each, with a mark at both ends."""
    with mpl.rc_context(_STYLE):
        labels = [fill(name, LABEL) for name in names]
        lines = sum(1 + 0.6 * label.count("\n") for label in labels)
        axes = _axes(ROW_IN * lines + 0.4)
        axes.hlines(labels, low, high, color=palette.ORANGE, linewidth=4)
        for ends in (low, high):
            axes.plot(ends, labels, "o", color=palette.BLUE, markersize=5)
        least, most = min(0, *low), max(high)
        # Marks at either end stay whole.
        axes.set_xlim(least - 0.04 * (most - least), most + 0.04 * (most - least))
        axes.margins(y=0.2 if lines > len(names) else 0.08)
        axes.invert_yaxis()
        said = [
            f"{name}: {a:g}" + (f"–{b:g}" if b != a else "")
            for name, a, b in zip(names, low, high, strict=True)
        ]
        return Chart(_uri(axes), f"{title}. {'; '.join(said)}.")


def _axes(height: float) -> Axes:
    axes = Figure(figsize=(WIDTH_IN, height), layout="constrained").subplots()
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=palette.LIGHT_GREY, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    return axes


def _uri(axes: Axes) -> str:
    stream = io.BytesIO()
    figure = cast("Figure", axes.figure)
    figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()
