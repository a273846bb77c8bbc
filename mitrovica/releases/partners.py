"""The office's list of partners: who may have more than everybody, for what, until when.

It is `partners.toml` beside the register, and two roles of the office decide on each name::

    [[partners]]
    organisation = "Doctors without Borders"
    kind = "health"                 # health, legal, shelter, protection, research
    tier = "partner"
    purpose = "health"
    decided_by = ["coordinator", "data protection officer"]
    until = 2027-05-31              # at most six months ahead
    onward_transfer = false

Everyone else gets the public tier, whatever the name.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import tomlkit
from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from geo.params.types import CHECKED
from layers.complaints import UserError
from layers.files import atomic, vault
from layers.files.handling import Release
from layers.readers import config
from mitrovica.masks.tiers import PURPOSES
from mitrovica.releases.recipients import enforces, folded, one_line

if TYPE_CHECKING:
    from mitrovica.releases.register import Entry

FILE: Final = "partners.toml"
LONGEST_DAYS: Final = 184
"""Six months: so long a name stays on the list before two roles decide again."""
RULE: Final = (
    "Only recipients on the office's list get the partner tier, and hours of stops; two roles of "
    "the office decide on each name, for one purpose and for six months at most. Everyone else "
    "gets the public tier, whatever the name. Police, border, migration and other authorities that "
    "stop or return people are never on the list, and get no stop and no hour."
)

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
]


def _helps(name: str) -> str:
    """Refuse a name that looks like that of enforcement, and one of several lines."""
    if not one_line(name):
        raise ValueError("a name of one line is needed")
    if enforces(name):
        raise ValueError(
            "this looks like police, border guard or another authority that stops or returns "
            "people, or hides behind letters of two scripts: it is never on the list. Fix: take "
            "it out; everyone may have a public release"
        )
    return name


def _two(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what are not two roles."""
    if len({folded(role) for role in roles}) != len(roles) or len(roles) != 2:
        raise ValueError("two different roles of the office decide")
    return roles


@dataclass(frozen=True, config=CHECKED)
class Partner:
    """One organisation on the list."""

    organisation: Annotated[Line, AfterValidator(_helps)]
    kind: Literal["health", "legal", "shelter", "protection", "research"]
    tier: Literal["partner", "public"]
    purpose: Literal[PURPOSES]  # type: ignore[valid-type]
    decided_by: Annotated[tuple[Line, ...], AfterValidator(_two)]
    until: date
    """Last day on the list."""
    onward_transfer: Literal[False]


def at(register: Path) -> Path:
    """Return the file of the list, beside a register."""
    return register.with_name(FILE)


def read(path: Path, today: date) -> list[Partner]:
    """Return the list; an empty one where there is no file.

    Raises `UserError` with every fault of it: a name that looks like enforcement, a name that
    stands twice, a day more than six months ahead.
    """
    return _checked(path, config.read(path) if path.exists() else {}, today)


def enter(path: Path, partner: Mapping[str, Any], today: date) -> None:
    """Enter an organisation in the list, in place of one of its name; errors as `read`."""
    with vault.changing(path):
        document = _document(path)
        rows = _without(document, str(partner.get("organisation", "")))
        _write(path, document, [*rows, dict(partner)], today)


def take_out(path: Path, name: str, today: date) -> None:
    """Take an organisation out of the list; what it has is then to be recalled (`to_recall`)."""
    with vault.changing(path):
        document = _document(path)
        _write(path, document, _without(document, name), today)


def _document(path: Path) -> tomlkit.TOMLDocument:
    """Return the list as it is written, with its comments."""
    text = path.read_text("utf-8-sig") if path.exists() else ""
    return tomlkit.parse(text)


def _without(document: tomlkit.TOMLDocument, name: str) -> list[Any]:
    """Return the rows of all others."""
    return [
        row
        for row in document.get("partners", [])
        if folded(str(row.get("organisation", ""))) != folded(name)
    ]


def _write(
    path: Path, document: tomlkit.TOMLDocument, rows: list[Any], today: date
) -> None:
    """Write the list with these rows, once all of it is good."""
    tables = tomlkit.aot()
    for row in rows:
        tables.append(tomlkit.item(row))
    document["partners"] = tables
    text = tomlkit.dumps(document)
    _checked(path, tomllib.loads(text), today)
    atomic.write(path, text)


def _checked(path: Path, content: Mapping[str, Any], today: date) -> list[Partner]:
    """Return the partners of a list that is as it should be; errors as `read`."""
    if set(content) - {"partners"}:
        raise UserError(
            f"{path} holds more than [[partners]]. Fix: a table for each organisation"
        )
    try:
        partners = TypeAdapter(list[Partner]).validate_python(
            content.get("partners", [])
        )
    except ValidationError as error:
        raise UserError(
            "\n".join(f"{path}: {_fault(fault)}" for fault in error.errors())
        ) from error
    latest = today + timedelta(days=LONGEST_DAYS)
    seen: set[str] = set()
    for partner in partners:
        name = folded(partner.organisation)
        if partner.until > latest:
            raise UserError(
                f"{path}: {partner.organisation}: until {partner.until} is more than six "
                f"months ahead. Fix: {latest} at the latest; then two roles decide again"
            )
        if name in seen:
            raise UserError(
                f"{path}: {partner.organisation} stands twice. Fix: take one out"
            )
        seen.add(name)
    return partners


def listed(partners: Iterable[Partner], name: str, today: date) -> Partner | None:
    """Return the partner of this name, if its time on the list is not over."""
    same = (
        partner for partner in partners if folded(partner.organisation) == folded(name)
    )
    return next((partner for partner in same if today <= partner.until), None)


def lowered(terms: Release, wanted: str, path: Path) -> list[str]:
    """Return why a recipient gets another tier than the one wanted; nothing otherwise."""
    if wanted == terms.tier:
        return []
    if enforces(terms.to):
        why = "reads like an authority that stops or returns people"
    else:
        why = f"is not on the office's list today ({path})"
    return [f"{terms.to} {why}: it gets the public tier, not {wanted!r}."]


def to_recall(
    entries: Iterable["Entry"], partners: Iterable[Partner], today: date
) -> list[str]:
    """Return a line for each release that a partner holds who is not on the list any more."""
    on_list = list(partners)
    return [
        f"{entry.to} is not on the list of partners any more. Fix: mitrovica release recall "
        f"{entry.id}"
        for entry in entries
        if entry.tier == "partner"
        and not entry.recalled
        and today <= entry.until
        and listed(on_list, entry.to, today) is None
    ]


def _fault(fault: Any) -> str:
    """Return what is wrong with a value of the list, and where."""
    names = (
        f"partner {key + 1}" if isinstance(key, int) else key
        for key in fault["loc"][:2]
    )
    what = fault["msg"].removeprefix("Value error, ")
    value = (
        "" if fault["type"] == "missing" else f" found {str(fault['input'])[:80]!r}."
    )
    return f"{', '.join(names)}:{value} {what}"
