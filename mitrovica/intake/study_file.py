"""A `study.toml` with other values: its comments, its order and its other keys stay as they are.

A key that a comment shows, as ``# vehicles = 2``, is written in the comment's place.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from layers.complaints import UserError
from mitrovica.intake import toml_values

Path = tuple[str, ...]
"""A key below its tables, as ``("parameters", "patrols", "vehicles")``."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(r"^(?:# ?)?\[")


def edited(text: str, changes: Mapping[Path, Any]) -> str:
    r"""Return a `study.toml` in which keys have other values; None takes a key out.

    Raises `UserError` for a text that is no TOML, and a key that is none.

    Examples
    --------
    >>> print(edited('title = "A"\n# credit = "B"  # whom\n', {("credit",): "C"}))
    title = "A"
    credit = "C"  # whom
    <BLANKLINE>
    """
    for path, value in changes.items():
        if not all(_BARE.fullmatch(part) for part in path):
            raise UserError(f"{'.'.join(path)} is no key. Fix: load the page again")
        text = _with(text, path, value)
    return text


def value_of(text: str) -> Any:
    """Return the value that a text stands for in TOML: a list, a table, a number, a text in quotes.

    Raises `UserError` if it is none, or more than one.

    >>> value_of("[1, 2]")
    [1, 2]
    """
    try:
        found = tomlkit.parse(f"value = {text.strip()}\n").unwrap()
    except TOMLKitError as error:
        raise UserError(
            f"{text.strip()[:80]!r} is no value of TOML ({error}). Fix: such as [100, 250], "
            '["a", "b"] or { a = 1 }'
        ) from error
    if set(found) != {"value"}:
        raise UserError(
            f"{text.strip()[:80]!r} is more than one value. Fix: write one list or table"
        )
    return found["value"]


def _with(text: str, path: Path, value: Any) -> str:
    """Return the text with one key changed."""
    document = tomlkit.parse(text)
    *tables, key = path
    table: Any = document
    for name in tables:
        table = table.get(name) if hasattr(table, "get") else None
    if value is None:
        if table is None or key not in table:
            return text
        table.remove(key)
        return tomlkit.dumps(document)
    if table is None or key not in table:
        made = _with_place(text, tables, key, has_table=table is not None)
        if made == text and table is not None:
            table[key] = toml_values.item(value)
            return tomlkit.dumps(document)
        return _with(made, path, value)
    comment = getattr(table[key], "trivia", None)
    item = toml_values.item(value)
    if comment is not None:
        item.trivia.comment_ws = comment.comment_ws
        item.trivia.comment = comment.comment
    table[key] = item
    return tomlkit.dumps(document)


def _with_place(text: str, tables: list[str], key: str, *, has_table: bool) -> str:
    """Return the text with a line for a key: that of its comment, else below its table's head.

    The text as it is where the table has no line of its own.
    """
    lines = text.splitlines(keepends=True)
    head = f"[{'.'.join(tables)}]"
    first = 0
    if tables:
        heads = [
            n for n, line in enumerate(lines) if line.partition("#")[0].strip() == head
        ]
        shown = [n for n, line in enumerate(lines) if line.startswith(f"# {head}")]
        if not heads and has_table:
            return text
        if not heads and shown:
            lines[shown[0]] = lines[shown[0]].removeprefix("# ")
            heads = shown
        if not heads:
            lines += ["\n" * (not text.endswith("\n")), "\n", f"{head}\n"]
            heads = [len(lines) - 1]
        first = heads[0] + 1
    end = next(
        (n for n in range(first, len(lines)) if _HEADER.match(lines[n])), len(lines)
    )
    for number in range(first, end):
        if re.match(rf"# ?{key} = ", lines[number]):
            rest = lines[number].partition(" = ")[2]
            comment = re.search(r"\s+# .*$", rest.rstrip("\n"))
            lines[number] = f"{key} = 0{comment[0] if comment else ''}\n"
            return "".join(lines)
    if not tables:
        # After the comment with which the file begins.
        first = next(
            (n for n, line in enumerate(lines) if line[:1] not in ("#", "\n")),
            len(lines),
        )
    lines.insert(first, f"{key} = 0\n")
    return "".join(lines)
