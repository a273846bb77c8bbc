"""How layers look in a GIS: what ``layers/data/lists/gis.toml`` says, for QML and SLD alike."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.patrols.timetable import shift_order
from layers import palette, shipped
from layers.palette import Symbol
from layers.schema import Table, values
from layers.shipped import filled

GIS: Final = shipped.toml("lists", "gis.toml")
_LOOKS: Final = {
    key: look
    for group in shipped.toml("lists", "looks.toml").values()
    for key, look in group.items()
} | GIS["looks"]
_USUAL: Final[dict[str, Any]] = {
    "label": "",
    "number": "",
    "graduated": None,
    "only": "",
    "band_m": 0,
    "around": "",
}
"""What an entry of `GIS` need not say."""

POINTS_PER_PX: Final = 0.75
STOP_PX: Final = 8.0
ASIDE_PX: Final = 4.0
SCALE_AT_ZOOM_0: Final = 559_082_264
"""Of a web map of 256 pixels a tile, at 96 dots an inch."""


@dataclass(frozen=True)
class Rule:
    """Some rows of a layer, and how they are drawn."""

    title: str
    symbol: Symbol
    where: Mapping[str, tuple[str, ...]] | None = None
    """By column, or expression of QGIS, the values that a row has; None for all other rows."""
    low: float = 0.0
    high: float = 0.0
    """Of a graduated style, the values drawn so."""
    shown: bool = True
    aside: float = 0.0
    """Pixels to the right of its line at which a drive is drawn, so that shifts do not hide."""
    min_scale: int = 0
    """Denominator of the smallest scale at which it is drawn; 0 for any."""


def rules(drawn: Mapping[str, Any], frame: pd.DataFrame) -> list[Rule]:
    """Return how an entry of `GIS` draws a layer's rows."""
    if drawn.get("patrols"):
        return list(_patrols(frame))
    looks = [_rule(drawn, each) for each in drawn["looks"]]
    return list(_graduated(drawn["graduated"], frame, looks[0])) if "graduated" in drawn else looks


def _rule(drawn: Mapping[str, Any], given: Mapping[str, Any]) -> Rule:
    look = _LOOKS[given["look"]]
    zoom = look.get("min_zoom")
    where = given.get("where")
    listed = values(where) if isinstance(where, str) else where
    return Rule(
        given.get("title", drawn["title"]),
        palette.symbol(look),
        None if listed is None else {drawn["column"]: tuple(listed)},
        shown=given.get("shown", True),
        min_scale=round(SCALE_AT_ZOOM_0 / 2**zoom) if zoom else 0,
    )


def _patrols(frame: pd.DataFrame) -> Iterator[Rule]:
    """Yield a rule for each vehicle of each shift, in the order in which the shifts begin."""
    order = shift_order(frame) if "departure_s" in frame else list(frame["shift"].unique())
    who = {
        (order.index(shift), int(v))
        for shift, v in zip(frame["shift"], frame["vehicle"], strict=True)
    }
    for number, vehicle in sorted(who):
        shift = order[number]
        symbol = palette.patrol(number, vehicle)
        as_stop = replace(
            symbol, fill=symbol.colour, colour=palette.WHITE, width=1.5, dash=(), radius=STOP_PX
        )
        yield Rule(
            f"{shift.replace('_', ' ')}, vehicle {vehicle}",
            replace(symbol, shape="line") if "from_stop" in frame else as_stop,
            {"shift": (shift,), "vehicle": (str(vehicle),)},
            aside=number * ASIDE_PX,
        )


def _graduated(given: Mapping[str, Any], frame: pd.DataFrame, rule: Rule) -> Iterator[Rule]:
    """Yield a rule for each of equal steps from a share of the highest value to the highest."""
    column = frame[given["column"]]
    highest = float(column.max()) if column.notna().any() else 1.0
    if "colours" in given:
        changes = [{"colour": colour} for colour in getattr(palette, given["colours"])]
    else:
        name, sizes = (
            ("width", given["widths"]) if "widths" in given else ("radius", given["radii"])
        )
        changes = [{name: size} for size in sizes]
    bounds = np.linspace(given.get("faint", 0.0) * highest, highest, len(changes) + 1).tolist()
    for (low, high), change in zip(itertools.pairwise(bounds), changes, strict=True):
        symbol = replace(rule.symbol, **change)
        yield replace(rule, title=f"{low:.3g} to {high:.3g}", symbol=symbol, low=low, high=high)


def first_of(source: str) -> Mapping[str, Any]:
    """Return the entry of `GIS` by which a layer of the GeoPackage is drawn alone."""
    entries = (each for group in GIS["groups"] for each in group["layers"])
    plain = (each for each in entries if "band_m" not in each)
    return next(each for each in plain if each["source"] == source)


def qml(drawn: Mapping[str, Any], table: Table, frame: pd.DataFrame, *, whole: bool = True) -> str:
    """Return the QGIS style of a layer drawn by an entry of `GIS`; not `whole`, only its body."""
    moments = "starts_at" in table.names and bool(frame["starts_at"].notna().any())
    return filled(
        "style.qml", drawn={**_USUAL, **drawn}, rules=rules(drawn, frame), table=table,
        whole=whole, moments=moments, points=_points, rgba=_rgba, ink=palette.ink_on,
    )  # fmt: skip


def sld(drawn: Mapping[str, Any], name: str, table: Table, frame: pd.DataFrame) -> str:
    """Return the same as a Styled Layer Descriptor 1.1, as far as that can say it."""
    found = rules(drawn, frame)
    if "column" in drawn and drawn["column"] not in table.names:
        found = [replace(found[-1], where=None)]
    return filled("style.sld", drawn={**_USUAL, **drawn}, rules=found, layer=name)


def _points(px: float) -> str:
    return f"{px * POINTS_PER_PX:g}"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as QGIS writes colours: red, green, blue, alpha."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{round(255 * opacity)}"
