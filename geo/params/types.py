"""Types of parameters that check their values, and near names for a wrong one."""

import datetime
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import fields
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from annotated_types import Ge, Gt, Interval
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from geo.schema import FACILITY_KINDS, PLACE_KINDS, WATERWAYS, band_column

_LISTED: Final = 20
"""So many known names are listed where none is close."""


def hint(wrong: Iterable[str], names: Iterable[str]) -> str:
    """Return ``Did you mean a, b?`` where known names are close to the wrong ones, else a list.

    >>> hint(["bus_staton"], ["bus_station", "taxi"])
    'Did you mean bus_station?'
    >>> hint(["moon"], ["bus_station", "taxi"])
    'Known: bus_station, taxi'
    """
    sorted_names = sorted({str(name) for name in names})
    by_lower = {name.lower(): name for name in sorted_names}
    close = [
        by_lower[match]
        for name in wrong
        for match in difflib.get_close_matches(
            str(name).lower(), by_lower, n=1, cutoff=0.7
        )
    ]
    if close:
        return f"Did you mean {', '.join(dict.fromkeys(close))}?"
    listed = ", ".join(sorted_names[:_LISTED]) + (
        ", …" if len(sorted_names) > _LISTED else ""
    )
    return f"Known: {listed or 'none'}"


CHECKED: Final = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
SOURCED: Final = ConfigDict(**CHECKED, use_attribute_docstrings=True)
"""The sentence under each value is its source, and can be read at run time."""


@dataclass(frozen=True, config=CHECKED)
class Table:
    """A table of parameters: a key that it does not have is refused, with the nearest that it has.

    >>> from geo.params import CorridorParams
    >>> CorridorParams(simulatons=99)
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for CorridorParams
    simulatons
      There is no such key. Did you mean simulations? [type=unknown_key, ...
    """

    @model_validator(mode="wrap")
    @classmethod
    def _with_near_names(
        cls, given: Any, check: ModelWrapValidatorHandler[Self]
    ) -> Self:
        try:
            return check(given)
        except ValidationError as error:
            names = [field.name for field in fields(cls)]
            faults = [_with_near_name(fault, names) for fault in error.errors()]
            raise ValidationError.from_exception_data(error.title, faults) from None


def _with_near_name(fault: ErrorDetails, names: list[str]) -> InitErrorDetails:
    """Return a fault; of a key that a table does not have, with the nearest that it has."""
    kind, message, place = fault["type"], fault["msg"], fault["loc"]
    if kind == "unexpected_keyword_argument" and len(place) == 1:
        kind = "unknown_key"
        message = f"There is no such key. {hint([str(place[0])], names)}"
    # Braces would be places for values.
    plain = PydanticCustomError(kind, message.replace("{", "(").replace("}", ")"))
    return InitErrorDetails(type=plain, loc=place, input=fault["input"])


MOST: Final = 1_000_000
"""Largest number of simulations, draws, vehicles and the like: more is a slip of the hand."""
OFFSET_MIN: Final = 12 * 60
"""Most minutes by which a time may lie from sunset or sunrise."""


def _number(value: Any) -> Any:
    """Refuse true and false, which Python takes as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004
    return value


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_number)]
Positive = Annotated[Number, Gt(0)]
NotNegative = Annotated[Number, Ge(0)]
Share = Annotated[Number, Interval(ge=0, le=1)]
Count = Annotated[Whole, Interval(ge=1, le=MOST)]
Simulations = Annotated[Whole, Interval(ge=19, le=MOST)]
Seed = Annotated[Whole, Interval(ge=0, lt=2**32)]
"""Start of the random numbers: the same seed gives the same result.  The solver of the patrols
takes 32 bits."""
Day = Annotated[
    datetime.date,
    Interval(ge=datetime.date(2000, 1, 1), le=datetime.date(2099, 12, 31)),
]


def _not_empty(value: Sized) -> Sized:
    """Refuse an empty list or table, once its items are known to be good."""
    if not len(value):
        raise ValueError("at least one is needed")
    return value


NOT_EMPTY: Final = AfterValidator(_not_empty)


def _widening(bands: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse bands that do not widen, or that would share a column."""
    if len(set(map(band_column, bands))) < len(bands) or list(bands) != sorted(bands):
        raise ValueError("each band must be wider than the one before")
    return bands


Bands = Annotated[tuple[Positive, ...], AfterValidator(_widening)]


def over(defaults: Mapping[str, float]) -> Callable[[Any], Any]:
    """Return a validator that lays a table over `defaults` and refuses unknown keys."""

    def lay(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        unknown = sorted(set(value) - set(defaults))
        if unknown:
            raise ValueError(
                f"unknown {', '.join(unknown)}; known here: {', '.join(defaults)}"
            )
        return {**defaults, **value}

    return lay


def _one_of(words: tuple[str, ...], what: str) -> Callable[[str], str]:

    def check(word: str) -> str:
        if word not in words:
            nearest = hint([word], words)
            more = f" Known: {', '.join(words)}" if nearest.startswith("Did") else ""
            raise ValueError(f"{word!r} is no {what}. {nearest}{more}")
        return word

    return check


PlaceKind = Annotated[str, AfterValidator(_one_of(PLACE_KINDS, "kind of place"))]
FacilityKind = Annotated[
    str, AfterValidator(_one_of(FACILITY_KINDS, "kind of facility"))
]
Waterway = Annotated[str, AfterValidator(_one_of(WATERWAYS, "class of waterway"))]


def _clock(clock: str) -> str:
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", clock, re.ASCII):
        raise ValueError(f"{clock!r} is not a local time HH:MM, such as 18:00")
    return clock


def _clock_or_sun(clock: str) -> str:
    by_sun = SUN.fullmatch(clock)
    if by_sun is None:
        return _clock(clock)
    if int(by_sun[3] or 0) * 60 + int(by_sun[4] or 0) > OFFSET_MIN:
        raise ValueError(
            f"{clock!r} lies more than {OFFSET_MIN // 60}:00 from {by_sun[1]}. Fix: a shorter "
            "time, or a local time HH:MM"
        )
    return clock


SUN: Final = re.compile(r"(sunset|sunrise)(?:([+-])(\d{1,2}):([0-5]\d))?", re.ASCII)
"""A time by the sun: sunset, sunrise, sunset+01:30, sunrise-00:45."""

Clock = Annotated[str, AfterValidator(_clock)]
ClockOrSun = Annotated[str, AfterValidator(_clock_or_sun)]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone, such as Europe/Belgrade"
        ) from None


Zone = Annotated[str, AfterValidator(_zone)]
