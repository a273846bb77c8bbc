"""What patrols hand out: the leaflet on the asylum procedure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from layers import readers
from layers.complaints import UserError
from layers.files import atomic
from mitrovica.story.outcome import Outcome


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
    from mitrovica.crews import leaflet as drawn

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
        table, study.places, study.table("services"), wanted, draft=asked.draft
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


def _require_checked(faults: list[str], wanted: list[str], read: list[str]) -> None:
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
