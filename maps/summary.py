"""What was found, in ten lines that a planner understands; of each kind of corridor an answer."""

from collections.abc import Mapping
from functools import partial
from math import ceil, sqrt
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from geo.records import Source, StudyData
from geo.release.differences import months_of
from geo.results import SELDOM, CorridorTests, Findings, Hotspots, Patrols
from maps.words.about import omitted
from maps.words.catalogue import (
    count,
    day,
    language_of,
    listed,
    number,
    period_name,
    word,
    written,
)
from maps.words.corridor_answers import (
    at_best,
    corridor_sentences,
    explained_briefly,
    how_many_it_takes,
    how_tested,
    in_few_words,
    located_from,
    nearest,
    plainly,
    probability,
    tested,
    what_n_can_show,
)
from maps.words.names import patrol_name, place_name, split_roads
from maps.words.phrases import Phrase, of_count, phrase


def ten_lines(
    findings: Findings, language: str = "en", data: StudyData | None = None
) -> list[str]:
    """Return what was found, in ten lines, for any number of sightings.

    Parameters
    ----------
    findings : geo.results.Findings
    language : str
        Of `LANGUAGES`, or ``sr``.
    data : geo.records.StudyData, optional
        For names of places in the language; without it they are in English.

    Raises `maps.words.catalogue.WordError` if there is no such language.
    """
    lang, places = (
        language_of(language),
        pd.DataFrame() if data is None else data.places,
    )
    local = {
        r["id"]: place_name(r, lang) for r in pd.DataFrame(places).to_dict("records")
    }
    return [
        rests_on(findings, lang),
        what_n_can_show(findings.n_sightings, lang),
        _network(findings, lang),
        *corridor_sentences(findings, lang),
        hotspots_sentence(findings, lang, local),
        f"{_patrols(findings, lang, local)} {_visited(findings, lang)}".strip(),
        first_roads(findings.patrols, lang),
        word("line.where", lang),
    ]


def rests_on(findings: Findings, lang: str) -> str:
    """Return how many sightings all of it rests on, when they were reported, and how coarsely."""
    n = len(findings.excluded)
    values = {"excluded": word("excluded", lang, n=n) if n else word("nothing", lang)}
    if not findings.n_sightings:
        return word("line.no_sightings", lang, **values)
    sightings = count("sightings", findings.n_sightings, lang)
    line = word(
        "line.sightings",
        lang,
        sightings=sightings,
        period=_period(findings.sightings, lang),
        **values,
    )
    cell_m = float(findings.sightings["cell_m"].max())
    # How far from its cell's middle a point may lie.
    farthest = number(ceil(cell_m / sqrt(2)), lang)
    return (
        f"{line} {word('line.grid', lang, cell=number(cell_m, lang), metres=farthest)}"
    )


def sightings_briefly(findings: Findings, lang: str) -> str:
    """Return how many sightings there are, and when they were reported."""
    return count("sightings", findings.n_sightings, lang) + _period(
        findings.sightings, lang
    )


def hotspots_briefly(findings: Findings, lang: str) -> str:
    """Return how many hotspots chance seldom gives, and how many often; whether it was tested."""
    hotspots = findings.hotspots
    seldom, most = len(hotspots.seldom), len(hotspots.beyond_effort)
    if hotspots.gate.descriptive_only:
        return count("brief.described", most, lang)
    often = number(most - seldom, lang)
    return word(
        "brief.tested", lang, hotspots=count("n_hotspots", seldom, lang), often=often
    )


def _period(sightings: pd.DataFrame, lang: str) -> str:
    """Return when the sightings were reported: one period, or the first and the last month."""
    periods = periods_of(sightings)
    if not periods:
        return ""
    months = [month for period in periods for month in months_of(period)]
    if len(periods) == 1:
        names = {"period": period_name(periods[0], lang)}
    else:
        ends = {"start": min(months), "end": max(months)}
        names = {end: period_name(month, lang) for end, month in ends.items()}
    text = word("line.period" if len(periods) > 1 else "line.period_one", lang, **names)
    undated = int(sightings["period"].isna().sum())
    return text + (
        word("line.undated", lang, n=number(undated, lang)) if undated else ""
    )


def periods_of(sightings: pd.DataFrame) -> list[str]:
    """Return the periods of table `SIGHTINGS`, the earliest first; quarters after their months."""
    return sorted(sightings["period"].dropna().unique(), key=months_of)


def period_phrases(sightings: pd.DataFrame) -> list[tuple[str, Phrase, str, str]]:
    """Return each period of table `SIGHTINGS`: its name in words, its first and its last month."""
    months = {period: months_of(period) for period in periods_of(sightings)}
    return [
        (
            period,
            phrase(f"period.{period}", partial(period_name, period)),
            own[0],
            own[-1],
        )
        for period, own in months.items()
    ]


def undated(sightings: pd.DataFrame) -> list[Phrase]:
    """Return how many sightings of table `SIGHTINGS` have no period; nothing if all have one."""
    n = int(sightings["period"].isna().sum())
    return [of_count("periods.without", "periods.undated", n)] if n else []


def _network(findings: Findings, lang: str) -> str:
    source = findings.source
    title = word("source.own", lang) if source.kind == "own" else source.title
    osm = origin(source, lang)
    if not source.generalised:
        return word("line.network", lang, title=title, osm=osm)
    tolerance = number(source.tolerance_m, lang)
    return word(
        "line.network_generalised", lang, title=title, osm=osm, tolerance=tolerance
    )


def origin(source: Source, language: str) -> str:
    """Return the date of the OSM data in words, or that it is not stated; of others the licence."""
    if source.osm_date is not None:
        return word(
            "osm.dated",
            language,
            date=day(pd.Timestamp(source.osm_date).date(), language),
        )
    if "OpenStreetMap" not in source.licence:
        return source.licence
    return word("osm.undated", language)


def gate_in_words(hotspots: Hotspots, language: str) -> str:
    """Return whether the hotspots are tested, or describe only, with the numbers."""
    gate = hotspots.gate
    name = "gate.descriptive" if gate.descriptive_only else "gate.tested"
    return word(
        name,
        language,
        sightings=count("sightings", gate.n, language),
        minimum=gate.minimum,
    )


def excess_in_words(reported: float, expected: float, language: str) -> str:
    """Return how many sightings were reported on a stretch, and how many effort would bring."""
    return word(
        "hotspot.excess",
        language,
        reported=number(reported, language, _digits(reported)),
        expected=number(expected, language, _digits(expected)),
    )


def _digits(sightings: float) -> int:
    """Return the decimals of an expected number of sightings: none where it is whole, or large."""
    return (
        0
        if sightings >= 10 or abs(sightings - round(sightings)) < 0.05 <= sightings
        else 1
    )


def hotspots_sentence(
    findings: Findings, lang: str, local: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return where more was reported than effort expects; `local` names places by id."""
    hotspots = findings.hotspots
    dropped = len(hotspots.table) - len(hotspots.beyond_effort)
    if hotspots.table.empty:
        return word("line.no_hotspots", lang)
    if dropped == len(hotspots.table):
        return count("line.all_by_effort", dropped, lang)
    names = {
        row["rank"]: word(
            "line.hotspot",
            lang,
            name=local.get(row["place"], written(str(row["name"]), lang)),
            excess=excess_in_words(row["reported"], row["expected"], lang),
            p=probability(row["p_value"], lang),
        )
        for row in hotspots.beyond_effort.sort_values("rank").to_dict("records")
    }
    p = number(SELDOM, lang, 2)
    seldom = [names.pop(rank) for rank in hotspots.seldom.sort_values("rank")["rank"]]
    often = listed([*names.values()], lang)
    if hotspots.gate.descriptive_only:
        lines = [word("line.untested", lang, names=often)]
    else:
        n = count("n_hotspots", len(seldom), lang)
        tested = {"hotspots": n, "p": p, "names": listed(seldom, lang)}
        lines = [
            word("line.hotspots" if seldom else "line.none_seldom", lang, **tested)
        ]
        lines += [word("line.often", lang, names=often)] if names else []
    lines.append(gate_in_words(hotspots, lang))
    if dropped:
        lines.append(count("line.by_effort", dropped, lang))
    return " ".join(lines)


def _patrols(findings: Findings, lang: str, local: dict[str, str]) -> str:
    stops = pd.DataFrame(findings.patrols.stops)
    if stops.empty:
        why = " ".join(one.forms[lang] for one in omitted(findings, "patrols"))
        return why or word("no_patrols", lang)
    depot = stops.loc[stops["order"] == 0].iloc[0]
    served = (stops["service_s"] > 0).sum()
    return word(
        "line.patrols",
        lang,
        patrols=count("n_patrols", int((stops["order"] == 0).sum()), lang),
        shifts=count("shifts", stops.groupby(["night", "shift"]).ngroups, lang),
        stops=count("stops", int(served), lang),
        depot=local.get(depot["stop"], written(str(depot["name"]), lang)),
    )


def _visited(findings: Findings, lang: str) -> str:
    patrols, left_out = findings.patrols, findings.patrols.left_out
    if omitted(findings, "patrols"):
        return ""
    advised, sentences = int((findings.need["advised"] > 0).sum()), []
    if advised:
        at_advised = patrols.stop_need.loc[patrols.stop_need["at_advised"], "stop"]
        visited = int(at_advised.isin(patrols.stops["stop"]).sum())
        sentences.append(word("line.visited", lang, visited=visited, advised=advised))
    if left_out.empty:
        sentences.append(word("line.none_left_out", lang))
    else:
        why = left_out["reason"].value_counts()
        reasons = ", ".join(
            word(f"reason.{reason}", lang, n=n) for reason, n in why.items()
        )
        sentences.append(
            word("line.left_out", lang, left=len(left_out), reasons=reasons)
        )
    return " ".join(sentences)


def first_roads(patrols: Patrols, language: str) -> str:
    """Return the first named road of each patrol of the first night."""
    legs, who = pd.DataFrame(patrols.legs), ["shift", "vehicle"]
    legs = legs[
        (legs["night"] == legs["night"].min()) & legs["roads"].fillna("").ne("")
    ]
    legs = legs.sort_values("order", kind="stable").drop_duplicates(who).sort_index()
    first = [written(split_roads(roads)[0], language) for roads in legs["roads"]]
    by = [
        patrol_name(shift, vehicle, language) for shift, vehicle in legs[who].to_numpy()
    ]
    if len(set(first)) == 1:
        first, by = first[:1], [word("line.every_patrol", language)]
    roads = "; ".join(
        f"{road} ({patrol})" for road, patrol in zip(first, by, strict=True)
    )
    return word("line.first_road", language, roads=roads or word("nothing", language))


class CorridorAnswer(NamedTuple):
    """Whether the sightings lie nearer to a kind of corridor than by chance."""

    brief: Phrase
    sentence: Phrase
    """The answer with its numbers."""


def answers(tests: CorridorTests | None) -> list[CorridorAnswer]:
    """Return the answer for each kind of corridor that was tested."""
    if tests is None:
        return []
    return [
        CorridorAnswer(
            phrase(f"brief.of.{row['corridor']}.{n}", partial(in_few_words, row)),
            phrase(
                f"verdict.of.{row['corridor']}.{n}", partial(plainly, row, tests.level)
            ),
        )
        for n, row in enumerate(tested(tests))
    ]


def briefly(findings: Findings) -> list[Phrase]:
    """Return the texts of the evidence that the template calls by their keys."""
    n, tests = findings.n_sightings, findings.tests
    return [
        phrase("sample.best", partial(at_best, n)),
        phrase("sample.needed", partial(how_many_it_takes, n)),
        phrase("near.nearest", partial(nearest, findings)),
        phrase("near.located", partial(located_from, findings)),
        phrase("brief.sightings", partial(sightings_briefly, findings)),
        phrase("brief.explained", partial(explained_briefly, tests)),
        phrase("brief.hotspots", partial(hotspots_briefly, findings)),
        *(
            [phrase("how.tested", partial(how_tested, tests))]
            if tests and tested(tests)
            else []
        ),
    ]
