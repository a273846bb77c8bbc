"""Patrols on the map."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from geo.results import Patrols
from layers import palette
from layers.records import StudyData
from maps.plot.ground import map_axes, panels, plain

_MARKERS = {"circle": "o", "square": "s", "diamond": "D"}


def patrols(
    plan: Patrols,
    data: StudyData | None = None,
    axes: Sequence[Axes] | None = None,
    *,
    night: int = 1,
) -> list[Axes]:
    """Draw the routes and the stops of a night, a panel for each shift."""
    stops, legs = (t[t["night"] == night] for t in (plan.stops, plan.legs))
    shifts = list(stops["shift"].unique())
    drawn = panels(axes, len(shifts), (4.6, 7.5))
    for number, (ax, shift) in enumerate(zip(drawn, shifts, strict=True)):
        map_axes(legs if len(legs) else stops, data, ax)
        mine = stops[stops["shift"] == shift]
        for vehicle, own in mine.groupby("vehicle"):
            symbol = palette.patrol(number, int(vehicle))
            driven = legs[(legs["shift"] == shift) & (legs["vehicle"] == vehicle)]
            if len(driven):
                driven.plot(ax=ax, color=symbol.colour, linewidth=2, alpha=0.7, zorder=3)
            served = own[own["service_s"] > 0]
            ax.scatter(
                served.geometry.x, served.geometry.y, marker=_MARKERS[symbol.shape], s=32,
                color=symbol.colour, edgecolor=palette.WHITE, zorder=6, label=f"vehicle {vehicle}",
            )  # fmt: skip
        places = mine.loc[mine["service_s"] > 0, "stop"].nunique()
        ax.set_title(
            f"{plain(shift)}: {int((mine['service_s'] > 0).sum())} stops at {places} places"
        )
        ax.legend(loc="upper right", fontsize=8)
    return drawn
