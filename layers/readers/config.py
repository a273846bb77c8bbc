"""Parameters from TOML: over the defaults for a run, over those of a run for a plan."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from geo import params
from geo.params import Params

ANALYSIS: Final = ("privacy", "corridors", "hotspots", "movement", "access")
"""Tables of parameters that a plan takes as the run left them."""


LARGEST: Final = 1_000_000
"""Bytes that a file of parameters may have."""


class ConfigError(ValueError):
    """Parameters that cannot be read, or not be used here."""


def read(path: Path | None) -> dict[str, Any]:
    """Return the tables of a TOML file; none without a file.

    A byte order mark, which editors of some systems write, is passed over.

    Raises
    ------
    ConfigError
        If it is not TOML in UTF-8, or larger than `LARGEST`.
    """
    if path is None:
        return {}
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ConfigError(
            f"{path} is larger than {LARGEST:,} bytes, which no parameters are. Fix: name the TOML "
            "file of the parameters"
        )
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # Faults of TOML and of UTF-8, numbers of thousands of digits, tables nested too deep.
        raise ConfigError(f"{path} is not valid TOML in UTF-8: {error}") from error


def for_run(path: Path | None) -> Params:
    """Return the parameters of a run: the defaults, and what the file changes of them."""
    return params.from_mapping(read(path))


def for_plan(
    of_run: Mapping[str, Any],
    path: Path | None,
    *,
    date: str | None = None,
    nights: int | None = None,
) -> tuple[Params, bool]:
    """Return the parameters of a plan, and whether it is for several nights.

    Parameters
    ----------
    of_run : mapping
        The parameters of the run that the plan goes on from, as its manifest holds them.
    path : pathlib.Path, optional
        TOML; it holds only what changes.  A list stands for the whole list of the run, but a
        shift that is called like one of the run's needs to say only what is different.
    date : str, optional
        The day on which the first night begins, YYYY-MM-DD.
    nights : int, optional
        Without it several nights are planned where the file has a table ``[fortnight]``.  Where
        there are other nights than in the run, the least number of visits to advised places is
        that of as many nights, unless the file says another.

    Raises
    ------
    ConfigError
        If the file is not TOML, or changes what only a run reckons.
    pydantic.ValidationError
        Holds every fault of a value.
    """
    changes = read(path)
    if date is not None:
        changes = _over(changes, {"patrols": {"date": date}})
    if nights is not None:
        changes = _over(changes, {"fortnight": {"nights": nights}})
    several = changes.get("fortnight", {})
    if isinstance(several, Mapping) and isinstance(several.get("nights"), int):
        fewer = _in_proportion(of_run["fortnight"], several["nights"])
        changes = _over({"fortnight": fewer}, changes)
    changed = params.from_mapping(_over(of_run, changes))
    _refuse_analysis(params.from_mapping(of_run), changed)
    return changed, "fortnight" in changes and changed.fortnight.nights > 1


def _over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested tables with changes laid over them."""
    merged = dict(base)
    for key, value in changes.items():
        old = base.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = _over(old, value)
        elif key == "shifts" and isinstance(old, list) and isinstance(value, list):
            merged[key] = [_named(old, shift) for shift in value]
        else:
            merged[key] = value
    return merged


def _in_proportion(fortnight: Mapping[str, Any], nights: int) -> dict[str, int]:
    """Return the visits to advised places that so many nights have part in."""
    visits = fortnight["advised_visits"] * nights
    return {"advised_visits": -(-visits // fortnight["nights"])}


def _named(shifts: list[Any], changes: Any) -> Any:
    """Return a shift: the one of the same name with the changes, or a new one."""
    if not isinstance(changes, Mapping):
        return changes
    same = [shift for shift in shifts if shift["name"] == changes.get("name")]
    return {**(same[0] if same else {}), **changes}


def _refuse_analysis(of_run: Params, changed: Params) -> None:
    """Refuse parameters that only a run can follow."""
    tables = [name for name in ANALYSIS if getattr(of_run, name) != getattr(changed, name)]
    if tables:
        named = ", ".join(f"[{name}]" for name in tables)
        raise ConfigError(
            f"{named} changes the analysis, which a plan does not do again. Fix: take it out, or "
            "use the file with `mitrovica run --config`"
        )
