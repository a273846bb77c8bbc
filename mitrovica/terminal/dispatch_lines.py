"""What a dispatcher hears when a night changes: where crews are, what now, whom to tell."""

from typing import Any, Final

import pandas as pd

from geo.patrols.clock import hhmm
from geo.records import About
from maps.words.about import overdue_call
from maps.words.names import patrol_name, shift_name
from maps.words.text_tables import Columns
from mitrovica.dispatch.rest_of_night import Happened, not_done, to_tell, whereabouts

LANGUAGE: Final = "en"
MOST: Final = 10
"""Lines that say what changed."""
TELL: Final = ("stop", "shift", "announced", "now")


def lines(
    stops: pd.DataFrame, rest: pd.DataFrame, happened: Happened, about: About
) -> list[str]:
    """Return in at most `MOST` lines what changed in a night, and what each crew does now.

    Parameters
    ----------
    stops, rest : pandas.DataFrame, table `STOPS`
        The night as it was planned, and the rest of it as it is now.
    happened : mitrovica.dispatch.rest_of_night.Happened
    about : geo.records.About
        Whom to call, and when a crew is overdue.
    """
    coming = not_done(stops, happened)
    told = to_tell(coming, rest)
    visits = int((coming["service_s"] > 0).sum())
    said = [
        f"{hhmm(happened.now_s)}: of {visits} stops to come {visits - len(told)} are made within "
        "half an hour of their planned time."
    ]
    for crew in whereabouts(stops, happened).to_dict("records"):
        if crew["vehicle"] in happened.out:
            said.append(_out(crew, about))
        else:
            said.append(_now(crew, rest, about))
    for shift, own in told.groupby("shift", sort=False):
        missed = [
            f"{row['name']} {row['arrival']}"
            for row in own[own["now"].isna()].to_dict("records")
        ]
        moved = [
            f"{row['name']} {row['now']}, not {row['arrival']}"
            for row in own[own["now"].notna()].to_dict("records")
        ]
        name = shift_name(str(shift))(LANGUAGE)
        if missed:
            said.append(f"{name}, not made: {'; '.join(missed)}.")
        if moved:
            said.append(f"{name}, at another hour: {'; '.join(moved)}.")
    if len(said) > MOST:
        said = [*said[: MOST - 1], f"{len(said) - MOST + 1} lines more: see the map."]
    return said


def cancelled(stops: pd.DataFrame, happened: Happened) -> list[str]:
    """Return that a night is cancelled, and which crews are to be called back, from where."""
    said = ["The night is cancelled."]
    for crew in whereabouts(stops, happened).to_dict("records"):
        if crew["state"] != "waiting":
            who = patrol_name(crew["shift"], crew["vehicle"])(LANGUAGE)
            said.append(f"{who}: call it back, {_where(crew)}.")
    return said


def _where(crew: dict[Any, Any]) -> str:
    """Return where a crew is by its timetable."""
    place = "at" if crew["state"] == "there" else "on the way to"
    return f"{place} {crew['name']} by its timetable"


def _out(crew: dict[Any, Any], about: About) -> str:
    """Return that a vehicle drives no more, and where its crew is."""
    who = patrol_name(crew["shift"], crew["vehicle"])(LANGUAGE)
    if crew["state"] == "waiting":
        return (
            f"{who}: does not leave. If another vehicle takes its place, plan again "
            "with it in use."
        )
    call = overdue_call(about, LANGUAGE)
    return f"{who}: out of use, {_where(crew)}. Call its crew, and fetch it; no answer: {call}."


def _now(crew: dict[Any, Any], rest: pd.DataFrame, about: About) -> str:
    """Return where a crew is, where it goes next, and from when it is overdue."""
    who = patrol_name(crew["shift"], crew["vehicle"])(LANGUAGE)
    own = rest[(rest["shift"] == crew["shift"]) & (rest["vehicle"] == crew["vehicle"])]
    until = hhmm(int(crew["free_s"]))
    if own.empty:
        return f"{who}: back at {crew['name']} at {until}."
    place = {"there": "at", "driving": "on the way to, then at"}
    here = f"{place.get(crew['state'], 'at')} {crew['name']} until {until}"
    visits = own[own["service_s"] > 0]
    onward = "then home"
    if len(visits):
        first = visits.iloc[0]
        more = len(visits) - 1
        onward = f"then {first['name']} {first['arrival']}" + (
            f" and {more} more" if more else ""
        )
    back_s = int(own["arrival_s"].iloc[-1])
    overdue = hhmm(back_s + round(60 * about.check_in_min))
    return f"{who}: {here}, {onward}; back {hhmm(back_s)}, overdue from {overdue}."


def waiting(told: pd.DataFrame) -> list[str | Columns]:
    """Return whom to tell: where people wait for a crew that does not come at its hour.

    `told` is as from `mitrovica.dispatch.rest_of_night.to_tell`.
    """
    if told.empty:
        return ["Nobody is left waiting: every announced stop is made near its hour."]
    rows = [
        (
            row["name"],
            row["shift"].replace("_", " "),
            f"{row['arrival']}-{row['departure']}",
            "no crew" if pd.isna(row["now"]) else row["now"],
        )
        for row in told.to_dict("records")
    ]
    head = "Tell those who keep these places, and whoever waits there:"
    return [Columns.of(TELL, rows, head)]
