"""What a folder tells of people: words, days, months, sizes, ids, and what a hash confirms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import shapely

from attack.folder import Folder
from attack.planted import Planted
from layers.schema import METRIC, RECORDS

NAMES = {c.name for c in RECORDS.columns if c.sensitive} - {"place", "note", "needs"} | {
    "group_min",
    "group_max",
}
"""Columns that describe people; the three left out are columns of other tables too."""

HASHES = ("md5", "sha1", "sha256")

HEX = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])")
"""What may be an MD5, a SHA-1 or a SHA-256."""

MONTHS = {
    4: ("April", "prill", "april", "април"),
    5: ("May", "maj", "maj", "мај"),
    6: ("June", "qershor", "jun", "јун"),
    7: ("July", "korrik", "jul", "јул"),
}
"""Names of the planted months in the languages of the map."""

NAMED_DAY = re.compile(rf"(\d+)\.? ({'|'.join(sum(MONTHS.values(), ()))})\b(?: (\d{{4}}))?")
"""A day, its month and, where there is one, its year."""


def words(folder: Folder, planted: Planted) -> list[str]:
    """Return the planted words, ids, names of files and days that stand in any file."""
    forms = [(word, word) for word in (*planted.words, *planted.ids, planted.file_name)]
    forms += [(form, f"day {day}") for day in planted.days for form in _day_forms(day)]
    found = [f"a file is called {n}" for n in folder.content if planted.file_name in n]
    for name, raw in folder.content.items():
        for code in ("utf-8", "utf-16-le"):
            found += [f"{name}: {what}" for form, what in forms if form.encode(code) in raw]
            named = set(NAMED_DAY.findall(raw.decode(code, "ignore")))
            found += [f"{name}: day {day}" for day in planted.days if _names(day) & named]
    return found


def _day_forms(day: date) -> set[str]:
    """Return how a day may be written in figures."""
    return {
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%d/%m/%Y}",
        f"{day:%d.%m.%Y}",
        f"{day:%m/%d/%Y}",
        f"{day.day}.{day.month}.{day.year}",
    }


def _names(day: date) -> set[tuple[str, str, str]]:
    """Return day, name of the month and year, or no year, as they may be written."""
    years = (str(day.year), "")
    return {(str(day.day), name, year) for name in MONTHS[day.month] for year in years}


def columns(folder: Folder, planted: Planted) -> list[str]:
    """Return the columns about people that any table or text has."""
    found = [
        f"{name}: column {key}"
        for name, text in folder.texts.items()
        for key in NAMES
        if f'"{key}"' in text or re.search(rf"(?m)^(?:.*[,;\t])?{key}(?:[,;\t]|$)", text)
    ]
    return found + [
        f"mitrovica.gpkg: column {key} of {name}"
        for name, table in folder.tables.items()
        for key in NAMES & set(table.columns)
    ]


def months(folder: Folder, planted: Planted) -> list[str]:
    """Return the months that a file tells and no row of the table of sightings does."""
    table = folder.sightings
    in_rows: set[str] = set()
    for period in table["period"].dropna():
        year, part = str(period).split("-")
        quarter = int(part[1:]) if part.startswith("Q") else None
        numbers = [int(part)] if quarter is None else [3 * quarter - 2, 3 * quarter]
        in_rows |= {f"{year}-{number:02d}" for number in numbers}
    found = []
    for name, text in folder.texts.items():
        for year in {day.year for day in planted.days}:
            seen = set(re.findall(rf"\b{year}-(?:0[1-9]|1[0-2])\b", text))
            for number, named in MONTHS.items():
                if any(re.search(rf"\b{n} {year}\b", text) for n in named):
                    seen.add(f"{year}-{number:02d}")
            found += [f"{name}: month {month}" for month in sorted(seen - in_rows)]
    return found


def sizes(folder: Folder, planted: Planted) -> list[str]:
    """Return the exact number of persons that the densities add up to."""
    size = planted.of_kind("sighting")["group_min"]
    n, persons = len(size), int(size.sum())
    totals: dict[str, float] = {}
    lixels = folder.layer("lixels")
    if not lixels.empty:
        length_km = shapely.length(lixels.to_crs(METRIC).geometry.values) / 1000
        totals["layers/lixels.geojson"] = float((lixels["density_per_km"] * length_km).sum())
    raster = folder.raster("density")
    if raster is not None:
        values, x, _ = raster
        totals["rasters/density.tif"] = float(np.nansum(values) * (abs(x[1] - x[0]) / 1000) ** 2)
    return [
        f"{name}: {total:.0f} persons"
        for name, total in totals.items()
        if abs(total - persons) < 0.004 * persons and abs(total - n) > 0.5
    ]


def digests(folder: Folder, planted: Planted) -> list[str]:
    """Return the fingerprints of the file of sightings: each confirms a guess of its rows."""
    found = [f"hash of {guess[-60:]!r}" for guess in confirmed(folder, [planted.csv])]
    return found + [
        f"{name}: size of the input"
        for name, raw in folder.texts.items()
        if name.endswith(".json")
        for entry in _entries(json.loads(raw))
        if entry.get("bytes") == len(planted.csv)
        and not (folder.path / str(entry.get("file", "-"))).is_file()
    ]


def confirmed(folder: Folder, guesses: Iterable[bytes]) -> list[bytes]:
    """Return the guesses of a file whose hash stands in the folder, and is of no file there."""
    own = {hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.files}
    others = set(HEX.findall("\n".join(folder.texts.values()).lower())) - own
    return [
        guess
        for guess in guesses
        if any(hashlib.new(name, guess).hexdigest() in others for name in HASHES)
    ]


def _entries(value: Any) -> Iterable[dict[str, Any]]:
    """Return all objects of a JSON document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner)
