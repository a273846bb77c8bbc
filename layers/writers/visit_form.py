"""The visit form: an XLSForm whose stops are a plan's, and the same list as a media attachment.

A crew fills one page a stop.  Every question stands once in ``forms/visit_survey.csv``, those
of a group with ``#`` for its number; the form holds `FORM_GROUPS` of them, not a repeat, which the
servers' plain exports leave out.  It asks for no name, number, picture or free text.

The list in the form has a label in each language.  A night that is not in it is looked up in the
attachment ``stops.csv``, so that the next plan needs no new form.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from layers.filenames import FORM_STOPS_FILE, VISIT_FORM, form_id
from layers.handling import Handling
from layers.schema import FORM_GROUPS, FORM_STOPS
from layers.writers import tables
from layers.writers.xlsform import rows, save

NAMES: Final = ("name_en", "name_sq", "name_sr_latn")
"""Columns of table `PLACES` for the languages of the form."""


def write(folder: Path, stops: pd.DataFrame, places: pd.DataFrame, handling: Handling) -> Path:
    """Write the form and its attachment, and return the path of the form.

    `stops`, table `FORM_STOPS`, are as `layers.planned.stops_of` gives them; `places`, table
    `PLACES`, have names in the languages of the form, and the towns that groups may come from.
    """
    known = places.set_index("id")[list(NAMES)]
    known = known.T.ffill().T
    labels, shared_label = _labels(stops, known)
    head, *fixed = rows("visit_choices")
    towns = places[places["kind"] == "town"]["id"]
    shared = [row for row in rows("form_choices") if row[0] == "needs"]
    choices = [
        [*head, "night"],
        *(["stop", *row] for row in zip(stops["name"], *labels, stops["night"], strict=True)),
        *fixed,
        *shared,
        *(["direction", town, *known.loc[town]] for town in towns),
    ]
    sheets = {"survey": list(_survey()), "choices": choices}
    areas = stops["area"].unique()
    id_ = form_id("visit", areas[0] if len(areas) else "")
    form = save(folder / VISIT_FORM, "Stop", id_, sheets, handling.line())
    attached = stops.assign(label=shared_label)
    tables.write(FORM_STOPS, attached, folder / FORM_STOPS_FILE, handling)
    return form


def _survey() -> Iterator[list[str]]:
    """Yield the rows of the survey, those of a group once for each."""
    lines = rows("visit_survey")
    first = [row[1] for row in lines].index("group_#")
    last = [row[0] for row in lines].index("end_group")
    yield from lines[:first]
    for number in range(1, FORM_GROUPS + 1):
        for row in lines[first : last + 1]:
            yield [cell.replace("#", str(number)) for cell in row]
    yield from lines[last + 1 :]


def _labels(stops: pd.DataFrame, known: pd.DataFrame) -> tuple[list[pd.Series], pd.Series]:
    """Return what a crew reads in each language, and, with all names, in the attachment."""
    shifts = {row[1]: row[2:] for row in rows("form_choices") if row[0] == "time_of_day"}
    local = pd.Series(
        [
            pd.Timestamp(at).tz_convert(zone).strftime("%H:%M")
            for at, zone in zip(stops["arrive"], stops["time_zone"], strict=True)
        ],
        index=stops.index,
    )
    vehicle, order = (stops[name].astype("string") for name in ("vehicle", "order"))
    plain = stops["shift"].str.replace("_", " ")
    names = [stops["stop"].map(known[column]).fillna(stops["stop_name"]) for column in NAMES]
    labels = []
    for number, name in enumerate(names):
        words = {shift: translated[number] for shift, translated in shifts.items()}
        shift = stops["shift"].map(words).fillna(plain)
        labels.append(local + " · " + shift + " " + vehicle + " · " + order + ". " + name)
    every = [" / ".join(dict.fromkeys(row)) for row in zip(*names, strict=True)]
    all_names = pd.Series(every, index=stops.index)
    return labels, local + " · " + vehicle + " · " + order + ". " + all_names
