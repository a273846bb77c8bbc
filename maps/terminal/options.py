"""The options of the command line; their help texts are in ``maps/assets/options.toml``."""

import tomllib
from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from functools import wraps
from importlib import resources
from inspect import Parameter, Signature
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer
from typer.models import OptionInfo

from layers import shipped

_HELP: Final = tomllib.loads(
    resources.files("maps").joinpath("assets", "options.toml").read_text("utf-8")
)


def day(text: str) -> date:
    """Read a day; raises typer.BadParameter where it is written otherwise."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        fix = "a day is written YYYY-MM-DD. Fix: such as 2026-11-30"
        raise typer.BadParameter(f"{text}: {fix}") from error


Version = Annotated[bool, typer.Option("--version", help=_HELP["version"])]

# Options of the small commands

Store = Annotated[Path | None, typer.Option("--store", help=_HELP["store"])]
Study = Annotated[Path | None, typer.Option("--study", help=_HELP["study"])]
LogFile = Annotated[Path | None, typer.Option("--log", help=_HELP["log"])]
FormFile = Annotated[Path, typer.Argument(help=_HELP["form_file"])]
LogInputs = Annotated[list[Path], typer.Argument(help=_HELP["log_inputs"])]
WrongTracks = Annotated[list[Path], typer.Argument(help=_HELP["wrong_tracks"])]
LogCopy = Annotated[Path, typer.Argument(help=_HELP["log_copy"])]
OtherLog = Annotated[Path, typer.Argument(help=_HELP["other_log"])]
Before = Annotated[date, typer.Option(parser=day, metavar="DAY", help=_HELP["before"])]
Register = Annotated[Path | None, typer.Option(help=_HELP["register"])]
Recall = Annotated[str, typer.Argument(metavar="ID", help=_HELP["recall"])]
Note = Annotated[Path | None, typer.Option("--out", help=_HELP["note"])]


def group(app: typer.Typer, name: str, *, no_args_is_help: bool = False) -> typer.Typer:
    """Return a group of commands of `app`, each called by the name of the group and its own."""
    made = typer.Typer(
        help=_HELP["groups"][name],
        no_args_is_help=no_args_is_help,
        rich_markup_mode=None,
    )
    app.add_typer(made, name=name)
    return made


# Options of the others, a class each

T = TypeVar("T")


def command(
    app: typer.Typer, options: type[T], name: str | None = None
) -> Callable[[Callable[[T], None]], Callable[..., None]]:
    """Return what adds a function to `app` as a command: each field of `options` is an option.

    It is called as the field, and has the help text of that name.
    """
    hints = get_type_hints(options, include_extras=True)
    given = [_given(options, one, hints[one.name]) for one in fields(options)]  # type: ignore[arg-type]

    def command_of(function: Callable[[T], None]) -> Callable[..., None]:
        @wraps(function)
        def command(**values: Any) -> None:
            function(options(**values))

        command.__signature__ = Signature(given)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in given}
        return app.command(name)(command)

    return command_of


def _given(options: type, one: Field[Any], hint: Any) -> Parameter:
    """Return a field as a parameter that typer makes an option or an argument of."""
    kind, *info = (
        get_args(hint) if get_origin(hint) is Annotated else (hint, typer.Option())
    )
    about = copy(info[0])
    if isinstance(about, OptionInfo):
        name = f"--{one.name.strip('_').replace('_', '-')}"
        about.param_decls = (name, *(about.param_decls or ()))
    texts = (_HELP.get(base.__name__, {}) for base in options.__mro__)
    about.help = (
        next((own[one.name] for own in texts if one.name in own), None)
        or _HELP[one.name]
    )
    default = Parameter.empty if one.default is MISSING else one.default
    annotation = Annotated[kind, about]  # type: ignore[valid-type]
    return Parameter(
        one.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


@dataclass(frozen=True, kw_only=True)
class Init:
    """Options of `init`."""

    folder: Annotated[Path, typer.Argument()]
    area: str | None = None
    title: str | None = None
    cache: Path | None = None


@dataclass(frozen=True, kw_only=True)
class PrintMap:
    """Options of `map`."""

    from_: Path = Path("out")
    pdf: Path | None = None
    paper: str = "a4"
    language: str | None = None
    crew: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files of sightings are read."""

    study: Path | None = None
    store: Path | None = None
    drop_personal: bool = False
    decimal: str | None = None
    dates: str | None = None
    sheet: str | None = None

    @property
    def unclear(self) -> tuple[bool, str | None, str | None, str | None]:
        """What the user says where a file is not clear: the first of `cells.Options`."""
        return self.drop_personal, self.decimal, self.dates, self.sheet


@dataclass(frozen=True, kw_only=True)
class OnStudy(Reading):
    """What `run` and `measure` take."""

    folder: Annotated[Path | None, typer.Argument()] = None
    sightings: list[Path] | None = None
    snapshot: str | None = None
    config: Path | None = None
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS")] = None
    workers: Annotated[int | None, typer.Option(min=1)] = None

    @property
    def named(self) -> Path | None:
        """The folder of the study; raises typer.BadParameter where two are named."""
        if self.folder and self.study:
            two = f"two studies, {self.folder} and {self.study}"
            raise typer.BadParameter(f"{two}. Fix: name one of them")
        return self.folder or self.study

    @property
    def check(self) -> str:
        """The command that reports on the same files row by row."""
        return shipped.command(
            "sightings",
            "check",
            *self.sightings or (),
            study=self.named,
            store=self.store,
            decimal=self.decimal,
            dates=self.dates,
            sheet=self.sheet,
            drop_personal=self.drop_personal,
        )


@dataclass(frozen=True, kw_only=True)
class Run(OnStudy):
    """Options of `run`."""

    out: Path = Path("out")
    full: bool = False
    tiles: bool = False
    duplicates: Literal["keep", "merge"] = "keep"
    log: Path | None = None
    no_log: bool = False
    formats: Annotated[str, typer.Option(metavar="LIST")] = ""
    quiet: Annotated[bool, typer.Option("-q")] = False

    @property
    def another_night(self) -> str:
        """The command that plans another night."""
        where = {"from_": self.out, "study": self.named, "store": self.store}
        return shipped.command("plan", **where, log=self.log, no_log=self.no_log)


@dataclass(frozen=True, kw_only=True)
class Measure(OnStudy):
    """Options of `measure`."""

    out: Path = Path("measured")


@dataclass(frozen=True, kw_only=True)
class OnRun:
    """What `plan` and `check-plan` take of an earlier run."""

    from_: Path = Path("out")
    study: Path | None = None
    date: str | None = None
    config: Path | None = None
    store: Path | None = None
    snapshot: str | None = None
    log: Path | None = None
    no_log: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan(OnRun):
    """Options of `plan`."""

    nights: Annotated[int | None, typer.Option(min=1)] = None
    out: Path | None = None
    tiles: bool = False
    compare: tuple[Path, Path] | None = None
    formats: Annotated[str, typer.Option(metavar="LIST")] = ""
    quiet: Annotated[bool, typer.Option("-q")] = False


@dataclass(frozen=True, kw_only=True)
class CheckPlan(OnRun):
    """Options of `check-plan`."""

    file: Annotated[Path, typer.Argument()]
    against: Path | None = None
    vroom: Annotated[Path | None, typer.Option(metavar="FOLDER")] = None


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Options of `fetch`."""

    from_: str = "overpass"
    study: Path | None = None
    mapping: Annotated[Path | None, typer.Option(metavar="FILE.toml")] = None
    area: str | None = None
    server: list[str] | None = None
    refresh: bool = False
    compare: Annotated[str | None, typer.Option(metavar="SNAPSHOT")] = None
    terrain: str | None = None
    terrain_cell: float = 30.0
    terrain_detail: float | None = None
    terrain_credit: str = "not stated"
    store: Path | None = None
    cache: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Check(Reading):
    """Options of `sightings check`."""

    files: Annotated[list[Path] | None, typer.Argument()] = None


@dataclass(frozen=True, kw_only=True)
class Brief:
    """Options of `brief`."""

    month: str | None = None
    quarter: str | None = None
    half_year: str | None = None
    tier: str = "internal"
    to: str = ""
    purpose: str = ""
    until: Annotated[date | None, typer.Option(parser=day, metavar="DAY")] = None
    study: Path | None = None
    log: Path | None = None
    out: Path = Path("brief")
    language: str = "en"
    register: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Crews:
    """Options of `crews`."""

    from_: Path = Path("out")
    people: Path | None = None
    study: Path | None = None
    log: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Options of `exercise`."""

    from_: Path = Path("out")
    plan: Path | None = None
    night: Annotated[int, typer.Option(min=1)] = 1
    seed: Annotated[int, typer.Option(min=0)] = 1


@dataclass(frozen=True, kw_only=True)
class Release:
    """Options of `release`."""

    tier: str
    to: str
    purpose: str
    until: Annotated[date, typer.Option(parser=day, metavar="DAY")]
    from_: Path = Path("out")
    out: Path | None = None
    study: Path | None = None
    store: Path | None = None
    snapshot: str | None = None
    least_groups: Annotated[int | None, typer.Option(min=2)] = None
    delay_days: Annotated[int | None, typer.Option(min=0)] = None
    override: str = ""
    register: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Options of `backup`."""

    file: Annotated[Path, typer.Argument()]
    study: Path | None = None
    log: Path | None = None
    register: Path | None = None
    briefs: Path = Path("brief")
    passphrase_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Restore:
    """Options of `restore`."""

    file: Annotated[Path, typer.Argument()]
    out: Path = Path("restored")
    office: Path | None = None
    passphrase_file: Path | None = None
