"""Patrols on the map, the need that stops serve, and what a plan is worth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from geo.results import Patrols
from layers import palette
from layers.records import StudyData
from layers.schema import NEED_PARTS
from maps.page import style
from maps.plot.ground import axes_for, map_axes, panels, plain

STOPS = 12
"""So many stops are drawn, those first that a chart is about."""

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


def stop_need(plan: Patrols, ax: Axes | None = None) -> Axes:
    """Draw the need within walking reach of the stops that have most of it, by part."""
    table = plan.stop_need.nlargest(STOPS, "need").iloc[::-1]
    ax = axes_for(ax, (7, 1 + 0.3 * len(table)))
    left = np.zeros(len(table))
    for part in NEED_PARTS:
        share = table[part].to_numpy(float)
        ax.barh(table["name"], share, left=left, label=plain(part),
                color=style.NEED[part].symbol.colour)  # fmt: skip
        left += share
    ax.set(xlabel="share of the need that any stop reaches")
    ax.set_title(f"The {len(table)} stops with most need", loc="left")
    ax.legend(fontsize=8, loc="lower right")
    return ax


def measures(plan: Patrols, ax: Axes | None = None) -> Axes:
    """Draw the share of the need that the night serves, beside other ways to plan it.

    The line is the range of nine tenths of the draws of travel time and need.
    """
    night = plan.measures[plan.measures["shift"].isna()].iloc[::-1]
    names = [plain(name) for name in night["plan"]]
    ax = axes_for(ax, (7, 1 + 0.4 * len(night)))
    ax.barh(names, night["need_share"], color=palette.SKY_BLUE)
    ax.hlines(names, night["need_low"], night["need_high"], color=palette.BLACK)
    ax.set(xlim=(0, 1), xlabel="share of the need that any stop reaches")
    ax.set_title("What the night serves", loc="left")
    return ax


def trade_off(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what more vehicles or hours would add, from table `TRADE_OFF`: as planned first."""
    rows = table.iloc[::-1].to_dict("records")
    names = [
        f"{row['vehicles']} vehicle{'' if row['vehicles'] == 1 else 's'}"
        + (f", {row['more_hours']:g} h more a shift" if row["more_hours"] else "")
        for row in rows
    ]
    ax = axes_for(ax, (7, 1 + 0.35 * len(rows)))
    bars = ax.barh(names, table["need_share"].iloc[::-1], color=palette.SKY_BLUE)
    ax.bar_label(bars, fmt="{:.1%}", padding=3, fontsize=8)
    ax.set(xlim=(0, 1.1), xlabel="share of the need that any stop reaches")
    ax.set_title("The price of more: as planned, and with more", loc="left")
    return ax


def visits(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how often several nights visit the stops, and how often they must: table `VISITS`."""
    table = table.nlargest(STOPS, ["quota", "visits"]).iloc[::-1]
    ax = axes_for(ax, (7, 1 + 0.3 * len(table)))
    ax.barh(table["name"], table["visits"], color=palette.SKY_BLUE, label="visits")
    due = table[table["quota"] > 0]
    ax.scatter(due["quota"], due["name"], marker="|", s=150, color=palette.BLACK, label="at least")
    ax.set(xlabel="visits in all nights")
    ax.set_title(f"{len(table)} stops, those with a minimum first", loc="left")
    ax.legend(fontsize=8, loc="lower right")
    return ax
