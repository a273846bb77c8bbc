"""Headers and cells as people in Kosovo and Serbia type them, made before the list was opened.

`FIRST` was written without a look at ``sighting_words.toml``, and what was cheap in it was mended
after; `LAST` was written after that, and nothing was mended for it.
"""

import csv
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from layers.readers.sightings.report import SightingsReport, read

FILLED = "filled"
"""Expected of a column that takes any text: it is not empty."""
BASE = {
    "id": "a",
    "kind": "sighting",
    "lat": "42.8914",
    "lon": "20.8660",
    "uncertainty_m": "50",
}
MARCH = {"date_from": datetime(2026, 3, 14)}
AUGUST = {"date_from": datetime(2025, 8, 5)}
EIGHT = {"group_min": 8, "group_max": 8}
FIVE_TO_SEVEN = {"group_min": 5, "group_max": 7}

FIRST = [
    ("data e vrojtimit", "14 mars 2026", MARCH),
    ("Datum opažanja", "14.3.2026.", MARCH),
    ("Датум", "14. март 2026.", MARCH),
    ("Date seen", "14 March 2026", MARCH),
    ("data", "5 gusht 2025", AUGUST),
    ("datum", "5. avgust 2025.", AUGUST),
    ("датум запажања", "5. август 2025.", AUGUST),
    ("Madhësia e grupit", "5-7", FIVE_TO_SEVEN),
    ("Veličina grupe", "5 do 7", FIVE_TO_SEVEN),
    ("Величина групе", "од 5 до 7", FIVE_TO_SEVEN),
    ("Group size", "5 to 7", FIVE_TO_SEVEN),
    ("Numri i personave", "8", EIGHT),
    ("Broj osoba", "8", EIGHT),
    ("Број људи", "8", EIGHT),
    ("Number of people", "8", EIGHT),
    ("Sa veta", "8 veta", EIGHT),
    ("Koliko ljudi", "osam", EIGHT),
    ("Drejtimi", "veri", {"heading": "north"}),
    ("Drejtimi i lëvizjes", "jugperëndim", {"heading": "southwest"}),
    ("Smer kretanja", "severozapad", {"heading": "northwest"}),
    ("Правац кретања", "југоисток", {"heading": "southeast"}),
    ("Pravac", "ka severu", {"heading": "north"}),
    ("Direction", "SW", {"heading": "southwest"}),
    ("Smer", "SZ", {"heading": "northwest"}),
    ("Drejtimi", "VL", {"heading": "northeast"}),
    ("Doba dana", "uveče", {"time_of_day": FILLED}),
    ("Доба дана", "ноћ", {"time_of_day": FILLED}),
    ("Koha e ditës", "natën", {"time_of_day": FILLED}),
    ("Time of day", "evening", {"time_of_day": FILLED}),
    ("Bagazh", "po", {"luggage": "yes"}),
    ("Prtljag", "ne", {"luggage": "no"}),
    ("Пртљаг", "да", {"luggage": "yes"}),
    ("Lloji", "vëzhgim", {"kind": "sighting"}),
    ("Vrsta", "opažanje", {"kind": "sighting"}),
    ("Врста", "интервју", {"kind": "interview"}),
    ("Gjerësia gjeografike", "42,8921", {"lat": 42.8921}),
    ("Geografska dužina", "20,8712", {"lon": 20.8712}),
    ("Географска ширина", "42.8921", {"lat": 42.8921}),
    ("Saktësia (m)", "80", {"uncertainty_m": 80.0}),
    ("Nevojat", "ujë", {"needs": FILLED}),
]
LAST: list[tuple[str, str, dict[str, object]]] = []


def outcome(
    folder: Path, header: str, cell: str, meant: dict[str, object]
) -> str:
    """Return what became of a cell: read right, asked about, or read wrong."""
    row = {
        name: value for name, value in BASE.items() if name not in meant
    } | {header: cell}
    path = folder / "field.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([row.keys(), row.values()])
    return told(read(path), meant)


def told(report: SightingsReport, meant: dict[str, object]) -> str:
    if report.faults or report.ignored_columns or report.accepted.empty:
        return "asked"
    values = report.accepted.iloc[0]
    right = all(
        pd.notna(values[name])
        and (value is FILLED or values[name] == value)
        for name, value in meant.items()
    )
    return "right" if right else f"wrong: {values[[*meant]].to_dict()}"


@pytest.mark.parametrize(("header", "cell", "meant"), [*FIRST, *LAST])
def test_a_cell_is_read_right_or_asked_about(
    header: str, cell: str, meant: dict[str, object], tmp_path: Path
) -> None:
    assert outcome(tmp_path, header, cell, meant) in ("right", "asked")
