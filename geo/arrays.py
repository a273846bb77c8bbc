"""Types of arrays, and of what does the same for each of many items."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

T = TypeVar("T")
R = TypeVar("R")


class Each(Protocol):
    """Calls a function with each item and yields what it returns, in order, as `map` does.

    Whoever hands in another decides where the calls run; the results are the same.
    """

    def __call__(
        self, function: Callable[[T], R], items: Iterable[T], /
    ) -> Iterable[R]:
        """Call `function` with each item."""
