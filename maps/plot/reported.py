"""Where sightings were reported: hotspots, densities, K function; models of movement and access."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from rasterio import Affine
from rasterio.transform import array_bounds

from geo.patterns import KTest
from geo.results import Access, Hotspots, Movement
from layers import palette
from layers.records import StudyData
from maps.plot.ground import axes_for, map_axes, of_sightings, plain

LEAST_SHARE = 0.01
"""Density below this share of its peak is not drawn."""

_RAMP = LinearSegmentedColormap.from_list("reported", palette.LIXELS)


def hotspots(found: Hotspots, data: StudyData | None = None, ax: Axes | None = None) -> Axes:
    """Draw the hotspots with their ranks, and the density of what was reported on the network."""
    density = found.lixels["density_per_km"]
    dense = found.lixels[density > LEAST_SHARE * density.max()]
    about = found.segments if len(found.segments) else dense if len(dense) else found.lixels
    ax = map_axes(about, data, ax)
    if len(found.segments):
        found.segments.plot(
            ax=ax, color=palette.VERMILLION, linewidth=9, alpha=0.25, zorder=2, capstyle="round"
        )
    if len(dense):
        dense.plot(
            "density_per_km", ax=ax, cmap=_RAMP, linewidth=2.5, legend=True, zorder=3,
            legend_kwds={"label": "sightings reported per km", "shrink": 0.6},
        )  # fmt: skip
    at = found.segments.representative_point()
    rows = zip(found.segments["rank"], found.segments["p_value"], at.x, at.y, strict=True)
    for rank, p, x, y in rows:
        ax.annotate(
            f"{rank}  p = {p:.2f}", (x, y), (8, 8), textcoords="offset points",
            fontsize=9, bbox={"boxstyle": "round", "fc": palette.WHITE, "lw": 0.5}, zorder=9,
        )  # fmt: skip
    what = "descriptive only" if found.gate.descriptive_only else "tested"
    ax.set_title(
        f"Where {of_sightings(found.gate.n)} were reported, never where people are\n"
        f"{what}: {found.gate.n} of at least {found.gate.minimum}",
        fontsize=10,
    )
    return ax


def k_test(test: KTest, ax: Axes | None = None) -> Axes:
    """Draw the K function of events along a network, beside its envelopes under each null model."""
    ax = axes_for(ax, (7, 4))
    colours = (palette.MID_GREY, palette.SKY_BLUE, palette.GREEN)
    for i, (null, band) in enumerate(test.envelopes.items()):
        colour = colours[i % len(colours)]
        label = f"chance, {null}: p = {band.p:.3f}"
        ax.fill_between(test.r_m, band.low, band.high, color=colour, alpha=0.35, label=label)
    ax.plot(test.r_m, test.observed, color=palette.BLACK, label="observed")
    ax.plot(test.r_m, test.r_m, color=palette.BLACK, linestyle=":", label="K(r) = r")
    ax.set(xlabel="r (m)", ylabel="K(r) (m)", xlim=(0, test.r_m[-1]), ylim=(0, None))
    n = max((gate.n for gate in test.gates.values()), default=0)
    ax.set_title(f"Do {n} events cluster along the network?")
    ax.legend(fontsize=8)
    return ax


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
    surface, view = walk.minutes[kind], ax.axis()
    west, south, east, north = array_bounds(*surface.shape, Affine(*walk.transform))
    image = ax.imshow(
        surface, extent=(west, east, south, north), cmap=ramp, vmin=0, vmax=LONGEST_MIN, zorder=0,
        interpolation="nearest",
    )  # fmt: skip
    ax.axis(view)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.6, extend="max")
    bar.set_label(f"minutes on foot to the nearest help: {plain(kind)}")
    places = walk.places[walk.places["help"] == kind]
    places.plot(ax=ax, color=palette.GREEN, edgecolor=palette.BLACK, markersize=25, zorder=7)
    ax.set_title(f"{len(places)} places of help; {walk.label}", fontsize=10)
    return ax
