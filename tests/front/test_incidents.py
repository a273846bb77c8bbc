"""An incident keeps patrols away from a stop."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from studies import example

from geo.params import Params
from geo.params.patrols import PatrolParams
from layers.readers import study
from layers.readers.config import away_from

FIRST = date(2026, 12, 1)


def params(day: date | None) -> Params:
    return Params(patrols=PatrolParams(depot="d", date=day, suspend_stops=("old",)))


def test_an_incident_keeps_patrols_away_up_to_its_last_day() -> None:
    incidents = {"a": FIRST, "b": FIRST + timedelta(days=3)}
    one = away_from(params(FIRST), incidents).patrols
    assert one.suspend_stops == ("old", "a", "b")
    later = away_from(params(FIRST + timedelta(days=1)), incidents).patrols
    assert later.suspend_stops == ("old", "b")
    over = away_from(params(FIRST + timedelta(days=4)), incidents)
    assert over == params(FIRST + timedelta(days=4))
    several = away_from(params(FIRST), incidents, nights=3).patrols
    stops = [several.of_night(n).suspend_stops for n in (1, 2, 3)]
    assert stops == [("old", "b", "a"), ("old", "b"), ("old", "b")]
    without_day = away_from(params(None), incidents).patrols
    assert without_day.suspend_stops == ("old", "a", "b")


def test_an_incident_stands_in_the_study(tmp_path: Path) -> None:
    folder = example.copy(tmp_path / "study")
    with (folder / "study.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[incidents]\nstation = {FIRST}\n")
    assert study.read(folder).settings.incidents == {"station": FIRST}
