"""The answers to the three questions about corridors, each a sentence with its numbers.

How near are the sightings?  Nearer than chance, given where someone could have seen and reported
them?  Which corridor explains them best?
"""

from math import ceil, floor, isfinite, log10, sqrt
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.corridors.small_samples import MOST, lowest_share_if_all_agree
from geo.results import CorridorTests, Findings, Proximity
from geo.schema import CORRIDORS, EXPLANATIONS
from maps.words.catalogue import percent
from maps.words.phrases import Joined, Phrase, Text, capital, same
from maps.words.quantities import figure

STEP_M: Final = 10.0
"""Median distances are given to the nearest of these."""

BAND_M: Final = 250.0
"""How many lie within a band is told of the one nearest to this."""

_EFFORT: Final = "reporting effort"
"""Prefix of the names of assumptions in `depends_on`."""


class CorridorAnswer(NamedTuple):
    """Whether the sightings lie nearer to a kind of corridor than by chance."""

    corridor: str
    """Its kind."""
    brief: Phrase
    sentence: Phrase
    """The answer with its numbers."""


class Corridors(NamedTuple):
    """The answers to the three questions."""

    at_best: Phrase
    """What so many sightings can and cannot show."""
    needed: list[Phrase]
    """How many it takes to fix a share; nothing where there are as many."""
    distances: list[Phrase]
    """Each kind of corridor with the median distance of the sightings."""
    nearest: Phrase
    """The same in a sentence."""
    located: list[Phrase]
    """How many positions were taken from the railway itself: their nearness is an input."""
    answers: list[CorridorAnswer]
    """Of each kind of corridor that was tested."""
    how_tested: Phrase | None
    """Against what; None where nothing was tested."""
    chance: Phrase
    """The same with the answers in few words."""
    explained: Phrase
    """How well each kind of corridor explains the sightings."""
    best: Phrase
    """Which explains them best, in few words."""


def corridors(findings: Findings) -> Corridors:
    """Return the answers to the three questions, for any number of sightings."""
    n, tests = findings.n_sightings, findings.tests
    rows = tested(tests)
    together = pd.DataFrame()
    if tests is not None:
        together = tests.explained[tests.explained["sighting"] == "all"]
    distances = distances_in_words(findings.proximity)
    located = _located(findings.proximity)
    nearest = Phrase("line.no_nearest", "near.nearest")
    if distances:
        step = f"{STEP_M:g}"
        nearest = Phrase("line.nearest", "near.nearest", step=step, distances=distances)
    best = "undecided" if together.empty else together["explained_by"].iloc[0]
    return Corridors(
        at_best=at_best(n),
        needed=[Phrase("line.needed", points=POINTS, n=NEEDED)] if n < NEEDED else [],
        distances=distances,
        nearest=nearest,
        located=located,
        answers=[] if tests is None else _answers(rows, tests.level),
        how_tested=how_tested(tests) if tests and rows else None,
        chance=_chance(tests, rows),
        explained=_explained(tests, together),
        best=Phrase(
            "brief.explained_by", "brief.explained", best=Phrase(f"explained.{best}")
        ),
    )


def distances_in_words(near: Proximity) -> list[Phrase]:
    """Return each kind of corridor with the median distance of the sightings."""
    median_m = near.table.groupby("corridor")["distance_m"].median().dropna()
    rounded_m = STEP_M * (median_m / STEP_M).round()
    return [
        Phrase(
            "line.distance",
            corridor=Phrase(f"corridor.{kind}"),
            metres=figure(rounded_m[kind]),
        )
        for kind in CORRIDORS
        if kind in rounded_m
    ]


def _located(near: Proximity) -> list[Phrase]:
    """Return how many positions were taken from the railway itself: their nearness is an input."""
    railway = near.table[near.table["corridor"] == "railway"]
    bands = near.totals[near.totals["corridor"] == "railway"]
    if railway["distance_m"].isna().all() or bands.empty:
        return []
    band = bands.iloc[(bands["band_m"] - BAND_M).abs().to_numpy().argmin()]
    taken = int(railway["located_from_kind"].sum())
    return [
        Phrase(
            "line.circular" if taken else "line.not_circular",
            k=taken,
            others=len(railway) - taken,
            n=len(railway),
            expected=figure(band["expected_within_independent"], 1),
            band=f"{band['band_m']:g}",
        )
    ]


def tested(tests: CorridorTests | None) -> list[dict[Any, Any]]:
    """Return the answers under the first null model: rows of its table ``bands``.

    The hypothesis named beforehand is first, then of each other kind the band of its smallest p:
    the adjustment covers every kind and band.
    """
    if tests is None or tests.bands.empty:
        return []
    bands = tests.bands.dropna(subset="p_adjusted").reset_index(drop=True)
    bands = bands[bands["null"] == tests.bands["null"].iloc[0]]
    primary = bands[bands["primary"]]
    others = bands[~bands["corridor"].isin(primary["corridor"])]
    best = others.sort_values("p_adjusted", kind="stable").drop_duplicates("corridor")
    order = {kind: position for position, kind in enumerate(CORRIDORS)}
    best = best[best["corridor"].isin(order)]
    best = best.sort_values("corridor", key=lambda kinds: kinds.map(order))
    rows: list[dict[Any, Any]] = bands.loc[[*primary.index, *best.index]].to_dict(
        "records"
    )
    return rows


def in_few_words(row: dict[Any, Any]) -> Phrase:
    """Return an answer of `tested` in a few words, such as "Railway: not shown (3 sightings)"."""
    text = Phrase(
        f"brief.{row['verdict']}",
        corridor=Phrase(f"corridor.{row['corridor']}"),
        n=Phrase("sightings", n=int(row["sightings"])),
    )
    return capital(text)


def how_tested(tests: CorridorTests, kinds: Phrase | str = "") -> Phrase:
    """Return against what the sightings are tested, then the answers, then who is left out."""
    null = tests.bands["null"].iloc[0]
    line = Phrase(
        "line.chance",
        null=Phrase(f"null.{null}"),
        simulations=figure(tests.simulations),
        kinds=kinds,
    )
    parts: list[Text] = [lambda language: line(language).rstrip(), *_outside(tests)]
    return Joined(" ", parts, "how.tested")


def _answers(rows: list[dict[Any, Any]], level: float) -> list[CorridorAnswer]:
    return [
        CorridorAnswer(row["corridor"], in_few_words(row), plainly(row, level))
        for row in rows
    ]


def _chance(tests: CorridorTests | None, rows: list[dict[Any, Any]]) -> Phrase:
    """Return what the tests show, the hypothesis named beforehand first."""
    if tests is None or not rows:
        outside = [] if tests is None else _outside(tests)
        return Joined(" ", [Phrase("line.no_chance"), *outside])
    parts = []
    for key, named in (("chance.primary", True), ("chance.explored", False)):
        answers = [in_few_words(row) for row in rows if row["primary"] == named]
        if answers:
            parts.append(Phrase(key, kinds=Joined("; ", answers)))
    return how_tested(tests, Joined(" ", parts))


def _outside(tests: CorridorTests) -> list[Phrase]:
    """Return how many sightings no test uses; nothing if all are used."""
    n = len(tests.outside)
    return [Phrase("line.outside", n=Phrase("sightings", n=n))] if n else []


def plainly(row: dict[Any, Any], level: float) -> Phrase:
    """Return the answer for a band of one kind of corridor in everyday words, then in figures."""
    answer, p = row["verdict"], float(row["p_adjusted"])
    # The hypothesis named beforehand has its own p; that of the others is of all together.
    often = figure(ceil(100 * p - 1e-9))
    chance = "chance.named" if row["primary"] else "chance.any"
    band = f"{row['band_m']:g}"
    values = {
        "corridor": Phrase(f"corridor.{row['corridor']}"),
        "band": band,
        "p": probability(p, float(row["p_error"])),
        "n": Phrase("sightings", n=int(row["sightings"])),
        # The least is simulated too, and what was reached can be reached.
        "least": probability(min(row["smallest_p"], p)),
        "more": figure(row["tipping_ratio"], 1),
        "depends_on": _depends_on(row),
        "chance": Phrase(chance, often=often, band=band),
        "limit": percent(level),
        "power": percent(row["power"]),
        "needed": _needed(row["needed_for_power"]),
    }
    answers = [answer]
    if answer in ("nearer", "fragile"):
        # A ratio that is not known, or that explains nothing, is not given.
        answers += ["tipping"] if row["tipping_ratio"] > 1 else []
    elif isfinite(row["power"]):
        answers.append("power")
    answers.append("figures")
    return Joined(" ", [Phrase(f"answer.{each}", **values) for each in answers])


def _needed(sightings: float) -> Phrase:
    """Return about how many sightings have the power that is asked for."""
    if isfinite(sightings):
        return Phrase("answer.about", n=figure(sightings))
    return Phrase("answer.beyond", n=figure(MOST))


def _depends_on(row: dict[Any, Any]) -> Text:
    """Return what a fragile verdict rests on: a sighting, or the assumption on effort."""
    if row["verdict"] != "fragile":
        return same("")
    name = str(row["depends_on"])
    if not name.startswith(_EFFORT):
        return Phrase("depends.sighting")
    assumed = same(name.removeprefix(_EFFORT))
    return Joined("", [Phrase("depends.effort"), assumed])


def _explained(tests: CorridorTests | None, together: pd.DataFrame) -> Phrase:
    """Return how well each kind of corridor explains the sightings, together and one by one."""
    if tests is None or together.empty:
        return Phrase("line.no_explained")
    table = tests.explained
    single = table[table["sighting"] != "all"].drop_duplicates("sighting")
    return Phrase(
        "line.explained",
        best=best_in_words(together),
        clear=int(single["explained_by"].isin(EXPLANATIONS).sum()),
        n=len(single),
    )


def best_in_words(rows: pd.DataFrame) -> Phrase:
    """Return what explains best, with its share in percent where that decides.

    The rows are of table `CORRIDOR_EXPLAINED`: of one sighting, or of all together.
    """
    best = rows["explained_by"].iloc[0]
    kind = Phrase(f"explained.{best}")
    share = rows.loc[rows["corridor"] == best, "share"]
    if share.empty:
        return kind
    n = figure(round(100 * share.iloc[0]))
    return Phrase("explained.share", kind=kind, share=n)


def probability(p: float, error: float = 0.0) -> Text:
    """Return a p-value to two significant figures, with its Monte Carlo error where there is one.

    The standard error is given to the same decimals, or to its first figure if it is smaller.

    >>> probability(0.0283, 0.0052)("en"), probability(0.41)("sq"), probability(1.0)("en")
    ('0.028 ± 0.005', '0,41', '1.0')
    """
    digits = _digits(p) + 1
    if not isfinite(error) or error <= 0:
        return figure(p, digits)
    return Joined(
        " ± ", [figure(p, digits), figure(error, max(digits, _digits(error)))]
    )


def _digits(value: float) -> int:
    """Return the decimals that show the first significant figure of a number up to 1."""
    return -floor(log10(value))


POINTS: Final = 10
"""A share is known when its 95 % interval reaches this many points to each side."""

NEEDED: Final = 96
"""Independent sightings that fix a share near one half to within `POINTS`, by Wald's interval."""

_Z: Final = 1.959964
"""Standard normal quantile of the two-sided 95 % interval."""


def at_best(n: int) -> Phrase:
    """Return what `n` sightings can and cannot show, in one sentence."""
    if n == 0:
        return Phrase("line.power_none")
    sightings = Phrase("sightings", n=n)
    if n < NEEDED:
        low = percent(lowest_share_if_all_agree(n))
        return Phrase("line.power_few", sightings=sightings, low=low)
    points = figure(100 * _Z / 2 / sqrt(n), 1)
    return Phrase("line.power_many", sightings=sightings, points=points)
