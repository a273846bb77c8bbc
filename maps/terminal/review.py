"""What plans expected of stops beside what patrols met: the words of `mitrovica log review`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from geo.review import OURS, Judged
from geo.review.judging import PROOF
from maps.words.columns import Columns

HEAD: Final = (
    "rival",
    "plan",
    "rival's",
    "by lot",
    "rival's",
    "for",
    "against",
    "verdict",
)
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alike": "all stops alike",
        "lately": "last month, smoothed",
        "fixed": "hours of the first plan",
        "kernel": "kernel over stops",
    }
)
VERDICTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "better": "the plan is better",
        "worse": "the rival is better",
        "open": "not decided",
        "early": "too early",
    }
)


def noted(notes: int, sound: int, changed: int) -> list[str]:
    """Return how many plans noted what they expect, and what became of the notes."""
    if not notes:
        return [
            "No plan has noted what it expects. It does so when it follows a log of visits: "
            "mitrovica plan --nights N --date YYYY-MM-DD"
        ]
    gone = notes - sound - changed
    found = [
        f"Plans that noted what they expect: {notes} ({sound} as noted, {gone} scored or purged)"
    ]
    if changed:
        found.append(
            f"Notes that are not those of the log: {changed}. They were changed, and are not scored"
        )
    return found


def lines(
    scores: Sequence[Mapping[str, Any]], found: Sequence[Judged], area: str
) -> list[str | Columns]:
    """Return how the months of a study came out, beside each rival.

    Parameters
    ----------
    scores : sequence of mapping
        As from `geo.review.scored`.
    found : sequence of geo.review.Judged
    area : str
        Title of the study, where there are several.
    """
    if not found:
        where = f"{area}: no" if area else "No"
        return [
            f"{where} month with a noted plan is over and has visits. A month is scored once: add "
            "all pages of its crews first (mitrovica log add FILES)"
        ]
    nights, units = (
        sum(one[key] for one in scores) for key in ("nights", "units")
    )
    expected = sum(one["expected"][OURS] for one in scores)
    met = sum(one["met"] for one in scores)
    bins = np.sum([one["pit"] for one in scores], axis=0) / units
    shares = ", ".join(f"{100 * share:.0f}" for share in bins.tolist())
    rows = [
        (
            NAMES[one.rival],
            f"{one.ours:.2f}",
            f"{one.theirs:.2f}",
            *([f"{score:.2f}" for score in one.by_lot] if one.by_lot else "––"),
            f"{one.evidence:.2g}",
            f"{one.against:.2g}",
            VERDICTS[one.verdict],
        )
        for one in found
    ]
    lacking = found[0].lacking
    early = (
        [f"No verdict yet: {lacking} nights are lacking."] if lacking else []
    )
    return [
        f"{area + ': m' if area else 'M'}onths {len(scores)}, nights {nights}, stops in a month "
        f"{units}, groups expected {expected:.0f}, met {met}.",
        Columns.of(HEAD, rows),
        "Scores: mean ranked probability score, the less the better; by lot: of stops drawn, "
        "weighted by one over their probability.",
        f"For and against: evidence; {PROOF:g} or more comes by chance in one case of {PROOF:g}, "
        "whenever one looks.",
        f"Of what was met, in fifths of what was expected (alike if it is right): {shares} %.",
        *early,
    ]
