"""How near sightings were reported to corridors, and what chance gives."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from geo.crs import require_metric
from geo.results import CorridorTests, Proximity
from layers import palette
from layers.records import StudyData
from maps.plot.ground import axes_for, colours_of, key_above, map_axes, of_sightings, panels, plain

SHOWN_M = 2000.0
"""Curves are drawn up to here: farther than this nobody would call near."""


def proximity(near: Proximity, ax: Axes | None = None) -> Axes:
    """Draw the distance of each sighting to each kind of corridor, on a logarithmic axis.

    A line runs over 5-95 % of the places where the sighting may have been.  A hollow dot was
    located from that very kind: its nearness is an input.
    """
    table = near.table.dropna(subset=["distance_m"]).sort_values("distance_m")
    kinds, n = list(near.table["corridor"].unique()), near.table["sighting"].nunique()
    colours = colours_of(kinds)
    ax = axes_for(ax, (7, 1 + 0.55 * len(kinds)))
    for row, kind in enumerate(kinds):
        mine = table[table["corridor"] == kind]
        given = mine["located_from_kind"].to_numpy(bool)
        y = row + (np.linspace(-0.3, 0.3, len(mine)) if len(mine) > 1 else np.zeros(len(mine)))
        low, mid, high = (mine[f"distance{part}_m"].clip(lower=1) for part in ("_low", "", "_high"))
        ax.hlines(y, low, high, color=colours[kind], alpha=max(0.1, min(0.6, 20 / (len(y) + 1))))
        for hollow in (False, True):
            at = given == hollow
            face = palette.WHITE if hollow else colours[kind]
            ax.scatter(mid[at], y[at], s=22, color=face, edgecolor=colours[kind], zorder=3)
    ax.scatter([], [], color=palette.WHITE, edgecolor=palette.BLACK,
               label="located from that very kind: its nearness is an input")  # fmt: skip
    ax.set(xscale="log", xlabel="distance (m), with 5-95 % of where it may have been")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.set_yticks(range(len(kinds)), [plain(kind) for kind in kinds])
    key_above(ax, f"How near {of_sightings(n)} were reported", 1)
    return ax


def nulls(
    tests: CorridorTests, data: StudyData | None = None, axes: Sequence[Axes] | None = None
) -> list[Axes]:
    """Draw where chance would put sightings, a panel for each null model.

    With the data of the study, crosses are its sightings.
    """
    names = list(tests.nulls["null"].unique())
    drawn = panels(axes, len(names), (4.2, 4.6))
    for ax, name in zip(drawn, names, strict=True):
        map_axes(tests.window, data, ax)
        tests.window.boundary.plot(ax=ax, color=palette.MID_GREY, linewidth=0.8)
        points = tests.nulls[tests.nulls["null"] == name]
        points.plot(ax=ax, color=palette.BLUE, markersize=1.2, alpha=0.6)
        if data is not None:
            seen = data.sightings[data.sightings["kind"] == "sighting"]
            seen = seen.to_crs(require_metric(window=tests.window))
            seen.plot(ax=ax, marker="x", color=palette.BLACK, markersize=30, zorder=7)
        ax.set_title(f"{name}: {len(points)} places by chance", fontsize=10)
    return drawn


def curves(
    tests: CorridorTests, null: str | None = None, axes: Sequence[Axes] | None = None
) -> list[Axes]:
    """Draw the share of sightings within each distance, beside the global envelope of chance.

    A panel for each kind of corridor.  Nearness is found only where the line rises out of the
    shaded area.

    Parameters
    ----------
    tests : geo.results.CorridorTests
    null : str, optional
        The null model; the first of the tests if none is named.
    axes : sequence of matplotlib Axes, optional
        One for each kind of corridor.
    """
    table, rows = _under(tests.curves, null), _under(tests.tests, null)
    kinds = list(table["corridor"].unique())
    colours = colours_of(kinds)
    drawn = panels(axes, len(kinds), (3.2, 3.4))
    for ax, kind in zip(drawn, kinds, strict=True):
        own = table[table["corridor"] == kind]
        row = rows[rows["corridor"] == kind].iloc[0]
        at = own["distance_m"]
        label = f"{1 - tests.level:.0%} envelope of chance"
        ax.fill_between(at, 0, own["high"], color="#dddddd", label=label)
        ax.plot(at, own["central"], color=palette.MID_GREY, linestyle="--", label="median")
        ax.plot(at, own["observed"], color=colours[kind], linewidth=2, label="reported")
        ax.set(xlim=(0, min(at.max(), SHOWN_M)), ylim=(0, 1.02), xlabel="distance (m)")
        n = of_sightings(int(row["sightings"]))
        ax.set_title(f"{plain(kind)}: {n}, p = {row['p']:.2f}", fontsize=10)
    drawn[0].set_ylabel("share of sightings within")
    drawn[0].legend(fontsize=7, loc="lower right")
    return drawn


def bands(tests: CorridorTests, null: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the share of sightings within each band of each corridor beside that of chance.

    A filled dot is what was reported, a bar what chance gives; the text is what the test says.
    """
    table = _under(tests.bands, null).iloc[::-1]
    colours = colours_of(list(table["corridor"].unique()))
    ax = axes_for(ax, (8, 0.8 + 0.3 * len(table)))
    y = np.arange(len(table))
    share = (table["expected_within"] / table["sightings"]).to_numpy(float)
    ax.hlines(y, table["null_share"], share, color=palette.LIGHT_GREY)
    ax.scatter(table["null_share"], y, marker="|", s=120, color=palette.BLACK, label="by chance")
    ax.scatter(share, y, s=36, color=[colours[kind] for kind in table["corridor"]], zorder=3)
    ax.scatter([], [], s=36, color=palette.BLACK, label="reported")
    rows = table.to_dict("records")
    for at, row in enumerate(rows):
        p = row["p_adjusted"]
        text = f"{'p < 0.01' if p < 0.01 else f'p = {p:.2f}'}: {plain(row['verdict'])}"
        ax.annotate(text, (1.04, at), fontsize=8, va="center", annotation_clip=False)
    names = [
        f"{plain(row['corridor'])}, {row['band_m']:g} m, n = {row['sightings']}"
        f"{' (named beforehand)' if row['primary'] else ''}"
        for row in rows
    ]
    ax.set_yticks(y, names, fontsize=8)
    ax.set(xlim=(-0.02, 1.02), xlabel="share of the sightings within")
    key_above(ax, f"Nearer than chance? Null model: {table['null'].iloc[0]}", 2)
    return ax


def _under(table: pd.DataFrame, null: str | None) -> pd.DataFrame:
    """Return the rows of one null model: of the first one where none is named."""
    models = list(table["null"].unique())
    name = null or (models[0] if models else "")
    if name not in models:
        known = ", ".join(models) or "none: no sighting was tested"
        raise ValueError(f"no test has the null model {name!r}; they have {known}")
    return table[table["null"] == name]
