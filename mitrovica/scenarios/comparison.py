"""Scenarios beside each other, in words and on two maps, for the office."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.patrols.appraisal import VARIATION
from geo.records import StudyData
from geo.results import Patrols
from layers import palette
from layers.files.handling import Handling
from maps.page.figure import Page, bare_map
from maps.plain_maps import add, corners, ground, in_fixed_order
from maps.words.text_tables import Columns
from mitrovica.scenarios.assumptions import DRAWS, Compared, by_area

TITLE: Final = "What if: scenarios of the office"
ASSUMED: Final = (
    "Assumed, never forecast: what the office would reach of one and the same need, in the first "
    "night. Nothing here says how people would move."
)
FOOT: Final = (
    f"'Reaches more in': of {DRAWS} draws in which the need of each place is off by up to "
    f"{VARIATION:.0%}, those in which it reaches more than the first. 'Walk to help': mean minutes "
    "to the nearest help, by day or by night, a stop of the patrols too, over the need with a way "
    "to it in all scenarios. The need is mostly assumed, and lies at public places."
)
SAME: Final = 0.005
"""A smaller change of a share is none."""
SAME_MIN: Final = 0.5
"""The same of minutes."""
LOOKS: Final[Mapping[str, tuple[str, bool]]] = {
    "reached": (palette.GREEN, True),
    "not reached": (palette.MID_GREY, False),
    "gains": (palette.BLUE, True),
    "loses": (palette.VERMILLION, True),
}
"""Colour of a point of need, and whether it is filled."""


def lines(
    compared: Compared,
    assumed: Mapping[str, str],
    changes: Mapping[str, Sequence[str]],
    only: str | None = None,
) -> list[str | Columns]:
    """Return what is to be said of scenarios.

    Parameters
    ----------
    compared : mitrovica.scenarios.assumptions.Compared
    assumed : mapping of str to str
        By scenario, what is assumed in words.
    changes : mapping of str to sequence of str
        By scenario, what is different.
    only : str, optional
        The one that is set beside the first; by default all others.
    """
    first, *others = compared.nights
    others = others if only is None else [only]
    told: list[str | Columns] = [ASSUMED]
    for name in (first, *others):
        what = "; ".join(changes[name]) or "nothing changes"
        told.append(f"{name}: {assumed[name]} [{what}]".replace(":  [", ": ["))
    told += ["", _totals(compared, (first, *others))]
    for name in others:
        told += ["", *_beside(compared, first, name)]
    return [*told, "", FOOT]


def _totals(compared: Compared, names: Iterable[str]) -> Columns:
    """Return a row a scenario."""
    [row] = by_area(compared).to_dict("records")
    head = (
        "scenario",
        "stops",
        "km",
        "need reached",
        "walk to help, min",
        "reaches more in",
    )
    rows = []
    for name in names:
        night = compared.nights[name]
        often = compared.more_often(name)
        rows.append(
            (
                name,
                str(len(night.served)),
                f"{night.legs['distance_m'].sum() / 1000:.0f}",
                f"{row[f'reached {name}']:.1%}",
                _minutes(row[f"minutes {name}"]),
                "-" if np.isnan(often) else f"{often:.0%}",
            )
        )
    return Columns.of(head, rows)


def _beside(compared: Compared, first: str, name: str) -> Iterable[str | Columns]:
    """Yield who gains and who loses in a scenario, by bank and by section."""
    for area, called in (("bank", "bank"), ("section", "section")):
        of_area = by_area(compared, area)
        if area == "bank" and of_area.index.tolist() == [""]:
            continue
        gained = of_area[f"reached {name}"] - of_area[f"reached {first}"]
        later = of_area[f"minutes {name}"] - of_area[f"minutes {first}"]
        changed = (gained.abs() >= SAME) | (later.abs() >= SAME_MIN)
        order = (gained * of_area["need_share"]).sort_values(kind="stable")
        shown = of_area.loc[order.index[changed[order.index]]]
        title = f"{name} beside {first}, by {called}: those that lose first"
        if shown.empty:
            yield f"{name} beside {first}, by {called}: nobody gains or loses."
            continue
        rows = [_area_row(place, row, first, name) for place, row in shown.iterrows()]
        head = (called, "of all need", "need reached", "walk to help, min")
        yield Columns.of(head, rows, title)
        same = len(of_area) - len(shown)
        if same:
            yield f"{same} more: nothing changes."


def _area_row(place: Any, row: pd.Series, first: str, name: str) -> tuple[str, ...]:
    reached = [f"{row[f'reached {which}']:.0%}" for which in (first, name)]
    minutes = [_minutes(row[f"minutes {which}"]) for which in (first, name)]
    return (
        str(place) or "elsewhere",
        f"{row['need_share']:.1%}",
        " -> ".join(reached),
        " -> ".join(minutes),
    )


def _minutes(minutes: float) -> str:
    return "no way" if np.isnan(minutes) else f"{minutes:.1f}"


def page(
    compared: Compared,
    name: str,
    told: Iterable[str | Columns],
    data: StudyData,
    handling: Handling,
) -> str:
    """Return a page of two maps, the first scenario and another, with what is said of them.

    Parameters
    ----------
    compared : mitrovica.scenarios.assumptions.Compared
    name : str
        The other scenario.
    told : iterable of str or Columns
        As of `lines`.
    data : geo.records.StudyData, EPSG:4326
        Its ways are the ground.
    handling : layers.files.handling.Handling
    """
    first = next(iter(compared.nights))
    content = {
        "title": f"{name} beside {first}: {data.about.name}",
        "names": (first, name),
        "looks": LOOKS,
        "route": palette.BLACK,
        "told": [*told],
        "handling": handling.line(),
        "credit": data.layers.source.licence,
    }
    drawn = Page(content, template="scenarios.html", package="mitrovica")
    for number, which in enumerate((first, name)):
        one = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=18)
        one._id = f"scenario{number}"
        drawn.add_child(one)
        ground(one, data)
        states = _states(compared, first, which)
        _draw(one, compared, compared.nights[which], states)
        in_fixed_order(one)
    return str(drawn.render())


def _states(compared: Compared, first: str, which: str) -> pd.Series:
    """Return what becomes of each point of need, one of `LOOKS`."""
    before, after = compared.reached[first], compared.reached[which]
    states = pd.Series(np.where(after, "reached", "not reached"), after.index)
    return states.mask(after & ~before, "gains").mask(before & ~after, "loses")


def _draw(one: Any, compared: Compared, night: Patrols, states: pd.Series) -> None:
    """Draw the ways and stops of a night, and the need by what becomes of it."""
    points = compared.points.to_crs("EPSG:4326")
    add(one, night.legs.geometry.to_crs("EPSG:4326"), _line())
    for state, (colour, filled) in LOOKS.items():
        of_state = points[states == state]
        look = {
            "color": colour,
            "weight": 2,
            "fillColor": colour,
            "fillOpacity": 0.7 if filled else 0.0,
        }
        texts = [
            f"{share:.1%} of the need: {state}" for share in of_state["need_share"]
        ]
        add(one, of_state.geometry, look, texts)
    offered = night.served
    stops = gpd.GeoDataFrame(offered.drop_duplicates("stop"))
    dot = {
        "color": palette.BLACK,
        "fillColor": palette.BLACK,
        "fillOpacity": 1,
        "radius": 2,
        "interactive": False,
    }
    add(one, stops.geometry.to_crs("EPSG:4326"), dot)
    # Where any of the nights is; the far ends of the need are a move away.
    near = points[compared.reached.any(axis=1)].geometry
    one.fit_bounds(corners(near if len(near) else points.geometry), padding=(20, 20))


def _line() -> dict[str, Any]:
    return {
        "color": palette.BLACK,
        "weight": 2,
        "opacity": 0.5,
        "fill": False,
        "interactive": False,
    }
