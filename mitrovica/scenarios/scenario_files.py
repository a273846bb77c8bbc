"""Scenarios: files of parameters that say what the office would do, never what people would."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from geo.params import Params, PatrolParams
from geo.params.types import hint
from layers.complaints import UserError
from layers.readers import config

SCENARIOS: Final = "scenarios"
"""Folder of the study's scenarios, for `plan --compare`."""
OFFICE: Final = ("patrols", "speeds")
"""Tables of parameters that a scenario may change."""
OWN: Final = "scenario"
"""The table that is a scenario's own."""
KEYS: Final = ("assumed", "open", "closed")

_OF_PEOPLE: Final = re.compile(
    r"cross|border|gate|train|rail|people|person|flow|entr|exit"
)
WHY: Final = (
    "a scenario says what the office would do. It closes no crossing and takes no train or way "
    "from people, and changes nothing of their flows or need: how they would move then nobody "
    "knows, and a guess would serve pursuit. Fix: take it out"
)


@dataclass(frozen=True)
class ScenarioFile:
    """What a file of a scenario says."""

    name: str
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that change, as `layers.readers.config.for_plan` takes them."""
    assumed: str = ""
    """What is assumed, in words."""
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def changes(self) -> list[str]:
        """What changes, a line a key."""
        lines = [f"{key} = {value}" for key, value in _leaves(self.tables)]
        for key, places in (("open", self.opened), ("closed", self.closed)):
            if places:
                lines.append(f"{key}: {', '.join(places)}")
        return lines


def read(given: Path, study: Path) -> ScenarioFile:
    """Read a scenario: a file, or the name of one in the study's `SCENARIOS`.

    Raises `UserError` if there is none, or with every key that a scenario may not have.
    """
    path = given
    if not path.is_file():
        path = study / SCENARIOS / f"{given.name.removesuffix('.toml')}.toml"
    if not path.is_file():
        names = [file.stem for file in sorted((study / SCENARIOS).glob("*.toml"))]
        raise UserError(
            f"{given} is no scenario: neither a file, nor a name in {study / SCENARIOS}. "
            f"{hint([given.stem], names)} Fix: such as scenarios/winter.toml in the study"
        )
    tables = config.read(path)
    own = tables.pop(OWN, {})
    faults = [*_faults(tables), *_faults_of_own(own)]
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
    return ScenarioFile(
        path.stem,
        tables,
        own.get("assumed", ""),
        tuple(own.get("open", ())),
        tuple(own.get("closed", ())),
    )


def _faults(tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of the parameters is not the office's to change."""
    of_params = [entry.name for entry in fields(Params)]
    of_patrols = [entry.name for entry in fields(PatrolParams)]
    for name in tables:
        if name in OFFICE:
            continue
        if name == "fortnight":
            yield "[fortnight]: one night is compared. Fix: take it out"
        elif name in of_params or _OF_PEOPLE.search(name):
            yield f"[{name}]: {WHY}"
        else:
            yield f"[{name}]: there is no such table. {hint([name], (*OFFICE, OWN))}"
    for name in OFFICE:
        for key, _ in _leaves(tables.get(name, {})):
            if _OF_PEOPLE.search(key) and key not in of_patrols:
                yield f"{name}.{key}: {WHY}"


def _faults_of_own(own: Any) -> Iterator[str]:
    """Yield what is wrong with the table of a scenario's own."""
    if not isinstance(own, Mapping):
        yield f"[{OWN}]: a table is needed, with {', '.join(KEYS)}"
        return
    for key, value in own.items():
        if key not in KEYS:
            why = WHY if _OF_PEOPLE.search(key) else hint([key], KEYS)
            yield f"{OWN}.{key}: {why}"
        elif key == "assumed":
            if not isinstance(value, str) or not value.isprintable():
                yield f"{OWN}.{key}: a text of one line is needed"
        elif not isinstance(value, list) or not all(
            isinstance(place, str) for place in value
        ):
            yield f"{OWN}.{key}: found {value!r}, a list of ids of places is needed"


def _leaves(tables: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key with the tables above it, and its value."""
    if not isinstance(tables, Mapping):
        return
    for key, value in tables.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value
