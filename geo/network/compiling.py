"""Decorators that compile loops with numba, once, and keep them on disk."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit, vectorize  # type: ignore[import-untyped,unused-ignore]

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Return `function` compiled on its first call; the machine code is cached beside it."""
    return cast(F, njit(cache=True, error_model="numpy", no_cfunc_wrapper=True)(function))  # type: ignore[call-overload,unused-ignore]


def elementwise(function: F) -> F:
    """Return `function` of numbers compiled for arrays, which broadcast, and for compiled loops."""
    return cast(F, vectorize(cache=True)(function))  # type: ignore[no-untyped-call,unused-ignore]
