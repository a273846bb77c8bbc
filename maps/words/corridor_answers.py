"""How near sightings were reported to each kind of corridor, each answer with its numbers.

What was reported stands beside what is expected from where observers are assumed to stand.
"""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geo.results import Findings, Proximity
from geo.schema import CORRIDORS
from maps.words.phrased_numbers import figure
from maps.words.phrases import Joined, Phrase, Text, capital

STEP_M: Final = 10.0
"""Median distances are given to the nearest of these."""

BAND_M: Final = 250.0
"""How many lie within a band is told of the one nearest to this."""

POINTS: Final = 10
"""A share is known when its 95 % interval reaches this many points to each side."""

NEEDED: Final = 96
"""Independent sightings that fix a share near one half to within `POINTS`, by Wald's interval."""

_Z: Final = 1.959964
"""Standard normal quantile of the two-sided 95 % interval."""


class CorridorAnswer(NamedTuple):
    """How many were reported within a band of a kind of corridor, and how many are expected."""

    corridor: str
    """Its kind."""
    brief: Phrase
    sentence: Phrase


class Corridors(NamedTuple):
    """What was reported about corridors."""

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
    """Of each kind of corridor."""
    expected: Phrase
    """All answers in a sentence."""


def corridors(findings: Findings) -> Corridors:
    """Return what was reported about corridors, for any number of sightings."""
    n, near = findings.n_sightings, findings.proximity
    distances = distances_in_words(near)
    nearest = Phrase("line.no_nearest", "near.nearest")
    if distances:
        step = f"{STEP_M:g}"
        nearest = Phrase("line.nearest", "near.nearest", step=step, distances=distances)
    answers = _answers(near)
    expected = Phrase("line.no_expected")
    if answers:
        briefs = Joined("; ", [answer.brief for answer in answers])
        expected = Phrase("line.expected", kinds=briefs)
    return Corridors(
        at_best=at_best(n),
        needed=[Phrase("line.needed", points=POINTS, n=NEEDED)] if n < NEEDED else [],
        distances=distances,
        nearest=nearest,
        located=_located(near),
        answers=answers,
        expected=expected,
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
    bands = _bands_told(near)
    bands = bands[bands["corridor"] == "railway"]
    if railway["distance_m"].isna().all() or bands.empty:
        return []
    band = bands.iloc[0]
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


def _bands_told(near: Proximity) -> pd.DataFrame:
    """Return the rows of ``totals`` of the one band that is told of each kind."""
    bands = near.totals
    if bands.empty:
        return bands
    off_m = (bands["band_m"] - BAND_M).abs()
    told: pd.DataFrame = bands[off_m == off_m.min()]
    return told.drop_duplicates("corridor")


def _answers(near: Proximity) -> list[CorridorAnswer]:
    """Return the answer of each kind that has ways, and sightings not located from it."""
    has_ways = near.table.dropna(subset="distance_m")["corridor"].unique()
    answers = []
    for row in _bands_told(near).to_dict("records"):
        kind = str(row["corridor"])
        if kind not in has_ways or np.isnan(row["by_effort_high"]):
            continue
        values = {
            "corridor": Phrase(f"corridor.{kind}"),
            "band": f"{row['band_m']:g}",
            "reported": figure(row["expected_within_independent"], 1),
            "n": figure(row["sightings"] - row["located_from_kind"]),
            "expected": expected_range(row["by_effort_low"], row["by_effort_high"]),
        }
        brief = capital(Phrase("expected.brief", **values))
        sentence = Phrase("expected.sentence", **values)
        answers.append(CorridorAnswer(kind, brief, sentence))
    return answers


def expected_range(low: float, high: float) -> Text:
    """Return a range of expected numbers of sightings in words."""
    if high < 0.05:
        return Phrase("expected.below", n=figure(0.1, 1))
    texts = [figure(low, 1), figure(high, 1)]
    if round(low, 1) == round(high, 1):
        return texts[0]
    return Phrase("expected.range", low=texts[0], high=texts[1])


def at_best(n: int) -> Phrase:
    """Return what `n` sightings can and cannot show, in one sentence."""
    if n == 0:
        return Phrase("line.power_none")
    sightings = Phrase("sightings", n=n)
    if n < NEEDED:
        points = figure(round(100 / (n + 1)))
        return Phrase("line.power_few", sightings=sightings, points=points)
    points = figure(100 * _Z / 2 / sqrt(n), 1)
    return Phrase("line.power_many", sightings=sightings, points=points)
