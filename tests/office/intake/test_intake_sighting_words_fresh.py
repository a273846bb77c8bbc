"""Headers and cells as people in Kosovo and Serbia type them, made before the list was opened.

`FIRST` was written without a look at ``sighting_words.toml``: 25 of 40 were read right, 15 asked
about.  What was cheap of these was mended after.  `LAST` was written last: 6 of 20 were read right,
12 asked about, and 2 times of day were kept as typed, which alone were mended.
"""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from mitrovica.intake.report import SightingsReport, read

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
LAST = [
    ("Dita e vëzhgimit", "14.03.2026", MARCH),
    ("Kada je viđeno", "14.3.2026.", MARCH),
    ("Кад", "14.03.2026.", MARCH),
    ("When seen", "14-Mar-2026", MARCH),
    ("Data", "14.III.2026", MARCH),
    ("Datum", "5 avg 2025", AUGUST),
    ("Grupi", "rreth 8", {"group_min": FILLED}),
    ("Grupa", "5-7 ljudi", FIVE_TO_SEVEN),
    ("Група", "5 – 7 особа", FIVE_TO_SEVEN),
    ("Persons", "between 5 and 7", FIVE_TO_SEVEN),
    ("Numri i njerëzve", "së paku 8", {"group_min": 8}),
    ("Kahja", "Juglindje", {"heading": "southeast"}),
    ("Смер кретања", "ЈЗ", {"heading": "southwest"}),
    ("Going to", "north-east", {"heading": "northeast"}),
    ("Pjesa e ditës", "pasdite", {"time_of_day": "day"}),
    ("Доба дана", "пред зору", {"time_of_day": "early_morning"}),
    ("Bagazhi", "Jo", {"luggage": "no"}),
    ("Lloji i raportit", "bisedë", {"kind": "interview"}),
    ("Gabimi", "rreth 200 m", {"uncertainty_m": 200.0}),
    ("Потребе", "вода и храна", {"needs": "water; food"}),
]


def outcome(folder: Path, header: str, cell: str, meant: dict[str, object]) -> str:
    """Return what became of a cell: read right, asked about, or read wrong."""
    row = {name: value for name, value in BASE.items() if name not in meant} | {
        header: cell
    }
    path = folder / "field.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([row.keys(), row.values()])
    return told(read(path), meant)


def told(report: SightingsReport, meant: dict[str, object]) -> str:
    if report.faults or report.ignored_columns or report.accepted.empty:
        return "asked"
    values = report.accepted.iloc[0]
    right = all(
        pd.notna(values[name]) and (value is FILLED or values[name] == value)
        for name, value in meant.items()
    )
    return "right" if right else f"wrong: {values[[*meant]].to_dict()}"


@pytest.mark.parametrize(
    ("cases", "asked"), [(FIRST, 2), (LAST, 12)], ids=["first", "last"]
)
def test_cells_are_read_right_or_asked_about(
    cases: list[tuple[str, str, dict[str, object]]], asked: int, tmp_path: Path
) -> None:
    found = Counter(outcome(tmp_path, *case) for case in cases)
    assert found == {"right": len(cases) - asked, "asked": asked}
