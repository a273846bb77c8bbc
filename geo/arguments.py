"""What a caller gave in place of what was asked for: an error that says both, and the fix."""

from collections.abc import Iterable
from numbers import Real
from typing import Any


class ArgumentError(TypeError, ValueError):
    """An argument that is something else than what was asked for."""


def require_type(
    name: str, value: object, kind: type | tuple[type, ...], fix: str
) -> None:
    """Raise `ArgumentError` if an argument is of another type.

    Parameters
    ----------
    name : str
        The argument, as the caller names it.
    value : object
        What was given.
    kind : type or tuple of types
        What is asked for.
    fix : str
        A call, or a part of one, that is right.

    >>> require_type("near", {}, list, "near = [...]")
    Traceback (most recent call last):
    ...
    geo.arguments.ArgumentError: near is dict, no list. Fix: near = [...]
    """
    if isinstance(value, kind):
        return
    kinds = kind if isinstance(kind, tuple) else (kind,)
    wanted = " or ".join(each.__name__ for each in kinds)
    raise ArgumentError(f"{name} is {type(value).__name__}, no {wanted}. Fix: {fix}")


def require_params(value: object, kind: type) -> None:
    """Raise `ArgumentError` if parameters are no record of their kind, such as a dictionary."""
    fix = f"params = geo.params.{kind.__name__}(...)"
    if isinstance(value, dict):
        fix = f"params = geo.params.{kind.__name__}(**params)"
    require_type("params", value, kind, fix)


def require_number(name: str, value: object, fix: str, *, least: float = 0.0) -> None:
    """Raise `ArgumentError` unless an argument is a number of at least `least`.

    Parameters
    ----------
    name : str
        The argument, as the caller names it.
    value : object
        What was given.
    fix : str
        A call, or a part of one, that is right.
    least : float
        The least number that is allowed.
    """
    if isinstance(value, Real) and float(value) >= least:
        return
    raise ArgumentError(f"{name} is {value!r}. Fix: {fix}")


def require_list(name: str, value: Any, fix: str) -> None:
    """Raise `ArgumentError` for a text or a single number in place of several numbers."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return
    raise ArgumentError(f"{name} is {value!r}. Fix: {fix}")
