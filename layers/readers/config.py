"""Parameters from TOML: over the defaults for a run, over those of a run for a plan."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from geo.params import Params
from geo.params.patrols import SomeNights, Team
from layers.complaints import UserError, require_file
from layers.files import vault

ANALYSIS: Final = ("privacy", "corridors", "hotspots", "access")
"""Tables of parameters that a plan takes over from the run unchanged."""

LARGEST: Final = 1_000_000
"""Bytes that a file of parameters may have."""


_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def read(path: Path | None) -> dict[str, Any]:
    """Return the tables of a TOML file, with or without a byte order mark; none without a file.

    Raises `UserError` if it is not TOML in UTF-8, or larger than `LARGEST`; `FileNotFoundError`
    if there is no such file.
    """
    if path is None:
        return {}
    require_file(path)
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UserError(
            f"{path} is larger than {LARGEST:,} bytes, which no parameters are. Fix: name the TOML "
            "file of the parameters"
        )
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # Faults of TOML and of UTF-8, numbers of thousands of digits, tables nested too deep.
        raise UserError(f"{path} is not valid TOML in UTF-8: {error}") from error


def for_run(
    path: Path | None, of_study: Mapping[str, Any] = NOTHING, *, full: bool = False
) -> Params:
    """Return the parameters of a run: those of the study, what the file changes, more if `full`."""
    params = Params(**merged(of_study, read(path)))
    return params.in_full() if full else params


def for_plan(
    of_run: Mapping[str, Any],
    given: Path | Mapping[str, Any] | None,
    *,
    date: str | None = None,
    nights: int | None = None,
) -> tuple[Params, bool]:
    """Return the parameters of a plan, and whether it is for several nights.

    Parameters
    ----------
    of_run
        The parameters of the run that the plan goes on from.
    given
        TOML file that holds only what changes, or its tables.  A list replaces the whole list of
        the run, but a shift with the name of one of the run's needs to hold only what is different.
    date
        Day on which the first night begins, YYYY-MM-DD.
    nights
        How many nights; by default several where the file has a table ``[fortnight]``.  The least
        number of visits to advised places grows and falls with them, unless the file has one.

    Raises
    ------
    UserError
        If the file is not TOML or changes a parameter of the analysis, or the date has another
        form.
    pydantic.ValidationError
        With every fault of a value.
    """
    changes = dict(given) if isinstance(given, Mapping) else read(given)
    # What a scenario says beside its parameters is for `plan --compare`.
    changes.pop("scenario", None)
    if date is not None:
        if not _ISO_DAY.fullmatch(date):
            raise UserError(
                f"--date {date}: a day is written YYYY-MM-DD. Fix: such as --date 2026-11-30"
            )
        changes = merged(changes, {"patrols": {"date": date}})
    if nights is not None:
        changes = merged(changes, {"fortnight": {"nights": nights}})
    several = changes.get("fortnight", {})
    if isinstance(several, Mapping) and isinstance(several.get("nights"), int):
        before = of_run["fortnight"]
        visits = -(-before["advised_visits"] * several["nights"] // before["nights"])
        changes = merged({"fortnight": {"advised_visits": visits}}, changes)
    changed, run = Params(**merged(of_run, changes)), Params(**of_run)
    tables = [name for name in ANALYSIS if getattr(run, name) != getattr(changed, name)]
    if tables:
        named = ", ".join(f"[{name}]" for name in tables)
        raise UserError(
            f"{named} changes the analysis, which a plan does not do again. Fix: take it out, or "
            "use the file with `mitrovica run --config`"
        )
    return changed, "fortnight" in changes and changed.fortnight.nights > 1


def away_from(
    params: Params, incidents: Mapping[str, datetime.date], nights: int = 1
) -> Params:
    """Return parameters by which no patrol stops where there was an incident, up to its last day.

    Parameters
    ----------
    params
        Of a plan; where it has no day, every incident counts.
    incidents
        Ids of stops, and the last day of each.
    nights
        How many nights are planned.
    """
    first = params.patrols.date
    by_nights: dict[int, list[str]] = {}
    for stop, last in incidents.items():
        away = nights if first is None else (last - first).days + 1
        by_nights.setdefault(min(away, nights), []).append(stop)
    always = by_nights.pop(nights, [])
    some = [
        SomeNights(tuple(range(1, away + 1)), suspend_stops=tuple(stops))
        for away, stops in by_nights.items()
        if away > 0
    ]
    patrols = replace(
        params.patrols,
        suspend_stops=(*params.patrols.suspend_stops, *always),
        some_nights=(*params.patrols.some_nights, *some),
    )
    return replace(params, patrols=patrols)


def team(path: Path | None) -> Team:
    """Return who works on patrols, ``[patrols]`` of a file that goes into no run.

    By default the file in the user's data folder.  Raises FileNotFoundError if there is none,
    `UserError` if it is not TOML, or with every value that cannot be used.
    """
    path = path or vault.folder() / "people.toml"
    patrols = read(path).get("patrols", {})
    if "people" not in patrols or not set(patrols) <= {"people", "duty"}:
        raise UserError(
            f"{path} holds other than [[patrols.people]] and [patrols.duty]. Fix: a table for each "
            "person, with role and languages, and nothing else"
        )
    try:
        return TypeAdapter(Team).validate_python(patrols)
    except ValidationError as error:
        # The value is not repeated: it may be a name.
        faults = (
            f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        )
        raise UserError("\n".join(faults)) from error


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested tables with changes laid over them.

    >>> merged({"patrols": {"vehicles": 2, "seed": 20}}, {"patrols": {"vehicles": 3}})
    {'patrols': {'vehicles': 3, 'seed': 20}}
    """
    tables = dict(base)
    for key, value in changes.items():
        old = base.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            tables[key] = merged(old, value)
        elif key == "shifts" and isinstance(old, list) and isinstance(value, list):
            tables[key] = [_with_defaults(old, shift) for shift in value]
        else:
            tables[key] = value
    return tables


def _with_defaults(shifts: list[Any], changes: Any) -> Any:
    """Return a shift: the one of the same name with the changes, or a new one."""
    if not isinstance(changes, Mapping):
        return changes
    same = [shift for shift in shifts if shift["name"] == changes.get("name")]
    return {**(same[0] if same else {}), **changes}
