"""What a study found: nearness and chance, hotspots, the K function, the models, the patrols."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from rasterio import Affine
from rasterio.transform import array_bounds

from geo.arguments import require_type
from geo.patterns import KTest
from geo.records import StudyData
from geo.results import Access, CorridorTests, Hotspots, Patrols, Proximity
from layers import palette
from maps.drawable import colours_of
from maps.plot.axes import (
    axes_for,
    key_above,
    map_axes,
    of_sightings,
    over_panels,
    panels,
    plain,
    under,
)

SHOWN_M = 2000.0
"""Curves are drawn up to here: farther than this nobody would call near."""

LEAST_SHARE = 0.01
"""Density below this share of its peak is not drawn."""
_RAMP = LinearSegmentedColormap.from_list("reported", palette.LIXELS)
LONGEST_MIN = 240.0
"""Walks that take longer have one colour."""
TESTED: Final = (
    "tests = geo.corridors.compare_with_chance(sightings, corridors, effort)"
)
"""How what is drawn of tests comes about, for errors."""

_MARKERS: Final = {"circle": "o", "square": "s", "diamond": "D"}


def proximity(near: Proximity, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the distance of each sighting to each kind of corridor, on a logarithmic axis.

    A line runs over 5-95 % of the places where the sighting may have been.  A hollow dot was
    located from that very kind: its nearness is an input.

    Parameters
    ----------
    near : geo.results.Proximity
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.

    Returns
    -------
    matplotlib Axes
    """
    require_type(
        "near", near, Proximity, "near = geo.corridors.proximity(sightings, corridors)"
    )
    table = near.table.dropna(subset=["distance_m"]).sort_values("distance_m")
    kinds = list(near.table["corridor"].unique())
    sightings = near.table["sighting"].nunique()
    colours = colours_of(kinds)
    ax = axes_for(ax, (7, 1 + 0.55 * len(kinds)))
    for row, kind in enumerate(kinds):
        _distances(ax, row, table[table["corridor"] == kind], colours[kind])
    ax.scatter(
        [],
        [],
        color=palette.WHITE,
        edgecolor=palette.BLACK,
        label="located from that very kind: its nearness is an input",
    )
    ax.set(xscale="log", xlabel="distance (m), with 5-95 % of where it may have been")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.set_yticks(range(len(kinds)), [plain(kind) for kind in kinds])
    text = f"How near {of_sightings(sightings)} were reported"
    key_above(ax, under(title, text), 1)
    return ax


def _distances(ax: Axes, row: int, table: pd.DataFrame, colour: str) -> None:
    """Draw the distances to one kind of corridor, around a row."""
    y = np.full(len(table), float(row))
    if len(table) > 1:
        y += np.linspace(-0.3, 0.3, len(table))
    nearest = table["distance_low_m"].clip(lower=1)
    middle = table["distance_m"].clip(lower=1)
    farthest = table["distance_high_m"].clip(lower=1)
    alpha = max(0.1, min(0.6, 20 / (len(y) + 1)))
    ax.hlines(y, nearest, farthest, color=colour, alpha=alpha)
    is_input = table["located_from_kind"].to_numpy(bool)
    for dots, face in ((~is_input, colour), (is_input, palette.WHITE)):
        ax.scatter(middle[dots], y[dots], s=22, color=face, edgecolor=colour, zorder=3)


def curves(
    tests: CorridorTests, axes: Sequence[Axes] | None = None, *, title: str = ""
) -> list[Axes]:
    """Draw the share of sightings within each distance, beside the global envelope of chance.

    A panel for each kind of corridor.  Nearness is found only where the line rises out of the
    shaded area.

    Parameters
    ----------
    tests : geo.results.CorridorTests
    axes : sequence of matplotlib Axes, optional
        One for each kind of corridor.
    title : str, optional
        Stands over the panels.

    Returns
    -------
    list of matplotlib Axes
    """
    require_type("tests", tests, CorridorTests, TESTED)
    table, rows = tests.curves, tests.tests
    kinds = list(table["corridor"].unique())
    colours = colours_of(kinds)
    drawn = panels(axes, len(kinds), (3.2, 3.4))
    for ax, kind in zip(drawn, kinds, strict=True):
        of_kind = table[table["corridor"] == kind]
        row = rows[rows["corridor"] == kind].iloc[0]
        distance_m = of_kind["distance_m"]
        label = f"{1 - tests.level:.0%} envelope of chance"
        ax.fill_between(distance_m, 0, of_kind["high"], color="#dddddd", label=label)
        ax.plot(
            distance_m,
            of_kind["central"],
            color=palette.MID_GREY,
            linestyle="--",
            label="median",
        )
        ax.plot(
            distance_m,
            of_kind["observed"],
            color=colours[kind],
            linewidth=2,
            label="reported",
        )
        ax.set(
            xlim=(0, min(distance_m.max(), SHOWN_M)),
            ylim=(0, 1.02),
            xlabel="distance (m)",
        )
        n = of_sightings(int(row["sightings"]))
        ax.set_title(f"{plain(kind)}: {n}, p = {row['p']:.2f}", fontsize=10)
    drawn[0].set_ylabel("share of sightings within")
    # Beside the panels: it would lie on a curve.
    drawn[-1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    over_panels(drawn, title)
    return drawn


def bands(tests: CorridorTests, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the share of sightings within each band of each corridor beside that of chance.

    A filled dot is what was reported, a bar what chance gives; the text is what the test says.

    Parameters
    ----------
    tests : geo.results.CorridorTests
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.

    Returns
    -------
    matplotlib Axes
    """
    require_type("tests", tests, CorridorTests, TESTED)
    table = tests.bands.iloc[::-1]
    colours = colours_of(list(table["corridor"].unique()))
    ax = axes_for(ax, (8, 0.8 + 0.3 * len(table)))
    y = np.arange(len(table))
    share = (table["expected_within"] / table["sightings"]).to_numpy(float)
    ax.hlines(y, table["null_share"], share, color=palette.LIGHT_GREY)
    ax.scatter(
        table["null_share"],
        y,
        marker="|",
        s=120,
        color=palette.BLACK,
        label="by chance",
    )
    ax.scatter(
        share, y, s=36, color=[colours[kind] for kind in table["corridor"]], zorder=3
    )
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
    text = f"Nearer than chance? Null model: {table['null'].iloc[0]}"
    key_above(ax, under(title, text), 2)
    return ax


def expected(near: Proximity, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw how many sightings lie within each band of each corridor, beside what is expected.

    A dot is what was reported, without the sightings located from the kind itself; a bar runs over
    what the assumptions on where observers stand would put there.  Nothing is tested.

    Parameters
    ----------
    near : geo.results.Proximity
        Its ``totals`` as from `geo.corridors.with_expected`, or of a study.
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.

    Returns
    -------
    matplotlib Axes
    """
    require_type("near", near, Proximity, "near = findings.proximity")
    table = near.totals.dropna(subset="by_effort_high").iloc[::-1]
    colours = colours_of(list(table["corridor"].unique()))
    ax = axes_for(ax, (8, 0.8 + 0.3 * len(table)))
    y = np.arange(len(table))
    ax.hlines(
        y,
        table["by_effort_low"],
        table["by_effort_high"],
        color=palette.MID_GREY,
        linewidth=5,
        label="expected",
    )
    reported = table["expected_within_independent"]
    dots = [colours[kind] for kind in table["corridor"]]
    ax.scatter(reported, y, s=36, color=dots, edgecolor=palette.WHITE, zorder=3)
    ax.scatter([], [], s=36, color=palette.BLACK, label="reported")
    counted = table["sightings"] - table["located_from_kind"]
    names = [
        f"{plain(kind)}, {band_m:g} m, n = {n}"
        for kind, band_m, n in zip(
            table["corridor"], table["band_m"], counted, strict=True
        )
    ]
    ax.set_yticks(y, names, fontsize=8)
    ax.set(xlabel="sightings within", xlim=(-0.1, None))
    text = "Reported, beside what is expected from where observers are assumed to stand"
    key_above(ax, under(title, text), 2)
    return ax


def hotspots(
    found: Hotspots,
    data: StudyData | None = None,
    ax: Axes | None = None,
    *,
    title: str = "",
    label: str = "rank",
) -> Axes:
    """Draw the hotspots, and the density of what was reported on the network.

    Parameters
    ----------
    found : geo.results.Hotspots
    data : geo.records.StudyData, optional
        Its roads, railways, rivers and towns lie under the picture.
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.
    label : str
        The column of ``found.table`` that is written beside each hotspot.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the table has no such column.
    """
    require_type(
        "found", found, Hotspots, "found = geo.hotspots.find(lines, sightings)"
    )
    if label not in found.table:
        columns = ", ".join(map(str, found.table.columns))
        raise ValueError(
            f"hotspots have no column {label!r} to label them by. Fix: one of {columns}"
        )
    density = found.lixels["density_per_km"]
    dense = found.lixels[density > LEAST_SHARE * density.max()]
    about = found.lixels
    if len(dense):
        about = dense
    if len(found.table):
        about = found.table
    ax = map_axes(about, data, ax)
    if len(found.table):
        found.table.plot(
            ax=ax,
            color=palette.VERMILLION,
            linewidth=9,
            alpha=0.25,
            zorder=2,
            capstyle="round",
        )
    if len(dense):
        dense.plot(
            "density_per_km",
            ax=ax,
            cmap=_RAMP,
            linewidth=2.5,
            legend=True,
            zorder=3,
            legend_kwds={"label": "sightings reported per km", "shrink": 0.6},
        )
    labels = found.table[label].astype("string").fillna("")
    if found.simulations:
        labels += found.table["p_value"].map("  p = {:.2f}".format)
    _write_beside(ax, found.table, labels)
    text = f"Where {of_sightings(found.n)} were reported, never where people are"
    if not found.simulations:
        text += "\nmore than expected, not tested: effort is assumed"
    ax.set_title(under(title, text), fontsize=10)
    return ax


def _write_beside(ax: Axes, rows: gpd.GeoDataFrame, labels: pd.Series) -> None:
    """Write a text beside each row."""
    middle = rows.representative_point()
    for text, x, y in zip(labels, middle.x, middle.y, strict=True):
        ax.annotate(
            text,
            (x, y),
            (8, 8),
            textcoords="offset points",
            fontsize=9,
            bbox={"boxstyle": "round", "fc": palette.WHITE, "lw": 0.5},
            zorder=9,
        )


def k_test(
    test: KTest, ax: Axes | None = None, *, title: str = "", label: str = "observed"
) -> Axes:
    """Draw the K function of events along a network, beside its envelopes under each null model.

    `label` names its line, as where two are drawn on one `ax`.

    Parameters
    ----------
    test : geo.patterns.KTest
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.
    label : str
        Name of the line of the events, as where two are drawn on one `ax`.

    Returns
    -------
    matplotlib Axes
    """
    require_type(
        "test", test, KTest, "test = geo.patterns.k_envelopes(network, positions, r_m)"
    )
    ax = axes_for(ax, (7, 4))
    colours = (palette.MID_GREY, palette.SKY_BLUE, palette.GREEN)
    for i, (null, band) in enumerate(test.envelopes.items()):
        colour = colours[i % len(colours)]
        chance = f"chance, {null}: p = {band.p:.3f}"
        ax.fill_between(
            test.r_m, band.low, band.high, color=colour, alpha=0.35, label=chance
        )
    ax.plot(test.r_m, test.observed, color=palette.BLACK, label=label)
    ax.plot(test.r_m, test.r_m, color=palette.BLACK, linestyle=":", label="K(r) = r")
    ax.set(xlabel="r (m)", ylabel="K(r) (m)", xlim=(0, test.r_m[-1]), ylim=(0, None))
    n = max((gate.n for gate in test.gates.values()), default=0)
    text = f"Do {n} events cluster along the network?"
    ax.set_title(under(title, text))
    ax.legend(fontsize=8)
    return ax


def access(
    walk: Access,
    kind: str = "health",
    data: StudyData | None = None,
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw the minutes on foot to the nearest help of a kind, and where that help is.

    Parameters
    ----------
    walk : geo.results.Access
    kind : str
        Of help, such as ``health``.
    data : geo.records.StudyData, optional
        Its roads, railways, rivers and towns lie under the picture.
    ax : matplotlib Axes, optional
    title : str, optional
        Stands over what the picture says of itself.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the data hold no place of this kind.
    """
    require_type("walk", walk, Access, "walk = geo.study.run(data).access")
    if kind not in walk.minutes:
        kinds = ", ".join(walk.minutes)
        raise ValueError(
            f"the data hold no help of kind {kind!r}. Fix: use one of {kinds}"
        )
    ax = map_axes(walk.sections, data, ax)
    ramp = LinearSegmentedColormap.from_list("walking", palette.WALKING)
    surface, view = walk.minutes[kind], ax.axis()
    west, south, east, north = array_bounds(*surface.shape, Affine(*walk.transform))
    image = ax.imshow(
        surface,
        extent=(west, east, south, north),
        cmap=ramp,
        vmin=0,
        vmax=LONGEST_MIN,
        zorder=0,
        interpolation="nearest",
    )
    ax.axis(view)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.6, extend="max")
    bar.set_label(f"minutes on foot to the nearest help: {plain(kind)}")
    places = walk.places[walk.places["help"] == kind]
    places.plot(
        ax=ax, color=palette.GREEN, edgecolor=palette.BLACK, markersize=25, zorder=7
    )
    text = f"{len(places)} places of help; {walk.label}"
    ax.set_title(under(title, text), fontsize=10)
    return ax


def patrols(
    plan: Patrols,
    data: StudyData | None = None,
    axes: Sequence[Axes] | None = None,
    *,
    night: int = 1,
    title: str = "",
) -> list[Axes]:
    """Draw the routes and the stops of a night, a panel for each shift.

    Parameters
    ----------
    plan : geo.results.Patrols
    data : geo.records.StudyData, optional
        Its roads, railways, rivers and towns lie under the routes.
    axes : sequence of matplotlib Axes, optional
        One for each shift.
    night : int
        Its number, from 1.
    title : str, optional
        Stands over the panels.

    Returns
    -------
    list of matplotlib Axes
    """
    require_type("plan", plan, Patrols, "plan = geo.study.run(data).patrols")
    stops, legs = (t[t["night"] == night] for t in (plan.stops, plan.legs))
    shifts = list(stops["shift"].unique())
    drawn = panels(axes, len(shifts), (4.6, 7.5))
    for number, (ax, shift) in enumerate(zip(drawn, shifts, strict=True)):
        map_axes(legs if len(legs) else stops, data, ax)
        mine = stops[stops["shift"] == shift]
        for vehicle, of_vehicle in mine.groupby("vehicle"):
            symbol = palette.patrol(number, int(vehicle))
            driven = legs[(legs["shift"] == shift) & (legs["vehicle"] == vehicle)]
            if len(driven):
                driven.plot(
                    ax=ax, color=symbol.colour, linewidth=2, alpha=0.7, zorder=3
                )
            served = of_vehicle[of_vehicle["service_s"] > 0]
            ax.scatter(
                served.geometry.x,
                served.geometry.y,
                marker=_MARKERS[symbol.shape],
                s=32,
                color=symbol.colour,
                edgecolor=palette.WHITE,
                zorder=6,
                label=f"vehicle {vehicle}",
            )
        places = mine.loc[mine["service_s"] > 0, "stop"].nunique()
        ax.set_title(
            f"{plain(shift)}: {int((mine['service_s'] > 0).sum())} stops at {places} places"
        )
        ax.legend(loc="upper right", fontsize=8, markerscale=1.6)
    over_panels(drawn, title)
    return drawn
