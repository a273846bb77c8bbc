"""The gate: why a release is refused, and the reports on it that stay inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.release import attack, difference, gain, utility
from geo.release.utility import kept, rank_correlation
from layers import atomic
from layers.releases import evidence
from layers.releases.terms import ReleaseError

if TYPE_CHECKING:
    from geo.params.release import Tier
    from layers.releases.folder import Made
    from layers.releases.order import Order
    from layers.releases.register import Entry


@dataclass(frozen=True)
class Risk:
    """What an attacker makes of a release."""

    sources: pd.DataFrame
    """As `geo.release.gain` gives it."""
    words: dict[str, set[str]]
    """Months, days and digests that only the release has, by file."""
    files: list[str]
    """Files that are not those of the twin."""
    radius_m: float

    def refuse(self, most_gain: float) -> None:
        """Raise `ReleaseError` where the files tell more than the cells."""
        found = self.refusals(most_gain)
        if found:
            raise ReleaseError(
                f"refused: {'; '.join(found[:3])} ({len(found)} findings). Fix: this is a fault "
                "of the program; release nothing, and report it"
            )

    def refusals(self, most_gain: float) -> list[str]:
        """Return why a release is refused; empty where it is not."""
        found = [
            f"{source}: {row.success:.0%} of the places that it betrays lie within "
            f"{self.radius_m:g} m of a group, {row.success_twin:.0%} with other groups"
            for source, row in self.sources[self.sources["gain_high"] > most_gain].iterrows()
        ]
        found += [f"{file} holds {', '.join(sorted(w)[:3])}" for file, w in self.words.items()]
        return found + [
            f"{file} tells more than the cells: it differs from that of a twin"
            for file in self.files
        ]


def weigh(folder: Path, other: Path, order: Order) -> Risk:
    """Return what an attacker makes of a release, beside what is made of its twin.

    `folder` is the release, `other` the same made of a twin (`geo.release.twin`).  Only the gate
    knows where the groups of the run were reported; the ways and places of the study are public.
    """
    known, data, limits = order.run.sightings, order.data, order.limits
    crs, truth, ways = str(known.crs), shapely.get_coordinates(known.geometry.values), data.layers
    layers = (ways.roads, ways.paths, ways.railways, ways.waterways, ways.facilities, data.places)
    public = np.concatenate(
        [shapely.get_coordinates(layer.geometry.to_crs(crs).values) for layer in layers]
    )
    named, of_twin = (
        attack(evidence.places(each, crs), public, limits.radius_m) for each in (folder, other)
    )
    written, others = evidence.words(folder), evidence.words(other)
    words = {file: own - others.get(file, set()) for file, own in written.items()}
    return Risk(
        gain(named, of_twin, truth, limits.radius_m),
        {file: more for file, more in words.items() if more},
        evidence.unequal(folder, other),
        limits.radius_m,
    )


def compare(cells: pd.DataFrame, earlier: list[Entry], study: str, tier: Tier) -> None:
    """Refuse cells of which an earlier release of the study leaves too few groups.

    Raises `ReleaseError`, with the cells.
    """
    for entry in earlier:
        if entry.study != study:
            continue
        least = min(tier.least_groups, entry.least_groups)
        found = difference(cells, entry.cells, least)
        if len(found):
            row = found.iloc[0]
            raise ReleaseError(
                f"together with the release {entry.id} this one would tell fewer than {least} "
                f"groups: in the cell of {row['side_m'] / 1000:g} km at {row['west_m']:.0f}, "
                f"{row['south_m']:.0f} in {row['period']} the two differ by {row['difference']} "
                f"({len(found)} such cells). Fix: release again when {least} more groups are known "
                "there, or release the run that the earlier one was made of"
            )


def keep(folder: Path, order: Order, made: Made, risk: Risk) -> None:
    """Write what masking costs and what an attacker gains, as tables for the office only.

    They rest on all sightings, so they are no part of the release.
    """
    with atomic.owner_only():
        folder.mkdir(parents=True, exist_ok=True)
        utility(order.run.need, made.findings.need).to_csv(folder / "utility.csv", index=False)
        risk.sources.to_csv(folder / "risk.csv")


def report(order: Order, target: Path, made: Made, risk: Risk, *, requested: str) -> list[str]:
    """Return what was released, what masking costs, and what an attacker gains, for the office."""
    terms, known = order.terms, len(order.run.sightings)
    lines = [f"Release {terms.id} in {target}", *order.lines(made.cells)]
    if requested != terms.tier:
        lines.append(f"{terms.to} enforces: it gets the public tier, not {requested!r}.")
    if made.unchanged:
        lines.append(f"As released before, too few reports are new: {', '.join(made.unchanged)}.")
    lines.append(f"Withheld: {made.withheld} of {known} groups. Never pass this number on.")
    if made.cells.empty:
        return lines
    shares, best = utility(order.run.need, made.findings.need), risk.sources["success"].max()
    return [
        *lines,
        f"Of the need that all sightings make {kept(shares):.0%} stays in its square of 8 km; rank "
        f"correlation of {len(shares)} squares (Spearman): {rank_correlation(shares):.2f}.",
        f"Attack: of the best places that {len(risk.sources)} sources of evidence name {best:.0%} "
        f"lie within {risk.radius_m:g} m of a group, as for other groups of the same cells.",
    ]
