"""Review: what plans expected of stops against what patrols met there, month by month.

A unit is a stop and a month: what patrols met is kept no finer.  `expect` says, before a night, how
many groups an hour each rule expects; `scored` adds up how a month came out, and names no stop;
`judged` sets the plan beside each rival, and says when no verdict can be one.  `crps` and `pit` are
the scores, `e_value` what a bet on them has won.
"""

from geo.review.evidence import e_value
from geo.review.expecting import OURS, RIVALS, expect
from geo.review.judging import Judged, judged, scored
from geo.review.scores import crps, law, pit

__all__ = [
    "OURS",
    "RIVALS",
    "Judged",
    "crps",
    "e_value",
    "expect",
    "judged",
    "law",
    "pit",
    "scored",
]
