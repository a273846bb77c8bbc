"""Wishes that no night can fulfil, each with the smallest change that would mend it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from geo.params import PatrolParams, Shift
from geo.params.clock import clock_after, clock_s, longest_free_s
from geo.routing.problem import ProblemError


def require_feasible(usable: pd.DataFrame, wish: PatrolParams) -> None:
    """Refuse breaks and services that no shift holds, and stops that are all out of reach.

    Parameters
    ----------
    usable : pandas.DataFrame
        The depot, then the candidate stops on a road: ``name``, ``kind``, ``service_s`` and
        ``round_trip_s``, the drive there and back.
    wish : geo.params.PatrolParams
        With every shift told by the clock.

    Raises
    ------
    geo.routing.problem.ProblemError
        Names all faults, each with the smallest change that would mend it.
    """
    found = [fault for shift in wish.shifts for fault in _break(shift)]
    found += _overlaps(wish)
    spans = [(end - start) / 60 for start, end in map(clock_s, wish.shifts)]
    longest = max(spans)
    found += list(_service(usable.iloc[1:], longest))
    free = longest_free_s(wish.shifts) / 60
    needed = (usable["round_trip_s"] + usable["service_s"]).iloc[1:] / 60
    if not found and len(needed) and needed.min() > free:
        nearest = usable["name"].iloc[1 + int(needed.to_numpy().argmin())]
        found.append(
            f"no stop can be visited within a shift: {nearest}, the quickest, takes "
            f"{np.ceil(needed.min()):.0f} min (drive, service and return) and the longest shift "
            f"has {free:.0f} min without its break. Smallest change: a shift "
            f"{np.ceil(needed.min() - free):.0f} min longer"
        )
    if found:
        raise ProblemError("\n".join(found))


def _overlaps(wish: PatrolParams) -> Iterator[str]:
    """Yield the shifts that begin while the vehicles are still out in the one before."""
    for before, after in itertools.pairwise(wish.shifts):
        begin, end = clock_s(after)[0], clock_s(before)[1]
        if begin < end:
            yield (
                f"patrols.shifts: {after.name} begins at {after.start}, before {before.name} ends "
                f"at {before.end}, with the same vehicles. Smallest change: let it begin "
                f"{(end - begin) / 60:g} min later, at {before.end}"
            )


def _service(stops: pd.DataFrame, longest: float) -> Iterator[str]:
    """Yield the kinds of stops at which a service takes longer than the longest shift."""
    for kind, of_kind in stops.groupby("kind"):
        least = float(of_kind["service_s"].min()) / 60
        if least > longest:
            yield (
                f"patrols.service_min: the service at a {kind} takes {least:g} min and the longest "
                f"shift has {longest:g} min. Smallest change: a service {least - longest:g} min "
                "shorter, without the drive"
            )


def _break(shift: Shift) -> Iterator[str]:
    """Yield why the break of a shift cannot be taken within it."""
    if not shift.break_min:
        return
    start, end = clock_s(shift)
    rest_s = round(shift.break_min * 60)
    if rest_s >= end - start:
        yield (
            f"patrols.shifts: the break of {shift.name} takes {shift.break_min:g} min and the "
            f"shift has {(end - start) / 60:g} min. Smallest change: a break "
            f"{(rest_s - end + start) / 60 + 1:g} min shorter"
        )
        return
    early = clock_after(shift.break_from, start) if shift.break_from else start
    late = clock_after(shift.break_to, start) if shift.break_to else end
    if early + rest_s > end:
        yield (
            f"patrols.shifts: the break of {shift.name} may begin from {shift.break_from} on and "
            f"ends after the shift does, at {shift.end}. Smallest change: let it begin "
            f"{(early + rest_s - end) / 60:g} min earlier"
        )
    elif late < early:
        yield (
            f"patrols.shifts: the break of {shift.name} may begin from {shift.break_from} to "
            f"{shift.break_to}, which is no time within the shift. Smallest change: let it begin "
            f"{(early - late) / 60:g} min later than {shift.break_to}"
        )
