"""The gate: a release is made, compared with that of a twin, refused or let through.

It tells the office what masking costs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from layers.files import atomic
from mitrovica.markdown import filled
from mitrovica.masks import twin, utility
from mitrovica.releases.folder import fill
from mitrovica.releases.register import ReleaseError

if TYPE_CHECKING:
    from geo.results import Findings
    from mitrovica.masks import Masked
    from mitrovica.releases.folder import Order


def release(
    order: Order,
    target: Path,
    path: Path,
    draw: Callable[..., dict[str, str]],
    *,
    draft: bool = False,
) -> list[str]:
    """Make a release in a folder, and return what that tells the office.

    Beside the register, for the office only, lies what masking costs: it rests on all sightings.

    Parameters
    ----------
    order
        What is asked for.
    target
        The folder of the release.
    path
        The register.
    draw
        Draws the pages, as `mitrovica.releases.release_map.draw_release`.
    draft
        Only what it would tell: there is no folder and no entry.

    Raises
    ------
    ReleaseError
        If the release is refused; then there is neither folder nor entry.
    """
    sightings = order.run.sightings
    with TemporaryDirectory() as aside:
        folder = Path(aside, "release")
        masked, findings = fill(folder, sightings, order, draw)
        groups = int(masked.cells["groups"].sum())
        order.require(groups)
        folder_of_twin = Path(aside, "twin")
        other_groups = twin(sightings, order.limits, order.now.date(), seed=1)
        fill(folder_of_twin, other_groups, order, draw)
        if differing := unequal(folder, folder_of_twin):
            raise ReleaseError(
                "refused: a release of other groups in the same cells differs in "
                f"{', '.join(differing)}. Fix: this is a fault of the program; release nothing, "
                "and report it"
            )
        if draft:
            order.require_no_difference(masked.cells, groups)
            office = Path(aside)
        else:
            office = path.parent
            with atomic.aside(target) as part:
                shutil.copytree(folder, part)
                order.enter(path, {part: target}, masked.cells, groups)
        return _told_inside(order, office, masked, findings)


def _told_inside(
    order: Order, office: Path, masked: Masked, findings: Findings
) -> list[str]:
    """Write what only the office may know of a release to its folder; return it in lines."""
    shares, kept_share, rank = utility(order.run.need, findings.need)
    inside = office / "releases" / order.terms.id
    with atomic.owner_only():
        inside.mkdir(parents=True, exist_ok=True)
        shares.to_csv(inside / "utility.csv", index=False)
    report = filled(
        "release_report.md",
        tier=order.limits,
        masked=masked,
        known=len(order.run.sightings),
        kept=kept_share,
        rank=rank,
        squares=len(shares),
    )
    return report.splitlines()


def unequal(folder: Path, folder_of_twin: Path) -> list[str]:
    """Return the files in which a release and the same made of a twin are not equal byte for byte.

    The twin (`mitrovica.masks.twin`) is drawn from the cells alone.  Where the two are equal,
    nobody finds more in one than in the other.
    """
    ours = _contents(folder)
    theirs = _contents(folder_of_twin)
    return sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))


def _contents(folder: Path) -> dict[str, bytes]:
    """Return what each file of a folder holds, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
