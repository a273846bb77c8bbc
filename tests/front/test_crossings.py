"""Information and legal aid are planned at a crossing once it was assessed, and not before."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from studies import small_study
from studies.town import write
from tools.command_line import call

from geo.params import Params
from geo.patrols.stops import not_assessed
from geo.records import AT_CROSSINGS, Assessment
from layers.complaints import UserError
from layers.readers import study
from maps.cards import cards

GATE = "crossing_hani_i_elezit"
TODAY = datetime.now(UTC).date()
LAW = (
    "need,step,service,organisation,source\n"
    "legal_aid,1,legal_aid,CRPK,report\ninformation,1,information,IOM,report\n"
)


def assessed(**changes: object) -> str:
    """Return the table of an assessment that holds."""
    keys = {
        "crossing": GATE,
        "partner": "CRPK",
        "decided_by": ["coordinator", "head of legal aid"],
        "on": TODAY - timedelta(days=3),
        "until": TODAY + timedelta(days=90),
    } | changes
    lines = [
        f"{key} = {value if key in ('on', 'until') else repr(value)}"
        for key, value in keys.items()
    ]
    return "\n".join(["[[assessed]]", *lines, "", "[title]"])


def town(folder: Path, table: str) -> Path:
    """Write the town as a study with a partner for legal aid, and an assessment."""
    folder.mkdir()
    write(folder)
    text = (folder / "study.toml").read_text("utf-8")
    text = text.replace("places = ", 'services = "law.csv"\nplaces = ', 1)
    text = text.replace("[title]", table or "[title]", 1)
    (folder / "study.toml").write_text(text, "utf-8")
    (folder / "law.csv").write_text(LAW, "utf-8")
    return folder


def visited(folder: Path) -> set[str]:
    with (folder / "patrol_plan.csv").open(encoding="utf-8") as file:
        return {row["stop"] for row in csv.DictReader(file)}


def test_a_crossing_is_planned_once_it_was_assessed(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "gate.toml").write_text(
        "[patrols]\niterations = 5\nlock_stops = [{shift = 'evening', "
        f"vehicle = 1, stops = ['{GATE}']}}]\n"
    )
    of = (
        *("plan", "--from", town_run[0], "--no-log", "--config"),
        *(tmp_path / "gate.toml", "--date", TODAY.isoformat()),
    )
    before = town(tmp_path / "before", "")
    refused = call(*of, "--study", before, "--out", tmp_path / "no")
    assert refused.exit_code == 2
    assert "not_assessed" in refused.output
    after = town(tmp_path / "after", assessed())
    done = call(*of, "--study", after, "--out", tmp_path / "yes")
    assert done.exit_code == 0, done.output
    assert GATE in visited(tmp_path / "yes")
    page = (tmp_path / "yes" / "map.html").read_text("utf-8")
    assert "Information and legal aid alone may be planned there" in page


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"crossing": "station_zvecan"}, "no crossing of the study"),
        ({"partner": "IOM"}, "gives no legal aid"),
        ({"until": TODAY + timedelta(days=400)}, "holds 184 days at most"),
        ({"decided_by": ["coordinator"]}, "decided_by"),
    ],
)
def test_an_assessment_that_nobody_could_have_made_is_refused(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    folder = town(tmp_path / "study", assessed(**changes))
    with pytest.raises(UserError, match=says):
        study.read(folder).assessed(TODAY)


def test_an_assessment_holds_from_its_day_to_its_last(tmp_path: Path) -> None:
    opened = study.read(town(tmp_path / "study", assessed()))
    for days, holds in ((-4, False), (-3, True), (90, True), (91, False)):
        found = opened.assessed(TODAY + timedelta(days=days))
        assert (GATE in found) == holds


def test_crossings_alone_need_an_assessment_on_the_night() -> None:
    found = pd.DataFrame(
        {
            "stop": ["gate", "other", "market"],
            "kind": ["crossing", "crossing", "public_stop"],
        }
    )
    gate = {"gate": Assessment("CRPK", TODAY)}
    tomorrow = TODAY + timedelta(days=1)
    assert not_assessed(found, gate, None) == ("other",)
    assert not_assessed(found, gate, TODAY) == ("other",)
    assert not_assessed(found, gate, tomorrow) == ("gate", "other")


def test_a_card_at_a_crossing_offers_information_and_legal_aid_alone() -> None:
    found, data = small_study.findings(), small_study.data()
    served = found.patrols.stops["service_s"] > 0
    stops = found.patrols.stops.copy()
    first = stops[served].index[0]
    stops.loc[first, "kind"] = "crossing"
    made = cards(
        replace(found.patrols, stops=stops), data, Params(), made=small_study.MADE
    )
    offers = [tuple(sheet["offers"]) for sheet in made.content["sheets"]]
    assert AT_CROSSINGS in offers
    assert data.about.offers in offers
