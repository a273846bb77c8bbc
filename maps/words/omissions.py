"""What a study leaves out, since its data do not hold it, and the line that adds it."""

from geo.results import Findings, Omission
from maps.words.catalogue import word
from maps.words.phrases import Phrase, of_word


def sentences(findings: Findings, language: str, part: str = "") -> list[str]:
    """Return a sentence for each thing left out, or for those of one part of the study."""
    return [word(_key(one), language) for one in findings.omitted if part in ("", one.part)]


def phrases(findings: Findings) -> list[Phrase]:
    """Return the same for the page."""
    return [of_word(_key(one), _key(one)) for one in findings.omitted]


def _key(omission: Omission) -> str:
    return f"omitted.{omission.reason.replace(' ', '_')}"
