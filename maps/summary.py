"""What was found, in ten lines that a planner understands."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.results import CorridorTests, Findings, HotspotEvidence
from geo.small_samples import share_if_all_agree
from layers.schema import CORRIDOR_EXPLAINED, CORRIDORS, DISTANCE_STEP_M, PROXIMITY
from maps.first_road import first_road
from maps.names import place_name
from maps.words import count, day, language_of, listed, month, number, word, written

Z: Final = 1.959964
"""Standard normal quantile of the two-sided interval."""

NEEDED: Final = 96
"""Sightings at random that fix a share to within ten points: (Z / 2 / 0.1)², rounded."""


def ten_lines(
    findings: Findings, language: str = "en", places: gpd.GeoDataFrame | None = None
) -> list[str]:
    """Return what was found, in ten lines.

    Parameters
    ----------
    findings : geo.results.Findings
    language : str
        Of `words.LANGUAGES`, or ``sr``.
    places : geopandas.GeoDataFrame, table `PLACES`, optional
        For names in the language; without it they are in English.

    Returns
    -------
    list of str
        Ten, for any number of sightings.

    Raises
    ------
    words.WordError
        If there is no such language.
    """
    lang = language_of(language)
    local = (
        {} if places is None else {r["id"]: place_name(r, lang) for r in places.to_dict("records")}
    )
    return [
        _rests_on(findings, lang),
        power(findings.n_sightings, lang),
        _network(findings, lang),
        *corridor_sentences(findings, lang),
        _hotspots(findings, lang, local),
        f"{_patrols(findings, lang, local)} {_visited(findings, lang)}",
        first_road(findings.patrols, lang, places),
        word("line.where", lang),
    ]


def corridor_sentences(findings: Findings, language: str) -> list[str]:
    """Return the answers to the three questions about corridors, with their numbers.

    How near are the sightings?  Nearer than chance, given where someone could have seen and
    reported them?  Which corridor explains them best?

    Parameters
    ----------
    findings : geo.results.Findings
    language : str
        Of `words.LANGUAGES`, or ``sr``.

    Returns
    -------
    list of str
        Three, for any number of sightings.

    Raises
    ------
    words.WordError
        If there is no such language.
    """
    lang = language_of(language)
    near = f"{_nearest(findings, lang)} {_circular(findings, lang)}".strip()
    if findings.tests is None:
        return [near, word("line.no_chance", lang), word("line.no_explained", lang)]
    return [near, _chance(findings.tests, lang), _explained(findings.tests, lang)]


def power(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in numbers.

    A share near one half is known to within Z / 2 / sqrt(n).

    Parameters
    ----------
    n : int
    language : str
    """
    if n == 0:
        return word("line.power_none", language, needed=NEEDED)
    sightings = count("sightings", n, language)
    if n < NEEDED:
        low = 100 * share_if_all_agree(n)
        return word(
            "line.power_few", language, sightings=sightings, low=f"{low:.0f}", needed=NEEDED
        )
    points = number(100 * Z / 2 / sqrt(n), language, 1)
    return word("line.power_many", language, sightings=sightings, points=points)


def _rests_on(findings: Findings, lang: str) -> str:
    excluded = [
        word("excluded.none", lang, id=row["id"])
        if pd.isna(row["relates_to"])
        else word("excluded.repeats", lang, id=row["id"], other=row["relates_to"])
        for row in findings.excluded.to_dict("records")
    ]
    values = {"excluded": listed(excluded, lang)}
    if not findings.n_sightings:
        return word("line.no_sightings", lang, **values)
    sightings = count("sightings", findings.n_sightings, lang)
    return word(
        "line.sightings", lang, sightings=sightings, period=_period(findings, lang), **values
    )


def _period(findings: Findings, lang: str) -> str:
    """Return the months of the reports: a day would tell more of a sighting than may leave."""
    start, end = findings.sightings["date_from"].min(), findings.sightings["date_to"].max()
    if pd.isna(start) or pd.isna(end):
        return ""
    first, last = month(start.date(), lang), month(end.date(), lang)
    if first == last:
        return word("line.period_month", lang, month=first)
    return word("line.period", lang, start=first, end=last)


def _network(findings: Findings, lang: str) -> str:
    source = findings.source
    title = word("source.bundled", lang) if source.kind == "bundled" else source.title
    osm = osm_date(source.osm_date, lang)
    if not source.generalised:
        return word("line.network", lang, title=title, osm=osm)
    tolerance = number(source.tolerance_m, lang)
    return word("line.network_generalised", lang, title=title, osm=osm, tolerance=tolerance)


def osm_date(iso: str | None, language: str) -> str:
    """Return the date of the OSM data in words, or that it is not stated."""
    if iso is None:
        return word("osm.undated", language)
    return word("osm.dated", language, date=day(pd.Timestamp(iso).date(), language))


def _nearest(findings: Findings, lang: str) -> str:
    # What is said is reckoned from what may leave the toolkit, so that a plan says it again.
    near = PROXIMITY.outgoing(findings.proximity.table)
    middle = near.groupby("corridor")["distance_m"].median().dropna()
    steps = np.rint(middle / DISTANCE_STEP_M) * DISTANCE_STEP_M
    distances = [
        word("line.distance", lang, corridor=word(f"corridor.{kind}", lang),
             metres=number(steps[kind], lang))
        for kind in CORRIDORS
        if kind in middle
    ]  # fmt: skip
    if not distances:
        return word("line.no_nearest", lang)
    step = number(DISTANCE_STEP_M, lang)
    return word("line.nearest", lang, step=step, distances=", ".join(distances))


def _circular(findings: Findings, lang: str) -> str:
    table, totals = findings.proximity.table, findings.proximity.totals
    railway = table[table["corridor"] == "railway"]
    bands = totals[totals["corridor"] == "railway"]
    if railway.empty or bands.empty:
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
        "line.circular", lang, k=len(taken), ids=listed(taken, lang),
        others=len(railway) - len(taken), **values,
    )  # fmt: skip


def _chance(tests: CorridorTests, lang: str) -> str:
    """Return what the tests of the first null model say of each kind of corridor."""
    left_out = _outside(tests, lang)
    if tests.bands.empty:
        return word("line.no_chance", lang) + left_out
    null = tests.bands["null"].iloc[0]
    bands = tests.bands[(tests.bands["null"] == null) & tests.bands["p_maxt"].notna()]
    # The adjustment covers every kind and band: the smallest p of a kind is its answer.
    best = bands.sort_values("p_maxt", kind="stable").drop_duplicates("corridor")
    said = [
        _verdict(row, lang)
        for kind in CORRIDORS
        for row in best[best["corridor"] == kind].to_dict("records")
    ]
    if not said:
        return word("line.no_chance", lang) + left_out
    line = word(
        "line.chance", lang, null=word(f"null.{null}", lang),
        simulations=number(tests.simulations, lang), kinds="; ".join(said),
    )  # fmt: skip
    return line + left_out


def _outside(tests: CorridorTests, lang: str) -> str:
    """Return which sightings no test uses, as a sentence after others; empty if all are used."""
    if not tests.outside:
        return ""
    return " " + word("line.outside", lang, ids=listed(list(tests.outside), lang))


def _verdict(row: dict[Any, Any], lang: str) -> str:
    """Return the answer for one kind of corridor, and what it would take to do better."""
    verdict, n = row["verdict"], int(row["sightings"])
    wanted = {"cannot_be_decided": "needed_for_level", "not_shown": "needed_for_effect"}
    # The least is simulated too, and what was reached can be reached.
    least = min(row["smallest_p_maxt"], row["p_maxt"])
    more = row[wanted[verdict]] - n if verdict in wanted else row["tipping_ratio"]
    return word(
        f"verdict.{verdict}" if more > 0 else f"verdict.{verdict}_open", lang,
        corridor=word(f"corridor.{row['corridor']}", lang),
        p=probability(row["p_maxt"], lang), band=f"{row['band_m']:g}",
        n=count("sightings", n, lang), least=probability(least, lang),
        more=number(more, lang, 1 if verdict == "nearer" else 0),
    )  # fmt: skip


def _explained(tests: CorridorTests, lang: str) -> str:
    """Return how well each kind of corridor explains the sightings, together and one by one."""
    table = CORRIDOR_EXPLAINED.outgoing(tests.explained)
    together = table[table["sighting"] == "all"].sort_values("share", ascending=False)
    if together.empty:
        return word("line.no_explained", lang)
    each = table[table["sighting"] != "all"].drop_duplicates("sighting")
    return word(
        "line.explained", lang,
        best=word(f"explained.{together['explained_by'].iloc[0]}", lang),
        shares=shares_said(together, lang),
        entropy=number(together["entropy"].iloc[0], lang, 1),
        clear=int((each["explained_by"] != "undecided").sum()), n=len(each),
    )  # fmt: skip


def shares_said(rows: pd.DataFrame, language: str) -> str:
    """Return the share of each explanation, the largest first.

    Parameters
    ----------
    rows : pandas.DataFrame, table `CORRIDOR_EXPLAINED`
        Of one sighting.
    language : str
    """
    ordered = rows.sort_values("share", ascending=False, kind="stable")
    return ", ".join(
        word(
            "explained.share", language,
            kind=word(f"explained.{row['corridor']}", language),
            share=number(100 * row["share"], language),
        )
        for row in ordered.to_dict("records")
    )  # fmt: skip


def probability(p: float, language: str) -> str:
    """Return a p-value: two decimals, three below 0.1."""
    return number(p, language, 2 if p >= 0.0995 else 3)


def gate_said(evidence: HotspotEvidence, language: str) -> str:
    """Return whether the hotspots are tested, or describe only, with the numbers."""
    gate = evidence.gate
    name = "gate.descriptive" if gate.descriptive_only else "gate.tested"
    return word(
        name, language, sightings=count("sightings", gate.n, language), minimum=gate.minimum
    )


def _hotspots(findings: Findings, lang: str, local: dict[str, str]) -> str:
    segments = findings.hotspots.segments
    if segments.empty:
        return word("line.no_hotspots", lang)
    table = segments.merge(findings.evidence.table, on="rank", how="left").sort_values("rank")
    names = [
        word(
            "line.hotspot", lang, name=local.get(row["place"], written(str(row["name"]), lang)),
            sightings=count("sightings", row["n_sightings"], lang),
            p=probability(row["p_value"], lang),
            redrawn=number(100 * row["in_top_redrawn"], lang),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    return word(
        "line.hotspots", lang, hotspots=count("n_hotspots", len(segments), lang),
        names=listed(names, lang), gate=gate_said(findings.evidence, lang),
    )  # fmt: skip


def _patrols(findings: Findings, lang: str, local: dict[str, str]) -> str:
    stops = findings.patrols.stops
    if stops.empty:
        return word("no_patrols", lang)
    depot = stops.loc[stops["order"] == 0].iloc[0]
    served = (stops["service_s"] > 0).sum()
    return word(
        "line.patrols", lang,
        patrols=count("n_patrols", int((stops["order"] == 0).sum()), lang),
        shifts=count("shifts", stops.groupby(["night", "shift"]).ngroups, lang),
        stops=count("stops", int(served), lang),
        depot=local.get(depot["stop"], written(str(depot["name"]), lang)),
    )  # fmt: skip


def _visited(findings: Findings, lang: str) -> str:
    patrols, left_out = findings.patrols, findings.patrols.left_out
    at_advised = patrols.stop_need.loc[patrols.stop_need["at_advised"], "stop"]
    visited = int(at_advised.isin(patrols.stops["stop"]).sum())
    values = {"visited": visited, "advised": int((findings.need["advised"] > 0).sum())}
    if left_out.empty:
        return word("line.visited_all", lang, **values)
    why = left_out["reason"].value_counts()
    reasons = ", ".join(word(f"reason.{reason}", lang, n=n) for reason, n in why.items())
    return word("line.visited", lang, left=len(left_out), reasons=reasons, **values)
