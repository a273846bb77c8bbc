"""Packages that open a room only when it is used, so that importing them costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def opened_on_use(
    package: str, *rooms: str
) -> tuple[Callable[[str], ModuleType], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports each room on its first use.

    Examples
    --------
    >>> import layers
    >>> layers.readers.bundled.boundary()["name"].tolist()
    ['Kosovo*']
    """

    def room(name: str) -> ModuleType:
        if name not in rooms:
            raise AttributeError(f"{package} has no room {name!r}; it has {', '.join(rooms)}")
        return import_module(f"{package}.{name}")

    return room, lambda: sorted(rooms)
