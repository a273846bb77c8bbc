"""Decorators that compile loops with numba, once, and keep them on disk."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from numba import njit  # type: ignore[import-untyped,unused-ignore]

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
R = TypeVar("R")


def compiled(function: F) -> F:
    """Return `function` compiled on its first call; the machine code is cached beside it."""
    compile_ = njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)
    return cast(F, compile_(function))  # type: ignore[call-overload,unused-ignore]


def in_threads(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Call `function` with each item, on all processors, and yield what it returns, in order."""
    todo = list(items)
    if len(todo) < 2:
        yield from map(function, todo)
        return
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        yield from threads.map(function, todo)
