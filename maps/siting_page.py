"""Sites for a service in words and on a map, for the office."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.patrols.appraisal import VARIATION
from geo.records import StudyData
from geo.siting import DRAWS
from layers.files.handling import Handling
from maps.plain_maps import explore
from maps.words.catalogue import word
from maps.words.text_tables import Columns, as_markdown

SITES: Final = "Places for a service"
HEAD: Final = ("new", "where", "need served", "best in", "behind, at most")


def lines(
    choices: Mapping[str, pd.DataFrame],
    sites: gpd.GeoDataFrame,
    is_open: Sequence[str],
    service: str | None,
    within_min: float,
) -> list[str | Columns]:
    """Return what is to be said of the best sites.

    Parameters
    ----------
    choices : mapping of str to DataFrame
        What `geo.siting.best_sites` returns, by the closed centre that is open again; "" without.
    sites : GeoDataFrame
        As of `geo.siting.sites_of`.
    is_open : sequence of str
        Sites that offer the service today.
    service : str, optional
    within_min : float
        The longest walk.
    """
    today = ", ".join(sites.loc[[*is_open], "name"]) or "nowhere that is known"
    what = "a service"
    if service:
        what = word(f"referral.service.{service}", "en")
    told: list[str | Columns] = [
        f"Places for {what}: need within a walk of {within_min:.0f} minutes.",
        f"Offered today: {today}." if service else "Counted as if nothing were open.",
        "",
    ]
    for centre, chosen in choices.items():
        title = ""
        if centre:
            off_m = float(sites["uncertainty_m"][centre])
            title = f"With {sites['name'][centre]} open again"
            if off_m > 0:
                title += f" (its place is known to {off_m:.0f} m)"
        told += [Columns.of(HEAD, _rows(chosen, sites), title), ""]
    told += [
        f"'Best in': of {DRAWS} draws in which the need of each place is off by up to "
        f"{VARIATION:.0%}, those in which no other places serve more; else they lie behind by the "
        "share of the need in the last column, at most.",
        "The need is mostly assumed, and lies at public places of the whole region. It says where "
        "help may be wanted, not where people are. Whether a centre is to open is no question of "
        "distances alone.",
    ]
    return told


def _rows(chosen: pd.DataFrame, sites: gpd.GeoDataFrame) -> Iterable[tuple[str, ...]]:
    for number, row in chosen.iterrows():
        names = " + ".join(sites.loc[row["sites"], "name"]) or "-"
        yield (
            str(number),
            names,
            f"{row['need_share']:.0%}",
            f"{row['best_share']:.0%}",
            f"{row['behind']:.1%}",
        )


def report(told: Iterable[str | Columns], handling: Handling) -> str:
    """Return what is said as Markdown, for whom it is at its head."""
    return as_markdown(SITES, [handling.line(), *told])


def page(
    choices: Mapping[str, pd.DataFrame], sites: gpd.GeoDataFrame, data: StudyData
) -> str:
    """Return the map as a page: the best sites and the closed centres.

    Parameters
    ----------
    choices, sites
        As of `lines`.
    data : StudyData, EPSG:4326
        Its ways are the ground.
    """
    numbers: dict[str, list[str]] = {}
    for number, names in choices[""]["sites"].items():
        for name in names:
            numbers.setdefault(name, []).append(str(number))
    among = pd.Series(
        {site: f"among the best {', '.join(of)}" for site, of in numbers.items()}
    )
    closed = sites.index[sites["closed"]]
    shown = sites.loc[[*among.index, *closed], ["name", "geometry"]]
    shown = shown.assign(said=among.reindex(shown.index).fillna("closed"))
    shown["label"] = shown["name"] + ": " + shown["said"]
    title = f"{SITES}: {data.about.name}"
    drawn = explore(shown.reset_index(drop=True), data, title=title, label="label")
    return str(drawn.get_root().render())
