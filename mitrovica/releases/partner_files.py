"""Releases of several offices put together: who may, on which terms, and the files.

Whoever puts them together has them already, so the picture tells no more; its terms are the
strictest of its inputs.  A partner's release is for the one partner whom its office has on its
list, so partner releases of several offices can be put together only by who is on the list of each.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from geo.schema import COMBINED_SQUARES, METRIC, WGS84
from layers.files.handling import Handling, Release
from layers.writers import formats
from layers.writers.layer_tables import layer_of
from mitrovica.masks import Combined
from mitrovica.releases.folder import for_spreadsheet, tagged
from mitrovica.releases.recipients import enforces, folded, governs
from mitrovica.releases.register import Entry, ReleaseError
from mitrovica.releases.release_folder import Released

HELPS: Final = ("health", "legal", "shelter", "protection")
"""Kinds of partners that may put partner releases together: research may not."""
SQUARES: Final = "squares"
TOTALS: Final = "totals"
"""Files, without their end."""
_DECIMALS: Final = 4


def terms(
    inputs: Sequence[Released], to: str, today: date, known: Iterable[Entry]
) -> Release:
    """Return the terms of releases that are put together: the strictest of all.

    Parameters
    ----------
    inputs
        The releases.
    to
        Who puts them together.
    today
        The day, UTC.
    known
        The office's own register, in which a release may have been recalled.

    Raises
    ------
    ReleaseError
        With every reason why they may not be put together.
    """
    faults = [*_of_each(inputs, to, today, known), *_of_all(inputs)]
    if faults:
        raise ReleaseError("\n".join(faults))
    partner = [one.terms for one in inputs if one.terms.tier == "partner"]
    strict = partner or [one.terms for one in inputs]
    tier = "partner" if partner else "public"
    return Release(
        f"{today}-combined-{tier}",
        tier,
        to.strip(),
        ", ".join(dict.fromkeys(one.purpose for one in strict)),
        min(one.terms.until for one in inputs),
        "; ".join(dict.fromkeys(one.override for one in strict if one.override)),
    )


def _of_each(
    inputs: Iterable[Released], to: str, today: date, known: Iterable[Entry]
) -> Iterator[str]:
    """Yield why a release may not be put together with others."""
    recalled = {(entry.id, entry.study, entry.to) for entry in known if entry.recalled}
    for one in inputs:
        held = one.terms
        if held.tier not in ("partner", "public"):
            yield (
                f"{one.folder} is of the tier {held.tier}, which stays in its office. Fix: ask "
                f"{one.study} for a partner or a public release"
            )
        if held.until < today:
            yield (
                f"{one.folder} held until {held.until}: it is out of date. Fix: ask {one.study} "
                "for a new release"
            )
        if one.made > today:
            yield (
                f"{one.folder} was made on {one.made}, which is still to come. Fix: check the "
                "clock of this machine"
            )
        if (held.id, one.study, held.to) in recalled:
            yield (
                f"{one.folder} was recalled. Fix: delete it, and ask {one.study} for a new release"
            )
        if held.tier == "partner":
            yield from _of_partner(one, to)


def _of_partner(one: Released, to: str) -> Iterator[str]:
    """Yield why somebody may not put a partner's release together with others."""
    held = one.terms
    fix = f"Fix: a public release of {one.study}, which everybody may put together"
    if enforces(to) or governs(to):
        yield (
            f"{one.folder} is a partner's release, and {to} reads like an authority: it puts "
            f"public releases together only. {fix}"
        )
    elif folded(held.to) != folded(to):
        yield (
            f"{one.folder} is for {held.to}, not for {to}: only who is on the list of every "
            f"office puts their partner releases together. {fix}"
        )
    elif held.kind not in HELPS:
        kind = held.kind or "not told, as in a release of an older program"
        yield (
            f"{one.folder}: what {to} does is {kind}; only {', '.join(HELPS)} organisations "
            f"put partner releases together. {fix}"
        )


def _of_all(inputs: Sequence[Released]) -> Iterator[str]:
    """Yield why some releases do not go together."""
    if len(inputs) < 2:
        yield "One release is no picture of several offices. Fix: name two or more folders"
    folders: dict[str, list[str]] = {}
    for one in inputs:
        folders.setdefault(one.study, []).append(str(one.folder))
    for study, same in folders.items():
        if len(same) > 1:
            yield (
                f"{' and '.join(same)} are both of {study}: its groups would count twice. "
                "Fix: name the newest one only"
            )
    purposes = {
        one.terms.purpose: str(one.folder)
        for one in inputs
        if one.terms.tier == "partner"
    }
    if len(purposes) > 1:
        said = ", ".join(f"{path} for {why}" for why, path in purposes.items())
        yield (
            f"Partner releases are for one purpose each: {said}. Fix: put those of one purpose "
            "together"
        )


def write(folder: Path, combined: Combined, handling: Handling) -> list[str]:
    """Write squares as GeoJSON, squares and totals as CSV with HXL tags; return the names."""
    squares = combined.squares
    layer = layer_of(COMBINED_SQUARES, squares, SQUARES)
    formats.geojson(layer, folder / f"{SQUARES}.geojson", handling)
    middle = squares.to_crs(METRIC).centroid.to_crs(WGS84)
    rows = pd.DataFrame(squares).assign(
        latitude=middle.y.round(_DECIMALS), longitude=middle.x.round(_DECIMALS)
    )
    for name, table in ((SQUARES, rows), (TOTALS, combined.totals)):
        printed = tagged(for_spreadsheet(table, handling), f"combined_{name}")
        printed.to_csv(folder / f"{name}.csv", index=False)
    return [f"{SQUARES}.geojson", f"{SQUARES}.csv", f"{TOTALS}.csv"]
