"""Packages that import a room when it is first used, so that a command answers at once."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def opened_on_use(
    package: str, *rooms: str, **names: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports a room on its first use.

    `rooms` are the names of its rooms; `names` gives the room of what the package gives itself.

    Examples
    --------
    >>> import layers
    >>> layers.readers.bundled.boundary()["name"].tolist()
    ['Kosovo*']
    """
    given = sorted({*rooms, *names})

    def opened(name: str) -> Any:
        if name in names:
            return getattr(import_module(f"{package}.{names[name]}"), name)
        if name not in rooms:
            raise AttributeError(
                f"{package} has no {name!r}; it has {', '.join(given)}"
            )
        return import_module(f"{package}.{name}")

    return opened, lambda: given
