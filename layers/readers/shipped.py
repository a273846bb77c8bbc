"""Files that ship with the package, found through `importlib.resources`."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable


def file(*parts: str) -> Traversable:
    """Return a bundled file by its name below ``layers/data``."""
    return resources.files("layers").joinpath("data", *parts)
