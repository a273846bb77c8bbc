"""What patrols hand out: the leaflet on the asylum procedure, and sheets for partners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from layers import readers
from layers.complaints import UserError
from layers.files import atomic
from mitrovica.story.outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd

    from layers.readers.study import Study


@dataclass(frozen=True, kw_only=True)
class Leaflet:
    """A leaflet of a study."""

    study: Path | None = None
    languages: str = ""
    draft: bool = False
    out: Path = Path("leaflet")


def leaflet(asked: Leaflet) -> Outcome:
    """Write the leaflet on the asylum procedure.

    It is an A4 sheet to fold for each language, and a page.  Without --draft it holds what a named
    person has checked within six months, in the languages that somebody has read.

    Parameters
    ----------
    asked : Leaflet

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If the study has no leaflet, there is no such language, or a statement is not checked.
    """
    from maps import leaflet as drawn

    study = readers.study.read(asked.study)
    table = study.table("leaflet")
    if table.empty:
        raise UserError(
            f'{study.folder} has no leaflet. Fix: leaflet = "leaflet.csv" in study.toml, with the '
            "columns statement, en, source, checked_on, checked_by, and one for each language"
        )
    wanted = _languages(asked.languages, drawn.LANGUAGES)
    today = datetime.now(UTC).date()
    read = drawn.read_in(table)
    if not asked.draft:
        _require_checked([*drawn.faults(table, today)], wanted, read)
        wanted = [language for language in wanted if language in read]
    content = drawn.content(
        table,
        study.places,
        study.table("services"),
        wanted,
        draft=asked.draft,
    )
    files: dict[Path, str | bytes] = {
        asked.out / "leaflet.pdf": drawn.pdf(content, today),
        asked.out / "leaflet.html": drawn.page(content),
    }
    for path, written in files.items():
        atomic.write(path, written)
    unread = [language for language in wanted if language not in read]
    said = [f"Wrote {path}" for path in files]
    warned = []
    if unread:
        warned.append(
            f"Nobody whose language it is has read {', '.join(unread)}: not tested."
        )
    if asked.draft:
        warned.append("A draft, on every page: do not hand it out.")
    return Outcome(said, warned)


def _languages(listed: str, known: tuple[str, ...]) -> list[str]:
    """Return the languages of a list with commas, in the order of the sheets; all for none."""
    wanted = [part.strip() for part in listed.split(",") if part.strip()]
    unknown = [language for language in wanted if language not in known]
    if unknown:
        raise UserError(
            f"--languages names {', '.join(unknown)}. Fix: some of {','.join(known)}"
        )
    return [language for language in known if language in (wanted or known)]


def _require_checked(
    faults: list[str], wanted: list[str], read: list[str]
) -> None:
    """Raise `UserError` where a leaflet is a draft."""
    if faults:
        raise UserError(
            f"{'; '.join(faults)}. Fix: fill in checked_on and checked_by of leaflet.csv when "
            "somebody has checked them, or --draft"
        )
    if not set(wanted) & set(read):
        raise UserError(
            f"nobody is named who has read {', '.join(wanted)}. Fix: fill in the row `reader` of "
            "leaflet.csv, or --draft"
        )


@dataclass(frozen=True, kw_only=True)
class Handover:
    """Sheets for the partners of a study."""

    study: Path | None = None
    out: Path = Path("handover.pdf")


def handover(asked: Handover) -> Outcome:
    """Write sheets to hand somebody over to a partner.

    There is one for each organisation of services.csv, with consent in ten languages.  No name
    stands on it, and nobody keeps a copy.

    Parameters
    ----------
    asked : Handover

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If the study knows of no organisation that helps.
    """
    from maps import handover as drawn

    study = readers.study.read(asked.study)
    content = drawn.content(_of_partners(study))
    if not content["sheets"]:
        raise UserError(
            f"{study.folder} names no organisation that helps. Fix: services.csv, with the column "
            "organisation"
        )
    atomic.write(asked.out, drawn.pdf(content, datetime.now(UTC).date()))
    names = ", ".join(sheet["to"] for sheet in content["sheets"])
    return Outcome(
        [f"Wrote {asked.out}: a sheet each for {names}"],
        ["Nobody whose language it is has read the consent: not tested."],
    )


def _of_partners(study: Study) -> pd.DataFrame:
    """Return the services of organisations that are no authority, and not the office itself."""
    from layers.releases.recipients import enforces, folded, governs

    offices = [folded(name) for name in study.settings.office]

    def is_partner(name: str) -> bool:
        is_own = any(folded(name) in office for office in offices)
        return not (is_own or enforces(name) or governs(name))

    services = study.table("services").dropna(subset=["organisation"])
    return services[services["organisation"].map(is_partner).astype(bool)]
