"""The plan and what was found in a few lines of English, for the report and the terminal."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import pandas as pd

from geo.patrols.delays import LEAST, not_held
from geo.results import Findings, Patrols
from maps.panels.plan_quality import Quality
from maps.words.catalogue import number, percent
from maps.words.corridor_answers import Corridors
from maps.words.names import patrol_name, shift_name
from maps.words.phrases import Joined, Phrase, Spoken
from maps.words.text_tables import Columns

LANGUAGE: Final = "en"


class InShort(NamedTuple):
    """What is said of a run or a plan where there is little room."""

    to_do: str
    """Which patrol leaves first."""
    covered: list[str]
    """What each shift of a night does, or what several nights do."""
    unserved: list[str]
    """What no stop reaches, and why a plan is small or each night the same."""
    found: list[str]
    """What was found of hotspots and of corridors."""
    at_best: str
    """What so many sightings can show."""
    timetables: list[Columns]
    """Of each patrol of a night; none of several nights."""
    visits: Columns | None
    """The visits to each stop of several nights; None of a night."""
    more: list[str]
    """How many crews the plan takes, and what an hour or a vehicle more would add."""
    parts_left_out: list[str]
    """Parts of the study, as `geo.results.Omission` names them."""
    has_stops: bool
    has_dates: bool
    """Whether any patrol is proposed, and on a day that is known."""


def _what_to_do(stops: pd.DataFrame, why: list[Phrase]) -> str:
    """Return which patrol leaves first, when, and where it stops first."""
    if stops.empty:
        return Spoken(Joined(" ", why or [Phrase("no_patrols")]))
    night = stops[stops["night"] == stops["night"].min()]
    starts = night[night["order"] == 0]
    start = starts.loc[starts["departure_s"].idxmin()]
    patrol = night[night["shift"] == start["shift"]]
    patrol = patrol[patrol["vehicle"] == start["vehicle"]]
    served = patrol[patrol["service_s"] > 0].sort_values("order")
    when = "" if pd.isna(start["date"]) else f" on {start['date']}"
    who = patrol_name(start["shift"], start["vehicle"])(LANGUAGE)
    leaves = (
        f"First patrol: {who}, leaves {start['name']}{when} at {start['departure']}"
    )
    if served.empty:  # what is left of a night that nears its end
        return f"{leaves}. No stop is left."
    stop = served.iloc[0]
    hours = f"{stop['arrival']}-{stop['departure']}"
    return f"{leaves}. First stop: {stop['name']}, {hours}."


def _found(hotspots: Phrase, near: Corridors) -> list[str]:
    """Return what was found of hotspots and of corridors, a line each."""
    if not near.distances:
        return [Spoken(hotspots), Spoken(near.nearest)]
    median = Phrase("line.median", distances=Joined(", ", near.distances))
    return [Spoken(hotspots), Spoken(median, " ", near.expected)]


def timetables(patrols: Patrols) -> list[Columns]:
    """Return the timetable of each vehicle in each shift of a night."""
    tables = []
    for _, rows in patrols.stops.groupby(["shift", "vehicle"], sort=False):
        first, last, between = rows.iloc[0], rows.iloc[-1], rows.iloc[1:-1]
        names = between["name"].where(between["kind"] != "break", "break")
        km = number(rows["drive_m"].sum() / 1000, LANGUAGE)
        who = patrol_name(first["shift"], first["vehicle"])(LANGUAGE)
        title = (
            f"{who}: leaves {first['name']} {first['departure']}, "
            f"back {last['arrival']}, {km} km"
        )
        cells = zip(between["arrival"], between["departure"], names, strict=True)
        tables.append(Columns.of(("from", "to", "stop"), cells, title))
    return tables


def _visits(patrols: Patrols) -> Columns:
    """Return how often, and at what hours, each stop of several nights is visited."""
    table = patrols.visits[patrols.visits["visits"] > 0]
    table = table.sort_values(["visits", "stop"], ascending=[False, True])
    usual = table["usual"].str.replace("_", " ")
    rows = zip(table["visits"].astype(str), table["name"], usual, strict=True)
    nights = patrols.stops["night"].nunique()
    title = f"{nights} nights, visits to each stop and when in each shift:"
    return Columns.of(("visits", "stop", "when, in each shift"), rows, title)


def _several_nights(patrols: Patrols) -> list[str]:
    """Return what several nights do."""
    visits, shifts = patrols.visits, patrols.of_shifts
    usual = _mean(visits["at_usual_time"], visits["visits"])
    explored = _mean(shifts["explored_share"], shifts["stopping_min"])
    too_little = (shifts["exploration_short"] > 0).sum()
    page = "The map shows every night, one at a time; printed, all of them."
    if patrols.stops["date"].isna().any():
        page = (
            "The map shows every night by its number.  Nights without a date have no calendar "
            "and no cards."
        )
    return [
        f"{_covered(shifts)}; {_minimums(visits)}; "
        f"{percent(usual)} % of the visits at their usual time; "
        f"{percent(explored)} % of stop time where little is known, in "
        f"{too_little} of {len(shifts)} shifts less than aimed at.",
        *_that_do_not_hold(patrols.measures, follows=not patrols.followed.empty),
        page,
    ]


def _mean(values: pd.Series, weights: pd.Series) -> float:
    """Return a weighted mean; 0 where nothing has a weight."""
    return float((values * weights).sum() / max(weights.sum(), 1.0))


def _minimums(visits: pd.DataFrame) -> str:
    short = (visits["visits"] < visits["quota"]).sum()
    return f"{short} minimums are not met" if short else "every minimum is met"


def _covered(shifts: pd.DataFrame) -> str:
    """Return what share of need a shift covers, on a bad night too."""
    share = shifts["need_share"]
    least, most = percent(share.min()), percent(share.max())
    covered = f"{most} % of the need index"
    if least != most:
        covered = f"{least} % to {covered}, on average {percent(share.mean())} %,"
    low, late = (percent(shifts["need_low"].min()), percent(shifts["need_late"].min()))
    return (
        f"{covered} is in reach of a shift's stops ({low} % in nine of ten draws where all drives "
        "are up to 30 % shorter or longer, and the index of each place up to 30 % lower or higher; "
        f"{late} % if it starts 20 min late)"
    )


def _that_do_not_hold(measures: pd.DataFrame, *, follows: bool) -> list[str]:
    """Return how many nights of each shift lose much need by a late start or slower roads.

    A plan that `follows` a log has other aims than the need alone, which greedy insertion serves.
    """
    lines = []
    beside = "worth less than greedy insertion"
    if follows:
        beside += ", which keeps no announced hours and draws no lots"
    for shift, row in not_held(measures).iterrows():
        if row["late"] or row["low"] or row["below_greedy"]:
            mean, worst = percent(row["late_mean"]), percent(row["late_worst"])
            lines.append(
                f"{shift_name(str(shift))(LANGUAGE)}: of {row['nights']:.0f} nights "
                f"{row['late']:.0f} keep less than {percent(LEAST)} % of their need if they start "
                f"20 min late ({mean} % on average, the worst {worst} %), "
                f"{row['low']:.0f} in the lower draws of drives "
                f"and index; {row['below_greedy']:.0f} are {beside}."
            )
    return lines


def in_short(
    findings: Findings,
    quality: Quality,
    hotspots: Phrase,
    near: Corridors,
    why: Mapping[str, list[Phrase]],
) -> InShort:
    """Return what is said of a run or a plan where there is little room.

    Parameters
    ----------
    findings : geo.results.Findings
    quality : maps.panels.plan_quality.Quality
        How good the plan is.
    hotspots : Phrase
        The sentence on hotspots.
    near : maps.words.corridor_answers.Corridors
        The answers on corridors.
    why : mapping of str to list of Phrase
        Why parts of the study are left out, by part.
    """
    plan = findings.patrols
    several = len(plan.visits) > 0
    covered: list[str] = [Spoken(line, ".") for line in quality.covered]
    more = []
    if plan.crews and plan.crews > plan.stops["vehicle"].max():
        rest = "as each rests between two shifts (patrols.rest_h)"
        more.append(f"It takes {plan.crews} crews, {rest}.")
    if quality.trade_off is not None:
        more.append(quality.trade_off(LANGUAGE))
    return InShort(
        to_do=_what_to_do(plan.stops, why.get("patrols", [])),
        covered=_several_nights(plan) if several else covered,
        unserved=[Spoken(line, ".") for line in quality.unserved],
        found=_found(hotspots, near),
        at_best=Spoken(near.at_best),
        visits=_visits(plan) if several else None,
        timetables=[] if several else timetables(plan),
        more=more,
        parts_left_out=[*why],
        has_stops=not plan.stops.empty,
        has_dates=bool(plan.stops["date"].notna().any()),
    )
