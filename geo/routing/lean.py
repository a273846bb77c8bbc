"""Decorators that compile loops which make no arrays."""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from numba import njit  # type: ignore[import-untyped,unused-ignore]

F = TypeVar("F", bound=Callable[..., object])

OPTIONS: Final = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
    "_nrt": False,
}


def lean(function: F) -> F:
    """Return `function` compiled as `geo.network.compiling.compiled` does, for records of arrays.

    References to their arrays are not counted, which takes longer than a short loop.  So the
    function may make no array, nor hand one out.
    """
    return cast(F, njit(**OPTIONS)(function))


def inlined(function: F) -> F:
    """Return `function` compiled as by `lean` and put where it is called.

    To hand over many arrays takes longer than a short loop, too.
    """
    return cast(F, njit(**OPTIONS, forceinline=True)(function))
