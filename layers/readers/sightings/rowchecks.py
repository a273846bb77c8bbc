"""Checks of the values of a row against each other, done on whole columns at a time."""

import math
import re
from collections.abc import Iterator, Mapping, Set
from typing import Final, cast

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from layers import shipped
from layers.readers.sightings.cells import Cell, Fault, printable
from layers.schema import EMPTY_VISITS, RECORDS, VISIT, Table

_PAIRS: Final = (("group_min", "group_max"), ("age_min", "age_max"))
_DEGREE_M: Final = math.pi / 180 * 6_371_008.8
"""Metres of a degree of latitude, on a sphere of the Earth's mean radius."""
_FEW_DECIMALS: Final = 3
"""The most decimals, in both coordinates, with which a position is known no better than these."""

_REVIEWS: Final = shipped.toml("lists", "form_servers.toml")["review"]
"""Decisions of a reviewer, as letters: what keeps a submission out, in words, and what does not."""


def faults_of(
    values: pd.DataFrame,
    places: Mapping[str, pd.Series],
    faulty: Mapping[str, Set[int]],
    region: BaseGeometry | None,
) -> Iterator[Fault]:
    """Yield what is missing in each row, and which of its values contradict each other.

    `values` holds the columns of `RECORDS` by the number of the row, `places` the cells that
    ``lat`` and ``lon`` were read from, `faulty` by column the rows that have a fault already.
    """
    yield from missing(values, faulty, RECORDS)
    if {"lat", "lon"} <= set(values):
        yield from _outside(values[["lat", "lon"]].dropna(), region)
        yield from _too_sure(values, places)
    yield from _reversed(values)
    yield from _ends_before(values)
    yield from _visits(values)


def reviewed(cells: pd.Series, header: str) -> Iterator[Fault]:
    """Yield a fault for each submission that a reviewer has not let pass.

    KoboToolbox keeps the decision in ``_validation_status``, ODK Central in ``ReviewState``.
    """
    for decision, rows in cells.groupby(cells, sort=False).groups.items():
        cell = cast("Cell", decision)
        letters = _letters(cell)
        if letters in _REVIEWS["let_in"]:
            continue
        if letters in _REVIEWS["left_out"]:
            problem = f"a reviewer marked this submission as {_REVIEWS['left_out'][letters]}"
            fix = "to use it, approve it on the server and export again"
        else:
            problem = "this decision of a reviewer is not known"
            fix = "export values and headers in XML, not their labels"
        for row in rows.tolist():
            yield Fault(row, header, cell, problem, fix)


def least_uncertainty_m(decimals: int) -> float:
    """Return half a unit of the last decimal of a latitude, in metres."""
    return _DEGREE_M / 2 * 10.0**-decimals


def _letters(cell: Cell) -> str:
    """Return the letters of a reviewer's decision, without what the server puts before them."""
    text = str(cell)
    named = re.search(r'"uid": *"([^"]*)"', text)  # a record of uid, label and colour
    letters = re.sub(r"[^a-z]", "", (named[1] if named else text).casefold())
    return letters.removeprefix("validationstatus")


def missing(values: pd.DataFrame, faulty: Mapping[str, Set[int]], table: Table) -> Iterator[Fault]:
    """Yield the rows without a value that the table requires, and without a fault there."""
    for column in table.columns:
        if column.required:
            empty = values[column.name].isna() if column.name in values else None
            rows = values.index if empty is None else values.index[empty]
            for row in rows.difference(list(faulty.get(column.name, ())), sort=False).tolist():
                yield Fault(row, column.name, None, f"{column.name} is empty",
                           f"enter the {column.meaning}")  # fmt: skip


def _outside(at: pd.DataFrame, region: BaseGeometry | None) -> Iterator[Fault]:
    """Yield the positions outside the region of the study, in longitude and latitude."""
    if region is None:
        return
    shapely.prepare(region)
    outside = at[~shapely.intersects_xy(region, at["lon"], at["lat"])]
    swapped = shapely.intersects_xy(region, outside["lat"], outside["lon"])
    west, south, east, north = region.bounds
    for (row, lat, lon), swap in zip(outside.itertuples(), swapped.tolist(), strict=True):
        both = f"{printable(lat)}, {printable(lon)}"
        if swap:
            yield Fault(row, "lat, lon", both, "latitude and longitude are swapped",
                       f"write lat {printable(lon)}, lon {printable(lat)}")  # fmt: skip
        else:
            yield Fault(row, "lat, lon", both, "this lies far from the study region "
                       f"(lat {south:.2f} to {north:.2f}, lon {west:.2f} to {east:.2f})",
                       "check the digits and the decimal marks")  # fmt: skip


def _too_sure(values: pd.DataFrame, places: Mapping[str, pd.Series]) -> Iterator[Fault]:
    """Yield the positions that are stated to be known better than their decimals tell.

    Only numbers with few decimals are looked at.  A zero at the end counts where it is written;
    a spreadsheet drops it, so the coordinate with more decimals decides.
    """
    if "uncertainty_m" not in values:
        return
    at, uncertainty_m = values[["lat", "lon"]], values["uncertainty_m"]
    least_m = pd.Series(0.0, index=values.index)
    for decimals in range(_FEW_DECIMALS, -1, -1):
        fits = (at.round(decimals) == at).all(axis=1)
        least_m = least_m.mask(fits, least_uncertainty_m(decimals))
    doubtful = uncertainty_m < least_m
    for row in values.index[doubtful].tolist():
        decimals = max(_decimals(places[name][row]) for name in ("lat", "lon"))
        least = least_uncertainty_m(decimals)
        stated = float(uncertainty_m[row])
        if decimals <= _FEW_DECIMALS and stated < least:
            yield Fault(
                row, "uncertainty_m", stated,
                f"a position with {decimals} decimals is known no better than "
                f"{math.ceil(least)} m",
                f"enter at least {math.ceil(least)}, or the position with all its decimals",
            )  # fmt: skip


def _decimals(cell: Cell) -> int:
    """Return how many decimals a number has as it is written; many where it has an exponent."""
    text = printable(cell).casefold()
    found = re.search(r"[.,](\d+)$", text)
    return 99 if "e" in text else len(found[1]) if found else 0


def _reversed(values: pd.DataFrame) -> Iterator[Fault]:
    for low, high in _PAIRS:
        if {low, high} <= set(values):
            both = values.loc[values[low] > values[high], [low, high]]
            for row, least, most in both.itertuples():
                yield Fault(row, f"{low}, {high}", f"{least:.0f}, {most:.0f}",
                           f"{low} is above {high}", "exchange them, or correct one")  # fmt: skip


def _ends_before(values: pd.DataFrame) -> Iterator[Fault]:
    if not {"date_from", "date_to"} <= set(values):
        return
    start, end = values["date_from"], values["date_to"]
    hours = (start != start.dt.normalize()) & (end != end.dt.normalize())
    before = (end.dt.normalize() < start.dt.normalize()) | (hours & (end < start))
    for row, first, last in values.loc[before, ["date_from", "date_to"]].itertuples():
        yield Fault(row, "date_from, date_to", f"{first:%Y-%m-%d}, {last:%Y-%m-%d}",
                   "the end is before the start", "exchange them, or correct one")  # fmt: skip


def _visits(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield the visits where nobody was met that describe a group."""
    if "kind" not in values:
        return
    visits = values[values["kind"] == VISIT]
    people = visits[[name for name in visits if name not in {*EMPTY_VISITS.names, "kind"}]]
    for row, filled in zip(people.index.tolist(), people.notna().to_numpy(), strict=True):
        names = ", ".join(np.array(people.columns, dtype=object)[filled])
        if names:
            yield Fault(row, names, None, "a visit where nobody was met has a group described",
                       f"enter it as a sighting, or leave {names} empty")  # fmt: skip
