"""Files of `layers/data` that the program is made with: tables, texts, templates."""

import tomllib
from importlib import resources
from typing import Any


def text(*path: str) -> str:
    """Return a file as text."""
    return resources.files("layers").joinpath("data", *path).read_text("utf-8")


def toml(*path: str) -> dict[str, Any]:
    """Return what a TOML file holds."""
    return tomllib.loads(text(*path))
