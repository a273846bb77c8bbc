"""Releases of several offices in one picture."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from layers.files import atomic
from mitrovica import releases
from mitrovica.story.outcome import SILENT, Outcome, Watch

PAGE: Final = "combined.html"


@dataclass(frozen=True, kw_only=True)
class Combine:
    """Releases to put together."""

    releases: list[Path]
    to: str
    out: Path = Path("combined")
    register: Path | None = None


def combine(asked: Combine, watch: Watch = SILENT) -> Outcome:
    """Put releases of several offices in one picture.

    It is a map, tables and a page.  Partner releases are for who is on the list of every office;
    everyone else puts public ones together.  Totals are ranges, since one group may be in the
    figures of several.

    Parameters
    ----------
    asked : Combine
    watch : Watch, optional
        Hears each stage.

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If a folder holds no release, or a file of it was changed.
    mitrovica.releases.ReleaseError
        If they may not be put together; the message says why, and what may.
    """
    import pandas as pd

    from mitrovica.masks import combine as together
    from mitrovica.releases import partner_files as combining
    from mitrovica.releases import pooled_page as drawn
    from mitrovica.releases.release_folder import read

    watch.step("releases")
    inputs = [read(folder) for folder in asked.releases]
    today = datetime.now(UTC).date()
    known = releases.register.of_office(asked.register)
    terms = combining.terms(inputs, asked.to, today, known)
    target = releases.register.free(asked.out)
    watch.step("squares")
    combined = together([one.counted for one in inputs])
    ground = {
        name: pd.concat([one.ground[name] for one in inputs])
        for name in inputs[0].ground
    }
    credit = "; ".join(dict.fromkeys(one.credit for one in inputs))
    handling = replace(terms.handling, credit=credit)
    with atomic.folder(target) as part:
        names = combining.write(part, combined, handling)
        page = drawn.page(combined, ground, handling)
        (part / PAGE).write_text(page, "utf-8")
    told = drawn.lines(combined, handling)
    return Outcome([*told, f"Wrote {', '.join([PAGE, *names])} to {target}"])
