"""The answers to the three questions about corridors, each a sentence with its numbers.

How near are the sightings?  Nearer than chance, given where someone could have seen and reported
them?  Which corridor explains them best?
"""

from collections.abc import Iterable
from math import floor, isfinite, log10, sqrt
from typing import Any, Final

import pandas as pd

from geo.corridors.small_samples import lowest_share_if_all_agree
from geo.results import CorridorTests, Findings
from geo.schema import CORRIDORS, EXPLANATIONS
from maps.words.catalogue import count, number, percent, word

STEP_M: Final = 10.0
"""Median distances are given to the nearest of these."""

_EFFORT: Final = "reporting effort"
"""Prefix of the names of assumptions in `depends_on`."""


def corridor_sentences(findings: Findings, language: str) -> list[str]:
    """Return the answers to the three questions, for any number of sightings."""
    near = f"{nearest(findings, language)} {located_from(findings, language)}".strip()
    if findings.tests is None:
        return [
            near,
            word("line.no_chance", language),
            word("line.no_explained", language),
        ]
    return [
        near,
        _chance(findings.tests, language),
        _explained(findings.tests, language),
    ]


def nearest(findings: Findings, lang: str) -> str:
    """Return how near the sightings lie to each kind of corridor."""
    distances = distances_in_words(findings, lang)
    if not distances:
        return word("line.no_nearest", lang)
    return word(
        "line.nearest", lang, step=f"{STEP_M:g}", distances=", ".join(distances)
    )


def distances_in_words(findings: Findings, lang: str) -> list[str]:
    """Return each kind of corridor with the median distance of the sightings."""
    middle = (
        findings.proximity.table.groupby("corridor")["distance_m"].median().dropna()
    )
    return [
        word(
            "line.distance",
            lang,
            corridor=word(f"corridor.{kind}", lang),
            metres=number(STEP_M * round(middle[kind] / STEP_M), lang),
        )
        for kind in CORRIDORS
        if kind in middle
    ]


def located_from(findings: Findings, lang: str) -> str:
    """Return how many positions were taken from the railway itself: their nearness is an input."""
    table, totals = findings.proximity.table, findings.proximity.totals
    railway = table[table["corridor"] == "railway"]
    bands = totals[totals["corridor"] == "railway"]
    if railway["distance_m"].isna().all() or bands.empty:
        return ""
    band = bands.iloc[(bands["band_m"] - 250).abs().to_numpy().argmin()]
    taken = railway.loc[railway["located_from_kind"], "sighting"].tolist()
    expected = float(band["expected_within_independent"])
    values = {
        "n": len(railway),
        "expected": number(expected, lang, 1),
        "band": f"{band['band_m']:g}",
    }
    if not taken:
        return word("line.not_circular", lang, **values)
    return word(
        "line.circular",
        lang,
        k=len(taken),
        others=len(railway) - len(taken),
        **values,
    )


def tested(tests: CorridorTests | None) -> list[dict[Any, Any]]:
    """Return the answers under the first null model: rows of its table ``bands``.

    The hypothesis named beforehand is first, then of each other kind the band of its smallest p:
    the adjustment covers every kind and band.
    """
    if tests is None:
        return []
    bands = tests.bands.to_dict("records")
    rows = [
        row
        for row in bands
        if row["null"] == bands[0]["null"] and pd.notna(row["p_adjusted"])
    ]
    primary = [row for row in rows if row["primary"]]
    best: dict[str, dict[Any, Any]] = {}
    for row in sorted(rows, key=lambda row: row["p_adjusted"]):
        best.setdefault(row["corridor"], row)
    named = {row["corridor"] for row in primary}
    return [
        *primary,
        *(best[kind] for kind in CORRIDORS if kind in best and kind not in named),
    ]


def in_few_words(row: dict[Any, Any], language: str) -> str:
    """Return an answer of `tested` in a few words, such as "Railway: not shown (3 sightings)"."""
    text = word(
        f"brief.{row['verdict']}",
        language,
        corridor=word(f"corridor.{row['corridor']}", language),
        n=count("sightings", int(row["sightings"]), language),
    )
    return text[:1].upper() + text[1:]


def how_tested(tests: CorridorTests, language: str, kinds: str = "") -> str:
    """Return against what the sightings are tested, then the answers, then who is left out."""
    null = word(f"null.{tests.bands['null'].iloc[0]}", language)
    simulations = number(tests.simulations, language)
    line = word(
        "line.chance", language, null=null, simulations=simulations, kinds=kinds
    ).strip()
    return line + _outside(tests, language)


def _chance(tests: CorridorTests, lang: str) -> str:
    """Return what the tests show, the hypothesis named beforehand first."""
    rows = tested(tests)
    if not rows:
        return word("line.no_chance", lang) + _outside(tests, lang)
    parts = []
    for key, named in (("chance.primary", True), ("chance.explored", False)):
        answers = [in_few_words(row, lang) for row in rows if row["primary"] == named]
        if answers:
            parts.append(word(key, lang, kinds="; ".join(answers)))
    return how_tested(tests, lang, " ".join(parts))


def _outside(tests: CorridorTests, lang: str) -> str:
    """Return how many sightings no test uses, after another sentence; empty if all are used."""
    if not tests.outside:
        return ""
    return " " + word(
        "line.outside", lang, n=count("sightings", len(tests.outside), lang)
    )


def plainly(row: dict[Any, Any], level: float, lang: str) -> str:
    """Return the answer for a band of one kind of corridor in everyday words, then in figures."""
    key, values = _answered(row, lang)
    values |= {"often": percent(row["p_adjusted"]), "limit": percent(level)}
    return " ".join(word(f"answer.{one}", lang, **values) for one in (key, "figures"))


def _answered(row: dict[Any, Any], lang: str) -> tuple[str, dict[str, str]]:
    """Return which of the answers it is, and what is put into its text."""
    answer, n, p = row["verdict"], int(row["sightings"]), float(row["p_adjusted"])
    error = float(row["p_error"])
    undecided = answer == "cannot_be_decided"
    more = row["needed_for_level"] - n if undecided else row["tipping_ratio"]
    known = answer == "not_shown" or more > (0 if undecided else 1)
    return answer if known else f"{answer}_open", {
        "corridor": word(f"corridor.{row['corridor']}", lang),
        "band": f"{row['band_m']:g}",
        "p": probability(p, lang, error),
        "n": count("sightings", n, lang),
        # The least is simulated too, and what was reached can be reached.
        "least": probability(min(row["smallest_p"], p), lang),
        "more": number(more, lang, 0 if undecided else 1),
        "depends_on": _depends_on(row, lang),
    }


def _depends_on(row: dict[Any, Any], lang: str) -> str:
    """Return what a fragile verdict rests on: a sighting, or the assumption on effort."""
    if row["verdict"] != "fragile":
        return ""
    name = str(row["depends_on"])
    if not name.startswith(_EFFORT):
        return word("depends.sighting", lang)
    return word("depends.effort", lang) + name.removeprefix(_EFFORT)


def _explained(tests: CorridorTests, lang: str) -> str:
    """Return how well each kind of corridor explains the sightings, together and one by one."""
    table = tests.explained
    together = table[table["sighting"] == "all"]
    if together.empty:
        return word("line.no_explained", lang)
    each = table[table["sighting"] != "all"].drop_duplicates("sighting")
    return word(
        "line.explained",
        lang,
        best=word(f"explained.{together['explained_by'].iloc[0]}", lang),
        shares=shares_in_words(shares_of(together), lang),
        entropy=number(together["entropy"].iloc[0], lang, 1),
        clear=int(each["explained_by"].isin(EXPLANATIONS).sum()),
        n=len(each),
    )


def explained_briefly(tests: CorridorTests | None, language: str) -> str:
    """Return which kind of corridor explains the sightings, in a few words."""
    table = pd.DataFrame() if tests is None else tests.explained
    together = table[table["sighting"] == "all"] if len(table) else table
    best = "undecided" if together.empty else together["explained_by"].iloc[0]
    return word(
        "brief.explained_by", language, best=word(f"explained.{best}", language)
    )


def shares_of(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """Return the explanations and their shares in percent, the largest first.

    The rows are of table `CORRIDOR_EXPLAINED`: of one sighting, or of all together.
    """
    pairs = zip(rows["corridor"].tolist(), rows["share"].tolist(), strict=True)
    return [
        (kind, round(100 * share)) for kind, share in sorted(pairs, key=lambda p: -p[1])
    ]


def shares_in_words(shares: Iterable[tuple[str, int]], language: str) -> str:
    """Return explanations and their shares in percent, as `shares_of` gives them, in words."""
    return ", ".join(
        word(
            "explained.share",
            language,
            kind=word(f"explained.{kind}", language),
            share=number(share, language),
        )
        for kind, share in shares
    )


def probability(p: float, language: str, error: float = 0.0) -> str:
    """Return a p-value to two significant figures, with its Monte Carlo error where there is one.

    The standard error is given to the same decimals, or to its first figure if it is smaller.

    >>> probability(0.0283, "en", 0.0052), probability(0.41, "sq"), probability(1.0, "en")
    ('0.028 ± 0.005', '0,41', '1.0')
    """
    digits = _digits(p) + 1
    value = number(p, language, digits)
    if not isfinite(error) or error <= 0:
        return value
    return f"{value} ± {number(error, language, max(digits, _digits(error)))}"


def _digits(value: float) -> int:
    """Return the decimals that show the first significant figure of a number up to 1."""
    return -floor(log10(value))


POINTS: Final = 10
"""A share is known when its 95 % interval reaches this many points to each side."""

NEEDED: Final = 96
"""Independent sightings that fix a share near one half to within `POINTS`, by Wald's interval."""

_Z: Final = 1.959964
"""Standard normal quantile of the two-sided 95 % interval."""


def what_n_can_show(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in numbers, and how many it would take."""
    return f"{at_best(n, language)} {how_many_it_takes(n, language)}".strip()


def how_many_it_takes(n: int, language: str) -> str:
    """Return how many sightings fix a share; nothing where there are as many."""
    return word("line.needed", language, points=POINTS, n=NEEDED) if n < NEEDED else ""


def at_best(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in one sentence."""
    if n == 0:
        return word("line.power_none", language)
    sightings = count("sightings", n, language)
    if n < NEEDED:
        low = percent(lowest_share_if_all_agree(n))
        return word("line.power_few", language, sightings=sightings, low=low)
    points = number(100 * _Z / 2 / sqrt(n), language, 1)
    return word("line.power_many", language, sightings=sightings, points=points)
