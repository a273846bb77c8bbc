"""Setting up a study without an editor: what it is, its places, its parameters."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from layers import readers
from layers.complaints import UserError
from layers.files import atomic
from layers.package_data import cell_text
from mitrovica import intake, releases
from mitrovica import log as logs

if TYPE_CHECKING:
    from geo.params.descriptions import Described
    from geo.records import Layers
    from layers.readers.study import Study

TEXTS: Final = ("title", "run_by", "phone", "emergency", "credit", "snapshot")
"""Keys of `study.toml`, beside the parameters, that `change_study` changes: none names a file."""
MOST: Final = 500
"""Facilities that are shown at a time."""


@dataclass(frozen=True, kw_only=True)
class OfStudy:
    """A study that is set up."""

    folder: Path
    store: Path | None = None
    log: Path | None = None
    register: Path | None = None
    """Both find what is of a study by its title."""

    def read(self) -> Study:
        """Return the study as its files are now."""
        return readers.study.read(self.folder, self.store)


def study_shown(asked: OfStudy) -> dict[str, Any]:
    """Return what a form shows of a study: its texts, places, snapshots and parameters.

    Parameters
    ----------
    asked : OfStudy

    Returns
    -------
    dict
        Plain values; ``tables`` are `geo.params.descriptions`, each with the ``value`` of a
        parameter where the study names one, as TOML where it is a list or a table.
    """
    from geo.params.descriptions import described
    from layers.readers.osm import snapshots

    study = asked.read()
    places = study.places[["id", "kind", "name_en"]].fillna("")
    return {
        "folder": str(asked.folder),
        "texts": {key: _text(study, key) for key in TEXTS},
        "bounded": study.boundary is not None,
        "places": places.to_dict("records"),
        "chosen": readers.network.chosen(study),
        "snapshots": [
            manifest.row() for manifest in snapshots.list_all(snapshots.at(asked.store))
        ],
        "shifts": [
            {"name": shift.name, "start": shift.start, "end": shift.end}
            for shift in study.params.patrols.shifts
        ],
        "tables": [
            _table(table, study.settings.parameters.get(table.name, {}))
            for table in described()
        ],
    }


def bounds_of(path: Path) -> list[float]:
    """Return west, south, east and north of the boundary in a file, in degrees.

    Parameters
    ----------
    path : Path
        GeoJSON.

    Raises `layers.complaints.UserError` if it holds no polygon.
    """
    area = readers.areas.area_of(str(path))
    return [float(bound) for bound in area.total_bounds]


def _text(study: Study, key: str) -> str:
    """Return a text of a study, that in English where it has several."""
    value = getattr(study.settings, key) or ""
    return value if isinstance(value, str) else value.get("en", "")


def _table(table: Described, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of parameters, with what the study gives."""
    from mitrovica.intake import toml_values

    def written(kind: str, value: Any) -> Any:
        if value is None:
            return None
        if kind == "toml":
            return toml_values.inline(value)
        return str(value) if isinstance(value, date) else value

    keys = [
        vars(key)
        | {
            "default": written(key.kind, key.default),
            "value": written(key.kind, given.get(key.name)),
        }
        for key in table.keys
    ]
    return {"name": table.name, "about": table.about, "keys": keys}


def change_study(asked: OfStudy, changes: Mapping[str, Any]) -> list[str]:
    """Change values in a `study.toml`; its comments stay.

    Parameters
    ----------
    asked : OfStudy
    changes : mapping
        Values by key: one of `TEXTS`, or ``parameters.TABLE.KEY``.  A list or a table is a text as
        TOML has it, or a plain value.  None takes the key out: its default holds.

    Returns
    -------
    list of str
        The keys that changed.

    Raises `layers.complaints.UserError` with every fault; then nothing is changed.  A title stays
    once nights of the log or releases go by it.
    """
    from geo.params.descriptions import described

    path = asked.folder / "study.toml"
    study = asked.read()
    title = _text(study, "title")
    if changes.get("title", title) != title:
        _require_unused(asked, study.about.name)
    kinds = {
        f"parameters.{table.name}.{key.name}": key.kind
        for table in described()
        for key in table.keys
    }
    edits: dict[tuple[str, ...], Any] = {}
    for key, value in changes.items():
        if key not in TEXTS and key not in kinds:
            raise UserError(f"{key} cannot be set here. Fix: edit {path}")
        is_toml = kinds.get(key) == "toml" and isinstance(value, str)
        edits[_path(study, key)] = (
            intake.study_file.value_of(value) if is_toml else value
        )
    before = path.read_text("utf-8-sig")
    after = intake.study_file.edited(before, edits)
    _, params = readers.study.checked(path, tomllib.loads(after))
    depot = params.patrols.depot
    if depot and depot not in set(study.places["id"]):
        raise UserError(
            f"{depot!r} is no place of the study. Fix: choose one of its places as depot"
        )
    atomic.write_private(path, after)
    return list(changes)


def _require_unused(asked: OfStudy, title: str) -> None:
    """Raise `UserError` where nights of the log or releases are found by a title.

    Under another one a release would be compared with none before it.
    """
    nights = logs.current.areas(logs.store.read(logs.store.at(asked.log)))
    entries = releases.register.of_office(asked.register)
    where = "nights of the log" if title in nights else ""
    if title in {entry.study for entry in entries}:
        where = " and ".join(filter(None, [where, "releases"]))
    if where:
        raise UserError(
            f"{where} go by the title {title!r}. Fix: keep it, or make a study in another folder"
        )


def _path(study: Study, key: str) -> tuple[str, ...]:
    """Return where a key stands in `study.toml`; a text in several languages changes in English."""
    value = getattr(study.settings, key, None)
    several = isinstance(value, Mapping) and set(value) - {"en"}
    return (key, "en") if several else tuple(key.split("."))


def facilities(asked: OfStudy, text: str = "") -> list[dict[str, Any]]:
    """Return facilities of the study's snapshot that may become its places.

    Parameters
    ----------
    asked : OfStudy
    text : str
        A part of the name or the kind, however it is spelt.

    Returns
    -------
    list of dict
        ``id``, ``kind``, ``name``, and whether one is among its places already (``there``).
    """
    from layers.readers.spelling import holds

    study = asked.read()
    rows = _offered(study)
    there = set(study.places["id"])
    return [
        {
            "id": row["id"],
            "kind": row["kind"],
            "name": row["name"],
            "there": _id(row) in there,
        }
        for row in rows
        if holds(f"{row['name']} {row['kind']}", text)
    ][:MOST]


def _offered(study: Study) -> list[dict[str, Any]]:
    """Return facilities in the boundary of a study, none of the police or the border."""
    from geo.patrols.coverage import FACILITIES

    layers: Layers = readers.network.load(study, None)[0]
    frame = layers.facilities
    frame = frame[frame["kind"].isin(FACILITIES)]
    if study.boundary is not None:
        frame = frame[frame.within(study.boundary.union_all())]
    frame = frame.assign(
        name=frame["name"].fillna(""), lon=frame.geometry.x, lat=frame.geometry.y
    ).sort_values(["kind", "name"])
    rows = frame[["id", "kind", "name", "lon", "lat"]]
    return rows.to_dict("records")  # type: ignore[return-value]


def _id(row: Mapping[str, Any]) -> str:
    """Return the id that a facility has as a place."""
    return f"{row['kind']}_{row['id']}".replace("/", "_")


def add_places(asked: OfStudy, chosen: Sequence[str]) -> list[str]:
    """Add facilities of the snapshot to the places of a study, each once.

    Parameters
    ----------
    asked : OfStudy
    chosen : sequence of str
        Their ids.

    Returns
    -------
    list of str
        Ids of the new places.

    Raises `layers.complaints.UserError` if one is none, or `places.csv` lacks a column.
    """
    study = asked.read()
    by_id = {row["id"]: row for row in _offered(study)}
    unknown = [one for one in chosen if one not in by_id]
    if unknown:
        raise UserError(
            f"{unknown[0]} is no facility of the snapshot. Fix: load the page again"
        )
    rows = [by_id[one] for one in dict.fromkeys(chosen)]
    return _append(study, [_place(row) for row in rows])


def take_places(asked: OfStudy, name: str, data: bytes) -> list[str]:
    """Add the places of a table that was filled in to those of a study, each once.

    Parameters
    ----------
    asked : OfStudy
    name : str
        Of the file, XLSX or CSV.
    data : bytes
        Its content.

    Returns
    -------
    list of str
        Ids of the new places; those of ids that are there stay as they are.

    Raises `layers.complaints.UserError` if the table cannot be used.
    """
    from layers.readers.study.files import places as read_places

    study = asked.read()
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            table = read_places(path, study.boundary)
        except UserError as error:
            said = str(error).replace(str(path), name)
            raise UserError(said) from error
    at = {"lat": table.geometry.y.round(6), "lon": table.geometry.x.round(6)}
    plain = table.drop(columns="geometry").astype(object)
    rows = plain.where(plain.notna(), "").assign(**at).to_dict("records")
    texts = [
        {
            str(column): cell_text(cell) if isinstance(cell, str) else cell
            for column, cell in row.items()
        }
        for row in rows
    ]
    return _append(study, texts)


def _append(study: Study, places: Iterable[Mapping[str, Any]]) -> list[str]:
    """Add rows to the table of places of a study whose ids are not there; return these."""
    from layers.readers.study.files import places as read_places

    if study.settings.places is None or study.folder is None:
        raise UserError(
            'the study names no places. Fix: places = "places.csv" in study.toml'
        )
    there = set(study.places["id"])
    rows = [row for row in places if row["id"] not in there]
    path = study.folder / study.settings.places
    try:
        before = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is no text in UTF-8. Fix: save it as CSV UTF-8, and name that in study.toml"
        ) from error
    after = _with_rows(path, before, rows)
    with atomic.owner_only(), atomic.file(path) as part:
        part.write_text(after, "utf-8-sig")
        read_places(part, study.boundary)
    return [str(row["id"]) for row in rows]


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a facility as a row of table `PLACES`."""
    return {
        "id": _id(row),
        "kind": "station" if row["kind"] == "railway_station" else "public_stop",
        "name_en": cell_text(row["name"] or row["kind"].replace("_", " ")),
        "lat": f"{row['lat']:.6f}",
        "lon": f"{row['lon']:.6f}",
        "uncertainty_m": 20,
        "status": "open",
        "amenity": row["kind"],
        "source": f"OpenStreetMap {row['id']}",
    }


def _with_rows(path: Path, text: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table with more rows, in its own columns."""
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    columns = next(csv.reader([head.rstrip("\r")], delimiter=mark))
    lacking = [name for name in ("id", "kind", "lat", "lon") if name not in columns]
    if lacking:
        raise UserError(
            f"{path} has no column {lacking[0]}. Fix: name its columns {json.dumps(columns)} as "
            "places.csv of a new study does"
        )
    out = io.StringIO()
    writer = csv.DictWriter(
        out, columns, delimiter=mark, lineterminator="\n", extrasaction="ignore"
    )
    writer.writerows(rows)
    return text + "\n" * (not text.endswith("\n")) + out.getvalue()
