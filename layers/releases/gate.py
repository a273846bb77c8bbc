"""The gate: a release is made, attacked, refused or let through, and what that tells the office."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.release import attack, gain, twin, utility
from layers import atomic
from layers.releases import evidence
from layers.releases.folder import fill
from layers.releases.register import ReleaseError
from layers.shipped import filled

if TYPE_CHECKING:
    from geo.arrays import Floats
    from layers.releases.folder import Order


def release(order: Order, target: Path, path: Path, draw: Callable[..., str]) -> list[str]:
    """Make a release in the folder `target`, and return what that tells the office.

    `path` is the register.  Beside it, for the office only, lies what masking costs and what an
    attacker gains: both rest on all sightings.  Raises `ReleaseError` where it is refused; then
    there is neither folder nor entry.
    """
    known, limits, terms = order.run.sightings, order.limits, order.terms
    with TemporaryDirectory() as beside:
        folder, other = Path(beside, "release"), Path(beside, "twin")
        masked, findings = fill(folder, known, order, draw)
        fill(other, twin(known, limits, order.now.date(), seed=1), order, draw)
        risk, refusals = weigh(folder, other, order)
        if refusals:
            raise ReleaseError(
                f"refused: {'; '.join(refusals[:3])} ({len(refusals)} findings). Fix: this is a "
                "fault of the program; release nothing, and report it"
            )
        # On record first: whatever stops the program, no folder goes out without its line.
        order.enter(path, masked.cells)
        with atomic.folder(target) as part:
            shutil.copytree(folder, part, dirs_exist_ok=True)
    inside = path.parent / "releases" / terms.id
    shares, kept, rank = utility(order.run.need, findings.need)
    with atomic.owner_only():
        inside.mkdir(parents=True, exist_ok=True)
        shares.to_csv(inside / "utility.csv", index=False)
        risk.to_csv(inside / "risk.csv")
    values = {"tier": limits, "masked": masked, "kept": kept, "rank": rank, "squares": len(shares)}
    return filled("release_report.md", **values, known=len(known), risk=risk).splitlines()


def weigh(folder: Path, other: Path, order: Order) -> tuple[pd.DataFrame, list[str]]:
    """Return what an attacker makes of a release (`geo.release.gain`), and why it is refused.

    `folder` is the release, `other` the same made of a twin (`geo.release.twin`).  Only the gate
    knows where the groups of the run were reported; the ways and places of the study are public.
    Where the two are equal byte for byte, no attack on one finds more than the same on the other.
    """
    known, radius, most = order.run.sightings, order.limits.radius_m, order.limits.most_gain

    def truth(link: str) -> Floats:
        rows = known
        for word in link.split():  # a day is known by its month
            rows = rows[(rows["period"] == word[:7]) | (rows["size_class"] == word)]
        return shapely.get_coordinates(rows.geometry.values)

    crs, ways = str(known.crs), order.data.layers
    places = order.data.places.to_crs(crs)
    layers = (ways.roads, ways.paths, ways.railways, ways.waterways, ways.facilities, places)
    public = np.vstack([shapely.get_coordinates(each.geometry.to_crs(crs)) for each in layers])
    named, of_twin = (
        attack(evidence.places(each, places), public, radius) for each in (folder, other)
    )
    risk = gain(named, of_twin, truth, radius)
    refusals = [
        f"{source}: {row.success:.0%} of the places that it betrays lie within {radius:g} m of a "
        f"group, {row.success_twin:.0%} with other groups"
        for source, row in risk.droplevel("link")[risk["gain_high"].gt(most).to_numpy()].iterrows()
    ]
    return risk, refusals + [
        f"{file} tells more than the cells: it differs from that of a twin"
        for file in evidence.unequal(folder, other)
    ]
