"""Commands of one word and of two, made of functions that take one record.

The first word alone is a command, too: `mitrovica plan` plans, `mitrovica plan check` checks.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import Signature, getdoc
from pathlib import Path
from typing import Any, Final, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from layers.complaints import UserError, complaint
from layers.package_data import command as command_line
from mitrovica.options import parameters_of
from mitrovica.terminal.console import complain

SEVERAL: Final = ("compare",)
"""Options behind which all values stand that follow, as in ``--compare ONE OTHER``."""

_SECTION: Final = re.compile(r"\n\n(?:Parameters|Returns|Raises|Examples)\b")
"""Where help ends in a docstring."""

ON_FOLDERS: Final = ("init", "run")
"""Commands whose first argument is a folder, which may have the name of a second word."""


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one plain message; let every other one through."""
    try:
        yield
    except KeyboardInterrupt:
        complain(["Stopped. The results of earlier commands are whole."])
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:
        lines = complaint(error)
        if not lines:
            raise
        complain(lines)
        raise typer.Exit(2) from error


class Commands(TyperGroup):
    """All commands; their errors are plain messages where the user can mend them."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        with plain_errors():
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands of one word, which the first help names."""
        del ctx
        return [name for name in self.commands if " " not in name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what commands of one word do, and the names of the others."""
        super().format_commands(ctx, formatter)
        seconds: dict[str, list[str]] = {}
        for name in self.commands:
            first, _, second = name.partition(" ")
            if second:
                seconds.setdefault(first, []).append(second)
        rows = [(first, ", ".join(words)) for first, words in seconds.items()]
        with formatter.section("Commands of two words"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called, by two words or by one, and what is left."""
        two_words = " ".join(args[:2])
        if len(args) > 1 and two_words in self.commands:
            _require_no_study(*args[:2])
            return two_words, self.commands[two_words], args[2:]
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """A command; its help names those that begin with its name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read options and arguments; say where a second word belongs that stands behind them."""
        given = [*args]
        try:
            return super().parse_args(ctx, self._spread(args))
        except Exception:
            for place, word in enumerate(given):
                if f"{self.name} {word}" in ctx.parent.command.commands:
                    rest = (*given[place + 1 :], *given[:place])
                    line = command_line(*str(self.name).split(), word, *rest)
                    fault = f"{given[0]} goes behind the command. Fix: {line}"
                    raise UserError(fault) from None
            raise

    def _spread(self, args: list[str]) -> list[str]:
        """Return arguments with an option of `SEVERAL` before each value that stands behind it."""
        several = [
            f"--{option.name}"
            for option in self.params
            if option.name in SEVERAL and getattr(option, "multiple", False)
        ]
        spread, last = [], ""
        for arg in args:
            if arg.startswith("-"):
                last = arg if arg in several else ""
                spread += [] if last else [arg]
            else:
                spread += [last, arg] if last else [arg]
        return spread

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write options and arguments, then the commands that begin with the name of this one."""
        super().format_options(ctx, formatter)
        commands = ctx.parent.command.commands
        names = [name for name in commands if name.startswith(f"{self.name} ")]
        if not names:
            return
        width = formatter.width - 6 - max(map(len, names))
        rows = [(name, commands[name].get_short_help_str(width)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _require_no_study(first: str, second: str) -> None:
    """Raise an error where the second word of a command is a study's folder here, too."""
    if first in ON_FOLDERS and (Path(second) / "study.toml").is_file():
        raise UserError(
            f"`{first} {second}` is a command, and {second} a study in this folder. "
            f"Fix: {command_line(first, f'./{second}')} for the study; for the command change "
            "to another folder"
        )


Tell = Callable[..., Any]
"""A function of the story: it takes a record, and maybe who hears of the work."""


def add(
    app: typer.Typer, name: str, tell: Tell, answer: Callable[[Tell, Any], None]
) -> None:
    """Add a command of one word or two: each field of its record is an option or an argument.

    Parameters
    ----------
    app : typer.Typer
    name : str
    tell : callable
        Its docstring up to the sections is the help; ``asked`` is its record.
    answer : callable
        Takes `tell` and the record.
    """
    record = get_type_hints(tell)["asked"]
    parameters = parameters_of(record)

    def called(**values: Any) -> None:
        answer(tell, record(**values))

    called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {
        parameter.name: parameter.annotation for parameter in parameters
    }
    text, *_ = _SECTION.split(str(getdoc(tell)))
    app.command(name, cls=Command, help=text)(called)
