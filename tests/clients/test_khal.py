"""The calendars of the vehicles in khal, a calendar for the terminal."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from tools.clients import program

CONFIG = """
[calendars]
[[patrols]]
path = {folder}/patrols
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""
ZONE = "Europe/Belgrade"


def listed(calendar: Path, folder: Path) -> list[list[str]]:
    """Return start, end, title, place and description of each event, as khal shows them."""
    (folder / "patrols").mkdir()
    config = folder / "config"
    config.write_text(CONFIG.format(folder=folder, zone=ZONE))
    khal = [program("khal", "khal"), "--config", str(config)]
    subprocess.run(
        [*khal, "import", "--batch", str(calendar)], check=True, capture_output=True
    )
    shown = "{start}|{end}|{title}|{location}|{description}<end>"
    done = subprocess.run(
        [*khal, "list", "2026-10-24", "3d", "--once", "--day-format", "", "--format", shown],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [row.strip().split("|") for row in done.stdout.split("<end>") if row.strip()]


def test_khal_shows_the_moments_of_the_timetable(night: Path, tmp_path: Path) -> None:
    events = listed(night / "patrols" / "vehicle_1.ics", tmp_path)
    plan = pd.read_csv(night / "patrol_plan.csv")
    stops = plan[(plan["vehicle"] == 1) & (plan["service_s"] > 0)].sort_values(
        "starts_at"
    )
    assert len(stops)

    def by_the_clock(moment: str) -> str:
        return (
            datetime.fromisoformat(moment)
            .astimezone(ZoneInfo(ZONE))
            .strftime("%Y-%m-%d %H:%M")
        )

    expected = [
        [by_the_clock(start), by_the_clock(end), name]
        for start, end, name in stops[["starts_at", "ends_at", "name"]]
        .to_numpy()
        .tolist()
    ]
    assert [event[:3] for event in events if event[2] in set(stops["name"])] == expected
    whole = [event for event in events if event[2].startswith("Patrol ")]
    assert len(whole) == plan[plan["vehicle"] == 1]["shift"].nunique()
    lasted = [
        datetime.fromisoformat(e[1]) - datetime.fromisoformat(e[0]) for e in events
    ]
    assert min(lasted) > timedelta()
    for event in events:
        assert event[3]
        assert "geo:" in event[4]
